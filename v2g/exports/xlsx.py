"""Tables as one Excel workbook: a sheet for each, times as dates, and no cell that is a formula."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from v2g.errors import UsageError
from v2g.exports.book import HEAD, Sheet, header_rows, readme_rows, sheets
from v2g.exports.exporter import Asked, Exported
from v2g.formats.plan_folder import STEERING

MOST_ROWS, MOST_LETTERS = 1_048_576, 32_767
"""Of a sheet, and of a cell: what Excel can open."""
FILE, README_SHEET, HEADER_SHEET = "tables.xlsx", "README", "case"
HEADER = ("key", "value", "meaning")
HEADER_COLUMNS = (
    (HEADER_SHEET, "key", "", "what is said of the whole case, as in case.toml"),
    (HEADER_SHEET, "value", "", "what it is; text stands in quotes"),
    (HEADER_SHEET, "meaning", "", "what the key means; not read back"),
)
DATE = "yyyy-mm-dd hh:mm:ss"
WIDEST = 40
STILL = (1980, 1, 1, 0, 0, 0)
"""Date of all parts of the file: a workbook is a zip file, and the same tables are to be the same bytes."""
SAVED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")
Rows = Sequence[Sequence[Any]]
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


class Xlsx:
    """All tables of the case and of the plan; the first sheet says where they are from, and what each column is."""

    name = "xlsx"
    title = "Excel workbook, with units and dates"

    def export(self, asked: Asked) -> Exported:
        """The same bytes for the same case and plan. Raises UsageError for a table with more rows than a sheet has."""
        parts = list(sheets(asked))
        for sheet in parts:
            if len(sheet.frame) >= MOST_ROWS:
                raise UsageError(
                    f"Table {sheet.name} has {len(sheet.frame):,} rows, and a sheet of Excel {MOST_ROWS - 1:,} below "
                    "its header: write --to parquet, or csv."
                )
        return Exported({FILE: _workbook(asked, parts)}, first=FILE)


def _workbook(asked: Asked, parts: Sequence[Sheet]) -> bytes:
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise UsageError("Excel workbooks need openpyxl: pip install 'v2g[excel]'.") from error
    contents = list(_contents(asked, parts))
    for _, _, rows in contents:
        _refuse_texts(rows)
    book = Workbook(write_only=True)
    for name, names, rows in contents:
        _fill(book.create_sheet(name), names, rows)
    out = io.BytesIO()
    book.save(out)
    return _stilled(out.getvalue())


def _contents(asked: Asked, parts: Sequence[Sheet]) -> Iterator[tuple[str, Sequence[str], Rows]]:
    """Name, columns and rows of each sheet."""
    about = readme_rows(asked)
    before = sum(not table for table, *_ in about)
    yield README_SHEET, HEAD, [*about[:before], *HEADER_COLUMNS, *about[before:]]
    yield HEADER_SHEET, HEADER, header_rows(asked.case)
    for sheet in parts:
        names = [str(name) for name in sheet.frame.columns]
        yield sheet.name, names, list(zip(*(_values(sheet.frame[name]) for name in names), strict=True))


def _refuse_texts(rows: Rows) -> None:
    """Raises UsageError for text that a cell of Excel cannot hold: it would be cut, or spoil the file."""
    for row in rows:
        for value in row:
            if isinstance(value, str) and (len(value) > MOST_LETTERS or CONTROL.search(value)):
                raise UsageError(f"Excel cannot hold this text: {value[:40]!r}. Write --to parquet, or csv.")


def _values(column: pd.Series) -> list[Any]:
    """A column as Excel has it: dates of UTC without saying so, flags as 1 and 0, None where nothing is known."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return [None if pd.isna(time) else _date(time) for time in column]
    if column.dtype == np.bool_:
        return [int(flag) for flag in column]
    if pd.api.types.is_numeric_dtype(column):
        return [None if number != number else number for number in column.tolist()]
    return [str(cell) or None for cell in column]


def _date(time: pd.Timestamp) -> datetime | str:
    """A date without its zone; text where it is finer than Excel can tell, or before its calendar."""
    plain = time.tz_convert("UTC").tz_localize(None)
    exact = plain == plain.floor("s") and plain.year > 1900
    return plain.to_pydatetime() if exact else str(time.isoformat())


def _fill(sheet: Any, names: Sequence[str], rows: Rows) -> None:
    """Names in a row that stays in sight, then the rows; columns as wide as what is in them."""
    sheet.freeze_panes = "A2"
    for number, name in enumerate(names):
        longest = max((len(str(row[number])) for row in rows[:200] if row[number] is not None), default=0)
        sheet.column_dimensions[_letters(number)].width = min(max(longest, len(name)) + 2, WIDEST)
    sheet.append([_cell(sheet, name, bold=True) for name in names])
    for row in rows:
        sheet.append([value if _plain(value) else _cell(sheet, value) for value in row])


def _plain(value: Any) -> bool:
    """Whether a value is written as it is: numbers of up to 16 digits, which is what openpyxl writes of them."""
    if isinstance(value, float):
        return float(f"{value:.16g}") == value
    return not isinstance(value, str | datetime)


def _letters(number: int) -> str:
    """Name of a column of a sheet.

    >>> _letters(0), _letters(25), _letters(26), _letters(701), _letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    before, own = divmod(number, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + own)


def _cell(sheet: Any, value: str | float | datetime, bold: bool = False) -> Any:
    """Text stays text, whatever it begins with; Excel is told so as well, for the day someone edits the cell."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(sheet, None)
    if isinstance(value, str):
        cell.value, cell.data_type = value, "s"
        cell.quotePrefix = value.startswith(STEERING)
    elif isinstance(value, float):
        cell.value, cell.data_type = repr(value), "n"
    else:
        cell.value, cell.number_format = value, DATE
    if bold:
        cell.font = Font(bold=True)
    return cell


def _stilled(data: bytes) -> bytes:
    """The same workbook without the time at which it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = SAVED.sub(rb"\g<1>1980-01-01T00:00:00Z\g<3>", part)
            entry = zipfile.ZipInfo(name, STILL)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return out.getvalue()
