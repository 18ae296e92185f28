"""One solver on one program, in a process of its own: ``python -m v2g.benchmark.child FOLDER``.

In the folder are ``asked.json`` and, afterwards, ``reply.json`` and ``reply.npz``. Nothing is judged here.
"""

from __future__ import annotations

import ctypes
import json
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

from v2g.benchmark.outside import load_solvers
from v2g.benchmark.program import Order, Program
from v2g.benchmark.solvers import SOLVERS
from v2g.benchmark.solvers.entry import Asked, Reply
from v2g.benchmark.watch import Watch

DIE_WITH_PARENT = 1
ASKED, WORDS, ARRAYS = "asked.json", "reply.json", "reply.npz"


def main(folder: Path) -> None:
    """Solve what is asked for in a folder, and leave the reply there."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    asked = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    load_solvers(asked["with"])
    program, order = Program.load(Path(asked["program"])).shuffled(asked["seed"])
    watch = Watch()
    try:
        reply = SOLVERS[asked["solver"]].run(program, Asked(asked["seed"], asked["time_limit"], folder), watch)
    except Exception as error:
        reply = Reply("failed", said=f"{type(error).__name__}: {error}")
    watch.begin(None)
    leave(folder, reply, order, watch)


def leave(folder: Path, reply: Reply, order: Order, watch: Watch) -> None:
    """Write a reply, rows and columns in the order of the program as it was before it was shuffled."""
    arrays = {}
    for name, values, places, back in (
        ("x", reply.x, order.columns, order.columns_back),
        ("y", reply.y, order.rows, order.rows_back),
    ):
        if values is not None:
            arrays[name] = back(values) if values.shape == places.shape else values  # whose judge will see that
    np.savez(folder / ARRAYS, **arrays)  # type: ignore[arg-type]
    words: dict[str, Any] = {
        "claim": reply.claim, "objective": reply.objective, "bound": reply.bound, "said": reply.said,
        "wall": watch.wall, "cpu": watch.cpu, "peak_mb": peak_mb(),
    }  # fmt: skip
    (folder / WORDS).write_text(json.dumps(words), encoding="utf-8")


def peak_mb() -> float:
    """Most memory that this process, or a program that it started, held at a time, in MB; 0 where it is not told."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1e6 if sys.platform == "darwin" else 1e3
    started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    status = Path("/proc/self/status")
    if not status.exists():
        return max(started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return float(max(started, int(line.split()[1]) / 1e3))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
