"""A search over whole columns as evidence: closed leaves that cover all choices, and multipliers that bound them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from v2g.affine import Floats, Ints, Rows
from v2g.engine.bounds import Hold, rounded_up, step, valid_bound
from v2g.lp import LP, Objective

FREE, GIVEN_UP, MUST = -1, 0, 1
NO_SOLUTION = -1


@dataclass(frozen=True)
class Tree:
    """Leaves (leaves, columns) and programs (programs, columns) as `FREE`, `GIVEN_UP`, `MUST` for each of ``columns``.

    ``by`` says which program bounds a leaf, or `NO_SOLUTION` where the solver found that none fits.
    ``multipliers`` hold a row for each program, over the rows and holds, of which there are ``size``: most of them are
    zero. A program prices what a must-serve lacks at ``penalty``: whoever serves it pays nothing, so the program bounds
    every choice below it.
    """

    columns: Ints
    leaves: NDArray[np.int8]
    by: Ints
    programs: NDArray[np.int8]
    multipliers: Rows
    size: int
    penalty: float

    KEYS: ClassVar[tuple[str, ...]] = (
        "columns", "leaves", "by", "programs", "program_start", "program_rows", "program_multipliers", "size",
        "penalty",
    )  # fmt: skip

    def covers(self) -> bool:
        """Whether every choice of whole columns lies in exactly one leaf."""
        decided = self.leaves != FREE
        apart = (self.leaves[:, None] != self.leaves[None]) & decided[:, None] & decided[None]
        disjoint = apart.any(axis=2) | np.eye(len(self.leaves), dtype=bool)
        return bool(disjoint.all()) and bool(np.isclose((0.5 ** decided.sum(axis=1)).sum(), 1.0))

    def bounded(self) -> bool:
        """Whether each leaf lies inside the program that bounds it."""
        pairs = zip(self.leaves, self.by, strict=True)
        return all(self._inside(leaf, self.programs[by]) for leaf, by in pairs if by != NO_SOLUTION)

    @staticmethod
    def _inside(leaf: NDArray[np.int8], program: NDArray[np.int8]) -> bool:
        return bool(((program == FREE) | (program == leaf)).all())

    def unproven(self) -> int:
        """How many leaves rest on the solver's word that they have no solution."""
        return int((self.by == NO_SOLUTION).sum())

    def bound(
        self, lp: LP, objective: Objective, lower: Floats, upper: Floats, held: Sequence[Hold], *, exact: bool = False
    ) -> float:
        """Lower bound over all leaves, rounded to what the objective can be; -inf if the leaves leave a gap."""
        if not (self.covers() and self.bounded()):
            return -np.inf
        used = sorted({int(by) for by in self.by if by != NO_SOLUTION})
        least = valid_bound(lp, objective, None, lower, upper, held, exact=exact)
        bounds = [self._program(number, lp, objective, lower, upper, held, exact) for number in used]
        return rounded_up(min(bounds, default=np.inf), least, step(lp, objective))

    def _program(
        self, number: int, lp: LP, objective: Objective, lower: Floats, upper: Floats, held: Sequence[Hold], exact: bool
    ) -> float:
        must = self.columns[self.programs[number] == MUST]
        high = upper.copy()
        high[self.columns[self.programs[number] == GIVEN_UP]] = 0.0
        dear = penalised(objective, must, self.penalty, lp.shape[1])
        return valid_bound(lp, dear, self._multipliers(number), lower, high, held, exact=exact)

    def _multipliers(self, number: int) -> Floats:
        """Of one program, over all rows and holds."""
        own = slice(self.multipliers.start[number], self.multipliers.start[number + 1])
        dense = np.zeros(self.size)
        dense[self.multipliers.index[own]] = self.multipliers.value[own]
        return dense

    def arrays(self) -> dict[str, np.ndarray]:
        """The tree as plain arrays."""
        sparse = (self.multipliers.start, self.multipliers.index, self.multipliers.value)
        values = (
            self.columns,
            self.leaves,
            self.by,
            self.programs,
            *sparse,
            np.array(self.size),
            np.array(self.penalty),
        )
        return dict(zip(self.KEYS, values, strict=True))

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Tree:
        """A tree from its plain arrays."""
        columns, leaves, by, programs, start, rows, value, size, penalty = (arrays[key] for key in cls.KEYS)
        multipliers = Rows(start.astype(np.int64), rows.astype(np.int64), value)
        return cls(
            columns.astype(np.int64), leaves, by.astype(np.int64), programs, multipliers, int(size), float(penalty)
        )


def penalised(objective: Objective, must: Ints, penalty: float, columns: int) -> Objective:
    """The objective plus ``penalty`` for what each must-serve lacks to one."""
    cost = objective.dense(columns)
    cost[must] -= penalty
    at = np.flatnonzero(cost)
    return Objective("", objective.unit, "", at, cost[at], objective.constant + penalty * must.size)
