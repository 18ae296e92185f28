"""Solving a changed case with loads that must be served: first whether it can be, then in full with its audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from v2g.case import Case
from v2g.engine.clock import Clock
from v2g.engine.core import Reduced
from v2g.errors import V2GError
from v2g.language import Part
from v2g.plan import Plan
from v2g.planning import ALWAYS, HIGHS_OPTIONS, problem_of, required, solve
from v2g.readings.arrays import Arrays
from v2g.solvers.answer import Status

CONFIRMED_GAP = 0.05
"""A plan that confirms a remedy is exact in its counts; its amounts may be this far from the best, relative."""
KEPT_NONZEROS = 20_000_000
"""Programs are kept for the next load up to so many nonzeros together."""


@dataclass
class Trial:
    """Tries cases with the network and the policy of a plan; ``solved`` counts the programs."""

    plan: Plan
    case: Case
    parts: Sequence[type[Part]]
    solved: int = field(default=0)
    programs: dict[int, tuple[Case, Any]] = field(default_factory=dict, repr=False)

    @property
    def _made(self) -> Mapping[str, Any]:
        made = self.plan.summary.get("provenance")
        return made if isinstance(made, Mapping) else {}

    def _word(self, key: str) -> str:
        return str(self._made.get(key) or self.case.header[key])

    def possible(self, case: Case, keep: Sequence[str], clock: Clock) -> bool | None:
        """Whether the linear program has a solution with these loads kept; None where the time ended first.

        That is necessary for a plan, and sufficient where the loads kept are all that is whole.
        """
        lp = required(self._program(case), keep)
        if (lp.lower > lp.upper).any():
            return False
        if clock.over:
            return None
        self.solved += 1
        answer = Reduced(lp, HIGHS_OPTIONS[""] | ALWAYS).minimise(np.zeros(lp.shape[1]), clock.left())
        if answer.status is Status.INFEASIBLE:
            return False
        return True if answer.status.has_point else None

    def _program(self, case: Case) -> Any:
        """The program of a case, from memory where the same case was tried for another load."""
        known = self.programs.get(id(case))
        if known is not None:
            return known[1]
        lp = Arrays(problem_of(case, self._word("network"), self._word("policy"), self.parts)).read()
        self.programs[id(case)] = case, lp
        while len(self.programs) > 1 and self._kept_nonzeros() > KEPT_NONZEROS:
            del self.programs[next(iter(self.programs))]
        return lp

    def _kept_nonzeros(self) -> int:
        return sum(int(lp.matrix.value.size) for _, lp in self.programs.values())

    def plan_of(self, case: Case, keep: Sequence[str], clock: Clock) -> Plan | None:
        """A plan that keeps these loads, audited; None where there is none, or not in time."""
        self.solved += 1
        try:
            return solve(
                case, network=self._word("network"), policy=self._word("policy"), gap=CONFIRMED_GAP,
                time_limit=clock.left(), parts=self.parts, keep=keep,
            )  # fmt: skip
        except V2GError:
            return None
