"""Solvers that are programs of their own: run on a file, their words told as they come, so that reading is timed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from v2g.benchmark.watch import Watch


def run(command: Sequence[str], begins: str, watch: Watch, needs: Mapping[str, str] | None = None) -> int:
    """Run a command and print what it prints; from the first line that matches ``begins`` on, it solves.

    ``needs`` goes into its environment. Returns its exit code. It is in one group with this process, and ends with it.
    """
    words, out = _line_by_line()
    process = subprocess.Popen(command, env={**os.environ, **(needs or {})}, stdout=out, stderr=subprocess.STDOUT)
    os.close(out)
    watch.helper = process.pid
    with words:
        for line in _lines(words):
            print(line, end="", flush=True)
            if watch.phase == "hand_over" and re.search(begins, line):
                watch.begin("solve")
    code = process.wait()
    watch.helper = 0
    return code


def _line_by_line() -> tuple[TextIO, int]:
    """What is printed, and where to: a terminal where the system has such, as C programs print late into a pipe."""
    try:
        import pty
        import tty
    except ImportError:  # Windows
        reader, writer = os.pipe()
    else:
        reader, writer = pty.openpty()
        tty.setraw(writer)
    return os.fdopen(reader, encoding="utf-8", errors="replace"), writer


def _lines(words: TextIO) -> Iterator[str]:
    """Lines until the end, which a terminal tells by an error."""
    try:
        yield from words
    except OSError:
        return
