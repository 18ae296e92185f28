"""Case folders: what is read, what is refused, and that what is written reads back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from helpers_specs import EVENING, SPECS, case_of, place

from v2g.case import Case
from v2g.check import check
from v2g.errors import CaseError, UsageError
from v2g.formats import Draft, locate, read_folder, shipped_cases, write_folder
from v2g.formats.nameplates import with_nameplates
from v2g.formats.outages import with_durations
from v2g.register import declarations

TOML = """
format = 1
name = "two-bus"
start_utc = 2026-01-15T18:00:00+00:00
step_min = 30
steps = 4
"""


def folder_of(path: Path, **tables: bytes) -> Path:
    """The evening as a folder, with other bytes for some tables."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "case.toml").write_text(TOML, encoding="utf-8")
    for name, data in {**{name: text.encode() for name, text in EVENING.items()}, **tables}.items():
        (path / f"{name}.csv").write_bytes(data)
    return path


def same(one: Case, other: Case) -> None:
    """Two cases with the same content."""
    assert (one.name, one.title, dict(one.header)) == (other.name, other.title, dict(other.header))
    assert one.boundaries.equals(other.boundaries)
    assert set(one.tables) == set(other.tables)
    for name in one.tables:
        pd.testing.assert_frame_equal(one.table(name), other.table(name), check_exact=True)


def checked(draft: Draft) -> Case:
    case, findings = check(draft, SPECS)
    assert case is not None and not findings, [str(f) for f in findings]
    return case


def test_a_folder_reads_as_the_same_case_as_its_frames(tmp_path: Path) -> None:
    same(checked(read_folder(folder_of(tmp_path))), case_of())


@pytest.mark.parametrize("name", ["plain", "with blanks and 'quotes'", "täler"])
def test_the_folder_or_its_header(tmp_path: Path, name: str) -> None:
    folder = folder_of(tmp_path / name)
    assert read_folder(folder).sha256 == read_folder(folder / "case.toml").sha256


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder_of(tmp_path / "mine")
    assert read_folder(Path("~/mine")).header["name"] == "two-bus"


def test_line_ends_and_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    loads = b"\xef\xbb\xbf" + EVENING["loads"].replace("\n", "\r\n").encode() + b"\r\n\r\n"
    same(checked(read_folder(folder_of(tmp_path, loads=loads))), case_of())


def test_columns_and_rows_that_spreadsheets_leave_behind(tmp_path: Path) -> None:
    loads = b"load,bus,tier,kw,kvar,,\nclinic,b2,1,10,3,,\nshops,b2,0,20,5,,\n,,,,,,\n"
    same(checked(read_folder(folder_of(tmp_path, loads=loads))), case_of())


def test_expected_results_beside_a_case_are_not_read(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    before = read_folder(folder).sha256
    (folder / "expected_loads.csv").write_text("anything\n1,2,3\n")
    (folder / "README.md").write_text("text")
    assert read_folder(folder).sha256 == before
    checked(read_folder(folder))


def test_the_digest_follows_every_byte(tmp_path: Path) -> None:
    one = read_folder(folder_of(tmp_path / "one")).sha256
    assert read_folder(folder_of(tmp_path / "two")).sha256 == one
    assert read_folder(folder_of(tmp_path / "three", loads=EVENING["loads"].encode() + b"\n")).sha256 != one


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b"", "empty-file", None),
        (b" \n\n", "empty-file", None),
        (b"load,bus\nx\0,b2\n", "nul-byte", 2),
        ("load,bus\nx,b2\n".encode("utf-16"), "nul-byte", 1),
        (b"load,bus\nok,b2\nM\xfcller,b2\n", "not-utf-8", 3),
        (b'load,bus\nx,"b2\n', "broken-csv", 2),
        (b"load;bus;kw\nx;b2;1,5\n", "not-comma-separated", 1),
        (b"load\tbus\nx\tb2\n", "not-comma-separated", 1),
        (b"\nload,bus\nx,b2\n", "blank-header", 1),
    ],
)
def test_a_table_that_cannot_be_read_is_one_finding(tmp_path: Path, data: bytes, code: str, row: int | None) -> None:
    case, findings = check(read_folder(folder_of(tmp_path, loads=data)), SPECS)
    assert case is None
    assert [place(f) for f in findings] == [(code, "loads.csv", row, None, "error")]


