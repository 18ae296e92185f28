"""The package as Python sees it: the verbs of the command line, loaded when they are first used."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import v2g
from v2g.errors import UsageError

ROOT = Path(__file__).parent.parent
LANE = ROOT / "tests" / "feeders_small" / "lane.json"
HEAVY = {"numpy", "pandas", "networkx", "pyomo", "highspy", "click", "rich", "matplotlib", "opendssdirect"}
VERBS = {
    "solve": ("solve", "solve_secure", "write_plan"), "verify": ("verify", "certify", "replay_ac", "read_plan"),
    "explain": ("explain", "values", "shortfalls"), "import": ("import_feeder",), "check": ("check", "read"),
    "report": ("report", "answers", "write_page"), "schema": ("schemas",),
    **{verb: (verb,) for verb in ("cases", "new", "populate", "export", "survive", "batch", "reproduce", "studies",
                                  "compare", "benchmark")},
}  # fmt: skip
"""Names in Python for each verb of the command line; the others print what is no result of a case."""
NO_RESULT = {"demo", "math", "columns"}


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout


def test_importing_the_package_loads_nothing_else() -> None:
    found = set(run("import sys, v2g; print(*{name.split('.')[0] for name in sys.modules})").split())
    assert found & HEAVY == set()
    assert run("import sys, v2g; print(*[n for n in sys.modules if n.startswith('v2g.')])").split() == []


def test_every_verb_of_the_command_line_is_there() -> None:
    from v2g.cli import v2g as group

    assert set(group.commands) == set(VERBS) | NO_RESULT
    assert {name for names in VERBS.values() for name in names} <= set(v2g.__all__)


@pytest.mark.parametrize("name", v2g.__all__)
def test_a_name_leads_to_something_that_says_what_it_is(name: str) -> None:
    assert getattr(v2g, name).__doc__
    assert name in dir(v2g)


def test_types_see_the_same_names() -> None:
    tree = ast.parse((ROOT / "v2g" / "__init__.py").read_text(encoding="utf-8"))
    (typed,) = [node for node in tree.body if isinstance(node, ast.If)]
    homes = {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for node in typed.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert homes == v2g._HOMES and sorted(homes) == v2g.__all__


def test_verbs_stay_verbs_beside_modules_of_their_name() -> None:
    code = (
        "import v2g.explain, v2g.populate.making, v2g.values, v2g.check, v2g.certify, v2g.shortfalls\n"
        "print(*[type(getattr(v2g, n)).__name__ for n in "
        "('explain', 'populate', 'values', 'check', 'certify', 'shortfalls')])"
    )
    assert run(code).split() == ["function"] * 6
    assert run("import v2g, v2g.errors; print(v2g.errors.__name__)").strip() == "v2g.errors"


def test_what_is_not_there_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        v2g.nothing  # noqa: B018


def in_memory() -> dict[str, Any]:
    """The lane as pandapower has it in memory: tables by name."""
    parts = json.loads(LANE.read_text(encoding="utf-8"))["_object"]
    net = {}
    for name, part in parts.items():
        is_table = isinstance(part, dict) and part.get("_class") == "DataFrame"
        raw = part["_object"] if is_table else None
        table = json.loads(raw) if isinstance(raw, str) else raw
        net[name] = pd.DataFrame(table["data"], table["index"], table["columns"]) if table else part
    return net


def test_a_network_in_memory_is_read_as_its_file_is(tmp_path: Path) -> None:
    one = v2g.import_feeder(in_memory(), tmp_path / "net")
    two = v2g.import_feeder(LANE, tmp_path / "file")
    assert set(one.case.tables) == set(two.case.tables) and one.reader == two.reader == "pandapower"
    for name, table in one.case.tables.items():
        pd.testing.assert_frame_equal(table, two.case.tables[name])
    assert dict(one.files) == {} and list(two.files) == ["lane.json"]
    with pytest.raises(UsageError, match="as pandapower, and not as cim"):
        v2g.import_feeder(in_memory(), tmp_path / "other", format="cim")


def test_a_format_that_is_not_that_of_the_file_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not of format matpower, but of pandapower"):
        v2g.import_feeder(LANE, tmp_path / "case", format="matpower")
    assert not (tmp_path / "case").exists()
