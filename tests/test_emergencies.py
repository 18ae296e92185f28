"""Emergencies that mix everything: each accepted case has a plan that passes its audit, is proven, and can be told.

A case without a plan has voltages that cannot be held; as pipes (``transport``) it has one. Below are the defects that
such cases have brought to light, each as small as it can be. For a deeper search, set V2G_EXAMPLES to a larger number.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from random_cases import Small
from random_emergencies import emergencies
from small import case_of

import v2g
from v2g.case import Case
from v2g.certify import certify
from v2g.errors import InvalidCase, Unmeetable
from v2g.formats.plan_folder import read_plan, write_plan
from v2g.plan import Plan
from v2g.reports.text import plan_report

EXAMPLES = int(os.environ.get("V2G_EXAMPLES", "6"))
FEW = settings(derandomize=True, deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
HOUR = {"step_min": 60, "steps": 1}


def accepted(small: Small) -> bool:
    """Whether checking finds no error."""
    try:
        small.read()
    except InvalidCase:
        return False
    return True


def from_files(plan: Plan) -> Plan:
    """The same plan, read back from its files."""
    with TemporaryDirectory() as folder:
        return read_plan(write_plan(plan, Path(folder) / "plan"))


@FEW
@given(emergencies().filter(accepted))
def test_every_emergency_is_planned_audited_proven_and_told(small: Small) -> None:
    case, network = small.read(), str(small.header["network"])
    try:
        plan = v2g.solve(case, gap=1e-6)
    except Unmeetable:
        assert network == "lindistflow"
        plan = v2g.solve(case, gap=1e-6, network="transport")
    plan = from_files(plan)
    assert v2g.verify(case, plan).ok
    assert all(stage.ok for stage in certify(case, plan).stages)
    assert all(reason.text for reason in v2g.explain(case, plan))
    assert (v2g.values(case, plan)["worth_h"] > 0.0).all()
    assert plan_report(case, plan)


def node(case: Case, plan: Plan, bus: str, phase: str, column: str) -> np.ndarray:
    """A column of the plan's nodes, (T,)."""
    rows = plan.tables["nodes"]
    found = rows[(rows["bus"] == bus) & (rows["phase"] == phase)][column]
    assert len(found) == case.steps
    return np.asarray(found, dtype=float)


BANK = {
    "buses": "bus,kv_ln_kv\nhead,0.23\ntail,0.23",
    "lines": "line,from_bus,to_bus\nwire,head,tail",
    "capacitors": "capacitor,bus,kvar\nbank,tail,3",
    "loads": "load,bus,phases,tier,kw\nlamp,tail,b,1,1",
}


def test_a_bank_is_charged_by_each_live_phase() -> None:
    """Only phase b is formed. 3 kvar on three phases are 1 kvar there, at voltage 1, and nothing on dead phases."""
    box = "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming"
    case = case_of({**BANK, "batteries": f"{box}\nbox,head,b,9,9,4,4,1,1,1"}, HOUR)
    plan = v2g.solve(case)
    given = [node(case, plan, "tail", phase, "injection_kvar")[0] for phase in "abc"]
    assert given == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)


ENGINE = "generator,bus,rating_kw,rating_kva,fuel_l,fuel_l_per_kwh,idle_l_per_h,forming\n"


@pytest.mark.parametrize(("fuel", "served", "kvar"), [("0", 0.0, 0.0), ("2", 1.0, 1.0)])
def test_a_bank_is_dead_where_no_engine_has_fuel(fuel: str, served: float, kvar: float) -> None:
    """An island without fuel is dark; its bank forces nobody to run. 0.5 L/kWh x 1 kWh + 1 L idling are below 2 L."""
    case = case_of({**BANK, "generators": f"{ENGINE}diesel,head,9,9,{fuel},0.5,1,1"}, HOUR)
    plan = v2g.solve(case)
    assert plan.tables["loads"]["served_kw"].iloc[0] == pytest.approx(served, abs=1e-6)
    assert node(case, plan, "tail", "a", "injection_kvar")[0] == pytest.approx(kvar, abs=1e-6)


def test_the_audit_knows_that_a_bank_is_dead_without_an_engine() -> None:
    case = case_of({**BANK, "generators": f"{ENGINE}diesel,head,9,9,0,0.5,1,1"}, HOUR)
    plan = v2g.solve(case)
    plan.tables["nodes"].loc[plan.tables["nodes"]["bus"] == "tail", "injection_kvar"] = 0.5
    failed = {check.name for check in v2g.verify(case, plan).failed}
    assert "nodes: kvar from the devices" in failed


