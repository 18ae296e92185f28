"""`v2g report` on a study: what is said first, what is written, and what is refused."""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import numpy as np
import pytest
from study_folders import Ran, study_folder

from v2g.batch.answers import QUESTIONS
from v2g.batch.answers.answer import Chart, Series
from v2g.cli import run
from v2g.reports.study_figure import chart_bytes

AXES = {"fleet": "fleet_size"}
CLASH = "Limits clash: |reserve| of <bus_1>"


def half_done(folder: Path) -> Path:
    """Two sizes, three seeds: one scenario failed, one died, one is not run yet."""
    served = {(1, 1): 4.0, (1, 2): 6.0, (2, 1): 8.0}
    status = {(1, 3): ("no_plan", CLASH), (2, 2): ("died", "killed by signal 9"), (2, 3): (None, "")}
    ran = [
        Ran(seed, {"fleet": size}, served_h=served.get((size, seed), 0.0), gap=0.02 if size == 2 else 0.0,
            **dict(zip(("status", "reason"), status.get((size, seed), ("planned", "")), strict=True)))
        for size in (1, 2) for seed in (1, 2, 3)
    ]  # fmt: skip
    return study_folder(folder, AXES, ran)


def test_a_partial_study_says_so_first_and_names_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = half_done(tmp_path / "study")
    assert run(["report", str(study)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "A study written by hand"
    assert lines[1].startswith("PARTIAL: 1 of 6 scenarios not run yet.")
    assert lines[2] == "6 scenarios, 3 seeds: 3 planned, 1 no_plan, 1 died, 1 not run yet"
    assert lines[3:7] == [
        "FAILED, no_plan: 1 scenario (3)", f"  1 x {CLASH}",
        "FAILED, died: 1 scenario (5)", "  1 x killed by signal 9",
    ]  # fmt: skip
    assert lines[7].startswith(
        "GAPS: 1 plan farther than 0.1 % from what is proven possible, the farthest first: scenario 4 (2 %); all in "
    )
    assert any(line.startswith("by_start: not answered. No axis changes when the outage begins") for line in lines)
    written = study / "answers"
    page = (written / "answers.md").read_text(encoding="utf-8")
    assert page.splitlines()[2].startswith("- PARTIAL: 1 of 6 scenarios")
    assert page.count("Averaged over") == 0 and page.count("Means over draws (seeds), intervals by Student's t:") == 2
    assert "Limits clash: &#124;reserve&#124; of &lt;bus\\_1&gt;" in page, "text of a study is no markup"
    with (written / "failed.csv").open(newline="", encoding="utf-8") as file:
        failed = list(csv.DictReader(file))
    assert [(row["scenario"], row["fleet"], row["status"]) for row in failed] == [
        ("3", "1", "no_plan"),
        ("5", "2", "died"),
    ]
    assert failed[0]["reason"] == CLASH


def test_plans_far_from_their_bound_are_named_the_farthest_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of eight plans the second has a gap within what is asked for; five of the others are named."""
    gaps = (0.01, 0.0005, 0.07, 0.02, 0.03, 0.04, 0.05, 0.06)
    study = study_folder(tmp_path / "s", AXES, [Ran(n, {"fleet": 1}, gap=gap) for n, gap in enumerate(gaps)])
    assert run(["report", str(study)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("GAPS")]
    assert "7 plans" in line and "scenario 3 (7 %), 8 (6 %), 7 (5 %), 6 (4 %), 5 (3 %) and 2 more" in line
    with (study / "answers" / "gaps.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["scenario"], row["gap"]) for row in rows] == [
        ("3", "0.07"), ("8", "0.06"), ("7", "0.05"), ("6", "0.04"), ("5", "0.03"), ("4", "0.02"), ("1", "0.01"),
    ]  # fmt: skip
    assert [row["fleet"] for row in rows] == ["1"] * 7


@pytest.mark.parametrize("status", ["no_plan", None])
def test_a_study_without_a_plan_says_only_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], status: str | None
) -> None:
    """All failed, or none run: no figure is drawn, and it is not matplotlib that lacks."""
    ran = [Ran(seed, {"fleet": size}, status=status, reason="clash") for size in (1, 2) for seed in (1, 2)]
    study = study_folder(tmp_path / "s", AXES, ran)
    with warnings.catch_warnings(action="error"):
        assert run(["report", str(study)]) == 0
    out = capsys.readouterr().out
    assert "matplotlib" not in out and not list((study / "answers").glob("*.svg"))
    why = "No scenario has a plan."
    if status:
        why = "All 4 scenarios failed: the reasons are at the head of this report, and in failed.csv."
        assert "  4 x clash" in out and (study / "answers" / "failed.csv").is_file()
    assert f"No question is answered. {why}" in out.splitlines() and "not answered" not in out
    assert (study / "answers" / "answers.md").read_text(encoding="utf-8").count(why.split(":")[0]) == len(QUESTIONS)


def test_what_all_axes_say_alike_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One of two settings of the sun is not run yet, so that no draw is complete at either size of the fleet."""
    ran = [Ran(1, {"fleet": size, "sun": sun}, status="planned" if size == sun else None)
           for size in (1, 2) for sun in (1, 2)]  # fmt: skip
    study = study_folder(tmp_path / "s", {**AXES, "sun": "weather"}, ran)
    with warnings.catch_warnings(action="error"):
        assert run(["report", str(study)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "served: No draw is complete yet." in lines and "survival: No draw is complete yet." in lines
    assert "enough: No value has a complete draw in each of the 2 settings of the other axes yet." in lines
    assert not [file.name for file in (study / "answers").glob("served*.svg")], "nothing to see"


def test_everything_is_written_and_what_is_not_its_own_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, out = half_done(tmp_path / "study"), tmp_path / "out"
    assert run(["report", str(study), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["partial"] is True and told["status"] == {"planned": 3, "no_plan": 1, "died": 1, "not run yet": 1}
    assert [row["scenario"] for row in told["failed"]] == [3, 5]
    names = [answer["name"] for answer in told["answers"]]
    assert names == ["enough-fleet", "served-fleet", "survival-fleet", "marginal-fleet", "unserved-fleet",
                     "unserved_energy-fleet"]  # fmt: skip
    assert told["folder"] == str(out) and list(told["unanswered"]) == ["by_start"]
    first = {file.name: file.read_bytes() for file in out.iterdir()}
    assert {f"{name}.{form}" for name in names for form in ("csv", "svg")} < set(first)
    for name in names:
        assert ElementTree.fromstring(first[f"{name}.svg"]).tag.endswith("svg")
        assert b"draws (seeds)" in first[f"{name}.svg"], "n is stated"
        assert f"]({name}.svg)" in first["answers.md"].decode()
    (served,) = [answer["table"] for answer in told["answers"] if answer["name"] == "served-fleet"]
    assert [row["critical_served_h"] for row in served] == [5.0, 8.0], "means of whole draws"
    assert served[1]["critical_served_low_h"] is None
    header, *rows = first["served-fleet.csv"].decode().splitlines()
    assert header.startswith("fleet_vehicles,draws,scenarios,failed,not_run,critical_required_h,critical_served_h")
    assert rows[0].startswith("1,2,3,1,0,10,5,")
    (out / "mine.txt").write_text("kept")
    assert run(["report", str(study), "--out", str(out), "--axis", "fleet"]) == 0
    again = {file.name: file.read_bytes() for file in out.iterdir()}
    assert again.pop("mine.txt") == b"kept"
    assert {n: d for n, d in again.items() if n != "answers.json"} == {
        n: d for n, d in first.items() if n != "answers.json"
    }


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["{here}/nothing"], 2, "There is nothing to report on"),
        (["{here}/study", "--out", "{here}/full"], 2, "holds other things than answers"),
        (["{here}/study", "--share", "90"], 2, "--share: found 90; allowed: a number between 0 and 1"),
        (["{here}/study", "--axis", "cars"], 2, "--axis: found 'cars'; allowed: fleet"),
        (["{here}/broken"], 1, "is not JSON"),
    ],
)
def test_what_cannot_be_reported_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    half_done(tmp_path / "study")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    (half_done(tmp_path / "broken") / "results" / f"{1:032x}.json").write_text("{")
    assert run(["report", *(word.format(here=tmp_path) for word in words)]) == code
    assert said in capsys.readouterr().err
    assert (tmp_path / "full" / "letter.txt").read_text() == "mine"


def test_help_says_what_can_be_reported_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--help"]) == 0
    assert "STUDYDIR" in capsys.readouterr().out


def test_without_matplotlib_tables_and_page_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("v2g.reports.study_folder.find_spec", lambda name: None)
    assert run(["report", str(half_done(tmp_path / "study")), "--out", str(tmp_path / "out")]) == 0
    assert "figures: none, as matplotlib is not installed" in capsys.readouterr().out
    assert not list((tmp_path / "out").glob("*.svg")) and (tmp_path / "out" / "served-fleet.csv").is_file()


def test_curves_are_told_apart_without_colour() -> None:
    """Each has a dash pattern and a marker of its own, and figures of the same chart are the same bytes."""
    x = np.array([0.0, 1.0, 2.0])
    lines = tuple(Series(f"{n} $ell", x, x * n, x * n - 1, x * n + 1) for n in range(1, 7))
    chart = Chart("steps", "a $ in a title_", "hours, h", "kW", lines, "n = 3 draws")
    drawn = chart_bytes(chart)
    assert drawn == chart_bytes(chart)
    dashes = {piece.split(b";")[0] for piece in drawn.split(b"stroke-dasharray:")[1:]}
    assert len(dashes) >= 5
    assert b"a $ in a title_" in drawn and b"1 $ell" in drawn


EMPTY, UNKNOWN = np.zeros(0), np.full(2, np.nan)
ODD = {
    "no line": (),
    "a line without points": (Series("a", EMPTY, EMPTY, EMPTY, EMPTY),),
    "nothing known": (Series("a", np.array([1.0, 2.0]), UNKNOWN, UNKNOWN, UNKNOWN),),
    "one value": (Series("a", np.ones(1), np.ones(1), np.ones(1), np.ones(1)), Series("b", np.ones(1), np.ones(1))),
    "one at zero": (Series("a", np.zeros(1), np.zeros(1), np.full(1, np.nan), np.full(1, np.nan)),),
    "long names": tuple(Series(f"{k} " + "name " * 40, np.ones(1), np.ones(1)) for k in range(7)),
    "letters that the font lacks": (Series("東", np.ones(1), np.ones(1)),),
}


@pytest.mark.parametrize("kind", ["points", "steps"])
@pytest.mark.parametrize("lines", ODD.values(), ids=ODD)
def test_no_figure_warns(kind: Literal["points", "steps"], lines: tuple[Series, ...]) -> None:
    """Warnings are errors here; the same with names at the axis, longer than there is room for."""
    with warnings.catch_warnings(action="error"):
        assert chart_bytes(Chart(kind, "t", "x, h", "y", lines, "n = 0 draws"))
        assert chart_bytes(Chart(kind, "東 " * 90, "x" * 300, "y" * 300, lines, "f" * 900, ("n" * 300, "東"), 1.0))


def test_a_finished_study_of_which_no_draw_is_complete_says_that_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two settings of the sun one has no plan, at either size of the fleet: nothing more will come."""
    ran = [Ran(1, {"fleet": size, "sun": sun}, **({} if size == sun else {"status": "no_plan", "reason": "clash"}))
           for size in (1, 2) for sun in (1, 2)]  # fmt: skip
    assert run(["report", str(study_folder(tmp_path / "s", {**AXES, "sun": "weather"}, ran))]) == 0
    lines = capsys.readouterr().out.splitlines()
    why = "No draw is complete: each has a scenario that failed (2 no_plan): the reasons are at the head of this report"
    assert f"served: {why}, and in failed.csv." in lines and f"survival: {why}, and in failed.csv." in lines
    assert not any("yet" in line for line in lines)


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("grid", "drawn by seed: away from 0.15 to 0.32; sky grey, clear"),
        ("latin", "drawn by draw: fleet from 1 to 2 vehicles; away from 0.15 to 0.32; sky grey, clear"),
    ],
)
def test_what_was_drawn_of_an_axis_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sample: str, said: str
) -> None:
    weather = {1: (0.32, "grey"), 2: (0.15, "clear")}
    ran = [Ran(seed, {"fleet": size, "away": away, "sky": sky})
           for size in (1, 2) for seed, (away, sky) in weather.items()]  # fmt: skip
    study = study_folder(tmp_path / "s", {**AXES, "away": "no_show", "sky": "header"}, ran, sample)
    assert run(["report", str(study)]) == 0
    assert said in capsys.readouterr().out.splitlines()
    assert f"- {said}" in (study / "answers" / "answers.md").read_text(encoding="utf-8").splitlines()
