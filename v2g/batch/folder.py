"""The folder of a study: how it was made, one file for each result, and who is at work in it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from v2g.batch.locks import Lock, whose
from v2g.errors import CaseError, UsageError
from v2g.formats.atomic import place_file, resolved

MANIFEST, RESULTS, LOCK = "manifest.json", "results", ".lock"
SHARDS = "shards"
PATIENCE = 120.0
"""Seconds for which a shard waits until another one has laid out the folder."""


@dataclass(frozen=True)
class Shard:
    """Scenarios whose number leaves the same rest: part ``number`` of ``of``, both from 1."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str) -> Shard:
        """From ``2/8``. Raises UsageError."""
        first, _, second = text.partition("/")
        if first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second):
            return cls(int(first), int(second))
        raise UsageError(f"--shard: found {text!r}; allowed: which of how many, such as 1/8 to 8/8.")

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number % self.of == self.number % self.of


class StudyFolder:
    """A folder of a study; ``manifest`` is read when it is needed."""

    def __init__(self, path: Path | str) -> None:
        self.path = resolved(path)

    def result(self, key: str) -> Path:
        """The file of a result."""
        return self.path / RESULTS / f"{key}.json"

    def manifest(self) -> dict[str, Any] | None:
        """How the study in this folder was made; None where there is none. Raises CaseError where it cannot be read."""
        file = self.path / MANIFEST
        if not file.is_file():
            return None
        return read_json(file)

    def begin(self, manifest: Mapping[str, Any]) -> None:
        """Lay out the folder for this study; results of another state of it stay."""
        data = json_bytes(manifest)
        file = self.path / MANIFEST
        if not file.is_file() or file.read_bytes() != data:
            place_file(file, data)

    def refuse_another(self, name: str) -> None:
        """Raises UsageError where the folder is that of another study, or holds other things."""
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path} is a file; give a folder.")
        held = [entry.name for entry in self.path.iterdir() if entry.name[0] != "."] if self.path.is_dir() else []
        if held and MANIFEST not in held and not {*held} <= {"inputs", RESULTS, "study.toml"}:
            raise UsageError(f"{self.path} holds other things than a study; give another folder.")
        known = self.manifest()
        if known is not None and known.get("name") != name:
            raise UsageError(f"{self.path} holds another study, {known.get('name')!r}; give another folder.")

    def keep(self, key: str, data: bytes) -> None:
        """Put a result in its place, whole or not at all."""
        place_file(self.result(key), data)

    def done(self, keys: list[str]) -> dict[str, str]:
        """Status of each of these scenarios that has a result, by key."""
        names = {entry.stem for entry in (self.path / RESULTS).glob("*.json")}
        return {key: str(read_json(self.result(key)).get("status")) for key in keys if key in names}

    def sweep(self) -> None:
        """Away with what was being written when a driver was killed; only where nobody else is at work here."""
        for place in (self.path, self.path / RESULTS):
            for entry in place.glob(".*.*"):
                if entry.is_file() and entry.name != LOCK:
                    entry.unlink(missing_ok=True)

    @contextmanager
    def held(self, shard: Shard | None) -> Iterator[bool]:
        """Work alone in this folder, or as one of its shards; gives whether it may be laid out anew at first.

        A shard holds it alone at first, if no other one is at work, and lets others in by `StudyFolder.share`.
        Raises UsageError where another driver is at work here.
        """
        (self.path / RESULTS).mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            self._lock = stack.enter_context(_closing(Lock(self.path / LOCK)))
            if shard is None:
                if not self._lock.take():
                    raise UsageError(f"{self.path} is in use: {self._lock.noted() or 'another v2g batch'} works in it.")
                self._lock.note(whose())
                yield True
                return
            own = stack.enter_context(_closing(Lock(self.path / f"{LOCK}-{shard.number}-of-{shard.of}")))
            if not own.take():
                raise UsageError(f"{self.path}: shard {shard.number}/{shard.of} is at work already: {own.noted()}.")
            own.note(whose())
            yield self._enter()

    def _enter(self) -> bool:
        """Alone where nobody is here; beside other shards where they have laid out the folder."""
        until = time.monotonic() + PATIENCE
        while not self._lock.take():
            if self._lock.take(shared=True):
                return False
            if self._lock.noted() != SHARDS or time.monotonic() > until:
                raise UsageError(f"{self.path} is in use: {self._lock.noted() or 'another v2g batch'} works in it.")
            time.sleep(0.2)
        self._lock.note(SHARDS)
        return True

    def share(self) -> None:
        """Let other shards in."""
        self._lock.take(shared=True)

    @contextmanager
    def alone_at_tables(self) -> Iterator[None]:
        """One shard at a time collects tables."""
        lock = Lock(self.path / f"{LOCK}-tables")
        while not lock.take():
            time.sleep(0.1)
        try:
            yield
        finally:
            lock.close()


@contextmanager
def _closing(lock: Lock) -> Iterator[Lock]:
    try:
        yield lock
    finally:
        lock.close()


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises CaseError."""
    try:
        found = json.loads(file.read_bytes())
    except OSError as error:
        raise CaseError(f"{file} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise CaseError(f"{file} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise CaseError(f"{file} holds no JSON object.")
    return found


def json_bytes(content: Mapping[str, Any]) -> bytes:
    """A JSON file that is the same for the same content."""
    return json.dumps(content, indent=1, ensure_ascii=True, allow_nan=False).encode() + b"\n"
