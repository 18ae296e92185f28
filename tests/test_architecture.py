"""Who may import whom, as data; how large files may grow; what a wheel holds."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
MOST_LINES = {"v2g": 450, "models": 140}


class May(NamedTuple):
    """What a module may import: modules of this package (with everything below them), and packages from outside."""

    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


ARRAYS = ("numpy",)
BORDERS = ("numpy", "pandas", "networkx")
ANYTHING = May(("v2g",), (*BORDERS, "click", "rich"))

READINGS = May(
    ("v2g.language", "v2g.schema", "v2g.affine", "v2g.problem", "v2g.lp", "v2g.errors", "v2g.readings"), ARRAYS
)
SOLVERS = May(("v2g.lp", "v2g.affine", "v2g.errors", "v2g.solvers"), ARRAYS)
ENGINE = May(
    (
        "v2g.problem", "v2g.readings", "v2g.lp", "v2g.affine", "v2g.solvers", "v2g.errors", "v2g.engine",
        "v2g.replay.certificate",  # one routine proves bounds, whoever asks for the proof
    ),
    ARRAYS,
)  # fmt: skip
HANDOVER = May(("v2g.case", "v2g.plan", "v2g.replay", "v2g.errors", "v2g.handover"), BORDERS)
REPORTS = May((*HANDOVER.inside, "v2g.reports", "v2g.formats.atomic"), BORDERS)

BENCHED = ("v2g.benchmark.program", "v2g.benchmark.texts", "v2g.benchmark.watch", "v2g.benchmark.solvers")
RIVALS = (
    "scipy", "highspy", "pulp", "pyscipopt", "ortools", "clarabel", "scs", "gurobipy", "xpress", "cplex", "coptpy",
    "mosek",
)  # fmt: skip

TABLE = {
    "v2g.errors": May(),
    "v2g.schema": May(),
    "v2g.tables": May(("v2g.schema",)),
    "v2g.language": May(("v2g.errors", "v2g.schema"), ARRAYS),
    "v2g.affine": May(("v2g.errors",), ARRAYS),
    "v2g.models": May(("v2g.language", "v2g.schema", "v2g.models")),
    "v2g.case": May(("v2g.errors",), BORDERS),
    "v2g.plan": May(("v2g.case", "v2g.lp", "v2g.errors"), BORDERS),
    "v2g.check": May(
        ("v2g.case", "v2g.schema", "v2g.errors", "v2g.tables", "v2g.formats.draft", "v2g.check"), BORDERS
    ),
    "v2g.lp": May(("v2g.affine",), ARRAYS),
    "v2g.problem": May(("v2g.case", "v2g.language", "v2g.errors"), ARRAYS),
    "v2g.derive": May(("v2g.case", "v2g.language", "v2g.problem", "v2g.affine", "v2g.errors", "v2g.derive"), BORDERS),
    "v2g.readings": READINGS,
    "v2g.readings.pyomo": May(READINGS.inside, (*ARRAYS, "pyomo")),
    "v2g.solvers": SOLVERS,
    "v2g.solvers.highs": May(SOLVERS.inside, (*ARRAYS, "highspy")),
    "v2g.solvers.pyomo": May(SOLVERS.inside, (*ARRAYS, "pyomo", "pulp")),
    "v2g.engine": ENGINE,
    "v2g.engine.tied": May(ENGINE.inside, (*ARRAYS, "scipy")),
    "v2g.engine.by_pyomo": May(ENGINE.inside, (*ARRAYS, "pyomo")),
    "v2g.replay": May(("v2g.case", "v2g.plan", "v2g.errors", "v2g.replay"), ("numpy", "pandas")),
    "v2g.formats": May(("v2g.case", "v2g.plan", "v2g.errors", "v2g.schema", "v2g.formats"), BORDERS),
    "v2g.formats.typed_tables": May(("v2g.errors", "v2g.formats"), ("pandas", "openpyxl", "pyarrow")),
    "v2g.feeders": May(("v2g.errors", "v2g.tables", "v2g.derive.feeder", "v2g.formats", "v2g.feeders"), BORDERS),
    "v2g.feeders.importing": ANYTHING,
    "v2g.feeders.opendss.worker": May(("v2g.feeders",), ("opendssdirect",)),
    "v2g.ac": May(("v2g.case", "v2g.plan", "v2g.errors", "v2g.replay", "v2g.feeders.sandbox", "v2g.ac"), BORDERS),
    "v2g.ac.worker": May(("v2g.feeders.sandbox",), (*ARRAYS, "opendssdirect")),
    "v2g.ac.secure": ANYTHING,
    "v2g.exports": May(
        ("v2g.case", "v2g.plan", "v2g.errors", "v2g.replay", "v2g.formats", "v2g.ac.elements", "v2g.ac.setpoints",
         "v2g.handover", "v2g.exports"),
        BORDERS,
    ),
    "v2g.exports.exporting": ANYTHING,
    "v2g.exports.book": May(
        ("v2g.case", "v2g.check.header", "v2g.exports", "v2g.formats", "v2g.register", "v2g.schema", "v2g.tables"),
        BORDERS,
    ),
    "v2g.exports.parquet": May(("v2g.errors", "v2g.exports", "v2g.formats"), ("pandas", "pyarrow")),
    "v2g.exports.xlsx": May(("v2g.errors", "v2g.exports", "v2g.formats"), (*BORDERS, "openpyxl")),
    "v2g.exports.orders": May((*HANDOVER.inside, "v2g.exports", "v2g.register"), BORDERS),
    "v2g.exports.sitrep": May((*HANDOVER.inside, "v2g.exports", "v2g.compare")),
    "v2g.exports.ocpp_schemas": May(("v2g.errors",), ("ocpp",)),  # the schemas come with that package
    "v2g.populate": May(("v2g.case", "v2g.errors", "v2g.formats", "v2g.reading", "v2g.populate"), BORDERS),
    "v2g.benchmark": ANYTHING,
    "v2g.benchmark.program": May((), ARRAYS),
    "v2g.benchmark.watch": May(),
    "v2g.benchmark.texts": May(("v2g.benchmark.program",), ARRAYS),
    "v2g.benchmark.solvers": May(BENCHED, (*ARRAYS, *RIVALS)),  # who solves knows nothing of who judges
    "v2g.benchmark.child": May((*BENCHED, "v2g.benchmark.outside"), ARRAYS),
    "v2g.benchmark.outside": May(("v2g.benchmark.solvers", "v2g.errors")),
    "v2g.benchmark.judging": May(
        ("v2g.affine", "v2g.benchmark.instances", "v2g.benchmark.program", "v2g.engine", "v2g.plan", "v2g.planning",
         "v2g.replay", "v2g.summary", "v2g.tabulate"),
        ARRAYS,
    ),
    "v2g.benchmark.profile": May(ANYTHING.inside, (*ARRAYS, "matplotlib")),
    "v2g.handover": HANDOVER,
    "v2g.reports": REPORTS,
    "v2g.reports.ac": May(("v2g.ac",)),
    "v2g.reports.columns": May(("v2g.schema",)),
    "v2g.reports.page": May((*REPORTS.inside, "v2g.handover"), BORDERS),
    "v2g.reports.page.helping": May((*REPORTS.inside, "v2g.handover", "v2g.explain", "v2g.values"), ARRAYS),
    "v2g.reports.sources": May(
        ("v2g.errors", "v2g.batch.folder", "v2g.formats.plan_folder", "v2g.reading", "v2g.reports")
    ),
    **dict.fromkeys(
        ("v2g.reports.study", "v2g.reports.study_folder"),
        May((*REPORTS.inside, "v2g.batch.answers", "v2g.batch.tables"), BORDERS),
    ),
    "v2g.reports.study_figure": May(("v2g.batch.answers", "v2g.reports"), (*ARRAYS, "matplotlib")),
    "v2g.batch.answers": May(("v2g.batch.answers", "v2g.batch.folder", "v2g.batch.tables", "v2g.errors"), BORDERS),
    "v2g.batch.answers.intervals": May((), (*ARRAYS, "scipy")),
    "v2g.reports.console": May(REPORTS.inside, ("rich",)),
    "v2g.reports.figure": May(REPORTS.inside, (*BORDERS, "matplotlib")),
    "v2g.readiness": May(("v2g.replay", "v2g.spans"), ARRAYS),
    "v2g.reports.text": May(
        (*REPORTS.inside, "v2g.certify", "v2g.drivers", "v2g.explain", "v2g.readiness", "v2g.remedies"), ("pandas",)
    ),
    "v2g.reasons": May(("v2g.remedies",)),
    "v2g.access": May(("v2g.replay", "v2g.scarcity"), ARRAYS),
    "v2g.spans": May(("v2g.case", "v2g.replay"), ARRAYS),
    "v2g.asks": May(("v2g.case", "v2g.replay"), ARRAYS),
    "v2g.shortfalls": May(("v2g.asks", "v2g.case", "v2g.plan", "v2g.replay", "v2g.spans"), BORDERS),
    "v2g.drivers": May(("v2g.asks", "v2g.reasons", "v2g.replay", "v2g.shortfalls", "v2g.spans"), ARRAYS),
    "v2g.cut": May(("v2g.replay", "v2g.scarcity", "v2g.spans"), BORDERS),
    "v2g.missed": May(
        ("v2g.access", "v2g.cut", "v2g.precedence", "v2g.reasons", "v2g.remedies", "v2g.replay", "v2g.scarcity",
         "v2g.spans", "v2g.unused"),
        ARRAYS,
    ),
    "v2g.unused": May(("v2g.access", "v2g.precedence", "v2g.replay", "v2g.scarcity"), ARRAYS),
    "v2g.precedence": May(("v2g.access", "v2g.reasons", "v2g.replay", "v2g.scarcity"), ARRAYS),
    "v2g.explain": May(
        ("v2g.case", "v2g.plan", "v2g.cut", "v2g.drivers", "v2g.language", "v2g.missed", "v2g.readiness", "v2g.reasons",
         "v2g.remedies", "v2g.replay", "v2g.scarcity"),
        ARRAYS,
    ),
    "v2g.remedies": May(
        ("v2g.case", "v2g.plan", "v2g.errors", "v2g.language", "v2g.formats", "v2g.check", "v2g.register",
         "v2g.remedies"),
        BORDERS,
    ),
    "v2g.remedies.trial": May(
        ("v2g.case", "v2g.plan", "v2g.errors", "v2g.language", "v2g.planning", "v2g.engine", "v2g.readings",
         "v2g.solvers"),
        ARRAYS,
    ),
    "v2g.remedies.search": May(("v2g.case", "v2g.remedies", "v2g.engine.clock")),
    "v2g.values": May(
        ("v2g.affine", "v2g.case", "v2g.plan", "v2g.errors", "v2g.language", "v2g.lp", "v2g.problem", "v2g.readings",
         "v2g.derive", "v2g.planning", "v2g.replay.columns"),
        BORDERS,
    ),
    "v2g.compare": May((*HANDOVER.inside, "v2g.formats", "v2g.reading"), BORDERS),
    "v2g.scarcity": May(("v2g.asks", "v2g.case", "v2g.plan", "v2g.errors", "v2g.replay"), BORDERS),
    "v2g.batch": ANYTHING,
    "v2g.batch.cluster": May(ANYTHING.inside, ("distributed",)),
    "v2g.batch.parquet": May(ANYTHING.inside, ("pandas", "pyarrow")),
    **dict.fromkeys(
        ("v2g", "v2g.cli", "v2g.cli_batch", "v2g.cli_benchmark", "v2g.cli_compare",
         "v2g.cli_export", "v2g.cli_feeders", "v2g.cli_populate", "v2g.cli_report", "v2g.cli_schema",
         "v2g.json_schema", "v2g.register", "v2g.reading",
         "v2g.outside", "v2g.planning", "v2g.tabulate", "v2g.summary", "v2g.daily", "v2g.survival", "v2g.certify",
         "v2g.infeasible",
         "v2g.limit_rows", "v2g.limit_words", "v2g.whose", "v2g.math"),
        ANYTHING,
    ),
}  # fmt: skip


def module_of(file: Path) -> str:
    """Dotted name of a file; ``models/`` is the package ``v2g.models``."""
    parts = list(file.relative_to(ROOT).with_suffix("").parts)
    if parts[0] == "models":
        parts.insert(0, "v2g")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(file): file for top in MOST_LINES for file in sorted((ROOT / top).rglob("*.py"))}


def imported(module: str, text: str) -> Iterator[str]:
    """Dotted names of everything that a module imports, wherever in it, the standard library left out."""
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join([*module.split(".")[: -node.level], *filter(None, [node.module])])
                if node.level
                else node.module
            )
            modules = [f"{base}.{alias.name}" for alias in node.names]
            names = [name if name in FILES else str(base) for name in modules]
        yield from (name for name in names if name.split(".")[0] not in (*sys.stdlib_module_names, "__future__"))


def below(name: str, packages: tuple[str, ...]) -> bool:
    """Whether a module is one of the packages, or stands below one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def row_of(module: str) -> May | None:
    """The row of the table for a module: its own, or that of the nearest package above it."""
    parts = module.split(".")
    names = [".".join(parts[:n]) for n in range(len(parts), 1, -1)] or [module]
    return next((TABLE[name] for name in names if name in TABLE), None)


