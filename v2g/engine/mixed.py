"""Programs with whole columns beyond the counts, such as services by interval: chosen by the solver's own search.

Each stage is bounded by multipliers of its relaxation, as ever. Where the plan does not reach that bound, the
solver searches over all whole columns at once, and its claim of a bound is kept as a claim. Whole columns stay
open until the last stage. Every point is solved once more with its whole columns fixed, so that it is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.affine import Floats, Ints
from v2g.engine.bounds import rounded_up, step
from v2g.engine.clock import Clock
from v2g.engine.core import WHOLE, violations
from v2g.engine.stages import Run, refusal
from v2g.lp import LP, Objective
from v2g.solvers.answer import Answer, Status

ROOM = 1e-7
"""Earlier stages are held this much above what they reached, relative: more than the search may err."""
NODES, LATER_NODES = 10_000, 500
"""A search ends after so many nodes: the first number up to the first amount after all counts, then the second."""
ROUNDS = 50
PATIENCE = 0.5
"""Share of the time left that one search may take."""


@dataclass(frozen=True)
class Chosen:
    """A point with all open columns whole, its value, and the multipliers with those columns fixed."""

    x: Floats
    value: float
    prices: Floats | None = None


def further(lp: LP) -> Ints:
    """Whole columns still to be chosen that are in no count of the policy."""
    undecided: Ints = np.flatnonzero(lp.integer & (lp.lower < lp.upper))
    counted = [o.index for o in lp.objectives if o.integers]
    return np.setdiff1d(undecided, np.concatenate([undecided[:0], *counted]))


@dataclass
class Mixed(Run):
    """One pass over the stages of a program with whole columns beyond the counts."""

    def all(self) -> Floats:
        """Solve every stage; returns the final point."""
        for number, objective in enumerate(self.lp.objectives):
            if not objective.index.size:
                self._constant(objective)
            elif self._open().size:
                self._mixed(objective, nodes=self._effort(number), settle=number == self._last())
            else:
                self._amount(objective, settle=True)
        return self._final()

    def _open(self) -> Ints:
        return self.whole[self.lower[self.whole] < self.upper[self.whole]]

    def _last(self) -> int:
        """The last stage with anything to choose."""
        return max((n for n, o in enumerate(self.lp.objectives) if o.index.size), default=-1)

    def _effort(self, number: int) -> int:
        """Nodes for a stage: many up to the first amount after all counts, few beyond."""
        before = [o for o in self.lp.objectives[:number] if o.index.size]
        counting = any(o.integers for o in self.lp.objectives[number:])
        return NODES if counting or not before or before[-1].integers else LATER_NODES

    def _mixed(self, objective: Objective, nodes: int, settle: bool) -> None:
        columns = self._open()
        bound, relaxed = self._proven(objective)
        best = self._fixed(objective, columns, self.x)
        if best is None and relaxed.x is not None and self._whole(relaxed.x, columns):
            best = self._fixed(objective, columns, relaxed.x)
        claim = bound
        if best is None or not self._near(objective, best.value, bound):
            best, claim = self._searched(objective, columns, best, nodes)
        self._conclude(objective, best, bound, claim, relaxed.y)
        if settle:
            self._settle(columns, np.rint(best.x[columns]))

    def _conclude(self, objective: Objective, best: Chosen, bound: float, claim: float, y: Floats | None) -> None:
        """Close and hold a stage: with the solver's claim only where it says more than the proof."""
        self.x = best.x
        reached = min(claim, best.value)
        by = "solver" if reached > bound + WHOLE * max(1.0, abs(bound)) else "multipliers"
        multipliers = np.zeros(self.lp.shape[0] + len(self.held)) if y is None else y
        stated = reached if by == "solver" else bound
        prices = None if objective.integers else best.prices
        self._close(objective, best.value, stated, multipliers, prices=prices, by=by)
        self._hold(objective, best.value, ROOM)

    def _proven(self, objective: Objective) -> tuple[float, Answer]:
        """A proven bound, and the relaxation it is from. Where time is over and a plan stands, it says nothing."""
        answer = self._try(objective.dense(self.lp.shape[1]))
        if answer.x is None and (self.x is None or answer.status is not Status.TIME_LIMIT):
            raise refusal(answer, begun=self.x is not None)
        return self._raised(objective, self._bound(objective, answer)), answer

    def _raised(self, objective: Objective, bound: float) -> float:
        """A bound, raised to what whole columns add up to."""
        if not np.isfinite(bound):
            return bound
        return rounded_up(bound, self._bound_of(objective, None), step(self.lp, objective))

    def _fixed(self, objective: Objective, columns: Ints, point: Floats | None) -> Chosen | None:
        """The best point with the whole columns of another one; that one itself where no time is left."""
        if point is None:
            return None
        values = np.rint(point[columns])
        self.core.fix(columns, values, values)
        answer = self._try(objective.dense(self.lp.shape[1]))
        self.core.fix(columns, self.lower[columns], self.upper[columns])
        if answer.x is not None:
            return Chosen(answer.x, objective.at(answer.x), answer.y)
        return Chosen(point, objective.at(point)) if point is self.x else None

    def _searched(self, objective: Objective, columns: Ints, best: Chosen | None, nodes: int) -> tuple[Chosen, float]:
        """What the solver's search finds, at least as good as the best so far, and its claim of a bound.

        Each choice that is found is solved with its whole columns fixed, which adds the limits that it violates.
        Where the plan does not reach the claim then, the search goes on with those limits.
        """
        left, claim = self.clock.left(), -np.inf
        clock = Clock(None if left is None else PATIENCE * left)
        best = best or self._fixed(objective, columns, self.lower)
        for _ in range(ROUNDS):
            answer = self.core.minimise_whole(
                objective.dense(self.lp.shape[1]),
                columns,
                start=None if best is None else best.x,
                gap=0.0 if objective.integers else self.gap,
                nodes=nodes,
                time_limit=clock.left(),
            )
            if answer.bound is not None:
                claim = max(claim, self._raised(objective, answer.bound + objective.constant))
            if answer.x is None:
                break
            found = self._exactly(objective, columns, answer.x)
            if found is not None and (best is None or found.value < best.value):
                best = found
            reached = best is not None and self._near(objective, best.value, claim)
            if reached or clock.over or violations(self.lp, answer.x) <= WHOLE:
                break
        if best is None:
            raise refusal(answer, begun=self.x is not None)
        return best, claim

    def _exactly(self, objective: Objective, columns: Ints, x: Floats) -> Chosen | None:
        """The search's point, solved again with its whole columns fixed; rounded, where that finds nothing."""
        found = self._fixed(objective, columns, x)
        if found is not None:
            return found
        rounded = x.copy()
        rounded[columns] = np.rint(x[columns])
        return Chosen(rounded, objective.at(rounded)) if violations(self.lp, rounded) <= WHOLE else None

    def _near(self, objective: Objective, value: float, bound: float) -> bool:
        gap = 0.0 if objective.integers else self.gap
        return value - bound <= max(WHOLE, gap * max(1.0, abs(value)))

    @staticmethod
    def _whole(x: Floats, columns: Ints) -> bool:
        return bool(np.abs(x[columns] - np.rint(x[columns])).max(initial=0.0) <= WHOLE)
