"""Fleet minimums that cannot be reached are said, in the report and by `explain`."""

from __future__ import annotations

import pytest
from random_cases import Small, planned
from test_defects_ways import HEADER, asks, hall

import v2g
from v2g.reports.text import plan_report


def two_cars(step: int = 60, steps: int = 3) -> Small:
    """A hall with two cars of 20 kWh; the second is on a trip in the second hour. Two must hold 5 kWh at any time."""
    small = asks(hall(step, steps, {"socket_kw": 1.0}), 1, by_v2l=1)
    small.tables["vehicles"].append({**small.tables["vehicles"][0], "vehicle": "other"})
    small.tables["trips"] = [
        {"vehicle": "other", "depart_utc": small.time(0), "return_utc": small.time(2), "energy_kwh": 2}
    ]
    small.tables["fleet_minimum"] = [{"minimum": "ready", "vehicles": 2, "energy_kwh": 5}]
    return small


def test_a_minimum_that_is_not_reached_is_told() -> None:
    """On the road at the point between its departure and its return: one car is left at 19:00."""
    case, plan = planned(two_cars())
    line = "ready: 2 vehicles with 5 kWh are asked for, and only 1 is ready at 2026-01-15 19:00 UTC"
    assert f"  fleet minimum: {line}" in plan_report(case, plan).splitlines()
    (reason,) = [r for r in v2g.explain(case, plan) if r.cause == "orders"]
    assert reason.text.startswith(f"{line} (fleet_minimum.csv, row 2).")


def test_a_minimum_that_is_reached_is_not_told() -> None:
    small = two_cars()
    small.tables["fleet_minimum"][0]["vehicles"] = 1
    case, plan = planned(small)
    assert "fleet minimum" not in plan_report(case, plan)


def test_nothing_is_drawn_for_nothing_where_power_costs_nothing() -> None:
    """The grid is there; a pump of 2 kW that draws 1 kW more in its first hour is picked up once: 1 kWh."""
    small = Small({**HEADER, "step_min": 60, "steps": 4}, {"buses": [{"bus": "b1", "kv_ln_kv": 0.23}]})
    small.tables["grid"] = [{"grid": "head", "bus": "b1"}]
    small.tables["loads"] = [{"load": "pump", "bus": "b1", "kw": 2, "tier": 1, "pickup_factor": 1.5, "pickup_h": 1}]
    _, plan = planned(small)
    assert plan.tables["loads"]["surge_kw"].round(9).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert plan.summary["energy_kwh"]["pickup"] == pytest.approx(1.0)
