"""Arrays of how loads behave when they are switched: held on, and hungry right after they are picked up."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from v2g.derive.context import Context
from v2g.derive.mobility import Mask
from v2g.derive.places import column, unzipped, words

NEARLY = 1e-9


def derive(context: Context, hungry: Mask, inside: Mask) -> dict[str, Any]:
    """Steps between intervals in which a load asks, pick-ups, and the intervals in which those are felt."""
    return {"hungry": hungry.astype(float), **_steps(context, inside), **_pickups(context, hungry)}


def _steps(context: Context, inside: Mask) -> dict[str, Any]:
    """From one interval in which a held load asks to the next one within its window: the set ``loads.steps``."""
    hold = np.array(words(context.case, "loads", "hold"), dtype=object)
    found: list[tuple[Any, ...]] = []
    for load in np.flatnonzero(hold != ""):
        asks = np.flatnonzero(context.load_demand[load] > 0.0)
        found += [(load, first, later) for first, later in pairwise(asks) if inside[load, later]]
    who, first, later = unzipped(found, 3)
    context.sets["loads.steps"] = context.told(loads=who, intervals=later)
    return {
        "step_load": who,
        "step_from": first,
        "step_to": later,
        "never_dropped": (hold[who] == "hard").astype(float),
        "priced": (hold[who] == "priced").astype(float),
    }


def _pickups(context: Context, hungry: Mask) -> dict[str, Any]:
    """Intervals in which a load with cold-load pickup may rise, and those in which that is felt."""
    begins = np.concatenate([[0.0], np.cumsum(context.case.hours)[:-1]])
    lasts, factor = column(context.case, "loads", "pickup_h", 1.0), column(context.case, "loads", "pickup_factor", 1.0)
    picks: list[tuple[Any, ...]] = []
    echoes: list[tuple[Any, ...]] = []
    for load in np.flatnonzero(hungry.any(axis=1)):
        asks = np.flatnonzero(hungry[load])
        for position, t in enumerate(asks):
            felt = [s for s in asks[position:] if begins[s] - begins[t] < max(lasts[load], NEARLY) - NEARLY]
            echoes += [(len(picks), load, s, (factor[load] - 1.0) * context.load_demand[load, s]) for s in felt]
            picks.append((load, t, asks[position - 1] if position else t, float(position > 0)))
    who, at, past, later = unzipped(picks, 4)
    of, echo, when, extra = unzipped(echoes, 4)
    context.sets["loads.pickups"] = context.told(loads=who, intervals=at)
    context.sets["loads.echoes"] = context.told(loads=echo, intervals=when)
    return {
        "pick_load": who.astype(int), "pick_at": at.astype(int), "pick_before": past.astype(int),
        "pick_later": later.astype(float), "pick_first": 1.0 - later.astype(float),
        "echo_of": of.astype(int), "echo_load": echo.astype(int), "echo_at": when.astype(int),
        "extra": extra.astype(float),
    }  # fmt: skip
