"""Solvers from outside: a file of the user that puts its own into the register."""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from pathlib import Path

from v2g.benchmark.solvers import SOLVERS
from v2g.errors import UsageError


def load_solvers(files: Sequence[Path | str]) -> None:
    """Run each file. Raises UsageError where there is none, where it cannot be run, or adds no solver."""
    for file in files:
        path = Path(file).expanduser()
        if not path.is_file():
            raise UsageError(f"{path} is no file. Give a Python file that adds to v2g.benchmark.solvers.SOLVERS.")
        before = dict(SOLVERS)
        try:
            runpy.run_path(str(path), run_name=f"v2g_solver_{path.stem}")
        except Exception as error:
            raise UsageError(f"{path} cannot be run: {type(error).__name__}: {error}.") from error
        if before == SOLVERS:
            raise UsageError(f'{path} adds no solver. Let it end with SOLVERS["name"] = Solver(...).')
