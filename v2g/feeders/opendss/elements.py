"""What all makers of elements share: where things stand, which letter a node has, and the notes they leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from v2g.feeders.network import LEGS, Note, Origin, Weight

Record = dict[str, Any]
Node = tuple[str, int]
GROUND = "0"
"""Letter of node 0."""
NEUTRAL = ""
"""Letter of a node that is a neutral: nodes above 3, and the middle of a split-phase winding."""
LETTERS = {0: GROUND, 1: "a", 2: "b", 3: "c"}
ORDER = "abc12"


@dataclass
class Reading:
    """The answer of the child, and what is found out about it on the way to a network.

    ``letters`` holds nodes whose letter is not that of their number; ``kv`` the nominal voltage of each bus to neutral.
    """

    raw: Mapping[str, Any]
    origins: Mapping[str, Origin]
    letters: dict[Node, str] = field(default_factory=dict)
    kv: dict[str, float] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    _gathered: dict[tuple[Weight, str], list[Origin]] = field(default_factory=dict)

    def enabled(self, kind: str) -> Iterator[Record]:
        """Records of a class, those that are switched off left out."""
        return (record for record in self.raw["elements"].get(kind, ()) if record["enabled"])

    def origin(self, kind: str, name: str) -> Origin:
        """Where an element was made."""
        return self.origins.get(f"{kind}.{name}", Origin())

    def letter(self, bus: str, node: int) -> str:
        """Letter of a node: its phase or leg, ``GROUND`` or ``NEUTRAL``."""
        found = self.letters.get((bus, node))
        return LETTERS.get(node, NEUTRAL) if found is None else found

    def note(self, weight: Weight, text: str, kind: str, name: str) -> None:
        """Say something about one element."""
        self.notes.append(Note(weight, text, self.origin(kind, name)))

    def gather(self, weight: Weight, text: str, kind: str, name: str) -> None:
        """Say something that may be true of many elements: it becomes one note, with their number."""
        self._gathered.setdefault((weight, text), []).append(self.origin(kind, name))

    def all_notes(self) -> tuple[Note, ...]:
        """Those about one element, then those about many."""
        many = (Note(weight, f"{text} ({len(at)})", at[0]) for (weight, text), at in self._gathered.items())
        return (*self.notes, *many)


def in_order(letters: str) -> str:
    """Letters as a bus or device lists them.

    >>> in_order("ca"), in_order("21")
    ('ac', '12')
    """
    return "".join(sorted(letters, key=ORDER.index))


def is_plain(letters: Sequence[str]) -> bool:
    """Whether these are phases or legs, each once, and not both kinds.

    >>> is_plain(["a", "b"]), is_plain(["a", "a"]), is_plain(["a", "0"]), is_plain(["a", "1"])
    (True, False, False, False)
    """
    known = all(letter and letter in ORDER for letter in letters)
    kinds = {letter in LEGS for letter in letters if letter}
    return bool(letters) and known and len(set(letters)) == len(letters) and len(kinds) == 1


def links(reading: Reading, record: Record, delta: bool) -> list[tuple[str, str, float]]:
    """Phases, connection and share of what a device at one bus draws; empty where it does not fit, which is noted lost.

    A device of one phase between two nodes is a delta of two letters; one of two phases in delta (open delta) is two.
    """
    terminal, phases = record["terminals"][0], record["phases"]
    letters = [reading.letter(terminal["bus"], node) for node in terminal["nodes"]]
    if phases == 1 or (delta and phases == 2):
        pairs = [tuple(letters[n : n + 2]) for n in range(phases)]
        found = [_between(*pair) for pair in pairs if len(pair) == 2] or [(letters[0], "wye")]
    else:
        found = [("".join(letters[:phases]), "delta" if delta else "wye")] if is_plain(letters[:phases]) else [("", "")]
    if not all(is_plain(list(phases)) for phases, _ in found):
        return []
    return [(in_order(phases), connection, 1.0 / len(found)) for phases, connection in found]


def _between(one: str, other: str) -> tuple[str, str]:
    """Phases and connection of one branch.

    >>> _between("a", "0"), _between("0", "b"), _between("c", "a")
    (('a', 'wye'), ('b', 'wye'), ('ca', 'delta'))
    """
    ends = [letter for letter in (one, other) if letter not in (GROUND, NEUTRAL)]
    return "".join(ends), "delta" if len(ends) == 2 else "wye"


def branch_kv(kv_ln: float, phases: str, connection: str) -> float:
    """Nominal voltage across one branch of a device.

    >>> branch_kv(0.12, "12", "delta"), branch_kv(0.12, "1", "wye")
    (0.24, 0.12)
    """
    if connection == "wye":
        return kv_ln
    return kv_ln * (2.0 if set(phases) <= set(LEGS) else 3.0**0.5)
