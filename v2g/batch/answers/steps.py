"""From one value of an axis to the next: how much more there is, and how sure that is."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd

from v2g.batch.answers.answer import Asked, Floats
from v2g.batch.answers.groups import Groups
from v2g.batch.answers.intervals import NONE, Interval, about, mean_interval

PAIRED = "differences are taken seed by seed, so that what a seed draws does not blur them"
APART = "values have no seeds in common, so that differences are between means (Welch's t interval)"


def differences(groups: Groups, figure: pd.Series, asked: Asked) -> list[Interval]:
    """What each group has more than the one before it: paired where they have seeds in common, else between means.

    The first has none.
    """
    draws = groups.draws(figure)
    return [
        Interval(NONE, NONE, NONE, 0),
        *(_between(a, b, asked.confidence) for a, b in pairwise(draws)),
    ]


def paired(groups: Groups) -> bool:
    """Whether groups next to each other have seeds in common."""
    return any((a & b).any() for a, b in pairwise(groups.whole))


def how(groups: Groups) -> str:
    """How differences are taken, in words."""
    return PAIRED if paired(groups) else APART


def _between(before: Floats, after: Floats, confidence: float) -> Interval:
    both = ~np.isnan(before) & ~np.isnan(after)
    if both.any():
        return mean_interval(after[both] - before[both], confidence)
    return welch(before[~np.isnan(before)], after[~np.isnan(after)], confidence)


def welch(before: Floats, after: Floats, confidence: float) -> Interval:
    """The difference of two means of independent draws, its degrees of freedom by Welch and Satterthwaite, down.

    >>> welch(np.array([1.0, 3.0]), np.array([6.0, 8.0]), 0.95)  # 5 -+ t(2) = 4.303 x sqrt(2 / 2 + 2 / 2)
    Interval(mean=5.0, low=-1.0848..., high=11.0848..., draws=3)
    """
    if not before.size or not after.size:
        return Interval(NONE, NONE, NONE, 0)
    mean = float(after.mean() - before.mean())
    if min(before.size, after.size) < 2:
        return Interval(mean, NONE, NONE, 1)
    parts = [float(one.var(ddof=1)) / one.size for one in (before, after)]
    weights = [part**2 / (one.size - 1) for part, one in zip(parts, (before, after), strict=True)]
    if sum(parts) <= 0.0:
        return Interval(mean, NONE, NONE, 2)
    freedom = max(1, math.floor(sum(parts) ** 2 / sum(weights) + 1e-9))
    return about(mean, math.sqrt(sum(parts)), freedom + 1, confidence)
