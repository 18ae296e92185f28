"""Folders that appear as a whole or not at all, also when the power fails while they are written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import copy2, copytree, rmtree
from tempfile import mkdtemp

from v2g.errors import UsageError


def resolved(path: Path | str) -> Path:
    """The absolute path, ``~`` expanded; raises UsageError for what cannot be a path."""
    try:
        return Path(path).expanduser().resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"{str(path)!r} cannot be used as a path: {error}.") from error


def place_folder(folder: Path, content: Mapping[str, bytes], kept: Sequence[Path] = ()) -> None:
    """Write files into a new folder beside ``folder``, then put it in its place; an old one is replaced.

    Copies of the files and folders in ``kept`` go along. Raises UsageError where the disk refuses;
    what was there before is then there still.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            _fill(scratch / "new", content)
            for entry in kept:
                _copy(entry, scratch / "new" / entry.name)
            _swap(scratch, folder)
        finally:
            rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}.") from error


def place_file(file: Path, data: bytes) -> None:
    """Write one file beside its place and move it there; raises UsageError where the disk refuses."""
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        try:
            _write(scratch, data)
            scratch.replace(file)
            _sync(file.parent)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}.") from error


def _fill(folder: Path, content: Mapping[str, bytes]) -> None:
    folder.mkdir()
    below = {folder, *((folder / name).parent for name in content)}
    for place in sorted(below):
        place.mkdir(exist_ok=True)
    for name, data in content.items():
        _write(folder / name, data)
    for place in sorted(below):
        _sync(place)


def _copy(entry: Path, target: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        copytree(entry, target, symlinks=True)
    else:
        copy2(entry, target, follow_symlinks=False)


def _write(file: Path, data: bytes) -> None:
    with file.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def _sync(folder: Path) -> None:
    """Make the names in a folder last; systems that cannot do that do it by themselves."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
