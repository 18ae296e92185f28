"""Which violated limits are taken in: few that differ, and none is forgotten in the end."""

import random

import numpy as np
import pytest
from random_cases import build

from v2g.affine import Rows
from v2g.engine import worst
from v2g.engine.worst import CANDIDATES, Violated, distinct, kinds, violated
from v2g.lp import Block
from v2g.planning import solve
from v2g.reading import read


def rows_of(table):
    """Rows of a dense table, for the indices asked for."""
    dense = np.array(table, dtype=float)

    def asked(index):
        chosen = dense[index]
        where = [np.flatnonzero(row) for row in chosen]
        start = np.cumsum([0, *(columns.size for columns in where)])
        return Rows(start, np.concatenate(where), np.concatenate([r[c] for r, c in zip(chosen, where, strict=True)]))

    return asked


def broken(excess, kind):
    return Violated(np.arange(len(excess)), np.array(excess, dtype=float), np.array(kind))


def test_of_parallel_rows_the_worst_is_taken():
    """(1, 0), (2, 0) and (1, 0.1): cosines of 1 and 1 / sqrt(1.01) = 0.995; (1, 1) is at 0.707 to the first."""
    table = [[1, 0], [2, 0], [1, 0.1], [1, 1]]
    assert distinct(broken([1, 3, 2, 0.5], [0, 0, 0, 0]), rows_of(table)).tolist() == [1, 3]


def test_rows_of_two_kinds_are_never_alike():
    assert distinct(broken([1, 3], [0, 1]), rows_of([[1, 0], [1, 0]])).tolist() == [0, 1]


def test_of_very_many_the_worst_is_among_the_candidates():
    """2,000 rows, all apart (unit vectors): as many as candidates at most, the worst first."""
    size = 2000
    taken = distinct(broken(np.arange(size), [0] * size), rows_of(np.eye(size)))
    assert taken[0] == size - 1
    assert taken[:8].tolist() == list(range(size - 1, size - 9, -1))
    assert 0.5 * CANDIDATES < taken.size <= CANDIDATES


def test_a_row_without_decisions_is_taken_once():
    assert distinct(broken([2, 1], [0, 0]), rows_of([[0, 0], [1, 0]])).tolist() == [0, 1]


def test_violations_below_and_above_are_of_two_kinds():
    """Values -1, 0.5, 3 between 0 and 1: the first lacks 1, the last is 2 too high."""
    found = violated(np.arange(3), np.array([-1, 0.5, 3]), np.zeros(3), np.ones(3), np.zeros(3, dtype=int), 1e-9)
    assert found.index.tolist() == [0, 2]
    assert found.excess.tolist() == [1.0, 2.0]
    assert found.kind[0] != found.kind[1]


def test_kinds_are_word_and_interval():
    """Two words over two nodes and three intervals, then one without intervals, of which one position is missing."""
    blocks = {
        ("legs", "flow"): Block(0, (2, 3), ("n", "t")),
        ("legs", "voltage"): Block(6, (2, 3), ("n", "t"), np.array([0, 2, 5])),
        ("loads", "kept"): Block(9, (2,), ("l",)),
    }
    found = kinds(blocks, 11)
    assert found[:6].tolist() == [0, 1, 2, 0, 1, 2]
    assert found[6:9].tolist() == [3, 5, 5]
    assert found[9:].tolist() == [6, 6]


@pytest.mark.parametrize("seed", [3, 8, 21])
def test_one_limit_at_a_time_ends_at_the_same_optimum(seed, monkeypatch):
    """With one candidate of a kind the program is another in each round, and the same at the end."""
    case = read(build(random.Random(seed)).draft())
    usual = solve(case).summary["certificate"]["stages"]
    monkeypatch.setattr(worst, "CANDIDATES", 1)
    alone = solve(case).summary["certificate"]["stages"]
    assert [row["objective"] for row in alone] == pytest.approx([row["objective"] for row in usual], abs=1e-6)
