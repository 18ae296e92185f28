"""What the vehicles of a case can do: where they are, what their trips take, what they may give.

Everything here follows from the case. A charger counts for the interval in which a vehicle is
plugged into it the longest; trips use their energy evenly over their time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.clock import interval_hours, overlap_hours
from v2g.replay.columns import numbers, texts, times
from v2g.replay.verdict import Array, Index, Mask

NEARLY = 1e-9
"""Rounding in kWh (relative above 1 kWh) when a passive energy is compared with its reserve."""


@dataclass(frozen=True)
class Fleet:
    """All vehicles of a case, in its order; V of them, T intervals, points 0..T.

    ``charger`` (V, T) is -1 where not plugged in; ``charge_max_kw`` and ``discharge_max_kw`` (V, T)
    hold vehicle, charger and share of the interval at once, the latter zero where the vehicle may
    give nothing. ``charge_kw`` and ``discharge_kw`` are the limits at full share, for the hull row.
    ``passive_kwh`` (V, T + 1) is the energy of a vehicle that only drives, ``deficit_kwh`` (V, T) what
    its trips then lack.
    """

    names: list[str]
    chargers: list[str]
    charger: Index
    charge_max_kw: Array
    discharge_max_kw: Array
    muted: Mask
    charge_eff: Array
    discharge_eff: Array
    start_kwh: Array
    capacity_kwh: Array
    reserve_kwh: Array
    trip_kwh: Array
    passive_kwh: Array
    deficit_kwh: Array

    @property
    def floor_kwh(self) -> Array:
        """Least energy at every point, shape (V, T + 1)."""
        return np.minimum(self.reserve_kwh[:, None], self.passive_kwh)


def plugged_in(case: Case, vehicles: list[str], chargers: list[str]) -> tuple[Index, Array]:
    """Charger of each vehicle in each interval (-1 = none) and share of the interval, both (V, T)."""
    stays = case.table("stays")
    at = np.full((len(vehicles), case.steps), -1, dtype=np.int64)
    share = np.zeros(at.shape)
    inside = overlap_hours(case, times(stays, "from_utc"), times(stays, "until_utc")) / interval_hours(case)[None, :]
    row_of = {name: row for row, name in enumerate(vehicles)}
    column_of = {name: row for row, name in enumerate(chargers)}
    for row, (vehicle, charger) in enumerate(zip(texts(stays, "vehicle"), texts(stays, "charger"), strict=True)):
        v = row_of[vehicle]
        longer = inside[row] > share[v]
        at[v, longer] = column_of[charger]
        share[v, longer] = inside[row, longer]
    return at, share


def trip_energy(case: Case, vehicles: list[str]) -> Array:
    """Energy that trips use in each interval in kWh, shape (V, T)."""
    trips = case.table("trips")
    depart, back = times(trips, "depart_utc"), times(trips, "return_utc")
    inside = overlap_hours(case, depart, back)
    length = np.array([(b - a).total_seconds() / 3600.0 for a, b in zip(depart, back, strict=True)], dtype=float)
    rate = np.divide(numbers(trips, "energy_kwh", 0.0), length, out=np.zeros(len(length)), where=length > 0)
    used = np.zeros((len(vehicles), case.steps))
    row_of = {name: row for row, name in enumerate(vehicles)}
    for row, vehicle in enumerate(texts(trips, "vehicle")):
        used[row_of[vehicle]] += rate[row] * inside[row]
    return used


def passive_energy(start: Array, trip: Array) -> tuple[Array, Array]:
    """Energy of vehicles that only drive, (V, T + 1), and what their trips lack, (V, T)."""
    points = np.zeros((trip.shape[0], trip.shape[1] + 1))
    points[:, 0] = start
    for t in range(trip.shape[1]):
        points[:, t + 1] = np.maximum(0.0, points[:, t] - trip[:, t])
    return points, np.maximum(0.0, trip - points[:, :-1])


def of_charger(values: Array, charger: Index, elsewhere: float) -> Array:
    """A charger's value for each vehicle and interval; ``elsewhere`` where it is not plugged in."""
    padded = np.append(values, elsewhere)
    return np.asarray(padded[charger])


def read_fleet(case: Case) -> Fleet:
    """The vehicles of a case."""
    vehicles, chargers = case.table("vehicles"), case.table("chargers")
    names, stations = texts(vehicles, "vehicle"), texts(chargers, "charger")
    charger, share = plugged_in(case, names, stations)
    trip = trip_energy(case, names)
    start, reserve = numbers(vehicles, "start_kwh", 0.0), numbers(vehicles, "reserve_kwh", 0.0)
    passive, deficit = passive_energy(start, trip)
    low = passive < (reserve - NEARLY * np.maximum(1.0, reserve))[:, None]
    muted = low[:, :-1] | low[:, 1:]
    station_gives = of_charger(numbers(chargers, "discharge_kw", 0.0), charger, 0.0)
    station_takes = of_charger(numbers(chargers, "charge_kw", 0.0), charger, 0.0)
    gives = np.minimum(numbers(vehicles, "discharge_kw", 0.0)[:, None], station_gives) * share
    return Fleet(
        names=names,
        chargers=stations,
        charger=charger,
        charge_max_kw=np.minimum(numbers(vehicles, "charge_kw", 0.0)[:, None], station_takes) * share,
        discharge_max_kw=np.where(muted, 0.0, gives),
        muted=muted,
        charge_eff=of_charger(numbers(chargers, "charge_eff", 1.0), charger, 1.0),
        discharge_eff=of_charger(numbers(chargers, "discharge_eff", 1.0), charger, 1.0),
        start_kwh=start,
        capacity_kwh=numbers(vehicles, "capacity_kwh", 0.0),
        reserve_kwh=reserve,
        trip_kwh=trip,
        passive_kwh=passive,
        deficit_kwh=deficit,
    )
