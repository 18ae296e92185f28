"""Rounding to whole columns that fit together, and what the stages make of it."""

from __future__ import annotations

import numpy as np
import pytest
from test_engine_mixed import INF, program, reached, run_of, stage

from v2g.engine.bounds import Hold
from v2g.engine.core import Reduced
from v2g.engine.mixed import Mixed
from v2g.engine.rounding import Rounding
from v2g.lp import LP
from v2g.solvers.answer import Answer


def runs() -> LP:
    """Four hours on or off (columns 0 to 3), starts of runs (4 to 7), energy and light (8, 9): runs of two hours.

    Starts are no whole columns, but alone among whole ones in their rows; energy and light share one.
    """
    begins = [[1, 0, 0, 0, -1, 0, 0, 0, 0, 0], [-1, 1, 0, 0, 0, -1, 0, 0, 0, 0], [0, -1, 1, 0, 0, 0, -1, 0, 0, 0],
              [0, 0, -1, 1, 0, 0, 0, -1, 0, 0]]  # fmt: skip
    lasts = [[0, -1, 0, 0, 1, 0, 0, 0, 0, 0], [0, 0, -1, 0, 0, 1, 0, 0, 0, 0], [0, 0, 0, -1, 0, 0, 1, 0, 0, 0]]
    energy = [[-1, -1, -1, -1, 0, 0, 0, 0, 1, 1]]
    return program(
        [*begins, *lasts, *energy], [-INF] * 8, [0.0] * 8, [1.0] * 7 + [0.0, 9.0, 1.0], [0, 1, 2, 3],
        [stage("energy", [0] * 8 + [-1, 0])],
    )  # fmt: skip


def nearest(lp: LP, x: list[float], *held: Hold) -> list[float] | None:
    found = Rounding(lp).nearest(np.array(x), lp.lower, lp.upper, held, None)
    return None if found is None else found.tolist()


def test_which_rows_are_about_whole_columns_alone() -> None:
    found = Rounding(runs())
    assert found.inside.tolist() == [True] * 8 + [False, False]
    assert found.rows.tolist() == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("x", "whole"),
    [
        ([0.6, 0.6, 0.1, 0.2], [1, 1, 0, 0]),
        ([0.9, 0.3, 0.1, 0.8], [1, 1, 0, 0]),  # 1.7 away; all four 1.9, none 2.1
        ([0.7, 0.0, 0.0, 0.0], [0, 0, 0, 0]),  # 0.7 away; an hour by itself is no run, two are 1.3 away
        ([0.9, 0.9, 0.2, 0.9], [1, 1, 1, 1]),  # 1.1 away; the last hour alone may start no run, the first two 1.3
    ],
)
def test_the_nearest_whole_hours_in_runs_of_two(x: list[float], whole: list[int]) -> None:
    found = nearest(runs(), [*x, 0.0, 0.0, 0.0, 0.0, 3.25, 0.5])
    assert found is not None and found[:4] == whole and found[8] == 3.25
    choices = [np.array(c) for c in np.ndindex(2, 2, 2, 2) if _fits(c)]
    assert np.abs(np.array(x) - whole).sum() == pytest.approx(min(np.abs(np.array(x) - c).sum() for c in choices))


def _fits(hours: tuple[int, ...]) -> bool:
    return all(len(run) != 1 for run in "".join(map(str, hours)).split("0"))


def test_bounds_and_holds_are_kept() -> None:
    lp = runs()
    atleast = Hold(np.arange(4), -np.ones(4), -3.0)
    found = nearest(lp, [0.6, 0.6, 0.4, 0.1, 0, 0, 0, 0, 0, 0], atleast)
    assert found is not None and found[:4] == [1, 1, 1, 0]
    assert nearest(lp, [0.0] * 10, Hold(np.arange(4), np.ones(4), -1.0)) is None
    elsewhere = Hold(np.array([8]), np.array([1.0]), -1.0)
    assert nearest(lp, [0.0] * 10, elsewhere) == [0.0] * 10, "what is held of other columns is for others to keep"


def test_counts_above_one_are_rounded_to_a_neighbour() -> None:
    lp = program([[1, 1]], [-INF], [5], [9, 9], [0, 1], [stage("any", [-1, -1])])
    assert nearest(lp, [3.6, 1.4]) == [4.0, 1.0]
    assert nearest(lp, [3.6, 1.7]) in ([4.0, 1.0], [3.0, 2.0])
    assert nearest(lp, [9.0, 0.0]) is None, "8 and 9 are both too many"


def turning() -> LP:
    """A load (column 0) that needs one of three hours (1 to 3). The first takes 2 kW of two cars (4, 5) with 0.45 each.

    That row is not about whole columns alone, so rounding does not know that the first hour is impossible.
    """
    rows = [[-1, 1, 1, 1, 0, 0], [0, -2, 0, 0, 1, 1]]
    lost = stage("lost", [-1, 0, 0, 0, 0, 0], 1.0, integers=True)
    return program(rows, [0, 0], [INF, INF], [1, 1, 1, 1, 0.45, 0.45], [0, 1, 2, 3], [lost])


def test_turns_of_rounding_and_relaxing_find_what_rounding_alone_does_not() -> None:
    """Rounding gives the first hour. As near to it as possible is 0.45, and 0.55 of another, which is the next turn."""
    run = run_of(turning())
    assert isinstance(run, Mixed)
    objective, columns, hint = run.lp.objectives[0], np.arange(4), np.array([1, 0.45, 0.3, 0.25, 0.45, 0.45])
    assert run._rounded(objective, columns, hint) is None
    found = run._pumped(objective, columns, hint)
    assert found is not None and found.value == pytest.approx(0.0)
    assert found.x[:2].tolist() == [1, 0] and found.x[2:4].sum() >= 1
    assert run.core.lower.tolist() == run.lower.tolist(), "what was fixed for it is free again"


def test_turns_that_go_round_in_circles_end() -> None:
    """With the first hour alone, the turn stays where it was, and that load is found to be lost by the search."""
    lp = turning()
    upper = lp.upper.copy()
    upper[2:4] = 0.0
    run = run_of(lp.with_bounds(lp.lower, upper))
    assert isinstance(run, Mixed)
    assert run._pumped(run.lp.objectives[0], np.arange(2), np.array([1, 0.45, 0, 0, 0.45, 0.45])) is None
    assert reached(run_of(lp.with_bounds(lp.lower, upper))) == pytest.approx({"lost": 1.0})


def test_a_stage_that_rounding_settles_needs_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs: all four hours are on where nothing else is asked for, and the solver's search is never begun."""

    def never(self: Reduced, *_: object, **__: object) -> Answer:
        raise AssertionError("a search")

    monkeypatch.setattr(Reduced, "minimise_whole", never)
    assert reached(run_of(runs())) == pytest.approx({"energy": -4.0})
    assert reached(run_of(turning())) == pytest.approx({"lost": 0.0})
