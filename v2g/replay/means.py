"""What the stores and sources of a case can bring to its loads at most, and where it can reach them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.feeder import Feeder
from v2g.replay.fleet import Fleet
from v2g.replay.fuel import Tanks
from v2g.replay.known import Known
from v2g.replay.loads import Loads
from v2g.replay.sites import Sites
from v2g.replay.sources import Sources
from v2g.replay.stands import of_place
from v2g.replay.verdict import Array, Mask


@dataclass(frozen=True)
class Means:
    """Energy before every point k, ``energy_kwh`` (T,) for k = 1..T, and power in every interval, ``power_kw`` (T,).

    ``free`` marks intervals with unlimited grid supply: what is required there costs nothing.
    """

    energy_kwh: Array
    power_kw: Array
    free: Mask


@dataclass(frozen=True)
class Giving:
    """Most that each vehicle takes from the feeder, and gives to it, to premises, to plugs, in kW, all (V, T)."""

    charge: Array
    feeder: Array
    premises: Array
    plugs: Array
    together: Array


def giving(case: Case, feeder: Feeder, fleet: Fleet, live: Mask) -> Giving:
    """The limits of the vehicles where nodes are ``live`` (nodes, T) or not."""
    at_charger = feeder.terminals(case.table("chargers")).all_live(live)
    nowhere = np.zeros((1, case.steps), dtype=bool)
    reach = np.take_along_axis(np.vstack([at_charger, nowhere]), fleet.charger % (len(at_charger) + 1), axis=0)
    capable = of_place(fleet.island_capable.astype(float), fleet.charger, 0.0) > 0
    to_feeder = np.where(reach, fleet.discharge_max_kw, 0.0)
    premises = np.where(reach | capable, fleet.v2h_max_kw, 0.0)
    together = np.minimum(to_feeder + premises + fleet.v2l_max_kw, fleet.give_max_kw)
    return Giving(np.where(reach, fleet.charge_max_kw, 0.0), to_feeder, premises, fleet.v2l_max_kw, together)


def reach_kw(loads: Loads, fleet: Fleet, sites: Sites, gives: Giving, live: Mask) -> Array:
    """Most power that can get to each load in kW, (loads, T): endless from a live feeder, else by V2H and V2L."""
    premises = np.minimum(sites.total(gives.premises, fleet.site), sites.transfer_kw[:, None])
    at_site = loads.site[:, None] == np.arange(len(sites.names))[None, :]
    out = (at_site & loads.by_v2h[:, None]).astype(float) @ premises
    for load in np.flatnonzero(loads.by_v2l & (loads.site >= 0)):
        fits = fleet.socket_kw >= loads.appliance_kw[load] - 1e-6
        plugs = np.where(fits[:, None] & (fleet.site == loads.site[load]), gives.plugs, 0.0).sum(axis=0)
        out[load] += np.minimum(plugs, sites.sockets_kw[loads.site[load]])
    return np.where(loads.terminals.all_live(live), np.inf, out)


def store_energy(usable: Array, eff_in: Array, eff_out: Array, charge: Array, discharge: Array, outage: Mask) -> Array:
    """Most that each store gives net in the outage before each point in kWh, (stores, T).

    ``usable`` (stores, T) is passive energy above what is required at points 1..T, ``charge`` and
    ``discharge`` (stores, T) the limits in kWh of each interval.
    """
    refill = np.cumsum(np.where(outage, 0.0, charge), axis=1)
    given = np.cumsum(np.where(outage, discharge, 0.0), axis=1)
    most = eff_out[:, None] * (np.maximum(usable, 0.0) + eff_in[:, None] * refill)
    return np.asarray(np.minimum(most, given), dtype=np.float64)


def best_efficiency(values: Array, where: Mask) -> Array:
    """The best of each vehicle's one-way efficiencies (V, T) where it has them, (V,); one where it never has."""
    best = np.where(where, values, 0.0).max(axis=1, initial=0.0)
    return np.where(best > 0, best, 1.0)


