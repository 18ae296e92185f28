"""The reader of OpenDSS circuits: files cleaned, solved by the engine in a child, and taken over as a ``Network``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from v2g.errors import Finding, ImportRefused, UsageError
from v2g.feeders import sandbox
from v2g.feeders.network import Capacitor, Line, Network, Note, Origin, Shunt, Weight
from v2g.feeders.opendss import (
    elements_buses,
    elements_lines,
    elements_loading,
    elements_loads,
    elements_supply,
    elements_transformers,
)
from v2g.feeders.opendss.elements import Reading
from v2g.feeders.opendss.script import Command, Script, cleaned

WORKER = "v2g.feeders.opendss.worker"
NEW = re.compile(r"^\s*new\s+(?:object\s*=\s*)?[\"']?([^\s.\"']+)\.([^\s\"'=]+)", re.IGNORECASE)
STARTS = re.compile(
    rb"^[ \t]*(?:new[ \t]+(?:object[ \t]*=[ \t]*)?[\"']?circuit\.|(?:redirect|compile)[ \t]|clear\b)", re.I | re.M
)
SUFFIX = ".dss"

TAKEN = {"line", "transformer", "load", "capacitor", "reactor", "generator", "pvsystem", "storage", "vsource"}
UNUSED = {"energymeter", "monitor", "sensor", "fuse", "relay", "recloser", "swtcontrol"}
"""They measure, or act in time; a switch that one of them opened in the snapshot is an open line."""
CONTROLS = {
    "regcontrol", "capcontrol", "invcontrol", "expcontrol", "storagecontroller", "gendispatcher", "espvlcontrol",
}  # fmt: skip
"""They act in the snapshot, whose outcome is taken over, and no more."""


class OpenDSS:
    """Circuits of OpenDSS (``.dss``), solved once so that regulators and capacitors stand as their controls want."""

    name = "opendss"
    title = "OpenDSS circuit"

    def looks_like(self, path: Path, head: bytes) -> bool:
        """A file that makes a circuit, or leads to one that does.

        >>> OpenDSS().looks_like(Path("x.dss"), b"New Circuit.x basekv=4.16")
        True
        """
        return STARTS.search(head) is not None and (path.suffix.lower() == SUFFIX or b"ircuit." in head)

    def read(self, path: Path, bundle: Path | None = None) -> Network:
        """All of it, in the order of the file. Raises ``ImportRefused`` or ``ReaderStopped``."""
        if find_spec("opendssdirect") is None:
            raise UsageError("Reading OpenDSS files needs its engine. Install it: pip install 'v2g[opendss]'.")
        script = cleaned(path, bundle)
        answer = cast(Any, sandbox.run(WORKER, {"commands": [command.text for command in script.commands]}))
        if answer["errors"]:
            raise ImportRefused([_finding(script.commands[number], message) for number, message in answer["errors"]])
        return network(script, answer)


def network(script: Script, answer: Mapping[str, Any]) -> Network:
    """A network from a cleaned script and what the engine made of it."""
    reading = Reading(answer, _origins(script))
    reading.notes += [*script.notes, *_notes(script, answer)]
    elements_buses.trace(reading)
    ties = tuple(elements_lines.ties(reading))
    _note_others(reading, {line.name for line in ties})
    shunts = tuple(elements_loads.reactors(reading))
    return Network(
        answer["name"].lower(),
        OpenDSS.name,
        buses=tuple(elements_buses.buses(reading, script.coordinates)),
        lines=(*_lines(reading), *ties),
        transformers=tuple(elements_loading.rated(reading, elements_transformers.transformers(reading))),
        loads=tuple(elements_loads.loads(reading)),
        capacitors=(*elements_loads.capacitors(reading), *(one for one in shunts if isinstance(one, Capacitor))),
        shunts=tuple(one for one in shunts if isinstance(one, Shunt)),
        generators=tuple(elements_supply.generators(reading)),
        solar=tuple(elements_supply.solar(reading)),
        storage=tuple(elements_supply.storage(reading)),
        sources=tuple(elements_supply.sources(reading)),
        notes=reading.all_notes(),
        lonlat=script.lonlat,
        frequency_hz=answer["frequency"],
        files=script.files,
        engine=answer["engine"],
    )


def _lines(reading: Reading) -> tuple[Line, ...]:
    """A reactor or capacitor in series keeps its class in its name: a line may have the same one."""
    own = tuple(elements_lines.lines(reading))
    more = (("reactor", elements_lines.series_reactors), ("capacitor", elements_lines.series_capacitors))
    return own + tuple(replace(line, name=f"{kind}.{line.name}") for kind, made in more for line in made(reading))


def _origins(script: Script) -> dict[str, Origin]:
    """Where each element was first made; a circuit makes the source."""
    origins: dict[str, Origin] = {}
    for command in script.commands:
        match = NEW.match(command.text)
        if match:
            kind, name = (word.lower() for word in match.groups())
            key = "vsource.source" if kind == "circuit" else f"{kind}.{name}"
            origins.setdefault(key, command.origin)
    return origins


def _finding(command: Command, message: str) -> Finding:
    return Finding(
        command.origin.file,
        f"The OpenDSS engine refuses this: {message}".rstrip(".") + ".",
        "Correct the line in the file.",
        row=command.origin.line,
        found=command.text[:120],
        code="opendss-refused",
    )


def _notes(script: Script, answer: Mapping[str, Any]) -> Iterator[Note]:
    if answer["late"] is not None:
        text = "the base frequency is set after the circuit was made, and taken as if it were set before"
        yield Note(Weight.CHANGED, text, script.commands[answer["late"]].origin)
    if not answer["solved"]["converged"] or answer["solved"]["message"]:
        text = f"the engine found no steady state: taps and capacitors as it left them. {answer['solved']['message']}"
        yield Note(Weight.CHANGED, text.strip(), Origin(next(iter(script.files))))


def _note_others(reading: Reading, ties: set[str]) -> None:
    """Elements that are switched off, but for lines that are ``ties``, and classes that are not taken over."""
    for kind, records in reading.raw["elements"].items():
        for record in records:
            if kind == "line" and record["name"] in ties and not record["enabled"]:
                continue
            if not record["enabled"]:
                reading.note(Weight.UNUSED, f"{kind} {record['name']} is not enabled", kind, record["name"])
            elif kind in UNUSED:
                reading.gather(Weight.UNUSED, f"elements of class {kind}", kind, record["name"])
            elif kind in CONTROLS:
                text = f"elements of class {kind}: what they reach in the snapshot is held"
                reading.gather(Weight.CHANGED, text, kind, record["name"])
            elif kind not in TAKEN:
                text = f"{kind} {record['name']}: elements of this class are not taken over"
                reading.note(Weight.LOST, text, kind, record["name"])
