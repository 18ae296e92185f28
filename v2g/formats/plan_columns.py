"""What the columns of a plan hold, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Meaning(NamedTuple):
    """What a column holds, and its unit, blank where it has none."""

    help: str
    unit: str = ""


PRICE = re.compile(r"(.+)_([a-z0-9.]+)_per_kwh")
"""Columns of prices: a stage of the policy, the unit in which that counts, and of what."""
EVERYWHERE: Mapping[str, Meaning] = {
    "start_utc": Meaning("when the interval begins", "UTC"),
    "hours": Meaning("length of the interval", "h"),
    "bus": Meaning("bus at which it is"),
    "phase": Meaning("phase: a, b or c"),
    "site": Meaning("site at which it is; blank = at none"),
    "load": Meaning("name of the load"),
    "vehicle": Meaning("name of the vehicle"),
    "line": Meaning("name of the line or transformer"),
    "transformer": Meaning("name of the transformer"),
}
PHASES = {
    f"output_{phase}_{unit.lower()}": Meaning(f"power into phase {phase}, mean of the interval", unit)
    for unit in ("kW", "kvar")
    for phase in "abc"
}
TAP = "voltage of its to_bus over that of its from_bus, in per unit, "
MEANINGS: Mapping[str, Mapping[str, Meaning]] = {
    "loads": {
        "tier": Meaning("how critical it is: 1 comes first, 0 = not critical"),
        "required": Meaning("1 = its service is owed all it asks for in this interval"),
        "demand_kw": Meaning("power it asks for", "kW"),
        "served_kw": Meaning("power it gets, by all ways", "kW"),
        "served_kvar": Meaning("reactive power it gets from the feeder", "kvar"),
        "v2h_kw": Meaning("part of what it gets from vehicles that feed its premises", "kW"),
        "v2l_kw": Meaning("part of what it gets from sockets of vehicles", "kW"),
        "surge_kw": Meaning("power on top of what it gets, set aside because it has just been picked up", "kW"),
    },
    "vehicles": {
        "charger": Meaning("charger at which it is plugged in; blank = at none"),
        "charge_kw": Meaning("power it takes at the plug", "kW"),
        "discharge_kw": Meaning("power it gives to the feeder at the plug (V2G)", "kW"),
        "v2h_kw": Meaning("power it gives to the premises it is plugged in at (V2H)", "kW"),
        "v2l_kw": Meaning("power it gives by its sockets (V2L)", "kW"),
        "trip_kwh": Meaning("energy that trips of this interval use", "kWh"),
        "missed_trip_kwh": Meaning("part of that which is not on board: so much of the trips is not driven", "kWh"),
        "standby_kwh": Meaning("energy that its charger draws from it for standing by", "kWh"),
        "energy_start_kwh": Meaning("energy on board when the interval begins", "kWh"),
        "energy_end_kwh": Meaning("energy on board when the interval ends", "kWh"),
        "reserve_kwh": Meaning(
            "energy that its driver needs on board when the interval ends: the largest of its own reserve, orders, "
            "energy to leave and to be back with, and the fleet minimum", "kWh",
        ),
        "shortfall_kwh": Meaning("part of reserve_kwh that is not on board then", "kWh"),
    },
    "deliveries": {
        "way": Meaning("v2h = it feeds premises, v2l = by a cord from its socket"),
        "load": Meaning("load at the end of the cord; blank for premises"),
        "kw": Meaning("power it gives that way", "kW"),
    },
    "nodes": {
        "live": Meaning("1 = under voltage"),
        "injection_kw": Meaning("power into the feeder there; < 0 = taken", "kW"),
        "injection_kvar": Meaning("reactive power into the feeder there; < 0 = taken", "kvar"),
        "voltage_pu": Meaning("voltage; blank where dead, and where the network has none", "p.u."),
        "shunt_kw": Meaning("power that the bus takes whenever it is live", "kW"),
    },
    "lines": {
        "kind": Meaning("line or transformer"),
        "from_bus": Meaning("bus at one end"),
        "to_bus": Meaning("bus at the other end"),
        "flow_kw": Meaning("power from from_bus to to_bus; < 0 = the other way", "kW"),
        "flow_kvar": Meaning("reactive power, likewise; blank where the network has none", "kvar"),
        "rating_kva": Meaning("limit of this phase; blank = not known", "kVA"),
    },
    "sources": {
        "source": Meaning("name of the source"),
        "kind": Meaning("grid, generator, battery, solar, or station: a charger that can form an island"),
        "output_kw": Meaning("power into the feeder, all phases; < 0 = taken", "kW"),
        "charge_kw": Meaning("power a battery takes, or vehicles at a station", "kW"),
        "discharge_kw": Meaning("power a battery gives, or vehicles at a station", "kW"),
        "available_kw": Meaning("most it could give; blank = no limit", "kW"),
        "energy_end_kwh": Meaning("energy in a battery when the interval ends", "kWh"),
        "fuel_l": Meaning("fuel a generator burns", "L"),
        "run": Meaning("part of the interval in which its engine runs, 0 to 1"),
        "tank_l": Meaning("fuel in its tank when the interval ends", "L"),
        **PHASES,
    },
    "taps": {"tap": Meaning(TAP + "as planned")},
    "ac_nodes": {
        "lost_kw": Meaning("losses by an AC solution that are supplied there", "kW"),
        "lost_kvar": Meaning("the same of reactive power", "kvar"),
    },
    "ac_legs": {
        "offset": Meaning("squared voltage, in per unit, that the linear drop leaves out by an AC solution"),
        "entering_kva": Meaning("how much more enters than arrives by an AC solution", "kVA"),
        "around_kw": Meaning("power that arrives between wye and delta by an AC solution", "kW"),
        "around_kvar": Meaning("the same of reactive power", "kvar"),
        "lost_kw": Meaning("power lost in it by an AC solution", "kW"),
    },
    "ac_taps": {"tap": Meaning(TAP + "as in an AC solution; 0 = dead")},
    "others": {
        "part": Meaning("table of a part from outside the package"),
        "unit": Meaning("which one of them; blank = all together"),
        "injection_kw": Meaning("power into the feeder there; < 0 = taken", "kW"),
        "injection_kvar": Meaning("reactive power into the feeder there; < 0 = taken", "kvar"),
    },
}  # fmt: skip


def meaning_of(table: str, column: str) -> Meaning:
    """What a column of a table of a plan holds.

    >>> meaning_of("vehicles", "shortfall_kwh")
    Meaning(help='part of reserve_kwh that is not on board then', unit='kWh')
    >>> meaning_of("prices", "critical_hours_h_per_kwh")
    Meaning(help='what one more kWh there is worth in stage critical_hours of the policy', unit='h/kWh')
    """
    priced = PRICE.fullmatch(column) if table == "prices" else None
    if priced:
        stage, unit = priced.groups()
        unit = {"kwh": "kWh", "l": "L"}.get(unit, unit)
        return Meaning(f"what one more kWh there is worth in stage {stage} of the policy", f"{unit}/kWh")
    own = MEANINGS.get(table, {})
    return own[column] if column in own else EVERYWHERE.get(column, Meaning(""))
