"""Each load over time: what it asks for and gets, and when it is dark."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from v2g.handover.spans import Span, cut, where
from v2g.handover.vehicles import LEAST_KW
from v2g.replay.columns import numbers, texts
from v2g.replay.record import Record
from v2g.replay.services import days_got
from v2g.replay.totals import fully_served, slack
from v2g.replay.verdict import Array

NEARLY = 1e-6


class Service(IntEnum):
    """What a load gets in an interval, of what it asks for then."""

    NONE_ASKED = 0
    FULL = 1
    PART = 2
    DARK = 3


@dataclass(frozen=True)
class LoadAccount:
    """One load: arrays are (T,), of intervals; ``tier`` 0 is of no tier.

    ``required`` are the intervals in which power is owed to a critical load with continuous service; ``daily`` marks
    service by the day. ``kept``: it gets all that counts (None for loads that do not count). ``short_from`` is the
    point from which it first lacks what is owed: an interval's start, or the end of a day that is short; None if never.
    ``hours_owed`` and ``hours_got`` are load-hours, part of the power being part of the hour. ``single``: it is one
    appliance, on or off, so that part of its power in an interval means part of the time.
    """

    name: str
    tier: int
    kind: str
    service: str
    bus: str
    site: str
    people: float | None
    demand_kw: Array
    served_kw: Array
    required: NDArray[np.bool_]
    state: NDArray[np.int8]
    daily: bool
    kept: bool | None
    short_from: int | None
    hours_owed: float
    hours_got: float
    single: bool

    @property
    def on_spans(self) -> list[Span]:
        """When it gets power: of one appliance, for the share of an interval in which it can run."""
        on = self.served_kw > LEAST_KW
        return list(cut(on, on_share(self.served_kw, self.demand_kw)) if self.single else where(on))

    @property
    def off_spans(self) -> list[Span]:
        """When one appliance has no power that it asks for."""
        off = np.isin(self.state, (Service.PART, Service.DARK))
        share = 1.0 - np.where(self.state == Service.PART, on_share(self.served_kw, self.demand_kw), 0.0)
        return list(cut(off, share))

    @property
    def unpowered(self) -> bool:
        """Whether it never gets any power, though something is owed to it."""
        return self.short_from is not None and not self.served_kw.max(initial=0.0) > LEAST_KW

    @property
    def short_spans(self) -> list[tuple[int, int]]:
        """First and last point of each span in which power that is owed is lacking."""
        return list(where(self.required & (self.state != Service.FULL)))


def load_accounts(record: Record) -> list[LoadAccount]:
    """All loads, the most critical tier first and those of no tier last, each tier in the order of the case."""
    case, loads, sheet = record.case, record.loads, record.load_sheet
    table = case.table("loads")
    spare = slack(record)
    kept, owed, got, short = fully_served(record), *_hours(record), _short_from(record)
    kinds, services = texts(table, "kind"), texts(table, "service", "continuous")
    sites, people = texts(table, "site"), numbers(table, "people")
    daily = set(loads.services.load.tolist())
    found = [
        LoadAccount(
            name, int(loads.tier[row]), kinds[row], services[row], loads.buses[row], sites[row],
            None if np.isnan(people[row]) else float(people[row]), loads.demand_kw[row], sheet["served_kw"][row],
            loads.required[row], _state(record, row, spare[row]), row in daily,
            bool(kept[row]) if loads.critical[row] else None,
            short[row], float(owed[row]), float(got[row]), single_appliance(record, row),
        )
        for row, name in enumerate(loads.names)
    ]  # fmt: skip
    return sorted(found, key=lambda load: load.tier if load.kept is not None else 1_000_000 + load.tier)


def single_appliance(record: Record, row: int) -> bool:
    """Whether the largest appliance of a load is all of it."""
    largest = float(record.loads.appliance_kw[row])
    return 0.0 < float(record.loads.demand_kw[row].max(initial=0.0)) <= largest * (1.0 + NEARLY)


def on_share(served_kw: Array, demand_kw: Array) -> Array:
    """Share of each interval in which one appliance runs that gets this of what it asks for, (T,)."""
    share = np.divide(served_kw, demand_kw, out=np.ones_like(served_kw), where=demand_kw > 0.0)
    return np.where(share > 1.0 - NEARLY, 1.0, share)


def _state(record: Record, row: int, spare: Array) -> NDArray[np.int8]:
    demand, served = record.loads.demand_kw[row], record.load_sheet["served_kw"][row]
    asks = record.loads.asked[row] & (demand > spare)
    full, dark = served >= demand - spare, served <= spare
    return np.select(
        [~asks, full, dark], [Service.NONE_ASKED, Service.FULL, Service.DARK], Service.PART
    ).astype(np.int8)  # fmt: skip


def _hours(record: Record) -> tuple[Array, Array]:
    """Load-hours that are owed to each load and that it gets, (loads,)."""
    loads, days = record.loads, record.loads.services
    share = np.divide(record.load_sheet["served_kw"], loads.demand_kw, out=np.zeros(loads.demand_kw.shape),
                      where=loads.required)  # fmt: skip
    owed, got = (loads.required * record.hours).sum(axis=1), (np.minimum(share, 1.0) * record.hours).sum(axis=1)
    unit = np.where(days.by_hours | (days.rated_kw <= 0), 1.0, days.rated_kw)
    had = days_got(record.case, days, record.load_sheet["served_kw"], loads.demand_kw, slack(record))
    np.add.at(owed, days.load, days.need / unit)
    np.add.at(got, days.load, np.minimum(had, days.need) / unit)
    return owed, got


def _short_from(record: Record) -> list[int | None]:
    """Point from which each load first lacks what is owed to it."""
    loads, days, sheet = record.loads, record.loads.services, record.load_sheet
    short = loads.required & (loads.demand_kw - sheet["served_kw"] > slack(record))
    found: list[int | None] = [int(row.argmax()) if row.any() else None for row in short]
    got = days_got(record.case, days, sheet["served_kw"], loads.demand_kw, slack(record))
    for day in np.flatnonzero(got < days.need - record.tolerance * np.maximum(1.0, days.need)):
        load, end = int(days.load[day]), int(days.last[day]) + 1
        first = found[load]
        found[load] = end if first is None else min(first, end)
    return found
