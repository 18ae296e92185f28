"""Faults of a study file, all of them: each names its key, its line, what was found, what is allowed, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from v2g.batch.fields import Read, Wrong, as_written
from v2g.check.words import did_you_mean, listed, nearest, shortened
from v2g.errors import Finding

_SECTION = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
SLIP = 0.7
"""A key so much like a known one is taken for it."""
_PAIR = re.compile(r"""(?:^|;)\s*([A-Za-z0-9_."'-]+)\s*=""")


def lines_of(text: str) -> dict[str, int]:
    """Line of each key, named with its section, as far as they stand one on a line.

    >>> lines_of(chr(10).join(['name = "x"', "[axes.fleet]", "values = [1]"]))
    {'name': 1, 'axes.fleet': 2, 'axes.fleet.values': 3}
    """
    found: dict[str, int] = {}
    section = ""
    for row, line in enumerate(text.splitlines(), start=1):
        head, pair = _SECTION.match(line), _PAIR.match(line)
        if head:
            section = head[1].replace(" ", "")
            found.setdefault(section, row)
        elif pair:
            found.setdefault(f"{section}.{pair[1].strip()}".lstrip("."), row)
    return found


class Faults:
    """Collects what is wrong with the values of a file, and what is to be known of them; ``lines`` are of its keys."""

    def __init__(self, file: str, lines: Mapping[str, int]) -> None:
        self.file, self.lines = file, dict(lines)
        self.found: list[Finding] = []
        self.remarks: list[Finding] = []

    def add(self, key: str, message: str, remedy: str = "", *, found: Any = None, allowed: str = "") -> None:
        """One fault more, of this key; ``found`` is a value as TOML gave it."""
        shown = None if found is None else shortened(as_written(found))
        self.found.append(
            Finding(self.file, message, remedy, self._line(key), key, shown, allowed or None, code="study")
        )

    def refuse(self, key: str, wrong: Wrong, found: Any = None) -> None:
        """A fault as a reader tells it."""
        self.add(key, wrong.message, wrong.remedy, found=found, allowed=wrong.allowed)

    def remark(self, key: str, message: str, remedy: str) -> None:
        """What is no fault, but changes what the answers mean."""
        self.remarks.append(Finding(self.file, message, remedy, self._line(key), key, None, None, "warning", "study"))

    def _line(self, key: str) -> int | None:
        return next((self.lines[k] for k in _upwards(key) if k in self.lines), None)

    def take(self, table: Mapping[str, Any], key: str, read: Read, default: Any, path: str = "") -> Any:
        """The value of a key, or the default where it is missing or wrong."""
        if key not in table:
            return default
        return self.read(table[key], read, default, f"{path}{key}")

    def read(self, value: Any, read: Read, default: Any, key: str) -> Any:
        """A value as its reader gives it, or the default where it is wrong."""
        try:
            return read(value)
        except Wrong as wrong:
            self.refuse(key, wrong, value)
            return default

    def spelled(self, table: Mapping[str, Any], known: Iterable[str], path: str = "") -> dict[str, Any]:
        """The table with a fault for each key that is not known; one that is nearly right stands under its right name.

        So a slip of the pen is told once, and what it holds is looked at all the same, unless the right key is there.
        """
        names = list(known)
        found = {key: value for key, value in table.items() if key in names}
        for key in table:
            if key in names:
                continue
            remedy = did_you_mean(key, names) or f"Keys are {listed(names, 40)}."
            self.add(f"{path}{key}", "There is no such key.", remedy)
            meant, row = nearest(key, names, SLIP), self._line(f"{path}{key}")
            if meant is not None and meant not in found:
                found[meant] = table[key]
                if row is not None:
                    self.lines[f"{path}{meant}"] = row
        return found


def _upwards(key: str) -> Iterable[str]:
    """The key, and the sections that it stands in."""
    parts = key.split(".")
    return (".".join(parts[:n]) for n in range(len(parts), 0, -1))
