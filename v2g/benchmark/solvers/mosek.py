"""MOSEK, where it is installed. It solves nothing without a licence file."""

from __future__ import annotations

import sys

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.entry import Asked, Reply
from v2g.benchmark.solvers.licensed import licensed, refusal
from v2g.benchmark.texts import written
from v2g.benchmark.watch import Watch


def solve(program: Program, asked: Asked, watch: Watch) -> Reply:
    """Its choice of method for one thread."""
    import mosek

    watch.begin("hand_over")
    whole = bool(program.integer.any())
    try:
        with mosek.Env() as env, env.Task() as task:
            task.set_Stream(mosek.streamtype.log, sys.stdout.write)
            task.readdata(str(written(program, asked.folder)))
            task.putintparam(mosek.iparam.num_threads, 1)
            task.putintparam(mosek.iparam.mio_seed, asked.seed)
            task.putdouparam(mosek.dparam.optimizer_max_time, asked.time_limit)
            task.putdouparam(mosek.dparam.mio_tol_rel_gap, 1e-7)
            watch.begin("solve")
            task.optimize()
            watch.begin("read_back")
            form = mosek.soltype.itg if whole else mosek.soltype.bas
            if not task.solutiondef(form):
                form = mosek.soltype.itr
            said = str(task.getsolsta(form)).rpartition(".")[2]
            claims = {"optimal": "optimal", "integer_optimal": "optimal", "prim_infeas_cer": "infeasible",
                      "dual_infeas_cer": "unbounded", "prim_feas": "feasible" if whole else "time limit"}  # fmt: skip
            claim = claims.get(said, "failed")
            if claim not in ("optimal", "feasible"):
                return Reply(claim, said=said)
            y = None if whole else np.array(task.gety(form))
            return Reply(claim, np.array(task.getxx(form)), y, float(task.getprimalobj(form)), said=said)
    except mosek.MosekException as error:
        return refusal(error)


SOLVERS = licensed(
    "mosek", "MOSEK", "mosek", solve,
    (r"MOSEK Version (\S+)",),
    (
        (r"Mixed integer optimizer started", "branch and cut"),
        (r"Interior-point optimizer started|Optimizer started.*interior", "interior point"),
        (r"Simplex optimizer started|simplex", "simplex"),
    ),
)  # fmt: skip
