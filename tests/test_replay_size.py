"""An audit of a day of 200 vehicles on 300 nodes stays within seconds."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from test_replay_example import HOURS, START, R, X, build_case, frame, impedance_columns

from v2g.case import Case
from v2g.plan import Plan
from v2g.replay import audit

STEPS, BUSES, VEHICLES = 96, 100, 200
WYE = {"phases": "abc", "connection": "wye"}


def large_case() -> Case:
    """A feeder that branches, a load at every bus, two vehicles at each, a forming battery at its head."""
    names = [f"b{i}" for i in range(BUSES)]
    shape = impedance_columns(R / 100.0, X / 100.0) | {"phases": "abc", "closed": True}
    ends = [(names[(i - 1) // 2], names[i]) for i in range(1, BUSES)]
    charger = {"charge_kw": 7.0, "discharge_kw": 7.0, "charge_eff": 0.9, "discharge_eff": 0.9, **WYE}
    nameplate = {"capacity_kwh": 60.0, "start_kwh": 40.0, "reserve_kwh": 10.0, "charge_kw": 7.0, "discharge_kw": 7.0}
    load = {"kw": 1.0, "kvar": 0.2, "service": "continuous", **WYE}
    stay = {"from_utc": START, "until_utc": START + pd.Timedelta(hours=24)}
    vehicles = range(VEHICLES)
    return build_case(
        [0.25] * STEPS,
        buses=frame(*({"bus": bus, "phases": "abc", "kv_ln_kv": 2.4} for bus in names)),
        lines=frame(*({"line": f"l{j}", "from_bus": i, "to_bus": j, **shape} for i, j in ends)),
        loads=frame(*({"load": f"d{i}", "bus": bus, "tier": i % 3, **load} for i, bus in enumerate(names))),
        vehicles=frame(*({"vehicle": f"v{i}", **nameplate} for i in vehicles)),
        chargers=frame(*({"charger": f"c{i}", "bus": bus, **charger} for i, bus in enumerate(names))),
        stays=frame(*({"vehicle": f"v{i}", "charger": f"c{i % BUSES}", **stay} for i in vehicles)),
        batteries=frame(
            {"battery": "box", "bus": "b0", "capacity_kwh": 9e3, "start_kwh": 5e3, "reserve_kwh": 0.0, **charger, **WYE}
            | {"forming": True, "voltage_pu": 1.0}
        ),
    )


def idle_plan(case: Case) -> Plan:
    """Nothing moves, and every voltage is one: dull, and right."""
    starts = np.array([t.isoformat() for t in case.boundaries[:-1]], dtype=object)

    def over_time(things: pd.DataFrame, **values: object) -> pd.DataFrame:
        repeated = pd.concat([things] * STEPS, ignore_index=True)
        clock = {"start_utc": np.repeat(starts, len(things)), "hours": 0.25}
        return repeated.assign(**clock, **values)

    loads, vehicles = case.tables["loads"], case.tables["vehicles"]
    critical = over_time(loads[["load", "bus", "tier"]], demand_kw=1.0, served_kw=0.0, served_kvar=0.0)
    nodes = pd.DataFrame([(bus, p) for bus in case.tables["buses"]["bus"] for p in "abc"], columns=["bus", "phase"])
    lines = case.tables["lines"].loc[:, ["line", "from_bus", "to_bus"]].assign(kind="line")
    legs = pd.concat([lines.assign(phase=p) for p in "abc"], ignore_index=True)
    outputs = {f"output_{p}_{unit}": 0.0 for p in "abc" for unit in ("kw", "kvar")}
    stations = [f"c{i % BUSES}" for i in range(VEHICLES)]
    energy = {"energy_start_kwh": 40.0, "energy_end_kwh": 40.0, "reserve_kwh": 10.0, "shortfall_kwh": 0.0}
    tables = {
        "loads": critical.assign(required=(critical["tier"] > 0).astype(int)),
        "vehicles": over_time(
            vehicles[["vehicle"]].assign(charger=stations),
            charge_kw=0.0, discharge_kw=0.0, trip_kwh=0.0, missed_trip_kwh=0.0, **energy,
        ),
        "nodes": over_time(nodes, live=1, injection_kw=0.0, injection_kvar=0.0, voltage_pu=1.0),
        "lines": over_time(legs, flow_kw=0.0, flow_kvar=0.0, rating_kva=np.nan),
        "sources": over_time(
            pd.DataFrame({"source": ["box"], "kind": ["battery"], "bus": ["b0"]}),
            output_kw=0.0, charge_kw=0.0, discharge_kw=0.0, available_kw=7.0, energy_end_kwh=5e3,
            fuel_l=np.nan, **outputs,
        ),
    }  # fmt: skip
    keys = (
        "served_critical served_other charged discharged losses_vehicle solar_used solar_curtailed fuel grid "
        "battery_charged battery_discharged losses_battery trips"
    )
    summary = {
        "critical": {t: {"total": 33, "served": 0} for t in (1, 2)},
        "critical_hours": {t: {"required": 33 * 24.0, "served": 0.0} for t in (1, 2)},
        "energy_kwh": dict.fromkeys(keys.split(), 0.0),
        "reserve_shortfall_kwh": 0.0,
    }
    return Plan(summary, tables)


def test_a_large_plan_is_audited_within_seconds() -> None:
    case = large_case()
    plan = idle_plan(case)
    begin = time.process_time()
    verdict = audit(case, plan)
    spent = time.process_time() - begin
    assert not verdict.failed, [str(check) for check in verdict.failed]
    assert spent < 2.0, f"{spent:.2f} s of processor time"


def test_a_case_of_nothing_but_a_bus() -> None:
    case = build_case(HOURS, buses=frame({"bus": "one", "phases": "abc", "kv_ln_kv": 2.4}))
    nodes = [
        {"start_utc": t.isoformat(), "hours": h, "bus": "one", "phase": p}
        for t, h in zip(case.boundaries, HOURS, strict=False)
        for p in "abc"
    ]
    table = pd.DataFrame(nodes).assign(live=0, injection_kw=0.0, injection_kvar=0.0, voltage_pu=np.nan)
    keys = ("served_critical", "served_other", "charged", "discharged", "losses_vehicle", "trips", "solar_used")
    more = ("solar_curtailed", "fuel", "grid", "battery_charged", "battery_discharged", "losses_battery")
    energy = dict.fromkeys(keys + more, 0.0)
    verdict = audit(case, Plan({"energy_kwh": energy, "reserve_shortfall_kwh": 0.0}, {"nodes": table}))
    assert not verdict.failed, [str(check) for check in verdict.failed]
