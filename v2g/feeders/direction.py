"""Which way is outwards, and what to call the phases there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import networkx as nx

from v2g.feeders.graph import DEVICES, branches, bus_graph, ends
from v2g.feeders.network import Line, Network, Note, Transformer, Weight


def depth(network: Network) -> dict[str, int]:
    """Branches between each bus and the nearest source; ways over open ones count as longer than all closed ways."""
    everything = [branch for branch in branches(network) if len(ends(branch)) > 1]
    graph = bus_graph(network, everything)
    far = len(network.buses) + 1
    for _, _, edge in graph.edges(data=True):
        edge["length"] = 1 if any(branch.closed for branch in edge["branches"]) else far
    starts = {source.bus for source in network.sources if source.bus in graph}
    found = nx.multi_source_dijkstra_path_length(graph, starts, weight="length") if starts else {}
    return {bus: int(found.get(bus, far * far)) for bus in graph}


def straight(network: Network) -> Network:
    """All branches written from the source outwards: lines turned round, phases named alike.

    Where conductors change their places, phases downstream are called what they are called at the source.
    """
    turned = _outwards(network)
    for line in turned.lines:
        if line.to_phases and line.to_phases != line.phases:
            turned = _renamed(turned, line.name)
    return turned


def _outwards(network: Network) -> Network:
    reach = depth(network)
    lines = []
    for line in network.lines:
        if reach[line.from_bus] > reach[line.to_bus]:
            here = line.to_phases or line.phases
            line = replace(
                line, from_bus=line.to_bus, to_bus=line.from_bus, phases=here,
                to_phases=line.phases if line.to_phases else "",
            )  # fmt: skip
        lines.append(line)
    return replace(network, lines=tuple(lines))


def _renamed(network: Network, name: str) -> Network:
    """Phases behind a line are named after those before it."""
    line = next(line for line in network.lines if line.name == name)
    new = dict(zip(line.to_phases, line.phases, strict=True))
    others = [branch for branch in branches(network) if branch.name != name and len(ends(branch)) > 1]
    behind = nx.node_connected_component(bus_graph(network, others), line.to_bus)
    straightened = replace(line, to_phases="")
    there = {phase for bus in network.buses if bus.name in behind for phase in bus.phases}
    fixed = line.from_bus in behind or {source.bus for source in network.sources} & behind
    if fixed or not there <= set(new) | set("12"):
        text = f"line {name} ends on phases {line.to_phases}, from {line.phases}, and is not the only way there"
        notes = (*network.notes, Note(Weight.LOST, text, line.origin))
        return replace(network, lines=_with(network.lines, straightened), notes=notes)
    changed: dict[str, Any] = {
        kind: tuple(_relabelled(one, behind, new, name) for one in getattr(network, kind))
        for kind in ("buses", "lines", "transformers", *DEVICES)
    }
    text = f"line {name} ends on phases {line.to_phases}, from {line.phases}: behind it phases have new names"
    notes = (*network.notes, Note(Weight.CHANGED, text, line.origin))
    changed["lines"] = _with(changed["lines"], straightened)
    return replace(network, **changed, notes=notes)


def _with(lines: Iterable[Line], line: Line) -> tuple[Line, ...]:
    return tuple(line if one.name == line.name else one for one in lines)


def _relabelled(element: Any, behind: set[str], new: dict[str, str], but: str) -> Any:
    """An element with new names of its phases, if it stands behind the line ``but``."""

    def letters(phases: str) -> str:
        return "".join(new.get(phase, phase) for phase in phases)

    if isinstance(element, Transformer):
        windings = (replace(w, phases=letters(w.phases)) if w.bus in behind else w for w in element.windings)
        return replace(element, windings=tuple(windings))
    if isinstance(element, Line):
        if element.name == but or element.from_bus not in behind:
            return element
        return replace(element, phases=letters(element.phases), to_phases=letters(element.to_phases))
    bus = element.bus if hasattr(element, "bus") else element.name
    return replace(element, phases=letters(element.phases)) if bus in behind else element
