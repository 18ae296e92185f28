"""Tables of a case and of its plan for those who open them elsewhere, with the unit of every column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.check.header import KEYS
from v2g.exports.exporter import Asked
from v2g.formats.folder_out import header_text
from v2g.formats.plan_columns import meaning_of
from v2g.formats.plan_folder import COUNTS, TEXTS
from v2g.register import declarations
from v2g.schema import UNIT_SUFFIX, TableSpec
from v2g.tables import OPEN_TABLES

PLAN = "plan_"
"""In front of the name of a table of a plan: a case has tables of the same names."""
BY_SUFFIX = sorted(((suffix, unit) for unit, suffix in UNIT_SUFFIX.items() if suffix), key=lambda pair: -len(pair[0]))
MORE_SUFFIXES = (("_us", "uS"), ("_utc", "UTC"))
ODD = {"kwh_per_km": "kWh/km"}
"""Units that the end of a name does not tell."""


@dataclass(frozen=True)
class Sheet:
    """A table: its name here, its columns with types, and what each holds."""

    name: str
    frame: pd.DataFrame
    units: Mapping[str, str]
    meanings: Mapping[str, str]


def unit_of(column: str) -> str:
    """Unit of a column by the end of its name, blank where it has none.

    >>> unit_of("fuel_l_per_kwh"), unit_of("b_aa_us"), unit_of("from_utc"), unit_of("tap_min"), unit_of("kwh_per_km")
    ('L/kWh', 'uS', 'UTC', '', 'kWh/km')
    """
    if column in ODD:
        return ODD[column]
    return next((unit for end, unit in (*BY_SUFFIX, *MORE_SUFFIXES) if column.endswith(end)), "")


def sheets(asked: Asked) -> Iterator[Sheet]:
    """Every table with rows: those of the case, then those of the plan."""
    specs = declarations()
    for name, frame in asked.case.tables.items():
        if len(frame):
            yield _of_case(name, frame, specs.get(name))
    for name, frame in (asked.plan.tables if asked.plan else {}).items():
        typed = pd.DataFrame({str(column): _typed(frame[column]) for column in frame.columns})
        found = {column: meaning_of(name, column) for column in typed.columns}
        units = {column: one.unit or unit_of(column) for column, one in found.items()}
        yield Sheet(PLAN + name, typed, units, {column: one.help for column, one in found.items()})


def _of_case(name: str, frame: pd.DataFrame, spec: TableSpec | None) -> Sheet:
    """Columns without a filled cell are left out: blank is what they are by default."""
    filled = [str(column) for column in frame.columns if not _blank(frame[column]).all()]
    declared = {column: spec.column(column) if spec else None for column in filled}
    units = {column: found.unit if found else "" for column, found in declared.items()}
    units = {column: unit_of(column) if unit in ("", "1") else unit for column, unit in units.items()}
    further = OPEN_TABLES[name].help if name in OPEN_TABLES else ""
    meanings = {column: found.help if found else further for column, found in declared.items()}
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


def header_rows(case: Case) -> list[tuple[str, str, str]]:
    """Keys of the header, their values as in ``case.toml``, and what they mean."""
    pairs = (line.split(" = ", 1) for line in header_text(case).splitlines())
    return [(key, value, KEYS[key]) for key, value in pairs]


def readme_rows(asked: Asked) -> list[tuple[str, str, str, str]]:
    """Table, column, unit and meaning of everything, below what it was written from."""
    rows = [("", "", "", f"{asked.origin_line}."), ("", "", "", "All times are UTC. A blank cell is not known.")]
    for sheet in sheets(asked):
        columns = [str(column) for column in sheet.frame.columns]
        rows += [(sheet.name, column, sheet.units[column], sheet.meanings.get(column, "")) for column in columns]
    return rows


HEAD = ("table", "column", "unit", "meaning")
