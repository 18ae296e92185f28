"""Arrays of the network parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.derive.context import DIRECTIONS, Context, polygon
from v2g.language import Part


def derive(context: Context, part: type[Part]) -> dict[str, Any]:
    """Legs, their ends and couplings, live nodes, held voltages, ratings."""
    feeder, islands = context.feeder, context.islands
    a, b, by_kw, by_kvar = feeder.couplings
    ends = [
        f"{feeder.legs[leg]}<{feeder.nodes[node]}" for leg, node in zip(feeder.end_leg, feeder.end_node, strict=True)
    ]
    context.sets |= {
        "legs": feeder.legs,
        "ends": ends,
        "couplings": [f"{feeder.legs[i]}~{feeder.legs[j]}" for i, j in zip(a, b, strict=True)],
    }
    energised = feeder.closed & islands.live[feeder.to_node]
    limited = np.isfinite(feeder.rating)[:, None] & energised
    buses = context.case.table("buses").set_index("bus")
    return {
        "rating": feeder.rating,
        "apparent": np.where(np.isfinite(feeder.rating), feeder.rating, 0.0),
        "live": islands.live.astype(float),
        "energised": energised.astype(float),
        "to_node": feeder.to_node,
        "end_leg": feeder.end_leg,
        "end_node": feeder.end_node,
        "end_share": feeder.end_share,
        "end_cross": feeder.end_cross,
        "end_cross_back": feeder.end_cross,
        "end_weight": feeder.end_weight,
        "coupled": a,
        "other": b,
        "drop_kw": by_kw,
        "drop_kvar": by_kvar,
        "vmin": _band(context, buses, "vmin_pu"),
        "vmax": _band(context, buses, "vmax_pu"),
        "held": islands.held.astype(float),
        "setpoint": islands.setpoint,
        "rated": np.repeat(limited[:, :, None], DIRECTIONS, axis=2),
        **polygon(),
    }


def _band(context: Context, buses: Any, column: str) -> Any:
    everywhere = float(context.case.header[column])  # type: ignore[arg-type]
    own = buses[column].reindex(context.feeder.bus).to_numpy(float)
    return np.where(np.isnan(own), everywhere, own)


def derive_capacitors(context: Context, part: type[Part]) -> dict[str, Any]:
    """Reactive power by phase, and where the bank is closed: a live phase charges it, whatever the others do."""
    table = context.case.table("capacitors")
    links, islands = context.links("capacitors"), context.islands
    size = table["kvar"].to_numpy(float)[links.unit] if len(table) else np.zeros(0)
    closed = table["closed"].to_numpy(float)[links.unit] if len(table) else np.zeros(0)
    buses = context.case.table("buses").set_index("bus")
    highest = _band(context, buses, "vmax_pu")[links.node]
    live, gated = islands.live[links.node] * closed[:, None], islands.gated[links.node]
    engines = np.zeros(islands.gated.shape)
    np.add.at(engines, (islands.keepers.node, islands.keepers.interval), 1.0)
    return {
        "nominal": links.share * size,
        "largest": links.share * size * highest**2,
        "live_link": live,
        "steady": live * ~gated,
        "gated": live * gated,
        "engines": np.maximum(engines[links.node], 1.0),
    }
