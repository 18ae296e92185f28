"""Nameplates: blank cells of vehicles and chargers, filled from the catalogue that comes along.

A vehicle names its row in the column ``model``, a charger in ``type``. A row that leaves one of the numbers blank
that it must have (`REQUIRED`) takes all its blank cells from there, those of missing columns too. A row that states
these numbers itself takes only the blank cells of columns that are there. What is written always counts.

A vehicle has one charging power, whatever it is plugged into: that of its AC inlet where it has one, the lesser of
its two as a rule. Write ``charge_kw`` yourself for a vehicle that charges with direct current.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import pandas as pd

from v2g.errors import Finding
from v2g.formats.draft import Draft, as_text, file_of
from v2g.formats.shipped import datasets_folder

Row = Mapping[str, str]

NAME = {"vehicles": "model", "chargers": "type"}
"""The column that names the row of the catalogue, in the case and in the catalogue alike."""

REQUIRED = {"vehicles": ("capacity_kwh", "charge_kw"), "chargers": ("charge_kw", "charge_eff", "discharge_eff")}
"""Cells without which a row is not complete; blank ones say that the nameplate is meant."""

FIRST_ROW = 2


def _same(column: str) -> Callable[[Row], str]:
    return lambda row: row.get(column, "")


def _above_zero(column: str) -> Callable[[Row], str]:
    return lambda row: row.get(column, "") if float(row.get(column) or 0.0) > 0.0 else ""


def _charge(row: Row) -> str:
    return _above_zero("ac_charge_kw")(row) or row.get("dc_charge_kw", "")


def _per_km(row: Row) -> str:
    return as_text(round(float(row["kwh_per_100km"]) / 100.0, 9)) if row.get("kwh_per_100km") else ""


FILLED: Mapping[str, Mapping[str, Callable[[Row], str]]] = {
    "vehicles": {
        "capacity_kwh": _same("capacity_kwh"),
        "charge_kw": _charge,
        "discharge_kw": _same("discharge_kw"),
        "v2h_kw": _same("v2h_kw"),
        "sockets": _above_zero("sockets"),
        "socket_kw": _same("socket_kw"),
        "kwh_per_km": _per_km,
        "connectors": _same("connector"),
    },
    "chargers": {
        name: _same(name)
        for name in (
            "charge_kw", "discharge_kw", "charge_eff", "discharge_eff", "feeds", "island_capable", "standby_kw",
            "connector",
        )
    },
}  # fmt: skip
"""Columns that are filled, and what the row of the catalogue says of them."""


def with_nameplates(draft: Draft) -> Draft:
    """The draft with its blank cells filled, and a fault for each row that needs a nameplate and names none."""
    tables, faults, told = dict(draft.tables), list(draft.faults), set(draft.told)
    for table, name in NAME.items():
        frame = tables.get(table)
        if frame is not None and len(frame) and name in frame:
            tables[table], lost = _completed(table, frame)
            file = draft.origin.get(table, file_of(table))
            faults += [_unknown(table, file, row, str(frame[name].iloc[row]), cells) for row, cells in lost.items()]
            told |= {(table, row + FIRST_ROW, column) for row, cells in lost.items() for column in cells}
    return replace(draft, tables=tables, faults=tuple(faults), told=frozenset(told))


@lru_cache(maxsize=4)
def nameplates(table: str) -> Mapping[str, Row]:
    """Rows of the catalogue of vehicles or chargers, by name; none where no catalogue comes along."""
    folder = datasets_folder()
    if folder is None or not (folder / "catalog" / file_of(table)).is_file():
        return {}
    with (folder / "catalog" / file_of(table)).open(encoding="utf-8", newline="") as file:
        return {
            row[NAME[table]]: {key: (text or "").strip() for key, text in row.items()} for row in csv.DictReader(file)
        }


def _completed(table: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[int, list[str]]]:
    """The table with its blank cells filled, and rows that name no row of the catalogue, with the cells they lack."""
    plates = nameplates(table)
    cells = {str(name): frame[name].to_list() for name in frame.columns}
    added = {column: [""] * len(frame) for column in FILLED[table] if column not in cells}
    lost: dict[int, list[str]] = {}
    for row, name in enumerate(cells[NAME[table]]):
        missing = [column for column in REQUIRED[table] if not (cells.get(column) or added[column])[row]]
        plate = plates.get(name)
        if plate is None:
            if name and missing and any(texts[row] for texts in cells.values()):
                lost[row] = missing
            continue
        for column, text in FILLED[table].items():
            if column in cells:
                cells[column][row] = cells[column][row] or text(plate)
            elif missing:
                added[column][row] = text(plate)
    needed = {column for columns in lost.values() for column in columns}
    cells |= {column: texts for column, texts in added.items() if any(texts) or column in needed}
    return pd.DataFrame(cells, index=frame.index, dtype=object), lost


def _unknown(table: str, file: str, row: int, name: str, missing: list[str]) -> Finding:
    plates = nameplates(table)
    close = difflib.get_close_matches(name[:80], plates, n=1)
    what = ", ".join(missing[:-1]) + " and " * (len(missing) > 1) + missing[-1]
    blank = f"{what} {'are' if len(missing) > 1 else 'is'} blank"
    message = f"The catalogue has no {NAME[table]} of this name, and {blank}."
    remedy = f"Did you mean {close[0]!r}?" if close else f"Correct the name, or write {what}."
    found = "".join(c if c.isprintable() else "?" for c in name)[:60]
    return Finding(file, message, remedy, row + FIRST_ROW, NAME[table], found, code="unknown-nameplate")
