"""What the vehicles of a case can do: where they are, what their trips take, what they may give in which way.

Everything here follows from the case. A place counts for the interval in which a vehicle is there
the longest; trips use their energy evenly over their time, a charger its standby all the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.clock import interval_hours, overlap_hours
from v2g.replay.columns import flags, numbers, texts, times
from v2g.replay.mobility import own_reserve, reaches, required_levels
from v2g.replay.stands import Stands, of_charger, of_place, row_of, stands
from v2g.replay.verdict import Array, Index, Mask

WHOLE = 1.0 - 1e-9
"""Share of an interval from which a vehicle counts as plugged in for all of it."""


@dataclass(frozen=True)
class Fleet:
    """All vehicles of a case, in its order; V of them, T intervals, points 0..T, C chargers.

    ``charger`` and ``site`` (V, T) are -1 where it is at none. ``charge_max_kw``, ``discharge_max_kw``
    (to the feeder), ``v2h_max_kw`` (to the premises), ``v2l_max_kw`` (from its sockets) and
    ``give_max_kw`` (all ways together), all (V, T), hold vehicle, charger and share of the interval at
    once; the ways are zero where the vehicle may give nothing (``muted``). ``passive_kwh`` (V, T + 1)
    is the energy of a vehicle that nobody touches, ``deficit_kwh`` (V, T) what its trips then lack,
    ``asleep_kwh`` what its charger's ``standby_kwh`` then lacks. ``level_kwh`` (V, T + 1) is what its driver
    needs, ``reserve_kwh`` (V,) the owner's own part of that. ``station`` (C,) marks chargers that can
    form an island, ``station_there`` (C, T) when they do.
    """

    names: list[str]
    chargers: list[str]
    charger: Index
    site: Index
    share: Array
    charge_max_kw: Array
    discharge_max_kw: Array
    v2h_max_kw: Array
    v2l_max_kw: Array
    give_max_kw: Array
    socket_kw: Array
    muted: Mask
    charge_eff: Array
    discharge_eff: Array
    v2l_eff: Array
    start_kwh: Array
    capacity_kwh: Array
    reserve_kwh: Array
    level_kwh: Array
    trip_kwh: Array
    standby_kwh: Array
    passive_kwh: Array
    deficit_kwh: Array
    asleep_kwh: Array
    premises: Mask
    island_capable: Mask
    station: Mask
    station_there: Mask

    @property
    def floor_kwh(self) -> Array:
        """Least energy at every point, shape (V, T + 1)."""
        return np.minimum(self.level_kwh, self.passive_kwh)


@dataclass(frozen=True)
class Ways:
    """Most that each vehicle takes and gives in each way, before asking whether it has the energy; all (V, T)."""

    charge: Array
    v2g: Array
    v2h: Array
    v2l: Array
    give: Array


def trip_energy(case: Case, vehicles: list[str]) -> Array:
    """Energy that trips use in each interval in kWh, shape (V, T)."""
    trips = case.table("trips")
    depart, back = times(trips, "depart_utc"), times(trips, "return_utc")
    inside = overlap_hours(case, depart, back)
    length = np.array([(b - a).total_seconds() / 3600.0 for a, b in zip(depart, back, strict=True)], dtype=float)
    rate = np.divide(numbers(trips, "energy_kwh", 0.0), length, out=np.zeros(len(length)), where=length > 0)
    used = np.zeros((len(vehicles), case.steps))
    number = row_of(vehicles)
    for row, vehicle in enumerate(texts(trips, "vehicle")):
        used[number[vehicle]] += rate[row] * inside[row]
    return used


def passive_energy(start: Array, used: Array) -> tuple[Array, Array]:
    """Energy of vehicles that nobody touches, (V, T + 1), and what then lacks of what they use, (V, T)."""
    points = np.zeros((used.shape[0], used.shape[1] + 1))
    points[:, 0] = start
    for t in range(used.shape[1]):
        points[:, t + 1] = np.maximum(0.0, points[:, t] - used[:, t])
    return points, np.maximum(0.0, used - points[:, :-1])


def feeding(case: Case, word: str) -> Mask:
    """Which chargers discharge to ``feeder`` or ``premises``, (C,)."""
    return np.array([found == word for found in texts(case.table("chargers"), "feeds", "feeder")], dtype=bool)


def sockets_kw(case: Case) -> Array:
    """Most of all sockets of each vehicle together, (V,)."""
    table = case.table("vehicles")
    sum_of_sockets = numbers(table, "sockets", 1.0) * numbers(table, "socket_kw", 0.0)
    return np.fmin(numbers(table, "v2l_kw"), sum_of_sockets)


def give_kw(case: Case) -> Array:
    """Most of all ways of each vehicle together, (V,)."""
    table = case.table("vehicles")
    ways = numbers(table, "discharge_kw", 0.0), numbers(table, "v2h_kw", 0.0), sockets_kw(case)
    stated = numbers(table, "give_kw")
    return np.where(np.isnan(stated), np.maximum.reduce(ways), stated)


def ways_of(case: Case, where: Stands) -> Ways:
    """What vehicle, place and share of the interval allow."""
    vehicles = case.table("vehicles")
    takes, gives = (of_charger(case, where.charger, column, 0.0, 0.0) for column in ("charge_kw", "discharge_kw"))
    to_feeder, to_premises = (
        of_place(feeding(case, word).astype(float), where.charger, 0.0) for word in ("feeder", "premises")
    )
    at_site = where.site >= 0

    def limited(column: str, other: Array) -> Array:
        return np.minimum(numbers(vehicles, column, 0.0)[:, None], other) * where.share

    return Ways(
        charge=limited("charge_kw", takes),
        v2g=limited("discharge_kw", gives) * to_feeder,
        v2h=limited("v2h_kw", gives) * to_premises * at_site,
        v2l=sockets_kw(case)[:, None] * where.share * at_site,
        give=give_kw(case)[:, None] * where.share,
    )


def stations(case: Case, where: Stands, ways: Ways, muted: Mask) -> tuple[Mask, Mask]:
    """Chargers that can form an island, (C,), and when a vehicle lets them: one that is plugged in for the whole
    interval, can give, and is not below what its driver needs, (C, T)."""
    table = case.table("chargers")
    able = flags(table, "forming", False) & feeding(case, "feeder")
    there = np.zeros((len(table), case.steps), dtype=bool)
    good = (where.charger >= 0) & (where.share >= WHOLE) & (ways.v2g > 0) & ~muted
    vehicle, interval = np.nonzero(good)
    there[where.charger[vehicle, interval], interval] = True
    return able, there & able[:, None]


def read_fleet(case: Case) -> Fleet:
    """The vehicles of a case."""
    vehicles, chargers = case.table("vehicles"), case.table("chargers")
    names = texts(vehicles, "vehicle")
    where = stands(case, names)
    ways, trip = ways_of(case, where), trip_energy(case, names)
    standby = of_charger(case, where.charger, "standby_kw", 0.0, 0.0) * where.share * interval_hours(case)
    start, capacity = numbers(vehicles, "start_kwh", 0.0), numbers(vehicles, "capacity_kwh", 0.0)
    passive, lacking = passive_energy(start, trip + standby)
    ever = np.asarray((ways.v2g + ways.v2h + ways.v2l > 0).any(axis=1))
    level = required_levels(case, names, passive, ever, capacity)
    low = ~reaches(passive, level)
    muted = low[:, :-1] | low[:, 1:]
    station, there = stations(case, where, ways, muted)
    return Fleet(
        names=names,
        chargers=texts(chargers, "charger"),
        charger=where.charger,
        site=where.site,
        share=where.share,
        charge_max_kw=ways.charge,
        discharge_max_kw=np.where(muted, 0.0, ways.v2g),
        v2h_max_kw=np.where(muted, 0.0, ways.v2h),
        v2l_max_kw=np.where(muted, 0.0, ways.v2l),
        give_max_kw=np.where(muted, 0.0, ways.give),
        socket_kw=numbers(vehicles, "socket_kw", 0.0),
        muted=muted,
        charge_eff=of_charger(case, where.charger, "charge_eff", 1.0, 1.0),
        discharge_eff=of_charger(case, where.charger, "discharge_eff", 1.0, 1.0),
        v2l_eff=numbers(vehicles, "v2l_eff", 0.9),
        start_kwh=start,
        capacity_kwh=capacity,
        reserve_kwh=own_reserve(case),
        level_kwh=level,
        trip_kwh=trip,
        standby_kwh=standby,
        passive_kwh=passive,
        deficit_kwh=lacking - np.minimum(standby, lacking),
        asleep_kwh=np.minimum(standby, lacking),
        premises=feeding(case, "premises"),
        island_capable=flags(chargers, "island_capable", True),
        station=station,
        station_there=there,
    )
