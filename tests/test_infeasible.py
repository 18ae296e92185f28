"""Limits that clash, told in plain words, with file and row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small import case_of
from test_engine_mixed import program, stage

import v2g
from v2g.errors import SolveError, Unmeetable
from v2g.infeasible import Clash, Item, explain, told
from v2g.planning import problem_of
from v2g.readings.arrays import Arrays

HILL = {
    "buses": "bus,phases,kv_ln_kv,vmax_pu\nhead,a,2.4,\nhill,a,2.4,1.05",
    "lines": "line,from_bus,to_bus,phases,r_aa_ohm,x_aa_ohm\nlane,head,hill,a,0,2",
    "capacitors": "capacitor,bus,phases,kvar\nspare,head,a,1\nbank,hill,a,200",
    "batteries": "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,"
    "rating_kva,forming\nidle,hill,a,9,9,1,1,1,1,1,0\nbox,head,a,20,10,5,5,0.9,0.8,1000,1",
}
"""A bank of 200 kvar at the end of 2 ohm: w = 1 + 2 x 2 x (200 w) / (1000 x 2.4^2) = 1.161, more than 1.05^2 = 1.1025.

The idle battery takes at most 1 kvar, so its limit clashes too: with more it could hold the voltage down.
"""
HEADER = {"step_min": 60, "steps": 1}
NOW = "2026-01-15 18:00"


def clashing(tables: dict[str, str], **header: object) -> Clash | None:
    """What clashes in a case of one interval."""
    case = case_of(tables, {**HEADER, **header})
    problem = problem_of(case, "lindistflow", "tiers")
    return explain(case, problem, Arrays(problem).read())


def plain(found: Clash | None) -> set[tuple[str, ...]]:
    """Members as part.rule, side, labels and place."""
    assert found is not None and found.least
    return {(f"{i.part}.{i.rule}", i.side, ", ".join(i.labels), i.where) for i in found.rows}


LIFTED = {
    ("capacitors.susceptance", "", f"bank.a, {NOW}", "capacitors.csv, row 3"),
    ("legs.reference", "", f"head.a, {NOW}", "batteries.csv, row 3"),
    ("legs.drop", "", f"lane.a, {NOW}", "lines.csv, row 2"),
    ("legs.balance_kvar", "", f"hill.a, {NOW}", "buses.csv, row 3"),
    ("legs.voltage", "most", f"hill.a, {NOW}", "buses.csv, row 3"),
}


def grown(case: v2g.Case, kvar: float) -> v2g.Case:
    """The case with banks of that size, as no check has seen it."""
    banks = case.table("capacitors").assign(kvar=kvar)
    return replace(case, tables={**case.tables, "capacitors": banks})


def without(tables: dict[str, str], table: str, name: str) -> dict[str, str]:
    """The case without one row."""
    kept = [line for line in tables[table].splitlines() if not line.startswith(f"{name},")]
    return {**tables, table: "\n".join(kept)}


def test_a_bank_that_lifts_an_idle_lane() -> None:
    """Without the idle battery five members, all of one interval: the limit, and four laws that lead to it."""
    moved = {i if i[0] != "legs.reference" else (*i[:3], "batteries.csv, row 2") for i in LIFTED}
    assert plain(clashing(without(HILL, "batteries", "idle"))) == moved


def test_what_could_still_help_clashes_too() -> None:
    """The idle battery's reactive power is part of it: as a bound, or as a side of its polygon."""
    found = plain(clashing(HILL))
    rest = found - LIFTED
    assert found >= LIFTED and len(rest) == 1
    (rule, _, labels, where) = rest.pop()
    assert rule in ("batteries.output_kvar", "batteries.capability") and labels.startswith("idle.a")
    assert where == "batteries.csv, row 2"


def test_a_limit_for_all_buses_stands_in_the_header() -> None:
    tables = without(HILL, "batteries", "idle")
    tables["buses"] = "bus,phases,kv_ln_kv\nhead,a,2.4\nhill,a,2.4"
    found = clashing(tables, vmax_pu=1.07)
    assert ("legs.voltage", "most", f"hill.a, {NOW}", "case.toml") in plain(found)


def test_a_tap_that_lowers_too_far() -> None:
    """No load beyond: 0.9 x 1.02 of the voltage, where 0.95 is the least; no reactive power flows, by Kirchhoff."""
    tables = {
        "buses": "bus,phases,kv_ln_kv,vmin_pu\nhead,b,2.4,\nlow,b,2.4,0.95",
        "transformers": "transformer,from_bus,to_bus,phases,r_ohm,x_ohm,tap_b\nstep,head,low,b,0,0.2,0.9",
        "grid": "grid,bus,phases,voltage_pu\nsupply,head,b,1.02",
    }
    assert plain(clashing(tables)) == {
        ("legs.voltage", "least", f"low.b, {NOW}", "buses.csv, row 3"),
        ("legs.drop", "", f"step.b, {NOW}", "transformers.csv, row 2"),
        ("legs.reference", "", f"head.b, {NOW}", "grid.csv, row 2"),
        ("legs.balance_kvar", "", f"low.b, {NOW}", "buses.csv, row 3"),
    }


