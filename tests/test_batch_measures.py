"""What a scenario is measured by, against arithmetic on a plan of one day that is written here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from v2g.batch.measures import Served, by_day, by_load, unserved
from v2g.batch.tables import described
from v2g.case import Case
from v2g.formats.draft import Draft
from v2g.plan import Plan
from v2g.reading import read

HEADER = {"format": 1, "name": "day", "start_utc": "2026-01-15T00:00:00+00:00", "step_min": 360, "steps": 4}
LOADS = (
    "load,bus,phases,tier,kw,service,hours_per_day,kwh_per_day,min_run_h",
    "clinic,head,a,1,4,continuous,,,",
    "pump,head,a,2,2,hours,12,,",
    "freezer,head,a,2,2,energy,,12,",
    "pool,head,a,2,3,flexible,,,",
    "lamp,head,a,0,1,continuous,,,",
)


def frame(header: str, *rows: str) -> pd.DataFrame:
    return pd.DataFrame([row.split(",") for row in rows], columns=header.split(","))


@pytest.fixture(scope="module")
def case() -> Case:
    tables = {
        "buses": frame("bus,phases,kv_ln_kv", "head,a,0.23"),
        "grid": frame("grid,bus,phases,from_utc", "supply,head,a,2026-01-16T00:00:00+00:00"),
        "loads": frame(*LOADS),
    }
    return read(Draft.of(HEADER, tables))


def served(case: Case, **kw: list[float]) -> Served:
    """A plan in which loads get that many kW in each interval; those not named get nothing."""
    table = case.table("loads")
    rows = [
        {"load": load, "demand_kw": full, "served_kw": kw.get(load, [0.0] * 4)[t], "required": float(load == "clinic")}
        for t in range(4)
        for load, full in zip(table["load"], table["kw"], strict=True)
    ]
    return Served.of(case, Plan({}, {"loads": pd.DataFrame(rows)}))


def measured(case: Case, **kw: list[float]) -> dict[str, dict[str, Any]]:
    return {row["load"]: row for row in by_load(served(case, **kw))}


def test_loads_by_the_day_are_counted_by_tier(case: Case) -> None:
    """The pump by its hours and the freezer by its energy; the pool is flexible, which is no critical service."""
    assert by_day(case) == {"tier2_by_day": 2}
    assert described("tier2_by_day", {})["meaning"].startswith("tier 2: of these, loads with service by the day")


def test_only_loads_that_count_are_told(case: Case) -> None:
    assert list(measured(case)) == ["clinic", "pump", "freezer"]


def test_part_of_the_power_is_part_of_the_hour(case: Case) -> None:
    clinic = measured(case, clinic=[4, 4, 2, 4])["clinic"]
    assert (clinic["hours_required"], clinic["hours_served"]) == (24.0, 6 + 6 + 3 + 6)
    assert (clinic["kwh_required"], clinic["kwh_served"]) == (4 * 24.0, 4 * 18.0 + 2 * 6.0)
    assert clinic["dark_from_h"] == 12.0


def test_hours_of_a_day_count_at_full_power_alone(case: Case) -> None:
    enough = measured(case, pump=[2, 1, 0, 2])["pump"]
    assert (enough["hours_required"], enough["hours_served"], enough["dark_from_h"]) == (12.0, 12.0, None)
    assert (enough["kwh_required"], enough["kwh_served"]) == (24.0, 24.0)
    half = measured(case, pump=[2, 1, 0, 1])["pump"]
    assert (half["hours_served"], half["dark_from_h"]) == (6.0, 24.0), "short only when the day is over"


def test_more_than_the_day_needs_counts_no_more(case: Case) -> None:
    pump = measured(case, pump=[2, 2, 2, 2])["pump"]
    assert (pump["hours_required"], pump["hours_served"], pump["kwh_served"]) == (12.0, 12.0, 24.0)


def test_energy_of_a_day_is_told_as_hours_at_its_power(case: Case) -> None:
    freezer = measured(case, freezer=[1, 0.5, 0, 0])["freezer"]
    assert (freezer["kwh_required"], freezer["kwh_served"]) == (12.0, 6.0 + 3.0)
    assert (freezer["hours_required"], freezer["hours_served"], freezer["dark_from_h"]) == (12 / 2, 9 / 2, 24.0)


def test_power_that_is_lacking_by_interval(case: Case) -> None:
    rows = unserved(served(case, clinic=[4, 3, 0, 4]))
    assert [(row["tier"], row["from_h"], row["hours"], row["unserved_kw"]) for row in rows] == [
        (1, 6.0, 6.0, 1.0), (1, 12.0, 6.0, 4.0),
    ]  # fmt: skip


def test_rounding_of_a_solver_is_no_lack(case: Case) -> None:
    full = np.full(4, 4.0)
    assert measured(case, clinic=list(full - 9e-7))["clinic"]["dark_from_h"] is None
    assert measured(case, clinic=list(full - 2e-6))["clinic"]["dark_from_h"] == 0.0
