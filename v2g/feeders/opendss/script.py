"""An OpenDSS circuit as commands that are safe to send to the engine: ``cleaned``.

The engine runs what a file says, and a file may say: start an editor, load a library, write here, read there. So no
file reaches it. All files are read here, every statement is understood word by word, and what a feeder needs is
written anew; the rest is a note (not needed) or a fault (not understood, or harmful).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from v2g.errors import ImportRefused
from v2g.feeders.network import Note, Origin
from v2g.feeders.opendss.bundle import Bundle
from v2g.feeders.opendss.statements import Reading


@dataclass(frozen=True)
class Command:
    """One command for the engine, with every verb, class and property in full."""

    text: str
    origin: Origin


@dataclass(frozen=True)
class Coordinate:
    """Where a bus is drawn (its name in lower case)."""

    bus: str
    x: float
    y: float
    origin: Origin


@dataclass(frozen=True)
class Script:
    """All of a circuit. ``files`` were read, that one opened first, by their names in the folder, with their SHA-256.

    Files of coordinates give no commands but ``coordinates``; ``lonlat``: they are degrees of longitude and latitude.
    """

    commands: tuple[Command, ...]
    files: Mapping[str, str]
    notes: tuple[Note, ...]
    coordinates: tuple[Coordinate, ...] = ()
    lonlat: bool = False


def cleaned(path: Path, bundle: Path | None = None) -> Script:
    """The circuit of a file and of those that it names, all of them in its folder, or in ``bundle``.

    Raises ``ImportRefused`` with every fault: file, line, what was found, what is allowed, what to do.
    """
    reading = Reading(Bundle(path, bundle))
    reading.open()
    if reading.faults:
        raise ImportRefused(reading.faults)
    return Script(
        tuple(Command(text, origin) for text, origin in reading.commands),
        reading.bundle.digests,
        tuple(reading.notes),
        tuple(Coordinate(*place) for place in reading.coordinates),
        reading.lonlat,
    )
