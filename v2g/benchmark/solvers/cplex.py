"""CPLEX, where it is installed. The community edition solves up to 1,000 rows and 1,000 columns."""

from __future__ import annotations

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.entry import Asked, Reply
from v2g.benchmark.solvers.licensed import licensed, refusal
from v2g.benchmark.texts import written
from v2g.benchmark.watch import Watch


def solve(program: Program, asked: Asked, watch: Watch) -> Reply:
    """Its choice of method for one thread."""
    import cplex

    watch.begin("hand_over")
    try:
        model = cplex.Cplex(str(written(program, asked.folder)))
        wanted = model.parameters
        wanted.threads.set(1)
        wanted.randomseed.set(asked.seed)
        wanted.timelimit.set(asked.time_limit)
        wanted.mip.tolerances.mipgap.set(1e-7)
        wanted.mip.tolerances.integrality.set(1e-9)
        wanted.simplex.tolerances.feasibility.set(1e-9)
        wanted.simplex.tolerances.optimality.set(1e-9)
        print(f"CPLEX {model.get_version()}")
        watch.begin("solve")
        model.solve()
    except cplex.exceptions.CplexError as error:
        return refusal(error)
    watch.begin("read_back")
    said = str(model.solution.get_status_string()).lower()
    whole = bool(program.integer.any())
    if "optimal" in said and "infeasib" not in said:
        claim = "optimal"
    elif "time limit" in said:
        claim = "feasible" if whole and model.solution.is_primal_feasible() else "time limit"
    else:
        claim = "infeasible" if "infeasible" in said else "unbounded" if "unbounded" in said else "failed"
    if claim not in ("optimal", "feasible"):
        return Reply(claim, said=said)
    x = np.array(model.solution.get_values())
    y = None if whole else np.array(model.solution.get_dual_values())
    return Reply(claim, x, y, float(model.solution.get_objective_value()), said=said)


SOLVERS = licensed(
    "cplex", "CPLEX", "cplex", solve,
    (r"CPLEX (\d\S+)",),
    (
        (r"Root node processing|MIP - ", "branch and cut"),
        (r"Barrier time|Barrier - ", "interior point"),
        (r"Dual simplex|Iteration log|Iteration: ", "dual simplex"),
        (r"All rows and columns eliminated", "presolve alone"),
    ),
)  # fmt: skip
