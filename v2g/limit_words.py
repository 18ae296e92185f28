"""Words for limits, for people who have a town to plan for and no programs to read.

What a part from outside declares, and what is not named here, is told in the words of the model.
"""

from __future__ import annotations

LAWS = {
    "balance": "what flows into a place flows out of it",
    "balance_kvar": "reactive power that flows into a place flows out of it",
    "energy_balance": "what is stored is what was there before, and what came in, less what went out",
    "level_balance": "what is in the tank is what was there before, and what was delivered, less what was burnt",
    "net": "output is what is discharged less what is charged",
    "balanced": "what follows the grid feeds its phases alike",
    "no_circulation": "no power goes round between the phases of a transformer fed at its far side",
    "no_circulation_kvar": "no reactive power goes round between the phases of such a transformer",
    "one_tap": "the phases of a transformer with one tap are raised or lowered together",
    "no_export": "what cars give behind the switch is what the circuits there take",
}
"""Rules that nobody can change, said once for all places."""
NO_LESS_THAN_NOTHING = "nothing runs backwards"
"""Lower bounds of zero, said once likewise."""
STORES = ("energy", "level")
"""Quantities whose lower bound says something even where it is zero."""

RULES = {
    ("legs", "reference"): "The source that forms the island holds its voltage (voltage_pu)",
    ("legs", "drop"): "Voltage changes along it by its impedance, its tap and what flows",
    ("legs", "highest_tap"): "Its tap goes no higher than its range (tap_max)",
    ("legs", "lowest_tap"): "Its tap goes no lower than its range (tap_min)",
    ("legs", "thermal"): "It carries no more than its rating (rating_kva)",
    ("capacitors", "susceptance"): "The bank gives reactive power whether it is wanted or not (kvar)",
    ("capacitors", "charged"): "The bank gives no more reactive power than the voltage makes it",
    ("capacitors", "while_alive"): "The bank gives nothing while no engine runs",
    ("capacitors", "while_all_run"): "The bank gives reactive power while the engines run, wanted or not (kvar)",
    ("batteries", "energy_start"): "It starts with what is stored in it (start_kwh)",
    ("vehicles", "energy_start"): "It starts with what is on board (start_kwh)",
    ("generators", "level_start"): "The tank starts with what is in it (fuel_l)",
    ("generators", "fuel_limit"): "It burns no more than its tank holds (fuel_l)",
    ("generators", "running"): "It gives power only while its engine runs",
    ("generators", "running_kvar_up"): "It gives reactive power only while its engine runs",
    ("generators", "running_kvar_down"): "It takes in reactive power only while its engine runs",
    ("generators", "lit_by_each"): "The island is alive for no less time than any of its engines runs",
    ("generators", "lit_by_all"): "The island is alive for no more time than its engines run in turns",
    ("loads", "while_alive"): "The feeder brings nothing while its island rests",
    ("loads", "stays_on"): "Once it is on it is not turned down again (hold = hard)",
    ("loads", "within_demand"): "It gets no more than it asks for (kw)",
    ("loads", "continuous"): "It counts as served only if it gets all it asks for all the time",
    ("loads", "surge_first"): "Right after it is switched on it draws more than it asks for (pickup_factor)",
    ("sites", "most_taken"): "The site takes in no more than its connection carries (import_kw)",
    ("sites", "most_given"): "The site gives no more than it may export (export_kw)",
    ("premises", "transfer_switch"): "The transfer switch carries no more than it is made for (transfer_kw)",
    ("sockets", "socket_limit"): "The sockets of the car give no more than they can (sockets, socket_kw, v2l_kw)",
    ("sockets", "room_limit"): "The site takes no more from cars than it has cords for (sockets_kw)",
}
"""By table and rule."""
RULE_OF_ANY = {"capability": "Active and reactive power together keep within its rating"}
"""The same rule of several tables."""

