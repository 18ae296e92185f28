"""Plans against a second program, written from the specification alone (`witness`).

Counts and critical hours are settled by the case. Later stages depend on which of several equally good sets of loads
is kept: there the witness keeps what the plan keeps. Rounding in a stage may decide a count after it; so the witness,
left free, must not find anything better, and with the loads of the plan it must find the same.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from case_changes import changed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_cases import Small, stage_values
from random_places import build_town
from test_relations_places import BETTER, WORSE, one_more_car
from witness import kept_by, stages

import v2g
from v2g.case import Case

EXAMPLES = int(os.environ.get("V2G_EXAMPLES", "8"))
FEW = settings(derandomize=True, deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
FOLDER = Path(__file__).parent / "cases"
BY_PHASE = {"station-forms", "station-rating"}
"""Cases about single phases, which the witness does not know."""
POLICIES = ("tiers", "by_tier", "hours", "drivers", "fair", "expected", "cautious")
CLOSE = 1e-5


def covered() -> list[str]:
    """Cases whose feeder is no more than a layout, or that have none."""
    found = []
    for path in sorted(FOLDER.iterdir()):
        transport = (path / "case.toml").exists() and 'network = "transport"' in (path / "case.toml").read_text()
        if transport and path.name not in BY_PHASE:
            found.append(path.name)
    return found


def near(one: float, two: float) -> bool:
    return abs(one - two) <= CLOSE * max(1.0, abs(one), abs(two))


def first_difference(plan: Mapping[str, float], witness: Mapping[str, float]) -> str | None:
    """The first stage, up to counts and critical hours, in which they differ."""
    names = list(witness)
    last = max((i for i, name in enumerate(names) if name.startswith("critical")), default=-1)
    return next((n for n in names[: last + 1] if not near(plan.get(n, 0.0), witness[n])), None)


def assert_witnessed(case: Case) -> None:
    """Solve, and compare stage by stage."""
    plan = v2g.solve(case, gap=1e-6)
    found, free = stage_values(plan), stages(case)
    differs = first_difference(found, free)
    assert differs is None or found[differs] < free[differs], (differs, found, free)
    same = stages(case, kept_by(case, plan))
    wrong = {
        name: (found.get(name, 0.0), value) for name, value in same.items() if not near(found.get(name, 0.0), value)
    }
    assert not wrong, f"plan, witness with the loads of the plan: {wrong}"
    assert [name for name in found if name in free] == [name for name in free if name in found]


def build_mixed(rng: random.Random) -> Small:
    """A random town after up to three changes, under any policy, with or without a guarantee and something to carry."""
    small = build_town(rng)
    changes = rng.sample(list({**BETTER, **WORSE}.values()), rng.randint(0, 3))
    for change in sorted(changes, key=lambda change: change is one_more_car):
        small = changed(small, change)
    small.header["policy"] = rng.choice(POLICIES)
    hours = sum(small.minutes) / 60.0
    if small.header["policy"] in ("expected", "cautious"):
        outages = rng.choice([((0.4, 0.5), (1, 0.5)), ((0.3, 0.2), (0.7, 0.5), (1.5, 0.3)), ((0.25, 0.9), (1, 0.1))])
        small.tables["durations"] = [{"hours": part * hours, "probability": p} for part, p in outages]
        small.header["cvar_alpha"] = rng.choice([0, 0.5, 0.9])
    if rng.randint(0, 3) == 0:
        small.header["guarantee_h"] = hours * rng.choice([1 / 3, 0.5, 0.8])
    if rng.randint(0, 2) == 0:
        small.header["carry_h"] = rng.choice([0, 1, 4])
    return small


@given(small=st.randoms(use_true_random=False).map(build_mixed))
@FEW
def test_random_towns_are_witnessed(small: Small) -> None:
    assert_witnessed(small.read())


@pytest.mark.parametrize("name", covered())
def test_golden_cases_are_witnessed(name: str) -> None:
    assert_witnessed(v2g.read(FOLDER / name))


def test_most_golden_cases_are_covered() -> None:
    assert len(covered()) > 45


def test_places_are_witnessed() -> None:
    assert_witnessed(v2g.read("places"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chiba-2019", "depot"])
def test_larger_cases_are_witnessed(name: str) -> None:
    """Voltages and phases of the depot do not bind: its kW decide."""
    assert_witnessed(v2g.read(name))


def test_a_wrong_plan_is_noticed() -> None:
    """Both lack one load; cords lose 0.2 h of the hour, an inverter 0.375 h."""
    cords, inverter = (stages(v2g.read(FOLDER / name)) for name in ("v2l-cords", "v2l-inverter"))
    assert first_difference(cords, inverter) == "critical_hours"
    assert first_difference(cords, cords) is None
    assert first_difference(cords | {"critical_1": 0.0}, cords) == "critical_1"
