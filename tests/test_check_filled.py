"""Defaults that come from another table: what is complete after checking, and what is said on the way."""

from __future__ import annotations

import pandas as pd
from helpers_specs import HEADER, SPECS, case_of, findings_of, only, place

from v2g.case import Case
from v2g.check import check
from v2g.formats.draft import Draft

SITES = "site,bus\n"
LOADS = "load,site,bus,phases,tier,kw\n"
CHARGERS = "charger,site,bus,phases,charge_kw,discharge_kw,charge_eff,discharge_eff,plugs\n"
VEHICLES = "vehicle,capacity_kwh,start_kwh,start_soc,charge_kw,site,charger\n"
EVENTS = "at_utc,event,element\n"
GRID = "grid,bus,from_utc,until_utc\n"


def day(clock: str) -> str:
    return f"2026-01-15T{clock}:00+00:00"


def windows(case: Case) -> list[tuple[str, str, str]]:
    """(grid, from, until) as clock times."""
    grid = case.table("grid")
    columns = (["" if pd.isna(t) else f"{t:%H:%M}" for t in grid[name]] for name in ("from_utc", "until_utc"))
    return list(zip(grid["grid"], *columns, strict=True))


def stands(case: Case, vehicle: str) -> list[tuple[str, str, str, str]]:
    """(charger, site, from, until) of a vehicle's stays."""
    stays = case.table("stays")
    own = stays[stays["vehicle"] == vehicle]
    columns = ([f"{t:%H:%M}" for t in own[name]] for name in ("from_utc", "until_utc"))
    return list(zip(own["charger"], own["site"], *columns, strict=True))


def test_a_site_off_the_feeder_gets_a_bus_of_its_own() -> None:
    case = case_of(sites=SITES + "school,\nhall,b2\n", loads=LOADS + "lights,school,,,0,2\nstove,hall,,,0,1\n")
    assert case.table("sites")["bus"].to_list() == ["school", "b2"]
    own = case.table("buses").iloc[-1]
    assert (own["bus"], own["phases"], own["kv_ln_kv"]) == ("school", "abc", 0.23)
    assert case.table("loads")["bus"].to_list() == ["school", "b2"]


def test_a_case_may_have_sites_only() -> None:
    case = case_of(
        **dict.fromkeys(("buses", "lines", "batteries", "stays", "trips", "chargers"), None),
        sites=SITES + "school,\n",
        loads="load,site,tier,kw,by_v2l\nlights,school,1,1,1\n",
        vehicles="vehicle,capacity_kwh,start_kwh,charge_kw,socket_kw,site\nev,40,30,7,1.5,school\n",
    )
    assert case.table("buses")["bus"].to_list() == ["school"]


def test_a_site_with_the_name_of_a_bus() -> None:
    finding = only(findings_of(sites=SITES + "hall,b1\nb2,\n"))
    assert place(finding) == ("site-name-is-bus", "sites.csv", 3, "site", "error")
    case_of(sites=SITES + "b2,b2\n")


def test_phases_of_what_belongs_to_a_site_are_those_of_its_bus() -> None:
    buses, lines = "bus,phases,kv_ln_kv\nb1,abc,2.4\nb2,b,2.4\n", "line,from_bus,to_bus,phases\nl1,b1,b2,b\n"
    chargers = CHARGERS + "c1,hall,,,7,7,1,1,1\nc2,hall,,b,7,7,1,1,1\n"
    case = case_of(
        buses=buses, lines=lines, sites=SITES + "hall,b2\n", loads=LOADS + "x,hall,,,0,1\n", chargers=chargers
    )
    assert case.table("loads")["phases"].to_list() == ["b"]
    assert case.table("chargers")[["bus", "phases"]].to_numpy().tolist() == [["b2", "b"], ["b2", "b"]]


def test_phases_that_are_written_stay_as_they_are() -> None:
    case = case_of(sites=SITES + "hall,b2\n", loads=LOADS + "x,hall,,c,0,1\n")
    assert case.table("loads")["phases"].to_list() == ["c"]


def test_neither_bus_nor_site() -> None:
    finding = only(findings_of(sites=SITES + "hall,b2\n", loads=LOADS + "x,hall,,,0,1\ny,,,,0,1\n"))
    assert place(finding) == ("blank", "loads.csv", 3, "bus", "error")


def test_neither_column_for_a_place() -> None:
    finding = only(findings_of(loads="load,tier,kw\nx,0,1\ny,0,1\n"))
    assert place(finding) == ("missing-column", "loads.csv", 1, "bus", "error")


def test_another_bus_than_that_of_the_site() -> None:
    finding = only(findings_of(sites=SITES + "hall,b2\n", loads=LOADS + "x,hall,b1,,0,1\ny,hall,b2,,0,1\n"))
    assert place(finding) == ("bus-not-of-site", "loads.csv", 2, "bus", "warning")
    assert (finding.found, finding.allowed) == ("b1", "b2")


def test_a_fault_of_a_bus_that_was_added_is_told_at_its_site() -> None:
    loads = LOADS + "clinic,school,,,1,2\n"
    finding = only(findings_of(sites=SITES + "school,\n", loads=loads))
    assert place(finding) == ("dark-island", "sites.csv", 2, "bus", "warning")
    assert finding.message.startswith("Site school is off the feeder") and "clinic (tier 1)" in finding.message


def test_start_from_the_state_of_charge() -> None:
    vehicles = "vehicle,capacity_kwh,start_kwh,start_soc,charge_kw\nev1,40,,0.75,7\nev2,40,20,,7\n"
    assert case_of(vehicles=vehicles).table("vehicles")["start_kwh"].to_list() == [30.0, 20.0]


