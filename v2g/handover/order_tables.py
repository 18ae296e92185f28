"""Orders, service of loads and energy of vehicles as tables: all figures, times in UTC and local."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from v2g.handover.facts import Facts
from v2g.handover.loads import LoadAccount, Service
from v2g.handover.orders import Order, Orders, Stay, Trip
from v2g.handover.spans import spans
from v2g.handover.vehicles import Doing
from v2g.replay.record import Record

TIMES = ("from_utc", "until_utc", "from_local", "until_local")
ORDER_COLUMNS = (
    "vehicle", "depot", "contact", "step", "what", *TIMES, "place", "charger", "load", "mean_kw", "peak_kw", "kwh",
    "start_kwh", "end_kwh", "end_share", "need_kwh",
)  # fmt: skip
SCHEDULE_COLUMNS = (
    "load", "tier", "kind", "service", "site", "bus", *TIMES, "state", "asked_kw", "served_kw", "kwh",
    "by_feeder_kwh", "by_building_kwh", "by_sockets_kwh", "hours_to_lack",
)  # fmt: skip
LEDGER_COLUMNS = (
    "vehicle", "depot", "contact", "start_kwh", "charged_kwh", "to_feeder_kwh", "to_building_kwh", "by_sockets_kwh",
    "standby_kwh", "trips_kwh", "losses_kwh", "end_kwh", "short_kwh",
)  # fmt: skip
STATES = {Service.FULL: "full", Service.PART: "part", Service.DARK: "dark"}
WHAT = {Doing.FEEDER: "gives to feeder", Doing.BUILDING: "gives to building", Doing.SOCKETS: "gives by sockets",
        Doing.CHARGE: "charges"}  # fmt: skip


def orders_table(orders: Orders) -> pd.DataFrame:
    """A row for each step of each vehicle: ``stay``, ``trip`` or ``away``; then one for each thing that it does in a
    stay. ``need_kwh`` is what must be on board at the end of a stay, or to leave for a trip with."""
    rows = [row for order in orders.all for row in _of_order(orders, order)]
    return pd.DataFrame(rows, columns=list(ORDER_COLUMNS))


def _of_order(orders: Orders, order: Order) -> Iterator[tuple[Any, ...]]:
    one = order.account
    whose = (one.name, one.depot, one.contact)
    for number, step in enumerate(order.steps, start=1):
        time = times(orders.facts, orders.moment(step), orders.end(step))
        if isinstance(step, Trip):
            yield (*whose, number, "trip", *time, "", "", "", None, None, step.kwh, step.leave_kwh, step.return_kwh,
                   step.return_kwh / one.capacity_kwh, step.need_kwh)  # fmt: skip
        elif isinstance(step, Stay):
            yield (*whose, number, "stay", *time, step.place, step.charger, "", None, None, None, step.arrive_kwh,
                   step.leave_kwh, step.leave_kwh / one.capacity_kwh, step.keeps[-1][1])  # fmt: skip
            yield from _of_stay(orders.facts, whose, number, step)
        else:
            yield (*whose, number, "away", *time, *([""] * 3), *([None] * 7))


def _of_stay(facts: Facts, whose: tuple[str, ...], number: int, stay: Stay) -> Iterator[tuple[Any, ...]]:
    none = (None, None, None, None)
    for work in stay.works:
        time = times(facts, facts.clock.points[work.first], facts.clock.points[work.last])
        yield (*whose, number, WHAT[work.doing], *time, stay.place, stay.charger, "", work.mean_kw, work.peak_kw,
               work.kwh, *none)  # fmt: skip
    for use in stay.uses:
        for (first, last), kwh in zip(use.spans, use.parts_kwh, strict=True):
            time, hours = times(facts, facts.clock.at(first), facts.clock.at(last)), _hours(facts, first, last)
            yield (*whose, number, "socket for a load", *time, stay.place, "", use.load, kwh / hours, use.peak_kw,
                   kwh, *none)  # fmt: skip


def _hours(facts: Facts, first: float, last: float) -> float:
    """Hours from one point to another; 2.5 lies in the middle of the third interval."""
    point = np.concatenate([[0.0], np.cumsum(facts.record.hours)])
    return float(np.diff(np.interp([first, last], np.arange(point.size), point))[0])


def times(facts: Facts, first: datetime, last: datetime) -> tuple[str, str, str, str]:
    """Two moments in UTC, then in the zone of the case with its offset."""
    zone = ZoneInfo(facts.clock.zone)
    utc, local = ([at.astimezone(where).isoformat() for at in (first, last)] for where in (UTC, zone))
    return utc[0], utc[1], local[0], local[1]


def schedule_table(facts: Facts) -> pd.DataFrame:
    """A row for each span in which a load asks for power and gets all, part or none of it.

    ``hours_to_lack``: from the start of the span until it first lacks what is owed to it, 0 if it never gets any;
    blank where it never does.
    """
    number = {name: row for row, name in enumerate(facts.record.loads.names)}
    rows = [row for load in facts.loads for row in _of_load(facts, load, number[load.name])]
    return pd.DataFrame(rows, columns=list(SCHEDULE_COLUMNS))


def _of_load(facts: Facts, load: LoadAccount, row: int) -> Iterator[tuple[Any, ...]]:
    record, clock = facts.record, facts.clock
    energy = {way: record.load_sheet[way][row] * record.hours for way in ("v2h_kw", "v2l_kw")}
    feeder = record.feeder_part[row] * record.hours
    point = np.concatenate([[0.0], np.cumsum(record.hours)])
    what = (load.name, load.tier if load.kept is not None else "", load.kind, load.service, load.site, load.bus)
    for first, last in spans(load.state, np.round(load.demand_kw, 6), np.round(load.served_kw, 6)):
        if load.state[first] != Service.NONE_ASKED:
            here = slice(first, last)
            left = "" if load.short_from is None else max(0.0, float(point[load.short_from] - point[first]))
            left = 0.0 if load.unpowered else left
            yield (*what, *times(facts, clock.points[first], clock.points[last]), STATES[Service(load.state[first])],
                   float(load.demand_kw[first]), float(load.served_kw[first]),
                   float(load.served_kw[here] @ record.hours[here]), float(feeder[here].sum()),
                   float(energy["v2h_kw"][here].sum()), float(energy["v2l_kw"][here].sum()), left)  # fmt: skip


def ledger_table(facts: Facts) -> pd.DataFrame:
    """A row for each vehicle: kWh on board, in and out by each way, what its charger drew, trips and losses took.

    On each row: start + charged - to_feeder - to_building - by_sockets - standby - trips - losses = end.
    """
    record, fleet, sheet = facts.record, facts.record.fleet, facts.record.vehicle_sheet
    energy = {name: sheet[name] * record.hours for name in ("charge_kw", "discharge_kw", "v2h_kw", "v2l_kw")}
    trips = (fleet.trip_kwh - sheet["missed_trip_kwh"]).sum(axis=1)
    columns = [
        fleet.start_kwh, *(energy[name].sum(axis=1) for name in energy), sheet["standby_kwh"].sum(axis=1), trips,
        _losses(record, energy), np.append(fleet.start_kwh[:, None], sheet["energy_end_kwh"], axis=1)[:, -1],
        [one.short_kwh for one in facts.vehicles],
    ]  # fmt: skip
    whose = ([getattr(one, field) for one in facts.vehicles] for field in ("name", "depot", "contact"))
    return pd.DataFrame(dict(zip(LEDGER_COLUMNS, [*whose, *columns], strict=True)))


def _losses(record: Record, energy: dict[str, np.ndarray]) -> np.ndarray:
    """What each vehicle loses in charging and giving, (V,)."""
    fleet = record.fleet
    lost = energy["charge_kw"] * (1.0 - fleet.charge_eff)
    lost = lost + (energy["discharge_kw"] + energy["v2h_kw"]) * (1.0 / fleet.discharge_eff - 1.0)
    return np.asarray((lost + energy["v2l_kw"] * (1.0 / fleet.v2l_eff[:, None] - 1.0)).sum(axis=1))
