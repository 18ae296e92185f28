"""A run: the child that solves is started, watched, and ended where it goes beyond its limits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from v2g.affine import Floats
from v2g.benchmark.child import ARRAYS, ASKED, WORDS
from v2g.benchmark.watch import PHASES, running_cpu

GRACE_S, GRACE = 20.0, 0.25
"""Seconds, and share of the time limit, beyond it before a run is ended: hand-over counts in these too."""
LOOK_S = 0.05
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
     "RAYON_NUM_THREADS", "GOTO_NUM_THREADS", "BLIS_NUM_THREADS"), "1",
)  # fmt: skip
LAST_WORDS = 300


@dataclass(frozen=True)
class Limits:
    """Processor seconds of solving, MB that a run may hold.

    ``patience``: by the clock on the wall, solving may take so many times the seconds. One thread needs one processor,
    so 1 is right on a machine that does nothing else.
    """

    time_s: float = 60.0
    memory_mb: float = 4096.0
    patience: float = 1.0

    @property
    def wall_s(self) -> float:
        """Seconds by the clock on the wall."""
        return self.time_s * self.patience


@dataclass(frozen=True)
class Ran:
    """What came of a run: the solver's claim, point and multipliers, what it printed, and what it took."""

    claim: str
    said: str = ""
    x: Floats | None = None
    y: Floats | None = None
    objective: float | None = None
    bound: float | None = None
    log: str = ""
    wall: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PHASES, float("nan")))
    cpu: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PHASES, float("nan")))
    peak_mb: float = float("nan")
    process_s: float = 0.0


def run(solver: str, program: Path, seed: int, limits: Limits, files: Sequence[Path] = ()) -> Ran:
    """Solve a program that was saved, by the solver of that name; ``files`` are those with solvers from outside."""
    with tempfile.TemporaryDirectory(prefix="v2g-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        asked = {"solver": solver, "program": str(program), "seed": seed, "time_limit": limits.wall_s,
                 "with": [str(file.resolve()) for file in files]}  # fmt: skip
        (folder / ASKED).write_text(json.dumps(asked), encoding="utf-8")
        started = time.perf_counter()
        with open(folder / "log.txt", "wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "v2g.benchmark.child", scratch], stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, cwd=folder, env={**os.environ, **ONE_THREAD, "PYTHONSAFEPATH": "1"},
                start_new_session=True,
            )  # fmt: skip
            broken, peak = _watched(child, limits, started)
        return _told(folder, child.returncode, broken, peak, time.perf_counter() - started)


def _watched(child: subprocess.Popen[bytes], limits: Limits, started: float) -> tuple[str, float]:
    """Wait for a child; which limit it broke, if any, and the most memory seen, in MB."""
    peak = 0.0
    most, most_cpu = (seconds * (1.0 + GRACE) + GRACE_S for seconds in (limits.wall_s, limits.time_s))
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                child.wait(LOOK_S)
                return "", peak
            peak = max(peak, held_mb(child.pid))
            if peak > limits.memory_mb:
                return "memory limit", peak
            if time.perf_counter() - started > most or spent_s(child.pid) > most_cpu:
                return "time limit", peak
    finally:
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(child.pid, signal.SIGKILL)
            else:  # Windows
                child.kill()
        child.wait()


def held_mb(process: int) -> float:
    """Memory that a process and all below it hold, in MB; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process}/statm").read_text().split()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except (OSError, ValueError):
        return 0.0
    own = int(status[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return own + sum(held_mb(int(child)) for child in children)


def spent_s(process: int) -> float:
    """Processor seconds of a process and all below it; 0 where the system does not tell."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0.0
    return running_cpu(process) + sum(spent_s(int(child)) for child in children)


def _told(folder: Path, code: int, broken: str, peak: float, seconds: float) -> Ran:
    log = (folder / "log.txt").read_text(encoding="utf-8", errors="replace")
    if broken or not (folder / WORDS).exists():
        said = f"ended after {seconds:.0f} s" if broken == "time limit" else f"held {peak:.0f} MB"
        return Ran(broken or "failed", said if broken else crash(code, log), log=log, peak_mb=peak, process_s=seconds)
    words = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        x, y = (arrays[name] if name in arrays.files else None for name in ("x", "y"))
    peak = max(words.pop("peak_mb"), peak)
    return Ran(x=x, y=y, log=log, peak_mb=peak, process_s=seconds, **words)


def crash(code: int, log: str) -> str:
    """How a child ended that left no reply."""
    lines = log.strip().splitlines()
    last = lines[-1][:LAST_WORDS] if lines else ""
    try:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        how = f"signal {-code}"
    return f"{how}: {last}" if last else how
