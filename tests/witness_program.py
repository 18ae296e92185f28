"""A small mixed-integer program, solved one objective after another with `scipy.optimize.milp`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Terms = dict[int, float]
LIMIT_S = 300.0
CONSTANT = -1
"""Key of the constant of an expression."""


def add(into: Terms, other: Mapping[int, float], factor: float = 1.0) -> Terms:
    """Add a multiple of an expression to another one, in place."""
    for column, value in other.items():
        into[column] = into.get(column, 0.0) + factor * value
    return into


def sum_of(*expressions: Mapping[int, float]) -> Terms:
    """A new expression."""
    total: Terms = {}
    for expression in expressions:
        add(total, expression)
    return total


class NoPlan(ValueError):
    """No values of the columns meet all rows."""


class Program:
    """Columns and rows; an expression maps a column to its coefficient."""

    def __init__(self) -> None:
        self.low: list[float] = []
        self.high: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[tuple[Terms, float, float]] = []

    def column(self, low: float = 0.0, high: float = np.inf, *, whole: bool = False) -> Terms:
        """A new column, as an expression."""
        self.low.append(low)
        self.high.append(high)
        self.whole.append(whole)
        return {len(self.low) - 1: 1.0}

    def between(self, terms: Mapping[int, float], low: float, high: float) -> None:
        """A row with two sides."""
        constant = terms.get(CONSTANT, 0.0)
        if np.isinf(low) and np.isinf(high):
            return
        self.rows.append(({c: a for c, a in terms.items() if c != CONSTANT and a}, low - constant, high - constant))

    def at_most(self, terms: Mapping[int, float], most: Mapping[int, float] | float) -> None:
        """Terms <= most, a number or an expression."""
        if isinstance(most, Mapping):
            self.between(add(dict(terms), most, -1.0), -np.inf, 0.0)
        else:
            self.between(terms, -np.inf, float(most))

    def equal(self, terms: Mapping[int, float], other: Mapping[int, float]) -> None:
        """Both sides alike."""
        self.between(add(dict(terms), other, -1.0), 0.0, 0.0)

    def least(self, goal: Mapping[int, float]) -> float:
        """The least value of an expression: a search over whole numbers, then a linear program with those fixed."""
        found = self._solve(goal, np.array(self.low), np.array(self.high), search=True)
        if found is None:
            raise NoPlan
        if any(self.whole):
            fixed = np.where(self.whole, np.round(found), np.nan)
            low = np.where(self.whole, fixed, self.low)
            again = self._solve(goal, low, np.where(self.whole, fixed, self.high), search=False)
            found = found if again is None else again
        return goal.get(CONSTANT, 0.0) + sum(a * found[c] for c, a in goal.items() if c != CONSTANT)

    def _solve(
        self, goal: Mapping[int, float], low: np.ndarray, high: np.ndarray, *, search: bool
    ) -> np.ndarray | None:
        cost = np.zeros(len(self.low))
        for column, value in goal.items():
            if column != CONSTANT:
                cost[column] = value
        for presolve in (True, False):
            answer = milp(
                cost,
                integrality=np.array(self.whole, dtype=int) * int(search),
                bounds=Bounds(low, high),
                constraints=self._constraints(),
                options={"mip_rel_gap": 0.0, "presolve": presolve, "time_limit": LIMIT_S},
            )
            if answer.x is not None:
                return np.asarray(answer.x)
        return None

    def _constraints(self) -> list[LinearConstraint]:
        if not self.rows:
            return []
        count = [len(terms) for terms, _, _ in self.rows]
        pointer = np.concatenate([[0], np.cumsum(count)])
        index = np.array([c for terms, _, _ in self.rows for c in terms], dtype=int)
        value = np.array([a for terms, _, _ in self.rows for a in terms.values()], dtype=float)
        matrix = csr_array((value, index, pointer), shape=(len(self.rows), len(self.low)))
        return [LinearConstraint(matrix, [low for _, low, _ in self.rows], [high for _, _, high in self.rows])]
