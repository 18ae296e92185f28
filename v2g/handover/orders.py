"""Orders: what each vehicle is to do, step by step, as a person can do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from v2g.handover.cords import Cords, Use
from v2g.handover.facts import Facts
from v2g.handover.feeding import Feeding
from v2g.handover.spans import spans
from v2g.handover.vehicles import LEAST_KW, Doing, Drive, VehicleAccount, Visit
from v2g.replay.columns import texts, times
from v2g.replay.record import Record

LEAST_KWH = 0.05
"""What lacks less is not told."""
GIVING = (Doing.FEEDER, Doing.BUILDING, Doing.SOCKETS)
POWERS = {
    Doing.FEEDER: "discharge_kw", Doing.BUILDING: "v2h_kw", Doing.SOCKETS: "v2l_kw", Doing.CHARGE: "charge_kw",
}  # fmt: skip
"""Columns of a plan with the power of each way."""


@dataclass(frozen=True)
class Work:
    """One thing that a vehicle does during a stay, all its intervals together: from when to when, kW and kWh.

    It does it in ``hours`` of the ``window_h`` between them.
    """

    doing: Doing
    first: int
    last: int
    hours: float
    window_h: float
    mean_kw: float
    peak_kw: float
    kwh: float


@dataclass(frozen=True)
class Stay:
    """From one point to another at a place, plugged in at ``charger`` if that is not blank; ``begin`` and ``until`` are
    when it comes and goes by the case, where that lies between points.

    ``works`` are what it does there in the order of `Doing`, ``uses`` the loads at its sockets, ``fed`` loads
    that live on it through the charger, ``holds`` when its charger alone keeps an island alive. ``keeps``: from which
    point on it must have how many kWh, and ``short`` for each of these whether there is ever less on board,
    ``lowest`` the least kWh then. ``live`` whether its charger ever has supply, ``standby_kw`` what that takes from it.
    """

    first: int
    last: int
    place: str
    charger: str
    arrive_kwh: float
    leave_kwh: float
    works: tuple[Work, ...]
    uses: tuple[Use, ...]
    fed: tuple[str, ...]
    holds: tuple[tuple[int, int], ...]
    keeps: tuple[tuple[int, float], ...]
    short: tuple[bool, ...]
    lowest: tuple[float, ...]
    live: bool
    standby_kw: float
    begin: datetime
    until: datetime

    @property
    def idle(self) -> bool:
        """Whether nothing is done here but being there."""
        return not self.works and not self.holds

    @property
    def gives(self) -> bool:
        """Whether it gives anything here."""
        return any(work.doing in GIVING for work in self.works)


@dataclass(frozen=True)
class Trip:
    """A drive: times in UTC; kWh that it takes, that must be on board to leave with, that will be, and on return."""

    depart: datetime
    back: datetime
    kwh: float
    need_kwh: float
    leave_kwh: float
    return_need_kwh: float
    return_kwh: float


@dataclass(frozen=True)
class Gap:
    """From one point to another at no place that the case knows, and on no trip."""

    first: int
    last: int


Step = Stay | Trip | Gap


@dataclass(frozen=True)
class Order:
    """All that one vehicle is to do, in the order of time."""

    account: VehicleAccount
    steps: tuple[Step, ...]

    @property
    def stays(self) -> tuple[Stay, ...]:
        """Its stays alone."""
        return tuple(step for step in self.steps if isinstance(step, Stay))

    @property
    def trips(self) -> tuple[Trip, ...]:
        """Its trips alone."""
        return tuple(step for step in self.steps if isinstance(step, Trip))

    @property
    def idle(self) -> bool:
        """Whether it neither gives, charges nor drives."""
        return not self.trips and all(stay.idle for stay in self.stays)


@dataclass(frozen=True)
class Orders:
    """The orders of a plan. Places are sites, or buses where a charger belongs to no site."""

    facts: Facts

    @cached_property
    def all(self) -> list[Order]:
        """One for each vehicle, in the order of the case."""
        return [Order(one, self._steps(row, one)) for row, one in enumerate(self.facts.vehicles)]

    @cached_property
    def feeding(self) -> Feeding:
        """Who is fed by whom."""
        return Feeding(self.facts.record)

    @cached_property
    def cords(self) -> Cords:
        """Which car feeds which load by its sockets."""
        return Cords(self.facts.record)

    @cached_property
    def bus_of(self) -> dict[str, str]:
        """Buses of chargers."""
        table = self.facts.case.table("chargers")
        return dict(zip(table["charger"], table["bus"], strict=True)) if len(table) else {}

    def moment(self, step: Step) -> datetime:
        """When a step begins."""
        if isinstance(step, Trip):
            return step.depart
        return step.begin if isinstance(step, Stay) else self.facts.clock.points[step.first]

    def end(self, step: Step) -> datetime:
        """When a step is over."""
        if isinstance(step, Trip):
            return step.back
        return step.until if isinstance(step, Stay) else self.facts.clock.points[step.last]

    def _steps(self, row: int, one: VehicleAccount) -> tuple[Step, ...]:
        found: list[Step] = [self._stay(row, one, visit) for visit in one.visits if not visit.away]
        found += [self._trip(one, drive) for drive in one.drives if self._inside(drive)]
        found += [Gap(visit.first, visit.last) for visit in one.visits if visit.away and not self._driven(one, visit)]
        return tuple(sorted(found, key=lambda step: (self.moment(step), isinstance(step, Stay))))

    def _stay(self, row: int, one: VehicleAccount, visit: Visit) -> Stay:
        keeps = tuple(_keeps(one, visit))
        lowest = tuple(_lowest(one, keeps, visit.last))
        short = tuple(low < kwh - LEAST_KWH for low, (_, kwh) in zip(lowest, keeps, strict=True))
        return Stay(
            visit.first, visit.last, visit.site or self.bus_of.get(visit.charger, ""), visit.charger,
            visit.arrive_kwh, visit.leave_kwh, tuple(_works(self.facts.record, row, visit)),
            self.cords.uses(row, visit.first, visit.last), self.feeding.fed(row, visit),
            tuple(self.feeding.holds(visit)), keeps, short, lowest, self.feeding.live(visit),
            _standby_kw(self.facts.record, row, visit), *self._presence(one, visit),
        )  # fmt: skip

    def _presence(self, one: VehicleAccount, visit: Visit) -> tuple[datetime, datetime]:
        """When it comes to a place and leaves it: the points of a visit, or what the case says of the time between."""
        first, last = (self.facts.clock.points[point] for point in (visit.first, visit.last))
        rows = [
            (begin, until) for place, begin, until in self._stays_of.get(one.name, ())
            if place in ((visit.charger, ""), (visit.charger, visit.site), ("", visit.site)) and begin < last
            and until > first
        ]  # fmt: skip
        if not rows:
            return first, last
        return max(first, min(begin for begin, _ in rows)), min(last, max(until for _, until in rows))

    @cached_property
    def _stays_of(self) -> dict[str, list[tuple[tuple[str, str], datetime, datetime]]]:
        """Charger and site, beginning and end of each stay of the case, by vehicle."""
        table, points = self.facts.case.table("stays"), self.facts.clock.points
        found: dict[str, list[tuple[tuple[str, str], datetime, datetime]]] = {}
        if not len(table):
            return found
        columns = [texts(table, name) for name in ("vehicle", "charger", "site")]
        begins = times(table, "from_utc").fillna(pd.Timestamp(points[0]))
        untils = times(table, "until_utc").fillna(pd.Timestamp(points[-1]))
        for name, charger, site, begin, until in zip(*columns, begins, untils, strict=True):
            stay = ((charger, site), begin.to_pydatetime(), until.to_pydatetime())
            found.setdefault(name, []).append(stay)
        return found

    def _trip(self, one: VehicleAccount, drive: Drive) -> Trip:
        points, depart, back = self._seconds, drive.depart_ns / 1e9, drive.return_ns / 1e9
        leave, home = (float(np.interp(at, points, one.energy_kwh)) for at in (depart, back))
        first, last = np.searchsorted(points, depart - 1e-6), np.searchsorted(points, back - 1e-6)
        during = [
            level + leave - float(one.energy_kwh[point])
            for point in range(int(first), min(int(last), len(points) - 1) + 1)
            if (level := float(one.reserve_kwh[point - 1] if point else 0.0)) > 0.0
        ]
        home_need = float(one.reserve_kwh[int(last) - 1]) if 0 < last < len(points) else 0.0
        need = min(one.capacity_kwh, max([drive.kwh, *during]))
        return Trip(_time(drive.depart_ns), _time(drive.return_ns), drive.kwh, need, leave, home_need, home)

    @cached_property
    def _seconds(self) -> np.ndarray:
        return np.array([point.timestamp() for point in self.facts.clock.points])

    def _inside(self, drive: Drive) -> bool:
        """Whether any of a trip lies in the horizon."""
        return bool(drive.return_ns / 1e9 > self._seconds[0] and drive.depart_ns / 1e9 < self._seconds[-1])

    def _driven(self, one: VehicleAccount, visit: Visit) -> bool:
        """Whether a vehicle that is at no place is on a trip."""
        begin, end = self._seconds[visit.first], self._seconds[visit.last]
        return any(drive.depart_ns / 1e9 < end and drive.return_ns / 1e9 > begin for drive in one.drives)


def _works(record: Record, row: int, visit: Visit) -> Iterator[Work]:
    """What is done in a visit, each way for itself; mean power is over the intervals in which it is done."""
    here = slice(visit.first, visit.last)
    for doing, column in POWERS.items():
        kw, hours = record.vehicle_sheet[column][row, here], record.hours[here]
        busy = np.flatnonzero(kw > LEAST_KW)
        if busy.size:
            kwh, first, last = float(kw @ hours), int(busy[0]), int(busy[-1]) + 1
            done = float(hours[busy].sum())
            yield Work(doing, visit.first + first, visit.first + last, done, float(hours[first:last].sum()),
                       kwh / done, float(kw.max()), kwh)  # fmt: skip


def _standby_kw(record: Record, row: int, visit: Visit) -> float:
    """The most that the charger of a visit takes for itself."""
    here = slice(visit.first, visit.last)
    return float((record.vehicle_sheet["standby_kwh"][row, here] / record.hours[here]).max(initial=0.0))


def _keeps(one: VehicleAccount, visit: Visit) -> Iterator[tuple[int, float]]:
    """From which point of a visit on how much must be on board; levels are those at the ends of intervals."""
    level = one.reserve_kwh[visit.first : visit.last]
    for begin, _ in spans(np.round(level, 6)):
        yield visit.first + (begin + 1 if begin else 0), float(level[begin])


def _lowest(one: VehicleAccount, keeps: tuple[tuple[int, float], ...], last: int) -> Iterator[float]:
    """The least on board while each level is asked for."""
    for (first, _), (end, _) in pairwise([*keeps, (last + 1, 0.0)]):
        yield float(one.energy_kwh[first : max(end, first + 1)].min())


def _time(nanoseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)
