"""CBC, as the program that comes with PuLP, or one on the path. Its binary solution file has all digits."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import numpy as np

from v2g.benchmark.program import Floats, Program
from v2g.benchmark.solvers.entry import EXACT, EXTRA, Asked, Reply, Solver
from v2g.benchmark.solvers.executable import run
from v2g.benchmark.texts import written
from v2g.benchmark.watch import Watch

READ = r"read with \d+ errors"


def executable() -> str | None:
    """Path of the program."""
    try:
        import pulp
    except ImportError:
        return shutil.which("cbc")
    own = pulp.PULP_CBC_CMD(msg=False).path
    return str(own) if Path(own).exists() else shutil.which("cbc")


def solve(program: Program, asked: Asked, watch: Watch) -> Reply:
    """Solve by the program: presolve and dual simplex for what is continuous, branch and cut for what is whole."""
    path = executable()
    if path is None:
        return Reply("failed", said="PuLP has no CBC for this machine")
    watch.begin("hand_over")
    target, words = (asked.folder / name for name in ("solution.bin", "solution.txt"))
    whole = bool(program.integer.any())
    options = ["-primalTolerance", "1e-9", "-dualTolerance", "1e-9", "-randomSeed", str(asked.seed + 1)]
    options += ["-timeMode", "elapsed", "-seconds", str(asked.time_limit)]
    if whole:
        options += ["-integerTolerance", "1e-9", "-ratioGap", "1e-7", "-allowableGap", "1e-7"]
        options += ["-randomCbcSeed", str(asked.seed + 1), "-threads", "0"]
    ends = ["-solution", str(words), "-saveSolution", str(target)]
    code = run([path, str(written(program, asked.folder)), *options, "-solve", *ends], READ, watch)
    watch.begin("read_back")
    if code or not words.exists():
        return Reply("failed", said=f"CBC ended with code {code}")
    return answer(words.read_text(encoding="ascii", errors="replace").partition("\n")[0], target, program)


def answer(status: str, file: Path, program: Program) -> Reply:
    """What the first line of its solution in words, and its solution in full, say."""
    said, _, value = status.partition(" - objective value ")
    claims = {"optimal": "optimal", "infeasible": "infeasible", "integer infeasible": "infeasible",
              "unbounded": "unbounded"}  # fmt: skip
    claim = claims.get(said.strip().lower(), "failed")
    stopped = said.lower().startswith("stopped")
    if stopped:
        claim = "feasible" if program.integer.any() and "no integer solution" not in said.lower() else "time limit"
    if claim not in ("optimal", "feasible") or not file.exists():
        return Reply("failed" if claim in ("optimal", "feasible") else claim, said=status)
    x, y = read(file, program)
    return Reply(claim, x, None if program.integer.any() else y, float(value.split()[0]), said=status)


def read(file: Path, program: Program) -> tuple[Floats, Floats]:
    """Point and multipliers in the binary solution file: counts, value, rows twice, columns twice."""
    data = file.read_bytes()
    rows, columns = struct.unpack_from("ii", data)
    if (rows, columns) != (program.rows, program.columns):
        raise ValueError(f"CBC wrote {rows} rows and {columns} columns of {program.rows} and {program.columns}")
    numbers = np.frombuffer(data, dtype=float, offset=2 * 4 + 8)
    return numbers[2 * rows : 2 * rows + columns].copy(), numbers[rows : 2 * rows].copy()


SOLVERS = (
    Solver(
        "cbc", "COIN-OR CBC and Clp", EXACT, ("lp", "milp"), "pulp", EXTRA, solve,
        (r"Welcome to the CBC MILP Solver[^\n]*\n(?:[^\n]*\n)?\s*Version:\s*(\S+)",),
        (
            (r"Cbc\d{4}I|Continuous objective value", "branch and cut"),
            (r"Optimal objective .* iterations|\n\d+  Obj ", "simplex"),
            (r"Presolve determined|Empty problem|Clp3002W", "presolve alone"),
        ),
        program="cbc",
    ),
)  # fmt: skip
