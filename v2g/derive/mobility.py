"""What drivers need, when, and what an untouched vehicle would have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.derive.places import Places, column, numbered, words

Mask = NDArray[np.bool_]
NEARLY = 1e-12


@dataclass(frozen=True)
class Mobility:
    """Trips and standby (V, T) in kWh, what is needed (V, T + 1), and what an untouched vehicle would hold and lack.

    ``asleep`` and ``deficit`` (V, T) are what standby and trips lack; ``below`` (V, T + 1) marks
    points at which the untouched vehicle has less than is needed.
    """

    trip: Floats
    standby: Floats
    needed: Floats
    passive: Floats
    asleep: Floats
    deficit: Floats

    @property
    def below(self) -> Mask:
        """Where an untouched vehicle has less than it needs."""
        return np.asarray(self.passive < self.needed - NEARLY)

    @property
    def muted(self) -> Mask:
        """Intervals in which a vehicle gives nothing, (V, T): it is below at one of their ends."""
        return np.asarray(self.below[:, :-1] | self.below[:, 1:])


def trips(case: Case) -> Floats:
    """Energy of each vehicle's trips in each interval in kWh, (V, T)."""
    used = np.zeros((len(case.table("vehicles")), case.steps))
    np.add.at(used, _drivers(case), _by_trip(case))
    return used


def _drivers(case: Case) -> Ints:
    """Vehicle of each trip, (trips,)."""
    rows = numbered(words(case, "vehicles", "vehicle"))
    return np.array([rows[v] for v in words(case, "trips", "vehicle")], dtype=np.int64)


def _by_trip(case: Case) -> Floats:
    """Energy of each trip in each interval in kWh, spread evenly over the trip, (trips, T)."""
    table = case.table("trips")
    if not len(table):
        return np.zeros((0, case.steps))
    inside = case.share_of_interval(table["depart_utc"], table["return_utc"]) * case.hours
    length = (table["return_utc"] - table["depart_utc"]).dt.total_seconds().to_numpy(float) / 3600.0
    return np.asarray(inside / length[:, None] * table["energy_kwh"].to_numpy(float)[:, None])


def standby(case: Case, where: Places) -> Floats:
    """What chargers draw from the vehicles plugged in, in kWh, (V, T)."""
    power = np.append(column(case, "chargers", "standby_kw"), 0.0)
    return np.asarray(power[where.charger] * where.share * case.hours)


def untouched(start: Floats, used: Floats) -> tuple[Floats, Floats]:
    """Energy of vehicles that nobody charges or discharges, (V, T + 1), and what they then lack, (V, T).

    >>> untouched(np.array([5.0]), np.array([[3.0, 4.0]]))[0].tolist()
    [[5.0, 2.0, 0.0]]
    """
    passive = np.zeros((start.size, used.shape[1] + 1))
    passive[:, 0] = start
    lacking = np.zeros_like(used)
    for t in range(used.shape[1]):
        lacking[:, t] = np.maximum(0.0, used[:, t] - passive[:, t])
        passive[:, t + 1] = np.maximum(0.0, passive[:, t] - used[:, t])
    return passive, lacking


def mobility(case: Case, where: Places) -> Mobility:
    """All of it, from the tables of a case."""
    trip, drawn = trips(case), standby(case, where)
    passive, lacking = untouched(column(case, "vehicles", "start_kwh"), trip + drawn)
    asleep = np.minimum(drawn, lacking)
    needed = np.maximum.reduce([_reserve(case), _orders(case), _returns(case), _leaves(case)])
    for number in range(len(case.table("fleet_minimum"))):
        needed = np.maximum(needed, _ready(case, where, passive, number))
    needed = np.minimum(needed, column(case, "vehicles", "capacity_kwh")[:, None])
    return Mobility(trip, drawn, needed, passive, asleep, lacking - asleep)


def _reserve(case: Case) -> Floats:
    per_km = column(case, "vehicles", "kwh_per_km")
    least = np.maximum(column(case, "vehicles", "reserve_kwh"), column(case, "vehicles", "reserve_km") * per_km)
    return np.asarray(np.broadcast_to(least[:, None], (least.size, case.steps + 1)))


def _points(case: Case) -> Ints:
    return np.asarray(case.boundaries.as_unit("ns").asi8)


def point_before(case: Case, time: pd.Timestamp) -> int:
    """The last point at or before a time; the first one for a time before the start, or not given."""
    if pd.isna(time):
        return 0
    return max(0, int(np.searchsorted(_points(case), time.as_unit("ns").value, side="right")) - 1)


def point_after(case: Case, time: pd.Timestamp) -> int:
    """The first point at or after a time; the last one for a time after the end, or not given."""
    if pd.isna(time):
        return case.steps
    return min(case.steps, int(np.searchsorted(_points(case), time.as_unit("ns").value, side="left")))


def _window(case: Case, row: pd.Series) -> slice:
    """Points of a window, rounded outwards; none if it lies outside the horizon."""
    if row["from_utc"] > case.boundaries[-1] or row["until_utc"] < case.boundaries[0]:
        return slice(0, 0)
    return slice(point_before(case, row["from_utc"]), point_after(case, row["until_utc"]) + 1)


