"""The share of loads of the first tier that are alive after so many hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from v2g.batch.answers.answer import Answer, Asked, Chart, Floats, NoAnswer, percent, series
from v2g.batch.answers.finished import Finished
from v2g.batch.answers.groups import Groups, grouped
from v2g.batch.answers.intervals import Interval, jackknife
from v2g.batch.answers.served import other_axes

MOST_CURVES = 6
MOST_BANDS = 3
"""With more curves than that in a figure, their intervals would hide each other."""
DAYS = (24.0, 48.0, 72.0)
"""Hours at which the share alive is said, beside the end."""
NOTES = (
    "Counted are critical loads of the tier. One is dead from the hour on at which it first lacks something that it "
    "asks for, even if it is served again later.",
    "Kaplan and Meier's estimate: where outages differ in length, a load that is alive when its outage ends counts "
    "for as long as it was watched.",
    "Intervals by leaving out one draw (seed) at a time, as loads of one draw share its weather and its fleet. None "
    "where draws are all alike.",
)


class Curve(NamedTuple):
    """Shares alive at points in h, (points,): loads watched then, those lost then, the share and its interval."""

    at: Floats
    watched: Floats
    lost: Floats
    alive: list[Interval]


class Survival:
    """Kaplan-Meier curves of the loads of a tier along an axis."""

    name = "survival"
    title = "share of tier-1 loads alive after so many hours"

    def answers(self, study: Finished, asked: Asked) -> Sequence[Answer]:
        """One for each axis."""
        if not (study.loads["tier"] == asked.tier).any():
            raise NoAnswer(f"No scenario with a plan has critical loads of tier {asked.tier}.")
        return [self._along(grouped(study, axis), asked) for axis in asked.along(study)]

    def _along(self, groups: Groups, asked: Asked) -> Answer:
        loads = _loads(groups.study, asked.tier)
        points = np.unique(np.append(0.0, loads.loc[loads["lost"], "until"].to_numpy(float)))
        curves = [curve(loads[loads["scenario"].isin(groups.complete(n))], points, asked.confidence)
                  for n in range(len(groups.each))]  # fmt: skip
        heads = pd.DataFrame(groups.columns())
        parts = [heads.iloc[[n] * len(one.at)].reset_index(drop=True).join(_rows(one)) for n, one in enumerate(curves)]
        name, title = groups.axis.name, f"Tier-{asked.tier} loads alive, by {groups.axis.name}"
        notes = (*NOTES, *_by_day(groups.study, asked.tier), *other_axes(groups))
        return Answer(
            f"survival-{name}", title, _sentence(groups, curves, asked) + groups.not_known,
            pd.concat(parts, ignore_index=True), notes, _chart(groups, curves, asked),
        )  # fmt: skip


def _loads(study: Finished, tier: int) -> pd.DataFrame:
    """Loads of the tier in each plan: until when they were watched, and whether they were lost then."""
    mine = study.loads[study.loads["tier"] == tier]
    dark = pd.to_numeric(mine["dark_from_h"]).to_numpy(float)
    ends = study.measure("horizon_h").reindex(mine["scenario"]).to_numpy(float)
    return pd.DataFrame({
        "scenario": mine["scenario"].to_numpy(), "seed": study.rows["seed"].reindex(mine["scenario"]).to_numpy(),
        "until": np.where(np.isnan(dark), ends, dark), "lost": ~np.isnan(dark), "horizon": ends,
    })  # fmt: skip


def _by_day(study: Finished, tier: int) -> tuple[str, ...]:
    """A note where some of the loads have service by the day."""
    counts = study.measure(f"tier{tier}_by_day").dropna()
    most = int(counts.max()) if len(counts) else 0
    if not most:
        return ()
    several = f"{'Up to ' if counts.nunique() > 1 else ''}{most} of the loads {'has' if most == 1 else 'have'}"
    return (f"{several} service by the day (hours, energy): such a load counts as alive until the end of the first day "
            "that is short, whatever it lacked in the course of that day.",)  # fmt: skip


def curve(loads: pd.DataFrame, points: Floats, confidence: float) -> Curve:
    """Kaplan and Meier's estimate at given points, and its interval from leaving out one seed at a time.

    ``loads`` has columns ``seed``, ``until`` (h), ``lost`` and ``horizon`` (h). The longest horizon is a point too, and
    points after it are left out.
    """
    seeds = sorted(set(loads["seed"]))
    ends = loads["horizon"].to_numpy(float)
    points = np.append(points[points < ends.max()], ends.max()) if ends.size else points[:0]
    watched, lost = np.zeros((len(seeds), points.size)), np.zeros((len(seeds), points.size))
    for row, seed in enumerate(seeds):
        mine = loads[loads["seed"] == seed]
        until = np.sort(mine["until"].to_numpy(float))
        watched[row] = until.size - np.searchsorted(until, points, side="left")
        gone = np.sort(mine.loc[mine["lost"], "until"].to_numpy(float))
        lost[row] = np.searchsorted(gone, points, side="right") - np.searchsorted(gone, points, side="left")
    whole = _estimate(watched.sum(axis=0), lost.sum(axis=0))
    without = _estimate(watched.sum(axis=0) - watched, lost.sum(axis=0) - lost)
    alive = [jackknife(float(whole[k]), without[:, k].tolist(), confidence, 0.0, 1.0) for k in range(points.size)]
    return Curve(points, watched.sum(axis=0), lost.sum(axis=0), alive)


def _estimate(watched: Floats, lost: Floats) -> Floats:
    """Product over points of the share that is not lost there."""
    kept = 1.0 - np.divide(lost, watched, out=np.zeros_like(lost, dtype=float), where=watched > 0)
    return np.asarray(np.cumprod(kept, axis=-1))


def _rows(one: Curve) -> pd.DataFrame:
    ends = {end: [getattr(i, end) for i in one.alive] for end in ("mean", "low", "high")}
    return pd.DataFrame({
        "after_h": one.at, "loads_watched": one.watched.astype(int), "loads_lost": one.lost.astype(int),
        "alive_share": ends["mean"], "alive_low_share": ends["low"], "alive_high_share": ends["high"],
    })  # fmt: skip


def _sentence(groups: Groups, curves: Sequence[Curve], asked: Asked) -> str:
    known = [n for n, one in enumerate(curves) if one.at.size]
    if not known:
        return groups.study.incomplete
    said = []
    for n in dict.fromkeys((known[0], known[-1])):
        end = float(curves[n].at[-1])
        shares = [f"{_share(curves[n], hour)} after {hour:g} h" for hour in (*(d for d in DAYS if d < end), end)]
        said.append(f"{groups.named(n)}: {', '.join(shares)}")
    return f"Tier-{asked.tier} loads alive ({asked.sure} intervals): " + "; ".join(said) + "."


def _share(one: Curve, hour: float) -> str:
    found = one.alive[int(np.searchsorted(one.at, hour + 1e-9, side="right")) - 1]
    if np.isnan(found.low):
        return percent(found.mean)
    return f"{percent(found.mean)} ({percent(found.low)} to {percent(found.high)})"


def _chart(groups: Groups, curves: Sequence[Curve], asked: Asked) -> Chart:
    picked = chosen(len(curves))
    lines = [
        series(groups.each[n].label + groups.axis.noun_of(groups.each[n].value), curves[n].at, curves[n].alive)
        for n in picked
        if curves[n].at.size
    ]
    shaded = f"; hatched: {asked.sure} interval" if len(lines) <= MOST_BANDS else ""
    left = "" if len(picked) == len(curves) else f"; {len(picked)} of {len(curves)} values shown"
    return Chart(
        "steps", f"Share of tier-{asked.tier} loads alive, by {groups.axis.name}", "hours since the start, h",
        "share of loads alive", tuple(lines), f"{groups.foot()}{shaded}{left}", top=1.0,
    )  # fmt: skip


def chosen(count: int) -> list[int]:
    """Which of so many curves are drawn: at most `MOST_CURVES`, first and last among them.

    >>> chosen(3), chosen(11)
    ([0, 1, 2], [0, 2, 4, 6, 8, 10])
    """
    if count <= MOST_CURVES:
        return list(range(count))
    return [round(k * (count - 1) / (MOST_CURVES - 1)) for k in range(MOST_CURVES)]
