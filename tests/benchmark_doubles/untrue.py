"""Solvers that are not what they say, put into the register the way a user's own are."""

import os
import sys
import time
from dataclasses import replace
from functools import partial

import numpy as np

from v2g.benchmark.solvers import SOLVERS
from v2g.benchmark.solvers.entry import EXACT, Reply, Solver
from v2g.benchmark.solvers.highs import ALGORITHMS, COMMON, VERSIONS
from v2g.benchmark.solvers.highs import solve as by_highs


def honest(program, asked, watch):
    return by_highs(COMMON, program, asked, watch)


def beyond(program, asked, watch):
    """All columns at the end that costs least: the best value, and rows broken."""
    honest(program, asked, watch)
    ends = np.where(program.cost < 0, program.upper, program.lower)
    return Reply("optimal", np.where(np.isfinite(ends), ends, 0.0), objective=-1e9)


def worse(program, asked, watch):
    """A point that keeps all limits and is not the best: the one of the opposite objective."""
    return Reply("optimal", honest(replace(program, cost=-program.cost), asked, watch).x)


def fractional(program, asked, watch):
    return Reply("optimal", honest(program.relaxed(), asked, watch).x)


def gives_up(program, asked, watch):
    return Reply("infeasible", said="no point")


def short(program, asked, watch):
    return Reply("optimal", np.zeros(program.columns - 1))


def merely_feasible(program, asked, watch):
    return Reply("feasible", worse(program, asked, watch).x)


def slow(program, asked, watch):
    watch.begin("solve")
    time.sleep(asked.time_limit + 0.1)
    watch.begin("read_back")
    return honest(program, asked, watch)


def busy(program, asked, watch):
    watch.begin("solve")
    while watch.cpu_now() < asked.time_limit / 60 + 0.5:
        pass
    return Reply("feasible", honest(program, asked, watch).x)


def asleep(program, asked, watch):
    watch.begin("solve")
    time.sleep(600)


def hungry(program, asked, watch):
    held = [np.ones(10_000_000) for _ in range(20)]
    time.sleep(600)
    return Reply("failed", said=str(len(held)))


def crashing(program, asked, watch):
    print("about to fall")
    sys.stdout.flush()
    os.abort()


def entry(name, run, **more):
    return Solver(name, name, EXACT, ("lp", "milp"), more.pop("package", "numpy"), "never", run, VERSIONS,
                  ALGORITHMS, **more)  # fmt: skip


def register():
    for run in (
        honest,
        beyond,
        worse,
        fractional,
        gives_up,
        short,
        merely_feasible,
        slow,
        busy,
        asleep,
        hungry,
        crashing,
    ):
        SOLVERS[run.__name__] = entry(run.__name__, run)
    SOLVERS["nowhere"] = entry("nowhere", honest, package="no-such-distribution")
    SOLVERS["another"] = entry("another", partial(by_highs, COMMON | {"solver": "simplex"}), must="HiPO")


if __name__.startswith("v2g_solver"):  # not where it is merely looked through for tests
    register()
