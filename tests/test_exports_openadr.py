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


def values(event: dict[str, Any], kind: str = "") -> list[float]:
    """Values of a kind; without one, of the only kind there is."""
    found = [{one["type"]: one["values"] for one in interval["payloads"]} for interval in event["intervals"]]
    (kind,) = [kind] if kind else {key for one in found for key in one}
    return [one[kind][0] for one in found]


def needed(event: dict[str, Any]) -> list[float]:
    return values(event, "CHARGE_STATE_SETPOINT")


def planned(event: dict[str, Any]) -> list[float]:
    return values(event, "STORAGE_CHARGE_LEVEL_FORECAST")


def windows(event: dict[str, Any]) -> list[tuple[str, str]]:
    """Start and end of each interval, UTC."""
    periods = [interval["intervalPeriod"] for interval in event["intervals"]]
    starts = [pd.Timestamp(one["start"]) for one in periods]
    ends = [start + pd.Timedelta(one["duration"]) for start, one in zip(starts, periods, strict=True)]
    return [(f"{a:%d %H:%M}", f"{b:%d %H:%M}") for a, b in zip(starts, ends, strict=True)]


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
    on_board = {("CHARGE_STATE_SETPOINT", "KWH"), ("STORAGE_CHARGE_LEVEL_FORECAST", "KWH")}
    assert named == {("DISPATCH_SETPOINT", "KW"), *on_board}
    for name, event in bodies(done).items():
        if name != "program":
            said = [(d["payloadType"], d["units"]) for d in event["payloadDescriptors"]]
            assert set(said) == (on_board if name.startswith("needs") else {("DISPATCH_SETPOINT", "KW")})
            kinds = [[payload["type"] for payload in interval["payloads"]] for interval in event["intervals"]]
            assert all(one == [kind for kind, _ in said] for one in kinds)
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
    leaf, kei = (body(done, f"needs_vehicle_{name}") for name in ("leaf", "kei"))
    # Leaf: 50 - 8 - 2.5 kWh when it leaves at 20:15; its trip begins at 20:30 and uses 3 of 6 kWh until 21:00.
    assert (needed(leaf), planned(leaf)) == ([6.0], [39.5])
    assert leaf["intervals"][0]["intervalPeriod"] == {"start": "2026-01-15T18:00:00Z", "duration": "PT2H15M"}
    # Kei: 30 - 3 - 3 kWh at 20:00, and nobody asks for any. The others are there to the end, and need nothing.
    assert (needed(kei), planned(kei)) == ([0.0], [24.0])
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
    leaf = body(done, "needs_vehicle_leaf")
    assert (needed(leaf), planned(leaf)) == ([5.0], [45.0])


def test_what_buses_need_and_what_is_planned(tmp_path: Path) -> None:
    """The README of the depot: 60 km from 11:00 UTC of the 17th on are 54, 54 and 36 kWh. Bus 2 uses 45 kWh on its trip
    at 12:30 of the 16th and comes back with 60, bus 3 24 and 30. All that is left goes to the loads, so that at the end
    the buses have what they need then and no more; an hour earlier the standby of that hour as well, 0.3 kWh."""
    done = export(read("depot"), "openadr", tmp_path / "out", solve(read("depot")))
    bus_1, bus_2, bus_3 = (body(done, f"needs_vehicle_bus_{number}") for number in (1, 2, 3))
    order, hold = ("16 00:00", "17 11:00"), ("17 11:00", "17 12:00")
    trip, back = ("16 00:00", "16 12:30"), ("16 14:30", "17 11:00")
    assert windows(bus_1) == [order, hold] and windows(bus_2) == windows(bus_3) == [trip, back, hold]
    assert needed(bus_1) == [54.0, 54.0]
    assert needed(bus_2) == [45.0 + 60.0, 54.0, 54.0]
    assert needed(bus_3) == [24.0 + 30.0, 36.0, 36.0]
    for event, end in ((bus_1, 54.0), (bus_2, 54.0), (bus_3, 36.0)):
        assert planned(event)[-1] == pytest.approx(end, abs=1e-3)
        assert planned(event)[-2] >= end + 0.3 - 1e-3
    # Standing by for 12.5 h costs 3.75 kWh of 214.7 and 83.6; what a bus gives before it leaves is less on board.
    assert 105.0 + 4.0 <= planned(bus_2)[0] <= 214.7 - 3.75 + 1e-3
    assert 54.0 <= planned(bus_3)[0] <= 83.6 - 3.75 + 1e-3
    rows = targets(done)
    assert [float(rows[f"vehicle_bus_{number}"]["reserve_kwh"]) for number in (1, 2, 3)] == [18.0, 18.0, 12.0]
    assert rows["site_depot"]["reserve_kwh"] == "" and not any("are needed" in one for one in done.warnings)


