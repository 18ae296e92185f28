"""Islands that are alive for a share of an interval: engines that stand still, or nobody who needs them kept up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from v2g.replay.feeder import Terminals
from v2g.replay.islands import Islands
from v2g.replay.sources import Sources
from v2g.replay.timeline import alike
from v2g.replay.verdict import Array, Index, Mask


@dataclass(frozen=True)
class Shares:
    """Least and most share of each interval in which the island of a node is alive, and the group of it, (nodes, T).

    Nodes with the same number in an interval hang on the same formers: they are one island.
    """

    least: Array
    most: Array
    island: Index


def shares(islands: Islands, sources: Sources, used: Array, run: Array) -> Shares:
    """How long islands are alive, by who forms them.

    With a grid, throughout. With others than engines that burn while they run, for as long as any of its nodes has to
    be: ``used``, (nodes, T). With such engines alone, besides, no less than any of them runs, and no more than all of
    them do in turns: ``run``, (sources, T).
    """
    least, most = np.ones(used.shape), np.ones(used.shape)
    island = np.zeros(used.shape, dtype=np.int64)
    rows = np.flatnonzero(sources.forming)
    grid, idles = sources.of("grid")[rows], sources.idle_l_per_h[rows] > 0
    for intervals in alike(islands.component):
        hangs = _hangs(islands, intervals[0])
        names, group = np.unique(hangs, axis=1, return_inverse=True)
        island[:, intervals] = group.reshape(-1, 1)
        for number, formers in enumerate(names.T):
            at = np.ix_(np.flatnonzero(group.ravel() == number), intervals)
            there = islands.former_there[np.ix_(formers, intervals)]
            ran = np.where(there & idles[formers, None], run[np.ix_(rows[formers], intervals)], 0.0)
            needed = np.clip(used[at].max(axis=0), 0.0, 1.0)
            alone = ~there[~idles[formers]].any(axis=0)
            longest = np.where(alone, np.minimum(ran.sum(axis=0), 1.0), 1.0)
            shortest = np.where(alone, np.maximum(ran.max(axis=0, initial=0.0), needed), needed)
            least[at] = np.where(there[grid[formers]].any(axis=0), 1.0, np.minimum(shortest, longest))
            most[at] = longest
    return Shares(least, most, island)


def stated_share(found: Shares, nominal: Array, taken: Array) -> Array:
    """Share of each interval in which an island is alive by what its buses take, as far as that can be, (nodes, T).

    ``nominal`` (nodes,) is what they take while it is, ``taken`` (nodes, T) what the plan says: all of an island goes
    by one share.
    """
    out = np.ones(taken.shape)
    for intervals in alike(found.island):
        group = found.island[:, intervals[0]]
        whole = np.bincount(group, weights=nominal)
        stated = np.array([np.bincount(group, weights=taken[:, t]) for t in intervals]).T
        share = np.divide(stated, whole[:, None], out=np.ones(stated.shape), where=whole[:, None] > 0.0)
        out[:, intervals] = share[group]
    return np.clip(out, found.least, found.most)


def _hangs(islands: Islands, at: int) -> Mask:
    """Which formers each node hangs on, there or not, (formers, nodes)."""
    part: Index = islands.component[:, at]
    found = [np.isin(part, part[list(nodes)]) for nodes in islands.former_nodes]
    return np.array(found, dtype=bool).reshape(len(found), len(part))


def used_share(users: Sequence[tuple[Terminals, Array, Array]], shape: tuple[int, int]) -> Array:
    """Most of what its users get or give at a node, over the most that they may, (nodes, T).

    ``users``: where they are connected, power and its limit, both (users, T).
    """
    out = np.zeros(shape)
    for terminals, power, limit in users:
        part = np.divide(power, limit, out=np.zeros(power.shape), where=limit > 0.0)
        np.maximum.at(out, terminals.node, part[terminals.device])
    return out
