"""Lines and transformers as the graph sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from v2g.case import Case
from v2g.check.rows import rows

NEXT_PHASE = {"a": "b", "b": "c", "c": "a"}
"""The winding of a delta that feeds phase a lies between a and b, and so on round."""

LEG_TABLES = (("lines", "line"), ("transformers", "transformer"))

Node = tuple[str, str]


class Leg(NamedTuple):
    """A line or transformer as the graph sees it; ``wound`` holds its delta windings as (bus, phases)."""

    table: str
    row: int
    name: str
    closed: bool
    phases: str
    from_bus: str
    to_bus: str
    from_phases: str
    wound: tuple[tuple[str, str], ...]

    def joined(self) -> Iterator[tuple[Node, Node]]:
        """Pairs of nodes that it makes one island; a delta winding joins all the phases it touches."""
        for phase in self.phases:
            yield (self.from_bus, phase), (self.to_bus, phase)
        for bus, phases in self.wound:
            for phase in phases[1:]:
                yield (bus, phases[0]), (bus, phase)


def delta_phases(phases: str) -> str:
    """Phases of the delta side that feed these phases of a wye side.

    >>> delta_phases("a"), delta_phases("abc")
    ('ab', 'abc')
    """
    return "".join(sorted(set(phases) | {NEXT_PHASE[p] for p in phases}))


def legs(case: Case) -> list[Leg]:
    """Every line and transformer."""
    found = []
    for table, key in LEG_TABLES:
        frame = rows(case, table, key, "closed", "phases", "from_bus", "to_bus")
        connections = frame["connection"] if "connection" in frame else [""] * len(frame)
        columns = (frame[name].to_list() for name in (key, "closed", "phases", "from_bus", "to_bus"))
        for row, (name, closed, phases, start, end, how) in enumerate(zip(*columns, connections, strict=True)):
            above = delta_phases(phases) if how == "delta-wye" else phases
            wound = ((start, above),) if how == "delta-wye" else ((start, phases), (end, phases))
            found.append(
                Leg(table, row, name, bool(closed), phases, start, end, above, wound if how.startswith("delta") else ())
            )
    return found