def forbidden(module: str, text: str) -> list[str]:
    """Imports of a module that the table does not allow."""
    row = row_of(module)
    if row is None:
        return [f"{module} has no row in the table"]
    found = imported(module, text)
    return [f"{module} -> {name}" for name in found if not below(name, (*row.inside, *row.outside))]


@pytest.mark.parametrize("module", FILES)
def test_only_the_arrows_of_the_table(module: str) -> None:
    assert forbidden(module, FILES[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("v2g.replay.fleet", "from v2g.language import Part"),
        ("v2g.replay.fleet", "def f():\n    from v2g.engine import core"),
        ("v2g.replay.fleet", "from v2g import models"),
        ("v2g.replay.fleet", "from ..readings import arrays"),
        ("v2g.replay.fleet", "import v2g.solvers.highs"),
        ("v2g.models.load", "import numpy as np"),
        ("v2g.models.load", "from v2g.case import Case"),
        ("v2g.readings.arrays", "import pyomo.environ as pyo"),
        ("v2g.readings.units", "from v2g.case import Case"),
        ("v2g.solvers.pyomo", "import highspy"),
        ("v2g.case", "import scipy"),
        ("v2g.errors", "import numpy"),
        ("v2g.somewhere", "x = 1"),
    ],
)
def test_a_planted_arrow_is_found(module: str, text: str) -> None:
    assert len(forbidden(module, text)) == 1