def test_each_way_to_ask_for_energy(tmp_path: Path) -> None:
    """Leaf keeps 10 kWh, is ordered to have 20 from 18:30 to 19:20, and leaves at 20:15 with 30 for a trip of 6, which
    ends with the 12 that it must be back with: 18."""
    order = "need,vehicle,energy_kwh,from_utc,until_utc\nfirst,leaf,20,2026-01-15T18:30:00Z,2026-01-15T19:20:00Z"
    tables = {
        **YARD, "needs": order,
        "vehicles": YARD["vehicles"].replace("kw\nleaf", "kw,reserve_kwh\nleaf").replace("0\nvan", "0,10\nvan"),
        "trips": YARD["trips"].replace("energy_kwh\n", "energy_kwh,return_kwh\n") + ",12",
    }  # fmt: skip
    case = case_of(tables, header={"step_min": 60, "steps": 4})
    leaf = body(written(case, "openadr", tmp_path / "out", solve(case)), "needs_vehicle_leaf")
    assert windows(leaf) == [
        ("15 18:00", "15 18:30"), ("15 18:30", "15 19:20"), ("15 19:20", "15 20:15"), ("15 20:15", "15 22:00"),
    ]  # fmt: skip
    assert needed(leaf) == [20.0, 20.0, 6.0 + 12.0, 10.0]


def test_energy_to_leave_with_and_the_fleet_minimum(tmp_path: Path) -> None:
    """Leaf is to leave with 30 kWh. From 20:30 on, in the program from 20:00 on, some vehicle must have 38: leaf, which
    has most, 50 and later 44; but at 21:00 it is on the road, and older, which has 40, comes first of those with it."""
    stays = YARD["stays"].replace("until_utc\n", "until_utc,leave_kwh\n").replace("20:15:00Z\nvan", "20:15:00Z,30\nvan")
    minimum = "minimum,vehicles,energy_kwh,from_utc\nready,1,38,2026-01-15T20:30:00Z"
    case = case_of({**YARD, "stays": stays, "fleet_minimum": minimum}, header={"step_min": 60, "steps": 4})
    done = written(case, "openadr", tmp_path / "out", solve(case))
    leaf, older = (body(done, f"needs_vehicle_{name}") for name in ("leaf", "older"))
    assert [end for _, end in windows(leaf)] == ["15 20:00", "15 20:15", "15 22:00"]
    assert needed(leaf) == [38.0, 30.0, 38.0]
    assert (windows(older), needed(older)) == ([("15 18:00", "15 21:00")], [38.0])
    assert planned(older)[0] >= 38.0 - 1e-6 and "vehicle_old" not in targets(done)


def test_what_lacks_is_said_aloud(tmp_path: Path) -> None:
    """By hand leaf has 39.5 kWh at 20:15; its trip is to end with 40, so 46 are needed."""
    trips = YARD["trips"].replace("energy_kwh\n", "energy_kwh,return_kwh\n") + ",40"
    done = written(case_of({**YARD, "trips": trips}, header={"step_min": 60, "steps": 4}), "openadr", tmp_path, plan())
    assert "leaf: 39.5 kWh are planned for 2026-01-15T20:15:00Z, and 46.0 are needed" in done.warnings


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
    assert all(
        word in text
        for word in ("Nothing was sent", "POST /programs", "POST /events", "PROGRAM-ID", "`KWH`", "FORECAST` in")
    )
    assert "{" not in text.replace("{eventID}", "").replace("{venID}", "")


def test_a_plan_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give a plan"):
        export(yard(), "openadr", tmp_path / "out")


def test_a_case_without_chargers_has_nothing_to_dispatch(tmp_path: Path) -> None:
    case = case_of(ALLEY)
    made = export(case, "openadr", tmp_path / "out", solve(case))
    assert [file for file in made.files if file.endswith(".json")] == ["openadr/program.json", "export.json"]
    assert any("no chargers" in warning for warning in made.warnings)
