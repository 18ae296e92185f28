"""Exported circuits: read back by our own reader, and solved by the engine, against the case and its replay."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.dss_engine import answers
from tests.small import ALLEY, STREET, case_of, town
from v2g.ac.flow import solve as replayed
from v2g.ac.losses import tables
from v2g.ac.secure import solve_secure
from v2g.case import Case
from v2g.exports.exporting import export
from v2g.feeders.importing import import_feeder
from v2g.plan import Plan
from v2g.planning import solve
from v2g.reading import read
from v2g.replay.record import Record

pytest.importorskip("opendssdirect", reason="needs the extra 'opendss'")

LEAST_OHM = 1e-5
"""What the export gives lines without impedance, as its README says."""
PAIRS = ("aa", "ab", "ac", "bb", "bc", "cc")


YARD = {
    "buses": """bus,phases,kv_ln_kv,x,y
        head,abc,2.4,139.6,35.5
        mid,abc,2.4,139.7,35.6
        lag,abc,0.24,139.8,35.6
        turned,abc,0.24,,
        tri,abc,0.24,,
        two,ab,0.24,,
        between,ab,0.24,,
        far,c,2.4,,
        dark,c,0.24,,""",
    "lines": """
        line,from_bus,to_bus,phases,closed,switch,rating_kva,r_aa_ohm,r_bb_ohm,r_cc_ohm,r_ab_ohm,x_aa_ohm,x_bb_ohm,x_cc_ohm,x_bc_ohm
        main,head,mid,abc,1,1,400,0.3,0.31,0.32,0.1,0.7,0.6,0.5,0.05
        spur,far,mid,c,1,1,,,,0.5,,,,0.2,""",
    "transformers": """
        transformer,from_bus,to_bus,phases,connection,lead,r_ohm,x_ohm,tap_a,tap_b,tap_c,rating_kva,closed
        t1,mid,lag,abc,delta-wye,0,0.005,0.01,1.025,1.025,1.025,50,1
        t2,mid,turned,abc,wye-delta,1,0.005,0.01,,,,50,1
        t3,mid,tri,abc,delta-delta,,0.005,0.01,0.975,0.975,0.975,,1
        t4,mid,two,ab,wye-wye,,0.005,0.01,1.05,1.05,,20,1
        t5,mid,between,ab,delta-delta,,0.005,0.01,1.0,1.0,,20,1
        t6,mid,dark,c,wye-wye,,0.005,0.01,,,,20,0""",
    "capacitors": """capacitor,bus,phases,connection,kvar,closed
        tri,mid,abc,delta,30,1
        shut,lag,b,wye,5,0
        coil,lag,abc,wye,-6,1""",
    "loads": """load,bus,phases,connection,tier,service,kw,kvar,kw_exponent,kvar_exponent
        lamp,lag,a,wye,1,continuous,9,3,0,0
        heat,lag,bc,delta,1,continuous,6,1,2,2
        fan,turned,ab,delta,1,continuous,5,2,1,1
        drive,tri,abc,delta,1,continuous,12,4,0.8,1.6
        shop,two,ab,wye,0,flexible,5,1,0,0
        kiln,between,ab,delta,1,continuous,10,3,0,0
        hut,far,c,wye,0,flexible,20,5,0,0""",
    "grid": "grid,bus,phases,voltage_pu\nsupply,head,abc,1.02",
}
"""Windings in every way, loads of every model, switches, at degrees of longitude and latitude."""


@cache
def case(name: str) -> Case:
    if name == "yard":
        return case_of(YARD, header={"step_min": 60, "steps": 1, "coordinates": "lonlat"})
    shipped = {"street": STREET, "town": town()}
    return case_of(shipped[name]) if name in shipped else read(name)


def filled(value: Any, blank: float = 0.0) -> float:
    return blank if pd.isna(value) else float(value)


def lines(found: Case) -> dict[Any, Any]:
    """Facts of each line by name and ends, whatever way round, as the case has them."""
    rows = {}
    for row in found.table("lines").to_dict("records"):
        ends = frozenset((str(row["from_bus"]).lower(), str(row["to_bus"]).lower()))
        z = {f"{k}_{p}": filled(row.get(f"{k}_{p}_{unit}")) for k, unit in zip("rxb", ("ohm", "ohm", "us"), strict=True)
             for p in PAIRS}  # fmt: skip
        for phase in row["phases"]:
            if abs(complex(z[f"r_{phase * 2}"], z[f"x_{phase * 2}"])) < LEAST_OHM:
                z[f"x_{phase * 2}"] += LEAST_OHM
        words = ("".join(sorted(row["phases"])), bool(row["switch"]), bool(row["closed"]))
        rows[str(row["line"]).lower(), ends] = (words, [*z.values(), filled(row["rating_kva"], -1.0)])
    return rows


def units(found: Case) -> dict[Any, Any]:
    """Facts of each phase of each transformer: one row of three phases says the same as three of one."""
    rows = {}
    for row in found.table("transformers").to_dict("records"):
        for phase in row["phases"]:
            turns = row["connection"] in ("delta-wye", "wye-delta")
            words = (row["connection"], bool(row["closed"]), bool(row["lead"]) if turns else None)
            figures = [row["r_ohm"], row["x_ohm"], row[f"tap_{phase}"], filled(row["rating_kva"], -1.0)]
            rows[str(row["from_bus"]).lower(), str(row["to_bus"]).lower(), phase] = (words, figures)
    return rows


def devices(found: Case, table: str, key: str, words: tuple[str, ...], figures: tuple[str, ...]) -> dict[Any, Any]:
    rows = {}
    for row in found.table(table).to_dict("records"):
        place = (str(row["bus"]).lower(), "".join(sorted(row["phases"])))
        numbers = [filled(row.get(name), -1.0) for name in figures]
        rows[str(row[key]).lower()] = ((*place, *(row.get(word) for word in words)), numbers)
    return rows


def facts(found: Case) -> dict[str, dict[Any, Any]]:
    """The feeder, modulo the order of phases and the way round that a line is written."""
    buses: dict[Any, Any] = {}
    for row in found.table("buses").to_dict("records"):
        figures = [row["kv_ln_kv"], filled(row["x"]), filled(row["y"])]
        figures += [filled(row[f"shunt_{p}_{unit}"]) for p in "abc" for unit in ("kw", "kvar")]
        buses[str(row["bus"]).lower()] = (("".join(sorted(row["phases"])),), figures)
    grid = devices(found, "grid", "grid", (), ("voltage_pu",))
    return {
        "buses": buses,
        "lines": lines(found),
        "transformers": units(found),
        "capacitors": devices(found, "capacitors", "capacitor", ("connection", "closed"), ("kvar",)),
        "loads": devices(found, "loads", "load", ("connection",), ("kw", "kvar", "kw_exponent", "kvar_exponent")),
        "generators": devices(found, "generators", "generator", (), ("rating_kw", "rating_kva")),
        "solar": devices(found, "solar", "solar", (), ("rating_kw",)),
        # The name of the first grid connection is that of the circuit's own source.
        "grid": dict(enumerate(grid.values())),
    }


def batteries(found: Case, read_back: bool) -> dict[Any, Any]:
    """One power for both ways, and a kVA that is known, as the export's README says."""
    table = found.table("batteries").copy()
    if len(table) and not read_back:
        power = table[["charge_kw", "discharge_kw"]].max(axis=1)
        table["charge_kw"], table["discharge_kw"] = power, power
        table["rating_kva"] = table["rating_kva"].fillna(power)
    figures = ("capacity_kwh", "start_kwh", "reserve_kwh", "charge_kw", "discharge_kw", "charge_eff", "discharge_eff",
               "rating_kva")  # fmt: skip
    rows = {}
    for row in table.to_dict("records"):
        rows[str(row["battery"])] = ((row["bus"], row["phases"]), [float(row[name]) for name in figures])
    return rows


