"""Study files: how they are read, all faults at once, axes and their samples, keys."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from batch_study import village, written

from v2g.batch.changes.populate import OPTIONS
from v2g.batch.driver import batch, lay_out
from v2g.batch.emergency import REDRAWN
from v2g.batch.folder import StudyFolder
from v2g.batch.scenarios import DRAW, key_of, scenarios
from v2g.batch.study import Study, read_study
from v2g.batch.tables import is_column
from v2g.cli import run
from v2g.errors import CaseError, InvalidStudy
from v2g.formats import locate
from v2g.formats.folder import read_folder
from v2g.populate.making import feeder_in, populated
from v2g.populate.wishes import wishes

HEAD = 'format = 1\nname = "s"\ncases = ["village"]\n'


def study(tmp_path: Path, text: str) -> Study:
    return read_study(written(tmp_path, HEAD + text))


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(InvalidStudy) as error:
        read_study(written(tmp_path, text))
    return [str(finding) for finding in error.value.findings]


LOAD = 'change = "cell"\ntable = "loads"\ncolumn = "kw"'


def laid_out(tmp_path: Path, text: str) -> list[str]:
    """Faults of a study and of its cases."""
    with pytest.raises(InvalidStudy) as error:
        lay_out(written(tmp_path, text), StudyFolder(tmp_path / "out"))
    return [str(finding) for finding in error.value.findings]


BROKEN = """
format = 1
name = "s"
cases = ["vilage", "village", "village"]
seeds = 0
sample = "gird"
colour = "red"
[solve]
solver = "hihgs"
gap = 2
[limits]
tries = 1.5
[axes.fleet]
change = "fleet_size"
values = [1, -1, 1.5, "x"]
[axes.other]
change = "fleet"
[axes.cell]
change = "cell"
table = "vehicles"
values = [1]
[axes.share]
change = "v2g_share"
from = 0.9
to = 0.1
steps = 3
[axes.seed]
change = "outage_h"
values = [10]
how = "cut"
"""


def test_all_faults_at_once_each_with_its_line(tmp_path: Path) -> None:
    found = faults(tmp_path, BROKEN)
    for words in (
        ("row 7, column colour", "no such key"),
        ("row 4, column cases", "vilage", "no case here"),
        ("row 4, column cases", "stands twice", "village"),
        ("row 5, column seeds", "Found: 0", "1 to"),
        ("row 6, column sample", "Did you mean 'grid'"),
        ("row 9, column solve.solver", "Did you mean 'highs'"),
        ("row 10, column solve.gap", "at most 0.999"),
        ("row 12, column limits.tries", "Found: 1.5", "whole number"),
        ("row 15, column axes.fleet.values", "Found: -1"),
        ("row 15, column axes.fleet.values", "Found: 1.5"),
        ("row 15, column axes.fleet.values", 'Found: "x"'),
        ("row 17, column axes.other.change", 'Found: "fleet"', "fleet_size"),
        ("row 18, column axes.cell.column", "needs this key"),
        ("row 25, column axes.share.to", "range is empty"),
        ("row 27, column axes.seed", "scenarios.csv has this name", "of_seed"),
        ("column axes.seed.how", "no such key"),
    ):
        assert any(all(word in line for word in words) for line in found), (words, found)
    assert len(found) == 16


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD, "axes: The key is missing"),
        (HEAD + 'sample = "random"\n[axes.a]\nchange = "outage_h"\nfrom = 1\nto = 2\n', "needs to know how many"),
        (HEAD + '[axes.a]\nchange = "outage_h"\nfrom = 1\nto = 2\n', "In a grid an axis needs values"),
        (HEAD + '[axes.a]\nchange = "outage_h"\nvalues = [1, 1.0]\n', "A value stands twice"),
        (HEAD + '[axes.a]\nchange = "outage_h"\nvalues = []\n', "There are no values"),
        (HEAD + f'seeds = 1{"0" * 400}\n[axes.a]\nchange = "outage_h"\nvalues = [1]\n', "not a whole number"),
        (HEAD + '[axes.a]\nchange = "populate"\noption = "vehicles"\nvalues = [3]\n', "no section [populate]"),
        (HEAD + '[populate]\nvehicles = 3\n[axes.a]\nchange = "reserve"\nvalues = [1]\n', "outage"),
        (HEAD + '[populate]\nvehicles = 3\noutage = 4\nv2g_share = 3\n[axes.a]\nchange = "reserve"\nvalues = [1]\n',
         "populate.v2g_share"),
        (HEAD + '[axes.c]\nchange = "case"\nvalues = ["depot"]\n', "The axis c says which cases"),
        (HEAD + '[axes.a]\nchange = "weather"\nvalues = [0.5]\n', "does not say what it is a factor of"),
        (HEAD + '[axes.a]\nchange = "cause"\nvalues = ["huricane"]\n', "Did you mean 'hurricane'"),
        (HEAD.replace("format = 1", "format = 2") + '[axes.a]\nchange = "outage_h"\nvalues = [1]\n', "no such format"),
    ],
)  # fmt: skip
def test_a_fault_says_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    assert any(said in line for line in faults(tmp_path, text)), faults(tmp_path, text)


def test_what_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="cannot be read"):
        read_study(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("name = village", "row 1, column 8", 'Text needs quotes: name = "village"'),
        ("a = 1\nb = [x, 2]", "row 2, column 6", 'Text needs quotes: "x"'),
        ("[axes.f]\nx = 1\n[axes.f]", "row 3, column 8", "axes.f stands twice, first in line 1"),
        ("[axes.f]\nx = 1\nx = 2", "row 3, column 6", "axes.f.x stands twice, first in line 2"),
        ("a = 1\n[a]", "row 2, column 3", "a stands twice, first in line 1"),
        ("w = { tier = 1, tier = 2 }", "row 1", "Delete one of the two"),
        ("a = 1\nvalues = [15, 45\n\n[axes.f]\nb = 2", "row 2, column 10", "Close it with ]"),
        ("values = [15,\n45,\nb = 2", "row 1, column 10", "Close it with ]"),
        ("w = { tier = 1 # [", "row 1, column 5", "Close it with ] or }"),
        ("values = [1 2]", "row 1", "Between two values of a list stands a comma"),
        ("a = 15.01.2026", "row 1", "Write a time as 2026-01-15T18:00:00Z"),
        ("a = 2026-01-15 18h", "row 1", "Write a time as"),
        ("a = 2026-13-01T00:00Z", "row 1", "Write a time as"),
        ("values = [2026-01-15 18h]", "row 1", "Write a time as"),
        ("a = 2026-02-30", "row 1", "does not exist"),
        ("a = 0,5", "row 1", "A decimal has a point: 0.5"),
        ("a = 1, 2", "row 1", "as a list: [1, 2]"),
        ("a = 10h", "row 1", "without its unit"),
        ("a = 07", "row 1", "without a leading zero"),
        ("a = .5", "row 1", "0.5"),
        ("a = True", "row 1", "Write true"),
        ("a =", "row 1", "The value is missing"),
        ("a = 1 b = 2", "row 1, column 7", "One key to a line"),
        ('a = "x" y', "row 1", "Begin a new line"),
        ('a = "x', "row 1", "the same quote"),
        ('a = "C:\\data"', "row 1", "Write / in place of"),
        ('a: "x"', "row 1", "A line is a key, =, and a value"),
        ("[axes.f\nx = 1", "row 1", "in brackets: [axes.fleet]"),
        ("= 3", "row 1", "A line is a key, =, and a value"),
    ],
)
def test_what_is_not_toml_is_told_with_its_place_and_its_own_remedy(
    tmp_path: Path, text: str, place: str, remedy: str
) -> None:
    (said,) = faults(tmp_path, text)
    row = int(place.split(",")[0].removeprefix("row "))
    assert f"study.toml, {place}" in said and "is not TOML" in said and remedy in said, said
    assert f"Found: {text.splitlines()[row - 1].strip()}" in said
    assert ("Text needs quotes" in said) == ("Text needs quotes" in remedy)


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ('change = "fleet_size"', 'change = "fleet_size"', "the number of vehicles"),
        ('change = "fleet_size"\nwhere = { model = "leaf" }', 'change = "fleet_size"\nwhere = { model = "leaf" }',
         "the number of vehicles where"),
        ('change = "policy"\nvalues = ["hours"]', 'change = "policy"\nvalues = ["tiers"]', "the policy"),
        ('change = "policy"\nvalues = ["hours"]', 'change = "header"\nkey = "policy"\nvalues = ["tiers"]',
         "the policy"),
        ('change = "header"\nkey = "guarantee_h"', 'change = "header"\nkey = "guarantee_h"', "the key guarantee_h"),
        ('change = "outage_h"', 'change = "cause"\nvalues = ["hurricane"]', "the length of the outage"),
        ('change = "reserve"', 'change = "reserve"\nhow = "km"', "the reserve of vehicles"),
        ('change = "start_energy"', 'change = "start_energy"\nhow = "kwh"', "the energy of vehicles at the start"),
        ('change = "chargers"', 'change = "chargers"\nhow = "share"', "the number of chargers"),
        ('change = "v2g_share"', 'change = "v2g_share"', "the share of vehicles that can give"),
        (LOAD, LOAD, "loads.kw"),
    ],
)  # fmt: skip
def test_two_axes_that_set_the_same(tmp_path: Path, first: str, second: str, what: str) -> None:
    one, two = (text if "values" in text else f"{text}\nvalues = [1]" for text in (first, second))
    (said,) = faults(tmp_path, f"{HEAD}[axes.one]\n{one}\n[axes.two]\n{two}\n")
    assert f"column axes.two: The axis one sets {what}" in said and f"row {5 + len(one.splitlines())}," in said


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('change = "fleet_size"', 'change = "fleet_size"\nwhere = { model = "leaf" }'),
        ('change = "reserve"', 'change = "reserve"\nhow = "times"'),
        ('change = "weather"\nwhat = "trips"', 'change = "weather"\nwhat = "trips"'),
        ('change = "no_show"', 'change = "no_show"'),
        ('change = "damage"', 'change = "damage"'),
        ('change = "chargers"', 'change = "chargers"\nhow = "power"'),
        (LOAD, f'{LOAD}\nhow = "plus"'),
        ('change = "header"\nkey = "guarantee_h"', 'change = "header"\nkey = "carry_h"'),
    ],
)  # fmt: skip
def test_two_axes_that_compose(tmp_path: Path, first: str, second: str) -> None:
    axes = f"[axes.one]\n{first}\nvalues = [1]\n[axes.two]\n{second}\nvalues = [1]\n"
    assert len(study(tmp_path, axes).axes) == 2


@pytest.mark.parametrize(
    "axis",
    [
        'change = "fleet_size"', 'change = "reserve"', 'change = "outage_h"', 'change = "weather"\nwhat = "sun"',
        'change = "header"\nkey = "guarantee_h"', LOAD, f'{LOAD}\nhow = "plus"',
    ],
)  # fmt: skip
def test_a_number_has_no_quotes(tmp_path: Path, axis: str) -> None:
    (said,) = faults(tmp_path, f'{HEAD}[axes.a]\n{axis}\nvalues = ["1"]\n')
    assert "column axes.a.values" in said and 'Found: "1".' in said and said.endswith("Write it without quotes.")


def test_numbers_elsewhere_have_no_quotes_either(tmp_path: Path) -> None:
    text = f'{HEAD}seeds = "3"\n[solve]\ngap = "0.1"\n[axes.a]\nchange = "reserve"\nfrom = "0.2"\nto = 1\nsteps = "3"\n'
    found = faults(tmp_path, text)
    assert [line.split("column ")[1].split(":")[0] for line in found] == [
        "solve.gap", "axes.a.steps", "axes.a.from", "seeds",
    ]  # fmt: skip
    assert all('Found: "' in line and line.endswith("Write it without quotes.") for line in found)


def test_text_may_look_like_a_number(tmp_path: Path) -> None:
    axis = 'change = "cell"\ntable = "vehicles"\ncolumn = "vehicle"\nwhere = { vehicle = "car_1" }\nvalues = ["6"]'
    assert study(tmp_path, f"[axes.a]\n{axis}\n").axes[0].values == ("6",)


def test_steps_are_told_beside_the_range(tmp_path: Path) -> None:
    found = faults(tmp_path, f'{HEAD}[axes.a]\nchange = "outage_h"\nfrom = 24\nto = 4\nsteps = 0\n')
    assert [("steps" in line, "range is empty" in line) for line in found] == [(True, False), (False, True)]


@pytest.mark.parametrize("name", ["vehicles", "chargers", "gap", "horizon_h", "tier1_served", "status", "seed"])
def test_an_axis_is_not_called_like_a_column(tmp_path: Path, name: str) -> None:
    (said,) = faults(tmp_path, f'{HEAD}[axes.{name}]\nchange = "outage_h"\nvalues = [1]\n')
    assert f"row 4, column axes.{name}: A column of scenarios.csv has this name" in said and f"axes.of_{name}" in said


def test_every_column_of_a_study_is_refused_as_a_name(tmp_path: Path) -> None:
    batch(village(tmp_path, values="[1]"), tmp_path / "out", workers=1)
    columns = (tmp_path / "out" / "scenarios.csv").read_text().splitlines()[0].split(",")
    assert [name for name in columns if not is_column(name)] == ["fleet"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("share = 95", "row 9, column report.share: The number is out of its limits."),
        ("tier = 0", "row 9, column report.tier: The number is out of its limits."),
        ('axis = "flet"', "row 9, column report.axis: The word is not known here."),
        ("sure = 1", "row 9, column report.sure: There is no such key."),
    ],
)
def test_how_answers_are_asked_for_is_checked_before_anything_runs(tmp_path: Path, line: str, said: str) -> None:
    (told,) = faults(tmp_path, f"{HEAD}\n[axes.fleet]\nchange = 'fleet_size'\nvalues = [1]\n[report]\n{line}\n")
    assert told.startswith(f"study.toml, {said}"), told


EMERGENCY = 'format = 1\nname = "s"\ncases = ["ieee13-base"]\n[populate]\n'


def option(name: str, values: str, axis: str = "a") -> str:
    return f'[axes.{axis}]\nchange = "populate"\noption = "{name}"\nvalues = {values}\n'


@pytest.mark.parametrize(
    ("section", "axes", "where", "said"),
    [
        ("vehicles = 9\noutage = 4\n", option("v2g_share", "[0.2, 20]"), "row 10, column axes.a.values",
         "Found: 20. Allowed: a number from 0 to 1. A share, not per cent."),
        ("vehicles = 9\noutage = 4\n", option("vehicles", '["15"]'), "column axes.a.values",
         'Found: "15". Write it without quotes.'),
        ("vehicles = 9\noutage = 4\n", option("start", '["16.01.2026"]'), "column axes.a.values",
         'Found: "16.01.2026". Allowed: a time with its offset'),
        ("vehicles = 9\noutage = 4\n", option("critical", '["sites.csv"]'), "column axes.a.values",
         "Write it as critical in [populate]"),
        ('vehicles = "9"\noutage = 4\n', option("drive", "[1]"), "row 5, column populate.vehicles",
         'Found: "9". Write it without quotes.'),
        ('vehicles = 9\noutage = 4\nformers = "batery"\n', option("drive", "[1]"), "row 7, column populate.formers",
         "Did you mean 'battery'"),
        ("vehicles = 9\n", option("drive", "[1]"), "row 4, column populate.outage",
         "The option is needed, and no axis gives it. Write outage = 48 in [populate]"),
        ("outage = 9\n", option("cars", "[3]"), "row 8, column axes.a.option", 'Found: "cars"'),
        ("outage = 9\n", option("v2g_share", "[1.5]", "b") + option("vehicles", "[3]"), "column axes.b.values", "1.5"),
        ("vehicles = 9\n", '[axes.a]\nchange = "cause"\nvalues = ["huricane"]\n', "column axes.a.values",
         "Did you mean 'hurricane'"),
        ("vehicles = 9\noutage = 4\nv2h_share = 0.5\n", option("v2g_share", "[0.2, 0.6]"), "column axes.a.values",
         "With v2g_share = 0.6, v2g_share, v2h_share, v2l_share come to 0.6 + 0.5 + 0.05 = 1.15. Allowed: at most 1."),
        ("vehicles = 9\noutage = 4\nv2h_share = 0.5\nv2g_share = 0.5\n", option("drive", "[1]"),
         "column populate.v2g_share", "0.5 + 0.5 + 0.05 = 1.05"),
        ("vehicles = 9\noutage = 8760\n", option("step_min", "[60, 2]"), "column axes.a.values",
         "With step_min = 2, step_min, outage, after come to 262,800 intervals. Allowed: at most 100,000."),
    ],
)  # fmt: skip
def test_a_fault_of_an_option_stands_once_at_its_own_key(
    tmp_path: Path, section: str, axes: str, where: str, said: str
) -> None:
    (found,) = faults(tmp_path, EMERGENCY + section + axes)
    assert where in found and said in found and "--" not in found


def test_two_axes_of_one_option(tmp_path: Path) -> None:
    axes = option("vehicles", "[3]", "one") + option("vehicles", "[4]", "two") + option("outage", "[4]", "three")
    (said,) = faults(tmp_path, f"{EMERGENCY}{axes}")
    assert "column axes.two: The axis one sets the number of vehicles" in said
    axes = option("outage", "[4]", "one") + '[axes.two]\nchange = "outage_h"\nvalues = [4]\n'
    (said,) = faults(tmp_path, f"{EMERGENCY}vehicles = 3\n{axes}")
    assert "column axes.two: The axis one sets the length of the outage" in said


def test_a_range_of_vehicles_is_whole(tmp_path: Path) -> None:
    text = EMERGENCY + 'outage = 4\n[axes.a]\nchange = "populate"\noption = "vehicles"\nfrom = 10\nto = 40\nsteps = 3\n'
    assert read_study(written(tmp_path, text)).axes[0].values == (10, 25, 40)


def test_axes_that_draw_the_emergency_anew_are_remarked_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The warning is told of the options that it names; one that draws nothing is without."""
    order = ["batch", "", "--out", str(tmp_path / "out"), "--dry-run"]
    order[1] = str(written(tmp_path / "a", EMERGENCY + "outage = 4\n" + option("vehicles", "[3, 5]", "cars")))
    assert run(order) == 0
    out = capsys.readouterr()
    assert "nothing wrong" in out.out and "1 warning" in out.err
    assert "row 4, column populate: Each value of cars (vehicles) is another emergency" in out.err
    assert "number of critical loads may change" in out.err and 'change = "fleet_size"' in out.err
    assert run([*order, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["warnings"]) == 1
    text = EMERGENCY + "vehicles = 3\noutage = 4\n" + option("solar_share", "[0, 0.2]")
    order[1] = str(written(tmp_path / "b", text))
    assert run(order) == 0
    assert "warning" not in capsys.readouterr().err


DRAWN = (("vehicles", "vehicle"), ("vehicles", "start_kwh"), ("chargers", "bus"), ("solar", "solar"))


@pytest.mark.parametrize("name", OPTIONS)
def test_options_that_draw_anew_are_those_that_are_remarked_on(name: str) -> None:
    """One option changed, with one seed: the fleet and the roofs with panels are the same, or they are not."""
    other = {
        "vehicles": 40, "outage": 30, "v2g_share": 0.5, "v2h_share": 0.1, "v2l_share": 0.2, "critical": 24,
        "critical_share": 0.5, "residual": 0.7, "solar_share": 0.3, "formers": "diesel", "former_share": 0.8,
        "drive": 1, "start": "2026-01-16T06:00", "step_min": 30, "after": 6, "behind": -10,
    }  # fmt: skip
    draft = read_folder(locate("ieee123-base"))
    feeder = feeder_in(draft, None)
    before, after = (
        populated(draft, feeder, "x", wishes(**{"vehicles": 30, "outage": 24, "step_min": 60, **more})).tables
        for more in ({}, {name: other[name]})
    )
    same = [before[table][key].equals(after[table][key]) for table, key in DRAWN]
    assert all(same) == (name not in REDRAWN), same


def test_faults_of_base_cases_come_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "case.toml").write_text(
        'format = 1\nname = "bad"\nstart_utc = 2026-01-01T00:00Z\nstep_min = 60\n'
    )
    text = HEAD.replace('["village"]', '["bad", "village"]') + '[axes.a]\nchange = "outage_h"\nvalues = [1]\n'
    with pytest.raises(InvalidStudy, match=r"bad/case.toml, column steps: The key is missing"):
        lay_out(written(tmp_path, text), StudyFolder(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        ('change = "weather"\nwhat = "sun"\nvalues = [0.5]', "row 4, column axes.a: .*no table solar"),
        ('change = "fleet_size"\nwhere = { model = "Tesla" }\nvalues = [1]',
         "row 6, column axes.a.where: .*No row of vehicles has model = Tesla"),
        ('change = "fleet_size"\nwhere = { model = "Renault Zoe 40 kWh" }\nvalues = [1]',
         "Did you mean 'Renault Zoe 41 kWh'"),
        ('change = "fleet_size"\nwhere = { modle = "leaf" }\nvalues = [1]',
         "row 6, column axes.a.where: .*has no column modle.*Did you mean 'model'"),
        ('change = "cell"\ntable = "lones"\ncolumn = "x"\nvalues = [1]',
         "row 6, column axes.a.table: .*no table lones.*Did you mean 'lines'"),
        ('change = "cell"\ntable = "loads"\ncolumn = "kww"\nhow = "times"\nvalues = [1]',
         "row 7, column axes.a.column: .*no column kww.*Did you mean 'kw'"),
        ('change = "cell"\ntable = "vehicles"\ncolumn = "reserve_kw"\nvalues = [1]',
         "column axes.a.column: .*Did you mean 'reserve_kwh'"),
        ('change = "outage_start"\nvalues = ["2026-01-15T20:00Z"]', "column axes.a: .*lasts 4 h and not whole days"),
    ],
)  # fmt: skip
def test_an_axis_that_changes_nothing_in_a_case(tmp_path: Path, axis: str, said: str) -> None:
    assert any(re.search(said, line) for line in laid_out(tmp_path, HEAD + f"[axes.a]\n{axis}\n"))


