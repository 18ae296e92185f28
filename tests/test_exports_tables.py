"""Workbooks and Parquet: read back as the same case, dates as dates, text never a formula."""

from __future__ import annotations

import io
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from tests.planner_case import feeder, plan
from tests.small import STREET, TOWN, case_of
from v2g.case import Case
from v2g.errors import CaseError, UsageError
from v2g.exports import xlsx
from v2g.exports.exporting import export
from v2g.formats.plan_columns import MEANINGS, meaning_of
from v2g.formats.plan_folder import COLUMNS
from v2g.formats.shipped import shipped_cases
from v2g.planning import solve
from v2g.reading import check, read

openpyxl: Any = pytest.importorskip("openpyxl")
arrow: Any = pytest.importorskip("pyarrow.parquet")

UNIT_ENDS = {"_kwh": "kWh", "_kw": "kW", "_kvar": "kvar", "_utc": "UTC", "_km": "km"}
HOSTILE = "=cmd|' /C calc'!A0"
CASES = ["chiba-2019", "depot", "ieee13-blackout", "ieee123-storm", "places", "village"]


def book(folder: Path) -> Any:
    return openpyxl.load_workbook(folder / "tables.xlsx")


def same(one: Case, other: Case) -> None:
    """Every table, key and interval; a reader gives back what stood in the file, whatever it was in."""
    assert dict(one.header) == dict(other.header)
    assert (one.name, one.title) == (other.name, other.title)
    assert one.boundaries.equals(other.boundaries)
    assert set(one.tables) == set(other.tables)
    for name, frame in one.tables.items():
        pd.testing.assert_frame_equal(frame, other.tables[name], check_like=True, obj=name)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("to", ["xlsx", "parquet"])
def test_shipped_cases_read_back(name: str, to: str, tmp_path: Path) -> None:
    case = read(name)
    folder = export(case, to, tmp_path / "out").folder
    same(case, read(folder / "tables.xlsx" if to == "xlsx" else folder))


def test_the_shipped_cases_are_those_of_this_test_but_the_large_ones_and_bare_feeders() -> None:
    assert set(CASES) == {name for name in shipped_cases() if not name.endswith("-base")} - {
        "ieee8500-storm", "ieee9500-hurricane",
    }  # fmt: skip


@pytest.mark.parametrize("tables", [STREET, TOWN], ids=["street", "town"])
@pytest.mark.parametrize("to", ["xlsx", "parquet"])
def test_small_cases_with_every_table_read_back(tables: dict[str, str], to: str, tmp_path: Path) -> None:
    case = case_of(tables)
    folder = export(case, to, tmp_path / "out").folder
    same(case, read(folder / "tables.xlsx" if to == "xlsx" else folder))


def test_times_are_dates_of_utc_and_numbers_are_numbers(tmp_path: Path) -> None:
    found = book(export(feeder(), "xlsx", tmp_path / "out", plan()).folder)
    grid, loads = found["grid"], found["plan_loads"]
    cells = dict(zip((cell.value for cell in grid[1]), grid[2], strict=True))
    assert cells["from_utc"].value == datetime(2026, 1, 15, 19)  # 19:00 in UTC, as the case has it
    assert cells["from_utc"].is_date and cells["voltage_pu"].value == 1.02
    assert loads["A2"].value == datetime(2026, 1, 15, 18) and loads["A1"].value == "start_utc"
    assert loads.freeze_panes == grid.freeze_panes == "A2"
    assert grid.column_dimensions["A"].width >= len("supply")


def test_the_first_sheet_has_every_unit(tmp_path: Path) -> None:
    found = book(export(feeder(), "xlsx", tmp_path / "out", plan()).folder)
    assert found.sheetnames[0] == "README"
    rows = list(found["README"].iter_rows(values_only=True))
    units = {(table, column): unit for table, column, unit, _ in rows}
    assert units["lines", "rating_kva"] == "kVA" and units["lines", "b_aa_us"] == "uS"
    assert units["plan_loads", "served_kw"] == "kW" and units["plan_loads", "hours"] == "h"
    assert units["grid", "from_utc"] == "UTC"
    for sheet in found.sheetnames[2:]:
        assert {(sheet, cell.value) for cell in found[sheet][1]} <= set(units)
    assert any("SHA-256" in str(row[3]) for row in rows)


def test_the_first_sheet_says_what_every_column_is(tmp_path: Path) -> None:
    """A manager of a depot wants to know what `reserve_kwh` of the plan is: what the driver needs when it ends."""
    case = read("depot")
    folder = export(case, "xlsx", tmp_path / "out", solve(case)).folder
    found = book(folder)
    rows = list(found["README"].iter_rows(values_only=True))
    about = {(table, column): (unit, meaning) for table, column, unit, meaning in rows}
    unit, meaning = about["plan_vehicles", "reserve_kwh"]
    assert unit == "kWh" and "its driver needs on board when the interval ends" in meaning
    for sheet in found.sheetnames[1:]:
        for cell in found[sheet][1]:
            assert about[sheet, cell.value][1], f"{sheet}, {cell.value}"
            ends = [unit for end, unit in UNIT_ENDS.items() if cell.value.endswith(end) and "_per_" not in cell.value]
            assert about[sheet, cell.value][0] in ends or not ends, f"{sheet}, {cell.value}"
    assert about["plan_prices", "critical_hours_h_per_kwh"][0] == "h/kWh"
    assert about["vehicles", "kwh_per_km"][0] == "kWh/km"
    keys = {key: meaning for key, _, meaning in found["case"].iter_rows(min_row=2, values_only=True)}
    assert keys["guarantee_h" if "guarantee_h" in keys else "step_min"] and all(keys.values())
    same(case, read(folder / "tables.xlsx"))


