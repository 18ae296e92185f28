"""How much is enough: the smallest value of an axis at which all sites of the first tier live to the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from v2g.batch.answers.answer import Answer, Asked, Chart, NoAnswer, Series, percent
from v2g.batch.answers.axis import plain
from v2g.batch.answers.finished import OPEN, PLANNED, Finished
from v2g.batch.answers.groups import Groups, grouped, others
from v2g.batch.answers.intervals import draws_needed, share_at_least, share_at_most

NOTES = (
    "A draw is a seed. In it all sites live if no critical load of the tier lacks anything that it asks for, from the "
    "start to the end of the case. A scenario that failed counts as one in which they do not; one that is not run yet "
    "is left out.",
    "undecided: the plan does not keep all sites, but nothing proves that no plan could (its policy may have had other "
    "aims, or its gap is open).",
    "Bounds on the share by Clopper and Pearson, one-sided: they hold for draws like these, not for what the study "
    "leaves out.",
)


@dataclass(frozen=True)
class Counted:
    """Draws at one value: how many there are, in how many all sites live, fail, or are undecided."""

    label: str
    value: Any
    at: float
    draws: int
    alive: int
    failed: int
    undecided: int

    @property
    def share(self) -> float:
        """Of the draws, in which all sites live."""
        return self.alive / self.draws if self.draws else math.nan

    def least(self, confidence: float) -> float:
        """The share is at least this."""
        return share_at_least(self.alive, self.draws, confidence)


class Enough:
    """The smallest (or, where more of it is worse, the largest) value at which all sites live in enough draws."""

    name = "enough"
    title = "the smallest value of an axis at which all tier-1 sites live to the end"

    def answers(self, study: Finished, asked: Asked) -> Sequence[Answer]:
        """One for each axis of numbers that has several."""
        axes = [axis for axis in asked.along(study) if axis.kind == "number" and study.rows[axis.name].nunique() > 1]
        if not axes:
            raise NoAnswer("No axis has several numbers.")
        if not (study.loads["tier"] == asked.tier).any():
            raise NoAnswer(f"No scenario with a plan has critical loads of tier {asked.tier}.")
        return [self._along(study, axis, asked) for axis in axes]

    def _along(self, study: Finished, axis: Any, asked: Asked) -> Answer:
        alive, undecided = verdicts(study, asked.tier)
        found = [
            (words, grouped(study, axis, numbers), counted(grouped(study, axis, numbers), alive, undecided))
            for words, numbers in others(study, axis)
        ]
        table = pd.concat([_table(words, groups, each, asked) for words, groups, each in found], ignore_index=True)
        sentence = _sentence(*_worst(found, asked), study, asked)
        title = f"How much {axis.name} is enough for all tier-{asked.tier} sites"
        return Answer(f"enough-{axis.name}", title, sentence, table, NOTES, _chart(found, asked))


Found = tuple[str, Groups, list[Counted]]


def verdicts(study: Finished, tier: int) -> tuple[pd.Series, pd.Series]:
    """By scenario: whether all sites of the tier live to the end, and, where not, whether that is undecided."""
    mine = study.loads[study.loads["tier"] == tier]
    lost = pd.to_numeric(mine["dark_from_h"]).notna().groupby(mine["scenario"]).any()
    alive = ~lost.reindex(study.rows.index, fill_value=False) & (study.rows["status"] == PLANNED)
    possible = study.measure(f"tier{tier}_possible") >= study.measure(f"tier{tier}_loads")
    return alive, ~alive & possible & (study.rows["status"] == PLANNED)


def counted(groups: Groups, alive: pd.Series, undecided: pd.Series) -> list[Counted]:
    """Draws of each group: in one, all sites live if they do in all its scenarios."""
    found = []
    for group in groups.each:
        rows = groups.study.rows.loc[list(group.numbers)]
        ended = (rows["status"] != OPEN).groupby(rows["seed"]).all()
        lives = alive.reindex(rows.index).groupby(rows["seed"]).all()[ended]
        fails = (~rows["status"].isin((PLANNED, OPEN))).groupby(rows["seed"]).any()[ended]
        unclear = undecided.reindex(rows.index).groupby(rows["seed"]).any()[ended]
        found.append(Counted(group.label, group.value, group.at, int(ended.sum()), int(lives.sum()), int(fails.sum()),
                             int((unclear & ~lives).sum())))  # fmt: skip
    return found


def first_enough(found: Sequence[Counted], share: float, confidence: float = 0.0) -> int | None:
    """The first value from which on, along the list, the share is large enough; by its lower bound, given a confidence.

    None where the last one is too small already. Values without draws do not count.
    """
    answer = None
    for number in reversed(range(len(found))):
        one = found[number]
        if not one.draws:
            continue
        if (one.least(confidence) if confidence else one.share) < share - 1e-12:
            break
        answer = number
    return answer


def falls(found: Sequence[Counted]) -> bool:
    """Whether fewer sites live at larger values, so that the largest value is asked for."""
    known = [one.share for one in found if one.draws]
    return len(known) > 1 and known[0] > known[-1]


def _worst(found: Sequence[Found], asked: Asked) -> Found:
    """Where the other axes stand such that most is asked for."""

    def asks(one: Found) -> float:
        _, _, each = one
        listed = each[::-1] if falls(each) else each
        at = first_enough(listed, asked.share)
        return math.inf if at is None else float(at)

    return max(found, key=asks)


def _table(words: str, groups: Groups, each: Sequence[Counted], asked: Asked) -> pd.DataFrame:
    axis = groups.axis
    head: dict[str, Any] = {"others": [words] * len(each)} if words else {}
    head[axis.column] = [one.value for one in each]
    if groups.binned:
        head |= {
            f"{axis.column}_from": [g.low for g in groups.each],
            f"{axis.column}_to": [g.high for g in groups.each],
        }
    bounds = [(one.least(asked.confidence), share_at_most(one.alive, one.draws, asked.confidence)) for one in each]
    return pd.DataFrame(
        head
        | {
            "draws": [one.draws for one in each],
            "all_alive_draws": [one.alive for one in each],
            "failed_draws": [one.failed for one in each],
            "undecided_draws": [one.undecided for one in each],
            "all_alive_share": [one.share for one in each],
            "all_alive_at_least_share": [low for low, _ in bounds],
            "all_alive_at_most_share": [high for _, high in bounds],
        }
    )


def _sentence(words: str, groups: Groups, each: Sequence[Counted], study: Finished, asked: Asked) -> str:
    axis, down = groups.axis, falls(each)
    listed = each[::-1] if down else list(each)
    if not any(one.draws for one in each):
        return "No draw is complete yet."
    what = f"{_sites(study, asked)} to the end in at least {percent(asked.share)} of the draws"
    where = f" Where it is hardest ({words}):" if words else ""
    extreme = "largest" if down else "smallest"
    at = first_enough(listed, asked.share)
    if at is None:
        best = max((one for one in each if one.draws), key=lambda one: one.share)
        text = (
            f"No value of {axis.name} that was tried is enough: {what} at none of them; the best is "
            f"{_shown(groups, best)}, with {best.alive} of {best.draws}."
        )
        return f"{where} {text}".strip()
    one = listed[at]
    first = f"{_shown(groups, one)} is the {extreme} value tried at which {what}: {one.alive} of {one.draws}."
    return f"{where} {first} {_sure(groups, listed, one, asked)}".strip() + _unclear(listed, at)


def _sure(groups: Groups, listed: Sequence[Counted], one: Counted, asked: Asked) -> str:
    """How sure that is, and at which value it would be sure."""
    least = one.least(asked.confidence)
    text = f"With {asked.sure} confidence the share there is at least {percent(round(least, 3))}"
    if least >= asked.share:
        return f"{text}, so that is shown."
    shown = first_enough(listed, asked.share, asked.confidence)
    if shown is not None:
        there = percent(round(listed[shown].least(asked.confidence), 3))
        return f"{text}; at {_shown(groups, listed[shown])} it is at least {there}, so that is shown there."
    needed = draws_needed(asked.share, asked.confidence)
    return f"{text}: to show {percent(asked.share)} takes {needed} draws without a miss, and there are {one.draws}."


def _unclear(listed: Sequence[Counted], at: int) -> str:
    before = [one for one in listed[:at] if one.undecided]
    return f" (Below that, {sum(one.undecided for one in before)} draws are undecided.)" if before else ""


def _shown(groups: Groups, one: Counted) -> str:
    axis = groups.axis
    return f"{axis.name} {one.label}" if groups.binned else f"{axis.name} = {plain(one.value)}{axis.noun_of(one.value)}"


def _sites(study: Finished, asked: Asked) -> str:
    """All sites, and how many there are where that is the same in all scenarios."""
    counts = study.measure(f"tier{asked.tier}_loads").dropna().unique().tolist()
    if counts == [1]:
        return f"the one tier-{asked.tier} site lives"
    return f"all {f'{counts[0]:g} ' if len(counts) == 1 else ''}tier-{asked.tier} sites live"


def _chart(found: Sequence[Found], asked: Asked) -> Chart:
    lines = [
        Series(words or "all sites alive", np.array([one.at for one in each]), np.array([one.share for one in each]),
               np.array([one.least(asked.confidence) for one in each]),
               np.array([share_at_most(one.alive, one.draws, asked.confidence) for one in each]))
        for words, _, each in found[:4]
    ]  # fmt: skip
    axis = found[0][1].axis
    ends = np.array([min(line.x.min() for line in lines), max(line.x.max() for line in lines)])
    wanted = Series(f"asked for: {percent(asked.share)}", ends, np.full(2, asked.share))
    draws = sorted({one.draws for _, _, each in found for one in each})
    n = f"{draws[0]}" if len(draws) == 1 else f"{draws[0]} to {draws[-1]}"
    more = f"; {len(lines)} of {len(found)} settings of the other axes shown" if len(found) > len(lines) else ""
    foot = f"n = {n} draws (seeds) at each value; whiskers: one-sided {asked.sure} bounds (Clopper-Pearson){more}"
    return Chart("points", f"Draws in which all tier-{asked.tier} sites live to the end", axis.label, "share of draws",
                 (*lines, wanted), foot, top=1.0)  # fmt: skip
