"""Small studies of the village for tests, how to run them in processes of their own, and how to end those."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

VILLAGE = """
format = 1
name = "village-fleet"
cases = ["village"]
seeds = {seeds}
{more}
[axes.fleet]
change = "fleet_size"
values = {values}
"""
TABLES = ("scenarios.csv", "loads.csv", "unserved.csv", "values.csv", "study.json", "manifest.json", "study.toml")
"""Files that are the same for the same study, whatever happened on the way."""


def written(folder: Path, text: str) -> Path:
    """A study file with this text."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    return file


def village(folder: Path, values: str = "[0, 1, 2, 3]", seeds: str = "1", more: str = "") -> Path:
    """A study of the village with so many vehicles."""
    return written(folder, VILLAGE.format(values=values, seeds=seeds, more=more))


def started(*words: object) -> subprocess.Popen[str]:
    """`v2g` started in a process of its own."""
    start = "import sys; from v2g.cli import main; main()"
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", start, *map(str, words)], stdout=pipe, stderr=pipe, text=True)


def content(folder: Path) -> dict[str, bytes]:
    """What must be equal in two folders of the same study."""
    found = {name: (folder / name).read_bytes() for name in TABLES}
    return found | {f"results/{f.name}": without_seconds(f.read_bytes()) for f in (folder / "results").glob("*.json")}


def without_seconds(data: bytes) -> bytes:
    """A result but for how long it took, which stands at its end."""
    head, mark, _ = data.partition(b'\n "seconds": {')
    assert mark
    return head


def workers_of(driver: int) -> list[int]:
    """Processes of the workers of a driver: children of its fork server."""
    below = _children(driver)
    return [worker for server in below for worker in _children(server)]


def _children(of: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if parent == of:
                found.append(int(entry.name))
    return found


def alive(process: int) -> bool:
    """Whether a process is there and not only waiting to be taken note of."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(true: Callable[[], Any], seconds: float = 600.0) -> Any:
    """Wait for something; what it gave, or a failure after so long."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
    return found


def kill(process: int) -> None:
    """End a process at once, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(process, 9)
