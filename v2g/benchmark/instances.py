"""Instances: a case at a size, as one linear program (``lp``) or mixed-integer program (``milp``).

Which program
-------------
All columns, rows and bounds are those of `v2g.readings.arrays`, for the network and the policy that the case's
header names: the same program as `v2g solve` works on, before any of its own reductions. A policy is a list of stages,
solved one after the other; a solver takes one objective. So the objective here is the first part of the policy as
one weighted sum: its stages in order, up to and with the first one that is an amount and not a count (under `tiers`:
critical loads or people of each tier, then critical load-hours), stages without terms left out. Each stage is
divided by its worst value within the bounds of its columns, and weighs ten times the one after it; the last weighs 1.
The value is therefore a share of what could be lost, between 0 and 1, 11, 111 ... It is close to what the policy
puts first, and not the same: a lexicographic order is no weighted sum.

``lp`` is the relaxation: no column is whole. Coefficients below `TINY` are left out, as several solvers drop them
without a word, and rows that say nothing (no columns left, or no side). The objective's constant is not in the program,
because file formats disagree about it; ``constant`` has it.

A size is ``NAME:VEHICLESxHOURS``: an emergency put on a bare feeder by `v2g populate` (seed 1, all else by default).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from v2g.affine import Floats
from v2g.benchmark.program import Program
from v2g.benchmark.texts import column_name, lp, mps, row_name
from v2g.case import Case
from v2g.errors import CaseError, UsageError
from v2g.formats.atomic import place_file
from v2g.lp import LP, Objective
from v2g.planning import problem_of
from v2g.populate import populate
from v2g.problem import Problem
from v2g.reading import read
from v2g.readings.arrays import Arrays

KINDS = ("lp", "milp")
TINY = 1e-9
STEP = 10.0
"""How many times as much a stage weighs as the next one."""
SIZE = re.compile(r"(?P<case>.+):(?P<vehicles>\d+)x(?P<hours>\d+)")
SEED = 1
STANDARD = (
    "village", "places", "chiba-2019", "ieee13-blackout", "depot", "ieee13-base:20x24", "ieee123-base:30x12",
)  # fmt: skip
QUICK = ("village", "places")


@dataclass(frozen=True)
class Instance:
    """One program, and what is needed to judge a point of it."""

    asked: str
    kind: str
    case: Case
    problem: Problem
    reader: Arrays
    lp: LP
    program: Program
    constant: float
    rows: np.ndarray
    build_s: float

    @property
    def name(self) -> str:
        """Name of the instance, fit for a file."""
        return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', Path(self.asked).name)}-{self.kind}"

    @cached_property
    def mps_text(self) -> str:
        """The program in MPS."""
        return mps(self.program, self.name)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the MPS text, in hex: that of the file that `export` writes."""
        return hashlib.sha256(self.mps_text.encode()).hexdigest()


def made(asked: str, kinds: Sequence[str] = KINDS) -> list[Instance]:
    """The instances of a case (name, folder, or ``NAME:VEHICLESxHOURS``), one for each kind that it has.

    A case without whole columns is no ``milp``. Raises UsageError where the case cannot be had.
    """
    started = time.perf_counter()
    case = case_of(asked)
    problem = problem_of(case, str(case.header["network"]), str(case.header["policy"]))
    reader = Arrays(problem)
    whole = reader.read()
    cost, constant = objective_of(whole)
    program, rows = program_of(whole, cost)
    seconds = time.perf_counter() - started
    found = {"lp": program.relaxed(), **({"milp": program} if program.integer.any() else {})}
    return [
        Instance(asked, kind, case, problem, reader, whole, found[kind], constant, rows, seconds)
        for kind in kinds
        if kind in found
    ]


def case_of(asked: str) -> Case:
    """The case that a name, a folder or a size stands for."""
    size = SIZE.fullmatch(asked)
    try:
        if size is None:
            return read(asked)
        with tempfile.TemporaryDirectory(prefix="v2g-") as scratch:
            options = {"vehicles": size["vehicles"], "outage": size["hours"], "seed": str(SEED)}
            return read(populate(size["case"], Path(scratch) / "case", **options).folder)
    except CaseError as error:
        raise UsageError(f"There is no instance '{asked}': {error}") from error


def objective_of(whole: LP) -> tuple[Floats, float]:
    """Cost (n,) and constant of the first part of the policy, as the module says."""
    stages = leading(whole.objectives)
    cost, constant = np.zeros(whole.shape[1]), 0.0
    for rank, stage in enumerate(stages):
        weight = STEP ** (len(stages) - 1 - rank) / worst(whole, stage)
        cost += weight * stage.dense(cost.size)
        constant += weight * stage.constant
    return cost, constant


def leading(objectives: Sequence[Objective]) -> list[Objective]:
    """Stages with terms, up to and with the first one that is an amount."""
    found = []
    for objective in objectives:
        if objective.index.size:
            found.append(objective)
            if not objective.integers:
                break
    return found


def worst(whole: LP, stage: Objective) -> float:
    """The largest value of a stage within the bounds of its columns; 1 where there is none, or none above zero."""
    ends = stage.value * np.where(stage.value > 0, whole.upper[stage.index], whole.lower[stage.index])
    most = float(stage.constant + ends.sum())
    return most if np.isfinite(most) and most > 0.0 else 1.0


def program_of(whole: LP, cost: Floats) -> tuple[Program, np.ndarray]:
    """The program for solvers, and which rows of the whole it has."""
    matrix = whole.matrix
    row = np.repeat(np.arange(whole.shape[0]), np.diff(matrix.start))
    entry = np.abs(matrix.value) >= TINY
    count = np.bincount(row[entry], minlength=whole.shape[0])
    said = np.isfinite(whole.row_lower) | np.isfinite(whole.row_upper)
    rows = np.flatnonzero((count > 0) & said)
    entry &= ((count > 0) & said)[row]
    start = np.zeros(rows.size + 1, dtype=np.int64)
    np.cumsum(count[rows], out=start[1:])
    program = Program(
        cost, start, matrix.index[entry], matrix.value[entry], whole.row_lower[rows], whole.row_upper[rows],
        whole.lower, whole.upper, whole.integer,
    )  # fmt: skip
    return program, rows


def export(instances: Sequence[Instance], folder: Path) -> list[Path]:
    """Write each instance as ``.mps`` and ``.lp``, with what its names stand for and ``instances.json`` beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    index, files = {}, []
    for instance in instances:
        files += [folder / f"{instance.name}.{form}" for form in ("mps", "lp", "names.csv")]
        for file, text in zip(files[-3:], (instance.mps_text, lp(instance.program), names(instance)), strict=True):
            place_file(file, text.encode())
        index[instance.name] = described(instance)
    files.append(folder / "instances.json")
    place_file(files[-1], (json.dumps(index, indent=2) + "\n").encode())
    return files


def described(instance: Instance) -> dict[str, object]:
    """What a reader of the exported files has to know."""
    return {
        "case": instance.asked,
        "kind": instance.kind,
        "case_sha256": instance.case.sha256,
        **instance.program.sizes(),
        "objective_constant": instance.constant,
        "mps_sha256": instance.sha256,
    }


def names(instance: Instance) -> str:
    """What each column and row of the files is called in the model."""
    layout = instance.lp.layout
    columns = [(column_name(j), layout.column_name(j)) for j in range(instance.program.columns)]
    rows = [(row_name(i), layout.row_name(int(at))) for i, at in enumerate(instance.rows)]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([("name", "stands_for"), *columns, *rows])
    return out.getvalue()
