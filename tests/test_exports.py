"""Maps and tables of a case and a plan, the folder they are written to, and the command."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.small import case_of
from v2g.case import Case
from v2g.cli import run
from v2g.errors import AuditFailed, UsageError
from v2g.exports import EXPORTS
from v2g.exports.exporting import MARK_FILE, export, options_of
from v2g.formats.folder_out import write_folder
from v2g.plan import Plan
from v2g.planning import solve

LANE = {
    "buses": "bus,phases,kv_ln_kv,x,y\nhead,b,2.4,139.7,35.6\nmid,b,2.4,,\nend,b,2.4,139.9,35.8\nalone,b,2.4,,",
    "lines": "line,from_bus,to_bus,phases,closed,rating_kva,r_bb_ohm\n"
    "one,head,mid,b,1,100,0.1\ntwo,mid,end,b,1,,0.1\ncut,end,alone,b,0,,0.1",
    "loads": "load,bus,phases,tier,service,kw,profile\n=mill,end,b,1,continuous,40,work\nfar,alone,b,1,continuous,10,",
    "grid": "grid,bus,phases,voltage_pu,from_utc\nsupply,head,b,1,2026-01-15T19:00:00+00:00",
    "profiles": "start_utc,work\n2026-01-15T18:00:00+00:00,1\n2026-01-15T19:00:00+00:00,1\n"
    "2026-01-15T20:00:00+00:00,0.5",
}
"""Three hours, the grid back after the first: 40 kW, then 20 kW for the mill, nothing for what is cut off."""


@cache
def lane(**header: str) -> Case:
    return case_of(LANE, header={"step_min": 60, "steps": 3, **header})


@cache
def plan() -> Plan:
    return solve(lane())


def feature(collection: dict[str, Any], id_: str) -> dict[str, Any]:
    (found,) = [one for one in collection["features"] if one["id"] == id_]
    return dict(found)


def mapped(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "feeder.geojson").read_text(encoding="utf-8")))


def test_a_map_has_points_and_lines_in_lon_lat(tmp_path: Path) -> None:
    done = export(lane(coordinates="lonlat"), "geojson", tmp_path / "out", place=True)
    found = mapped(done.folder)
    assert (found["type"], found["coordinate_system"]) == ("FeatureCollection", "lonlat")
    # RFC 7946, section 7.1: a FeatureCollection has none of these.
    assert not {"coordinates", "geometries", "geometry", "properties"} & set(found)
    assert feature(found, "bus:head")["geometry"] == {"type": "Point", "coordinates": [139.7, 35.6]}
    # The middle has no place of its own: (139.7 + 139.9) / 2 and (35.6 + 35.8) / 2.
    middle = feature(found, "bus:mid")
    assert middle["geometry"]["coordinates"] == pytest.approx([139.8, 35.7])
    assert middle["properties"]["placed_by_neighbours"] is True
    line = feature(found, "line:one")
    assert line["geometry"]["type"] == "LineString"
    assert line["geometry"]["coordinates"][0] == [139.7, 35.6]
    assert line["properties"]["rating_kva"] == 100
    assert feature(found, "line:cut")["properties"]["closed"] is False
    assert found["placed_by_neighbours"] == 2
    assert not any("drawing" in warning for warning in done.warnings)


def test_a_map_says_what_is_not_on_it(tmp_path: Path) -> None:
    done = export(lane(), "geojson", tmp_path / "out")
    found = mapped(done.folder)
    assert found["coordinate_system"] == "drawing"
    assert any("drawing" in warning for warning in done.warnings)
    # Without mid and alone, none of the three lines has both ends, and the load at alone has no place.
    assert found["left_out"] == {"bus": 2, "line": 3, "load": 1}
    assert any("6 elements" in warning for warning in done.warnings)
    assert [one["id"] for one in found["features"]] == ["bus:head", "bus:end", "load:=mill", "grid:supply"]


def test_degrees_are_checked(tmp_path: Path) -> None:
    tables = {**LANE, "buses": LANE["buses"].replace("139.9,35.8", "400,35.8")}
    wrong = case_of(tables, header={"step_min": 60, "steps": 3, "coordinates": "lonlat"})
    with pytest.raises(UsageError, match="bus end at x 400"):
        export(wrong, "geojson", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_map_of_a_plan(tmp_path: Path) -> None:
    found = mapped(export(lane(), "geojson", tmp_path / "out", plan(), place=True).folder)
    end, line, mill = (feature(found, id_)["properties"] for id_ in ("bus:end", "line:one", "load:=mill"))
    # Live in two hours of three; lossless, V^2 = 1 - 2 (0.1 + 0.1) 40e-3 / 2.4^2 at the far end.
    assert end["energised_share"] == line["energised_share"] == pytest.approx(2 / 3, abs=1e-6)
    assert end["lowest_voltage_pu"] == pytest.approx((1 - 2 * 0.2 * 0.04 / 2.4**2) ** 0.5, abs=2e-6)
    assert line["peak_loading_percent"] == pytest.approx(40.0, abs=1e-4)
    assert feature(found, "line:two")["properties"]["peak_loading_percent"] is None
    # 40 + 20 kWh of 40 + 40 + 20 kWh.
    assert (mill["served_kwh"], mill["demand_kwh"]) == (pytest.approx(60, abs=1e-4), pytest.approx(100, abs=1e-4))
    assert mill["served_share"] == pytest.approx(0.6, abs=1e-6)
    assert feature(found, "load:far")["properties"]["served_share"] == 0.0
    assert feature(found, "grid:supply")["properties"]["given_kwh"] == pytest.approx(60, abs=1e-4)
    assert "lowest_voltage_pu" not in feature(mapped(export(lane(), "geojson", tmp_path / "b").folder), "bus:end")


def table(folder: Path, name: str) -> dict[str, dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {next(iter(row.values())): row for row in rows}


def test_tables_have_the_plan_beside_the_feeder(tmp_path: Path) -> None:
    folder = export(lane(), "csv", tmp_path / "out", plan()).folder
    assert float(table(folder, "lines")["one"]["peak_loading_percent"]) == pytest.approx(40.0, abs=1e-4)
    assert table(folder, "lines")["cut"]["peak_loading_percent"] == ""
    loads = table(folder, "loads")
    # A name that a spreadsheet would take for a formula has a quote in front.
    assert set(loads) == {"'=mill", "far"}
    assert float(loads["'=mill"]["served_share"]) == pytest.approx(0.6, abs=1e-6)
    assert (folder / "loads.csv").read_bytes().startswith(b"\xef\xbb\xbf")


OF_A_PLAN = {"ocpp", "openadr", "orders", "sitrep"}
"""Formats that say what a plan asks for, and nothing without one."""


@pytest.mark.parametrize("to", sorted(EXPORTS))
def test_the_same_bytes_twice_and_only_over_an_export(to: str, tmp_path: Path) -> None:
    def content(folder: Path) -> dict[str, bytes]:
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    pinned = {"as_of": "2026-01-15T12:00Z"} if "as_of" in options_of(EXPORTS[to]) else {}
    first = export(lane(), to, tmp_path / "a", plan(), **pinned).folder
    second = export(lane(), to, tmp_path / "b", plan(), **pinned).folder
    assert content(first) == content(second)
    with pytest.raises(UsageError, match="an export already"):
        export(lane(), to, first)
    export(lane(), to, first, plan() if to in OF_A_PLAN else None, overwrite=True)
    assert ("plan" in json.loads((first / MARK_FILE).read_text(encoding="utf-8"))) is (to in OF_A_PLAN)
    (second / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match=r"more than an export \(mine.txt\)"):
        export(lane(), to, second, overwrite=True)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match="other things than an export"):
        export(lane(), to, tmp_path / "c", overwrite=True)
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["mine.txt"]


def doubtful() -> Plan:
    """A plan that gives a load more than there is."""
    made = plan()
    loads = made.tables["loads"].copy()
    loads["served_kw"] = loads["demand_kw"] * 1.5 + 1.0
    return Plan(made.summary, {**made.tables, "loads": loads})


@pytest.mark.parametrize("to", sorted(OF_A_PLAN - {"sitrep"}))
def test_nobody_is_told_to_act_on_a_plan_that_the_audit_refuses(to: str, tmp_path: Path) -> None:
    with pytest.raises(AuditFailed, match=r"The audit refuses the plan: .* nothing was written"):
        export(lane(), to, tmp_path / "out", doubtful())
    assert not (tmp_path / "out").exists()


def test_other_formats_say_that_the_audit_refuses_the_plan(tmp_path: Path) -> None:
    for to in ("csv", "sitrep"):
        done = export(lane(), to, tmp_path / to, doubtful())
        assert done.warnings[0].startswith("the audit refuses the plan: ")
        assert "audit refuses" in (done.folder / MARK_FILE).read_text(encoding="utf-8")


def test_an_export_in_another_format_is_not_replaced(tmp_path: Path) -> None:
    export(lane(), "orders", tmp_path / "out", plan())
    with pytest.raises(UsageError, match="holds an export to orders, which one to sitrep does not replace"):
        export(lane(), "sitrep", tmp_path / "out", plan(), overwrite=True)


def test_a_plan_of_another_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="another case"):
        export(lane(title="changed"), "csv", tmp_path / "out", plan())


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, solved = write_folder(lane(), tmp_path / "case"), tmp_path / "plan"
    assert run(["solve", str(case), "--out", str(solved), "--json"]) == 0
    capsys.readouterr()
    assert run(["export", str(case), str(solved), "--to", "geojson", "--out", str(tmp_path / "map"), "--place"]) == 0
    said = capsys.readouterr()
    assert "feeder.geojson" in said.out
    assert "drawing" in said.err
    assert run(["export", str(case), "--to", "csv", "--out", str(tmp_path / "map")]) == 2
    assert "an export already" in capsys.readouterr().err
    assert run(["export", str(case), "--to", "csv", "--out", str(tmp_path / "t"), "--json"]) == 0
    assert "loads.csv" in json.loads(capsys.readouterr().out)["files"]
    assert run(["export", str(case), "--to", "cvs", "--out", str(tmp_path / "u")]) == 2
    assert "Did you mean 'csv'?" in capsys.readouterr().err
