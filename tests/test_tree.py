"""The search as evidence: leaves must cover all choices, and each bound must come from its own program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import v2g
from v2g.affine import Rows
from v2g.certify import certify
from v2g.engine.tree import FREE, GIVEN_UP, MUST, NO_SOLUTION, Tree

SPLIT = [[MUST, FREE], [GIVEN_UP, MUST], [GIVEN_UP, GIVEN_UP]]


def tree(leaves: list[list[int]], by: list[int] | None = None, programs: list[list[int]] | None = None) -> Tree:
    programs = programs or [[FREE, FREE]]
    return Tree(
        np.array([0, 1]),
        np.array(leaves, dtype=np.int8),
        np.array(by or [0] * len(leaves)),
        np.array(programs, dtype=np.int8),
        Rows(np.arange(len(programs) + 1), np.full(len(programs), 4), np.arange(0.5, len(programs))),
        7,
        1.0,
    )


def test_leaves_that_split_every_choice_cover_it() -> None:
    assert tree(SPLIT).covers()


@pytest.mark.parametrize(
    "leaves",
    [
        pytest.param(SPLIT[:2], id="one choice forgotten"),
        pytest.param([*SPLIT, SPLIT[0]], id="one choice twice"),
        pytest.param([[MUST, FREE], [FREE, MUST]], id="leaves overlap: shares 1/2 + 1/2, yet nothing covers (0, 0)"),
    ],
)
def test_leaves_with_a_gap_do_not(leaves: list[list[int]]) -> None:
    assert not tree(leaves).covers()


def test_a_leaf_must_lie_inside_the_program_that_bounds_it() -> None:
    inside = tree(SPLIT, by=[0, 1, 1], programs=[[FREE, FREE], [GIVEN_UP, FREE]])
    outside = tree(SPLIT, by=[1, 1, 1], programs=[[FREE, FREE], [GIVEN_UP, FREE]])
    assert inside.bounded() and not outside.bounded()


def test_a_leaf_without_solution_is_counted_as_the_solvers_word() -> None:
    assert tree(SPLIT, by=[0, NO_SOLUTION, 0]).unproven() == 1


def test_arrays_and_back() -> None:
    one = tree(SPLIT, by=[0, 0, NO_SOLUTION])
    two = Tree.of(one.arrays())
    assert all(np.array_equal(a, b) for a, b in zip(one.arrays().values(), two.arrays().values(), strict=True))


def test_multipliers_that_are_zero_are_not_kept() -> None:
    """Two programs over seven rows, each with a multiplier for row 4 alone."""
    stored = tree(SPLIT, programs=[[FREE, FREE], [GIVEN_UP, FREE]])
    assert stored.arrays()["program_multipliers"].tolist() == [0.5, 1.5]
    assert stored._multipliers(1).tolist() == [0, 0, 0, 0, 1.5, 0, 0]


@pytest.fixture(scope="module")
def blackout() -> tuple[v2g.Case, v2g.Plan]:
    case = v2g.read("ieee13-blackout")
    return case, v2g.solve(case)


@pytest.mark.parametrize("exact", [False, True])
def test_a_search_proves_counts_that_one_program_does_not(blackout: tuple[v2g.Case, v2g.Plan], exact: bool) -> None:
    """The relaxation may keep part of a load, whole loads may not: the bound of the first program alone is lower."""
    case, plan = blackout
    assert "critical_2.leaves" in plan.duals
    proof = certify(case, plan, exact=exact)
    assert proof.ok and len(proof.stages) == len(plan.summary["certificate"]["stages"])
    stage = next(s for s in proof.stages if s.name == "critical_2")
    served = plan.summary["critical"]["2"]
    assert stage.proven == pytest.approx(served["people"] - served["people_served"]) and stage.unproven == 0


def test_a_search_with_a_leaf_removed_proves_nothing(blackout: tuple[v2g.Case, v2g.Plan]) -> None:
    case, plan = blackout
    duals = dict(plan.duals)
    for key in ("leaves", "by"):
        duals[f"critical_2.{key}"] = duals[f"critical_2.{key}"][1:]
    assert not certify(case, replace(plan, duals=duals)).ok


def test_a_search_without_multipliers_proves_nothing(blackout: tuple[v2g.Case, v2g.Plan]) -> None:
    case, plan = blackout
    key = "critical_2.program_multipliers"
    nothing = {**plan.duals, key: np.zeros_like(plan.duals[key])}
    assert not certify(case, replace(plan, duals=nothing)).ok
