"""A plan's table, laid out as (things, intervals), with a count of everything wrong in its layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.replay.clock import edges, interval_hours
from v2g.replay.columns import texts
from v2g.replay.verdict import Array, Index, Mask


@dataclass(frozen=True)
class Sheet:
    """Columns of one plan table.

    ``numbers`` are float64 of shape (things, T), zero where the plan has nothing usable, so that
    every other check still runs; ``faults`` says what was unusable, in words. ``present`` marks
    the entries that the plan has, ``words`` holds text columns as they stand.
    """

    name: str
    numbers: Mapping[str, Array]
    words: Mapping[str, np.ndarray]
    present: Mask
    blank: Mapping[str, Mask]
    faults: tuple[str, ...]

    def __getitem__(self, column: str) -> Array:
        return self.numbers[column]


def interval_codes(case: Case, table: pd.DataFrame) -> Index:
    """Interval of each row by its start time, -1 where there is none, shape (rows,)."""
    codes, unique = pd.factorize(table["start_utc"])
    parsed = pd.DatetimeIndex(pd.to_datetime(pd.Series(unique), utc=True, errors="coerce", format="ISO8601"))
    starts = pd.Index(edges(case)[:-1])
    stamps = np.where(np.asarray(parsed.isna()), np.int64(-1), np.asarray(parsed.as_unit("ns").asi8))
    found = np.append(starts.get_indexer(pd.Index(stamps)), -1)
    return np.asarray(found[codes], dtype=np.int64)


def codes_of(known: list[str], values: pd.Series) -> Index:
    """Position of each value among ``known``, -1 where unknown, shape (rows,)."""
    index = pd.Index(known, dtype=object)
    return np.asarray(index.get_indexer(pd.Index(values.astype(str), dtype=object)), dtype=np.int64)


def hour_faults(case: Case, table: pd.DataFrame, at: Index) -> list[str]:
    """Rows whose ``hours`` are not the length of their interval."""
    stated = pd.to_numeric(table["hours"], errors="coerce").to_numpy(dtype=float)
    wrong = (at >= 0) & ~(np.abs(stated - interval_hours(case)[at]) <= 1e-6)
    return [f"{int(wrong.sum())} rows with the wrong hours"] if wrong.any() else []


def lay_out(
    case: Case, name: str, table: pd.DataFrame | None, things: Index | None, size: int,
    numeric: tuple[str, ...], optional: tuple[str, ...] = (), words: tuple[str, ...] = (), complete: bool = True,
    later: tuple[str, ...] = (), later_words: tuple[str, ...] = (),
) -> Sheet:  # fmt: skip
    """The sheet of a table whose rows belong to ``things`` (codes below ``size``, -1 for unknown ones).

    ``numeric`` columns must be finite in every row, ``optional`` ones may be blank (and are zero
    then). ``later`` columns are numbers that a plan from before they were invented does not have: zero
    where the table has no such column, finite in every row where it has; ``later_words`` likewise.
    ``complete`` asks for every thing in every interval.
    """
    shape = (size, case.steps)
    known = () if table is None else tuple(column for column in later if column in table.columns)
    optional = optional + tuple(column for column in later if column not in known)
    missing = [c for c in ("start_utc", "hours", *numeric, *words) if table is None or c not in table.columns]
    if table is None or things is None or missing:
        fault = "no table" if table is None else f"no column {', '.join(missing) or 'that names the things'}"
        faults_found = (fault,) if size or table is not None else ()
        return empty_sheet(name, shape, numeric + known + optional, words + later_words, faults_found)
    numeric, words = numeric + known, words + later_words
    at = interval_codes(case, table)
    usable = (at >= 0) & (things >= 0)
    position = (things[usable], at[usable])
    count = np.zeros(shape, dtype=np.int64)
    np.add.at(count, position, 1)
    faults = hour_faults(case, table, at) + count_faults(things, at, count, complete)
    grids = {column: scatter(table, column, usable, position, shape) for column in numeric + optional}
    for column in numeric:
        broken = int((grids[column][1] & (count > 0)).sum())
        faults += [f"{broken} entries of {column} are not finite"] if broken else []
    found = {column: np.full(shape, "", dtype=object) for column in words}
    for column, text in found.items():
        text[position] = np.asarray(texts(table, column), dtype=object)[usable]
    numbers = {column: grid for column, (grid, _) in grids.items()}
    blank = {column: empty for column, (_, empty) in grids.items()}
    return Sheet(name, numbers, found, count > 0, blank, tuple(faults))


def empty_sheet(
    name: str, shape: tuple[int, int], numeric: tuple[str, ...], words: tuple[str, ...], faults: tuple[str, ...]
) -> Sheet:
    """A sheet of which nothing could be read."""
    nothing = np.ones(shape, dtype=bool)
    texts_found = {column: np.full(shape, "", dtype=object) for column in words}
    numbers = {column: np.zeros(shape) for column in numeric}
    return Sheet(name, numbers, texts_found, ~nothing, dict.fromkeys(numeric, nothing), faults)


def count_faults(things: Index, at: Index, count: Index, complete: bool) -> list[str]:
    """Unknown things, unknown times, rows that stand twice, rows that are missing."""
    found = {
        "rows of an unknown thing": int((things < 0).sum()),
        "rows at a time that starts no interval": int((at < 0).sum()),
        "rows that stand more than once": int((count > 1).sum()),
        "missing rows": int((count == 0).sum()) if complete else 0,
    }
    return [f"{number} {what}" for what, number in found.items() if number]


def scatter(
    table: pd.DataFrame, column: str, usable: Mask, position: tuple[Index, Index], shape: tuple[int, int]
) -> tuple[Array, Mask]:
    """A column on the (things, T) grid with zeros where it is not finite, and where that is."""
    grid = np.full(shape, np.nan)
    if column in table.columns:
        grid[position] = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)[usable]
    empty = ~np.isfinite(grid)
    return np.where(empty, 0.0, grid), empty
