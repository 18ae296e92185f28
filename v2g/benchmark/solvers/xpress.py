"""FICO Xpress, where it is installed. The community licence solves up to 5,000 rows and columns together."""

from __future__ import annotations

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.entry import Asked, Reply
from v2g.benchmark.solvers.licensed import licensed, refusal
from v2g.benchmark.texts import written
from v2g.benchmark.watch import Watch


def solve(program: Program, asked: Asked, watch: Watch) -> Reply:
    """Its choice of method for one thread."""
    import xpress

    watch.begin("hand_over")
    whole = bool(program.integer.any())
    try:
        model = xpress.problem()
        getattr(model, "readProb", model.read)(str(written(program, asked.folder)))
        wanted = {"threads": 1, "randomseed": asked.seed, "timelimit": asked.time_limit, "miprelstop": 1e-7,
                  "mipabsstop": 1e-7, "feastol": 1e-9, "optimalitytol": 1e-9, "miptol": 1e-9}  # fmt: skip
        for name, value in wanted.items():
            model.setControl(name, value)
        watch.begin("solve")
        solved, found = (status.name.lower() for status in model.optimize())
    except (xpress.SolverError, xpress.InterfaceError, xpress.ModelError, RuntimeError) as error:
        return refusal(error)
    watch.begin("read_back")
    said = f"{solved}, {found}"
    claims = {"optimal": "optimal", "infeasible": "infeasible", "unbounded": "unbounded",
              "feasible": "feasible" if whole else "time limit"}  # fmt: skip
    claim = claims.get(found, "time limit" if solved == "stopped" else "failed")
    if claim not in ("optimal", "feasible"):
        return Reply(claim, said=said)
    x = np.array(model.getSolution())
    y = None if whole else np.array(model.getDuals())
    return Reply(claim, x, y, float(model.attributes.objval), said=said)


SOLVERS = licensed(
    "xpress", "FICO Xpress", "xpress", solve,
    (r"FICO Xpress v([\d.]+)",),
    (
        (r"Starting tree search|Final MIP objective", "branch and cut"),
        (r"Barrier method finished|Starting the barrier", "interior point"),
        (r"Its\s+Obj Value", "simplex"),
    ),
)  # fmt: skip
