"""Versions of solvers as they are read in a benchmark: from what a solver prints when it runs, here on two columns."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from v2g.benchmark.program import Program
from v2g.benchmark.running import Limits, run
from v2g.benchmark.solvers.entry import Solver

SMALL = Program(
    cost=np.array([-1.0, -2.0]), start=np.array([0, 2]), index=np.array([0, 1]), value=np.array([1.0, 1.0]),
    row_lower=np.array([-np.inf]), row_upper=np.array([1.5]), lower=np.zeros(2), upper=np.ones(2),
    integer=np.zeros(2, dtype=np.bool_),
)  # fmt: skip
LIMITS = Limits(time_s=20.0)


def versions(solvers: Mapping[str, Solver], files: Sequence[Path] = ()) -> dict[str, str | None]:
    """By solver: the version that runs here, why it does not run though it is installed, or None where it is not.

    ``files`` are those with solvers from outside.
    """
    with tempfile.TemporaryDirectory(prefix="v2g-") as scratch:
        program = Path(scratch) / "small.npz"
        SMALL.save(program)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(lambda solver: _version(solver, program, files), solvers.values())
            return dict(zip(solvers, found, strict=True))


def _version(solver: Solver, program: Path, files: Sequence[Path]) -> str | None:
    if solver.installed() is None:
        return None
    ran = run(solver.name, program, 0, LIMITS, files)
    return solver.version_seen(ran.log) or f"version not told: {ran.said or ran.claim}"