def test_what_a_case_has_not_is_told_with_all_other_faults(tmp_path: Path) -> None:
    text = 'colour = "red"\n[axes.a]\nchange = "reserve"\nvalues = ["6"]\nwhere = { model = "leef" }\n'
    found = laid_out(tmp_path, HEAD.replace('"village"', '"vilage", "village"') + text)
    assert [line.split(": ")[0].removeprefix("study.toml, ") for line in found] == [
        "row 4, column colour", "row 7, column axes.a.values", "row 3, column cases", "row 8, column axes.a.where",
    ]  # fmt: skip
    assert "Did you mean 'village'" in found[2]


def test_a_grid_is_every_combination_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = scenarios(study(tmp_path, 'seeds = [5, 3]\n[axes.b]\nchange = "fleet_size"\nvalues = [2, 1]\n'
                            '[axes.a]\nchange = "v2g_share"\nfrom = 0\nto = 1\nsteps = 3\n'))  # fmt: skip
    assert [(one.number, one.settings["b"], one.settings["a"], one.seed) for one in found][:7] == [
        (1, 2, 0, 5), (2, 2, 0, 3), (3, 2, 0.5, 5), (4, 2, 0.5, 3), (5, 2, 1, 5), (6, 2, 1, 3), (7, 1, 0, 5),
    ]  # fmt: skip
    assert len(found) == 12


