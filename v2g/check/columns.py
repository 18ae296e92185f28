"""Tables against their declarations: every cell typed, every default filled in, every fault told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from v2g.check.cells import PARSERS, Fault, whole_number
from v2g.check.words import did_you_mean, listed, shortened
from v2g.errors import Finding
from v2g.formats.draft import Draft, file_of
from v2g.schema import Column, Kind, TableSpec
from v2g.tables import OPEN_TABLES, WHOLE_NUMBERS

FIRST_ROW = 2
"""Row of a spreadsheet in which the first row of a table stands."""

_NUMBERS: Mapping[Kind, Any] = {"number": np.float64, "flag": np.bool_}
_BLANKS: Mapping[Kind, object] = {"number": np.nan, "flag": False, "time": pd.NaT}


@dataclass(frozen=True)
class Typed:
    """A table with types, and what was wrong with it."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...]


def typed_table(spec: TableSpec, text: pd.DataFrame | None, file: str) -> Typed:
    """A table of text as a table of values; faulty cells are left as if not known."""
    if text is None:
        return Typed(_no_rows(spec).copy(), ())
    rows = {str(name): text[name].to_list() for name in text.columns}
    declared = (*spec.columns, *_named_by_user(spec, rows))
    findings = _names(spec, declared, rows, file)
    blank_rows = _blank_rows(rows)
    findings += [_blank_row(file, row) for row in blank_rows]
    columns: dict[str, Any] = {}
    for column in declared:
        cells = rows.get(column.name)
        if cells is None:
            columns[column.name] = _values(spec, column, [_fallback(spec, column)] * len(text))
            continue
        columns[column.name], found = _typed_column(spec, column, cells, file)
        findings += [f for f in found if f.row is None or f.row - FIRST_ROW not in blank_rows]
    frame = pd.DataFrame(columns, index=range(len(text)))
    for column in declared:
        findings += _above_column(column, frame, file)
    if spec.key and spec.key in rows:
        findings += _repeated(spec.key, frame, file)
    return Typed(frame, tuple(findings))


@lru_cache(maxsize=256)
def _no_rows(spec: TableSpec) -> pd.DataFrame:
    return pd.DataFrame({column.name: _values(spec, column, []) for column in spec.columns}, index=range(0))


def _named_by_user(spec: TableSpec, rows: Mapping[str, list[str]]) -> tuple[Column, ...]:
    pattern = OPEN_TABLES.get(spec.name)
    if pattern is None:
        return ()
    declared = {column.name for column in spec.columns}
    return tuple(replace(pattern, name=name) for name in rows if name not in declared)


def _names(spec: TableSpec, declared: Iterable[Column], rows: Mapping[str, list[str]], file: str) -> list[Finding]:
    """Columns that are not declared, and declared ones that are missing."""
    known = [column.name for column in declared]
    absent = [name for name in known if name not in rows]
    findings = []
    for name in rows:
        if name not in known:
            remedy = did_you_mean(name, absent) or did_you_mean(name, known) or f"Columns here: {listed(known, 40)}."
            findings.append(
                Finding(file, "There is no such column.", remedy, 1, shortened(name), code="unknown-column")
            )
    for column in declared:
        if column.required and column.name in absent:
            remedy = f"Add it{_told(column)}"
            findings.append(Finding(file, "The column is missing.", remedy, 1, column.name, code="missing-column"))
    return findings


def _blank_rows(rows: Mapping[str, list[str]]) -> frozenset[int]:
    return frozenset(row for row, cells in enumerate(zip(*rows.values(), strict=True)) if not any(cells))


def _blank_row(file: str, row: int) -> Finding:
    return Finding(file, "The row is blank.", "Delete it.", row=row + FIRST_ROW, code="blank-row")


def _typed_column(spec: TableSpec, column: Column, cells: list[str], file: str) -> tuple[Any, list[Finding]]:
    """One column with its type; each different text is looked at once."""
    meaning: dict[str, object] = {}
    faults: dict[str, Fault] = {}
    for text in dict.fromkeys(cells):
        try:
            if not text and column.required:
                raise Fault("blank", "The cell is blank.", None, f"Fill it in{_told(column)}")
            meaning[text] = parsed(spec, column, text) if text else _fallback(spec, column)
        except Fault as fault:
            faults[text] = fault
            meaning[text] = _unknown(spec, column)
    return _values(spec, column, [meaning[text] for text in cells]), _findings(faults, cells, column.name, file)


