"""One phase of one case in a process of its own, which says as JSON what it took: ``python -m benchmarks.child``."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES
from benchmarks.phases import PHASES
from benchmarks.stopwatch import Stopwatch

ROOT = Path(__file__).resolve().parent.parent
GRACE = 120.0
"""Seconds beyond the limit after which a process is ended: limits are not looked at while Pyomo builds."""


def measure(case: str, phase: str, limit: float) -> dict[str, Any]:
    """Run a phase elsewhere: ``wall``, ``cpu``, ``facts``, ``peak_mb``; ``not_done`` in seconds where time ran out."""
    command = [sys.executable, "-m", "benchmarks.child", case, phase, str(limit)]
    name = {"case": case, "phase": phase}
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit + GRACE, check=False)
    except subprocess.TimeoutExpired:
        return {**name, "wall": {}, "cpu": {}, "facts": {}, "peak_mb": None, "not_done": limit + GRACE}
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed.\n{done.stderr}")
    found: dict[str, Any] = name | json.loads(done.stdout.splitlines()[-1])
    if "stopped_at" in found["facts"]:
        found["not_done"] = limit
    return found


def main() -> None:
    """Entry of the child process."""
    case, phase, limit = sys.argv[1:]
    watch = Stopwatch()
    PHASES[phase](CASES[case](), float(limit), watch)
    print(json.dumps(asdict(watch)))


if __name__ == "__main__":
    main()
