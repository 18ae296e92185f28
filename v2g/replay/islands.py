"""Which nodes are live: joined by closed branches to a forming source that is there.

Components are found on node-phases by union and find, once for every pattern of closed branches.
Which of them are live depends on the interval, because grid, generators and vehicles come and go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.feeder import Feeder
from v2g.replay.fleet import Fleet, read_fleet
from v2g.replay.formers import read_formers
from v2g.replay.timeline import alike
from v2g.replay.verdict import Array, Index, Mask


@dataclass(frozen=True)
class Islands:
    """Components of the closed feeder, and who forms the voltage of each.

    ``component`` (nodes, T) numbers from zero within an interval; ``former`` (nodes, T) is the position of
    the reference of each node's component among ``former_nodes``, -1 where it is dead.
    ``former_nodes`` lists the nodes of every forming source in the order grid, generators, batteries,
    stations, ``former_w`` its squared voltage, ``former_there`` (formers, T) when it is there.
    """

    component: Index
    former: Index
    former_nodes: tuple[tuple[int, ...], ...]
    former_w: Array
    former_there: Mask

    @property
    def live(self) -> Mask:
        """Whether each node is live, shape (nodes, T)."""
        return np.asarray(self.former >= 0)


def find(parent: list[int], node: int) -> int:
    """Root of a node; halves the path on the way."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def components(feeder: Feeder, closed: Mask) -> Index:
    """Component of each node given which legs are closed (legs,), numbered in the order of the nodes, (nodes,).

    The delta side of a delta-wye transformer joins its phases, because every leg draws on two. Across
    a delta-delta transformer power goes phase by phase here, so a phase makes no other one live.
    """
    parent = list(range(len(feeder.nodes)))
    for leg, on in zip(feeder.legs, closed, strict=True):
        for node, _ in leg.sources if on else ():
            parent[find(parent, node)] = find(parent, leg.to)
    roots = [find(parent, node) for node in range(len(parent))]
    number = {root: position for position, root in enumerate(dict.fromkeys(roots))}
    return np.array([number[root] for root in roots], dtype=np.int64)


def find_islands(case: Case, feeder: Feeder, fleet: Fleet | None = None) -> Islands:
    """The components of the feeder and their reference in every interval."""
    shape = (len(feeder.nodes), case.steps)
    component, former = np.zeros(shape, dtype=np.int64), np.full(shape, -1, dtype=np.int64)
    forming = read_formers(case, feeder, fleet if fleet is not None else read_fleet(case))
    for intervals in alike(feeder.closed):
        part = components(feeder, feeder.closed[:, intervals[0]])
        component[:, intervals] = part[:, None]
        for rank in range(len(forming.nodes) - 1, -1, -1):
            reached = np.isin(part, part[list(forming.nodes[rank])])
            former[np.ix_(reached, intervals[forming.there[rank, intervals]])] = rank
    return Islands(component, former, forming.nodes, forming.squared, forming.there)
