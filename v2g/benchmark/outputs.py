"""The folder of a benchmark: every run as it ends, then tables, figure, machine, and how to make it again."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from v2g.benchmark.instances import Instance, described
from v2g.benchmark.profile import profile
from v2g.benchmark.rows import Row
from v2g.benchmark.running import Limits
from v2g.benchmark.solvers.entry import Solver
from v2g.benchmark.tables import table
from v2g.formats.atomic import place_file

RUNS, TABLE, PROFILE, MACHINE, INSTANCES, README = (
    "runs.csv", "table.md", "profile.svg", "machine.json", "instances.json", "README.md"
)  # fmt: skip
PACKAGES = ("v2g", "numpy", "scipy", "pandas", "highspy", "highspy-extras")
DIGITS = 12


def keep_runs(folder: Path, rows: Sequence[Row]) -> None:
    """Write all runs so far, whole or not at all."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([field.name for field in fields(Row)])
    writer.writerows([[_cell(value) for value in asdict(row).values()] for row in rows])
    place_file(folder / RUNS, out.getvalue().encode())


def _cell(value: object) -> object:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.{DIGITS}g}"
    return "" if value is None else value


def finish(
    folder: Path, rows: Sequence[Row], instances: Sequence[Instance], solvers: Mapping[str, Solver], limits: Limits,
    command: Sequence[str], note: str = "",
) -> None:  # fmt: skip
    """Write everything that is told of all runs together."""
    about = machine(solvers, rows)
    sizes = {instance.name: described(instance) for instance in instances}
    text = {
        TABLE: table(rows, solvers, sizes, limits),
        MACHINE: json.dumps(about, indent=2, ensure_ascii=False) + "\n",
        INSTANCES: json.dumps(sizes, indent=2) + "\n",
        README: readme(about, limits, command, [*([note] if note else []), *consents(rows, solvers)]),
    }
    for name, content in text.items():
        place_file(folder / name, content.encode())
    place_file(folder / PROFILE, profile(rows, limits))


def machine(solvers: Mapping[str, Solver], rows: Sequence[Row]) -> dict[str, Any]:
    """On what was measured, and which version of each solver said it ran; its package may count versions of its own."""
    seen = {row.solver: row.version for row in rows if row.version}
    return {
        "date_utc": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_average_at_end": [round(x, 2) for x in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "memory_gb": _memory_gb(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "memory_limit_enforced": sys.platform == "linux",
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "solvers": {
            name: {
                "package": solver.package,
                "package_version": solver.installed() or "not available",
                "ran": seen.get(name, ""),
            }
            for name, solver in solvers.items()
        },
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _memory_gb() -> float | None:
    if not hasattr(os, "sysconf"):
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)


def consents(rows: Sequence[Row], solvers: Mapping[str, Solver]) -> list[str]:
    """What licences ask for before results of these runs are published."""
    ran = dict.fromkeys(row.solver for row in rows if row.seed is not None)
    return [f"{name}: {solvers[name].publish}." for name in ran if solvers[name].publish]


def readme(about: Mapping[str, Any], limits: Limits, command: Sequence[str], notes: Sequence[str]) -> str:
    """What the folder is, and the command that makes it again."""
    lines = [
        "# A benchmark of solvers", "",
        f"Made on {about['date_utc']} UTC by", "", f"    {shlex.join(command)}", "",
        f"Time limit {limits.time_s:g} s of processor ({limits.wall_s:g} s by the clock), memory "
        f"limit {limits.memory_mb:g} MB, one thread, one process for "
        "each run.", *notes, "",
        "| file | what |", "| --- | --- |",
        f"| [{TABLE}]({TABLE}) | the summary |",
        f"| [{PROFILE}]({PROFILE}) | performance profile |",
        f"| [{RUNS}]({RUNS}) | one row for each run |",
        f"| [{INSTANCES}]({INSTANCES}) | size and SHA-256 of each instance; `v2g benchmark --export DIR` writes them |",
        f"| [{MACHINE}]({MACHINE}) | processor, memory, system, versions |", "",
        "What is measured, and how answers are judged: docs/benchmark.md of v2g.", "",
    ]  # fmt: skip
    return "\n".join(lines)
