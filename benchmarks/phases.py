"""The phases that are timed, by name. Each prepares what it needs, times its own work, and says what came out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.stopwatch import Stopwatch
from v2g.case import Case
from v2g.errors import SolveError
from v2g.planning import problem_of, solve
from v2g.problem import Problem
from v2g.readings.arrays import Arrays

GAP = 1e-3
Phase = Callable[[Case, float, Stopwatch], None]


def _problem(case: Case) -> Problem:
    return problem_of(case, str(case.header["network"]), str(case.header["policy"]))


def _vehicles(case: Case) -> Problem:
    from benchmarks import plain

    return plain.alone(_problem(case))


def derive(case: Case, _: float, watch: Stopwatch) -> None:
    """From tables to index sets and arrays."""
    with watch.piece("derive"):
        _problem(case)


def _assemble(problem: Problem, watch: Stopwatch) -> None:
    with watch.piece("assemble"):
        lp = Arrays(problem).read()
    watch.facts.update(lp.sizes())


def arrays(case: Case, _: float, watch: Stopwatch) -> None:
    """The whole text, read with index arrays."""
    _assemble(_problem(case), watch)


def vehicles_arrays(case: Case, _: float, watch: Stopwatch) -> None:
    """The vehicles alone, read with index arrays."""
    _assemble(_vehicles(case), watch)


def pyomo(case: Case, _: float, watch: Stopwatch) -> None:
    """The whole text, read with labels, and compiled by Pyomo."""
    from benchmarks import matrices
    from v2g.readings import pyomo as reading

    problem = _problem(case)
    matrices.warm()
    with watch.piece("build"):
        made = reading.read(problem)
    with watch.piece("compile"):
        form = matrices.compiled(made.model)
    lp = Arrays(problem).read()
    keys = {id(row): key for key, row in made.rows.items()}
    place = {id(variable): column for column, variable in enumerate(made.variables)}
    columns = np.array([place[id(v)] for v in form.columns])
    rows = np.array([_row(lp, *keys[id(entry.constraint)]) for entry in form.rows])
    watch.facts.update(lp.sizes(), same_matrix=matrices.equal(lp, form, columns, rows))


def _row(lp: Any, part: str, rule: str, at: tuple[int, ...]) -> int:
    block = lp.layout.rows[part, rule]
    flat = int(np.ravel_multi_index(at, block.shape)) if at else 0
    return int(block.first + (flat if block.flat is None else np.searchsorted(block.flat, flat)))


def _by_hand(case: Case, watch: Stopwatch, *, templatized: bool) -> None:
    from benchmarks import matrices, plain

    problem = _vehicles(case)
    matrices.warm()
    with watch.piece("build"):
        model = plain.build(problem, templatized=templatized)
    with watch.piece("compile"):
        form = matrices.compiled(model)
    lp = Arrays(problem).read()
    watch.facts.update(lp.sizes(), same_matrix=matrices.equal(lp, form, *plain.places(lp, form)))


def vehicles_plain(case: Case, _: float, watch: Stopwatch) -> None:
    """The vehicles alone, written in Pyomo by hand, and compiled."""
    _by_hand(case, watch, templatized=False)


def vehicles_templatized(case: Case, _: float, watch: Stopwatch) -> None:
    """The same with templatized constraints."""
    _by_hand(case, watch, templatized=True)


def hand_over(case: Case, _: float, watch: Stopwatch) -> None:
    """The whole program, copied into HiGHS as the engine does: without integers, which the engine decides itself."""
    from v2g.solvers.highs import Session

    lp = Arrays(_problem(case)).read()
    cost = lp.objectives[0].dense(lp.shape[1])
    session = Session()
    with watch.piece("hand over"):
        session.load(lp.matrix, lp.row_lower, lp.row_upper, lp.lower, lp.upper, cost)
    watch.facts.update(lp.sizes())


def whole(case: Case, limit: float, watch: Stopwatch) -> None:
    """A plan, audited: `v2g.solve`."""
    watch.facts.update(Arrays(_problem(case)).read().sizes())
    try:
        with watch.piece("whole"):
            plan = solve(case, gap=GAP, time_limit=limit)
    except SolveError:
        watch.facts["stopped_at"] = "solve"
        return
    stages = plan.summary["certificate"]["stages"]
    watch.facts.update(phases=plan.summary["seconds"], gap=max(s["gap"] for s in stages))
    watch.facts["values"] = {stage["name"]: stage["objective"] for stage in stages}


def whole_pyomo(case: Case, limit: float, watch: Stopwatch) -> None:
    """The same stages by Pyomo and HiGHS."""
    from benchmarks import opponent

    opponent.plan(_problem(case), GAP, limit, watch)


PHASES: Mapping[str, Phase] = {
    "derive": derive,
    "arrays": arrays,
    "pyomo": pyomo,
    "vehicles-arrays": vehicles_arrays,
    "vehicles-plain": vehicles_plain,
    "vehicles-templatized": vehicles_templatized,
    "hand-over": hand_over,
    "whole": whole,
    "whole-pyomo": whole_pyomo,
}
