"""Arrays of the V2G stations that can form an island."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.derive import sources
from v2g.derive.context import STATIONS, Context
from v2g.derive.places import column
from v2g.language import Part


def derive(context: Context, part: type[Part]) -> dict[str, Any]:
    """Limits by phase, as of any source, and the charger that a station is."""
    rows = context.frame(STATIONS)
    context.sets[STATIONS] = list(rows["charger"]) if len(rows) else []
    post = np.flatnonzero(column(context.case, "chargers", "forming") > 0.0)
    return {**sources.derive(context, part), "post": post}
