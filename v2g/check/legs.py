"""Lines and transformers as the graph sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from v2g.case import Case
from v2g.check.rows import rows

NEXT_PHASE = {"a": "b", "b": "c", "c": "a"}
LAST_PHASE = {"a": "c", "b": "a", "c": "b"}
"""The winding of a delta that feeds phase a lies between a and b where the low side leads, else between c and a."""

TURNING = ("delta-wye", "wye-delta")
"""Connections by which a phase is fed by two."""

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

    @property
    def turns(self) -> bool:
        """Whether each of its phases is fed by two at ``from_bus``."""
        return len(self.wound) == 1

    def joined(self) -> Iterator[tuple[Node, Node]]:
        """Pairs of nodes that it makes one island; a delta winding joins all the phases it touches."""
        for phase in self.phases:
            yield (self.from_bus, phase), (self.to_bus, phase)
        for bus, phases in self.wound:
            for phase in phases[1:]:
                yield (bus, phases[0]), (bus, phase)


def delta_phases(phases: str, lead: bool = True) -> str:
    """Phases at from_bus that feed these phases behind a delta.

    >>> delta_phases("a"), delta_phases("a", lead=False), delta_phases("abc")
    ('ab', 'ac', 'abc')
    """
    other = NEXT_PHASE if lead else LAST_PHASE
    return "".join(sorted(set(phases) | {other[p] for p in phases}))


def _wound(how: str, start: str, above: str, end: str, phases: str) -> tuple[tuple[str, str], ...]:
    """Where windings join phases; one that turns is fed by all phases it touches at from_bus."""
    if how in TURNING:
        return ((start, above),)
    return ((start, phases), (end, phases)) if how == "delta-delta" else ()


def legs(case: Case) -> list[Leg]:
    """Every line and transformer."""
    found = []
    for table, key in LEG_TABLES:
        frame = rows(case, table, key, "closed", "phases", "from_bus", "to_bus")
        connections = frame["connection"] if "connection" in frame else [""] * len(frame)
        leads = frame["lead"] if "lead" in frame else [True] * len(frame)
        columns = (frame[name].to_list() for name in (key, "closed", "phases", "from_bus", "to_bus"))
        for row, (name, closed, phases, start, end, how, lead) in enumerate(
            zip(*columns, connections, leads, strict=True)
        ):
            above = delta_phases(phases, bool(lead)) if how in TURNING else phases
            found.append(
                Leg(table, row, name, bool(closed), phases, start, end, above, _wound(how, start, above, end, phases))
            )
    return found
