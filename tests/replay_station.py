"""A third small case and its plan: a vehicle forms the island of two phases, and what that costs in voltage.

Two hours. In the first, a van plugged in at the station feeds a hut on phase a and a mill on both phases. In the
second it is away for a quarter of an hour, so nothing holds the voltage there, until power comes back at
the pole, at 06:50, which counts from 07:00, when the switch to it is closed as well::

    station (van) ---- line ---- hut, mill ---- switch ---- pole (supply from 07:00)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from test_replay_example import KV, START, build_case, frame, over_time

from v2g.case import Case
from v2g.plan import Plan

R, X = 0.5, 0.3
MILL_KW, MILL_KVAR = 2.0, 1.0
HUT_KW = 3.0


def minutes(count: float) -> pd.Timestamp:
    """A time so many minutes after the start."""
    return START + pd.Timedelta(minutes=count)


def station_case() -> Case:
    """The case of the module's docstring. Its lines do not couple their phases."""
    path = {"phases": "ab", "r_aa_ohm": R, "r_bb_ohm": R, "x_aa_ohm": X, "x_bb_ohm": X}
    two = {"phases": "ab", "connection": "wye"}
    return build_case(
        (1.0, 1.0),
        buses=frame(*({"bus": bus, "phases": "ab", "kv_ln_kv": KV} for bus in ("yard", "hut", "pole"))),
        lines=frame(
            {"line": "line", "from_bus": "yard", "to_bus": "hut", "closed": True, **path},
            {"line": "switch", "from_bus": "pole", "to_bus": "hut", "closed": False, **path},
        ),
        chargers=frame(
            {"charger": "station", "bus": "yard", "charge_kw": 6.0, "discharge_kw": 6.0, "charge_eff": 0.9, **two}
            | {"discharge_eff": 0.8, "plugs": 2.0, "forming": True, "rating_kva": 9.0, "voltage_pu": 1.02}
        ),
        vehicles=frame(
            {"vehicle": "van", "capacity_kwh": 40.0, "start_kwh": 20.0, "reserve_kwh": 10.0, "charge_kw": 6.0}
            | {"discharge_kw": 6.0}
        ),
        stays=frame({"vehicle": "van", "charger": "station", "from_utc": START, "until_utc": minutes(105)}),
        loads=frame(
            {"load": "hut", "bus": "hut", "tier": 1, "service": "continuous", "kw": HUT_KW, "phases": "a"},
            {"load": "mill", "bus": "hut", "tier": 2, "service": "continuous", "kw": MILL_KW, "kvar": MILL_KVAR, **two},
        ),
        grid=frame({"grid": "pole", "bus": "pole", "voltage_pu": 1.0, **two}),
        events=frame(
            {"at_utc": minutes(50), "event": "energised", "element": "pole"},
            {"at_utc": minutes(55), "event": "back", "element": "switch"},
        ),
    )


def station_voltages() -> np.ndarray:
    """Squared voltages of yard a, b, hut a, b, pole a, b: 2 (R P + X Q) / V^2 lost towards hut; the van rests later."""
    base = 1000.0 * KV**2
    p, q = np.array([HUT_KW + MILL_KW / 2, MILL_KW / 2]), np.full(2, MILL_KVAR / 2)
    drop = 2.0 * (R * p + X * q) / base
    first = np.concatenate([np.full(2, 1.02**2), 1.02**2 - drop, [np.nan, np.nan]])
    return np.stack([first, np.concatenate([1.0 - drop, 1.0 - drop, [1.0, 1.0]])], axis=1)


def station_plan(case: Case) -> Plan:
    """Five kW from the van, 20 - 5 / 0.8 = 13.75 kWh; then the same from the pole."""
    nodes = [{"bus": bus, "phase": phase} for bus in ("yard", "hut", "pole") for phase in "ab"]
    a, b, q = HUT_KW + MILL_KW / 2, MILL_KW / 2, MILL_KVAR / 2
    lane = [{"line": "line", "kind": "line", "from_bus": "yard", "to_bus": "hut", "phase": p} for p in "ab"]
    bridge = [{"line": "switch", "kind": "line", "from_bus": "pole", "to_bus": "hut", "phase": p} for p in "ab"]
    lines = over_time(
        case, [*lane, *bridge],
        flow_kw=[[a, 0.0], [b, 0.0], [0.0, a], [0.0, b]],
        flow_kvar=[[q, 0.0], [q, 0.0], [0.0, q], [0.0, q]],
        rating_kva=[[np.nan] * 2] * 4,
    )  # fmt: skip
    closed = (lines["line"] == "line") | (lines.index >= 4)
    tables = {
        "loads": over_time(
            case, [{"load": "hut", "bus": "hut", "tier": 1}, {"load": "mill", "bus": "hut", "tier": 2}],
            required=[[1, 1]] * 2, demand_kw=[[HUT_KW] * 2, [MILL_KW] * 2], served_kw=[[HUT_KW] * 2, [MILL_KW] * 2],
            served_kvar=[[0.0] * 2, [MILL_KVAR] * 2],
        ),
        "vehicles": over_time(
            case, [{"vehicle": "van", "charger": "station"}],
            charge_kw=[[0.0, 0.0]], discharge_kw=[[5.0, 0.0]], trip_kwh=[[0.0] * 2], missed_trip_kwh=[[0.0] * 2],
            energy_start_kwh=[[20.0, 13.75]], energy_end_kwh=[[13.75, 13.75]], reserve_kwh=[[10.0] * 2],
            shortfall_kwh=[[0.0] * 2],
        ),
        "nodes": over_time(
            case, nodes, live=[[1, 1]] * 4 + [[0, 1]] * 2,
            injection_kw=[[a, 0.0], [b, 0.0], [-a, -a], [-b, -b], [0.0, a], [0.0, b]],
            injection_kvar=[[q, 0.0], [q, 0.0], [-q, -q], [-q, -q], [0.0, q], [0.0, q]],
            voltage_pu=np.sqrt(station_voltages()).tolist(),
        ),
        "lines": lines[closed],
        "sources": over_time(
            case, [{"source": "pole", "kind": "grid", "bus": "pole"}, {"source": "station", "kind": "station"}
                   | {"bus": "yard"}],
            output_kw=[[0.0, a + b], [a + b, 0.0]],
            output_a_kw=[[0.0, a], [a, 0.0]], output_b_kw=[[0.0, b], [b, 0.0]],
            output_a_kvar=[[0.0, q], [q, 0.0]], output_b_kvar=[[0.0, q], [q, 0.0]],
            charge_kw=[[np.nan] * 2, [0.0, 0.0]], discharge_kw=[[np.nan] * 2, [5.0, 0.0]],
        ),
    }  # fmt: skip
    return Plan(STATION_SUMMARY, tables)


STATION_SUMMARY: dict[str, Any] = {
    "status": "optimal",
    "critical": {"1": {"total": 1, "served": 1}, "2": {"total": 1, "served": 1}},
    "critical_hours": {"1": {"required": 2.0, "served": 2.0}, "2": {"required": 2.0, "served": 2.0}},
    "energy_kwh": {
        "served_critical": 10.0, "served_other": 0.0, "charged": 0.0, "discharged": 5.0, "losses_vehicle": 1.25,
        "trips": 0.0, "solar_used": 0.0, "solar_curtailed": 0.0, "fuel": 0.0, "grid": 5.0, "battery_charged": 0.0,
        "battery_discharged": 0.0, "losses_battery": 0.0,
    },
    "reserve_shortfall_kwh": 0.0,
    "provenance": {"network": "lindistflow"},
}  # fmt: skip
