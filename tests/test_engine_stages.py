"""The stages against brute force: every subset of critical loads, each tried by a solver on the whole program."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from random_cases import near, planned, seeded, stage_values
from scipy.optimize import linprog
from scipy.sparse import csr_array

import v2g
from v2g.engine.stages import Stage
from v2g.lp import LP, Objective
from v2g.planning import problem_of
from v2g.readings.arrays import Arrays

ROOM = 1e-7


class Whole:
    """The full program, rows and all, in the hands of SciPy; bounds can be tightened and stages held."""

    def __init__(self, lp: LP) -> None:
        self.lp = lp
        matrix = csr_array((lp.matrix.value, lp.matrix.index, lp.matrix.start), shape=lp.shape)
        equal = lp.row_lower == lp.row_upper
        above, below = ~equal & np.isfinite(lp.row_lower), ~equal & np.isfinite(lp.row_upper)
        self.equal, self.equal_to = matrix[np.flatnonzero(equal)], lp.row_upper[equal]
        self.less = [-matrix[np.flatnonzero(above)].toarray(), matrix[np.flatnonzero(below)].toarray()]
        self.less_than = [-lp.row_lower[above], lp.row_upper[below]]
        self.held: list[tuple[np.ndarray, float]] = []

    def least(self, objective: Objective, lower: np.ndarray | None = None, upper: np.ndarray | None = None) -> float:
        """The least value of a stage, infinite where nothing is feasible."""
        low = self.lp.lower if lower is None else lower
        high = self.lp.upper if upper is None else upper
        rows = np.vstack([*self.less, *(row[None, :] for row, _ in self.held)])
        limits = np.concatenate([*self.less_than, [limit for _, limit in self.held]])
        cost = objective.dense(self.lp.shape[1])
        found = linprog(cost, rows, limits, self.equal, self.equal_to, np.column_stack([low, high]), method="highs-ds")
        assert found.status in (0, 2), found.message
        return float(found.fun + objective.constant) if found.status == 0 else np.inf

    def hold(self, objective: Objective, value: float) -> None:
        """From now on the stage stays at its value."""
        room = value - objective.constant + ROOM * max(1.0, abs(value))
        self.held.append((objective.dense(self.lp.shape[1]), room))


def program(seed: int, policy: str = "tiers", network: str = "lindistflow", **options: bool) -> LP:
    """The program of a random case."""
    return Arrays(problem_of(seeded(seed, **options).read(), network, policy)).read()


def subsets(lp: LP) -> list[np.ndarray]:
    """Every choice among the loads that can be kept at all, as values of the whole columns."""
    whole = np.flatnonzero(lp.integer)
    return [
        np.array(choice) for choice in itertools.product(*([0.0, 1.0] if lp.upper[c] > 0 else [0.0] for c in whole))
    ]


def brute_force(lp: LP) -> dict[str, float]:
    """Stage by stage the least value over all subsets that were best so far: counts by counting, amounts by SciPy."""
    whole, found = np.flatnonzero(lp.integer), {}
    alive = []
    for choice in subsets(lp):
        lower = lp.lower.copy()
        lower[whole] = choice
        if np.isfinite(Whole(lp).least(lp.objectives[-1], lower)):
            alive.append((choice, lower, Whole(lp)))
    for objective in lp.objectives:
        reached = [_value(lp, objective, choice, lower, program) for choice, lower, program in alive]
        found[objective.name] = best = min(reached)
        alive = [a for a, value in zip(alive, reached, strict=True) if value <= best + 10 * ROOM * max(1.0, abs(best))]
        for _, _, program_ in alive:
            if not objective.integers:
                program_.hold(objective, best)
    return found


def _value(lp: LP, objective: Objective, choice: np.ndarray, lower: np.ndarray, whole: Whole) -> float:
    if objective.integers:
        x = np.zeros(lp.shape[1])
        x[np.flatnonzero(lp.integer)] = choice
        return objective.at(x)
    return whole.least(objective, lower)


@pytest.mark.parametrize("policy", ["tiers", "hours"])
@pytest.mark.parametrize("seed", range(12))
def test_stages_reach_what_brute_force_over_all_subsets_reaches(seed: int, policy: str) -> None:
    expected = brute_force(program(seed, policy))
    reached = stage_values(planned(seeded(seed), policy=policy)[1])
    settled = [name for name in expected if name.startswith("critical")]
    assert {n: round(reached[n], 5) for n in settled} == {n: round(expected[n], 5) for n in settled}
    for name in expected:
        assert reached[name] >= expected[name] - 1e-5 or any(
            reached[n] > expected[n] + 1e-5 for n in list(expected)[: list(expected).index(name)]
        )
