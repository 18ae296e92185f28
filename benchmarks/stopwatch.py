"""Wall and processor seconds of named pieces of work, and the memory of the process."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Stopwatch:
    """What one phase took. Only what runs inside `piece` counts; what a child prepares or compares does not."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    peak_mb: float = 0.0

    @contextmanager
    def piece(self, name: str) -> Iterator[None]:
        """Time a piece of work, also when it fails."""
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.wall[name] = time.perf_counter() - wall
            self.cpu[name] = time.process_time() - cpu
            self.peak_mb = peak_mb()


def peak_mb() -> float:
    """Largest memory this process has held so far, in MB: its libraries and its case are part of it."""
    unit = 1.0 if sys.platform == "darwin" else 1024.0
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)
