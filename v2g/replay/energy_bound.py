"""How much any plan could serve, from the case alone: an upper bound by tier.

**Claim.** Let S be the critical loads of one tier that some plan serves in full, w_l their weights.
For every point k of the horizon, with E_l(k) the energy that load l requires before k while no
unlimited grid supply is back,

    sum of E_l(k) over S  <=  A(k),

and in every such interval the demands of S add up to at most the power that is there at all. So the
weight of S is at most the optimum of each of these single-row knapsacks, hence at most the
smallest of their fractional optima.

**A(k).** Let O be the intervals before k without unlimited grid supply, G those with it. The feeder is
lossless (a lossy one only needs more), so in O the energy served is what sources put in plus what
stores give, D_O, less what stores take, C_O. Sources put in at most solar rating x profile,
generators min(rating x hours, fuel), grids of known rating that rating x hours.

For one store with one-way efficiencies c, d <= 1 (for a vehicle: the best of its chargers), start
e_0, energy e_k >= floor_k and trips taken of at least e_0 - passive_k, where passive is the energy of
a vehicle that only drives, the balance up to k reads

    e_k  <=  passive_k + c (C_O + C_G) - (D_O + D_G) / d.

With D_G >= 0, cd <= 1 and floor_k = min(reserve, passive_k) this gives

    D_O - C_O  <=  d max(0, passive_k - reserve) + c d C_G,     and also  D_O - C_O <= D_O <= sum of its limits x hours.

C_G is at most the charging limits x hours in G, and is zero while the grid stays away: charging from
other sources moves energy and makes none. Each store is counted once. A battery is a vehicle that
never drives. Where a required interval finds the load at a dead bus, the load is out.

The sets of constraints are taken one by one and all energy is devoted to one tier, so the bound
is valid for every policy. It ignores the feeder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.clock import interval_hours
from v2g.replay.feeder import Feeder, read_feeder
from v2g.replay.fleet import Fleet, read_fleet
from v2g.replay.islands import find_islands
from v2g.replay.loads import Loads, read_loads
from v2g.replay.sources import Sources, read_sources
from v2g.replay.verdict import Array, Mask, allowance

SLACK = 1e-6
"""Tolerance in kW (in proportion above 100 kW) with which a load counts as served; given away on the safe side."""


@dataclass(frozen=True)
class Means:
    """Energy before every point k, ``energy_kwh`` (T,) for k = 1..T, and power in every interval, ``power_kw`` (T,).

    ``free`` marks intervals with unlimited grid supply: what is required there costs nothing.
    """

    energy_kwh: Array
    power_kw: Array
    free: Mask


def store_energy(usable: Array, eff_in: Array, eff_out: Array, charge: Array, discharge: Array, outage: Mask) -> Array:
    """Most that each store gives net in the outage before each point in kWh, (stores, T).

    ``usable`` (stores, T) is passive energy above reserve at points 1..T, ``charge`` and ``discharge``
    (stores, T) the limits in kWh of each interval.
    """
    refill = np.cumsum(np.where(outage, 0.0, charge), axis=1)
    given = np.cumsum(np.where(outage, discharge, 0.0), axis=1)
    most = eff_out[:, None] * (np.maximum(usable, 0.0) + eff_in[:, None] * refill)
    return np.asarray(np.minimum(most, given), dtype=np.float64)


def best_efficiency(fleet: Fleet, values: Array) -> Array:
    """The best one-way efficiency among a vehicle's chargers, (V,); one where it is never plugged in."""
    best = np.where(fleet.charger >= 0, values, 0.0).max(axis=1, initial=0.0)
    return np.where(best > 0, best, 1.0)


def fleet_means(fleet: Fleet, reach: Mask, hours: Array, outage: Mask) -> tuple[Array, Array]:
    """Energy before each point and power in each interval that vehicles can give, both (T,).

    ``reach`` (V, T) is whether the vehicle stands at a live charger.
    """
    charge = np.where(reach, fleet.charge_max_kw, 0.0)
    discharge = np.where(reach, fleet.discharge_max_kw, 0.0)
    energy = store_energy(
        fleet.passive_kwh[:, 1:] - fleet.reserve_kwh[:, None],
        best_efficiency(fleet, fleet.charge_eff), best_efficiency(fleet, fleet.discharge_eff),
        charge * hours, discharge * hours, outage,
    )  # fmt: skip
    return energy.sum(axis=0), discharge.sum(axis=0)


