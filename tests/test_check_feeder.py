"""Faults of the feeder: phases, voltages, loops, islands and sources."""

from __future__ import annotations

import pytest
from helpers_specs import EVENING, case_of, findings_of, only, place

BUSES = "bus,phases,kv_ln_kv\n"
LINES = "line,from_bus,to_bus,phases,closed\n"
LOADS = "load,bus,phases,connection,tier,kw\n"
TRANSFORMERS = "transformer,from_bus,to_bus,phases,connection\n"
BATTERIES = (
    "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming,voltage_pu\n"
)
FOUR = BUSES + "b1,abc,2.4\nb2,abc,2.4\nb3,abc,2.4\nb4,abc,2.4\n"


def test_a_device_on_a_phase_its_bus_has_not() -> None:
    buses = BUSES + "b1,abc,2.4\nb2,ab,2.4\n"
    chargers = "charger,bus,phases,charge_kw,charge_eff,discharge_eff\nc1,b2,ab,7,1,1\nc2,b2,a,7,1,1\n"
    lines = LINES + "l1,b1,b2,ab,1\n"
    finding = only(
        findings_of(buses=buses, lines=lines, chargers=chargers, loads=LOADS + "x,b2,a,wye,1,1\ny,b2,c,wye,1,1\n")
    )
    assert place(finding) == ("phase-not-at-bus", "loads.csv", 3, "phases", "error")
    assert finding.allowed == "phases among ab"


def test_a_line_on_a_phase_one_of_its_buses_has_not() -> None:
    buses = BUSES + "b1,abc,2.4\nb2,abc,2.4\nb3,ab,2.4\n"
    findings = findings_of(buses=buses, lines=LINES + "l1,b1,b2,abc,1\nl2,b2,b3,abc,1\n")
    assert place(only(findings)) == ("phase-not-at-bus", "lines.csv", 3, "phases", "error")


def test_a_delta_winding_needs_the_next_phase_too() -> None:
    buses = BUSES + "b1,abc,2.4\nb2,abc,2.4\nb3,a,2.4\nb4,a,0.24\n"
    lines = LINES + "l1,b1,b2,abc,1\nl2,b2,b3,a,1\n"
    finding = only(findings_of(buses=buses, lines=lines, transformers=TRANSFORMERS + "t1,b3,b4,a,delta-wye\n"))
    assert place(finding) == ("phase-not-at-bus", "transformers.csv", 2, "phases", "error")


def test_a_line_between_two_voltages() -> None:
    finding = only(findings_of(buses=BUSES + "b1,abc,2.4\nb2,abc,0.24\n"))
    assert place(finding) == ("voltages-differ", "lines.csv", 2, "to_bus", "error")


def test_voltages_may_be_rounded() -> None:
    case_of(buses=BUSES + "b1,abc,2.4018\nb2,abc,2.402\n")


def test_a_transformer_joins_two_voltages() -> None:
    case_of(
        buses=BUSES + "b1,abc,2.4\nb2,abc,0.24\n", lines=None, transformers=TRANSFORMERS + "t1,b1,b2,abc,delta-wye\n"
    )


def test_a_loop_is_told_once_with_its_lines_and_phases() -> None:
    lines = LINES + "l1,b1,b2,abc,1\nl2,b2,b3,abc,1\nl3,b3,b4,abc,1\nl4,b4,b2,ab,1\n"
    finding = only(findings_of(buses=FOUR, lines=lines))
    assert place(finding) == ("loop", "lines.csv", 5, "closed", "error")
    assert finding.message == "l2, l3, l4 form a loop on phase a, b."


def test_parallel_lines_are_a_loop() -> None:
    finding = only(findings_of(lines=LINES + "l1,b1,b2,abc,1\nl2,b1,b2,c,1\n"))
    assert place(finding) == ("loop", "lines.csv", 3, "closed", "error")
    assert finding.message == "l1, l2 form a loop on phase c."


def test_a_loop_through_a_transformer() -> None:
    transformers = TRANSFORMERS + "t1,b1,b2,abc,wye-wye\n"
    finding = only(findings_of(transformers=transformers))
    assert place(finding) == ("loop", "transformers.csv", 2, "closed", "error")


def test_an_open_line_closes_no_loop() -> None:
    case_of(lines=LINES + "l1,b1,b2,abc,1\nl2,b1,b2,abc,0\n")


def test_three_regulators_of_one_phase_each_are_no_loop() -> None:
    case_of(lines=None, transformers=TRANSFORMERS + "r1,b1,b2,a,wye-wye\nr2,b1,b2,b,wye-wye\nr3,b1,b2,c,wye-wye\n")


def test_many_loops_are_all_told() -> None:
    lines = LINES + "".join(f"l{k},b1,b2,a,1\n" for k in range(31)) + "lx,b1,b2,bc,1\n"
    findings = findings_of(lines=lines)
    assert [f.code for f in findings] == ["loop"] * 30
    assert findings[-1].message == "l30 closes another loop on phase a."


def test_a_line_that_ends_where_it_begins() -> None:
    finding = only(findings_of(lines=LINES + "l1,b1,b2,abc,1\nl2,b2,b2,abc,1\n"))
    assert place(finding) == ("self-loop", "lines.csv", 3, "to_bus", "error")


def test_one_name_for_a_line_and_a_transformer() -> None:
    buses = BUSES + "b1,abc,2.4\nb2,abc,2.4\nb3,abc,2.4\n"
    finding = only(findings_of(buses=buses, transformers=TRANSFORMERS + "l1,b2,b3,abc,wye-wye\n"))
    assert place(finding) == ("duplicate-id", "transformers.csv", 2, "transformer", "error")


