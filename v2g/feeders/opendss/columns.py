"""Files of numbers that properties name: read here, so that the engine gets the numbers themselves."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from pathlib import Path

from v2g.feeders.opendss import words
from v2g.feeders.opendss.bundle import Barred, Bundle
from v2g.feeders.opendss.scan import Misread, Word
from v2g.feeders.opendss.scan import words as divided
from v2g.feeders.opendss.sums import is_number, outcome

_PARTS = re.compile(r"[ \t,]+")
FILES = {"csvfile": "", "pqcsvfile": "", "dblfile": "d", "sngfile": "f"}
"""Properties that name a file, and the kind of number in it where it is not text."""
_SOURCES = ("file", "dblfile", "sngfile")
_COLUMNS = frozenset(map(str, range(1, 10_000)))
LONGEST = 4_000_000
"""Rows of one file: a year has 525,600 minutes."""


@dataclass
class Shape:
    """What decides how the file of a shape is read: its points (0 = all) and whether its hours are in it."""

    points: int = 0
    has_hours: bool = False


def note(shape: Shape, property_: str, word: Word) -> None:
    """Keep what a property says of the shape. Raises ``Misread`` where it is no number."""
    if property_ not in ("npts", "numharm", "interval", "sinterval", "minterval"):
        return
    said = float(word.value) if is_number(word.value) else outcome(word.value.replace(",", " ").split())
    if said is None or not 0 <= said <= LONGEST:
        raise Misread("This has to be a number.", word.value, "Write the number.")
    if property_ in ("npts", "numharm"):
        shape.points = int(said)
    else:
        shape.has_hours = said == 0


def names_a_file(word: Word) -> bool:
    """Whether a list is written as ``(file=...)``."""
    return bool(word.quote) and "=" in word.value and word.value.lower().lstrip().startswith(_SOURCES)


def of_file(class_: str, property_: str, word: Word, shape: Shape, bundle: Bundle, folder: Path) -> list[str]:
    """``property=[numbers]`` for every column that ``csvfile=NAME`` fills. Raises ``Barred``, ``Misread``."""
    names = list(words.COLUMNS[class_])
    kind = FILES[property_]
    if names[0] == "hour" and not shape.has_hours:
        names = names[1:]
    if property_ == "pqcsvfile":
        names.append("qmult")
    data = bundle.read(bundle.find(word.value, folder))
    if kind and class_ == "xycurve":
        raise Barred("Curves are not read from binary files.", "Give them as text.")
    columns = _binary(data, kind, len(names)) if kind else _text(data, range(len(names)), 0)
    return _properties(class_, names, columns, shape)


def of_list(class_: str, property_: str, word: Word, shape: Shape, bundle: Bundle, folder: Path) -> list[str]:
    """The same for ``property=(file=NAME column=2 header=yes)``."""
    if class_ not in words.COLUMNS:
        raise Misread("Only shapes and curves take their numbers from a file.", word.value, "Write the numbers.")
    said = {(part.name or "").lower(): part.value for part in divided(word.value)}
    source = next(iter(said))
    if source not in _SOURCES:
        raise Misread("A list comes from a file=, dblfile= or sngfile=.", word.value, "Write file=NAME first.")
    options = {_option(name): value for name, value in list(said.items())[1:]}
    data = bundle.read(bundle.find(said[source], folder))
    if source != "file":
        return _properties(class_, [property_], _binary(data, FILES[source], 1), shape)
    column = options.get("column", "1")
    if column not in _COLUMNS:
        raise Misread("A column is counted from 1.", column, "Write column=1 or more.")
    skipped = int(options.get("header", "no").lower().startswith(("y", "t")))
    return _properties(class_, [property_], _text(data, [int(column) - 1], skipped), shape)


def _option(name: str) -> str:
    found = next((full for full in ("column", "header") if name and full.startswith(name)), None)
    if found is None:
        raise Misread("A list from a file has a file, a column and a header.", name, "Take this out.")
    return found


def _properties(class_: str, names: list[str], columns: list[list[str]], shape: Shape) -> list[str]:
    count = len(columns[0])
    if shape.points:
        count = min(count, shape.points)
    if count == 0:
        raise Barred("This file holds no numbers.", "Give one row of numbers for each point.")
    points = words.POINTS.get(class_, "npts")
    parts = [f"{points}={count}"] if count != shape.points else []
    shape.points = count
    return parts + [f"{name}=[{' '.join(column[:count])}]" for name, column in zip(names, columns, strict=True)]


def _text(data: bytes, places: range | list[int], skipped: int) -> list[list[str]]:
    columns: list[list[str]] = [[] for _ in places]
    rows = data.decode("utf-8-sig", "replace").replace("\r", "\n").split("\n")
    for row in [row for row in rows if row.strip()][skipped:]:
        cells = _PARTS.split(row.strip())
        for column, place in zip(columns, places, strict=True):
            column.append(_cell(cells, place))
        if len(columns[0]) > LONGEST:
            raise Barred(f"This file holds more than {LONGEST:,} rows.", "Give what a feeder needs.")
    return columns


def _cell(cells: list[str], place: int) -> str:
    """A missing cell is 0, as in OpenDSS."""
    if place >= len(cells):
        return "0"
    if not is_number(cells[place]):
        shown = cells[place][:40]
        raise Barred(f"This file holds {shown!r} where a number should stand.", "Give rows of numbers only.")
    return cells[place]


def _binary(data: bytes, kind: str, columns: int) -> list[list[str]]:
    numbers = array(kind)
    if len(data) % numbers.itemsize or len(data) // numbers.itemsize > LONGEST * columns:
        raise Barred("This file is not one of binary numbers.", "Give the numbers as text.")
    numbers.frombytes(data)
    if any(value != value or value in (float("inf"), float("-inf")) for value in numbers):
        raise Barred("This file holds a value that is no number.", "Give the numbers as text.")
    texts = [repr(value) for value in numbers]
    return [texts[start::columns] for start in range(columns)]