def test_no_start_at_all() -> None:
    vehicles = "vehicle,capacity_kwh,start_kwh,start_soc,charge_kw\nev1,40,,,7\nev2,40,20,,7\n"
    finding = only(findings_of(vehicles=vehicles, trips=None))
    assert place(finding) == ("blank", "vehicles.csv", 2, "start_kwh", "error")
    finding = only(findings_of(vehicles="vehicle,capacity_kwh,charge_kw\nev1,40,7\nev2,40,7\n", trips=None))
    assert place(finding) == ("missing-column", "vehicles.csv", 1, "start_kwh", "error")


def test_two_starts_that_differ() -> None:
    vehicles = "vehicle,capacity_kwh,start_kwh,start_soc,charge_kw\nev1,40,30,0.75,7\nev2,40,20,0.6,7\n"
    finding = only(findings_of(vehicles=vehicles))
    assert place(finding) == ("two-starts", "vehicles.csv", 3, "start_soc", "warning")


def test_stays_of_a_vehicle_that_says_where_it_stands() -> None:
    """Around a trip from 19:00 to 20:00, the end of the case, and one from 18:30 to 19:15."""
    vehicles = VEHICLES + "ev1,40,30,,7,,c1\nev2,40,20,,7,hall,\n"
    trips = (
        "vehicle,depart_utc,return_utc,energy_kwh\n"
        f"ev1,{day('19:00')},{day('20:00')},6\nev2,{day('18:30')},{day('19:15')},1\n"
    )
    case = case_of(stays=None, trips=trips, vehicles=vehicles, sites=SITES + "hall,b2\n")
    assert stands(case, "ev1") == [("c1", "", "18:00", "19:00")]
    assert stands(case, "ev2") == [("", "hall", "18:00", "18:30"), ("", "hall", "19:15", "20:00")]


def test_stays_that_are_written_count() -> None:
    vehicles = VEHICLES + "ev1,40,30,,7,,c2\nev2,40,20,,7,,\n"
    case = case_of(vehicles=vehicles)
    assert stands(case, "ev1") == [("c1", "", "18:00", "19:00")]


def test_a_vehicle_at_a_charger_and_a_site() -> None:
    vehicles = VEHICLES + "ev1,40,30,,7,hall,c1\nev2,40,20,,7,,\n"
    finding = only(findings_of(stays=None, vehicles=vehicles, sites=SITES + "hall,b2\n"))
    assert place(finding) == ("charger-and-site", "vehicles.csv", 2, "charger", "error")


def test_a_fault_of_a_stay_that_was_added_is_told_at_its_vehicle() -> None:
    vehicles = VEHICLES + "ev1,40,30,,7,,c1\nev2,40,20,,7,,c1\n"
    finding = only(findings_of(stays=None, trips=None, vehicles=vehicles))
    assert place(finding) == ("not-enough-plugs", "vehicles.csv", 3, "charger", "error")


def test_a_bus_that_is_energised_gets_a_connection() -> None:
    case = case_of(events=EVENTS + f"{day('19:00')},energised,b2\n{day('19:30')},dead,b2\n")
    assert windows(case) == [("b2 energised", "19:00", "19:30")]
    assert case.table("grid")["phases"].to_list() == ["abc"]


def test_a_connection_that_comes_and_goes_has_a_row_for_each_time() -> None:
    events = EVENTS + f"{day('18:30')},dead,g\n{day('19:00')},energised,g\n"
    case = case_of(grid=GRID + "g,b1,,\n", events=events)
    assert windows(case) == [("g", "", "18:30"), ("g (2)", "19:00", "")]


def test_a_connection_is_absent_before_it_is_energised() -> None:
    case = case_of(grid=GRID + "g,b1,,\n", events=EVENTS + f"{day('19:00')},energised,g\n")
    assert windows(case) == [("g", "19:00", "")]
    assert case.share_of_interval(case.table("grid")["from_utc"], case.table("grid")["until_utc"]).tolist() == [
        [0.0, 0.0, 1.0, 1.0]
    ]


def test_a_connection_that_never_comes_is_never_there() -> None:
    findings = findings_of(grid=GRID + "g,b1,,\n", events=EVENTS + f"{day('21:00')},energised,g\n")
    finding = only(findings)
    assert place(finding) == ("outside-horizon", "events.csv", 2, "at_utc", "warning")


def test_events_overrule_the_window_of_a_connection() -> None:
    findings = findings_of(grid=GRID + f"g,b1,{day('18:30')},\n", events=EVENTS + f"{day('19:00')},energised,g\n")
    finding = only(findings)
    assert place(finding) == ("window-overruled", "grid.csv", 2, "from_utc", "warning")


def test_a_complete_case_is_complete() -> None:
    """What checking filled in can be written and checked again, and stays the same."""
    events = EVENTS + f"{day('18:30')},energised,b2\n{day('19:00')},dead,b2\n{day('19:30')},energised,b2\n"
    vehicles = VEHICLES + "ev1,40,30,,7,school,\nev2,40,,0.5,7,,c1\n"
    given = {"events": events, "vehicles": vehicles, "sites": SITES + "school,\n", "stays": None}
    case = case_of(**given, loads=LOADS + "x,school,,,0,1\n")
    draft = Draft.of(HEADER, {name: table for name, table in case.tables.items() if len(table)})
    again, findings = check(draft, SPECS)
    assert again is not None and not findings
    for name, table in case.tables.items():
        assert table.equals(again.tables[name]), name
