"""Small random cases, and what their plans reach, stage by stage.

A case is drawn from any `random.Random`: one that Hypothesis drives (`small_cases`), or one with a seed (`seeded`).
Every case is feasible: a battery forms the feeder and serving nothing is within all limits.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import strategies as st

import v2g
from v2g.case import Case
from v2g.formats.draft import Draft
from v2g.plan import Plan

START = datetime(2026, 1, 15, 18, tzinfo=UTC)
TOLERANCE = 1e-6
EXACT = 1e-6


@dataclass
class Small:
    """A case as records, to be changed one thing at a time: ``header`` and ``tables`` by name."""

    header: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]]

    def copy(self) -> Small:
        """An independent copy."""
        return copy.deepcopy(self)

    @property
    def minutes(self) -> list[int]:
        """Length of each interval."""
        step = self.header["step_min"]
        return list(step) if isinstance(step, list) else [step] * self.header["steps"]

    def time(self, point: int) -> str:
        """The point between two intervals, as text."""
        return (START + timedelta(minutes=sum(self.minutes[:point]))).isoformat()

    def draft(self) -> Draft:
        """What a reader of files would hand over."""
        frames = {name: pd.DataFrame(rows) for name, rows in self.tables.items() if rows}
        return Draft.of(self.header, frames)

    def read(self) -> Case:
        """The checked case."""
        return v2g.read(self.draft())


def build(rng: random.Random, *, critical: bool = True, comfortable: bool = False, fine: bool = True) -> Small:
    """A random case. Without ``critical`` all loads are of tier 0, so that no integer is left.

    ``comfortable`` vehicles are never below their reserve by themselves. Without ``fine`` the intervals are equal.
    """
    steps = rng.randint(2, 4)
    unequal = fine and rng.randint(0, 1) == 1
    step = [rng.choice([15, 30, 45, 60]) for _ in range(steps)] if unequal else rng.choice([30, 60])
    header = {"format": 1, "name": "random", "start_utc": START.isoformat(), "step_min": step, "steps": steps}
    small = Small(header, {})
    phases = rng.choice(["a", "abc"])
    _feeder(rng, small, phases)
    _sources(rng, small, phases)
    for number in range(rng.randint(1, 4)):
        small.tables.setdefault("loads", []).append(_load(rng, small, phases, number, critical))
    for number in range(rng.randint(0, 3)):
        _vehicle(rng, small, phases, number, comfortable)
    return small


def _feeder(rng: random.Random, small: Small, phases: str) -> None:
    count = rng.randint(2, 4)
    small.tables["buses"] = [{"bus": f"b{i}", "phases": phases, "kv_ln_kv": 0.23} for i in range(count)]
    small.tables["lines"] = []
    for i in range(1, count):
        line = {"line": f"w{i}", "from_bus": f"b{rng.randint(0, i - 1)}", "to_bus": f"b{i}", "phases": phases}
        line["rating_kva"] = rng.choice([None, 2.5, 6.0])
        for pair in ("aa", "bb", "cc") if phases == "abc" else ("aa",):
            line[f"r_{pair}_ohm"], line[f"x_{pair}_ohm"] = rng.randint(1, 20) / 50, rng.randint(0, 20) / 100
        if phases == "abc":
            line["r_ab_ohm"], line["x_bc_ohm"] = 0.3 * line["r_aa_ohm"], 0.3 * line["x_bb_ohm"]
        small.tables["lines"].append(line)


def _sources(rng: random.Random, small: Small, phases: str) -> None:
    start = rng.randint(2, 24) / 2
    small.tables["batteries"] = [{
        "battery": "town", "bus": "b0", "phases": phases, "capacity_kwh": 16, "start_kwh": start,
        "reserve_kwh": rng.randint(0, int(2 * start)) / 4,
        "charge_kw": rng.randint(1, 12), "discharge_kw": rng.randint(1, 24),
        "rating_kva": rng.choice([None, 30.0]), "charge_eff": rng.choice([0.85, 0.95]),
        "discharge_eff": rng.choice([0.8, 0.9]), "forming": 1,
    }]  # fmt: skip
    last = len(small.tables["buses"]) - 1
    if rng.randint(0, 2) == 0:
        small.tables["generators"] = [{
            "generator": "diesel", "bus": f"b{rng.randint(0, last)}", "phases": phases, "rating_kw": rng.randint(1, 6),
            "rating_kva": 8, "fuel_l": rng.randint(1, 8) / 4, "fuel_l_per_kwh": 0.3,
        }]  # fmt: skip
    if rng.randint(0, 2) == 0:
        small.tables["solar"] = [
            {"solar": "roof", "bus": f"b{last}", "phases": phases, "rating_kw": rng.randint(1, 6), "profile": "sun"}
        ]
        rows = range(len(small.minutes))
        small.tables["profiles"] = [{"start_utc": small.time(k), "sun": rng.randint(0, 8) / 8} for k in rows]


def _load(rng: random.Random, small: Small, phases: str, number: int, critical: bool) -> dict[str, Any]:
    last, steps = len(small.tables["buses"]) - 1, len(small.minutes)
    kw = rng.randint(2, 16) / 2
    at, kind = (
        rng.choice([("abc", "wye"), ("b", "wye"), ("bc", "delta"), ("ac", "delta")])
        if phases == "abc"
        else ("a", "wye")
    )
    load = {"load": f"l{number}", "bus": f"b{rng.randint(0, last)}", "phases": at, "connection": kind, "kw": kw}
    load |= {"kvar": rng.choice([0.0, kw / 4]), "tier": rng.randint(0, 2) if critical else 0}
    if rng.randint(0, 1):
        first = rng.randint(0, steps - 1)
        load |= {"from_utc": small.time(first), "until_utc": small.time(rng.randint(first + 1, steps))}
    if critical and rng.randint(0, 3) == 0:
        load["people"] = rng.randint(1, 9)
    return load


def _vehicle(rng: random.Random, small: Small, phases: str, number: int, comfortable: bool) -> None:
    last, steps, name = len(small.tables["buses"]) - 1, len(small.minutes), f"v{number}"
    start = rng.randint(8, 40) / 2
    leaves = rng.randint(1, steps)
    drives = leaves < steps and rng.randint(0, 1) == 1
    energy = rng.randint(1, 6) / 2 if drives else 0.0
    reserve = rng.randint(0, int(start - energy)) if comfortable else rng.randint(0, 16)
    vehicle = {
        "vehicle": name, "capacity_kwh": 24, "start_kwh": start, "reserve_kwh": reserve,
        "charge_kw": rng.randint(1, 8), "discharge_kw": rng.choice([0, 3, 7]),
    }  # fmt: skip
    charger = {
        "charger": f"c{number}", "bus": f"b{rng.randint(0, last)}", "phases": rng.choice(["a", phases]), "charge_kw": 7,
        "discharge_kw": 6, "charge_eff": rng.choice([0.8, 0.9]), "discharge_eff": rng.choice([0.8, 0.95]),
    }  # fmt: skip
    stay = {"vehicle": name, "charger": f"c{number}", "from_utc": small.time(rng.randint(0, leaves - 1))}
    for table, row in (
        ("vehicles", vehicle),
        ("chargers", charger),
        ("stays", stay | {"until_utc": small.time(leaves)}),
    ):
        small.tables.setdefault(table, []).append(row)
    if drives:
        trip = {
            "vehicle": name,
            "depart_utc": small.time(leaves),
            "return_utc": small.time(leaves + 1),
            "energy_kwh": energy,
        }
        small.tables.setdefault("trips", []).append(trip)


def seeded(seed: int, **options: bool) -> Small:
    """The case of a seed."""
    return build(random.Random(seed), **options)


def small_cases(**options: bool) -> st.SearchStrategy[Small]:
    """Random cases for Hypothesis, which shrinks what it draws."""
    return st.randoms(use_true_random=False).map(lambda rng: build(rng, **options))


def planned(small: Small, **options: Any) -> tuple[Case, Plan]:
    """The case and its plan, solved to the end; `v2g.solve` hands over none that `v2g.verify` refuses."""
    case = small.read()
    plan = v2g.solve(case, **{"gap": EXACT, **options})
    assert plan.summary["audit"]["ok"] and plan.summary["status"] == "optimal"
    return case, plan


def values(small: Small, **options: Any) -> dict[str, float]:
    """What a plan leaves undone, stage by stage."""
    return stage_values(planned(small, **options)[1])


def stage_values(plan: Plan) -> dict[str, float]:
    """Objective of each stage, in order."""
    return {stage["name"]: stage["objective"] for stage in plan.summary["certificate"]["stages"]}


def decided(found: Mapping[str, float]) -> dict[str, float]:
    """The counts and the critical hours: the stages before which no choice among equals was made."""
    return {name: value for name, value in found.items() if name.startswith("critical")}


def near(one: float, two: float, tolerance: float = TOLERANCE) -> bool:
    """Equal up to rounding."""
    return abs(one - two) <= tolerance * max(1.0, abs(one), abs(two))


def equal(one: Mapping[str, float], two: Mapping[str, float]) -> bool:
    """All stages equal; a stage that one of them lacks counts as zero."""
    return all(near(one.get(name, 0.0), two.get(name, 0.0)) for name in {**one, **two})


def no_worse(one: Mapping[str, float], two: Mapping[str, float]) -> bool:
    """Whether the first leaves no more undone, in the order of the stages: the first difference decides."""
    names = sorted({n for n in (*one, *two) if n.startswith("critical_") and n[-1].isdigit()})
    names += [n for n in one if n not in names]
    for name in names:
        a, b = one.get(name, 0.0), two.get(name, 0.0)
        if not near(a, b):
            return a < b
    return True
