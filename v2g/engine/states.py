"""States are consequences: flows and voltages follow from injections, row by row.

Equality rows with a single undetermined state determine it; peeling them off, level by level, gives
a triangular order (leaves to root for flows, root to leaves for voltages), without knowing what a
network is. Where states hang on each other, rows that say which state they settle are tied into one
level, which is solved at once. Along that order states are evaluated, rows over states are rewritten
as rows over decisions, and multipliers of the peeled rows are recovered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from v2g.affine import Entries, Floats, Ints, Rows, Term, compress, gather
from v2g.engine.tied import Tied, tie
from v2g.lp import LP


@dataclass(frozen=True)
class Level:
    """Rows that determine one state each, once all levels before are known."""

    row: Ints
    column: Ints
    pivot: Floats

    def evaluate(self, lp: LP, full: Floats) -> None:
        """Put the states into a point whose other columns are known."""
        row, column, value = gather(lp.matrix, self.row)
        full[self.column] = 0.0
        known = np.bincount(row, weights=value * full[column], minlength=self.row.size)
        full[self.column] = (lp.row_lower[self.row] - known) / self.pivot

    def rewrite(self, lp: LP, owner: Ints, column: Ints, value: Floats, constant: Floats) -> Entries:
        """Entries over these states as entries over what their rows hold beside them; adds to ``constant``."""
        position = np.full(lp.shape[1], -1, dtype=np.int64)
        position[self.column] = np.arange(self.column.size)
        at = position[column]
        factor = value / self.pivot[at]
        np.add.at(constant, owner, factor * lp.row_lower[self.row[at]])
        row, held, value = gather(lp.matrix, self.row[at])
        other = held != column[row]
        row, held, value = row[other], held[other], value[other]
        return Entries(owner[row], held, -factor[row] * value)

    def multipliers(self, rest: Floats, reduced: Floats, y: Floats) -> None:
        """Put the multipliers of the rows into ``y``."""
        y[self.row] = (rest[self.column] - reduced[self.column]) / self.pivot


@dataclass(frozen=True)
class States:
    """The peeled order of a program. ``level_of`` is -1 for decisions; ``defines`` marks peeled rows."""

    lp: LP
    levels: tuple[Level | Tied, ...]
    level_of: Ints
    defines: np.ndarray

    def evaluate(self, x: Floats) -> Floats:
        """The point with every peeled state replaced by what the decisions imply."""
        full = x.copy()
        for level in self.levels:
            level.evaluate(self.lp, full)
        return full

    def rewrite(self, entries: Entries, count: int) -> tuple[Rows, Floats]:
        """``count`` rows over all columns, rewritten over decisions, and the constant each one gains.

        ``row . x == rewritten . x + constant`` wherever the peeled rows hold.
        """
        width = self.level_of.size
        buckets: list[list[tuple[Ints, Floats]]] = [[] for _ in range(len(self.levels) + 1)]
        constant = np.zeros(count)
        self._sort_in(buckets, entries.row * width + entries.column, entries.coefficient)
        for number in range(len(self.levels) - 1, -1, -1):
            if not buckets[number]:
                continue
            key, value = _combined(buckets[number])
            buckets[number] = []
            entries = self.levels[number].rewrite(self.lp, key // width, key % width, value, constant)
            self._sort_in(buckets, entries.row * width + entries.column, entries.coefficient)
        if not buckets[-1]:
            return compress(count, ()), constant
        key, value = _combined(buckets[-1])
        return compress(count, (Term(key // width, key % width, value),)), constant

    def _sort_in(self, buckets: list[list[tuple[Ints, Floats]]], key: Ints, value: Floats) -> None:
        """Put entries where their column is resolved; decisions go last."""
        level = self.level_of[key % self.level_of.size]
        order = np.argsort(level, kind="stable")
        edges = np.flatnonzero(np.diff(level[order])) + 1
        for part in np.split(order, edges):
            if part.size:
                buckets[int(level[part[0]])].append((key[part], value[part]))

    def multipliers(self, cost: Floats, y: Floats, reduced: Floats) -> Floats:
        """Row multipliers with those of peeled rows filled in, so that states have the given reduced costs.

        ``y`` holds the multipliers of all other rows and zero on peeled ones; ``reduced`` the reduced
        cost each state column must have: the multiplier of its bound where that was enforced, else 0.
        """
        lp, y = self.lp, y.copy()
        rest = cost - np.bincount(
            lp.matrix.index, weights=lp.matrix.value * np.repeat(y, np.diff(lp.matrix.start)), minlength=cost.size
        )
        for level in reversed(self.levels):
            level.multipliers(rest, reduced, y)
            row, column, value = gather(lp.matrix, level.row)
            np.subtract.at(rest, column, value * y[level.row][row])
        return y


def _combined(pieces: list[tuple[Ints, Floats]]) -> tuple[Ints, Floats]:
    key = np.concatenate([k for k, _ in pieces])
    value = np.concatenate([v for _, v in pieces])
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    return key[first], np.add.reduceat(value, first)


def peel(lp: LP) -> States:
    """Find the order in which equality rows determine the states."""
    peeling = _Peeling(lp)
    peeling.strictly()
    while (tied := peeling.tied()) is not None:
        peeling.settle(tied)
        peeling.give_up(tied)
        peeling.strictly()
    return States(lp, tuple(peeling.levels), peeling.level_of, peeling.defines)


class _Peeling:
    """The order so far: which states have a level, which rows are used up."""

    def __init__(self, lp: LP) -> None:
        self.lp = lp
        self.levels: list[Level | Tied] = []
        self.level_of = np.full(lp.shape[1], -1, dtype=np.int64)
        self.defines = np.zeros(lp.shape[0], dtype=bool)
        equal = lp.row_lower == lp.row_upper
        self.entries = _those(gather(lp.matrix, np.flatnonzero(equal)), np.flatnonzero(equal), lp.state)

    def settle(self, level: Level | Tied) -> None:
        """Take a level into the order."""
        self.level_of[level.column] = len(self.levels)
        self.defines[level.row] = True
        self.levels.append(level)

    def give_up(self, tied: Tied) -> None:
        """What these rows hold beside their states counts as decided: no later row may determine it."""
        decided = np.zeros(self.lp.shape[1], dtype=bool)
        decided[np.concatenate([knot.others for knot in tied.knots])] = True
        row, column, value = self.entries
        left = ~decided[column]
        self.entries = Entries(row[left], column[left], value[left])

    def strictly(self) -> None:
        """Peel rows whose only open state they determine, as long as there are any."""
        for level in _peeled(self._open(), self.lp.shape):
            self.settle(level)

    def tied(self) -> Tied | None:
        """The open rows that say which states they settle, each with one of them, if they have a solution."""
        if self.lp.settles is None:
            return None
        row, column, value = self._open()
        first, last = self.lp.settles[row].T
        own = (first <= column) & (column < last)
        levels = list(_peeled(Entries(row[own], column[own], value[own]), self.lp.shape))
        if not levels:
            return None
        return tie(self.lp, np.concatenate([v.row for v in levels]), np.concatenate([v.column for v in levels]))

    def _open(self) -> Entries:
        row, column, value = self.entries
        left = ~self.defines[row] & (self.level_of[column] < 0)
        self.entries = Entries(row[left], column[left], value[left])
        return self.entries


def _those(entries: Entries, rows: Ints, wanted: np.ndarray) -> Entries:
    """The entries in wanted columns, with the rows' own numbers."""
    kept = wanted[entries.column]
    return Entries(rows[entries.row[kept]], entries.column[kept], entries.coefficient[kept])


