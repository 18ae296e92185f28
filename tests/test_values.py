"""Marginal values: each is what a small change of the case, solved again, does to the critical load-hours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small import case_of

import v2g
from v2g.case import Case
from v2g.errors import UsageError
from v2g.plan import Plan
from v2g.remedies.tables import Tables
from v2g.reports.text import values_report
from v2g.values import COLUMNS

CASES = Path(__file__).parent / "cases"
SMALL = 0.02
Change = Callable[[Tables], Tables]


def missed(plan: Plan) -> float:
    """Critical load-hours that a plan misses."""
    rows = plan.summary["critical_hours"].values()
    return float(sum(row["required"] - row["served"] for row in rows))


def gained(case: Case, plan: Plan, change: Change) -> float:
    """Critical load-hours gained by a change of the tables."""
    changed = change(Tables.of(case)).checked()
    assert changed is not None
    return missed(plan) - missed(v2g.solve(changed))


def more(table: str, key: str, name: str, **by: float) -> Change:
    """Numbers of one row raised."""

    def change(tables: Tables) -> Tables:
        frame = tables.frame(table)
        row = frame[frame[key] == name].iloc[0]
        return tables.with_cells(table, key, name, **{column: float(row[column]) + d for column, d in by.items()})

    return change


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(tables: Tables) -> Tables:
        for one in changes:
            tables = one(tables)
        return tables

    return change


def worth(frame: pd.DataFrame, kind: str, name: str, hour: str | None = None) -> float:
    """A value, summed over all intervals if no hour is given."""
    mine = (frame["kind"] == kind) & (frame["name"] == name)
    if hour is not None:
        mine &= frame["start_utc"].str[11:16] == hour
    return float(frame.loc[mine, "worth_h"].sum())


@pytest.fixture(scope="module")
def table(village: Case, village_plan: Plan) -> pd.DataFrame:
    return v2g.values(village, village_plan)


def test_the_village_as_its_readme_works_out(table: pd.DataFrame) -> None:
    """One kWh at a bus 0.2 h after 20:00, 0.162 h before. In the battery 0.9 of that arrives, in leaf30 0.8."""
    for bus in ("square", "hill"):
        assert [worth(table, "energy", bus, f"{hour}:00") for hour in (18, 19, 20, 21)] == pytest.approx(
            [0.162, 0.162, 0.2, 0.2], abs=1e-9
        )
    assert worth(table, "start energy", "townhall") == pytest.approx(0.9 / 5)
    assert worth(table, "start energy", "leaf30") == pytest.approx(0.8 / 5)
    assert worth(table, "reserve", "leaf30") == pytest.approx(0.8 / 5)
    assert worth(table, "vehicle and charger power", "leaf60", "18:00") == pytest.approx(0.162)
    assert set(table.loc[table["kind"] == "start energy", "name"]) == {"townhall", "leaf30"}


@pytest.mark.parametrize(
    ("kind", "name", "hour", "change"),
    [
        ("start energy", "townhall", None, more("batteries", "battery", "townhall", start_kwh=SMALL)),
        ("start energy", "leaf30", None, more("vehicles", "vehicle", "leaf30", start_kwh=SMALL)),
        ("start energy", "leaf60", None, more("vehicles", "vehicle", "leaf60", start_kwh=SMALL)),
        ("reserve", "leaf30", None, more("vehicles", "vehicle", "leaf30", reserve_kwh=-SMALL)),
        ("reserve", "zoe", None, more("vehicles", "vehicle", "zoe", reserve_kwh=-SMALL)),
        ("battery power", "townhall", None, more("batteries", "battery", "townhall", discharge_kw=SMALL)),
        (
            "vehicle and charger power", "leaf60", None,
            both(more("vehicles", "vehicle", "leaf60", discharge_kw=SMALL),
                 more("chargers", "charger", "square_1", discharge_kw=SMALL)),
        ),
        ("vehicle power", "leaf60", None, more("vehicles", "vehicle", "leaf60", discharge_kw=SMALL)),
    ],
)  # fmt: skip
def test_the_village_solved_again(
    village: Case, village_plan: Plan, table: pd.DataFrame, kind: str, name: str, hour: str | None, change: Change
) -> None:
    assert gained(village, village_plan, change) / SMALL == pytest.approx(worth(table, kind, name, hour), abs=1e-6)


@pytest.mark.parametrize(("hour", "bus"), [(18, "hill"), (21, "square")])
def test_a_kwh_at_a_bus_in_an_hour(village: Case, village_plan: Plan, table: pd.DataFrame, hour: int, bus: str) -> None:
    """From a generator that may run in that hour alone."""

    def change(tables: Tables) -> Tables:
        times = {"from_utc": f"2026-01-15T{hour}:00:00+00:00", "until_utc": f"2026-01-15T{hour + 1}:00:00+00:00"}
        return tables.with_row(
            "generators",
            generator="drop",
            bus=bus,
            phases="a",
            rating_kw=SMALL,
            rating_kva=1,
            fuel_l=9,
            fuel_l_per_kwh=1,
            **times,
        )

    assert gained(village, village_plan, change) / SMALL == pytest.approx(
        worth(table, "energy", bus, f"{hour}:00"), abs=1e-6
    )


def test_a_plug_is_worth_at_most_its_best_use(village: Case, village_plan: Plan, table: pd.DataFrame) -> None:
    """8 kWh at 0.2 h would be 1.6 h; no more than the 0.276 h that are missed can be gained."""

    def change(tables: Tables) -> Tables:
        row = dict(tables.frame("vehicles").set_index("vehicle").loc["leaf60"])
        tables = tables.with_cells("chargers", "charger", "hill_1", plugs=2).with_row("vehicles", vehicle="new", **row)
        times = {"from_utc": village.boundaries[0], "until_utc": village.boundaries[-1]}
        return tables.with_row("stays", vehicle="new", charger="hill_1", **times)

    assert worth(table, "plug", "hill_1") == pytest.approx(0.276)
    assert gained(village, village_plan, change) == pytest.approx(0.276)


@pytest.mark.parametrize(
    ("name", "kind", "of", "value", "change"),
    [
        # 1 L is an hour of the engine and of the clinic
        ("idle-burn", "fuel", "diesel", 1.0, more("generators", "generator", "diesel", fuel_l=SMALL)),
        # 1 kW through the switch for the one hour is a fifth of the 5 kW that are asked for
        ("v2h-transfer-switch", "transfer switch", "home", 0.2, more("sites", "site", "home", transfer_kw=SMALL)),
        ("v2l-cords", "cords", "hall", 0.2, more("sites", "site", "hall", sockets_kw=SMALL)),
        # 4 kW are asked for, in each of two hours
        ("v2l-sockets", "socket power", "ev", 0.5, more("vehicles", "vehicle", "ev", socket_kw=SMALL / 2)),
        ("site-export", "connection, giving", "depot", 0.2, more("sites", "site", "depot", export_kw=SMALL)),
        ("grid-returns", "start energy", "box", 1 / 3, more("batteries", "battery", "box", start_kwh=SMALL)),
        ("tier-order", "start energy", "box", 2.0, more("batteries", "battery", "box", start_kwh=SMALL)),
        ("shared-tank", "fuel", "cellar", 0.5, more("tanks", "tank", "cellar", fuel_l=SMALL)),
        ("shared-tank", "generator power", "new", 0.25, more("generators", "generator", "new", rating_kw=SMALL)),
        ("unequal-intervals", "reserve", "ev", 0.2, more("vehicles", "vehicle", "ev", reserve_kwh=-SMALL)),
    ],
)
def test_other_cases_solved_again(name: str, kind: str, of: str, value: float, change: Change) -> None:
    case = v2g.read(CASES / name)
    plan = v2g.solve(case)
    assert worth(v2g.values(case, plan), kind, of) == pytest.approx(value)
    assert gained(case, plan, change) / SMALL == pytest.approx(value, abs=1e-5)


@pytest.mark.slow
def test_a_real_feeder_solved_again() -> None:
    case = v2g.read("ieee13-blackout")
    plan = v2g.solve(case)
    table = v2g.values(case, plan)
    best = table[(table["kind"] == "start energy") & (table["name"].isin(case.table("vehicles")["vehicle"]))].iloc[0]
    change = more("vehicles", "vehicle", str(best["name"]), start_kwh=SMALL)
    assert gained(case, plan, change) / SMALL == pytest.approx(best["worth_h"], rel=1e-3)


def test_what_is_never_missed_is_worth_nothing() -> None:
    case = v2g.read(CASES / "fuel-limit")
    table = v2g.values(case, v2g.solve(case))
    assert table.empty and list(table.columns) == list(COLUMNS)
    assert values_report(table) == "One more of anything is worth nothing to critical loads."


def test_the_report_names_the_best_of_each_kind(table: pd.DataFrame) -> None:
    text = values_report(table)
    assert text.startswith("Worth in critical load-hours of one unit more")
    assert "energy: square, 2026-01-15 20:00: 0.2 h/kWh" in text and "and 3 more" in text
    assert "plug: hill_1 for one more like leaf60: 0.276 h/plug" in text


def test_a_plan_without_multipliers_has_no_values(village: Case, village_plan: Plan) -> None:
    with pytest.raises(UsageError, match="no multipliers of critical load-hours"):
        v2g.values(village, Plan(village_plan.summary, village_plan.tables))


def test_values_survive_being_written(village: Case, village_plan: Plan, table: pd.DataFrame, tmp_path: Path) -> None:
    from v2g.formats.plan_folder import read_plan, write_plan

    back = v2g.values(village, read_plan(write_plan(village_plan, tmp_path / "plan")))
    assert back.drop(columns="worth_h").equals(table.drop(columns="worth_h"))
    assert np.allclose(back["worth_h"], table["worth_h"])


def test_a_kw_of_a_generator_counts_for_the_time_in_which_it_can_run() -> None:
    """4 kW from half past on are 2 kWh of 10; one kW more is half a kWh more, 0.05 h."""
    engine = "generator,bus,rating_kw,rating_kva,fuel_l,fuel_l_per_kwh,from_utc\n"
    box = "battery,bus,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,forming"
    tables = {
        "buses": "bus,kv_ln_kv\nsquare,0.23", "loads": "load,bus,tier,kw\nclinic,square,1,10",
        "batteries": f"{box}\nbox,square,9,0,4,4,1,1,1",
        "generators": f"{engine}diesel,square,4,40,50,0.25,2026-01-15T18:30:00+00:00",
    }  # fmt: skip
    case = case_of(tables, {"step_min": 60, "steps": 1})
    found = v2g.values(case, v2g.solve(case, network="transport"))
    assert worth(found, "generator power", "diesel") == pytest.approx(0.05)
