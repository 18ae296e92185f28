"""Runs of intervals in which something stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


def spans(*columns: Sequence[Any] | NDArray[Any]) -> Iterator[tuple[int, int]]:
    """First and last point of each run in which no column changes; all columns have the same length.

    >>> list(spans([1, 1, 2, 2], [0, 0, 0, 5]))
    [(0, 2), (2, 3), (3, 4)]
    """
    length = len(columns[0])
    changes = np.zeros(max(length - 1, 0), dtype=bool)
    for column in columns:
        values = np.asarray(column)
        changes |= values[1:] != values[:-1]
    edges = [0, *(np.flatnonzero(changes) + 1).tolist(), length]
    if length:
        yield from pairwise(edges)


def where(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last point of each run of true.

    >>> list(where(np.array([False, True, True, False, True])))
    [(1, 3), (4, 5)]
    """
    for first, last in spans(mask):
        if mask[first]:
            yield first, last
