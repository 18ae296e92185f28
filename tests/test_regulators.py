"""Regulators whose taps move: what they add to a plan, its audit, its AC replay and its files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import v2g
from tests import agreement
from tests.small import STREET, case_of, frame, problem_of
from v2g.ac.flow import solve as replayed
from v2g.ac.secure import solve_secure
from v2g.case import Case
from v2g.derive.losses import with_losses
from v2g.errors import SolveError
from v2g.feeders.network import TapRange, Winding
from v2g.feeders.units import tap_range
from v2g.formats.plan_folder import read_plan, write_plan
from v2g.plan import Plan
from v2g.readings import pyomo
from v2g.readings.arrays import Arrays
from v2g.replay import audit
from v2g.replay.record import Record
from v2g.replay.regulators import read_regulators

HOURS = {"name": "hill", "step_min": 60, "steps": 2, "vmin_pu": 0.95, "vmax_pu": 1.05}
UNIT = "transformer,from_bus,to_bus,phases,tap_a,tap_b,tap_c,tap_min,tap_max,tap_step,tap_ganged"
FREE = f"{UNIT}\nreg,head,top,a,1,1,1,0.9,1.1,0.00625,0"
FIXED = f"{UNIT}\nreg,head,top,a,1,1,1,,,,0"
HILL = {
    "buses": "bus,phases,kv_ln_kv\nhead,a,1\ntop,a,1\nhill,a,1",
    "lines": "line,from_bus,to_bus,phases,r_aa_ohm,x_aa_ohm\nlane,top,hill,a,0.5,0",
    "grid": "grid,bus,phases,voltage_pu\nsupply,head,a,1",
    "loads": "load,bus,phases,tier,service,kw,kvar,profile\nhut,hill,a,0,flexible,150,0,evening",
    "profiles": "start_utc,evening\n2026-01-15T18:00:00+00:00,1\n2026-01-15T19:00:00+00:00,0.5",
}
"""At 1 kV and 0.5 ohm, w falls by 2 * 0.5 * kW / 1000: 0.15 at 150 kW, 0.075 at 75 kW. vmin^2 = 0.9025."""


def hill(transformers: str = FREE, **more: Any) -> Case:
    return case_of({**HILL, "transformers": transformers, **more}, HOURS)


def taps(plan: Plan) -> list[float]:
    return [float(tap) for tap in plan.tables["taps"]["tap"]]


def served(plan: Plan) -> list[float]:
    return [float(kw) for kw in plan.tables["loads"]["served_kw"]]


@pytest.mark.parametrize("solver", ["highs", "highs:ipx", "pyomo:highs"])
def test_a_fixed_tap_curtails_and_a_free_one_serves(solver: str) -> None:
    """Fixed: 1 - kW / 1000 >= 0.9025 leaves 97.5 kW. Free: tap^2 - 0.15 = 0.9025, so the tap is sqrt(1.0525).

    In the second hour 1 - 0.075 = 0.925 is enough, and the tap stays as it is given.
    """
    assert served(v2g.solve(hill(FIXED), solver=solver)) == pytest.approx([97.5, 75.0], abs=1e-6)
    plan = v2g.solve(hill(), solver=solver)
    assert served(plan) == pytest.approx([150.0, 75.0], abs=1e-6)
    assert taps(plan) == pytest.approx([1.0525**0.5, 1.0], abs=1e-7)
    stage = plan.summary["certificate"]["stages"][-1]
    assert (stage["name"], stage["objective"]) == ("taps_moved", pytest.approx(0.0525, abs=1e-7))


def test_the_range_binds() -> None:
    """At most 1.0125: 1.0125^2 - kW / 1000 >= 0.9025 leaves 122.65625 kW."""
    plan = v2g.solve(hill(FREE.replace("0.9,1.1", "0.9,1.0125")))
    assert served(plan)[0] == pytest.approx(122.65625, abs=1e-6)
    assert taps(plan)[0] == pytest.approx(1.0125, abs=1e-8)


def test_a_tap_is_lowered_no_more_than_it_has_to_be() -> None:
    """Supply at 1.1 with vmax 1.05: the tap goes down to 1.05 / 1.1 in both hours."""
    plan = v2g.solve(hill(grid="grid,bus,phases,voltage_pu\nsupply,head,a,1.1", buses=f"{HEAD}top,a,1,\nhill,a,1,"))
    assert taps(plan) == pytest.approx([1.05 / 1.1] * 2, abs=1e-8)


HEAD = "bus,phases,kv_ln_kv,vmax_pu\nhead,a,1,1.2\n"


def test_a_regulator_fed_from_its_far_side() -> None:
    """The source is at the hill, the load at the head: tap^2 (w_head) = 1 - 0.15, and w_head >= 0.9025.

    Lowered to tap^2 = 0.85 / 0.9025 it serves all; as given it leaves 97.5 kW.
    """
    turned = {
        "grid": "grid,bus,phases,voltage_pu\nsupply,hill,a,1",
        "loads": HILL["loads"].replace("hut,hill", "hut,head"),
        "buses": "bus,phases,kv_ln_kv,vmin_pu\nhead,a,1,\ntop,a,1,0.8\nhill,a,1,",
    }
    assert served(v2g.solve(hill(FIXED, **turned)))[0] == pytest.approx(97.5, abs=1e-6)
    plan = v2g.solve(hill(**turned))
    assert served(plan)[0] == pytest.approx(150.0, abs=1e-6)
    assert taps(plan)[0] == pytest.approx((0.85 / 0.9025) ** 0.5, abs=1e-7)


def test_phases_with_one_tap_move_together() -> None:
    """Only phase a is loaded; with one tap, b is raised by as much as a: tap^2 = 1.0525 at equal voltages before it."""
    two = {
        "buses": "bus,phases,kv_ln_kv\nhead,ab,1\ntop,ab,1\nhill,ab,1",
        "lines": "line,from_bus,to_bus,phases,r_aa_ohm,r_bb_ohm\nlane,top,hill,ab,0.5,0.5",
        "grid": "grid,bus,phases,voltage_pu\nsupply,head,ab,1",
        "vehicles": None,
    }
    own = v2g.solve(hill(f"{UNIT}\nreg,head,top,ab,1,1,1,0.9,1.1,0.00625,0", **two))
    one = v2g.solve(hill(f"{UNIT}\nreg,head,top,ab,1,1,1,0.9,1.1,0.00625,1", **two))
    assert taps(own)[:2] == pytest.approx([1.0525**0.5, 1.0], abs=1e-7)
    assert taps(one)[:2] == pytest.approx([1.0525**0.5] * 2, abs=1e-7)
    apart = one.tables["taps"].copy()
    apart.loc[1, "tap"] = 1.0
    assert "taps: phases with one tap move together" in failed(hill(
        f"{UNIT}\nreg,head,top,ab,1,1,1,0.9,1.1,0.00625,1", **two), with_taps(one, apart))  # fmt: skip


def with_taps(plan: Plan, table: Any) -> Plan:
    return replace(plan, tables={**plan.tables, "taps": table})


def failed(case: Case, plan: Plan) -> set[str]:
    return {check.name for check in audit(case, plan).failed}


def test_the_audit_refuses_other_taps() -> None:
    case = hill()
    plan = v2g.solve(case)
    table = plan.tables["taps"]
    assert failed(case, plan) == set()
    assert failed(case, with_taps(plan, table.assign(tap=1.0))) >= {"feeder: voltages swept from the reference"}
    assert failed(case, with_taps(plan, table.assign(tap=1.2))) >= {"taps: within their range"}
    assert failed(case, with_taps(plan, table.iloc[:1])) >= {"taps: live ones listed"}
    assert failed(case, with_taps(plan, table.assign(phase="c"))) >= {"taps: complete and finite"}
    without = replace(plan, tables={name: one for name, one in plan.tables.items() if name != "taps"})
    assert failed(case, without) >= {"taps: complete and finite"}
    assert "taps: complete and finite" in failed(hill(FIXED), plan)


def test_a_plan_with_taps_is_written_and_read(tmp_path: Path) -> None:
    case = hill()
    plan = v2g.solve(case)
    back = read_plan(write_plan(plan, tmp_path / "plan"))
    assert taps(back) == pytest.approx(taps(plan), abs=1e-8)
    assert audit(case, back).ok


def test_all_readings_agree_on_regulators() -> None:
    case = case_of(STREET | {
        "transformers": """transformer,from_bus,to_bus,phases,connection,tap_a,tap_b,tap_c,tap_min,tap_max,tap_ganged
            step,mid,low,abc,delta-wye,1.025,1.025,1.025,0.95,1.05,1"""
    })  # fmt: skip
    problem = problem_of(case)
    lp, model = Arrays(problem).read(), pyomo.read(problem)
    agreement.stages(lp, model)
    agreement.rows(lp, model)
    assert lp.objectives[-1].name == "taps_moved" and lp.objectives[-1].index.size == 2 * 3 * case.steps


# Steps


def test_a_tap_that_has_to_move_goes_on_to_the_next_step() -> None:
    """Steps of 0.00625 from 0.9: sqrt(1.0525) = 1.02591 lies between 1.025 and 1.03125; 0.999 goes down to 0.99375."""
    case = hill()
    known = read_regulators(case, Record(case, v2g.solve(case), 1e-6).feeder)
    found = known.standing(np.array([[1.0525**0.5, 1.0, 0.999, 1.1, 1.025 + 1e-8]]))
    assert found[0] == pytest.approx([1.03125, 1.0, 0.99375, 1.1, 1.025], abs=1e-12)


def test_the_replay_moves_taps_from_interval_to_interval() -> None:
    """P = V (V0 - V) / r, so V = (V0 + sqrt(V0^2 - 4 r P)) / 2 in kV: V0 is the step, r = 0.0005 kV^2/kW."""
    pytest.importorskip("opendssdirect")
    case = hill()
    record = Record(case, v2g.solve(case), 1e-6)
    found = replayed(record)
    expected = [(tap + (tap**2 - 4 * 0.0005 * kw) ** 0.5) / 2.0 for tap, kw in ((1.03125, 150.0), (1.0, 75.0))]
    assert found.converged.all()
    assert found.voltage[1] == pytest.approx([1.03125, 1.0], abs=1e-6)
    assert found.voltage[2] == pytest.approx(expected, abs=1e-5)


def test_a_plan_that_holds_under_ac_moves_its_tap_further() -> None:
    """Losses take voltage too: V (V0 - V) = 0.075 at V = 0.95 asks for V0 = 1.028947."""
    pytest.importorskip("opendssdirect")
    plan = solve_secure(hill())
    assert plan.summary["ac"]["secure"]
    assert served(plan) == pytest.approx([150.0, 75.0], abs=1e-6)
    assert taps(plan)[0] == pytest.approx(0.95 + 0.075 / 0.95, abs=1e-3)


def test_taps_that_an_ac_solution_has_put_on_a_step_stay_there() -> None:
    """At 1.0125 it leaves 1.0125^2 - 0.9025 = 0.12265625: 122.65625 kW, though the range goes on."""
    held = "start_utc,hours,transformer,phase,tap\n2026-01-15T18:00:00+00:00,1,reg,a,1.0125"
    plan = v2g.solve(with_losses(hill(), {"ac_taps": frame(held).astype({"tap": float})}))
    assert served(plan) == pytest.approx([122.65625, 75.0], abs=1e-6)
    assert taps(plan) == pytest.approx([1.0125, 1.0], abs=1e-8)


# What a case may say


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("reg,head,top,a,1,1,1,0.9,,0.00625,0", "tap_max is blank"),
        ("reg,head,top,a,1.2,1,1,0.9,1.1,0.00625,0", "outside its range"),
        ("reg,head,top,a,1,1,1,1.1,0.9,0.00625,0", "is above tap_max"),
        ("reg,head,top,ab,1,1.05,1,0.9,1.1,0.00625,1", "have different ones"),
    ],
)
def test_faults_of_a_range_are_told(row: str, words: str) -> None:
    buses = "bus,phases,kv_ln_kv\nhead,ab,1\ntop,ab,1\nhill,a,1"
    with pytest.raises(AssertionError, match=words):
        hill(f"{UNIT}\n{row}", buses=buses)


def test_a_tap_of_the_near_winding_moves_the_ratio_the_other_way() -> None:
    """From 0.9 to 1.1 of the near winding at 1.05, with a ratio of 1 / 1.05: from 1 / 1.1 to 1 / 0.9."""
    near = Winding("up", "a", "wye", 2.4, 100.0, tap=1.05, tap_range=TapRange(0.9, 1.1, 32))
    found = tap_range(near, Winding("low", "a", "wye", 2.4, 100.0), 1 / 1.05, False)
    assert (found["tap_min"], found["tap_max"]) == pytest.approx((1 / 1.1, 1 / 0.9))


def test_no_plan_where_no_tap_is_low_enough() -> None:
    with pytest.raises(SolveError, match="tap"):
        v2g.solve(hill(FREE.replace("0.9,1.1", "0.99,1.1"),
                       grid=HILL["grid"].replace("a,1", "a,1.1"), buses=f"{HEAD}top,a,1,\nhill,a,1,"))  # fmt: skip
