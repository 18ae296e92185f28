"""Arrays of the vehicles: where each is plugged in, what its plug allows, what its driver needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from v2g.affine import Floats, Ints
from v2g.derive.context import Context
from v2g.language import Part


@dataclass(frozen=True)
class Plugs:
    """Charger of each vehicle in each interval (-1 = none), and the share of the interval, (V, T)."""

    charger: Ints
    share: Floats


def plugs(context: Context) -> Plugs:
    """Where each vehicle is plugged in. If two stays touch an interval, the longer one counts."""
    case = context.case
    stays, vehicles = case.table("stays"), case.table("vehicles")
    charger = np.full((len(vehicles), case.steps), -1, dtype=np.int64)
    share = np.zeros((len(vehicles), case.steps))
    if len(stays):
        rows = {name: i for i, name in enumerate(vehicles["vehicle"])}
        posts = {name: i for i, name in enumerate(case.table("chargers")["charger"])}
        parts = case.share_of_interval(stays["from_utc"], stays["until_utc"])
        for stay, (vehicle, post) in enumerate(zip(stays["vehicle"], stays["charger"], strict=True)):
            v = rows[vehicle]
            longer = parts[stay] > share[v]
            charger[v, longer] = posts[post]
            share[v, longer] = parts[stay, longer]
    return Plugs(charger, share)


def trips(context: Context) -> Floats:
    """Energy of each vehicle's trips in each interval in kWh, spread evenly over the trip, (V, T)."""
    case = context.case
    table, vehicles = case.table("trips"), case.table("vehicles")
    used = np.zeros((len(vehicles), case.steps))
    if len(table):
        rows = {name: i for i, name in enumerate(vehicles["vehicle"])}
        inside = case.share_of_interval(table["depart_utc"], table["return_utc"]) * case.hours
        length = (table["return_utc"] - table["depart_utc"]).dt.total_seconds().to_numpy(float) / 3600.0
        energy = table["energy_kwh"].to_numpy(float)
        who = np.array([rows[v] for v in table["vehicle"]])
        np.add.at(used, who, inside / length[:, None] * energy[:, None])
    return used


def untouched(start: Floats, trip: Floats) -> tuple[Floats, Floats]:
    """Energy of vehicles that nobody charges or discharges, (V, T + 1), and what their trips lack, (V, T).

    >>> untouched(np.array([5.0]), np.array([[3.0, 4.0]]))[0].tolist()
    [[5.0, 2.0, 0.0]]
    """
    passive = np.zeros((start.size, trip.shape[1] + 1))
    passive[:, 0] = start
    lacking = np.zeros_like(trip)
    for t in range(trip.shape[1]):
        lacking[:, t] = np.maximum(0.0, trip[:, t] - passive[:, t])
        passive[:, t + 1] = np.maximum(0.0, passive[:, t] - trip[:, t])
    return passive, lacking


def derive(context: Context, part: type[Part]) -> dict[str, Any]:
    """Limits at the plug, the floor of each vehicle, and its points of connection over time."""
    case = context.case
    vehicles, chargers = case.table("vehicles"), case.table("chargers")
    plug, trip = plugs(context), trips(context)
    column = {c: vehicles[c].to_numpy(float) if len(vehicles) else np.zeros(0) for c in _VEHICLE}
    passive, lacking = untouched(column["start_kwh"], trip)
    below = passive < column["reserve_kwh"][:, None] - 1e-12
    inside = plug.charger >= 0
    post = {c: np.append(chargers[c].to_numpy(float) if len(chargers) else [], one) for c, one in _CHARGER.items()}
    live = (
        np.vstack([context.live_units("chargers"), np.zeros((1, case.steps))])[plug.charger, np.arange(case.steps)] > 0
    )
    charge = np.minimum(column["charge_kw"][:, None], post["charge_kw"][plug.charger]) * plug.share
    discharge = np.minimum(column["discharge_kw"][:, None], post["discharge_kw"][plug.charger]) * plug.share
    can_charge = inside & live & (charge > 0.0)
    can_discharge = inside & live & (discharge > 0.0) & ~below[:, :-1] & ~below[:, 1:]
    return {
        "floor": np.minimum(column["reserve_kwh"][:, None], passive),
        "trip": trip,
        "deficit": lacking,
        "below": below.astype(float),
        "can_charge": can_charge.astype(float),
        "can_discharge": can_discharge.astype(float),
        "can_both": (can_charge & can_discharge).astype(float),
        "charge_limit": charge,
        "discharge_limit": discharge,
        "charge_eff": post["charge_eff"][plug.charger],
        "discharge_eff": post["discharge_eff"][plug.charger],
        **_points(context, plug, can_charge | can_discharge),
    }


_VEHICLE = ("start_kwh", "reserve_kwh", "charge_kw", "discharge_kw")
_CHARGER = {"charge_kw": 0.0, "discharge_kw": 0.0, "charge_eff": 1.0, "discharge_eff": 1.0}


def _points(context: Context, plug: Plugs, active: Any) -> dict[str, Any]:
    """One entry per vehicle, interval and phase at which it can act: the set ``plugs``."""
    links = context.links("chargers")
    first = np.searchsorted(links.unit, np.arange(len(context.case.table("chargers")) + 1))
    vehicle, interval = np.nonzero(active)
    post = plug.charger[vehicle, interval]
    counts = first[post + 1] - first[post]
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    link = np.repeat(first[post], counts) + offset
    vehicle, interval = np.repeat(vehicle, counts), np.repeat(interval, counts)
    context.sets["plugs"] = range(link.size)
    return {
        "plugged": vehicle,
        "interval": interval,
        "node": links.node[link] if link.size else np.zeros(0, int),
        "share": links.share[link] if link.size else np.zeros(0),
        "cross": links.cross[link] if link.size else np.zeros(0),
    }