def assert_same(found: dict[Any, Any], expected: dict[Any, Any], what: str) -> None:
    assert found.keys() == expected.keys(), what
    for key, (words, figures) in expected.items():
        assert found[key][0] == words, (what, key)
        np.testing.assert_allclose(found[key][1], figures, rtol=1e-9, atol=1e-15, err_msg=f"{what} {key}")


@pytest.mark.parametrize("name", ["ieee13-base", "ieee123-base", "street", "yard"])
def test_reading_an_export_gives_the_same_feeder(name: str, tmp_path: Path) -> None:
    folder = export(case(name), "opendss", tmp_path / "out").folder
    back = import_feeder(folder / "Master.dss", tmp_path / "back", fold=False).case
    found, expected = facts(back), facts(case(name))
    for table, rows in expected.items():
        assert_same(found[table], rows, table)
    assert_same(batteries(back, True), batteries(case(name), False), "batteries")
    assert back.header.get("coordinates") == case(name).header.get("coordinates")
    for table, frame in case(name).tables.items():
        pd.testing.assert_frame_equal(read(folder / "case").table(table), frame, check_dtype=False)


PROGRAM = """
import json, sys
import opendssdirect as engine

def voltages():
    volts = engine.Circuit.AllBusVolts()
    size = [abs(complex(volts[k], volts[k + 1])) for k in range(0, len(volts), 2)]
    if not engine.Solution.Converged():
        return None
    return dict(zip(engine.Circuit.AllNodeNames(), size))

def measured():
    if not engine.Solution.Converged():
        return None
    given, lost = 0.0, {}
    for name in engine.Vsources.AllNames():
        engine.Circuit.SetActiveElement("Vsource." + name)
        if engine.CktElement.Enabled():
            powers = engine.CktElement.Powers()[: 2 * engine.CktElement.NumPhases()]
            given -= complex(sum(powers[0::2]), sum(powers[1::2]))
    for kind in ("Line", "Transformer"):
        engine.Circuit.SetActiveClass(kind)
        for name in engine.ActiveClass.AllNames():
            engine.Circuit.SetActiveElement(kind + "." + name)
            lost[kind.lower() + "." + name] = engine.CktElement.Losses()[0] / 1e3
    return {"volts": voltages(), "given": [given.real, given.imag], "lost_kw": lost}

def stepped(file, found_now=voltages):
    engine.Basic.DataPath(file.rsplit("/", 1)[0])
    found, number = [], 1
    for line in open(file):
        if line.lower().startswith("set number="):
            number = int(line.split("=")[1])
        elif line.lower().startswith("solve"):
            for _ in range(number):
                engine.Text.Command("set number=1")
                engine.Text.Command("solve")
                found.append(found_now())
        else:
            engine.Text.Command(line.strip())
    return found

def whole(file):
    engine.Text.Command("redirect " + file)
    return [voltages()]

HOW = {"stepped": stepped, "whole": whole, "measured": lambda file: stepped(file, measured)}
job = json.load(sys.stdin)
print("ANSWERS" + json.dumps([HOW[how](file) for how, file in job]))
"""


