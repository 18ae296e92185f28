"""Everything that the scripts of a page move through time, as plain data."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from v2g.handover.facts import Facts
from v2g.replay.columns import numbers, texts
from v2g.reports.page.feeder import LOWEST_PU, STEP_PU, feeder_data
from v2g.reports.page.fleet import SOC_STEPS, coded, fleet_data
from v2g.reports.page.markup import visible
from v2g.reports.page.packing import packed, rounded
from v2g.reports.page.prices import SCALE, Prices, price_data
from v2g.reports.page.strips import outcome, shown
from v2g.reports.page.time import points


def page_data(facts: Facts, now: datetime, pinned: bool, prices: Prices) -> dict[str, Any]:
    """Columns and packed figures; see the modules of the parts for what they mean."""
    fleet = fleet_data(facts)
    return {
        "points": points(facts.clock), "at": interval_of(facts, now), "pinned": pinned,
        "scales": {"pu": [LOWEST_PU, STEP_PU], "soc": SOC_STEPS, "worth": SCALE},
        "loads": _loads(facts), "fleet": fleet, "sites": _sites(facts, fleet),
        "supply": [{"kind": one.kind, "kw": rounded(one.kw, 2)} for one in facts.supply],
        "map": feeder_data(facts), "prices": price_data(prices),
    }  # fmt: skip


def interval_of(facts: Facts, now: datetime) -> int:
    """The interval that a time is in; the first one where it is in none."""
    at = bisect_right(facts.clock.points, now.astimezone(UTC)) - 1
    return at if 0 <= at < facts.case.steps else 0


def _loads(facts: Facts) -> dict[str, Any]:
    loads = facts.loads
    states = np.array([shown(load) for load in loads]).reshape(len(loads), facts.case.steps)
    return {
        "name": [visible(load.name) for load in loads], "critical": len(facts.critical),
        "tier": [load.tier if load.kept is not None else 0 for load in loads],
        "kind": coded(load.kind for load in loads), "place": coded(load.site or load.bus for load in loads),
        "kept": [bool(load.kept) for load in facts.critical],
        "words": [outcome(facts.clock, load) for load in facts.critical],
        "kw": rounded(np.array([load.demand_kw.max(initial=0.0) for load in loads])), "state": packed(states),
    }  # fmt: skip


def _sites(facts: Facts, fleet: Mapping[str, Any]) -> dict[str, Any] | None:
    """Places with their loads, and which place each word for where a vehicle is belongs to."""
    table = facts.case.table("sites")
    if not len(table):
        return None
    names = texts(table, "site")
    row = {name: at for at, name in enumerate(names)}
    posts = facts.case.table("chargers")
    home = {
        visible(post): row.get(site, -1)
        for post, site in zip(texts(posts, "charger"), texts(posts, "site"), strict=True)
    }
    own = {visible(name): at for name, at in row.items()}
    people = numbers(table, "people")
    return {
        "name": [visible(name) for name in names], "kind": [visible(kind) for kind in texts(table, "kind")],
        "people": [float(count) if np.isfinite(count) else None for count in people],
        "loads": [[at for at, load in enumerate(facts.loads) if load.site == name] for name in names],
        "of_place": [own.get(place, home.get(place, -1)) for place in fleet["places"]],
    }  # fmt: skip
