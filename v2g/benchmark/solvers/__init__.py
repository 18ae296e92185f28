"""The register of solvers: one file each, one literal entry for each way to use it.

A solver from outside is a file that ends with ``SOLVERS["name"] = Solver(...)`` and is given with ``--with``.
"""

from __future__ import annotations

from v2g.benchmark.solvers import (
    cbc,
    clarabel,
    copt,
    cplex,
    glpk,
    gurobi,
    highs,
    mosek,
    ortools,
    scip,
    scs,
    xpress,
)
from v2g.benchmark.solvers.entry import Solver

FILES = (highs, cbc, glpk, scip, ortools, clarabel, scs, gurobi, xpress, cplex, copt, mosek)
SOLVERS: dict[str, Solver] = {solver.name: solver for file in FILES for solver in file.SOLVERS}
"""Every solver by name, those that are free first."""