def fleet_means(fleet: Fleet, gives: Giving, hours: Array, outage: Mask) -> tuple[Array, Array]:
    """Energy before each point and power in each interval that vehicles can give, both (T,)."""
    plugged = fleet.charger >= 0
    plugs = np.broadcast_to(fleet.v2l_eff[:, None], plugged.shape)
    ways = [(fleet.discharge_eff, plugged), (plugs, fleet.v2l_max_kw > 0)]
    out = np.maximum.reduce([np.where(where, values, 0.0) for values, where in ways])
    energy = store_energy(
        (fleet.passive_kwh - fleet.level_kwh)[:, 1:],
        best_efficiency(fleet.charge_eff, plugged), best_efficiency(out, out > 0),
        gives.charge * hours, gives.together * hours, outage,
    )  # fmt: skip
    return energy.sum(axis=0), gives.together.sum(axis=0)


def battery_means(sources: Sources, here: Mask, hours: Array, outage: Mask) -> tuple[Array, Array]:
    """The same for batteries; ``here`` (G, T) is where a source is live and there."""
    battery = sources.of("battery")
    shape = (int(battery.sum()), len(hours))
    charge = np.where(here, sources.charge_kw[:, None], 0.0)[battery].reshape(shape)
    discharge = np.where(here, sources.discharge_kw[:, None], 0.0)[battery].reshape(shape)
    spare = np.maximum(0.0, sources.start_kwh - np.minimum(sources.reserve_kwh, sources.start_kwh))[battery, None]
    stored = store_energy(
        np.broadcast_to(spare, shape), sources.charge_eff[battery], sources.discharge_eff[battery],
        charge * hours, discharge * hours, outage,
    )  # fmt: skip
    return stored.sum(axis=0), discharge.sum(axis=0)


def engine_energy(sources: Sources, tanks: Tanks, energy: Array) -> Array:
    """Most that generators give before each point in kWh, (T,), from the most that each could give by its power,
    ``energy`` (generators, T): tank by tank, no more than its fuel makes at the lowest rate of those who use it."""
    rate = sources.fuel_l_per_kwh[sources.of("generator")]
    total = np.zeros(energy.shape[1])
    for tank in range(len(tanks.names)):
        mine = tanks.of_generator == tank
        by_power, least = energy[mine].sum(axis=0), rate[mine].min(initial=np.inf)
        total += np.minimum(by_power, tanks.supply_l[tank] / least) if 0 < least < np.inf else by_power
    return total


def made_means(sources: Sources, tanks: Tanks, here: Mask, hours: Array, outage: Mask) -> tuple[Array, Array]:
    """The same for solar, generators and grids of known rating."""
    limit = np.where(here & np.isfinite(sources.limit_kw), sources.limit_kw, 0.0)
    limit = np.where(sources.of("grid", "generator", "solar")[:, None], limit, 0.0)
    energy = np.cumsum(limit * hours * outage, axis=1)
    burning = sources.of("generator")
    return energy[~burning].sum(axis=0) + engine_energy(sources, tanks, energy[burning]), limit.sum(axis=0)


def read_means(known: Known, gives: Giving) -> Means:
    """What the case can bring to its loads."""
    hours, sources = known.hours, known.sources
    unlimited = (sources.of("grid") & ~np.isfinite(sources.phase_kw))[:, None] & sources.available
    free = np.asarray(unlimited.any(axis=0))
    here = sources.terminals.all_live(known.live) & sources.available
    parts = (
        fleet_means(known.fleet, gives, hours, ~free),
        battery_means(sources, here, hours, ~free),
        made_means(sources, known.tanks, here, hours, ~free),
    )
    energy, power = (np.sum([part[which] for part in parts], axis=0) for which in (0, 1))
    return Means(energy, power, free)
