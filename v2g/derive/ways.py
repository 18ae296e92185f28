"""Arrays of the ways to give that need no feeder: behind a transfer switch, and at sockets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from v2g.affine import Floats, Ints
from v2g.derive.context import Context
from v2g.derive.fleet import of_post, premises_limit, socket_limit
from v2g.derive.mobility import Mask
from v2g.derive.places import column, numbered, words
from v2g.derive.turns import lateness
from v2g.language import Part


def load_sites(context: Context) -> Ints:
    """Site of each load, -1 for none, (loads,)."""
    sites = numbered(words(context.case, "sites", "site"))
    return np.array([sites[name] for name in words(context.case, "loads", "site")], dtype=np.int64)


def flagged(context: Context, name: str, default: bool) -> Mask:
    """Loads with a flag, (loads,)."""
    return column(context.case, "loads", name, float(default)) > 0.0


def at_sites(context: Context, value: Floats) -> Floats:
    """Sum over the vehicles that stand at each site, (sites, T)."""
    out = np.zeros((len(context.case.table("sites")), context.case.steps))
    vehicle, interval = np.nonzero((value > 0.0) & (context.places.site >= 0))
    np.add.at(out, (context.places.site[vehicle, interval], interval), value[vehicle, interval])
    return out


def by_premises(context: Context) -> Mask:
    """Where V2H can reach a load, (loads, T)."""
    site, wired = load_sites(context), flagged(context, "by_v2h", True)
    given = np.vstack([at_sites(context, premises_limit(context)) > 0.0, np.zeros((1, context.case.steps), bool)])
    return np.asarray(given[site] & wired[:, None])


def cords(context: Context) -> tuple[Ints, Ints, Ints]:
    """Vehicle, load and interval of every cord that can be laid."""
    case, where = context.case, context.places
    site, tagged = load_sites(context), flagged(context, "by_v2l", False)
    largest = column(case, "loads", "appliance_kw", 0.0)
    socket = column(case, "vehicles", "socket_kw")
    gives, found = socket_limit(context) > 0.0, []
    for load in np.flatnonzero(tagged & (site >= 0)):
        fits = (where.site == site[load]) & gives & (socket >= largest[load] - 1e-9)[:, None]
        vehicle, interval = np.nonzero(fits & (context.load_demand[load] > 0.0))
        found.append((vehicle, np.full(vehicle.size, load), interval))
    if not found:
        return (np.zeros(0, int),) * 3
    vehicle, load_, interval = (np.concatenate(column_) for column_ in zip(*found, strict=True))
    return vehicle, load_, interval


def by_cords(context: Context) -> Mask:
    """Where V2L can reach a load, (loads, T)."""
    out = np.zeros((len(context.case.table("loads")), context.case.steps), dtype=bool)
    _, load, interval = cords(context)
    out[load, interval] = True
    return out


def _pairs(first: Ints, interval: Ints, steps: int) -> tuple[Ints, Ints, Ints]:
    """Distinct (thing, interval) pairs, and the pair of each entry."""
    key, member = np.unique(first * steps + interval, return_inverse=True)
    return key // steps, key % steps, np.asarray(member, dtype=np.int64)


def _limited(context: Context, limit: str, places: Sequence[Ints], name: str) -> dict[str, Any]:
    """A limit of the sites, a column of theirs in kW, at pairs of site and interval; known or not."""
    rating = column(context.case, "sites", limit, np.inf)[places[0]] if places[0].size else np.zeros(0)
    return {"rated": np.isfinite(rating).astype(float), name: np.where(np.isfinite(rating), rating, 0.0)}


def _tell(context: Context, table: str, places: Sequence[Ints], **members: dict[str, Ints]) -> None:
    """Names for the sets of a table: sites in intervals, and those that are given."""
    members["places"] = {"sites": places[0], "intervals": places[1]}
    context.sets |= {f"{table}.{name}": context.told(**columns) for name, columns in members.items()}


def derive_premises(context: Context, part: type[Part]) -> dict[str, Any]:
    """Plugs behind a transfer switch, circuits there, and the sites and intervals at which both meet."""
    case, where, limit = context.case, context.places, premises_limit(context)
    load, at = np.nonzero(by_premises(context) & (context.load_demand > 0.0))
    site = load_sites(context)[load]
    vehicle, interval = np.nonzero((limit > 0.0) & (where.site >= 0))
    here = where.site[vehicle, interval]
    met = np.isin(here * case.steps + interval, site * case.steps + at)
    vehicle, interval, here = vehicle[met], interval[met], here[met]
    *places, of_circuit = _pairs(site, at, case.steps)
    of_plug = np.searchsorted(places[0] * case.steps + places[1], here * case.steps + interval)
    plugs, circuits = {"vehicles": vehicle, "intervals": interval}, {"loads": load, "intervals": at}
    _tell(context, "premises", places, plugs=plugs, circuits=circuits)
    return {
        **_limited(context, "transfer_kw", places, "transfer"),
        "place": of_plug,
        "plug_vehicle": vehicle,
        "plug_interval": interval,
        "limit": limit[vehicle, interval],
        "eff": of_post(context, column(case, "chargers", "discharge_eff"), 1.0)[vehicle, interval],
        "circuit_place": of_circuit,
        "circuit_load": load,
        "circuit_interval": at,
        "most": context.load_most[load, at],
    }


def derive_sockets(context: Context, part: type[Part]) -> dict[str, Any]:
    """Cords from cars to appliances, the cars, and the sites."""
    case = context.case
    vehicle, load, interval = cords(context)
    cars, car_times, of_car = _pairs(vehicle, interval, case.steps)
    *places, of_place = _pairs(load_sites(context)[load], interval, case.steps)
    laid = {"loads": load, "vehicles": vehicle, "intervals": interval}
    _tell(context, "sockets", places, cords=laid, cars={"vehicles": cars, "intervals": car_times})
    late = lateness(context, vehicle, load, interval, load_sites(context)[load])
    context.sets["sockets.waiting"] = ["later"] if late.any() else []
    return {
        **_limited(context, "sockets_kw", places, "room"),
        "car": of_car,
        "place": of_place,
        "cord_vehicle": vehicle,
        "cord_load": load,
        "cord_interval": interval,
        "most": context.load_most[load, interval],
        "eff": column(case, "vehicles", "v2l_eff", 0.9)[vehicle] if vehicle.size else np.zeros(0),
        "sockets": socket_limit(context)[cars, car_times],
        "late": late,
        "hours": case.hours[interval],
    }


def derive_sites(context: Context, part: type[Part]) -> dict[str, Any]:
    """Where the connection of a site is limited."""
    case = context.case
    shape = (len(case.table("sites")), case.steps)
    found = {}
    for name, limit in (("importing", "import_kw"), ("exporting", "export_kw")):
        known = np.isfinite(column(case, "sites", limit, np.inf))
        found[name] = np.broadcast_to(known[:, None], shape).astype(float)
    return found
