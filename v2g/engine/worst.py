"""Which violated limits to take in: those of one interval that say nearly the same are not all needed.

Where a voltage falls too low, it does so at hundreds of buses, for one and the same reason. Rows over
decisions are long on a large feeder (thousands of entries), and the worst few that point in different
directions do for all: what is violated still is taken in the round after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from v2g.affine import Floats, Ints, Rows
from v2g.lp import Block, Key

CANDIDATES = 64
"""Of a kind, a side and an interval: the worst ones, and ever fewer of those that are less violated."""
ALIKE = 0.98
"""Cosine of the angle between two rows from which on the less violated of them waits."""


@dataclass(frozen=True)
class Violated:
    """Limits that a point breaks: where they stand, by how much, and of which kind: one kind may be alike."""

    index: Ints
    excess: Floats
    kind: Ints

    def __getitem__(self, which: Ints) -> Violated:
        return Violated(self.index[which], self.excess[which], self.kind[which])


def kinds(blocks: Mapping[Key, Block], size: int, period: str = "t") -> Ints:
    """For each column (or row) a number that those of one word and interval share, shape (size,).

    All are of one kind where the blocks do not fit: those of a program that holds only some rows of another.
    """
    found, first = np.zeros(size, dtype=np.int64), 0
    if size != sum(block.size for block in blocks.values()):
        return found
    for block in blocks.values():
        own = slice(block.first, block.first + block.size)
        count = 1
        if period in block.letters and block.size:
            axis = block.letters.index(period)
            flat = np.arange(block.size) if block.flat is None else block.flat
            found[own], count = np.unravel_index(flat, block.shape)[axis], block.shape[axis]
        found[own] += first
        first += count
    return found


def violated(among: Ints, value: Floats, lower: Floats, upper: Floats, kind: Ints, least: float) -> Violated:
    """Those of the limits ``among`` that the values break by more than ``least``."""
    under, over = lower[among] - value[among], value[among] - upper[among]
    found = np.flatnonzero(np.maximum(under, over) > least)
    below = (under > over)[found]
    return Violated(among[found], np.maximum(under, over)[found], 2 * kind[among[found]] + below)


def distinct(broken: Violated, rows_of: Callable[[Ints], Rows]) -> Ints:
    """The worst of the broken limits, without those nearly parallel to a worse one; ``rows_of`` gives their rows."""
    if not broken.index.size:
        return broken.index
    broken = broken[np.concatenate([group[_thinned(group.size)] for group in _groups(broken)])]
    rows = rows_of(broken.index)
    apart = np.concatenate([group[_apart(rows, group)] for group in _groups(broken)])
    return broken[apart].index


def _groups(broken: Violated) -> Iterator[Ints]:
    """Positions of each kind, the worst first."""
    order = np.lexsort((-broken.excess, broken.kind))
    yield from np.split(order, np.flatnonzero(np.diff(broken.kind[order])) + 1)


def _thinned(size: int) -> Ints:
    """At most so many of 0, 1, ..., size - 1, dense at the start.

    >>> _thinned(3).tolist(), _thinned(10_000).size <= CANDIDATES
    ([0, 1, 2], True)
    """
    if size <= CANDIDATES:
        return np.arange(size)
    ranks: Ints = np.unique(np.geomspace(1, size, CANDIDATES).astype(np.int64)) - 1
    return ranks


def _apart(rows: Rows, group: Ints) -> Ints:
    """Of rows in order of urgency, those that are not nearly parallel to one before them."""
    lengths = rows.start[group + 1] - rows.start[group]
    at = np.repeat(rows.start[group] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    columns, place = np.unique(rows.index[at], return_inverse=True)
    dense = np.zeros((group.size, columns.size))
    dense[np.repeat(np.arange(group.size), lengths), place] = rows.value[at]
    norm = np.linalg.norm(dense, axis=1)
    dense /= np.where(norm > 0.0, norm, 1.0)[:, None]
    cosine = dense @ dense.T
    taken = [0]
    for row in range(1, group.size):
        if cosine[row, taken].max() < ALIKE:
            taken.append(row)
    return np.array(taken, dtype=np.int64)
