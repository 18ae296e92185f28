"""How much is served along an axis: critical load-hours, and loads of the first tier kept throughout."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pandas as pd

from v2g.batch.answers.answer import Answer, Asked, Chart, Series, brief, series, with_interval
from v2g.batch.answers.axis import Axis
from v2g.batch.answers.finished import Finished
from v2g.batch.answers.groups import Groups, grouped
from v2g.batch.answers.intervals import Interval
from v2g.batch.answers.steps import differences, how

MEANS = (
    "Means over draws (seeds), intervals by Student's t: with few draws it is wider, and nearer to the truth, than a "
    "bootstrap. No interval where all draws are alike or there is but one."
)


class Served:
    """Critical load-hours served, and tier-1 loads kept, at each value of each axis."""

    name = "served"
    title = "critical load-hours served, and loads of tier 1 kept, along each axis"

    def answers(self, study: Finished, asked: Asked) -> Sequence[Answer]:
        """One for each axis."""
        return [self._along(grouped(study, axis), asked) for axis in asked.along(study)]

    def _along(self, groups: Groups, asked: Asked) -> Answer:
        hours, asks = critical_hours(groups.study, "served"), critical_hours(groups.study, "required")
        required = [i.mean for i in groups.intervals(asks, asked)]
        served = groups.intervals(hours, asked, asks)
        kept, loads = kept_loads(groups, asked)
        more = differences(groups, hours, asked)
        table = pd.DataFrame(
            groups.columns()
            | {"critical_required_h": required}
            | columns("critical_served", "h", served)
            | {"critical_served_share": [s.mean / r if r else math.nan for s, r in zip(served, required, strict=True)]}
            | {f"tier{asked.tier}_loads": loads}
            | columns(f"tier{asked.tier}_kept", "loads", kept)
            | columns("more_than_before", "h", more)
        )
        axis = groups.axis
        notes = (MEANS, f"more_than_before: {how(groups)}.", *other_axes(groups))
        return Answer(
            f"served-{axis.name}", f"Critical load-hours served along {axis.name}",
            _sentence(groups, served, required, kept, loads, asked) + groups.not_known, table, notes,
            _chart(groups, served, required, asked),
        )  # fmt: skip


def critical_hours(study: Finished, which: str) -> pd.Series:
    """Load-hours of all critical tiers in each scenario, ``served`` or ``required``."""
    names = [name for name in study.measures if re.fullmatch(rf"tier\d+_hours_{which}", str(name))]
    return study.measures[names].astype(float).sum(axis=1, min_count=1)


def kept_loads(groups: Groups, asked: Asked) -> tuple[list[Interval], list[float]]:
    """Loads of the tier kept throughout in each group, and how many there are."""
    loads = groups.study.measure(f"tier{asked.tier}_loads")
    kept = groups.intervals(groups.study.measure(f"tier{asked.tier}_served"), asked, loads)
    return kept, [i.mean for i in groups.intervals(loads, asked)]


def columns(name: str, unit: str, found: Sequence[Interval]) -> dict[str, list[float]]:
    """A mean and the ends of its interval as columns."""
    return {
        f"{name}_{unit}": [i.mean for i in found],
        f"{name}_low_{unit}": [i.low for i in found],
        f"{name}_high_{unit}": [i.high for i in found],
    }


def other_axes(groups: Groups) -> tuple[str, ...]:
    """A note where the other axes are averaged."""
    study, own = groups.study, groups.axis.name
    names = [way.name for way in study.ways if way.name != own and study.rows[way.name].nunique() > 1]
    return (f"Averaged over the other axes: {', '.join(names)}.",) if names else ()


def _sentence(groups: Groups, served: Sequence[Interval], required: Sequence[float], kept: Sequence[Interval],
              loads: Sequence[float], asked: Asked) -> str:  # fmt: skip
    ends = [n for n, i in enumerate(served) if i.draws]
    if not ends:
        return groups.study.incomplete
    said = []
    for n in dict.fromkeys((ends[0], ends[-1])):
        share = f" of {brief(required[n])}"
        tier = f"{with_interval(kept[n].mean, kept[n].low, kept[n].high)} of {brief(loads[n])} tier-{asked.tier} loads"
        hours = with_interval(served[n].mean, served[n].low, served[n].high)
        whole = "" if math.isnan(loads[n]) else f", and keep {tier} throughout"
        said.append(f"with {groups.named(n)}, plans serve {hours}{share} critical load-hours{whole}")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]} (means of the draws, {asked.sure} intervals where draws differ)."


def _chart(groups: Groups, served: Sequence[Interval], required: Sequence[float], asked: Asked) -> Chart:
    axis: Axis = groups.axis
    line = series("served", groups.at, served)
    asks = Series("required", groups.at, line.y * 0.0 + required)
    foot = f"{groups.foot()}; whiskers: {asked.sure} interval, Student's t"
    return Chart("points", "Critical load-hours served", axis.label, "critical load-hours, h", (line, asks), foot,
                 groups.names)  # fmt: skip