@pytest.mark.parametrize(
    ("table", "text", "row"),
    [
        ("loads", LOADS + "x,b2,abc,delta,0,1\ny,b2,a,delta,0,1\n", 3),
        ("capacitors", "capacitor,bus,phases,connection,kvar\ncap,b2,b,delta,10\n", 2),
    ],
)
def test_a_delta_with_one_phase(table: str, text: str, row: int) -> None:
    finding = only(findings_of(**{table: text}))
    assert place(finding) == ("delta-with-one-phase", f"{table}.csv", row, "phases", "error")


def test_a_capacitor_between_two_phases() -> None:
    finding = only(findings_of(capacitors="capacitor,bus,phases,connection,kvar\nbank,b1,ab,delta,6\n"))
    assert place(finding) == ("capacitor-between-phases", "capacitors.csv", 2, "connection", "error")


def test_a_delta_transformer_with_one_phase() -> None:
    lines, transformers = LINES + "l1,b1,b2,bc,1\n", TRANSFORMERS + "t,b1,b2,a,delta-delta\n"
    finding = only(findings_of(lines=lines, transformers=transformers))
    assert place(finding) == ("delta-with-one-phase", "transformers.csv", 2, "phases", "error")


def test_no_source_that_can_form_a_grid() -> None:
    finding = only(findings_of(batteries=None))
    assert place(finding) == ("no-forming-source", "buses.csv", None, None, "error")


def test_a_battery_that_forms_and_gives_nothing() -> None:
    batteries = EVENING["batteries"].replace("25,25,", "25,0,")
    finding = only(findings_of(batteries=batteries))
    assert place(finding) == ("forming-without-power", "batteries.csv", 2, "discharge_kw", "error")
    assert (finding.found, finding.allowed) == ("0", "above 0 kW") and "forming = 0" in finding.remedy
    assert not [f for f in findings_of(batteries=batteries.replace(",1\n", ",0\n")) if f.file == "batteries.csv"]


def test_a_battery_that_only_follows_forms_no_grid() -> None:
    finding = only(findings_of(batteries=EVENING["batteries"].replace(",1\n", ",0\n")))
    assert finding.code == "no-forming-source"


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("grid", "grid,bus\ng,b1\n"),
        ("generators", "generator,bus,rating_kw,fuel_l,fuel_l_per_kwh,forming\ng,b1,50,100,0.3,1\n"),
    ],
)
def test_sources_that_can_form_a_grid(table: str, text: str) -> None:
    case_of(batteries=None, **{table: text})


def test_a_dark_island_names_buses_and_critical_loads() -> None:
    lines = LINES + "l1,b1,b2,abc,1\nl2,b2,b3,abc,0\nl3,b3,b4,abc,1\n"
    loads = LOADS + "clinic,b4,a,wye,2,5\nshops,b3,abc,wye,0,5\n"
    finding = only(findings_of(buses=FOUR, lines=lines, loads=loads))
    assert place(finding) == ("dark-island", "buses.csv", 4, "bus", "warning")
    assert finding.message == (
        "No source can form a grid at 2 buses (b3, b4), phases abc. Critical loads there: clinic (tier 2)."
    )


def test_a_phase_that_no_line_brings_is_dark() -> None:
    finding = only(findings_of(lines=LINES + "l1,b1,b2,ab,1\n", loads=LOADS + "clinic,b2,ab,wye,1,5\n"))
    assert place(finding) == ("dark-island", "buses.csv", 3, "bus", "warning")
    assert "phases c. No critical load is there." in finding.message


def test_each_island_is_a_warning_of_its_own() -> None:
    findings = findings_of(buses=FOUR)
    assert [(f.code, f.row) for f in findings] == [("dark-island", 4), ("dark-island", 5)]


def test_a_delta_winding_lights_all_of_its_phases() -> None:
    store = BATTERIES + "store,b2,a,100,50,25,25,1,1,1,1\n"
    transformers = TRANSFORMERS + "t,b1,b2,abc,delta-wye\n"
    findings = findings_of(lines=None, batteries=store, transformers=transformers)
    assert not findings


@pytest.mark.parametrize("voltage", ["0.85", "1.2"])
def test_a_source_outside_the_voltage_band(voltage: str) -> None:
    finding = only(findings_of(batteries=BATTERIES + f"store,b1,abc,100,50,25,25,1,1,1,{voltage}\n"))
    assert place(finding) == ("voltage-outside-band", "batteries.csv", 2, "voltage_pu", "error")
    assert finding.allowed == "0.9 to 1.1"


def test_the_band_of_the_bus_comes_first() -> None:
    buses = "bus,kv_ln_kv,vmax_pu\nb1,2.4,1.25\nb2,2.4,\n"
    case_of(buses=buses, batteries=BATTERIES + "store,b1,abc,100,50,25,25,1,1,1,1.2\n")


def test_the_lowest_voltage_of_a_bus_above_its_highest() -> None:
    finding = only(findings_of(buses="bus,kv_ln_kv,vmin_pu,vmax_pu\nb1,2.4,,\nb2,2.4,1.05,0.95\n"))
    assert place(finding) == ("above-column", "buses.csv", 3, "vmin_pu", "error")


def test_the_lowest_voltage_of_a_bus_above_the_case() -> None:
    finding = only(findings_of(buses="bus,kv_ln_kv,vmin_pu\nb1,2.4,\nb2,2.4,1.15\n"))
    assert place(finding) == ("empty-voltage-band", "buses.csv", 3, "vmin_pu", "error")