def test_times_go_in_even_steps(tmp_path: Path) -> None:
    found = study(tmp_path, '[axes.a]\nchange = "outage_start"\nfrom = 2026-01-15T18:00:00Z\nto = "2026-01-16T18:00Z"\n'
                  "steps = 5\n")  # fmt: skip
    assert [value[11:16] for value in found.axes[0].values] == ["18:00", "00:00", "06:00", "12:00", "18:00"]


def drawn(tmp_path: Path, axis: str, sample: str = "latin", draws: int = 1000) -> list[Any]:
    text = f'sample = "{sample}"\ndraws = {draws}\n[axes.a]\nchange = "cell"\ntable = "loads"\ncolumn = "kw"\n'
    return [one.settings["a"] for one in scenarios(study(tmp_path, text + axis))]


def test_a_latin_hypercube_has_one_draw_in_each_strip(tmp_path: Path) -> None:
    values = drawn(tmp_path, 'how = "times"\nfrom = 0.0\nto = 10.0\n', draws=20)
    assert sorted(int(value * 2) for value in values) == list(range(20))
    assert values != sorted(values)


def test_distributions_have_their_mean(tmp_path: Path) -> None:
    """Uniform (a + b) / 2; triangular (a + mode + b) / 3; normal its mean; half of a lognormal one below its median."""
    mean = lambda axis: sum(drawn(tmp_path, f'how = "times"\n{axis}\n')) / 1000  # noqa: E731
    assert mean("from = 2.0\nto = 6.0") == pytest.approx(4.0, rel=1e-2)
    triangular = 'distribution = "triangular"\nfrom = 0.0\nmode = 1.0\nto = 5.0'
    assert mean(triangular) == pytest.approx(2.0, rel=1e-2)
    assert mean('distribution = "normal"\nmean = 7.0\nsd = 2.0') == pytest.approx(7.0, rel=1e-2)
    lognormal = drawn(tmp_path, 'how = "times"\ndistribution = "lognormal"\nmedian = 3.0\nspread = 2.0\n')
    assert sum(value < 3.0 for value in lognormal) == 500
    assert sum(value < 6.0 for value in lognormal) == pytest.approx(841, abs=2)  # one standard deviation
    whole = drawn(tmp_path, 'how = "times"\nwhole = true\nfrom = 1\nto = 4\n')
    assert [whole.count(number) for number in (1, 2, 3, 4)] == [250] * 4


