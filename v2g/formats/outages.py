"""How long outages last, by their cause: from the table that comes along to a few durations with probabilities."""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pandas as pd

from v2g.errors import Finding, UsageError
from v2g.formats.draft import HEADER_FILE, Draft
from v2g.formats.shipped import datasets_folder

FILE = "outages.csv"
MOST = 0.05
"""No duration stands for a greater part of all outages than that, but the longest one."""


def durations_of(cause: str) -> list[tuple[float, float]]:
    """Hours and their probabilities for a cause of the table, the shortest first.

    The curve runs straight between its points; each piece of it becomes its midpoint, so that the mean
    is that of the curve. What lasts longer than the last point is taken to end there.
    """
    curves = exceedances()
    if cause not in curves:
        near = _nearest(cause, list(curves))
        raise UsageError(f"There is no cause '{cause}'. {f'{near} ' if near else ''}Known: {', '.join(curves)}.")
    return midpoints(curves[cause])


def exceedances() -> dict[str, list[tuple[float, float]]]:
    """Points (hours, share of outages that last longer) of each cause, as the table has them."""
    folder = datasets_folder()
    found: dict[str, list[tuple[float, float]]] = {}
    if folder is None or not (folder / "catalog" / FILE).is_file():
        return found
    with (folder / "catalog" / FILE).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["cause"], []).append((float(row["hours"]), float(row["exceedance"])))
    return {cause: sorted(points) for cause, points in found.items()}


def midpoints(curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Durations and probabilities of a curve (hours, share that lasts longer), falling from 1 at 0 h.

    >>> midpoints([(10.0, 0.96), (20.0, 0.92)])
    [(5.0, 0.04), (15.0, 0.04), (20.0, 0.92)]
    """
    points = [(0.0, 1.0), *(point for point in curve if point[0] > 0.0)]
    found = []
    for (start, above), (end, below) in pairwise(points):
        mass = above - below
        pieces = max(1, math.ceil(mass / MOST - 1e-9))
        width = (end - start) / pieces
        found += [(start + (piece + 0.5) * width, mass / pieces) for piece in range(pieces if mass > 0.0 else 0)]
    if points[-1][1] > 0.0:
        found.append(points[-1])
    return [(hours, round(share, 12)) for hours, share in found]


def with_durations(draft: Draft) -> Draft:
    """The draft with a table `durations` from the cause its header names, where it has none of its own."""
    cause = draft.header.get("cause")
    table = draft.tables.get("durations")
    given = (table is not None and len(table) > 0) or "durations" in draft.unread
    if given or not isinstance(cause, str) or not cause.strip():
        return draft
    try:
        rows = durations_of(cause.strip())
    except UsageError:
        return replace(draft, faults=(*draft.faults, _unknown(cause.strip(), exceedances())))
    frame = pd.DataFrame([(repr(hours), repr(share)) for hours, share in rows], columns=["hours", "probability"])
    return replace(draft, tables={**draft.tables, "durations": frame})


def _unknown(cause: str, curves: Mapping[str, object]) -> Finding:
    otherwise = "Take one of these causes, or leave it out and write durations.csv."
    return Finding(
        HEADER_FILE, "No such cause of outages is known.", _nearest(cause, list(curves)) or otherwise, column="cause",
        found=cause[:40], allowed=", ".join(curves), code="unknown-cause",
    )  # fmt: skip


def _nearest(cause: str, curves: Sequence[str]) -> str:
    """A question for the causes most like one, at most three: near in spelling, or with a word in common.

    >>> _nearest("snow storm", ["hurricane", "winter_storm", "storm"])
    "Did you mean 'storm' or 'winter_storm'?"
    """
    asked = "_".join(cause[:80].casefold().replace("-", " ").split())
    near = difflib.get_close_matches(asked, curves, n=3)
    near += [name for name in curves if name not in near and set(name.split("_")) & set(asked.split("_"))]
    return f"Did you mean {' or '.join(repr(name) for name in near[:3])}?" if near else ""
