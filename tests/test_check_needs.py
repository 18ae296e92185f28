"""What drivers must be able to drive: distances, batteries, and what can be charged in time."""

from __future__ import annotations

import pytest
from helpers_specs import case_of, findings_of, only, place

NEEDS = "need,vehicle,from_utc,until_utc,energy_kwh,km\n"
VEHICLES = "vehicle,capacity_kwh,start_kwh,charge_kw,reserve_km,kwh_per_km\n"
TRIPS = "vehicle,depart_utc,return_utc,energy_kwh,return_kwh\n"
STAYS = "vehicle,charger,from_utc,until_utc,leave_kwh\n"
MINIMUM = "minimum,vehicles,energy_kwh,from_utc,until_utc\n"


def day(clock: str) -> str:
    return f"2026-01-15T{clock}:00+00:00"


@pytest.mark.parametrize("word", ["all", "Every", "*"])
def test_a_need_of_every_vehicle_is_a_blank_cell(word: str) -> None:
    finding = only(findings_of(needs=NEEDS + f"a,{word},,,5,\nb,,,,5,\n"))
    assert place(finding) == ("unknown-reference", "needs.csv", 2, "vehicle", "error")
    assert finding.remedy == "Leave the cell blank: that stands for every one."


def test_one_of_another_name_is_looked_for() -> None:
    assert only(findings_of(needs=NEEDS + "a,ev11,,,5,\n")).remedy == "Did you mean 'ev1'?"


def test_a_reserve_in_km_needs_the_consumption() -> None:
    finding = only(findings_of(vehicles=VEHICLES + "ev1,40,30,7,50,\nev2,40,20,7,50,0.2\n"))
    assert place(finding) == ("km-without-consumption", "vehicles.csv", 2, "reserve_km", "error")


def test_a_need_in_km_needs_the_consumption_of_its_vehicles() -> None:
    vehicles = VEHICLES + "ev1,40,30,7,,\nev2,40,20,7,,0.2\n"
    needs = NEEDS + "a,ev2,,,,50\nb,,,,,50\nc,ev1,,,5,0\n"
    finding = only(findings_of(vehicles=vehicles, needs=needs))
    assert place(finding) == ("km-without-consumption", "needs.csv", 3, "km", "error")
    assert "ev1" in finding.message and "ev2" not in finding.message


def test_a_reserve_in_km_beyond_the_battery() -> None:
    """250 km x 0.2 kWh/km = 50 kWh, 40 fit."""
    findings = findings_of(vehicles=VEHICLES + "ev1,40,30,7,250,0.2\nev2,40,20,7,50,0.2\n")
    assert [place(f) for f in findings] == [
        ("start-below-reserve", "vehicles.csv", 2, "start_kwh", "warning"),
        ("need-beyond-capacity", "vehicles.csv", 2, "reserve_km", "error"),
    ]


def test_a_start_below_a_reserve_in_km() -> None:
    """110 km x 0.2 kWh/km = 22 kWh, 20 are on board."""
    finding = only(findings_of(vehicles=VEHICLES + "ev1,40,30,7,110,0.2\nev2,40,20,7,110,0.2\n"))
    assert place(finding) == ("start-below-reserve", "vehicles.csv", 3, "start_kwh", "warning")
    assert finding.allowed == "at least 22 kWh"


@pytest.mark.parametrize(
    ("table", "text", "column"),
    [
        ("needs", NEEDS + "a,ev1,,,41,\n", "energy_kwh"),
        ("needs", NEEDS + f"a,,{day('19:30')},,41,\n", "energy_kwh"),
        ("trips", TRIPS + f"ev1,{day('19:00')},{day('20:00')},6,41\n", "return_kwh"),
        ("stays", STAYS + f"ev1,c1,{day('18:00')},{day('19:00')},41\n", "leave_kwh"),
    ],
)
def test_a_need_beyond_the_battery(table: str, text: str, column: str) -> None:
    errors = [f for f in findings_of(**{table: text}) if f.severity == "error"]
    assert [place(f) for f in errors] == [("need-beyond-capacity", f"{table}.csv", 2, column, "error")]
    assert (errors[0].found, errors[0].allowed) == ("41", "at most 40 kWh")


def test_a_need_that_can_be_met_in_time() -> None:
    """ev2 charges 7 kW x 0.95 for two hours: 20 + 13.3 = 33.3 kWh at the end, 26.65 at 19:00."""
    case_of(needs=NEEDS + f"a,ev2,{day('20:00')},,33.3,\nb,ev2,{day('19:00')},{day('19:00')},26.6,\n")


def test_a_need_that_cannot_be_met_in_time() -> None:
    """At 19:00 no more than 20 + 6.65 kWh: 1.35 too little."""
    finding = only(findings_of(needs=NEEDS + f"a,ev2,{day('19:00')},,28,\n"))
    assert place(finding) == ("need-cannot-be-met", "needs.csv", 2, "energy_kwh", "warning")
    assert finding.message == (
        "ev2 can have 26.65 kWh at most at 2026-01-15 19:00 UTC, 1.35 kWh too little, "
        "even if it charges all the time it is plugged in."
    )
    assert (finding.found, finding.allowed) == ("28 kWh", "at most 26.65 kWh")


def test_a_need_between_two_points_counts_from_the_one_before() -> None:
    """From 19:10 is from 19:00; until 18:40 is until 19:00, and from the start there are 20 kWh."""
    assert "19:00 UTC" in only(findings_of(needs=NEEDS + f"a,ev2,{day('19:10')},,28,\n")).message
    assert "18:00 UTC" in only(findings_of(needs=NEEDS + f"a,ev2,,{day('18:40')},22,\n")).message