def test_what_is_counted_is_drawn_whole(tmp_path: Path) -> None:
    text = 'sample = "latin"\ndraws = 8\n[axes.a]\nchange = "fleet_size"\nfrom = 0\nto = 3\n'
    assert sorted(one.settings["a"] for one in scenarios(study(tmp_path, text))) == [0, 0, 1, 1, 2, 2, 3, 3]
    shares = [one.settings["a"] for one in scenarios(study(tmp_path, text.replace("fleet_size", "v2g_share")
                                                          .replace("3", "1")))]  # fmt: skip
    assert len(set(shares)) == 8


def test_random_draws_have_seeds_of_their_own_and_are_the_same_again(tmp_path: Path) -> None:
    text = 'seeds = 2\nsample = "random"\ndraws = 3\n[axes.a]\nchange = "fleet_size"\nfrom = 0\nto = 9\n'
    first, second = scenarios(study(tmp_path, text)), scenarios(study(tmp_path, text))
    assert first == second
    assert [one.seed for one in first] == [DRAW, DRAW + 1, DRAW + 2, 2 * DRAW, 2 * DRAW + 1, 2 * DRAW + 2]


def test_the_key_is_of_all_that_bears_on_the_result(tmp_path: Path) -> None:
    def keys(name: str, values: str = "[1, 2]", more: str = "") -> list[str]:
        file = village(tmp_path / name, values=values, more=more)
        return [task["key"] for task in lay_out(file, StudyFolder(tmp_path / "out")).tasks]

    one, two = keys("a")
    assert one != two and keys("b") == [one, two]
    assert keys("c", values="[2, 3, 1]")[0] == two  # its number is not in it
    assert keys("d", more="[limits]\ntries = 9") == [one, two]
    assert not {one, two} & {*keys("e", more='[solve]\npolicy = "hours"'), *keys("f", more="[answers]\nvalues = true")}
    task = lay_out(village(tmp_path / "g"), StudyFolder(tmp_path / "out")).tasks[0]
    for other in ({"seed": 2}, {"case_sha256": "0"}, {"made": {**task["made"], "version": "9"}},
                  {"made": {**task["made"], "engine": "HiGHS 9"}}, {"solve": {"gap": 0.1}}):  # fmt: skip
        assert key_of({**task, **other}) != task["key"]


