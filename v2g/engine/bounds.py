"""Bounds that hold whatever the solver did: recomputed from multipliers, rounded to what whole loads add up to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from v2g.affine import Floats, Ints, Rows
from v2g.lp import LP, Objective, stack
from v2g.replay.certificate import dual_bound, exact_dual_bound

NO_FLOW_BEYOND = 1e6
"""Flows and reactive powers have no bound of their own; none beyond 1 GW is considered."""


@dataclass(frozen=True)
class Hold:
    """``sum(value * x[index]) <= upper``: an earlier stage, kept at what it reached."""

    index: Ints
    value: Floats
    upper: float


def valid_bound(
    lp: LP,
    objective: Objective,
    multipliers: Floats | None,
    lower: Floats,
    upper: Floats,
    held: Sequence[Hold],
    *,
    exact: bool = False,
) -> float:
    """Lower bound on a stage, in its own unit, from multipliers of the rows and of the holds.

    ``exact`` computes it in rationals from the same floats; only the result is rounded.
    """
    rows = stack([lp.matrix, *(Rows(np.array([0, h.index.size]), h.index, h.value) for h in held)])
    row_lower = np.concatenate([lp.row_lower, np.full(len(held), -np.inf)])
    row_upper = np.concatenate([lp.row_upper, [h.upper for h in held]])
    y = np.zeros(row_lower.size)
    if multipliers is not None:
        y[: multipliers.size] = multipliers
    cost, caps = objective.dense(lp.shape[1]), np.full(lp.shape[1], NO_FLOW_BEYOND)
    program = (cost, rows.start, rows.index, rows.value, row_lower, row_upper, lower, upper, y)
    if exact:
        return float(exact_dual_bound(*program, column_caps=caps) + Fraction(objective.constant))
    return dual_bound(*program, column_caps=caps) + objective.constant


def step(lp: LP, objective: Objective) -> float:
    """Smallest step in which the objective can change, if it consists of whole numbers of things; else zero.

    The step is the greatest common divisor of the weights, where all are whole numbers.
    """
    weights = objective.value
    if not lp.integer[objective.index].all() or not weights.size or np.abs(weights - np.rint(weights)).max() > 1e-9:
        return 0.0
    return float(math.gcd(*(int(abs(w)) for w in np.rint(weights))))


def rounded_up(bound: float, least: float, size: float, tolerance: float = 1e-6) -> float:
    """The bound, raised to the next value that the objective can take: ``least`` plus whole steps.

    >>> rounded_up(1.2, 0.0, 1.0), rounded_up(1.0000000001, 0.0, 1.0)
    (2.0, 1.0)
    """
    if size <= 0.0:
        return bound
    return least + size * math.ceil((bound - least) / size - tolerance)
