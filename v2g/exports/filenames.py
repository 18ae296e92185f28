"""Names of files after things that users named: whatever they wrote, a file that every system can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable

from v2g.exports.names import escaped

RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)
MOST = 80
"""Characters of a name that are kept."""


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A name for the file of each, without suffix; no two are the same, be it in upper or lower case.

    >>> file_names(["Main St. 5", "../x", "main_st_5", "NUL", "-rf"])
    {'Main St. 5': 'Main_St_5_2', '../x': '_x', 'main_st_5': 'main_st_5', 'NUL': 'NUL_', '-rf': 'rf'}
    """
    everything = list(names)
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in sorted(everything, key=lambda name: _plain(name) != name):  # first those that can stay as they are
        free = plain = _plain(name)
        number = 1
        while free.lower() in taken:
            number += 1
            free = f"{plain}_{number}"
        taken.add(free.lower())
        found[name] = free
    return {name: found[name] for name in everything}


def _plain(name: str) -> str:
    """Letters, digits, ``_`` and ``-``; no name that Windows keeps for a device, or a command takes for an option."""
    text = escaped(name)[:MOST].lstrip("-") or "_"
    return f"{text}_" if RESERVED.fullmatch(text) else text