def test_a_dry_run_says_how_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["batch", str(village(tmp_path)), "--out", str(tmp_path / "out"), "--dry-run"]) == 0
    assert "village-fleet: 4 scenarios of 1 case, nothing wrong" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_study_of_all_cases_of_a_folder(tmp_path: Path) -> None:
    import v2g

    for name in ("b", "a"):
        v2g.new("village", tmp_path / "feeders" / name)
    text = HEAD.replace("village", "feeders/*") + '[axes.a]\nchange = "fleet_size"\nvalues = [1, 2]\n'
    found = scenarios(read_study(written(tmp_path, text)))
    assert [one.case for one in found] == ["feeders/a", "feeders/a", "feeders/b", "feeders/b"]


FLEET_AXIS = '[axes.fleet]\nchange = "fleet_size"\nvalues = [1]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD.replace("cases", "case") + FLEET_AXIS, "row 3, column case: There is no such key. Did you mean 'cases'?"),
        (HEAD + FLEET_AXIS.replace("values", "value"), "row 6, column axes.fleet.value: .* Did you mean 'values'?"),
        (HEAD + FLEET_AXIS.replace("change", "chnage"), "row 5, column axes.fleet.chnage: .* Did you mean 'change'?"),
        (HEAD.replace("name", "nmae") + FLEET_AXIS, "row 2, column nmae: .* Did you mean 'name'?"),
        (EMERGENCY + "vehicels = 3\noutage = 4\n" + option("drive", "[1]"),
         "row 5, column populate.vehicels: .* Did you mean 'vehicles'?"),
        (HEAD + '[axes.c]\nchange = "case"\nvalues = []\n'.replace("cases", "c"), "column"),
    ],
)  # fmt: skip
def test_a_slip_in_a_key_is_told_once(tmp_path: Path, text: str, said: str) -> None:
    found = [line for line in faults(tmp_path, text) if "The axis c says which cases" not in line]
    assert len(found) == 1 and re.search(said, found[0]), found


