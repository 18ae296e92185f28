"""What the tables of a plan give to loads that need so many hours, or so much energy, in each day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.problem import Array

FULL = 1e-6
NEARLY = 1e-9


@dataclass(frozen=True)
class Days:
    """Days of loads, (days,): whose, of which tier, hours at full power that it needs and gets, whether it counts.

    ``last`` is the interval in which it ends.
    """

    load: Ints
    tier: Ints
    need: Floats
    got: Floats
    counts: NDArray[np.bool_]
    last: Ints

    @property
    def short(self) -> NDArray[np.bool_]:
        """Days that lack something, (days,)."""
        return np.asarray(self.got < self.need - FULL * np.maximum(1.0, self.need))

    def alive(self, loads: int, ends: Floats) -> Floats:
        """Hours until the end of the first day that lacks something, (loads,); ``ends`` (T,) are those of intervals."""
        out = np.full(loads, ends[-1])
        np.minimum.at(out, self.load[self.short], ends[self.last[self.short]])
        return out

    def kept(self, loads: int) -> NDArray[np.bool_]:
        """Loads of which every day that counts has what it needs, (loads,); all of those without days."""
        kept = np.ones(loads, dtype=bool)
        kept[self.load[self.short & self.counts]] = False
        return kept


def days(case: Case, loads: pd.DataFrame, values: Mapping[tuple[str, str], Array]) -> Days:
    """The days of all loads, from the table ``loads`` of a plan; ``values`` are the arrays of the problem."""
    table, own = case.table("loads"), {word: array for (part, word), array in values.items() if part == "loads"}
    demand, received = (loads[c].to_numpy(float).reshape(case.steps, len(table)).T for c in ("demand_kw", "served_kw"))
    full = demand - received <= FULL * np.maximum(1.0, demand / 100.0)
    got = np.zeros(len(own["day_need"]))
    on = _on(case, full[own["turn_load"], own["turn_interval"]], own)
    np.add.at(got, own["turn_day"][on], case.hours[own["turn_interval"][on]])
    at = own["draw_interval"]
    np.add.at(got, own["draw_day"], case.hours[at] * received[own["draw_load"], at] / own["draw_rate"])
    return Days(own["day_load"], own["day_rank"] + 1, own["day_need"], got, own["counted"] > 0.0, own["day_end"])


def _on(case: Case, full: NDArray[np.bool_], own: Mapping[str, Array]) -> NDArray[np.bool_]:
    """Turns at full power that stand in a run which is long enough and began early enough, (turns,)."""
    table, start = case.table("loads"), np.cumsum(case.hours) - case.hours
    origin = case.boundaries[0]
    ends = [case.hours.sum() if pd.isna(t) else (t - origin).total_seconds() / 3600.0 for t in table["until_utc"]]
    closes = np.minimum(ends, case.hours.sum())
    on = np.zeros(full.size, dtype=bool)
    turn = 0
    while turn < full.size:
        last = turn
        while full[turn] and last + 1 < full.size and full[last + 1] and own["follows"][last + 1] > 0.0:
            last += 1
        first, load = own["turn_interval"][turn], own["turn_load"][turn]
        until = start[first] + float(table["min_run_h"].iloc[load])
        stop = own["turn_interval"][last]
        long_enough = start[stop] + case.hours[stop] >= until - NEARLY and closes[load] >= until - NEARLY
        on[turn : last + 1] = full[turn] and (until <= start[first] or long_enough)
        turn = last + 1
    return on
