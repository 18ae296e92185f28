"""What a study costs beside solving: processor time of each scenario, and how busy its worker processes are.

The driver runs in a process of its own. Solving is reading, checking, building, solving and auditing, as `v2g.solve`
does for a case alone. Overhead is the rest of the worker's processor time (medians), and that of the driver.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

WORKERS = 2
SEEDS = {"village": 12, "depot": 6, "quick": 2}
STUDY = """
format = 1
name = "overhead"
cases = ["{case}"]
seeds = {seeds}
[axes.fleet]
change = "fleet_size"
values = [1, 2]
[axes.reserve]
change = "reserve"
values = [0.1]
"""


def study(names: Sequence[str]) -> list[dict[str, Any]]:
    """Each case in a study of its own; ``quick`` is a short one of the village."""
    return [_measured(name) for name in names]


def _measured(name: str) -> dict[str, Any]:
    case = "village" if name == "quick" else name
    with tempfile.TemporaryDirectory() as place:
        file, out = Path(place) / "study.toml", Path(place) / "out"
        file.write_text(STUDY.format(case=case, seeds=SEEDS[name]), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.batches", str(file), str(out)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        with (out / "timings.csv").open(encoding="utf-8", newline="") as lines:
            rows = [{name: float(cell or 0.0) for name, cell in row.items()} for row in csv.DictReader(lines)]
    found: dict[str, Any] = {"case": case, "workers": WORKERS, **json.loads(told.splitlines()[-1])}
    solve = median(row["cpu_solve_s"] for row in rows)
    worker = median(row["cpu_s"] - row["cpu_solve_s"] for row in rows)
    driver = found["driver_cpu_s"] / len(rows)
    busy = found["busy_wall_s"] / (WORKERS * found["wall_s"])
    return {**found, "scenarios": len(rows), "solve_s": solve, "worker_s": worker, "driver_s": driver, "busy": busy,
            "of_ideal": busy * solve / (solve + worker)}  # fmt: skip


def main() -> None:
    """A study in this process: from when every worker has ended its first scenario until the last one ends."""
    import time

    from v2g.batch.driver import State, batch

    file, out = sys.argv[1:]
    ends: list[tuple[float, float]] = []

    def tell(state: State) -> None:
        ends.append((time.monotonic(), time.process_time()))

    batch(file, out, workers=WORKERS, tell=tell)
    last_cpu, (first, first_cpu), last = time.process_time(), ends[WORKERS], ends[-1][0]
    results = sorted((out_file.stat().st_mtime_ns, out_file) for out_file in (Path(out) / "results").glob("*.json"))
    busy = sum(json.loads(one.read_text())["seconds"]["wall"] for _, one in results[WORKERS:])
    print(json.dumps({"wall_s": last - first, "busy_wall_s": busy, "driver_cpu_s": last_cpu - first_cpu}))


def table(runs: Sequence[dict[str, Any]]) -> list[str]:
    """A row for each case."""
    head = ("case", "scenarios", "processes", "solve CPU ms", "overhead in workers ms", "of the driver ms", "busy",
            "throughput, of ideal")  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for run in runs:
        times = [f"{1000.0 * run[name]:.1f}" for name in ("solve_s", "worker_s", "driver_s")]
        cells = [run["case"], str(run["scenarios"]), str(run["workers"]), *times]
        cells += [f"{run[name]:.3f}" for name in ("busy", "of_ideal")]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    main()
