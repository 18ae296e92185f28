"""Cords from cars to appliances: which car feeds an appliance when, and when somebody has to move its cord."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from math import ceil

import numpy as np

from v2g.handover.loads import on_share, single_appliance
from v2g.handover.spans import Span, cut
from v2g.handover.vehicles import LEAST_KW
from v2g.replay.record import Record
from v2g.replay.verdict import Array, Mask

BUILDING = -1
"""Stands among cars for the building's own circuit, behind its transfer switch."""


@dataclass(frozen=True)
class Use:
    """What one vehicle gives to one load by its sockets: when, kWh each time, at most so many kW, kWh in all."""

    load: str
    spans: tuple[Span, ...]
    parts_kwh: tuple[float, ...]
    peak_kw: float
    kwh: float


@dataclass(frozen=True)
class Move:
    """A cord that is laid, or moved: when, of which load, from which vehicle, to which.

    ``before`` is None where it is laid; a blank name is the socket of the building's own circuit.
    """

    point: float
    load: str
    before: str | None
    after: str


@dataclass(frozen=True)
class Handover:
    """Two cars share an interval of a load one after the other: the first for this ``share`` of it."""

    first: int
    second: int
    share: float
    kw: float


@dataclass(frozen=True)
class Cords:
    """Which car feeds which load when.

    A plan says how much two cars give to a load in an interval. Where each can carry the load alone, they do so one
    after the other, for their shares of the interval: first the one that fed it before, then the one that feeds it
    after.
    """

    record: Record

    def uses(self, vehicle: int, first: int, last: int) -> tuple[Use, ...]:
        """Loads at the sockets of a vehicle from one point to another, in the order of the case."""
        pairs = sorted(load for load, car in self._kw if car == vehicle)
        found = (self._use(load, vehicle, first, last) for load in pairs)
        return tuple(use for use in found if use.spans)

    def moves(self, load: int) -> tuple[Move, ...]:
        """All that is to be done with the cords of a load, in the order of time."""
        laid = sorted(
            (begin, end, car) for other, car in self._kw if other == load for begin, end in self._spans(load, car)
        )
        found: list[Move] = []
        ends: dict[int, float] = {}
        name = self.record.loads.names[load]
        for begin, end, car in laid:
            ends = {other: until for other, until in ends.items() if self._stays(other, load, until, begin)}
            if car not in ends:
                free = [other for other, until in ends.items() if until <= begin]
                before = max(free, key=ends.__getitem__, default=None)
                if before is not None:
                    del ends[before]
                found.append(Move(begin, name, None if before is None else self._who(before), self._who(car)))
            ends[car] = end
        return tuple(found)

    def _who(self, car: int) -> str:
        return "" if car == BUILDING else self.record.fleet.names[car]

    def _stays(self, car: int, load: int, until: float, begin: float) -> bool:
        """Whether a car is at the site of a load from one moment to another: its cord can stay where it is."""
        if car == BUILDING:
            return True
        at = self.record.fleet.site[car, min(int(until), int(begin)) : int(begin)]
        return bool((at == self.record.loads.site[load]).all())

    @cached_property
    def _kw(self) -> dict[tuple[int, int], Array]:
        """Power along the cords of each load and vehicle, and by the building's circuit of loads with a cord, (T,)."""
        gives, steps = self.record.deliveries, self.record.case.steps
        found: dict[tuple[int, int], Array] = {}
        for row in np.flatnonzero(gives.plug & (gives.kw > LEAST_KW)).tolist():
            pair = int(gives.load[row]), int(gives.vehicle[row])
            found.setdefault(pair, np.zeros(steps))[gives.at[row]] += gives.kw[row]
        by_building = self.record.load_sheet["v2h_kw"]
        for load in {load for load, _ in found}:
            if (by_building[load] > LEAST_KW).any():
                found[load, BUILDING] = np.where(by_building[load] > LEAST_KW, by_building[load], 0.0)
        return found

    @cached_property
    def _of_car(self) -> Array:
        """All that the sockets of each vehicle give, (V, T)."""
        out = np.zeros((len(self.record.fleet.names), self.record.case.steps))
        for (_, car), kw in self._kw.items():
            if car != BUILDING:
                out[car] += kw
        return out

    @cached_property
    def _handovers(self) -> dict[int, dict[int, Handover]]:
        """By load and interval."""
        cars: dict[int, list[int]] = {}
        for load, car in self._kw:
            cars.setdefault(load, []).append(car)
        return {load: dict(self._of_load(load, sorted(mine))) for load, mine in cars.items() if len(mine) > 1}

    def _of_load(self, load: int, cars: list[int]) -> Iterator[tuple[int, Handover]]:
        kw = np.array([self._kw[load, car] for car in cars])
        on = np.pad(kw > 0.0, ((0, 0), (1, 1)))
        for at in np.flatnonzero((kw > 0.0).sum(axis=0) == 2).tolist():
            pair = np.flatnonzero(kw[:, at] > 0.0).tolist()
            whole = float(kw[pair, at].sum())
            if all(self._alone(cars[one], kw[one, at], whole, at) for one in pair):
                fed_before, feeds_after = on[:, at].astype(int), on[:, at + 2].astype(int)
                first, second = max(
                    permutations(pair),
                    key=lambda turn: (
                        fed_before[turn[0]] - feeds_after[turn[0]] + feeds_after[turn[1]] - fed_before[turn[1]]
                    ),
                )
                yield at, Handover(cars[first], cars[second], float(kw[first, at] / whole), whole)

    def _alone(self, car: int, part: float, whole: float, at: int) -> bool:
        """Whether a car can give all that a load gets in an interval, beside what it gives to others."""
        if car == BUILDING:
            return True
        fleet = self.record.fleet
        most = float(fleet.v2l_max_kw[car, at] / max(fleet.share[car, at], 1e-9))
        return bool(self._of_car[car, at] - part + whole <= most + LEAST_KW)

    def _use(self, load: int, vehicle: int, first: int, last: int) -> Use:
        kw = self._kw[load, vehicle].copy()
        kw[:first], kw[last:] = 0.0, 0.0
        energy = kw * self.record.hours
        for at, shared in self._handovers.get(load, {}).items():
            if vehicle in (shared.first, shared.second) and kw[at] > 0.0:
                kw[at] = shared.kw
        if single_appliance(self.record, load):
            kw = np.where(kw > 0.0, self.record.loads.demand_kw[load], 0.0)
        name = self.record.loads.names[load]
        spans = tuple(self._cut(load, vehicle, kw > 0.0))
        parts = tuple(float(energy[int(begin) : ceil(end)].sum()) for begin, end in spans)
        return Use(name, spans, parts, float(kw.max()), float(energy.sum()))

    def _spans(self, load: int, vehicle: int) -> Iterator[Span]:
        return self._cut(load, vehicle, self._kw[load, vehicle] > 0.0)

    def _cut(self, load: int, vehicle: int, on: Mask) -> Iterator[Span]:
        """Spans in which a car feeds a load, cut where it takes over and hands over within an interval, and where one
        appliance can run for part of an interval only."""
        share = np.ones(on.size)
        if single_appliance(self.record, load):
            share = on_share(self._all[load], self.record.loads.demand_kw[load])
        late = {}
        for at, shared in self._handovers.get(load, {}).items():
            if vehicle in (shared.first, shared.second):
                late[at] = vehicle == shared.second
                share[at] = 1.0 - shared.share if late[at] else shared.share
        return cut(on, share, late)

    @cached_property
    def _all(self) -> dict[int, Array]:
        """What each load gets by cords and its circuit, (T,)."""
        out: dict[int, Array] = {}
        for (load, _), kw in self._kw.items():
            out[load] = out.get(load, 0.0) + kw
        return out
