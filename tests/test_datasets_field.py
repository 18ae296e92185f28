"""The catalogue, and the cases of people: each figure of their READMEs, worked out there by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from feeders import feeder
from v2g.datasets.recipes import blackout, large, outages, storm
from v2g.datasets.recipes.tables import write_table

import v2g
from v2g.case import Case
from v2g.formats import locate, read_folder
from v2g.formats.draft import Draft
from v2g.plan import Plan

CASES = ("places", "chiba-2019", "depot")
OFF_THE_FEEDER = ("places", "chiba-2019")
CATALOGUE = locate("village").parent / "catalog"
CLOSE = {"rel": 0, "abs": 5e-4}
"""Each stage may give way by a millionth of its value, here some 300 kWh."""


def rows_of(name: str) -> list[dict[str, str]]:
    """Rows of a table of the catalogue, as text."""
    with (CATALOGUE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def changed(name: str, cells: Mapping[tuple[str, str, str], Any], without: Mapping[str, str] | None = None) -> Case:
    """A case with some cells (table, row's name, column) changed, and rows left out: a table's name to a row's."""
    draft = read_folder(locate(name))
    tables = {key: frame.copy() for key, frame in draft.tables.items()}
    for (table, row, column), value in cells.items():
        frame = tables[table]
        frame[column] = frame.get(column, "")
        frame.loc[frame.iloc[:, 0] == row, column] = str(value)
    for table, row in (without or {}).items():
        kept = tables[table].iloc[:, 0] != row
        assert not kept.all(), f"{table} has no row {row}"
        tables[table] = tables[table][kept].reset_index(drop=True)
    return v2g.read(Draft.of(draft.header, tables))


@cache
def solved(name: str) -> tuple[Case, Plan]:
    """A case as it comes along, and its plan."""
    case = v2g.read(name)
    return case, v2g.solve(case, gap=1e-6)


def served(plan: Plan, load: str) -> float:
    """Energy that a load received, in kWh."""
    table = plan.tables["loads"]
    mine = table[table["load"] == load]
    return float((mine["served_kw"] * mine["hours"]).sum())


# The catalogue.


def test_recipes_write_their_cases_byte_for_byte(tmp_path: Path) -> None:
    for name, recipe in (("ieee123-storm", storm), ("ieee13-blackout", blackout)):
        recipe.write(tmp_path / name)
        written = sorted((tmp_path / name).iterdir())
        assert len(written) > 10
        for file in written:
            assert file.read_bytes() == (locate(name) / file.name).read_bytes(), f"{name}/{file.name}"
    write_table(tmp_path, "outages", outages.rows())
    assert (tmp_path / "outages.csv").read_bytes() == (CATALOGUE / "outages.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "most_buses", "islands"), [("ieee8500-storm", 2522, 1), ("ieee9500-hurricane", 2752, 3)]
)
def test_large_cases_are_made_again_byte_for_byte(name: str, most_buses: int, islands: int, tmp_path: Path) -> None:
    """Buses of the folded primaries before chains are merged: 4,876 less 2,354, and 5,302 less 2,550."""
    recipe, feeders = large.RECIPES[name], feeder("ieee8500").parent
    recipe.write(name, feeders, tmp_path / "one")
    files = sorted((tmp_path / "one").iterdir())
    assert all(file.read_bytes() == (locate(name) / file.name).read_bytes() for file in files)
    assert sum(file.stat().st_size for file in files) < 3e6
    case = v2g.read(tmp_path / "one")
    assert 1000 < len(case.table("buses")) < most_buses
    assert case.table("batteries")["forming"].sum() == islands


def test_a_charger_gives_to_the_feeder_to_premises_or_not_at_all() -> None:
    rows = {row["type"]: row for row in rows_of("chargers")}
    assert {row["feeds"] for row in rows.values()} == {"feeder", "premises"}
    for row in rows.values():
        standby = float(row["standby_kw"])
        if float(row["discharge_kw"]) == 0:
            assert (row["feeds"], standby) == ("feeder", 0), row["type"]
        else:
            assert 0.1 <= standby <= 0.3 and "to be sourced" in row["basis"], row["type"]
    assert {name for name, row in rows.items() if row["feeds"] == "premises"} == {"v2h_chademo_6kW", "v2h_ccs_9kW"}


def test_what_vehicles_give_at_their_sockets() -> None:
    rows = {row["model"]: row for row in rows_of("vehicles")}
    power = {name: float(row["sockets"]) * float(row["socket_kw"]) for name, row in rows.items()}
    assert [power[name] for name in ("outlander_phev", "imiev_16", "env200_40")] == [1.5] * 3
    assert power["zoe_41"] == power["leaf_30"] == power["leaf_60"] == power["school_bus_c_226"] == 0
    for name, row in rows.items():
        assert float(row["socket_kw"]) <= 3.7, name
        assert "V2L" in row["basis"] or row["basis"].startswith("as "), name
        assert (float(row["sockets"]) > 0) == (float(row["socket_kw"]) > 0), name


def test_the_zoe_gives_in_no_way() -> None:
    zoe = next(row for row in rows_of("vehicles") if row["model"] == "zoe_41")
    assert {float(zoe[column]) for column in ("discharge_kw", "v2h_kw", "sockets", "socket_kw")} == {0.0}


def test_every_two_way_charger_fits_a_vehicle_that_gives_that_way() -> None:
    """A connector nobody has would make a station useless without a word."""
    way = {"feeder": "discharge_kw", "premises": "v2h_kw"}
    for charger in rows_of("chargers"):
        fit = [
            row for row in rows_of("vehicles")
            if set(row["connector"].split("|")) & set(charger["connector"].split("|"))
            and (float(charger["discharge_kw"]) == 0 or float(row[way[charger["feeds"]]]) > 0)
        ]  # fmt: skip
        assert fit, charger["type"]


def curves() -> dict[str, list[tuple[float, float]]]:
    """Points (hours, P(H >= hours)) by cause."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows_of("outages"):
        found.setdefault(row["cause"], []).append((float(row["hours"]), float(row["exceedance"])))
    return found


def test_outages_are_survival_curves() -> None:
    assert {"major_event", "severe_weather", "hurricane", "winter_storm"} <= set(curves())
    for cause, points in curves().items():
        assert 15 <= len(points) <= 25 and points[0][0] <= 1, cause
        for (earlier, above), (later, below) in pairwise(points):
            assert earlier < later and 1 > above > below > 0, (cause, later)


def test_figures_that_are_known_of_outages() -> None:
    """Medians of all, of severe weather, of hurricanes; nine in ten hurricanes below 295 h."""
    points = {cause: dict(rows) for cause, rows in curves().items()}
    assert points["major_event"][11.68] == points["severe_weather"][41] == points["hurricane"][60] == 0.5
    assert points["hurricane"][295.29] == 0.1


def test_points_between_lie_on_a_line_over_the_logarithm() -> None:
    """Severe weather, 24 h between 14.5 h (0.75) and 41 h (0.5): 0.75 - 0.25 ln(24/14.5) / ln(41/14.5) = 0.6288.

    Before the first point, 3.05 h (0.9), over the hours: 1 - 0.1 x 1 / 3.05 = 0.9672.
    """
    severe = dict(curves()["severe_weather"])
    assert (severe[24], severe[1]) == (0.6288, 0.9672)


# The cases.


@pytest.mark.parametrize(("name", "of"), [("places", "nursery"), ("chiba-2019", "hall_well_pump"), ("depot", "head")])
def test_findings_are_those_that_the_case_is_about(name: str, of: str) -> None:
    """Nothing can reach the nursery's loads, the well pump, the bus beyond the open switch; no other finding."""
    findings = v2g.check(name)
    assert findings and {finding.severity for finding in findings} == {"warning"}
    assert all(of in str(finding) for finding in findings)


@pytest.mark.parametrize("name", CASES)
def test_the_plan_is_what_the_readme_works_out(name: str) -> None:
    case, plan = solved(name)
    expected = json.loads((locate(name) / "expected.json").read_text(encoding="utf-8"))
    assert plan.summary["status"] == expected["status"]
    for part in ("critical", "critical_hours"):
        for tier, figures in expected[part].items():
            found = {key: plan.summary[part][tier][key] for key in figures}
            assert found == pytest.approx(figures, **CLOSE), (part, tier)
    energy = {key: plan.summary["energy_kwh"][key] for key in expected["energy_kwh"]}
    assert energy == pytest.approx(expected["energy_kwh"], **CLOSE)
    assert {load: served(plan, load) for load in expected["served_kwh"]} == pytest.approx(
        expected["served_kwh"], **CLOSE
    )
    assert set(expected["served_kwh"]) == set(case.table("loads")["load"])
    assert plan.summary["reserve_shortfall_kwh"] == pytest.approx(expected["reserve_shortfall_kwh"], **CLOSE)
    left = plan.tables["vehicles"].groupby("vehicle")["energy_end_kwh"].last().to_dict()
    assert {key: left[key] for key in expected["end_kwh"]} == pytest.approx(expected["end_kwh"], **CLOSE)
    assert v2g.verify(case, plan).ok


@pytest.mark.parametrize("name", OFF_THE_FEEDER)
def test_not_one_kwh_goes_through_a_dead_feeder(name: str) -> None:
    _, plan = solved(name)
    vehicles, loads = plan.tables["vehicles"], plan.tables["loads"]
    assert vehicles[["charge_kw", "discharge_kw"]].abs().to_numpy().max() <= 1e-9
    by_feeder = loads["served_kw"] + loads["surge_kw"] - loads["v2h_kw"] - loads["v2l_kw"]
    assert by_feeder.abs().max() <= 1e-7
    assert loads["served_kw"].sum() > 0


@pytest.mark.parametrize(("name", "zoe"), [("places", "zoe"), ("chiba-2019", "zoe41")])
def test_the_zoe_keeps_what_it_has(name: str, zoe: str) -> None:
    table = solved(name)[1].tables["vehicles"]
    mine = table[table["vehicle"] == zoe]
    assert mine[["discharge_kw", "v2h_kw", "v2l_kw"]].abs().to_numpy().max() == 0
    assert mine["energy_end_kwh"].iloc[-1] == mine["energy_start_kwh"].iloc[0] > 30


def test_places_need_no_more_than_places_loads_and_cars() -> None:
    assert {file.stem for file in locate("places").glob("*.csv")} == {"sites", "loads", "vehicles"}


def test_places_a_bigger_socket_serves_the_cooker() -> None:
    """4 kW at the socket: 0.9 + 3 = 3.9 kW fit; 10.8 + 2.4 + 3 = 16.2 of 23.94 kWh."""
    plan = v2g.solve(changed("places", {("vehicles", "ioniq", "socket_kw"): 4}))
    assert plan.summary["critical"]["3"]["served"] == 1
    assert served(plan, "school_heaters") == pytest.approx(23.94 - 16.2, **CLOSE)


def test_chiba_standby_is_what_the_leaf_of_the_hill_lacks() -> None:
    """Without the i-MiEV: (25.2 - 3.3 - 4.8) x 0.9 = 15.39 of 19.2 kWh; without standby 19.71."""
    alone = v2g.solve(changed("chiba-2019", {}, {"vehicles": "imiev"}))
    assert alone.summary["critical"]["1"]["served"] == 4
    quiet = v2g.solve(changed("chiba-2019", {("chargers", "hill_v2h", "standby_kw"): 0}, {"vehicles": "imiev"}))
    assert quiet.summary["critical"]["1"]["served"] == 5
    assert served(quiet, "hill_suction") == pytest.approx(19.2, **CLOSE)


def test_chiba_no_energy_helps_the_well_pump_but_a_socket_does() -> None:
    """Lights and pump ask for 6 + 3.6 = 9.6 kWh. Without its reserve the Outlander has 11 x 0.9 = 9.9, at 1.5 kW."""
    empty = {("vehicles", "outlander_hall", "reserve_km"): 0}
    assert served(v2g.solve(changed("chiba-2019", empty)), "hall_well_pump") == pytest.approx(0, **CLOSE)
    strong = changed("chiba-2019", {**empty, ("vehicles", "outlander_hall", "socket_kw"): 1.8})
    assert served(v2g.solve(strong), "hall_well_pump") == pytest.approx(3.6, **CLOSE)


def test_chiba_the_night_at_the_gymnasium_is_the_vans() -> None:
    """While the Leaf is at home, the e-NV200 carries the oxygen alone: 0.7 kW x 22 h = 15.4 kWh."""
    vehicles = solved("chiba-2019")[1].tables["vehicles"]
    leaf, van = (vehicles[vehicles["vehicle"] == name].reset_index(drop=True) for name in ("leaf40", "env200"))
    away = leaf["trip_kwh"] > 0
    assert away.sum() == 22 and leaf["v2l_kw"][away].abs().max() == 0
    assert van["v2l_kw"][away].min() >= 0.7 - 1e-6


def test_depot_the_next_morning_costs_the_heating() -> None:
    """With reserves of 20 km only, 96 kWh x 0.95 = 91.2 kWh more; the heating takes all its 60, and others the rest."""
    case = changed("depot", {}, {"needs": "next_morning"})
    plan = v2g.solve(case)
    assert plan.summary["critical"]["2"]["served"] == 1
    assert solved("depot")[1].summary["critical"]["2"]["served"] == 0
    assert plan.summary["energy_kwh"]["discharged"] == pytest.approx(255.36 + 91.2, **CLOSE)


def test_depot_without_a_station_that_forms_is_dark() -> None:
    plan = v2g.solve(changed("depot", {("chargers", "station_125", "forming"): 0}))
    assert plan.tables["loads"]["served_kw"].max() == 0 < solved("depot")[1].tables["loads"]["served_kw"].max()
    assert plan.tables["vehicles"]["discharge_kw"].max() == 0


def test_depot_only_the_bus_at_the_forming_station_keeps_the_feeder_alive() -> None:
    """When it drives from 12:30 to 14:30 as well, all is dark in these two hours."""
    draft = read_folder(locate("depot"))
    row = draft.tables["trips"].iloc[[0]].assign(vehicle="bus_1")
    tables = {**draft.tables, "trips": pd.concat([draft.tables["trips"], row], ignore_index=True)}
    driven = v2g.solve(v2g.read(Draft.of(draft.header, tables)))
    for plan, least, most in ((driven, 0, 0), (solved("depot")[1], 3.5, 70)):
        loads = plan.tables["loads"]
        at = pd.to_datetime(loads["start_utc"], utc=True)
        inside = (at >= pd.Timestamp("2026-01-16T12:30Z")) & (at < pd.Timestamp("2026-01-16T14:30Z"))
        power = loads[inside].groupby("start_utc")["served_kw"].sum()
        assert len(power) == 4 and power.min() >= least - 1e-6 and power.max() <= most
    assert driven.summary["critical"]["1"]["served"] == 1


def test_depot_one_start_of_the_pump_is_enough() -> None:
    """15 kW for 6 h in one run, and 15 kW more for half an hour: 7.5 kWh."""
    loads = solved("depot")[1].tables["loads"]
    pump = loads[loads["load"] == "pump"].reset_index(drop=True)
    assert (pump["surge_kw"] * pump["hours"]).sum() == pytest.approx(7.5, **CLOSE)
    running = pump.index[pump["served_kw"] > 1e-6]
    assert len(running) == 12 and running[-1] - running[0] == 11


def test_depot_buses_are_ready_to_drive() -> None:
    """From 11:00 UTC of the second morning: 60 km x 0.9 and x 0.6 kWh; back from the first one with 60 and 30 kWh."""
    table = solved("depot")[1].tables["vehicles"]
    ends = pd.to_datetime(table["start_utc"], utc=True) + pd.to_timedelta(table["hours"], unit="h")
    level = {(str(v), t): e for v, t, e in zip(table["vehicle"], ends, table["energy_end_kwh"], strict=True)}
    morning, back = pd.Timestamp("2026-01-17T11:00:00Z"), pd.Timestamp("2026-01-16T14:30:00Z")
    for bus, least in (("bus_1", 54), ("bus_2", 54), ("bus_3", 36)):
        assert min(e for (v, t), e in level.items() if v == bus and t >= morning) >= least - 1e-6
    assert level["bus_2", back] >= 60 - 1e-6 and level["bus_3", back] >= 30 - 1e-6
