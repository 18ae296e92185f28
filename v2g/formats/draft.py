"""A draft: a case as it was written, every cell still text, nothing believed yet."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

import numpy as np
import pandas as pd

from v2g.errors import Finding

HEADER_FILE = "case.toml"
_EXACT_INTEGERS = 2.0**53


@dataclass(frozen=True)
class Draft:
    """What a reader found: header keys, tables of text (blank = ""), and the faults met on the way.

    ``origin`` maps a table to the file it came from. ``unread`` names tables whose file was there
    and could not be read; its fault is in ``faults``. ``told`` holds cells, as (table, row of a spreadsheet,
    column), that are blank because of one of these faults. ``sha256`` is over the bytes that were read.
    ``lines`` says in which line of its file a key of the header stands, as far as that is known.
    """

    header: Mapping[str, object]
    tables: Mapping[str, pd.DataFrame]
    origin: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Finding, ...] = ()
    sha256: str = ""
    unread: frozenset[str] = frozenset()
    told: frozenset[tuple[str, int, str]] = frozenset()
    lines: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("header", "tables", "origin", "lines"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @classmethod
    def of(cls, header: Mapping[str, object], tables: Mapping[str, pd.DataFrame]) -> Draft:
        """A draft from Python frames; numbers, flags and timestamps become text without loss.

        >>> Draft.of({}, {"trips": pd.DataFrame({"energy_kwh": [0.1, None]})}).tables["trips"]["energy_kwh"].tolist()
        ['0.1', '']
        """
        texts: dict[str, pd.DataFrame] = {}
        faults: list[Finding] = []
        for name, frame in tables.items():
            texts[name], found = text_frame(
                _names(frame), (frame.iloc[:, k] for k in range(frame.shape[1])), file_of(name)
            )
            faults += found
        content = {HEADER_FILE: json.dumps(dict(header), sort_keys=True, default=str).encode("utf-8", "surrogatepass")}
        content |= {file_of(name): csv_bytes(frame) for name, frame in texts.items()}
        return cls(dict(header), texts, {name: file_of(name) for name in texts}, tuple(faults), digest(content))


def file_of(table: str) -> str:
    """Name of the file a table stands in."""
    return f"{table}.csv"


def _names(frame: pd.DataFrame) -> list[str]:
    return [as_text(name) for name in frame.columns.to_list()]


def text_frame(
    names: Iterable[str], columns: Iterable[Iterable[object]], file: str
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Frame of stripped text from columns of anything; a repeated column is a finding, and only its first is kept.

    A column without a name is dropped when all its cells are blank: spreadsheets leave such ones behind.
    """
    kept: dict[str, list[str]] = {}
    faults: list[Finding] = []
    length = 0
    for k, (name, values) in enumerate(zip(names, columns, strict=True), start=1):
        cells = [as_text(value) for value in values]
        length = len(cells)
        if not name and not any(cells):
            continue
        if not name:
            faults.append(
                _fault(file, "blank-column-name", f"Column {k} has cells and no name.", "Name it, or delete it.")
            )
        elif name in kept:
            faults.append(_fault(file, "duplicate-column", "The column stands twice.", "Keep one of the two.", name))
        else:
            kept[name] = cells
    frame = pd.DataFrame(
        {name: np.array(cells, dtype=object) for name, cells in kept.items()}, index=range(length), dtype=object
    )
    return frame, tuple(faults)


def _fault(file: str, code: str, message: str, remedy: str, column: str | None = None) -> Finding:
    return Finding(file, message, remedy, row=1, column=column, code=code)


def as_text(value: object) -> str:
    """A cell as text that reads back as the same value; None, NaN and NaT are blank, flags 1 and 0.

    >>> [as_text(v) for v in (" a ", 0.1, 7.0, True, float("nan"), pd.Timestamp("2026-01-15 18:00", tz="UTC"))]
    ['a', '0.1', '7', '1', '', '2026-01-15T18:00:00+00:00']
    """
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, (float, np.floating)):
        return _float_text(float(value))
    if isinstance(value, np.datetime64):
        return as_text(pd.Timestamp(value))
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value).strip()


def _float_text(value: float) -> str:
    if value != value:
        return ""
    if value.is_integer() and abs(value) < _EXACT_INTEGERS:
        return str(int(value))
    return repr(value)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """A frame of text as UTF-8 CSV with a header row and line feeds."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.columns.to_list())
    writer.writerows(zip(*(frame[name].to_list() for name in frame.columns), strict=True))
    return out.getvalue().encode("utf-8", "surrogatepass")


def digest(content: Mapping[str, bytes]) -> str:
    """SHA-256 in hex over name, length and bytes of each file, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(content):
        data = content[name]
        total.update(f"{name}\0{len(data)}\0".encode("utf-8", "surrogatepass"))
        total.update(data)
    return total.hexdigest()
