"""Writing a case as a folder: all of its files at once, or none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.errors import UsageError
from v2g.formats.atomic import place_folder, resolved
from v2g.formats.draft import HEADER_FILE, as_text, csv_bytes, file_of, text_frame
from v2g.formats.folder import MAP_FILE, NOTES_FILE, RESULT_PREFIX

NS_PER_MIN = 60_000_000_000


def write_folder(case: Case, path: Path, *, overwrite: bool = False) -> Path:
    """Write a case as a folder that reads back as the same case; returns the resolved folder.

    Raises UsageError where the folder is there already and not empty, unless told to overwrite a
    case folder. What is in it beside ``case.toml`` and its CSV tables is kept then.
    """
    folder = resolved(path)
    _may_write(folder, overwrite)
    kept = _others(folder) if folder.exists() else ()
    place_folder(folder, case_files(case), kept)
    return folder


def case_files(case: Case) -> dict[str, bytes]:
    """The files of a case by name; tables without rows and columns without cells are left out."""
    content = {HEADER_FILE: header_text(case).encode()}
    for name, frame in case.tables.items():
        if len(frame):
            columns = (frame[column].to_list() for column in frame.columns)
            text, _ = text_frame(list(frame.columns), columns, file_of(name))
            filled = [column for column in text.columns if (text[column] != "").any()]
            content[file_of(name)] = csv_bytes(text[filled])
    return content


def header_text(case: Case) -> str:
    """The header of a case as TOML."""
    minutes = np.diff(case.boundaries.as_unit("ns").asi8) / NS_PER_MIN
    lengths = [as_text(float(m)) for m in minutes]
    even = len(set(lengths)) == 1
    keys: dict[str, str] = {"format": str(case.header.get("format", 1)), "name": _quoted(case.name)}
    if case.title:
        keys["title"] = _quoted(case.title)
    keys["start_utc"] = _instant(case.boundaries[0])
    keys["step_min"] = lengths[0] if even else f"[{', '.join(lengths)}]"
    keys["steps"] = str(case.steps)
    for key, value in case.header.items():
        if key not in keys:
            keys[key] = _quoted(value) if isinstance(value, str) else as_text(value)
    return "".join(f"{key} = {value}\n" for key, value in keys.items())


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _instant(start: pd.Timestamp) -> str:
    """A TOML time; one finer than a microsecond, which TOML does not hold, as text."""
    return _quoted(start.isoformat()) if start.nanosecond else start.isoformat()


def _may_write(folder: Path, overwrite: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; give a folder.")
    if not any(folder.iterdir()):
        return
    if not (folder / HEADER_FILE).is_file():
        raise UsageError(f"{folder} holds other things than a case; give another folder.")
    if not overwrite:
        raise UsageError(f"{folder} holds a case already; give another folder, or say that it may be overwritten.")


def _others(folder: Path) -> tuple[Path, ...]:
    """Everything that is not the case itself: a README, expected results."""
    return tuple(entry for entry in sorted(folder.iterdir()) if not _is_case_file(entry))


def _is_case_file(entry: Path) -> bool:
    beside = (RESULT_PREFIX, NOTES_FILE, MAP_FILE)
    table = entry.suffix.lower() == ".csv" and not entry.name.lower().startswith(beside)
    return table or entry.name == HEADER_FILE