def test_what_a_misspelt_key_holds_is_looked_at_where_it_stands(tmp_path: Path) -> None:
    found = faults(tmp_path, HEAD + '[axes.fleet]\nchnage = "fleet_size"\nvalue = [1, -1]\n')
    assert [line.split(": ")[0].removeprefix("study.toml, ") for line in found] == [
        "row 5, column axes.fleet.chnage", "row 6, column axes.fleet.value", "row 6, column axes.fleet.values",
    ]  # fmt: skip
    assert "Found: -1" in found[2]


def test_one_bad_key_of_an_axis_does_not_hide_the_rest(tmp_path: Path) -> None:
    """Bad rows do not change what numbers mean, a bad way does; what has a fault may still be asked for in [report]."""
    text = f'{HEAD}[axes.a]\nchange = "reserve"\nwhere = 3\nhwo = "kwh"\nvalues = [-1]\n[report]\naxis = "a"\n'
    found = faults(tmp_path, text)
    assert [line.split("column ")[1].split(":")[0] for line in found] == ["axes.a.hwo", "axes.a.where", "axes.a.values"]
    text = f'{HEAD}[axes.a]\nchange = "reserve"\nwhere = 3\nhow = "watts"\nvalues = [-1]\nsteps = 0\n'
    found = faults(tmp_path, text)
    assert [line.split("column ")[1].split(":")[0] for line in found] == ["axes.a.how", "axes.a.where", "axes.a.steps"]


