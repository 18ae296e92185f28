"""How much is served by when the outage begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC

import numpy as np
import pandas as pd

from v2g.batch.answers.answer import Answer, Asked, Chart, NoAnswer, brief, percent, series, with_interval
from v2g.batch.answers.axis import Axis, time_of
from v2g.batch.answers.finished import Finished
from v2g.batch.answers.groups import Group, Groups, grouped
from v2g.batch.answers.intervals import Interval
from v2g.batch.answers.served import MEANS, columns, critical_hours, other_axes

MOST_STARTS, BLOCK_H = 24, 4
"""More starts than that are looked at by hour of the day, in blocks of so many hours."""


class ByStart:
    """Critical load-hours served by start of the outage."""

    name = "by_start"
    title = "critical load-hours served by start of the outage"

    def answers(self, study: Finished, asked: Asked) -> Sequence[Answer]:
        """One for each axis that sets the start."""
        axes = [axis for axis in asked.along(study) if axis.is_start]
        if not axes:
            raise NoAnswer('No axis changes when the outage begins; an axis with change = "outage_start" does.')
        return [self._along(_starts(study, axis), asked) for axis in axes]

    def _along(self, groups: Groups, asked: Asked) -> Answer:
        asks = critical_hours(groups.study, "required")
        required = groups.intervals(asks, asked)
        served = groups.intervals(critical_hours(groups.study, "served"), asked, asks)
        share = [s.mean / r.mean if r.mean else math.nan for s, r in zip(served, required, strict=True)]
        table = pd.DataFrame(
            groups.columns()
            | _calendar(groups)
            | {"critical_required_h": [i.mean for i in required]}
            | columns("critical_served", "h", served)
            | {"critical_served_share": share}
        )
        chart = Chart(
            "points", "Critical load-hours served by start of the outage", "start of the outage, UTC",
            "critical load-hours, h",
            (series("served", np.arange(len(groups.each), dtype=float), served),),
            f"{groups.foot()}; whiskers: {asked.sure} interval, Student's t",
            tuple(group.label for group in groups.each),
        )  # fmt: skip
        return Answer(
            f"by_start-{groups.axis.name}", "Critical load-hours served by start of the outage",
            _sentence(groups, served, required, share, asked) + groups.not_known, table,
            (MEANS, *other_axes(groups)), chart,
        )  # fmt: skip


def _starts(study: Finished, axis: Axis) -> Groups:
    """By start, or by hour of the day where there are many."""
    plain = grouped(study, axis)
    moments = [moment for one in study.rows[axis.name] if (moment := time_of(one)) is not None]
    if len(set(moments)) <= MOST_STARTS:
        return Groups(study, axis, plain.each, False) if not plain.binned else _one_by_one(study, axis)
    blocks = np.array([moment.astimezone(UTC).hour // BLOCK_H for moment in moments])
    each = []
    for block in sorted(set(blocks.tolist())):
        label = f"{block * BLOCK_H:02d}:00 to {(block + 1) * BLOCK_H:02d}:00"
        each.append(Group(label, label, float(block), tuple(study.rows.index[blocks == block].tolist())))
    return Groups(study, axis, tuple(each), False)


def _one_by_one(study: Finished, axis: Axis) -> Groups:
    values = sorted(set(study.rows[axis.name]))
    return Groups(study, axis, tuple(
        Group(value, value, float(n), tuple(study.rows.index[study.rows[axis.name] == value].tolist()))
        for n, value in enumerate(values)
    ), False)  # fmt: skip


def _calendar(groups: Groups) -> dict[str, list[object]]:
    """Day of the week and hour of each start, where groups are starts."""
    moments = [time_of(group.value) for group in groups.each]
    if None in moments:
        return {}
    days = [f"{moment:%A}" for moment in moments if moment]
    return {"weekday_utc": [*days], "hour_utc": [moment.hour + moment.minute / 60.0 for moment in moments if moment]}


def _sentence(groups: Groups, served: Sequence[Interval], required: Sequence[Interval], share: Sequence[float],
              asked: Asked) -> str:  # fmt: skip
    """Starts are compared by the share that is served: a later one may ask for less."""
    known = [n for n, i in enumerate(served) if i.draws and math.isfinite(share[n])]
    if not known:
        return groups.study.incomplete
    best, worst = (pick(known, key=lambda n: share[n]) for pick in (max, min))
    if math.isclose(share[best], share[worst], rel_tol=1e-9, abs_tol=1e-9):
        return f"Whenever the outage begins, plans serve {percent(round(share[best], 3))} of critical load-hours."
    said = [
        f"{with_interval(served[n].mean, served[n].low, served[n].high)} of {brief(required[n].mean)} critical "
        f"load-hours ({percent(round(share[n], 3))}) at the {word} start, {groups.each[n].label} UTC"
        for n, word in ((worst, "worst"), (best, "best"))
    ]
    return f"Plans serve {said[0]}, and {said[1]} (means of the draws, {asked.sure} intervals where draws differ)."