def test_the_replay_reaches_nothing_that_made_the_plan() -> None:
    """Followed through all modules: what judges a plan shares no line with what made it."""
    reached, open_ = set(), [name for name in FILES if below(name, ("v2g.replay",))]
    while open_:
        name = open_.pop()
        if name not in reached and name in FILES:
            reached.add(name)
            open_ += list(imported(name, FILES[name].read_text(encoding="utf-8")))
    others = {name for name in reached if not below(name, ("v2g.replay",))}
    assert others <= {"v2g.case", "v2g.plan", "v2g.errors"}


def test_every_row_of_the_table_has_a_module() -> None:
    assert [name for name in TABLE if not any(below(module, (name,)) for module in FILES)] == []


@pytest.mark.parametrize("top", MOST_LINES)
def test_files_stay_small(top: str) -> None:
    sizes = {
        str(f.relative_to(ROOT)): len(f.read_text(encoding="utf-8").splitlines()) for f in (ROOT / top).rglob("*.py")
    }
    assert {name: size for name, size in sizes.items() if size > MOST_LINES[top]} == {}


BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.comprehension, ast.Match, ast.Try, ast.With)


@pytest.mark.parametrize("module", [name for name in FILES if below(name, ("v2g.models",))])
def test_no_rule_branches_or_loops(module: str) -> None:
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, BRANCHES) and hasattr(node, "lineno")] == []
    assert not any(isinstance(node, ast.comprehension) for node in ast.walk(tree))


