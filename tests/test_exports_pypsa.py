"""Folders for PyPSA: figures by hand, read back, and solved by PyPSA where it is there."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.planner_case import ROOT3, feeder, plan
from tests.planners import run_in
from tests.small import case_of
from tests.test_exports_pandapower import AGREES, mean_volts, other
from v2g.exports.exporting import export
from v2g.exports.pypsa_tables import safe
from v2g.feeders.pypsa import Pypsa
from v2g.reading import read

FLOW = """
import json, logging, sys, pypsa
logging.disable(logging.WARNING)
n = pypsa.Network(sys.argv[1])
assert n.pf().converged.all().all()
volts = n.buses_t.v_mag_pu
print(json.dumps({bus: volts[bus].tolist() for bus in n.buses.index[n.buses.carrier == "AC"]}))
"""
CHOOSE = """
import json, logging, os, pathlib, re, sys, pypsa
logging.disable(logging.WARNING)
os.chdir(sys.argv[1])
code = re.findall(r"```python\\n(.*?)```", pathlib.Path("README.md").read_text(), flags=re.DOTALL)[1]
n = pypsa.Network(".")
exec(code)
status = n.optimize(solver_name="highs")
assert status == ("ok", "optimal"), status
hours = n.snapshot_weightings.objective
asked, shed = (table.mul(hours, axis=0).sum() for table in (n.loads_t.p_set, n.generators_t.p))
names = n.loads.dropna(subset="tier").index
print(json.dumps({name: 1e3 * (asked[name] - shed[f"shed {name}"]) for name in names}))
"""


def rows(folder: Path, name: str) -> dict[str, dict[str, str]]:
    """A file by the names of its rows."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    return {next(iter(row.values())): row for row in found}


def numbers(row: dict[str, str], *columns: str) -> list[float]:
    return [float(row[column]) for column in columns]


def test_branches_are_in_ohm_per_unit_and_mva(tmp_path: Path) -> None:
    """The same z as for pandapower; kiosk: 0.004 + 0.012j ohm of 300 kVA at 0.4 kV are 0.0075 + 0.0225j."""
    folder = export(feeder(), "pypsa", tmp_path / "out").folder
    lines = rows(folder, "lines")
    assert_allclose(numbers(lines["main"], "r", "x", "b", "s_nom"), [2.0, 4.0, 60e-6, 1.5], rtol=1e-12)
    assert_allclose(numbers(lines["lane"], "r", "x", "s_nom"), [12.0, 15.0, 0.1], rtol=1e-12)
    assert (lines["main"]["active"], lines["tie"]["active"], lines["tie"]["s_nom"]) == ("True", "False", "100000.0")
    unit = rows(folder, "transformers")["kiosk"]
    assert_allclose(numbers(unit, "r", "x", "s_nom", "phase_shift"), [0.0075, 0.0225, 0.3, 30.0], rtol=1e-12)
    assert float(unit["tap_ratio"]) == pytest.approx(1.0 / 1.025)
    bank = rows(folder, "shunt_impedances")["bank"]
    assert float(bank["b"]) == pytest.approx(0.09 / 11.0**2)  # MVAr over kV squared


def test_vehicles_are_stores_with_links(tmp_path: Path) -> None:
    """A van of 60 kWh, 50 in it, 12 kept; 11 kW in at 0.9, 10 kW out of 12.5 at 0.8; plugged in for two hours."""
    folder = export(feeder(), "pypsa", tmp_path / "out").folder
    store, links = rows(folder, "stores")["van"], rows(folder, "links")
    assert_allclose(numbers(store, "e_nom", "e_initial", "e_min_pu"), [0.06, 0.05, 0.2])
    assert_allclose(numbers(links["van at post"], "p_nom", "efficiency"), [0.011, 0.9])
    assert_allclose(numbers(links["van from post"], "p_nom", "efficiency"), [0.0125, 0.8])
    assert links["van from post"]["bus1"] == "spur"
    there = rows(folder, "links-p_max_pu")
    assert [row["van at post"] for row in there.values()] == ["1.0", "1.0", "0.0"]
    assert [row["trips van"] for row in rows(folder, "loads-p_set").values()] == ["0.0", "0.0", "0.006"]


def test_batteries_are_without_their_reserve_and_snapshots_have_their_hours(tmp_path: Path) -> None:
    """280 of 300 kWh at 150 kW, 180 of 200 in it; it takes 60 of 150 kW."""
    folder = export(feeder(), "pypsa", tmp_path / "out").folder
    box = rows(folder, "storage_units")["box"]
    assert_allclose(numbers(box, "p_nom", "max_hours", "state_of_charge_initial"), [0.15, 280.0 / 150.0, 0.18])
    assert_allclose(numbers(box, "p_min_pu", "p_max_pu"), [-0.4, 1.0])
    half = export(read("depot"), "pypsa", tmp_path / "depot").folder / "snapshots.csv"
    assert half.read_text().splitlines()[:2] == [
        ",snapshot,objective,stores,generators", "0,2026-01-16 00:00:00,0.5,0.5,0.5",
    ]  # fmt: skip


