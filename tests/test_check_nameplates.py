"""Blank cells that the catalogue fills, and rows that name none of its rows."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
from helpers_specs import HEADER, draft_of, only, place

import v2g
from v2g.errors import Finding
from v2g.formats.draft import Draft
from v2g.formats.nameplates import with_nameplates
from v2g.formats.outages import durations_of
from v2g.formats.shipped import datasets_folder

CHARGERS = "charger,type,bus"


def plate(table: str, column: str, name: str) -> dict[str, str]:
    """A row of the catalogue as it stands in the file."""
    folder = datasets_folder()
    assert folder is not None
    with (folder / "catalog" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return next(row for row in csv.DictReader(file) if row[column] == name)


def filled(table: str, text: str) -> list[dict[str, str]]:
    """Rows of a table after its nameplates have been read."""
    frame = with_nameplates(draft_of(**{table: text})).tables[table]
    return [{str(key): str(value) for key, value in row.items()} for row in frame.to_dict("records")]


def faults(table: str, text: str) -> tuple[Finding, ...]:
    return with_nameplates(draft_of(**{table: text})).faults


def test_a_vehicle_is_filled_from_its_model() -> None:
    leaf = plate("vehicles", "model", "leaf_40")
    (row,) = filled("vehicles", "vehicle,model,start_soc\nev,leaf_40,0.5\n")
    assert row["capacity_kwh"] == leaf["capacity_kwh"] and row["v2h_kw"] == leaf["v2h_kw"]
    assert row["charge_kw"] == leaf["ac_charge_kw"] != leaf["dc_charge_kw"]
    assert row["connectors"] == leaf["connector"]
    assert float(row["kwh_per_km"]) == pytest.approx(float(leaf["kwh_per_100km"]) / 100, rel=1e-9)


def test_what_is_written_counts() -> None:
    (row,) = filled("vehicles", "vehicle,model,capacity_kwh,charge_kw\nev,leaf_40,33,\n")
    assert row["capacity_kwh"] == "33"


def test_a_row_that_states_its_numbers_takes_no_more_than_blank_cells() -> None:
    (row,) = filled("vehicles", "vehicle,model,capacity_kwh,charge_kw,v2h_kw\nev,leaf_40,33,7,\n")
    assert "socket_kw" not in row and "discharge_kw" not in row
    assert row["v2h_kw"] == plate("vehicles", "model", "leaf_40")["v2h_kw"]


def test_a_charger_is_filled_from_its_type() -> None:
    home = plate("chargers", "type", "v2h_chademo_6kW")
    (row,) = filled("chargers", f"{CHARGERS}\nc,v2h_chademo_6kW,b1\n")
    for column in ("charge_kw", "discharge_kw", "charge_eff", "discharge_eff", "feeds", "standby_kw", "connector"):
        assert row[column] == home[column], column
    assert row["feeds"] == "premises"


def test_a_charger_that_states_its_numbers_draws_no_standby() -> None:
    (row,) = filled("chargers", f"{CHARGERS},charge_kw,charge_eff,discharge_eff\nc,v2g_chademo_7kW,b1,7,0.9,0.9\n")
    assert "standby_kw" not in row


def test_an_unknown_model_that_is_needed() -> None:
    vehicles = "vehicle,model,capacity_kwh,charge_kw\na,leaf_4O,40,\nb,leaf_40,,\n"
    finding = only(faults("vehicles", vehicles))
    assert place(finding) == ("unknown-nameplate", "vehicles.csv", 2, "model", "error")
    assert finding.found == "leaf_4O" and finding.remedy == "Did you mean 'leaf_40'?"
    assert "charge_kw" in finding.message and "capacity_kwh" not in finding.message


@pytest.mark.parametrize(
    ("table", "file", "column"), [("vehicles", "vehicles.csv", "model"), ("chargers", "chargers.csv", "type")]
)
def test_a_misspelt_name_is_one_fault(table: str, file: str, column: str) -> None:
    """Nothing is said of the cells that the catalogue would have filled, but of those of other rows it is."""
    tables = {
        "sites": pd.DataFrame({"site": ["school"]}),
        "vehicles": pd.DataFrame({"vehicle": ["ev"], "model": ["ioniq5_long"], "site": ["school"], "start_soc": [0.5]}),
        "chargers": pd.DataFrame({"charger": ["home"], "type": ["v2h_chademo_6kW"], "site": ["school"]}),
        "loads": pd.DataFrame({"load": ["lights"], "site": ["school"], "tier": [1], "kw": [1], "by_v2l": [1]}),
    }
    assert not v2g.check(Draft.of(HEADER, tables))
    tables[table].loc[0, column] += "X"
    finding = only(v2g.check(Draft.of(HEADER, tables)))
    assert place(finding) == ("unknown-nameplate", file, 2, column, "error")
    tables[table] = pd.concat([tables[table], tables[table].assign(**{column: "", table[:-1]: "other"})])
    codes = [(f.code, f.row) for f in v2g.check(Draft.of(HEADER, tables)) if f.file == file]
    missing = 2 if table == "vehicles" else 3
    assert sorted(codes) == [("blank", 3)] * missing + [("unknown-nameplate", 2)]


def test_an_unknown_model_that_is_not_needed() -> None:
    assert not faults("vehicles", "vehicle,model,capacity_kwh,charge_kw\na,my car,40,7\n")


def test_an_unknown_type_like_nothing_else() -> None:
    finding = only(faults("chargers", f"{CHARGERS}\nc,?,b1\n"))
    assert place(finding) == ("unknown-nameplate", "chargers.csv", 2, "type", "error")
    assert finding.remedy == "Correct the name, or write charge_kw, charge_eff and discharge_eff."


def test_every_row_of_the_catalogue_fills_what_is_required() -> None:
    folder = datasets_folder()
    assert folder is not None
    for table, column in (("vehicles", "model"), ("chargers", "type")):
        names = pd.read_csv(folder / "catalog" / f"{table}.csv")[column]
        text = f"{table[:-1]},{column}\n" + "".join(f"x{k},{name}\n" for k, name in enumerate(names))
        assert not faults(table, text)
        needed = ("capacity_kwh", "charge_kw") if table == "vehicles" else ("charge_kw", "charge_eff", "discharge_eff")
        assert all(float(row[name]) > 0 for row in filled(table, text) for name in needed)


def test_reading_fills_before_it_checks() -> None:
    tables = {
        "sites": pd.DataFrame({"site": ["school"]}),
        "vehicles": pd.DataFrame({"vehicle": ["ev"], "model": ["ioniq5_long"], "site": ["school"], "start_soc": [0.5]}),
        "loads": pd.DataFrame({"load": ["lights"], "site": ["school"], "tier": [1], "kw": [1], "by_v2l": [1]}),
    }
    assert not v2g.check(Draft.of(HEADER, tables))


def test_a_cause_and_durations() -> None:
    tables = {**draft_of().tables, "durations": pd.DataFrame({"hours": [5], "probability": [1]})}
    finding = only(v2g.check(Draft.of({**HEADER, "cause": "hurricane"}, tables)))
    assert place(finding) == ("cause-and-durations", "case.toml", None, "cause", "error")
    assert not v2g.check(Draft.of(HEADER, tables))
    assert not v2g.check(Draft.of({**HEADER, "cause": "hurricane"}, draft_of().tables))


def test_a_cause_and_the_durations_that_it_stands_for() -> None:
    """As they stand in a case that was written out after reading."""
    durations = pd.DataFrame(durations_of("hurricane"), columns=["hours", "probability"])
    tables = {**draft_of().tables, "durations": durations}
    assert not v2g.check(Draft.of({**HEADER, "cause": "hurricane"}, tables))
