"""Gurobi, where it is installed. Without a licence it solves up to 2,000 rows and 2,000 columns."""

from __future__ import annotations

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.entry import Asked, Reply
from v2g.benchmark.solvers.licensed import licensed, refusal
from v2g.benchmark.texts import written
from v2g.benchmark.watch import Watch

CLAIMS = {2: "optimal", 3: "infeasible", 4: "infeasible", 5: "unbounded", 9: "time limit"}


def solve(program: Program, asked: Asked, watch: Watch) -> Reply:
    """Its choice of method for one thread."""
    import gurobipy

    watch.begin("hand_over")
    try:
        model = gurobipy.read(str(written(program, asked.folder)))
        wanted = {"Threads": 1, "Seed": asked.seed, "TimeLimit": asked.time_limit, "MIPGap": 1e-7, "MIPGapAbs": 1e-7,
                  "FeasibilityTol": 1e-9, "OptimalityTol": 1e-9, "IntFeasTol": 1e-9}  # fmt: skip
        for name, value in wanted.items():
            model.setParam(name, value)
        watch.begin("solve")
        model.optimize()
    except gurobipy.GurobiError as error:
        return refusal(error)
    watch.begin("read_back")
    claim = CLAIMS.get(model.Status, "failed")
    if not model.SolCount or claim not in ("optimal", "time limit"):
        return Reply(claim, said=f"status {model.Status}")
    whole = bool(program.integer.any())
    y = None if whole or claim != "optimal" else np.array(model.getAttr("Pi"))
    claim = "optimal" if claim == "optimal" else "feasible" if whole else "time limit"
    x = None if claim == "time limit" else np.array(model.getAttr("X"))
    return Reply(claim, x, y, float(model.ObjVal), float(model.ObjBound) if whole else None, f"status {model.Status}")


SOLVERS = licensed(
    "gurobi", "Gurobi", "gurobipy", solve,
    (r"Gurobi Optimizer version (\S+)",),
    (
        (r"Explored \d+ nodes", "branch and cut"),
        (r"Barrier solved|Barrier performed", "interior point"),
        (r"iterations and .* seconds", "simplex"),
        (r"Presolve: All rows and columns removed", "presolve alone"),
    ),
)  # fmt: skip
