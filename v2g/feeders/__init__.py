"""Feeders in the formats of other tools: read as a ``Network``, folded, and written as a case."""

from __future__ import annotations

from pathlib import Path

from v2g.errors import CaseError, UsageError
from v2g.feeders import cim, gridlabd, matpower, pandapower, pypsa
from v2g.feeders.opendss.reader import OpenDSS
from v2g.feeders.reader import HEAD, Reader

READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (OpenDSS(), cim.READER, gridlabd.READER, matpower.READER, pandapower.READER, pypsa.READER)
}
"""Readers by the name of their format, in the order in which they are asked whether a file is theirs."""


def guess(path: Path) -> str:
    """Name of the format of a file or folder, from its content.

    Raises CaseError where it cannot be opened, UsageError where no reader knows it.
    """
    try:
        head = b"" if path.is_dir() else _head(path)
    except OSError as error:
        raise CaseError(f"{path} cannot be read: {error.strerror or error}.") from error
    for name, reader in READERS.items():
        if reader.looks_like(path, head):
            return name
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder, and not one that PyPSA writes; name the file to open, such as Master.dss."
        )
    if not head:
        raise UsageError(f"{path} is empty.")
    known = ", ".join(f"{name} ({reader.title})" for name, reader in READERS.items())
    raise UsageError(f"What {path} is cannot be told from its content. Say it with --from. Known: {known}.")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)
