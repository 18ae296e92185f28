"""Every figure that is assumed where a feeder is populated, and why; the README of a case lists them."""

from __future__ import annotations

from typing import NamedTuple

SKY = 0.6
RESERVE_KM = (30.0, 50.0, 80.0)
RESERVE_MOST = 0.5
WORKERS = 0.6
WORK_PLUGS = 0.25
WORK_PLACE_CARS = 8
DEPOT_VEHICLES = 25
LATE_H = 6.0
MOST_AWAY_H = 10.0
SPARE_END_H = 0.25
SITES_PER_MW = 5.7
LEAST_SITES = 3
SIZE_FROM, SIZE_TO = 0.7, 1.3
THREE_PHASE_KW = 15.0
PLUG_ENERGY = 0.5
BATTERY_H = 3.0
BATTERY_START, BATTERY_RESERVE = 0.9, 0.1
BATTERY_EFF = 0.95
DIESEL_SHARE = 0.3
DIESEL_H, DIESEL_ALONE_H = 12.0, 24.0
LITRES_PER_KWH = 0.28
APPARENT = 1.25
LEAST_FORMER_KW = 5.0
DARK_SHARE = 0.05
ROOFS = 0.25
RESIDUAL_SHAPE = "apartment"
BAND = (0.9, 1.1)


class Assumption(NamedTuple):
    """A figure, what it is, and where it is from."""

    figure: str
    what: str
    source: str


def assumptions() -> tuple[Assumption, ...]:
    """All of them, as text."""
    own = "assumed"
    return (
        Assumption(f"{SKY:g}", "clouds: share of the clear-sky output of panels", own),
        Assumption("30, 50 or 80 km", "a driver's reserve, drawn; at most half of the battery, and what a two-way "
                   "charger leaves of it", own),
        Assumption(f"{WORKERS:g}", "share of cars whose drivers work; the others' trips are those of people at leisure",
                   own),
        Assumption(f"{WORK_PLUGS:g}", f"share of workers with a plug at work; {WORK_PLACE_CARS} to a workplace", own),
        Assumption(f"{DEPOT_VEHICLES}", "vehicles of a depot, at most", own),
        Assumption(f"{LATE_H:g} h", "a car that usually plugs in within so long after the start is not there yet", own),
        Assumption(f"{MOST_AWAY_H:g} h", "longest stay on an outing; longer sessions, such as those at public posts of "
                   "people who live there, are left out", own),
        Assumption("0 to 1", "part of its usual session that a car has had when supply is lost, drawn evenly", own),
        Assumption(f"{SITES_PER_MW:g} for 1 MW", "critical sites under --critical auto, by kind as in site_kinds.csv",
                   own),
        Assumption(f"{SIZE_FROM:g} to {SIZE_TO:g}", "size of a site over that of its kind, before all are scaled", own),
        Assumption(f"{THREE_PHASE_KW:g} kW", "sites from there on are on three phases, smaller ones on one", own),
        Assumption(f"{PLUG_ENERGY:g}", "appliances on plugs: energy needed in a day over what they would draw", own),
        Assumption(f"{BATTERY_H:g} h", f"battery at full power; {BATTERY_START:.0%} full, {BATTERY_RESERVE:.0%} kept",
                   own),
        Assumption(f"{BATTERY_EFF:g}", "efficiency of the battery, each way", own),
        Assumption(f"{DIESEL_SHARE:g}", "diesel at the largest site, over the critical kW of its island", own),
        Assumption(f"{DIESEL_H:g} h, {DIESEL_ALONE_H:g} h", "fuel at full power; the second where diesels form islands",
                   own),
        Assumption(f"{LITRES_PER_KWH:g} L/kWh", "fuel", "general knowledge, to be checked"),
        Assumption(f"{APPARENT:g}", "kVA over kW of battery and diesel; more where lines charge more", own),
        Assumption(f"{ROOFS:g}", "share of load points with panels", own),
        Assumption("1", "outing a day at most, of as many trips as drawn; it lasts as long as cars stay plugged in "
                   "at work or at public posts", "own reading of the origins"),
    )  # fmt: skip
