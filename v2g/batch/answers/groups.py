"""Scenarios grouped along an axis, and draws within each group.

A draw is a seed: scenarios of one seed share what was drawn, so that only seeds are independent of each other. Within a
group, the scenarios of a seed (all settings of the other axes) are averaged; a seed of which one has failed is left out
there, as its mean would be of other settings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from v2g.batch.answers.answer import Asked, Floats
from v2g.batch.answers.axis import Axis, plain, time_of
from v2g.batch.answers.finished import OPEN, PLANNED, REFUSED, Finished
from v2g.batch.answers.intervals import Interval, mean_interval

MOST_VALUES, BINS = 12, 6
"""A drawn axis with more values than that is looked at in so many groups of equal size."""


@dataclass(frozen=True)
class Group:
    """Scenarios at one value of an axis, or within a range of values."""

    value: Any
    label: str
    at: float
    numbers: tuple[int, ...]
    low: float = np.nan
    high: float = np.nan


@dataclass(frozen=True)
class _Cells:
    """Scenarios in cells of group and seed: positions of their rows, and the cell of each."""

    rows: NDArray[np.int64]
    group: NDArray[np.int64]
    seed: NDArray[np.int64]
    shape: tuple[int, int]

    def counted(self, weights: NDArray[Any]) -> Floats:
        """Sum of weights in each cell."""
        flat = np.bincount(self.group * self.shape[1] + self.seed, weights, self.shape[0] * self.shape[1])
        return np.asarray(flat.reshape(self.shape))

    @property
    def total(self) -> Floats:
        """Scenarios in each cell."""
        return self.counted(np.ones(self.rows.size))


def _mean(row: Floats) -> float:
    """Mean of what is known."""
    known = row[~np.isnan(row)]
    return float(known.mean()) if known.size else math.inf


@dataclass(frozen=True)
class Groups:
    """Scenarios of a study along one of its axes. ``binned``: each group is a range."""

    study: Finished
    axis: Axis
    each: tuple[Group, ...]
    binned: bool

    def draws(self, figure: pd.Series) -> Floats:
        """Mean of a figure by group and seed, (groups, seeds): NaN where a scenario of the seed has no plan."""
        values = figure.to_numpy(float)[self._cells.rows]
        known = ~np.isnan(values)
        sums = self._cells.counted(np.where(known, values, 0.0))
        found = self._cells.counted(known)
        means = np.divide(sums, found, out=np.full(sums.shape, np.nan), where=self.whole & (found > 0))
        return np.asarray(means, dtype=float)

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """Draws of which all scenarios have a plan, (groups, seeds)."""
        planned = (self.study.rows["status"] == PLANNED).to_numpy()[self._cells.rows]
        return np.asarray((self._cells.total > 0) & (self._cells.counted(planned) == self._cells.total))

    @cached_property
    def _cells(self) -> _Cells:
        index = pd.Series(range(len(self.study.rows)), index=self.study.rows.index)
        rows = [index.loc[list(group.numbers)].to_numpy(np.int64) for group in self.each]
        seeds = np.unique(self.study.rows["seed"].to_numpy(), return_inverse=True)[1].astype(np.int64)
        flat = np.asarray(np.concatenate(rows), dtype=np.int64)
        group = np.repeat(np.arange(len(rows)), [len(one) for one in rows])
        return _Cells(flat, group, seeds[flat], (len(rows), int(seeds.max()) + 1))

    def intervals(self, figure: pd.Series, asked: Asked, most: pd.Series | None = None) -> list[Interval]:
        """Mean of a figure in each group, with its confidence interval over draws.

        No interval reaches below zero, or above the mean of ``most``, which no scenario can exceed.
        """
        draws = self.draws(figure)
        limits = [math.inf] * len(draws) if most is None else [_mean(row) for row in self.draws(most)]
        return [
            mean_interval(row[~np.isnan(row)], asked.confidence, 0.0, limit)
            for row, limit in zip(draws, limits, strict=True)
        ]

    def columns(self) -> dict[str, list[Any]]:
        """First columns of a table: the value, and how many draws and scenarios it rests on."""
        rows, column = self.study.rows, self.axis.column
        head: dict[str, list[Any]] = {column: [group.value for group in self.each]}
        if self.binned:
            head |= {f"{column}_from": [g.low for g in self.each], f"{column}_to": [g.high for g in self.each]}
        statuses = [rows.loc[list(group.numbers), "status"] for group in self.each]
        return head | {
            "draws": self.whole.sum(axis=1).tolist(),
            "scenarios": [len(group.numbers) for group in self.each],
            "failed": [int((~status.isin((PLANNED, OPEN))).sum()) for status in statuses],
            "not_run": [int((status == OPEN).sum()) for status in statuses],
        }

    def complete(self, number: int) -> list[int]:
        """Scenarios of a group whose draw is whole there: none of its seed has failed or is still to be run."""
        rows = self.study.rows.loc[list(self.each[number].numbers)]
        whole = (rows["status"] == PLANNED).groupby(rows["seed"]).transform("all")
        return [int(found) for found in rows.index[whole]]

    @property
    def refused(self) -> dict[int, int]:
        """Groups of which every draw was refused, with the number of their draws.

        The changed case was none that can be planned, so that nothing is known there.
        """
        found = {}
        for number, group in enumerate(self.each):
            rows = self.study.rows.loc[list(group.numbers)]
            each = (rows["status"] == REFUSED).groupby(rows["seed"]).any()
            if each.all():
                found[number] = len(each)
        return found

    @property
    def not_known(self) -> str:
        """Such groups, as the end of a sentence; blank where there are none."""
        said = [f"{self.named(number)} ({draws} of {draws} refused)" for number, draws in self.refused.items()]
        return f" Not known: {', '.join(said)}." if said else ""

    def named(self, number: int) -> str:
        """A group in a sentence: ``fleet = 8 vehicles``."""
        group = self.each[number]
        return f"{self.axis.name} {group.label}" if self.binned else self.axis.shown(group.value)

    def between(self, first: int, last: int) -> str:
        """A step in a sentence: ``fleet = 2 to 3 vehicles``."""
        one, two = self.each[first].label, self.each[last].label
        if self.binned:
            return f"{self.axis.name} of {one} to {self.axis.name} of {two}"
        return f"{self.axis.name} = {one} to {two}{self.axis.noun_of(self.each[last].value)}"

    @property
    def at(self) -> Floats:
        """Where the groups stand on the axis of a figure."""
        return np.array([group.at for group in self.each], dtype=float)

    @property
    def names(self) -> tuple[str, ...]:
        """Labels for a figure, where the axis has no numbers."""
        return () if self.axis.kind == "number" else tuple(group.label for group in self.each)

    def foot(self) -> str:
        """How many draws and scenarios a figure rests on."""
        counts = self.columns()
        draws = sorted(set(counts["draws"]))
        n = f"{draws[0]}" if len(draws) == 1 else f"{draws[0]} to {draws[-1]}"
        lost = f", {sum(counts['failed'])} failed" if sum(counts["failed"]) else ""
        later = f", {sum(counts['not_run'])} not run yet" if sum(counts["not_run"]) else ""
        return f"n = {n} draws (seeds) at each value; {sum(counts['scenarios'])} scenarios{lost}{later}"


def grouped(study: Finished, axis: Axis, numbers: Sequence[int] | None = None) -> Groups:
    """Scenarios by the value of an axis: in the order of numbers and times, words in the order of the study."""
    rows = study.rows if numbers is None else study.rows.loc[list(numbers)]
    keys = _keys(rows[axis.name], axis)
    values = sorted(set(keys)) if axis.kind != "word" else list(dict.fromkeys(keys))
    if not study.is_grid and axis.kind != "word" and len(values) > MOST_VALUES:
        return Groups(study, axis, tuple(_binned(rows, axis, np.asarray(keys, dtype=float))), True)
    listed = np.asarray(keys, dtype=object)
    each = []
    for place, value in enumerate(values):
        mine = rows.index[listed == value].tolist()
        own = rows[axis.name].loc[mine[0]]
        each.append(Group(own, plain(own), float(value) if axis.kind == "number" else float(place), tuple(mine)))
    return Groups(study, axis, tuple(each), False)


def _keys(column: pd.Series, axis: Axis) -> list[Any]:
    """Values that can be sorted."""
    if axis.kind == "time":
        return [moment.timestamp() for one in column if (moment := time_of(one)) is not None]
    return [float(one) if axis.kind == "number" else str(one) for one in column]


def _binned(rows: pd.DataFrame, axis: Axis, keys: NDArray[np.float64]) -> list[Group]:
    """Groups of nearly equal size along a drawn axis."""
    order = np.argsort(keys, kind="stable")
    found = []
    for place, part in enumerate(np.array_split(order, BINS)):
        mine = keys[part]
        low, high = rows[axis.name].iloc[part[0]], rows[axis.name].iloc[part[-1]]
        label = f"{plain(low)} to {plain(high)}"
        number = axis.kind == "number"
        value = float(mine.mean()) if number else low
        ends = (float(mine.min()), float(mine.max())) if number else (low, high)
        at = value if number else float(place)
        found.append(Group(value, label, at, tuple(rows.index[part].tolist()), *ends))
    return found


def others(study: Finished, axis: Axis) -> list[tuple[str, tuple[int, ...]]]:
    """Settings of the other axes of a grid, in words, with the scenarios of each; one without words otherwise."""
    names = [way for way in study.ways if way.name != axis.name and study.rows[way.name].nunique() > 1]
    if not study.is_grid or not names:
        return [("", tuple(study.rows.index.tolist()))]
    words = pd.Series("", index=study.rows.index)
    for way in names:
        words = words + [f", {way.shown(value)}" for value in study.rows[way.name]]
    words = words.str[2:]
    return [(word, tuple(words.index[words == word].tolist())) for word in dict.fromkeys(words)]
