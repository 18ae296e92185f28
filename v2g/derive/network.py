"""Arrays of the network parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.derive import regulators
from v2g.derive.circulation import circulations
from v2g.derive.context import DIRECTIONS, Context, polygon
from v2g.language import Part


def derive(context: Context, part: type[Part]) -> dict[str, Any]:
    """Legs, their ends and couplings, live nodes, held voltages, ratings."""
    feeder, islands = context.feeder, context.islands
    a, b, by_kw, by_kvar = feeder.couplings
    around = circulations(feeder, islands)
    ends = [
        f"{feeder.legs[leg]}<{feeder.nodes[node]}" for leg, node in zip(feeder.end_leg, feeder.end_node, strict=True)
    ]
    context.sets |= {
        "legs": feeder.legs,
        "ends": ends,
        "couplings": [f"{feeder.legs[i]}~{feeder.legs[j]}" for i, j in zip(a, b, strict=True)],
        "deltas": around.names,
        "windings": [feeder.legs[leg] for leg in around.leg],
    }
    losses = context.losses
    energised = feeder.closed & islands.live[feeder.to_node]
    limited = np.isfinite(feeder.rating)[:, None] & energised
    buses = context.case.table("buses").set_index("bus")
    vmax = _band(context, buses, "vmax_pu")
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
        "vmax": vmax,
        "held": islands.held.astype(float),
        "setpoint": islands.setpoint,
        "rated": np.repeat(limited[:, :, None], DIRECTIONS, axis=2),
        "lost": losses.lost_kw * islands.live,
        "lost_kvar": losses.lost_kvar * islands.live,
        "offset": losses.offset * energised,
        "entering": losses.entering * energised,
        "winding_leg": around.leg,
        "winding_of": around.owner,
        "turn": np.cos(around.angle),
        "turn_kvar": np.sin(-around.angle),
        "turn_kw": np.sin(-around.angle),
        "driven": around.sums(losses.around_kw, losses.around_kvar).real,
        "driven_kvar": around.sums(losses.around_kw, losses.around_kvar).imag,
        "backfed": around.backfed.astype(float),
        **polygon(),
        **regulators.derive(context, vmax),
    }


def _band(context: Context, buses: Any, column: str) -> Any:
    everywhere = float(context.case.header[column])  # type: ignore[arg-type]
    own = buses[column].reindex(context.feeder.bus).to_numpy(float)
    return np.where(np.isnan(own), everywhere, own)


def derive_capacitors(context: Context, part: type[Part]) -> dict[str, Any]:
    """Reactive power by phase, and where the bank is closed: a live phase charges it, whatever the others do."""
    table = context.case.table("capacitors")
    links = context.links("capacitors")
    size = table["kvar"].to_numpy(float)[links.unit] if len(table) else np.zeros(0)
    closed = table["closed"].to_numpy(float)[links.unit] if len(table) else np.zeros(0)
    shunts = _shunts(context, links.node, (links.share * size * closed)[:, None] * context.islands.live[links.node])
    steady = context.islands.live[links.node] * closed[:, None] * ~context.islands.gated[links.node]
    return {**shunts, "steady": steady, "live_link": steady + shunts["gated"]}


def derive_charging(context: Context, part: type[Part]) -> dict[str, Any]:
    """What energised lines give at each node by their susceptance, half of a line at each of its ends, less shunts."""
    feeder, islands = context.feeder, context.islands
    leg, node, kvar = feeder.charging
    given = np.zeros((len(feeder.nodes), context.case.steps))
    np.add.at(given, node, kvar[:, None] * (feeder.closed & islands.live[feeder.to_node])[leg])
    given -= feeder.shunt[1][:, None] * islands.live
    nodes = np.union1d(node, np.flatnonzero(feeder.shunt[1]))
    total = given[nodes]
    context.sets["charging"] = [feeder.nodes[n] for n in nodes]
    shunts = _shunts(context, nodes, total)
    return {**shunts, "node": nodes, "lasting": total * (1.0 - shunts["gated"]), "live_link": shunts["gated"]}


def derive_standing(context: Context, part: type[Part]) -> dict[str, Any]:
    """What buses take in kW, and where that lasts."""
    feeder, islands = context.feeder, context.islands
    node = np.flatnonzero(feeder.shunt[0])
    context.sets["standing"] = [feeder.nodes[n] for n in node]
    return {
        "node": node,
        "nominal": feeder.shunt[0][node],
        "lasting": (islands.live[node] & ~islands.sharing[node]).astype(float),
        "gated": islands.sharing[node].astype(float),
    }


def derive_resting(context: Context, part: type[Part]) -> dict[str, Any]:
    """Islands that need not be kept up, with their nodes, in every interval."""
    node, interval = np.nonzero(context.islands.resting)
    names, first, member = context.islands.grouped(node, interval)
    context.sets["resting"] = context.told_islands(node[first], names)
    context.sets["resting.members"] = range(node.size)
    return {"begins": names, "member_of": member, "node": node, "interval": interval}


def _shunts(context: Context, node: Any, kvar: Any) -> dict[str, Any]:
    """What all shunts share, from the nodes they hang on and their kvar at nominal voltage, (shunts, T)."""
    islands = context.islands
    buses = context.case.table("buses").set_index("bus")
    highest = _band(context, buses, "vmax_pu")[node]
    return {
        "sign": np.where(kvar < 0.0, -1.0, 1.0),
        "nominal": np.abs(kvar),
        "largest": np.abs(kvar) * highest[:, None] ** 2,
        "gated": islands.gated[node] * (kvar != 0.0).astype(float),
    }
