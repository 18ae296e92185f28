"""Studies that come along, and the page about studies: what stands there runs as written."""

from __future__ import annotations

import json
import math
import re
import shlex
from pathlib import Path

import pytest
from v2g.datasets.recipes import buses

from v2g.batch.answers import QUESTIONS, answers
from v2g.batch.changes import CHANGES
from v2g.batch.scenarios import scenarios
from v2g.batch.study import read_so_far, read_study, shipped_studies
from v2g.cli import run
from v2g.populate.catalog import table

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
HEAD = 'format = 1\nname = "axes"\ncases = ["village"]\nseeds = 2\n'
BUSES = ROOT / "datasets" / "studies" / "buses"


def blocks(language: str) -> list[str]:
    """Code blocks of the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def told(mark: str) -> list[str]:
    """Lines that the page shows as printed."""
    (found,) = re.findall(rf"<!-- {mark}:.*?-->\n```text\n(.*?)```", PAGE, flags=re.DOTALL)
    return str(found).splitlines()


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands of the page were run, in their order, the file of one's own written where the page says so."""
    here = tmp_path_factory.mktemp("page")
    monkey = pytest.MonkeyPatch()
    monkey.chdir(here)
    try:
        (here / "town-study.toml").write_text(blocks("toml")[0], encoding="utf-8")
        for block in blocks("sh"):
            for words in (shlex.split(line, comments=True)[1:] for line in block.splitlines()):
                assert run(words) == 0, words
    finally:
        monkey.undo()
    return here


def test_the_commands_of_the_page_run_and_print_what_it_shows(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(work / "out" / "village")]) == 0
    out = capsys.readouterr().out.splitlines()
    for line in told("VILLAGE"):
        assert line in out, line
    study = json.loads((work / "out" / "town" / "study.json").read_text(encoding="utf-8"))
    assert study["scenarios"] == 3 * 2 * 3 and f"= {study['scenarios']} scenarios" in PAGE
    assert (work / "out" / "town" / "answers" / "answers.md").is_file()


def test_answers_of_the_village_are_those_on_paper(work: Path) -> None:
    """Without cars there are (12 - 2) kWh x 0.9 = 9 kWh of the battery for loads of 5 kW: 1.8 of 4 + 2 load-hours.

    With all three cars the case is the one that its README works out: the clinic is kept, in every draw alike.
    """
    found = answers(work / "out" / "village")
    (served,), (enough,) = found.each["served"], found.each["enough"]
    assert served.table["critical_served_h"][0] == pytest.approx(9.0 / 5.0)
    assert served.table["critical_required_h"].tolist() == [6.0] * 5
    expected = json.loads((ROOT / "datasets" / "village" / "expected.json").read_text(encoding="utf-8"))
    hours = sum(tier["served"] for tier in expected["critical_hours"].values())
    assert served.table["critical_served_h"][3] == pytest.approx(hours)
    assert math.isnan(served.table["critical_served_low_h"][3])
    assert enough.table["all_alive_draws"].tolist()[0] == 0 and enough.table["all_alive_draws"].tolist()[3] == 6


def test_axes_of_the_page_are_read_without_fault(tmp_path: Path) -> None:
    snippet, populated, fleets = blocks("toml")[1:]
    for name, text in (("axes", HEAD + snippet), ("populated", populated), ("fleets", fleets)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "study.toml").write_text(text, encoding="utf-8")
    study = read_study(tmp_path / "axes")
    assert [axis.name for axis in study.axes if axis.drawn] == ["clouds"]
    assert len(scenarios(study)) == 2 * 3 * 3 * 2 * 2
    assert len(scenarios(read_study(tmp_path / "populated"))) == 2 * 3 * 5
    assert len(scenarios(read_study(tmp_path / "fleets"))) == 3 * 3 * 5
    remarks = {name: bool(read_so_far(tmp_path / name)[1].remarks) for name in ("axes", "populated", "fleets")}
    assert remarks == {"axes": False, "populated": False, "fleets": False}


def test_a_drawn_axis_has_one_value_for_each_seed(tmp_path: Path) -> None:
    """Whatever the other axes are, and within its limits; another seed has another one."""
    (tmp_path / "study.toml").write_text(
        HEAD + '[axes.fleet]\nchange = "fleet_size"\nvalues = [1, 2, 3]\n'
        '[axes.sun]\nchange = "start_energy"\ndistribution = "uniform"\nfrom = 0.2\nto = 0.4\n'
    )
    every = scenarios(read_study(tmp_path))
    pairs = {(one.seed, one.settings["sun"]) for one in every}
    assert len(every) == 6 and len(pairs) == 2 and len({value for _, value in pairs}) == 2
    assert all(0.2 <= value <= 0.4 for _, value in pairs)
    assert [list(one.settings) for one in every] == [["fleet", "sun"]] * 6


def test_kinds_of_axes_and_answers_on_the_page_are_all_there_are() -> None:
    kinds = PAGE.split("| `change` | its values |")[1].split("\n\n")[0]
    firsts = [row.split("|")[1] for row in kinds.splitlines()[2:]]
    assert {name for first in firsts for name in re.findall(r"`(\w+)`", first)} == set(CHANGES)
    for row in kinds.splitlines()[2:]:
        cells = row.split("|")
        names = re.findall(r"`(\w+)`", cells[3])
        for kind in re.findall(r"`(\w+)`", cells[1]):
            assert set(names) == set(CHANGES[kind].keys), kind
    meant = PAGE.split("| answer | says |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", meant, flags=re.MULTILINE) == list(QUESTIONS)


def test_models_on_the_page_are_those_of_the_catalogue() -> None:
    named = re.findall(r'model = "(\w+)"', PAGE)
    assert named and set(named) <= {row["model"] for row in table("vehicles")}


def test_draws_that_the_page_asks_for_are_right() -> None:
    """The least n with share^n <= 0.05."""
    for share, draws in re.findall(r"(\d+) % (?:with 95 % confidence )?takes (\d+)", PAGE.split("do not mean")[1]):
        assert (int(share) / 100) ** int(draws) <= 0.05 < (int(share) / 100) ** (int(draws) - 1)


def test_studies_that_come_along_are_listed_and_without_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["studies", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["studies"]
    assert set(listed) == set(shipped_studies()) == {"buses", "village"}
    for name, title in listed.items():
        assert read_study(name).title == title != ""


def test_the_buses_are_asked_for_by_size_and_drawn_by_seed(tmp_path: Path) -> None:
    study = read_study("buses")
    assert [axis.name for axis in study.axes if axis.drawn] == ["clouds"]
    every = scenarios(study)
    assert len(every) == len({one.settings["fleet"] for one in every}) * len(study.seeds)
    assert run(["batch", "buses", "--out", str(tmp_path / "out"), "--dry-run"]) == 0


def test_the_feeder_of_the_buses_is_that_of_its_recipe(tmp_path: Path) -> None:
    buses.write(tmp_path)
    kept = {file.name: file.read_bytes() for file in (BUSES / "feeder").iterdir() if file.suffix in (".csv", ".toml")}
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == kept


@pytest.mark.slow
def test_the_buses_come_to_what_the_page_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["batch", "buses", "--out", str(tmp_path / "out")]) == 0
    assert run(["report", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out.splitlines()
    for line in told("BUSES"):
        assert line in out, line
