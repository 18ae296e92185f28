"""The command line: every verb, every exit code, nothing on the wrong stream, and no traceback for what users do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from v2g import cli
from v2g.errors import AuditFailed, Finding, InvalidCase, SolverMissing
from v2g.formats import shipped_cases
from v2g.reports.console import EVERY_S, Progress, show_findings, stderr


@pytest.fixture(scope="module")
def plan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan for the village, written by the command."""
    folder = tmp_path_factory.mktemp("cli") / "plan"
    assert cli.run(["solve", "village", "--out", str(folder), "--figure"]) == 0
    return folder


def copy_of_village(folder: Path, **files: str) -> Path:
    """A copy of the village with some files replaced."""
    assert cli.run(["new", str(folder)]) == 0
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_solve_prints_ten_lines_and_the_folder_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["solve", "village", "--out", str(tmp_path / "plan")]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert "1 of 2 critical loads served throughout: tier 1 1 of 1, tier 2 0 of 1." in lines
    assert lines[-1] == f"plan: {tmp_path / 'plan'}" and len(lines) <= 12
    assert err == ""


def test_solve_writes_what_it_should(plan_folder: Path) -> None:
    names = {file.name for file in plan_folder.iterdir()}
    assert names >= {"summary.json", "loads.csv", "vehicles.csv", "prices.csv", "duals.npz", "service.svg"}


