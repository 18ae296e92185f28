"""What a reader of feeder files is."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from v2g.feeders.network import Network

HEAD = 65_536
"""Bytes of a file that a reader may look at to know its own."""


class Reader(Protocol):
    """Reads one format. Files are hostile until read: a reader runs nothing of them, and opens no other folder."""

    name: str
    """As after ``--from``."""
    title: str
    """What it is, for people."""

    def looks_like(self, path: Path, head: bytes) -> bool:
        """Whether a file (its first ``HEAD`` bytes) or a folder (no bytes) is of this format."""

    def read(self, path: Path, bundle: Path | None = None) -> Network:
        """All of it. Raises ``ImportRefused`` with every fault found, or ``ReaderStopped``.

        ``bundle`` is the folder that all its files lie in, that of ``path`` if not given; most formats have one file.
        """
