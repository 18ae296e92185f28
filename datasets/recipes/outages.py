"""The table ``catalog/outages.csv``: how long outages last, by cause, as survival curves.

``python -m v2g.datasets.recipes.outages --to FOLDER`` writes it from the quantiles in ``outage_inputs``.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from .tables import Cell, Row, read_table, write_table

INPUTS = Path(__file__).parent / "outage_inputs"
LADDER_H = (1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 120, 168, 240, 336, 400)
"""Hours at which each curve has a point, besides those that are known."""

QUANTILES = {"p10_h": 0.9, "p25_h": 0.75, "p50_h": 0.5, "p75_h": 0.25, "p90_h": 0.1, "p95_h": 0.05, "p99_h": 0.01}
"""Share of the events that lasted at least as long."""

SHORTEST_H = 0.25
"""Points below it are not written: nobody plans for them."""

Point = tuple[float, float, str]
"""Hours, P(H >= hours), where the point is from."""


def known_points(row: Row) -> list[Point]:
    """Quantiles of a cause, and its longest event, with which ``1 / events`` of them lasted as long.

    A quantile rarer than that one event lies between the two longest, and says nothing.
    """
    longest, one = float(row["max_h"]), 1 / int(row["events"])
    points = [(float(row[name]), share, f"{name[:-2]} of {row['events']} events") for name, share in QUANTILES.items()]
    kept = [point for point in points if point[0] < longest and point[1] > one]
    return [*kept, (longest, one, f"longest of {row['events']} events")]


def curve(row: Row) -> list[Point]:
    """All points of a cause, longer hours later."""
    known = known_points(row)
    taken = {hours for hours, _, _ in known}
    steps = [hours for hours in map(float, LADDER_H) if hours < known[-1][0] and hours not in taken]
    between = [(hours, exceedance(known, hours), "between") for hours in steps]
    return sorted(point for point in [*known, *between] if point[0] >= SHORTEST_H)


def exceedance(known: Sequence[Point], hours: float) -> float:
    """P(H >= hours) between two known points: a straight line over the logarithm of the hours.

    Before the first one there is no logarithm to start from: a straight line over the hours from 1 at 0 h.
    """
    later = next(k for k, point in enumerate(known) if point[0] > hours)
    right, high, _ = known[later]
    if later == 0:
        return 1 - (1 - high) * hours / right
    left, low, _ = known[later - 1]
    return low + (high - low) * math.log(hours / left) / math.log(right / left)


def rows() -> list[dict[str, Cell]]:
    """The table, cause by cause."""
    return [
        {"cause": row["cause"], "hours": hours, "exceedance": round(share, 4), "basis": basis}
        for row in read_table(INPUTS / "quantiles.csv")
        for hours, share, basis in curve(row)
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, required=True, help="folder to write outages.csv into")
    write_table(parser.parse_args().to, "outages", rows())
