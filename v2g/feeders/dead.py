"""What is dead as a file stands, because something stands open on its way to the supply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import networkx as nx

from v2g.feeders.graph import Branch, branches, bus_graph, ends, node_graph, reached
from v2g.feeders.network import Line, Network, Note, Weight

SHOWN = 6


def with_dead_noted(network: Network) -> Network:
    """The network with a note for each part that closed branches join to no source, and for what stands open there."""
    notes = tuple(_dead(network))
    return replace(network, notes=(*network.notes, *notes)) if notes else network


def _dead(network: Network) -> Iterator[Note]:
    shut = [branch for branch in branches(network) if branch.closed]
    starts = ((source.bus, phase) for source in network.sources for phase in source.phases)
    alive = {bus for bus, _ in reached(node_graph(network, shut), starts)}
    for part in nx.connected_components(bus_graph(network, shut)):
        before = [branch for branch in branches(network) if not branch.closed and set(ends(branch)) & part]
        if before and not part & alive:
            yield _note(network, part, before)


def _note(network: Network, part: set[str], before: list[Branch]) -> Note:
    inside = [load for load in network.loads if load.bus in part]
    subject = f"bus {next(iter(part))} is" if len(part) == 1 else f"buses {_few(sorted(part))} are"
    hanging = f", with {len(inside):,} loads of {sum(load.kw for load in inside):,.0f} kW" if inside else ""
    text = f"{subject} dead as the file stands{hanging}: what leads there stands open ({_few(map(_said, before))})"
    return Note(Weight.CHANGED, text, before[0].origin)


def _few(names: Iterable[str]) -> str:
    known = list(names)
    return ", ".join(known[:SHOWN]) + (f", ... {len(known):,} in all" if len(known) > SHOWN else "")


def _said(branch: Branch) -> str:
    kind = "line" if isinstance(branch, Line) else "transformer"
    return f"{kind} {branch.name}" + (f", opened by {branch.opened_by} in the snapshot" if branch.opened_by else "")
