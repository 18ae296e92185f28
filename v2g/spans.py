"""Times of a case in words: a moment, a span between two points, several spans."""

from __future__ import annotations

import numpy as np

from v2g.case import Case
from v2g.replay.verdict import Index, Mask

TOLD = 3
"""Most spans that are told one by one."""


def moment(case: Case, point: int) -> str:
    """A point between intervals, by date and hour."""
    return f"{case.boundaries[int(point)]:%Y-%m-%d %H:%M}"


def span(case: Case, first: int, last: int) -> str:
    """From one point until another; the date of the end is said where it is another day."""
    if first == last:
        return f"at {moment(case, first)}"
    begin, end = case.boundaries[int(first)], case.boundaries[int(last)]
    until = f"{end:%H:%M}" if begin.date() == end.date() else moment(case, last)
    return f"from {moment(case, first)} to {until}"


def between(case: Case, first: int, last: int) -> str:
    """Two points between which something is; the date of the second is said where it is another day."""
    return span(case, first, last).replace("from ", "between ").replace(" to ", " and ")


def runs(on: Mask) -> list[tuple[int, int]]:
    """First position of each run of true ones, and the position after its last.

    >>> runs(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.asarray(on, dtype=bool), [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def listed(case: Case, pairs: list[tuple[int, int]]) -> str:
    """Spans between points one by one, or how many there are, and from when until when."""
    if len(pairs) <= TOLD:
        told = [span(case, a, b) for a, b in pairs]
        return " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
    begin, end = pairs[0][0], max(b for _, b in pairs)
    return f"at {len(pairs)} times {span(case, begin, end)}"


def when(case: Case, intervals: Index) -> str:
    """The intervals of a list, neighbours taken together."""
    on = np.zeros(case.steps, dtype=bool)
    on[intervals] = True
    if on.all():
        return "all the time"
    return listed(case, runs(on))
