"""Clarabel, an interior-point method for conic programs. No crossover: its answer is near a face, not at a corner."""

from __future__ import annotations

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.conic import conic
from v2g.benchmark.solvers.entry import EXACT, EXTRA, Asked, Reply, Solver
from v2g.benchmark.watch import Watch

NEAR = 1e-9


def solve(program: Program, asked: Asked, watch: Watch) -> Reply:
    """Homogeneous interior point with presolve and equilibration as they come; nothing random to seed."""
    import clarabel
    from scipy.sparse import csc_matrix

    watch.begin("hand_over")
    form = conic(program)
    settings = clarabel.DefaultSettings()
    settings.max_threads, settings.time_limit = 1, asked.time_limit
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = NEAR
    cones = [clarabel.ZeroConeT(form.zeros), clarabel.NonnegativeConeT(form.side.size - form.zeros)]
    nothing = csc_matrix((program.columns, program.columns))
    solver = clarabel.DefaultSolver(nothing, program.cost, form.matrix, form.side, cones, settings)
    watch.begin("solve")
    found = solver.solve()
    watch.begin("read_back")
    said = str(found.status)
    claims = {"Solved": "optimal", "MaxTime": "time limit", "PrimalInfeasible": "infeasible",
              "DualInfeasible": "unbounded"}  # fmt: skip
    claim = claims.get(said, "failed")
    if claim != "optimal":
        return Reply(claim, said=said)
    x, z = np.array(found.x), np.array(found.z)
    return Reply(claim, x, form.multipliers(z, program.rows), float(found.obj_val), said=said)


SOLVERS = (
    Solver(
        "clarabel", "Clarabel", EXACT, ("lp",), "clarabel", EXTRA, solve,
        (r"Clarabel\.rs v(\S+)",),
        ((r"direct|linear algebra", "interior point"),),
    ),
)  # fmt: skip
