"""HiGHS behind our session: options checked, statuses looked at, a point only with a status that has one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_cases import seeded

import v2g
from v2g.affine import Rows
from v2g.engine.core import Reduced
from v2g.errors import SolverMissing, UsageError
from v2g.lp import LP
from v2g.planning import ALWAYS, HIGHS_OPTIONS, problem_of
from v2g.readings.arrays import Arrays
from v2g.solvers import highs
from v2g.solvers.answer import Answer, Status
from v2g.solvers.highs import ALLOWED, Session

INF = np.inf
GOOD: dict[str, Any] = {
    "threads": 1, "random_seed": 3, "time_limit": 5.0, "primal_feasibility_tolerance": 1e-8,
    "dual_feasibility_tolerance": 1e-8, "ipm_optimality_tolerance": 1e-9, "mip_rel_gap": 1e-3, "presolve": "off",
    "run_crossover": "on", "solver": "ipx", "pdlp_optimality_tolerance": 1e-8, "kkt_tolerance": 1e-8,
    "simplex_strategy": 4, "mip_feasibility_tolerance": 1e-7, "mip_abs_gap": 1e-7, "mip_max_nodes": 7,
    "small_matrix_value": 1e-10,
}  # fmt: skip


def rows(*each: tuple[list[int], list[float]]) -> Rows:
    """Rows from columns and values."""
    start = np.cumsum([0, *(len(index) for index, _ in each)])
    index = np.array([i for index, _ in each for i in index], dtype=np.int64)
    return Rows(start, index, np.array([v for _, value in each for v in value], dtype=float))


def loaded(options: dict[str, Any] | None = None, least: float = 1.0, upper: float = 4.0) -> Session:
    """Minimise x + 2 y with x + y >= least, 0 <= x, y <= upper."""
    session = Session(options)
    body = rows(([0, 1], [1.0, 1.0]))
    box = np.zeros(2), np.full(2, upper)
    session.load(body, np.array([least]), np.array([INF]), *box, np.array([1.0, 2.0]))
    return session


@pytest.mark.parametrize("name", ALLOWED)
def test_every_allowed_option_is_one_that_highs_takes(name: str) -> None:
    session = Session({name: GOOD[name]})
    assert session.highs.getOptionValue(name)[1] == GOOD[name]


@pytest.mark.parametrize(
    "name", ["log_file", "write_model_file", "write_solution_to_file", "solution_file", "thraeds", ""]
)
def test_other_options_are_refused_by_name(name: str) -> None:
    with pytest.raises(UsageError, match="may not be set here"):
        Session({name: "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("solver", "fast"), ("threads", -2), ("threads", "many"), ("primal_feasibility_tolerance", -1.0),
        ("presolve", "perhaps"), ("random_seed", -1), ("time_limit", -1.0), ("simplex_strategy", 99),
        ("run_crossover", "maybe"), ("mip_rel_gap", "x"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_and_said(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=name):
        Session({name: value})


def test_options_of_every_variant_are_taken() -> None:
    for options in HIGHS_OPTIONS.values():
        Session(options | ALWAYS)


def test_hipo_without_its_package_is_a_missing_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise highs.PackageNotFoundError(name)

    monkeypatch.setattr(highs, "version", absent)
    with pytest.raises(SolverMissing, match="highspy-extras") as missing:
        Session({"solver": "hipo"})
    assert missing.value.exit_code == 4


@pytest.mark.parametrize("variant", HIGHS_OPTIONS)
def test_a_program_solved_by_hand(variant: str) -> None:
    """x + 2 y with x + y >= 5 and x <= 4: x = 4, y = 1, and one more of the row costs 2."""
    answer = loaded(HIGHS_OPTIONS[variant] | ALWAYS, least=5.0).run()
    assert answer.status is Status.OPTIMAL and answer.x is not None and answer.y is not None
    assert answer.x == pytest.approx([4, 1], abs=1e-6)
    assert answer.y == pytest.approx([2], abs=1e-6)


@pytest.mark.parametrize("variant", HIGHS_OPTIONS)
def test_no_point_where_there_is_none(variant: str) -> None:
    answer = loaded(HIGHS_OPTIONS[variant] | ALWAYS, least=9.0).run()
    assert answer.x is None and not answer.status.has_point
    assert answer.status in ((Status.INFEASIBLE,) if variant != "pdlp" else (Status.INFEASIBLE, Status.FAILED))


def test_rows_costs_and_bounds_change_between_runs() -> None:
    session = loaded()
    assert session.run().x == pytest.approx([1, 0])
    session.costs(np.array([3.0, 2.0]))
    assert session.run().x == pytest.approx([0, 1])
    session.add_rows(rows(([1], [1.0])), np.array([-INF]), np.array([0.25]))
    assert session.run().x == pytest.approx([0.75, 0.25])
    session.bounds(np.array([0]), np.array([0.9]), np.array([4.0]))
    assert session.run().x == pytest.approx([0.9, 0.1])
    session.forget()
    assert session.run().x == pytest.approx([0.9, 0.1])


def test_whole_columns_are_whole() -> None:
    session = Session()
    body, whole = rows(([0, 1], [2.0, 2.0])), np.array([True, True])
    limits = np.array([3.0]), np.array([INF])
    session.load(body, *limits, np.zeros(2), np.ones(2), np.array([1.0, 3.0]), whole)
    assert session.run().x == pytest.approx([1, 1])


def test_an_answer_has_a_point_if_and_only_if_its_status_says_so() -> None:
    for status in Status:
        point = np.zeros(1)
        if status.has_point:
            assert Answer(status, point).x is point
            with pytest.raises(ValueError, match="lacks"):
                Answer(status)
        else:
            assert Answer(status).x is None
            with pytest.raises(ValueError, match="carries"):
                Answer(status, point)


def excess(lp: LP, x: np.ndarray) -> float:
    """Largest violation of rows and bounds of the whole program."""
    activity = lp.activity(x)
    sides = (lp.row_lower - activity, activity - lp.row_upper, lp.lower - x, x - lp.upper)
    return max(0.0, *(float(side.max(initial=0.0)) for side in sides))


def whole_program(name: str) -> LP:
    """The program of a shipped case, or of a random one."""
    case = v2g.read(name) if not name.startswith("seed") else seeded(int(name.split()[1])).read()
    return Arrays(problem_of(case, "lindistflow", "tiers")).read()


@pytest.mark.parametrize("limit", [0.0, 0.02, 0.2, None])
@pytest.mark.parametrize("variant", HIGHS_OPTIONS)
@pytest.mark.parametrize("name", ["village", "seed 11", "ieee13-blackout"])
def test_status_is_never_better_than_the_point(name: str, variant: str, limit: float | None) -> None:
    """Time limits x methods x cases: nothing infeasible is called feasible, nothing short of the best optimal."""
    lp = whole_program(name)
    core = Reduced(lp, HIGHS_OPTIONS[variant] | ALWAYS)
    for objective in (lp.objectives[0], lp.objectives[-1]):
        cost = objective.dense(lp.shape[1])
        answer = core.minimise(cost, limit)
        assert (answer.x is not None) == answer.status.has_point
        assert limit is not None or answer.status is Status.OPTIMAL
        if answer.x is not None:
            assert excess(lp, answer.x) < 1e-6
        if answer.status is Status.OPTIMAL and name != "ieee13-blackout":
            best = Reduced(lp, HIGHS_OPTIONS[""] | ALWAYS).minimise(cost).x
            assert best is not None and answer.x is not None
            assert cost @ answer.x == pytest.approx(cost @ best, rel=1e-6, abs=1e-6)


def test_a_point_that_breaks_a_limit_is_noticed_by_the_test_itself() -> None:
    lp = whole_program("village")
    x = Reduced(lp, HIGHS_OPTIONS[""] | ALWAYS).minimise(lp.objectives[0].dense(lp.shape[1])).x
    assert x is not None and excess(lp, x) < 1e-6
    x[0] += 1e-3
    assert excess(lp, x) > 1e-4
