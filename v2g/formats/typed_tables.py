"""Cases out of an Excel workbook, or out of a folder of Parquet files: as drafts, every cell text again."""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from v2g.errors import CaseError, Finding
from v2g.formats.draft import HEADER_FILE, Draft, as_text, digest, text_frame

HEADER_SHEET, README_SHEET, PLAN = "case", "README", "plan_"
MAX_BYTES = 1_000_000_000
PARQUET = ".parquet"


def is_workbook(path: Path) -> bool:
    """Whether a path is that of an Excel workbook."""
    return path.suffix.lower() == ".xlsx" and path.is_file()


def is_parquet(path: Path) -> bool:
    """Whether a path is a folder with a header, with Parquet tables, and without any of CSV."""
    if not (path / HEADER_FILE).is_file():
        return False
    kinds = {entry.suffix.lower() for entry in path.iterdir() if entry.is_file()}
    return PARQUET in kinds and ".csv" not in kinds


def read_workbook(path: Path) -> Draft:
    """The sheets of a workbook as tables; the sheet ``case`` holds keys and values of the header.

    Sheets of a plan, and the first one, are passed over. Raises CaseError where it cannot be read.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise CaseError("Excel workbooks need openpyxl: pip install 'v2g[excel]'.") from error
    data = _bounded(path)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile, SyntaxError) as error:
        raise CaseError(f"{path} is not an Excel workbook: {error}.") from error
    if HEADER_SHEET not in book.sheetnames:
        raise CaseError(f"{path} has no sheet {HEADER_SHEET!r} with the keys of a case. Write one: key, value.")
    header = _header(path, book[HEADER_SHEET].iter_rows(min_row=2, max_col=2, values_only=True))
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Finding] = []
    for name in book.sheetnames:
        if name not in (HEADER_SHEET, README_SHEET) and not name.startswith(PLAN):
            tables[name], found = _sheet(name, list(book[name].iter_rows(values_only=True)))
            faults += found
    return Draft(header, tables, {name: name for name in tables}, tuple(faults), digest({path.name: data}))


def _bounded(path: Path) -> bytes:
    """The bytes of a workbook, unless it would be too large once it is unpacked."""
    try:
        data = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise CaseError(f"{path} is not an Excel workbook: {error}.") from error
    if size > MAX_BYTES:
        raise CaseError(f"{path} holds more than {MAX_BYTES // 1_000_000} MB.")
    return data


def _header(path: Path, rows: Iterable[tuple[Any, ...]]) -> dict[str, object]:
    lines = [f"{row[0]} = {_literal(row[1])}" for row in rows if len(row) == 2 and None not in row]
    try:
        return tomllib.loads("\n".join(lines))
    except ValueError as error:
        raise CaseError(f"{path}, sheet {HEADER_SHEET}: {error}.") from error


def _literal(value: Any) -> str:
    """A cell as TOML: what stands there, or text where that is none."""
    if not isinstance(value, str):
        return _text(value)
    try:
        tomllib.loads(f"x = {value}")
    except ValueError:
        return json.dumps(value, ensure_ascii=False)
    return value


def _sheet(name: str, rows: list[tuple[Any, ...]]) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    names = [_text(cell) for cell in rows[0]] if rows else []
    body = rows[1:]
    while body and not any(cell is not None for cell in body[-1]):
        body.pop()
    columns = ([_text(row[number]) if number < len(row) else "" for row in body] for number in range(len(names)))
    return text_frame(names, columns, name)


def _text(cell: Any) -> str:
    """A cell as text; a date of a workbook is UTC."""
    if isinstance(cell, datetime):
        return cell.isoformat() + ("+00:00" if cell.tzinfo is None else "")
    return as_text(cell)


def read_parquet(folder: Path) -> Draft:
    """A folder of ``case.toml`` and one Parquet file for each table. Raises CaseError where one cannot be read."""
    try:
        import pyarrow.parquet as files
    except ImportError as error:
        raise CaseError("Parquet needs pyarrow: pip install 'v2g[parquet]'.") from error
    content = {HEADER_FILE: (folder / HEADER_FILE).read_bytes()}
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Finding] = []
    for file in sorted(entry for entry in folder.iterdir() if entry.suffix.lower() == PARQUET):
        try:
            content[file.name] = file.read_bytes()
            frame = files.read_table(io.BytesIO(content[file.name])).to_pandas()
        except (OSError, ValueError) as error:
            raise CaseError(f"{file} cannot be read: {error}.") from error
        names = [str(name) for name in frame.columns]
        tables[file.stem], found = text_frame(names, (frame[name] for name in frame.columns), file.name)
        faults += found
    try:
        header = tomllib.loads(content[HEADER_FILE].decode("utf-8-sig"))
    except ValueError as error:
        raise CaseError(f"{folder / HEADER_FILE} is not TOML: {error}.") from error
    return Draft(header, tables, {name: f"{name}{PARQUET}" for name in tables}, tuple(faults), digest(content))
