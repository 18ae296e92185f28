"""Why not: for every critical load not served throughout, what stands in its way, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from v2g.case import Case
from v2g.cut import Cut
from v2g.drivers import vehicle_reasons
from v2g.language import Part
from v2g.missed import Missed
from v2g.plan import Plan
from v2g.readiness import shortages
from v2g.reasons import Cause, Reason
from v2g.remedies import KINDS, Kind, Search
from v2g.remedies.search import Report
from v2g.remedies.trial import Trial
from v2g.replay.record import Record
from v2g.replay.totals import fully_served
from v2g.scarcity import Scarcity

__all__ = ["Cause", "Reason", "explain", "small"]

SMALL_ROWS = 40_000
"""Rows of a linear program up to which remedies are looked for without being asked for."""


def explain(
    case: Case, plan: Plan, remedies: bool = False, *, time_limit: float | None = 60.0,
    parts: Sequence[type[Part]] = (), kinds: Sequence[Kind] = KINDS, progress: Report | None = None,
) -> list[Reason]:  # fmt: skip
    """Reasons for loads (by tier, the longest missed first), then for vehicles, then limits that bind.

    A vehicle has a reason for each row that asks for more than it has; `v2g.shortfalls` has them as a table.

    Parameters
    ----------
    remedies
        Look for the cheapest single change that would keep each load, too (`v2g.remedies`). That solves
        the case again, many times.
    time_limit
        Seconds for that, for all loads together.
    parts
        Classes of parts from outside, the same as the plan was made with.
    kinds
        Kinds of remedies to try.
    progress
        Called as ``progress(phase, detail, seconds)`` for every remedy tried.
    """
    short = Scarcity.of(case, plan)
    loads = short.record.loads
    cut, by_tier = Cut(short), short.by_tier()
    lost = np.flatnonzero(loads.critical & ~fully_served(short.record))
    missed = [Missed(by_tier[int(loads.tier[load])], int(load), cut) for load in lost]
    found = [(one, one.reason()) for one in missed]
    found.sort(key=lambda pair: (pair[1].tier or 0, -pair[1].hours_missed))
    reasons = [reason for _, reason in found]
    if remedies and found:
        search = Search(Trial(plan, case, tuple(parts)), kinds, time_limit, progress)
        helped = search.remedies([one.plight() for one, _ in found])
        reasons = [replace(reason, remedy=remedy) for reason, remedy in zip(reasons, helped, strict=True)]
    return [*reasons, *vehicle_reasons(short.record), *_ready(short.record), *_binding(plan)]


def _ready(record: Record) -> list[Reason]:
    """Fleet minimums that are not reached."""
    where = "Vehicles on a trip do not count, and no plan brings them back."
    return [
        Reason("limit", one.name, None, 0.0, "orders", f"{one} (fleet_minimum.csv, row {one.row}).", where, vars(one))
        for one in shortages(record)
    ]


def small(plan: Plan) -> bool:
    """Whether the case of a plan is so small that remedies are found in seconds."""
    sizes = plan.summary.get("sizes")
    rows = sizes.get("rows") if isinstance(sizes, Mapping) else None
    return isinstance(rows, int) and rows <= SMALL_ROWS


def _binding(plan: Plan) -> list[Reason]:
    """Limits that bind, as the solver of the plan states them."""
    rows = plan.summary.get("binding")
    found = []
    for row in rows if isinstance(rows, (list, tuple)) else ():
        if isinstance(row, Mapping):
            name, words = str(row.get("row", "")), str(row.get("words") or row.get("row", ""))
            times = f" ({row['count']} times)" if row.get("count") else ""
            worth = f"; one unit more is worth {row['worth']:.3g}" if isinstance(row.get("worth"), float) else ""
            stage = f" in stage {row['stage']}" if row.get("stage") else ""
            found.append(
                Reason("limit", name, None, 0.0, "binding", f"{words}{times} binds{stage}{worth}.", "", dict(row))
            )
    return found
