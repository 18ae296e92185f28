"""Comparison of the array reading with the Pyomo reading, entry by entry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyomo.repn import generate_standard_repn

from v2g.lp import LP
from v2g.problem import Problem
from v2g.readings import arrays, pyomo

TOLERANCE = {"rel": 1e-12, "abs": 1e-12}


def agree(problem: Problem) -> None:
    """Read a problem twice and compare everything."""
    lp, model = arrays.read(problem), pyomo.read(problem)
    for compare in (columns, names, rows, stages):
        compare(lp, model)


def linear(expression: Any, place: dict[int, int]) -> tuple[dict[int, float], float]:
    """Coefficients by column, and the constant, of a Pyomo expression."""
    form = generate_standard_repn(expression, quadratic=False)
    assert form.is_linear()
    named = zip(form.linear_vars, form.linear_coefs, strict=True)
    return {place[id(v)]: float(a) for v, a in named if a != 0.0}, float(form.constant)


def entries(lp: LP, row: int) -> dict[int, float]:
    """Coefficients of a row by column."""
    span = slice(lp.matrix.start[row], lp.matrix.start[row + 1])
    return dict(zip(lp.matrix.index[span].tolist(), lp.matrix.value[span].tolist(), strict=True))


def canonical(row: dict[int, float], low: float, high: float) -> tuple[dict[int, float], tuple[float, float]]:
    """The row, turned so that its first coefficient is positive: Pyomo writes a >= b as b - a <= 0."""
    if row and row[min(row)] < 0.0:
        return {column: -a for column, a in row.items()}, (-high, -low)
    return row, (low, high)


def places(model: pyomo.PyomoModel) -> dict[int, int]:
    """Column of each Pyomo variable."""
    return {id(v): column for column, v in enumerate(model.variables)}


def side(bound: Any, absent: float) -> float:
    return absent if bound is None else float(bound)


def columns(lp: LP, model: pyomo.PyomoModel) -> None:
    """Bounds and kinds of the columns agree."""
    assert len(model.variables) == lp.lower.size
    assert [side(v.lb, -np.inf) for v in model.variables] == lp.lower.tolist()
    assert [side(v.ub, np.inf) for v in model.variables] == lp.upper.tolist()
    assert [v.is_integer() for v in model.variables] == lp.integer.tolist()


def names(lp: LP, model: pyomo.PyomoModel) -> None:
    """The columns stand for the same things."""
    for (part, word), block in lp.layout.columns.items():
        for column in range(block.first, block.first + block.size):
            v = model.variables[column]
            index = v.index() if isinstance(v.index(), tuple) else (v.index(),)
            assert v.parent_component().name == f"{part}.{word}"
            assert block.position(column) == index


def rows(lp: LP, model: pyomo.PyomoModel) -> None:
    """Coefficients and sides of every row agree; a row that Pyomo leaves out is empty and holds."""
    place, seen = places(model), set()
    for (part, word), block in lp.layout.rows.items():
        for row in range(block.first, block.first + block.size):
            key = part, word, block.position(row)
            found = model.rows.get(key)
            if found is None:
                assert not entries(lp, row) and lp.row_lower[row] <= 0.0 <= lp.row_upper[row], key
                continue
            seen.add(key)
            body, constant = linear(found.body, place)
            low, high = side(found.lower, -np.inf) - constant, side(found.upper, np.inf) - constant
            if not body and not entries(lp, row):  # which way round an empty row is written says nothing
                assert low <= 0.0 <= high and lp.row_lower[row] <= 0.0 <= lp.row_upper[row], key
                continue
            theirs, their_sides = canonical(body, low, high)
            ours, our_sides = canonical(entries(lp, row), lp.row_lower[row], lp.row_upper[row])
            assert theirs == pytest.approx(ours, **TOLERANCE), key
            assert their_sides == pytest.approx(our_sides, **TOLERANCE), key
    assert seen == set(model.rows)


def stages(lp: LP, model: pyomo.PyomoModel) -> None:
    """Costs and constants of every stage agree."""
    assert len(lp.objectives) == len(model.stages)
    for stage, expression in zip(lp.objectives, model.stages, strict=True):
        cost, constant = linear(expression, places(model))
        assert cost == pytest.approx(dict(zip(stage.index.tolist(), stage.value.tolist(), strict=True)), **TOLERANCE)
        assert constant == pytest.approx(stage.constant, **TOLERANCE)
