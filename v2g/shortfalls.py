"""Every time at which a vehicle has less than its driver needs, or too little for a trip, and which row asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd

from v2g.asks import Ask, Asks, asks_of
from v2g.case import Case
from v2g.plan import Plan
from v2g.replay.clock import overlap_hours
from v2g.replay.columns import numbers, texts, times
from v2g.replay.means import giving
from v2g.replay.record import Record
from v2g.replay.stands import row_of
from v2g.replay.verdict import Array, Index, Mask
from v2g.spans import runs

LEAST_KWH = 1e-6
"""What is less counts as rounding."""
COLUMNS = ("vehicle", "start_utc", "end_utc", "worst_kwh", "worst_at_utc", "asks", "file", "row", "could_be_met")
TRIP = "trip"


@dataclass(frozen=True)
class Shortfall:
    """One vehicle that lacks energy from one point until another, one row asking, all to be met or none.

    ``vehicle`` is its row; ``worst`` the point at which most lacks, ``kwh`` so much. ``could_be_met`` says
    whether charging all the time it is plugged in at a live charger would have been enough.
    """

    vehicle: int
    first: int
    last: int
    worst: int
    kwh: float
    ask: Ask
    could_be_met: bool


def shortfalls(case: Case, plan: Plan) -> pd.DataFrame:
    """Every mobility shortfall of a plan, in the order of the vehicles and of time.

    Columns: vehicle, start_utc, end_utc (the first and the last point at which it lacks energy; for a
    trip, when it drives with too little), worst_kwh, worst_at_utc, asks (``reserve_kwh``, ``reserve_km``,
    ``need NAME``, ``return_kwh``, ``leave_kwh``, ``fleet minimum NAME``, ``trip``), file, row (the header is
    row 1), could_be_met (had it charged all the time it is plugged in at a live charger). Where only a part of a
    time could be met, that part has a row of its own.
    """
    record = Record(case, plan, LEAST_KWH)
    at, names = case.boundaries, record.fleet.names
    rows = [
        (names[s.vehicle], at[s.first], at[s.last], s.kwh, at[s.worst], s.ask.words, s.ask.file(case), s.ask.line,
         s.could_be_met)
        for s in Drivers(record).shortfalls()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class Drivers:
    """What the drivers of a plan lack. V vehicles, T intervals."""

    record: Record

    @cached_property
    def asks(self) -> Asks:
        """Who asks for what."""
        return asks_of(self.record.case, self.record.fleet)

    @cached_property
    def lacking_kwh(self) -> Array:
        """What lacks to what is needed at every point, zero where nothing does, (V, T + 1)."""
        fleet = self.record.fleet
        energy = np.hstack([fleet.start_kwh[:, None], self.record.vehicle_sheet["energy_end_kwh"]])
        lacking = fleet.level_kwh - energy
        return np.where(lacking > LEAST_KWH, lacking, 0.0)

    @cached_property
    def charge_kwh(self) -> Array:
        """Most that each vehicle can store in an interval at a live charger, (V, T)."""
        record = self.record
        most = giving(record.case, record.feeder, record.fleet, record.live).charge
        return np.asarray(most * record.hours * record.fleet.charge_eff)

    @cached_property
    def best_kwh(self) -> Array:
        """Energy of a vehicle that charges all the time it can and gives nothing, (V, T + 1)."""
        fleet = self.record.fleet
        best = np.repeat(fleet.start_kwh[:, None], self.record.case.steps + 1, axis=1)
        for t in range(self.record.case.steps):
            after = best[:, t] + self.charge_kwh[:, t] - fleet.trip_kwh[:, t] - fleet.standby_kwh[:, t]
            best[:, t + 1] = np.clip(after, 0.0, fleet.capacity_kwh)
        return best

    @cached_property
    def best_deficit_kwh(self) -> Array:
        """What trips would lack even then, (V, T); standby sleeps first."""
        fleet = self.record.fleet
        used = fleet.trip_kwh + fleet.standby_kwh
        lacking = np.maximum(0.0, used - self.charge_kwh - self.best_kwh[:, :-1])
        return np.asarray(lacking - np.minimum(fleet.standby_kwh, lacking))

    def shortfalls(self) -> Iterator[Shortfall]:
        """All of them: by vehicle, first what is needed on board, then trips."""
        for v in range(len(self.record.fleet.names)):
            yield from sorted([*self._levels(v), *self._trips(v)], key=lambda s: (s.first, s.ask.kind == TRIP))

    def _levels(self, v: int) -> Iterator[Shortfall]:
        """Runs of points at which a vehicle lacks something, the same row asking, all to be met or none."""
        lacking, asker = self.lacking_kwh[v], self.asks.asker[v]
        reached = self.best_kwh[v] >= self.record.fleet.level_kwh[v] - LEAST_KWH
        for which, met in product(np.unique(asker[lacking > 0.0]), (False, True)):
            for first, end in runs((lacking > 0.0) & (asker == which) & (reached == met)):
                worst = first + int(np.argmax(lacking[first:end]))
                yield Shortfall(v, first, end - 1, worst, float(lacking[worst]), self.asks.all[which], met)

    def _trips(self, v: int) -> Iterator[Shortfall]:
        """Trips for which a vehicle has too little on board."""
        missed, used = self.record.vehicle_sheet["missed_trip_kwh"][v], self.record.fleet.trip_kwh[v]
        for row in self.trip_rows[v] if missed.max(initial=0.0) > LEAST_KWH else ():
            share = np.divide(self.trip_kwh[row], used, out=np.zeros(used.size), where=used > 0.0)
            lacks = missed * share
            at: Index = np.flatnonzero(lacks > LEAST_KWH)
            if at.size:
                met = bool((self.best_deficit_kwh[v, at] <= LEAST_KWH).all())
                first, last, kwh = int(at[0]), int(at[-1]) + 1, float(lacks.sum())
                yield Shortfall(v, first, last, int(at[np.argmax(lacks[at])]), kwh, Ask(TRIP, "trips", row), met)

    @cached_property
    def trip_rows(self) -> list[list[int]]:
        """Rows of trips of each vehicle."""
        number = row_of(self.record.fleet.names)
        rows: list[list[int]] = [[] for _ in self.record.fleet.names]
        for row, name in enumerate(texts(self.record.case.table("trips"), "vehicle")):
            rows[number[name]].append(row)
        return rows

    @cached_property
    def trip_kwh(self) -> Array:
        """Energy that each row of trips uses in each interval, (trips, T)."""
        case = self.record.case
        table = case.table("trips")
        depart, back = times(table, "depart_utc"), times(table, "return_utc")
        length = np.array([(b - a).total_seconds() / 3600.0 for a, b in zip(depart, back, strict=True)], dtype=float)
        energy = numbers(table, "energy_kwh", 0.0)
        rate = np.divide(energy, length, out=np.zeros(len(length)), where=length > 0)
        return np.asarray(overlap_hours(case, depart, back) * rate[:, None])

    @cached_property
    def plugged(self) -> Mask:
        """Where a vehicle could charge at all, (V, T)."""
        return np.asarray(self.charge_kwh > 0.0)
