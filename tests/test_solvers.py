"""Any solver, the same optimum; and words where there is no solver, or no plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_cases import stage_values

import v2g
from v2g.certify import certify
from v2g.engine.core import Reduced
from v2g.engine.refusal import no_plan
from v2g.errors import SolveError, SolverMissing, UsageError
from v2g.lp import Objective
from v2g.solvers import FAMILIES, pyomo, split
from v2g.solvers.answer import Answer, Status
from v2g.solvers.highs import Session

CASES = Path(__file__).parent / "cases"
NAMES = [f"{family}:{variant}" if variant else family for family, variants in FAMILIES.items() for variant in variants]
SOME = ["village", "tier-order", "people-weights", "balanced-source", "capacitor-support"]
HOURS = Objective("critical_hours", "h", "critical load-hours", np.zeros(0, np.int64), np.zeros(0), 0.0)
SIMPLEX = "simplex afresh (Unknown); simplex from a basis (Unknown); simplex afresh (Unknown)"
FOUND: dict[str, dict[str, float]] = {}


def read(name: str) -> v2g.Case:
    """A shipped case, or one of the small ones."""
    return v2g.read(name if name == "village" else CASES / name)


def reference(name: str) -> dict[str, float]:
    """Stage values by the default solver."""
    if name not in FOUND:
        FOUND[name] = stage_values(v2g.solve(read(name), gap=1e-6))
    return FOUND[name]


@pytest.mark.parametrize("solver", NAMES[1:])
@pytest.mark.parametrize("name", SOME)
def test_all_solvers_reach_the_same_values(name: str, solver: str) -> None:
    case = read(name)
    plan = v2g.solve(case, solver=solver, gap=1e-6)
    assert stage_values(plan) == pytest.approx(reference(name), rel=1e-6, abs=1e-6)
    assert plan.summary["provenance"]["solver"] == solver
    assert v2g.verify(case, plan).ok


@pytest.mark.parametrize("solver", ["highs:ipx", "pyomo:cbc", "pyomo:highs"])
def test_all_solvers_reach_the_same_values_by_another_policy(solver: str) -> None:
    """Hours before counts: whole loads stay open until all of them have been counted."""
    for name in ("village", "tier-order"):
        one, two = (v2g.solve(read(name), solver=s, policy="hours", gap=1e-6) for s in ("highs", solver))
        assert stage_values(two) == pytest.approx(stage_values(one), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("solver", ["highs:simplex", "highs:ipx", "highs:hipo"])
def test_what_was_run_is_what_was_asked_for(solver: str) -> None:
    """None of these cases needs rescue by another method; where one does, the plan says how often."""
    for name in SOME:
        assert v2g.solve(read(name), solver=solver).summary["provenance"]["rescued_by_simplex"] == 0


def test_a_rescue_by_simplex_is_said_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that gives no answer is never replaced in silence."""
    run, method = Session.run, []

    def option(self: Session, name: str, value: object) -> None:
        method.extend([value] if name == "solver" else [])
        set_option(self, name, value)

    def failing(self: Session, time_limit: float | None = None) -> Answer:
        return run(self, time_limit) if method[-1] == "simplex" else Answer(Status.FAILED, message="on purpose")

    set_option = Session.option
    monkeypatch.setattr(Session, "option", option)
    monkeypatch.setattr(Session, "run", failing)
    said: list[str] = []
    plan = v2g.solve(read("village"), solver="highs:ipx", progress=lambda *words: said.append(str(words[1])))
    assert plan.summary["provenance"]["rescued_by_simplex"] > 0
    assert any("ipx gave no answer: solved by simplex" in line for line in said)
    assert stage_values(plan) == pytest.approx(reference("village"), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("solver", ["highs:hipo", "pyomo:cbc"])
def test_bounds_do_not_rest_on_the_solver_s_word(solver: str) -> None:
    case = read("tier-order")
    assert certify(case, v2g.solve(case, solver=solver)).ok


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("hihgs", "highs"), ("highs:ipm", "highs:ipx"), ("pyomo:cbcc", "pyomo:cbc"), ("pyomo:glpkk", "pyomo:glpk")],
)
def test_an_unknown_solver_is_refused_with_the_nearest_name(asked: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"Did you mean '{meant}'"):
        v2g.solve(read("reserve-binds"), solver=asked)


