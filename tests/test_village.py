"""Every figure of the village, worked out by hand in its README, to the last digit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import v2g
from v2g.case import Case
from v2g.formats import locate, read_folder
from v2g.formats.draft import Draft
from v2g.plan import Plan

DIGIT = {"rel": 0, "abs": 1e-9}
PROVEN = 1e-6


@pytest.fixture(scope="module")
def case() -> Case:
    return v2g.read("village")


@pytest.fixture(scope="module")
def plan(case: Case) -> Plan:
    return v2g.solve(case)


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return json.loads((Path(locate("village")) / "expected.json").read_text(encoding="utf-8"))


def flat(tree: Any, path: str = "") -> dict[str, Any]:
    """Leaves of a tree of dictionaries by their path."""
    if not isinstance(tree, dict):
        return {path: tree}
    return {key: leaf for name, branch in tree.items() for key, leaf in flat(branch, f"{path}/{name}").items()}


def last(table: pd.DataFrame, key: str, column: str = "energy_end_kwh") -> dict[str, float]:
    """The last value of a column for each thing."""
    return {
        str(name): float(value) for name, value in table.dropna(subset=[column]).groupby(key)[column].last().items()
    }


def series(table: pd.DataFrame, key: str, name: str, column: str) -> list[float]:
    """A column over time, for one thing."""
    return table.loc[table[key] == name, column].astype(float).tolist()


def test_summary_is_what_the_readme_works_out(plan: Plan, expected: dict[str, Any]) -> None:
    found = flat({name: plan.summary[name] for name in ("status", "critical", "critical_hours", "energy_kwh")})
    found["/reserve_shortfall_kwh"] = plan.summary["reserve_shortfall_kwh"]
    asked = {path: value for path, value in flat(expected).items() if not path.startswith(("/end_kwh", "/worth"))}
    assert asked["/status"] == found["/status"] == "optimal"
    for path in asked.keys() - {"/status"}:
        assert found[path] == pytest.approx(asked[path], **DIGIT), path


def test_no_figure_of_the_energy_book_is_left_out(plan: Plan, expected: dict[str, Any]) -> None:
    assert set(plan.summary["energy_kwh"]) == set(expected["energy_kwh"])


def test_counts_are_proven(plan: Plan) -> None:
    assert {tier: row["bound"] for tier, row in plan.summary["critical"].items()} == {"1": 1, "2": 0}
    assert max(stage["gap"] for stage in plan.summary["certificate"]["stages"]) <= PROVEN


def test_energy_left_at_the_end(plan: Plan, expected: dict[str, Any]) -> None:
    left = last(plan.tables["vehicles"], "vehicle") | last(plan.tables["sources"], "source")
    assert left == pytest.approx(expected["end_kwh"], **DIGIT)


def test_price_of_a_kwh_before_and_after_the_cold_store_asks(case: Case, plan: Plan, expected: dict[str, Any]) -> None:
    worth, prices = expected["worth_of_one_kwh"], plan.tables["prices"]
    switch = pd.Timestamp("2026-01-15T20:00:00+00:00")
    late = pd.to_datetime(prices["start_utc"], utc=True) >= switch
    column = "critical_hours_h_per_kwh"
    assert len(prices) == 2 * case.steps
    assert prices.loc[~late, column].tolist() == pytest.approx([worth["critical_hours_before_20_utc"]] * 4, **DIGIT)
    assert prices.loc[late, column].tolist() == pytest.approx([worth["critical_hours_after_20_utc"]] * 4, **DIGIT)


def test_a_price_is_what_one_more_kwh_does() -> None:
    """Half a kWh more in the store of the hill's car is worth 0.8 of it at the plug, and 0.2 h for each kWh there."""
    base = hours_missed(v2g.read("village"))
    car = changed(("vehicles", "leaf30", "start_kwh", 16.5))
    store = changed(("batteries", "townhall", "start_kwh", 12.5))
    assert base - hours_missed(car) == pytest.approx(0.5 * 0.8 * 0.2, **DIGIT)
    assert base - hours_missed(store) == pytest.approx(0.5 * 0.9 * 0.2, **DIGIT)


def hours_missed(case: Case) -> float:
    """Value of the stage of critical hours."""
    stages = v2g.solve(case).summary["certificate"]["stages"]
    return next(s["objective"] for s in stages if s["name"] == "critical_hours")


