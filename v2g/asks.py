"""Who asks a vehicle for what it must have on board: the row that asks for most, vehicle by vehicle, point by point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.columns import numbers, texts
from v2g.replay.fleet import Fleet, ways_of
from v2g.replay.mobility import designated, moments, on_the_road, window_points
from v2g.replay.stands import row_of, stands
from v2g.replay.verdict import Array, Index

LEAST_KWH = 1e-9
"""What is less counts as rounding."""


@dataclass(frozen=True)
class Ask:
    """One row that asks: what it asks for, the table, the row counted from 0, and its name if it has one."""

    kind: str
    table: str
    row: int
    name: str = ""

    @property
    def words(self) -> str:
        """What asks, such as ``reserve_km`` or ``need evacuation``."""
        return f"{self.kind} {self.name}".rstrip()

    def file(self, case: Case) -> str:
        """The file in which the row stands."""
        return case.origin.get(self.table, f"{self.table}.csv")

    @property
    def line(self) -> int:
        """The row as a spreadsheet shows it: the header is row 1."""
        return self.row + 2

    def place(self, case: Case) -> str:
        """File and row, as a reader looks for them."""
        return f"{self.file(case)}, row {self.line}"


Claim = tuple[Ask, Index, Index, Array]
"""Who asks, vehicles (n,), points (m,) and kWh of each vehicle (n,)."""


@dataclass(frozen=True)
class Asks:
    """``asker`` (V, T + 1) is the position in ``all`` of the row that asks for most, the first of equals; -1 where none
    asks for anything. ``most_kwh`` (V, T + 1) is what it asks for, never more than the vehicle holds."""

    all: tuple[Ask, ...]
    asker: Index
    most_kwh: Array

    def at(self, vehicle: int, point: int) -> Ask | None:
        """Who asks a vehicle for most at a point."""
        which = int(self.asker[vehicle, point])
        return self.all[which] if which >= 0 else None


def asks_of(case: Case, fleet: Fleet) -> Asks:
    """All that is asked for in a case: reserves, orders, energy to be back and to leave with, fleet minima."""
    asker = np.full(fleet.level_kwh.shape, -1, dtype=np.int64)
    most = np.zeros(fleet.level_kwh.shape)
    found: dict[Ask, int] = {}
    for claims in (_reserves, _orders, _moments, _minima):
        for ask, who, points, wanted in claims(case, fleet):
            where = np.ix_(who, points)
            least = np.minimum(wanted, fleet.capacity_kwh[who])[:, None]
            wins = least > most[where] + LEAST_KWH
            asker[where] = np.where(wins, found.setdefault(ask, len(found)), asker[where])
            most[where] = np.where(wins, least, most[where])
    return Asks(tuple(found), asker, most)


def _one(position: int) -> Index:
    return np.array([position], dtype=np.int64)


def _points(fleet: Fleet, window: slice) -> Index:
    return np.arange(fleet.level_kwh.shape[1], dtype=np.int64)[window]


def _reserves(case: Case, fleet: Fleet) -> Iterator[Claim]:
    stated = numbers(case.table("vehicles"), "reserve_kwh", 0.0)
    for v, least in enumerate(fleet.reserve_kwh):
        kind = "reserve_kwh" if stated[v] >= least else "reserve_km"
        yield Ask(kind, "vehicles", v), _one(v), _points(fleet, slice(None)), np.array([least])


def _orders(case: Case, fleet: Fleet) -> Iterator[Claim]:
    table, number = case.table("needs"), row_of(fleet.names)
    consumption = numbers(case.table("vehicles"), "kwh_per_km", 0.0)
    energy, km, names = numbers(table, "energy_kwh", 0.0), numbers(table, "km", 0.0), texts(table, "need")
    for row, (name, window) in enumerate(zip(texts(table, "vehicle"), window_points(case, "needs"), strict=True)):
        who = np.arange(len(fleet.names)) if name == "" else _one(number[name])
        wanted = np.maximum(energy[row], km[row] * consumption[who])
        yield Ask("need", "needs", row, names[row]), who, _points(fleet, window), wanted


def _moments(case: Case, fleet: Fleet) -> Iterator[Claim]:
    """Energy to be back with, and to leave with."""
    for m in moments(case, fleet.names):
        yield Ask(m.column, m.table, m.row), _one(m.vehicle), _one(m.point), np.array([m.kwh])


def _minima(case: Case, fleet: Fleet) -> Iterator[Claim]:
    table = case.table("fleet_minimum")
    if not len(table):
        return
    ways, away = ways_of(case, stands(case, fleet.names)), on_the_road(case, fleet.names)
    gives = np.asarray((ways.v2g + ways.v2h + ways.v2l > 0).any(axis=1))
    count, energy = numbers(table, "vehicles", 0.0), numbers(table, "energy_kwh", 0.0)
    names = texts(table, "minimum")
    for row, window in enumerate(window_points(case, "fleet_minimum")):
        for k in _points(fleet, window):
            untouched = fleet.passive_kwh[:, k]
            chosen = designated(untouched, away[:, k], gives, int(count[row]), float(energy[row]))
            ask = Ask("fleet minimum", "fleet_minimum", row, names[row])
            yield ask, chosen, _one(int(k)), np.full(chosen.size, energy[row])
