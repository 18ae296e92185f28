"""Runs of intervals in which something stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


Span = tuple[float, float]
"""From one point to another; 2.5 lies in the middle of the third interval."""


def cut(mask: NDArray[np.bool_], share: NDArray[np.float64], late: Mapping[int, bool] | None = None) -> Iterator[Span]:
    """Spans in which something is on that is on for a share of an interval only in some.

    ``late`` says of intervals whether that share is at their end; of others it is where it meets what is on before, or
    else what is on after.

    >>> list(cut(np.array([True, True, False]), np.array([1.0, 0.25, 0.0])))
    [(0.0, 1.25)]
    >>> list(cut(np.array([False, True, True]), np.array([0.0, 0.25, 1.0])))
    [(1.75, 3.0)]
    >>> list(cut(np.array([True, True, True]), np.array([1.0, 0.25, 1.0])))
    [(0.0, 1.25), (2.0, 3.0)]
    """
    for first, last in where(mask):
        begin, end = float(first), float(first)
        for at in range(first, last):
            part = min(float(share[at]), 1.0)
            at_end = part < 1.0 and (late or {}).get(at, at == first and last - first > 1)
            opens = at + 1.0 - part if at_end else float(at)
            if opens > end:
                if end > begin:
                    yield begin, end
                begin = opens
            end = at + 1.0 if at_end else at + part
        yield begin, end
