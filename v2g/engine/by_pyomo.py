"""The same stages by any solver that Pyomo knows, on the whole problem as Pyomo wrote it.

The bounds still come from multipliers of our own rows, so a solver's answer is never its own judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyomo.environ as pyo

from v2g.affine import Floats
from v2g.engine.bounds import rounded_up, step
from v2g.engine.stages import Run, no_plan
from v2g.errors import SolveError
from v2g.lp import Objective
from v2g.readings.pyomo import PyomoModel
from v2g.solvers.pyomo import solve


@dataclass
class ByPyomo(Run):
    """One pass over the stages with a mixed-integer solver for each."""

    witness: PyomoModel | None = None
    variant: str = ""
    expressions: list[Any] = field(default_factory=list)

    def all(self) -> Floats:
        """Solve every stage; returns the final point."""
        assert self.witness is not None
        self.holds = pyo.ConstraintList()
        self.witness.model.add_component("held", self.holds)
        objectives = self.lp.objectives
        for number, (objective, expression) in enumerate(zip(objectives, self.witness.stages, strict=True)):
            self._stage(objective, expression, settle=not any(o.integers for o in objectives[number:]))
        assert self.x is not None
        return self.x

    def _stage(self, objective: Objective, expression: Any, settle: bool) -> None:
        bound, multipliers = self._relaxed(objective)
        if isinstance(expression, (int, float)):
            value = float(expression)
            self._close(objective, value, bound, multipliers)
            return
        x = self._minimised(expression)
        value = objective.at(x)
        self.x = x
        self._close(objective, value, bound, multipliers)
        self._hold(objective, value)
        room = self.held[-1].upper + objective.constant
        self.holds.add(expression <= room)
        open_ones = self.whole[self.lower[self.whole] < self.upper[self.whole]]
        if settle and open_ones.size:
            self._settle(open_ones, np.rint(x[open_ones]))
            for column in open_ones:
                self.witness.variables[column].fix(round(x[column]))  # type: ignore[union-attr]

    def _relaxed(self, objective: Objective) -> tuple[float, Floats | None]:
        """A proven bound from the relaxation, and its multipliers."""
        answer = self._solve(objective.dense(self.lp.shape[1]))
        bound = self._bound(objective, answer)
        least = self._bound_of(objective, None)
        return rounded_up(bound, least, step(self.lp, objective)), answer.y

    def _minimised(self, expression: Any) -> Floats:
        assert self.witness is not None
        model = self.witness.model
        if model.component("stage") is not None:
            model.del_component("stage")
        model.add_component("stage", pyo.Objective(expr=expression, sense=pyo.minimize))
        answer = solve(model, self.witness.variables, self.variant, 0.01 * self.gap, self.clock.left())
        if answer.x is None:
            raise SolveError(no_plan(answer, begun=self.x is not None))
        return np.asarray(answer.x, dtype=float)
