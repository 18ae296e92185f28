"""Locks on a folder that end with the process that holds them, however that ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO


class Lock:
    """A lock on a file: alone, or shared with others. Let go when it is closed, and when the process is gone."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._handle: IO[bytes] | None = None

    def take(self, *, shared: bool = False) -> bool:
        """Take it, or change how it is held; returns whether that was possible at once."""
        if self._handle is None:
            self._handle = self.file.open("ab+")
        try:
            _take(self._handle, shared)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let it go."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def note(self, text: str) -> None:
        """Leave a line for whoever finds it taken."""
        if self._handle is not None:
            self._handle.truncate(0)
            self._handle.write(text.encode())
            self._handle.flush()

    def noted(self) -> str:
        """The line of the one who holds it, or held it last."""
        try:
            return self.file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return ""


def whose() -> str:
    """This process, for a line in a lock."""
    import platform

    return f"process {os.getpid()} on {platform.node()}"


if sys.platform == "win32":
    import msvcrt

    def _take(handle: IO[bytes], shared: bool) -> None:
        """There is one kind of lock here, on a byte far behind the line; shards need a folder each."""
        handle.seek(2**30)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: IO[bytes], shared: bool) -> None:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
