"""Where the buses of a feeder stand in its picture: on their coordinates, or in layers from the sources outwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx as nx
import numpy as np

from v2g.replay.verdict import Array

WIDTH, MOST_HEIGHT, LEAST_HEIGHT = 1000.0, 800.0, 200.0
ROW = 30.0
"""Height of a row of layers, as far as there is room."""
ENOUGH = 0.5
"""Share of buses that must have coordinates for a picture by them; the others stand with their neighbours."""

Edge = tuple[int, int]


def placed(x: Array, y: Array, edges: Sequence[Edge], roots: Iterable[int], degrees: bool) -> tuple[Array, bool]:
    """Places of all buses in a picture 1000 wide, (buses, 2), y downwards, and whether they are by coordinates.

    ``degrees``: x and y are longitude and latitude. ``roots`` are the buses that layers begin at.
    """
    known = np.isfinite(x) & np.isfinite(y)
    if len(x) and known.mean() >= ENOUGH and len({*zip(x[known], y[known], strict=True)}) > 1:
        scale = np.cos(np.radians(np.nanmean(y[known]))) if degrees else 1.0
        spots = np.stack([np.where(known, x * scale, np.nan), np.where(known, -y, np.nan)], axis=1)
        return fitted(_beside_neighbours(spots, edges), keep_shape=True), True
    return fitted(layered(len(x), edges, roots), keep_shape=False), False


def _beside_neighbours(spots: Array, edges: Sequence[Edge]) -> Array:
    """Rank by rank, a bus without coordinates stands at the mean of its neighbours; one that nothing joins, midway."""
    near = _graph(len(spots), edges)
    while True:
        blank = [int(bus) for bus in np.flatnonzero(np.isnan(spots[:, 0]))]
        missing = [bus for bus in blank if np.isfinite(spots[list(near[bus])][:, 0]).any()]
        if not missing:
            middle = np.nanmean(spots, axis=0)
            return np.where(np.isnan(spots), middle, spots)
        spots[missing] = [np.nanmean(spots[list(near[bus])], axis=0) for bus in missing]


def _graph(buses: int, edges: Sequence[Edge]) -> nx.Graph[int]:
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(buses))
    graph.add_edges_from(edges)
    return graph


def layered(buses: int, edges: Sequence[Edge], roots: Iterable[int]) -> Array:
    """Layer of each bus (x) and its row (y), (buses, 2): the largest branch goes straight on, others lie below it.

    Parts of the feeder that no root reaches begin at their bus with the most neighbours.
    """
    graph = _graph(buses, edges)
    spots, row = np.full((buses, 2), np.nan), 0.0
    for root in [*roots, *sorted(graph, key=lambda bus: -graph.degree(bus))]:
        if np.isnan(spots[root, 0]):
            row = _grow(graph, root, spots, row) + 1.0
    return spots


def _grow(graph: nx.Graph[int], root: int, spots: Array, row: float) -> float:
    """Places what hangs on a root, from a row on; returns the row after it."""
    tree = nx.bfs_tree(graph, root)
    size = dict.fromkeys(tree, 1)
    for bus in nx.dfs_postorder_nodes(tree, root):
        size[bus] += sum(size[below] for below in tree.successors(bus))
    open_ = [(root, 0.0, False)]
    while open_:
        bus, layer, straight = open_.pop()
        row += not straight
        spots[bus] = layer, row - 1.0
        below = sorted(tree.successors(bus), key=lambda one: size[one])
        open_ += [(one, layer + 1.0, one == below[-1]) for one in below]
    return row


def fitted(spots: Array, keep_shape: bool) -> Array:
    """Places moved and scaled into the picture; without ``keep_shape`` both ways are filled."""
    if not len(spots):
        return spots
    low = spots.min(axis=0)
    wide, high = np.maximum(spots.max(axis=0) - low, 1e-9)
    tall = float(np.clip(ROW * high, LEAST_HEIGHT, MOST_HEIGHT))
    scale = min(WIDTH / wide, MOST_HEIGHT / high)
    return np.asarray((spots - low) * ([scale, scale] if keep_shape else [WIDTH / wide, tall / high]))
