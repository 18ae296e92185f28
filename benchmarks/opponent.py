"""The whole job without v2g's engine: the same text in Pyomo, stage by stage to HiGHS, as Pyomo's users do it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.contrib.solver.common.factory import SolverFactory

from benchmarks.stopwatch import Stopwatch
from v2g.problem import Problem
from v2g.readings import pyomo as reading

HOLD_ROOM = 1e-6
DONE = "convergenceCriteriaSatisfied"


def plan(problem: Problem, gap: float, time_limit: float, watch: Stopwatch) -> None:
    """Solve all stages in order, each held at its value for those below; whole loads are settled with the first amount.

    Stage values, and the stage at which time ran out, go to ``watch.facts``.
    """
    started = time.perf_counter()
    with watch.piece("build"):
        made = reading.read(problem)
    solver, held = SolverFactory("highs"), pyo.ConstraintList()
    made.model.add_component("held", held)
    values: dict[str, float] = {}
    watch.facts["values"] = values
    for (_, rule, _, name), expression in zip(problem.stages(), made.stages, strict=True):
        if isinstance(expression, (int, float)):
            values[name] = float(expression)
            continue
        left = time_limit - (time.perf_counter() - started)
        with watch.piece(name):
            value = _minimised(solver, made.model, expression, gap, left)
        if value is None:
            watch.facts["stopped_at"] = name
            return
        values[name] = value
        held.add(expression <= value + HOLD_ROOM * max(1.0, abs(value)))
        if not rule.integers:
            _settle(made.variables)


def _minimised(solver: Any, model: Any, expression: Any, gap: float, left: float) -> float | None:
    if left <= 0.0:
        return None
    if model.component("stage") is not None:
        model.del_component("stage")
    model.add_component("stage", pyo.Objective(expr=expression, sense=pyo.minimize))
    found = solver.solve(
        model, rel_gap=gap, time_limit=left, load_solutions=False, raise_exception_on_nonoptimal_result=False
    )
    if found.termination_condition.name != DONE:
        return None
    found.solution_loader.load_vars()
    return float(pyo.value(expression))


def _settle(variables: list[Any]) -> None:
    for variable in variables:
        if variable.is_integer() and not variable.fixed:
            variable.fix(int(np.rint(variable.value)))
