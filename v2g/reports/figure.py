"""The picture of a plan: who is served over time, and what is left in the batteries."""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from v2g.case import Case
from v2g.errors import UsageError
from v2g.formats.atomic import place_file, resolved
from v2g.plan import Plan
from v2g.replay.record import Record
from v2g.replay.verdict import Array
from v2g.reports.outcome import Tier, tiers

# Okabe and Ito's palette, told apart without colour by lightness and by hatching.
FACES = ("#0072B2", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#F0E442")
HATCHES = ("", "////", "\\\\\\\\", "xxxx", "----", "||||", "++")
OTHERS, PALE = "#D9D9D9", "#CFE8F7"
SETTINGS = {
    "svg.hashsalt": "v2g", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9.0,
    "hatch.linewidth": 0.5, "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip


def write_figure(case: Case, plan: Plan, file: Path | str) -> Path:
    """Write the figure as ``.svg`` or ``.png``, as the name says; the same plan gives the same bytes."""
    target = resolved(file)
    form = target.suffix.lower().removeprefix(".")
    if form not in ("svg", "png"):
        raise UsageError(f"{target.name}: a figure is written as .svg or .png.")
    place_file(target, figure_bytes(case, plan, form))
    return target


def need_matplotlib() -> None:
    """Raise UsageError where matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise UsageError('The figure needs matplotlib: pip install "v2g[plot]".')


def figure_bytes(case: Case, plan: Plan, form: str = "svg") -> bytes:
    """The figure as bytes. Raises UsageError where matplotlib is not installed."""
    need_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    record = Record(case, plan, 1e-6)
    out = io.BytesIO()
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(9.0, 5.6), layout="constrained")
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        figure.suptitle(_title(case), x=0.01, ha="left", fontsize=10.5, fontweight="bold", parse_math=False)
        _service(top, record, tiers(case, plan))
        _energy(bottom, record)
        _time_axis(bottom, case)
        figure.savefig(out, format=form, dpi=150, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()


def _title(case: Case) -> str:
    return f"{case.title or case.name}\nas of {case.boundaries[0]:%Y-%m-%d %H:%M} UTC"


def _steps(record: Record) -> Array:
    """Boundaries in days as matplotlib counts them, shape (T + 1,)."""
    stamps = record.case.boundaries.as_unit("ns").asi8
    return np.asarray(stamps / 86_400e9, dtype=np.float64)


def _held(values: Array) -> Array:
    """Values of intervals at the T + 1 boundaries, for lines that step after each."""
    return np.append(values, values[-1:])


def _service(axes: Any, record: Record, rows: list[Tier]) -> None:
    """Bands of required power by tier, the critical ones below; filled as far as they are served."""
    edges, loads = _steps(record), record.loads
    served_kw = record.load_sheet["served_kw"]
    base = np.zeros(record.case.steps)
    for k, row in enumerate(rows):
        mine = loads.required & loads.counted(row.tier)[:, None]
        required = np.where(mine, loads.demand_kw, 0.0).sum(axis=0)
        served = np.where(mine, np.minimum(served_kw, loads.demand_kw), 0.0).sum(axis=0)
        look = {"facecolor": FACES[k % len(FACES)], "hatch": HATCHES[k % len(HATCHES)], "edgecolor": "black"}
        label = f"tier {row.tier}: {row.loads_served} of {row.loads} served throughout"
        axes.fill_between(edges, _held(base), _held(base + served), step="post", linewidth=0.3, label=label, **look)
        base = base + required
        axes.step(edges, _held(base), where="post", color="black", linewidth=0.9)
    other = np.where(loads.required, 0.0, served_kw).sum(axis=0)
    if other.max(initial=0.0) > 1e-6:
        over = {"facecolor": OTHERS, "edgecolor": "#808080", "linewidth": 0.3}
        axes.fill_between(edges, _held(base), _held(base + other), step="post", label="other loads served", **over)
    axes.plot([], [], color="black", linewidth=0.9, label="required (white: not served)")
    axes.set_ylabel("power, kW")
    axes.set_ylim(0, 1.02 * float(np.max(base + other, initial=1.0)))
    axes.set_title("Load service", loc="left", fontsize=9)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8, handlelength=2.4)


def _energy(axes: Any, record: Record) -> None:
    """Energy on board of all vehicles against their reserves, and in stationary batteries."""
    edges, fleet, sources = _steps(record), record.fleet, record.sources
    lines = []
    on_board = np.hstack([fleet.start_kwh[:, None], record.vehicle_sheet["energy_end_kwh"]])
    reserve = np.full(edges.size, fleet.reserve_kwh.sum())
    if fleet.names:
        lines.append((on_board.sum(axis=0), "vehicles", {"color": FACES[0], "linewidth": 1.8}))
        dashed = {"color": FACES[0], "linewidth": 1.2, "linestyle": "--"}
        lines.append((reserve, "mobility reserve of all vehicles", dashed))
    battery = sources.of("battery")
    if battery.any():
        ends = record.source_sheet["energy_end_kwh"][battery].sum(axis=0)
        stored = np.append(sources.start_kwh[battery].sum(), ends)
        marks = {"marker": "s", "markevery": max(1, edges.size // 12), "markersize": 3.5}
        lines.append((stored, "stationary batteries", {"color": FACES[5], "linewidth": 1.4, **marks}))
        spare = np.full(edges.size, sources.reserve_kwh[battery].sum())
        dotted = {"color": FACES[5], "linewidth": 1.2, "linestyle": ":"}
        lines.append((spare, "reserve of stationary batteries", dotted))
    top = max((float(values.max()) for values, _, _ in lines), default=1.0)
    scale, unit = (1000.0, "MWh") if top >= 2000.0 else (1.0, "kWh")
    for values, label, look in lines:
        axes.plot(edges, values / scale, label=label, **look)
    if fleet.names:
        mute = ~(fleet.discharge_max_kw > 0).any(axis=1)
        kept = reserve + np.maximum(0.0, (on_board - fleet.reserve_kwh[:, None])[mute].sum(axis=0))
        bands = (
            (reserve, kept, "above reserve, cannot give", OTHERS),
            (kept, on_board.sum(axis=0), "above reserve, may give", PALE),
        )
        for low, high, label, colour in bands:
            axes.fill_between(edges, low / scale, high / scale, facecolor=colour, linewidth=0, label=label)
    axes.set_ylabel(f"energy, {unit}")
    axes.set_ylim(bottom=0)
    axes.set_title("Energy on board and in stationary batteries", loc="left", fontsize=9)
    if lines:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8, handlelength=2.4)


def _time_axis(axes: Any, case: Case) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    stamps = case.boundaries.as_unit("ns").asi8 / 86_400e9
    axes.set_xlim(stamps[0], stamps[-1])
    axes.set_xlabel("time, UTC")
