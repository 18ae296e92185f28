"""What files of strangers hold besides a feeder: none of it may stop an import that can go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.feeders import SMALL
from v2g.errors import ImportRefused
from v2g.feeders import matpower
from v2g.feeders.importing import import_feeder

OHMS, LANE = SMALL / "ohms.m", SMALL / "lane.json"


def lane_with(path: Path, **cells: object) -> Path:
    """The file with another name, or another cell of its battery."""
    whole = json.loads(LANE.read_text(encoding="utf-8"))
    parts = whole["_object"]
    if "name" in cells:
        parts["name"] = cells.pop("name")
    battery = json.loads(parts["storage"]["_object"])
    for column, value in cells.items():
        battery["data"][0][battery["columns"].index(column)] = value
    parts["storage"]["_object"] = json.dumps(battery)
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def test_a_supply_without_limits_is_one() -> None:
    """What the head of a feeder may give is not known to a case, so that Inf says as much as 9 MW."""
    text = OHMS.read_text(encoding="utf-8")
    endless = text.replace("10\t0\t0\t9\t-9\t1.02\t2\t1\t9\t0;", "10\t0\t0\tInf\t-Inf\t1.02\t2\t1\tInf\t-Inf;")
    assert endless != text
    (source,) = matpower.network(endless, "ohms.m", "ohms").sources
    assert (source.bus, source.voltage_pu) == ("10", 1.02)


def test_a_name_with_marks_is_one_that_a_case_can_have(tmp_path: Path) -> None:
    path = lane_with(tmp_path / "lane.json", name="lane: winter/2026")
    imported = import_feeder(path, tmp_path / "case")
    assert imported.case.name == "lane_ winter_2026"
    assert "lane: winter/2026" in imported.case.title


def test_a_battery_of_unknown_size_is_lost_unless_that_is_accepted(tmp_path: Path) -> None:
    path = lane_with(tmp_path / "lane.json", max_e_mwh=None)
    with pytest.raises(ImportRefused) as refused:
        import_feeder(path, tmp_path / "case")
    (finding,) = refused.value.findings
    assert finding.file == "lane.json/storage"
    assert "unknown capacity (max_e_mwh)" in finding.message
    assert "--accept" in finding.remedy
    imported = import_feeder(path, tmp_path / "case", accept=True)
    assert imported.network.storage == ()
    assert "batteries" not in imported.to_dict()["written"]


def test_only_errors_refuse_and_not_what_is_merely_odd(tmp_path: Path) -> None:
    """A voltage of 9 p.u. is too much for a case; that its generators have no fuel yet is no fault of the file."""
    text = OHMS.read_text(encoding="utf-8").replace("-9\t1.02", "-9\t9.02")
    path = tmp_path / "ohms.m"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ImportRefused) as refused:
        import_feeder(path, tmp_path / "case")
    assert {finding.severity for finding in refused.value.findings} == {"error"}


def test_voltage_bases_of_a_circuit_of_one_phase(tmp_path: Path) -> None:
    """7.2 kV of a source of one phase is to neutral, though the engine keeps 7.2 / sqrt(3) = 4.157 kV as the base."""
    circuit = tmp_path / "lane.dss"
    circuit.write_text(
        "New Circuit.lane basekv=7.2 phases=1 bus1=head.1 MVAsc3=2000 MVAsc1=2100\n"
        "New Line.drop bus1=head.1 bus2=farm.1 phases=1 r1=0.5 x1=0.5 r0=0.5 x0=0.5 length=1\n"
        "New Load.farm bus1=farm.1 phases=1 kv=7.2 kw=50 kvar=10\n"
        "Set voltagebases=[7.2]\nCalcvoltagebases\nSolve\n",
        encoding="utf-8",
    )
    network = import_feeder(circuit, tmp_path / "case").network
    assert {bus.name: bus.kv_ln for bus in network.buses} == {"head": 7.2, "farm": 7.2}
    (source,) = network.sources
    assert source.voltage_pu == pytest.approx(1.0)


def test_a_case_of_the_first_version_of_matpower(tmp_path: Path) -> None:
    """0.1 MW and 6.0E-2 MVAr; 0.005 p.u. of 12 kV and 10 MVA, that is of 14.4 ohm, are 0.072 ohm."""
    path = tmp_path / "old.m"
    path.write_text(
        "function [baseMVA, bus, gen, branch] = old\n%OLD  version 1\nbaseMVA = 10;\n"
        "bus = [\n 1 3 0 0 0 0 1 1 0 12 1 1.1 0.9;\n 2 1 1e-1 6.0E-2 0 0 1 1 0 12 1 1.1 0.9;\n];\n"
        "gen = [1 0 0 10 -10 1 100 1 10 0];\nbranch = [1 2 0.005 0.0026 0 0 0 0 0 0 1];\n",
        encoding="utf-8",
    )
    imported = import_feeder(path, tmp_path / "case")
    (load,), (line,) = imported.network.loads, imported.network.lines
    assert (imported.reader, load.bus, load.kw, load.kvar) == ("matpower", "2", 100.0, 60.0)
    assert load.origin.line == 6
    assert line.r_ohm[0, 0] == pytest.approx(0.072)
