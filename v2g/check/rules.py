"""What must hold between the tables of a case: the list of all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from v2g.case import Case
from v2g.check import banks, events, feeder, fleet, horizon, islands, needs, services, sites, units
from v2g.errors import Finding

HEADER = "case.toml"


class Rule(NamedTuple):
    """A rule and the tables it believes: it is asked only when those are free of errors."""

    find: Callable[[Case], Iterable[Finding]]
    reads: tuple[str, ...] = ()


_GRAPH = ("buses", "lines", "transformers")
_SOURCES = ("grid", "generators", "batteries", "chargers")
_FLEET = ("vehicles", "chargers", "stays", "trips")
_REACH = ("vehicles", "chargers", "stays", "sites", "loads")

RULES: tuple[Rule, ...] = (
    Rule(units.large_numbers),
    Rule(units.small_numbers),
    Rule(units.consumption),
    Rule(horizon.windows_have_length),
    Rule(horizon.windows_meet_horizon, (HEADER,)),
    Rule(horizon.grid_comes_back, (HEADER, "grid")),
    Rule(horizon.profile_rows, (HEADER, "profiles")),
    Rule(feeder.phases_exist, ("buses",)),
    Rule(feeder.delta_needs_two),
    Rule(feeder.capacitors_between_two, ("capacitors",)),
    Rule(feeder.voltages_agree, ("buses",)),
    Rule(feeder.taps_have_room),
    Rule(feeder.own_ends),
    Rule(feeder.one_name_each, ("lines", "transformers")),
    Rule(feeder.loops, (HEADER, "lines", "transformers", "events")),
    Rule(islands.forming_gives, ("batteries",)),
    Rule(islands.some_source, (*_SOURCES, *_REACH)),
    Rule(islands.dark_islands, (HEADER, *_GRAPH, *_SOURCES, *_REACH, "events")),
    Rule(banks.banks_are_borne, (HEADER, *_GRAPH, *_SOURCES, "capacitors", "loads", "solar", "profiles", "events")),
    Rule(islands.source_voltages, (HEADER, "buses", *_SOURCES)),
    Rule(fleet.one_place_at_a_time, ("stays", "trips")),
    Rule(fleet.enough_plugs, ("stays", "chargers")),
    Rule(fleet.enough_on_board, ("trips", "vehicles")),
    Rule(fleet.vehicles_above_reserve, ("vehicles",)),
    Rule(fleet.batteries_above_reserve, ("batteries",)),
    Rule(fleet.reactive_needs_active),
    Rule(sites.stays_name_one_place, ("stays",)),
    Rule(sites.connectors_fit, ("stays", "vehicles", "chargers")),
    Rule(sites.premises_of_a_site, ("chargers", "loads")),
    Rule(sites.forming_chargers, ("chargers",)),
    Rule(sites.places_of_a_site, ("sites", "loads", "chargers")),
    Rule(sites.appliances, (*_REACH, *_GRAPH, *_SOURCES)),
    Rule(needs.km_need_consumption, ("vehicles", "needs")),
    Rule(needs.needs_fit_batteries, (HEADER, "vehicles", "needs", "stays", "trips")),
    Rule(needs.needs_can_be_met, (HEADER, *_FLEET, "needs")),
    Rule(needs.fleet_minimum, (HEADER, *_FLEET, "fleet_minimum")),
    Rule(services.services_are_whole, ("loads",)),
    Rule(services.services_are_used, ("loads",)),
    Rule(services.runs_fit, (HEADER, "loads")),
    Rule(services.needs_can_be_had, (HEADER, "loads", "profiles")),
    Rule(services.days_are_guaranteed, (HEADER, "loads")),
    Rule(services.habits_mean_something, ("loads",)),
    Rule(events.known_elements, ("events", "lines", "transformers", "grid", "buses", "tanks", "generators")),
    Rule(events.events_change_something, ("events", "lines", "transformers", "grid")),
    Rule(events.fuel_arrives, ("events", "tanks", "generators")),
    Rule(events.events_meet_horizon, (HEADER, "events")),
    Rule(events.tanks_are_used, ("events", "tanks", "generators")),
    Rule(events.probabilities_add_up, ("durations",)),
    Rule(events.guarantee_meets_horizon, (HEADER,)),
)
