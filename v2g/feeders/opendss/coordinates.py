"""Files of coordinates: a bus and two numbers on each line."""

from __future__ import annotations

import math
import re

from v2g.feeders.network import Origin

_PARTS = re.compile(r"[ \t,=]+")
_QUOTES = "\"'()[]{}"


def places(data: bytes, file: str, swapped: bool) -> tuple[list[tuple[str, float, float, Origin]], list[Origin]]:
    """Bus, x, y and origin of every line, and the lines that are none; ``swapped``: y stands before x.

    >>> places(b"650, 200, 350 ! head\\n'RG60' 200 300", "xy.csv", False)[0][1][:3]
    ('rg60', 200.0, 300.0)
    """
    found: list[tuple[str, float, float, Origin]] = []
    unread: list[Origin] = []
    for number, row in enumerate(_lines(data), start=1):
        cells = [cell.strip(_QUOTES) for cell in _PARTS.split(row.strip(" \t,"))]
        if cells == [""]:
            continue
        origin = Origin(file, number)
        pair = _pair(cells)
        if pair is None:
            unread.append(origin)
            continue
        first, second = pair
        found.append(
            (cells[0].lower(), second, first, origin) if swapped else (cells[0].lower(), first, second, origin)
        )
    return found, unread


def _lines(data: bytes) -> list[str]:
    text = data.replace(b"\0", b"").decode("utf-8-sig", "replace")
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [row.split("!", 1)[0].split("//", 1)[0] for row in rows]


def _pair(cells: list[str]) -> tuple[float, float] | None:
    try:
        first, second = float(cells[1]), float(cells[2])
    except (IndexError, ValueError):
        return None
    return (first, second) if math.isfinite(first) and math.isfinite(second) else None