def _peeled(entries: Entries, shape: tuple[int, int]) -> Iterator[Level]:
    """Levels of rows with one open state each, with no regard to any entries but these."""
    rows, columns = shape
    row, column, value = entries
    by_column = np.argsort(column, kind="stable")
    column_start = np.searchsorted(column[by_column], np.arange(columns + 1))
    open_states = np.bincount(row, minlength=rows)
    column_sum = np.bincount(row, weights=column, minlength=rows)
    keys = row * columns + column
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], value[order]
    ready = np.flatnonzero(open_states == 1)
    while ready.size:
        target = np.rint(column_sum[ready]).astype(np.int64)
        target, first = np.unique(target, return_index=True)
        chosen = ready[first]
        yield Level(chosen, target, values[np.searchsorted(keys, chosen * columns + target)])
        hit = row[by_column[_spread(column_start, target)]]
        np.subtract.at(open_states, hit, 1)
        np.subtract.at(column_sum, hit, column[by_column[_spread(column_start, target)]])
        hit = np.unique(hit)
        ready = hit[open_states[hit] == 1]


def _spread(start: Ints, wanted: Ints) -> Ints:
    """Positions of all entries of the wanted groups."""
    counts = start[wanted + 1] - start[wanted]
    first = np.repeat(start[wanted] - np.cumsum(counts) + counts, counts)
    return np.asarray(np.arange(counts.sum()) + first)
