"""A lower bound on the optimum of a linear program from any multipliers whatever, rounding included.

For ``min c'x`` with ``row_lower <= Ax <= row_upper``, ``lower <= x <= upper`` and any y, with reduced costs
r = c - A'y, every feasible x has

    c'x = y'Ax + r'x  >=  sum_i min(y_i row_lower_i, y_i row_upper_i) + sum_j min(r_j lower_j, r_j upper_j).

A multiplier that would need an infinite row side is set to zero first, so nothing depends on
how a solver came by its multipliers: bad ones give a weak bound, never a wrong one. After
Neumaier and Shcherbina 2004 (doi:10.1007/s10107-003-0433-3) and Jansson 2004
(doi:10.1137/S1052623402416839), with a-priori bounds on the rounding errors in place of directed rounding.

A reduced cost of the wrong sign on a column that is not bounded on that side gives no bound. Solvers leave
such reduced costs at the size of rounding. Two ways out: ``column_caps``, magnitudes that no feasible (or
no optimal) point exceeds, keep the bound rigorous, and :func:`implied_caps` finds some; without them,
reduced costs up to ``negligible`` times the size of their terms count as zero, and the bound holds
for the program whose costs differ by no more than that.

Matrices are rows of CSR: ``start`` (m + 1,), ``index`` (nonzeros,) columns, ``value`` (nonzeros,). Maximise by
negating ``cost``. For a mixed-integer program the bound is one on its relaxation.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from v2g.errors import UsageError
from v2g.replay.verdict import Array, Index, Mask

UNIT = 2.0**-53
TINY = 1e-300
Integers = NDArray[np.integer]


def rows_of(start: Integers) -> Index:
    """Row of each nonzero."""
    return np.repeat(np.arange(len(start) - 1), np.diff(start))


def usable_multipliers(multipliers: Array, row_lower: Array, row_upper: Array) -> Array:
    """Multipliers with zero where they are not finite or would need an infinite side of their row."""
    y = np.where(np.isfinite(multipliers), multipliers, 0.0)
    needed = np.where(y > 0, row_lower, row_upper)
    return np.where(np.isfinite(needed), y, 0.0)


def summed(at: Integers, weights: Array, count: int) -> Array:
    """Weights summed by position, shape (count,)."""
    return np.bincount(at, weights=weights, minlength=count).astype(np.float64)


def reduced_costs(cost: Array, start: Integers, index: Integers, value: Array, y: Array) -> tuple[Array, Array, Array]:
    """Reduced costs, a bound on their rounding error, and the size of their terms, all (n,)."""
    terms = value * y[rows_of(start)]
    count = np.bincount(index, minlength=len(cost)).astype(float)
    reduced = cost - summed(index, terms, len(cost))
    size = np.abs(cost) + summed(index, np.abs(terms), len(cost))
    steps = (count + 4.0) * UNIT
    return reduced, 2.0 * steps / (1.0 - steps) * size + TINY * (count + 1.0), size


def capped(lower: Array, upper: Array, column_caps: Array | None) -> tuple[Array, Array]:
    """Column bounds with the caps in place of infinite sides."""
    if column_caps is None:
        return lower, upper
    caps = np.where(np.isnan(column_caps), np.inf, np.abs(column_caps))
    return np.where(np.isinf(lower), -caps, lower), np.where(np.isinf(upper), caps, upper)


def least_product(low: Array, high: Array, lower: Array, upper: Array) -> Array:
    """Least r x over low <= r <= high and lower <= x <= upper; infinite sides are left to the caller."""
    sides = [np.where(np.isfinite(side), side, 0.0) for side in (lower, upper)]
    corners = [reduced * side for reduced in (low, high) for side in sides]
    return np.asarray(np.minimum.reduce(corners))


def dual_bound(
    cost: Array, start: Integers, index: Integers, value: Array, row_lower: Array, row_upper: Array,
    lower: Array, upper: Array, multipliers: Array, column_caps: Array | None = None, negligible: float = 1e-9,
) -> float:  # fmt: skip
    """Lower bound on the least cost from row ``multipliers`` (m,); -inf if they give none.

    A positive multiplier belongs to the lower side of its row. See the module for what
    ``column_caps`` (n,) and ``negligible`` are for; with caps for every unbounded column, or with
    ``negligible=0``, the result is a bound without reservation.
    """
    y = usable_multipliers(multipliers, row_lower, row_upper)
    reduced, error, size = reduced_costs(cost, start, index, value, y)
    low, high = reduced - error, reduced + error
    left, right = capped(lower, upper, column_caps)
    open_right, open_left = np.isinf(right) & (low < 0), np.isinf(left) & (high > 0)
    if ((open_right | open_left) & (np.abs(reduced) > negligible * size)).any():
        return -math.inf
    if not negligible and (open_right | open_left).any():
        return -math.inf
    ignored = open_right | open_left
    columns = np.where(ignored, 0.0, least_product(low, high, left, right))
    sides = np.where(y > 0, row_lower, row_upper)
    rows = np.where(y != 0, y * np.where(y != 0, sides, 0.0), 0.0)
    terms = np.concatenate([rows, columns])
    total = math.fsum(terms.tolist())
    slip = 4.0 * UNIT * math.fsum(np.abs(terms).tolist()) + TINY * len(terms)
    return math.nextafter(total - slip, -math.inf)


def exact_dual_bound(
    cost: Array, start: Integers, index: Integers, value: Array, row_lower: Array, row_upper: Array,
    lower: Array, upper: Array, multipliers: Array, column_caps: Array | None = None, negligible: float = 0.0,
) -> Fraction:  # fmt: skip
    """The same bound in exact rationals from the same floats: no rounding at all, and slower.

    Raises :class:`v2g.errors.UsageError` where a reduced cost beyond ``negligible`` times the size of its
    terms meets an unbounded side, naming how many; give ``column_caps`` then.
    """
    y = usable_multipliers(multipliers, row_lower, row_upper)
    left, right = capped(lower, upper, column_caps)
    reduced = [Fraction(float(c)) for c in cost]
    size = [abs(r) for r in reduced]
    exact_y = {int(row): Fraction(float(y[row])) for row in np.flatnonzero(y)}
    for row, factor in exact_y.items():
        for entry in range(int(start[row]), int(start[row + 1])):
            term = Fraction(float(value[entry])) * factor
            reduced[int(index[entry])] -= term
            size[int(index[entry])] += abs(term)
    total = sum((f * Fraction(float(row_lower[i] if f > 0 else row_upper[i])) for i, f in exact_y.items()), Fraction(0))
    unbounded = 0
    for j, r in enumerate(reduced):
        side = float(left[j] if r > 0 else right[j])
        if not r:
            continue
        if math.isfinite(side):
            total += r * Fraction(side)
        elif abs(r) > Fraction(negligible) * size[j]:
            unbounded += 1
    if unbounded:
        raise UsageError(f"{unbounded} unbounded columns have a reduced cost; give column_caps (see implied_caps).")
    return total


def implied_caps(
    start: Integers, index: Integers, value: Array, row_lower: Array, row_upper: Array,
    lower: Array, upper: Array, passes: int = 50,
) -> Array:  # fmt: skip
    """Magnitude (n,) that no feasible point exceeds, for columns without bounds implied by the rows; inf if unknown.

    Bound propagation: a row whose other columns are all bounded bounds the last one. Repeated until
    nothing new is found, at most ``passes`` times. Every bound is widened by 1e-9 of the size of
    its terms, far more than rounding can amount to.
    """
    low, high = np.array(lower, dtype=float), np.array(upper, dtype=float)
    entries = np.flatnonzero(value)
    row, index, value = rows_of(start)[entries], index[entries], value[entries]
    for _ in range(passes):
        open_columns = np.isinf(low) | np.isinf(high)
        found_low, found_high = propagate(row, index, value, row_lower, row_upper, low, high)
        better_low, better_high = np.isinf(low) & np.isfinite(found_low), np.isinf(high) & np.isfinite(found_high)
        if not (open_columns & (better_low | better_high)).any():
            break
        low, high = np.where(better_low, found_low, low), np.where(better_high, found_high, high)
    return np.asarray(np.maximum(np.abs(low), np.abs(high)), dtype=np.float64)


def propagate(
    row: Index, index: Integers, value: Array, row_lower: Array, row_upper: Array, low: Array, high: Array
) -> tuple[Array, Array]:
    """Lower and upper bounds (n,) that single rows imply for single columns, given all column bounds."""
    rows = len(row_lower)
    up = value > 0
    least, most = np.where(up, low[index], high[index]) * value, np.where(up, high[index], low[index]) * value
    rest_least, size_least = others(row, least, rows)
    rest_most, size_most = others(row, most, rows)
    above, below = (row_upper[row] - rest_least) / value, (row_lower[row] - rest_most) / value
    sides = [np.where(np.isfinite(side), np.abs(side), 0.0)[row] for side in (row_upper, row_lower)]
    slack_above = 1e-9 * (size_least + sides[0] + 1.0) / np.abs(value)
    slack_below = 1e-9 * (size_most + sides[1] + 1.0) / np.abs(value)
    highest, lowest = np.full(len(low), np.inf), np.full(len(low), -np.inf)
    for at, bound in ((up, above + slack_above), (~up, below + slack_below)):
        np.minimum.at(highest, index[at], bound[at])
    for at, bound in ((up, below - slack_below), (~up, above - slack_above)):
        np.maximum.at(lowest, index[at], bound[at])
    return lowest, highest


def others(row: Index, terms: Array, rows: int) -> tuple[Array, Array]:
    """Sum of the other terms in each nonzero's row (infinite if one of them is), and size of the row's finite terms.

    The infinite terms of one row all have the same sign.
    """
    endless: Mask = ~np.isfinite(terms)
    finite = np.where(endless, 0.0, terms)
    total = summed(row, finite, rows)[row] - finite
    count = summed(row, endless.astype(float), rows)[row] - endless
    size = summed(row, np.abs(finite), rows)[row]
    direction = summed(row, np.where(endless, np.sign(terms), 0.0), rows)[row]
    return np.where(count > 0, np.copysign(np.inf, direction), total), size
