"""A second small case and its plan, worked out by hand: vehicles that feed premises and plugs, and an engine.

Three intervals of an hour. The shelter hangs on no feeder; the line to the farm goes out at 08:10, and counts as
out from 08:00. The engine is the only one that forms the voltage, and burns for every hour it runs::

    shelter (ward, kettle, van, moped)       hub (diesel; clinic: fridge, car, bike; motor) ---- farm (barn)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from test_replay_example import START, build_case, frame, over_time, starts

from v2g.case import Case
from v2g.plan import Plan

HOURS = (1.0, 1.0, 1.0)
NONE = [np.nan] * 3


def after(hours: float) -> pd.Timestamp:
    """A time so many hours after the start."""
    return START + pd.Timedelta(hours=hours)


def shelter_case() -> Case:
    """The case of the module's docstring."""
    one = {"phases": "a", "connection": "wye"}
    store = {"charge_eff": 0.9, "discharge_eff": 0.8}
    return build_case(
        HOURS,
        {"network": "transport"},
        buses=frame(
            {"bus": "hub", "phases": "a", "kv_ln_kv": 0.23},
            {"bus": "farm", "phases": "a", "kv_ln_kv": 0.23},
            {"bus": "shelter", "phases": "abc", "kv_ln_kv": 0.23},
        ),
        lines=frame({"line": "lane", "from_bus": "hub", "to_bus": "farm", "phases": "a", "closed": True}),
        sites=frame(
            {"site": "shelter", "bus": "shelter", "transfer_kw": 4.0, "sockets_kw": 3.0},
            {"site": "clinic", "bus": "hub", "import_kw": 5.0, "export_kw": 2.0},
        ),
        chargers=frame(
            {"charger": "wallbox", "bus": "shelter", "site": "shelter", "feeds": "premises", "standby_kw": 0.1}
            | {"charge_kw": 5.0, "discharge_kw": 5.0, "plugs": 2.0, **store, "phases": "abc", "connection": "wye"},
            {"charger": "post", "bus": "hub", "site": "clinic", "feeds": "feeder", "charge_kw": 4.0}
            | {"discharge_kw": 4.0, "charge_eff": 1.0, "discharge_eff": 0.8, **one},
        ),
        vehicles=frame(
            {"vehicle": "van", "capacity_kwh": 40.0, "start_kwh": 30.0, "reserve_km": 25.0, "kwh_per_km": 0.2}
            | {"charge_kw": 5.0, "v2h_kw": 5.0, "socket_kw": 2.0, "v2l_eff": 0.5},
            {"vehicle": "car", "capacity_kwh": 20.0, "start_kwh": 10.0, "charge_kw": 4.0, "discharge_kw": 4.0},
            {"vehicle": "bike", "capacity_kwh": 5.0, "start_kwh": 3.0, "charge_kw": 1.0, "socket_kw": 0.5}
            | {"v2l_eff": 0.8},
            {"vehicle": "moped", "capacity_kwh": 3.0, "start_kwh": 0.15, "charge_kw": 1.0},
        ),
        stays=frame(
            {"vehicle": "van", "charger": "wallbox", "from_utc": START, "until_utc": after(3)},
            {"vehicle": "car", "charger": "post", "from_utc": START, "until_utc": after(3.0), "leave_kwh": 9.5},
            {"vehicle": "bike", "site": "clinic", "from_utc": after(2), "until_utc": after(3)},
            {"vehicle": "moped", "charger": "wallbox", "from_utc": START, "until_utc": after(3)},
        ),
        trips=frame(
            {"vehicle": "bike", "depart_utc": START, "return_utc": after(0.9), "energy_kwh": 1.0, "return_kwh": 1.5}
        ),
        needs=frame({"need": "morning", "vehicle": "van", "from_utc": after(2.5), "energy_kwh": 16.0}),
        fleet_minimum=frame({"minimum": "ready", "vehicles": 1, "energy_kwh": 8.0}),
        loads=frame(
            {"load": "ward", "tier": 1, "service": "continuous", "kw": 3.0, "bus": "shelter", "site": "shelter"}
            | {"phases": "abc"},
            {"load": "kettle", "tier": 2, "service": "energy", "kw": 1.5, "kwh_per_day": 8.0, "bus": "shelter"}
            | {"site": "shelter", "by_v2h": False, "by_v2l": True, "appliance_kw": 1.5, "phases": "abc"},
            {"load": "fridge", "tier": 1, "service": "hours", "kw": 1.0, "hours_per_day": 16.0, "min_run_h": 2.0}
            | {"bus": "hub", "site": "clinic", "by_v2l": True, "appliance_kw": 0.3, "phases": "a"},
            {"load": "motor", "tier": 0, "service": "flexible", "kw": 1.0, "bus": "hub", "phases": "a"}
            | {"hold": "hard", "pickup_factor": 2.0, "pickup_h": 1.5},
            {"load": "barn", "tier": 0, "service": "flexible", "kw": 1.0, "bus": "farm", "phases": "a"},
        ),
        generators=frame(
            {"generator": "diesel", "bus": "hub", "rating_kw": 4.0, "fuel_l_per_kwh": 0.25, "idle_l_per_h": 0.5}
            | {"tank": "barrel", "fuel_l": 0.0, "forming": True, "voltage_pu": 1.0, **one}
        ),
        tanks=frame({"tank": "barrel", "fuel_l": 2.0}),
        events=frame(
            {"at_utc": after(1.5), "event": "fuel", "element": "barrel", "litres": 1.0},
            {"at_utc": after(2) + pd.Timedelta(minutes=10), "event": "out", "element": "lane"},
        ),
    )


