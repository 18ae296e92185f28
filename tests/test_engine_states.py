"""Peeling against dense algebra: states, rewritten rows and multipliers are what solving the equality rows gives."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from random_cases import planned, seeded
from small import STREET, case_of

import v2g
from v2g.affine import Term, gather
from v2g.case import Case
from v2g.certify import certify
from v2g.engine.core import Reduced
from v2g.engine.states import States, peel
from v2g.engine.tied import Tied
from v2g.formats import locate, read_folder
from v2g.formats.draft import Draft
from v2g.lp import LP, column_sums
from v2g.planning import ALWAYS, HIGHS_OPTIONS, problem_of
from v2g.readings.arrays import Arrays

SEEDS = [f"seed {number}" for number in range(5)]
NAMES = [*SEEDS, "street", "ieee13-base", "ieee13-base, charging"]
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


@cache
def program(name: str, network: str = "lindistflow") -> LP:
    """The whole program of a case."""
    if name.startswith("seed"):
        case = seeded(int(name.split()[1])).read()
    elif name == "street":
        case = case_of(STREET)
    else:
        case = charging(name.split(",")[0]) if "," in name else v2g.read(name)
    return Arrays(problem_of(case, network, "tiers")).read()


def charging(name: str) -> Case:
    """The case with 400 us to earth on every phase of every line: voltages and reactive flows hang on each other."""
    draft = read_folder(locate(name))
    lines = draft.tables["lines"].copy()
    for phase in "abc":
        lines[f"b_{phase}{phase}_us"] = [400 if phase in of else "" for of in lines["phases"]]
    return v2g.read(Draft.of(draft.header, {**draft.tables, "lines": lines}))


def test_voltages_and_reactive_flows_that_hang_on_each_other_are_tied() -> None:
    """One knot for the one island in the one hour, with as many reactive flows as voltages: each line has both."""
    states, lp = peel(program("ieee13-base, charging")), program("ieee13-base, charging")
    knots = [knot for level in states.levels if isinstance(level, Tied) for knot in level.knots]
    assert len(knots) == 1
    flows, voltages = (lp.layout.columns["legs", word] for word in ("flow_kvar", "voltage"))
    tied = [np.isin(knots[0].column, np.arange(b.first, b.first + b.size)).sum() for b in (flows, voltages)]
    assert tied[0] == tied[1] > 20
    assert not any(isinstance(level, Tied) for level in peel(program("ieee13-base")).levels)


def dense(lp: LP) -> np.ndarray:
    """The matrix in full."""
    matrix = np.zeros(lp.shape)
    for row in range(lp.shape[0]):
        part = slice(lp.matrix.start[row], lp.matrix.start[row + 1])
        matrix[row, lp.matrix.index[part]] = lp.matrix.value[part]
    return matrix


def some_decisions(lp: LP, states: States, seed: int = 0) -> np.ndarray:
    """A point with random decisions; states are left at a value that must not matter."""
    x = np.random.default_rng(seed).uniform(-3, 3, lp.shape[1])
    x[states.level_of >= 0] = 1e9
    return x


def solved_densely(lp: LP, states: States, x: np.ndarray) -> np.ndarray:
    """States from all peeled equality rows at once, by numpy.linalg, no order known."""
    matrix, state = dense(lp), np.flatnonzero(states.level_of >= 0)
    decision, rows = np.flatnonzero(states.level_of < 0), np.flatnonzero(states.defines)
    right = lp.row_lower[rows] - matrix[np.ix_(rows, decision)] @ x[decision]
    full = x.copy()
    full[state] = np.linalg.solve(matrix[np.ix_(rows, state)], right)
    return full


@pytest.mark.parametrize("network", ["lindistflow", "transport"])
@pytest.mark.parametrize("name", NAMES)
def test_every_peeled_row_determines_one_state(name: str, network: str) -> None:
    lp = program(name, network)
    states = peel(lp)
    assert states.defines.sum() == (states.level_of >= 0).sum() == sum(level.row.size for level in states.levels)
    assert not (states.level_of[~lp.state] >= 0).any()
    assert (lp.row_lower[states.defines] == lp.row_upper[states.defines]).all()
    assert (states.level_of[lp.state] >= 0).all(), "a radial feeder leaves no state open"


@pytest.mark.parametrize("name", NAMES)
def test_evaluated_states_are_those_of_a_dense_solve(name: str) -> None:
    lp = program(name)
    states = peel(lp)
    x = some_decisions(lp, states)
    np.testing.assert_allclose(states.evaluate(x), solved_densely(lp, states, x), **CLOSE)


@pytest.mark.parametrize("name", NAMES)
def test_rewritten_rows_are_those_of_dense_substitution(name: str) -> None:
    lp = program(name)
    states, matrix = peel(lp), dense(lp)
    state, decision = np.flatnonzero(states.level_of >= 0), np.flatnonzero(states.level_of < 0)
    rows = np.flatnonzero(states.defines)
    others = np.flatnonzero(~states.defines)
    rewritten, constant = states.rewrite(gather(lp.matrix, others), others.size)
    inverse = np.linalg.inv(matrix[np.ix_(rows, state)])
    onto = matrix[np.ix_(others, state)] @ inverse
    expected = matrix[np.ix_(others, decision)] - onto @ matrix[np.ix_(rows, decision)]
    found = np.zeros((others.size, lp.shape[1]))
    for row in range(others.size):
        part = slice(rewritten.start[row], rewritten.start[row + 1])
        found[row, rewritten.index[part]] = rewritten.value[part]
    np.testing.assert_allclose(found[:, decision], expected, **CLOSE)
    np.testing.assert_allclose(constant, onto @ lp.row_lower[rows], **CLOSE)
    assert not found[:, state].any()


@pytest.mark.parametrize("name", NAMES)
def test_single_states_are_rewritten_as_well(name: str) -> None:
    """A limit on a state becomes a row over decisions with the same value at every point."""
    lp = program(name)
    states = peel(lp)
    state = np.flatnonzero(states.level_of >= 0)
    rows, constant = states.rewrite(Term(np.arange(state.size), state, np.ones(state.size)), state.size)
    x = states.evaluate(some_decisions(lp, states, 1))
    value = np.array(
        [rows.value[a:b] @ x[rows.index[a:b]] for a, b in zip(rows.start[:-1], rows.start[1:], strict=True)]
    )
    np.testing.assert_allclose(value + constant, x[state], **CLOSE)


@pytest.mark.parametrize("name", NAMES)
def test_multipliers_of_peeled_rows_price_states_as_asked(name: str) -> None:
    """c - A'y is the asked reduced cost on every state; the y of the other rows stays as it was."""
    lp = program(name)
    states, random = peel(lp), np.random.default_rng(2)
    cost, y = random.normal(size=lp.shape[1]), random.normal(size=lp.shape[0]) * ~states.defines
    asked = random.normal(size=lp.shape[1]) * (states.level_of >= 0)
    full = states.multipliers(cost, y, asked)
    rest = cost - column_sums(lp.matrix, full, lp.shape[1])
    state = states.level_of >= 0
    np.testing.assert_allclose(rest[state], asked[state], rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(full[~states.defines], y[~states.defines])


@pytest.mark.parametrize("name", NAMES)
def test_multipliers_of_a_solve_are_a_certificate_of_the_whole_program(name: str) -> None:
    """Strong duality over all rows and columns: y'b and the bounds of columns add up to the optimum."""
    lp = program(name)
    core = Reduced(lp, HIGHS_OPTIONS[""] | ALWAYS)
    for objective in lp.objectives:
        cost = objective.dense(lp.shape[1])
        answer = core.minimise(cost)
        assert answer.x is not None and answer.y is not None
        y = answer.y[: lp.shape[0]]
        rest = cost - column_sums(lp.matrix, y, lp.shape[1])
        rest[np.abs(rest) < 1e-9] = 0.0
        sides = np.where(rest > 0, lp.lower, lp.upper)
        rows = np.where(y > 0, lp.row_lower, lp.row_upper)
        used, priced = np.flatnonzero(rest), np.flatnonzero(np.abs(y) > 1e-12)
        dual = float(rest[used] @ sides[used] + y[priced] @ rows[priced])
        assert dual == pytest.approx(cost @ answer.x, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_points_of_the_reduced_program_keep_the_whole_one(name: str) -> None:
    lp = program(name)
    answer = Reduced(lp, HIGHS_OPTIONS[""] | ALWAYS).minimise(lp.objectives[0].dense(lp.shape[1]))
    assert answer.x is not None
    activity, x = lp.activity(answer.x), answer.x
    assert max(0.0, (lp.row_lower - activity).max(), (activity - lp.row_upper).max()) < 1e-7
    assert max(0.0, (lp.lower - x).max(), (x - lp.upper).max()) < 1e-7


@pytest.mark.parametrize("policy", ["tiers", "hours"])
@pytest.mark.parametrize("seed", [3, 9, 14])
def test_bounds_follow_from_the_multipliers_of_a_plan(seed: int, policy: str) -> None:
    """In floats and in exact rationals; without the multipliers there is no such proof."""
    case, plan = planned(seeded(seed), policy=policy)
    for exact in (False, True):
        proof = certify(case, plan, exact=exact)
        assert proof.ok and len(proof.stages) == len(plan.summary["certificate"]["stages"]), proof
    bare = v2g.Plan(
        plan.summary, plan.tables, {n: np.zeros_like(v) if "multipliers" in n else v for n, v in plan.duals.items()}
    )
    weaker = {s.name: s.proven for s in certify(case, bare).stages}
    needed = [s.name for s in proof.stages if s.proven > weaker[s.name] + 1e-6]
    assert needed or all(s.proven < 1e-6 for s in proof.stages)


def test_a_wrong_row_is_noticed() -> None:
    """With one coefficient of one peeled row changed, the dense solve no longer agrees."""
    lp = program("street")
    states = peel(lp)
    row = states.levels[0].row[0]
    x = some_decisions(lp, states)
    right = states.evaluate(x)
    lp.matrix.value[lp.matrix.start[row]] *= 1.5
    try:
        assert not np.allclose(solved_densely(lp, states, x), right, **CLOSE)
    finally:
        lp.matrix.value[lp.matrix.start[row]] /= 1.5
