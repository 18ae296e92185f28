"""Small cases worked out by hand: each folder of `tests/cases` with the arithmetic in its README."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import v2g
from v2g.plan import Plan

FOLDER = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in FOLDER.iterdir() if (path / "case.toml").exists())
CLOSE = {"rel": 0, "abs": 1e-6}
KEYS = {"vehicles": "vehicle", "sources": "source", "loads": "load", "nodes": "bus", "lines": "line"}


def expectation(name: str) -> dict[str, Any]:
    """What the folder says of the plan."""
    return json.loads((FOLDER / name / "expected.json").read_text(encoding="utf-8"))


def assert_within(found: Any, expected: Any, path: str) -> None:
    """Every expected figure is found, in the tree and at its place."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert key in found, f"{path}: no '{key}'"
            assert_within(found[key], value, f"{path}/{key}")
    elif isinstance(expected, str):
        assert found == expected, path
    else:
        assert found == pytest.approx(expected, **CLOSE), path


def at_the_end(table: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    """The last row of each thing."""
    return {str(name): rows.iloc[-1].to_dict() for name, rows in table.groupby(key, sort=False)}


def at_a_time(tables: Mapping[str, pd.DataFrame], start: str) -> dict[str, dict[str, dict[str, Any]]]:
    """The rows of one interval, by table and thing; nodes by ``bus.phase``."""
    rows = {name: table[table["start_utc"] == start] for name, table in tables.items() if name in KEYS}
    found = {name: at_the_end(table, KEYS[name]) for name, table in rows.items() if name != "nodes"}
    return found | {"nodes": by_node(rows["nodes"])}


def delivered(deliveries: pd.DataFrame) -> dict[str, float]:
    """Energy in kWh by ``way/vehicle/site/load``; the load of V2H is blank."""
    names = deliveries[["way", "vehicle", "site", "load"]].fillna("").astype(str).agg("/".join, axis=1)
    energy: pd.Series[float] = (deliveries["kw"] * deliveries["hours"]).groupby(names).sum()
    return {str(name): float(kwh) for name, kwh in energy.items()}


def by_node(nodes: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The last row of each node, by ``bus.phase``."""
    return at_the_end(nodes.assign(node=nodes["bus"].astype(str) + "." + nodes["phase"].astype(str)), "node")


def assert_plan(plan: Plan, expected: dict[str, Any]) -> None:
    """All that the folder says of stages, summary, and the last (or another) interval of the tables."""
    stages = {s["name"]: s["objective"] for s in plan.summary["certificate"]["stages"]}
    assert_within(stages, expected.get("stages", {}), "stages")
    alive = {tier: row["survival_h"] for tier, row in plan.summary["critical"].items()}
    assert_within(alive, expected.get("survival_h", {}), "survival_h")
    for part in ("critical", "critical_hours", "energy_kwh", "reserve_shortfall_kwh"):
        if part in expected:
            assert_within(plan.summary[part], expected[part], part)
    for table, things in expected.get("last", {}).items():
        assert_within(at_the_end(plan.tables[table], KEYS[table]), things, table)
    assert_within(by_node(plan.tables["nodes"]), expected.get("nodes", {}), "nodes")
    for start, things in expected.get("at", {}).items():
        assert_within(at_a_time(plan.tables, start), things, start)
    if "deliveries" in expected:
        assert delivered(plan.tables["deliveries"]) == pytest.approx(expected["deliveries"], **CLOSE)


@pytest.mark.parametrize("name", NAMES)
def test_plan_is_what_the_readme_works_out(name: str) -> None:
    case = v2g.read(FOLDER / name)
    plan = v2g.solve(case, gap=1e-6)
    assert plan.summary["status"] == "optimal"
    assert_plan(plan, expectation(name))
    assert v2g.verify(case, plan).ok


def test_every_folder_shows_its_arithmetic() -> None:
    assert len(NAMES) >= 8
    for name in NAMES:
        assert len((FOLDER / name / "README.md").read_text(encoding="utf-8").split()) > 40, name
        assert not [f for f in v2g.check(FOLDER / name) if f.severity == "error"], name


def test_a_wrong_figure_is_noticed() -> None:
    plan = v2g.solve(v2g.read(FOLDER / "reserve-binds"))
    expected = expectation("reserve-binds")
    expected["stages"]["other_energy"] += 1e-5
    with pytest.raises(AssertionError, match="other_energy"):
        assert_plan(plan, expected)