def changed(*cells: tuple[str, str, str, Any]) -> Case:
    """The village with some cells (table, row's name, column, value) changed."""
    draft = read_folder(locate("village"))
    tables = {key: frame.copy() for key, frame in draft.tables.items()}
    for table, name, column, value in cells:
        tables[table].loc[tables[table].iloc[:, 0] == name, column] = str(value)
    return v2g.read(Draft.of(draft.header, tables))


def test_leaf60_gives_all_it_can_before_it_leaves(plan: Plan) -> None:
    vehicles = plan.tables["vehicles"]
    assert series(vehicles, "vehicle", "leaf60", "discharge_kw") == pytest.approx([6, 6, 0, 0], **DIGIT)
    assert series(vehicles, "vehicle", "leaf60", "energy_end_kwh") == pytest.approx([42.5, 35, 33, 31], **DIGIT)
    assert vehicles.loc[vehicles["vehicle"] == "leaf60", "charger"].tolist() == ["square_1", "square_1", "", ""]


def test_what_is_left_over_goes_through_the_battery_and_not_the_cars(plan: Plan) -> None:
    sources, vehicles = plan.tables["sources"], plan.tables["vehicles"]
    assert sum(series(sources, "source", "townhall", "charge_kw")[:2]) == pytest.approx(2, **DIGIT)
    assert sum(series(sources, "source", "townhall", "discharge_kw")[2:]) == pytest.approx(10.62, **DIGIT)
    assert vehicles["charge_kw"].abs().max() == pytest.approx(0, **DIGIT)
    assert sum(series(vehicles, "vehicle", "leaf30", "discharge_kw")[2:]) == pytest.approx(8, **DIGIT)
    assert vehicles.loc[vehicles["vehicle"] == "zoe", "discharge_kw"].max() == 0


def test_the_books_balance_in_every_hour(plan: Plan) -> None:
    nodes = plan.tables["nodes"].groupby("start_utc")["injection_kw"].sum()
    assert nodes.tolist() == pytest.approx([0, 0, 0, 0], **DIGIT)
    energy = plan.summary["energy_kwh"]
    given = energy["discharged"] - energy["battery_charged"] + energy["battery_discharged"]
    assert energy["served_critical"] == pytest.approx(given, **DIGIT) == pytest.approx(20 - 2 + 10.62, **DIGIT)


def test_voltage_along_the_lane_by_hand(plan: Plan) -> None:
    """w falls by 2 r P / (1000 kv^2) = 2 x 0.02 x P / 52.9 along the lane."""
    nodes, lines = plan.tables["nodes"], plan.tables["lines"]
    flow = series(lines, "line", "lane", "flow_kw")
    by_hand = [(1 - 0.04 * kw / 52.9) ** 0.5 for kw in flow]
    assert series(nodes, "bus", "hill", "voltage_pu") == pytest.approx(by_hand, **DIGIT)


def test_audit_says_yes(case: Case, plan: Plan) -> None:
    verdict = v2g.verify(case, plan)
    assert verdict.ok and verdict.max_violation <= 1e-9
    assert verdict.energy_kwh["served_critical"] == pytest.approx(28.62, **DIGIT)


ZOE_GIVES = (("vehicles", "zoe", "discharge_kw", 7.0), ("chargers", "square_2", "discharge_kw", 7.0))
TRAPS = {
    "the Zoe gives too": (ZOE_GIVES, 2.0),
    "reserve ignored": ((("vehicles", "leaf30", "reserve_kwh", 0.0),), 2.0),
    "no loss on the way out": ((("batteries", "townhall", "discharge_eff", 1.0),), 1.96),
    "no loss on the way in": ((("batteries", "townhall", "charge_eff", 1.0),), 1.76),
    "window ignored": ((("loads", "cold_store", "from_utc", ""),), 1.8),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_traps_are_traps(trap: str) -> None:
    """With the mistake made in the data, the cold store runs for as long as arithmetic says.

    No loss on the way out of the battery: 2 x 0.9 + 10 = 11.8 kWh, so 8 + 11.8 - 10 = 9.8 kWh for the store, 1.96 h.
    No window: the store asks for 20 kWh in place of 10, and gets the 2 kWh of leaf60 at once, without the loss:
    2 + 8 + 9 - 10 = 9 kWh, 1.8 h of 4 h.
    """
    cells, hours = TRAPS[trap]
    assert v2g.solve(changed(*cells)).summary["critical_hours"]["2"]["served"] == pytest.approx(hours, abs=1e-7)
