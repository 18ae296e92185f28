"""Plans as folders: written whole or not at all, read back as they were, refused with every fault named."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import v2g
from v2g.case import Case
from v2g.errors import CaseError, InvalidCase, UsageError
from v2g.formats import atomic
from v2g.formats.plan_folder import COLUMNS, OPTIONAL, TEXTS, guarded, plain, read_plan, unguarded, write_plan
from v2g.plan import Plan


def codes(error: pytest.ExceptionInfo[InvalidCase]) -> list[tuple[str, str]]:
    """File and code of each finding."""
    return [(finding.file, finding.code) for finding in error.value.findings]


def test_a_plan_reads_back_as_it_was(village_plan: Plan, tmp_path: Path) -> None:
    folder = write_plan(village_plan, tmp_path / "plan")
    back = read_plan(folder)
    assert set(back.tables) == set(village_plan.tables)
    for name, table in village_plan.tables.items():
        found = back.tables[name]
        assert list(found.columns) == list(table.columns)
        for column in table.columns:
            if column == "start_utc":
                assert list(found[column]) == list(pd.to_datetime(table[column], utc=True))
            elif column in TEXTS:
                assert list(found[column]) == list(table[column])
            else:
                expected = np.round(table[column].to_numpy(dtype=float), 9)
                np.testing.assert_array_equal(found[column].to_numpy(dtype=float), expected)
    assert back.summary == json.loads(json.dumps(plain(village_plan.summary)))
    assert set(back.duals) == set(village_plan.duals)
    for name, values in village_plan.duals.items():
        np.testing.assert_array_equal(back.duals[name], values)


def test_a_plan_read_back_passes_the_audit(village: Case, village_plan: Plan, tmp_path: Path) -> None:
    assert v2g.verify(village, read_plan(write_plan(village_plan, tmp_path / "plan"))).ok


def test_the_same_plan_gives_the_same_bytes(village_plan: Plan, tmp_path: Path) -> None:
    one, two = (write_plan(village_plan, tmp_path / name) for name in ("one", "two"))
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes(), file.name
    once_more = write_plan(read_plan(one), tmp_path / "three")
    for file in one.glob("*.csv"):
        assert file.read_bytes() == (once_more / file.name).read_bytes(), file.name


def test_summary_json_opens_the_plan_as_well(village_plan: Plan, tmp_path: Path) -> None:
    folder = write_plan(village_plan, tmp_path / "plan")
    assert read_plan(folder / "summary.json").summary["status"] == "optimal"


def test_cells_are_plain(village_plan: Plan, tmp_path: Path) -> None:
    folder = write_plan(village_plan, tmp_path / "plan")
    rows = list(csv.DictReader((folder / "sources.csv").open(newline="", encoding="utf-8")))
    assert rows[0]["start_utc"] == "2026-01-15T18:00:00+00:00"
    assert rows[0]["fuel_l"] == "" and rows[0]["output_b_kw"] == "0.0"
    assert not any(cell.startswith("-0.0") and float(cell) == 0.0 for row in rows for cell in row.values())


@pytest.mark.parametrize("name", ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "'quoted", "plain"])
def test_spreadsheets_see_no_formula(name: str) -> None:
    assert not guarded(name).startswith(("=", "+", "-", "@", "\t"))
    assert unguarded(guarded(name)) == name


def test_names_that_look_like_formulas_come_back(village_plan: Plan, tmp_path: Path) -> None:
    tables = dict(village_plan.tables)
    tables["loads"] = tables["loads"].assign(load='=HYPERLINK("x"),"y"')
    folder = write_plan(Plan(village_plan.summary, tables), tmp_path / "plan")
    assert "\"'=HYPERLINK" in (folder / "loads.csv").read_text()
    assert set(read_plan(folder).tables["loads"]["load"]) == {'=HYPERLINK("x"),"y"'}


def test_a_folder_with_something_in_it_is_left_alone(village_plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(UsageError, match="other things than a plan"):
            write_plan(village_plan, tmp_path, overwrite=overwrite)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_plan_is_replaced_only_when_asked(village_plan: Plan, tmp_path: Path) -> None:
    folder = write_plan(village_plan, tmp_path / "plan")
    (folder / "service.svg").write_text("old")
    with pytest.raises(UsageError, match="--overwrite"):
        write_plan(village_plan, folder)
    write_plan(village_plan, folder, overwrite=True)
    assert not (folder / "service.svg").exists()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"more than a plan \(notes.txt\)"):
        write_plan(village_plan, folder, overwrite=True)
    assert (folder / "notes.txt").exists()


def test_an_empty_folder_is_filled(village_plan: Plan, tmp_path: Path) -> None:
    assert write_plan(village_plan, tmp_path) == tmp_path
    assert (tmp_path / "summary.json").is_file()


def test_a_file_is_no_folder(village_plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "plan").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        write_plan(village_plan, tmp_path / "plan")
    with pytest.raises(UsageError):
        write_plan(village_plan, tmp_path / "plan" / "below")
    with pytest.raises(UsageError, match="cannot be used as a path"):
        write_plan(village_plan, "bad\0name")


def test_the_old_plan_survives_a_full_disk(village_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_plan(village_plan, tmp_path / "plan")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left"):
        write_plan(village_plan, folder, overwrite=True)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan"]


def test_the_old_plan_comes_back_if_the_swap_fails(
    village_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_plan(village_plan, tmp_path / "plan")
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(UsageError, match="Input/output"):
        write_plan(village_plan, folder, overwrite=True)
    assert read_plan(folder).summary["status"] == "optimal"


def test_a_file_is_placed_whole(tmp_path: Path) -> None:
    atomic.place_file(tmp_path / "a", b"one")
    atomic.place_file(tmp_path / "a", b"two")
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"two"]
    with pytest.raises(UsageError):
        atomic.place_file(tmp_path / "none" / "a", b"")


def test_what_is_no_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="does not exist"):
        read_plan(tmp_path / "nowhere")
    with pytest.raises(CaseError, match="Found there: nothing"):
        read_plan(tmp_path)
    (tmp_path / "case.toml").write_text("")
    with pytest.raises(CaseError, match="This is a case"):
        read_plan(tmp_path)
    with pytest.raises(CaseError, match="is a file"):
        read_plan(tmp_path / "case.toml")


def test_all_faults_of_a_plan_come_at_once(village_plan: Plan, tmp_path: Path) -> None:
    folder = write_plan(village_plan, tmp_path / "plan")
    (folder / "summary.json").write_text("{")
    (folder / "nodes.csv").unlink()
    (folder / "duals.npz").write_bytes(b"PK\x03\x04 broken")
    loads = pd.read_csv(folder / "loads.csv", dtype=str).drop(columns="served_kvar")
    loads.loc[1, "served_kw"], loads.loc[2, "served_kw"], loads.loc[0, "start_utc"] = "much", "x", "noon"
    loads.loc[3, "tier"] = "1.5"
    loads.to_csv(folder / "loads.csv", index=False)
    with pytest.raises(InvalidCase) as error:
        read_plan(folder)
    assert sorted(codes(error)) == [
        ("duals.npz", "unreadable"), ("loads.csv", "missing-column"), ("loads.csv", "not-readable"),
        ("loads.csv", "not-readable"), ("loads.csv", "not-readable"), ("nodes.csv", "missing-table"),
        ("summary.json", "not-json"),
    ]  # fmt: skip
    where = {str(finding.column): finding.row for finding in error.value.findings if finding.code == "not-readable"}
    assert where == {"served_kw": 3, "start_utc": 2, "tier": 5}


@pytest.mark.parametrize("text", ["[]", "3", '{"status": "optimal"}', '{"critical": 3}', "[" * 100_000])
def test_a_summary_of_another_kind_is_a_finding(village_plan: Plan, tmp_path: Path, text: str) -> None:
    folder = write_plan(village_plan, tmp_path / "plan")
    (folder / "summary.json").write_text(text)
    with pytest.raises(InvalidCase) as error:
        read_plan(folder)
    assert {file for file, _ in codes(error)} == {"summary.json"}


def test_pickles_are_not_opened(village_plan: Plan, tmp_path: Path) -> None:
    folder = write_plan(village_plan, tmp_path / "plan")
    np.savez(folder / "duals.npz", trap=np.array([object()], dtype=object))
    with pytest.raises(InvalidCase) as error:
        read_plan(folder)
    assert codes(error) == [("duals.npz", "unreadable")]


def test_tables_that_may_be_missing(village_plan: Plan, tmp_path: Path) -> None:
    tables = {name: table for name, table in village_plan.tables.items() if name not in OPTIONAL}
    assert set(tables) == set(COLUMNS) - set(OPTIONAL)
    back = read_plan(write_plan(Plan(village_plan.summary, tables), tmp_path / "plan"))
    assert set(back.tables) == set(tables) and not back.duals


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(allow_infinity=True, allow_nan=True), min_size=1, max_size=8))
def test_any_number_comes_back_rounded(tmp_path_factory: pytest.TempPathFactory, values: list[float]) -> None:
    frame = pd.DataFrame({column: ["1"] * len(values) for column in COLUMNS["loads"]})
    frame = frame.assign(start_utc="2026-01-15T18:00:00+00:00", served_kw=values)
    empty = {name: pd.DataFrame(columns=list(columns)) for name, columns in COLUMNS.items() if name not in OPTIONAL}
    keys: dict[str, object] = {key: {} for key in ("critical", "critical_hours", "energy_kwh")}
    plan = Plan({"status": "", "reserve_shortfall_kwh": 0.0, **keys}, {**empty, "loads": frame})
    back = read_plan(write_plan(plan, tmp_path_factory.mktemp("any") / "plan"))
    expected = [round(value, 9) + 0.0 if abs(value) < 1e15 else value for value in values]
    np.testing.assert_array_equal(back.tables["loads"]["served_kw"], expected)
