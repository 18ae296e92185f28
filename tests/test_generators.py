"""Engines that burn fuel whenever they run, tanks that are shared or refilled, islands that only engines form."""

from __future__ import annotations

import numpy as np
import pytest
from small import HEADER, STREET, case_of, problem_of, solved
from test_timeline import events

from v2g.case import Case
from v2g.derive.context import Context
from v2g.readings.arrays import Arrays
from v2g.tabulate import Tabulator

HOURLY = {**HEADER, "step_min": 60, "steps": 6}
"""18:00 to 24:00 in six intervals."""

YARD = {
    "buses": "bus,phases,kv_ln_kv\nyard,b,0.23",
    "loads": "load,bus,phases,tier,kw\nclinic,yard,b,1,5",
    "generators": """generator,bus,phases,rating_kw,fuel_l,fuel_l_per_kwh,idle_l_per_h,forming
        diesel,yard,b,8,10,0.5,1,1""",
}
"""One load of 5 kW, and one engine: 10 L, 0.5 L for a kWh, 1 L for every hour in which it runs."""

BOX = """battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming
    box,yard,b,20,0,6,6,1,1,"""
"""An empty battery; the last cell says whether it can form an island."""


def yard(header: dict[str, object] | None = None, **tables: str) -> Case:
    """The yard with other tables, or with other settings."""
    return case_of({**YARD, **tables}, {**HOURLY, **(header or {})})


def dark_hours(plan: Tabulator) -> float:
    """Load-hours lost, at full power."""
    loads = plan.loads()
    return float(((1.0 - loads["served_kw"] / loads["demand_kw"]) * loads["hours"]).sum())


def burnt(plan: Tabulator) -> float:
    """Litres burnt by all generators."""
    return float(plan.sources()["fuel_l"].sum())


def test_an_island_that_an_engine_forms_has_power_only_while_it_runs() -> None:
    """Served for a share u of an hour, the load needs the engine for u h: u (1 + 0.5 * 5) L. So 10 L last
    10 / 3.5 h, and the load is dark for 6 - 10 / 3.5 h."""
    plan = solved(yard())
    assert dark_hours(plan) == pytest.approx(6 - 10 / 3.5, abs=1e-6)
    assert burnt(plan) == pytest.approx(10, abs=1e-6)
    sources = plan.sources()
    assert sources["run"].sum() == pytest.approx(10 / 3.5, abs=1e-6)
    assert sources["output_kw"].to_numpy() == pytest.approx(5 * sources["run"].to_numpy(), abs=1e-6)


def test_an_engine_that_follows_runs_as_long_as_its_power_needs() -> None:
    """The battery forms the island and holds nothing. For a share u of 5 kW the engine of 8 kW runs 5 u / 8 h:
    u (1 * 5 / 8 + 0.5 * 5) = 3.125 u L an hour, so 10 L last 10 / 3.125 = 3.2 h."""
    following = YARD["generators"].replace("forming", "forming,rating_kva").removesuffix("1") + "0,9"
    plan = solved(yard(generators=following, batteries=BOX + "1"))
    assert dark_hours(plan) == pytest.approx(6 - 3.2, abs=1e-6)
    assert plan.sources()["run"].sum() == pytest.approx(3.2 * 5 / 8, abs=1e-6)


def test_an_engine_without_idle_burn_is_never_switched_off() -> None:
    """2.5 L an hour: 10 L last 4 h. It has no variable, and its row of fuel is the only one besides the polygon's."""
    case = yard(generators="generator,bus,phases,rating_kw,fuel_l,fuel_l_per_kwh,forming\ndiesel,yard,b,8,10,0.5,1")
    plan = solved(case)
    assert dark_hours(plan) == pytest.approx(2, abs=1e-6)
    assert (plan.sources()["run"] == 1.0).all()
    columns, rows = plan.layout.columns, plan.layout.rows
    own = {name: block.size for (table, name), block in columns.items() if table == "generators"}
    assert own == {"output": 6, "output_kvar": 6, "run": 0, "lit": 0, "level": 0}
    own = {name: block.size for (table, name), block in rows.items() if table == "generators"}
    assert own["fuel_limit"] == 1 and own["capability"] == 6 * 32
    assert sum(own.values()) == 1 + 6 * 32
    assert not Context(case).islands.gated.any()


