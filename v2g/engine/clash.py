"""Limits that cannot all be kept: rows and bounds of a program that clash, as few as possible.

Most clashes live in one interval, or in one thing. What clashes with fewer rows clashes with all, so programs of
single intervals are tried first, then of single things, and the whole one only where none of them clashes; of that the
shortest stretch of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from v2g.affine import Entries, Ints, Term, compress, gather
from v2g.engine.clock import Clock
from v2g.engine.spare import filtered
from v2g.engine.stretch import Members, Unfinished, priced, stretched
from v2g.lp import LP, stack

__all__ = ["NONE", "Members", "Unfinished", "find"]

NONE = -1
"""Time of a column that belongs to no interval, and thing of one that belongs to none."""
SHARE = 1.0 / 3.0
"""Part of the time that is left, for each search that is not of the whole program."""


def find(
    lp: LP, time_limit: float | None = None, when: Ints | None = None, whose: Ints | None = None
) -> Members | None:
    """An irreducible set of rows and bounds that clash; None where there is none.

    Parameters
    ----------
    time_limit
        Seconds. A set that is found and not yet irreducible by then is handed over as such.
    when
        Time of each column, (columns,): interval t is ``2 t + 1``, the point before it ``2 t``, otherwise `NONE`.
    whose
        Number of the thing that each column is of, (columns,), otherwise `NONE`.

    Times and things guide the search, and decide nothing; without them the whole program is taken at once. Whole
    columns count as columns that may be fractional. Raises `Unfinished` where time was too short to say.
    """
    crossed = np.flatnonzero(lp.lower > lp.upper)[:1]
    if crossed.size:
        return Members(crossed[:0], crossed, crossed)
    clock = Clock(time_limit)
    spans = None if when is None else _Spans(lp, when)
    members = None if spans is None else _fewest(lp, spans.singles(), clock.part(SHARE))
    if members is None and whose is not None:
        members = _fewest(lp, _of_things(lp, whose), clock.part(SHARE))
    if members is not None:
        return _least(lp, members, clock)
    members = _of_part(lp, np.arange(lp.shape[0]), clock)
    if members is not None and spans is not None:
        members = _shorter(lp, members, spans, clock.part(SHARE))
    return None if members is None else _least(lp, members, clock)


def _fewest(lp: LP, parts: Iterable[Ints], clock: Clock) -> Members | None:
    """The fewest members that clash in one of some parts of the rows, among those looked at in time.

    Of parts that are alike, only the first one is looked at.
    """
    found, seen = list[Members](), set[bytes]()
    for rows in parts:
        if clock.over:
            break
        key = _content(lp, rows)
        if key in seen:
            continue
        seen.add(key)
        try:
            members = _of_part(lp, rows, clock)
        except Unfinished:
            continue
        if members is not None:
            found.append(members)
    return min(found, key=lambda members: members.size, default=None)


def _least(lp: LP, members: Members, clock: Clock) -> Members:
    found = filtered(lp, members, clock)
    if found is None:
        raise Unfinished("What the multipliers price does not clash to the solver's tolerance.")
    return found


def _of_part(lp: LP, rows: Ints, clock: Clock) -> Members | None:
    """Members that clash among some rows and the bounds of their columns; None where these rows do not."""
    if clock.over:
        raise Unfinished("time limit")
    part, columns = _part(lp, rows)
    y = stretched(part, clock.left())
    if y is None:
        return None
    found = priced(part, y)
    if found is None:
        raise Unfinished("The multipliers prove nothing.")
    return replace(found, rows=rows[found.rows], lower=columns[found.lower], upper=columns[found.upper])


def _part(lp: LP, rows: Ints) -> tuple[LP, Ints]:
    """The program of some rows and of the columns that they touch, and which columns these are."""
    entries: Entries = gather(lp.matrix, rows)
    columns = np.unique(entries.column)
    terms = (Term(entries.row, np.searchsorted(columns, entries.column), entries.coefficient),)
    part = LP(
        stack([compress(rows.size, terms)]), lp.row_lower[rows], lp.row_upper[rows],
        lp.lower[columns], lp.upper[columns], lp.integer[columns], lp.state[columns], lp.lazy[rows], (), lp.layout,
    )  # fmt: skip
    return part, columns


class _Spans:
    """From when to when each row reaches over the columns that it touches."""

    def __init__(self, lp: LP, when: Ints) -> None:
        rows = lp.shape[0]
        owner, time = np.repeat(np.arange(rows), np.diff(lp.matrix.start)), when[lp.matrix.index]
        timed = time != NONE
        self.last_of_all = int(time.max(initial=0)) // 2 + 1
        self.first, self.last = np.full(rows, 2 * self.last_of_all), np.zeros(rows, dtype=np.int64)
        np.minimum.at(self.first, owner[timed], time[timed])
        np.maximum.at(self.last, owner[timed], time[timed])

    def window(self, begin: int, end: int) -> Ints:
        """Rows that reach over nothing but the intervals from ``begin`` to before ``end``, and their points."""
        return np.flatnonzero((self.first >= 2 * begin) & (self.last <= 2 * end))

    def singles(self) -> Iterator[Ints]:
        """The rows of each interval alone."""
        windows = (self.window(t, t + 1) for t in range(self.last_of_all))
        return (rows for rows in windows if rows.size)


def _of_things(lp: LP, whose: Ints) -> Iterator[Ints]:
    """The rows that touch columns of one thing and no others, for each thing."""
    rows, thing = lp.shape[0], whose[lp.matrix.index]
    owner = np.repeat(np.arange(rows), np.diff(lp.matrix.start))
    low, high = np.full(rows, whose.max(initial=0) + 1), np.full(rows, NONE)
    np.minimum.at(low, owner, thing)
    np.maximum.at(high, owner, thing)
    alone = np.flatnonzero((low == high) & (high != NONE))
    order = alone[np.argsort(high[alone], kind="stable")]
    edges = np.flatnonzero(np.diff(high[order])) + 1
    return (part for part in np.split(order, edges) if part.size)


def _content(lp: LP, rows: Ints) -> bytes:
    """What makes the program of some rows: the same where the same is asked for and can be done."""
    part, _ = _part(lp, rows)
    numbers = (part.row_lower, part.row_upper, part.lower, part.upper, part.matrix.value)
    return b"".join(array.tobytes() for array in (part.matrix.start, part.matrix.index, *numbers))


def _shorter(lp: LP, members: Members, spans: _Spans, clock: Clock) -> Members:
    """Members of the shortest stretch of time, first from its end and then from its beginning, as time allows."""
    begin, end = 0, spans.last_of_all

    def tried(one: int, other: int) -> Members | None:
        return _of_part(lp, spans.window(one, other), clock)

    try:
        low = 0
        while end - low > 1:
            middle = (low + end) // 2
            found = tried(begin, middle)
            low, end, members = (middle, end, members) if found is None else (low, middle, found)
        high = end
        while high - begin > 1:
            middle = (begin + high) // 2
            found = tried(middle, end)
            begin, high, members = (begin, middle, members) if found is None else (middle, high, found)
    except Unfinished:
        return members
    return members
