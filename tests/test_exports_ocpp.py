"""Charging profiles of a plan: what they say of each plug, what they leave out, and that they read back as the plan."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ocpp.exceptions import OCPPError
from ocpp.messages import Call, validate_payload

from tests.charging_yard import MEAN_KW, NASTY, YARD, plan, written, yard
from tests.small import case_of
from v2g.case import Case
from v2g.cli import run
from v2g.errors import UsageError
from v2g.exports import ocpp, ocpp_profiles, ocpp_schemas
from v2g.exports.exporter import Asked
from v2g.exports.exporting import Done, export
from v2g.exports.ocpp_profiles import MOST_PERIODS, Station, chunks, requests
from v2g.exports.ocpp_replay import replayed
from v2g.exports.ocpp_sessions import Session, Slice
from v2g.exports.ocpp_unsaid import BOTH, FORMS
from v2g.formats.folder_out import write_folder
from v2g.formats.plan_folder import write_plan
from v2g.handover.safe import file_names
from v2g.plan import Plan
from v2g.planning import solve
from v2g.reading import read

VERSION = {"two_way": "2.1", "one_way": "2.1", "second": "2.0.1", "first": "1.6", "home": "2.1", "CON_b": "2.1"}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return written(yard(), "ocpp", tmp_path_factory.mktemp("ocpp") / "out", plan())


def lines(done: Done, file: str) -> list[str]:
    return (done.folder / "ocpp" / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()


def table(done: Done, name: str) -> list[dict[str, str]]:
    with (done.folder / "ocpp" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def profile(message: dict[str, Any], level: int) -> dict[str, Any] | None:
    found = message["chargingProfile"]
    return dict(found) if found["stackLevel"] == level else None


def periods(done: Done, file: str, plug: int, level: int = 1) -> list[dict[str, Any]]:
    messages = [json.loads(line) for line in lines(done, file)]
    (found,) = [p for m in messages if m["evseId"] == plug and (p := profile(m, level))]
    return list(found["chargingSchedule"][0]["chargingSchedulePeriod"])


def both_ways(start: int, setpoint: float) -> dict[str, Any]:
    """A setpoint on the charger of 10 kW either way."""
    ratings = {"limit": 10000, "dischargeLimit": -10000}
    return {"startPeriod": start, "operationMode": "CentralSetpoint", "setpoint": setpoint, **ratings}


def test_a_plug_follows_its_vehicles_one_after_the_other(done: Done) -> None:
    # 8 kW given from 18:00; nothing from 19:00; 2.5 kWh in the quarter of an hour from 20:00 until leaf leaves: 10 kW.
    # Van comes at 20:15 (8100 s) and takes 3 kWh in the three quarters that are left: 4 kW; from 21:00 it is done.
    assert periods(done, "two_way", 1) == [
        both_ways(0, -8000), both_ways(3600, 0), both_ways(7200, -10000), both_ways(8100, 4000),
        {"startPeriod": 10800, "operationMode": "Idle"},
    ]  # fmt: skip


def test_a_vehicle_that_cannot_give_is_capped(done: Done) -> None:
    # Zoe comes at 18:30 and takes 2 kWh in half an hour: 4 kW.
    assert periods(done, "two_way", 2) == [
        {"startPeriod": 0, "operationMode": "Idle"},
        {"startPeriod": 1800, "operationMode": "ChargingOnly", "limit": 4000},
        {"startPeriod": 3600, "operationMode": "ChargingOnly", "limit": 6000},
        {"startPeriod": 7200, "operationMode": "Idle"},
    ]


def test_premises_are_fed_by_setpoints_too(done: Done) -> None:
    first, then = periods(done, "home", 1)
    assert first | both_ways(0, -3000) == both_ways(0, -3000)
    assert (first["setpoint"], first["dischargeLimit"], then) == (
        -3000,
        -6000,
        {"startPeriod": 7200, "operationMode": "Idle"},
    )


def test_a_charger_that_goes_one_way_is_never_told_to_give(done: Done) -> None:
    for level in (0, 1):
        assert periods(done, "one_way", 1, level) == [{"startPeriod": 0, "operationMode": "ChargingOnly", "limit": 0}]


@pytest.mark.parametrize("file", sorted(VERSION))
def test_messages_keep_the_schema_of_their_version(done: Done, file: str) -> None:
    """By the package ocpp, as it validates what it sends."""
    for number, line in enumerate(lines(done, file)):
        asyncio.run(validate_payload(Call(str(number), "SetChargingProfile", json.loads(line)), VERSION[file]))


def test_the_schema_is_not_one_that_takes_all(done: Done) -> None:
    wrong = json.loads(lines(done, "two_way")[1])
    wrong["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["dischargeLimit"] = 1
    with pytest.raises(OCPPError):
        asyncio.run(validate_payload(Call("1", "SetChargingProfile", wrong), "2.1"))
    with pytest.raises(UsageError, match=r"Message 1 for charger two_way is not OCPP 2.1, at .*dischargeLimit"):
        ocpp_schemas.validate("2.1", "two_way", [wrong])
    old = json.loads(lines(done, "first")[0])
    old["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] = 0.25
    with pytest.raises(UsageError, match=r"0\.25"):  # the schema of 1.6: a multiple of 0.1
        ocpp_schemas.validate("1.6", "first", [old])


def test_what_else_the_specification_asks(done: Done) -> None:
    """OCPP 2.1 part 2: K01.FR.06, K01.FR.31, K01.FR.40, V2X.05, table 95: setpoint within limits, modes by purpose."""
    for file in VERSION:
        seen, ids = set(), set()
        for message in map(json.loads, lines(done, file)):
            one = message.get("chargingProfile") or message["csChargingProfiles"]
            plug = message.get("evseId", message.get("connectorId"))
            schedule = one["chargingSchedule"][0] if "evseId" in message else one["chargingSchedule"]
            assert (plug, one["stackLevel"]) not in seen and one.get("id", one.get("chargingProfileId")) not in ids
            seen.add((plug, one["stackLevel"]))
            ids.add(one.get("id", one.get("chargingProfileId")))
            assert one["chargingProfilePurpose"] == "TxDefaultProfile" and "transactionId" not in one
            assert one["chargingProfileKind"] == "Absolute" and schedule["startSchedule"] == "2026-01-15T18:00:00Z"
            assert schedule["chargingSchedulePeriod"][0]["startPeriod"] == 0
            for period in schedule["chargingSchedulePeriod"]:
                assert period.get("limit", 0) >= 0
                if period.get("operationMode") == "CentralSetpoint":
                    assert period["dischargeLimit"] <= period["setpoint"] <= period["limit"]
                elif period.get("operationMode") == "Idle":
                    assert set(period) == {"startPeriod", "operationMode"}


def test_a_station_that_nobody_reaches_rests_after_half_a_day(done: Done) -> None:
    rest, follow = (json.loads(line)["chargingProfile"] for line in lines(done, "two_way")[:2])
    assert (rest["stackLevel"], follow["stackLevel"]) == (0, 1)
    assert (follow["maxOfflineDuration"], follow["invalidAfterOfflineDuration"]) == (12 * 3600, True)
    # Without a limit it holds for as long as it is valid, and comes into force when the other does not.
    assert not {"maxOfflineDuration", "invalidAfterOfflineDuration"} & set(rest)
    assert rest["chargingSchedule"][0]["chargingSchedulePeriod"] == [{"startPeriod": 0, "operationMode": "Idle"}]
    for one in (rest, follow):
        assert (one["validFrom"], one["validTo"]) == ("2026-01-15T18:00:00Z", "2026-01-15T22:00:00Z")


def test_older_versions_cap_and_never_give(done: Done) -> None:
    (line,) = lines(done, "first")
    message = json.loads(line)
    assert set(message) == {"connectorId", "csChargingProfiles"}
    # Old gives 5 kW, takes 3 kW, gives 2 kW, rests: 0, 3000, 0 and 0 W.
    assert message["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 0}, {"startPeriod": 3600, "limit": 3000}, {"startPeriod": 7200, "limit": 0},
    ]  # fmt: skip
    (line,) = lines(done, "second")
    assert "maxOfflineDuration" not in line and "operationMode" not in line
    assert json.loads(line)["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 0}, {"startPeriod": 3600, "limit": 3000}, {"startPeriod": 10800, "limit": 0},
    ]  # fmt: skip


def test_what_cannot_be_said_is_listed(done: Done) -> None:
    rows = [tuple(row.values()) for row in table(done, "unsupported")]
    hours = [f"2026-01-15T{hour}:00:00Z" for hour in (18, 19, 20, 21, 22)]
    assert rows == [
        ("second", "1", "older", *hours[:2], "V2G: OCPP 2.0.1 has no word for discharge", "4", "4"),
        ("first", "1", "old", *hours[:2], "V2G: OCPP 1.6 has no word for discharge", "5", "5"),
        ("first", "1", "old", *hours[2:4], "V2G: OCPP 1.6 has no word for discharge", "2", "2"),
        # Two hours of 1.2 kW in one row.
        (
            "",
            "",
            "kei",
            hours[2],
            hours[4],
            "V2L: from the sockets of the vehicle, which no charger controls",
            "1.2",
            "2.4",
        ),
    ]
    # 4 + 5 + 2 + 2.4 = 13.4 kWh; given are 8 + 2.5 + 4 + 5 + 2 + 3 + 3 by chargers and 2.4 by sockets: 29.9 kWh.
    assert any("13.4 kWh of the plan cannot be said in OCPP (all vehicles give 29.9 kWh)" in w for w in done.warnings)
    assert any("not said for 1 (column ocpp of chargers.csv), such as one_way: 2.1" in w for w in done.warnings)
    assert not any("schemas" in warning for warning in done.warnings)


def test_who_is_at_which_plug(done: Done) -> None:
    found = {
        row["vehicle"]: (row["station"], row["plug"], row["given_kwh"], row["taken_kwh"])
        for row in table(done, "plugs")
    }
    assert found["leaf"] == ("two_way", "1", "10.5", "0")
    assert found["van"] == ("two_way", "1", "0", "3")
    assert found["zoe"] == ("two_way", "2", "0", "8")
    assert found["kei"] == ("home", "1", "6", "0")


def test_names_of_users_make_no_paths(done: Done) -> None:
    row = table(done, "stations")[-1]
    assert (row["station"], row["file"]) == (f"'{NASTY}", "CON_b.jsonl")
    assert all((done.folder / file).resolve().is_relative_to(done.folder) for file in done.files)
    wild = [
        "..",
        "../etc/x",
        "a/b",
        "A/B",
        "a\\b",
        "A_B",
        "con",
        "LPT1",
        "-rf",
        "駅",
        "驛",
        "x" * 300,
        "x" * 299 + "y",
        " ",
    ]
    names = file_names(wild, ascii_only=True)
    assert len({name.lower() for name in names.values()}) == len(wild)
    assert all(name.strip(".-") == name and len(name) < 100 and name.isascii() for name in names.values())
    assert not {name.lower() for name in names.values()} & {"con", "lpt1"}


def planned_kw(case: Case, made: Plan, charger: str, least: float = -np.inf) -> np.ndarray:
    """kW that a charger takes by the tables of the plan alone, shape (T,); of each vehicle no less than ``least``."""
    rows = made.tables["vehicles"]
    rows = rows[rows["charger"] == charger]
    kw = (rows["charge_kw"] - rows["discharge_kw"] - rows["v2h_kw"]).clip(lower=least).groupby(rows["start_utc"]).sum()
    starts = [moment.isoformat() for moment in case.boundaries[:-1]]
    return kw.reindex(starts, fill_value=0.0).to_numpy(float)


def test_profiles_read_back_as_the_plan(done: Done) -> None:
    for file, charger in ((file, NASTY if file == "CON_b" else file) for file in VERSION):
        least = 0.0 if VERSION[file] != "2.1" else -np.inf
        found, wanted = replayed(yard(), lines(done, file)), planned_kw(yard(), plan(), charger, least)
        assert found == pytest.approx(wanted, abs=1e-3)  # 1 W
        assert found.sum() == pytest.approx(wanted.sum(), abs=1e-3)
    # By hand: leaf and van and zoe together.
    assert replayed(yard(), lines(done, "two_way")) == pytest.approx([-6.0, 6.0, 0.5, 0.0], abs=1e-3)


def test_what_is_sent_and_what_is_not_is_the_whole_plan(done: Done) -> None:
    sent = sum(float(np.maximum(-replayed(yard(), lines(done, file)), 0.0).sum()) for file in ("home", "CON_b"))
    sent += 8.0 + 2.5  # of two_way, where zoe and van take in the same hours
    lost = sum(float(row["kwh_lost"]) for row in table(done, "unsupported"))
    given = sum(-kw for row in MEAN_KW.values() for kw in row if kw < 0.0) + 2.4
    assert sent + lost == pytest.approx(given)


@pytest.mark.parametrize("name", ["depot", "chiba-2019"])
def test_cases_that_come_along_read_back(name: str, tmp_path: Path) -> None:
    case = read(name)
    made = solve(case)
    done = export(case, "ocpp", tmp_path / "out", made)
    for row in table(done, "stations"):
        found = replayed(case, lines(done, row["file"].removesuffix(".jsonl")))
        wanted = planned_kw(case, made, row["station"])
        assert np.abs(found - wanted).max() < 1e-3
        assert found @ case.hours == pytest.approx(wanted @ case.hours, abs=1e-3)


def test_the_message_on_the_page_is_that_of_the_village(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "chargers.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"```json\n(.*?)```", page, flags=re.DOTALL)
    case = read("village")
    done = export(case, "ocpp", tmp_path / "out", solve(case))
    assert json.loads(told) == json.loads(lines(done, "square_1")[1])


def test_a_profile_of_a_higher_level_counts_while_it_is_valid() -> None:
    def one(level: int, start: str, end: str, watts: float) -> str:
        schedule = {"id": 1, "startSchedule": start, "duration": 4 * 3600, "chargingRateUnit": "W",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": watts}]}  # fmt: skip
        kept = {"id": level, "stackLevel": level, "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Absolute", "validFrom": start, "validTo": end}  # fmt: skip
        return json.dumps({"evseId": 1, "chargingProfile": {**kept, "chargingSchedule": [schedule]}})

    low = one(0, "2026-01-15T18:00:00Z", "2026-01-15T22:00:00Z", 1000.0)
    high = one(1, "2026-01-15T19:30:00Z", "2026-01-15T20:30:00Z", 5000.0)
    # Half of the second and of the third hour are at 5 kW, all else at 1 kW.
    assert replayed(yard(), [low, high]) == pytest.approx([1.0, 3.0, 3.0, 1.0])
    with pytest.raises(ValueError, match="in W"):
        replayed(yard(), [low.replace('"W"', '"A"')])


def test_schedules_that_are_too_long_are_cut() -> None:
    """2100 seconds that differ: 1024 + 1024 + 52 periods at levels 1, 2 and 3, one after the other."""
    station = Station("post", "2.1", 1, 7000.0, 7000.0, frozenset({0}))
    pieces = tuple(Slice(second, second + 1, 1000.0 + second) for second in range(2100))
    made = requests(yard(), station, [Session(0, 0, 1, 0, 0, 2100, pieces)], 2100)
    kept = [message["chargingProfile"] for message in made]
    sizes = [len(one["chargingSchedule"][0]["chargingSchedulePeriod"]) for one in kept]
    assert [one["stackLevel"] for one in kept] == [0, 1, 2, 3] and sizes == [1, MOST_PERIODS, MOST_PERIODS, 52]
    assert [one["validTo"] for one in kept[1:-1]] == [one["validFrom"] for one in kept[2:]]
    ocpp_schemas.validate("2.1", "post", made)
    # Mean of 1000, 1001, ..., 3099 W over 2100 s of the first hour: 2049.5 W x 2100 / 3600.
    found = replayed(yard(), [json.dumps(message) for message in made])
    assert found[0] == pytest.approx(2.0495 * 2100 / 3600)
    assert list(chunks(1, [], 10)) == []


def test_a_plan_is_needed_and_has_to_be_whole(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give a plan"):
        export(yard(), "ocpp", tmp_path / "out")
    rows = plan().tables["vehicles"]
    broken = Plan(plan().summary, {**plan().tables, "vehicles": rows.iloc[1:]})
    with pytest.raises(UsageError, match="Table vehicles of the plan: 1 missing rows"):
        written(yard(), "ocpp", tmp_path / "out", broken)
    assert not (tmp_path / "out").exists()


def test_what_the_case_does_not_allow_is_not_sent(tmp_path: Path) -> None:
    """A plan that nobody audited: zoe, which cannot give, gives 3 kW; old takes 9 kW at a charger of 6 kW."""
    rows = plan().tables["vehicles"].copy()
    first = rows["start_utc"] == rows["start_utc"].min()
    rows.loc[first & (rows["vehicle"] == "zoe"), ["charge_kw", "discharge_kw"]] = [0.0, 3.0]
    rows.loc[first & (rows["vehicle"] == "old"), ["charge_kw", "discharge_kw"]] = [9.0, 0.0]
    done = written(yard(), "ocpp", tmp_path / "out", Plan(plan().summary, {**plan().tables, "vehicles": rows}))
    assert all(period.get("limit", 0) >= 0 and "setpoint" not in period for period in periods(done, "two_way", 2))
    lost = {
        row["vehicle"]: (row["what"], row["kwh_lost"])
        for row in table(done, "unsupported")
        if "T18:" in row["from_utc"]
    }
    assert lost["zoe"] == ("V2G: charger or vehicle goes one way, the case says", "3")
    assert lost["old"] == ("more than the rating of the charger", "3")


def test_both_ways_within_an_interval_are_told(tmp_path: Path) -> None:
    rows = plan().tables["vehicles"].copy()
    at = (rows["start_utc"] == rows["start_utc"].min()) & (rows["vehicle"] == "leaf")
    rows.loc[at, ["charge_kw", "discharge_kw"]] = [1.0, 5.0]
    done = written(yard(), "ocpp", tmp_path / "out", Plan(plan().summary, {**plan().tables, "vehicles": rows}))
    assert periods(done, "two_way", 1)[0]["setpoint"] == -4000
    (row,) = [row for row in table(done, "unsupported") if row["vehicle"] == "leaf"]
    assert (row["station"], row["what"], row["kwh_lost"]) == ("two_way", BOTH, "1")


def test_without_the_package_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ocpp.messages", None)
    made = export(yard(), "ocpp", tmp_path / "out", solve(yard()))
    assert any("not held to the schemas" in warning and "v2g[ocpp]" in warning for warning in made.warnings)
    assert "not held to the schemas" in (made.folder / "export.json").read_text(encoding="utf-8")


def test_a_message_that_breaks_its_schema_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocpp_profiles, "PURPOSE", "Anything")
    with pytest.raises(UsageError, match=r"is not OCPP 2\.1, at chargingProfile\.chargingProfilePurpose"):
        written(yard(), "ocpp", tmp_path / "out", plan())
    assert not (tmp_path / "out").exists()


def test_versions_are_checked_when_a_case_is_read() -> None:
    with pytest.raises(AssertionError, match=r"chargers.csv, row 4, column ocpp: .*2.0.1, 1.6"):
        case_of({**YARD, "chargers": YARD["chargers"].replace(",2.0.1", ",2.0")}, header={"step_min": 60, "steps": 4})


def test_who_can_form_an_island_is_told() -> None:
    chargers = "charger,bus,charge_kw,discharge_kw,charge_eff,discharge_eff,forming\npost,head,6,6,1,1,1"
    tables = {**YARD, "chargers": chargers, "stays": None}
    case = case_of(tables, header={"step_min": 60, "steps": 4})
    warnings = ocpp.Ocpp().export(Asked(case, solve(case))).warnings
    assert any("no word for forming an island, as post can" in warning for warning in warnings)


ISLAND = {
    "buses": "bus,kv_ln_kv\nhead,0.23",
    "loads": "load,bus,tier,service,kw\nlamps,head,1,continuous,1",
    "vehicles": "vehicle,capacity_kwh,start_kwh,charge_kw,discharge_kw\nleaf,60,50,10,10\nvan,60,50,10,10",
    "chargers": "charger,bus,plugs,charge_kw,discharge_kw,charge_eff,discharge_eff,forming,ocpp\n"
    "post,head,2,10,10,1,1,1,2.1\nother,head,1,10,10,1,1,0,2.1",
    "stays": "vehicle,charger,from_utc,until_utc\n"
    "leaf,post,2026-01-15T18:00:00Z,2026-01-15T21:00:00Z\nvan,other,2026-01-15T18:00:00Z,2026-01-15T22:00:00Z",
}
"""Leaf keeps the island of post alive until 21:00; nobody does in the last of the four hours."""


def island(tmp_path: Path) -> Done:
    """A plan by hand: leaf feeds the lamps in the first hour, van in the second and third."""
    case = case_of(ISLAND, header={"step_min": 60, "steps": 4})
    solved = solve(case)
    rows = solved.tables["vehicles"].copy()
    hour = pd.to_datetime(rows["start_utc"], utc=True).dt.hour
    gives = {"leaf": hour == 18, "van": hour.isin([19, 20])}
    rows["discharge_kw"] = sum(((rows["vehicle"] == name) & when).astype(float) for name, when in gives.items())
    rows["charge_kw"] = 0.0
    return written(case, "ocpp", tmp_path / "out", Plan(solved.summary, {**solved.tables, "vehicles": rows}))


def test_a_station_that_forms_an_island_never_idles_while_it_does(tmp_path: Path) -> None:
    """Leaf gives 1 kW until 19:00 and nothing more, but the island would be dark without it until 21:00 (10800 s)."""
    done = island(tmp_path)
    idle = {"startPeriod": 10800, "operationMode": "Idle"}
    assert periods(done, "post", 1) == [both_ways(0, -1000), both_ways(3600, 0), idle]
    # Plug 2, where the plan has nobody: leaf may stand there all the same.
    assert periods(done, "post", 2) == [both_ways(0, 0), idle]
    # Van feeds that island without forming it: it idles when it is done.
    assert periods(done, "other", 1) == [both_ways(0, 0), both_ways(3600, -1000), idle]
    assert (np.abs(replayed(island_case(), lines(done, "post")) - [-1.0, 0.0, 0.0, 0.0]) < 1e-3).all()


def island_case() -> Case:
    return case_of(ISLAND, header={"step_min": 60, "steps": 4})


def test_a_station_that_forms_an_island_goes_on_when_nobody_reaches_it(tmp_path: Path) -> None:
    done = island(tmp_path)
    kept = [json.loads(line)["chargingProfile"] for line in lines(done, "post")]
    assert [one["stackLevel"] for one in kept] == [1, 1]  # one for each plug, and no rest below
    assert not any({"maxOfflineDuration", "invalidAfterOfflineDuration"} & set(one) for one in kept)
    assert [json.loads(line)["chargingProfile"]["stackLevel"] for line in lines(done, "other")] == [0, 1]
    (row,) = [row for row in table(done, "unsupported") if row["what"] == FORMS]
    assert tuple(row.values())[:5] == ("post", "1", "leaf", "2026-01-15T18:00:00Z", "2026-01-15T21:00:00Z")
    assert (row["kw"], row["kwh_lost"]) == ("0", "0")
    text = (done.folder / "ocpp" / "README.md").read_text(encoding="utf-8")
    assert "A station that forms an island must keep forming it when nobody reaches it" in text


def test_the_depot_is_never_told_to_go_dark(tmp_path: Path) -> None:
    """README of depot: without bus 1 at station_125, which is there for all 36 h, the whole feeder is dead."""
    case = read("depot")
    done = export(case, "ocpp", tmp_path / "out", solve(case))
    assert not any("Idle" in line for line in lines(done, "station_125"))
    (row,) = [row for row in table(done, "unsupported") if row["what"] == FORMS]
    assert (row["station"], row["vehicle"]) == ("station_125", "bus_1")
    assert (row["from_utc"], row["until_utc"]) == ("2026-01-16T00:00:00Z", "2026-01-17T12:00:00Z")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, solved = write_folder(yard(), tmp_path / "case"), tmp_path / "plan"
    by_hand = tmp_path / "by_hand"
    write_plan(Plan({**plan().summary, "provenance": {}}, plan().tables), by_hand)
    assert run(["export", str(case), str(by_hand), "--to", "ocpp", "--out", str(tmp_path / "out")]) == 3
    assert "The audit refuses the plan" in capsys.readouterr().err and not (tmp_path / "out").exists()
    assert run(["solve", str(case), "--out", str(solved), "--json"]) == 0
    capsys.readouterr()
    assert run(["export", str(case), str(solved), "--to", "ocpp", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert "ocpp/README.md" in said.out.replace("\n", "") and "2.1 is assumed" in said.err
    text = (tmp_path / "out" / "ocpp" / "README.md").read_text(encoding="utf-8")
    assert "Nothing was sent" in text and "for 12 h" in text and "2026-01-15 18:00 UTC" in text
    assert run(["export", str(case), "--to", "ocpp", "--out", str(tmp_path / "none")]) == 2
    assert "give a plan" in capsys.readouterr().err
