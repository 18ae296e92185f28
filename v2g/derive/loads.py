"""Arrays of the loads: demand, windows, and what can be served at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.affine import Floats
from v2g.derive import habits, services
from v2g.derive.context import Context
from v2g.derive.mobility import Mask
from v2g.derive.places import column, words
from v2g.derive.ways import by_cords, by_premises, load_sites
from v2g.language import Part

DAILY = ("hours", "energy")


def derive(context: Context, part: type[Part]) -> dict[str, Any]:
    """Demand by interval; which intervals a critical load requires; what can reach it then."""
    case, demand = context.case, context.load_demand
    power, tier = column(case, "loads", "kw"), column(case, "loads", "tier").astype(int)
    service = np.array(words(case, "loads", "service"), dtype=object)
    daily = np.isin(service, DAILY)
    critical = (tier > 0) & (service != "flexible")
    inside = window(context)
    required = (critical & ~daily)[:, None] & inside & (demand > 0.0)
    live = context.live_units("loads") > 0.0
    elsewhere = by_premises(context) | by_cords(context)
    counted = required & guaranteed(context)
    asks, reached = demand > 0.0, live | elsewhere
    days = services.derive(context, critical, inside, reached)
    people = column(case, "loads", "people", np.nan)
    hungry = (column(case, "loads", "pickup_factor", 1.0) > 1.0)[:, None] & asks
    asked = (required * case.hours).sum(axis=1) + np.bincount(days["day_load"], days["day_need"], len(power))
    return {
        "demand": demand,
        "most": context.load_most,
        "ratio": np.divide(column(case, "loads", "kvar"), power, out=np.zeros(len(power)), where=power > 0.0),
        "critical": critical.astype(float),
        "possible": (~(counted & ~reached).any(axis=1)).astype(float),
        "weight": np.where(critical, np.where(np.isnan(people), 1.0, people), 0.0),
        "rank": np.maximum(tier - 1, 0),
        "asked": np.where(asked > 0.0, asked, 1.0),
        "servable": (live & asks).astype(float),
        "shared": (asks & reached & (elsewhere | hungry)).astype(float),
        "gated": context.gated_links("loads") * asks[context.links("loads").unit],
        "needed": (counted & reached).astype(float),
        "required": required.astype(float),
        "other": (~required & ~(daily & critical)[:, None]).astype(float),
        "essential": np.where(required, demand, 1.0),
        **_sited(context),
        **days,
        **habits.derive(context, hungry, inside),
    }


def window(context: Context) -> Mask:
    """Intervals that touch the window of each load, (loads, T)."""
    table = context.case.table("loads")
    if not len(table):
        return np.zeros((0, context.case.steps), dtype=bool)
    return np.asarray(context.case.share_of_interval(table["from_utc"], table["until_utc"]) > 0.0)


def guaranteed(context: Context) -> Floats:
    """Intervals that count for the number of loads served: all, or those that begin before ``guarantee_h``, (T,)."""
    hours = context.case.header.get("guarantee_h")
    begins = np.concatenate([[0.0], np.cumsum(context.case.hours)[:-1]])
    return np.asarray(begins < (np.inf if hours is None else float(str(hours))) - 1e-9)


def _sited(context: Context) -> dict[str, Any]:
    """Loads of sites: the set ``loads.at_sites``."""
    site = load_sites(context)
    sited = np.flatnonzero(site >= 0)
    context.sets["loads.at_sites"] = [words(context.case, "loads", "load")[row] for row in sited]
    return {"sited": sited, "site": site[sited]}