def _orders(case: Case) -> Floats:
    """The table ``needs``: what one vehicle, or every one, must have from one time to another."""
    needed = np.zeros((len(case.table("vehicles")), case.steps + 1))
    per_km, rows = column(case, "vehicles", "kwh_per_km"), numbered(words(case, "vehicles", "vehicle"))
    for _, order in case.table("needs").iterrows():
        who = slice(None) if not order["vehicle"] else slice(rows[order["vehicle"]], rows[order["vehicle"]] + 1)
        least = np.maximum(order["energy_kwh"], order["km"] * per_km[who])
        part = needed[who, _window(case, order)]
        needed[who, _window(case, order)] = np.maximum(part, least[:, None])
    return needed


def _at_points(case: Case, table: str, time: str, amount: str, *, before: bool) -> Floats:
    """What a table asks for at single times inside the horizon."""
    needed = np.zeros((len(case.table("vehicles")), case.steps + 1))
    rows, frame = numbered(words(case, "vehicles", "vehicle")), case.table(table)
    first, last = case.boundaries[0], case.boundaries[-1]
    for vehicle, when, least in zip(
        words(case, table, "vehicle"), frame.get(time, ()), column(case, table, amount), strict=True
    ):
        if least > 0.0 and first <= when and (before or when <= last):
            k = point_before(case, when) if before else point_after(case, when)
            needed[rows[vehicle], k] = max(needed[rows[vehicle], k], least)
    return needed


def _returns(case: Case) -> Floats:
    return _at_points(case, "trips", "return_utc", "return_kwh", before=False)


def _leaves(case: Case) -> Floats:
    """Energy to leave with, at the last point before that; and at the next one, less what is driven until then.

    Else a vehicle that leaves inside an interval could give it away in the part of it in which it is still there.
    """
    needed = _at_points(case, "stays", "until_utc", "leave_kwh", before=True)
    rows, who, driven = numbered(words(case, "vehicles", "vehicle")), _drivers(case), _by_trip(case)
    departs = case.table("trips").get("depart_utc", pd.Series(dtype="datetime64[ns, UTC]"))
    stays = zip(
        words(case, "stays", "vehicle"), case.table("stays").get("until_utc", ()), column(case, "stays", "leave_kwh"),
        strict=True,
    )  # fmt: skip
    for vehicle, when, least in stays:
        k = point_after(case, when)
        if least > 0.0 and case.boundaries[k - 1] < when < case.boundaries[k] and k > 0:
            since = (who == rows[vehicle]) & (departs >= when).to_numpy(bool)
            needed[rows[vehicle], k] = max(needed[rows[vehicle], k], least - driven[since, k - 1].sum())
    return needed


def on_the_road(case: Case) -> Mask:
    """Whether each vehicle is on a trip at each point, (V, T + 1)."""
    rows, trips_ = numbered(words(case, "vehicles", "vehicle")), case.table("trips")
    away = np.zeros((len(rows) - 1, case.steps + 1), dtype=bool)
    points = _points(case)
    for _, trip in trips_.iterrows():
        inside = (points > trip["depart_utc"].as_unit("ns").value) & (points < trip["return_utc"].as_unit("ns").value)
        away[rows[trip["vehicle"]]] |= inside
    return away


def could_give(case: Case, where: Places) -> Mask:
    """Whether each vehicle is ever at a place where it could give in some way, live or not, (V,)."""
    feeds = np.array([word == "premises" for word in words(case, "chargers", "feeds")] + [False], dtype=bool)
    post = np.append(column(case, "chargers", "discharge_kw"), 0.0)[where.charger]
    v2g, v2h = (column(case, "vehicles", name)[:, None] for name in ("discharge_kw", "v2h_kw"))
    by_post = np.minimum(np.where(feeds[where.charger], v2h, v2g), post) > 0.0
    at_sockets = (socket_power(case)[:, None] > 0.0) & (where.site >= 0)
    return np.asarray(((where.share > 0.0) & (by_post | at_sockets)).any(axis=1))


def socket_power(case: Case) -> Floats:
    """Most that each car gives at its sockets in kW, (V,)."""
    every = column(case, "vehicles", "sockets", 1.0) * column(case, "vehicles", "socket_kw")
    return np.minimum(every, column(case, "vehicles", "v2l_kw", np.inf))


def _ready(case: Case, where: Places, passive: Floats, number: int) -> Floats:
    """Vehicles that are designated to stand ready, point by point: those who could give nothing first."""
    order = case.table("fleet_minimum").iloc[number]
    least, count = float(order["energy_kwh"]), int(order["vehicles"])
    needed, away, gives = np.zeros_like(passive), on_the_road(case), could_give(case, where)
    for k in range(*_window(case, order).indices(case.steps + 1)):
        ranked = np.lexsort((-passive[:, k], gives, passive[:, k] < least - NEARLY, away[:, k]))
        chosen = [v for v in ranked[:count] if not away[v, k]]
        needed[chosen, k] = least
    return needed
