"""Programs with whole columns beyond the counts, such as services by interval: chosen by the solver's own search.

Each stage is bounded by multipliers, as ever: of its relaxation, and for counts of the search over loads alone with
all other whole columns relaxed. Whole points are looked for from the quickest way to the slowest: the choice of the
stage before, the relaxation where it is whole, the relaxation rounded to whole columns that fit together, and for
counts turns of rounding and relaxing, and a search over loads alone with all other whole columns as they stand. Where
none of these reaches the bound, the solver searches over all whole columns at once, and its claim of a bound is kept
as a claim. Whole columns stay open until the last stage that may choose them, but for counts that reach the best
thinkable. Every point is solved once more with its whole columns fixed, so that it is exact.

A stage is held at exactly what it reached. Room there would not be idle: a later amount turns it into a better value,
each choice of whole columns at its own rate, and held at that value, choices that are equally good without any room
are lost, and loads of a later count with them. What the solver may miss a limit by is room enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from v2g.affine import Floats, Ints
from v2g.engine.bounds import rounded_up, step
from v2g.engine.clock import Clock
from v2g.engine.core import WHOLE, violations
from v2g.engine.refusal import refusal
from v2g.engine.rounding import Rounding
from v2g.engine.search import Found, Search
from v2g.engine.stages import Run
from v2g.engine.tree import Tree
from v2g.lp import LP, Objective
from v2g.solvers.answer import Answer, Status

NODES, LATER, LEAST = 10_000, 20, 10
"""A search ends after so many nodes up to the first amount after all counts; later, after this part of them.

