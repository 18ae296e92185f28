"""Among plans that are equally good, one near another: for rounds that correct a plan a little at a time.

The optimum of a linear program is as a rule not one point. Where the last round's plan is a yardstick, the
set-points of the next one are kept near it, as far as that costs nothing in any stage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.affine import Floats
from v2g.engine.stages import Run

REACHES = (0.02, 0.1, 0.5)
"""How far a set-point may go, relative to itself (at least one kW): the first that is possible."""


@dataclass
class Steady:
    """The point of the last program solved; the next one, of the same shape, ends near it."""

    x: Floats | None = None

    def end(self, run: Run, x: Floats) -> Floats:
        """The final point of a run, moved towards the one before where that is possible."""
        if self.x is not None and self.x.shape == x.shape:
            x = _near(run, self.x, x)
        self.x = x
        return x


def _near(run: Run, before: Floats, x: Floats) -> Floats:
    """A point that keeps all limits and stages of the run, within the first reach that has one, else ``x``."""
    free = np.flatnonzero(~run.lp.integer & ~run.lp.state & (run.lower < run.upper))
    cost = run.lp.objectives[-1].dense(run.lp.shape[1])
    for reach in REACHES:
        room = reach * np.maximum(np.abs(before[free]), 1.0)
        lower = np.clip(before[free] - room, run.lower[free], run.upper[free])
        upper = np.clip(before[free] + room, run.lower[free], run.upper[free])
        run.core.fix(free, lower, upper)
        answer = run.core.minimise(cost, run.clock.left())
        run.core.fix(free, run.lower[free], run.upper[free])
        if answer.x is not None:
            return answer.x
    return x
