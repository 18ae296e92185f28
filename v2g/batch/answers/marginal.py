"""What one more is worth: load-hours for each unit along an axis, and prices where the study asked for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from v2g.batch.answers.answer import Answer, Asked, Chart, NoAnswer, brief, series, with_interval
from v2g.batch.answers.finished import PLANNED, Finished
from v2g.batch.answers.groups import Groups, grouped
from v2g.batch.answers.intervals import NONE, Interval, mean_interval
from v2g.batch.answers.served import columns, critical_hours, other_axes
from v2g.batch.answers.steps import differences, how

LESS = (
    "The worth to one tier alone may be negative: under policy tiers, hours of a site that cannot be kept throughout "
    "come after whole sites of the next tier."
)
STEPS = "From one value of the axis to the next, for one unit; intervals by Student's t over draws (seeds): "
PRICES = (
    "A price holds for the first small unit, with all else as it is; 'solved again' means that the case was planned "
    "again with one more. Means over draws (seeds), intervals by Student's t."
)


class Marginal:
    """Critical load-hours for one more unit: by differences along axes, and by prices."""

    name = "marginal"
    title = "what the next vehicle, charger or kWh is worth, in critical load-hours"

    def answers(self, study: Finished, asked: Asked) -> Sequence[Answer]:
        """One for each axis of numbers that has several, and one for prices along an axis."""
        axes = [axis for axis in asked.along(study) if axis.kind == "number" and study.rows[axis.name].nunique() > 1]
        found = [self._steps(grouped(study, axis), asked) for axis in axes] if len(study.planned) else []
        if len(study.values):
            found += [self._prices(grouped(study, axis), asked) for axis in asked.along(study)]
        if not found:
            raise NoAnswer(
                "No axis has several numbers, and the study did not ask for prices ([answers] values = true)."
            )
        return found

    def _steps(self, groups: Groups, asked: Asked) -> Answer:
        axis, study = groups.axis, groups.study
        apart = np.diff([group.value for group in groups.each], prepend=math.nan).tolist()
        hours = _each(differences(groups, critical_hours(study, "served"), asked), apart)
        tier = study.measure(f"tier{asked.tier}_hours_served")
        first = _each(differences(groups, tier, asked), apart)
        head = groups.columns()
        unit = axis.per.replace(" ", "_")
        table = pd.DataFrame(
            {f"{axis.column}_before": [math.nan, *head[axis.column][:-1]]}
            | head
            | {"pairs": [i.draws for i in hours]}
            | columns("critical_worth", f"h_per_{unit}", hours)
            | columns(f"tier{asked.tier}_worth", f"h_per_{unit}", first)
        ).iloc[1:]
        notes = (STEPS + how(groups) + ".", LESS, *other_axes(groups))
        middle = np.array([(a.at + b.at) / 2 for a, b in pairwise(groups.each)])
        parts = {"all critical tiers": hours[1:], f"tier {asked.tier}": first[1:]}
        chart = Chart(
            "points", f"Worth of one more {axis.per}", f"{axis.label} (middle of each step)",
            f"critical load-hours per {axis.per}, h",
            tuple(series(label, middle, part) for label, part in parts.items()),
            f"{groups.foot()}; whiskers: {asked.sure} interval, Student's t",
        )  # fmt: skip
        return Answer(f"marginal-{axis.name}", f"Worth of one more {axis.per}", _sentence(groups, hours, asked), table,
                      notes, chart)  # fmt: skip

    def _prices(self, groups: Groups, asked: Asked) -> Answer:
        study, axis = groups.study, groups.axis
        kinds = study.values.drop_duplicates(["what", "unit", "how"])[["what", "unit", "how"]]
        head = pd.DataFrame(groups.columns())
        rows: list[pd.DataFrame] = []
        said = []
        for what, unit, way in kinds.itertuples(index=False):
            mine = study.values[(study.values[["what", "unit", "how"]] == [what, unit, way]).all(axis=1)]
            figure = pd.to_numeric(mine.set_index("scenario")["load_hours_per_unit"]).groupby(level=0).mean()
            found = _present(groups, figure, asked)
            part = {"what": what, "unit": unit, "how": way, **columns("worth", "h_per_unit", found)}
            rows.append(head.assign(**part, draws=[i.draws for i in found]))
            known = [n for n, i in enumerate(found) if i.draws]
            if known:
                best = max(known, key=lambda n: found[n].mean)
                worth = with_interval(found[best].mean, found[best].low, found[best].high, 2)
                said.append(f"one more {what} ({unit}; {way}) is worth up to {worth} critical load-hours, at "
                            f"{groups.named(best)}")  # fmt: skip
        table = pd.concat(rows, ignore_index=True)
        text = "; ".join(said) + "." if said else "No draw is complete yet."
        return Answer(f"prices-{axis.name}", f"Prices along {axis.name}", text[:1].upper() + text[1:], table,
                      (PRICES, *other_axes(groups)))  # fmt: skip


def _present(groups: Groups, figure: pd.Series, asked: Asked) -> list[Interval]:
    """Means of a figure in each group; a plan without one has none of it, and is left out."""
    rows = groups.study.rows
    known = figure.reindex(rows.index)[rows["status"] == PLANNED].dropna()
    found = []
    for group in groups.each:
        mine = known.reindex(list(group.numbers)).dropna()
        found.append(mean_interval(mine.groupby(rows["seed"].reindex(mine.index)).mean().to_numpy(), asked.confidence))
    return found


def _each(found: Sequence[Interval], apart: Sequence[float]) -> list[Interval]:
    """Differences for one unit."""
    return [
        Interval(i.mean / d, i.low / d, i.high / d, i.draws) if d > 0 else Interval(NONE, NONE, NONE, 0)
        for i, d in zip(found, apart, strict=True)
    ]


def _sentence(groups: Groups, hours: Sequence[Interval], asked: Asked) -> str:
    known = [n for n, i in enumerate(hours) if i.draws]
    if not known:
        return "No two values next to each other have complete draws yet."
    axis = groups.axis

    def step(n: int) -> str:
        worth = with_interval(hours[n].mean, hours[n].low, hours[n].high)
        return f"{worth} from {groups.each[n - 1].label} to {groups.each[n].label}"

    best = max(known, key=lambda n: hours[n].mean)
    said = [
        f"One more {axis.per} is worth most, in critical load-hours, between two values of {axis.name}: {step(best)}"
    ]
    if known[-1] != best:
        said.append(f"in the last step it is worth {step(known[-1])}")
    nothing = [n for n in known if abs(hours[n].mean) < 5e-4]
    if nothing and nothing[-1] == known[-1]:
        first = next(n for n in nothing if all(m in nothing for m in known if m >= n))
        said.append(f"nothing more is gained after {brief(groups.each[first - 1].at, 3)}")
    return "; ".join(said) + f" ({asked.sure} intervals where draws differ)."