def test_one_interval_is_enough() -> None:
    """Every interval clashes in the same way; one of them is told."""
    case = case_of(without(HILL, "batteries", "idle"), {"step_min": 60, "steps": 4})
    problem = problem_of(case, "lindistflow", "tiers")
    found = explain(case, problem, Arrays(problem).read())
    assert found is not None and len(found.rows) == 5 and len({i.labels[-1] for i in found.rows}) == 1


def test_the_error_of_a_solve_carries_them() -> None:
    with pytest.raises(Unmeetable, match="No plan keeps all limits") as failed:
        v2g.solve(case_of(without(HILL, "batteries", "idle"), HEADER))
    error, lines = failed.value, str(failed.value).splitlines()
    assert isinstance(error, SolveError) and error.exit_code == 3
    assert len(error.items) == 5 and all(isinstance(item, Item) for item in error.items)
    assert lines[1:] == [
        "These limits cannot be kept together, whatever is served. If any one of them gave way, the others could be "
        "kept (other limits may still clash elsewhere):",
        f"- buses.csv, row 3: hill.a: Voltage at most 1.05 of nominal (vmax_pu) [{NOW}]. "
        "Widen vmin_pu or vmax_pu if the equipment stands it.",
        f"- lines.csv, row 2: lane.a: Voltage changes along it by its impedance, its tap and what flows [{NOW}]. "
        "Look at impedances and taps.",
        f"- batteries.csv, row 2: head.a: The source that forms the island holds its voltage (voltage_pu) [{NOW}]. "
        "Change voltage_pu of the source that forms the island.",
        f"- capacitors.csv, row 3: bank.a: The bank gives reactive power whether it is wanted or not (kvar) [{NOW}]. "
        "Switch the bank off (closed = 0), or serve more there.",
        "- What links them, and nobody can change: reactive power that flows into a place flows out of it (hill.a).",
    ]


@pytest.mark.parametrize("remedy", ["closed", "wider"])
def test_each_remedy_helps(remedy: str) -> None:
    tables = without(HILL, "batteries", "idle")
    if remedy == "closed":
        tables["capacitors"] = "capacitor,bus,phases,kvar,closed\nbank,hill,a,200,0"
    else:
        tables["buses"] = tables["buses"].replace("1.05", "1.08")
    assert clashing(tables) is None
    assert v2g.solve(case_of(tables, HEADER)).summary["audit"]["ok"]


def test_no_clash_is_told_where_there_is_none(village: v2g.Case) -> None:
    problem = problem_of(village, "lindistflow", "tiers")
    assert explain(village, problem, Arrays(problem).read()) is None


def test_a_limit_of_the_header_names_its_line(tmp_path: Path) -> None:
    """The first line of case.toml is row 1; a key that is not there has no row.

    With 300 kvar w = 1 / (1 - 300 k) = 1.263, k as above: more than 1.1^2 = 1.21, the square of the default.
    """
    tables = without(HILL, "batteries", "idle")
    tables["capacitors"] = tables["capacitors"].replace("200", "300")
    tables["buses"] = "bus,phases,kv_ln_kv\nhead,a,2.4\nhill,a,2.4"
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text + "\n", encoding="utf-8")
    keys = ["format = 1", 'name = "hill"', "start_utc = 2026-01-15T18:00:00+00:00", "step_min = [", "60]", "# highest"]
    for more, row in (("vmax_pu = 1.07  # tight", 7), ("", None)):
        (tmp_path / "case.toml").write_text("\n".join([*keys, more, ""]), encoding="utf-8")
        case = v2g.read(tmp_path)
        problem = problem_of(case, "lindistflow", "tiers")
        found = explain(case, problem, Arrays(problem).read())
        assert found is not None
        (limit,) = [item for item in found.rows if item.rule == "voltage"]
        assert (limit.file, limit.row) == ("case.toml", row)
        assert limit.words == f"Voltage at most {1.07 if more else 1.1:g} of nominal (vmax_pu)"


def test_a_station_that_cannot_take_it_is_a_row_of_the_chargers() -> None:
    """A bank of 200 kvar, a station of 100 kVA: no voltage within 1.05 to 1.2 of nominal makes the bank give less.

    The check of the case sees such sums by itself, so the bank grows after it.
    """
    tables = {
        "buses": "bus,phases,kv_ln_kv,vmin_pu,vmax_pu\nhead,a,2.4,1.05,1.2",
        "capacitors": "capacitor,bus,phases,kvar\nbank,head,a,1",
        "chargers": "charger,bus,phases,charge_kw,discharge_kw,charge_eff,discharge_eff,rating_kva,forming,voltage_pu\n"
        "other,head,a,7,0,1,1,,0,1.1\npost,head,a,50,50,1,1,100,1,1.1",
        "vehicles": "vehicle,capacity_kwh,start_kwh,charge_kw,discharge_kw\ncar,100,50,50,50",
        "stays": "vehicle,charger,from_utc,until_utc\ncar,post,2026-01-15T18:00:00+00:00,2026-01-15T19:00:00+00:00",
    }
    case = grown(case_of(tables, HEADER), 200.0)
    problem = problem_of(case, "lindistflow", "tiers")
    assert plain(explain(case, problem, Arrays(problem).read())) == {
        ("stations.output_kvar", "least", f"post.a, {NOW}", "chargers.csv, row 3"),
        ("capacitors.susceptance", "", f"bank.a, {NOW}", "capacitors.csv, row 2"),
        ("legs.reference", "", f"head.a, {NOW}", "chargers.csv, row 3"),
        ("legs.balance_kvar", "", f"head.a, {NOW}", "buses.csv, row 2"),
    }


