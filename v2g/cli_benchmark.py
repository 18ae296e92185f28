"""The verb of the command line that compares solvers."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from v2g.reports.console import printable

if TYPE_CHECKING:
    from v2g.benchmark.rows import Row

QUICK_S = 10.0


@click.command("benchmark")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for runs.csv, table.md, profile.svg, machine.json."
)
@click.option("--instance", "instances", multiple=True, metavar="CASE[:VEHICLESxHOURS]",
              help="A case, or a bare feeder with so many vehicles and hours put on it; may be repeated.")  # fmt: skip
@click.option(
    "--solver", "solvers", multiple=True, metavar="NAME", help="One of --list; may be repeated. Default: all."
)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(["lp", "milp"]), help="Default: both.")
@click.option(
    "--seeds", type=int, default=1, show_default=True, help="Runs of each, rows and columns in another order."
)
@click.option("--time-limit", type=float, metavar="S", help="Processor seconds of solving.  [default: 60; quick: 10]")
@click.option("--patience", type=float, default=1.0, show_default=True, metavar="X",
              help="Times the time limit by the clock; above 1 where the machine has other work.")  # fmt: skip
@click.option("--memory-mb", type=float, default=4096.0, show_default=True, help="Memory that a run may hold.")
@click.option("--quick", is_flag=True, help="Two small cases, ten seconds.")
@click.option("--export", "exported", type=click.Path(path_type=Path), metavar="DIR",
              help="Write the instances as MPS and LP files, and run nothing.")  # fmt: skip
@click.option(
    "--list", "listed", is_flag=True, help="List solvers, each with the version that runs here, and instances."
)
@click.option("--with", "files", type=click.Path(path_type=Path), multiple=True, metavar="FILE.py",
              help="Take a further solver from a file; may be repeated.")  # fmt: skip
@click.option("--note", default="", metavar="TEXT", help="Said in the README of the folder, such as what else ran.")
@click.option("--json", "json_", is_flag=True, help="Print JSON for machines, and nothing else.")
def benchmark(
    out: Path | None, instances: Sequence[str], solvers: Sequence[str], kinds: Sequence[str], seeds: int,
    time_limit: float | None, patience: float, memory_mb: float, quick: bool, exported: Path | None, listed: bool,
    files: Sequence[Path], note: str, json_: bool,
) -> int:  # fmt: skip
    """Compare solvers on the linear and mixed-integer programs of cases, and judge every answer.

    Each run is a process of its own with one thread. What a solver hands back is recomputed: rows, bounds, whole
    columns, objective, a bound from its multipliers, and the audit of the plan that it makes. A false claim is shown
    as WRONG. A solver that is not installed is a row "not available".
    """
    from v2g.benchmark.bench import benchmark as compared
    from v2g.benchmark.instances import KINDS, QUICK, STANDARD, export, made
    from v2g.benchmark.outside import load_solvers
    from v2g.benchmark.running import Limits
    from v2g.benchmark.tables import too_small

    load_solvers(files)
    asked = instances or (QUICK if quick else STANDARD)
    if listed:
        return _list(files, json_)
    if exported is not None:
        written = export([one for name in asked for one in made(name, kinds or KINDS)], exported)
        _say(json_, {"files": [str(file) for file in written]}, "\n".join(str(file) for file in written))
        return 0
    if out is None:
        raise click.UsageError("Give --out DIR, --export DIR, or --list.")
    limits = Limits(time_limit or (QUICK_S if quick else Limits.time_s), memory_mb, patience)
    rows = compared(
        out, instances=asked, solvers=solvers, kinds=kinds or KINDS, seeds=seeds, limits=limits, files=files,
        command=["v2g", *sys.argv[1:]], note=note, report=_silent if json_ else _report,
    )  # fmt: skip
    wrong = [row for row in rows if row.verdict == "WRONG"]
    counts = {verdict: sum(row.verdict == verdict for row in rows) for verdict in {row.verdict for row in rows}}
    words = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    _say(
        json_,
        {"out": str(out), "runs": len(rows), "verdicts": counts, "too_small_to_rank": too_small(rows)},
        "\n".join([f"{len(rows)} runs: {words}", *_small(rows), f"table: {out}/table.md"]),
    )
    return 1 if wrong else 0


def _small(rows: Sequence[Row]) -> list[str]:
    """Which instances do not tell solvers apart."""
    from v2g.benchmark.tables import SHIFT_S, SMALL, too_small

    small = too_small(rows)
    return [f"{SMALL}: {', '.join(small)} (every run took less than {SHIFT_S:g} s)"] if small else []


def _list(files: Sequence[Path], json_: bool) -> int:
    from v2g.benchmark.instances import QUICK, STANDARD
    from v2g.benchmark.solvers import SOLVERS
    from v2g.benchmark.versions import versions

    found = versions(SOLVERS, files)
    lines = [
        f"{name:<14} {'/'.join(s.solves):<8} {s.kind:<12} {s.title:<42} {found[name] or f'not available: {s.install}'}"
        for name, s in SOLVERS.items()
    ]
    text = "\n".join([*lines, f"instances: {', '.join(STANDARD)}", f"quick: {', '.join(QUICK)}"])
    _say(json_, {"solvers": found, "instances": STANDARD, "quick": QUICK}, text)
    return 0


def _report(done: int, of: int, row: Row) -> None:
    """One line for each run, on the standard error stream."""
    seed = "" if row.seed is None else f" seed {row.seed}"
    seconds = "" if row.solve_cpu_s != row.solve_cpu_s else f" {row.solve_cpu_s:.2f} s"
    reason = f" ({row.reason})" if row.reason else ""
    click.echo(printable(f"{done}/{of} {row.instance} {row.solver}{seed}: {row.verdict}{seconds}{reason}"), err=True)


def _silent(done: int, of: int, row: Row) -> None:
    """Nothing."""


def _say(json_: bool, content: dict[str, object], text: str) -> None:
    click.echo(json.dumps(content, indent=2, ensure_ascii=True) if json_ else printable(text))
