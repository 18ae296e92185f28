"""The pages say what is so: their commands run, their tables are those of the code, their links lead somewhere."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import v2g
from v2g.check.header import KEYS
from v2g.cli import run
from v2g.exports import EXPORTS
from v2g.feeders import READERS, guess, pandapower
from v2g.register import declarations

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))


def maker(name: str) -> ModuleType:
    """A script beside the pages, which writes what follows from the code."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NOTES: Any = maker("notes")
REFERENCE: Any = maker("reference")


def blocks(page: Path, language: str) -> list[str]:
    """Code blocks of a page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def commands(block: str) -> list[list[str]]:
    """Commands of the program in a block, without their remarks."""
    return [shlex.split(line, comments=True)[1:] for line in block.splitlines() if line.startswith("v2g ")]


def feeder_block() -> list[list[str]]:
    """The way from a planner's file to an export, in the README."""
    (found,) = [commands(block) for block in blocks(ROOT / "README.md", "sh") if "docs/brook/Master.dss" in block]
    return found


def test_the_way_from_a_file_to_an_export_runs_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("opendssdirect")
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    verbs = feeder_block()
    assert [verb[0] for verb in verbs] == ["import", "populate", "solve", "verify", "export"]
    for verb in verbs:
        assert run(verb) == 0, (verb, capsys.readouterr())
    out = capsys.readouterr().out
    assert out.count("AC-secure") == 2 and "not AC-secure" not in out
    drawn = json.loads((tmp_path / "out" / "brook-map" / "feeder.geojson").read_text(encoding="utf-8"))
    assert drawn["coordinate_system"] == "lonlat", "degrees of the file reach the map of the storm"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"<!-- BROOK.*?-->\n```text\n(.*?)```", readme, flags=re.DOTALL)
    for line in told.splitlines():
        assert line in out, line


def test_the_python_of_the_docs_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("opendssdirect")
    monkeypatch.chdir(ROOT)
    for block in blocks(ROOT / "docs" / "python.md", "python"):
        exec(block, {"work": tmp_path})
    assert capsys.readouterr().out.startswith("AC-secure")


@pytest.mark.parametrize("name", NOTES.SOURCES)
def test_tables_of_notes_are_those_of_the_code(name: str) -> None:
    path, text = NOTES.page(name)
    assert path.read_text(encoding="utf-8") == text, "run: python docs/notes.py --write"
    assert NOTES.table(name).count("\n") > 3


def test_every_reader_has_a_page_and_every_page_is_listed() -> None:
    listed = set(re.findall(r"\((\w+\.md)\)", (ROOT / "docs" / "README.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in PAGES} - {"README.md"}
    assert {f"{name}.md" for name in READERS} <= listed
    assert {*READERS, "feeders"} == set(NOTES.SOURCES)


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_names_of_the_python_page_are_all_there_are() -> None:
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    rows = [row.split("|")[1] for row in text.splitlines() if row.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {name for name in v2g.__all__ if name[0].islower()}


def test_pandapower_tables_on_the_page_are_those_of_the_reader() -> None:
    text = (ROOT / "docs" / "pandapower.md").read_text(encoding="utf-8")
    taken = re.search(r"^Taken: (.*?)\. ", text, flags=re.DOTALL | re.MULTILINE)
    assert taken and set(re.findall(r"`(\w+)`", taken[1])) == pandapower.TAKEN - {"bus_geodata"}


def test_the_example_is_told_apart_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert guess(ROOT / "docs" / "brook" / "Master.dss") == "opendss"
    for verb, register in (("import", READERS), ("export", EXPORTS)):
        assert run([verb, "--help"]) == 0
        out = capsys.readouterr().out
        assert all(
            re.search(rf"^  {name} +{re.escape(one.title)}$", out, re.MULTILINE) for name, one in register.items()
        )


@pytest.mark.parametrize(
    "command",
    [
        ("import", "docs/brook/Master.dss", "--to", "{out}"),
        ("solve", "village", "--ac", "--out", "{out}"),
        ("verify", "village", "{plan}", "--ac"),
    ],
)
def test_verbs_without_their_engine_name_the_extra(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan"
    if "{plan}" in command:
        assert run(["solve", "village", "--out", str(plan)]) == 0
    for module in ("v2g.feeders.opendss.reader", "v2g.ac.flow"):
        importlib.import_module(module)
        monkeypatch.setattr(sys.modules[module], "find_spec", lambda name: None)
    monkeypatch.chdir(ROOT)
    assert run([word.format(out=tmp_path / "out", plan=plan) for word in command]) == 2
    assert "pip install 'v2g[opendss]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_reference_is_that_of_the_declarations() -> None:
    assert (ROOT / "docs" / "case.md").read_text(encoding="utf-8") == REFERENCE.page()


def test_the_reference_has_every_key_and_every_column() -> None:
    """Read again from the page itself: as many rows as there are keys and columns."""
    rows = re.findall(r"^\| `(\w+)`", REFERENCE.page(), flags=re.MULTILINE)
    assert len(rows) == len(KEYS) + sum(len(spec.columns) for spec in declarations().values())