def test_what_refers_to_an_unread_table_is_not_blamed(tmp_path: Path) -> None:
    _, findings = check(read_folder(folder_of(tmp_path, vehicles=b"\xff\xfe")), SPECS)
    assert [f.file for f in findings] == ["vehicles.csv"]


@pytest.mark.parametrize(
    ("line", "found"), [(b"shops,b2,0,20", "4 cells"), (b"shops,b2,0,20,5,6", "6 cells"), (b"shops", "1 cell")]
)
def test_a_row_of_another_length(tmp_path: Path, line: bytes, found: str) -> None:
    loads = b"load,bus,tier,kw,kvar\nclinic,b2,1,10,3\n" + line + b"\n"
    _, findings = check(read_folder(folder_of(tmp_path, loads=loads)), SPECS)
    assert place(findings[0]) == ("ragged-row", "loads.csv", 3, None, "error")
    assert (findings[0].found, findings[0].allowed) == (found, "5 cells")


def test_a_repeated_column_and_one_without_a_name(tmp_path: Path) -> None:
    loads = b"load,bus,tier,kw,kw,\nclinic,b2,1,10,11,x\n"
    _, findings = check(read_folder(folder_of(tmp_path, loads=loads)), SPECS)
    assert [place(f) for f in findings] == [
        ("duplicate-column", "loads.csv", 1, "kw", "error"),
        ("blank-column-name", "loads.csv", 1, None, "error"),
    ]


def test_rows_are_counted_as_a_spreadsheet_does(tmp_path: Path) -> None:
    loads = b'load,bus,tier,kw,kind\nclinic,b2,1,10,"two, with comma"\nshops,b2,0,ten,\n'
    _, findings = check(read_folder(folder_of(tmp_path, loads=loads)), SPECS)
    assert [place(f) for f in findings] == [("not-a-number", "loads.csv", 3, "kw", "error")]


def test_a_misspelt_file_says_what_is_near(tmp_path: Path) -> None:
    _, findings = check(read_folder(folder_of(tmp_path, vehicle=b"vehicle\nx\n")), SPECS)
    assert [place(f) for f in findings] == [("unknown-table", "vehicle.csv", None, None, "error")]
    assert findings[0].remedy == "Did you mean 'vehicles.csv'?"


def test_a_table_in_another_format_is_not_passed_over(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "solar.xlsx").write_bytes(b"PK")
    _, findings = check(read_folder(folder), SPECS)
    assert [place(f) for f in findings] == [("unread-file", "solar.xlsx", None, None, "warning")]


def test_one_table_in_two_files(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "loads.CSV").write_text(EVENING["loads"])
    if (folder / "loads.csv").samefile(folder / "loads.CSV"):
        pytest.skip("names do not differ by case here")
    assert [f.code for f in check(read_folder(folder), SPECS)[1]] == ["duplicate-table"]


@pytest.mark.parametrize(
    "data", [b"format = ", b"a\n", b"\xff", b"format = 1\nformat = 1\n", b"x = " + b"[" * 5000, b"format = 1\0"]
)
def test_a_header_that_is_no_toml(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "case.toml").write_bytes(data)
    with pytest.raises(CaseError, match=r"case\.toml"):
        read_folder(tmp_path)


@pytest.mark.parametrize("start", ["2026-01-15T18:00Z", "2026-01-15 18:00+00:00", "2026-01-15T19:00+01:00"])
def test_a_start_may_leave_out_its_seconds(tmp_path: Path, start: str) -> None:
    (tmp_path / "case.toml").write_text(f"format = 1\n start_utc = {start} # evening\n")
    header = read_folder(tmp_path).header
    assert header["start_utc"] == datetime(2026, 1, 15, 18, tzinfo=UTC)


