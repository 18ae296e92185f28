"""Which nodes are live: joined by closed branches to a forming source that is there.

Components are found on node-phases by union and find. Which of them are live depends on the
interval, because the grid and the generators come and go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.clock import covers
from v2g.replay.columns import flags, numbers, times
from v2g.replay.feeder import Feeder, places
from v2g.replay.verdict import Array, Index, Mask


@dataclass(frozen=True)
class Islands:
    """Components of the closed feeder, and who forms the voltage of each.

    ``component`` (nodes,) numbers from zero; ``former`` (components, T) is the position of the
    component's reference among ``former_nodes``, -1 where it is dead. ``former_nodes`` lists the
    nodes of every forming source in the order grid, generators, batteries, ``former_w`` its
    squared voltage.
    """

    component: Index
    former: Index
    former_nodes: tuple[tuple[int, ...], ...]
    former_w: Array

    @property
    def live(self) -> Mask:
        """Whether each node is live, shape (nodes, T)."""
        return np.asarray(self.former[self.component] >= 0)


def find(parent: list[int], node: int) -> int:
    """Root of a node; halves the path on the way."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def joined(feeder: Feeder) -> list[tuple[int, int]]:
    """Pairs of nodes that a closed branch joins.

    The delta side of a delta-wye transformer joins its phases, because every leg draws on two. Across
    a delta-delta transformer power goes phase by phase here, so a phase makes no other one live.
    """
    return [(node, leg.to) for leg in feeder.legs for node, _ in leg.sources]


def components(feeder: Feeder) -> Index:
    """Component of each node, numbered from zero in the order of the nodes, shape (nodes,)."""
    parent = list(range(len(feeder.nodes)))
    for first, second in joined(feeder):
        parent[find(parent, first)] = find(parent, second)
    roots = [find(parent, node) for node in range(len(parent))]
    number = {root: position for position, root in enumerate(dict.fromkeys(roots))}
    return np.array([number[root] for root in roots], dtype=np.int64)


def formers(case: Case, feeder: Feeder) -> tuple[list[tuple[int, ...]], list[float], Mask]:
    """Nodes, squared voltage and availability (formers, T) of every forming source, first in rank first."""
    nodes: list[tuple[int, ...]] = []
    squared: list[float] = []
    available: list[np.ndarray] = []
    for name in ("grid", "generators", "batteries"):
        table = case.table(name)
        forming = np.ones(len(table), dtype=bool) if name == "grid" else flags(table, "forming", False)
        voltage = numbers(table, "voltage_pu", 1.0)
        there = covers(case, times(table, "from_utc"), times(table, "until_utc"))
        for row, (bus, phases, _) in enumerate(places(table)):
            if forming[row]:
                nodes.append(tuple(feeder.number[bus, phase] for phase in phases))
                squared.append(float(voltage[row]) ** 2)
                available.append(there[row])
    return nodes, squared, np.array(available, dtype=bool).reshape(len(nodes), case.steps)


def find_islands(case: Case, feeder: Feeder) -> Islands:
    """The components of the feeder and their reference in every interval."""
    component = components(feeder)
    nodes, squared, available = formers(case, feeder)
    former = np.full((int(component.max(initial=-1)) + 1, case.steps), -1, dtype=np.int64)
    for rank in range(len(nodes) - 1, -1, -1):
        for part in {int(component[node]) for node in nodes[rank]}:
            former[part, available[rank]] = rank
    return Islands(component, former, tuple(nodes), np.array(squared, dtype=float))