def test_every_column_of_a_plan_is_explained_and_none_that_is_not_there() -> None:
    for table, columns in COLUMNS.items():
        assert [one for one in columns if not meaning_of(table, one).help] == []
        assert set(MEANINGS.get(table, {})) <= {*columns, *({"shunt_kw"} if table == "nodes" else ())}


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    tables = {**STREET, "loads": STREET["loads"].replace("clinic,", f"{HOSTILE},")}
    folder = export(case_of(tables, header={"title": "@SUM(1)"}), "xlsx", tmp_path / "out").folder
    found = book(folder)
    (cell,) = [one for one in found["loads"]["A"] if one.value == HOSTILE]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert not [one for sheet in found for row in sheet.iter_rows() for one in row if one.data_type == "f"]
    with zipfile.ZipFile(folder / "tables.xlsx") as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)]
    assert HOSTILE in read(folder / "tables.xlsx").table("loads")["load"].tolist()


def test_a_table_that_no_sheet_can_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 4)
    with pytest.raises(UsageError, match=r"Table buses has 5 rows, and a sheet of Excel 3 .* parquet"):
        export(feeder(), "xlsx", tmp_path / "out")
    assert xlsx.MOST_LETTERS == 32_767 and not (tmp_path / "out").exists()


def test_text_that_no_cell_can_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_LETTERS", 10)
    with pytest.raises(UsageError, match="cannot hold this text"):
        export(feeder(), "xlsx", tmp_path / "out")


def test_parquet_is_typed_and_says_its_units(tmp_path: Path) -> None:
    folder = export(feeder(), "parquet", tmp_path / "out", plan()).folder
    table = arrow.read_table(folder / "plan" / "loads.parquet")
    kinds = {field.name: str(field.type) for field in table.schema}
    assert (kinds["start_utc"], kinds["served_kw"], kinds["tier"], kinds["load"]) == (
        "timestamp[ns, tz=UTC]", "double", "int64", "string",
    )  # fmt: skip
    assert table.schema.field("served_kw").metadata == {b"unit": b"kW", b"meaning": b"power it gets, by all ways"}
    assert (folder / "plan" / "summary.json").is_file()
    assert "| lines | rating_kva | kVA | limit of each phase" in (folder / "README.md").read_text(encoding="utf-8")


def edited(folder: Path, sheet: str, cell: str, value: object) -> Path:
    """The workbook with another cell, as a person would leave it."""
    path = folder / "tables.xlsx"
    found = openpyxl.load_workbook(path)
    found[sheet][cell] = value
    found.save(path)
    return path


def test_faults_in_a_workbook_are_told_by_sheet_and_row(tmp_path: Path) -> None:
    folder = export(feeder(), "xlsx", tmp_path / "out").folder
    (found,) = [one for one in check(edited(folder, "vehicles", "B2", -5)) if one.severity == "error"]
    assert (found.file, found.row, found.column) == ("vehicles", 2, "capacity_kwh")


def test_a_person_may_write_a_key_without_quotes_and_a_date_as_a_date(tmp_path: Path) -> None:
    folder = export(feeder(), "xlsx", tmp_path / "out").folder
    edited(folder, "case", "B3", "harbour street")
    path = edited(folder, "case", "B4", datetime(2026, 1, 15, 18))
    keys = [row[0].value for row in openpyxl.load_workbook(path)["case"].iter_rows(min_row=2)]
    assert keys[1:3] == ["name", "start_utc"]
    again = read(path)
    assert again.name == "harbour street" and again.boundaries.equals(feeder().boundaries)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"name,kw\n"])
def test_what_is_no_workbook_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "town.xlsx"
    path.write_bytes(content)
    with pytest.raises(CaseError, match="not an Excel workbook"):
        read(path)


def test_a_zip_without_a_workbook_and_one_without_a_case_are_refused(tmp_path: Path) -> None:
    bare, other = tmp_path / "bare.xlsx", tmp_path / "other.xlsx"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as parts:
        parts.writestr("a.txt", "a")
    bare.write_bytes(data.getvalue())
    with pytest.raises(CaseError, match="not an Excel workbook"):
        read(bare)
    openpyxl.Workbook().save(other)
    with pytest.raises(CaseError, match="no sheet 'case'"):
        read(other)


@pytest.mark.parametrize(
    ("to", "package", "extra"), [("xlsx", "openpyxl", "excel"), ("parquet", "pyarrow.parquet", "parquet")]
)
def test_without_its_package_a_format_names_the_extra(
    to: str, package: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none: ModuleType | None = None
    monkeypatch.setitem(sys.modules, package, none)
    with pytest.raises(UsageError, match=rf"pip install 'v2g\[{extra}\]'"):
        export(feeder(), to, tmp_path / "out")
