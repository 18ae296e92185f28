"""COPT, where it is installed. Without a licence it solves small programs only."""

from __future__ import annotations

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.entry import Asked, Reply
from v2g.benchmark.solvers.licensed import licensed, refusal
from v2g.benchmark.texts import written
from v2g.benchmark.watch import Watch

CLAIMS = {1: "optimal", 2: "infeasible", 3: "unbounded", 4: "infeasible", 8: "time limit"}


def solve(program: Program, asked: Asked, watch: Watch) -> Reply:
    """Its choice of method for one thread; it has no seed to set."""
    import coptpy

    watch.begin("hand_over")
    whole = bool(program.integer.any())
    try:
        model = coptpy.Envr().createModel("program")
        model.readMps(str(written(program, asked.folder)))
        wanted = {"Threads": 1, "TimeLimit": asked.time_limit, "RelGap": 1e-7, "AbsGap": 1e-7, "FeasTol": 1e-9,
                  "DualTol": 1e-9, "IntTol": 1e-9}  # fmt: skip
        for name, value in wanted.items():
            model.setParam(name, value)
        watch.begin("solve")
        model.solve()
    except coptpy.CoptError as error:
        return refusal(error)
    watch.begin("read_back")
    code = int(model.MipStatus if whole else model.LpStatus)
    claim, said = CLAIMS.get(code, "failed"), f"status {code}"
    if claim == "time limit" and whole and model.HasMipSol:
        claim = "feasible"
    if claim not in ("optimal", "feasible"):
        return Reply(claim, said=said)
    if whole:
        return Reply(claim, np.array(model.getValues()), None, float(model.BestObj), float(model.BestBnd), said)
    return Reply(claim, np.array(model.getValues()), np.array(model.getDuals()), float(model.LpObjVal), said=said)


SOLVERS = licensed(
    "copt", "COPT", "coptpy", solve,
    (r"Cardinal Optimizer v(\S+?)[,. ]*(?:on|Build|\s)",),
    (
        (r"Starting the MIP solver", "branch and cut"),
        (r"Starting barrier solver", "interior point"),
        (r"Starting the simplex solver|simplex solver using", "simplex"),
    ),
)  # fmt: skip
