"""A study that is told to stop: what has ended is kept, and the same command goes on from there."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """An interrupt that says how far the study was; ``done`` and ``total`` count scenarios, those of a shard alone."""

    def __init__(self, done: int, total: int, folder: Path) -> None:
        super().__init__(f"Stopped: {done} of {total} done and kept in {folder}. The same command goes on.")


@contextmanager
def interrupted_by_sigterm() -> Iterator[list[int]]:
    """SIGTERM is an interrupt, too, while this is entered; gives a list that holds its number once it came.

    Only the main thread can hear signals: elsewhere nothing changes.
    """
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield heard
        return
    before = signal.signal(signal.SIGTERM, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGTERM, before)
