"""Objects of a file found by what they name, with the faults and notes of reading them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite

from v2g.errors import Finding
from v2g.feeders.cim.document import Thing
from v2g.feeders.network import LEGS, PRIMARY, Note, Origin, Weight

LETTERS = {"A": "a", "B": "b", "C": "c", "s1": "1", "s2": "2"}
"""A network's letters for those of CIM; ``N`` has none."""
ORDERED = re.compile("s1|s2|A|B|C|N")
SHOWN = 6
LEAST = 1e-9
"""Nothing that has to be above zero is smaller than this, in any of the units."""


class Model:
    """All objects of one file. What is read of them counts; ``faults`` and ``notes`` gather on the way."""

    def __init__(self, file: str, things: list[Thing]) -> None:
        self.file = file
        self.faults: list[Finding] = []
        self.notes: list[Note] = []
        self.by_id: dict[str, Thing] = {}
        self.kinds: dict[str, list[Thing]] = {}
        self._naming: dict[tuple[str, str], list[Thing]] = {}
        self._gathered: dict[tuple[Weight, str], list[Thing]] = {}
        for thing in things:
            self._add(thing)
        self._terminals: dict[str, list[tuple[Thing, Thing]]] = {}
        self._find_terminals()

    def _add(self, thing: Thing) -> None:
        if thing.id in self.by_id:
            first = self.by_id[thing.id]
            message = f"Two objects have this id; the first is in line {first.line}."
            self.fault(thing, message, "Export the file again.", thing.id)
            return
        self.by_id[thing.id] = thing
        self.kinds.setdefault(thing.kind, []).append(thing)
        for key, names in thing.links.items():
            for name in names:
                self._naming.setdefault((key, name), []).append(thing)

    def _find_terminals(self) -> None:
        for terminal in self.of("Terminal"):
            node = self.follow(terminal, "Terminal.ConnectivityNode", "ConnectivityNode")
            device = self.follow(terminal, "Terminal.ConductingEquipment")
            if node and device:
                self._terminals.setdefault(device.id, []).append((terminal, node))
        for pairs in self._terminals.values():
            pairs.sort(key=lambda pair: self.number(pair[0], "ACDCTerminal.sequenceNumber", 0.0))

    def of(self, *kinds: str) -> list[Thing]:
        """Objects of some classes, in the order of the file within each."""
        return [thing for kind in kinds for thing in self.kinds.get(kind, ())]

    def naming(self, thing: Thing, key: str) -> list[Thing]:
        """Objects that name this one by the property ``key``."""
        return self._naming.get((key, thing.id), [])

    def follow(self, thing: Thing, key: str, *kinds: str, needed: bool = True) -> Thing | None:
        """The object named by ``key``, of one of ``kinds`` where some are given; a fault where it is not there."""
        names = thing.links.get(key, [])
        if not names:
            if needed:
                self.fault(thing, f"{_the(thing)} does not say its {_last(key)}.", f"Give {key}.")
            return None
        found = self.by_id.get(names[0])
        if found is None or (kinds and found.kind not in kinds):
            wrong = "is not in the file" if found is None else f"is of class {found.kind}"
            self.fault(
                thing, f"What {_the(thing)} names as its {_last(key)} {wrong}.", "Export the file again.", names[0]
            )
            return None
        return found

    def ends(self, thing: Thing, count: int) -> list[tuple[Thing, str]]:
        """Terminals of a device and the buses they are at; a fault where there are fewer than ``count``."""
        found = self._terminals.get(thing.id, [])
        if len(found) < count:
            more = "terminal" if count == 1 else "terminals"
            self.fault(thing, f"{_the(thing)} has {len(found)} of its {count} {more}.", "Give each with its node.")
            return []
        return [(terminal, node.name) for terminal, node in found]

    def at(self, terminal: Thing) -> str:
        """The bus of a terminal; blank, with a fault, where none is named."""
        node = self.follow(terminal, "Terminal.ConnectivityNode", "ConnectivityNode")
        return node.name if node else ""

    def number(self, thing: Thing, key: str, default: float | None = None) -> float:
        """A number; a fault where it is not one, or missing without a default."""
        text = thing.values.get(key)
        if text is None:
            if default is None:
                self.fault(thing, f"{_the(thing)} does not say its {_last(key)}.", f"Give {key}.")
            return default or 0.0
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not isfinite(value) or abs(value) > 1e15:
            self.fault(thing, f"The {_last(key)} of {_the(thing)} is not a number.", "Give a number.", text[:80])
            return default or 0.0
        return value

    def positive(self, thing: Thing, key: str) -> float:
        """A number above zero; 1, with a fault, where it is not."""
        value = self.number(thing, key)
        if value >= LEAST:
            return value
        if key in thing.values:
            self.fault(thing, f"The {_last(key)} of {_the(thing)} has to be above zero.", "Correct it.", f"{value:g}")
        return 1.0

    def yes(self, thing: Thing, key: str) -> bool:
        """A flag; no where it is not given."""
        return thing.values.get(key, "false").strip().lower() == "true"

    def kind_of(self, thing: Thing, key: str) -> str:
        """The last word of a kind: ``B`` for ``SinglePhaseKind.B``; blank where it is not given."""
        return next(iter(thing.links.get(key, [""]))).rpartition(".")[2]

    def letter(self, thing: Thing, key: str) -> str:
        """A phase as a letter; blank for a neutral; a fault for what is neither."""
        word = self.kind_of(thing, key)
        if word not in LETTERS and word != "N":
            self.fault(thing, f"{_the(thing)} has no phase.", "Give one.", word[:40], ", ".join((*LETTERS, "N")))
        return LETTERS.get(word, "")

    def base_kv(self, thing: Thing, key: str) -> float | None:
        """Nominal voltage between phases of a device, in kV; None where it names none."""
        base = self.follow(thing, key, "BaseVoltage", needed=False)
        return None if base is None else self.positive(base, "BaseVoltage.nominalVoltage") / 1000.0

    def origin(self, thing: Thing) -> Origin:
        """Where it stands."""
        return Origin(self.file, thing.line)

    def fault(
        self, thing: Thing, message: str, remedy: str, found: str | None = None, allowed: str | None = None
    ) -> None:
        """One more fault; a second one of the same words is left out."""
        text = message[:1].upper() + message[1:]
        finding = Finding(self.file, text, remedy, row=thing.line, found=found, allowed=allowed, code="cim-value")
        if finding not in self.faults[-SHOWN:]:
            self.faults.append(finding)

    def note(self, weight: Weight, text: str, thing: Thing) -> None:
        """What is said of one object."""
        self.notes.append(Note(weight, text, self.origin(thing)))

    def gather(self, weight: Weight, text: str, thing: Thing) -> None:
        """What is said of many objects at once."""
        self._gathered.setdefault((weight, text), []).append(thing)

    def all_notes(self) -> Iterator[Note]:
        """Notes on single objects, then those that were gathered, with their number and the first of them."""
        yield from self.notes
        for (weight, text), things in self._gathered.items():
            names = ", ".join(dict.fromkeys(thing.name for thing in things[:SHOWN]))
            more = ", ..." if len(things) > SHOWN else ""
            yield Note(weight, f"{text} ({len(things):,}): {names}{more}", self.origin(things[0]))


def phases_of(model: Model, thing: Thing, parts: list[Thing], key: str) -> str:
    """Phases of a device from those of its parts, all three where it has no parts; legs first, then a, b, c."""
    if not parts:
        return PRIMARY
    letters = {model.letter(part, key) for part in parts} - {""}
    if letters & set(LEGS) and letters & set(PRIMARY):
        model.fault(thing, f"{_the(thing)} is on phases and on hot legs.", "Give one or the other.")
    return "".join(letter for letter in LEGS + PRIMARY if letter in letters)


def ordered(model: Model, thing: Thing, key: str) -> tuple[str, bool]:
    """Letters of an ordered phase code, and whether it ends on a neutral."""
    words = ORDERED.findall(model.kind_of(thing, key))
    if not words:
        model.fault(thing, f"{_the(thing)} has no phases.", f"Give {key}.")
    return "".join(LETTERS[word] for word in words if word != "N"), "N" in words


def _the(thing: Thing) -> str:
    return f"{thing.kind} {thing.name}"[:120]


def _last(key: str) -> str:
    return key.rpartition(".")[2]
