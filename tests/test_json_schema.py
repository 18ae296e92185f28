"""JSON Schemas of cases and plans: what comes along passes, what is broken fails where it is broken."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.planner_case import FEEDER, feeder, plan
from tests.small import HEADER, frame
from v2g.check.header import KEYS
from v2g.cli import run
from v2g.formats import read_folder, shipped_cases
from v2g.formats.draft import Draft
from v2g.json_schema import CASE_FILE, PLAN_FILE, case_json, case_schema, plan_json, plan_schema, schema_files, schemas
from v2g.planning import solve
from v2g.reading import check, read
from v2g.register import declarations

jsonschema: Any = pytest.importorskip("jsonschema")
PUBLISHED = Path(__file__).parent.parent / "docs" / "schema"


@cache
def validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(case_schema() if name == "case" else plan_schema())


def faults(name: str, instance: Any) -> list[str]:
    """Where an instance breaks its schema."""
    return ["/".join(map(str, error.absolute_path)) for error in validator(name).iter_errors(instance)]


def drafted(header: dict[str, Any] | None = None) -> Draft:
    """The feeder as it was written, with another header."""
    return Draft.of(HEADER | (header or {}), {name: frame(text) for name, text in FEEDER.items() if name != "profiles"})


def test_both_are_schemas_themselves() -> None:
    for schema in schemas().values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", [CASE_FILE, PLAN_FILE])
def test_the_published_ones_are_those_of_the_declarations(name: str) -> None:
    assert (PUBLISHED / name).read_bytes() == schema_files()[name], "run: v2g schema --out docs/schema"


def test_every_key_table_and_column_is_there() -> None:
    definitions = case_schema()["$defs"]
    assert set(definitions["header"]["properties"]) == set(KEYS)
    assert set(definitions) == {"header", *declarations()}
    for name, spec in declarations().items():
        assert set(definitions[name]["properties"]) == {column.name for column in spec.columns}
    assert definitions["loads"]["properties"]["kw"]["x-unit"] == "kW"


@pytest.mark.parametrize("name", shipped_cases())
def test_every_case_that_comes_along_passes(name: str) -> None:
    assert faults("case", case_json(read_folder(shipped_cases()[name]))) == []


@pytest.mark.parametrize("name", ["", "village", "places"])
def test_solved_plans_pass(name: str) -> None:
    assert faults("plan", json.loads(json.dumps(plan_json(solve(read(name)) if name else plan())))) == []


BROKEN_HEADERS: list[dict[str, Any]] = [
    {"format": 2}, {"format": "1"}, {"name": ""}, {"name": "a/b"}, {"name": ".hidden"}, {"name": 5}, {"title": 5},
    {"start_utc": "2026-01-15"}, {"start_utc": "2026-01-15T18:00:00"}, {"start_utc": "tomorrow"}, {"step_min": 0.5},
    {"step_min": 1441}, {"step_min": []}, {"step_min": "60"}, {"step_min": 60}, {"step_min": [60, 0]},
    {"steps": 0}, {"steps": 2.5}, {"steps": "4"}, {"steps": 100_001}, {"network": "ac"}, {"policy": "greedy"},
    {"seed": -1}, {"seed": 1.5}, {"vmin_pu": 0}, {"vmax_pu": 2.5}, {"vmin_pu": "0.9"}, {"cause": 5},
    {"guarantee_h": 0}, {"guarantee_h": "72"}, {"carry_h": -1}, {"cvar_alpha": 1}, {"cvar_alpha": 90},
    {"coordinates": "utm"}, {"time_zone": 9}, {"nmae": "town"},
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN_HEADERS, ids=str)
def test_a_header_that_the_schema_refuses_is_refused_by_the_checker_too(broken: dict[str, Any]) -> None:
    (key,) = broken
    draft = drafted(broken)
    told = faults("case", case_json(draft))
    assert told and all(path == "header" or path.startswith(f"header/{key}") for path in told)
    keys = {"steps" if broken == {"step_min": 60} else key}
    assert keys & {one.column for one in check(draft) if one.severity == "error"}


@pytest.mark.parametrize("missing", ["format", "name", "start_utc", "step_min"])
def test_a_key_that_is_missing_is_refused_by_both(missing: str) -> None:
    whole = drafted()
    draft = Draft.of({key: value for key, value in whole.header.items() if key != missing}, whole.tables)
    assert faults("case", case_json(draft)) == ["header"]
    assert missing in {one.column for one in check(draft)}


BROKEN_CELLS = [
    ("loads", 0, "kw", "12,5"), ("loads", 0, "kw", "-1"), ("loads", 1, "tier", "1.5"), ("loads", 0, "service", "cont"),
    ("loads", 2, "from_utc", "2026-01-15 18:00"), ("batteries", 0, "charge_eff", "90"), ("buses", 4, "phases", "bb"),
    ("lines", 0, "closed", "maybe"), ("lines", 0, "rating_kva", "0"), ("chargers", 0, "plugs", "0"),
    ("transformers", 0, "connection", "zigzag"), ("buses", 0, "volts", "5"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "row", "column", "cell"), BROKEN_CELLS)
def test_a_cell_that_the_schema_refuses_is_refused_by_the_checker_too(
    table: str, row: int, column: str, cell: str
) -> None:
    tables = dict(drafted().tables)
    changed = tables[table].copy()
    changed[column] = changed.get(column, "")
    changed.loc[row, column] = cell
    draft = Draft.of(drafted().header, {**tables, table: changed})
    where = f"tables/{table}/{row}" if column == "volts" else f"tables/{table}/{row}/{column}"
    assert where in faults("case", case_json(draft))
    assert column in {one.column for one in check(draft) if one.severity == "error"}


def test_a_nameplate_stands_for_what_it_fills() -> None:
    whole = case_json(drafted())
    assert faults("case", whole) == []
    bare = copy.deepcopy(whole)
    del bare["tables"]["vehicles"][0]["capacity_kwh"]
    assert faults("case", bare) == ["tables/vehicles/0"]
    bare["tables"]["vehicles"][0]["model"] = "leaf_30"
    assert faults("case", bare) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("summary", "status"), "perfect"), (("summary", "critical", "1", "served"), -1),
        (("summary", "reserve_shortfall_kwh"), None), (("tables", "loads", 0, "served_kw"), "much"),
        (("tables", "loads", 0, "start_utc"), "2026-01-15T18:00:00"), (("tables", "nodes", 3, "live"), 0.5),
        (("tables", "vehicles", 0, "hours"), 0),
    ],
)  # fmt: skip
def test_a_broken_plan_fails_where_it_is_broken(path: tuple[Any, ...], value: Any) -> None:
    instance = plan_json(plan())
    place = instance
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert faults("plan", instance) == ["/".join(map(str, path))]


def test_the_verb_writes_both_and_nothing_over_other_things(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "--out", str(tmp_path / "schema")]) == 0
    assert run(["schema", "--out", str(tmp_path / "schema")]) == 0
    assert {file.name: file.read_bytes() for file in (tmp_path / "schema").iterdir()} == schema_files()
    (tmp_path / "schema" / "mine.txt").write_text("keep")
    assert run(["schema", "--out", str(tmp_path / "schema")]) == 2
    assert "holds other things than schemas" in capsys.readouterr().err


def test_the_case_of_these_tests_is_one() -> None:
    assert feeder().name
