"""Vehicles in two places, chargers with too many, energy that is not there."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from helpers_specs import HEADER, SPECS, case_of, draft_of, findings_of, only, place

from v2g.check import check
from v2g.formats.draft import Draft

STAYS = "vehicle,charger,from_utc,until_utc\n"
TRIPS = "vehicle,depart_utc,return_utc,energy_kwh\n"
CHARGERS = "charger,bus,charge_kw,charge_eff,discharge_eff,plugs\n"


def day(clock: str) -> str:
    return f"2026-01-15T{clock}:00+00:00"


def stay(vehicle: str, charger: str, start: str, end: str) -> str:
    return f"{vehicle},{charger},{day(start)},{day(end)}\n"


def trip(vehicle: str, start: str, end: str, energy: float) -> str:
    return f"{vehicle},{day(start)},{day(end)},{energy}\n"


def test_a_vehicle_at_two_places() -> None:
    stays = STAYS + stay("ev1", "c1", "18:00", "19:00") + stay("ev1", "c2", "18:30", "19:00")
    finding = only(findings_of(stays=stays))
    assert place(finding) == ("two-places", "stays.csv", 3, "from_utc", "error")
    assert finding.message == "ev1 is plugged in at another place until 2026-01-15 19:00 UTC (stays.csv, row 2)."


def test_a_long_stay_clashes_with_all_later_ones() -> None:
    stays = (
        STAYS
        + stay("ev2", "c2", "18:00", "20:00")
        + stay("ev2", "c1", "18:30", "18:40")
        + stay("ev2", "c1", "19:00", "19:30")
    )
    findings = findings_of(stays=stays)
    assert [(f.code, f.row) for f in findings] == [("two-places", 3), ("two-places", 4)]
    assert all("row 2" in f.message for f in findings)


def test_one_stay_may_begin_when_the_other_ends() -> None:
    case_of(stays=STAYS + stay("ev1", "c1", "18:00", "18:30") + stay("ev1", "c2", "18:30", "19:00"))


def test_the_order_of_rows_does_not_matter() -> None:
    stays = STAYS + stay("ev1", "c2", "18:30", "19:00") + stay("ev1", "c1", "18:00", "19:00")
    assert place(only(findings_of(stays=stays))) == ("two-places", "stays.csv", 2, "from_utc", "error")


def test_a_stay_during_a_trip() -> None:
    stays = STAYS + stay("ev1", "c1", "19:30", "20:00")
    finding = only(findings_of(stays=stays))
    assert place(finding) == ("stay-during-trip", "stays.csv", 2, "from_utc", "error")


def test_a_trip_during_a_stay() -> None:
    finding = only(findings_of(trips=TRIPS + trip("ev1", "18:30", "19:30", 6)))
    assert place(finding) == ("stay-during-trip", "trips.csv", 2, "depart_utc", "error")


def test_trips_that_overlap() -> None:
    finding = only(findings_of(trips=TRIPS + trip("ev1", "19:00", "19:45", 1) + trip("ev1", "19:30", "20:00", 1)))
    assert place(finding) == ("trips-overlap", "trips.csv", 3, "depart_utc", "error")


def test_more_vehicles_than_plugs() -> None:
    stays = STAYS + stay("ev1", "c1", "18:00", "19:00") + stay("ev2", "c1", "18:30", "20:00")
    finding = only(findings_of(stays=stays))
    assert place(finding) == ("not-enough-plugs", "stays.csv", 3, "charger", "error")
    assert (finding.found, finding.allowed) == ("2 vehicles", "at most 1")


def test_two_plugs_hold_two_vehicles() -> None:
    stays = STAYS + stay("ev1", "c1", "18:00", "19:00") + stay("ev2", "c1", "18:30", "20:00")
    case_of(stays=stays, chargers=CHARGERS + "c1,b2,7,1,1,2\n")


def test_a_plug_is_free_when_its_vehicle_leaves() -> None:
    case_of(stays=STAYS + stay("ev2", "c1", "19:00", "20:00") + stay("ev1", "c1", "18:00", "19:00"))


def test_a_trip_that_uses_more_than_is_on_board() -> None:
    trips = TRIPS + trip("ev2", "18:00", "18:30", 15) + trip("ev2", "19:00", "19:30", 8)
    finding = only(findings_of(stays=None, trips=trips))
    assert place(finding) == ("trip-beyond-energy", "trips.csv", 3, "energy_kwh", "warning")
    assert "ev2 has 5 kWh on board unless it is charged before" in finding.message


def test_trips_count_in_the_order_of_time() -> None:
    trips = TRIPS + trip("ev2", "19:00", "19:30", 8) + trip("ev2", "18:00", "18:30", 15)
    assert only(findings_of(stays=None, trips=trips)).row == 2


def test_a_vehicle_that_starts_below_its_reserve_is_a_warning() -> None:
    vehicles = "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw\nev1,40,30,5,7\nev2,40,4,5,7\n"
    finding = only(findings_of(vehicles=vehicles))
    assert place(finding) == ("start-below-reserve", "vehicles.csv", 3, "start_kwh", "warning")
    assert "reported as shortfall" in finding.remedy


def test_a_battery_that_starts_below_its_reserve_is_an_error() -> None:
    batteries = (
        "battery,bus,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming\n"
        "store,b1,100,10,20,25,25,1,1,1\n"
    )
    finding = only(findings_of(batteries=batteries))
    assert place(finding) == ("start-below-reserve", "batteries.csv", 2, "start_kwh", "error")


def test_kvar_without_kw() -> None:
    finding = only(findings_of(loads="load,bus,tier,kw,kvar\nx,b2,1,0,3\n"))
    assert place(finding) == ("kvar-without-kw", "loads.csv", 2, "kvar", "warning")


@pytest.mark.slow
def test_two_thousand_vehicles_are_checked_in_half_a_second() -> None:
    count, start = 2000, pd.Timestamp(HEADER["start_utc"])
    names, hour = [f"v{k}" for k in range(count)], pd.Timedelta("1h")
    plugs = [f"c{k}" for k in range(count)]
    vehicles = {"vehicle": names, "capacity_kwh": [30 + k / 7 for k in range(count)], "start_kwh": 20, "charge_kw": 7}
    chargers = {"charger": plugs, "bus": "b2", "charge_kw": 7, "charge_eff": 0.9, "discharge_eff": 0.9}
    begins = [start + hour * 0.9 * (k // count) + pd.Timedelta(seconds=k % count) for k in range(2 * count)]
    stays = {
        "vehicle": names * 2,
        "charger": plugs * 2,
        "from_utc": begins,
        "until_utc": [b + hour * 0.8 for b in begins],
    }
    fleet = {"vehicles": pd.DataFrame(vehicles), "chargers": pd.DataFrame(chargers), "stays": pd.DataFrame(stays)}
    draft = Draft.of(HEADER, {**draft_of(trips=None).tables, **fleet})
    began = time.perf_counter()
    case, findings = check(draft, SPECS)
    assert time.perf_counter() - began < 0.5
    assert case is not None and not findings