def test_the_models_are_no_package_of_their_own(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import models"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode != 0 and "ModuleNotFoundError" in run.stderr


def built(folder: Path) -> set[str]:
    """Names of the files in a wheel of this tree; where no wheel can be made here, of what would go into it."""
    source = folder / "source"
    source.mkdir()
    for name in ("v2g", "models", "datasets"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        if (ROOT / file).is_file():
            shutil.copy(ROOT / file, source / file)
    wheels = any(importlib.util.find_spec(name) for name in ("wheel", "setuptools.command.bdist_wheel"))
    deed = ["bdist_wheel", "--dist-dir", str(folder)] if wheels else ["build", "--build-lib", str(folder / "lib")]
    command = [sys.executable, "-c", "from setuptools import setup; setup()", "--quiet", *deed]
    run = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    if wheels:
        (wheel,) = folder.glob("*.whl")
        return set(zipfile.ZipFile(wheel).namelist())
    return {file.relative_to(folder / "lib").as_posix() for file in (folder / "lib").rglob("*") if file.is_file()}


def test_a_wheel_holds_the_code_the_models_and_the_cases(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    found = built(tmp_path)
    kinds = (".py", ".css", ".js")
    code = {f.relative_to(ROOT).as_posix() for f in (ROOT / "v2g").rglob("*") if f.suffix in kinds}
    models = {f"v2g/models/{f.name}" for f in (ROOT / "models").iterdir() if f.suffix in (".py", ".md")}
    cases = {
        f"v2g/{f.relative_to(ROOT).as_posix()}"
        for f in (ROOT / "datasets").glob("*/*")
        if f.suffix in (".csv", ".toml")
    }
    assert any(name.endswith("/case.toml") for name in cases)
    assert {*code, *models, *cases, "v2g/py.typed"} - found == set()
    assert not [name for name in found if name.startswith(("models/", "datasets/", "tests/"))]
