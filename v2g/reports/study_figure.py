"""Figures of the answers of a study: lines told apart by dash, marker and lightness, so that they survive a copier."""

from __future__ import annotations

import io
import textwrap
import warnings
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
LETTERS_OF_A_NAME = 26
MOST_LINES = 3
MOST_TICKS = 9


def chart_bytes(chart: Chart, form: str = "svg") -> bytes:
    """A figure as ``svg`` or ``png``; the same chart gives the same bytes. Raises UsageError without matplotlib."""
    need_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with matplotlib.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # an SVG holds text, and whoever shows it has fonts
        figure = Figure(figsize=(7.6, 4.2), layout="constrained")
        axes = figure.subplots()
        draw = {"points": _points, "steps": _steps}[chart.kind]
        for number, line in enumerate(chart.series):
            draw(axes, chart, line, number)
        _frame(axes, chart)
        figure.supxlabel(_lines(chart.foot, LETTERS_A_LINE), x=0.01, ha="left", fontsize=7.5, parse_math=False)
        figure.savefig(out, format=form, dpi=150, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()


def _lines(text: str, letters: int) -> str:
    """Text in at most `MOST_LINES` lines of so many letters."""
    return textwrap.fill(text, letters, max_lines=MOST_LINES, placeholder=" ...")


def _points(axes: Any, chart: Chart, line: Series, number: int) -> None:
    """Points joined by a line, with whiskers; a line without intervals is one to compare with."""
    look = {"color": COLOURS[number % len(COLOURS)], "linestyle": DASHES[number % len(DASHES)], "label": line.label}
    if line.low is None or line.high is None:
        axes.plot(line.x, line.y, color="#606060", linestyle=(0, (6, 3)), linewidth=1.0, label=line.label)
        return
    if chart.names:
        look["linestyle"] = "none"
    marker = {"marker": MARKERS[number % len(MARKERS)], "markersize": 5.0, "markerfacecolor": "white"}
    x = line.x + _aside(chart, number)
    axes.plot(x, line.y, linewidth=1.4, **look, **marker)
    sure = ~np.isnan(line.low) & ~np.isnan(line.high)
    reach = np.vstack([line.y - line.low, line.high - line.y])[:, sure].clip(min=0.0)
    if sure.any():
        axes.errorbar(x[sure], line.y[sure], yerr=reach, fmt="none", ecolor=look["color"], elinewidth=1.0, capsize=3)


def _aside(chart: Chart, number: int) -> float:
    """How far a line is moved aside, so that whiskers of several lines do not hide each other."""
    whiskers = [k for k, line in enumerate(chart.series) if line.low is not None]
    at = np.concatenate([line.x for line in chart.series])
    reach = float(np.ptp(at)) if at.size else 0.0
    return 0.012 * (reach or 2.0) * (whiskers.index(number) - (len(whiskers) - 1) / 2)


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
    axes.set_title(_lines(chart.title, 70), loc="left", fontsize=10, fontweight="bold", parse_math=False)
    axes.set_xlabel(_lines(chart.x_label, 70), parse_math=False)
    axes.set_ylabel(_lines(chart.y_label, 50), parse_math=False)
    least = min((float(np.nanmin(line.y if line.low is None else np.fmin(line.y, line.low)))
                 for line in chart.series if not np.isnan(line.y).all()), default=0.0)  # fmt: skip
    axes.set_ylim(bottom=min(0.0, 1.05 * least), top=None if chart.top is None else 1.03 * chart.top)
    if chart.names:
        turned = {"rotation": 30, "ha": "right"} if len(chart.names) > 5 else {}
        names = [_lines(name, LETTERS_OF_A_NAME) for name in chart.names]
        axes.set_xticks(range(len(names)), names, fontsize=8, parse_math=False, **turned)
        axes.set_xlim(-0.5, len(chart.names) - 0.5)
    elif chart.kind == "steps":
        axes.set_xlim(left=0.0)
    elif len(at := sorted({float(x) for line in chart.series for x in line.x})) <= MOST_TICKS:
        axes.set_xticks(at, [f"{x:g}" for x in at])
        if len(at) == 1:
            axes.set_xlim(at[0] - 0.5, at[0] + 0.5)
    axes.grid(axis="y", color="#D9D9D9", linewidth=0.5)
    axes.set_axisbelow(True)
    if chart.series:
        _legend(axes)


def _legend(axes: Any) -> None:
    """Names of lines beside the figure; long ones break after their commas."""
    legend = axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8, handlelength=3.2)
    for text in legend.get_texts():
        name = text.get_text()
        short = len(name) <= LETTERS_OF_A_NAME
        text.set_text(name if short else "\n".join(_parts(name)))
        text.set_parse_math(False)


def _parts(name: str) -> list[str]:
    """A long name in lines that break after commas, where that is enough.

    >>> _parts("cars = 15 vehicles, share = 0.2")
    ['cars = 15 vehicles,', 'share = 0.2']
    """
    parts = name.replace(", ", ",\n").splitlines()
    fits = len(parts) <= MOST_LINES and all(len(part) <= LETTERS_OF_A_NAME for part in parts)
    return parts if fits else _lines(name, LETTERS_OF_A_NAME).splitlines()