def test_a_load_between_phases_needs_engines_on_each_of_them() -> None:
    """Phase c is formed by a battery, phase a by an engine without fuel: a load between them has no power."""
    box = "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming"
    tables = {
        **BANK, "capacitors": None, "loads": "load,bus,phases,connection,tier,kw\nsaw,tail,ca,delta,1,1",
        "batteries": f"{box}\nbox,head,c,9,9,4,4,1,1,1",
        "generators": ENGINE.replace("bus", "bus,phases") + "diesel,head,a,9,9,0,0.5,1,1",
    }  # fmt: skip
    plan = v2g.solve(case_of(tables, HOUR), network="transport")
    assert plan.tables["loads"]["served_kw"].iloc[0] == pytest.approx(0.0, abs=1e-6)


def test_a_pickup_of_no_length_is_not_felt() -> None:
    """The battery gives 1 kW, which is all that the lamp takes."""
    box = "battery,bus,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,rating_kva,forming"
    lamp = "load,bus,tier,kw,pickup_factor,pickup_h\nlamp,tail,1,1,2,0"
    tables = {**BANK, "capacitors": None, "loads": lamp, "batteries": f"{box}\nbox,head,9,9,1,1,1,1,9,1"}
    row = v2g.solve(case_of(tables, HOUR), network="transport").tables["loads"].iloc[0]
    assert (row["served_kw"], row["surge_kw"]) == pytest.approx((1.0, 0.0), abs=1e-6)


def test_a_case_in_which_nothing_can_be_decided() -> None:
    """No source, no vehicle, and a load that is not critical: a program without columns."""
    tables = {"sites": "site\nbarn", "loads": "load,site,kw\nlamp,barn,1"}
    plan = v2g.solve(case_of(tables, HOUR), network="transport")
    assert plan.tables["loads"]["served_kw"].iloc[0] == 0.0


def test_hours_in_which_nothing_is_asked_for() -> None:
    """12 of 24 h are 1 of the 2 h of the case, and the lamps ask in half an hour of them only."""
    starts = [f"2026-01-15T{clock}:00+00:00" for clock in ("18:00", "18:30", "19:00", "19:30")]
    rows = zip(starts, (0, 0, 0, 1), strict=True)
    tables = {
        "sites": "site\nbarn",
        "loads": "load,site,kw,tier,service,hours_per_day,profile\nlamps,barn,1,1,hours,12,night",
        "profiles": "start_utc,night\n" + "".join(f"{start},{value}\n" for start, value in rows),
    }
    with pytest.raises(AssertionError, match=r"lamps needs 1 h on day 1 of its window and can run 0\.5 h at most"):
        case_of(tables, {"step_min": 30, "steps": 4})
    case_of({**tables, "loads": tables["loads"].replace("12", "6")}, {"step_min": 30, "steps": 4})


CAR = "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw,charger\nev,40,20,0,7,5,post"
POST = "charger,bus,charge_kw,discharge_kw,charge_eff,discharge_eff"
BOX = "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming"
SQUARE = {"buses": "bus,kv_ln_kv\nsquare,0.23"}


@pytest.mark.parametrize(
    "giver",
    [
        {"vehicles": CAR, "chargers": f"{POST}\npost,square,7,5,1,1"},
        {"batteries": f"{BOX}\nbox,square,abc,40,20,7,5,1,1,0"},
        {
            "solar": "solar,bus,rating_kw,profile\nroof,square,5,sun",
            "profiles": "start_utc,sun\n2026-01-15T18:00:00+00:00,1",
        },
    ],
    ids=["vehicle", "battery", "sun"],
)
def test_what_follows_an_engine_gives_its_power_only_while_that_runs(giver: dict[str, str]) -> None:
    """0.5 L at 1 L per hour of idling: half an hour. In that time 5 kW are 2.5 kWh of the 10 that the clinic asks
    for: a quarter of its hour. (All fuel goes into idling: a litre of it lets 5 kWh through, one kWh takes another.)"""
    engine = f"{ENGINE}diesel,square,9,9,0.5,1,1,1"
    case = case_of({**SQUARE, "loads": "load,bus,tier,kw\nclinic,square,1,10", "generators": engine, **giver}, HOUR)
    plan = v2g.solve(case, network="transport")
    assert plan.summary["critical_hours"]["1"]["served"] == pytest.approx(0.25, abs=1e-6)


def test_the_audit_knows_what_a_battery_gives_while_no_engine_runs() -> None:
    """It gives 2.5 kW on average, as its 5 kW flow for half an hour; 4 kW would be fine for it alone."""
    box = f"{BOX}\nbox,square,abc,40,20,7,5,1,1,0"
    tables = {**SQUARE, "loads": "load,bus,tier,kw\nclinic,square,1,10", "batteries": box}
    case = case_of({**tables, "generators": f"{ENGINE}diesel,square,9,9,0.5,1,1,1"}, HOUR)
    plan = v2g.solve(case, network="transport")
    sources = plan.tables["sources"]
    sources.loc[sources["kind"] == "battery", [f"output_{phase}_kw" for phase in "abc"]] = 4.0 / 3.0
    failed = {check.name: check.where for check in v2g.verify(case, plan).failed}
    assert "source box" in failed["islands: power only while an engine runs"]