def voltages(found: dict[str, float], record: Record) -> np.ndarray:
    """Per unit of every node of a case; nan where the circuit has none."""
    kv = dict(zip(record.case.table("buses")["bus"], record.case.table("buses")["kv_ln_kv"], strict=True))
    names = [(f"{bus.lower()}.{'abc'.index(phase) + 1}", kv[bus]) for bus, phase in record.feeder.nodes]
    return np.array([found.get(name, np.nan) / 1e3 / nominal for name, nominal in names])


def fed(case: Case) -> Plan:
    """A plan that serves every load in full, whatever limits of the voltage say."""
    plan = solve(case)
    loads = plan.tables["loads"].copy()
    loads["served_kw"] = loads["demand_kw"]
    rows = case.table("loads").set_index("load")
    loads["served_kvar"] = loads["demand_kw"] * [rows["kvar"][name] / rows["kw"][name] for name in loads["load"]]
    return Plan(plan.summary, {**plan.tables, "loads": loads}, plan.duals)


@pytest.mark.parametrize("name", ["ieee13-base", "ieee123-base", "yard"])
def test_the_circuit_has_the_voltages_of_the_replay(name: str, tmp_path: Path) -> None:
    folder = export(case(name), "opendss", tmp_path / "out").folder
    (found,) = answers([("whole", str(folder / "Master.dss"))], PROGRAM)[0]  # type: ignore[arg-type]
    record = Record(case(name), fed(case(name)), 1e-6)
    flow = replayed(record)
    live = record.live[:, 0]
    np.testing.assert_allclose(voltages(found, record)[live], flow.voltage[live, 0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["street", "town", "ieee13-blackout"])
def test_a_run_has_the_voltages_of_the_replay_in_every_interval(name: str, tmp_path: Path) -> None:
    plan = solve(case(name))
    folder = export(case(name), "opendss", tmp_path / "out", plan).folder
    run = str(folder / "Run.dss")
    steps, last = answers([("stepped", run), ("whole", run)], PROGRAM)  # type: ignore[arg-type]
    record = Record(case(name), plan, 1e-6)
    flow = replayed(record)
    seconds = np.rint(record.hours * 3600).astype(int)
    ends = np.cumsum(seconds // np.gcd.reduce(seconds)) - 1
    assert len(steps) == ends[-1] + 1
    compared = 0
    for t, end in enumerate(ends):
        if not flow.converged[t]:  # islands of the street that hang on one phase have no AC solution
            assert steps[end] is None
            continue
        live = record.live[:, t]
        np.testing.assert_allclose(voltages(steps[end], record)[live], flow.voltage[live, t], rtol=0, atol=1e-5)
        compared += int(live.sum())
    assert compared >= len(record.feeder.nodes)
    np.testing.assert_allclose(list(last[0].values()), list(steps[-1].values()), rtol=1e-6, atol=1e-3)


BIG = {
    "buses": "bus,phases,kv_ln_kv\nhead,abc,14.4\nlow,abc,2.4\nend,b,2.4\ndark,c,2.4",
    "lines": "line,from_bus,to_bus,phases,closed,r_bb_ohm,x_bb_ohm\nroad,low,end,b,1,0.9,1.5\nlane,low,dark,c,0,,",
    "transformers": "transformer,from_bus,to_bus,phases,connection,r_ohm,x_ohm,rating_kva\n"
    "step,head,low,abc,wye-wye,0.02,0.2,20000",
    "loads": "load,bus,phases,tier,service,kw,kvar\nmill,end,b,1,continuous,60,20",
    "batteries": "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,rating_kva,forming,"
    "charge_eff,discharge_eff\nstore,low,abc,500,500,0,300,300,1,1,1",
}
"""A transformer of 60 MVA that idles before a load of 60 kW, and a bus that is dead."""


def lost_by_branch(record: Record, legs: pd.DataFrame, t: int) -> dict[tuple[str, str], float]:
    """kW of each line and transformer in an interval by the table ac_legs, all phases together."""
    now = legs[legs["start_utc"] == record.case.boundaries[t]].groupby("line")["lost_kw"].sum()
    return {(branch.kind, branch.name): float(now.get(branch.name, 0.0)) for branch in record.feeder.branches}


@pytest.mark.parametrize("name", ["big", "street", "ieee13-blackout"])
def test_a_run_has_the_sources_and_losses_of_the_replay_and_nothing_at_dead_buses(name: str, tmp_path: Path) -> None:
    """Within a thousandth, element by element; what is less than a watt in each is left out.

    The tables are those that the replay of a plan gives to the next round. The plan's own are of the round before it.
    """
    found = case_of(BIG, header={"step_min": 60, "steps": 2}) if name == "big" else case(name)
    plan = solve_secure(found)
    folder = export(found, "opendss", tmp_path / "out", plan).folder
    (steps,) = answers([("measured", str(folder / "Run.dss"))], PROGRAM)  # type: ignore[arg-type]
    record = Record(found, plan, 1e-6)
    flow = replayed(record)
    stated = tables(record, flow)
    seconds = np.rint(record.hours * 3600).astype(int)
    dead = 0
    for t, end in enumerate(np.cumsum(seconds // np.gcd.reduce(seconds)) - 1):
        if not flow.converged[t]:
            assert steps[end] is None
            continue
        idle = voltages(steps[end]["volts"], record)[~record.live[:, t]]
        assert np.nan_to_num(idle).max(initial=0.0) < 1e-6
        dead += idle.size
        given = flow.given[:, :, t].sum()
        assert complex(*steps[end]["given"]) == pytest.approx(given, rel=1e-4)
        for (kind, branch), lost in lost_by_branch(record, stated["ac_legs"], t).items():
            own = [kw for element, kw in steps[end]["lost_kw"].items()
                   if re.fullmatch(rf"{kind}\.{re.escape(branch.lower())}(_[abc]+)?", element)]  # fmt: skip
            assert own and sum(own) == pytest.approx(lost, rel=1e-3, abs=1e-3), (kind, branch, t)
        if name == "big":  # its load draws the same at every voltage, so that nodes lose what lines do
            at_nodes = stated["ac_nodes"].loc[stated["ac_nodes"]["start_utc"] == found.boundaries[t], "lost_kw"].sum()
            assert at_nodes == pytest.approx(sum(steps[end]["lost_kw"].values()), rel=1e-3)
    assert dead or name == "ieee13-blackout"
    assert plan.summary["ac"]["secure"] is (name != "street")


def test_names_that_opendss_cannot_hold(tmp_path: Path) -> None:
    tables = {
        "buses": "bus,phases,kv_ln_kv\nMain St. 5,b,2.4\nA,b,2.4\na,b,2.4",
        "lines": "line,from_bus,to_bus,phases,r_bb_ohm\nl=1,Main St. 5,A,b,0.5\nl_1,A,a,b,0.5",
        "loads": "load,bus,phases,tier,kw\n駅,a,b,1,5",
        "grid": "grid,bus,phases\nsupply,Main St. 5,b",
    }
    folder = export(case_of(tables, header={"step_min": 60, "steps": 1}), "opendss", tmp_path / "out").folder
    rows = [line.split(",") for line in (folder / "names.csv").read_text(encoding="utf-8").splitlines()]
    # Names that can stay are given first, so that l_1 keeps its own, and l=1 becomes l_1_2.
    assert rows == [
        ["class", "name", "name_in_opendss"],
        ["bus", "A", "a"],
        ["bus", "a", "a_2"],
        ["bus", "Main St. 5", "main_st_5"],
        ["line", "l=1", "l_1_2"],
        ["load", "駅", "_"],
        ["vsource", "supply", "source"],
    ]
    back = import_feeder(folder / "Master.dss", tmp_path / "back", fold=False).case
    assert set(back.table("buses")["bus"]) == {"a", "a_2", "main_st_5"}
    assert dict(zip(back.table("lines")["line"], back.table("lines")["to_bus"], strict=True)) == {
        "l_1_2": "a",
        "l_1": "a_2",
    }


def test_without_a_grid_the_circuit_says_so(tmp_path: Path) -> None:
    alley = case_of(ALLEY)
    done = export(alley, "opendss", tmp_path / "out", solve(alley))
    assert any("no grid" in warning for warning in done.warnings)
    (steps,) = answers([("stepped", str(done.folder / "Run.dss"))], PROGRAM)  # type: ignore[arg-type]
    record = Record(alley, solve(alley), 1e-6)
    flow = replayed(record)
    # Intervals of 60, 30, 15 and 45 minutes end after 4, 6, 7 and 10 quarters of an hour.
    for t, end in enumerate((3, 5, 6, 9)):
        live = record.live[:, t]
        np.testing.assert_allclose(voltages(steps[end], record)[live], flow.voltage[live, t], rtol=0, atol=1e-5)


def test_every_number_of_a_file_is_one(tmp_path: Path) -> None:
    folder = export(case("street"), "opendss", tmp_path / "out", solve(case("street"))).folder
    text = "".join(path.read_text(encoding="ascii") for path in sorted(folder.rglob("*.dss")))
    assert not re.search(r"[=( ](nan|inf|-inf|None)\b", text)


def test_a_run_opens_and_closes_what_events_do(tmp_path: Path) -> None:
    tables = {
        "buses": "bus,phases,kv_ln_kv\nhead,abc,2.4\nmid,abc,2.4\nend,b,2.4",
        "lines": "line,from_bus,to_bus,phases,r_bb_ohm,x_bb_ohm,closed\n"
        "road,head,mid,abc,0.4,0.7,1\nlane,mid,end,b,0.5,0.9,0",
        "transformers": "transformer,from_bus,to_bus,phases,r_ohm,x_ohm\nstep,head,end,b,0.6,2",
        "loads": "load,bus,phases,tier,service,kw,kvar\nmill,end,b,1,continuous,60,20",
        "grid": "grid,bus,phases\nsupply,head,abc",
        "events": "at_utc,event,element\n2026-01-15T19:00:00+00:00,out,step\n2026-01-15T19:00:00+00:00,back,lane\n"
        "2026-01-15T20:00:00+00:00,out,lane\n2026-01-15T21:00:00+00:00,back,step",
    }
    found = case_of(tables, header={"step_min": 60, "steps": 4})
    plan = solve(found)
    folder = export(found, "opendss", tmp_path / "out", plan).folder
    (steps,) = answers([("stepped", str(folder / "Run.dss"))], PROGRAM)  # type: ignore[arg-type]
    record = Record(found, plan, 1e-6)
    flow, end = replayed(record), record.feeder.number["end", "b"]
    # By the transformer, by the lane, by nothing, by the transformer again.
    assert record.live[end].tolist() == [True, True, False, True]
    there = [voltages(step, record)[end] for step in steps]
    assert there == pytest.approx(flow.voltage[end].tolist(), abs=1e-5)
    assert there[0] == pytest.approx(there[3], abs=1e-6)
    assert abs(there[0] - there[1]) > 1e-3
