"""A worker: a process that solves one scenario after the other, and ends with the driver, however that ends."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from v2g.batch.inputs import StudyStopped, kept_base, list_of
from v2g.batch.work import Desk

DONE, STOP, MEMORY = "done", "stop", "memory"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
           "VECLIB_MAXIMUM_THREADS")  # fmt: skip
"""Read by libraries of linear algebra when they are loaded: one thread each."""


def serve(tasks: Connection, life: Connection, folder: Path, memory_mb: int | None) -> None:
    """Solve what comes through ``tasks``; end where ``life`` ends, which is where the driver does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(life,), daemon=True).start()
    limit_memory(memory_mb)
    gc.freeze()  # what is loaded by now stays: the collector need not go through it again in every scenario
    desk = Desk(lambda name, sha256: kept_base(folder, name, sha256), lambda sha256: list_of(folder, sha256))
    while True:
        try:
            task = tasks.recv()
        except (EOFError, OSError):
            return
        try:
            answer = DONE, desk.result(task)
        except MemoryError:
            answer = MEMORY, b""
        except StudyStopped as error:
            answer = STOP, str(error).encode()
        tasks.send(answer)
        if answer[0] == MEMORY:
            return


def limit_memory(megabytes: int | None) -> None:
    """No more memory for this process than that, where the system can be told so."""
    if megabytes is not None and sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 2**20, megabytes * 2**20))


def _end_with(life: Connection) -> None:
    """End at once when the other end of a pipe is closed; nothing ever comes through it."""
    try:
        life.recv()
    except (EOFError, OSError):
        os._exit(1)