def test_a_start_without_seconds_and_offset(tmp_path: Path) -> None:
    (tmp_path / "case.toml").write_text(
        'format = 1\nname = "x"\nstart_utc = 2026-01-15 18:00\nstep_min = 30\nsteps = 2\n'
    )
    finding = next(f for f in check(read_folder(tmp_path), SPECS)[1] if f.column == "start_utc")
    assert finding.code == "naive-time" and "2026-01-15T18:00:00+00:00" in finding.remedy


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    (tmp_path / "case.toml").write_text("format = 1\nsteps = 4\nsteps = 5\n")
    with pytest.raises(CaseError, match=r"line 3.*stands twice"):
        read_folder(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as error:
        read_folder(tmp_path / "no where")
    assert f"{tmp_path / 'no where'} does not exist; {tmp_path} does." in str(error.value)


def test_a_folder_without_a_header_lists_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(CaseError, match=r"holds no case\.toml\. Found there: notes\.txt\."):
        read_folder(tmp_path)


def test_a_folder_of_cases_names_one(tmp_path: Path) -> None:
    folder_of(tmp_path / "inner")
    with pytest.raises(CaseError, match=r"Did you mean .*inner"):
        read_folder(tmp_path)


def test_a_file_that_is_no_header(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("x")
    with pytest.raises(CaseError, match="is a file"):
        read_folder(tmp_path / "x.csv")


def test_names_of_shipped_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cases = shipped_cases()
    assert "village" in cases and locate("village") == cases["village"]
    with pytest.raises(CaseError, match="Did you mean the case 'village'"):
        read_folder(locate("vilage"))


def test_a_folder_of_ones_own_comes_before_a_shipped_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder_of(tmp_path / "village")
    assert locate("village") == Path("village")


@pytest.mark.parametrize("name", sorted(shipped_cases()))
def test_shipped_cases_are_free_of_errors_and_read_back(tmp_path: Path, name: str) -> None:
    declared = declarations()
    case, findings = check(with_nameplates(with_durations(read_folder(locate(name)))), declared)
    assert case is not None, [str(f) for f in findings]
    again, _ = check(read_folder(write_folder(case, tmp_path / name)), declared)
    assert again is not None
    same(again, case)


def awkward() -> Case:
    """Unequal intervals, text with quotes and commas, numbers with many digits."""
    loads = 'load,bus,tier,kw,kvar,kind\n"a ""b"", c",b2,1,0.1,1e-7,Ärzte\nshops,b2,0,123456789.123,5,\n'.replace(
        "123456789.123", "12345.6789012345"
    )
    return case_of(
        {"step_min": [7.5, 22.5, 100 / 3], "steps": None, "title": 'An "evening" \\ night', "seed": 7},
        loads=loads,
        trips=None,
        stays=None,
    )


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    for k, case in enumerate([case_of(), awkward()]):
        same(checked(read_folder(write_folder(case, tmp_path / str(k)))), case)


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (read_folder(write_folder(awkward(), tmp_path / name)).sha256 for name in "ab")
    assert one == two


def test_a_case_is_not_overwritten_unless_told(tmp_path: Path) -> None:
    folder = write_folder(case_of(), tmp_path / "x")
    with pytest.raises(UsageError, match="holds a case already"):
        write_folder(awkward(), folder)
    (folder / "README.md").write_text("kept")
    (folder / "grid.csv").write_text("grid,bus\ng,b1\n")
    write_folder(awkward(), folder, overwrite=True)
    same(checked(read_folder(folder)), awkward())
    assert (folder / "README.md").read_text() == "kept" and not (folder / "grid.csv").exists()


def test_other_folders_and_files_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.txt").write_text("dear")
    (tmp_path / "y").write_text("dear")
    for name in "xy":
        with pytest.raises(UsageError):
            write_folder(case_of(), tmp_path / name, overwrite=True)
    assert (tmp_path / "x" / "thesis.txt").read_text() == (tmp_path / "y").read_text() == "dear"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    write_folder(case_of(), tmp_path / "deep" / "case")
    write_folder(case_of(), tmp_path / "deep" / "case", overwrite=True)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["case"]


def test_an_interrupted_write_leaves_the_old_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(case_of(), tmp_path / "x")
    before = read_folder(folder).sha256

    def no_space(handle: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(UsageError, match="no space"):
        write_folder(awkward(), folder, overwrite=True)
    assert read_folder(folder).sha256 == before
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
