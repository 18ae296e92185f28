"""A linear program over decisions only: states substituted, limits on them added where they are violated."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from v2g.affine import Entries, Floats, Ints, Rows, gather
from v2g.engine.states import States, peel
from v2g.engine.worst import distinct, kinds, violated
from v2g.lp import LP, row_sums
from v2g.solvers.answer import Answer, Status
from v2g.solvers.highs import Session

VIOLATION = 2e-8
ROUNDS = 200
PATIENCE = 0.4
STALLED, LEAST_STALLED = 10.0, 20.0
WHOLE = 1e-6
SEARCH = {"solver": "choose", "mip_feasibility_tolerance": 1e-9}
LOOSER = {"primal_feasibility_tolerance": 1e-7, "mip_feasibility_tolerance": 1e-7}
"""HiGHS calls its own optimum an error where that misses limits by some 1e-9: then the search is done again so."""


class Core(Protocol):
    """What the stages of a policy are solved on."""

    lp: LP
    rescued: int

    def minimise(self, cost: Floats, time_limit: float | None) -> Answer:
        """Point and multipliers over all columns and rows of the program."""

    def minimise_whole(
        self, cost: Floats, columns: Ints, *, start: Floats | None, gap: float, nodes: int, time_limit: float | None
    ) -> Answer:
        """Point with some columns whole, and the solver's claim of a bound."""

    def fix(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """New bounds for some decision columns."""

    def hold(self, index: Ints, value: Floats, upper: float) -> None:
        """From now on ``sum(value * x[index]) <= upper``."""


class Reduced:
    """The whole program, solved on its decisions."""

    def __init__(self, lp: LP, options: dict[str, Any], report: Callable[[str], None] | None = None) -> None:
        self.lp, self.report = lp, report or (lambda _: None)
        self.states: States = peel(lp)
        self.decision = np.flatnonzero(self.states.level_of < 0)
        self.place = np.full(lp.shape[1], -1, dtype=np.int64)
        self.place[self.decision] = np.arange(self.decision.size)
        self.lower, self.upper = lp.lower.copy(), lp.upper.copy()
        self.kept = np.flatnonzero(~self.states.defines & ~lp.lazy)
        self.lazy = np.flatnonzero(lp.lazy)
        self.limited = np.flatnonzero((self.states.level_of >= 0) & (np.isfinite(lp.lower) | np.isfinite(lp.upper)))
        self.tail: list[tuple[str, int]] = []
        self.inside = {"column": np.zeros(lp.shape[1], bool), "row": np.zeros(lp.shape[0], bool)}
        names = lp.layout
        self.kinds = {"column": kinds(names.columns, lp.shape[1]), "row": kinds(names.rows, lp.shape[0])}
        self.holds: list[tuple[Ints, Floats, float]] = []
        self.options, self.rescued = options, 0
        self.session = Session(options)
        self.fresh_seconds: float | None = None
        self.last_cost: Floats | None = None
        self._load()

    def _load(self) -> None:
        rows, constant = self.states.rewrite(gather(self.lp.matrix, self.kept), self.kept.size)
        low, high = self.lp.row_lower[self.kept] - constant, self.lp.row_upper[self.kept] - constant
        own = self.decision
        self.session.load(self._placed(rows), low, high, self.lower[own], self.upper[own], np.zeros(own.size))

    def _placed(self, rows: Rows) -> Rows:
        return Rows(rows.start, self.place[rows.index], rows.value)

    def fix(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """New bounds for some decision columns."""
        self.lower[columns], self.upper[columns] = lower, upper
        self.session.bounds(self.place[columns], lower, upper)

    def hold(self, index: Ints, value: Floats, upper: float) -> None:
        """From now on the sum stays at or below ``upper``."""
        entries = Entries(np.zeros(index.size, dtype=np.int64), index, value)
        rows, constant = self.states.rewrite(entries, 1)
        self.session.add_rows(self._placed(rows), np.array([-np.inf]), np.array([upper]) - constant)
        self.tail.append(("hold", len(self.holds)))
        self.holds.append((index, value, upper))

    def minimise(self, cost: Floats, time_limit: float | None = None) -> Answer:
        """Solve, look for violated limits, add them, until none is left.

        The first program is solved by the method asked for; once rows are added, dual simplex goes on
        from its basis, as no interior method can.
        """
        started = time.perf_counter()
        own, _ = self._over_decisions(cost)
        self.session.costs(own)
        answer = Answer(Status.FAILED)
        known = self.last_cost is not None and np.array_equal(self.last_cost != 0.0, own != 0.0)
        self.last_cost = own
        for round_number in range(ROUNDS):
            left = None if time_limit is None else time_limit - (time.perf_counter() - started)
            if round_number:
                self.session.option("solver", "simplex")
            answer = self._run(left, hopeful=round_number == 0 and not known)
            if not answer.status.has_point:
                break
            x = self._full(answer)
            added = self._add_violated(x)
            if not added:
                answer = Answer(answer.status, x, self._multipliers(cost, answer), answer.bound, answer.message)
                break
            self.report(f"{added} network limits added")
        else:
            answer = Answer(Status.FAILED, message=f"network limits were still violated after {ROUNDS} rounds")
        self.session.option("solver", self.options["solver"])
        return answer

    def minimise_whole(
        self, cost: Floats, columns: Ints, *, start: Floats | None, gap: float, nodes: int, time_limit: float | None
    ) -> Answer:
        """One search by the solver itself, with some decision columns whole; ``bound`` is what it claims.

        The search ends within ``gap`` (relative, or absolute where the value is below one), or after so many nodes.
        Limits that its point violates are added, and the point is called feasible at best: search again. The claim
        holds all the same, as it is one on a program with fewer limits.
        """
        own, constant = self._over_decisions(cost)
        self.session.costs(own)
        self.last_cost = own
        self.session.whole(self.place[columns], True, float(constant[0]))
        ends = {"mip_rel_gap": gap, "mip_abs_gap": max(gap, WHOLE), "mip_max_nodes": nodes}
        for name, value in {**SEARCH, **ends}.items():
            self.session.option(name, value)
        if start is not None:
            self.session.suggest(start[self.decision])
        basis = self.session.basis()
        answer = self.session.run(time_limit)
        if answer.status is Status.FAILED:
            answer = self._run_looser(time_limit)
        self.session.whole(self.place[columns], False)
        self.session.option("solver", self.options["solver"])
        self.session.forget()
        self.session.resume(basis)
        if answer.x is None:
            return answer
        x = self._full(answer)
        status = Status.FEASIBLE if self._add_violated(x) else answer.status
        return Answer(status, x, bound=answer.bound, message=answer.message)

    def _run_looser(self, time_limit: float | None) -> Answer:
        """The search once more, with limits kept less exactly: who asked solves its choice again, exactly."""
        for name, value in LOOSER.items():
            self.session.option(name, value)
        answer = self.session.run(time_limit)
        for name in LOOSER:
            self.session.option(name, self.options.get(name, SEARCH.get(name)))
        return answer

    def _over_decisions(self, cost: Floats) -> tuple[Floats, Floats]:
        """Costs of the decisions alone, and the constant that states add."""
        costs = np.flatnonzero(cost)
        entries = Entries(np.zeros(costs.size, dtype=np.int64), costs, cost[costs])
        reduced, constant = self.states.rewrite(entries, 1)
        own = np.zeros(self.decision.size)
        own[self.place[reduced.index]] = reduced.value
        return own, constant

    def _run(self, left: float | None, hopeful: bool) -> Answer:
        """Run the solver. The basis of another objective may be a bad start: it gets part of a fresh start's time."""
        patience = None if self.fresh_seconds is None else PATIENCE * self.fresh_seconds
        if hopeful and patience is not None and (left is None or left > patience):
            answer = self.session.run(patience)
            if answer.status not in (Status.TIME_LIMIT, Status.FEASIBLE, Status.FAILED):
                return answer
            self.session.forget()
            left = None if left is None else left - patience
        started = time.perf_counter()
        answer = self._unless_stalled(left)
        if answer.status is Status.FAILED and self.options.get("solver") != "simplex":
            answer = self._rescue(left)
        if self.fresh_seconds is None:
            self.fresh_seconds = max(0.5, time.perf_counter() - started)
        return answer

    def _unless_stalled(self, left: float | None) -> Answer:
        """Run; simplex can go round in circles from a basis: after many times a fresh start's time, start afresh."""
        if self.fresh_seconds is None:
            return self.session.run(left)
        most = max(LEAST_STALLED, STALLED * self.fresh_seconds)
        if left is not None and left <= most:
            return self.session.run(left)
        answer = self.session.run(most)
        if answer.status not in (Status.TIME_LIMIT, Status.FEASIBLE):
            return answer
        self.rescued += 1
        self.report("the solver went round in circles: started afresh")
        self.session.forget()
        return self.session.run(None if left is None else left - most)

    def _rescue(self, left: float | None) -> Answer:
        """Where the method asked for gives no answer, the simplex method does; it is said and counted."""
        self.rescued += 1
        self.report(f"{self.options['solver']} gave no answer: solved by simplex")
        self.session.forget()
        self.session.option("solver", "simplex")
        answer = self.session.run(left)
        self.session.option("solver", self.options["solver"])
        return answer

    def _full(self, answer: Answer) -> Floats:
        assert answer.x is not None
        x = np.zeros(self.lp.shape[1])
        x[self.decision] = np.clip(answer.x, self.lower[self.decision], self.upper[self.decision])
        return self.states.evaluate(x)

    def _add_violated(self, x: Floats) -> int:
        """Add the worst violated limits that are not in the program yet; returns how many."""
        columns = self._worst("column", self.limited, x, self.lp.lower, self.lp.upper)
        lazy = gather(self.lp.matrix, self.lazy)
        activity = np.zeros(self.lp.shape[0])
        activity[self.lazy] = np.bincount(lazy.row, weights=lazy.coefficient * x[lazy.column], minlength=self.lazy.size)
        rows = self._worst("row", self.lazy, activity, self.lp.row_lower, self.lp.row_upper)
        return columns + rows

    def _worst(self, sort: str, among: Ints, value: Floats, lower: Floats, upper: Floats) -> int:
        """Add the worst of the violated limits of a sort that are not in yet; returns how many."""
        waiting = among[~self.inside[sort][among]]
        found = distinct(
            violated(waiting, value, lower, upper, self.kinds[sort], VIOLATION),
            lambda index: self._reduced(sort, index)[0],
        )
        if found.size:
            rows, constant = self._reduced(sort, found)
            self.session.add_rows(self._placed(rows), lower[found] - constant, upper[found] - constant)
            self.tail += [(sort, int(at)) for at in found]
            self.inside[sort][found] = True
        return int(found.size)

    def _reduced(self, sort: str, index: Ints) -> tuple[Rows, Floats]:
        """Limits on columns, or rows, over decisions alone."""
        if sort == "row":
            return self.states.rewrite(gather(self.lp.matrix, index), index.size)
        return self.states.rewrite(Entries(np.arange(index.size), index, np.ones(index.size)), index.size)

    def _multipliers(self, cost: Floats, answer: Answer) -> Floats | None:
        """Multipliers of all rows of the program, then of the holds, shape (rows + holds,)."""
        if answer.y is None:
            return None
        rows, columns = self.lp.shape
        y, reduced, held = np.zeros(rows), np.zeros(columns), np.zeros(len(self.holds))
        y[self.kept] = answer.y[: self.kept.size]
        for (kind, at), value in zip(self.tail, answer.y[self.kept.size :], strict=True):
            if kind == "row":
                y[at] = value
            elif kind == "column":
                reduced[at] = value
            else:
                held[at] = value
        priced = cost.copy()
        for (index, value, _), weight in zip(self.holds, held, strict=True):
            priced[index] -= weight * value
        return np.concatenate([self.states.multipliers(priced, y, reduced), held])


def violations(lp: LP, x: Floats) -> float:
    """Largest violation of any row or bound at a point."""
    activity = row_sums(lp.matrix, x)
    worst = [lp.row_lower - activity, activity - lp.row_upper, lp.lower - x, x - lp.upper]
    return float(max((w.max(initial=0.0) for w in worst), default=0.0))