def shelter_loads(case: Case) -> pd.DataFrame:
    """Motor: half of 1 kW, then all of it. Twice its power on pickup, for 1.5 h: 0.5 more, then 0.5 + 0.5 more."""
    labels = [("ward", "shelter", 1), ("kettle", "shelter", 2), ("fridge", "hub", 1), ("motor", "hub", 0)]
    return over_time(
        case,
        [{"load": name, "bus": bus, "tier": tier} for name, bus, tier in [*labels, ("barn", "farm", 0)]],
        required=[[1, 1, 1], [0] * 3, [0] * 3, [0] * 3, [0] * 3],
        demand_kw=[[3.0] * 3, [1.5] * 3, [1.0] * 3, [1.0] * 3, [1.0] * 3],
        served_kw=[[3.0] * 3, [0, 1.0, 0], [0, 1.0, 1.0], [0, 0.5, 1.0], [0.5, 1.0, 0]],
        served_kvar=[[0.0] * 3] * 5,
        v2h_kw=[[3.0] * 3, [0] * 3, [0] * 3, [0] * 3, [0] * 3],
        v2l_kw=[[0.0] * 3, [0, 1.0, 0], [0, 0, 0.4], [0] * 3, [0] * 3],
        surge_kw=[[0.0] * 3, [0] * 3, [0] * 3, [0, 0.5, 1.0], [0] * 3],
    )


def shelter_vehicles(case: Case) -> pd.DataFrame:
    """Each hour the van loses 3 / 0.8 + 0.1, in the second 1 / 0.5 more; the car takes 1, gives 1 / 0.8.

    The moped is empty after an hour and a half, and its charger asleep from then on. The van, which has most
    untouched, is the vehicle that must be ready with 8 kWh, and from 08:00 on has the order of 16 kWh.
    """
    table = over_time(
        case,
        [{"vehicle": name} for name in ("van", "car", "bike", "moped")],
        charge_kw=[[0.0] * 3, [1.0, 0, 0], [0] * 3, [0] * 3],
        discharge_kw=[[0.0] * 3, [0, 0, 1.0], [0] * 3, [0] * 3],
        v2h_kw=[[3.0] * 3, [0] * 3, [0] * 3, [0] * 3],
        v2l_kw=[[0, 1.0, 0], [0] * 3, [0, 0, 0.4], [0] * 3],
        trip_kwh=[[0.0] * 3, [0] * 3, [1.0, 0, 0], [0] * 3],
        missed_trip_kwh=[[0.0] * 3] * 4,
        standby_kwh=[[0.1] * 3, [0] * 3, [0] * 3, [0.1, 0.05, 0]],
        energy_start_kwh=[[30.0, 26.15, 20.3], [10.0, 11, 11], [3.0, 2, 2], [0.15, 0.05, 0]],
        energy_end_kwh=[[26.15, 20.3, 16.45], [11.0, 11, 9.75], [2.0, 2, 1.5], [0.05, 0, 0]],
        reserve_kwh=[[8.0, 16, 16], [0, 0, 9.5], [1.5, 0, 0], [0] * 3],
        shortfall_kwh=[[0.0] * 3] * 4,
    )
    bike = np.where(table["start_utc"] == starts(case)[2], "clinic", "")
    places = {"van": ("wallbox", "shelter"), "car": ("post", "clinic"), "moped": ("wallbox", "shelter")}
    table["charger"] = [places.get(name, ("", ""))[0] for name in table["vehicle"]]
    table["site"] = [places[name][1] if name in places else bike[row] for row, name in enumerate(table["vehicle"])]
    return table


