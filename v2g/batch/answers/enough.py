"""How much is enough: the smallest value of an axis at which all loads of the first tier live to the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from v2g.batch.answers.answer import Answer, Asked, Chart, NoAnswer, Series, percent
from v2g.batch.answers.axis import plain
from v2g.batch.answers.finished import OPEN, PLANNED, REFUSED, Finished
from v2g.batch.answers.groups import Groups, grouped, others
from v2g.batch.answers.intervals import draws_needed
from v2g.batch.answers.levels import Counted, Level, Setting, first_enough, levels, more_is_worse

NOTES = (
    "A draw is a seed. In it all loads live if no critical load of the tier lacks anything that it asks for, from the "
    "start to the end of the case. One that is not run yet is left out.",
    "undecided: the plan does not keep all loads, but nothing proves that no plan could (its policy may have had other "
    "aims, or its gap is open). Shares and lower bounds count undecided and failed draws as misses, upper bounds as "
    "hits.",
    "refused: the case with these changes has faults, so that there was nothing to plan. Such a draw is neither a miss "
    "nor a hit and is left out.",
    "Bounds on the share by Clopper and Pearson, one-sided: they hold for draws like these, not for what the study "
    "leaves out. Values are tested from the far end on until one does not show the share, so that what is called shown "
    "holds for all of them (a fixed sequence of tests). Every other bound is that of its row by itself.",
)
SETTINGS = (
    "Where the other axes have several settings, the share asked for has to be reached in each, and the setting with "
    "the smallest lower bound is named. That it was chosen after seeing the results does no harm to this bound: the "
    "bound of the setting that is truly the hardest is too high in no more studies than the confidence allows, and the "
    "smallest bound is never above it. An upper bound would gain by such a choice: it is taken with the error allowed "
    "shared among the settings (Bonferroni)."
)


class Enough:
    """The smallest (or, where more of it is worse, the largest) value at which all loads live in enough draws."""

    name = "enough"
    title = "the smallest value of an axis at which all tier-1 loads live to the end"

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
        along = [(words, grouped(study, axis, numbers)) for words, numbers in others(study, axis)]
        found = [Setting(words, counted(groups, alive, undecided)) for words, groups in along]
        unknown = _not_known(along)
        rows = [_table(groups, setting, asked) for (_, groups), setting in zip(along, found, strict=True)]
        groups = along[0][1]
        title = f"What is enough for all tier-{asked.tier} loads to live: {axis.name}"
        notes = (*NOTES, SETTINGS) if len(found) > 1 else NOTES
        return Answer(f"enough-{axis.name}", title, _sentence(groups, found, study, asked) + unknown,
                      pd.concat(rows, ignore_index=True), notes, _chart(groups, found, asked))  # fmt: skip


def verdicts(study: Finished, tier: int) -> tuple[pd.Series, pd.Series]:
    """By scenario: whether all loads of the tier live to the end, and, where not, whether that is undecided."""
    mine = study.loads[study.loads["tier"] == tier]
    lost = pd.to_numeric(mine["dark_from_h"]).notna().groupby(mine["scenario"]).any()
    alive = ~lost.reindex(study.rows.index, fill_value=False) & (study.rows["status"] == PLANNED)
    possible = study.measure(f"tier{tier}_possible") >= study.measure(f"tier{tier}_loads")
    return alive, ~alive & possible & (study.rows["status"] == PLANNED)


def counted(groups: Groups, alive: pd.Series, undecided: pd.Series) -> tuple[Counted, ...]:
    """Draws of each group: in one, all loads live if they do in all its scenarios.

    It is undecided only where every scenario that does not live is, and refused where one of them is.
    """
    found = []
    for group in groups.each:
        rows = groups.study.rows.loc[list(group.numbers)]
        over = (rows["status"] != OPEN).groupby(rows["seed"]).all()
        refused = (rows["status"] == REFUSED).groupby(rows["seed"]).any()
        ended = over & ~refused
        lives = alive.reindex(rows.index).groupby(rows["seed"]).all()[ended]
        fails = (~rows["status"].isin((PLANNED, OPEN))).groupby(rows["seed"]).any()[ended]
        might = (alive | undecided).reindex(rows.index).groupby(rows["seed"]).all()[ended]
        found.append(Counted(group.label, group.value, group.at, int(ended.sum()), int(lives.sum()), int(fails.sum()),
                             int((might & ~lives).sum()), int((over & refused).sum())))  # fmt: skip
    return tuple(found)


def _table(groups: Groups, setting: Setting, asked: Asked) -> pd.DataFrame:
    axis, each = groups.axis, setting.each
    head: dict[str, Any] = {"others": [setting.words] * len(each)} if setting.words else {}
    head[axis.column] = [one.value for one in each]
    if groups.binned:
        head |= {
            f"{axis.column}_from": [g.low for g in groups.each],
            f"{axis.column}_to": [g.high for g in groups.each],
        }
    return pd.DataFrame(
        head
        | {
            "draws": [one.draws for one in each],
            "all_alive_draws": [one.alive for one in each],
            "failed_draws": [one.failed for one in each],
            "undecided_draws": [one.undecided for one in each],
            "refused_draws": [one.refused for one in each],
            "all_alive_share": [one.share for one in each],
            "all_alive_at_least_share": [one.least(asked.confidence) for one in each],
            "all_alive_at_most_share": [one.most(asked.confidence) for one in each],
        }
    )


def _sentence(groups: Groups, found: Sequence[Setting], study: Finished, asked: Asked) -> str:
    every = levels(found)
    if not every:
        where = "" if len(found) == 1 else f" in each of the {len(found)} settings of the other axes"
        return (
            f"No value has a complete draw{where} yet."
            if study.open
            else f"Nothing is known{where}. {study.incomplete}"
        )
    down = more_is_worse(groups.axis, every)
    known = every[:: -1 if down else 1]
    what = f"{_loads(study, asked)} to the end in at least {percent(asked.share)} of the draws"
    if known[0].several:
        what += f" in each of the {len(known[0].words)} settings of the other axes"
    at = first_enough(known, asked.share)
    if at is None:
        best = max(known[::-1], key=lambda level: (level.share, level.least(asked.confidence), level.hits))
        return (
            f"No value of {groups.axis.name} that was tried is enough: at none of them {what}; the best is "
            f"{_shown(groups, best)}, with {_tally(best, asked)}.{_were_hits(groups, known, at, asked)}"
        )
    one = known[at]
    return (
        f"{_shown(groups, one)} is the {'largest' if down else 'smallest'} value tried at which {what}: "
        f"{_tally(one, asked)}. {_sure(groups, known, at, asked)}"
        f"{_next(groups, known, at, asked, down)}{_were_hits(groups, known, at, asked)}"
    )


def _not_known(along: Sequence[tuple[str, Groups]]) -> str:
    """Values at which every draw was refused, in each setting of the other axes, as the end of a sentence."""
    said = [
        f"{groups.named(number)}{f', {words}' if words else ''} ({draws} of {draws} refused)"
        for words, groups in along
        for number, draws in groups.refused.items()
    ]
    return f" Not known: {'; '.join(said)}." if said else ""


def _tally(level: Level, asked: Asked) -> str:
    """Hits and draws of a value, and what counts as a miss though it is not known to be one."""
    words, one = level.worst(asked.confidence)
    text = f"{one.alive} of {one.draws}"
    unsure = [f"{count} {word}" for count, word in ((one.undecided, "undecided"), (one.failed, "failed")) if count]
    if unsure:
        text += f" ({' and '.join(unsure)}, counted as {'a miss' if one.undecided + one.failed == 1 else 'misses'})"
    if one.refused:
        text += f", {one.refused} refused and left out"
    if level.several:
        alike = len({(cell.alive, cell.draws) for cell in level.cells}) == 1 and not unsure
        worst = f" in the worst of {len(level.cells)} settings tried, chosen after seeing the results ({words})"
        text += " in each" if alike else worst
    return text


def _sure(groups: Groups, known: Sequence[Level], at: int, asked: Asked) -> str:
    """How sure that is, and at which value it would be sure."""
    least = known[at].least(asked.confidence)
    where = "the share in every setting" if known[at].several else "the share there"
    text = f"With {asked.sure} confidence {where} is at least {percent(round(least, 3))}"
    if least >= asked.share:
        return f"{text}, so that is shown."
    shown = first_enough(known, asked.share, asked.confidence)
    if shown is not None:
        there = percent(round(known[shown].least(asked.confidence), 3))
        return f"{text}; at {_shown(groups, known[shown])} it is at least {there}, so that is shown there."
    needed = draws_needed(asked.share, asked.confidence)
    draws = min(cell.draws for cell in known[at].cells)
    there = f"there {'is' if draws == 1 else 'are'} {draws}"
    return f"{text}: to show {percent(asked.share)} takes {needed} draws without a miss, and {there}."


def _next(groups: Groups, known: Sequence[Level], at: int, asked: Asked, down: bool) -> str:
    """Whether it is sure that the value before is not enough."""
    if not at:
        return ""
    before = known[at - 1]
    step, too = ("more", "too much") if down else ("less", "too little")
    where = "the share in the hardest setting" if before.several else "the share there"
    most = before.most(asked.confidence)
    had = f" One step {step}, {_shown(groups, before)}, had {_tally(before, asked)}: {where}"
    if most < asked.share:
        return f"{had} is at most {percent(round(most, 3))}, which is {too}."
    return f"{had} may be up to {percent(round(most, 3))}, so that it is {too} is not shown."


def _were_hits(groups: Groups, known: Sequence[Level], at: int | None, asked: Asked) -> str:
    """What would be enough if all that is undecided were hits, where that is another value."""
    hoped = first_enough([level.hoped() for level in known], asked.share)
    return (
        "" if hoped is None or hoped == at else f" Were undecided draws hits, {_shown(groups, known[hoped])} would do."
    )


def _shown(groups: Groups, level: Level) -> str:
    axis = groups.axis
    return (
        f"{axis.name} {level.label}"
        if groups.binned
        else f"{axis.name} = {plain(level.value)}{axis.noun_of(level.value)}"
    )


def _loads(study: Finished, asked: Asked) -> str:
    """All loads, and how many there are where that is the same in all scenarios."""
    counts = study.measure(f"tier{asked.tier}_loads").dropna().unique().tolist()
    if counts == [1]:
        return f"the one tier-{asked.tier} load lives"
    return f"all {f'{counts[0]:g} ' if len(counts) == 1 else ''}tier-{asked.tier} loads live"


def _chart(groups: Groups, found: Sequence[Setting], asked: Asked) -> Chart:
    lines = [
        Series(setting.words or "all loads alive", np.array([one.at for one in setting.each]),
               np.array([one.share for one in setting.each]),
               np.array([one.least(asked.confidence) for one in setting.each]),
               np.array([one.most(asked.confidence) for one in setting.each]))
        for setting in found[:4]
    ]  # fmt: skip
    ends = np.array([min(line.x.min() for line in lines), max(line.x.max() for line in lines)])
    wanted = Series(f"asked for: {percent(asked.share)}", ends, np.full(2, asked.share))
    draws = sorted({one.draws for setting in found for one in setting.each})
    n = f"{draws[0]}" if len(draws) == 1 else f"{draws[0]} to {draws[-1]}"
    more = f"; {len(lines)} of {len(found)} settings of the other axes shown" if len(found) > len(lines) else ""
    foot = f"n = {n} draws (seeds) at each value; whiskers: one-sided {asked.sure} bounds (Clopper-Pearson){more}"
    return Chart("points", f"Draws in which all tier-{asked.tier} loads live to the end", groups.axis.label,
                 "share of draws", (*lines, wanted), foot, top=1.0)  # fmt: skip
