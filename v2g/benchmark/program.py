"""A linear or mixed-integer program as plain arrays, free of how it came about and of who solves it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Order:
    """Where rows and columns of a shuffled program stand in the one before."""

    rows: Ints
    columns: Ints

    def columns_back(self, x: Floats) -> Floats:
        """Values of shuffled columns (n,) in the order of before."""
        return _placed(self.columns, x)

    def rows_back(self, y: Floats) -> Floats:
        """Values of shuffled rows (m,) in the order of before."""
        return _placed(self.rows, y)


@dataclass(frozen=True)
class Program:
    """Minimise ``cost @ x`` with ``row_lower <= A x <= row_upper`` and ``lower <= x <= upper``.

    A (m, n) is in compressed rows: ``start`` (m + 1,), ``index`` and ``value`` (nonzeros,), columns ascending in
    each row. A row has one finite side, or two that are equal. ``integer`` (n,) marks columns that must be whole.
    """

    cost: Floats
    start: Ints
    index: Ints
    value: Floats
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: Flags

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.row_lower.size

    @property
    def columns(self) -> int:
        """Number of columns."""
        return self.cost.size

    @property
    def row_of(self) -> Ints:
        """Row of each nonzero, (nonzeros,)."""
        return np.repeat(np.arange(self.rows), np.diff(self.start))

    def sizes(self) -> dict[str, int]:
        """Rows, columns, nonzeros, whole columns."""
        whole = int(self.integer.sum())
        return {"rows": self.rows, "columns": self.columns, "nonzeros": int(self.value.size), "integers": whole}

    def save(self, file: Path) -> None:
        """Write the arrays to a file."""
        np.savez(file, **asdict(self))

    @classmethod
    def load(cls, file: Path) -> Program:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})

    def relaxed(self) -> Program:
        """The same program with no column whole."""
        return replace(self, integer=np.zeros(self.columns, dtype=bool))

    def by_columns(self) -> tuple[Ints, Ints, Floats]:
        """The matrix in compressed columns: start (n + 1,), row and value (nonzeros,)."""
        order = np.argsort(self.index, kind="stable")
        start = np.zeros(self.columns + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.index, minlength=self.columns), out=start[1:])
        return start, self.row_of[order], self.value[order]

    def shuffled(self, seed: int) -> tuple[Program, Order]:
        """The same program with rows and columns in an order drawn by ``seed``; 0 leaves them as they are."""
        rows, columns = np.arange(self.rows), np.arange(self.columns)
        if seed:
            rng = np.random.default_rng(seed)
            rows, columns = rng.permutation(self.rows), rng.permutation(self.columns)
        place = np.empty(self.columns, dtype=np.int64)
        place[columns] = np.arange(self.columns)
        line = np.empty(self.rows, dtype=np.int64)
        line[rows] = np.arange(self.rows)
        row, index = line[self.row_of], place[self.index]
        order = np.lexsort((index, row))
        start = np.zeros(self.rows + 1, dtype=np.int64)
        np.cumsum(np.bincount(row, minlength=self.rows), out=start[1:])
        by_column: dict[str, Any] = {
            name: getattr(self, name)[columns] for name in ("cost", "lower", "upper", "integer")
        }
        by_row = {name: getattr(self, name)[rows] for name in ("row_lower", "row_upper")}
        moved = Program(start=start, index=index[order], value=self.value[order], **by_column, **by_row)
        return moved, Order(rows, columns)


def _placed(at: Ints, values: Floats) -> Floats:
    back = np.empty(values.size)
    back[at] = values
    return back
