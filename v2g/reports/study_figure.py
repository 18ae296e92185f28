"""Figures of the answers of a study: lines told apart by dash, marker and lightness, so that they survive a copier."""

from __future__ import annotations

import io
import textwrap
from typing import Any

import numpy as np

from v2g.batch.answers.answer import Chart, Series
from v2g.batch.answers.survival import MOST_BANDS
from v2g.reports.figure import FACES, SETTINGS, need_matplotlib

DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P")
COLOURS = ("#000000", FACES[0], FACES[5], FACES[3], FACES[4], FACES[2])
HATCHES = ("////", "\\\\\\\\", "....")
LETTERS_A_LINE = 100
MOST_TICKS = 9


def chart_bytes(chart: Chart, form: str = "svg") -> bytes:
    """A figure as ``svg`` or ``png``; the same chart gives the same bytes. Raises UsageError without matplotlib."""
    need_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(7.6, 4.2), layout="constrained")
        axes = figure.subplots()
        draw = {"points": _points, "steps": _steps}[chart.kind]
        for number, line in enumerate(chart.series):
            draw(axes, chart, line, number)
        _frame(axes, chart)
        figure.supxlabel(textwrap.fill(chart.foot, LETTERS_A_LINE), x=0.01, ha="left", fontsize=7.5, parse_math=False)
        figure.savefig(out, format=form, dpi=150, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()


def _points(axes: Any, chart: Chart, line: Series, number: int) -> None:
    """Points joined by a line, with whiskers; a line without intervals is one to compare with."""
    look = {"color": COLOURS[number % len(COLOURS)], "linestyle": DASHES[number % len(DASHES)], "label": line.label}
    if line.low is None or line.high is None:
        axes.plot(line.x, line.y, color="#606060", linestyle=(0, (6, 3)), linewidth=1.0, label=line.label)
        return
    if chart.names:
        look["linestyle"] = "none"
    marker = {"marker": MARKERS[number % len(MARKERS)], "markersize": 5.0, "markerfacecolor": "white"}
    axes.plot(line.x, line.y, linewidth=1.4, **look, **marker)
    sure = ~np.isnan(line.low) & ~np.isnan(line.high)
    reach = np.vstack([line.y - line.low, line.high - line.y])[:, sure].clip(min=0.0)
    if sure.any():
        axes.errorbar(
            line.x[sure], line.y[sure], yerr=reach, fmt="none", ecolor=look["color"], elinewidth=1.0, capsize=3
        )


def _steps(axes: Any, chart: Chart, line: Series, number: int) -> None:
    """A line that steps after each point, with a hatched interval where there are few lines."""
    colour = COLOURS[number % len(COLOURS)]
    axes.step(line.x, line.y, where="post", color=colour, linestyle=DASHES[number % len(DASHES)], linewidth=1.5,
              marker=MARKERS[number % len(MARKERS)], markersize=4.5, markerfacecolor="white",
              markevery=max(1, line.x.size // 8), label=line.label)  # fmt: skip
    if line.low is None or line.high is None or len(chart.series) > MOST_BANDS:
        return
    low, high = (np.where(np.isnan(end), line.y, end) for end in (line.low, line.high))
    axes.fill_between(line.x, low, high, step="post", facecolor="none", edgecolor=colour, alpha=0.35, linewidth=0.4,
                      hatch=HATCHES[number % len(HATCHES)])  # fmt: skip


def _frame(axes: Any, chart: Chart) -> None:
    """Title, labels with units, limits, legend."""
    axes.set_title(chart.title, loc="left", fontsize=10, fontweight="bold", parse_math=False)
    axes.set_xlabel(chart.x_label, parse_math=False)
    axes.set_ylabel(chart.y_label, parse_math=False)
    least = min((float(np.nanmin(line.y if line.low is None else np.fmin(line.y, line.low)))
                 for line in chart.series if not np.isnan(line.y).all()), default=0.0)  # fmt: skip
    axes.set_ylim(bottom=min(0.0, least), top=None if chart.top is None else 1.03 * chart.top)
    if chart.names:
        turned = {"rotation": 30, "ha": "right"} if len(chart.names) > 5 else {}
        axes.set_xticks(range(len(chart.names)), chart.names, fontsize=8, parse_math=False, **turned)
        axes.set_xlim(-0.5, len(chart.names) - 0.5)
    elif chart.kind == "steps":
        axes.set_xlim(left=0.0)
    elif len(at := sorted({float(x) for line in chart.series for x in line.x})) <= MOST_TICKS:
        axes.set_xticks(at, [f"{x:g}" for x in at])
    axes.grid(axis="y", color="#D9D9D9", linewidth=0.5)
    axes.set_axisbelow(True)
    legend = axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8, handlelength=3.2)
    for text in legend.get_texts():
        text.set_text(textwrap.fill(text.get_text(), 26))
        text.set_parse_math(False)
