"""Arrays of grid heads, generators and batteries."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.affine import Floats
from v2g.derive.context import DIRECTIONS, Context, polygon
from v2g.language import Part

NO_LIMIT = np.inf


def powers(context: Context, table: str) -> tuple[Floats, Floats, Floats]:
    """Lowest and highest active power and apparent power of each unit, shape (rows,)."""
    rows = context.case.table(table)
    if not len(rows):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    kva = rows["rating_kva"].to_numpy(float)
    if table == "batteries":
        charge, discharge = rows["charge_kw"].to_numpy(float), rows["discharge_kw"].to_numpy(float)
        return -charge, discharge, np.where(np.isnan(kva), np.maximum(charge, discharge), kva)
    rating = rows["rating_kw"].to_numpy(float)
    if table == "grid":
        return np.zeros(len(rows)), np.where(np.isnan(rating), NO_LIMIT, rating), np.where(np.isnan(kva), NO_LIMIT, kva)
    return np.zeros(len(rows)), rating, np.where(np.isnan(kva), rating, kva)


def derive(context: Context, part: type[Part]) -> dict[str, Any]:
    """Limits by phase and interval; who follows; which polygons exist."""
    table, links = part.table, context.links(part.table)
    rows = context.case.table(table)
    low, high, apparent = powers(context, table)
    unit, share = links.unit, links.share
    window = context.available(table)
    if table == "grid":
        window = (window >= 1.0 - 1e-9).astype(float)
    live = context.live_links(table) * (window[unit] > 0.0)
    forming = np.ones(len(rows)) if table == "grid" else rows["forming"].to_numpy(float) if len(rows) else np.zeros(0)
    finite = np.isfinite(apparent[unit])
    with np.errstate(invalid="ignore"):
        highest = np.where(window[unit] > 0.0, (high[unit] * share)[:, None] * np.maximum(window[unit], 1e-300), 0.0)
    kva = np.where(finite, apparent[unit] * share, 0.0)
    return {
        "lowest": np.where(window[unit] > 0.0, (low[unit] * share)[:, None], 0.0),
        "highest": highest,
        "apparent": kva,
        "reactive_limit": np.where(finite, kva, NO_LIMIT),
        "live_link": live,
        "following": live * (1.0 - forming[unit])[:, None],
        "rated": np.repeat((live * finite[:, None])[:, :, None], DIRECTIONS, axis=2),
        "two_way": context.live_units(table) * ((low < 0.0) & (high > 0.0))[:, None],
        **polygon(),
    }
