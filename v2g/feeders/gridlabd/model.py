"""Objects of a model found by their names, with the faults and notes of reading them."""

from __future__ import annotations

from collections.abc import Iterator

from v2g.errors import Finding
from v2g.feeders.gridlabd.parse import Parsed, Thing
from v2g.feeders.gridlabd.values import number, pair
from v2g.feeders.network import LEGS, PRIMARY, Note, Weight

NODES = (
    "node", "meter", "load", "pqload", "substation", "capacitor", "triplex_node", "triplex_meter", "triplex_load",
    "elec_frequency",
)  # fmt: skip
"""Classes that are buses, unless they have a parent that is one."""
SHOWN = 6
DEEPEST = 64
"""Parents above each other."""
LEAST = 1e-9
"""Nothing that has to be above zero is smaller than this, in any of the units."""


class Model:
    """All objects of a model. ``faults`` and ``notes`` gather while it is read."""

    def __init__(self, parsed: Parsed) -> None:
        self.settings = parsed.settings
        self.notes = list(parsed.notes)
        self.faults: list[Finding] = []
        self.kinds: dict[str, list[Thing]] = {}
        self._named: dict[str, Thing] = {}
        self._gathered: dict[tuple[Weight, str], dict[Thing, None]] = {}
        for thing in parsed.things:
            self.kinds.setdefault(thing.kind, []).append(thing)
            for name in {thing.name, thing.key} - {""}:
                if self._named.setdefault(name, thing) is not thing:
                    first = self._named[name].origin
                    self.fault(thing, f"Two objects are called {name}; the first is at {first}.", "Rename one.", name)

    def of(self, *kinds: str) -> list[Thing]:
        """Objects of some classes, in the order of the file within each."""
        return [thing for kind in kinds for thing in self.kinds.get(kind, ())]

    def find(self, thing: Thing, key: str, *kinds: str) -> Thing | None:
        """The object that a property names; a fault where it is not there, or of another class."""
        name = thing.values.get(key, "")
        found = self._named.get(name)
        if found is None or (kinds and found.kind not in kinds):
            allowed = " or ".join(kinds) or "an object of the model"
            wrong = f"The {key} of {said(thing)} does not name {allowed}."
            self.fault(thing, wrong, "Name one that is in the model.", name or None)
            return None
        return found

    def parent(self, thing: Thing) -> Thing | None:
        """The object that it hangs on."""
        if "parent" in thing.values:
            return self.find(thing, "parent")
        return thing.outer

    def bus(self, thing: Thing) -> str | None:
        """The bus of a node, which is that of its parent where it has one; None, with a fault, for a circle."""
        at: Thing | None = thing
        passed: list[Thing] = []
        while at is not None and at not in passed and len(passed) < DEEPEST:
            passed.append(at)
            above = self.parent(at)
            if above is None or above.kind not in NODES:
                return at.name
            at = above
        self.fault(thing, f"The parents of {said(thing)} form a circle, or are too many.", "Take one of them out.")
        return None

    def at(self, bus: str) -> Thing:
        """The node that a bus is called after."""
        return self._named[bus]

    def end(self, thing: Thing, key: str) -> str | None:
        """The bus that a link begins or ends at."""
        node = self.find(thing, key, *NODES)
        return None if node is None else self.bus(node)

    def real(self, thing: Thing, key: str, unit: str, default: float | None = None) -> float:
        """A number in W, V, A, ohm or m; a fault where it is not one, or missing without a default."""
        text = thing.values.get(key)
        if text is None:
            if default is None:
                self.fault(thing, f"{said(thing)} has no {key}.", "Give it.")
            return default or 0.0
        value = number(text, unit)
        if value is None:
            self.fault(
                thing, f"The {key} of {said(thing)} is not a number in units that are known.", "Correct it.", text
            )
            return default or 0.0
        return value

    def positive(self, thing: Thing, key: str, unit: str) -> float:
        """A number above zero; 1, with a fault, where it is not."""
        value = self.real(thing, key, unit)
        if value >= LEAST:
            return value
        if key in thing.values:
            self.fault(thing, f"The {key} of {said(thing)} has to be above zero.", "Correct it.", thing.values[key])
        return 1.0

    def complex(self, thing: Thing, key: str, unit: str) -> complex:
        """A complex number; 0 where it is missing, and with a fault where it is not one."""
        text = thing.values.get(key)
        value = pair(text, unit) if text else 0j
        if value is None:
            self.fault(
                thing, f"The {key} of {said(thing)} is not a number in units that are known.", "Correct it.", text
            )
        return value or 0j

    def phases(self, thing: Thing) -> str:
        """Phases among a, b, c; hot legs for what is split; a fault where there are none."""
        text = thing.values.get("phases", "").upper().replace("|", "")
        found = LEGS if "S" in text else "".join(p for p in PRIMARY if p.upper() in text)
        if not found:
            self.fault(thing, f"{said(thing)} has no phases.", "Give some.", text or None)
        return found

    def fault(self, thing: Thing, message: str, remedy: str, found: str | None = None) -> None:
        """One more fault; the same one twice is left out."""
        text = message[:1].upper() + message[1:]
        shown = None if found is None else found[:120]
        finding = Finding(thing.origin.file, text, remedy, row=thing.origin.line, found=shown, code="glm-value")
        if finding not in self.faults[-SHOWN:]:
            self.faults.append(finding)

    def note(self, weight: Weight, text: str, thing: Thing) -> None:
        """What is said of one object."""
        self.notes.append(Note(weight, text, thing.origin))

    def gather(self, weight: Weight, text: str, thing: Thing) -> None:
        """What is said of many objects at once, once of each."""
        self._gathered.setdefault((weight, text), {})[thing] = None

    def all_notes(self) -> Iterator[Note]:
        """Notes on single objects, then those that were gathered, with their number and the first of them."""
        yield from self.notes
        for (weight, text), found in self._gathered.items():
            things = list(found)
            names = ", ".join(dict.fromkeys(thing.name for thing in things[:SHOWN]))
            more = ", ..." if len(things) > SHOWN else ""
            yield Note(weight, f"{text} ({len(things):,}): {names}{more}", things[0].origin)


def said(thing: Thing) -> str:
    """An object in words."""
    return f"{thing.kind} {thing.name}"[:120]