Where fewer than so many were left then, none is begun: what is proven by multipliers is stated, and the gap.
"""
WORK = 2.5e13
"""Nodes times the square of nonzeros of the program: a node of a large program takes that much longer."""
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


Way = Callable[[Objective, Ints, Floats | None], Chosen | None]
"""From a stage, its open columns and a fractional point to a whole one, or to none."""


def further(lp: LP) -> Ints:
    """Whole columns still to be chosen that are in no count of the policy."""
    undecided: Ints = np.flatnonzero(lp.integer & (lp.lower < lp.upper))
    counted = [o.index for o in lp.objectives if o.integers]
    return np.setdiff1d(undecided, np.concatenate([undecided[:0], *counted]))


@dataclass
class Mixed(Run):
    """One pass over the stages of a program with whole columns beyond the counts.

    ``lead`` is the relaxation of all counts at once, as long as it says something of the next one.
    """

    lead: Answer | None = None

    @cached_property
    def rounding(self) -> Rounding:
        """What rounds fractional points."""
        return Rounding(self.lp)

    def all(self) -> Floats:
        """Solve every stage; returns the final point."""
        self.lead = self._led()
        for number, objective in enumerate(self.lp.objectives):
            if objective.settled and self.x is not None:
                self._settle(self._open(), np.rint(self.x[self._open()]))
            if not objective.index.size:
                self._constant(objective)
            elif self._open().size:
                self._mixed(objective, nodes=self._effort(number), settle=number == self._last())
            else:
                self._amount(objective, settle=True)
        return self._final()

    def _led(self) -> Answer | None:
        """One relaxation for all counts, where they come first and there are several."""
        counts = [o for o in self.lp.objectives if o.integers and o.index.size]
        return self._together(counts) if self._counts_first() and len(counts) > 1 else None

    def _open(self) -> Ints:
        return self.whole[self.lower[self.whole] < self.upper[self.whole]]

    def _last(self) -> int:
        """The last stage with anything to choose."""
        return max((n for n, o in enumerate(self.lp.objectives) if o.index.size), default=-1)

    def _effort(self, number: int) -> int:
        """Nodes for a stage: many up to the first amount after all counts; few beyond, in a large program none."""
        before = [o for o in self.lp.objectives[:number] if o.index.size]
        counting = any(o.integers for o in self.lp.objectives[number:])
        nodes = max(LATER, min(NODES, int(WORK / max(1, self.lp.matrix.value.size) ** 2)))
        if counting or not before or before[-1].integers:
            return nodes
        return nodes // LATER if nodes >= LATER * LEAST else 0

    def _mixed(self, objective: Objective, nodes: int, settle: bool) -> None:
        """One stage: a bound first, then whole points from the quickest way to the slowest, until one meets it."""
        columns, tree, best = self._open(), None, None
        if self._at_best(objective):
            self._stand(objective)
            if settle:
                assert self.x is not None
                self._settle(columns, np.rint(self.x[columns]))
            return
        bound, relaxed = self._leading(objective) or self._proven(objective)
        hint = relaxed.x
        if objective.integers and hint is not None:
            if not self._whole(hint, self._counting_now(objective)):
                found = self._counting(objective, relaxed)
                bound, hint, tree = max(bound, found.bound), found.x, found.tree
            hint = self._without_later(objective, hint)
        for way in self._ways(objective):
            if self._met(objective, best, bound):
                break
            best = _better(best, way(objective, columns, hint))
        claim = bound
        if best is None or (nodes and not self._met(objective, best, bound)):
            best, claim = self._searched(objective, columns, best, nodes, bound)
        self._conclude(objective, best, bound, claim, relaxed.y, tree)
        if settle:
            self._settle(columns, np.rint(best.x[columns]))
        elif objective.integers:
            self._led_on(objective, best)

    def _ways(self, objective: Objective) -> Sequence[Way]:
        """Ways to a whole point. The choice of the stage before says little about a count, and much about an amount."""
        if objective.integers:
            return self._as_relaxed, self._rounded, self._pumped, self._beside, self._as_before
        return self._as_before, self._as_relaxed, self._rounded

    def _leading(self, objective: Objective) -> tuple[float, Answer] | None:
        """What the relaxation of all counts at once says of a count; None where that is nothing.

        It serves as long as all counts above are at the best thinkable: see `_together`.
        """
        if self.lead is None or self.lead.x is None or not objective.integers:
            return None
        thinkable = self._bound_of(objective, None)
        if objective.at(self.lead.x) <= thinkable + WHOLE:
            return thinkable, Answer(self.lead.status, self.lead.x)
        counts = [o for o in self.lp.objectives if o.integers and o.index.size]
        if objective is not counts[-1]:
            return None
        return self._raised(objective, self._bound(objective, self.lead)), self.lead

    def _led_on(self, objective: Objective, best: Chosen) -> None:
        """A count at the best thinkable leaves its columns no choice; any other ends what the lead says."""
        if best.value > self._bound_of(objective, None) + WHOLE:
            self.lead = None
            return
        own = np.intersect1d(objective.index, self._open())
        self._settle(own, np.rint(best.x[own]))

    def _counting_now(self, objective: Objective) -> Ints:
        """Open columns of this count and of those before."""
        own = np.intersect1d(objective.index, self._open())
        return np.union1d(own, self._open_before(own))

    def _without_later(self, objective: Objective, x: Floats) -> Floats:
        """The point with fractional loads of later counts not counted: they are not asked for yet."""
        later = np.setdiff1d(self._counted(self._open()), self._counting_now(objective))
        point = x.copy()
        point[later] = np.floor(point[later] + WHOLE)
        return point

    def _counting(self, objective: Objective, relaxed: Answer) -> Found:
        """A count by the search over the columns of counts alone, with all other whole columns relaxed."""
        own = np.intersect1d(objective.index, self._open())
        earlier = self._open_before(own)
        start = self._standing(objective, own, earlier)
        return self._search(objective, np.union1d(own, earlier), best=start).run(relaxed)

    def _beside(self, objective: Objective, columns: Ints, hint: Floats | None) -> Chosen | None:
        """A count by the search over the columns of counts alone, with all other whole columns as they stand."""
        if self.x is None:
            return None
        others = np.setdiff1d(columns, self._counted(columns))
        lower, upper, values = self.lower.copy(), self.upper.copy(), np.rint(self.x[others])
        lower[others] = upper[others] = values
        self.core.fix(others, values, values)
        root = self._try(objective.dense(self.lp.shape[1]))
        found = None
        if root.x is not None:
            counting = self._counting_now(objective)
            search = Search(self.core, objective, counting, lower, upper, self.held, self.clock, self._try)
            found = self._without_later(objective, search.run(root).x)
        self.core.fix(others, self.lower[others], self.upper[others])
        return None if found is None else self._fixed(objective, columns, found)

    def _as_before(self, objective: Objective, columns: Ints, hint: Floats | None) -> Chosen | None:
        """The choice of the stage before."""
        return self._fixed(objective, columns, self.x)

    def _as_relaxed(self, objective: Objective, columns: Ints, hint: Floats | None) -> Chosen | None:
        """The point as it is, where its columns are whole."""
        return None if hint is None or not self._whole(hint, columns) else self._fixed(objective, columns, hint)

    def _rounded(self, objective: Objective, columns: Ints, hint: Floats | None) -> Chosen | None:
        """The point rounded to whole columns that fit together."""
        if hint is None:
            return None
        point = self.rounding.nearest(hint, self.lower, self.upper, self.held, self.clock.left())
        return None if point is None else self._fixed(objective, columns, point)

    def _pumped(self, objective: Objective, columns: Ints, hint: Floats | None) -> Chosen | None:
        """Whole columns of a count's choice by turns: the nearest that fit together, then the nearest possible.

        Each turn is a linear program that comes as close to the last rounding as all limits allow.
        """
        if hint is None:
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
        self._hold(objective, best.value)

    def _proven(self, objective: Objective) -> tuple[float, Answer]:
        """A proven bound, and the relaxation it is from. Where time is over and a plan stands, it says nothing."""
        answer = self._try(objective.dense(self.lp.shape[1]))
        if answer.x is None and (self.x is None or answer.status is not Status.TIME_LIMIT):
            raise refusal(answer, [objective], begun=self.x is not None)
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
            raise refusal(answer, [objective], begun=self.x is not None)
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
