"""What is wrong with the wiring of a feeder: an engine solves most of it without a word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx

from v2g.errors import Finding
from v2g.feeders.graph import (
    DEVICES,
    Branch,
    Node,
    branches,
    bus_graph,
    devices,
    ends,
    node_graph,
    nodes,
    reached,
    rings,
)
from v2g.feeders.network import Element, Network, Note, Weight

SHOWN = 6
ALWAYS = ("loop", "self-loop")
"""Faults that no user can accept, because a case refuses them as well."""
WORDS = {
    "loads": "load", "capacitors": "capacitor", "generators": "generator", "solar": "solar plant", "storage": "battery",
    "lines": "line", "transformers": "transformer",
}  # fmt: skip


@dataclass(frozen=True)
class Wiring:
    """``faults`` in the order of files and lines, ``ties`` that stand open, and nodes that hang on nothing."""

    faults: tuple[Finding, ...]
    ties: tuple[Branch, ...]
    adrift: frozenset[Node]


def inspect(network: Network) -> Wiring:
    """Every fault of the wiring, each with the file and line it comes from."""
    there = {(bus.name, phase) for bus in network.buses for phase in bus.phases}
    graph = node_graph(network, branches(network))
    starts = [(source.bus, phase) for source in network.sources for phase in source.phases]
    supplied = reached(graph, starts) & there
    faults = [*_absent(network, there), *_own_ends(network), *_loops(network)]
    if supplied:
        faults += _adrift(network, there, supplied)
    else:
        faults.insert(0, _dead_head(network))
    ties = tuple(branch for branch in branches(network) if not branch.closed)
    return Wiring(tuple(sorted(faults, key=lambda f: (f.file, f.row or 0))), ties, frozenset(there - supplied))


def acceptable(fault: Finding) -> bool:
    """Whether the feeder can be taken without what the fault is about."""
    return fault.code not in ALWAYS


def _at(element: Element, code: str, message: str, remedy: str, **more: Any) -> Finding:
    return Finding(element.origin.file, message, remedy, row=element.origin.line, code=code, **more)


def named(element: Element, kind: str = "") -> str:
    """An element in words."""
    return f"{WORDS.get(kind) or type(element).__name__.lower()} {element.name}"


def _dead_head(network: Network) -> Finding:
    message = "The head of the feeder is dead: nothing supplies any of its buses."
    remedy = "Look for the source, and for what is disabled or missing behind it."
    if network.sources:
        return _at(network.sources[0], "dead-head", message, remedy)
    return Finding(network.name, "The feeder has no head: nothing supplies it.", remedy, code="dead-head")


def _absent(network: Network, there: set[Node]) -> Iterator[Finding]:
    """Devices and branches at buses or phases that are not there."""
    buses = {bus for bus, _ in there}
    placed: list[tuple[Element, str, list[Node]]] = [
        (device, kind, [(device.bus, phase) for phase in device.phases]) for kind, device in devices(network)
    ]
    placed += [(branch, "", list(nodes(branch))) for branch in branches(network)]
    for element, kind, touched in placed:
        for bus in dict.fromkeys(bus for bus, _ in touched):
            phases = "".join(phase for name, phase in touched if name == bus)
            if bus not in buses:
                message = f"The {named(element, kind)} stands at bus {bus}, which is not there."
                yield _at(element, "no-such-bus", message, "Name another bus, or delete it.", found=bus)
            elif not {(bus, phase) for phase in phases} <= there:
                has = "".join(phase for name, phase in sorted(there) if name == bus)
                message = f"Bus {bus} does not have all phases of the {named(element, kind)}."
                remedy = "Change its phases, or bring them to the bus."
                yield _at(element, "phase-not-there", message, remedy, found=phases, allowed=f"phases among {has}")


def _own_ends(network: Network) -> Iterator[Finding]:
    for branch in branches(network):
        if len(ends(branch)) == 1:
            message = f"The {named(branch)} ends at bus {ends(branch)[0]}, where it begins."
            yield _at(branch, "self-loop", message, "Name another bus.")


def _loops(network: Network) -> Iterator[Finding]:
    """Loops of closed branches; parallel ones, banks and legs of a center tap are one edge."""
    closed = [branch for branch in branches(network) if branch.closed and len(ends(branch)) > 1]
    for ring in rings(bus_graph(network, closed)):
        names = ", ".join(dict.fromkeys(branch.name for branch in ring))
        last = max(ring, key=lambda branch: (branch.origin.file, branch.origin.line or 0))
        electric = not nx.is_forest(_phase_graph(ring))
        message = f"{names} form a loop" + ("." if electric else ", though of different phases.")
        remedy = "A feeder runs without loops: open or delete one of them."
        yield _at(last, "loop" if electric else "loop-of-buses", message, remedy, found=last.name)


def _phase_graph(ring: Iterable[Branch]) -> nx.Graph[Node]:
    """Nodes of a ring, joined phase by phase; a delta joins all of its phases at either end."""
    graph: nx.Graph[Node] = nx.Graph()
    for branch in ring:
        if len(ends(branch)) == 2:
            start, end = ends(branch)
            mine = sorted({phase for bus, phase in nodes(branch) if bus == start})
            graph.add_edges_from(((start, phase), (end, phase)) for phase in mine)
    return graph


def _adrift(network: Network, there: set[Node], supplied: set[Node]) -> Iterator[Finding]:
    """Parts that nothing joins to a source, whatever switches are closed; then single phases at buses that are."""
    alive, dead = {bus for bus, _ in supplied}, there - supplied
    at_bus: dict[str, list[Element]] = {}
    for _, device in devices(network):
        at_bus.setdefault(device.bus, []).append(device)
    for part in nx.connected_components(bus_graph(network, branches(network))):
        if not part & alive:
            yield _part_adrift(network, part, [one for bus in sorted(part) for one in at_bus.get(bus, ())])
    for kind, device in devices(network):
        lost = [p for p in device.phases if (device.bus, p) in dead]
        if lost and device.bus in alive:
            message = f"Phase {', '.join(lost)} of bus {device.bus} hangs on nothing, with the {named(device, kind)}."
            remedy = "Bring the phase to the bus, or change the phases."
            yield _at(device, "adrift", message, remedy, found=device.phases)
    for branch in branches(network):
        lost = sorted({f"{bus}.{p}" for bus, p in nodes(branch) if (bus, p) in dead and bus in alive})
        if lost and ends(branch)[0] in alive:
            message = f"The {named(branch)} has phases that no bus brings to it: {', '.join(lost)}."
            yield _at(branch, "adrift", message, "Change its phases, or those of the branch before it.")


def _part_adrift(network: Network, part: set[str], hanging: list[Element]) -> Finding:
    inside: list[Element] = [branch for branch in branches(network) if set(ends(branch)) & part]
    where = [*hanging, *inside, *(bus for bus in network.buses if bus.name in part)]
    names = sorted(part)
    shown = ", ".join(names[:SHOWN]) + (f", ... ({len(names)} in all)" if len(names) > SHOWN else "")
    what = ", ".join(named(one) for one in hanging[:SHOWN]) + (", ..." if len(hanging) > SHOWN else "")
    subject = f"Bus {shown} hangs" if len(names) == 1 else f"Buses {shown} hang"
    message = f"{subject} on nothing: no line or transformer joins to a source" + (f"; there: {what}." if what else ".")
    return _at(where[0], "adrift", message, "Look for a line that is missing or disabled.", found=shown)


def without_adrift(network: Network, wiring: Wiring) -> Network:
    """The network without what hangs on nothing or on phases that are not there; each element left out is noted."""
    there = {(bus.name, p) for bus in network.buses for p in bus.phases} - wiring.adrift
    notes: list[Note] = []

    def kept(kind: str) -> tuple[Any, ...]:
        found = []
        for one in getattr(network, kind):
            touched = nodes(one) if kind in ("lines", "transformers") else ((one.bus, phase) for phase in one.phases)
            if set(touched) <= there:
                found.append(one)
            else:
                notes.append(Note(Weight.LOST, f"{named(one, kind)} hangs on nothing and is left out", one.origin))
        return tuple(found)

    changes: dict[str, Any] = {kind: kept(kind) for kind in ("lines", "transformers", *DEVICES)}
    buses = [replace(b, phases="".join(p for p in b.phases if (b.name, p) in there)) for b in network.buses]
    return replace(network, **changes, buses=tuple(b for b in buses if b.phases), notes=(*network.notes, *notes))
