"""A program in the form of conic solvers: ``A x + s = b``, s zero for the first rows, not negative for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from v2g.benchmark.program import Floats, Ints, Program


@dataclass(frozen=True)
class Conic:
    """Matrix and sides; the first ``zeros`` rows are equations. The way back is `multipliers`."""

    matrix: Any
    side: Floats
    zeros: int
    row: Ints
    sign: Floats

    def multipliers(self, z: Floats, rows: int) -> Floats:
        """Multipliers of the program's rows (m,) from those of the conic rows; those of bounds are left out."""
        y = np.zeros(rows)
        own = self.row >= 0
        np.add.at(y, self.row[own], (-self.sign * z)[own])
        return y


def conic(program: Program) -> Conic:
    """Equations first, then rows with one side, then finite bounds; a fixed column is an equation."""
    from scipy.sparse import csc_matrix, csr_matrix, diags_array, eye_array, vstack

    rows = csr_matrix((program.value, program.index, program.start), shape=(program.rows, program.columns))
    units = csr_matrix(eye_array(program.columns))
    low, high = np.isfinite(program.row_lower), np.isfinite(program.row_upper)
    equal, fixed = low & high, program.lower == program.upper
    groups = [
        (rows, np.flatnonzero(equal), program.row_upper, 1.0, True),
        (units, np.flatnonzero(fixed), program.upper, 1.0, False),
        (rows, np.flatnonzero(high & ~equal), program.row_upper, 1.0, True),
        (rows, np.flatnonzero(low & ~equal), program.row_lower, -1.0, True),
        (units, np.flatnonzero(np.isfinite(program.upper) & ~fixed), program.upper, 1.0, False),
        (units, np.flatnonzero(np.isfinite(program.lower) & ~fixed), program.lower, -1.0, False),
    ]
    sign = np.concatenate([np.full(at.size, factor) for _, at, _, factor, _ in groups])
    side = np.concatenate([factor * sides[at] for _, at, sides, factor, _ in groups])
    row = np.concatenate([at if own else np.full(at.size, -1) for _, at, _, _, own in groups])
    stacked = diags_array(sign) @ vstack([matrix[at] for matrix, at, _, _, _ in groups])
    return Conic(csc_matrix(stacked), side, groups[0][1].size + groups[1][1].size, row, sign)
