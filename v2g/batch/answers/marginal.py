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
    "The worth to one tier alone may be negative: under policy tiers, hours of a load that cannot be kept throughout "
    "come after whole loads of the next tier."
)
STEPS = "From one value of the axis to the next, {}; intervals by Student's t over draws (seeds): {}."
NOTHING = 5e-4
"""Fewer load-hours than that are none."""
NAMES = {"kwh": "kWh on board", "litre": "litre of fuel"}
"""What is priced, in words, where its name is not one."""
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
        found = [self._steps(grouped(study, axis), asked) for axis in axes]
        if len(study.values):
            found += [self._prices(grouped(study, axis), asked) for axis in asked.along(study)]
        if not found:
            raise NoAnswer(
                "No axis has several numbers, and the study did not ask for prices ([answers] values = true)."
            )
        return found

    def _steps(self, groups: Groups, asked: Asked) -> Answer:
        axis, study = groups.axis, groups.study
        unit = _unit(groups)
        apart = (np.diff([group.value for group in groups.each], prepend=math.nan) / unit).tolist() if unit else None
        hours = _each(differences(groups, critical_hours(study, "served"), asked), apart)
        asks = _each(differences(groups, critical_hours(study, "required"), asked), apart)
        first = _each(differences(groups, study.measure(f"tier{asked.tier}_hours_served"), asked), apart)
        head = groups.columns()
        per = axis.per or (f"{unit:g}" if unit else "")
        name, unit_name = ("worth", f"h_per_{per.replace(' ', '_')}") if per else ("more", "h")
        table = pd.DataFrame(
            {f"{axis.column}_before": [math.nan, *head[axis.column][:-1]]}
            | head
            | {"pairs": [i.draws for i in hours]}
            | {f"critical_required_more_{unit_name}": [i.mean for i in asks]}
            | columns(f"critical_{name}", unit_name, hours)
            | columns(f"tier{asked.tier}_{name}", unit_name, first)
        ).iloc[1:]
        each = "for one unit" if axis.per else f"for each {per} of {axis.name}" if per else "as they stand"
        steps = STEPS.format(each, how(groups))
        title = f"Worth of one more {axis.per}" if axis.per else f"Gained from one value of {axis.name} to the next"
        title += f", for each {per}" if per and not axis.per else ""
        middle = np.array([(a.at + b.at) / 2 for a, b in pairwise(groups.each)])
        parts = {"all critical tiers": hours[1:], f"tier {asked.tier}": first[1:]}
        chart = Chart(
            "points", title, f"{axis.label} (middle of each step)",
            f"critical load-hours{f' per {per}' if per else ''}, h",
            tuple(series(label, middle, part) for label, part in parts.items()),
            f"{groups.foot()}; whiskers: {asked.sure} interval, Student's t",
        )  # fmt: skip
        return Answer(f"marginal-{axis.name}", title, _sentence(groups, hours, asks, asked, per) + groups.not_known,
                      table, (steps, LESS, *other_axes(groups)), chart)  # fmt: skip

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
                said.append(f"one more {NAMES.get(what, what)} is worth up to {worth} critical load-hours, at "
                            f"{groups.named(best)} ({way})")  # fmt: skip
        table = pd.concat(rows, ignore_index=True)
        text = "; ".join(said) + "." if said else study.incomplete
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


def _unit(groups: Groups) -> float:
    """For how much of an axis differences are told: one unit, or, where values have none, a round part of a step.

    Zero where steps of such values are all alike, so that they can be compared as they stand.
    """
    if groups.axis.per:
        return 1.0
    wide = np.diff([group.value for group in groups.each])
    if not wide.size or np.allclose(wide, wide[0], rtol=1e-6, atol=0.0):
        return 0.0
    return float(10.0 ** math.floor(math.log10(float(wide.min())) + 1e-9))


def _each(found: Sequence[Interval], apart: Sequence[float] | None) -> list[Interval]:
    """Differences for one unit; as they are where values have none."""
    if apart is None:
        return list(found)
    return [
        Interval(i.mean / d, i.low / d, i.high / d, i.draws) if d > 0 else Interval(NONE, NONE, NONE, 0)
        for i, d in zip(found, apart, strict=True)
    ]


def _sentence(groups: Groups, hours: Sequence[Interval], asks: Sequence[Interval], asked: Asked, unit: str) -> str:
    known = [n for n, i in enumerate(hours) if i.draws]
    if not known:
        return f"No two values next to each other have complete draws. {groups.study.incomplete}"
    per = groups.axis.per
    if all(_is_nothing(hours[n]) for n in known):
        return f"Nothing is gained or lost from {groups.between(known[0] - 1, known[-1])}."

    def step(n: int) -> str:
        worth = with_interval(hours[n].mean, hours[n].low, hours[n].high)
        each = f" for each {unit}" if unit and not per else ""
        return f"from {groups.between(n - 1, n)}: {worth} critical load-hours{each}{_of(asks[n].mean)}"

    best = max(known, key=lambda n: hours[n].mean)
    said = [f"One more {per} is worth most {step(best)}" if per else f"Most is gained {step(best)}"]
    nothing = [n for n in known if _is_nothing(hours[n])]
    if known[-1] != best and known[-1] not in nothing:
        said.append(f"in the last step, {step(known[-1])}")
    if nothing and nothing[-1] == known[-1]:
        first = next(n for n in nothing if all(m in nothing for m in known if m >= n))
        said.append(f"nothing more is gained beyond {groups.named(first - 1)}")
    return "; ".join(said) + f" ({asked.sure} intervals where draws differ)."


def _is_nothing(found: Interval) -> bool:
    """Whether nothing was gained or lost in any draw."""
    ends = (found.mean, found.low, found.high)
    return all(math.isnan(end) or abs(end) < NOTHING for end in ends)


def _of(more: float) -> str:
    """By how much more is asked for, where that changes along the axis."""
    if abs(more) < NOTHING:
        return ""
    return f", where {brief(abs(more))} {'more' if more > 0 else 'fewer'} are required"
