"""The files of a feeder: those in the folder of the one that was opened, or in one that is named; no others."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

MOST_FILES = 1_000
"""How often files may be opened: a feeder of utility size has some tens."""
MOST_BYTES = 256 << 20
"""All of them together, one that is read twice counted twice."""


class Barred(Exception):
    """A file that may not, or cannot, be read."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class Bundle:
    """Reads files of one folder, up to its limits; ``digests`` are the SHA-256 of those read, in order, by name.

    The folder is that of the file opened, or one above it that the user names.
    """

    def __init__(self, opened: Path, root: Path | None = None) -> None:
        self.opened = _real(opened)
        self.root = self.opened.parent if root is None else _real(root)
        self.digests: dict[str, str] = {}
        self._reads = 0
        self._bytes = 0
        self._entries: dict[Path, dict[str, str]] = {}

    def name(self, path: Path) -> str:
        """A file by its path below the folder, with ``/``."""
        return path.relative_to(self.root).as_posix()

    def find(self, written: str, folder: Path) -> Path:
        """The file that a name means in ``folder``, in whatever case its letters are. Raises ``Barred``."""
        plain = written.strip().replace("\\", "/")
        if not plain or not plain.isprintable():
            raise Barred("A file has to be named.", "Write its name.")
        if plain.startswith(("/", "~")) or plain[1:2] == ":" or "://" in plain:
            raise Barred(
                "A file is named by its place on one computer.", "Put the file beside this one and write its name only."
            )
        path = self._walk(plain.split("/"), folder)
        if path is None and "." not in plain.rsplit("/", 1)[-1]:
            path = self._walk(f"{plain}.dss".split("/"), folder)
        if path is None:
            raise Barred("This file does not exist.", "Put it into the folder, or take out the line.")
        return self._checked(path)

    def _walk(self, parts: list[str], folder: Path) -> Path | None:
        path = folder
        for part in parts:
            if part in ("", "."):
                continue
            if part == "..":
                path = path.parent
                self._inside(path)
                continue
            actual = self._in(path).get(part) or self._in(path).get(part.casefold())
            if actual is None:
                return None
            path = path / actual
        return path

    def _in(self, folder: Path) -> dict[str, str]:
        """Entries of a folder by their name, and by it in lower case (of several the first by alphabet)."""
        if folder not in self._entries:
            self._inside(folder)
            try:
                names = sorted(os.listdir(folder), reverse=True)
            except OSError:
                names = []
            self._entries[folder] = {name.casefold(): name for name in names} | {name: name for name in names}
        return self._entries[folder]

    def _inside(self, path: Path) -> None:
        if not _real(path).is_relative_to(self.root):
            raise Barred(
                f"This file lies outside the folder {self.root.name or self.root}, whose files alone are read.",
                "Name a folder that holds all files of the feeder (--bundle FOLDER), or copy it into that one.",
            )

    def _checked(self, path: Path) -> Path:
        resolved = _real(path)
        self._inside(resolved)
        if not resolved.is_file():
            raise Barred("This is not a file.", "Name a file of text.")
        return resolved

    def read(self, path: Path) -> bytes:
        """All of a file. Raises ``Barred`` beyond the limits."""
        self._reads += 1
        if self._reads > MOST_FILES:
            raise Barred(f"More than {MOST_FILES:,} files are opened.", "Put the circuit into fewer files.")
        try:
            with open(path, "rb") as stream:
                data = stream.read(MOST_BYTES - self._bytes + 1)
        except OSError as error:
            raise Barred(f"This file cannot be read: {error.strerror}.", "Give leave to read it.") from None
        self._bytes += len(data)
        if self._bytes > MOST_BYTES:
            raise Barred(f"The files hold more than {MOST_BYTES >> 20} MB.", "Leave out what a feeder does not need.")
        self.digests.setdefault(self.name(path), sha256(data).hexdigest())
        return data


def _real(path: Path) -> Path:
    """Where a path leads; unlike ``Path.resolve`` it does not stumble over links that lead to each other."""
    return Path(os.path.realpath(path))
