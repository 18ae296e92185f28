"""One fault in one cell, row or column of a valid case: the finding names it by row and column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers_specs import EVENING, HEADER, SPECS, case_of, draft_of, findings_of, only, place

from v2g.check import check
from v2g.formats.draft import Draft

BUSES = "bus,phases,kv_ln_kv\n"
LOADS = "load,bus,tier,kw,kvar\n"
VEHICLES = "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw\n"
STAYS = "vehicle,charger,from_utc,until_utc\n"
CHARGERS = "charger,bus,charge_kw,discharge_kw,charge_eff,discharge_eff\n"
NO_STAYS = {"stays": None, "trips": None}


def cell(column: str, value: str) -> dict[str, str | None]:
    """The evening with another cell in its first load."""
    cells = {"load": "clinic", "bus": "b2", "tier": "1", "kw": "10", "kvar": "3", column: value}
    return {"loads": ",".join(cells) + "\n" + ",".join(f'"{text}"' for text in cells.values()) + "\n"}


def test_the_evening_is_valid_and_complete() -> None:
    case = case_of()
    assert case.name == "two-bus" and case.steps == 4
    assert set(case.tables) == set(SPECS)
    for name, spec in SPECS.items():
        assert [c.name for c in spec.columns] == list(case.tables[name].columns)


def test_types_of_a_case() -> None:
    case = case_of()
    loads, batteries, lines = case.table("loads"), case.table("batteries"), case.table("lines")
    assert loads["tier"].dtype == np.int64 and loads["kw"].dtype == np.float64
    assert batteries["forming"].dtype == np.bool_ and bool(batteries["forming"].iloc[0])
    assert lines["closed"].tolist() == [True] and lines["switch"].tolist() == [False]
    assert np.isnan(lines["rating_kva"].iloc[0]) and lines["r_aa_ohm"].iloc[0] == 0.0
    assert loads["phases"].tolist() == ["abc", "abc"] and loads["connection"].tolist() == ["wye", "wye"]
    assert str(case.table("stays")["from_utc"].dtype) == "datetime64[ns, UTC]"
    assert loads["from_utc"].isna().all() and loads["profile"].tolist() == ["", ""]
    assert all(isinstance(name, str) for name in loads["load"])


def test_tables_that_are_not_there_have_their_columns_and_types() -> None:
    grid = case_of().table("grid")
    assert len(grid) == 0
    assert str(grid["from_utc"].dtype) == "datetime64[ns, UTC]" and grid["rating_kw"].dtype == np.float64


def test_service_follows_the_tier() -> None:
    assert case_of().table("loads")["service"].tolist() == ["continuous", "flexible"]


def test_a_written_service_of_tier_0_is_overruled_aloud() -> None:
    finding = only(
        findings_of(**cell("service", "continuous") | {"loads": LOADS[:-1] + ",service\nx,b2,0,1,0,continuous\n"})
    )
    assert place(finding) == ("service-of-tier-0", "loads.csv", 2, "service", "warning")


def test_rows_keep_their_order() -> None:
    loads = LOADS + "z,b2,1,1,0\na,b1,1,2,0\nm,b2,0,3,0\n"
    assert case_of(loads=loads).table("loads")["load"].tolist() == ["z", "a", "m"]


def test_blanks_around_cells_and_names_are_stripped() -> None:
    loads = " load ,bus, tier,kw ,kvar\n clinic , b2,1 , 10,3\n"
    row = case_of(loads=loads).table("loads").iloc[0]
    assert (row["load"], row["bus"], row["tier"], row["kw"]) == ("clinic", "b2", 1, 10.0)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("kw", "ten", "not-a-number"),
        ("kw", "1 2", "not-a-number"),
        ("kw", "1_000", "not-a-number"),
        ("kw", "0x10", "not-a-number"),
        ("kw", "٣", "not-a-number"),
        ("kw", "NaN", "not-finite"),
        ("kw", "inf", "not-finite"),
        ("kw", "-inf", "not-finite"),
        ("kw", "1e999", "not-finite"),
        ("kw", "12,5", "decimal-comma"),
        ("kw", "1.234,5", "decimal-comma"),
        ("kw", "1,000", "thousands-separator"),
        ("kw", "1,000,000.5", "thousands-separator"),
        ("kw", "$10", "currency"),
        ("kw", "10 €", "currency"),
        ("kw", "10 kW", "unit-in-cell"),
        ("kw", "-1", "below-limit"),
        ("kw", "", "blank"),
        ("people", "0", "below-limit"),
        ("tier", "1.5", "not-whole"),
        ("tier", "-1", "below-limit"),
        ("service", "contineous", "unknown-choice"),
        ("connection", "star", "unknown-choice"),
        ("phases", "abd", "not-phases"),
        ("phases", "aab", "not-phases"),
        ("load", "", "blank"),
        ("load", "a\nb", "control-character"),
        ("kind", "safe\u202egnirts", "control-character"),
        ("bus", "b9", "unknown-reference"),
        ("profile", "evening", "unknown-reference"),
        ("from_utc", "2026-01-15 18:00", "naive-time"),
        ("from_utc", "2026-01-15", "naive-time"),
        ("from_utc", "15.01.2026 18:00", "not-a-time"),
        ("from_utc", "2026-02-30T18:00:00+00:00", "not-a-time"),
        ("from_utc", "2026-01-15T18:00:00+99:99", "not-a-time"),
        ("from_utc", "0001-01-15T18:00:00+00:00", "year-out-of-range"),
    ],
)
def test_a_faulty_cell(column: str, value: str, code: str) -> None:
    finding = only(findings_of(**cell(column, value)))
    assert place(finding) == (code, "loads.csv", 2, column, "error")


@pytest.mark.parametrize("value", ["0", "1", "true", "FALSE", "True"])
def test_flags_that_are_read(value: str) -> None:
    case_of(lines=f"line,from_bus,to_bus,switch\nl1,b1,b2,{value}\n")


def test_a_flag_that_is_none() -> None:
    finding = only(findings_of(lines="line,from_bus,to_bus,closed\nl1,b1,b2,maybe\n"))
    assert place(finding) == ("not-a-flag", "lines.csv", 2, "closed", "error")
    assert finding.allowed == "0, 1, no, yes, false, true"


def test_phases_keep_their_order_in_small_letters() -> None:
    assert case_of(**cell("phases", "CA")).table("loads")["phases"].tolist() == ["ca"]


@pytest.mark.parametrize(
    "text",
    ["2026-01-15T20:00:00+02:00", "2026-01-15 18:00Z", "2026-01-15T18:00:00.000 +00:00", "2026-01-15T13:00-05:00"],
)
def test_times_are_utc_whatever_their_offset(text: str) -> None:
    assert case_of(**cell("from_utc", text)).table("loads")["from_utc"].iloc[0] == pd.Timestamp("2026-01-15T18:00Z")


def test_a_naive_time_is_refused_with_what_to_write() -> None:
    finding = only(findings_of(**cell("from_utc", "2026-01-15 18:00")))
    assert "2026-01-15 18:00 has no offset" in finding.message
    assert "write 2026-01-15T18:00:00+00:00" in finding.remedy


def test_remedies_for_commas() -> None:
    assert only(findings_of(**cell("kw", "12,5"))).remedy == "Write 12.5."
    assert only(findings_of(**cell("kw", "1,000"))).remedy == "Write 1000, or 1.000 if the comma was a decimal comma."


def test_percent_for_a_share() -> None:
    finding = only(findings_of(chargers=CHARGERS + "c1,b2,7,7,95,0.95\nc2,b2,7,7,0.95,0.95\n"))
    assert place(finding) == ("above-limit", "chargers.csv", 2, "charge_eff", "error")
    assert "write 95 % as 0.95" in finding.remedy


def test_reserve_above_capacity() -> None:
    finding = only(findings_of(vehicles=VEHICLES + "ev1,40,30,5,7\nev2,22,20,25,7\n"))
    assert place(finding)[:4] == ("above-column", "vehicles.csv", 3, "reserve_kwh")
    assert finding.message == "reserve_kwh 25 is above capacity_kwh 22."


def test_start_above_capacity() -> None:
    finding = only(findings_of(vehicles=VEHICLES + "ev1,40,41,5,7\nev2,22,20,2,7\n"))
    assert place(finding) == ("above-column", "vehicles.csv", 2, "start_kwh", "error")


def test_a_repeated_name() -> None:
    finding = only(findings_of(buses=BUSES + "b1,abc,2.4\nb2,abc,2.4\nb1,abc,2.4\n"))
    assert place(finding) == ("duplicate-id", "buses.csv", 4, "bus", "error")
    assert "row 2" in finding.message


def test_unknown_references_say_what_is_near() -> None:
    finding = only(findings_of(loads=LOADS + "x,B2,1,1,0\n"))
    assert place(finding) == ("unknown-reference", "loads.csv", 2, "bus", "error")
    assert finding.remedy == "Did you mean 'b2'?"


def test_references_into_a_table_that_is_missing() -> None:
    findings = findings_of(chargers=None)
    assert [place(f) for f in findings] == [
        ("unknown-reference", "stays.csv", 2, "charger", "error"),
        ("unknown-reference", "stays.csv", 3, "charger", "error"),
    ]
    assert findings[0].remedy == "chargers.csv is missing or has no rows."


def test_a_missing_table() -> None:
    findings = findings_of(buses=None)
    assert place(findings[0]) == ("missing-table", "buses.csv", None, None, "error")


def test_a_required_table_without_rows() -> None:
    assert ("empty-table", "buses.csv", None, None, "error") in [place(f) for f in findings_of(buses=BUSES)]


def test_a_missing_column() -> None:
    finding = only(findings_of(loads="load,bus,tier\nclinic,b2,1\n"))
    assert place(finding) == ("missing-column", "loads.csv", 1, "kw", "error")


def test_an_unknown_column_says_what_is_near() -> None:
    finding = only(findings_of(loads=LOADS[:-1] + ",peeple\nclinic,b2,1,10,3,5\n"))
    assert place(finding) == ("unknown-column", "loads.csv", 1, "peeple", "error")
    assert finding.remedy == "Did you mean 'people'?"


def test_an_unknown_table_says_what_is_near() -> None:
    finding = only(findings_of(vehicle="vehicle\nx\n"))
    assert place(finding) == ("unknown-table", "vehicle.csv", None, None, "error")
    assert finding.remedy == "Did you mean 'vehicles.csv'?"


def test_an_unknown_table_like_nothing_else() -> None:
    finding = only(findings_of(qqqq="x\n1\n"))
    assert finding.code == "unknown-table" and "buses" in finding.remedy


def test_a_blank_row() -> None:
    finding = only(findings_of(loads=LOADS + "clinic,b2,1,10,3\n,,,,\nshops,b2,0,1,0\n"))
    assert place(finding) == ("blank-row", "loads.csv", 3, None, "error")


def test_plugs_are_whole() -> None:
    finding = only(findings_of(chargers=CHARGERS[:-1] + ",plugs\nc1,b2,7,7,1,1,1.5\nc2,b2,7,0,1,1,1\n"))
    assert place(finding) == ("not-whole", "chargers.csv", 2, "plugs", "error")


def test_a_column_twice() -> None:
    frame = pd.DataFrame([["clinic", "b2", 1, 10, 11]], columns=["load", "bus", "tier", "kw", "kw"])
    tables = {**draft_of().tables, "loads": frame}
    finding = only(check(Draft.of(HEADER, tables), SPECS)[1])
    assert place(finding) == ("duplicate-column", "loads.csv", 1, "kw", "error")


def test_all_findings_at_once_in_the_order_of_files_and_rows() -> None:
    loads = LOADS + "clinic,b2,one,10,3\nclinic,b7,1,-5,3\n"
    findings = findings_of({"stepps": 4}, loads=loads, lines="line,from_bus,to_bus\nl1,b1,b3\n")
    assert [(f.file, f.row, f.column, f.code) for f in findings] == [
        ("case.toml", None, "stepps", "unknown-key"),
        ("lines.csv", 2, "to_bus", "unknown-reference"),
        ("loads.csv", 2, "tier", "not-a-number"),
        ("loads.csv", 3, "kw", "below-limit"),
        ("loads.csv", 3, "load", "duplicate-id"),
        ("loads.csv", 3, "bus", "unknown-reference"),
    ]


def test_every_finding_reads_as_a_sentence_with_its_place() -> None:
    text = str(only(findings_of(**cell("kw", "12,5"))))
    assert text == (
        "loads.csv, row 2, column kw: The number has a decimal comma. Found: 12,5. "
        "Allowed: a number with a point, such as 1250.5. Write 12.5."
    )


def test_python_frames_and_text_give_one_case() -> None:
    text = case_of()
    loads = pd.DataFrame(
        {
            "load": ["clinic", "shops"],
            "bus": "b2",
            "tier": [1, 0],
            "kw": [10.0, 20.0],
            "kvar": [3, 5],
            "until_utc": [pd.Timestamp("2026-01-15T19:30", tz="Europe/Berlin"), pd.NaT],
            "people": [None, 3.5],
        }
    )
    case, findings = check(Draft.of(HEADER, {**draft_of().tables, "loads": loads}), SPECS)
    assert case is not None and not findings
    pd.testing.assert_frame_equal(
        case.table("loads")[["load", "bus", "tier", "kw"]], text.table("loads")[["load", "bus", "tier", "kw"]]
    )
    assert case.table("loads")["until_utc"].iloc[0] == pd.Timestamp("2026-01-15T18:30Z")
    assert case.table("loads")["people"].iloc[1] == 3.5


def test_naive_python_timestamps_are_refused() -> None:
    loads = pd.DataFrame({"load": ["x"], "bus": "b2", "tier": 1, "kw": 1, "from_utc": pd.Timestamp("2026-01-15 18:00")})
    finding = only(check(Draft.of(HEADER, {**draft_of().tables, "loads": loads}), SPECS)[1])
    assert place(finding) == ("naive-time", "loads.csv", 2, "from_utc", "error")


def test_the_digest_follows_every_cell() -> None:
    one, same, other = draft_of(), draft_of(), draft_of(loads=EVENING["loads"].replace("10", "11"))
    assert len(one.sha256) == 64 and one.sha256 == same.sha256 != other.sha256
    assert draft_of({"seed": 1}).sha256 != one.sha256
