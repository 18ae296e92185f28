"""SCIP, through PySCIPOpt, from an MPS file."""

from __future__ import annotations

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.entry import EXACT, EXTRA, Asked, Reply, Solver
from v2g.benchmark.texts import column_name, written
from v2g.benchmark.watch import Watch

CLAIMS = {"optimal": "optimal", "gaplimit": "optimal", "infeasible": "infeasible", "inforunbd": "infeasible",
          "unbounded": "unbounded", "timelimit": "time limit"}  # fmt: skip


def solve(program: Program, asked: Asked, watch: Watch) -> Reply:
    """Presolve, simplex, branch and cut. No multipliers: SCIP does not carry them back through presolve."""
    from pyscipopt import Model

    watch.begin("hand_over")
    model = Model()
    model.readProblem(str(written(program, asked.folder)))
    model.setParams({
        "limits/time": asked.time_limit, "limits/gap": 1e-7, "lp/threads": 1, "parallel/maxnthreads": 1,
        "randomization/randomseedshift": asked.seed, "numerics/feastol": 1e-9, "numerics/dualfeastol": 1e-9,
    })  # fmt: skip
    model.printVersion()
    watch.begin("solve")
    model.optimize()
    watch.begin("read_back")
    said = str(model.getStatus())
    claim = CLAIMS.get(said, "failed")
    if not model.getNSols() or claim in ("infeasible", "unbounded", "failed"):
        return Reply(claim, said=said)
    best = model.getBestSol()
    values = {variable.name: model.getSolVal(best, variable) for variable in model.getVars()}
    x = np.array([values[column_name(j)] for j in range(program.columns)])
    claim = "feasible" if claim == "time limit" else claim
    return Reply(claim, x, None, float(model.getObjVal()), float(model.getDualbound()), said)


SOLVERS = (
    Solver(
        "scip", "SCIP", EXACT, ("lp", "milp"), "pyscipopt", EXTRA, solve,
        (r"SCIP version (\S+)", r"LP solver: (\w+ [\d.]+)"),
        ((r"LP iter", "branch and cut over simplex"),),
    ),
)  # fmt: skip