def test_verify_accepts_its_own_plan(plan_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--exact"]):
        assert cli.run(["verify", "village", str(plan_folder), *more]) == 0
        assert "audit passed" in capsys.readouterr().out
    assert cli.run(["verify", "village", str(plan_folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] and said["certificate"]["ok"] and said["served"]["1"]["served"] == 1


def test_verify_refuses_a_plan_that_was_touched(
    plan_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    for file in plan_folder.iterdir():
        (bad / file.name).write_bytes(file.read_bytes())
    text = (bad / "vehicles.csv").read_text().replace("42.5", "41.5")
    (bad / "vehicles.csv").write_text(text)
    assert cli.run(["verify", "village", str(bad)]) == 1
    assert "audit FAILED" in capsys.readouterr().out


def test_explain_names_the_cause(plan_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", "village", str(plan_folder)]) == 0
    assert "Energy is what lacks" in capsys.readouterr().out
    assert cli.run(["explain", "village", str(plan_folder), "--json"]) == 0
    [reason] = json.loads(capsys.readouterr().out)["reasons"]
    assert (reason["name"], reason["cause"]) == ("cold_store", "energy")


def test_check_says_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["check", "village"]) == 0
    assert "2 buses, 2 loads, 3 vehicles" in capsys.readouterr().out
    assert cli.run(["check", "village", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "findings": []}


def test_faults_are_printed_with_row_and_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loads = "load,bus,phases,tier,kw\nclinic,sqare,a,1,5\nshop,hill,a,0,-3\n"
    case = copy_of_village(tmp_path / "case", loads=loads)
    capsys.readouterr()
    for verb in (["check", str(case)], ["solve", str(case), "--out", str(tmp_path / "plan")]):
        assert cli.run(verb) == 1
        out, err = capsys.readouterr()
        assert out == "" and "loads.csv, row 2, column bus" in err and "loads.csv, row 3, column kw" in err
        assert "Did you mean 'square'?" in err and "Found: -3" in err
        assert err.splitlines()[-1].startswith("2 errors, ")
    assert not (tmp_path / "plan").exists()
    assert cli.run(["check", str(case), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["ok"] and {f["row"] for f in said["findings"]} >= {2, 3}
    assert cli.run(["solve", str(case), "--out", str(tmp_path / "plan"), "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["exit_code"] == 1 and err == ""


def test_at_most_twenty_findings_and_errors_first(capsys: pytest.CaptureFixture[str]) -> None:
    warnings = [Finding("a.csv", f"w{k}", severity="warning") for k in range(3)]
    show_findings([*warnings, *(Finding("b.csv", f"e{k}") for k in range(19))], stderr())
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("error    b.csv: e0") and lines[19] == "warning  a.csv: w0"
    assert lines[20:] == ["... and 2 more", "19 errors, 3 warnings"]


def test_hostile_names_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    name = "[red]clinic[/red] [link=x]\x1b[2J\x07:bomb:"
    show_findings([Finding("a.csv", name, found=name)], stderr())
    err = capsys.readouterr().err
    assert "[red]clinic[/red] [link=x]?[2J?:bomb:" in err and "\x1b" not in err


def test_json_of_a_plan_is_all_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["solve", "village", "--out", str(tmp_path / "plan"), "--json", "-v"]) == 0
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert err == "" and said["summary"]["critical"]["1"] == {"total": 1, "served": 1, "bound": 1, "survival_h": 4}


def test_verbose_says_every_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["solve", "village", "--out", str(tmp_path / "plan"), "-v"]) == 0
    err = capsys.readouterr().err
    assert "critical_hours: 0.276 h" in err and err.startswith("build")


def test_progress_is_silent_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        progress("solve", "tier 1: gap 0.1", 1.0)
    assert capsys.readouterr().err == ""


def test_what_takes_long_says_a_line_now_and_then_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line was said longer ago than lines are apart; the next report comes too soon after that."""
    for quiet, said in ((False, ["solve    " + "tier 1: gap 0.1".ljust(56) + "     1.0 s"]), (True, [])):
        with Progress(quiet=quiet) as progress:
            progress.said -= EVERY_S + 1.0
            progress("solve", "tier 1: gap 0.1", 1.0)
            progress("solve", "tier 1: gap 0.0", 2.0)
        assert capsys.readouterr().err.splitlines() == said


def test_json_is_alone_on_standard_output(tmp_path: Path) -> None:
    """In a process of its own: solvers write past Python, as HiGHS 1.16 does when it is made."""
    command = "import sys; from v2g.cli import run; sys.exit(run(sys.argv[1:]))"
    words = [sys.executable, "-c", command, "solve", "village", "--out", str(tmp_path / "plan"), "--json"]
    assert (
        json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)["summary"]["critical"][
            "1"
        ]["served"]
        == 1
    )


def test_explain_says_what_it_is_about(plan_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = "Reasons, then remedies for at most 7 s (--no-remedies: reasons alone)."
    for words, said in ((["--time-limit", "7"], [told]), (["--no-remedies"], []), (["--json"], [])):
        assert cli.run(["explain", "village", str(plan_folder), *words]) == 0
        assert capsys.readouterr().err.splitlines() == said


def test_wrong_use_is_two(plan_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "new")
    wrong: list[list[str]] = [
        ["bogus"],
        ["solve", "village"],
        ["solve", "village", "--out", out, "--gap", "many"],
        ["solve", "village", "--out", out, "--gap", "2"],
        ["solve", "village", "--out", out, "--network", "lindistflw"],
        ["solve", "village", "--out", str(plan_folder)],
        ["solve", "village", "--out", str(plan_folder.parent), "--overwrite"],
        ["solve", "village", "--out", out, "--with", str(tmp_path / "none.py")],
        ["new", str(plan_folder)],
    ]
    for arguments in wrong:
        assert cli.run(arguments) == 2, arguments
        said, err = capsys.readouterr()
        assert said == "" and err and "Traceback" not in err, arguments
    assert not Path(out).exists()


def test_a_case_that_is_not_there_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["check", "vilage"], ["verify", "village", str(tmp_path)], ["explain", "village", "nowhere"]):
        assert cli.run(arguments) == 1, arguments
    assert "Did you mean the case 'village'?" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "code"), [(AuditFailed("bad"), 3), (SolverMissing("no glpk"), 4)])
def test_no_plan_is_three_and_no_solver_four(
    error: Exception, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("v2g.planning.solve", fails)
    assert cli.run(["solve", "village", "--out", str(tmp_path / "plan")]) == code
    assert capsys.readouterr().err == f"v2g: {error}\n" and not (tmp_path / "plan").exists()


def test_a_defect_of_the_program_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("one\ntwo")

    monkeypatch.setattr("v2g.planning.solve", breaks)
    arguments = ["solve", "village", "--out", str(tmp_path / "plan")]
    assert cli.run(arguments) == 70
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and "please report" in err
    assert cli.run([*arguments, "-v"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_a_keyboard_interrupt_ends_quietly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("v2g.planning.solve", stopped)
    assert cli.run(["solve", "village", "--out", str(tmp_path / "plan")]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_math_prints_the_equations(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["math"]) == 0
    assert "Vehicles" in capsys.readouterr().out


def test_cases_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["cases"]) == 0
    assert "village" in capsys.readouterr().out
    assert cli.run(["cases", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["cases"]) == set(shipped_cases())
    assert cli.run(["--version"]) == 0 and cli.run(["--help"]) == 0
    out, err = capsys.readouterr()
    assert "4 solver missing" in out.replace("\n ", "") and err == ""


def test_a_new_case_is_one_to_start_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["new", str(tmp_path / "mine"), "--from", "ieee13-blackout"]) == 0
    assert cli.run(["check", str(tmp_path / "mine")]) == 0
    assert not list((tmp_path / "mine").glob("expected*"))
    assert cli.run(["new", str(tmp_path / "other"), "--from", "nothing"]) == 1
    assert not (tmp_path / "other").exists()
    assert capsys.readouterr().out.count("case: ") == 1


def readme_examples() -> list[str]:
    """The pieces of Python in the README."""
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    return [block.split("```")[0] for block in text.split("```python\n")[1:]]


def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(readme_examples()[0], {})
    assert "cold_store" in capsys.readouterr().out


def test_a_part_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = tmp_path / "heater.py"
    part.write_text(readme_examples()[1])
    case = copy_of_village(tmp_path / "case", heaters="heater,bus,phases,kw\nstove,hill,a,0.5\n")
    plan = tmp_path / "plan"
    assert cli.run(["check", str(case)]) == 1
    assert cli.run(["check", str(case), "--with", str(part)]) == 0
    assert cli.run(["solve", str(case), "--out", str(plan), "--with", str(part)]) == 0
    assert (plan / "others.csv").read_text().count("heaters") == 4
    capsys.readouterr()
    assert cli.run(["verify", str(case), str(plan), "--with", str(part)]) == 0
    assert "taken as given" in capsys.readouterr().out
    assert cli.run(["explain", str(case), str(plan), "--with", str(part)]) == 0
    assert cli.run(["verify", "village", str(plan)]) == 2
    assert "The plan uses Heater from outside" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["x = 1", "import nothing_of_that_name", "def broken(:", "1 / 0"])
def test_a_file_without_a_part_is_wrong_use(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "part.py").write_text(text)
    assert cli.run(["check", "village", "--with", str(tmp_path / "part.py")]) == 2
    assert "part.py" in capsys.readouterr().err


def test_an_invalid_case_from_deeper_down_is_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuses(*_: Any) -> None:
        raise InvalidCase([Finding("a.csv", "It is wrong.", row=3)])

    monkeypatch.setattr("v2g.reading.check", refuses)
    assert cli.run(["check", "village"]) == 1
    assert "a.csv, row 3: It is wrong." in capsys.readouterr().err


def run_program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from v2g.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environment}, check=False)


def test_the_program_itself(tmp_path: Path) -> None:
    done = run_program("solve", "village", "--out", str(tmp_path / "plan"), PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and done.stderr == b""
    assert done.stdout.decode("ascii").rstrip().endswith(str(tmp_path / "plan"))
    wrong = run_program("check", "no\u00ebl")
    assert wrong.returncode == 1 and b"Traceback" not in wrong.stderr


@pytest.mark.slow
def test_the_demonstration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert cli.run(["demo", "--out", str(tmp_path / "demo")]) == 0
    out = capsys.readouterr().out
    assert "critical loads served throughout" in out and "audit passed" in out
    assert out.rstrip().endswith(f"plan: {tmp_path / 'demo'}")
    assert (tmp_path / "demo" / "service.svg").is_file()


def test_columns_lists_tables_and_what_their_columns_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["columns"]) == 0
    assert "fleet_minimum" in capsys.readouterr().out
    assert cli.run(["columns", "events"]) == 0
    out = capsys.readouterr().out
    assert "out, back, energised, dead, fuel; needed" in out and "number in L, at least 0" in out
    assert cli.run(["columns", "vehicle"]) == 2 and "Did you mean 'vehicles'?" in capsys.readouterr().err
