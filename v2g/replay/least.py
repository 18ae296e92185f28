"""The least that loads need to count as served: energy before each point, power in each interval."""

from __future__ import annotations

import numpy as np

from v2g.replay.loads import Loads
from v2g.replay.verdict import Array, Mask, allowance

SLACK = 1e-6
"""Tolerance in kW (in proportion above 100 kW) with which a load counts as served; given away on the safe side."""


def counted_demand(loads: Loads) -> Array:
    """Power in kW that continuous loads must have in every interval in which that counts, (loads, T)."""
    return np.where(loads.required & loads.in_guarantee[None, :], loads.demand_kw, 0.0)


def required_power(loads: Loads, free: Mask) -> Array:
    """The same where it is not free, less the tolerance with which it counts as served."""
    demand = np.where(free[None, :], 0.0, counted_demand(loads))
    return np.maximum(0.0, demand - SLACK * allowance(demand))


def cheapest(power: Array, hours: Array, need_h: float) -> float:
    """Least energy in kWh of ``need_h`` hours at full power, part hours included; inf if there are not so many."""
    order = np.argsort(power, kind="stable")
    before = np.cumsum(hours[order]) - hours[order]
    taken = np.clip(need_h - before, 0.0, hours[order])
    return float(taken @ power[order]) if hours.sum() >= need_h else np.inf


def day_energy(loads: Loads, reach: Array, free: Mask) -> Array:
    """Least energy in kWh for each day of service, outside free intervals, (D,); inf where a day cannot be kept.

    ``reach`` (loads, T) is the most power that can get to a load.
    """
    days, out = loads.services, np.zeros(len(loads.services.load))
    for day, load in enumerate(days.load):
        demand, mine = loads.demand_kw[load], days.inside[day]
        slack = SLACK * allowance(demand)
        if days.by_hours[day]:
            open_ = mine & (reach[load] >= demand - slack)
            cost = np.where(free, 0.0, np.maximum(0.0, demand - slack))
            out[day] = cheapest(cost[open_], loads.hours[open_], max(0.0, float(days.need[day]) - SLACK))
        else:
            most = np.minimum(demand, reach[load]) * loads.hours * mine
            need = max(0.0, float(days.need[day]) - SLACK - float((slack * loads.hours * mine).sum()))
            out[day] = max(0.0, need - float(most[free].sum())) if most.sum() >= need else np.inf
    return out


def required_energy(loads: Loads, reach: Array, free: Mask) -> Array:
    """Least energy in kWh that each load takes before each point 1..T, outside free intervals, (loads, T).

    What a day needs counts from its end. Infinite where a load cannot be kept.
    """
    energy = np.cumsum(required_power(loads, free) * loads.hours, axis=1)
    each = day_energy(loads, reach, free)
    for day, load in enumerate(loads.services.load):
        if loads.services.counts[day]:
            energy[load, loads.services.last[day] :] += each[day]
    return energy


def out_of_reach(loads: Loads, reach: Array) -> Mask:
    """Continuous loads to which not enough power can get in some interval that counts, (loads,)."""
    demand = counted_demand(loads)
    return np.asarray((reach < demand - SLACK * allowance(demand)).any(axis=1))
