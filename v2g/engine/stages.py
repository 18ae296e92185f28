"""The policy's stages, solved in order: each as small as possible, then held, then the next.

Counts of critical loads come first, and are proven by rounding: a linear program bounds how much of
a tier can be served, the bound is rounded to what whole loads can add up to, and a search over the
few fractional loads finds a plan that reaches it. When the plan's count equals the rounded bound,
that is a proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from v2g.affine import Floats, Ints
from v2g.engine.bounds import Hold, valid_bound
from v2g.engine.clock import Clock
from v2g.engine.core import Core
from v2g.engine.refusal import refusal
from v2g.engine.search import WHOLE, Found, Search
from v2g.engine.tree import Tree
from v2g.lp import LP, Objective
from v2g.solvers.answer import Answer, Status

HOLD_ROOM = 0.0
AT_BEST = 1e-9
Report = Callable[[str, str], None]


@dataclass(frozen=True)
class Stage:
    """What became of one stage: its value, a proven bound, and the multipliers that prove it.

    ``lower``, ``upper`` and ``held`` (how many holds) say for which program the multipliers are.
    ``prices`` are the multipliers with all integers fixed, where they are others; ``tree`` is the
    search that proves the bound, where the multipliers alone do not. ``by`` is ``solver`` where the
    bound rests on the solver's own search, and the multipliers prove less.
    """

    objective: Objective
    value: float
    bound: float
    multipliers: Floats | None
    lower: Floats
    upper: Floats
    held: int
    prices: Floats | None = None
    tree: Tree | None = None
    by: str = "multipliers"

    @property
    def gap(self) -> float:
        """Distance between value and bound, relative to the value (to one unit where that is larger)."""
        return max(0.0, self.value - self.bound) / max(1.0, abs(self.value))


@dataclass
class Run:
    """One pass over the stages."""

    core: Core
    clock: Clock
    report: Report
    gap: float = 1e-3
    x: Floats | None = None
    stages: list[Stage] = field(default_factory=list)
    held: list[Hold] = field(default_factory=list)
    status: Status = Status.OPTIMAL

    def __post_init__(self) -> None:
        self.lower, self.upper = self.lp.lower.copy(), self.lp.upper.copy()
        self.whole = np.flatnonzero(self.lp.integer)

    @property
    def lp(self) -> LP:
        """The whole program."""
        return self.core.lp

    def all(self) -> Floats:
        """Solve every stage; returns the final point."""
        objectives = self.lp.objectives
        counts = [o for o in objectives if o.integers]
        lead = self._together(counts) if self._counts_first() and any(o.index.size for o in counts) else None
        exact = lead is not None
        for number, objective in enumerate(objectives):
            rest = objectives[number + 1 :]
            if not objective.index.size:
                self._constant(objective)
            elif objective.integers:
                exact = self._count(objective, lead, exact, last=not any(o.integers for o in rest)) and exact
            else:
                self._amount(objective, settle=not any(o.integers for o in rest))
        return self._final()

    def _final(self) -> Floats:
        """The point of the last stage; where no stage had anything to choose, any point that keeps all limits."""
        if self.x is None:
            self.x = self._solve([], np.zeros(self.lp.shape[1])).x
        assert self.x is not None
        return self.x

    def _constant(self, objective: Objective) -> None:
        """A stage without terms is what it is: nothing to solve, to prove, or to hold; no kWh would change it."""
        prices = None if objective.integers else np.zeros(self.lp.shape[0])
        self._close(objective, objective.constant, objective.constant, None, prices=prices)

    def _solve(self, objectives: list[Objective], cost: Floats | None = None) -> Answer:
        """A point for these objectives, of their costs where no other are given; raises where there is none."""
        answer = self.core.minimise(objectives[0].dense(self.lp.shape[1]) if cost is None else cost, self.clock.left())
        if not answer.status.has_point:
            raise refusal(answer, objectives, begun=self.x is not None)
        return answer

    def _try(self, cost: Floats) -> Answer:
        return self.core.minimise(cost, self.clock.left())

    def _search(self, objective: Objective, columns: Ints, **more: Any) -> Search:
        return Search(self.core, objective, columns, self.lower, self.upper, self.held, self.clock, self._try, **more)

    def _counts_first(self) -> bool:
        """Whether all counts come before any amount: with an amount held in between, one program says too little."""
        counting = [o.integers for o in self.lp.objectives]
        return counting[0] and counting == sorted(counting, reverse=True)

    def _together(self, counts: list[Objective]) -> Answer:
        """One program for all counts at once.

        Where it leaves all tiers above at their best thinkable value, what it says of the next tier is
        exact: among plans with those tiers at their best, the weighted sum differs by that tier alone.
        """
        cost = np.zeros(self.lp.shape[1])
        for rank, objective in enumerate(counts):
            cost += 10.0 ** (len(counts) - 1 - rank) * objective.dense(cost.size)
        return self._solve(counts, cost)

    def _count(self, objective: Objective, lead: Answer | None, exact: bool, last: bool) -> bool:
        """Solve a count; says whether it is at its best thinkable value."""
        own = np.intersect1d(objective.index, self.whole)
        best = self._bound_of(objective, None)
        if lead is not None and lead.x is not None and exact and objective.at(lead.x) <= best + WHOLE:
            self._settle(own, self.upper[own])
            self.x = lead.x
            self._close(
                objective, objective.constant + float(objective.value @ self.upper[objective.index]), best, None
            )
            return True
        root = lead if exact and last else self._solve([objective])
        earlier = self._open_before(own)
        start = self._standing(objective, own, earlier)
        found = self._search(objective, np.union1d(own, earlier), best=start).run(root)
        self.x = found.x
        self._close(objective, found.value, found.bound, found.multipliers, tree=found.tree)
        self._hold(objective, found.value)
        return False

    def _open_before(self, own: Ints) -> Ints:
        """Columns of earlier counts, held but not settled: they must stay whole while others are counted."""
        counted = [own[:0], *(s.objective.index for s in self.stages if s.objective.integers)]
        held: Ints = np.setdiff1d(np.concatenate(counted), own)
        return held[self.lower[held] < self.upper[held]]

    def _standing(self, objective: Objective, own: Ints, earlier: Ints) -> tuple[Floats, float] | None:
        """A whole point: the choice of earlier counts as it stands, fractional loads of this one not counted."""
        if self.x is None or not earlier.size:
            return None
        known = np.rint(self.x[earlier])
        self.core.fix(earlier, known, known)
        answer = self._try(objective.dense(self.lp.shape[1]))
        self.core.fix(earlier, self.lower[earlier], self.upper[earlier])
        if answer.x is None:
            return None
        x = answer.x.copy()
        x[own] = np.floor(x[own] + WHOLE)
        return x, objective.at(x)

    def _amount(self, objective: Objective, settle: bool) -> None:
        """Solve a quantity. The first one after the counts chooses between equal sets; then loads are fixed."""
        free = self.whole[self.lower[self.whole] < self.upper[self.whole]]
        if free.size:
            found, before = self._choose(objective, free), (self.lower.copy(), self.upper.copy())
            if not settle:
                self.x = found.x
                self._close(objective, found.value, found.bound, found.multipliers, tree=found.tree)
                self._hold(objective, found.value)
                return
            self._settle(free, np.rint(found.x[free]))
            priced = self._solve([objective])
            assert priced.x is not None
            self.x, value = priced.x, objective.at(priced.x)
            self._close(objective, value, found.bound, found.multipliers, before, priced.y, found.tree)
            self._hold(objective, value)
            return
        if self._at_best(objective):
            self._stand(objective)
            return
        answer = self._try(objective.dense(self.lp.shape[1]))
        if answer.x is None and (self.x is None or answer.status is not Status.TIME_LIMIT):
            raise refusal(answer, [objective], begun=self.x is not None)
        multipliers = np.zeros(self.lp.shape[0] + len(self.held)) if answer.x is None else answer.y
        self.x = (
            self.x if answer.x is None else answer.x
        )  # out of time: the plan as it stands, and no bound to speak of
        assert self.x is not None
        value = objective.at(self.x)
        self._close(objective, value, self._bound(objective, answer), multipliers)
        self._hold(objective, value)

    def _at_best(self, objective: Objective) -> bool:
        """Whether the plan as it stands has the best value that the bounds of columns leave: nothing to solve."""
        if self.x is None or objective.integers:
            return False
        best = self._bound_of(objective, None)
        return objective.at(self.x) <= best + AT_BEST * max(1.0, abs(best))

    def _stand(self, objective: Objective) -> None:
        """Close a stage with the plan as it stands: no limit is in its way."""
        assert self.x is not None
        value, none = objective.at(self.x), np.zeros(self.lp.shape[0] + len(self.held))
        self._close(objective, value, self._bound_of(objective, None), none, prices=none)
        self._hold(objective, value)

    def _choose(self, objective: Objective, free: Ints) -> Found:
        """Search over the whole columns still free, starting from those of the last stage."""
        cost = objective.dense(self.lp.shape[1])
        root = self._solve([objective])
        start = None
        if self.x is not None:
            known = np.rint(self.x[free])
            self.core.fix(free, known, known)
            answer = self._try(cost)
            start = None if answer.x is None else (answer.x, objective.at(answer.x))
            self.core.fix(free, self.lower[free], self.upper[free])
        return self._search(objective, free, gap=self.gap, best=start).run(root)

    def _bound(self, objective: Objective, answer: Answer) -> float:
        return self._bound_of(objective, answer.y)

    def _bound_of(self, objective: Objective, multipliers: Floats | None) -> float:
        return valid_bound(self.lp, objective, multipliers, self.lower, self.upper, self.held)

    def _settle(self, columns: Ints, values: Floats) -> None:
        self.lower[columns], self.upper[columns] = values, values
        self.core.fix(columns, values, values)

    def _hold(self, objective: Objective, value: float, room: float = HOLD_ROOM) -> None:
        """Keep a stage at its value, with room for rounding."""
        upper = value - objective.constant + room * max(1.0, abs(value))
        self.held.append(Hold(objective.index, objective.value, upper))
        self.core.hold(objective.index, objective.value, upper)

    def _close(
        self,
        objective: Objective,
        value: float,
        bound: float,
        multipliers: Floats | None,
        at: tuple[Floats, Floats] | None = None,
        prices: Floats | None = None,
        tree: Tree | None = None,
        by: str = "multipliers",
    ) -> None:
        lower, upper = at or (self.lower.copy(), self.upper.copy())
        if prices is None and not objective.integers:
            prices = multipliers
        stage = Stage(objective, value, min(bound, value), multipliers, lower, upper, len(self.held), prices, tree, by)
        self.stages.append(stage)
        unit = "" if objective.unit == "1" else f" {objective.unit}"
        search = " by the solver's search" if by == "solver" else ""
        self.report(objective.name, f"{value:.6g}{unit}, gap {stage.gap:.1e}{search}")
