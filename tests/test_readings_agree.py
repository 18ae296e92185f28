"""The array reading and the Pyomo reading of the same text, entry by entry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyomo.repn import generate_standard_repn
from small import ALLEY, HEADER, STREET, case_of, kinds, problem_of
from v2g.models import NETWORKS, POLICIES

from v2g.language import constraint
from v2g.lp import LP
from v2g.problem import Problem
from v2g.readings import arrays, pyomo

TOLERANCE = {"rel": 1e-12, "abs": 1e-12}
CASES = {
    "street": case_of(STREET),
    "alley": case_of(ALLEY),
    "alley, the grid back": case_of(
        {**ALLEY, "grid": "grid,bus,phases,from_utc\nhead,two,b,2026-01-15T19:45:00+00:00"}
    ),
    "alley, equal steps": case_of(ALLEY, {**HEADER, "step_min": 30, "steps": 3}),
}
SETUPS = [(name, network, policy) for name in CASES for network in NETWORKS for policy in POLICIES]


def problem(name: str, network: str, policy: str) -> Problem:
    return problem_of(CASES[name], kinds(network, policy))


@pytest.fixture(scope="module", params=SETUPS, ids=[", ".join(setup) for setup in SETUPS])
def readings(request: pytest.FixtureRequest) -> tuple[LP, pyomo.PyomoModel]:
    """One problem, read twice."""
    chosen = problem(*request.param)
    return arrays.read(chosen), pyomo.read(chosen)


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


def test_columns_agree(readings: tuple[LP, pyomo.PyomoModel]) -> None:
    lp, model = readings
    assert len(model.variables) == lp.lower.size
    assert [side(v.lb, -np.inf) for v in model.variables] == lp.lower.tolist()
    assert [side(v.ub, np.inf) for v in model.variables] == lp.upper.tolist()
    assert [v.is_integer() for v in model.variables] == lp.integer.tolist()


def test_column_names_agree(readings: tuple[LP, pyomo.PyomoModel]) -> None:
    lp, model = readings
    for (part, word), block in lp.layout.columns.items():
        for column in range(block.first, block.first + block.size):
            v = model.variables[column]
            index = v.index() if isinstance(v.index(), tuple) else (v.index(),)
            assert v.parent_component().name == f"{part}.{word}"
            assert block.position(column) == index


def test_rows_agree(readings: tuple[LP, pyomo.PyomoModel]) -> None:
    lp, model = readings
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
            theirs, their_sides = canonical(body, low, high)
            ours, our_sides = canonical(entries(lp, row), lp.row_lower[row], lp.row_upper[row])
            assert theirs == pytest.approx(ours, **TOLERANCE), key
            assert their_sides == pytest.approx(our_sides, **TOLERANCE), key
    assert seen == set(model.rows)


def test_stages_agree(readings: tuple[LP, pyomo.PyomoModel]) -> None:
    lp, model = readings
    assert len(lp.objectives) == len(model.stages)
    for stage, expression in zip(lp.objectives, model.stages, strict=True):
        cost, constant = linear(expression, places(model))
        assert cost == pytest.approx(dict(zip(stage.index.tolist(), stage.value.tolist(), strict=True)), **TOLERANCE)
        assert constant == pytest.approx(stage.constant, **TOLERANCE)


@pytest.mark.parametrize("network", NETWORKS)
def test_pyomos_own_standard_form_is_the_same_matrix(network: str) -> None:
    """Compiled by Pyomo as a whole, with its own handling of rows and columns."""
    pytest.importorskip("scipy")
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    chosen = problem("street", network, "tiers")
    lp, model = arrays.read(chosen), pyomo.read(chosen)
    form = LinearStandardFormCompiler().write(model.model, mixed_form=True, column_order=model.variables)
    column = [places(model)[id(v)] for v in form.columns]
    keys = {id(row): key for key, row in model.rows.items()}
    numbers = {key: n for n, key in enumerate(row_keys(lp))}
    dense = np.zeros(lp.shape)
    for entry, values in zip(form.rows, form.A.toarray(), strict=True):
        dense[numbers[keys[id(entry.constraint)]], column] = values
    ours = np.zeros(lp.shape)
    ours[np.repeat(np.arange(lp.shape[0]), np.diff(lp.matrix.start)), lp.matrix.index] = lp.matrix.value
    assert np.allclose(turned(dense), turned(ours), rtol=1e-12, atol=1e-12)


def turned(rows: np.ndarray) -> np.ndarray:
    """Rows whose first nonzero entry is positive."""
    first = rows[np.arange(len(rows)), (rows != 0.0).argmax(axis=1)]
    return rows * np.where(first < 0.0, -1.0, 1.0)[:, None]


def row_keys(lp: LP) -> list[tuple[str, str, tuple[int, ...]]]:
    """(part, rule, index) of every row."""
    blocks = lp.layout.rows.items()
    return [
        (*key, block.position(row)) for key, block in blocks for row in range(block.first, block.first + block.size)
    ]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_street_has_rows_of_every_rule(network: str) -> None:
    """What agrees on nothing proves nothing. A grid head always forms, so none follows."""
    chosen = problem("street", network, "tiers")
    sizes = {key: block.size for key, block in arrays.read(chosen).layout.rows.items()}
    rules = {(part.table, rule.name) for part in chosen.parts for rule in part.words(constraint)}
    assert set(sizes) == rules
    assert {key for key, size in sizes.items() if size == 0} == {("grid", "balanced")}


@pytest.mark.parametrize("network", NETWORKS)
def test_the_street_has_columns_of_every_variable(network: str) -> None:
    columns = arrays.read(problem("street", network, "tiers")).layout.columns
    assert all(block.size for block in columns.values()), columns


def test_the_street_has_every_kind_of_place() -> None:
    """Delta loads, a delta charger, a delta-wye transformer, mutual impedance, dead nodes, unequal intervals."""
    chosen = problem("street", "lindistflow", "tiers")
    value = chosen.numbers.values
    assert np.any(value["loads", "cross"]) and np.any(value["vehicles", "cross"]) and np.any(value["legs", "end_cross"])
    assert np.any(value["legs", "coupled"] != value["legs", "other"])
    assert 0 < value["legs", "live"].sum() < value["legs", "live"].size
    assert len(set(value["", "dt"].tolist())) > 1
    assert value["vehicles", "deficit"].any() and value["vehicles", "below"].any()
    assert len(set(value["legs", "setpoint"][value["legs", "held"] > 0].tolist())) > 1
