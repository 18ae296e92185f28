"""Places with people: who can stand where, what feeds premises, what can be plugged into a car."""

from __future__ import annotations

import pytest
from helpers_specs import case_of, findings_of, only, place

SITES = "site,bus\nhall,b2\nschool,\n"
CHARGERS = "charger,site,bus,feeds,forming,island_capable,discharge_kw,connector,charge_kw,charge_eff,discharge_eff\n"
V2H = CHARGERS + "home,school,,premises,0,1,6,chademo,6,0.9,0.9\n"
VEHICLES = "vehicle,capacity_kwh,start_kwh,charge_kw,v2h_kw,sockets,socket_kw,connectors,site,charger\n"
LOADS = "load,site,tier,kw,by_v2h,by_v2l,appliance_kw\n"
STAYS = "vehicle,charger,site,from_utc,until_utc\n"
WINDOW = "2026-01-15T18:00:00+00:00,2026-01-15T20:00:00+00:00"
ALONE: dict[str, str | None] = dict.fromkeys(("buses", "lines", "batteries", "stays", "trips"), None)
SCHOOL = "site,bus\nschool,\n"


def fleet(*rows: str) -> dict[str, str | None]:
    """Vehicles that say where they stand, in place of those of the evening."""
    return {"vehicles": VEHICLES + "".join(f"{row}\n" for row in rows), "stays": None, "trips": None}


def test_a_stay_at_no_place() -> None:
    finding = only(findings_of(sites=SITES, stays=STAYS + f"ev1,,,{WINDOW}\nev2,,hall,{WINDOW}\n", trips=None))
    assert place(finding) == ("no-place", "stays.csv", 2, "charger", "error")


def test_a_stay_at_two_places() -> None:
    finding = only(findings_of(sites=SITES, stays=STAYS + f"ev1,c1,,{WINDOW}\nev2,c2,hall,{WINDOW}\n", trips=None))
    assert place(finding) == ("charger-and-site", "stays.csv", 3, "site", "error")


def test_many_vehicles_may_park_at_a_site() -> None:
    case_of(sites=SITES, stays=STAYS + f"ev1,,hall,{WINDOW}\nev2,,hall,{WINDOW}\n", trips=None)


@pytest.mark.parametrize(("connectors", "fits"), [("type2|CCS2", False), ("type1|Chademo", True), ("", True)])
def test_connectors(connectors: str, fits: bool) -> None:
    loads = LOADS + "lights,school,1,1,1,0,\n"
    findings = findings_of(sites=SITES, chargers=V2H, loads=loads, **fleet(f"ev,40,30,7,6,1,0,{connectors},,home"))
    if fits:
        assert not findings
    else:
        assert place(only(findings)) == ("connector-does-not-fit", "vehicles.csv", 2, "charger", "error")


def test_a_connector_that_does_not_fit_at_a_stay() -> None:
    loads, vehicles = LOADS + "lights,school,0,1,1,0,\n", VEHICLES + "ev,40,30,7,6,1,0,type2,,\n"
    stays = STAYS + f"ev,home,,{WINDOW}\n"
    finding = only(findings_of(sites=SITES, chargers=V2H, loads=loads, vehicles=vehicles, stays=stays, trips=None))
    assert place(finding) == ("connector-does-not-fit", "stays.csv", 2, "charger", "error")
    assert (finding.found, finding.allowed) == ("type2", "chademo")


def test_premises_need_a_site() -> None:
    chargers = CHARGERS + "home,,b2,premises,0,1,6,,6,0.9,0.9\npole,,b2,feeder,0,1,6,,6,0.9,0.9\n"
    finding = only(findings_of(chargers=chargers, stays=None, trips=None))
    assert place(finding) == ("premises-without-site", "chargers.csv", 2, "site", "error")


