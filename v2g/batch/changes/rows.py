"""Rows of a case's tables: which ones are meant, what numbers stand in them, and draws among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from v2g.check.words import did_you_mean, listed
from v2g.errors import UsageError
from v2g.formats.draft import as_text
from v2g.remedies.tables import Tables

BY_VEHICLE = ("stays", "trips", "needs")
"""Tables whose rows belong to a vehicle."""


class Misfit(UsageError):
    """A case has not what an axis names. ``key`` of the axis names it; ``found`` is what stands there."""

    def __init__(self, key: str, message: str, *, found: object = None, allowed: str = "", remedy: str = "") -> None:
        self.key, self.message, self.found, self.allowed, self.remedy = key, message, found, allowed, remedy
        super().__init__(
            " ".join(words for words in (message, f"Allowed: {allowed}." * bool(allowed), remedy) if words)
        )


def require(tables: Tables, name: str, which: Mapping[str, Any] | None = None) -> None:
    """Raises Misfit where a case has no such table, or no such row in it."""
    frame = tables.frame(name)
    if not len(frame):
        there = [known for known, rows in tables.frames.items() if len(rows)]
        message = f"The case has no table {name}, so that nothing can be changed in it."
        raise Misfit("table", message, found=name, allowed=", ".join(there), remedy=did_you_mean(name, there))
    if not any(chosen(frame, which, name)):
        said = ", ".join(f"{column} = {_shown(value)}" for column, value in (which or {}).items())
        raise Misfit("where", f"No row of {name} has {said}.", found=dict(which or {}), remedy=_nearest(frame, which))


def _shown(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)


def _nearest(frame: pd.DataFrame, which: Mapping[str, Any] | None) -> str:
    """What stands in the first column that has not what is asked for."""
    for column, wanted in (which or {}).items():
        asked = wanted if isinstance(wanted, list) else [wanted]
        cells = list(dict.fromkeys(cell for cell in frame[column].tolist() if cell != ""))
        if not {_word(cell) for cell in cells} & {_word(one) for one in asked}:
            near = did_you_mean(str(asked[0]), cells)
            return near or f"In {column} there stands {listed(cells)}." if cells else f"Column {column} is blank."
    return "Each of these stands somewhere, but not in one row."


def chosen(frame: pd.DataFrame, which: Mapping[str, Any] | None, name: str) -> list[bool]:
    """Which rows have what is asked for in the columns named; all where nothing is asked. Raises Misfit."""
    mine = [True] * len(frame)
    if not len(frame):
        return mine
    for column, wanted in (which or {}).items():
        if column not in frame:
            columns = list(map(str, frame))
            raise Misfit("where", f"{name} has no column {column} in this case.", found=dict(which or {}),
                         allowed=", ".join(columns), remedy=did_you_mean(column, columns))  # fmt: skip
        words = {_word(one) for one in (wanted if isinstance(wanted, list) else [wanted])}
        mine = [old and _word(cell) in words for old, cell in zip(mine, frame[column].tolist(), strict=True)]
    return mine


def _word(value: Any) -> str:
    """A cell such that 1, 1.0 and "1" are the same."""
    found = as_text(value)
    try:
        return as_text(float(found))
    except ValueError:
        return found


def numbers(frame: pd.DataFrame, column: str, otherwise: float = 0.0) -> list[float]:
    """A column as numbers, the default where it is blank or not there; raises UsageError for what is no number."""
    cells = frame[column].tolist() if column in frame else [""] * len(frame)
    try:
        return [float(cell) if cell != "" else otherwise for cell in cells]
    except ValueError as error:
        raise UsageError(f"Column {column} cannot be changed, as one of its cells is not a number: {error}.") from error


def named(tables: Tables, name: str, key: str) -> list[str]:
    """Names of the rows of a table, in their order."""
    frame = tables.frame(name)
    return frame[key].tolist() if len(frame) else []


def where_set(frame: pd.DataFrame, column: str, rows: Sequence[bool], value: object) -> list[object]:
    """A column as cells, with another value in some rows."""
    cells = frame[column].tolist() if column in frame else [""] * len(frame)
    return [value if use else cell for use, cell in zip(rows, cells, strict=True)]


def with_column(tables: Tables, name: str, column: str, cells: Iterable[object]) -> Tables:
    """Other cells in a column of a table, which may be new; a table without rows stays as it is."""
    frame = tables.frame(name).copy()
    if not len(frame):
        return tables
    frame[column] = pd.array([as_text(cell) for cell in cells], dtype=object)
    return tables.with_frame(name, frame)


def without_vehicles(tables: Tables, gone: set[str]) -> Tables:
    """Without some vehicles, and without all that they do."""
    for name in ("vehicles", *BY_VEHICLE):
        frame = tables.frame(name)
        if "vehicle" in frame:
            keep = [vehicle not in gone for vehicle in frame["vehicle"].tolist()]
            if not all(keep):
                tables = tables.without(name, keep)
    return tables


def count_of(value: float, total: int, how: str) -> int:
    """So many, or so large a share of them, a half rounded up.

    >>> count_of(3, 10, "number"), count_of(0.25, 10, "share")
    (3, 3)
    """
    return int(value) if how == "number" else int(value * total + 0.5 + 1e-9)


def chargers_of(tables: Tables, vehicle: str) -> set[str]:
    """Chargers at which a vehicle is plugged in at some time."""
    found: set[str] = set()
    for name in ("vehicles", "stays"):
        frame = tables.frame(name)
        if "vehicle" in frame and "charger" in frame:
            found |= set(frame.loc[frame["vehicle"] == vehicle, "charger"]) - {""}
    return found
