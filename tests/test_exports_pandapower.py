"""Networks for pandapower: figures by hand, read back, and solved by pandapower where it is there."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.balanced_flow import flow as balanced_flow
from tests.planner_case import ROOT3, feeder, plan
from tests.planners import run_in
from v2g.ac.flow import solve as ac_flow
from v2g.case import Case
from v2g.exports.exporter import AUDIT_TOLERANCE
from v2g.exports.exporting import export
from v2g.feeders.network import Load
from v2g.feeders.pandapower import Pandapower
from v2g.plan import Plan
from v2g.planning import solve
from v2g.reading import read
from v2g.replay.record import Record

SOLVE = """
import json, sys, pandapower
net = pandapower.from_json(sys.argv[1])
pandapower.runpp(net, numba=False)
print(json.dumps(dict(zip(net.bus.name, net.res_bus.vm_pu.tolist()))))
"""
SERIES = """
import json, os, sys, pathlib, re
os.chdir(sys.argv[1])
(code,) = re.findall(r"```python\\n(.*?)```", pathlib.Path("README.md").read_text(), flags=re.DOTALL)
code = code.replace("run_timeseries(net)", "")
exec(code)
from pandapower.timeseries import OutputWriter, run_timeseries
OutputWriter(net, output_path=None, log_variables=[("res_bus", "vm_pu")])
run_timeseries(net, verbose=False, numba=False)
volts = net.output_writer.object[0].output["res_bus.vm_pu"]
print(json.dumps({name: volts.iloc[:, row].tolist() for row, name in enumerate(net.bus.name)}))
"""


def rows(path: Path, table: str) -> dict[str, dict[str, Any]]:
    """A table by the names of its rows."""
    part = json.loads(json.loads(path.read_text(encoding="utf-8"))["_object"][table]["_object"])
    found = [dict(zip(part["columns"], row, strict=True)) for row in part["data"]]
    return {row["name"]: row for row in found}


def test_lines_have_their_positive_sequence_and_laterals_three_times_their_impedance(tmp_path: Path) -> None:
    """z1 = 3 - 1 + j (6 - 2) ohm, z0 = 3 + 2 + j (6 + 4); 500 kVA of a phase at 11 / sqrt 3 kV are 0.0787 kA."""
    net = export(feeder(), "pandapower", tmp_path / "out").folder / "net.json"
    lines, switches = rows(net, "line"), rows(net, "switch")
    main, lane = lines["main"], lines["lane"]
    assert_allclose([main["r_ohm_per_km"], main["x_ohm_per_km"]], [2.0, 4.0], rtol=1e-12)
    assert_allclose([main["r0_ohm_per_km"], main["x0_ohm_per_km"]], [5.0, 10.0], rtol=1e-12)
    assert main["c_nf_per_km"] == pytest.approx(60e3 / (2.0 * np.pi * 60.0))
    assert main["max_i_ka"] == pytest.approx(1.5 / (ROOT3 * 11.0))
    assert_allclose([lane["r_ohm_per_km"], lane["x_ohm_per_km"]], [12.0, 15.0], rtol=1e-12)
    assert lane["max_i_ka"] == pytest.approx(0.1 / (ROOT3 * 11.0))  # 100 kVA of one phase, 100 kVA of three
    assert "jumper" not in lines and switches["jumper"]["et"] == "b" and switches["jumper"]["closed"]
    assert lines["tie"]["max_i_ka"] == 99_999.0
    assert switches["tie"]["et"] == "l" and not switches["tie"]["closed"]


def test_a_transformer_keeps_its_ohms_its_turn_and_its_tap(tmp_path: Path) -> None:
    """300 kVA at 0.4 kV x 1.025: base 0.16 x 1.050625 / 0.3 = 0.56033 ohm; r is 0.71387 %, x 2.1416 % of it."""
    unit = rows(export(feeder(), "pandapower", tmp_path / "out").folder / "net.json", "trafo")["kiosk"]
    base = 0.4**2 * 1.025**2 / 0.3
    assert unit["sn_mva"] == pytest.approx(0.3)
    assert unit["vkr_percent"] == pytest.approx(100.0 * 0.004 / base)
    assert unit["vk_percent"] == pytest.approx(100.0 * abs(0.004 + 0.012j) / base)
    assert (unit["shift_degree"], unit["vector_group"], unit["oltc"]) == (30.0, "Dyn", True)
    assert (unit["tap_side"], unit["tap_min"], unit["tap_max"], unit["tap_step_percent"]) == ("lv", 0.0, 4.0, 2.5)
    ratio = 1.0 + (unit["tap_pos"] - unit["tap_neutral"]) * unit["tap_step_percent"] / 100.0
    assert ratio == pytest.approx(1.025)


def test_places_are_longitude_first(tmp_path: Path) -> None:
    buses = rows(export(feeder(), "pandapower", tmp_path / "out").folder / "net.json", "bus")
    assert json.loads(buses["head"]["geo"]) == {"coordinates": [139.7, 35.6], "type": "Point"}
    assert buses["far"]["geo"] is None


def test_devices_are_in_mw(tmp_path: Path) -> None:
    net = export(feeder(), "pandapower", tmp_path / "out").folder / "net.json"
    stores, loads = rows(net, "storage"), rows(net, "load")
    box, post = stores["box"], stores["post"]
    assert (box["max_e_mwh"], box["min_e_mwh"], box["max_p_mw"], box["min_p_mw"]) == (0.3, 0.02, 0.06, -0.15)
    assert box["soc_percent"] == pytest.approx(100.0 * 200.0 / 300.0)
    assert (post["max_e_mwh"], post["max_p_mw"], post["min_p_mw"]) == (0.06, 0.011, -0.01)
    assert "spare" not in stores
    assert (loads["clinic"]["p_mw"], loads["clinic"]["q_mvar"], loads["clinic"]["tier"]) == (0.12, 0.03, 1.0)
    assert (loads["mill"]["const_z_p_percent"], loads["farm"]["const_i_p_percent"]) == (100.0, 100.0)
    assert rows(net, "shunt")["bank"]["q_mvar"] == -0.09
    assert rows(net, "shunt")["standing_low"]["p_mw"] == pytest.approx(0.003)
    # At 19:00, where critical demand is highest, the supply is back and holds the voltage, not the battery.
    held = rows(net, "ext_grid")
    assert (held["supply"]["in_service"], held["supply"]["vm_pu"], held["box"]["in_service"]) == (True, 1.02, False)


def test_what_is_lost_is_said(tmp_path: Path) -> None:
    done = export(feeder(), "pandapower", tmp_path / "out")
    assert any("1 line, 1 load, 1 charger" in warning for warning in done.warnings)
    assert any("1 charger at which no vehicle ever is" in warning for warning in done.warnings)
    assert "trips (1)" in (done.folder / "README.md").read_text(encoding="utf-8")


def test_profiles_have_every_interval(tmp_path: Path) -> None:
    """The clinic takes 60, 120, 90 kW if it is served throughout; the supply holds the voltage after the first hour."""
    folder = export(feeder(), "pandapower", tmp_path / "out").folder
    assert (folder / "profiles" / "load.p_mw.csv").read_text() == "interval,0\n0,0.06\n1,0.12\n2,0.09\n"
    held = (folder / "profiles" / "ext_grid.in_service.csv").read_text()
    assert held == "interval,0,1\n0,False,True\n1,True,False\n2,True,False\n"
    assert (folder / "times.csv").read_text().splitlines()[1] == "0,2026-01-15T18:00:00+00:00,1"


def test_it_reads_back_as_the_same_feeder(tmp_path: Path) -> None:
    network = Pandapower().read(export(feeder(), "pandapower", tmp_path / "out").folder / "net.json")
    assert [bus.name for bus in network.buses] == ["head", "mid", "low", "far", "spur"]
    assert_allclose([ROOT3 * bus.kv_ln for bus in network.buses], [11.0, 11.0, 0.4, 11.0, 11.0])
    main = next(line for line in network.lines if line.name == "main")
    assert_allclose(main.r_ohm, np.ones((3, 3)) + 2.0 * np.eye(3), atol=1e-12)
    assert_allclose(main.x_ohm, 2.0 * np.ones((3, 3)) + 4.0 * np.eye(3), atol=1e-12)
    assert_allclose(np.diag(main.b_us), 60.0)
    assert main.rating_a == pytest.approx(500.0 / (11.0 / ROOT3))
    (unit,) = network.transformers
    assert [winding.connection for winding in unit.windings] == ["delta", "wye"] and not unit.lead
    assert unit.windings[1].tap == pytest.approx(1.025) and unit.windings[1].tap_range is not None
    assert {line.name: line.closed for line in network.lines if line.switch} == {"jumper": True, "tie": False}
    assert {load.name: load.kw for load in network.loads} == {
        "clinic": pytest.approx(120.0), "mill": pytest.approx(600.0), "farm": pytest.approx(60.0),
    }  # fmt: skip
    assert [source.name for source in network.sources] == ["supply"]
    assert {store.name: store.capacity_kwh for store in network.storage} == {"box": 300.0, "post": 60.0}


def mean_volts(case: Case, solved: Plan, t: int) -> dict[str, float]:
    """Mean over the phases of each live bus with all phases of the feeder, by OpenDSS, in one interval.

    A bus of one phase follows that phase, and not the mean that a flow of three equal phases knows.
    """
    record = Record(case, solved, AUDIT_TOLERANCE)
    volts = ac_flow(record).voltage[:, t]
    found: dict[str, list[float]] = {}
    for node, (bus, _) in enumerate(record.feeder.nodes):
        if record.live[node, t]:
            found.setdefault(bus, []).append(float(volts[node]))
    most = max(map(len, found.values()))
    return {bus: float(np.mean(parts)) for bus, parts in found.items() if len(parts) == most}


def shown(folder: Path, case: Case) -> int:
    """The interval that the network shows, as its README says."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    stamps = [time.strftime("%Y-%m-%d %H:%M UTC") for time in case.boundaries]
    return next(t for t, stamp in enumerate(stamps) if f"interval that starts {stamp}" in text)


