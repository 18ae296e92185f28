"""How much any plan could serve, from the case alone: an upper bound by tier.

**Claim.** Let S be the critical loads of one tier that some plan serves, w_l their weights. For every point
k of the horizon, with E_l(k) the energy that load l takes at least before k while no unlimited grid
supply is back,

    sum of E_l(k) over S  <=  A(k),

and in every such interval the demands of the continuous loads in S add up to at most the power that is
there at all. So the weight of S is at most the optimum of each of these single-row knapsacks, hence at
most the smallest of their fractional optima.

**E_l(k).** A continuous load takes its demand in every interval that counts. A load with service hours
takes at least, for every day that counts and has ended by k, what its cheapest hours of that day cost
(hours with unlimited supply are free, runs of some length only cost more); one with service energy
its energy, less what it can take in free intervals. Energy right after pickup (surge) comes on top.

**A(k).** Let O be the intervals before k without unlimited grid supply, G those with it. The feeder is
lossless (a lossy one only needs more), and V2H and V2L reach loads without it, so in O the energy that
loads take, in whatever way, is what sources put in plus what stores give, D_O (V2G, V2H and V2L
together), less what stores take from the feeder, C_O. Sources put in at most solar rating x profile, grids
of known rating that rating x hours, generators min(rating x hours, fuel). Fuel is that of the tank
with all deliveries until k, over the lowest rate of the generators that share it; what they burn idling only
makes it less. A forming station gives what its vehicles give and is counted as them.

For one store with one-way efficiencies c, d <= 1 (for a vehicle: the best of its chargers, and for d also of its
sockets), start e_0 and energy e_k >= floor_k, trips and standby take at least e_0 - passive_k, where
passive is the energy of a vehicle that nobody touches: what it need not take of them, for want of
energy, is at most what it would lack untouched. The balance up to k reads

    e_k  <=  passive_k + c (C_O + C_G) - (D_O + D_G) / d.

With D_G >= 0, cd <= 1 and floor_k = min(required_k, passive_k), required being what the driver needs at k, this gives

    D_O - C_O  <=  d max(0, passive_k - required_k) + c d C_G,  and also  D_O - C_O <= D_O <= sum of its limits x hours.

The limit of an interval is the smaller of what it gives in all ways together and the sum of its ways there: V2G
at a live charger, V2H also at a dead one that is made for it, V2L at any site; nothing where the vehicle
is below what its driver needs. C_G is at most the charging limits x hours in G, and is zero while the grid
stays away: charging from other sources moves energy and makes none. Each store is counted once. A
battery is a vehicle that never drives. To a load at a dead bus no more power can get than the vehicles at
its site give by V2H (within the transfer switch, if it is behind it) and by V2L (from sockets that fit,
within those of the site); where that is less than what it must have, the load is out.

The sets of constraints are taken one by one and all energy is devoted to one tier, so the bound is valid for every
policy. It ignores the feeder, the connections of sites, and that an island may live only while an
engine runs: all of these allow less, never more.
"""

from __future__ import annotations

import numpy as np

from v2g.case import Case
from v2g.replay.known import Known
from v2g.replay.least import SLACK, out_of_reach, required_energy, required_power
from v2g.replay.means import Means, giving, reach_kw, read_means
from v2g.replay.verdict import Array, Mask


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


def tier_bound(weights: Array, energy: Array, power: Array, has: Means) -> float:
    """Bound on the weight served of loads with these ``weights``, which need ``energy`` and ``power`` (loads, T);
    a whole number where all weights are one."""
    if not len(weights):
        return 0.0
    by_energy = fractional_knapsack(energy, weights, has.energy_kwh + SLACK)
    by_power = fractional_knapsack(power, weights, has.power_kw + SLACK)
    bound = float(min(by_energy.min(), by_power.min()))
    return float(np.floor(bound + SLACK)) if np.all(weights == 1.0) else bound


def bound_by_tier(case: Case, known: Known | None = None) -> dict[int, float]:
    """Most weight (people, or loads) of each tier that any plan can serve, from the case alone."""
    known = known or Known(case)
    loads, gives = known.loads, giving(case, known.feeder, known.fleet, known.live)
    has = read_means(known, gives)
    reach = reach_kw(loads, known.fleet, known.sites, gives, known.live)
    energy, power = required_energy(loads, reach, has.free), required_power(loads, has.free)
    possible = ~out_of_reach(loads, reach) & np.isfinite(energy).all(axis=1)

    def of(tier: int) -> float:
        mine: Mask = loads.counted(tier) & possible
        return tier_bound(loads.weight[mine], energy[mine], power[mine], has)

    return {tier: of(tier) for tier in loads.tiers}
