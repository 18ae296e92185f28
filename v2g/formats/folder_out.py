"""Writing a case as a folder: all of its files at once, or none."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from shutil import copy2, copytree, rmtree
from tempfile import mkdtemp

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.errors import UsageError
from v2g.formats.draft import HEADER_FILE, as_text, csv_bytes, file_of, text_frame

NS_PER_MIN = 60_000_000_000


def write_folder(case: Case, path: Path, *, overwrite: bool = False) -> Path:
    """Write a case as a folder that reads back as the same case; returns the resolved folder.

    Raises UsageError where the folder is there already and not empty, unless told to overwrite a
    case folder. What is in it beside ``case.toml`` and its CSV tables is kept then.
    """
    try:
        folder = Path(path).expanduser().resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"{str(path)!r} cannot be used as a path: {error}.") from error
    _may_write(folder, overwrite)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _fill(scratch / "new", case_files(case))
        if folder.exists():
            _keep_others(folder, scratch / "new")
        _swap(scratch, folder)
    finally:
        rmtree(scratch, ignore_errors=True)
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


def _fill(folder: Path, content: Mapping[str, bytes]) -> None:
    """Write files and wait until they are on the disk."""
    folder.mkdir()
    for name, data in content.items():
        with (folder / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    _sync(folder)


def _sync(folder: Path) -> None:
    """Make the names in a folder last; systems that cannot do that do it by themselves."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _keep_others(old: Path, new: Path) -> None:
    """Take over everything that is not the case itself: a README, expected results."""
    for entry in old.iterdir():
        table = entry.suffix.lower() == ".csv" and not entry.name.lower().startswith("expected")
        if table or entry.name == HEADER_FILE:
            continue
        if entry.is_dir() and not entry.is_symlink():
            copytree(entry, new / entry.name, symlinks=True)
        else:
            copy2(entry, new / entry.name, follow_symlinks=False)


def _swap(scratch: Path, folder: Path) -> None:
    """Put the new folder in its place by renaming; the old one comes back should that fail."""
    old = scratch / "old"
    replaced = folder.exists()
    if replaced:
        folder.rename(old)
    try:
        (scratch / "new").rename(folder)
    except OSError:
        if replaced:
            old.rename(folder)
        raise
    _sync(folder.parent)