def test_supply_is_there_when_it_is(tmp_path: Path) -> None:
    folder = export(feeder(), "pypsa", tmp_path / "out").folder
    assert [row["supply"] for row in rows(folder, "generators-p_max_pu").values()] == ["0.0", "1.0", "1.0"]
    assert rows(folder, "generators")["supply"]["control"] == "Slack"


def test_set_points_are_those_of_the_plan(tmp_path: Path) -> None:
    folder = export(feeder(), "pypsa", tmp_path / "out", plan()).folder
    frame = plan().tables["loads"]
    taken = frame[frame["load"] == "mill"]["served_kw"].to_list()
    assert_allclose([float(row["mill"]) for row in rows(folder, "loads-p_set").values()], np.array(taken) / 1000.0)
    assert "p_set" in (folder / "README.md").read_text(encoding="utf-8")
    assert not (export(feeder(), "pypsa", tmp_path / "free").folder / "links-p_set.csv").exists()


def test_it_reads_back_as_the_same_feeder(tmp_path: Path) -> None:
    network = Pypsa().read(export(feeder(), "pypsa", tmp_path / "out").folder)
    assert network.lonlat
    assert [bus.name for bus in network.buses] == ["head", "mid", "low", "far", "spur"]
    assert_allclose([ROOT3 * bus.kv_ln for bus in network.buses], [11.0, 11.0, 0.4, 11.0, 11.0])
    main = next(line for line in network.lines if line.name == "main")
    assert_allclose([main.r_ohm[0, 0], main.x_ohm[0, 0], main.b_us[0, 0]], [2.0, 4.0, 60.0])
    assert main.rating_a == pytest.approx(500.0 / (11.0 / ROOT3))
    (unit,) = network.transformers
    assert (unit.windings[0].tap, unit.x_pct[0]) == (pytest.approx(1.0 / 1.025), pytest.approx(2.25))
    assert {load.name: load.kw for load in network.loads}["clinic"] == pytest.approx(60.0)  # of the first snapshot
    assert {store.name: store.capacity_kwh for store in network.storage} == {"box": pytest.approx(280.0)}
    (bank,) = network.capacitors
    assert bank.kvar == pytest.approx(90.0)


def test_what_is_lost_is_said(tmp_path: Path) -> None:
    warnings = "\n".join(export(feeder(), "pypsa", tmp_path / "out").warnings)
    assert "1 line, 1 load, 1 charger" in warnings
    assert "2 of 3 are wired" in warnings  # the battery holds the voltage in the first hour, the supply then
    assert "go with the voltage" in warnings
    tables = {"buses": "bus,kv_ln_kv,x,y\none,0.23,1,2", "grid": "grid,bus\nsupply,one"}
    drawn = case_of(tables, header={"step_min": [60]})
    told = "\n".join(export(drawn, "pypsa", tmp_path / "drawn").warnings)
    assert "those of a drawing" in told


@pytest.mark.parametrize("name", ["1e5", "1.0", "01", "inf", "True", "NA", "null", "-nan"])
def test_names_that_a_reader_of_csv_would_change_are_changed_first(name: str) -> None:
    assert safe(name) == f"n_{name}"


LOADS_STAY = 2e-4
"""Per unit, where loads go with the voltage in the case, and not in PyPSA."""


@pytest.mark.parametrize("name", ["", "village", "depot"])
def test_pypsa_has_the_voltages_of_opendss(tmp_path: Path, name: str) -> None:
    pytest.importorskip("opendssdirect")
    case, solved = other(name) if name else (feeder(), plan())
    folder = export(case, "pypsa", tmp_path / "out", solved).folder
    volts = json.loads(run_in("pypsa", FLOW, folder))
    for t in range(0, case.steps, 20) if name else (1, 2):
        told = mean_volts(case, solved, t)
        assert_allclose([volts[bus][t] for bus in told], list(told.values()), atol=AGREES if name else LOADS_STAY)


def test_pypsa_chooses_what_the_village_can_have(tmp_path: Path) -> None:
    """Above their reserves the cars hold 10 and 30 kWh; leaf60 leaves after two hours at 6 kW: 8 + 12 = 20 kWh arrive.
    The battery has 10 kWh above its reserve, 9 of them arrive: 29 in all, 20 of them for the clinic's four hours."""
    folder = export(read("village"), "pypsa", tmp_path / "out").folder
    served = json.loads(run_in("pypsa", CHOOSE, folder).splitlines()[-1])
    assert served == {"clinic": pytest.approx(20.0, abs=1e-6), "cold_store": pytest.approx(9.0, abs=1e-6)}
