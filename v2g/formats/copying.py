"""Cases that come along: what they are called, and copies of them to start from."""

from __future__ import annotations

import tomllib
from pathlib import Path

from v2g.errors import UsageError
from v2g.formats.atomic import place_folder, resolved
from v2g.formats.draft import HEADER_FILE
from v2g.formats.folder import RESULT_PREFIX, case_folder
from v2g.formats.shipped import locate

COPIED = (".csv", ".toml", ".md")


def title_of(folder: Path, name: str = HEADER_FILE) -> str:
    """Title of a case, or of what else has one in a file; nothing where that has none or cannot be read."""
    try:
        return str(tomllib.loads((folder / name).read_text(encoding="utf-8-sig")).get("title", ""))
    except (OSError, ValueError):
        return ""


def copy_case(source: str | Path, target: str | Path) -> tuple[Path, list[str]]:
    """Copy the header, tables and README of a case; returns the resolved folder and the names of its files.

    Expected results stay behind. Raises UsageError where the target is there and not empty.
    """
    folder = resolved(target)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        kind = "holds something already" if folder.is_dir() else "is a file"
        raise UsageError(f"{folder} {kind}; give another folder.")
    origin = case_folder(locate(source))
    content = {
        file.name: file.read_bytes()
        for file in sorted(origin.iterdir())
        if file.is_file() and file.suffix.lower() in COPIED and not file.name.lower().startswith((RESULT_PREFIX, "."))
    }
    place_folder(folder, content)
    return folder, list(content)
