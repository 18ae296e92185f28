"""What CONTRIBUTING.md shows is run: devices, a law, a policy, a reader of feeders, an exporter."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from agreement import agree
from small import STREET, case_of, kinds, problem_of

import v2g
from v2g import models
from v2g.exports import EXPORTS
from v2g.feeders import READERS
from v2g.formats.copying import copy_case
from v2g.language import Part
from v2g.outside import load_parts
from v2g.readings.units import faults

PAGE = Path(__file__).parent.parent / "CONTRIBUTING.md"


def blocks(language: str) -> list[str]:
    """Code blocks of the page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def written(name: str, folder: Path) -> Path:
    """The Python block with a class of that name, as a file."""
    (text,) = [block for block in blocks("python") if re.search(rf"class {name}\b", block)]
    file = folder / f"{name.lower()}.py"
    file.write_text(text, encoding="utf-8")
    return file


def part(name: str, folder: Path) -> type[Part]:
    """The one part that block defines."""
    (found,) = load_parts(written(name, folder))
    return found


@pytest.fixture
def mill(tmp_path: Path) -> Path:
    """The village with the table of the page."""
    folder, _ = copy_case("village", tmp_path / "mycase")
    (table,) = blocks("csv")
    (folder / "hydros.csv").write_text(table, encoding="utf-8")
    return Path(folder)


def run(*arguments: str) -> int:
    """A command line."""
    from v2g.cli import run as cli

    return cli(arguments)


def test_the_device_is_used_from_the_command_line(
    mill: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, plan = str(written("Microhydro", tmp_path)), str(tmp_path / "plan")
    assert run("check", str(mill), "--with", file) == 0
    assert run("solve", str(mill), "--with", file, "--out", plan) == 0
    assert "2 of 2 critical loads served throughout" in capsys.readouterr().out
    assert run("verify", str(mill), plan, "--with", file) == 0
    assert "taken as given" in capsys.readouterr().out


def test_its_water_binds(mill: Path, tmp_path: Path) -> None:
    device = part("Microhydro", tmp_path)
    plan = v2g.solve(v2g.read(mill, parts=(device,)), parts=(device,))
    others = plan.tables["others"]
    given = float((others["injection_kw"] * others["hours"]).sum())
    assert 1.38 <= given <= 5.0 + 1e-6
    assert others["injection_kw"].max() <= 2.0 + 1e-6


def test_without_with_its_table_is_not_known(mill: Path) -> None:
    assert [f.file for f in v2g.check(mill)] == ["hydros.csv"]


def test_the_device_is_homogeneous_and_both_readings_agree(tmp_path: Path) -> None:
    device = part("Microhydro", tmp_path)
    assert faults(kinds(more=(device,)), models.TOTALS) == []
    case = case_of({**STREET, "hydros": "hydro,bus,phases,rating_kw,water_kwh\nmill,mid,abc,9,20"}, more=(device,))
    agree(problem_of(case, kinds(more=(device,))))


def test_the_law_binds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gentle = part("GentleBattery", tmp_path)
    replaced = tuple(gentle if device.table == gentle.table else device for device in models.DEVICES)
    monkeypatch.setattr(models, "DEVICES", replaced)
    assert faults(replaced, models.TOTALS) == []
    free = used(v2g.solve(v2g.read("village")))
    monkeypatch.setattr(gentle.cycles, "default", 0.25)
    spared = used(v2g.solve(v2g.read("village")))
    assert free == pytest.approx(11.8, abs=1e-4)
    assert spared == pytest.approx(0.25 * 20.0, abs=1e-4)


def used(plan: Any) -> float:
    """Energy that the village's battery gives up, in kWh."""
    return float(plan.summary["energy_kwh"]["battery_discharged"]) / 0.9


def test_the_policy_orders_the_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(models.POLICIES, "frugal", part("Frugal", tmp_path))
    stages = v2g.solve(v2g.read("village"), policy="frugal").summary["certificate"]["stages"]
    assert [stage["name"] for stage in stages] == [
        "critical_1", "critical_2", "critical_hours", "mobility_shortfall",
        "fuel_burnt", "other_energy", "battery_wear",
    ]  # fmt: skip


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """A feeder in the format of the page: 40 and 25 kW behind one another."""
    file = tmp_path / "row.txt"
    file.write_text("poles,11\nmill,0.2,0.3,40\nford,0.1,0.1,25\n", encoding="utf-8")
    return file


def test_the_reader_of_the_page_is_one_file_and_one_entry(
    chain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(READERS, "poles", None)  # taken out again at the end
    exec(compile(written("Poles", tmp_path).read_text(encoding="utf-8"), "poles.py", "exec"), {})
    assert run("import", str(chain), "--to", str(tmp_path / "case")) == 0
    assert "read  poles, 1 file: 3 buses, 9 nodes, 2 lines, 0 transformers, 2 loads, 65 kW" in capsys.readouterr().out
    assert run("import", "--help") == 0
    assert "poles       chain of poles" in capsys.readouterr().out
    case = v2g.read(tmp_path / "case")
    assert case.table("lines")["x_aa_ohm"].to_list() == [0.3, 0.1]
    assert v2g.solve(case).summary["energy_kwh"]["served_other"] == pytest.approx(65.0)


def test_the_exporter_of_the_page_is_one_file_and_one_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(EXPORTS, "listing", None)  # taken out again at the end
    exec(compile(written("Listing", tmp_path).read_text(encoding="utf-8"), "listing.py", "exec"), {})
    assert run("export", "village", "--to", "listing", "--out", str(tmp_path / "out")) == 0
    out, err = capsys.readouterr()
    assert "2 files" in out and "note: a list has no place for the network." in err
    assert (tmp_path / "out" / "loads.txt").read_text().splitlines()[0].endswith(" kW")
    assert run("export", "--help") == 0
    assert re.search(r"^  listing +list of loads$", capsys.readouterr().out, flags=re.MULTILINE)


def test_the_files_and_names_on_the_page_exist() -> None:
    root, text = PAGE.parent, PAGE.read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:v2g|models|tests|datasets)/[\w/]+\.(?:py|md))`", text))
    assert len(files) > 10
    assert [name for name in sorted(files) if not (root / name).is_file()] == []
    for name in ("DEVICES", "NETWORKS", "POLICIES"):
        assert hasattr(models, name) and f"`{name}`" in text