BOUNDS = {
    ("batteries", "energy", "least"): "It keeps at least {value} kWh (reserve_kwh)",
    ("batteries", "energy", "most"): "It holds at most {value} kWh (capacity_kwh)",
    (
        "vehicles",
        "energy",
        "least",
    ): "It keeps at least {value} kWh: what its driver needs, or what it would have anyway",
    ("vehicles", "energy", "most"): "It holds at most {value} kWh (capacity_kwh)",
    ("loads", "served", "most"): "It takes at most {value} kW (kw)",
    ("loads", "kept", "least"): "It has to be served throughout",
    ("generators", "level", "least"): "The tank holds at least {value} L",
    ("generators", "run", "most"): "Its engine runs for at most {value} of the interval (from_utc, until_utc)",
    ("legs", "flow", "least"): "It carries at most {size} kW back (rating_kva)",
    ("legs", "flow", "most"): "It carries at most {value} kW (rating_kva)",
}
"""By table, quantity and side; ``size`` is the value without its sign."""
EMPTY = "No more comes out of it than is in it"
"""Lower bounds of zero of what is stored."""
BOUND_OF_ANY = {
    ("output_kvar", "least"): "It takes in at most {size} kvar of reactive power on a phase",
    ("output_kvar", "most"): "It gives at most {value} kvar of reactive power on a phase",
    ("output", "least"): "It takes in at most {size} kW on a phase",
    ("output", "most"): "It gives at most {value} kW on a phase",
    ("charge", "most"): "It charges with at most {value} kW",
    ("discharge", "most"): "It gives at most {value} kW",
    ("give", "most"): "It gives at most {value} kW",
    ("take", "most"): "It takes at most {value} kW",
}
"""The same quantity of several tables."""

REMEDIES = {
    ("legs", "voltage"): "Widen vmin_pu or vmax_pu if the equipment stands it.",
    ("legs", "reference"): "Change voltage_pu of the source that forms the island.",
    ("legs", "drop"): "Look at impedances and taps.",
    ("legs", "highest_tap"): "Look at tap_max.",
    ("legs", "lowest_tap"): "Look at tap_min.",
    ("legs", "thermal"): "Look at rating_kva.",
    ("legs", "flow"): "Look at rating_kva.",
    ("capacitors", "susceptance"): "Switch the bank off (closed = 0), or serve more there.",
    ("capacitors", "while_all_run"): "Switch the bank off (closed = 0), or serve more there.",
    ("batteries", "energy"): "Look at reserve_kwh and start_kwh.",
    ("batteries", "energy_start"): "Look at reserve_kwh and start_kwh.",
    ("generators", "fuel_limit"): "Have fuel delivered (events), or look at fuel_l.",
    ("generators", "level_start"): "Look at fuel_l.",
    ("loads", "kept"): "Do not insist on this load.",
    ("loads", "stays_on"): "Soften hold = hard to priced.",
}
REMEDY_OF_ANY = {
    "capability": "Look at rating_kva.",
    "output_kvar": "Look at rating_kva; a larger source takes in or gives more.",
}


def of_rule(table: str, name: str, doc: str) -> str:
    """A rule in plain words; the first line of the model's own text where there are none."""
    return RULES.get((table, name)) or RULE_OF_ANY.get(name) or LAWS.get(name) or first_line(doc)


def of_bound(table: str, name: str, side: str, value: float, unit: str, doc: str) -> str:
    """A bound of a quantity in plain words, likewise.

    >>> of_bound("batteries", "output_kvar", "least", -2.5, "kvar", "")
    'It takes in at most 2.5 kvar of reactive power on a phase'
    >>> of_bound("heaters", "taken", "most", 3.0, "kW", "Power taken.")
    'Power taken: at most 3 kW'
    """
    if side == "least" and value == 0.0 and name in STORES:
        return EMPTY
    known = BOUNDS.get((table, name, side)) or BOUND_OF_ANY.get((name, side))
    if known and (value < 0.0) == ("{size}" in known):
        return known.format(value=f"{value:.6g}", size=f"{abs(value):.6g}")
    return f"{first_line(doc)}: at {side} {value:.6g}{'' if unit == '1' else f' {unit}'}"


def remedy(table: str, name: str) -> str:
    """What could be done about a limit, blank where nothing is known."""
    return REMEDIES.get((table, name)) or REMEDY_OF_ANY.get(name) or ""


def rank(table: str, name: str) -> int:
    """Place of a limit in a list: first those with a remedy of their own, last those without any."""
    return 0 if (table, name) in REMEDIES else 1 if name in REMEDY_OF_ANY else 2


def first_line(doc: str) -> str:
    """The first line of a text, without its full stop."""
    return doc.split("\n")[0].rstrip(".")
