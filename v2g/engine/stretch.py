"""A proof that limits clash: all of them stretched alike, by as little as possible.

The multipliers of that program prove that no point keeps the rows and bounds which they price (Farkas 1902). A corner
of its multipliers prices a set of which nothing can be spared, but for rounding: Gleeson and Ryan 1990,
doi:10.1287/ijoc.2.1.61.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from v2g.affine import Entries, Floats, Ints, Rows, Term, compress, gather
from v2g.engine.core import Reduced
from v2g.engine.states import peel
from v2g.lp import LP, column_sums, stack
from v2g.solvers.answer import Status

DUST = 1e-12
"""Multipliers below this part of the largest are rounding, and so is what they leave on columns without bounds."""
STRETCH = 1e-7
"""Limits that are kept once they are stretched by no more than this do not clash."""
OPTIONS = {
    "solver": "simplex", "threads": 1, "random_seed": 0,
    "primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9,
}  # fmt: skip


class Unfinished(Exception):
    """Whether limits clash is not known: time ran out, or the solver gave up."""


@dataclass(frozen=True)
class Members:
    """Rows, and columns by the side of their bounds, that clash. ``least`` where each of them was tried."""

    rows: Ints
    lower: Ints
    upper: Ints
    least: bool = True

    @property
    def size(self) -> int:
        """How many."""
        return int(self.rows.size + self.lower.size + self.upper.size)


def stretched(lp: LP, time_limit: float | None) -> Floats | None:
    """Multipliers of the rows where the limits are stretched as little as possible; None where none needs it.

    Raises `Unfinished` where that is not known.
    """
    program, owner = _stretchable(lp)
    cost = np.zeros(program.shape[1])
    cost[-1] = 1.0
    answer = Reduced(program, OPTIONS).minimise(cost, time_limit)
    if answer.status is not Status.OPTIMAL or answer.x is None or answer.y is None:
        raise Unfinished(answer.message)
    if answer.x[-1] <= STRETCH:
        return None
    summed = np.bincount(owner, weights=answer.y, minlength=lp.shape[0] + 1)
    return np.asarray(summed[: lp.shape[0]], dtype=float)


def _stretchable(lp: LP) -> tuple[LP, Ints]:
    """The program with one more column, by which all limits are stretched alike, and the row that each row is from.

    Limits are all rows that define no state, side by side, and the bounds of states, as rows from nowhere.
    """
    states, (rows, columns) = peel(lp), lp.shape
    kept, limited = np.flatnonzero(~states.defines), np.flatnonzero(states.level_of >= 0)
    laws = np.flatnonzero(states.defines)
    one = _Block(gather(lp.matrix, laws), laws, lp.row_lower[laws], lp.row_upper[laws], np.zeros(laws.size, bool), 0.0)
    blocks = [one]
    for sign, own, box in ((1.0, lp.row_lower, lp.lower), (-1.0, lp.row_upper, lp.upper)):
        at, bound = kept[np.isfinite(own[kept])], limited[np.isfinite(box[limited])]
        blocks.append(_one_side(gather(lp.matrix, at), at, own[at], lp.lazy[at], sign))
        alone = Entries(np.arange(bound.size), bound, np.ones(bound.size))
        blocks.append(_one_side(alone, np.full(bound.size, rows), box[bound], np.ones(bound.size, bool), sign))
    lower, upper = np.r_[lp.lower, 0.0], np.r_[lp.upper, np.inf]
    lower[limited], upper[limited] = -np.inf, np.inf
    row_lower, row_upper = (np.concatenate([getattr(b, name) for b in blocks]) for name in ("lower", "upper"))
    lazy, body = np.concatenate([b.lazy for b in blocks]), stack([b.rows(columns) for b in blocks])
    integer, state = np.zeros(columns + 1, bool), np.r_[lp.state, False]
    owner = np.concatenate([b.owner for b in blocks])
    settles = None if lp.settles is None else np.r_[lp.settles, [[0, 0]]][owner]
    return LP(body, row_lower, row_upper, lower, upper, integer, state, lazy, (), lp.layout, settles), owner


@dataclass(frozen=True)
class _Block:
    """Rows from entries, the rows they are from, and how much the stretching column helps them."""

    entries: Entries
    owner: Ints
    lower: Floats
    upper: Floats
    lazy: NDArray[np.bool_]
    help: float

    def rows(self, stretch: int) -> Rows:
        """Compressed, with the stretching column."""
        own = self.entries
        terms = [Term(own.row, own.column, own.coefficient)]
        if self.help:
            everyone = np.arange(self.owner.size)
            terms.append(Term(everyone, np.full(everyone.size, stretch), self.help))
        return compress(self.owner.size, tuple(terms))


def _one_side(entries: Entries, owner: Ints, limits: Floats, lazy: NDArray[np.bool_], sign: float) -> _Block:
    """Rows that reach at least (sign 1) or at most (sign -1) their limits, with the help of the stretching column."""
    endless = np.full(limits.size, np.inf)
    lower, upper = (limits, endless) if sign > 0.0 else (-endless, limits)
    return _Block(entries, owner, lower, upper, lazy, sign)


def priced(lp: LP, y: Floats) -> Members | None:
    """The smallest part of the rows with multipliers that hang together and clash, with the bounds it needs.

    None where the multipliers prove nothing.
    """
    y = np.where(np.abs(y) > DUST * np.abs(y).max(initial=0.0), y, 0.0)
    found: list[Members] = []
    for rows in _parts(lp, np.flatnonzero(y)):
        own = np.zeros_like(y)
        own[rows] = y[rows]
        reduced = -column_sums(lp.matrix, own, lp.shape[1])
        size = column_sums(Rows(lp.matrix.start, lp.matrix.index, np.abs(lp.matrix.value)), np.abs(own), lp.shape[1])
        endless = ~np.isfinite(np.where(reduced > 0.0, lp.lower, lp.upper))
        reduced[endless | (np.abs(reduced) <= DUST * size)] = 0.0
        lower, upper = np.flatnonzero(reduced > 0.0), np.flatnonzero(reduced < 0.0)
        sides = np.where(own > 0.0, lp.row_lower, lp.row_upper)[rows]
        proof = own[rows] @ sides + reduced[lower] @ lp.lower[lower] + reduced[upper] @ lp.upper[upper]
        if np.isfinite(proof) and proof > STRETCH:
            found.append(Members(rows, lower, upper))
    return min(found, key=lambda m: m.size, default=None)


def _parts(lp: LP, rows: Ints) -> list[Ints]:
    """Rows sorted into groups that share no column with each other."""
    leader = np.arange(rows.size)
    entries = gather(lp.matrix, rows)

    def head(at: int) -> int:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = int(leader[at])
        return at

    order = np.argsort(entries.column, kind="stable")
    row, column = entries.row[order], entries.column[order]
    for place in np.flatnonzero(column[1:] == column[:-1]):
        one, two = head(int(row[place])), head(int(row[place + 1]))
        leader[max(one, two)] = min(one, two)
    heads = np.array([head(at) for at in range(rows.size)], dtype=np.int64)
    return [rows[heads == top] for top in np.unique(heads)]
