"""Limits that cannot all be kept: rows and bounds of a program that clash, as few as possible.

First all limits are stretched alike, by as little as possible. The multipliers of that program are a proof that no
point keeps the rows and bounds which they price (Farkas 1902), so these alone are candidates. Then each is left
out on trial, and for good where the rest still clashes. What remains clashes, and not one of it can be spared.
Deletion filter: Chinneck and Dravnieks 1991, doi:10.1287/ijoc.3.2.157.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from v2g.affine import Entries, Floats, Ints, Rows, Term, compress, gather
from v2g.engine.clock import Clock
from v2g.engine.core import Reduced
from v2g.engine.states import peel
from v2g.lp import LP, column_sums, stack
from v2g.solvers.answer import Status
from v2g.solvers.highs import Session

DUST = 1e-12
"""Multipliers below this part of the largest are rounding, and so is what they leave on columns without bounds."""
STRETCH = 1e-7
OPTIONS = {
    "solver": "simplex", "threads": 1, "random_seed": 0,
    "primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9,
}  # fmt: skip


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


def find(lp: LP, time_limit: float | None = None) -> Members | None:
    """An irreducible set of rows and bounds that clash; None where there is none, or no time to find it.

    Whole columns count as columns that may be fractional.
    """
    crossed = np.flatnonzero(lp.lower > lp.upper)[:1]
    if crossed.size:
        return Members(crossed[:0], crossed, crossed)
    clock = Clock(time_limit)
    y = _stretched(lp, clock.left())
    if y is None:
        return None
    candidates = _candidates(lp, y)
    return None if candidates is None else _filtered(lp, candidates, clock)


def _stretched(lp: LP, time_limit: float | None) -> Floats | None:
    """Multipliers of the rows where the limits are stretched as little as possible; None where none needs it."""
    program, owner = _stretchable(lp)
    cost = np.zeros(program.shape[1])
    cost[-1] = 1.0
    answer = Reduced(program, OPTIONS).minimise(cost, time_limit)
    if answer.status is not Status.OPTIMAL or answer.x is None or answer.y is None or answer.x[-1] <= STRETCH:
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
    program = LP(body, row_lower, row_upper, lower, upper, integer, state, lazy, (), lp.layout)
    return program, np.concatenate([b.owner for b in blocks])


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


def _candidates(lp: LP, y: Floats) -> Members | None:
    """The smallest part of the priced rows that hang together and clash, with the bounds it needs."""
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


def _filtered(lp: LP, candidates: Members, clock: Clock) -> Members | None:
    """The candidates, less all that can be spared; None where they do not clash by themselves."""
    trial = _Trial(lp, candidates)
    if not trial.clashes(clock.left()):
        return None
    least = True
    for kind, at in trial.members():
        if clock.over:
            least = False
            break
        trial.leave_out(kind, at)
        if not trial.clashes(clock.left()):
            trial.put_back(kind, at)
    return trial.remaining(least)


class _Trial:
    """The program of the candidates alone; members are left out and put back."""

    def __init__(self, lp: LP, among: Members) -> None:
        self.lp = lp
        entries: Entries = gather(lp.matrix, among.rows)
        self.columns = np.unique(np.concatenate([entries.column, among.lower, among.upper]))
        place = np.searchsorted(self.columns, entries.column)
        body = compress(among.rows.size, (Term(entries.row, place, entries.coefficient),))
        self.inside = {"row": among.rows, "lower": among.lower, "upper": among.upper}
        self.out: dict[str, set[int]] = {kind: set() for kind in self.inside}
        self.session = Session({**OPTIONS, "presolve": "off"})
        box = self._sides("lower", lp.lower, -np.inf), self._sides("upper", lp.upper, np.inf)
        sides = lp.row_lower[among.rows], lp.row_upper[among.rows]
        self.session.load(stack([body]), *sides, *box, np.zeros(self.columns.size))

    def _sides(self, kind: str, values: Floats, absent: float) -> Floats:
        kept = np.isin(self.columns, [at for at in self.inside[kind] if at not in self.out[kind]])
        return np.where(kept, values[self.columns], absent)

    def members(self) -> list[tuple[str, int]]:
        """Bounds first, then rows: laws are left out last."""
        return [(kind, int(at)) for kind in ("lower", "upper", "row") for at in self.inside[kind]]

    def clashes(self, time_limit: float | None) -> bool:
        """Whether what is inside has no point."""
        self.session.forget()
        return self.session.run(time_limit).status is Status.INFEASIBLE

    def leave_out(self, kind: str, at: int) -> None:
        """One member less."""
        self.out[kind].add(at)
        self._tell(kind, at)

    def put_back(self, kind: str, at: int) -> None:
        """That member again."""
        self.out[kind].discard(at)
        self._tell(kind, at)

    def _tell(self, kind: str, at: int) -> None:
        if kind == "row":
            gone = at in self.out["row"]
            low, high = (-np.inf, np.inf) if gone else (self.lp.row_lower[at], self.lp.row_upper[at])
            self.session.sides(int(np.flatnonzero(self.inside["row"] == at)[0]), low, high)
            return
        column = np.flatnonzero(self.columns == at)
        lower = self._sides("lower", self.lp.lower, -np.inf)[column]
        self.session.bounds(column, lower, self._sides("upper", self.lp.upper, np.inf)[column])

    def remaining(self, least: bool) -> Members:
        """What was not left out."""
        rows, lower, upper = (
            np.array([at for at in self.inside[kind] if at not in self.out[kind]], dtype=np.int64)
            for kind in ("row", "lower", "upper")
        )
        return Members(rows, lower, upper, least)
