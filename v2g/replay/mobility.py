"""What drivers need: the energy each vehicle must have on board at every point, (V, T + 1).

The largest of the owner's reserve (in kWh or km), orders (``needs``), energy to be back with, energy
to leave with, and what vehicles designated for the fleet minimum must hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.clock import edges, nanoseconds
from v2g.replay.columns import numbers, texts, times
from v2g.replay.stands import row_of
from v2g.replay.verdict import Array, Index, Mask

NEARLY = 1e-9
"""Rounding in kWh (relative above 1 kWh) when an untouched energy is compared with what is required."""


def reaches(energy: Array, wanted: Array | float) -> Mask:
    """Whether an energy is as high as wanted, but for rounding."""
    level = np.asarray(wanted, dtype=float)
    return np.asarray(energy >= level - NEARLY * np.maximum(1.0, level))


def own_reserve(case: Case) -> Array:
    """The owner's reserve in kWh, (V,): the larger of the one in kWh and the one in km."""
    table = case.table("vehicles")
    by_range = numbers(table, "reserve_km", 0.0) * numbers(table, "kwh_per_km", 0.0)
    return np.maximum(numbers(table, "reserve_kwh", 0.0), by_range)


def window_points(case: Case, table_name: str) -> list[slice]:
    """Points of each row's window, rounded outwards to points; none if it lies outside the horizon."""
    table, edge = case.table(table_name), edges(case)
    begin = nanoseconds(times(table, "from_utc"), int(edge[0]))
    finish = nanoseconds(times(table, "until_utc"), int(edge[-1]))
    first = np.maximum(np.searchsorted(edge, begin, side="right") - 1, 0)
    last = np.minimum(np.searchsorted(edge, finish, side="left"), len(edge) - 1)
    outside = (begin > edge[-1]) | (finish < edge[0]) | (finish < begin)
    return [slice(0, 0) if out else slice(int(a), int(b) + 1) for a, b, out in zip(first, last, outside, strict=True)]


@dataclass(frozen=True)
class Moment:
    """A row of ``table`` that asks by ``column`` for so much on board of a vehicle at a point."""

    table: str
    column: str
    row: int
    vehicle: int
    point: int
    kwh: float


def moments(case: Case, vehicles: list[str]) -> Iterator[Moment]:
    """Every energy to be back with or to leave with.

    Who was back before the start needs nothing for that; who leaves after the end needs it at the end. Who leaves
    between two points must have it at the first of them, and what is left of it after driving at the second.
    """
    edge, number = edges(case), row_of(vehicles)
    trips, stays = case.table("trips"), case.table("stays")
    returned = nanoseconds(times(trips, "return_utc"), int(edge[-1]))
    back = np.where(returned < edge[0], -1, np.searchsorted(edge, returned, side="left"))
    for row, (name, energy) in enumerate(zip(texts(trips, "vehicle"), numbers(trips, "return_kwh", 0.0), strict=True)):
        if 0 <= back[row] < len(edge) and energy > 0:
            yield Moment("trips", "return_kwh", row, number[name], int(back[row]), float(energy))
    leaves = nanoseconds(times(stays, "until_utc"), int(edge[-1]))
    for row, (name, energy) in enumerate(zip(texts(stays, "vehicle"), numbers(stays, "leave_kwh", 0.0), strict=True)):
        gone, when = int(np.searchsorted(edge, leaves[row], side="right")) - 1, int(leaves[row])
        if gone >= 0 and energy > 0:
            yield Moment("stays", "leave_kwh", row, number[name], gone, float(energy))
            if edge[gone] < when < edge[-1]:
                left = float(energy) - driven_since(case, name, when, gone)
                yield Moment("stays", "leave_kwh", row, number[name], gone + 1, left)


def driven_since(case: Case, vehicle: str, moment: int, interval: int) -> float:
    """What trips of a vehicle that begin at a moment (ns) or later use until the end of an interval that holds it."""
    table, end = case.table("trips"), int(edges(case)[interval + 1])
    depart, back = nanoseconds(times(table, "depart_utc")), nanoseconds(times(table, "return_utc"))
    used = 0.0
    for row, (name, energy) in enumerate(zip(texts(table, "vehicle"), numbers(table, "energy_kwh", 0.0), strict=True)):
        if name == vehicle and moment <= depart[row] < min(end, int(back[row])):
            used += float(energy) * (min(end, int(back[row])) - int(depart[row])) / (int(back[row]) - int(depart[row]))
    return used


def orders(case: Case, vehicles: list[str]) -> Iterator[tuple[int, slice, float]]:
    """Vehicle, points and kWh of every order, the ones for all vehicles taken apart."""
    table, number = case.table("needs"), row_of(vehicles)
    consumption = numbers(case.table("vehicles"), "kwh_per_km", 0.0)
    energy, km = numbers(table, "energy_kwh", 0.0), numbers(table, "km", 0.0)
    for row, (name, points) in enumerate(zip(texts(table, "vehicle"), window_points(case, "needs"), strict=True)):
        for v in range(len(vehicles)) if name == "" else [number[name]]:
            yield v, points, max(float(energy[row]), float(km[row] * consumption[v]))


def single_levels(case: Case, vehicles: list[str]) -> Array:
    """Required energy of each vehicle without the fleet minimum, (V, T + 1)."""
    level = np.repeat(own_reserve(case)[:, None], case.steps + 1, axis=1)
    for moment in moments(case, vehicles):
        level[moment.vehicle, moment.point] = max(level[moment.vehicle, moment.point], moment.kwh)
    for v, points, energy in orders(case, vehicles):
        level[v, points] = np.maximum(level[v, points], energy)
    return level


def on_the_road(case: Case, vehicles: list[str]) -> Mask:
    """Whether a vehicle is on a trip at each point: it has left before, and is back later, (V, T + 1)."""
    trips, edge, number = case.table("trips"), edges(case), row_of(vehicles)
    depart, back = nanoseconds(times(trips, "depart_utc")), nanoseconds(times(trips, "return_utc"))
    out = np.zeros((len(vehicles), case.steps + 1), dtype=bool)
    for row, name in enumerate(texts(trips, "vehicle")):
        out[number[name]] |= (depart[row] < edge) & (edge < back[row])
    return out


def minima(case: Case) -> Iterator[tuple[slice, int, float]]:
    """Points, number of vehicles and kWh of each fleet minimum."""
    table = case.table("fleet_minimum")
    count, energy = numbers(table, "vehicles", 0.0), numbers(table, "energy_kwh", 0.0)
    for row, points in enumerate(window_points(case, "fleet_minimum")):
        yield points, int(count[row]), float(energy[row])


def designated(passive: Array, away: Mask, gives: Mask, count: int, energy: float) -> Index:
    """Who holds a fleet minimum at one point: those that have the energy untouched before the others, among those
    first who can give nothing, then who has most, then in the order of the table."""
    here = np.flatnonzero(~away)
    order = np.lexsort((here, -passive[here], gives[here], ~reaches(passive[here], energy)))
    return np.asarray(here[order[:count]], dtype=np.int64)


def required_levels(case: Case, vehicles: list[str], passive: Array, gives: Mask, capacity: Array) -> Array:
    """Required energy of each vehicle at every point, (V, T + 1); ``gives`` (V,) is who could ever give anything."""
    level, away = single_levels(case, vehicles), on_the_road(case, vehicles)
    for points, count, energy in minima(case):
        for k in range(*points.indices(case.steps + 1)):
            chosen = designated(passive[:, k], away[:, k], gives, count, energy)
            level[chosen, k] = np.maximum(level[chosen, k], energy)
    return np.minimum(level, capacity[:, None])
