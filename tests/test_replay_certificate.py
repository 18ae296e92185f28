"""Bounds from multipliers: never above the optimum, tight for good ones, exact on demand."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from v2g.errors import UsageError
from v2g.replay import dual_bound, exact_dual_bound, implied_caps

INF = math.inf


class LP:
    """A small linear program with a dense matrix, as CSR rows."""

    def __init__(self, cost: Any, matrix: Any, rows: Any, columns: Any) -> None:
        dense = np.atleast_2d(np.asarray(matrix, dtype=float))
        keep = dense != 0
        self.cost = np.asarray(cost, dtype=float)
        self.start = np.concatenate([[0], np.cumsum(keep.sum(axis=1))])
        self.index, self.value = np.nonzero(keep)[1], dense[keep]
        self.row_lower, self.row_upper = (np.asarray(side, dtype=float) for side in rows)
        self.lower, self.upper = (np.asarray(side, dtype=float) for side in columns)

    @property
    def rows(self) -> tuple[np.ndarray, ...]:
        """What ``implied_caps`` takes."""
        return (self.start, self.index, self.value, self.row_lower, self.row_upper, self.lower, self.upper)

    def bound(self, y: Any, **options: Any) -> float:
        """``dual_bound`` of this program."""
        return dual_bound(self.cost, *self.rows, np.asarray(y, dtype=float), **options)

    def exact(self, y: Any, **options: Any) -> Fraction:
        """``exact_dual_bound`` of this program."""
        return exact_dual_bound(self.cost, *self.rows, np.asarray(y, dtype=float), **options)


def textbook() -> LP:
    """min x + 2 y, x + y >= 3, 0 <= x <= 2, 0 <= y <= 5: x = 2, y = 1, cost 4, multiplier 2."""
    return LP([1, 2], [[1, 1]], ([3], [INF]), ([0, 0], [2, 5]))


def test_the_right_multiplier_gives_the_optimum() -> None:
    """2 x 3 + (1 - 2) x 2 = 4."""
    assert textbook().exact([2.0]) == 4
    assert textbook().bound([2.0]) == pytest.approx(4.0, abs=1e-12) and textbook().bound([2.0]) <= 4.0


@pytest.mark.parametrize(
    ("y", "expected"), [(0.0, 0.0), (1.0, 3.0), (1.5, 3.5), (3.0, 0.0), (-7.0, 0.0), (math.nan, 0.0)]
)
def test_other_multipliers_give_less(y: float, expected: float) -> None:
    """y = 3: 9 - 2 x 2 - 1 x 5 = 0; one that needs the missing upper side, or is none, counts as zero."""
    assert textbook().bound([y]) == pytest.approx(expected, abs=1e-12)
    assert textbook().exact([y]) == Fraction(expected)


def test_an_upper_side_takes_a_negative_multiplier() -> None:
    """min -x, 3 x <= 6, x >= 0: y = -1/3 gives -2, in rationals only almost, as 1/3 is no float."""
    lp = LP([-1], [[3]], ([-INF], [6]), ([0], [9]))
    assert lp.bound([-1 / 3]) == pytest.approx(-2.0, abs=1e-12) and lp.bound([-1 / 3]) <= lp.exact([-1 / 3]) <= -2
    assert lp.exact([-0.5]) == -3


def test_a_real_reduced_cost_on_an_unbounded_column_gives_no_bound() -> None:
    lp = LP([1, -1], [[1, 1]], ([0], [2]), ([0, 0], [1, INF]))
    assert lp.bound([0.0]) == -INF
    with pytest.raises(UsageError, match="1 unbounded column"):
        lp.exact([0.0])
    assert lp.bound([0.0], column_caps=np.array([INF, 2.0])) == pytest.approx(-2.0)
    assert lp.exact([0.0], column_caps=np.array([INF, 2.0])) == -2


def test_rounding_on_a_free_column() -> None:
    """0.1 + 0.2 is not 0.3: the free column keeps a reduced cost of rounding, which caps make rigorous."""
    lp = LP([0.3, 1.0], [[1.0, 0.0], [1.0, 1.0]], ([1, 1], [1, INF]), ([-INF, 0], [INF, INF]))
    y = [0.1, 0.2]
    caps = implied_caps(*lp.rows)
    assert caps[0] == pytest.approx(1.0)
    assert lp.bound(y) == pytest.approx(0.3)
    assert lp.bound(y, negligible=0.0) == -INF
    assert math.isinf(caps[1]), "1 <= x + y says nothing of large y, and 0.8 > 0 does not ask"
    rigorous = lp.bound(y, column_caps=caps, negligible=0.0)
    assert rigorous == pytest.approx(0.3) and rigorous <= lp.exact(y, column_caps=caps)


def test_caps_run_through_a_chain_of_flows() -> None:
    """f1 = f2 + 1, f2 = f3 + 1, f3 in [0, 1]: |f2| <= 2, |f1| <= 3."""
    lp = LP([0, 0, 0], [[1, -1, 0], [0, 1, -1]], ([1, 1], [1, 1]), ([-INF, -INF, 0], [INF, INF, 1]))
    assert implied_caps(*lp.rows) == pytest.approx([3.0, 2.0, 1.0], abs=1e-6)
    open_ended = LP([0, 0], [[1, -1]], ([0], [0]), ([-INF, -INF], [INF, INF]))
    assert np.isinf(implied_caps(*open_ended.rows)).all()


def random_program(seed: int) -> tuple[LP, float, np.ndarray]:
    """A feasible program, the cost of one feasible point, and that point."""
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(1, 8)), int(rng.integers(1, 9))
    matrix = np.where(rng.random((rows, columns)) < 0.6, rng.normal(size=(rows, columns)), 0.0) * 10.0 ** rng.integers(
        -3, 4
    )
    point, cost = rng.normal(size=columns), rng.normal(size=columns)
    at = matrix @ point
    sides = at - rng.random(rows), at + rng.random(rows)
    sides = np.where(rng.random(rows) < 0.3, -INF, sides[0]), np.where(rng.random(rows) < 0.3, INF, sides[1])
    boxes = point - rng.random(columns) * (rng.random(columns) < 0.7), point + rng.random(columns)
    return LP(cost, matrix, sides, boxes), float(cost @ point), point


@pytest.mark.parametrize("seed", range(40))
def test_no_multipliers_whatever_give_too_much(seed: int) -> None:
    lp, reached, _ = random_program(seed)
    rng = np.random.default_rng(seed + 1000)
    for scale in (0.0, 1e-6, 1.0, 1e6):
        y = rng.normal(size=len(lp.row_lower)) * scale
        exact, rounded = lp.exact(y), lp.bound(y)
        assert rounded <= exact <= reached + 1e-9 * (1 + abs(reached))
        assert float(exact) - rounded <= 1e-11 * (1 + scale) * (1 + float(np.abs(lp.value).sum()))


@pytest.mark.parametrize("seed", range(20))
def test_a_solvers_multipliers_close_the_gap(seed: int) -> None:
    highspy = pytest.importorskip("highspy")
    lp, _, _ = random_program(seed)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.addVars(len(lp.cost), lp.lower, lp.upper)
    solver.changeColsCost(len(lp.cost), np.arange(len(lp.cost), dtype=np.int32), lp.cost)
    sides, starts = (lp.row_lower, lp.row_upper), lp.start[:-1].astype(np.int32)
    solver.addRows(len(starts), *sides, len(lp.value), starts, lp.index.astype(np.int32), lp.value)
    solver.run()
    best = solver.getInfo().objective_function_value
    y = np.array(solver.getSolution().row_dual)
    assert lp.bound(y) <= best + 1e-9 and lp.bound(y) == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_caps_hold_at_feasible_points(seed: int) -> None:
    lp, _, point = random_program(seed)
    rng = np.random.default_rng(seed)
    lp.lower = np.where(rng.random(len(point)) < 0.5, -INF, lp.lower)
    lp.upper = np.where(rng.random(len(point)) < 0.5, INF, lp.upper)
    assert (np.abs(point) <= implied_caps(*lp.rows) + 1e-12).all()