def test_a_need_of_all_vehicles_names_the_worst() -> None:
    """120 km x 0.2 kWh/km = 24 kWh: ev1 starts with 30 kWh, ev2 with 20."""
    vehicles = VEHICLES + "ev1,40,30,7,,0.2\nev2,40,20,7,,0.2\n"
    finding = only(findings_of(vehicles=vehicles, needs=NEEDS + "a,,,,,120\n"))
    assert place(finding) == ("need-cannot-be-met", "needs.csv", 2, "km", "warning")
    assert finding.message.startswith("ev2 can have 20 kWh at most at 2026-01-15 18:00 UTC, 4 kWh too little")


def test_standby_counts() -> None:
    """6.65 kW less 0.65 of standby: 20 + 6 kWh after an hour."""
    chargers = "charger,bus,charge_kw,charge_eff,discharge_eff,standby_kw\nc1,b2,7,1,1,0\nc2,b2,7,0.95,1,0.65\n"
    assert not findings_of(chargers=chargers, needs=NEEDS + f"a,ev2,{day('19:00')},,26,\n")
    assert (
        "0.1 kWh too little"
        in only(findings_of(chargers=chargers, needs=NEEDS + f"a,ev2,{day('19:00')},,26.1,\n")).message
    )


def test_energy_when_leaving_and_when_back() -> None:
    """ev1: 30 + 7 x 0.95 = 36.65 kWh at 19:00, 30.65 after the trip of 6 kWh."""
    ends = f"{day('18:00')},{day('19:00')}"
    assert not findings_of(stays=STAYS + f"ev1,c1,{ends},36.6\n")
    finding = only(findings_of(stays=STAYS + f"ev1,c1,{ends},37\n"))
    assert place(finding) == ("need-cannot-be-met", "stays.csv", 2, "leave_kwh", "warning")
    ends = f"{day('19:00')},{day('20:00')},6"
    assert not findings_of(trips=TRIPS + f"ev1,{ends},30.6\n")
    finding = only(findings_of(trips=TRIPS + f"ev1,{ends},31\n"))
    assert place(finding) == ("need-cannot-be-met", "trips.csv", 2, "return_kwh", "warning")


def test_a_need_of_a_vehicle_that_is_not_there() -> None:
    finding = only(findings_of(needs=NEEDS + "a,ev3,,,5,\n"))
    assert place(finding) == ("unknown-reference", "needs.csv", 2, "vehicle", "error")


def test_a_need_may_be_for_one_point_in_time() -> None:
    for clock in ("18:00", "19:00", "20:00"):
        case_of(needs=NEEDS + f"a,ev2,{day(clock)},{day(clock)},20,\n")
    finding = only(findings_of(needs=NEEDS + f"a,ev2,{day('19:30')},{day('19:00')},20,\n"))
    assert place(finding) == ("window-order", "needs.csv", 2, "until_utc", "error")
    finding = only(findings_of(needs=NEEDS + f"a,ev2,{day('20:30')},,20,\n"))
    assert place(finding) == ("outside-horizon", "needs.csv", 2, "from_utc", "warning")


@pytest.mark.parametrize(("row", "able"), [("m,3,10,,", 2), ("m,1,41,,", 0)])
def test_a_minimum_beyond_the_fleet(row: str, able: int) -> None:
    finding = only(findings_of(fleet_minimum=MINIMUM + row + "\n"))
    assert place(finding) == ("minimum-beyond-fleet", "fleet_minimum.csv", 2, "vehicles", "error")
    assert finding.allowed == f"at most {able}"


def test_a_minimum_while_a_vehicle_is_away() -> None:
    """ev1 is on its trip at 19:30 only: gone at 19:00 and back at 20:00 it counts."""
    rows = f"m,2,20,{day('18:00')},{day('19:00')}\nn,2,20,{day('20:00')},\n"
    assert not findings_of(fleet_minimum=MINIMUM + rows)
    finding = only(findings_of(fleet_minimum=MINIMUM + "m,2,20,,\n"))
    assert place(finding) == ("minimum-cannot-be-met", "fleet_minimum.csv", 2, "vehicles", "warning")
    assert finding.message.startswith("At 2026-01-15 19:30 UTC only 1 vehicle can")


def test_a_minimum_that_is_not_charged_in_time() -> None:
    """Two with 25 kWh: ev2 has 20 at the start, 26.65 from 19:00 on."""
    assert not findings_of(fleet_minimum=MINIMUM + f"m,2,25,{day('19:00')},{day('19:00')}\n")
    finding = only(findings_of(fleet_minimum=MINIMUM + f"m,2,25,{day('18:00')},{day('18:30')}\n"))
    assert finding.code == "minimum-cannot-be-met" and "18:00 UTC" in finding.message


def test_the_number_of_a_minimum_is_whole() -> None:
    finding = only(findings_of(fleet_minimum=MINIMUM + "m,1.5,10,,\n"))
    assert place(finding) == ("not-whole", "fleet_minimum.csv", 2, "vehicles", "error")


def test_leaving_between_two_points_counts_at_the_one_before() -> None:
    """It leaves at 18:40: at 18:30 it has 30 + 7 x 0.95 / 2 = 33.325 kWh, at 19:00 no more than a bit above that."""
    stays = STAYS + f"ev1,c1,{day('18:00')},{day('18:40')},33.4\n"
    finding = only(findings_of(stays=stays))
    assert "33.33 kWh at most at 2026-01-15 18:30 UTC" in finding.message
