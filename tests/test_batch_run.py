"""Studies run to their end: what stands in the tables, resuming, shards, locks, and rows of what failed."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batch_study import content, village, written

import v2g
from v2g.batch.driver import batch
from v2g.batch.locks import Lock
from v2g.batch.work import lacks_memory, status_of
from v2g.cli import run
from v2g.errors import AuditFailed, ModelError, SolveError, SolverMissing, Unmeetable, UsageError
from v2g.formats.shipped import shipped_cases


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return village(tmp_path_factory.mktemp("study"), "[0, 3]")


@pytest.fixture(scope="module")
def finished(study: Path) -> Path:
    """The folder of that study, run without interruption."""
    out = study.parent / "out"
    assert run(["batch", str(study), "--out", str(out), "--workers", "2"]) == 0
    return out


def test_the_numbers_are_those_of_the_village(finished: Path) -> None:
    """Without vehicles there is the battery: (12 - 2) kWh x 0.9 = 9 kWh for the 5 kW that both loads ask for.

    The clinic asks for 4 h x 5 kW, the cold store for 2 h x 5 kW: 30 kWh, of which 21 are lacking. All three vehicles
    are the case as it is, whose optimum its README works out by hand.
    """
    none, all_ = rows(finished / "scenarios.csv")
    assert none["status"] == all_["status"] == "planned"
    assert [none[name] for name in ("fleet", "vehicles", "tier1_loads")] == ["0", "0", "1"]
    assert float(none["from_batteries_kwh"]) == pytest.approx(9.0)
    assert float(none["critical_kwh_unserved"]) == pytest.approx(21.0)
    assert float(none["tier1_hours_served"]) + float(none["tier2_hours_served"]) == pytest.approx(9.0 / 5.0)
    expected = json.loads((shipped_cases()["village"] / "expected.json").read_text())
    for tier in ("1", "2"):
        assert int(all_[f"tier{tier}_served"]) == expected["critical"][tier]["served"]
        assert float(all_[f"tier{tier}_hours_served"]) == pytest.approx(expected["critical_hours"][tier]["served"])
    served = expected["energy_kwh"]["served_critical"]
    assert float(all_["critical_kwh_served"]) == pytest.approx(served)
    assert float(all_["critical_kwh_unserved"]) == pytest.approx(30.0 - served)


def test_the_tables_agree_with_each_other(finished: Path) -> None:
    for row in rows(finished / "scenarios.csv"):
        mine = [load for load in rows(finished / "loads.csv") if load["scenario"] == row["scenario"]]
        lacking = [part for part in rows(finished / "unserved.csv") if part["scenario"] == row["scenario"]]
        assert {load["load"] for load in mine} == {"clinic", "cold_store"}
        for tier in ("1", "2"):
            hours = sum(float(load["hours_served"]) for load in mine if load["tier"] == tier)
            assert hours == pytest.approx(float(row[f"tier{tier}_hours_served"]))
        energy = sum(float(part["hours"]) * float(part["unserved_kw"]) for part in lacking)
        assert energy == pytest.approx(float(row["critical_kwh_unserved"]), abs=1e-6)
        first = {tier: [float(p["from_h"]) for p in lacking if p["tier"] == tier] for tier in ("1", "2")}
        dark = {load["tier"]: load["dark_from_h"] for load in mine}
        assert dark == {tier: "" if not first[tier] else f"{min(first[tier]):g}" for tier in ("1", "2")}


def test_every_column_says_what_it_is(finished: Path) -> None:
    told = json.loads((finished / "study.json").read_text())
    assert told["status"] == {"planned": 2}
    for name, columns in told["columns"].items():
        header = (finished / f"{name}.csv").read_text().splitlines()[0]
        assert ",".join(columns) == header
        assert all(column["meaning"] for column in columns.values())
    assert told["columns"]["scenarios"]["critical_kwh_served"]["unit"] == "kWh"
    assert told["columns"]["scenarios"]["tier1_hours_served"]["unit"] == "h"


def test_the_same_command_again_solves_nothing(study: Path, finished: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in (finished / "results").iterdir()}
    done = batch(study, finished)
    assert (done.known, done.counts, done.missing) == (2, {"planned": 2}, 0)
    assert {file: file.stat().st_mtime_ns for file in (finished / "results").iterdir()} == before


def test_shards_give_the_same_whether_they_share_a_folder_or_not(study: Path, finished: Path, tmp_path: Path) -> None:
    shared, first, second = (tmp_path / name for name in ("shared", "first", "second"))
    assert batch(study, shared, shard="1/2", workers=1).missing == 1
    assert not (shared / "scenarios.csv").exists()
    assert batch(study, shared, shard="2/2", workers=1).missing == 0
    assert content(shared) == content(finished)
    shutil.copytree(shared, first)
    shutil.copytree(shared, second)
    for folder, number in ((first, 0), (second, 1)):
        sorted((folder / "results").iterdir(), key=lambda file: json.loads(file.read_text())["number"])[number].unlink()
        (folder / "scenarios.csv").unlink()
    for file in (second / "results").iterdir():
        shutil.copy(file, first / "results")
    assert batch(study, first).known == 2
    assert content(first) == content(finished)


def test_a_study_grows_without_solving_again(study: Path, finished: Path, tmp_path: Path) -> None:
    grown = tmp_path / "grown"
    shutil.copytree(finished, grown)
    done = batch(village(tmp_path / "more", "[0, 3, 9]"), grown, workers=1)
    assert (done.known, done.scenarios, done.counts) == (2, 3, {"planned": 3})
    assert [row["fleet"] for row in rows(grown / "scenarios.csv")] == ["0", "3", "9"]


def test_parquet_holds_the_same_tables(study: Path, finished: Path, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    folder = tmp_path / "parquet"
    shutil.copytree(finished, folder)
    batch(study, folder, parquet=True)
    for name in ("scenarios", "loads", "unserved"):
        left, right = pandas.read_parquet(folder / f"{name}.parquet"), pandas.read_csv(folder / f"{name}.csv")
        assert list(left.columns) == list(right.columns) and len(left) == len(right)
        for column in right.select_dtypes("number").columns.difference(["reason"]):
            assert left[column].to_numpy(float) == pytest.approx(right[column].to_numpy(float), nan_ok=True)


FAULTY = """
format = 1
name = "faulty"
cases = ["village"]
[axes.energy]
change = "cell"
table = "vehicles"
column = "start_kwh"
values = [50, 20]
[axes.limit]
change = "policy"
values = ["tiers"]
"""


def test_a_scenario_that_cannot_be_is_a_row_with_its_reason(tmp_path: Path) -> None:
    """Two of the cars hold 28 and 41 kWh, less than the 50 that they are to have on board."""
    done = batch(written(tmp_path, FAULTY), tmp_path / "out", workers=1)
    assert done.counts == {"planned": 1, "refused": 1}
    refused, planned = rows(tmp_path / "out" / "scenarios.csv")
    assert (refused["energy"], refused["status"], refused["tier1_served"]) == ("50", "refused", "")
    assert "start_kwh 50 is above capacity_kwh 28" in refused["reason"]
    assert (planned["status"], planned["reason"]) == ("planned", "")


def test_what_takes_too_much_memory_is_a_row_and_tried_again_next_time(tmp_path: Path) -> None:
    """The feeder of 13 nodes: the village is so small that it may fit into what a worker has at hand anyway."""

    def file(limits: str) -> Path:
        text = village(tmp_path, "[3]", more=f"[limits]\n{limits}").read_text(encoding="utf-8")
        return written(tmp_path, text.replace('["village"]', '["ieee13-blackout"]'))

    done = batch(file("memory_mb = 100\ntries = 2"), tmp_path / "out", workers=1)
    assert done.counts == {"died": 1}
    (row,) = rows(tmp_path / "out" / "scenarios.csv")
    assert "memory" in row["reason"] or "died 2 times" in row["reason"]
    assert batch(file("memory_mb = 100000"), tmp_path / "out", workers=1).counts == {"planned": 1}


def test_memory_that_runs_out_in_a_part_of_the_model_is_no_fault_of_the_case() -> None:
    """A part tells what stopped it as its own error; such a scenario is to be tried again, and is no refused one."""
    with pytest.raises(ModelError) as told:
        try:
            np.ones(2**50)
        except MemoryError as error:
            raise ModelError(f"In stations.capability: {error}") from error
    assert lacks_memory(told.value) and not lacks_memory(ModelError("In stations.capability: no bus"))


@pytest.mark.parametrize(
    ("error", "limit", "spent", "status"),
    [
        (SolveError("no plan"), None, 9.0, "no_plan"),
        (SolveError("no plan"), 10.0, 9.0, "no_plan"),
        (SolveError("no plan"), 10.0, 10.1, "time_limit"),
        (Unmeetable("limits clash"), 10.0, 0.1, "no_plan"),
        (AuditFailed("violated"), 10.0, 11.0, "defect"),
        (SolverMissing("no such solver here"), 10.0, 11.0, "refused"),
        (UsageError("not to this case"), None, 0.0, "refused"),
        (ZeroDivisionError("division by zero"), None, 0.0, "defect"),
    ],
)
def test_what_kind_of_end_it_was(error: Exception, limit: float | None, spent: float, status: str) -> None:
    assert status_of(error, limit, spent) == status


def test_two_drivers_in_one_folder(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "results").mkdir(parents=True)
    other = Lock(out / ".lock")
    assert other.take()
    with pytest.raises(UsageError, match="is in use"):
        batch(study, out)
    other.note("shards")
    other.take(shared=True)
    with pytest.raises(UsageError, match="is in use"):
        batch(study, out)
    shard = Lock(out / ".lock-1-of-2")
    shard.take()
    with pytest.raises(UsageError, match="shard 1/2 is at work already"):
        batch(study, out, shard="1/2")


def test_other_folders_are_left_alone(study: Path, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "thing").write_text("x")
    with pytest.raises(UsageError, match="holds other things"):
        batch(study, tmp_path)
    other = written(tmp_path / "other", village(tmp_path / "x").read_text().replace("village-fleet", "something"))
    with pytest.raises(UsageError, match="holds another study, 'village-fleet'"):
        batch(other, finished)


@pytest.mark.parametrize("shard", ["0/2", "3/2", "2", "a/b", "1/0"])
def test_shards_that_are_none(study: Path, tmp_path: Path, shard: str) -> None:
    with pytest.raises(UsageError, match="--shard"):
        batch(study, tmp_path / "out", shard=shard)


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """Workers do not run the script again that started them."""
    village(tmp_path, "[3]")
    script = tmp_path / "script.py"
    script.write_text("import v2g\nprint(v2g.batch('study.toml', 'out', workers=1).counts)\n")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "{'planned': 1}", done.stderr


def test_workers_run_one_thread_each(finished: Path) -> None:
    result: dict[str, Any] = json.loads(next((finished / "results").iterdir()).read_text())
    assert result["made"]["options"]["threads"] == 1


def test_the_verbs_are_names_of_the_package() -> None:
    assert v2g.batch is batch