def parsed(spec: TableSpec, column: Column, text: str) -> object:
    """What text in a cell of a column stands for. Raises Fault."""
    return (whole_number if _whole(spec, column) else PARSERS[column.kind])(text, column)


def _whole(spec: TableSpec, column: Column) -> bool:
    return (spec.name, column.name) in WHOLE_NUMBERS


def _unknown(spec: TableSpec, column: Column) -> object:
    return 0 if _whole(spec, column) else _BLANKS.get(column.kind, "")


def _fallback(spec: TableSpec, column: Column) -> object:
    """What a blank cell stands for."""
    return _unknown(spec, column) if column.default is None else column.default


def _told(column: Column) -> str:
    return f": {column.help}." if column.help else "."


def _values(spec: TableSpec, column: Column, values: list[Any]) -> Any:
    """Values as one column of a frame."""
    if _whole(spec, column):
        return np.array(values, dtype=np.int64)
    if column.kind in _NUMBERS:
        return np.array(values, dtype=_NUMBERS[column.kind])
    if column.kind == "time":
        instants = np.array([value.value for value in values], dtype=np.int64)
        return pd.DatetimeIndex(instants.view("datetime64[ns]")).tz_localize("UTC")
    return pd.Series(values, dtype=str)


def _findings(faults: Mapping[str, Fault], cells: list[str], column: str, file: str) -> list[Finding]:
    if not faults:
        return []
    found = ((row, text, faults[text]) for row, text in enumerate(cells, start=FIRST_ROW) if text in faults)
    return [
        Finding(file, fault.message, fault.remedy, row, column, shortened(text) or None, fault.allowed, code=fault.code)
        for row, text, fault in found
    ]


def _above_column(column: Column, frame: pd.DataFrame, file: str) -> Iterable[Finding]:
    """Rows in which a number exceeds the column that bounds it."""
    other = column.at_most_column
    if other is None or other not in frame:
        return
    over = (frame[column.name] > frame[other]).to_numpy(bool)
    for row in np.flatnonzero(over).tolist():
        value, most = float(frame[column.name].iloc[row]), float(frame[other].iloc[row])
        message = f"{column.name} {value:g} is above {other} {most:g}."
        remedy, found, allowed = f"Lower {column.name} or raise {other}.", f"{value:g}", f"at most {most:g}"
        yield Finding(file, message, remedy, row + FIRST_ROW, column.name, found, allowed, code="above-column")


def _repeated(key: str, frame: pd.DataFrame, file: str) -> Iterable[Finding]:
    """Names that stand in an earlier row already."""
    names = frame[key]
    again = (names.duplicated() & (names != "")).to_numpy(bool)
    if not again.any():
        return
    first = {name: row for row, name in reversed(list(enumerate(names)))}
    for row in np.flatnonzero(again).tolist():
        name = names.iloc[row]
        message = f"The name stands in row {first[name] + FIRST_ROW} already."
        yield Finding(
            file, message, "Give each its own name.", row + FIRST_ROW, key, shortened(name), code="duplicate-id"
        )


def unknown_tables(draft: Draft, specs: Mapping[str, TableSpec]) -> Iterable[Finding]:
    """Files that no declaration asks for, and declared ones that must be there and are not."""
    for name in (*draft.tables, *draft.unread):
        if name not in specs:
            near = did_you_mean(name, specs)
            remedy = near[:-2] + ".csv'?" if near else f"Tables are {listed(specs, 40)}. Move the file elsewhere."
            file = draft.origin.get(name, file_of(name))
            yield Finding(file, "There is no such table.", remedy, code="unknown-table")
    for name, spec in specs.items():
        if spec.required and name not in draft.tables and name not in draft.unread:
            yield Finding(file_of(name), "The file is missing.", f"Add it: {spec.help}.", code="missing-table")
        elif spec.required and name in draft.tables and draft.tables[name].empty:
            yield Finding(file_of(name), "The table has no rows.", f"Add some: {spec.help}.", code="empty-table")
