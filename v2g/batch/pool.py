"""A pool of worker processes that outlives any of them: what a worker that dies was at is given to another one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from v2g.batch.inputs import StudyStopped
from v2g.batch.worker import DONE, MEMORY, STOP, THREADS, serve

Task = Mapping[str, Any]
WARM = ["v2g.batch.worker"]
"""Modules that the fork server loads once, for all workers."""
PATIENCE = 5.0


@dataclass(frozen=True)
class Outcome:
    """A task that is over: the bytes of its result, or why no worker lived to give one."""

    task: Task
    data: bytes | None
    reason: str = ""


@dataclass
class _Worker:
    process: BaseProcess
    tasks: Connection
    life: Connection
    task: Task | None = None


@dataclass
class Pool:
    """Worker processes that read base cases in ``folder``; a task is tried ``tries`` times if its worker dies."""

    folder: Path
    size: int
    memory_mb: int | None
    tries: int
    _workers: list[_Worker] = field(default_factory=list)

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Every task once, in the order in which they end. Workers are gone when the iterator is closed."""
        waiting, tried = deque(tasks), dict[str, int]()
        try:
            while waiting or any(worker.task for worker in self._workers):
                self._give(waiting)
                for worker in self._ready():
                    outcome = self._heard(worker, waiting, tried)
                    self._give(waiting)
                    if outcome is not None:
                        yield outcome
        finally:
            self.close()

    def _give(self, waiting: deque[Task]) -> None:
        """A task for every worker that has none; new workers as long as there are too few."""
        while waiting and len(self._workers) < min(self.size, len(waiting) + self._busy()):
            self._workers.append(self._hired())
        for worker in list(self._workers):
            if worker.task is None and waiting:
                worker.task = waiting.popleft()
                try:
                    worker.tasks.send(worker.task)
                except OSError:
                    waiting.appendleft(worker.task)
                    self._dismiss(worker)

    def _busy(self) -> int:
        return sum(worker.task is not None for worker in self._workers)

    def _ready(self) -> list[_Worker]:
        """Workers that have said something, or died."""
        busy = {worker.tasks: worker for worker in self._workers if worker.task is not None}
        heard = wait(list(busy), timeout=PATIENCE)
        return [worker for connection, worker in busy.items() if connection in heard]

    def _heard(self, worker: _Worker, waiting: deque[Task], tried: dict[str, int]) -> Outcome | None:
        """What became of a worker's task; None where it is tried again."""
        task = worker.task
        assert task is not None
        try:
            word, data = worker.tasks.recv()
        except (EOFError, OSError):
            return self._lost(worker, task, waiting, tried)
        worker.task = None
        if word == STOP:
            raise StudyStopped(data.decode())
        if word == MEMORY:
            self._dismiss(worker)
            return Outcome(task, None, f"It needed more memory than its limit of {self.memory_mb} MB.")
        assert word == DONE
        return Outcome(task, data)

    def _lost(self, worker: _Worker, task: Task, waiting: deque[Task], tried: dict[str, int]) -> Outcome | None:
        how = self._dismiss(worker)
        tried[task["key"]] = tried.get(task["key"], 0) + 1
        if tried[task["key"]] < self.tries:
            waiting.appendleft(task)
            return None
        times = "once" if self.tries == 1 else f"{self.tries} times"
        return Outcome(task, None, f"Its worker died {times}; at last it {how}.")

    def _hired(self) -> _Worker:
        context = _context()
        tasks, own_tasks = context.Pipe()
        own_life, life = context.Pipe(duplex=False)
        process = context.Process(target=serve, args=(own_tasks, own_life, self.folder, self.memory_mb), daemon=True)  # type: ignore[attr-defined]
        with _one_thread_each(), _no_main():
            process.start()
        own_tasks.close()
        own_life.close()
        return _Worker(process, tasks, life)

    def _dismiss(self, worker: _Worker) -> str:
        """End a worker, if it has not ended; returns how it did."""
        self._workers.remove(worker)
        worker.process.join(PATIENCE)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        code = worker.process.exitcode or 0
        for end in (worker.tasks, worker.life):
            end.close()
        return f"was ended by {_signal(-code)}" if code < 0 else f"exited with code {code}"

    def close(self) -> None:
        """End all workers, also those at work."""
        for worker in self._workers:
            worker.process.kill()
        for worker in list(self._workers):
            self._dismiss(worker)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _context() -> BaseContext:
    """Workers are forked from a server that has loaded all they need and runs no thread; elsewhere they are spawned."""
    if sys.platform == "win32" or "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(WARM)
    return context


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """What is started inside runs its linear algebra on one thread."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _no_main() -> Iterator[None]:
    """Workers started inside do not run the script again that started them, as they need nothing of it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
