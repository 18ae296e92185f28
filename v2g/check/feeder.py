"""What must hold on the feeder: phases that exist, voltages that agree, no loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import networkx as nx
import numpy as np
from networkx.utils import UnionFind

from v2g.case import Case
from v2g.check.columns import FIRST_ROW
from v2g.check.rows import at, filled, rows
from v2g.errors import Finding
from v2g.tables import PHASES

VOLTAGE_AGREES = 1e-3
"""Relative difference of nominal voltages that is only rounding."""

MAX_LOOPS = 20
"""Loops of a phase that are drawn out; what closes a further one is only named."""

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


def phases_exist(case: Case) -> Iterable[Finding]:
    """Phases of devices, lines and transformers that their bus does not have."""
    has = dict(zip(case.table("buses")["bus"], case.table("buses")["phases"], strict=True))
    for table, frame in filled(case).items():
        if table != "buses" and {"bus", "phases"} <= set(frame.columns):
            for row, (bus, phases) in enumerate(zip(frame["bus"], frame["phases"], strict=True)):
                yield from _absent(case, (table, row, "phases"), bus, phases, has)
    for leg in legs(case):
        yield from _absent(case, (leg.table, leg.row, "phases"), leg.from_bus, leg.from_phases, has)
        yield from _absent(case, (leg.table, leg.row, "phases"), leg.to_bus, leg.phases, has)


def _absent(
    case: Case, place: tuple[str, int, str], bus: str, phases: str, has: Mapping[str, str]
) -> Iterable[Finding]:
    if bus in has and not set(phases) <= set(has[bus]):
        message = f"Bus {bus} does not have all of these phases."
        remedy = "Change the phases here, or those of the bus."
        yield at(case, place, "phase-not-at-bus", message, remedy, found=phases, allowed=f"phases among {has[bus]}")


def delta_needs_two(case: Case) -> Iterable[Finding]:
    """A winding between phases needs two of them."""
    for table, frame in filled(case).items():
        if {"connection", "phases"} <= set(frame.columns):
            one = frame["connection"].isin(["delta", "delta-delta"]) & (frame["phases"].str.len() == 1)
            for row in np.flatnonzero(one.to_numpy(bool)).tolist():
                place = (table, row, "phases")
                message = "A delta connection lies between phases and has only one."
                remedy = "Name two or three phases, or connect it in wye."
                phases = str(frame["phases"].iloc[row])
                yield at(
                    case, place, "delta-with-one-phase", message, remedy, found=phases, allowed="ab, bc, ca or abc"
                )


def capacitors_between_two(case: Case) -> Iterable[Finding]:
    """A bank between two phases also moves active power between them, which no part describes."""
    banks = case.table("capacitors")
    if not len(banks):
        return
    between = (banks["connection"] == "delta") & (banks["phases"].str.len() == 2)
    for row in np.flatnonzero(between.to_numpy(bool)).tolist():
        message = "A capacitor in delta between two phases is not described."
        remedy = "Connect it in wye: half of its kvar on each phase is the nearest thing."
        found = str(banks["phases"].iloc[row])
        place = ("capacitors", row, "connection")
        yield at(case, place, "capacitor-between-phases", message, remedy, found=f"delta on {found}", allowed="wye")


def voltages_agree(case: Case) -> Iterable[Finding]:
    """A line joins buses of one voltage."""
    buses = case.table("buses")
    volts = dict(zip(buses["bus"], buses["kv_ln_kv"], strict=True))
    for leg in legs(case):
        ends = [volts.get(leg.from_bus, np.nan), volts.get(leg.to_bus, np.nan)]
        if leg.table == "lines" and abs(ends[0] - ends[1]) > VOLTAGE_AGREES * max(ends):
            message = f"The line joins {leg.from_bus} at {ends[0]:g} kV and {leg.to_bus} at {ends[1]:g} kV."
            remedy = "Correct kv_ln_kv of a bus, or make it a transformer."
            yield at(case, (leg.table, leg.row, "to_bus"), "voltages-differ", message, remedy, found=leg.to_bus)


def own_ends(case: Case) -> Iterable[Finding]:
    """A line or transformer that ends where it begins."""
    for leg in legs(case):
        if leg.from_bus == leg.to_bus:
            message = f"It ends at {leg.to_bus}, where it begins."
            yield at(case, (leg.table, leg.row, "to_bus"), "self-loop", message, "Name another bus.", found=leg.to_bus)


def one_name_each(case: Case) -> Iterable[Finding]:
    """Lines and transformers share one set of names."""
    lines = rows(case, "lines", "line")["line"]
    row_of = {name: row for row, name in reversed(list(enumerate(lines)))}
    for row, name in enumerate(rows(case, "transformers", "transformer")["transformer"]):
        if name in row_of:
            message = f"A line has this name, in row {row_of[name] + FIRST_ROW} of lines.csv."
            place = ("transformers", row, "transformer")
            yield at(case, place, "duplicate-id", message, "Rename one of them.", found=name)


def loops(case: Case) -> Iterable[Finding]:
    """Closed lines and transformers that form a ring, told once for all the phases it has."""
    rings: dict[tuple[Leg, ...], str] = {}
    closed = [leg for leg in legs(case) if leg.closed and leg.from_bus != leg.to_bus]
    for phase in PHASES:
        for ring in _rings([leg for leg in closed if phase in leg.phases]):
            rings[ring] = rings.get(ring, "") + phase
    for ring, phases in rings.items():
        last = ring[0]
        names = ", ".join(sorted(leg.name for leg in ring))
        what = f"{names} form a loop" if len(ring) > 1 else f"{last.name} closes another loop"
        remedy = "A feeder runs without loops: set closed = 0 on one of them."
        place = (last.table, last.row, "closed")
        yield at(case, place, "loop", f"{what} on phase {', '.join(phases)}.", remedy, found=last.name)


def _rings(closed: list[Leg]) -> Iterator[tuple[Leg, ...]]:
    """For each leg that closes a ring: that leg, then the others on the ring."""
    forest: nx.Graph[str] = nx.Graph()
    joined: UnionFind[str] = UnionFind()
    closing = []
    for leg in closed:
        if joined[leg.from_bus] == joined[leg.to_bus]:
            closing.append(leg)
        else:
            joined.union(leg.from_bus, leg.to_bus)
            forest.add_edge(leg.from_bus, leg.to_bus, leg=leg)
    for leg in closing[:MAX_LOOPS]:
        way = nx.shortest_path(forest, leg.from_bus, leg.to_bus)
        yield (leg, *(forest.edges[edge]["leg"] for edge in pairwise(way)))
    for leg in closing[MAX_LOOPS:]:
        yield (leg,)
