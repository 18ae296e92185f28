"""The performance profile of a benchmark: which share of runs a solver solves within so many times the best time.

After Dolan and Moré 2002 (doi:10.1007/s101070100263). A run is an instance with a seed; its time is that of solving
(of processor) plus the shift of the means, so that runs of a few milliseconds do not decide. Instances that are too
small to rank are left out.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from v2g.affine import Floats
from v2g.benchmark.rows import OPTIMAL, Row
from v2g.benchmark.running import Limits
from v2g.benchmark.tables import KINDS, SHIFT_S, SMALL, ranked
from v2g.reports.figure import FACES, SETTINGS, need_matplotlib

STYLES = ("-", "--", ":", "-.")


def ratios(rows: Sequence[Row]) -> dict[str, Floats]:
    """By solver, for each run: its time over the best time of that run, inf where it is not solved, ascending."""
    runs = sorted({(row.instance, row.seed) for row in rows if row.seed is not None})
    solvers = list(dict.fromkeys(row.solver for row in rows if row.seed is not None))
    times = np.full((len(solvers), len(runs)), np.inf)
    for row in rows:
        if row.seed is not None and row.verdict == OPTIMAL:
            times[solvers.index(row.solver), runs.index((row.instance, row.seed))] = row.solve_cpu_s + SHIFT_S
    best = times.min(axis=0, initial=np.inf)
    solved = np.isfinite(best)
    found = np.full(times.shape, np.inf)
    found[:, solved] = times[:, solved] / best[solved]
    return {name: np.sort(found[k]) for k, name in enumerate(solvers)}


def profile(rows: Sequence[Row], limits: Limits) -> bytes:
    """The figure as SVG, one panel for each kind of instance. Raises UsageError where matplotlib is not installed."""
    need_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    large = [row for row in ranked(rows) if row.seed is not None]
    kinds = [kind for kind in KINDS if any(row.kind == kind for row in large)]
    out = io.BytesIO()
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(9.0, 0.6 + 3.2 * max(1, len(kinds))), layout="constrained")
        panels = figure.subplots(max(1, len(kinds)), 1, squeeze=False)[:, 0]
        for axes, kind in zip(panels, kinds, strict=False):
            _panel(axes, ratios([row for row in large if row.kind == kind]), KINDS[kind], limits)
        if not kinds:
            panels[0].set_axis_off()
            panels[0].set_title(f"All instances are {SMALL}.", loc="left", fontsize=9)
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _panel(axes: Any, found: dict[str, Floats], title: str, limits: Limits) -> None:
    most = limits.time_s + SHIFT_S
    names = sorted(found, key=lambda name: (-np.isfinite(found[name]).sum(), _area(found[name], most)))
    for k, name in enumerate(names):
        values = found[name]
        share = np.arange(1, values.size + 1) / values.size
        solved = np.isfinite(values)
        ends = [0.0, *share[solved], *share[solved][-1:]]
        look = {"color": FACES[k % len(FACES)], "linestyle": STYLES[(k // len(FACES)) % len(STYLES)]}
        axes.step([1.0, *values[solved], most][: len(ends)], ends, where="post", label=name, **look)
    axes.set_xscale("log")
    axes.set_xlim(1.0, most)
    axes.set_ylim(0.0, 1.02)
    axes.set_title(title, loc="left", fontsize=9)
    axes.set_xlabel(f"within so many times the best time (shifted by {SHIFT_S:g} s)")
    axes.set_ylabel("share of runs solved")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8, handlelength=2.4)


def _area(values: Floats, most: float) -> float:
    return float(np.log(np.minimum(values, most)).sum())
