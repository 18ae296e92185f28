"""A case as a folder: ``case.toml`` and one CSV file for each table."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from v2g.errors import CaseError, Finding
from v2g.formats.draft import HEADER_FILE, Draft, digest, text_frame
from v2g.formats.shipped import shipped_cases

RESULT_PREFIX = "expected"
NOTES_FILE, MAP_FILE = "import.csv", "map.csv"
"""What an import wrote beside the tables: what it changed, and where things went that were folded."""
MAX_BYTES = 1_000_000_000
_NO_SECONDS = re.compile(r"^(\s*start_utc\s*=\s*\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d)(?![\d:])", re.MULTILINE)
UNREAD_SUFFIXES = (".tsv", ".xlsx", ".xls", ".xlsm", ".ods", ".parquet", ".feather", ".csv.txt", ".csv.gz", ".csv.zip")


class _Table(NamedTuple):
    frame: pd.DataFrame | None
    faults: tuple[Finding, ...]


def read_folder(path: Path) -> Draft:
    """Read every table of a case folder as text.

    ``path`` is the folder or its ``case.toml``; ``~`` is expanded. Tables that cannot be read are
    findings in the draft. Raises CaseError where there is no such folder or no readable header.
    """
    folder = case_folder(path)
    content = {HEADER_FILE: _bytes(folder / HEADER_FILE)}
    header = _header(folder / HEADER_FILE, content[HEADER_FILE])
    tables: dict[str, pd.DataFrame] = {}
    origin: dict[str, str] = {}
    entries = _entries(folder)
    faults = list(_unread_files(entries))
    unread: set[str] = set()
    for file in _table_files(entries):
        if file.stem in origin:
            faults.append(
                Finding(file.name, f"{origin[file.stem]} is the same table.", "Keep one.", code="duplicate-table")
            )
            continue
        content[file.name] = _bytes(file)
        origin[file.stem] = file.name
        table = parse_table(file.name, content[file.name])
        faults += table.faults
        if table.frame is None:
            unread.add(file.stem)
        else:
            tables[file.stem] = table.frame
    lines = key_lines(header, content[HEADER_FILE].decode("utf-8-sig"))
    return Draft(header, tables, origin, tuple(faults), digest(content), frozenset(unread), lines=lines)


def case_folder(path: Path) -> Path:
    """The folder that holds ``case.toml``, resolved; raises CaseError and says what is there instead."""
    try:
        asked = Path(path).expanduser()
        whole = asked.resolve()
        folder = whole.parent if whole.name == HEADER_FILE and not whole.is_dir() else whole
        if (folder / HEADER_FILE).is_file():
            return folder
        raise CaseError(_what_is_there(asked, folder))
    except (OSError, ValueError, RuntimeError) as error:
        raise CaseError(f"{str(path)!r} cannot be used as a path: {error}.") from error


def _what_is_there(asked: Path, folder: Path) -> str:
    """Why a path is no case folder: nothing there, a file, or a folder with other things in it."""
    known = shipped_cases()
    if folder.is_dir():
        names = sorted(child.name for child in folder.iterdir())
        listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "nothing"
        inner = sorted(child.name for child in folder.iterdir() if (child / HEADER_FILE).is_file())
        hint = f" Did you mean {folder / inner[0]}?" if inner else f" A case folder holds {HEADER_FILE} and CSV tables."
        return f"{folder} holds no {HEADER_FILE}. Found there: {listed}.{hint}"
    if folder.exists():
        return f"{folder} is a file. Give the folder that holds {HEADER_FILE}, or that file itself."
    near = get_close_matches(asked.name, known, n=1)
    parent = next(p for p in (folder, *folder.parents) if p.exists())
    hint = f" Did you mean the case {near[0]!r}?" if near else f" Cases that come along: {', '.join(known) or 'none'}."
    return f"{folder} does not exist; {parent} does.{hint}"


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CaseError(f"{file} is larger than {MAX_BYTES // 1_000_000} MB.")
        return file.read_bytes()
    except OSError as error:
        raise CaseError(f"{file} cannot be read: {error.strerror or error}.") from error


def _header(file: Path, data: bytes) -> dict[str, object]:
    """Keys of ``case.toml``; raises CaseError with the line at which the text stops to be TOML.

    The time at which a case begins may leave out its seconds, as the times in tables may.
    """
    try:
        return tomllib.loads(_NO_SECONDS.sub(r"\1:00", data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise CaseError(f"{file} is not UTF-8: {error.reason} at byte {error.start}. Save it as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        twice = "overwrite" in reason
        remedy = "A key stands twice: keep one." if twice else 'Text needs quotes: name = "town".'
        raise CaseError(f"{file} is not TOML: {reason}. {remedy}") from error


def key_lines(header: Mapping[str, object], text: str) -> dict[str, int]:
    """Line of each key whose value stands in one line with it.

    >>> key_lines({"name": "town", "steps": 2}, chr(10).join(['name = "town"', "# two hours", "steps = 2"]))
    {'name': 1, 'steps': 3}
    """
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            pair = tomllib.loads(line)
        except ValueError:
            continue
        found |= {key: number for key, value in pair.items() if key in header and header[key] == value}
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise CaseError(f"{folder} cannot be listed: {error.strerror or error}.") from error


def _table_files(entries: list[Path]) -> list[Path]:
    """CSV files of the case in the order of their names; ``expected*.csv`` belong to whoever tests it.

    So do the notes of an import to whoever reads them.
    """
    files = (f for f in entries if f.suffix.lower() == ".csv" and f.is_file() and not f.name.startswith("."))
    beside = (RESULT_PREFIX, NOTES_FILE, MAP_FILE)
    return [f for f in files if not f.name.lower().startswith(beside)]


def _unread_files(entries: list[Path]) -> Iterable[Finding]:
    """Tables in a format that is not read here: said aloud, never passed over."""
    for file in entries:
        if file.name.lower().endswith(UNREAD_SUFFIXES) and not file.name.startswith((".", "~")):
            yield Finding(
                file.name, "The file is not read.", "Save it as CSV (UTF-8), or move it elsewhere.",
                severity="warning", code="unread-file",
            )  # fmt: skip


def parse_table(file: str, data: bytes) -> _Table:
    """One CSV file as a frame of text, with every fault of its form."""

    def refused(code: str, message: str, remedy: str, row: int | None = None) -> _Table:
        return _Table(None, (Finding(file, message, remedy, row=row, code=code),))

    if not data.strip():
        return refused("empty-file", "The file is empty.", "Write a header row, or delete the file.")
    if b"\0" in data:
        row = data[: data.index(b"\0")].count(b"\n") + 1
        return refused("nul-byte", "The file holds a NUL byte.", "Save it again as CSV (UTF-8), not UTF-16.", row)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        return refused("not-utf-8", f"Byte {error.start} is not UTF-8.", "Save the file as CSV UTF-8.", row)
    records: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), strict=True):
            records.append(cells)
    except csv.Error as error:
        remedy = "Look for a quote that is not closed."
        return refused("broken-csv", f"The file is not CSV: {error}.", remedy, len(records) + 1)
    while records and not any(records[-1]):
        records.pop()
    if not records or not any(records[0]):
        return refused("blank-header", "The first row is blank.", "The first row names the columns.", 1)
    return _table(file, records)


def _table(file: str, records: list[list[str]]) -> _Table:
    names = [name.strip() for name in records[0]]
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        mark = "semicolons" if ";" in names[0] else "tabs"
        remedy = "Save the file with commas between cells and points in numbers."
        return _Table(
            None, (Finding(file, f"Cells are separated by {mark}.", remedy, row=1, code="not-comma-separated"),)
        )
    width = len(names)
    rows, faults = [], []
    for number, cells in enumerate(records[1:], start=2):
        if len(cells) != width and any(cells) and (len(cells) < width or any(cells[width:])):
            faults.append(_ragged(file, number, len(cells), width))
        rows.append((cells + [""] * width)[:width])
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    frame, repeated = text_frame(names, columns, file)
    return _Table(frame, (*repeated, *faults))


def _ragged(file: str, row: int, cells: int, width: int) -> Finding:
    return Finding(
        file, "The row has another number of cells than the header.", "Look for a missing or an extra comma.",
        row=row, found=_counted(cells), allowed=_counted(width), code="ragged-row",
    )  # fmt: skip


def _counted(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"
