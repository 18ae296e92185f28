"""Arrays of the vehicles: where each is plugged in, what its plug allows, what its driver needs."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.derive.context import Context
from v2g.derive.mobility import Mask, could_give, socket_power
from v2g.derive.places import column, site_of_charger, words
from v2g.language import Part

_VEHICLE = ("start_kwh", "charge_kw", "discharge_kw", "v2h_kw")
_CHARGER = {"charge_kw": 0.0, "discharge_kw": 0.0, "charge_eff": 1.0, "discharge_eff": 1.0}


def of_post(context: Context, values: Floats, elsewhere: float) -> Floats:
    """A value of chargers for each vehicle and interval; ``elsewhere`` where it is not plugged in. (V, T)"""
    return np.asarray(np.append(values, elsewhere)[context.places.charger])


def flag_of_post(context: Context, name: str, default: bool) -> Mask:
    """The same for a flag; false where a vehicle is not plugged in."""
    return of_post(context, column(context.case, "chargers", name, float(default)), 0.0) > 0.0


def behind_switch(context: Context) -> Mask:
    """Whether a vehicle is plugged in at a charger that feeds premises, (V, T)."""
    feeds = np.array([float(word == "premises") for word in words(context.case, "chargers", "feeds")])
    return of_post(context, feeds, 0.0) > 0.0


def post_live(context: Context) -> Mask:
    """Whether the charger of each vehicle is live, (V, T)."""
    case = context.case
    live = np.vstack([context.live_units("chargers"), np.zeros((1, case.steps))])
    return np.asarray(live[context.places.charger, np.arange(case.steps)] > 0.0)


def all_ways(case: Case) -> Floats:
    """Most that each vehicle gives in all ways together in kW, (V,)."""
    largest = np.maximum.reduce(
        [column(case, "vehicles", "discharge_kw"), column(case, "vehicles", "v2h_kw"), socket_power(case)]
    )
    given = column(case, "vehicles", "give_kw", np.inf)
    return np.where(np.isfinite(given), given, largest)


def premises_limit(context: Context) -> Floats:
    """Most that each vehicle gives behind the transfer switch it stands at, in kW, (V, T)."""
    case, share = context.case, context.places.share
    own = np.minimum(column(case, "vehicles", "v2h_kw"), all_ways(case))
    works = behind_switch(context) & (post_live(context) | flag_of_post(context, "island_capable", True))
    post = of_post(context, column(case, "chargers", "discharge_kw"), 0.0)
    most = np.minimum(own[:, None], post) * share
    return np.where(works & ~context.mobility.muted, most, 0.0)


def socket_limit(context: Context) -> Floats:
    """Most that each vehicle gives at its sockets, where it stands at a site, in kW, (V, T)."""
    most = np.minimum(socket_power(context.case), all_ways(context.case))[:, None] * context.places.share
    return np.where((context.places.site >= 0) & ~context.mobility.muted, most, 0.0)


def derive(context: Context, part: type[Part]) -> dict[str, Any]:
    """Limits at the plug, the floor of each vehicle, and its points of connection over time."""
    case, where, needs = context.case, context.places, context.mobility
    own = {name: column(case, "vehicles", name) for name in _VEHICLE}
    post = {name: of_post(context, column(case, "chargers", name), one) for name, one in _CHARGER.items()}
    inside = (where.charger >= 0) & post_live(context)
    charge = np.minimum(own["charge_kw"][:, None], post["charge_kw"]) * where.share
    together = all_ways(case)
    discharge = np.minimum(np.minimum(own["discharge_kw"], together)[:, None], post["discharge_kw"]) * where.share
    can_charge = inside & (charge > 0.0)
    can_discharge = inside & ~behind_switch(context) & (discharge > 0.0) & ~needs.muted
    otherwise = (premises_limit(context) > 0.0).astype(int) + (socket_limit(context) > 0.0)
    return {
        "needed": needs.needed,
        "floor": np.minimum(needs.needed, needs.passive),
        "trip": needs.trip,
        "standby": needs.standby,
        "deficit": needs.deficit,
        "idle": needs.asleep,
        "below": needs.below.astype(float),
        "can_charge": can_charge.astype(float),
        "can_discharge": can_discharge.astype(float),
        "can_both": (can_charge & can_discharge).astype(float),
        "charge_limit": charge,
        "discharge_limit": discharge,
        "charge_eff": post["charge_eff"],
        "discharge_eff": post["discharge_eff"],
        "give_limit": together[:, None] * where.share,
        "several": ((can_discharge + otherwise) > 1).astype(float),
        "mixed": (can_charge & (otherwise > 0)).astype(float),
        **_points(context, can_charge, can_discharge),
        **_ports(context, can_charge | can_discharge),
        **_gates(context, can_charge | can_discharge),
        **_stocks(context),
    }


def _points(context: Context, charges: Mask, gives: Mask) -> dict[str, Any]:
    """One entry per vehicle, interval and phase at which it can act: the set ``plugs``.

    A station that can form an island has its own way into the feeder, phase by phase.
    """
    links = context.links("chargers")
    first = np.searchsorted(links.unit, np.arange(len(context.case.table("chargers")) + 1))
    vehicle, interval = np.nonzero((charges | gives) & ~flag_of_post(context, "forming", False))
    post = context.places.charger[vehicle, interval]
    counts = first[post + 1] - first[post]
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    link = np.repeat(first[post], counts) + offset
    vehicle, interval = np.repeat(vehicle, counts), np.repeat(interval, counts)
    context.sets["plugs"] = context.told(vehicles=vehicle, intervals=interval)
    node: Ints = links.node[link] if link.size else np.zeros(0, int)
    rests = 1.0 * (context.islands.sharing[node, interval] & _asking(context, vehicle, interval, node))
    return {
        "plugged": vehicle,
        "interval": interval,
        "node": node,
        "share": links.share[link] if link.size else np.zeros(0),
        "cross": links.cross[link] if link.size else np.zeros(0),
        "charges_alive": rests * charges[vehicle, interval],
        "gives_alive": rests * gives[vehicle, interval],
    }


def _asking(context: Context, vehicle: Ints, interval: Ints, node: Ints) -> Mask:
    """The first of the phases of a plug that hang on the same formers: one row is enough for them."""
    islands = context.islands
    group = islands.group[node, islands.period[interval]]
    _, first = np.unique(np.stack([vehicle, interval, group]), axis=1, return_index=True)
    asking = np.zeros(vehicle.size, dtype=bool)
    asking[first] = True
    return asking


def _ports(context: Context, active: Mask) -> dict[str, Any]:
    """Vehicles at stations that can form an island: the set ``ports``."""
    vehicle, interval = np.nonzero(active & flag_of_post(context, "forming", False))
    context.sets["ports"] = context.told(vehicles=vehicle, intervals=interval)
    station = context.places.charger[vehicle, interval]
    return {"port_vehicle": vehicle, "port_interval": interval, "station": station}


def _gates(context: Context, active: Mask) -> dict[str, Any]:
    """Vehicles at chargers of sites whose connection is limited: the set ``gates``."""
    case = context.case
    limited = np.isfinite(column(case, "sites", "import_kw", np.inf)) | np.isfinite(
        column(case, "sites", "export_kw", np.inf)
    )
    site = site_of_charger(case)[context.places.charger]
    vehicle, interval = np.nonzero(active & np.append(limited, False)[site])
    context.sets["gates"] = context.told(vehicles=vehicle, intervals=interval)
    return {"gate_vehicle": vehicle, "gate_interval": interval, "site": site[vehicle, interval]}


def _stocks(context: Context) -> dict[str, Any]:
    """Vehicles whose energy at the end could still be given: the set ``stocks``."""
    case, needs = context.case, context.mobility
    gives = could_give(case, context.places) & ~needs.below[:, -1]
    vehicle = np.flatnonzero(gives)
    context.sets["stocks"] = context.told(vehicles=vehicle)
    post = of_post(context, column(case, "chargers", "discharge_eff"), 0.0)
    given = of_post(context, column(case, "chargers", "discharge_kw"), 0.0) > 0.0
    by_post = np.where(given, post, 0.0).max(axis=1, initial=0.0)
    by_socket = np.where(socket_power(case) > 0.0, column(case, "vehicles", "v2l_eff", 0.9), 0.0)
    return {
        "stock_vehicle": vehicle,
        "end": np.full(vehicle.size, case.steps),
        "stock_eff": np.maximum(by_post, by_socket)[vehicle],
    }
