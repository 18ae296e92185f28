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
from v2g.engine.mixed import Chosen, Mixed, further
from v2g.engine.refusal import refusal
from v2g.lp import Objective
from v2g.readings.pyomo import PyomoModel
from v2g.solvers.answer import Answer
from v2g.solvers.pyomo import solve


@dataclass
class ByPyomo(Mixed):
    """One pass over the stages with a mixed-integer solver for each.

    Whole columns are fixed at the first amount after all counts; where there are others than the counts', at
    the last stage.
    """

    witness: PyomoModel | None = None
    variant: str = ""
    expressions: list[Any] = field(default_factory=list)

    def all(self) -> Floats:
        """Solve every stage; returns the final point."""
        assert self.witness is not None
        self.holds = pyo.ConstraintList()
        self.witness.model.add_component("held", self.holds)
        objectives, mixed = self.lp.objectives, further(self.lp).size > 0
        for number, (objective, expression) in enumerate(zip(objectives, self.witness.stages, strict=True)):
            counting = any(o.integers for o in objectives[number:])
            if not objective.index.size:
                self._constant(objective)
            elif mixed and self._open().size:
                self._chosen(objective, expression, settle=number == self._last())
            else:
                self._stage(objective, expression, settle=not counting)
        return self._final()

    def _stage(self, objective: Objective, expression: Any, settle: bool) -> None:
        bound, multipliers = self._relaxed(objective)
        x = self._found(objective, expression)
        value = objective.at(x)
        self.x = x
        self._close(objective, value, bound, multipliers)
        self._hold(objective, value)
        self.holds.add(expression <= self.held[-1].upper + objective.constant)
        if settle:
            self._fix(x)

    def _chosen(self, objective: Objective, expression: Any, settle: bool) -> None:
        """A stage with whole columns beyond the counts: solved once more with them fixed, so that it is exact."""
        bound, relaxed = self._proven(objective)
        answer = self._minimised(objective, expression)
        assert answer.x is not None
        found = self._exactly(objective, self._open(), answer.x)
        best = found or Chosen(answer.x, objective.at(answer.x))
        claim = bound if answer.bound is None else self._raised(objective, answer.bound)
        self._conclude(objective, best, bound, claim, relaxed.y)
        self.holds.add(expression <= self.held[-1].upper + objective.constant)
        if settle:
            self._fix(best.x)

    def _fix(self, x: Floats) -> None:
        columns = self._open()
        self._settle(columns, np.rint(x[columns]))
        for column in columns:
            self.witness.variables[column].fix(round(x[column]))  # type: ignore[union-attr]

    def _relaxed(self, objective: Objective) -> tuple[float, Floats | None]:
        """A proven bound from the relaxation, and its multipliers."""
        answer = self._solve([objective])
        bound = self._bound(objective, answer)
        least = self._bound_of(objective, None)
        return rounded_up(bound, least, step(self.lp, objective)), answer.y

    def _found(self, objective: Objective, expression: Any) -> Floats:
        return np.asarray(self._minimised(objective, expression).x, dtype=float)

    def _minimised(self, objective: Objective, expression: Any) -> Answer:
        assert self.witness is not None
        model = self.witness.model
        if model.component("stage") is not None:
            model.del_component("stage")
        model.add_component("stage", pyo.Objective(expr=expression, sense=pyo.minimize))
        answer = solve(model, self.witness.variables, self.variant, 0.01 * self.gap, self.clock.left())
        if answer.x is None:
            raise refusal(answer, [objective], begun=self.x is not None)
        return answer