def test_idle_burn_is_fuel_burnt() -> None:
    """Fuel for all: 6 h at 1 + 2.5 L; what is left in the tank falls by 3.5 L an hour."""
    plan = solved(yard(generators=YARD["generators"].replace(",8,10,", ",8,50,")))
    assert dark_hours(plan) == pytest.approx(0, abs=1e-9)
    assert plan.sources()["fuel_l"].tolist() == pytest.approx([3.5] * 6, abs=1e-6)
    assert plan.sources()["tank_l"].tolist() == pytest.approx([50 - 3.5 * k for k in range(1, 7)], abs=1e-6)
    assert float(plan.total("", "fuel")) == pytest.approx(21, abs=1e-6)


def test_an_engine_runs_only_in_its_window() -> None:
    """From 18:45 it can run a quarter of the first hour: too little to form, and nothing else does."""
    text = YARD["generators"].replace("forming", "forming,from_utc") + ",2026-01-15T18:45:00+00:00"
    problem = problem_of(yard(generators=text))
    assert problem.numbers.values["generators", "window"].tolist() == [[0.25, 1, 1, 1, 1, 1]]
    assert problem.numbers.values["generators", "idling"].tolist() == [[0, 1, 1, 1, 1, 1]]
    assert Context(yard(generators=text)).islands.gated.astype(int).tolist() == [[0, 1, 1, 1, 1, 1]]
    formed = problem_of(yard(generators=text, batteries=BOX + "1"))
    lp, block = Arrays(formed).read(), None
    block = lp.layout.columns["generators", "run"]
    assert lp.upper[block.first : block.first + block.size].tolist() == [0.25, 1, 1, 1, 1, 1]


def test_a_tank_is_shared() -> None:
    """10 L for two engines without idle burn. The thrifty one gives 3 kW for 6 h: 18 kWh, 4.5 L. The other
    one makes 11 kWh of the remaining 5.5 L: 29 kWh of 30, and 1 / 5 h is dark. Their own tanks do not count."""
    generators = """generator,bus,phases,rating_kw,rating_kva,fuel_l,fuel_l_per_kwh,forming,tank
        thrifty,yard,b,3,4,0,0.25,1,cellar
        thirsty,yard,b,8,9,0,0.5,1,cellar"""
    plan = solved(yard(generators=generators, tanks="tank,fuel_l\ncellar,10"))
    assert dark_hours(plan) == pytest.approx(0.2, abs=1e-6)
    assert burnt(plan) == pytest.approx(10, abs=1e-6)
    level = plan.sources().pivot(index="source", columns="start_utc", values="tank_l").to_numpy()
    assert np.array_equal(level[0], level[1])
    assert level[0, -1] == pytest.approx(0, abs=1e-6) and (np.diff(level[0]) < 0).all()


def test_fuel_counts_once_it_is_there() -> None:
    """2.5 L an hour, 5 L in the tank, 10 L at 20:10: usable from 21:00. So one of the first three hours is dark,
    though 15 L would last for all six."""
    text = YARD["generators"].replace(",8,10,0.5,1,1", ",8,5,0.5,0,1")
    plan = solved(yard(generators=text, events=events("20:10 fuel diesel 10")))
    served = plan.loads()["served_kw"].to_numpy()
    assert served[:3].sum() == pytest.approx(10, abs=1e-6)
    assert served[3:].sum() == pytest.approx(15, abs=1e-6)
    level = plan.sources()["tank_l"].to_numpy()
    assert level[2] == pytest.approx(0, abs=1e-6)
    assert level[3:].tolist() == pytest.approx([7.5, 5, 2.5], abs=1e-6)
    block = plan.layout.columns["generators", "level"]
    assert block.shape == (1, 7) and plan.layout.rows["generators", "fuel_limit"].size == 0


