"""The benchmarks run, compare what they say they compare, and write their tables. No time is asserted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("scipy")

ROOT = Path(__file__).resolve().parent.parent
STUDIES = ("vehicles", "assembly", "growth", "whole", "voltages", "imported", "batch")


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the README and the results of a trial run."""
    folder = tmp_path_factory.mktemp("benchmarks")
    shutil.copy(ROOT / "benchmarks" / "README.md", folder)
    command = [sys.executable, "-m", "benchmarks", "--quick", "--to", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def results(folder: Path, study: str) -> list[dict]:
    return json.loads((folder / "results" / f"{study}.json").read_text())["runs"]


def test_every_study_keeps_its_results(trial: Path) -> None:
    assert sorted(file.stem for file in (trial / "results").iterdir()) == sorted(STUDIES)


@pytest.mark.parametrize("study", ["vehicles", "assembly", "growth", "whole"])
def test_seconds_and_memory_of_each_phase(trial: Path, study: str) -> None:
    for run in results(trial, study):
        assert run["wall"] and run["wall"].keys() == run["cpu"].keys()
        assert run["peak_mb"] > 10


def test_opponents_build_the_same_matrices(trial: Path) -> None:
    compared = [run for study in STUDIES[:2] for run in results(trial, study) if "same_matrix" in run["facts"]]
    assert {run["phase"] for run in compared} == {"vehicles-plain", "vehicles-templatized", "pyomo"}
    assert all(run["facts"]["same_matrix"] for run in compared)


def test_the_opponent_of_the_whole_job_finds_the_same_values(trial: Path) -> None:
    own, other = (run["facts"]["values"] for run in results(trial, "whole"))
    assert other == pytest.approx(own, rel=1e-5, abs=1e-4)


def test_voltages_are_near_an_ac_power_flow(trial: Path) -> None:
    for row in results(trial, "voltages"):
        assert row["unserved_kw"] == pytest.approx(0.0, abs=1e-6)
        assert row["largest"] < 1.0


def test_an_imported_feeder_is_its_file(trial: Path) -> None:
    for row in results(trial, "imported"):
        if "engine" in row:
            assert row["engine"]["largest"] < 0.05
        assert row.get("absent") or (row["linear"]["nodes"] == row["linear"]["of"] and row["linear"]["largest"] < 1.0)


def test_feeders_that_are_not_there_are_named(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from benchmarks import imported, tables; "
        f"print(tables.imported(imported.study(['ieee8500'], Path({str(tmp_path)!r})))[-1])"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.startswith("| ieee8500 | not in the collection |") and said.count("|") == 10


def test_tables_are_written_between_their_markers(trial: Path) -> None:
    before, after = ((folder / "README.md").read_text() for folder in (ROOT / "benchmarks", trial))
    for study in STUDIES:
        begin, end = f"<!-- {study} -->", f"<!-- end {study} -->"
        assert "| --- |" in after.partition(begin)[2].partition(end)[0]
        for text in (begin, end):
            before, after = before.replace(text, "|" + text), after.replace(text, "|" + text)
    assert after.split("|<!-- ")[0] == before.split("|<!-- ")[0]
    assert [part.partition("-->")[2] for part in after.split("|<!-- end ")[1:]][-1].strip() == ""


def test_the_shipped_tables_are_those_of_the_kept_results(tmp_path: Path) -> None:
    copy = shutil.copytree(ROOT / "benchmarks", tmp_path / "benchmarks")
    code = f"from pathlib import Path; from benchmarks.__main__ import write_tables; write_tables(Path({str(copy)!r}))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    assert (copy / "README.md").read_text() == (ROOT / "benchmarks" / "README.md").read_text()


def test_a_fleet_is_the_same_every_time() -> None:
    code = "from benchmarks.synthetic import fleet; print(fleet(7, 24).sha256)"
    said = [
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert said[0] == said[1] and len(said[0].strip()) == 64
