"""Arrays of the loads: demand, windows, what can be served at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.derive.context import Context
from v2g.language import Part


def derive(context: Context, part: type[Part]) -> dict[str, Any]:
    """Demand by interval; which intervals a critical load requires; whether its bus is live then."""
    table, case = context.case.table("loads"), context.case
    if not len(table):
        empty, none = np.zeros((0, case.steps)), np.zeros(0)
        by_interval = dict.fromkeys(("demand", "servable", "needed", "required", "essential"), empty)
        return (
            by_interval | dict.fromkeys(("ratio", "critical", "possible", "weight"), none) | {"rank": none.astype(int)}
        )
    power, tier = table["kw"].to_numpy(float), table["tier"].to_numpy(int)
    demand = power[:, None] * case.profile(table["profile"])
    critical = (tier > 0) & (table["service"] != "flexible").to_numpy()
    inside = case.share_of_interval(table["from_utc"], table["until_utc"]) > 0.0
    required = critical[:, None] & inside & (demand > 0.0)
    live = context.live_units("loads") > 0.0
    people = table["people"].to_numpy(float)
    return {
        "demand": demand,
        "ratio": np.divide(table["kvar"].to_numpy(float), power, out=np.zeros(len(table)), where=power > 0.0),
        "critical": critical.astype(float),
        "possible": (~(required & ~live).any(axis=1)).astype(float),
        "weight": np.where(critical, np.where(np.isnan(people), 1.0, people), 0.0),
        "rank": np.maximum(tier - 1, 0),
        "servable": (live & (demand > 0.0)).astype(float),
        "needed": (required & live).astype(float),
        "required": required.astype(float),
        "essential": np.where(required, demand, 1.0),
    }
