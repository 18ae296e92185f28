"""The verb `benchmark`: solvers on instances, one process for each run, every answer judged."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from v2g.benchmark.instances import KINDS, STANDARD, Instance, made
from v2g.benchmark.outputs import finish, keep_runs
from v2g.benchmark.rows import Row, absent, reviewed, row_of
from v2g.benchmark.running import Limits, run
from v2g.benchmark.solvers import SOLVERS
from v2g.benchmark.solvers.entry import Solver
from v2g.errors import UsageError
from v2g.formats.atomic import resolved
from v2g.register import choose
from v2g.reports.figure import need_matplotlib

STANDARD_LIMITS = Limits()
Report = Callable[[int, int, Row], None]


@dataclass(frozen=True)
class Task:
    """One run to be made; no seed where the solver is not here."""

    instance: Instance
    solver: Solver
    seed: int | None


def benchmark(
    out: Path | str, *, instances: Sequence[str] = STANDARD, solvers: Sequence[str] = (), kinds: Sequence[str] = KINDS,
    seeds: int = 1, limits: Limits = STANDARD_LIMITS, files: Sequence[Path] = (), command: Sequence[str] = (),
    note: str = "", report: Report = lambda *_: None,
) -> list[Row]:  # fmt: skip
    """Run solvers (all by default) on instances, and write the folder ``out``; returns the rows of its runs.

    ``files`` are those with solvers from outside, loaded already here and again in each child. What is in ``out`` of
    an earlier benchmark is replaced. Raises UsageError for wrong options, before anything runs.
    """
    need_matplotlib()
    chosen = {name: choose("solver", name, SOLVERS) for name in solvers or SOLVERS}
    _sensible(seeds, limits)
    folder = resolved(out)
    if folder.exists() and (not folder.is_dir() or _others(folder)):
        raise UsageError(f"{folder} holds something other than a benchmark; give another folder.")
    programs = [instance for asked in instances for instance in made(asked, kinds)]
    folder.mkdir(parents=True, exist_ok=True)
    tasks = list(tasks_of(programs, chosen, seeds))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="v2g-") as scratch:
        for task in tasks:
            rows = reviewed([*rows, done(task, limits, files, Path(scratch))], chosen)
            keep_runs(folder, rows)
            report(len(rows), len(tasks), rows[-1])
    finish(folder, rows, programs, chosen, limits, command, note)
    return rows


def _sensible(seeds: int, limits: Limits) -> None:
    if seeds < 1 or not limits.time_s > 0 or not limits.memory_mb > 0 or not limits.patience >= 1:
        raise UsageError("Seeds and patience are at least 1, time and memory limits above 0.")


def _others(folder: Path) -> bool:
    """Whether a folder holds something, and no benchmark."""
    return any(folder.iterdir()) and not (folder / "runs.csv").is_file()


def tasks_of(programs: Sequence[Instance], solvers: Mapping[str, Solver], seeds: int) -> Iterator[Task]:
    """Instance by instance, solver by solver, seed by seed, each solver on the kinds that it solves."""
    here = {name: solver.installed() is not None for name, solver in solvers.items()}
    for instance in programs:
        for name, solver in solvers.items():
            if instance.kind in solver.solves:
                for seed in range(seeds) if here[name] else (None,):
                    yield Task(instance, solver, seed)


def done(task: Task, limits: Limits, files: Sequence[Path], scratch: Path) -> Row:
    """Make a run; the row that can be told of it alone. ``scratch`` keeps the program for the runs after it."""
    if task.seed is None:
        return absent(task.instance, task.solver)
    program = scratch / f"{task.instance.name}.npz"
    if not program.exists():
        task.instance.program.save(program)
    return row_of(
        task.instance, task.solver, task.seed, run(task.solver.name, program, task.seed, limits, files), limits
    )
