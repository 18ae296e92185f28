"""What must hold between the tables of a case: the list of all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from v2g.case import Case
from v2g.check import feeder, fleet, horizon, islands, units
from v2g.errors import Finding

HEADER = "case.toml"


class Rule(NamedTuple):
    """A rule and the tables it believes: it is asked only when those are free of errors."""

    find: Callable[[Case], Iterable[Finding]]
    reads: tuple[str, ...] = ()


_GRAPH = ("buses", "lines", "transformers")
_SOURCES = ("grid", "generators", "batteries")

RULES: tuple[Rule, ...] = (
    Rule(units.large_numbers),
    Rule(units.small_numbers),
    Rule(horizon.windows_have_length),
    Rule(horizon.windows_meet_horizon, (HEADER,)),
    Rule(horizon.grid_comes_back, (HEADER, "grid")),
    Rule(horizon.profile_rows, (HEADER, "profiles")),
    Rule(feeder.phases_exist, ("buses",)),
    Rule(feeder.delta_needs_two),
    Rule(feeder.capacitors_between_two, ("capacitors",)),
    Rule(feeder.voltages_agree, ("buses",)),
    Rule(feeder.own_ends),
    Rule(feeder.one_name_each, ("lines", "transformers")),
    Rule(feeder.loops, ("lines", "transformers")),
    Rule(islands.some_source, _SOURCES),
    Rule(islands.dark_islands, (*_GRAPH, *_SOURCES, "loads")),
    Rule(islands.source_voltages, (HEADER, "buses", *_SOURCES)),
    Rule(fleet.one_place_at_a_time, ("stays", "trips")),
    Rule(fleet.enough_plugs, ("stays", "chargers")),
    Rule(fleet.enough_on_board, ("trips", "vehicles")),
    Rule(fleet.vehicles_above_reserve, ("vehicles",)),
    Rule(fleet.batteries_above_reserve, ("batteries",)),
    Rule(fleet.reactive_needs_active),
)