def test_fuel_comes_to_a_shared_tank_by_its_name() -> None:
    """Two deliveries of 2.5 L within one hour to an empty tank: 5 L from 20:00, two hours of four."""
    text = YARD["generators"].replace("forming", "forming,tank").replace(",8,10,0.5,1,1", ",8,0,0.5,0,1,cellar")
    deliveries = events("19:05 fuel cellar 2.5", "20:00 fuel cellar 2.5", "23:01 fuel cellar 50")
    plan = solved(yard(generators=text, tanks="tank,fuel_l\nother,7\ncellar,0", events=deliveries))
    served = plan.loads()["served_kw"].to_numpy()
    assert served[:2].tolist() == pytest.approx([0, 0], abs=1e-6)
    assert served.sum() == pytest.approx(10, abs=1e-6)
    assert plan.problem.numbers.values["generators", "arriving"].tolist() == [[0, 0, 5, 0, 0, 0]]


PORT = {
    "buses": "bus,phases,kv_ln_kv\nyard,abc,0.23\nquay,abc,0.23",
    "lines": "line,from_bus,to_bus,phases,closed\npier,yard,quay,abc,1",
    "loads": "load,bus,phases,tier,kw\ncrane,quay,abc,1,6",
    "generators": """generator,bus,phases,rating_kw,fuel_l,fuel_l_per_kwh,idle_l_per_h,forming
        diesel,yard,abc,9,20,0.5,1,1""",
    "batteries": """battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming
        box,quay,abc,20,0,6,6,1,1,0
        big,quay,a,20,0,6,6,1,1,1""",
}
"""An engine on three phases, and beyond a line a battery that forms an island on phase a."""


def test_only_engines_gate_an_island_phase_by_phase() -> None:
    """Joined, phase a has the battery ``big`` to form it. The pier is out in the third and fourth hour: then the
    engine is alone in the yard, and phases b and c of the quay are dead."""
    case = case_of({**PORT, "events": events("20:00 out pier", "22:00 back pier")}, HOURLY)
    islands = Context(case).islands
    assert islands.gated.astype(int).tolist() == [
        [0, 0, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1],
        [0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 1, 1], [1, 1, 0, 0, 1, 1],
    ]  # fmt: skip
    assert islands.live.astype(int)[3:].tolist() == [[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 1, 1], [1, 1, 0, 0, 1, 1]]
    kept = np.zeros(islands.gated.shape, dtype=bool)
    kept[islands.keepers.node, islands.keepers.interval] = True
    assert np.array_equal(kept, islands.gated) and kept.sum() == islands.keepers.engine.size
    assert set(islands.keepers.engine.tolist()) == {0}


def test_a_battery_asks_for_an_engine_once_for_all_phases_that_hang_on_it() -> None:
    """``box`` is gated on phases b and c, both kept by the one engine: one row. ``big`` is not gated."""
    case = case_of({**PORT, "events": events("20:00 out pier", "22:00 back pier")}, HOURLY)
    names = Context(case).links("batteries").labels
    gated = Context(case).gated_links("batteries").astype(int)
    assert dict(zip(names, gated.tolist(), strict=True)) == {
        "box.a": [0] * 6, "box.b": [1, 1, 0, 0, 1, 1], "box.c": [0] * 6, "big.a": [0] * 6,
    }  # fmt: skip


def test_two_engines_on_different_phases_are_both_asked_for() -> None:
    """One engine on phase a, one on b and c: ``box`` needs either, in every interval."""
    two = """generator,bus,phases,rating_kw,fuel_l,fuel_l_per_kwh,idle_l_per_h,forming
        one,yard,a,9,20,0.5,1,1
        two,yard,bc,9,20,0.5,1,1"""
    box = PORT["batteries"].rsplit("\n", 1)[0]
    context = Context(case_of({**PORT, "generators": two, "batteries": box}, HOURLY))
    assert context.gated_links("batteries").astype(int).tolist() == [[1] * 6, [1] * 6, [0] * 6]
    assert set(zip(context.islands.keepers.node, context.islands.keepers.engine, strict=True)) == {
        (0, 0), (1, 1), (2, 1), (3, 0), (4, 1), (5, 1),
    }  # fmt: skip


