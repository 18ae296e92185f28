"""Tables of a case and of its plan for those who open them elsewhere, with the unit of every column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from v2g.exports.exporter import Asked
from v2g.formats.plan_folder import COUNTS, TEXTS
from v2g.register import declarations
from v2g.schema import UNIT_SUFFIX, TableSpec

PLAN = "plan_"
"""In front of the name of a table of a plan: a case has tables of the same names."""
BY_SUFFIX = sorted(((suffix, unit) for unit, suffix in UNIT_SUFFIX.items() if suffix), key=lambda pair: -len(pair[0]))
MORE_SUFFIXES = (("_us", "uS"), ("_min", "min"), ("_utc", "UTC"))


@dataclass(frozen=True)
class Sheet:
    """A table: its name here, its columns with types, and what each holds."""

    name: str
    frame: pd.DataFrame
    units: Mapping[str, str]
    meanings: Mapping[str, str]


def unit_of(column: str) -> str:
    """Unit of a column by the end of its name, blank where it has none.

    >>> unit_of("fuel_l_per_kwh"), unit_of("b_aa_us"), unit_of("from_utc"), unit_of("bus"), unit_of("x_aa_ohm")
    ('L/kWh', 'uS', 'UTC', '', 'ohm')
    """
    return next((unit for end, unit in (*BY_SUFFIX, *MORE_SUFFIXES) if column.endswith(end)), "")


def sheets(asked: Asked) -> Iterator[Sheet]:
    """Every table with rows: those of the case, then those of the plan."""
    specs = declarations()
    for name, frame in asked.case.tables.items():
        if len(frame):
            yield _of_case(name, frame, specs.get(name))
    for name, frame in (asked.plan.tables if asked.plan else {}).items():
        typed = pd.DataFrame({str(column): _typed(frame[column]) for column in frame.columns})
        units = {column: "h" if column == "hours" else unit_of(column) for column in typed.columns}
        yield Sheet(PLAN + name, typed, units, {})


def _of_case(name: str, frame: pd.DataFrame, spec: TableSpec | None) -> Sheet:
    """Columns without a filled cell are left out: blank is what they are by default."""
    filled = [str(column) for column in frame.columns if not _blank(frame[column]).all()]
    declared = {column: spec.column(column) if spec else None for column in filled}
    units = {column: found.unit if found else "" for column, found in declared.items()}
    units = {column: unit_of(column) if unit in ("", "1") else unit for column, unit in units.items()}
    meanings = {column: found.help for column, found in declared.items() if found}
    return Sheet(name, frame[filled], units, meanings)


def _blank(column: pd.Series) -> pd.Series:
    return column.isna() | (column.astype(str) == "")


def _typed(column: pd.Series) -> pd.Series:
    """A column of a plan as times, text, whole numbers or numbers."""
    if column.name == "start_utc":
        return pd.to_datetime(column, utc=True).dt.as_unit("ns")
    if column.name in TEXTS:
        return pd.Series(["" if pd.isna(cell) else str(cell) for cell in column], index=column.index, dtype=object)
    if column.name in COUNTS:
        return column.astype(np.int64)
    return column.astype(np.float64)


def readme_rows(asked: Asked) -> list[tuple[str, str, str, str]]:
    """Table, column, unit and meaning of everything, below what it was written from."""
    rows = [("", "", "", f"{asked.origin_line}."), ("", "", "", "All times are UTC. A blank cell is not known.")]
    for sheet in sheets(asked):
        columns = [str(column) for column in sheet.frame.columns]
        rows += [(sheet.name, column, sheet.units[column], sheet.meanings.get(column, "")) for column in columns]
    return rows


HEAD = ("table", "column", "unit", "meaning")
