"""Where the time of a run goes: phases, one after the other, in wall-clock and processor seconds."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

PHASES = ("hand_over", "solve", "read_back")


class Watch:
    """Begin a phase, and the one before ends. Processor time is that of this process and all that it waited for."""

    def __init__(self) -> None:
        self.wall = dict.fromkeys(PHASES, 0.0)
        self.cpu = dict.fromkeys(PHASES, 0.0)
        self.phase: str | None = None
        self._wall, self._cpu, self.helper = 0.0, 0.0, 0

    def begin(self, phase: str | None) -> None:
        """From now on time is that of ``phase``; None ends the last one."""
        if phase is not None and phase not in PHASES:
            raise ValueError(f"there is no phase '{phase}'")
        wall, cpu = time.perf_counter(), self.cpu_now()
        if self.phase is not None:
            self.wall[self.phase] += wall - self._wall
            self.cpu[self.phase] += cpu - self._cpu
        self.phase, self._wall, self._cpu = phase, wall, cpu

    def cpu_now(self) -> float:
        """Processor seconds so far."""
        spent = os.times()
        return spent.user + spent.system + spent.children_user + spent.children_system + running_cpu(self.helper)


def running_cpu(process: int) -> float:
    """Processor seconds of a process that still runs, where the system tells; 0 for no process."""
    file = Path(f"/proc/{process}/stat")
    if not process or sys.platform != "linux" or not file.exists():
        return 0.0
    try:
        words = file.read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(words[11]) + int(words[12])) / ticks
