"""SCS, a first-order method for conic programs (operator splitting with a direct factorisation)."""

from __future__ import annotations

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.conic import conic
from v2g.benchmark.solvers.entry import EXTRA, FIRST_ORDER, Asked, Reply, Solver
from v2g.benchmark.watch import Watch

NEAR = 1e-6


def solve(program: Program, asked: Asked, watch: Watch) -> Reply:
    """As many iterations as the time allows; nothing random to seed."""
    import scipy.sparse  # noqa: F401  loaded before the clock starts
    import scs

    watch.begin("hand_over")
    form = conic(program)
    data = {"A": form.matrix, "b": form.side, "c": program.cost}
    cones = {"z": form.zeros, "l": form.side.size - form.zeros}
    solver = scs.SCS(
        data, cones, eps_abs=NEAR, eps_rel=NEAR, max_iters=10**9, time_limit_secs=asked.time_limit, verbose=True
    )
    watch.begin("solve")
    found = solver.solve()
    watch.begin("read_back")
    said = str(found["info"]["status"])
    claims = {"solved": "optimal", "infeasible": "infeasible", "unbounded": "unbounded"}
    claim = claims.get(said, "time limit" if "time" in said or "inaccurate" in said else "failed")
    if claim != "optimal":
        return Reply(claim, said=said)
    x, z = np.array(found["x"]), np.array(found["y"])
    return Reply(claim, x, form.multipliers(z, program.rows), float(found["info"]["pobj"]), said=said)


SOLVERS = (
    Solver(
        "scs", "SCS", FIRST_ORDER, ("lp",), "scs", EXTRA, solve,
        (r"SCS v(\S+)",),
        ((r"lin-sys:|Splitting Conic Solver", "operator splitting"),), tolerance=NEAR, measure="max", near=1e-4,
    ),
)  # fmt: skip
