"""Base cases of a study: read once, kept beside the results byte for byte, and read from there by whoever solves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from v2g.errors import CaseError, Finding, UsageError
from v2g.formats import read_folder
from v2g.formats.atomic import place_file, place_folder
from v2g.formats.draft import HEADER_FILE, Draft
from v2g.formats.folder import MAP_FILE, case_folder, parse_table
from v2g.formats.nameplates import with_nameplates
from v2g.reading import check

INPUTS = "inputs"
NAMED = 16
"""So many letters of a hash name its folder."""


class StudyStopped(UsageError):
    """A study cannot go on: what it rests on has changed."""


@dataclass(frozen=True)
class Base:
    """A base case as text, nameplates filled in; ``places`` is the map of an import. It can be sent to other machines.

    ``sha256`` is over the bytes of its header, its tables and its map.
    """

    name: str
    sha256: str
    header: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    origin: Mapping[str, str]
    places: pd.DataFrame | None

    def draft(self) -> Draft:
        """The case as a draft."""
        return Draft(self.header, self.tables, self.origin, sha256=self.sha256)


def read_base(name: str, folder: Path) -> tuple[Base, tuple[Finding, ...], dict[str, bytes]]:
    """A base case, what is wrong with its files, and their bytes."""
    folder = case_folder(folder)
    draft = read_folder(folder)
    files = {HEADER_FILE: (folder / HEADER_FILE).read_bytes()}
    files |= {file: (folder / file).read_bytes() for file in draft.origin.values()}
    places = None
    if (folder / MAP_FILE).is_file():
        files[MAP_FILE] = (folder / MAP_FILE).read_bytes()
        places = parse_table(MAP_FILE, files[MAP_FILE]).frame
    sha256 = draft.sha256
    if MAP_FILE in files:
        sha256 = hashlib.sha256(sha256.encode() + files[MAP_FILE]).hexdigest()
    full = with_nameplates(draft)
    base = Base(name, sha256, dict(full.header), dict(full.tables), dict(full.origin), places)
    return base, draft.faults, files


def keep_base(base: Base, files: Mapping[str, bytes], folder: Path) -> None:
    """Put the files of a base case beside the results, if they are not there."""
    place = place_of(folder, base.sha256)
    if not place.is_dir():
        place_folder(place, files)


def faults_of(name: str, folder: Path) -> tuple[Finding, ...]:
    """Everything that a check of a base case finds."""
    try:
        return check(folder)
    except CaseError as error:
        return (Finding(name, str(error), code="study-case"),)


def place_of(folder: Path, sha256: str) -> Path:
    """Where a base case is kept in the folder of a study."""
    return folder / INPUTS / sha256[:NAMED]


def kept_base(folder: Path, name: str, sha256: str) -> Base:
    """A base case as it was kept. Raises StudyStopped where it is gone or was changed since."""
    place = place_of(folder, sha256)
    if not (place / HEADER_FILE).is_file():
        raise StudyStopped(f"{place} is gone; it holds the base case {name} of this study.")
    base, _, _ = read_base(name, place)
    if base.sha256 != sha256:
        raise StudyStopped(f"The base case {name} in {place} was changed since the study was made: its SHA-256 is "
                         f"{base.sha256[:NAMED]}, and not {sha256[:NAMED]}.")  # fmt: skip
    return replace(base, name=name)


def keep_list(file: Path, folder: Path) -> str:
    """Put a list of critical sites beside the results; returns the SHA-256 of its bytes."""
    data = file.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    target = list_of(folder, sha256)
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        place_file(target, data)
    return sha256


def list_of(folder: Path, sha256: str) -> Path:
    """Where a list of critical sites is kept in the folder of a study."""
    return folder / INPUTS / f"sites-{sha256[:NAMED]}.csv"
