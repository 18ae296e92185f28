"""Among plans that are equally good, always the same one: for rounds that correct a plan a little at a time.

The optimum of a linear program is as a rule not one point but a face, and a solver may end anywhere on it. Weights
drawn once choose one point of the face, which moves little when the program does. Set-points that no stage puts a
price on (reactive power) are kept near those of the round before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.affine import Floats, Ints
from v2g.engine.stages import Run

REACHES = (0.005, 0.02, 0.1)
"""How far a set-point without a price may go, relative to its range: the first that is possible."""
LEAST, MOST = 0.5, 1.5


@dataclass
class Steady:
    """The point of the last program solved; the next one, of the same shape, ends near it."""

    x: Floats | None = None

    def end(self, run: Run, x: Floats) -> Floats:
        """The final point of a run, moved over its face."""
        self.x = _settled(run, self.x, x)
        return self.x


def _settled(run: Run, before: Floats | None, x: Floats) -> Floats:
    """A point that keeps all limits and stages of the run; ``x`` where the solver finds no other."""
    free = np.flatnonzero(~run.lp.integer & ~run.lp.state & (run.lower < run.upper))
    signed = free[run.lower[free] < 0.0]
    cost = np.zeros(run.lp.shape[1])
    cost[free] = np.random.default_rng(0).uniform(LEAST, MOST, free.size)
    cost[signed] = 0.0
    for reach in REACHES if before is not None and before.shape == x.shape else ():
        assert before is not None
        _keep(run, signed, before, reach)
        answer = run.core.minimise(cost, run.clock.left())
        run.core.fix(signed, run.lower[signed], run.upper[signed])
        if answer.x is not None:
            return answer.x
    answer = run.core.minimise(cost, run.clock.left())
    return x if answer.x is None else answer.x


def _keep(run: Run, columns: Ints, before: Floats, reach: float) -> None:
    """Bound columns to a part of their range around a point."""
    span = run.upper[columns] - run.lower[columns]
    room = reach * np.maximum(np.where(np.isfinite(span), span, 0.0), 1.0)
    low, high = before[columns] - room, before[columns] + room
    run.core.fix(
        columns,
        np.clip(low, run.lower[columns], run.upper[columns]),
        np.clip(high, run.lower[columns], run.upper[columns]),
    )