def test_premises_need_loads_behind_the_switch() -> None:
    loads = LOADS + "lights,school,0,1,0,0,\nshops,hall,0,1,1,0,\n"
    finding = only(findings_of(sites=SITES, chargers=V2H, loads=loads, stays=None, trips=None))
    assert place(finding) == ("premises-without-loads", "chargers.csv", 2, "feeds", "warning")


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("c,hall,,premises,1,1,6", True), ("c,hall,,feeder,1,1,0", True), ("c,hall,,feeder,1,1,6", False),
        ("c,hall,,premises,0,1,6", False),
    ],
)  # fmt: skip
def test_chargers_that_form_an_island(row: str, fault: bool) -> None:
    loads = LOADS + "shops,hall,0,1,1,0,\n"
    findings = findings_of(
        sites="site,bus\nhall,b2\n", loads=loads, chargers=CHARGERS + f"{row},,6,0.9,0.9\n", stays=None, trips=None
    )
    assert [place(f) for f in findings] == [("forming-charger", "chargers.csv", 2, "forming", "error")] * fault


def test_a_station_is_a_source_that_can_form_a_grid() -> None:
    chargers = CHARGERS + "c,hall,,feeder,1,1,6,,6,0.9,0.9\n"
    case_of(sites="site,bus\nhall,b2\n", chargers=chargers, batteries=None, stays=None, trips=None)


def test_a_station_that_gives_nothing_is_none() -> None:
    chargers = CHARGERS + "c,hall,,feeder,1,1,0,,6,0.9,0.9\n"
    sites = "site,bus\nhall,b2\n"
    findings = findings_of(sites=sites, chargers=chargers, batteries=None, stays=None, trips=None)
    assert [f.code for f in findings] == ["no-forming-source", "forming-charger"]


def test_a_station_outside_the_voltage_band() -> None:
    chargers = "charger,bus,forming,voltage_pu,discharge_kw,charge_kw,charge_eff,discharge_eff\nc,b2,1,1.2,6,6,1,1\n"
    finding = only(findings_of(chargers=chargers, stays=None, trips=None))
    assert place(finding) == ("voltage-outside-band", "chargers.csv", 2, "voltage_pu", "error")


def test_sites_that_cars_feed_need_no_source() -> None:
    """By V2H the lights, by V2L the kettle: nothing else is there."""
    loads = LOADS + "lights,school,1,1,1,0,\nkettle,school,2,1,0,1,1\n"
    chargers = {"sites": SCHOOL, "chargers": V2H, "loads": loads}
    case_of(**ALONE | chargers | {"vehicles": VEHICLES + "ev,40,30,7,6,1,1.5,,,home\n"})


@pytest.mark.parametrize(
    ("charger", "vehicle"),
    [
        ("home,school,,premises,0,1,6,,6,0.9,0.9", "ev,40,30,7,0,0,0,,,home"),  # the car gives nothing to premises
        ("home,school,,premises,0,0,6,,6,0.9,0.9", "ev,40,30,7,6,0,0,,,home"),  # the charger needs the feeder
        ("home,school,,premises,0,1,0,,6,0.9,0.9", "ev,40,30,7,6,0,0,,,home"),  # the charger gives nothing
        ("home,school,,premises,0,1,6,,6,0.9,0.9", "ev,40,30,7,6,0,0,,school,"),  # the car is not plugged in
    ],
)
def test_without_any_way_nothing_can_be_supplied(charger: str, vehicle: str) -> None:
    tables = {"sites": SCHOOL, "chargers": CHARGERS + charger + "\n", "vehicles": VEHICLES + vehicle + "\n"}
    finding = only(findings_of(**ALONE | tables | {"loads": LOADS + "lights,school,1,1,1,0,\n"}))
    assert finding.code == "no-forming-source"


def test_what_vehicles_cannot_feed_in_the_dark_is_told() -> None:
    loads = LOADS + "lights,school,1,1,1,0,\npump,school,1,2,0,0,\n"
    finding = only(findings_of(sites=SITES, chargers=V2H, loads=loads, **fleet("ev,40,30,7,6,1,0,,,home")))
    assert place(finding) == ("dark-island", "sites.csv", 3, "bus", "warning")
    assert "Vehicles can feed lights (tier 1), but not pump (tier 1)." in finding.message


