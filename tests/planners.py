"""Planning tools in environments of their own, for the tests that open exports in them (`make planners` makes both)."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@cache
def interpreter(package: str) -> str:
    """The Python that has a package, or nothing: V2G_PANDAPOWER (or V2G_PYPSA) names it, else `make planners` does."""
    named = os.environ.get(f"V2G_{package.upper()}") or str(ROOT / f".venv-{package}" / "bin" / "python")
    if not Path(named).is_file():
        return ""
    done = subprocess.run([named, "-c", f"import {package}"], capture_output=True, check=False, timeout=300)
    return named if done.returncode == 0 else ""


def run_in(package: str, script: str, *arguments: str | Path) -> str:
    """What a script prints in the environment of a package; the test is skipped where there is none."""
    python = interpreter(package)
    if not python:
        pytest.skip(f"needs an environment with {package}: make planners, or V2G_{package.upper()}=its python")
    done = subprocess.run(
        [python, "-c", script, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
