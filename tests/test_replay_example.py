"""A small case and its plan, worked out by hand; the audit accepts it. Other tests break it piece by piece.

Two intervals of 1 h and 0.5 h. One line head - shop (abc), one shop - home (a), an open one to far::

    head (battery, forms; capacitor) ---- shop (ward, lamp, generator, leaf) ---- home (fridge, sun, van)
                                           far (lost): dead
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from v2g.case import Case
from v2g.plan import Plan
from v2g.replay import audit

START = pd.Timestamp("2026-01-10 06:00", tz="UTC")
HOURS = (1.0, 0.5)
Rows = Sequence[Mapping[str, Any]]


def frame(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """A table from its rows."""
    return pd.DataFrame(list(rows))


def build_case(hours: Sequence[float], header: Mapping[str, object] | None = None, **tables: pd.DataFrame) -> Case:
    """A case from its tables; times of windows default to open ones."""
    edges = START + pd.to_timedelta(np.concatenate([[0.0], np.cumsum(hours)]), unit="h")
    defaults = {"format": 1, "network": "lindistflow", "policy": "tiers", "seed": 0, "vmin_pu": 0.9, "vmax_pu": 1.1}
    return Case("tiny", "", {**defaults, **(header or {})}, pd.DatetimeIndex(edges), tables, "0" * 64)


def starts(case: Case) -> list[str]:
    """Interval starts as a plan writes them."""
    return [time.isoformat() for time in case.boundaries[:-1]]


def over_time(case: Case, things: Rows, **columns: Sequence[Sequence[float]]) -> pd.DataFrame:
    """A plan table, interval-major: ``things`` give the labels, ``columns`` hold [thing][interval]."""
    rows = []
    for t, start in enumerate(starts(case)):
        for i, thing in enumerate(things):
            values = {name: column[i][t] for name, column in columns.items()}
            rows.append({"start_utc": start, "hours": case.hours[t], **thing, **values})
    return pd.DataFrame(rows)


R = np.array([[0.40, 0.10, 0.08], [0.10, 0.42, 0.09], [0.08, 0.09, 0.38]])
X = np.array([[0.80, 0.30, 0.25], [0.30, 0.78, 0.28], [0.25, 0.28, 0.82]])
HOME_R, HOME_X = 0.5, 0.3
KV = 2.4


def impedance_columns(r: np.ndarray, x: np.ndarray) -> dict[str, float]:
    """Upper triangles as the columns of a line."""
    pairs = [(i, j) for i in range(3) for j in range(i, 3)]
    found = {f"r_{'abc'[i]}{'abc'[j]}_ohm": float(r[i, j]) for i, j in pairs}
    return {**found, **{f"x_{'abc'[i]}{'abc'[j]}_ohm": float(x[i, j]) for i, j in pairs}}


def example_case() -> Case:
    """The case of the module's docstring."""
    half = START + pd.Timedelta(hours=1)
    end = START + pd.Timedelta(hours=1.5)
    one_phase = np.zeros((3, 3))
    one_phase[0, 0] = 1.0
    wye = {"phases": "abc", "connection": "wye"}
    store = {"charge_eff": 0.9, "discharge_eff": 0.8}
    return build_case(
        HOURS,
        buses=frame(
            {"bus": "head", "phases": "abc", "kv_ln_kv": KV},
            {"bus": "shop", "phases": "abc", "kv_ln_kv": KV},
            {"bus": "home", "phases": "a", "kv_ln_kv": KV, "vmin_pu": 0.95},
            {"bus": "far", "phases": "abc", "kv_ln_kv": KV},
        ),
        lines=frame(
            {"line": "main", "from_bus": "head", "to_bus": "shop", "phases": "abc", "closed": True, "rating_kva": 6.0}
            | impedance_columns(R, X),
            {"line": "drop", "from_bus": "shop", "to_bus": "home", "phases": "a", "closed": True}
            | impedance_columns(HOME_R * one_phase, HOME_X * one_phase),
            {"line": "tie", "from_bus": "shop", "to_bus": "far", "phases": "abc", "closed": False}
            | impedance_columns(R, X),
        ),
        capacitors=frame({"capacitor": "cap", "bus": "head", "kvar": 1.5, "closed": True, **wye}),
        loads=frame(
            {"load": "ward", "bus": "shop", "tier": 1, "service": "continuous", "kw": 9.0, "kvar": 3.0, **wye},
            {"load": "fridge", "bus": "home", "tier": 2, "service": "continuous", "kw": 2.0, "kvar": 0.0}
            | {"phases": "a", "connection": "wye"},
            {"load": "lamp", "bus": "shop", "tier": 0, "service": "flexible", "kw": 3.0, "kvar": 0.0, **wye},
            {"load": "lost", "bus": "far", "tier": 1, "service": "continuous", "kw": 1.0, "kvar": 0.0, **wye},
        ),
        vehicles=frame(
            {"vehicle": "leaf", "capacity_kwh": 20.0, "start_kwh": 12.0, "reserve_kwh": 5.0}
            | {"charge_kw": 6.0, "discharge_kw": 6.0},
            {"vehicle": "van", "capacity_kwh": 10.0, "start_kwh": 4.0, "reserve_kwh": 6.0}
            | {"charge_kw": 3.0, "discharge_kw": 3.0},
            {"vehicle": "moped", "capacity_kwh": 3.0, "start_kwh": 1.0, "reserve_kwh": 0.0}
            | {"charge_kw": 1.0, "discharge_kw": 0.0},
        ),
        chargers=frame(
            {"charger": "station", "bus": "shop", "charge_kw": 5.0, "discharge_kw": 5.0, **store, **wye},
            {"charger": "socket", "bus": "home", "phases": "a", "connection": "wye", "charge_kw": 2.0}
            | {"discharge_kw": 2.0, "charge_eff": 0.5, "discharge_eff": 0.8},
        ),
        stays=frame(
            {"vehicle": "leaf", "charger": "station", "from_utc": START, "until_utc": half},
            {"vehicle": "van", "charger": "socket", "from_utc": START, "until_utc": end},
        ),
        trips=frame(
            {"vehicle": "leaf", "depart_utc": half, "return_utc": end, "energy_kwh": 2.0},
            {"vehicle": "moped", "depart_utc": START, "return_utc": end, "energy_kwh": 3.0},
        ),
        batteries=frame(
            {"battery": "box", "bus": "head", "capacity_kwh": 40.0, "start_kwh": 20.0, "reserve_kwh": 3.0, **wye}
            | {"charge_kw": 15.0, "discharge_kw": 15.0, "rating_kva": 18.0, "forming": True, "voltage_pu": 1.0, **store}
        ),
        solar=frame(
            {"solar": "sun", "bus": "home", "phases": "a", "connection": "wye", "rating_kw": 2.0, "profile": "sky"}
        ),
        generators=frame(
            {"generator": "diesel", "bus": "shop", "rating_kw": 6.0, "fuel_l": 0.8, "fuel_l_per_kwh": 0.4, **wye}
            | {"forming": False, "from_utc": pd.NaT, "until_utc": half}
        ),
        profiles=pd.DataFrame({"start_utc": [START, half], "sky": [0.5, 0.0]}),
    )