@cache
def other(name: str) -> tuple[Case, Plan]:
    case = read(name)
    return case, solve(case)


def test_another_power_flow_of_it_has_the_voltages_of_opendss(tmp_path: Path) -> None:
    """One of three equal phases, written for tests, against OpenDSS phase by phase; what batteries take is a load."""
    pytest.importorskip("opendssdirect")
    folder = export(feeder(), "pandapower", tmp_path / "out", plan()).folder
    network, t = Pandapower().read(folder / "net.json"), shown(folder, feeder())
    told = mean_volts(feeder(), plan(), t)
    taken = [
        Load(
            row["name"], "low" if row["name"] == "box" else "spur", "abc", "wye", 1e3 * row["p_mw"], 1e3 * row["q_mvar"]
        )
        for row in rows(folder / "net.json", "storage").values()
    ]
    volts = balanced_flow(replace(network, loads=(*network.loads, *taken))).volts
    assert_allclose([abs(volts[bus]) for bus in told], list(told.values()), atol=AGREES)


AGREES = 5e-5
"""Per unit: what uneven phases do to each other is not in a flow of three equal ones."""


@pytest.mark.parametrize("name", ["", "village", "depot"])
def test_pandapower_has_the_voltages_of_opendss(tmp_path: Path, name: str) -> None:
    pytest.importorskip("opendssdirect")
    case, solved = other(name) if name else (feeder(), plan())
    folder = export(case, "pandapower", tmp_path / "out", solved).folder
    volts = json.loads(run_in("pandapower", SOLVE, folder / "net.json"))
    told = mean_volts(case, solved, shown(folder, case))
    assert_allclose([volts[bus] for bus in told], list(told.values()), atol=AGREES)


def test_the_lines_of_the_readme_run_all_intervals(tmp_path: Path) -> None:
    pytest.importorskip("opendssdirect")
    folder = export(feeder(), "pandapower", tmp_path / "out", plan()).folder
    volts = json.loads(run_in("pandapower", SERIES, folder))
    for t in range(3):
        told = mean_volts(feeder(), plan(), t)
        assert_allclose([volts[bus][t] for bus in told], list(told.values()), atol=AGREES)
