"""Islands that only engines form which burn for every hour they run: they have power while one of those runs."""

from __future__ import annotations

import numpy as np

from v2g.replay.islands import Islands
from v2g.replay.sources import Sources
from v2g.replay.verdict import Array


def engines_running(islands: Islands, sources: Sources, run: Array) -> tuple[Array, Array]:
    """Engines that run and engines that are there, at the nodes of such islands, both (nodes, T).

    ``run`` (sources, T) is the share of each interval in which a source runs. Elsewhere the first is infinite, and
    the second zero.
    """
    rows = np.flatnonzero(sources.forming)
    idles = sources.idle_l_per_h[rows] > 0
    total, count = np.full(islands.component.shape, np.inf), np.zeros(islands.component.shape)
    for t in range(len(islands.component.T) if idles.any() else 0):
        part = islands.component[:, t]
        steady, running, there = islands.former[:, t] < 0, np.zeros(len(part)), np.zeros(len(part))
        for rank in np.flatnonzero(islands.former_there[:, t]):
            reached = np.isin(part, part[list(islands.former_nodes[rank])])
            running[reached] += run[rows[rank], t]
            there[reached] += 1.0
            steady |= reached & ~idles[rank]
        total[:, t], count[:, t] = np.where(steady, np.inf, running), np.where(steady, 0.0, there)
    return total, count


def bank_limits(most: Array, highest: Array, total: Array, count: Array) -> tuple[Array, Array]:
    """Least and most that capacitors give there in kvar, (nodes, T).

    ``most`` is what they give at the voltage of the node, ``highest`` at the highest one that is allowed. They are
    charged while an engine runs. With one engine that is all of ``most`` if it runs throughout, and nothing if not
    at all; in between, a product of voltage and share is bounded by lines. Elsewhere they give all of ``most``.
    """
    kept = np.isfinite(total)
    running = np.where(kept, total, 1.0)
    off = highest * (1.0 - running / np.where(count > 0.0, count, 1.0))
    least = np.where(kept, np.maximum(0.0, most - off), most)
    return least, np.where(kept, np.maximum(least, np.minimum(most, highest * running)), most)