def test_a_battery_charges_only_while_an_engine_runs() -> None:
    """The row, in full: charge <= 6 kW times the share in which the engine runs."""
    problem = problem_of(yard(batteries=BOX + "0"))
    lp = Arrays(problem).read()
    block = lp.layout.rows["batteries", "charge_while_alive"]
    assert block.size == 6
    charge, run = lp.layout.columns["batteries", "charge"], lp.layout.columns["generators", "run"]
    for t in range(6):
        entries = slice(*lp.matrix.start[[block.first + t, block.first + t + 1]])
        row = dict(zip(lp.matrix.index[entries].tolist(), lp.matrix.value[entries].tolist(), strict=True))
        sign = 1.0 if row[charge.first + t] > 0 else -1.0
        assert {k: sign * v for k, v in row.items()} == {charge.first + t: 1.0, run.first + t: -6.0}


def test_one_of_several_engines_is_enough() -> None:
    """Two engines form one island, each able to carry the load; burning 1 and 0.5 L an hour besides 2.5 L, the
    second alone runs: 3 L an hour."""
    two = YARD["generators"].replace(",8,10,", ",8,100,") + "\nsmall,yard,b,8,100,0.5,0.5,1"
    plan = solved(yard(generators=two))
    assert dark_hours(plan) == pytest.approx(0, abs=1e-9)
    runs = plan.sources().groupby("source")["run"].sum()
    assert runs["small"] == pytest.approx(6, abs=1e-6) and runs["diesel"] == pytest.approx(0, abs=1e-6)
    assert burnt(plan) == pytest.approx(18, abs=1e-6)


def test_an_engine_that_stands_still_gives_no_reactive_power() -> None:
    """The battery forms the island, is empty, and gives 1 kvar at most. The pump draws 5 kvar, so
    the 5 kvar less 1 have to come from the engine of 8 kVA: it runs at least half of each hour for them."""
    pump = "load,bus,phases,tier,kw,kvar\npump,yard,b,1,1,5"
    diesel = YARD["generators"].replace(",8,10,0.5,1,1", ",8,100,0.5,1,0")
    box = BOX.replace("forming", "forming,rating_kva").replace(",6,6,", ",1,1,") + "1,1"
    plan = solved(yard(loads=pump, generators=diesel, batteries=box))
    sources = plan.sources().groupby("source")
    kvar = sources.get_group("diesel")["output_b_kvar"].to_numpy()
    run = sources.get_group("diesel")["run"].to_numpy()
    assert dark_hours(plan) == pytest.approx(0, abs=1e-9)
    assert (kvar >= 4 - 1e-6).all()
    assert run.tolist() == pytest.approx((kvar / 8).tolist(), abs=1e-6)


def test_what_is_left_at_the_end_counts_as_stock() -> None:
    """10 L at 0.5 L/kWh are 20 kWh less the fuel burnt: idle hours count against it as well. The shared tank gives
    what its thriftiest engine makes of it; a battery counts what comes out of it above its reserve."""
    generators = YARD["generators"].replace("forming", "forming,tank") + ",\nother,yard,b,8,0,0.25,0,1,cellar"
    batteries = BOX.replace("box,yard,b,20,0,6,6,1,1,", "box,yard,b,20,12,6,6,1,0.9,1\nsink,yard,b,20,9,6,0,1,1,0")
    batteries = batteries.replace("forming", "forming,reserve_kwh").replace(",0.9,1\n", ",0.9,1,2\n") + ",0"
    case = yard(generators=generators, tanks="tank,fuel_l\ncellar,5", batteries=batteries)
    plan = solved(case)
    sources = plan.sources()
    by_source = dict(iter(sources.groupby("source")))
    left = (10 - by_source["diesel"]["fuel_l"].sum()) / 0.5 + (5 - by_source["other"]["fuel_l"].sum()) / 0.25
    left += 0.9 * (by_source["box"]["energy_end_kwh"].iloc[-1] - 2)
    assert float(plan.total("", "stock")) == pytest.approx(left, abs=1e-6)


def test_the_street_has_engines_of_every_kind() -> None:
    """Both readings are compared on it, so each of these must occur there."""
    value = problem_of(case_of(STREET)).numbers.values
    gated = Context(case_of(STREET)).islands.gated
    assert 0 < gated.sum() < gated.size and value["batteries", "gated"].any()
    assert value["generators", "idling"].any() and not value["generators", "idling"].all()
    assert value["generators", "plain"].any() and value["generators", "arriving"].any()
    assert len(set(value["generators", "tank"].tolist())) < len(value["generators", "tank"])
    assert not Context(case_of(STREET)).feeder.closed.all()
