"""Turns of cars at the same site, so that people move cords seldom and not those that matter most."""

from __future__ import annotations

import numpy as np

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.derive.context import Context
from v2g.derive.places import column


def to_come(case: Case) -> Floats:
    """Share of a plan that is still to come at the start of each interval, (T,)."""
    return np.asarray(np.cumsum(case.hours[::-1])[::-1] / case.hours.sum())


def lateness(context: Context, vehicle: Ints, load: Ints, interval: Ints, site: Ints) -> Floats:
    """How much each cord should wait, 0 for the first car of a site, (cords,).

    It is the rank of the car times the sum of what the load matters (0 for other loads, most for tier 1) and the share
    of the horizon that is still to come. With cars j before k and times s before t, j at s and k at t weigh less than
    the other way round, by (rank k - rank j) (t - s): the later car comes once the one before it has nothing left to
    give. Where both must give, the first keeps the appliances that matter most.
    """
    tier = column(context.case, "loads", "tier")[load]
    matter = np.where(tier > 0.0, len(context.sets["tiers"]) + 1.0 - tier, 0.0)
    return np.asarray(_ranks(context, site, vehicle) * (matter + to_come(context.case)[interval]))


def _ranks(context: Context, site: Ints, vehicle: Ints) -> Ints:
    """Rank of each car at its site: the one that stands there longest is the first, (cords,)."""
    where, count = context.places, len(context.case.table("vehicles"))
    pairs, member = np.unique(site * count + vehicle, return_inverse=True)
    place, car = pairs // max(count, 1), pairs % max(count, 1)
    stands = np.where(where.site[car] == place[:, None], where.share[car], 0.0) @ context.case.hours
    order = np.lexsort((car, -stands, place))
    group = place[order]
    rank = np.empty(pairs.size, dtype=np.int64)
    rank[order] = np.arange(pairs.size) - np.searchsorted(group, group)
    return rank[member]
