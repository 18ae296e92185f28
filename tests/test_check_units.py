"""Numbers that are a thousand times too large or too small."""

from __future__ import annotations

import pytest
from helpers_specs import case_of, findings_of, only, place

VEHICLES = "vehicle,capacity_kwh,start_kwh,charge_kw,discharge_kw\n"
WAYS = "vehicle,capacity_kwh,start_kwh,charge_kw,v2h_kw,socket_kw,v2l_kw,kwh_per_km\n"
CHARGERS = "charger,bus,charge_kw,discharge_kw,charge_eff,discharge_eff\n"
TRIPS = "vehicle,depart_utc,return_utc,energy_kwh\n"


@pytest.mark.parametrize(
    ("table", "text", "row", "column", "code"),
    [
        ("vehicles", VEHICLES + "ev1,40,30,7,7\nev2,40,30,7000,0\n", 3, "charge_kw", "looks-like-w"),
        ("vehicles", VEHICLES + "ev1,40,30,7,7000\nev2,40,30,7,0\n", 2, "discharge_kw", "looks-like-w"),
        ("vehicles", VEHICLES + "ev1,40000,30,7,7\nev2,40,30,7,0\n", 2, "capacity_kwh", "looks-like-wh"),
        ("vehicles", WAYS + "ev1,40,30,7,6000,1.5,3,0.2\nev2,40,30,7,6,,,\n", 2, "v2h_kw", "looks-like-w"),
        ("vehicles", WAYS + "ev1,40,30,7,6,1500,3,0.2\nev2,40,30,7,6,,,\n", 2, "socket_kw", "looks-like-w"),
        ("vehicles", WAYS + "ev1,40,30,7,6,1.5,3000,0.2\nev2,40,30,7,6,,,\n", 2, "v2l_kw", "looks-like-w"),
        ("chargers", CHARGERS + "c1,b2,7000,7,1,1\nc2,b2,7,0,1,1\n", 2, "charge_kw", "looks-like-w"),
        ("loads", "load,bus,tier,kw\nx,b2,1,150000\n", 2, "kw", "looks-like-w"),
        ("buses", "bus,kv_ln_kv\nb1,2400\nb2,2400\n", 2, "kv_ln_kv", "looks-like-v"),
    ],
)
def test_numbers_too_large(table: str, text: str, row: int, column: str, code: str) -> None:
    finding = findings_of(**{table: text})[0]
    assert place(finding) == (code, f"{table}.csv", row, column, "error")
    assert "divide by 1000" in finding.message


def test_the_message_names_both_units() -> None:
    finding = only(findings_of(vehicles=VEHICLES + "ev1,40,30,7400,7\nev2,40,30,7,0\n"))
    assert finding.message == "7400 kW looks like W, not kW; divide by 1000."


def test_a_trip_in_wh() -> None:
    findings = findings_of(trips=TRIPS + "ev1,2026-01-15T19:00Z,2026-01-15T20:00Z,6000\n")
    assert ("looks-like-wh", "trips.csv", 2, "energy_kwh", "error") in [place(f) for f in findings]


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        (VEHICLES + "ev1,40,30,0.007,7\nev2,40,30,7,0\n", "charge_kw", "looks-like-mw"),
        (VEHICLES + "ev1,0.04,0.03,7,7\nev2,40,30,7,0\n", "capacity_kwh", "looks-like-mwh"),
    ],
)
def test_numbers_too_small_are_a_warning(text: str, column: str, code: str) -> None:
    finding = findings_of(vehicles=text, trips=None)[0]
    assert place(finding) == (code, "vehicles.csv", 2, column, "warning")


def test_volts_of_a_socket_in_the_column_of_kv() -> None:
    findings = findings_of(buses="bus,kv_ln_kv\nb1,120\nb2,120\n")
    assert [place(f) for f in findings] == [
        ("looks-like-v", "buses.csv", 2, "kv_ln_kv", "warning"),
        ("looks-like-v", "buses.csv", 3, "kv_ln_kv", "warning"),
    ]


def test_large_batteries_and_loads_are_fine() -> None:
    batteries = "battery,bus,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming\n"
    case_of(
        batteries=batteries + "plant,b1,50000,20000,20000,20000,0.9,0.9,1\n", loads="load,bus,tier,kw\nx,b2,1,9000\n"
    )


def test_consumption_for_a_hundred_km() -> None:
    finding = only(findings_of(vehicles=WAYS + "ev1,40,30,7,6,1.5,3,16.9\nev2,40,30,7,6,,,1.2\n"))
    assert place(finding) == ("looks-like-per-100-km", "vehicles.csv", 2, "kwh_per_km", "error")
    assert "divide by 100." in finding.message


def test_standby_in_watts() -> None:
    chargers = "charger,bus,charge_kw,charge_eff,discharge_eff,standby_kw\nc1,b2,7,1,1,100\nc2,b2,7,1,1,0.1\n"
    finding = only(findings_of(chargers=chargers))
    assert place(finding) == ("looks-like-w", "chargers.csv", 2, "standby_kw", "error")
