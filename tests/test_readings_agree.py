"""The array reading and the Pyomo reading of the same text, entry by entry."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from agreement import columns, names, places, rows, stages
from small import ALLEY, HEADER, STREET, case_of, kinds, problem_of, town
from v2g.models import NETWORKS, POLICIES

from v2g.language import constraint
from v2g.lp import LP
from v2g.problem import Problem
from v2g.readings import arrays, pyomo

ENDS = {"durations": "hours,probability\n0.5,0.2\n1.25,0.5\n9,0.3"}
STREET_ENDS, ALLEY_ENDS = {**STREET, **ENDS}, {**ALLEY, **ENDS}
CASES = {
    "street": case_of(STREET_ENDS, {"carry_h": 3}),
    "town": case_of({**town(), **ENDS}, {"carry_h": 3}),
    "alley": case_of(ALLEY_ENDS),
    "alley, the grid back": case_of(
        {**ALLEY_ENDS, "grid": "grid,bus,phases,from_utc\nhead,two,b,2026-01-15T19:45:00+00:00"}
    ),
    "alley, equal steps": case_of(ALLEY_ENDS, {**HEADER, "step_min": 30, "steps": 3}),
}
SETUPS = [(name, network, policy) for name in CASES for network in NETWORKS for policy in POLICIES]


def problem(name: str, network: str, policy: str) -> Problem:
    return problem_of(CASES[name], kinds(network, policy))


@pytest.fixture(scope="module", params=SETUPS, ids=[", ".join(setup) for setup in SETUPS])
def readings(request: pytest.FixtureRequest) -> tuple[LP, pyomo.PyomoModel]:
    """One problem, read twice."""
    chosen = problem(*request.param)
    return arrays.read(chosen), pyomo.read(chosen)


@pytest.mark.parametrize("compare", [columns, names, rows, stages], ids=lambda compare: compare.__name__)
def test_the_readings_agree(readings: tuple[LP, pyomo.PyomoModel], compare: Callable[..., None]) -> None:
    compare(*readings)


@pytest.mark.parametrize("flip", ["matrix", "row_lower", "row_upper", "lower", "upper"])
def test_a_changed_number_is_found(flip: str) -> None:
    """The comparison itself, seen failing."""
    chosen = problem("alley", "lindistflow", "tiers")
    lp, model = arrays.read(chosen), pyomo.read(chosen)
    values = lp.matrix.value if flip == "matrix" else getattr(lp, flip)
    at = int(np.flatnonzero(np.isfinite(values) & (values != 0.0))[-1])
    values[at] *= 1.0 + 1e-9
    with pytest.raises(AssertionError):
        columns(lp, model)
        rows(lp, model)


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


NEVER_FOLLOW = {("grid", "balanced"), ("stations", "balanced")}
"""A head, and a station that can form, always form."""


@pytest.mark.parametrize("network", NETWORKS)
def test_street_and_town_have_rows_of_every_rule(network: str) -> None:
    """What agrees on nothing proves nothing."""
    read = [problem(name, network, "tiers") for name in ("street", "town")]
    rules = {(part.table, rule.name) for part in read[0].parts for rule in part.words(constraint)}
    sizes = [{key: block.size for key, block in arrays.read(chosen).layout.rows.items()} for chosen in read]
    assert set(sizes[0]) == set(sizes[1]) == rules
    assert {key for key in rules if not any(size[key] for size in sizes)} == NEVER_FOLLOW


@pytest.mark.parametrize("network", NETWORKS)
def test_street_and_town_have_columns_of_every_variable(network: str) -> None:
    read = [arrays.read(problem(name, network, "tiers")).layout.columns for name in ("street", "town")]
    assert all(read[0][key].size + read[1][key].size for key in read[0]), read


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