def source_means(sources: Sources, live: Mask, hours: Array, outage: Mask) -> tuple[Array, Array]:
    """The same for batteries, solar, generators and grids of known rating; ``live`` is (G, T)."""
    here = live & sources.available
    battery, made = sources.of("battery"), ~sources.of("battery")
    shape = (int(battery.sum()), len(hours))
    charge = np.where(here, sources.charge_kw[:, None], 0.0)[battery].reshape(shape)
    discharge = np.where(here, sources.discharge_kw[:, None], 0.0)[battery].reshape(shape)
    spare = np.maximum(0.0, sources.start_kwh - np.minimum(sources.reserve_kwh, sources.start_kwh))[battery, None]
    stored = store_energy(
        np.broadcast_to(spare, shape), sources.charge_eff[battery], sources.discharge_eff[battery],
        charge * hours, discharge * hours, outage,
    )  # fmt: skip
    limit = np.where(here & np.isfinite(sources.limit_kw), sources.limit_kw, 0.0)[made]
    energy = np.cumsum(limit * hours * outage, axis=1)
    burns = sources.fuel_l_per_kwh
    burnt = np.divide(sources.fuel_l, burns, out=np.full(len(burns), np.inf), where=burns > 0)
    fuel = np.where(sources.of("generator"), burnt, np.inf)[made]
    return (
        stored.sum(axis=0) + np.minimum(energy, fuel[:, None]).sum(axis=0),
        discharge.sum(axis=0) + limit.sum(axis=0),
    )


def means(case: Case, feeder: Feeder, live: Mask) -> Means:
    """What the case can bring to its loads."""
    hours, fleet, sources = interval_hours(case), read_fleet(case), read_sources(case, feeder)
    unlimited = (sources.of("grid") & ~np.isfinite(sources.phase_kw))[:, None] & sources.available
    free = np.asarray(unlimited.any(axis=0))
    at_charger = feeder.terminals(case.table("chargers")).all_live(live)
    nowhere = np.zeros((1, case.steps), dtype=bool)
    reach = np.take_along_axis(np.vstack([at_charger, nowhere]), fleet.charger % (len(at_charger) + 1), axis=0)
    from_fleet = fleet_means(fleet, reach, hours, ~free)
    from_sources = source_means(sources, sources.terminals.all_live(live), hours, ~free)
    return Means(from_fleet[0] + from_sources[0], from_fleet[1] + from_sources[1], free)


def fractional_knapsack(costs: Array, weights: Array, budget: Array) -> Array:
    """Largest weight within each budget, one column each: ``costs`` (loads, columns), result (columns,).

    Loads are taken in the order of cost per weight, the last one in part.
    """
    ratio = costs / weights[:, None]
    order = np.argsort(ratio, axis=0, kind="stable")
    sorted_costs = np.take_along_axis(costs, order, axis=0)
    sorted_weights = weights[order]
    spent_before = np.cumsum(sorted_costs, axis=0) - sorted_costs
    left = np.maximum(0.0, budget[None, :] - spent_before)
    share = np.divide(left, sorted_costs, out=np.ones(costs.shape), where=sorted_costs > 0)
    return np.asarray((np.minimum(1.0, share) * sorted_weights).sum(axis=0))


def tier_bound(loads: Loads, mine: Mask, has: Means) -> float:
    """Bound on the weight served of the loads ``mine``; a whole number where all weights are one."""
    if not mine.any():
        return 0.0
    demand = np.where(loads.required & ~has.free[None, :], loads.demand_kw, 0.0)[mine]
    demand = np.maximum(0.0, demand - SLACK * allowance(demand))
    energy = np.cumsum(demand * loads.hours, axis=1)
    weights = loads.weight[mine]
    by_energy = fractional_knapsack(energy, weights, has.energy_kwh + SLACK)
    by_power = fractional_knapsack(demand, weights, has.power_kw + SLACK)
    bound = float(min(by_energy.min(), by_power.min()))
    return float(np.floor(bound + SLACK)) if np.all(weights == 1.0) else bound


def bound_by_tier(case: Case) -> dict[int, float]:
    """Most weight (people, or loads) of each tier that any plan can serve, from the case alone."""
    feeder = read_feeder(case)
    live = find_islands(case, feeder).live
    loads = read_loads(case, feeder)
    has = means(case, feeder, live)
    out_of_reach = (loads.required & ~loads.terminals.all_live(live)).any(axis=1)
    return {tier: tier_bound(loads, loads.counted(tier) & ~out_of_reach, has) for tier in loads.tiers}
