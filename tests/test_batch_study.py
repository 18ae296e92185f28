"""Study files: how they are read, all faults at once, axes and their samples, keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from batch_study import village, written

from v2g.batch.driver import lay_out
from v2g.batch.folder import StudyFolder
from v2g.batch.scenarios import DRAW, key_of, scenarios
from v2g.batch.study import Study, read_study
from v2g.cli import run
from v2g.errors import CaseError, InvalidStudy

HEAD = 'format = 1\nname = "s"\ncases = ["village"]\n'


def study(tmp_path: Path, text: str) -> Study:
    return read_study(written(tmp_path, HEAD + text))


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(InvalidStudy) as error:
        read_study(written(tmp_path, text))
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
        ("row 15, column axes.fleet.values", "Found: x"),
        ("row 17, column axes.other.change", "Found: fleet", "fleet_size"),
        ("row 18, column axes.cell.column", "needs this key"),
        ("row 25, column axes.share.to", "range is empty"),
        ("column axes.seed", "cannot be the name of an axis"),
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
    with pytest.raises(CaseError, match="is not TOML"):
        read_study(written(tmp_path, "name = village"))


def test_faults_of_base_cases_come_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "case.toml").write_text(
        'format = 1\nname = "bad"\nstart_utc = 2026-01-01T00:00Z\nstep_min = 60\n'
    )
    text = HEAD.replace('["village"]', '["bad", "village"]') + '[axes.a]\nchange = "outage_h"\nvalues = [1]\n'
    with pytest.raises(InvalidStudy, match=r"bad/case.toml, column steps: The key is missing"):
        lay_out(read_study(written(tmp_path, text)), StudyFolder(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        ('change = "weather"\nwhat = "sun"\nvalues = [0.5]', "no table solar"),
        ('change = "fleet_size"\nwhere = { model = "Tesla" }\nvalues = [1]', "No row of vehicles has model = Tesla"),
        ('change = "fleet_size"\nwhere = { colour = "red" }\nvalues = [1]', "has no column colour"),
        ('change = "cell"\ntable = "wires"\ncolumn = "x"\nvalues = [1]', "no table wires"),
        ('change = "cell"\ntable = "loads"\ncolumn = "k"\nhow = "times"\nvalues = [1]', "no column k"),
        ('change = "outage_start"\nvalues = ["2026-01-15T20:00Z"]', "lasts 4 h and not whole days"),
    ],
)
def test_an_axis_that_changes_nothing_in_a_case(tmp_path: Path, axis: str, said: str) -> None:
    with pytest.raises(InvalidStudy, match=f"axes.a: Case village: .*{said}"):
        lay_out(study(tmp_path, f"[axes.a]\n{axis}\n"), StudyFolder(tmp_path / "out"))


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
        return [task["key"] for task in lay_out(read_study(file), StudyFolder(tmp_path / "out")).tasks]

    one, two = keys("a")
    assert one != two and keys("b") == [one, two]
    assert keys("c", values="[2, 3, 1]")[0] == two  # its number is not in it
    assert keys("d", more="[limits]\ntries = 9") == [one, two]
    assert not {one, two} & {*keys("e", more='[solve]\npolicy = "hours"'), *keys("f", more="[answers]\nvalues = true")}
    task = lay_out(read_study(village(tmp_path / "g")), StudyFolder(tmp_path / "out")).tasks[0]
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
