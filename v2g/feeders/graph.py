"""A network as a graph: which buses, and which phases of them, an element joins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, product

import networkx as nx

from v2g.feeders.network import Capacitor, Generator, Line, Load, Network, Shunt, Solar, Storage, Transformer

Branch = Line | Transformer
Device = Load | Capacitor | Shunt | Generator | Solar | Storage
Node = tuple[str, str]
"""A bus and a phase of it."""

DEVICES = ("loads", "capacitors", "shunts", "generators", "solar", "storage")


def branches(network: Network) -> tuple[Branch, ...]:
    """Lines, then transformers."""
    return (*network.lines, *network.transformers)


def devices(network: Network) -> Iterator[tuple[str, Device]]:
    """Everything that stands at one bus, with the kind it belongs to; sources left out."""
    for kind in DEVICES:
        for device in getattr(network, kind):
            yield kind, device


def ends(branch: Branch) -> tuple[str, ...]:
    """Buses that a branch touches, each once: a center-tapped transformer has two ends."""
    buses = (branch.from_bus, branch.to_bus) if isinstance(branch, Line) else (w.bus for w in branch.windings)
    return tuple(dict.fromkeys(buses))


def nodes(branch: Branch) -> Iterator[Node]:
    """Every node that a branch touches."""
    if isinstance(branch, Line):
        yield from ((branch.from_bus, phase) for phase in branch.phases)
        yield from ((branch.to_bus, phase) for phase in branch.to_phases or branch.phases)
    else:
        yield from ((w.bus, phase) for w in branch.windings for phase in w.phases)


def joins(branch: Branch) -> Iterator[tuple[Node, Node]]:
    """Pairs of nodes of which one can supply the other."""
    if isinstance(branch, Line):
        for one, two in zip(branch.phases, branch.to_phases or branch.phases, strict=True):
            yield (branch.from_bus, one), (branch.to_bus, two)
        return
    first = branch.windings[0]
    for other in branch.windings[1:]:
        wye = first.connection == other.connection == "wye" and len(first.phases) == len(other.phases)
        pairs = zip(first.phases, other.phases, strict=True) if wye else product(first.phases, other.phases)
        yield from (((first.bus, one), (other.bus, two)) for one, two in pairs)


def bus_graph(network: Network, found: Iterable[Branch]) -> nx.Graph[str]:
    """Buses, joined where a branch has its ends; branches between the same two buses share an edge (``names``)."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(bus.name for bus in network.buses)
    for branch in found:
        first, *others = ends(branch)
        for other in others:
            if graph.has_edge(first, other):
                graph.edges[first, other]["branches"].append(branch)
            else:
                graph.add_edge(first, other, branches=[branch])
    return graph


def node_graph(network: Network, found: Iterable[Branch]) -> nx.Graph[Node]:
    """Nodes, joined where one can supply the other."""
    graph: nx.Graph[Node] = nx.Graph()
    graph.add_nodes_from((bus.name, phase) for bus in network.buses for phase in bus.phases)
    for branch in found:
        graph.add_edges_from(joins(branch))
    return graph


def rings(graph: nx.Graph[str]) -> Iterator[tuple[Branch, ...]]:
    """The branches of each loop of a fundamental set, one loop for every edge too many."""
    forest: nx.Graph[str] = nx.Graph(nx.minimum_spanning_edges(graph, data=False))
    for one, two in graph.edges:
        if not forest.has_edge(one, two):
            way = [(two, one), *pairwise(nx.shortest_path(forest, one, two))]
            yield tuple(branch for edge in way for branch in graph.edges[edge]["branches"])


def reached(graph: nx.Graph[Node], starts: Iterable[Node]) -> set[Node]:
    """All nodes that some start is joined to."""
    found: set[Node] = set()
    for start in starts:
        if start in graph and start not in found:
            found |= nx.node_connected_component(graph, start)
    return found
