"""Search for whole loads: which to serve, proven by bounds of linear programs.

A node of the search names loads that must be served, and loads that are given up. Must-serve is a
penalty on what is missing, not a bound: plans that do serve those loads pay nothing, so the penalised
program's bound is a bound for the node, and it has a solution where the strict one may have none. Where
that bound leaves a node open with nothing left to split, it is asked for more insistently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from v2g.affine import Floats, Ints, Rows
from v2g.engine.bounds import Hold, rounded_up, step, valid_bound
from v2g.engine.clock import Clock
from v2g.engine.core import Core
from v2g.engine.tree import FREE, GIVEN_UP, MUST, NO_SOLUTION, Tree, penalised
from v2g.lp import Objective
from v2g.solvers.answer import Answer, Status

WHOLE = 1e-6
INSISTENCE = (20.0, 600.0, 18000.0)
MOST_NODES = 400


@dataclass(frozen=True)
class Node:
    """Integer columns that must be one, and those that are zero; ``program`` numbers the one that gave the bound."""

    must: frozenset[int]
    given_up: frozenset[int]
    bound: float
    program: int


@dataclass(frozen=True)
class Found:
    """The best whole point, its value, a proven bound, and the multipliers of the first program."""

    x: Floats
    value: float
    bound: float
    multipliers: Floats | None
    tree: Tree | None = None


@dataclass
class Search:
    """Minimise an objective with some columns whole; ``start`` is a whole point to beat, if there is one.

    A node is dropped where its program has no solution; where the solver merely failed, its bound
    stays open. Nodes whose bound is within ``gap`` of the best point are not followed.
    """

    core: Core
    objective: Objective
    columns: Ints
    lower: Floats
    upper: Floats
    held: list[Hold]
    clock: Clock
    solve: Callable[[Floats], Answer]
    gap: float = 0.0
    best: tuple[Floats, float] | None = None
    programs: list[tuple[Node, Ints, Floats]] = field(default_factory=list)
    rows: int = 0
    leaves: list[tuple[Node, int]] = field(default_factory=list)

    def run(self, root: Answer | None = None) -> Found:
        """Depth first, the promising side first; ends when no node can beat the best point."""
        self.size = step(self.core.lp, self.objective)
        self.least = self._bound(self.objective, None, self.upper)
        first = root if root is not None else self.solve(self._cost())
        assert first.x is not None
        bound = self._rounded(self._bound(self.objective, first.y, self.upper))
        self.unit = float(np.abs(self.objective.value).max()) if self.size else max(1.0, abs(bound))
        self.penalty = INSISTENCE[0] * self.unit
        top = Node(frozenset(), frozenset(), bound, self._program(frozenset(), frozenset(), first.y))
        open_nodes = self._children(top, first.x)
        for _ in range(MOST_NODES):
            self.leaves += [(n, n.program) for n in open_nodes if self._beaten(n)]
            open_nodes = [n for n in open_nodes if not self._beaten(n)]
            if not open_nodes or self.clock.over:
                break
            open_nodes += self._explore(open_nodes.pop())
        self.leaves += [(n, n.program) for n in open_nodes]
        self.core.fix(self.columns, self.lower[self.columns], self.upper[self.columns])
        if self.best is None:
            self._offer(self._rounded_down(first.x))
        assert self.best is not None
        x, value = self.best
        least = min((n.bound for n, program in self.leaves if program != NO_SOLUTION), default=value)
        proven = max(bound, min(least, value))
        return Found(x, value, proven, first.y, self._tree() if proven > bound + WHOLE else None)

    def _program(self, must: frozenset[int], given_up: frozenset[int], multipliers: Floats | None) -> int:
        """Keep a program's multipliers as evidence; returns its number."""
        y = np.zeros(0) if multipliers is None else multipliers
        at = np.flatnonzero(y)
        self.programs.append((Node(must, given_up, 0.0, 0), at, y[at]))
        self.rows = max(self.rows, y.size)
        return len(self.programs) - 1

    def _tree(self) -> Tree:
        start = np.cumsum([0, *(at.size for _, at, _ in self.programs)])
        at, y = (np.concatenate([program[part] for program in self.programs]) for part in (1, 2))
        return Tree(
            self.columns,
            np.array([self._coded(node) for node, _ in self.leaves], dtype=np.int8),
            np.array([program for _, program in self.leaves], dtype=np.int64),
            np.array([self._coded(node) for node, _, _ in self.programs], dtype=np.int8),
            Rows(start, at, y),
            self.rows,
            self.penalty,
        )

    def _coded(self, node: Node) -> list[int]:
        return [MUST if c in node.must else GIVEN_UP if c in node.given_up else FREE for c in self.columns]

    def _cost(self) -> Floats:
        return self.objective.dense(self.core.lp.shape[1])

    def _bound(self, objective: Objective, multipliers: Floats | None, upper: Floats) -> float:
        return valid_bound(self.core.lp, objective, multipliers, self.lower, upper, self.held)

    def _rounded(self, bound: float) -> float:
        return rounded_up(bound, self.least, self.size)

    def _beaten(self, node: Node) -> bool:
        """Whether the best point is as good as anything the node can hold."""
        if self.best is None:
            return False
        value = self.best[1]
        return node.bound >= value - max(WHOLE, self.gap * max(1.0, abs(value)))

    def _explore(self, node: Node) -> list[Node]:
        """Solve the node's program; offer its point if whole; otherwise split."""
        upper = self.upper.copy()
        upper[sorted(node.given_up)] = 0.0
        self.core.fix(self.columns, self.lower[self.columns], upper[self.columns])
        must, x = np.array(sorted(node.must), dtype=np.int64), None
        for insistence in INSISTENCE:
            penalty = insistence * self.unit
            dear = penalised(self.objective, must, penalty, self.core.lp.shape[1])
            answer = self.solve(dear.dense(self.core.lp.shape[1]))
            if answer.x is None:
                by = NO_SOLUTION if answer.status is Status.INFEASIBLE else node.program
                self.leaves.append((node, by))
                return []
            x, self.penalty = answer.x, max(self.penalty, penalty)
            bound = self._rounded(self._bound(dear, answer.y, upper))
            if bound >= node.bound:
                node = Node(node.must, node.given_up, bound, self._program(node.must, node.given_up, answer.y))
            if self._beaten(node):
                self.leaves.append((node, node.program))
                return []
            if not self._stuck(node, x):
                break
        assert x is not None
        return self._children(node, x)

    def _stuck(self, node: Node, x: Floats) -> bool:
        """Whether a must-serve is not served, and no other load is left that could give way."""
        decided = node.must | node.given_up
        unmet = any(x[c] < self.upper[c] - WHOLE for c in node.must)
        return unmet and not any(x[c] > WHOLE for c in self.columns if c not in decided)

    def _children(self, node: Node, x: Floats) -> list[Node]:
        z, top = x[self.columns], self.upper[self.columns]
        decided = node.must | node.given_up
        free = np.array([c not in decided for c in self.columns], dtype=bool)
        split = np.flatnonzero(free & (np.minimum(z, top - z) > WHOLE))
        if not split.size:
            if all(x[c] >= self.upper[c] - WHOLE for c in node.must):
                self._offer(x)
                self.leaves.append((node, node.program))
                return []
            split = np.flatnonzero(free & (z > WHOLE))
        if not split.size:
            self.leaves.append((node, node.program))
            return []
        chosen = int(self.columns[split[np.argmax(z[split])]])
        down = Node(node.must, node.given_up | {chosen}, node.bound, node.program)
        up = Node(node.must | {chosen}, node.given_up, node.bound, node.program)
        return [down, up]

    def _offer(self, x: Floats) -> None:
        value = self.objective.at(x)
        if self.best is None or value < self.best[1] - WHOLE:
            self.best = x, value

    def _rounded_down(self, x: Floats) -> Floats:
        """The point with its fractional loads not counted: always feasible."""
        whole = x.copy()
        whole[self.columns] = np.floor(whole[self.columns] + WHOLE)
        return whole
