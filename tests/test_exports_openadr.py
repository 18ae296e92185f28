"""Events for aggregators: their form by what OpenADR 3.1 publishes, their figures by arithmetic."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from jsonschema import Draft4Validator

from tests.charging_yard import NASTY, YARD, plan, written, yard
from tests.small import ALLEY, case_of
from v2g.errors import UsageError
from v2g.exports.exporting import Done, export
from v2g.plan import Plan
from v2g.planning import solve
from v2g.reading import read

DURATION = r"^(-?)P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)([DW]))?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$"
TEXT = {"type": "string", "minLength": 1, "maxLength": 128}
PERIOD = {
    "type": "object", "additionalProperties": False,
    "properties": {"start": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
                   "duration": {"type": "string", "pattern": DURATION}},
}  # fmt: skip
DESCRIPTOR = {
    "type": "object", "additionalProperties": False, "required": ["objectType", "payloadType", "units"],
    "properties": {"objectType": {"enum": ["EVENT_PAYLOAD_DESCRIPTOR"]}, "payloadType": TEXT,
                   "units": {"enum": ["KWH", "KW", "PERCENT", "KVA", "KVAR", "KVAH", "KVARH", "AMPS", "VOLTS"]}},
}  # fmt: skip
VALUES = {
    "type": "object", "additionalProperties": False, "required": ["type", "values"],
    "properties": {"type": TEXT, "values": {"type": "array", "minItems": 1, "items": {"type": "number"}}},
}  # fmt: skip
INTERVAL = {
    "type": "object", "additionalProperties": False, "required": ["id", "payloads"],
    "properties": {"id": {"type": "integer"}, "intervalPeriod": PERIOD, "payloads": {"type": "array", "items": VALUES}},
}  # fmt: skip
EVENT = {
    "type": "object", "additionalProperties": False, "required": ["programID"],
    "properties": {
        "programID": {**TEXT, "pattern": "^[a-zA-Z0-9_-]*$"},
        "eventName": {"type": "string"},
        "priority": {"type": "integer", "minimum": 0},
        "targets": {"type": "array", "items": TEXT},
        "payloadDescriptors": {"type": "array", "items": DESCRIPTOR},
        "intervalPeriod": PERIOD,
        "intervals": {"type": "array", "items": INTERVAL},
    },
}  # fmt: skip
PROGRAM = {
    "type": "object", "additionalProperties": False, "required": ["programName"],
    "properties": {"programName": TEXT, "payloadDescriptors": {"type": "array", "items": DESCRIPTOR}},
}  # fmt: skip
"""What the OpenADR Alliance publishes of programRequest and eventRequest: Definition 3.1.1, section Information Model,
with the lengths and patterns of the OpenAPI file of 3.1.0 and units.schema.yaml. ``units`` is optional there."""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return written(yard(), "openadr", tmp_path_factory.mktemp("openadr") / "out", plan())


def body(done: Done, name: str) -> dict[str, Any]:
    return dict(json.loads((done.folder / "openadr" / f"{name}.json").read_text(encoding="utf-8")))


def bodies(done: Done) -> dict[str, dict[str, Any]]:
    return {path.stem: body(done, path.stem) for path in (done.folder / "openadr").glob("*.json")}


def values(event: dict[str, Any]) -> list[float]:
    return [interval["payloads"][0]["values"][0] for interval in event["intervals"]]


def targets(done: Done) -> dict[str, dict[str, str]]:
    with (done.folder / "openadr" / "targets.csv").open(encoding="utf-8", newline="") as file:
        return {row["target"]: row for row in csv.DictReader(file)}


def test_objects_are_of_the_published_form(done: Done) -> None:
    found = bodies(done)
    assert len(found) == 1 + 6 + 2  # a program; all, hall and four chargers without a site; leaf and kei leave
    for name, one in found.items():
        Draft4Validator(PROGRAM if name == "program" else EVENT).validate(one)


def test_every_value_has_its_unit_and_every_event_its_target(done: Done) -> None:
    named = {(d["payloadType"], d["units"]) for d in body(done, "program")["payloadDescriptors"]}
    assert named == {("DISPATCH_SETPOINT", "KW"), ("CHARGE_STATE_SETPOINT", "KWH")}
    for name, event in bodies(done).items():
        if name != "program":
            (kind,) = {payload["type"] for interval in event["intervals"] for payload in interval["payloads"]}
            (descriptor,) = event["payloadDescriptors"]
            assert (kind, descriptor["units"]) in named and descriptor["payloadType"] == kind
            (target,) = event["targets"]
            assert targets(done)[target]["file"] == f"{name}.json"


def test_power_of_places(done: Done) -> None:
    # Hall: leaf -8, 0, -2.5, 0; van 3 in the third; zoe 2, 6; kei by V2H -3, -3. Its socket is not dispatched.
    assert values(body(done, "event_site_hall")) == [-9.0, 3.0, 0.5, 0.0]
    assert values(body(done, "event_charger_second")) == [-4.0, 3.0, 3.0, 0.0]
    assert values(body(done, "event_charger_first")) == [-5.0, 3.0, -2.0, 0.0]
    assert values(body(done, "event_charger_one_way")) == [0.0] * 4
    assert values(body(done, "event_all")) == [-18.0, 9.0, 1.5, 0.0]
    row = targets(done)["all"]
    assert (float(row["given_kwh"]), float(row["taken_kwh"])) == (18.0, 10.5)
    assert any("agree on the sign" in warning for warning in done.warnings)
    assert any("2.4 kWh of the plan come from sockets" in warning for warning in done.warnings)


def test_intervals_follow_each_other(done: Done) -> None:
    event = body(done, "event_all")
    periods = [interval["intervalPeriod"] for interval in event["intervals"]]
    assert [p["start"] for p in periods] == [f"2026-01-15T{hour}:00:00Z" for hour in (18, 19, 20, 21)]
    assert {p["duration"] for p in periods} == {"PT1H"}
    assert event["intervalPeriod"] == periods[0]


def test_what_vehicles_leave_with(done: Done) -> None:
    leaf, kei = (body(done, f"departures_vehicle_{name}") for name in ("leaf", "kei"))
    # Leaf: 50 - 8 - 2.5 kWh when it leaves at 20:15; its trip begins at 20:30 and uses 3 of 6 kWh until 21:00.
    assert values(leaf) == [39.5]
    assert leaf["intervals"][0]["intervalPeriod"] == {"start": "2026-01-15T18:00:00Z", "duration": "PT2H15M"}
    # Kei: 30 - 3 - 3 kWh at 20:00. The others are there to the end.
    assert values(kei) == [24.0]
    assert not [name for name in targets(done) if name in ("vehicle_van", "vehicle_zoe", "vehicle_old")]


def test_a_stay_that_ends_early_in_an_interval(tmp_path: Path) -> None:
    """Leaf leaves at 20:05 and is elsewhere from 20:30 on: for the hour from 20:00, only the other place counts."""
    stays = YARD["stays"].replace("leaf,two_way,,2026-01-15T18:00:00Z,2026-01-15T20:15:00Z\n", "")
    stays += "\nleaf,two_way,,2026-01-15T18:00:00Z,2026-01-15T20:05:00Z"
    stays += "\nleaf,one_way,,2026-01-15T20:30:00Z,2026-01-15T22:00:00Z"
    trips = "vehicle,depart_utc,return_utc,energy_kwh\nleaf,2026-01-15T20:05:00Z,2026-01-15T20:30:00Z,5"
    case = case_of({**YARD, "stays": stays, "trips": trips}, header={"step_min": 60, "steps": 4})
    made = solve(case)
    rows = made.tables["vehicles"].copy()
    at = (rows["vehicle"] == "leaf") & (rows["start_utc"] == case.boundaries[2].isoformat())
    assert rows.loc[at, "charger"].to_list() == ["one_way"]
    hour = {"energy_start_kwh": 45.0, "trip_kwh": 5.0, "charge_kw": 2.0, "energy_end_kwh": 42.0}
    rows.loc[at, list(hour)] = list(hour.values())
    done = written(case, "openadr", tmp_path / "out", Plan(made.summary, {**made.tables, "vehicles": rows}))
    # The hour begins with 45 kWh, and no trip is before 20:05; the 2 kWh come later, at the other charger.
    assert values(body(done, "departures_vehicle_leaf")) == [45.0]


def test_names_of_users_are_no_queries_and_no_paths(done: Done) -> None:
    row = targets(done)["charger__CON_b"]
    assert (row["kind"], row["name"]) == ("charger", f"'{NASTY}")
    assert body(done, "event_charger__CON_b")["eventName"].endswith(NASTY)
    assert all((done.folder / file).resolve().is_relative_to(done.folder) for file in done.files)


def test_unequal_intervals_have_their_own_length(tmp_path: Path) -> None:
    tables = {**YARD, "stays": None, "trips": None}
    case = case_of(tables, header={"step_min": [60, 30, 15, 45]})
    event = body(export(case, "openadr", tmp_path / "out", solve(case)), "event_all")
    assert [i["intervalPeriod"]["duration"] for i in event["intervals"]] == ["PT1H", "PT30M", "PT15M", "PT45M"]


def test_the_energy_is_that_of_the_plan(tmp_path: Path) -> None:
    case = read("depot")
    made = solve(case)
    event = body(export(case, "openadr", tmp_path / "out", made), "event_all")
    rows = made.tables["vehicles"]
    net = ((rows["charge_kw"] - rows["discharge_kw"] - rows["v2h_kw"]) * rows["hours"]).sum()
    hours = [pd.Timedelta(i["intervalPeriod"]["duration"]).total_seconds() / 3600 for i in event["intervals"]]
    assert sum(kw * h for kw, h in zip(values(event), hours, strict=True)) == pytest.approx(net, abs=0.01)


def test_the_readme_says_who_posts_what(done: Done) -> None:
    text = (done.folder / "openadr" / "README.md").read_text(encoding="utf-8")
    assert all(word in text for word in ("Nothing was sent", "POST /programs", "POST /events", "PROGRAM-ID", "`KWH`"))
    assert "{" not in text.replace("{eventID}", "").replace("{venID}", "")


def test_a_plan_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give a plan"):
        export(yard(), "openadr", tmp_path / "out")


def test_a_case_without_chargers_has_nothing_to_dispatch(tmp_path: Path) -> None:
    case = case_of(ALLEY)
    made = export(case, "openadr", tmp_path / "out", solve(case))
    assert [file for file in made.files if file.endswith(".json")] == ["openadr/program.json", "export.json"]
    assert any("no chargers" in warning for warning in made.warnings)