def test_a_change_that_is_not_known_is_told_beside_the_slip_in_its_key(tmp_path: Path) -> None:
    found = faults(tmp_path, f'{HEAD}[axes.a]\nchnage = "flet_size"\nvalues = [1]\n')
    assert len(found) == 2 and "axes.a.chnage" in found[0] and "Did you mean 'fleet_size'" in found[1]


def cell(table: str, column: str, values: str, more: str = "") -> str:
    return f'[axes.a]\nchange = "cell"\ntable = "{table}"\ncolumn = "{column}"\nvalues = {values}\n{more}'


@pytest.mark.parametrize(
    ("axis", "found", "said"),
    [
        (cell("loads", "kw", "[1, -5]"), "-5", "The number is too small. .*Allowed: at least 0 kW"),
        (cell("batteries", "charge_eff", "[0.9, 90]"), "90", "too large. .*write 90 % as 0.9"),
        (cell("batteries", "charge_eff", "[0.9, 0]"), "0", "Allowed: above 0"),
        (cell("loads", "tier", "[1, 1.5]"), "1.5", "not a whole number"),
        (cell("loads", "service", '["continuous", "continous"]'), '"continous"', "Did you mean 'continuous'"),
        (cell("loads", "phases", '["abc", "abd"]'), '"abd"', "These are not phases"),
        (cell("lines", "closed", '[true, "perhaps"]'), '"perhaps"', "neither yes nor no"),
        (cell("loads", "from_utc", '["2026-01-15T18:00:00Z", "2026-01-15T19:00"]'), '"2026-01-15T19:00"', "no offset"),
        (cell("loads", "kw", "[1, true]"), "true", "The column holds numbers"),
        (cell("vehicles", "capacity_kwh", '[30, ""]'), '""', "would be blank"),
        (cell("loads", "service", "[2]", 'how = "times"'), "2", "does not hold numbers, so that times cannot be done"),
    ],
)  # fmt: skip
def test_a_value_of_a_cell_is_held_to_its_column(tmp_path: Path, axis: str, found: str, said: str) -> None:
    (told,) = faults(tmp_path, HEAD + axis)
    assert told.startswith("study.toml, row 8, column axes.a.values: "), told
    assert f"Found: {found}." in told and re.search(said, told), told


