"""States are consequences: flows and voltages follow from injections, row by row.

Equality rows with a single undetermined state determine it; peeling them off, level by level, gives
a triangular order (leaves to root for flows, root to leaves for voltages), without knowing what a
network is. Along that order states are evaluated, rows over states are rewritten as rows over
decisions, and multipliers of the peeled rows are recovered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.affine import Entries, Floats, Ints, Rows, Term, compress, gather
from v2g.lp import LP


@dataclass(frozen=True)
class Level:
    """Rows that determine one state each, once all levels before are known."""

    row: Ints
    column: Ints
    pivot: Floats


@dataclass(frozen=True)
class States:
    """The peeled order of a program. ``level_of`` is -1 for decisions; ``defines`` marks peeled rows."""

    lp: LP
    levels: tuple[Level, ...]
    level_of: Ints
    defines: np.ndarray

    def evaluate(self, x: Floats) -> Floats:
        """The point with every peeled state replaced by what the decisions imply."""
        lp, full = self.lp, x.copy()
        for level in self.levels:
            row, column, value = gather(lp.matrix, level.row)
            full[level.column] = 0.0
            known = np.bincount(row, weights=value * full[column], minlength=level.row.size)
            full[level.column] = (lp.row_lower[level.row] - known) / level.pivot
        return full

    def rewrite(self, entries: Entries, count: int) -> tuple[Rows, Floats]:
        """``count`` rows over all columns, rewritten over decisions, and the constant each one gains.

        ``row . x == rewritten . x + constant`` wherever the peeled rows hold.
        """
        width = self.level_of.size
        buckets: list[list[tuple[Ints, Floats]]] = [[] for _ in range(len(self.levels) + 1)]
        constant = np.zeros(count)
        self._sort_in(buckets, entries.row * width + entries.column, entries.coefficient)
        position = np.full(width, -1, dtype=np.int64)
        for number in range(len(self.levels) - 1, -1, -1):
            if not buckets[number]:
                continue
            key, value = _combined(buckets[number])
            buckets[number] = []
            level = self.levels[number]
            position[level.column] = np.arange(level.column.size)
            owner, at = key // width, position[key % width]
            factor = value / level.pivot[at]
            np.add.at(constant, owner, factor * self.lp.row_lower[level.row[at]])
            row, column, value = gather(self.lp.matrix, level.row[at])
            other = column != level.column[at][row]
            row, column, value = row[other], column[other], value[other]
            self._sort_in(buckets, owner[row] * width + column, -factor[row] * value)
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
            y[level.row] = (rest[level.column] - reduced[level.column]) / level.pivot
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
    rows, columns = lp.shape
    owner = np.repeat(np.arange(rows), np.diff(lp.matrix.start))
    usable = (lp.row_lower == lp.row_upper)[owner] & lp.state[lp.matrix.index]
    row, column, value = owner[usable], lp.matrix.index[usable], lp.matrix.value[usable]
    by_column = np.argsort(column, kind="stable")
    column_start = np.searchsorted(column[by_column], np.arange(columns + 1))
    open_states = np.bincount(row, minlength=rows)
    column_sum = np.bincount(row, weights=column, minlength=rows)
    level_of = np.full(columns, -1, dtype=np.int64)
    defines = np.zeros(rows, dtype=bool)
    pivots = {"key": row * columns + column, "value": value}
    order = np.argsort(pivots["key"], kind="stable")
    keys, values = pivots["key"][order], value[order]
    levels: list[Level] = []
    ready = np.flatnonzero(open_states == 1)
    while ready.size:
        target = np.rint(column_sum[ready]).astype(np.int64)
        target, first = np.unique(target, return_index=True)
        chosen = ready[first]
        pivot = values[np.searchsorted(keys, chosen * columns + target)]
        level_of[target] = len(levels)
        defines[chosen] = True
        levels.append(Level(chosen, target, pivot))
        touched = _spread(column_start, target)
        hit = row[by_column[touched]]
        np.subtract.at(open_states, hit, 1)
        np.subtract.at(column_sum, hit, column[by_column[touched]])
        hit = np.unique(hit)
        ready = hit[open_states[hit] == 1]
    return States(lp, tuple(levels), level_of, defines)


def _spread(start: Ints, wanted: Ints) -> Ints:
    """Positions of all entries of the wanted groups."""
    counts = start[wanted + 1] - start[wanted]
    first = np.repeat(start[wanted] - np.cumsum(counts) + counts, counts)
    return np.asarray(np.arange(counts.sum()) + first)
