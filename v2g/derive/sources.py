"""Arrays of grid heads, generators and batteries."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.affine import Floats
from v2g.derive.context import DIRECTIONS, Context, polygon
from v2g.derive.islands import WHOLE
from v2g.derive.places import column, words
from v2g.language import Part

NO_LIMIT = np.inf


def powers(context: Context, table: str) -> tuple[Floats, Floats, Floats]:
    """Lowest and highest active power and apparent power of each unit, shape (rows,)."""
    rows = context.frame(table)
    if not len(rows):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    kva = rows["rating_kva"].to_numpy(float)
    if table in ("batteries", "stations"):
        plugs = rows["plugs"].to_numpy(float) if table == "stations" else 1.0
        charge, discharge = (plugs * rows[name].to_numpy(float) for name in ("charge_kw", "discharge_kw"))
        return -charge, discharge, np.where(np.isnan(kva), np.maximum(charge, discharge), kva)
    rating = rows["rating_kw"].to_numpy(float)
    if table == "grid":
        return np.zeros(len(rows)), np.where(np.isnan(rating), NO_LIMIT, rating), np.where(np.isnan(kva), NO_LIMIT, kva)
    return np.zeros(len(rows)), rating, np.where(np.isnan(kva), rating, kva)


def derive(context: Context, part: type[Part]) -> dict[str, Any]:
    """Limits by phase and interval; who follows; which polygons exist."""
    table, links = part.table, context.links(part.table)
    rows = context.frame(table)
    low, high, apparent = powers(context, table)
    unit, share = links.unit, links.share
    window = context.available(table)
    if table == "grid":
        window = (window >= WHOLE).astype(float)
    live = context.live_links(table) * (window[unit] > 0.0)
    forming = np.ones(len(rows)) if table == "grid" else rows["forming"].to_numpy(float) if len(rows) else np.zeros(0)
    finite, sharing = np.isfinite(apparent[unit]), context.islands.sharing[links.node]
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
        **polygon(),
        **({} if table == "grid" else {"full": high[unit] * share, "gated": live * sharing}),
    }


def derive_batteries(context: Context, part: type[Part]) -> dict[str, Any]:
    """The same, and where the converter goes both ways, and what counts at the end."""
    low, high, _ = powers(context, "batteries")
    return {
        **derive(context, part),
        "two_way": context.live_units("batteries") * ((low < 0.0) & (high > 0.0))[:, None],
        "end": np.full(low.size, context.case.steps),
        "stock_eff": np.where(high > 0.0, column(context.case, "batteries", "discharge_eff"), 0.0),
    }


def derive_solar(context: Context, part: type[Part]) -> dict[str, Any]:
    """Where its island may be live for a share of the interval, and the sun shines."""
    return {"gated": context.gated_links("solar") * (context.available("solar") > 0.0)[context.links("solar").unit]}


def derive_generators(context: Context, part: type[Part]) -> dict[str, Any]:
    """The same, and the tanks, who runs for a part of an interval only, and whom that keeps alive."""
    links, given = context.links("generators"), derive(context, part)
    idle = column(context.case, "generators", "idle_l_per_h") > 0.0
    window = context.available("generators")
    return {
        **given,
        **_tanks(context),
        "window": window,
        "idling": idle[:, None] * context.live_units("generators") * (window > 0.0),
        "idling_link": idle[links.unit][:, None] * given["live_link"],
        **_keepers(context),
    }


def _keepers(context: Context) -> dict[str, Any]:
    """Nodes that one engine keeps alive, and islands that several do, in every interval."""
    islands, keepers = context.islands, context.islands.keepers
    count = np.zeros(islands.gated.shape, dtype=np.int64)
    np.add.at(count, (keepers.node, keepers.interval), 1)
    alone = count[keepers.node, keepers.interval] == 1
    node, interval = np.nonzero(count > 1)
    names, first, owner = islands.grouped(node, interval)
    of_node = np.full(count.shape, -1)
    of_node[node, interval] = owner
    turns = np.unique(np.stack([of_node[keepers.node, keepers.interval][~alone], keepers.engine[~alone]]), axis=1)
    context.sets |= {
        "generators.keeps": range(int(alone.sum())),
        "generators.joined": context.told_islands(node[first], names),
        "generators.turns": context.told(generators=turns[1], intervals=names[turns[0]]),
        "generators.joined.members": range(node.size),
    }
    return {
        "keeper": keepers.engine[alone],
        "kept_node": keepers.node[alone],
        "kept_interval": keepers.interval[alone],
        "joined_at": names,
        "turn_of": turns[0],
        "turner": turns[1],
        "member_of": owner,
        "member": node,
        "member_at": interval,
    }


def _tanks(context: Context) -> dict[str, Any]:
    """Tanks: those of the generators that have their own, then the shared ones."""
    case = context.case
    engines, of_engine = words(case, "generators", "generator"), words(case, "generators", "tank")
    alone = np.flatnonzero([not tank for tank in of_engine])
    names = [*(engines[g] for g in alone), *words(case, "tanks", "tank")]
    fuel = np.concatenate([column(case, "generators", "fuel_l")[alone], column(case, "tanks", "fuel_l")])
    shared = {name: alone.size + f for f, name in enumerate(names[alone.size :])}
    own = {engines[g]: f for f, g in enumerate(alone)}
    tank = np.array([shared[t] if t else own[e] for e, t in zip(engines, of_engine, strict=True)], dtype=np.int64)
    delivered = context.timeline.delivered(own | shared, len(names))
    used, filled = np.bincount(tank, minlength=len(names)) > 0, delivered.any(axis=1)
    least = np.full(len(names), np.inf)
    np.minimum.at(least, tank, column(case, "generators", "fuel_l_per_kwh"))
    refilled = np.flatnonzero(used & filled)
    context.sets |= {"generators.tanks": names, "generators.refilled": [names[f] for f in refilled]}
    return {
        "tank": tank,
        "fuel": fuel,
        "plain": (used & ~filled).astype(float),
        "refilled": refilled,
        "arriving": delivered[refilled],
        "arriving_all": delivered.sum(axis=1),
        "stock_rate": 1.0 / least,
    }
