"""What each policy puts first, on cases whose answer is worked out beside them.

The street has two buses on one phase. Its box holds 10 kWh and gives 80 % of that: 8 kWh, at any power asked for here.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small import case_of as checked_case
from small import frame
from v2g.models import POLICIES
from v2g.models.policy import Tiers

import v2g
from v2g.case import Case
from v2g.derive.outage import carried_kwh
from v2g.errors import ModelError, UsageError
from v2g.formats.draft import Draft
from v2g.language import objective
from v2g.plan import Plan
from v2g.planning import problem_of
from v2g.readings.arrays import Arrays

HEADER = {
    "format": 1, "name": "box", "start_utc": "2026-01-15T18:00:00+00:00", "step_min": 60, "steps": 4,
    "network": "transport",
}  # fmt: skip
STREET = {
    "buses": "bus,phases,kv_ln_kv\none,a,0.23\ntwo,a,0.23",
    "lines": "line,from_bus,to_bus,phases,r_aa_ohm,x_aa_ohm\nwire,one,two,a,0.01,0.01",
    "batteries": "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming\n"
    "box,one,a,20,10,20,20,0.9,0.8,1",
}
CLINIC = "load,bus,phases,tier,kw\nclinic,two,a,1,4"
TWO_ENDS = "hours,probability\n1,0.5\n3,0.5"
"""Still out with certainty in the first hour, with 0.5 in the second and third, no longer in the fourth."""


def case_of(tables: Mapping[str, str], **header: Any) -> Case:
    """The street with further tables."""
    frames = {name: frame(text) for name, text in {**STREET, **tables}.items()}
    return v2g.read(Draft.of({**HEADER, **header}, frames))


def stages(plan: Plan) -> dict[str, float]:
    """Value of each stage, each of them proven to the last digit that matters."""
    rows = plan.summary["certificate"]["stages"]
    assert all(row["objective"] - row["bound"] <= 1e-6 * max(1.0, abs(row["objective"])) for row in rows), rows
    return {row["name"]: row["objective"] for row in rows}


def served(plan: Plan, load: str) -> list[float]:
    """Power that a load gets in each interval."""
    rows = plan.tables["loads"]
    return [float(kw) for kw in rows.loc[rows["load"] == load, "served_kw"]]


def left(plan: Plan) -> float:
    """What the box holds at the end, in kWh."""
    rows = plan.tables["sources"]
    return float(rows.loc[rows["source"] == "box", "energy_end_kwh"].iloc[-1])


@pytest.mark.parametrize("policy", sorted({"tiers", "hours", "drivers", "by_tier", "fair"} & set(POLICIES)))
def test_what_cannot_be_served_is_missed_late(policy: str) -> None:
    """8 kWh for 4 kW over four hours: two hours, whichever. Missed are the last two, when a half and a quarter of
    the plan are still to come: 0.5 + 0.25 h."""
    plan = v2g.solve(case_of({"loads": CLINIC}), policy=policy)
    assert served(plan, "clinic") == pytest.approx([4.0, 4.0, 0.0, 0.0])
    assert stages(plan)["lost_late_soon"] == pytest.approx(0.75)


def test_the_order_of_the_stages() -> None:
    plan = v2g.solve(case_of({"loads": CLINIC, "durations": TWO_ENDS}), policy="tiers")
    rest = ["drops", "mobility_shortfall", "leftover", "other_energy", "fuel_burnt", "battery_wear"]
    rest += ["lost_late_soon"]
    assert list(stages(plan)) == ["critical_1", "critical_hours", *rest]
    first = {"hours": "critical_hours", "drivers": "mobility_shortfall", "fair": "worst_off_1",
             "expected": "expected_hours_1", "cautious": "cvar_hours_1"}  # fmt: skip
    case = case_of({"loads": CLINIC, "durations": TWO_ENDS})
    assert list(stages(v2g.solve(case, policy="by_tier"))) == ["critical_1", "critical_hours_1", *rest]
    for policy, name in first.items():
        order = [objective.name for objective in Arrays(problem_of(case, "transport", policy)).read().objectives]
        assert order[0] == name
        assert set(order) >= {"critical_1", "critical_hours", *rest}


# Hours of a tier before the next tier


def test_under_tiers_a_whole_load_counts_before_hours_of_an_earlier_tier() -> None:
    """The arithmetic for both policies stands in the README of the case: 1.75 h missed by the clinic, or 0.75 h."""
    case = v2g.read(Path(__file__).parent / "cases" / "policy-by-tier")
    whole, hours = (v2g.solve(case, policy=policy, gap=1e-6) for policy in ("tiers", "by_tier"))
    assert sum(served(whole, "clinic")) == pytest.approx(1.0, abs=1e-6)
    assert sum(served(hours, "clinic")) == pytest.approx(5.0, abs=1e-6)
    counts = ["critical_1", "critical_2", "critical_hours"]
    assert [stages(whole)[name] for name in counts] == pytest.approx([1.0, 0.0, 1.75], abs=1e-6)


@pytest.mark.parametrize(
    ("stage", "value"), [("critical_2", 0.0), ("critical_hours_1", 0.5), ("critical_hours_2", None)]
)
def test_the_audit_counts_each_stage_again(stage: str, value: float | None) -> None:
    """1 load of tier 2 is not kept, 0.75 h of tier 1 and 2 h of tier 2 are missing: the summary may not say less."""
    case = v2g.read(Path(__file__).parent / "cases" / "policy-by-tier")
    plan = v2g.solve(case, gap=1e-6)
    assert v2g.verify(case, plan).ok
    row = next(row for row in plan.summary["certificate"]["stages"] if row["name"] == stage)
    row["objective"] = value
    failed = v2g.verify(case, plan).failed
    assert [check.name for check in failed] == ["summary: critical loads and hours of the stages"]
    assert failed[0].where == f"stage {stage}"


def test_the_stages_of_tiers_take_turns() -> None:
    """Three loads of one hour each, 1 kWh in all: whole ones of 0.6, 0.3 and 0.3 kWh in tiers 1, 2 and 3.

    Tier 1 takes 0.6 kWh, tier 2 takes 0.3 kWh; the 0.1 kWh left are 1/3 h of tier 3.
    """
    loads = "load,bus,phases,tier,kw\na,one,a,1,0.6\nb,two,a,2,0.3\nc,two,a,3,0.3"
    box = STREET["batteries"].replace("20,10,20,20,0.9,0.8", "20,1,20,20,1,1")
    found = stages(v2g.solve(case_of({"loads": loads, "batteries": box}, steps=1), policy="by_tier"))
    names = [f"{word}_{tier}" for tier in (1, 2, 3) for word in ("critical", "critical_hours")]
    assert list(found)[:6] == names
    assert [found[name] for name in names] == pytest.approx([0, 0, 0, 0, 1, 2 / 3], abs=1e-6)


class Wrong(Tiers):
    """A stage for each tier that is to take turns with one that has no tiers."""

    table = "wrong"

    @objective("h", "load-hours", alternates=True)
    def hours_by_tier(self, r):  # type: ignore[no-untyped-def]
        """By tier, after wear."""
        return self.unserved[r]


def test_stages_take_turns_only_over_one_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(POLICIES, "wrong", Wrong)
    with pytest.raises(ModelError, match=r"wrong\.hours_by_tier alternates with the objective above it"):
        problem_of(case_of({"loads": CLINIC}), "transport", "wrong").stages()


# Drivers


def test_drivers_come_first() -> None:
    """4 kWh are missing to the car, 8 kWh to the clinic, and 8 kWh are there. Lossless charging, in the first hour."""
    case = case_of(
        {
            "loads": "load,bus,phases,tier,kw\nclinic,two,a,1,2",
            "vehicles": "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw\nleaf,40,6,10,20,0",
            "chargers": "charger,bus,phases,charge_kw,discharge_kw,charge_eff,discharge_eff\npost,one,a,20,0,1,1",
            "stays": "vehicle,charger,from_utc,until_utc\nleaf,post,2026-01-15T18:00:00Z,2026-01-15T22:00:00Z",
        }
    )
    loads_first, drivers_first = (stages(v2g.solve(case, policy=policy)) for policy in ("tiers", "drivers"))
    assert (loads_first["critical_1"], loads_first["mobility_shortfall"]) == pytest.approx((0.0, 4.0), abs=1e-6)
    assert (drivers_first["critical_1"], drivers_first["mobility_shortfall"]) == pytest.approx((1.0, 0.0), abs=1e-6)
    assert drivers_first["critical_hours"] == pytest.approx(2.0, abs=1e-6)


# Places


def test_half_each_for_two_equal_places() -> None:
    """8 kWh for two loads of 4 kW: one hour of four each, so that each misses 3/4. Counts alone leave it open."""
    homes = "load,bus,phases,tier,kw\neast,one,a,1,4\nwest,two,a,1,4"
    plan = v2g.solve(case_of({"loads": homes}), policy="fair")
    assert stages(plan)["worst_off_1"] == pytest.approx(0.75, abs=1e-6)
    assert [sum(served(plan, home)) for home in ("east", "west")] == pytest.approx([4.0, 4.0], abs=1e-5)


def test_fairness_comes_before_counts() -> None:
    """8 kWh serve one load of 2 kW throughout, or each of two half the time."""
    homes = "load,bus,phases,tier,kw\neast,one,a,1,2\nwest,two,a,1,2"
    case = case_of({"loads": homes})
    counted, fair = (stages(v2g.solve(case, policy=policy)) for policy in ("tiers", "fair"))
    assert counted["critical_1"] == pytest.approx(1.0)
    assert (fair["worst_off_1"], fair["critical_1"]) == pytest.approx((0.5, 2.0), abs=1e-6)


def test_a_site_is_one_place() -> None:
    """Three loads of 4 kW, two of them at a site; 2 of 12 load-hours can be served.

    The lone one gets a hours, the two of the site b together: a/4 = b/8 and a + b = 2, so a = 2/3, and 1 - a/4 = 5/6.
    """
    tables = {
        "sites": "site,bus\nhall,one",
        "loads": "load,bus,phases,tier,kw,site\nward,,a,1,4,hall\nkitchen,,a,1,4,hall\nlone,two,a,1,4,",
    }
    plan = v2g.solve(case_of(tables), policy="fair")
    assert stages(plan)["worst_off_1"] == pytest.approx(5 / 6, abs=1e-6)
    assert sum(served(plan, "lone")) == pytest.approx(4 * 2 / 3, abs=1e-5)


def test_the_worst_off_of_each_tier_in_order() -> None:
    """Tier 1 takes 6 of 8 kWh (1 kW and 0.5 kW for 4 h); the 2 kWh left are 1/2 h of the 4 kW of tier 2."""
    loads = "load,bus,phases,tier,kw\na,one,a,1,1\nb,two,a,1,0.5\nc,two,a,2,4"
    found = stages(v2g.solve(case_of({"loads": loads}), policy="fair"))
    assert (found["worst_off_1"], found["worst_off_2"]) == pytest.approx((0.0, 1.0 - 0.5 / 4), abs=1e-6)


# How long it lasts


def test_what_is_likely_comes_first() -> None:
    """8 kWh are 2 h. The first hour counts 1, the second and third 0.5 each, the fourth nothing: 0.5 h are lost."""
    plan = v2g.solve(case_of({"loads": CLINIC, "durations": TWO_ENDS}, carry_h=0), policy="expected")
    assert stages(plan)["expected_hours_1"] == pytest.approx(0.5, abs=1e-6)
    assert served(plan, "clinic")[0] == pytest.approx(4.0, abs=1e-5)
    assert served(plan, "clinic")[3] == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_the_expectation_is_that_of_the_best_plan_on_a_grid(seed: int) -> None:
    """All plans that serve each load by halves: powers are multiples of 2 kW, so an optimum is among them."""
    random = np.random.default_rng(seed)
    power = random.choice([2.0, 4.0], 2)
    ends, weights = random.choice([0.5, 1.5, 2.0, 3.0, 5.0], 3, replace=False), random.dirichlet(np.ones(3))
    weights[-1] = 1.0 - weights[:-1].sum()
    loads = f"load,bus,phases,tier,kw\na,one,a,1,{power[0]}\nb,two,a,1,{power[1]}"
    durations = "hours,probability\n" + "\n".join(f"{h},{float(p)!r}" for h, p in zip(ends, weights, strict=True))
    case = case_of({"loads": loads, "durations": durations}, steps=3, carry_h=0)
    still = [sum(p * min(max(end - t, 0.0), 1.0) for end, p in zip(ends, weights, strict=True)) for t in range(3)]
    best = min(
        sum((1 - share) * still[t] for share, (_, t) in zip(plan, cells, strict=True))
        for cells in [list(itertools.product(range(2), range(3)))]
        for plan in itertools.product((0.0, 0.5, 1.0), repeat=6)
        if sum(share * power[load] for share, (load, _) in zip(plan, cells, strict=True)) <= 8.0
    )
    assert stages(v2g.solve(case, policy="expected"))["expected_hours_1"] == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize(("alpha", "lost"), [(0.0, 0.5), (0.25, 2 / 3), (0.5, 1.0), (0.999, 1.0)])
def test_the_mean_over_the_worst_outages(alpha: float, lost: float) -> None:
    """Nothing is lost if it lasts 1 h, and 1 h of 3 if it lasts 3 h.

    All outages: 0.5 x 1. The worst 3/4 of them: (0.5 x 1 + 0.25 x 0) / 0.75. The worst half, or less: 1.
    """
    case = case_of({"loads": CLINIC, "durations": TWO_ENDS}, carry_h=0, cvar_alpha=alpha)
    assert stages(v2g.solve(case, policy="cautious"))["cvar_hours_1"] == pytest.approx(lost, abs=1e-6)


def test_without_caution_it_is_the_expectation() -> None:
    durations = "hours,probability\n0.75,0.2\n1.5,0.3\n2.25,0.1\n4,0.4"
    case = case_of({"loads": CLINIC, "durations": durations}, carry_h=0, cvar_alpha=0)
    expected, cautious = (stages(v2g.solve(case, policy=policy)) for policy in ("expected", "cautious"))
    assert expected["expected_hours_1"] > 0.1
    assert cautious["cvar_hours_1"] == pytest.approx(expected["expected_hours_1"], abs=1e-6)


def test_caution_saves_for_a_long_outage() -> None:
    """8 kWh for 1 h of 8 kW now, or for 2 h of 4 kW later. It lasts 1 h in nine of ten cases, else 3 h.

    Now: nothing is lost, or 2 h; later: 1 h in any case. On average 0.2 against 1, in the worst tenth 2 against 1.
    """
    loads = """load,bus,phases,tier,kw,from_utc,until_utc
        now,one,a,1,8,,2026-01-15T19:00:00+00:00
        later,two,a,1,4,2026-01-15T19:00:00+00:00,2026-01-15T21:00:00+00:00"""
    case = case_of({"loads": loads, "durations": "hours,probability\n1,0.9\n3,0.1"}, carry_h=0)
    bold, careful = (v2g.solve(case, policy=policy) for policy in ("expected", "cautious"))
    assert stages(bold)["expected_hours_1"] == pytest.approx(0.2, abs=1e-6)
    assert stages(careful)["cvar_hours_1"] == pytest.approx(1.0, abs=1e-6)
    assert sum(served(bold, "now")) == pytest.approx(8.0, abs=1e-5)
    assert sum(served(careful, "later")) == pytest.approx(8.0, abs=1e-5)


@pytest.mark.parametrize("policy", POLICIES)
def test_who_needs_to_know_how_long_it_lasts(policy: str) -> None:
    case = case_of({"loads": CLINIC})
    if policy not in ("expected", "cautious"):
        v2g.solve(case, policy=policy)
        return
    with pytest.raises(UsageError, match=r"durations\.csv.*cause = "):
        v2g.solve(case, policy=policy)


# The end of the plan

LAMP = "load,bus,phases,tier,kw\nclinic,two,a,1,1\nshops,two,a,0,4"


@pytest.mark.parametrize(("carry", "kept"), [(0.0, 0.0), (2.0, 2.0), (3.5, 3.5), (50.0, 4.0)])
def test_what_is_left_at_the_end(carry: float, kept: float) -> None:
    """The clinic takes 4 of 8 kWh and 1 kW on average; the shops get what is left of the rest, at most 4 kWh."""
    plan = v2g.solve(case_of({"loads": LAMP}, carry_h=carry))
    found = stages(plan)
    assert found["critical_1"] == pytest.approx(0.0, abs=1e-9)
    assert found["leftover"] == pytest.approx(carry - kept, abs=1e-6)
    assert 0.8 * left(plan) == pytest.approx(kept, abs=1e-5)
    assert sum(served(plan, "shops")) == pytest.approx(4.0 - kept, abs=1e-5)


def test_nothing_is_asked_of_the_end_where_nothing_is_to_be_left() -> None:
    lp = Arrays(problem_of(case_of({"loads": LAMP}), "transport", "tiers")).read()
    (stage,) = [objective for objective in lp.objectives if objective.name == "leftover"]
    assert stage.index.size == 0 and stage.constant == 0.0


@pytest.mark.parametrize(("policy", "kept"), [("tiers", 0.0), ("expected", 4.0), ("cautious", 4.0)])
def test_who_does_not_know_the_end_carries_a_day(policy: str, kept: float) -> None:
    """24 h of 1 kW are more than is left: the shops get nothing."""
    plan = v2g.solve(case_of({"loads": LAMP, "durations": TWO_ENDS}), policy=policy)
    assert 0.8 * left(plan) == pytest.approx(kept, abs=1e-5)


def test_the_target_is_that_of_the_last_day() -> None:
    """30 h: in the last 24 h the clinic takes 6 h of 8 kW and 18 h of 2 kW; 2 h of the other window fall into them."""
    times = pd.date_range("2026-01-15T18:00:00+00:00", periods=30, freq="h")
    profile = "start_utc,p\n" + "\n".join(f"{t.isoformat()},{4 if n < 12 else 1}" for n, t in enumerate(times))
    loads = f"""load,bus,phases,tier,kw,profile,until_utc
        clinic,two,a,1,2,p,
        early,two,a,2,12,,{times[8].isoformat()}
        shops,two,a,0,50,,"""
    case = case_of({"loads": loads, "profiles": profile}, steps=30, carry_h=10)
    wanted = problem_of(case, "transport", "tiers").numbers.values["tiers", "wanted"]
    assert wanted == pytest.approx([10 * (6 * 8 + 18 * 2 + 2 * 12) / 24])


def test_what_is_carried_is_the_need_of_the_last_day() -> None:
    """Two days, of which the second asks for half. Its clinic takes 4 x 0.5 kW, its pump 8 x 0.5 kW for 6 of 24 h:
    2 + 1 = 3 kW on average, and 2 h of that are 6 kWh."""
    profile = "\n".join(f"2026-01-{15 + h // 24}T{h % 24:02}:00:00+00:00,{1.0 if h < 24 else 0.5}" for h in range(48))
    tables = {
        "buses": "bus,kv_ln_kv\nsquare,0.23", "profiles": f"start_utc,half\n{profile}",
        "loads": "load,bus,tier,service,kw,profile,hours_per_day\n"
        "clinic,square,1,continuous,4,half,\npump,square,1,hours,8,half,6",
        "batteries": "battery,bus,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming\n"
        "box,square,9,9,4,4,1,1,1",
    }  # fmt: skip
    header = {"start_utc": "2026-01-15T00:00:00+00:00", "step_min": 60, "steps": 48, "carry_h": 2}
    assert carried_kwh(checked_case(tables, header), POLICIES["tiers"]) == pytest.approx(6.0)


def test_hours_of_a_tier_are_held_before_the_next_tier_is_counted() -> None:
    """The wire is out from 20:00, so the clinic cannot be kept; the radio is. 2.5 of 3 kW for two hours are 5 kWh,
    1.25 h of the clinic's 4 h: 2.75 h are missing. Nothing is left for the dialysis before 20:00: it is not kept."""
    tables = {
        "batteries": STREET["batteries"].replace("20,10,20,20,0.9,0.8", "20,11,3,3,1,1"),
        "events": "at_utc,event,element\n2026-01-15T20:00:00Z,out,wire",
        "loads": "load,bus,phases,tier,kw\nradio,one,a,1,0.5\nclinic,two,a,1,4\ndialysis,one,a,2,2",
    }
    found = stages(v2g.solve(case_of(tables), policy="by_tier", gap=1e-6))
    names = ["critical_1", "critical_hours_1", "critical_2", "critical_hours_2"]
    assert [found[name] for name in names] == pytest.approx([1, 2.75, 1, 2], abs=2e-2)
