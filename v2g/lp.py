"""A linear program as frozen arrays, and the way back from its columns and rows to names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v2g.affine import Floats, Ints, Rows

Key = tuple[str, str]


@dataclass(frozen=True)
class Block:
    """Where one word lies among columns (or rows): ``flat`` lists the positions that exist in ``shape``."""

    first: int
    shape: tuple[int, ...]
    letters: tuple[str, ...]
    flat: Ints | None = None

    @property
    def size(self) -> int:
        """Number of columns (rows)."""
        return int(np.prod(self.shape)) if self.flat is None else int(self.flat.size)

    def table(self, values: NDArray[Any], absent: float = 0.0) -> NDArray[Any]:
        """Values of this block in its full shape; positions that do not exist get ``absent``."""
        own = values[self.first : self.first + self.size]
        if self.flat is None:
            return own.reshape(self.shape)
        full = np.full(int(np.prod(self.shape)), absent, dtype=own.dtype)
        full[self.flat] = own
        return full.reshape(self.shape)

    def position(self, at: int) -> tuple[int, ...]:
        """Indices of the column (row) numbered ``at``."""
        flat = at - self.first if self.flat is None else self.flat[at - self.first]
        return tuple(int(i) for i in np.unravel_index(int(flat), self.shape)) if self.shape else ()


@dataclass(frozen=True)
class Layout:
    """Names of columns and rows. ``labels`` gives, per part and letter, what the user calls each index."""

    columns: Mapping[Key, Block]
    rows: Mapping[Key, Block]
    labels: Mapping[tuple[str, str], Sequence[str]]

    def _name(self, blocks: Mapping[Key, Block], at: int) -> str:
        for (part, word), block in blocks.items():
            if block.first <= at < block.first + block.size:
                where = zip(block.letters, block.position(at), strict=True)
                return f"{part}.{word}[{', '.join(self.labels[part, letter][i] for letter, i in where)}]"
        raise IndexError(at)

    def column_name(self, at: int) -> str:
        """``part.word[label, ...]`` of a column."""
        return self._name(self.columns, at)

    def row_name(self, at: int) -> str:
        """``part.rule[label, ...]`` of a row."""
        return self._name(self.rows, at)


@dataclass(frozen=True)
class Objective:
    """One stage of a policy: ``sum(value * x[index]) + constant``, to be minimised.

    ``integers``: a count of whole columns; ``settled``: no whole column is chosen again for it.
    """

    name: str
    unit: str
    meaning: str
    index: Ints
    value: Floats
    constant: float
    integers: bool = False
    settled: bool = False

    def at(self, x: Floats) -> float:
        """Its value at a point."""
        return float(self.value @ x[self.index] + self.constant)

    def dense(self, columns: int) -> Floats:
        """Cost vector of shape (columns,)."""
        cost = np.zeros(columns)
        cost[self.index] = self.value
        return cost


@dataclass(frozen=True)
class LP:
    """Rows ``row_lower <= A x <= row_upper``, bounds on x, and the stages of the policy in order.

    ``integer`` and ``state`` mark columns, ``lazy`` the rows that rarely bind. ``settles``, shape
    (rows, 2), gives for each row the first and past-last column of the states that it settles.
    """

    matrix: Rows
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    state: NDArray[np.bool_]
    lazy: NDArray[np.bool_]
    objectives: tuple[Objective, ...]
    layout: Layout
    settles: Ints | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.row_lower.size, self.lower.size

    def sizes(self) -> dict[str, int]:
        """Rows, columns, nonzeros, binaries."""
        rows, columns = self.shape
        return {
            "rows": rows,
            "columns": columns,
            "nonzeros": int(self.matrix.value.size),
            "binaries": int(self.integer.sum()),
        }

    def with_bounds(self, lower: Floats, upper: Floats) -> LP:
        """The same program with other bounds."""
        return replace(self, lower=lower, upper=upper)

    def activity(self, x: Floats) -> Floats:
        """A x, shape (rows,)."""
        return row_sums(self.matrix, x)


def row_sums(rows: Rows, x: Floats) -> Floats:
    """Rows times a vector."""
    products = np.concatenate([rows.value * x[rows.index], [0.0]])
    sums = (
        np.add.reduceat(products, np.minimum(rows.start[:-1], products.size - 1))
        if rows.start.size > 1
        else np.zeros(0)
    )
    return np.where(np.diff(rows.start) > 0, sums, 0.0)


def column_sums(rows: Rows, y: Floats, columns: int) -> Floats:
    """A vector times the rows: A'y, shape (columns,)."""
    weights = rows.value * np.repeat(y, np.diff(rows.start))
    return np.asarray(np.bincount(rows.index, weights=weights, minlength=columns), dtype=float)


def stack(blocks: Sequence[Rows]) -> Rows:
    """Blocks of rows, one below the other."""
    starts, offset = [np.zeros(1, dtype=np.int64)], 0
    for block in blocks:
        starts.append(block.start[1:] + offset)
        offset += int(block.start[-1])
    index = [b.index for b in blocks] or [np.zeros(0, dtype=np.int64)]
    value = [b.value for b in blocks] or [np.zeros(0)]
    return Rows(np.concatenate(starts), np.concatenate(index), np.concatenate(value))
