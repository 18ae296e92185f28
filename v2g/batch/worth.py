"""What one more vehicle, charger or kWh would be worth to a scenario, in critical load-hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from v2g.batch.changes.fleet_size import repeated
from v2g.batch.changes.rows import numbers
from v2g.case import Case
from v2g.errors import V2GError
from v2g.formats.draft import Draft
from v2g.plan import Plan
from v2g.remedies.tables import Tables
from v2g.values import values

Planned = Callable[[Draft], tuple[Case, Plan]]
PRICED = {"charger": ("plug", "charger"), "kwh": ("start energy", "kWh"), "litre": ("fuel", "L")}
"""Things, the kind of marginal value that stands for them, and their unit."""
WAYS = ("discharge_kw", "v2h_kw", "socket_kw")
PLACES = 9


def worth(case: Case, plan: Plan, draft: Draft, planned: Planned) -> list[dict[str, Any]]:
    """Rows of what, unit, load-hours for one more, and how that was found.

    One more vehicle is solved again: one like the vehicle in the middle by energy above its reserve, among those that
    can give, with a plug of its own. All else is the best marginal value of its kind, where it has one.
    """
    return [*_vehicle(plan, draft, planned), *_priced(case, plan)]


def _priced(case: Case, plan: Plan) -> list[dict[str, Any]]:
    found = values(case, plan)
    best = {kind: float(rows["worth_h"].max()) for kind, rows in found.groupby("kind")}
    return [
        {"what": what, "unit": unit, "load_hours_per_unit": round(best.get(kind, 0.0), PLACES), "how": "price"}
        for what, (kind, unit) in PRICED.items()
        if what != "litre" or len(case.table("generators"))
    ]


def _vehicle(plan: Plan, draft: Draft, planned: Planned) -> list[dict[str, Any]]:
    name = _middle(draft.tables.get("vehicles", pd.DataFrame()))
    if name is None:
        return []
    tables = repeated(Tables(draft.header, draft.tables), [name])
    try:
        _, other = planned(Draft(tables.header, tables.frames, draft.origin))
    except V2GError:
        return []
    gained = round(_served(other) - _served(plan), PLACES) + 0.0
    return [{"what": "vehicle", "unit": "vehicle", "load_hours_per_unit": gained, "how": "solved again"}]


def _served(plan: Plan) -> float:
    """Critical load-hours of all tiers."""
    return sum(float(row["served"]) for row in plan.summary["critical_hours"].values())


def _middle(frame: pd.DataFrame) -> str | None:
    """The vehicle in the middle by energy above its reserve, among those that can give."""
    if not len(frame):
        return None
    ways = [numbers(frame, column) for column in WAYS]
    size, start, share, reserve = (numbers(frame, c) for c in ("capacity_kwh", "start_kwh", "start_soc", "reserve_kwh"))
    above = [(kwh or part * most) - kept for kwh, part, most, kept in zip(start, share, size, reserve, strict=True)]
    able = [k for k in range(len(frame)) if any(way[k] > 0.0 for way in ways)]
    able.sort(key=lambda k: above[k])
    return str(frame["vehicle"].iloc[able[(len(able) - 1) // 2]]) if able else None
