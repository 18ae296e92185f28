"""Arrays of the loads that need so many hours, or so much energy, in each day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from v2g.affine import Floats, Ints
from v2g.derive.context import Context
from v2g.derive.mobility import Mask
from v2g.derive.places import column, unzipped, words

DAY_H = 24.0
NEARLY = 1e-9


@dataclass(frozen=True)
class Days:
    """Pieces of 24 h of the windows of loads: which, from, until (h since the start), need in hours at full power."""

    load: Ints
    start: Floats
    end: Floats
    need: Floats


def days(context: Context, daily: Ints, by_hours: Mask) -> Days:
    """The days of loads with a daily service; the last may be shorter, and needs the less."""
    case, horizon = context.case, float(context.case.hours.sum())
    table, power = case.table("loads"), column(case, "loads", "kw")
    each = np.where(
        by_hours, column(case, "loads", "hours_per_day"),
        column(case, "loads", "kwh_per_day") / np.where(power > 0.0, power, 1.0),
    )  # fmt: skip
    found = []
    for load in daily:
        begin, finish = (_since(context, table[name].iloc[load]) for name in ("from_utc", "until_utc"))
        begin, finish = max(0.0, 0.0 if begin is None else begin), min(horizon, horizon if finish is None else finish)
        for start in np.arange(begin, finish - NEARLY, DAY_H):
            end = min(start + DAY_H, finish)
            found.append((load, start, end, each[load] * (end - start) / DAY_H))
    who, start, end, need = unzipped(found, 4)
    return Days(who.astype(np.int64), start, end, need)


def _since(context: Context, time: pd.Timestamp) -> float | None:
    """Hours from the start of the case."""
    return None if pd.isna(time) else float((time - context.case.boundaries[0]).total_seconds() / 3600.0)


def derive(context: Context, critical: Mask, inside: Mask, reached: Mask) -> dict[str, Any]:
    """Turns of loads with service hours, draws of those with service energy, days, and runs."""
    service = np.array(words(context.case, "loads", "service"), dtype=object)
    by_hours, by_energy = critical & (service == "hours"), critical & (service == "energy")
    pieces = days(context, np.flatnonzero(by_hours | by_energy), by_hours)
    open_ = inside & reached & (context.load_demand > 0.0)
    turns = _members(context, pieces, open_, by_hours)
    draws = _members(context, pieces, open_, by_energy)
    names = words(context.case, "loads", "load")
    context.sets["loads.days"] = [
        f"{names[load]} +{start:g}h" for load, start in zip(pieces.load, pieces.start, strict=True)
    ]
    context.sets["loads.turns"] = context.told(loads=turns[0], intervals=turns[1])
    context.sets["loads.draws"] = context.told(loads=draws[0], intervals=draws[1])
    rank = np.maximum(column(context.case, "loads", "tier").astype(int) - 1, 0)
    return {
        "turn_load": turns[0], "turn_interval": turns[1], "turn_day": turns[2],
        **_runs(context, turns, pieces),
        "draw_load": draws[0], "draw_interval": draws[1], "draw_day": draws[2],
        "draw_rate": column(context.case, "loads", "kw")[draws[0]],
        "day_load": pieces.load,
        "day_rank": rank[pieces.load],
        "day_end": _last_interval(context, pieces),
        "day_need": pieces.need,
        "counted": _counted(context, pieces).astype(float),
    }  # fmt: skip


Entries = tuple[Ints, Ints, Ints]


def _members(context: Context, pieces: Days, open_: Mask, which: Mask) -> Entries:
    """(load, interval, day) of every interval that begins inside a day and in which the load can be served."""
    begins = np.concatenate([[0.0], np.cumsum(context.case.hours)[:-1]])
    found = []
    for day, load in enumerate(pieces.load):
        if which[load]:
            mine = (begins >= pieces.start[day] - NEARLY) & (begins < pieces.end[day] - NEARLY) & open_[load]
            found += [(load, int(t), day) for t in np.flatnonzero(mine)]
    found.sort()
    who, interval, days_ = unzipped(found, 3)
    return who, interval, days_


def _last_interval(context: Context, pieces: Days) -> Ints:
    """The interval in which each day ends."""
    ends = np.cumsum(context.case.hours)
    return np.minimum(np.searchsorted(ends, pieces.end - NEARLY), context.case.steps - 1).astype(np.int64)


def _counted(context: Context, pieces: Days) -> Mask:
    """Days that count for the number of loads served: those that end within ``guarantee_h``."""
    hours = context.case.header.get("guarantee_h")
    return np.asarray(pieces.end <= (np.inf if hours is None else float(str(hours))) + NEARLY)


def _runs(context: Context, turns: Entries, pieces: Days) -> dict[str, Any]:
    """Which turn follows which, and the turns that belong to a run from its start."""
    load, interval, _ = turns
    ends = np.cumsum(context.case.hours)
    begins = ends - context.case.hours
    number = {(int(a), int(t)): k for k, (a, t) in enumerate(zip(load, interval, strict=True))}
    before = np.array([number.get((int(a), int(t) - 1), -1) for a, t in zip(load, interval, strict=True)], dtype=int)
    least = column(context.case, "loads", "min_run_h")
    closes = {int(a): float(pieces.end[pieces.load == a].max()) for a in set(pieces.load.tolist())}
    pairs, fits = [], np.ones(load.size)
    for k, (a, t) in enumerate(zip(load.tolist(), interval.tolist(), strict=True)):
        until = begins[t] + least[a]
        members = [number.get((a, m)) for m in range(t, context.case.steps) if begins[m] < until - NEARLY]
        if until > closes[a] + NEARLY or None in members:
            fits[k] = float(least[a] <= 0.0)
        else:
            pairs += [(k, m) for m in members if m != k]
    start, member = unzipped(pairs, 2)
    context.sets["loads.runs"] = context.told(loads=load[start], intervals=interval[start])
    return {
        "before": np.where(before >= 0, before, np.arange(before.size)),
        "follows": (before >= 0).astype(float),
        "leads": (before < 0).astype(float),
        "may_start": fits,
        "run_start": start,
        "run_member": member,
    }