def shelter_deliveries(case: Case) -> pd.DataFrame:
    """Who gives what to whom off the feeder."""
    van = {"hours": 1.0, "vehicle": "van", "site": "shelter"}
    return frame(
        *({"start_utc": start, "way": "v2h", "load": "", "kw": 3.0, **van} for start in starts(case)),
        {"start_utc": starts(case)[1], "way": "v2l", "load": "kettle", "kw": 1.0, **van},
        {"start_utc": starts(case)[2], "hours": 1.0, "way": "v2l", "vehicle": "bike", "site": "clinic"}
        | {"load": "fridge", "kw": 0.4},
    )


def shelter_nodes(case: Case) -> pd.DataFrame:
    """Hub: diesel, less car, fridge and motor with its surge; in the last hour the car gives and the farm is dead."""
    nodes = [("hub", "a"), ("farm", "a"), *(("shelter", phase) for phase in "abc")]
    return over_time(
        case,
        [{"bus": bus, "phase": phase} for bus, phase in nodes],
        live=[[1, 1, 1], [1, 1, 0], *[[0] * 3] * 3],
        injection_kw=[[1.5 - 1, 3 - 1 - 1, 1.6 + 1 - 0.6 - 2], [-0.5, -1, 0], *[[0.0] * 3] * 3],
    )


def shelter_sources(case: Case) -> pd.DataFrame:
    """Diesel: 0.25 L for a kWh, 0.5 L for an hour; 1 L comes at 07:30 and counts from 08:00."""
    output = [1.5, 3.0, 1.6]
    return over_time(
        case,
        [{"source": "diesel", "kind": "generator", "bus": "hub"}],
        output_kw=[output], output_a_kw=[output], output_b_kw=[NONE], output_c_kw=[NONE],
        run=[[0.5, 1.0, 1.0]],
        fuel_l=[[0.375 + 0.25, 0.75 + 0.5, 0.4 + 0.5]],
        tank_l=[[2 - 0.625, 2 - 0.625 - 1.25, 2 - 0.625 - 1.25 + 1 - 0.9]],
    )  # fmt: skip


SHELTER_SUMMARY: dict[str, Any] = {
    "status": "optimal",
    "critical": {
        "1": {"total": 2, "served": 2, "survival_h": 3.0}, "2": {"total": 1, "served": 1, "survival_h": 3.0},
    },
    "critical_hours": {"1": {"required": 3 + 2.0, "served": 3 + 2.0}, "2": {"required": 1 / 1.5, "served": 1 / 1.5}},
    "energy_kwh": {
        "served_critical": 9 + 2 + 1.0, "served_other": 1.5 + 1.5, "charged": 1.0, "discharged": 1.0,
        "losses_vehicle": 0.25 + 9 * 0.25 + 1.0 + 0.4 * 0.25, "trips": 1.0, "v2h": 9.0, "v2l": 1.4, "standby": 0.45,
        "pickup": 1.5,
        "solar_used": 0.0, "solar_curtailed": 0.0, "fuel": 6.1, "grid": 0.0, "battery_charged": 0.0,
        "battery_discharged": 0.0, "losses_battery": 0.0,
    },
    "reserve_shortfall_kwh": 0.0,
    "provenance": {"network": "transport"},
}  # fmt: skip


def shelter_plan(case: Case) -> Plan:
    """The plan worked out above."""
    lane = [{"line": "lane", "kind": "line", "from_bus": "hub", "to_bus": "farm", "phase": "a"}]
    lines = over_time(case, lane, flow_kw=[[0.5, 1.0, 0.0]], rating_kva=[NONE])
    tables = {
        "loads": shelter_loads(case), "vehicles": shelter_vehicles(case), "deliveries": shelter_deliveries(case),
        "nodes": shelter_nodes(case), "lines": lines[lines["start_utc"] != starts(case)[2]],
        "sources": shelter_sources(case),
    }  # fmt: skip
    return Plan(SHELTER_SUMMARY, tables)