HELD = {
    "buses": "bus,phases,kv_ln_kv,vmax_pu\nhead,a,2.4,\nhill,a,2.4,1.05\nspur,a,2.4,1.2",
    "lines": "line,from_bus,to_bus,phases,r_aa_ohm,x_aa_ohm\nlane,head,hill,a,0,2\ntap,hill,spur,a,0,0",
    "capacitors": "capacitor,bus,phases,kvar\nbank,spur,a,200",
    "loads": "load,bus,phases,tier,service,kw,kvar,hold\npump,hill,a,1,flexible,100,100,hard",
    "events": "at_utc,event,element\n2026-01-15T19:00:00+00:00,out,tap",
    "batteries": "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,"
    "rating_kva,forming\nbox,head,a,200,100,0,200,1,1,1000,1",
}
"""While the bank is there, the pump has to hold the voltage down: w = 1 + k (200 w - q) <= 1.1025 with
k = 2 x 2 / (1000 x 2.4^2), so q >= 220.5 - 0.1025 / k = 72.9 kvar, and as many kW: 72.9 kWh in the first hour.
Held on, it takes as much in the second hour, in all 145.8 kWh; 100 kWh are there."""


def held(hold: str, start: int = 100) -> v2g.Case:
    """The pump, held on in one way or the other, with so much energy."""
    tables = {**HELD, "loads": HELD["loads"].replace("hard", hold)}
    tables["batteries"] = HELD["batteries"].replace("200,100,0", f"200,{start},0")
    return case_of(tables, {"step_min": 60, "steps": 3})


def test_a_load_held_hard_without_the_energy() -> None:
    """It is told of the two hours that are enough to clash, and the remedy helps."""
    case = held("hard")
    problem = problem_of(case, "lindistflow", "tiers")
    found = explain(case, problem, Arrays(problem).read())
    later = "2026-01-15 19:00"
    assert found is not None and plain(found) >= {
        ("loads.stays_on", "", f"pump, {later}", "loads.csv, row 2"),
        ("batteries.energy", "least", "box, 2026-01-15 20:00", "batteries.csv, row 2"),
        ("batteries.energy_start", "", "box", "batteries.csv, row 2"),
        ("legs.voltage", "most", f"hill.a, {NOW}", "buses.csv, row 3"),
        ("capacitors.susceptance", "", f"bank.a, {NOW}", "capacitors.csv, row 2"),
    }
    assert f"pump: Once it is on it is not turned down again (hold = hard) [{later}]. Soften hold = hard" in str(found)
    assert v2g.solve(held("priced")).summary["audit"]["ok"]


def test_the_energy_that_a_held_load_takes_is_enough_and_no_less() -> None:
    """Three hours of 72.9 kW: 218.7 kWh would do, which the battery does not hold; two of them are told of."""
    case = case_of(
        {**HELD, "batteries": HELD["batteries"].replace("200,100,0", "300,219,0")}, {"step_min": 60, "steps": 3}
    )
    assert v2g.solve(case).summary["audit"]["ok"]
    case = case_of(
        {**HELD, "batteries": HELD["batteries"].replace("200,100,0", "300,218,0")}, {"step_min": 60, "steps": 3}
    )
    with pytest.raises(Unmeetable, match="hold = hard"):
        v2g.solve(case)


def test_whole_decisions_are_named_as_the_reason() -> None:
    """x + y = 1.5 with both 0 or 1: no limits clash, but for the choice between them. The same holds of no limits."""
    case = case_of(without(HILL, "batteries", "idle"), HEADER)
    problem, error = problem_of(case, "lindistflow", "tiers"), Unmeetable("No plan.")
    whole = program([[1, 1]], [1.5], [1.5], [1, 1], [0, 1], [stage("any", [1, 2])])
    found = told(error, case, problem, whole)
    assert found.items == () and "these choices clash with the limits" in str(found)
    found = told(error, case, problem, replace(whole, integer=np.zeros(2, bool)))
    assert found.items == () and "more than rounding" in str(found)


def test_without_time_that_is_said() -> None:
    case = case_of(without(HILL, "batteries", "idle"), HEADER)
    problem = problem_of(case, "lindistflow", "tiers")
    found = told(Unmeetable("No plan."), case, problem, Arrays(problem).read(), time_limit=0.0)
    assert found.items == () and "--time-limit" in str(found)