def test_a_value_of_a_cell_is_held_to_what_the_case_has(tmp_path: Path) -> None:
    """A name that no row has; 6 kW of a car less 7 is below 0. A dry run refuses all, as the run itself does."""
    less = cell("vehicles", "charge_kw", "[1, -7]", 'how = "plus"\n').replace("axes.a", "axes.b")
    bus, power = laid_out(tmp_path, HEAD + cell("loads", "bus", '["square", "sqare"]') + less)
    assert "row 8, column axes.a.values: Case village: There is no 'sqare' in buses. Found: \"sqare\"." in bus
    assert "Allowed: square, hill" in bus and "Did you mean 'square'" in bus
    assert "row 13, column axes.b.values: Case village: charge_kw of row 2, 6, would be -1." in power, power
    assert "Found: -7. Allowed: at least 0 kW" in power
    order = ["batch", str(tmp_path / "study.toml"), "--out", str(tmp_path / "out")]
    assert run([*order, "--dry-run"]) == 1 and run(order) == 1 and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"2026-01-15T20:00"', "no offset from UTC.*If it is UTC, write 2026-01-15T20:00Z"),
        ("2026-01-15", "no offset from UTC.*write 2026-01-15T00:00Z"),
        ("2026-01-15T20:00:00", "no offset from UTC"),
        ('"9999-12-31T23:59-05:00"', "year is out of its limits.*1900 to 2200"),
    ],
)
@pytest.mark.parametrize(
    ("head", "axis"),
    [
        (HEAD, 'change = "outage_start"\nhow = "cut"'),
        (EMERGENCY + "vehicles = 3\noutage = 4\n", 'change = "populate"\noption = "start"'),
        (EMERGENCY + "vehicles = 3\noutage = 4\n", 'change = "outage_start"'),
    ],
)
def test_a_start_says_its_offset(tmp_path: Path, head: str, axis: str, value: str, said: str) -> None:
    (told,) = faults(tmp_path, f"{head}[axes.a]\n{axis}\nvalues = [{value}]\n")
    assert "column axes.a.values" in told and re.search(said, told), told


@pytest.mark.parametrize(
    ("head", "axis"),
    [
        (HEAD, '[axes.a]\nchange = "outage_start"\nhow = "cut"\nvalues = ["2077-01-15T20:00Z"]'),
        (HEAD, '[axes.a]\nchange = "header"\nkey = "start_utc"\nvalues = ["1975-01-15T20:00Z"]'),
        (EMERGENCY + "vehicles = 3\noutage = 4\n", option("start", '["2077-01-15T20:00Z"]')),
        (EMERGENCY + 'vehicles = 3\noutage = 4\nstart = "2077-01-15T20:00Z"\n', option("drive", "[1]")),
    ],
)
def test_a_start_is_not_fifty_years_off(tmp_path: Path, head: str, axis: str) -> None:
    """The cases begin in 2026: 1976 to 2076."""
    (told,) = laid_out(tmp_path, f"{head}{axis}\n")
    assert "more than 50 years from the start of the case, 2026-01-1" in told and "1976 to 2076" in told


def test_a_study_that_is_nearly_called_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["batch", "viilage", "--out", str(tmp_path / "out")]) == 1
    assert "Did you mean 'village'? Studies that come along: buses, village." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        ('change = "fleet_size"\nwhere = { model = "zoe" }', "axes.a.where: .*model = zoe in any.*Did you mean 'zoe_"),
        ('change = "fleet_size"\nwhere = { modle = "zoe_41" }', "where: .*no column modle.*Did you mean 'model'"),
        ('change = "reserve"\nwhere = { model = ["zoe_41", "leef_30"] }', "model = leef_30 in any.*'leaf_30'"),
        ('change = "chargers"\nwhere = { bus = "67l" }', "axes.a.where: .*bus = 67l in any emergency"),
        ('change = "damage"\nwhere = { line = "nowhere" }', "axes.a.where: .*No row of lines has line = nowhere"),
        (f'{LOAD}\nwhere = {{ service = "continous" }}', "service = continous: .*Did you mean 'continuous'"),
        (f'{LOAD}\nwhere = {{ kind = "care_home" }}', "kind = care_home in any.*Did you mean 'care home'"),
        (LOAD.replace("kw", "kww"), "column axes.a.column: .*no column kww.*Did you mean 'kw'"),
        (LOAD.replace("loads", "needs"), "column axes.a.table: .*An emergency of populate has no table needs"),
    ],
)  # fmt: skip
def test_what_no_emergency_has_is_told_before_anything_runs(tmp_path: Path, axis: str, said: str) -> None:
    text = f"{EMERGENCY}vehicles = 3\noutage = 4\n[axes.a]\n{axis}\nvalues = [1]\n"
    (told,) = laid_out(tmp_path, text)
    assert "Case ieee13-base" in told and re.search(said, told), told


def test_what_an_emergency_may_have_is_left_to_its_draw(tmp_path: Path) -> None:
    axes = ['change = "fleet_size"\nwhere = { model = "zoe_41" }\nvalues = [1]',
            'change = "chargers"\nwhere = { bus = 671, site = "hospital_1" }\nvalues = [1]',
            f'{LOAD}\nwhere = {{ tier = 1, kind = "hospital" }}\nvalues = [5]',
            'change = "cell"\ntable = "loads"\ncolumn = "site"\nvalues = ["hospital_1"]']  # fmt: skip
    text = "".join(f"[axes.a{n}]\n{axis}\n" for n, axis in enumerate(axes))
    file = written(tmp_path, f"{EMERGENCY}vehicles = 3\noutage = 4\n{text}")
    assert len(lay_out(file, StudyFolder(tmp_path / "out")).tasks) == 1
