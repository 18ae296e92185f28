"""A made-up plan as large as a town: 2,500 buses and 10,000 vehicles, its tables written down without solving.

Its figures look like those of a plan and obey no physics, so that an audit rejects it, as a page of it must say.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import v2g
from v2g.case import Case
from v2g.formats.draft import Draft
from v2g.plan import Plan

BUSES, VEHICLES, STEPS, CRITICAL = 2500, 10_000, 96, 300
STEP_MIN = 30
START = "2026-01-16T00:00:00+00:00"
END = "2026-01-18T00:00:00+00:00"


def large_case(buses: int = BUSES, vehicles: int = VEHICLES, critical: int = CRITICAL) -> Case:
    """A feeder without coordinates that branches, a charger at every bus, the first loads critical in three tiers."""
    rng = np.random.default_rng(1)
    names = [f"b{bus}" for bus in range(buses)]
    parents = [int(rng.integers(max(0, bus - 12), bus)) for bus in range(1, buses)]
    at = np.arange(buses)
    tier = np.where(at < critical, 1 + at % 3, 0)
    tables: dict[str, dict[str, Any]] = {
        "buses": {"bus": names, "phases": "abc", "kv_ln_kv": 7.2},
        "lines": {
            "line": [f"l{bus}" for bus in range(1, buses)], "from_bus": [names[up] for up in parents],
            "to_bus": names[1:], "phases": "abc", "rating_kva": 400.0,
            **{f"{part}_{pair}_ohm": 0.01 for part in "rx" for pair in ("aa", "bb", "cc")},
        },
        "loads": {
            "load": [f"load {bus}" for bus in range(buses)], "bus": names, "phases": "abc", "tier": tier,
            "service": "continuous", "kw": 4.0, "kvar": 1.0,
        },
        "batteries": {
            "battery": ["plant"], "bus": "b0", "phases": "abc", "capacity_kwh": 9000.0, "start_kwh": 8000.0,
            "reserve_kwh": 0.0, "charge_kw": 500.0, "discharge_kw": 500.0, "charge_eff": 0.9, "discharge_eff": 0.9,
            "forming": 1,
        },
        "chargers": {
            "charger": [f"c{bus}" for bus in range(buses)], "bus": names, "phases": "abc", "charge_kw": 7.0,
            "discharge_kw": 7.0, "charge_eff": 0.9, "discharge_eff": 0.9, "plugs": -(-vehicles // buses),
        },
        "vehicles": {
            "vehicle": [f"car {one}" for one in range(vehicles)], "model": "Nissan Leaf 60 kWh", "capacity_kwh": 60.0,
            "start_kwh": 50.0, "reserve_kwh": 15.0, "charge_kw": 7.0, "discharge_kw": 7.0,
        },
        "stays": {
            "vehicle": [f"car {one}" for one in range(vehicles)],
            "charger": [f"c{one % buses}" for one in range(vehicles)],
            "from_utc": START, "until_utc": END,
        },
    }  # fmt: skip
    header = {"format": 1, "name": "town", "start_utc": START, "step_min": STEP_MIN, "steps": STEPS}
    return v2g.read(Draft.of(header, {name: pd.DataFrame(columns) for name, columns in tables.items()}))


def large_plan(case: Case) -> Plan:
    """Loads that come and go, cars that give in spells, voltages that fall along the feeder, prices by the hour."""
    rng = np.random.default_rng(2)
    starts = np.array([time.isoformat() for time in case.boundaries[:-1]], dtype=object)
    hours = STEP_MIN / 60.0

    def over_time(things: pd.DataFrame, **values: Any) -> pd.DataFrame:
        """One row for each interval and thing; values of shape (T, things)."""
        rows = np.tile(np.arange(len(things)), STEPS)
        flat = {name: np.broadcast_to(value, (STEPS, len(things))).ravel() for name, value in values.items()}
        return things.iloc[rows].reset_index(drop=True).assign(
            start_utc=np.repeat(starts, len(things)), hours=hours, **flat
        )  # fmt: skip

    loads, cars = case.table("loads"), case.table("vehicles")
    on = np.repeat(rng.random((STEPS // 8, len(loads))) < 0.7, 8, axis=0)
    needed = (loads["tier"].to_numpy() > 0).astype(float)
    critical = over_time(
        loads[["load", "bus", "tier"]], required=needed, demand_kw=4.0, served_kw=4.0 * on, served_kvar=1.0 * on,
        v2h_kw=0.0, v2l_kw=0.0, surge_kw=0.0,
    )  # fmt: skip
    give = 5.0 * np.repeat(rng.random((STEPS // 12, len(cars))) < 0.25, 12, axis=0)
    energy = 50.0 - np.cumsum(np.vstack([np.zeros(len(cars)), give]) * hours / 0.9, axis=0)
    vehicles = over_time(
        pd.DataFrame({"vehicle": cars["vehicle"], "charger": case.table("stays")["charger"], "site": ""}),
        charge_kw=0.0, discharge_kw=give, v2h_kw=0.0, v2l_kw=0.0, trip_kwh=0.0, missed_trip_kwh=0.0, standby_kwh=0.0,
        energy_start_kwh=energy[:-1], energy_end_kwh=energy[1:], reserve_kwh=15.0,
        shortfall_kwh=np.maximum(0.0, 15.0 - energy[1:]),
    )  # fmt: skip
    nodes = pd.DataFrame(
        [(bus, phase) for bus in case.table("buses")["bus"] for phase in "abc"], columns=["bus", "phase"]
    )
    fall = np.linspace(1.0, 0.93, len(nodes)) + 0.02 * np.sin(np.arange(STEPS) / 8.0)[:, None]
    lines = case.table("lines")[["line", "from_bus", "to_bus"]].assign(kind="line")
    legs = lines.loc[lines.index.repeat(3)].assign(phase=list("abc") * len(lines))
    carried = np.linspace(390.0, 1.0, len(legs)) * (0.6 + 0.4 * np.sin(np.arange(STEPS) / 10.0))[:, None]
    price = np.clip(np.linspace(0.1, 0.3, len(nodes)) * (1.0 + np.sin(np.arange(STEPS) / 6.0))[:, None], 0.0, None)
    outputs = {f"output_{phase}_{unit}": 30.0 if unit == "kw" else 5.0 for phase in "abc" for unit in ("kw", "kvar")}
    tables = {
        "loads": critical, "vehicles": vehicles,
        "nodes": over_time(nodes, live=1.0, injection_kw=0.0, injection_kvar=0.0, voltage_pu=fall),
        "lines": over_time(legs, flow_kw=carried, flow_kvar=0.1 * carried, rating_kva=400.0),
        "sources": over_time(
            pd.DataFrame({"source": ["plant"], "kind": "battery", "bus": "b0"}), output_kw=90.0, charge_kw=0.0,
            discharge_kw=90.0, available_kw=500.0, energy_end_kwh=4000.0, fuel_l=np.nan, run=np.nan, tank_l=np.nan,
            **outputs,
        ),
        "prices": over_time(nodes, critical_hours_h_per_kwh=price),
    }  # fmt: skip
    made = {"case": case.name, "case_sha256": case.sha256, "network": "lindistflow", "policy": "tiers"}
    tiers = {str(tier): {"total": CRITICAL // 3, "served": 0, "bound": CRITICAL // 3} for tier in (1, 2, 3)}
    return Plan({"status": "feasible", "critical": tiers, "provenance": made, "energy_kwh": {}}, tables)
