"""How sure a mean or a share is: Student's t over draws, and the binomial bound of Clopper and Pearson."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtrit

Floats = NDArray[np.float64]
ALIKE = 1e-9
NONE = float("nan")


class Interval(NamedTuple):
    """A mean, the ends of its confidence interval (NaN where draws cannot tell), and the number of draws."""

    mean: float
    low: float
    high: float
    draws: int


def mean_interval(values: Sequence[float] | Floats, confidence: float, least: float = -math.inf,
                  most: float = math.inf) -> Interval:  # fmt: skip
    """Mean of independent draws with Student's t interval, cut off at what is possible.

    One draw says nothing of the spread, and draws that are all alike would give an interval of no width: both
    have no interval.

    >>> mean_interval([4.0, 6.0, 8.0], 0.95)  # 6 -+ 4.303 x 2 / sqrt(3)
    Interval(mean=6.0, low=1.0317..., high=10.968..., draws=3)
    >>> mean_interval([5.0, 5.0], 0.95)
    Interval(mean=5.0, low=nan, high=nan, draws=2)
    """
    found = np.asarray(values, dtype=float)
    if not found.size:
        return Interval(NONE, NONE, NONE, 0)
    mean = float(found.mean())
    spread = float(found.std(ddof=1)) if found.size > 1 else 0.0
    return about(mean, spread / math.sqrt(found.size), found.size, confidence, least, most)


def about(mean: float, error: float, draws: int, confidence: float, least: float = -math.inf,
          most: float = math.inf) -> Interval:  # fmt: skip
    """The interval of a mean with a standard error from so many draws."""
    if draws < 2 or error <= ALIKE * max(1.0, abs(mean)):
        return Interval(mean, NONE, NONE, draws)
    half = float(stdtrit(draws - 1, 0.5 + confidence / 2.0)) * error
    return Interval(mean, max(least, mean - half), min(most, mean + half), draws)


def jackknife(whole: float, without: Sequence[float], confidence: float, least: float, most: float) -> Interval:
    """The interval of a figure from what it would be without each of the draws.

    >>> jackknife(6.0, [7.0, 6.0, 5.0], 0.95, 0.0, 100.0)  # means of 4, 6, 8 without one of them: as by Student's t
    Interval(mean=6.0, low=1.0317..., high=10.968..., draws=3)
    """
    n = len(without)
    if n < 2:
        return Interval(whole, NONE, NONE, n)
    apart = np.asarray(without, dtype=float) - float(np.mean(without))
    return about(whole, math.sqrt((n - 1) / n * float(apart @ apart)), n, confidence, least, most)


def share_at_least(hits: int, draws: int, confidence: float) -> float:
    """The one-sided lower bound of Clopper and Pearson on a share.

    >>> round(share_at_least(29, 29, 0.95), 4), share_at_least(0, 5, 0.95)  # 0.05 ** (1 / 29)
    (0.9019, 0.0)
    """
    if draws < 1:
        return NONE
    return 0.0 if hits == 0 else float(betaincinv(hits, draws - hits + 1, 1.0 - confidence))


def share_at_most(hits: int, draws: int, confidence: float) -> float:
    """The one-sided upper bound of Clopper and Pearson on a share.

    >>> round(share_at_most(0, 5, 0.95), 4)  # 1 - 0.05 ** (1 / 5)
    0.4507
    """
    if draws < 1:
        return NONE
    return 1.0 if hits == draws else float(betaincinv(hits + 1, draws - hits, confidence))


def draws_needed(share: float, confidence: float) -> int:
    """So many draws without a single miss show, with that confidence, that a share is at least this.

    >>> draws_needed(0.9, 0.95), draws_needed(0.5, 0.95)  # 0.9 ** 29 = 0.047, 0.5 ** 5 = 0.031
    (29, 5)
    """
    return max(1, math.ceil(math.log(1.0 - confidence) / math.log(share) - 1e-9)) if 0.0 < share < 1.0 else 1
