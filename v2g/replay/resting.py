"""Islands without a grid may rest for a share of an interval: at least how long one is kept up follows from its use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from v2g.replay.feeder import Terminals
from v2g.replay.islands import Islands
from v2g.replay.sources import Sources
from v2g.replay.timeline import alike
from v2g.replay.verdict import Array, Index, Mask


def kept_up(islands: Islands, sources: Sources, standing: Mask, used: Array) -> Array:
    """Least share of each interval in which the island of a node is kept up, (nodes, T); one where it may not rest.

    It may where no grid and not only engines form it, which burn while they run, and some bus takes power all the time
    (``standing``, (nodes,)). What hangs on the same formers is one island; it is up for as long as any of its nodes has
    to be (``used``, (nodes, T)).
    """
    out = np.ones(used.shape)
    rows = np.flatnonzero(sources.forming)
    grid, idles = sources.of("grid")[rows], sources.idle_l_per_h[rows] > 0
    for intervals in alike(islands.component):
        hangs = _hangs(islands, intervals[0])
        names, group = np.unique(hangs, axis=1, return_inverse=True)
        for number, formers in enumerate(names.T):
            nodes = np.flatnonzero(group.ravel() == number)
            if not standing[nodes].any():
                continue
            there = islands.former_there[np.ix_(formers, intervals)]
            rests = ~there[grid[formers]].any(axis=0) & there[~idles[formers]].any(axis=0)
            most = used[np.ix_(nodes, intervals)].max(axis=0)
            out[np.ix_(nodes, intervals[rests])] = np.clip(most[rests], 0.0, 1.0)
    return out


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
