"""What each vehicle must have on board by when, and what a plan leaves it with then. Times are seconds after the start.

A vehicle must have its own reserve at all times, what orders (``needs``) and the fleet minimum ask for while they hold,
``leave_kwh`` when it leaves, and what a trip uses and ends with when the trip begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from v2g.exports.ocpp_sessions import Session, seconds, seconds_of, sessions, stay_rows
from v2g.handover.spans import spans
from v2g.replay.clock import NANOSECONDS_PER_HOUR, edges, nanoseconds
from v2g.replay.columns import numbers, texts, times
from v2g.replay.mobility import own_reserve, single_levels
from v2g.replay.record import Record
from v2g.replay.stands import row_of
from v2g.replay.verdict import Array, Index

LEAST_KWH = 1e-6


@dataclass(frozen=True)
class OnBoard:
    """At ``end`` at least ``needed_kwh`` must be on board; the plan has ``planned_kwh`` then. From ``start`` on the
    vehicle is at a charger, or something was asked of it before."""

    start: int
    end: int
    needed_kwh: float
    planned_kwh: float

    @property
    def short(self) -> bool:
        """Whether the plan has less than is needed."""
        return self.planned_kwh < self.needed_kwh - LEAST_KWH


@dataclass(frozen=True)
class Want:
    """So much must be on board of a vehicle (a row) from one second to another, both included."""

    vehicle: int
    first: int
    last: int
    kwh: float


def on_board(record: Record) -> Mapping[str, list[OnBoard]]:
    """Of each vehicle that is ever at a charger, by name: where a want begins and ends, and where it is unplugged."""
    return _Needs(record).found


@dataclass(frozen=True)
class _Needs:
    record: Record

    @cached_property
    def found(self) -> Mapping[str, list[OnBoard]]:
        fleet, wants, out = self.record.fleet, self.wants, {}
        for vehicle, name in enumerate(fleet.names):
            mine, stays = [want for want in wants if want.vehicle == vehicle], self.stays.get(vehicle, [])
            rows = list(self._of(stays, mine, float(fleet.capacity_kwh[vehicle]))) if stays else []
            if rows:
                out[name] = rows
        return out

    def _of(self, stays: Sequence[Session], wants: Sequence[Want], capacity_kwh: float) -> Iterator[OnBoard]:
        unplugged = {stay.end: stay for stay in stays if stay.end < self.last}
        points = {point for want in wants for point in (want.first, want.last) if 0 < point <= self.last}
        before = 0
        for end in sorted({*unplugged, *points}):
            needed = max((want.kwh for want in wants if want.first <= end <= want.last), default=0.0)
            start = max([before, *(stay.start for stay in stays if stay.start < end)])
            planned = self._left_with(unplugged[end]) if end in unplugged else self._energy(stays[0].vehicle, end)
            yield OnBoard(start, end, min(needed, capacity_kwh), planned)
            before = end

    @cached_property
    def edge(self) -> Index:
        return seconds(self.record.case)

    @property
    def last(self) -> int:
        return int(self.edge[-1])

    @cached_property
    def rows(self) -> Index:
        return stay_rows(self.record)

    @cached_property
    def stays(self) -> Mapping[int, list[Session]]:
        found: dict[int, list[Session]] = {}
        for stay in sorted(sessions(self.record), key=lambda stay: stay.start):
            found.setdefault(stay.vehicle, []).append(stay)
        return found

    @cached_property
    def wants(self) -> list[Want]:
        """All of them; those of trips last, as a trip ends with what the others want then."""
        held = [*self._reserves(), *self._orders(), *self._fleet_minimum(), *self._leaving()]
        return [*held, *self._trips(held)]

    def _reserves(self) -> Iterator[Want]:
        for vehicle, kwh in enumerate(own_reserve(self.record.case).tolist()):
            if kwh > 0.0:
                yield Want(vehicle, 0, self.last, kwh)

    def _orders(self) -> Iterator[Want]:
        case, names = self.record.case, self.record.fleet.names
        table, number = case.table("needs"), row_of(names)
        rate = numbers(case.table("vehicles"), "kwh_per_km", 0.0)
        begin, end = self._moments("needs", "from_utc", 0), self._moments("needs", "until_utc", self.last)
        energy, km = numbers(table, "energy_kwh", 0.0), numbers(table, "km", 0.0)
        for row, name in enumerate(texts(table, "vehicle")):
            if max(0, begin[row]) <= min(end[row], self.last):
                for vehicle in [number[name]] if name else range(len(names)):
                    kwh = max(float(energy[row]), float(km[row] * rate[vehicle]))
                    yield Want(vehicle, max(0, int(begin[row])), min(int(end[row]), self.last), kwh)

    def _fleet_minimum(self) -> Iterator[Want]:
        """Where the plan's reserve is above what a vehicle needs for itself."""
        needed = self.record.vehicle_sheet["reserve_kwh"]
        alone = np.minimum(single_levels(self.record.case, self.record.fleet.names),
                           self.record.fleet.capacity_kwh[:, None])[:, 1:]  # fmt: skip
        for vehicle, more in enumerate(needed > alone + LEAST_KWH):
            for first, last in spans(more, needed[vehicle]):
                if more[first]:
                    kwh = float(needed[vehicle, first])
                    yield Want(vehicle, int(self.edge[first + 1]), int(self.edge[last]), kwh)

    def _leaving(self) -> Iterator[Want]:
        table, number = self.record.case.table("stays"), row_of(self.record.fleet.names)
        leaves, energy = self._moments("stays", "until_utc", self.last), numbers(table, "leave_kwh", 0.0)
        for row, name in enumerate(texts(table, "vehicle")):
            if energy[row] > 0.0 and leaves[row] > 0:
                at = min(int(leaves[row]), self.last)
                yield Want(number[name], at, at, float(energy[row]))

    def _trips(self, held: Sequence[Want]) -> Iterator[Want]:
        table, number = self.record.case.table("trips"), row_of(self.record.fleet.names)
        leaves, back = (self._moments("trips", name, 0) for name in ("depart_utc", "return_utc"))
        used, left = numbers(table, "energy_kwh", 0.0), numbers(table, "return_kwh", 0.0)
        for row, name in enumerate(texts(table, "vehicle")):
            vehicle, depart, arrive = number[name], int(leaves[row]), min(int(back[row]), self.last)
            ends = [min(stay.end, depart) for stay in self.stays.get(vehicle, []) if stay.start < depart]
            if 0 < depart < self.last and ends:
                wanted = (want.kwh for want in held if want.vehicle == vehicle and want.first <= arrive <= want.last)
                yield Want(vehicle, ends[-1], ends[-1], float(used[row]) + max([float(left[row]), *wanted]))

    def _moments(self, table: str, column: str, blank: int) -> Index:
        """A column of times; ``blank`` where it says nothing."""
        case = self.record.case
        moments = nanoseconds(times(case.table(table), column), int(edges(case)[0]) + blank * 10**9)
        return seconds_of(case, moments)

    def _energy(self, vehicle: int, moment: int) -> float:
        """On board at a moment: at the same rate from the beginning of its interval to the end."""
        t = int(np.searchsorted(self.edge, moment)) - 1
        ends = [float(self.record.vehicle_sheet[name][vehicle, t]) for name in ("energy_start_kwh", "energy_end_kwh")]
        return float(np.interp(moment, self.edge[t : t + 2], ends))

    def _left_with(self, stay: Session) -> float:
        """Energy at the end of a stay: what the interval ends with and trips use after it, else what it began with."""
        t = int(np.searchsorted(self.edge, stay.end)) - 1
        sheet, vehicle = self.record.vehicle_sheet, stay.vehicle
        used, after = float(sheet["trip_kwh"][vehicle, t]), self._used_after(stay, t)
        if self.rows[vehicle, t] == stay.stay:
            driven = max(after - float(sheet["missed_trip_kwh"][vehicle, t]), 0.0)
            return float(sheet["energy_end_kwh"][vehicle, t]) + driven
        return max(float(sheet["energy_start_kwh"][vehicle, t]) - max(used - after, 0.0), 0.0)

    def _used_after(self, stay: Session, t: int) -> float:
        """What trips use from the end of a stay to the end of its interval, spread evenly over each trip."""
        trips, edge = self.record.case.table("trips"), edges(self.record.case)
        depart, back = (nanoseconds(times(trips, name)) for name in ("depart_utc", "return_utc"))
        own = np.array([name == self.record.fleet.names[stay.vehicle] for name in texts(trips, "vehicle")], dtype=bool)
        left = int(edge[0]) + stay.end * 10**9
        hours = np.maximum(np.minimum(back, edge[t + 1]) - np.maximum(depart, left), 0) / NANOSECONDS_PER_HOUR
        whole: Array = (back - depart) / NANOSECONDS_PER_HOUR
        rate = np.divide(numbers(trips, "energy_kwh", 0.0), whole, out=np.zeros(len(whole)), where=whole > 0.0)
        return float((rate * hours)[own].sum())