def matrices(r: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """MP and MQ as the literature prints them, entry by entry."""
    (raa, rab, rac), (_, rbb, rbc), (_, _, rcc) = r
    (xaa, xab, xac), (_, xbb, xbc), (_, _, xcc) = x
    s3 = np.sqrt(3.0)
    mp = [
        [2 * raa, -rab + s3 * xab, -rac - s3 * xac],
        [-rab - s3 * xab, 2 * rbb, -rbc + s3 * xbc],
        [-rac + s3 * xac, -rbc - s3 * xbc, 2 * rcc],
    ]
    mq = [
        [2 * xaa, -xab - s3 * rab, -xac + s3 * rac],
        [-xab + s3 * rab, 2 * xbb, -xbc - s3 * rbc],
        [-xac - s3 * rac, -xbc + s3 * rbc, 2 * xcc],
    ]
    return np.array(mp), np.array(mq)


# Flows on "main" by phase and interval: ward 3 + 1j a phase, lamp 0.5 (first interval), less generator 0.5 and leaf 1
# a phase (first interval), plus on phase a what goes on to home: fridge 2, van 1 and sun -1 (first interval).
MAIN_KW = np.array([[3 + 0.5 - 0.5 - 1 + 2, 3 + 2], [3 + 0.5 - 0.5 - 1, 3], [3 + 0.5 - 0.5 - 1, 3]])
MAIN_KVAR = np.ones((3, 2))
HOME_KW = np.array([[2.0 + 1.0 - 1.0, 2.0]])


def example_voltages() -> np.ndarray:
    """Squared voltages of head (3), shop (3), home (1), far (3) by interval."""
    mp, mq = matrices(R, X)
    shop = 1.0 - (mp @ MAIN_KW + mq @ MAIN_KVAR) / (1000.0 * KV**2)
    home = shop[:1] - 2.0 * HOME_R * HOME_KW / (1000.0 * KV**2)
    return np.vstack([np.ones((3, 2)), shop, home, np.full((3, 2), np.nan)])


def example_loads(case: Case) -> pd.DataFrame:
    """Ward and fridge in full, half of the lamp in the first interval, nothing at the dead bus."""
    labels = [("ward", "shop", 1), ("fridge", "home", 2), ("lamp", "shop", 0), ("lost", "far", 1)]
    return over_time(
        case,
        [{"load": load, "bus": bus, "tier": tier} for load, bus, tier in labels],
        required=[[1, 1], [1, 1], [0, 0], [1, 1]],
        demand_kw=[[9, 9], [2, 2], [3, 3], [1, 1]],
        served_kw=[[9.0, 9.0], [2.0, 2.0], [1.5, 0.0], [0.0, 0.0]],
        served_kvar=[[3.0, 3.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]],
    )


def example_vehicles(case: Case) -> pd.DataFrame:
    """Leaf gives 3 kW and drives, van takes 1 kW below its reserve, moped lacks 2 kWh of its trip.

    leaf 12 - 3 x 1 / 0.8 = 8.25, then - 2 = 6.25; van 4 + 0.5 x 1 x 1 = 4.5; moped 1 - 2 + 1 missing = 0.
    """
    table = over_time(
        case,
        [{"vehicle": "leaf"}, {"vehicle": "van"}, {"vehicle": "moped"}],
        charge_kw=[[0, 0], [1.0, 0], [0, 0]],
        discharge_kw=[[3.0, 0], [0, 0], [0, 0]],
        trip_kwh=[[0, 2.0], [0, 0], [2.0, 1.0]],
        missed_trip_kwh=[[0, 0], [0, 0], [1.0, 1.0]],
        energy_start_kwh=[[12, 8.25], [4, 4.5], [1, 0]],
        energy_end_kwh=[[8.25, 6.25], [4.5, 4.5], [0.0, 0.0]],
        reserve_kwh=[[5, 5], [6, 6], [0, 0]],
        shortfall_kwh=[[0, 0], [1.5, 1.5], [0, 0]],
    )
    table.insert(3, "charger", ["station", "socket", "", "", "socket", ""])
    return table


def example_nodes(case: Case) -> pd.DataFrame:
    """Battery and capacitor (0.5 kvar a phase) at head feed everything."""
    nodes = [
        (bus, phase) for bus, on in (("head", "abc"), ("shop", "abc"), ("home", "a"), ("far", "abc")) for phase in on
    ]
    shop = -(MAIN_KW - np.vstack([HOME_KW, np.zeros((2, 2))]))
    zero = np.zeros((3, 2))
    return over_time(
        case,
        [{"bus": bus, "phase": phase} for bus, phase in nodes],
        live=[[1, 1]] * 7 + [[0, 0]] * 3,
        injection_kw=np.vstack([MAIN_KW, shop, -HOME_KW, zero]).tolist(),
        injection_kvar=np.vstack([MAIN_KVAR, -MAIN_KVAR, 0.0 * HOME_KW, zero]).tolist(),
        voltage_pu=np.sqrt(example_voltages()).tolist(),
    )


def example_lines(case: Case) -> pd.DataFrame:
    """The closed legs; the open tie is not listed."""
    main = [{"line": "main", "kind": "line", "from_bus": "head", "to_bus": "shop", "phase": p} for p in "abc"]
    return over_time(
        case,
        [*main, {"line": "drop", "kind": "line", "from_bus": "shop", "to_bus": "home", "phase": "a"}],
        flow_kw=np.vstack([MAIN_KW, HOME_KW]).tolist(),
        flow_kvar=np.vstack([MAIN_KVAR, 0.0 * HOME_KW]).tolist(),
        rating_kva=[[6.0, 6.0]] * 3 + [[np.nan, np.nan]],
    )


def example_sources(case: Case) -> pd.DataFrame:
    """Diesel 1.5 kW (0.6 L), box 8 then 11 kW (20 - 8/0.8 = 10, - 11 x 0.5/0.8 = 3.125), sun 1 kW."""
    labels = [("diesel", "generator", "shop"), ("box", "battery", "head"), ("sun", "solar", "home")]
    none = [np.nan, np.nan]
    phases = {f"output_{p}_kw": [[0.5, 0.0], MAIN_KW[i].tolist(), none] for i, p in enumerate("abc")}
    phases |= {f"output_{p}_kvar": [[0.0, 0.0], [0.5, 0.5], none] for p in "abc"}
    phases["output_a_kw"][2], phases["output_a_kvar"][2] = [1.0, 0.0], [0.0, 0.0]
    return over_time(
        case,
        [{"source": source, "kind": kind, "bus": bus} for source, kind, bus in labels],
        output_kw=[[1.5, 0.0], [8.0, 11.0], [1.0, 0.0]],
        charge_kw=[none, [0.0, 0.0], none],
        discharge_kw=[none, [8.0, 11.0], none],
        available_kw=[[6.0, 0.0], [15.0, 15.0], [1.0, 0.0]],
        energy_end_kwh=[none, [10.0, 3.125], none],
        fuel_l=[[0.6, 0.0], none, none],
        **phases,
    )


EXAMPLE_SUMMARY: dict[str, Any] = {
    "status": "optimal",
    "critical": {"1": {"total": 2, "served": 1, "bound": 1}, "2": {"total": 1, "served": 1, "bound": 1}},
    "critical_hours": {"1": {"required": 3.0, "served": 1.5}, "2": {"required": 1.5, "served": 1.5}},
    "energy_kwh": {
        "served_critical": (9 + 2) * 1.5, "served_other": 1.5, "charged": 1.0, "discharged": 3.0,
        "losses_vehicle": 1.0 * (1 - 0.5) + 3.0 * (1 / 0.8 - 1), "solar_used": 1.0, "solar_curtailed": 0.0,
        "fuel": 1.5, "grid": 0.0, "battery_charged": 0.0, "battery_discharged": 8.0 + 5.5,
        "losses_battery": 13.5 * (1 / 0.8 - 1), "trips": 2.0 + 1.0,
    },
    "reserve_shortfall_kwh": 2.0,
    "provenance": {"network": "lindistflow"},
}  # fmt: skip


def example_plan(case: Case) -> Plan:
    """The plan worked out above."""
    tables = {
        "loads": example_loads(case), "vehicles": example_vehicles(case), "nodes": example_nodes(case),
        "lines": example_lines(case), "sources": example_sources(case),
    }  # fmt: skip
    return Plan(EXAMPLE_SUMMARY, tables)


def test_the_example_passes() -> None:
    case = example_case()
    verdict = audit(case, example_plan(case))
    assert not verdict.failed, [str(check) for check in verdict.failed]
    assert verdict.ok and verdict.max_violation <= 1e-9


def test_what_the_audit_recomputes() -> None:
    case = example_case()
    verdict = audit(case, example_plan(case))
    assert verdict.served[1] == {"total": 2, "served": 1, "loads_total": 2, "loads_served": 1}
    assert verdict.served[2]["served"] == 1
    assert verdict.critical_hours == {1: {"required": 3.0, "served": 1.5}, 2: {"required": 1.5, "served": 1.5}}
    others = {"v2h": 0.0, "v2l": 0.0, "standby": 0.0, "pickup": 0.0}
    others |= {"losses_feeder": 0.0, "off_nominal": 0.0, "no_load": 0.0}
    assert verdict.energy_kwh == pytest.approx({**EXAMPLE_SUMMARY["energy_kwh"], **others})
    assert verdict.survival_h == {1: 0.0, 2: 1.5}, "lost never has anything, fridge always"
    assert verdict.reserve_shortfall_kwh == pytest.approx(2.0)
    assert verdict.bound == {1: 1.0, 2: 1.0}


def test_the_verdict_is_plain_json() -> None:
    import json

    case = example_case()
    verdict = audit(case, example_plan(case))
    back = json.loads(json.dumps(verdict.to_dict(), allow_nan=False))
    assert back["ok"] is True and len(back["checks"]) == len(verdict.checks)
    assert back["served"]["1"]["served"] == 1


def test_a_plan_read_back_from_csv_passes(tmp_path: Any) -> None:
    case = example_case()
    plan = example_plan(case)
    tables = {}
    for name, table in plan.tables.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        tables[name] = pd.read_csv(tmp_path / f"{name}.csv")
    assert audit(case, Plan(plan.summary, tables)).ok


def test_weights_count_people_or_loads() -> None:
    case = example_case()
    loads = case.tables["loads"].assign(people=[30.0, np.nan, np.nan, 12.0])
    weighted = build_case(HOURS, case.header, **{**case.tables, "loads": loads})
    plan = example_plan(case)
    assert audit(weighted, plan).ok
    people = {**plan.summary, "critical": {"1": {"total": 42, "served": 30}, "2": {"total": 1, "served": 1}}}
    verdict = audit(weighted, Plan(people, plan.tables))
    assert verdict.ok and verdict.served[1]["served"] == 30
    mixed = {**plan.summary, "critical": {"1": {"total": 42, "served": 1}, "2": {"total": 1, "served": 1}}}
    assert not audit(weighted, Plan(mixed, plan.tables)).ok
