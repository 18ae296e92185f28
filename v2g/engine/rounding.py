"""Whole columns near a fractional point: the nearest that keep every row which is about whole columns alone.

Such rows say, for example, how many hours a day must have, and how long a run lasts. They make a small program,
solved in a moment; whether the rest of the whole program can follow is for a linear program to say.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from v2g.affine import Floats, Ints, Rows, Term, compress, gather
from v2g.engine.bounds import Hold
from v2g.lp import LP
from v2g.solvers.answer import Answer
from v2g.solvers.highs import Session

OPTIONS = {"threads": 1, "random_seed": 0, "solver": "choose", "mip_rel_gap": 0.01, "mip_max_nodes": 200}
WHOLE = 1e-6


class Rounding:
    """The rows of a program that are about whole columns alone, and what finds whole points in them.

    A column that is no whole one, but alone among whole ones in each of its rows, belongs to them.
    """

    def __init__(self, lp: LP) -> None:
        row = np.repeat(np.arange(lp.shape[0]), np.diff(lp.matrix.start))
        self.inside = lp.integer | _companions(lp, row)
        foreign = np.bincount(row, weights=~self.inside[lp.matrix.index], minlength=lp.shape[0])
        filled = np.diff(lp.matrix.start) > 0
        self.lp, self.rows = lp, np.flatnonzero((foreign == 0.0) & filled)
        entries = gather(lp.matrix, self.rows)
        self.columns = np.union1d(np.flatnonzero(lp.integer), entries.column)
        self.place = np.full(lp.shape[1], -1, dtype=np.int64)
        self.place[self.columns] = np.arange(self.columns.size)
        self.matrix = compress(
            self.rows.size, (Term(entries.row, self.place[entries.column], entries.coefficient),)
        )  # fmt: skip

    def nearest(
        self, x: Floats, lower: Floats, upper: Floats, held: Sequence[Hold], time_limit: float | None
    ) -> Floats | None:
        """The point with its whole columns rounded, so that those rows are kept; None where that finds nothing."""
        own, whole = self.columns, self.lp.integer[self.columns]
        low, high = lower[own].copy(), upper[own].copy()
        base = np.clip(np.floor(x[own] + WHOLE), low, np.maximum(low, high - 1.0))
        share = np.clip(x[own] - base, 0.0, 1.0)
        low[whole], high[whole] = base[whole], np.minimum(base + 1.0, high)[whole]
        answer = self._solved(np.where(whole, 1.0 - 2.0 * share, 0.0), low, high, held, time_limit)
        if answer.x is None:
            return None
        rounded = x.copy()
        rounded[own[whole]] = np.rint(answer.x[whole])
        return rounded

    def _solved(
        self, cost: Floats, low: Floats, high: Floats, held: Sequence[Hold], time_limit: float | None
    ) -> Answer:
        session = Session(OPTIONS)
        sides = self.lp.row_lower[self.rows], self.lp.row_upper[self.rows]
        session.load(self.matrix, *sides, low, high, cost, self.lp.integer[self.columns])
        for hold in held:
            if self.inside[hold.index].all() and (self.place[hold.index] >= 0).all():
                row = Rows(np.array([0, hold.index.size]), self.place[hold.index], hold.value)
                session.add_rows(row, np.array([-np.inf]), np.array([hold.upper]))
        session.searching = True
        return session.run(time_limit)


def _companions(lp: LP, row: Ints) -> NDArray[np.bool_]:
    """Columns that are no whole ones, and alone among whole ones in each of their rows."""
    others = np.bincount(row, weights=~lp.integer[lp.matrix.index], minlength=lp.shape[0])
    most = np.zeros(lp.shape[1])
    np.maximum.at(most, lp.matrix.index, others[row])
    alone: NDArray[np.bool_] = ~lp.integer & (most == 1.0)
    return alone
