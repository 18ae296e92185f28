"""Rows of a case as rules look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.check.columns import FIRST_ROW
from v2g.check.words import shortened
from v2g.errors import Finding
from v2g.formats.draft import file_of


class Place(NamedTuple):
    """A cell: its table, its row counted from 0 (None: the table as a whole), its column."""

    table: str
    row: int | None
    column: str | None


@dataclass(frozen=True)
class Filled(Case):
    """A case in the course of checking; ``written`` tells where a row that was filled in comes from."""

    written: Mapping[tuple[str, int], Place] = field(default_factory=dict)


def filled_in(case: Case, table: str, row: int | None) -> Place | None:
    """Where the user wrote what made a row, for rows that were filled in."""
    return case.written.get((table, row)) if isinstance(case, Filled) and row is not None else None


def rows(case: Case, table: str, *columns: str) -> pd.DataFrame:
    """A table with at least these columns; without rows where the case has no such table or column."""
    frame = case.tables.get(table)
    if frame is not None and set(columns) <= set(frame.columns):
        return frame
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


def numbers(case: Case, table: str, column: str) -> np.ndarray:
    """A column of numbers, shape (rows,), or none where the case has no such table or column."""
    frame = case.tables.get(table)
    return np.array([]) if frame is None or column not in frame.columns else frame[column].to_numpy(float)


def filled(case: Case) -> dict[str, pd.DataFrame]:
    """Tables that have rows, by name."""
    return {name: frame for name, frame in case.tables.items() if len(frame)}


def at(
    case: Case,
    place: tuple[str, int | None, str | None],
    code: str,
    message: str,
    remedy: str = "",
    *,
    found: str | None = None,
    allowed: str | None = None,
    severity: Literal["error", "warning"] = "error",
) -> Finding:
    """A finding at (table, row of the table counted from 0, column)."""
    table, row, column = filled_in(case, place[0], place[1]) or place
    return Finding(
        file=case.origin.get(table, file_of(table)),
        message=message,
        remedy=remedy,
        row=None if row is None else row + FIRST_ROW,
        column=column,
        found=None if found is None else shortened(found),
        allowed=allowed,
        severity=severity,
        code=code,
    )


def clock(instant: pd.Timestamp) -> str:
    """An instant as messages show it.

    >>> clock(pd.Timestamp("2026-01-15T18:00", tz="UTC"))
    '2026-01-15 18:00 UTC'
    """
    return f"{instant:%Y-%m-%d %H:%M} UTC"
