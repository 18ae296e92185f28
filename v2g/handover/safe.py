"""Names of strangers: as text that steers nothing, and as file names that lead nowhere else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

UNSAFE, UNSAFE_ASCII = re.compile(r"[^\w\-]+"), re.compile(r"[^A-Za-z0-9_\-]+")
LONGEST = 60
"""Letters of a file name that come from a name; file systems hold 255 bytes, a letter has up to four."""
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Names that Windows keeps for devices, whatever stands behind a dot."""
FIRST_STRONG, POP = "\u2068", "\u2069"


def shown(name: str) -> str:
    """A name for paper and screen: what cannot be printed is a question mark, what runs from right to left stays apart.

    >>> shown("depot" + chr(10) + "=1"), shown("a" + chr(0x202E) + "b"), shown("clinic")
    ('depot?=1', 'a?b', 'clinic')
    """
    text = "".join(letter if letter.isprintable() else "?" for letter in name)
    turned = any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in text)
    return f"{FIRST_STRONG}{text}{POP}" if turned else text


def brief(name: str, most: int = 40) -> str:
    """A name where there is little room: of a long one its beginning and its end.

    >>> brief("clinic"), brief("shelter in the sports hall of the northern school", 24)
    ('clinic', 'shelter in the…rn school')
    """
    if len(name) <= most:
        return shown(name)
    end = 3 * most // 8
    return shown(f"{name[: most - 1 - end]}…{name[-end:]}")


def file_names(names: Iterable[str], *, ascii_only: bool = False) -> dict[str, str]:
    """A file name without ending for each name: no two alike, upper and lower case being the same.

    Names that can stay as they are do. ``ascii_only``: letters that stand in addresses and queries, too.

    >>> file_names(["Bus 1", "bus 1", "../../x", "駅", "...", "con", "bus_1"])
    {'Bus 1': 'Bus_1_2', 'bus 1': 'bus_1_3', '../../x': 'x', '駅': '駅', '...': '_', 'con': 'con_', 'bus_1': 'bus_1'}
    """
    every = list(names)
    found = dict.fromkeys(every, "")
    taken: set[str] = set()
    tame = {name: _tame(name, UNSAFE_ASCII if ascii_only else UNSAFE) for name in every}
    for name in sorted(every, key=lambda name: tame[name] != name):
        wanted = free = tame[name]
        number = 1
        while free.casefold() in taken:
            number += 1
            free = f"{wanted}_{number}"
        taken.add(free.casefold())
        found[name] = free
    return found


def _tame(name: str, unsafe: re.Pattern[str]) -> str:
    flat = unsafe.sub("_", unicodedata.normalize("NFC", name)).strip("_")[:LONGEST].lstrip("-") or "_"
    return f"{flat}_" if flat.casefold() in RESERVED else flat