def test_an_engine_that_follows_gives_its_power_only_while_the_one_that_forms_runs() -> None:
    """The one that forms idles for half an hour. The other, of 4 kW, needs no fuel for that: 2 kWh of 10."""
    engines = f"{ENGINE}diesel,square,0.001,9,0.5,1,1,1\nspare,square,4,9,9,0.5,0,0"
    case = case_of({**SQUARE, "loads": "load,bus,tier,kw\nclinic,square,1,10", "generators": engines}, HOUR)
    plan = v2g.solve(case, network="transport")
    assert plan.summary["critical_hours"]["1"]["served"] == pytest.approx(0.2, abs=1e-3)


def test_a_station_that_does_not_form_takes_nothing_on_any_phase_while_no_engine_runs() -> None:
    """Its car stays for half an hour, so it forms nothing, and the engine has no fuel: no sun on phase b reaches it."""
    stay = "vehicle,charger,from_utc,until_utc\nev,dock,2026-01-15T18:00:00+00:00,2026-01-15T18:30:00+00:00"
    tables = {
        **SQUARE, "loads": "load,bus,tier,kw\nlamp,square,1,1", "stays": stay,
        "vehicles": CAR.replace("20,0,7,5,post", "2,10,7,5,"), "chargers": f"{POST},forming\ndock,square,7,5,1,1,1",
        "solar": "solar,bus,phases,rating_kw,profile\nroof,square,b,3,sun",
        "profiles": "start_utc,sun\n2026-01-15T18:00:00+00:00,1", "generators": f"{ENGINE}diesel,square,5,30,0,1,1,1",
    }  # fmt: skip
    plan = v2g.solve(case_of(tables, HOUR), network="transport")
    assert plan.tables["vehicles"]["charge_kw"].tolist() == pytest.approx([0.0], abs=1e-6)


LAMP = {**SQUARE, "loads": "load,bus,tier,kw\nlamp,square,1,5", "batteries": f"{BOX}\nbox,square,abc,9,0,4,4,1,1,1"}


def test_who_leaves_inside_an_interval_gives_nothing_away_before() -> None:
    """20 kWh on board, and 20 to leave with at half past: the last point before that is not the last moment."""
    stay = "vehicle,charger,from_utc,until_utc,leave_kwh\n"
    stay += "ev,post,2026-01-15T18:00:00+00:00,2026-01-15T18:30:00+00:00,20"
    tables = {**LAMP, "vehicles": CAR.removesuffix("post"), "chargers": f"{POST}\npost,square,7,9,1,1", "stays": stay}
    plan = v2g.solve(case_of(tables, HOUR), network="transport")
    assert plan.tables["vehicles"]["energy_end_kwh"].tolist() == pytest.approx([20.0], abs=1e-6)


def test_who_leaves_inside_an_interval_may_give_what_is_beyond_that_and_the_drive() -> None:
    """20 of 40 kWh to leave with at half past, 3 of them driven by seven. 5 kW for half an hour are 2.5 kWh, but only
    20 + 2 are on board: 2 are given, and 20 - 3 = 17 are left."""
    half, end = "2026-01-15T18:30:00+00:00", "2026-01-15T19:00:00+00:00"
    tables = {
        **LAMP, "vehicles": CAR.removesuffix("post").replace("40,20,", "40,22,"),
        "chargers": f"{POST}\npost,square,7,9,1,1",
        "stays": f"vehicle,charger,from_utc,until_utc,leave_kwh\nev,post,2026-01-15T18:00:00+00:00,{half},20",
        "trips": f"vehicle,depart_utc,return_utc,energy_kwh\nev,{half},{end},3",
    }  # fmt: skip
    vehicles = v2g.solve(case_of(tables, HOUR), network="transport").tables["vehicles"]
    found = vehicles[["discharge_kw", "reserve_kwh", "energy_end_kwh"]].iloc[0].tolist()
    assert found == pytest.approx([2.0, 17.0, 17.0], abs=1e-6)


@pytest.mark.parametrize("day", ["14", "16"])
def test_orders_for_another_time_ask_for_nothing(day: str) -> None:
    """All 20 kWh may be given, though 20 are asked for on the day before, or on the next one: the lamp takes 5."""
    order = f"later,ev,20,2026-01-{day}T18:00:00+00:00,2026-01-{day}T19:00:00+00:00"
    tables = {
        **LAMP, "vehicles": CAR, "chargers": f"{POST}\npost,square,7,9,1,1",
        "needs": f"need,vehicle,energy_kwh,from_utc,until_utc\n{order}",
    }  # fmt: skip
    plan = v2g.solve(case_of(tables, HOUR), network="transport")
    assert plan.tables["vehicles"]["energy_end_kwh"].tolist() == pytest.approx([15.0], abs=1e-6)
