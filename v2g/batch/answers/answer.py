"""What is asked of a study, and what an answer is: a table, a sentence, and something to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from v2g.batch.answers.axis import Axis
from v2g.batch.answers.finished import Finished
from v2g.batch.answers.intervals import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """How answers are to be given.

    ``share``: of the draws, in which all loads of ``tier`` have to live (for `enough`). ``confidence`` is that of all
    intervals. ``axis``: look along this one only.
    """

    tier: int = 1
    share: float = 0.9
    confidence: float = 0.95
    axis: str = ""

    @property
    def sure(self) -> str:
        """The confidence in per cent."""
        return f"{100.0 * self.confidence:g} %"

    def along(self, study: Finished) -> list[Axis]:
        """Axes to look along."""
        return [axis for axis in study.ways if self.axis in ("", axis.name)]


@dataclass(frozen=True)
class Series:
    """A line of a figure; ``low`` and ``high`` are ends of intervals, NaN where there is none."""

    label: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None


def series(label: str, x: Floats, found: Sequence[Interval]) -> Series:
    """Means with their intervals as a line of a figure."""
    mean, low, high = (np.array([getattr(i, end) for i in found], dtype=float) for end in ("mean", "low", "high"))
    return Series(label, x, mean, low, high)


@dataclass(frozen=True)
class Chart:
    """What to draw. ``names`` stand at x = 0, 1, ... where x has no numbers; ``foot`` says how many draws there are."""

    kind: Literal["points", "steps"]
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    foot: str
    names: tuple[str, ...] = ()
    top: float | None = None

    @property
    def shows(self) -> bool:
        """Whether there is anything to see: a figure known in one of its answers, not just what to compare with."""
        lines = [line for line in self.series if self.kind == "steps" or line.low is not None]
        return any(bool(np.isfinite(line.y).any()) for line in lines)


@dataclass(frozen=True)
class Answer:
    """One answer. ``name`` is that of its files; the columns of ``table`` say their units."""

    name: str
    title: str
    sentence: str
    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    chart: Chart | None = None


class NoAnswer(Exception):
    """The study cannot say this; the message says what it would need."""


class Question(Protocol):
    """One question that studies answer."""

    name: str
    title: str

    def answers(self, study: Finished, asked: Asked) -> Sequence[Answer]:
        """One or several answers, at least one, of a study that has a plan. Raises NoAnswer."""
        ...


def brief(value: float, places: int = 1) -> str:
    """A number for a sentence.

    >>> brief(1234.56), brief(7.0), brief(0.25, 2), brief(-0.01), brief(float("nan"))
    ('1,234.6', '7', '0.25', '0', 'unknown')
    """
    if np.isnan(value):
        return "unknown"
    text = f"{value:,.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def percent(share: float) -> str:
    """A share in per cent, never rounded up to all or down to nothing.

    >>> percent(1.0), percent(0.9996), percent(0.5), percent(0.0001)
    ('100 %', '99.9 %', '50 %', '0.1 %')
    """
    if np.isnan(share):
        return "unknown"
    if 0.0 < share < 1.0:
        return f"{min(max(100.0 * share, 0.1), 99.9):.3g} %"
    return f"{100.0 * share:g} %"


def with_interval(mean: float, low: float, high: float, places: int = 1) -> str:
    """A mean and its interval, where it has one.

    >>> with_interval(6.0, 1.03, 10.97), with_interval(6.0, float("nan"), float("nan"))
    ('6 (1 to 11)', '6')
    """
    said = brief(mean, places)
    return said if np.isnan(low) else f"{said} ({brief(low, places)} to {brief(high, places)})"