def test_an_unknown_solver_without_a_near_name_lists_all() -> None:
    with pytest.raises(UsageError) as refused:
        split("zzzz")
    assert all(name in str(refused.value) for name in NAMES) and "Did you mean" not in str(refused.value)


@pytest.mark.parametrize("gap", [-0.1, 1.0, 3.0])
def test_a_gap_that_makes_no_sense_is_refused(gap: float) -> None:
    with pytest.raises(UsageError, match="gap"):
        v2g.solve(read("reserve-binds"), gap=gap)


@pytest.mark.parametrize("variant", ["cbc", "glpk"])
def test_an_absent_executable_is_said(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pyomo.EXECUTABLES, variant, (lambda: None, "pip install something"))
    with pytest.raises(SolverMissing, match="not installed here: pip install something") as missing:
        v2g.solve(read("reserve-binds"), solver=f"pyomo:{variant}")
    assert missing.value.exit_code == 4


@pytest.mark.parametrize("variant", ["scip", "highs"])
def test_an_absent_interface_is_said(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyomo.contrib.solver.common import factory

    class Absent:
        def __init__(self, name: str) -> None: ...

        def available(self) -> bool:
            return False

    monkeypatch.setattr(factory, "SolverFactory", Absent)
    with pytest.raises(SolverMissing, match=f"'{variant}' is not installed") as missing:
        v2g.solve(read("reserve-binds"), solver=f"pyomo:{variant}")
    assert missing.value.exit_code == 4


def infeasible() -> v2g.Case:
    """A capacitor on an idle lane lifts the voltage beyond its limit, and nothing can take it down.

    w = 1 + 2 x Q / (1000 kv^2) with Q = 60 w: w = 1 / (1 - 2 x 0.2 x 60 / 52.9) = 1.83, far beyond 1.1 ** 2 = 1.21.
    """
    from v2g.formats import read_folder
    from v2g.formats.draft import Draft

    draft = read_folder(CASES / "capacitor-support")
    tables = {name: frame.copy() for name, frame in draft.tables.items()}
    tables["capacitors"]["kvar"] = "60"
    tables["loads"]["kw"], tables["loads"]["kvar"] = "1", "0"
    return v2g.read(Draft.of(draft.header, tables))


@pytest.mark.parametrize("solver", [name for name in NAMES if name != "highs:pdlp"])
def test_no_plan_is_said_in_words(solver: str) -> None:
    with pytest.raises(SolveError, match=r"No plan keeps all limits.*capacitors") as failed:
        v2g.solve(infeasible(), solver=solver)
    assert failed.value.exit_code == 3


def test_a_plan_lost_between_stages_is_not_called_an_infeasible_case() -> None:
    """A first-order method may reach a value that no exact point has; the next stage then finds nothing."""
    assert "No plan keeps all limits" in no_plan(Answer(Status.INFEASIBLE), [HOURS])
    told = no_plan(Answer(Status.INFEASIBLE), [HOURS], begun=True)
    assert "in stage critical_hours (critical load-hours)" in told and "more exact solver" in told


@pytest.mark.parametrize(
    ("solver", "tried", "left"),
    [
        ("highs", f"Tried: {SIMPLEX}.", "--solver highs:ipx or --solver pyomo:scip"),
        ("highs:ipx", f"Tried: ipx afresh (Unknown); {SIMPLEX}.", "--solver pyomo:scip"),
    ],
)
def test_a_solver_that_cannot_tell_is_named_with_its_stage_and_what_else_there_is(
    solver: str, tried: str, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "_run", lambda *_: Answer(Status.FAILED, message="Unknown"))
    with pytest.raises(SolveError) as failed:
        v2g.solve(read("tier-order"), solver=solver)
    text = str(failed.value)
    stages = "critical_1, critical_2 (critical loads (or people) served), all at once"
    assert f"The solver came to no end in stages {stages}: it neither found a plan nor showed" in text
    assert tried in text and text.endswith(f"another solver may: {left}.")


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_simplex_that_cannot_tell_goes_on_and_then_starts_afresh(
    failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one failure from where it stopped, after two from nothing; three are a failure, and the next run knows."""
    said = [
        *failures * [Answer(Status.FAILED, message="Unknown")],
        Answer(Status.TIME_LIMIT),
        Answer(Status.TIME_LIMIT),
    ]
    forgot: list[int] = []
    monkeypatch.setattr(Session, "_run", lambda *_: said.pop(0))
    monkeypatch.setattr(Session, "forget", lambda session: forgot.append(len(said)) or setattr(session, "afresh", True))
    session = Session({"solver": "simplex"})
    first = session.run()
    assert (first.status is Status.FAILED) is (failures == 3)
    assert first.tried == (tuple(SIMPLEX.split("; ")) if failures == 3 else ())
    assert len(forgot) == (failures > 1)
    assert session.run().tried == () and not session.failed


def test_a_method_without_a_basis_to_go_on_from_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [Answer(Status.FAILED, message="Unknown")]
    monkeypatch.setattr(Session, "_run", lambda *_: said.pop(0))
    assert Session({"solver": "ipx"}).run().tried == ("ipx afresh (Unknown)",)


def test_a_stage_without_an_end_is_said() -> None:
    text = no_plan(Answer(Status.UNBOUNDED), [HOURS])
    assert "no best plan in stage critical_hours" in text and "--with" in text


def test_running_out_of_time_is_said() -> None:
    text = no_plan(Answer(Status.TIME_LIMIT), [HOURS])
    assert "time limit passed in stage critical_hours" in text and "--time-limit" in text
    with pytest.raises(SolveError, match="time limit"):
        v2g.solve(v2g.read("ieee13-blackout"), time_limit=1e-3)


@pytest.mark.parametrize("late", ["battery_wear", "fuel_burnt"])
def test_time_that_ends_in_a_late_stage_leaves_the_plan_of_the_stages_before(
    late: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    minimise = Reduced.minimise

    def slow(core: Reduced, cost: Any, time_limit: float | None = None) -> Answer:
        stage = next(o for o in core.lp.objectives if o.name == late)
        same = stage.index.size > 0 and np.array_equal(cost, stage.dense(cost.size))
        return Answer(Status.TIME_LIMIT) if same else minimise(core, cost, time_limit)

    monkeypatch.setattr(Reduced, "minimise", slow)
    case = v2g.read("ieee13-blackout")
    plan = v2g.solve(case)
    assert plan.summary["audit"]["ok"] and certify(case, plan).ok
    # As many as with time enough: the counts come long before.
    assert [row["served"] for row in plan.summary["critical"].values()] == [5, 2, 0]
    stage = next(stage for stage in plan.summary["certificate"]["stages"] if stage["name"] == late)
    assert stage["objective"] > 0.0 and stage["bound"] < stage["objective"]


@pytest.mark.parametrize("limit", [0.02, 0.3, 1.0, 5.0])
def test_a_time_limit_gives_an_audited_plan_or_none(limit: float) -> None:
    """A plan found in time keeps all limits, and calls itself optimal only within the gap."""
    case = v2g.read("ieee13-blackout")
    try:
        plan = v2g.solve(case, time_limit=limit)
    except SolveError as error:
        assert "time limit" in str(error)
        return
    assert v2g.verify(case, plan).ok
    within = all(stage["gap"] <= 1e-3 for stage in plan.summary["certificate"]["stages"])
    assert plan.summary["status"] == ("optimal" if within else "feasible")
    assert certify(case, plan).ok
