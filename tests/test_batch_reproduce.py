"""Scenarios solved again from what a study recorded: the same, or said where not; what was changed since is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from batch_study import village

import v2g
from v2g.batch.driver import batch
from v2g.batch.reproduce import NEAR, OTHER, SAME, compared, reproduce
from v2g.cli import run
from v2g.errors import CaseError, UsageError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("study")
    batch(village(place, "[1, 3]", more="[answers]\nvalues = true"), place / "out", workers=2)
    return place / "out"


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """The study folder moved elsewhere, to be spoilt."""
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def result_of(folder: Path, number: int) -> Path:
    entry = json.loads((folder / "manifest.json").read_text())["scenarios"][number - 1]
    return folder / "results" / f"{entry['key']}.json"


def test_a_result_is_the_same_again_and_its_case_and_plan_can_be_looked_into(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the study lies elsewhere now; the plan is that of the result, and passes the audit."""
    to = tmp_path / "look"
    assert run(["reproduce", str(result_of(copy, 1)), "--to", str(to)]) == 0
    assert "scenario 1 (" in capsys.readouterr().out
    case, plan = v2g.read(to / "case"), v2g.read_plan(to / "plan")
    assert len(case.table("vehicles")) == 1 and v2g.verify(case, plan).ok
    recorded = json.loads(result_of(copy, 1).read_text())["measures"]
    assert plan.summary["critical_hours"]["1"]["served"] == pytest.approx(recorded["tier1_hours_served"])


def test_whole_studies_and_scenarios_by_number(folder: Path) -> None:
    found = reproduce(folder)
    assert [(one.number, one.verdict, one.ok) for one in found] == [(1, SAME, True), (2, SAME, True)]
    with pytest.raises(UsageError, match="--scenario: found 3; allowed: 1 to 2"):
        reproduce(folder, scenarios=(3,))
    with pytest.raises(UsageError, match="--to takes the case and plan of one scenario, and here are 2"):
        reproduce(folder, to=folder / "x")
    with pytest.raises(CaseError, match="neither the result of a scenario nor the folder of a study"):
        reproduce(folder / "results")


def test_another_number_in_a_result_is_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = result_of(copy, 2)
    found = json.loads(file.read_text())
    found["measures"]["tier1_hours_served"] -= 0.5
    file.write_text(json.dumps(found))
    assert run(["reproduce", str(file)]) == 1
    assert "measures.tier1_hours_served: 3.5 recorded, 4.0 now" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["case", "gone", "settings", "seed"])
def test_what_was_changed_since_is_refused(copy: Path, what: str) -> None:
    file = result_of(copy, 1)
    (place,) = (copy / "inputs").iterdir()
    if what == "case":
        loads = place / "loads.csv"
        loads.write_text(loads.read_text().replace(",5,", ",6,"))
    elif what == "gone":
        shutil.rmtree(place)
    else:
        found = json.loads(file.read_text())
        found |= {"settings": {"fleet": 2}} if what == "settings" else {"seed": 9}
        file.write_text(json.dumps(found))
    words = {"case": "base case village in .* was changed since", "gone": "is gone"}
    with pytest.raises(UsageError, match=words.get(what, "was changed since it was made")):
        reproduce(file)


def test_an_original_that_changed_is_another_study(folder: Path, tmp_path: Path) -> None:
    """The copy in the folder still gives the same; the same command sees that the case is another one."""
    v2g.new("village", tmp_path / "mine")
    file = village(tmp_path, "[3]")
    file.write_text(file.read_text().replace('["village"]', '["mine"]'))
    out = tmp_path / "out"
    assert batch(file, out, workers=1).known == 0
    loads = tmp_path / "mine" / "loads.csv"
    loads.write_text(loads.read_text().replace(",5,", ",2,"))
    assert batch(file, out, workers=1).known == 0
    assert len(list((out / "inputs").iterdir())) == 2
    assert [one.verdict for one in reproduce(out)] == [SAME]


def test_how_results_compare() -> None:
    made = {"version": "1", "engine": "x"}
    old: dict[str, Any] = {"key": "k", "number": 1, "status": "planned", "asked": {"made": made}}
    old |= {"seconds": {"wall": 1.0}, "measures": {"a": 100.0, "b": 0.0}, "made": {"plan_sha256": "p"}}

    def verdict(**other: Any) -> str:
        return compared(old, {**old, **other}).verdict

    assert verdict(seconds={"wall": 9.0, "cpu": 1.0}) == SAME
    assert verdict(measures={"a": 100.00005, "b": 5e-7}, made={"plan_sha256": "q"}) == NEAR
    assert verdict(measures={"a": 100.001, "b": 0.0}) == OTHER
    assert verdict(measures={"a": 100.0}) == OTHER and verdict(status="no_plan") == OTHER
    assert verdict(made={"plan_sha256": "q"}) == NEAR