def test_appliances_need_a_site() -> None:
    loads = "load,bus,tier,kw,by_v2l\nkettle,b2,0,1,1\n"
    finding = only(findings_of(loads=loads))
    assert place(finding) == ("v2l-without-site", "loads.csv", 2, "site", "error")


def test_appliances_need_a_car_with_a_socket() -> None:
    loads = LOADS + "kettle,hall,0,1,1,1,1\n"
    finding = only(
        findings_of(sites=SITES, loads=loads, **fleet("ev,40,30,7,6,1,0,,hall,", "e2,40,30,7,6,1,3,,school,"))
    )
    assert place(finding) == ("no-car-with-socket", "loads.csv", 2, "by_v2l", "warning")


def test_a_site_without_a_socket_is_one_finding() -> None:
    loads = LOADS + "kettle,hall,0,1,1,1,1\nstove,hall,0,2,1,1,1\n"
    finding = only(findings_of(sites=SITES, loads=loads, **fleet("ev,40,30,7,6,1,0,,hall,")))
    assert place(finding) == ("no-car-with-socket", "loads.csv", 2, "by_v2l", "warning")
    assert finding.message.startswith("kettle, stove can be plugged")


def test_a_site_off_the_feeder_without_a_socket_is_one_finding() -> None:
    """A car with a socket stands at the hall, none at the school: that its loads are in the dark says it all."""
    loads = LOADS + "kettle,hall,0,1,1,1,1\npump,school,1,1,1,1,1\nlamp,school,2,1,1,1,1\n"
    finding = only(
        findings_of(sites=SITES, loads=loads, **fleet("ev,40,30,7,6,1,3,,hall,", "e2,40,30,7,6,1,0,,school,"))
    )
    assert place(finding) == ("dark-island", "sites.csv", 3, "bus", "warning")
    assert "pump (tier 1), lamp (tier 2)" in finding.message and "socket_kw" in finding.remedy


def test_a_case_of_places_without_any_socket_is_one_finding() -> None:
    tables = {"sites": SCHOOL, "loads": LOADS + "lights,school,1,1,1,1,\n", "chargers": None}
    finding = only(findings_of(**ALONE | tables | {"vehicles": VEHICLES + "ev,40,30,7,6,1,0,,school,\n"}))
    assert place(finding) == ("no-forming-source", "sites.csv", None, None, "warning")
    assert "V2H or V2L" in finding.message and "socket_kw" in finding.remedy


def test_appliances_need_a_socket_that_is_large_enough() -> None:
    loads = LOADS + "kettle,hall,0,2,1,1,1.8\nlamp,hall,0,2,1,1,1.5\nany,hall,0,2,1,1,\n"
    cars = fleet("ev,40,30,7,6,2,1.5,,hall,", "e2,40,30,7,6,1,3,,school,")
    finding = only(findings_of(sites=SITES, loads=loads, **cars))
    assert place(finding) == ("appliance-too-large", "loads.csv", 2, "appliance_kw", "warning")
    assert (finding.found, finding.allowed) == ("1.8", "at most 1.5 kW")


def test_an_appliance_that_is_never_plugged_in() -> None:
    finding = only(findings_of(sites=SITES, loads=LOADS + "kettle,hall,0,2,1,0,1.8\n"))
    assert place(finding) == ("column-not-used", "loads.csv", 2, "appliance_kw", "warning")


def test_an_appliance_larger_than_its_load() -> None:
    loads = LOADS + "kettle,hall,0,1,1,1,1.5\nlamp,hall,0,1,1,1,1\n"
    finding = only(findings_of(sites=SITES, loads=loads, **fleet("ev,40,30,7,6,2,1.5,,hall,")))
    assert place(finding) == ("appliance-above-load", "loads.csv", 2, "appliance_kw", "warning")


def test_a_site_that_is_not_there() -> None:
    finding = only(findings_of(sites=SITES, loads=LOADS + "kettle,hal,0,1,1,0,\n"))
    assert place(finding) == ("unknown-reference", "loads.csv", 2, "site", "error")
    assert finding.remedy == "Did you mean 'hall'?"
