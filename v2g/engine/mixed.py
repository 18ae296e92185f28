"""Programs with whole columns beyond the counts, such as services by interval: chosen by the solver's own search.

Each stage is bounded by multipliers, as ever: of its relaxation, and for counts of the search over loads alone with
all other whole columns relaxed. Whole points are looked for from the quickest way to the slowest: the choice of the
stage before, the relaxation where it is whole, the relaxation rounded to whole columns that fit together, and for
counts turns of rounding and relaxing. Where none of these reaches the bound, the solver searches over all whole
columns at once, and its claim of a bound is kept as a claim. Whole columns stay open until the last stage. Every
point is solved once more with its whole columns fixed, so that it is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from v2g.affine import Floats, Ints
from v2g.engine.bounds import rounded_up, step
from v2g.engine.clock import Clock
from v2g.engine.core import WHOLE, violations
from v2g.engine.rounding import Rounding
from v2g.engine.search import Found
from v2g.engine.stages import Run, refusal
from v2g.engine.tree import Tree
from v2g.lp import LP, Objective
from v2g.solvers.answer import Answer, Status

ROOM = 1e-7
"""Earlier stages are held this much above what they reached, relative: more than the search may err."""
NODES, LATER = 10_000, 20
"""A search ends after so many nodes up to the first amount after all counts; later, after this part of them."""
WORK = 300_000_000
"""Nodes times nonzeros of the program: large programs get fewer nodes."""
ROUNDS = 12
PUMPS = 10
"""Turns between what fits together and what is possible."""
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

    @cached_property
    def rounding(self) -> Rounding:
        """What rounds fractional points."""
        return Rounding(self.lp)

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
        """Nodes for a stage: many up to the first amount after all counts, few beyond, fewer in a large program."""
        before = [o for o in self.lp.objectives[:number] if o.index.size]
        counting = any(o.integers for o in self.lp.objectives[number:])
        nodes = max(LATER, min(NODES, WORK // max(1, self.lp.matrix.value.size)))
        return nodes if counting or not before or before[-1].integers else nodes // LATER

    def _mixed(self, objective: Objective, nodes: int, settle: bool) -> None:
        """One stage: a bound first, then whole points from the quickest way to the slowest, until one meets it."""
        columns, tree = self._open(), None
        bound, relaxed = self._proven(objective)
        best, hint = self._fixed(objective, columns, self.x), relaxed.x
        if objective.integers and hint is not None and not self._met(objective, best, bound):
            found = self._counting(objective, relaxed)
            bound, hint, tree = max(bound, found.bound), found.x, found.tree
        for way in (self._as_relaxed, self._rounded, self._pumped):
            if hint is None or self._met(objective, best, bound):
                break
            best = _better(best, way(objective, columns, hint))
        claim = bound
        if best is None or not self._met(objective, best, bound):
            best, claim = self._searched(objective, columns, best, nodes, bound)
        self._conclude(objective, best, bound, claim, relaxed.y, tree)
        if settle:
            self._settle(columns, np.rint(best.x[columns]))

    def _counting(self, objective: Objective, relaxed: Answer) -> Found:
        """A count by the search over the columns of counts alone, with all other whole columns relaxed."""
        own = np.intersect1d(objective.index, self._open())
        earlier = self._open_before(own)
        start = self._standing(objective, own, earlier)
        return self._search(objective, np.union1d(own, earlier), best=start).run(relaxed)

    def _as_relaxed(self, objective: Objective, columns: Ints, hint: Floats) -> Chosen | None:
        """The point as it is, where its columns are whole."""
        return self._fixed(objective, columns, hint) if self._whole(hint, columns) else None

    def _rounded(self, objective: Objective, columns: Ints, hint: Floats) -> Chosen | None:
        """The point rounded to whole columns that fit together."""
        point = self.rounding.nearest(hint, self.lower, self.upper, self.held, self.clock.left())
        return None if point is None else self._fixed(objective, columns, point)

    def _pumped(self, objective: Objective, columns: Ints, hint: Floats) -> Chosen | None:
        """Whole columns of a count's choice by turns: the nearest that fit together, then the nearest possible.

        Each turn is a linear program that comes as close to the last rounding as all limits allow.
        """
        if not objective.integers:
            return None
        counted = self._counted(columns)
        choice = np.rint(hint[counted])
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[counted] = upper[counted] = choice
        self.core.fix(counted, choice, choice)
        point = self._turned(columns, hint, lower, upper)
        self.core.fix(counted, self.lower[counted], self.upper[counted])
        return None if point is None else self._fixed(objective, columns, point)

    def _turned(self, columns: Ints, hint: Floats, lower: Floats, upper: Floats) -> Floats | None:
        """A point with all columns whole, from turns of rounding and relaxing; None where they go round in circles."""
        point: Floats | None = hint
        seen: set[bytes] = set()
        for _ in range(PUMPS):
            assert point is not None
            rounded = self.rounding.nearest(point, lower, upper, self.held, self.clock.left())
            if rounded is None or rounded[columns].tobytes() in seen:
                return None
            seen.add(rounded[columns].tobytes())
            point = self._try(_distance(columns, rounded, self.lp.shape[1])).x
            if point is None or self._whole(point, columns):
                return point
        return None

    def _counted(self, columns: Ints) -> Ints:
        """Columns of counts among these."""
        counts = [o.index for o in self.lp.objectives if o.integers]
        return np.intersect1d(columns, np.concatenate([columns[:0], *counts]))

    def _met(self, objective: Objective, best: Chosen | None, bound: float) -> bool:
        return best is not None and self._near(objective, best.value, bound)

    def _conclude(
        self, objective: Objective, best: Chosen, bound: float, claim: float, y: Floats | None, tree: Tree | None = None
    ) -> None:
        """Close and hold a stage: with the solver's claim only where it says more than the proof."""
        self.x = best.x
        reached = min(claim, best.value)
        by = "solver" if reached > bound + WHOLE * max(1.0, abs(bound)) else "multipliers"
        multipliers = np.zeros(self.lp.shape[0] + len(self.held)) if y is None else y
        stated = reached if by == "solver" else bound
        prices = None if objective.integers else best.prices
        self._close(objective, best.value, stated, multipliers, prices=prices, tree=tree, by=by)
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

    def _searched(
        self, objective: Objective, columns: Ints, best: Chosen | None, nodes: int, bound: float
    ) -> tuple[Chosen, float]:
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
                gap=self._gap_beside(objective, best, bound),
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

    def _gap_beside(self, objective: Objective, best: Chosen | None, bound: float) -> float:
        """The gap for a search that does not know the constant of the objective, and so takes it of another value.

        It is as small as it must be for any value between the bound and the best.
        """
        if objective.integers or best is None or not np.isfinite(bound):
            return 0.0 if objective.integers else self.gap
        ends = np.array([bound, best.value])
        least = float(np.abs(ends).min()) if (ends > 0).all() or (ends < 0).all() else 0.0
        most = float(np.abs(ends - objective.constant).max())
        return min(self.gap, self.gap * max(1.0, least) / max(most, WHOLE))

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


def _better(one: Chosen | None, two: Chosen | None) -> Chosen | None:
    if one is None or two is None:
        return one or two
    return two if two.value < one.value else one


def _distance(columns: Ints, rounded: Floats, size: int) -> Floats:
    """Costs whose sum is, up to a constant, the distance of columns of 0 or 1 to a rounded point."""
    cost = np.zeros(size)
    cost[columns] = np.where(rounded[columns] > 0.5, -1.0, 1.0)
    return cost
