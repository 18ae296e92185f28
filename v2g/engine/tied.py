"""States that hang on each other: reactive power makes voltage, and lines charge with it. Solved together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from v2g.affine import Entries, Floats, Ints, gather
from v2g.lp import LP

MOST_NUMBERS = 20_000_000
NOTHING = 1e-13


@dataclass(frozen=True)
class Knot:
    """A square set of rows over the states that they determine, and what else these rows hold.

    ``others`` are the columns of ``rest``, shape (rows, others); ``factor`` is the sparse LU of the square.
    """

    row: Ints
    column: Ints
    factor: Any
    rest: csr_array
    others: Ints

    def solved(self, right: Floats) -> Floats:
        """The states, from the right sides of the rows."""
        return np.asarray(self.factor.solve(right))

    def priced(self, cost: Floats) -> Floats:
        """The multipliers of the rows, shape of ``cost``: from costs of the states, one set a column."""
        return np.asarray(self.factor.solve(cost, "T"))


@dataclass(frozen=True)
class Tied:
    """All knots of a program at one place of its order: they do not touch each other."""

    knots: tuple[Knot, ...]
    row: Ints
    column: Ints

    def evaluate(self, lp: LP, full: Floats) -> None:
        """Put the states into a point whose other columns are known."""
        full[self.column] = 0.0
        for knot in self.knots:
            known = knot.rest @ full[knot.others]
            full[knot.column] = knot.solved(lp.row_lower[knot.row] - known)

    def rewrite(self, lp: LP, owner: Ints, column: Ints, value: Floats, constant: Floats) -> Entries:
        """Entries over these states as entries over what the knots hold beside them; adds to ``constant``."""
        knot_of, place = np.full(lp.shape[1], -1), np.full(lp.shape[1], -1)
        for number, knot in enumerate(self.knots):
            knot_of[knot.column], place[knot.column] = number, np.arange(knot.column.size)
        order = np.argsort(knot_of[column], kind="stable")
        pieces = []
        for part in np.split(order, np.flatnonzero(np.diff(knot_of[column[order]])) + 1):
            knot = self.knots[int(knot_of[column[part[0]]])]
            pieces.append(self._of(knot, lp, owner[part], place[column[part]], value[part], constant))
        return Entries(*(np.concatenate(list(parts)) for parts in zip(*pieces, strict=True)))

    @staticmethod
    def _of(knot: Knot, lp: LP, owner: Ints, place: Ints, value: Floats, constant: Floats) -> Entries:
        who, number = np.unique(owner, return_inverse=True)
        asked = csc_array((value, (place, number)), shape=(knot.row.size, who.size))
        step = max(1, MOST_NUMBERS // max(1, knot.row.size))
        found: list[Entries] = []
        for first in range(0, who.size, step):
            y = knot.priced(asked[:, first : first + step].toarray())
            constant[who[first : first + step]] += lp.row_lower[knot.row] @ y
            onto = -(knot.rest.T @ y)
            other, at = np.nonzero(np.abs(onto) > NOTHING)
            found.append(Entries(who[first + at], knot.others[other], onto[other, at]))
        return Entries(*(np.concatenate(list(parts)) for parts in zip(*found, strict=True)))

    def multipliers(self, rest: Floats, reduced: Floats, y: Floats) -> None:
        """Put the multipliers of the rows into ``y``."""
        for knot in self.knots:
            y[knot.row] = knot.priced(rest[knot.column] - reduced[knot.column])


def tie(lp: LP, row: Ints, column: Ints) -> Tied | None:
    """Knots of rows and the states that they determine; none where some rows say the same twice."""
    entries = gather(lp.matrix, row)
    place = np.full(lp.shape[1], -1, dtype=np.int64)
    place[column] = np.arange(column.size)
    inside = place[entries.column] >= 0
    square = coo_array(
        (entries.coefficient[inside], (entries.row[inside], place[entries.column[inside]])), shape=(row.size, row.size)
    ).tocsr()
    _, label = connected_components(square, directed=False)
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    try:
        knots = tuple(_knot(lp, square, row, column, group) for group in groups if group.size)
    except RuntimeError:
        return None
    return Tied(knots, np.concatenate([k.row for k in knots]), np.concatenate([k.column for k in knots]))


def _knot(lp: LP, square: csr_array, row: Ints, column: Ints, group: Ints) -> Knot:
    own = square[group][:, group].tocsc()
    entries = gather(lp.matrix, row[group])
    beside = ~np.isin(entries.column, column[group])
    others, at = np.unique(entries.column[beside], return_inverse=True)
    rest = csr_array((entries.coefficient[beside], (entries.row[beside], at)), shape=(group.size, others.size))
    return Knot(row[group], column[group], splu(own), rest, others)
