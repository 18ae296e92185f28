"""Results as tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

Run = dict[str, Any]

WHO = {
    "arrays": "v2g, index arrays",
    "pyomo": "Pyomo, the same text with labels",
    "vehicles-arrays": "v2g, index arrays",
    "vehicles-plain": "Pyomo by hand",
    "vehicles-templatized": "Pyomo by hand, templatized",
}
LONG = 10.0


def against(runs: Sequence[Run]) -> list[str]:
    """Each phase of a case beside the first one."""
    lines = _head(
        "case", "rows x columns, nonzeros", "by", "build s", "compile s", "in all s", "CPU s", "peak MB",
        "times as long", "same matrix",
    )  # fmt: skip
    for _, group in _by_case(runs):
        first, *_ = same = list(group)
        for run in same:
            wall = run["wall"]
            parts = [_seconds(wall[p]) if p in wall else "" for p in ("build", "compile")]
            cpu, ratio = sum(run["cpu"].values()), _total(run) / _total(first)
            matrix = {True: "yes", False: "NO"}.get(run["facts"].get("same_matrix"), "") if run is not first else ""
            times = "" if run is first else f"{ratio:.0f}"
            cells = [run["case"], _sizes(run), WHO[run["phase"]], *parts, _seconds(_total(run)), _seconds(cpu)]
            lines.append(_row(*cells, _megabytes(run), times, matrix))
    return lines


def growth(runs: Sequence[Run]) -> list[str]:
    """One row a case: every phase, and the memory after the last."""
    lines = _head("case", "rows x columns, nonzeros", "derive s", "assemble s", "hand over s", "peak MB")
    for case, group in _by_case(runs):
        same = list(group)
        memory = max(same, key=lambda run: run["peak_mb"])
        seconds = [_seconds(_total(run)) for run in same]
        lines.append(_row(case, _sizes(same[-1]), *seconds, _megabytes(memory)))
    return lines


def whole(runs: Sequence[Run]) -> list[str]:
    """v2g beside Pyomo with HiGHS, then v2g's own phases."""
    pairs = [(case, *group) for case, group in _by_case(runs)]
    lines = _head(
        "case", "rows x columns, nonzeros", "v2g s", "CPU s", "peak MB", "gap", "Pyomo, HiGHS s", "CPU s", "peak MB",
        "times as long", "values apart",
    )  # fmt: skip
    for case, own, other in pairs:
        gap = f"{own['facts']['gap']:.0e}" if "gap" in own["facts"] else ""
        ratio = f"{_until(other) / _until(own):.1f}"
        times = "" if "not_done" in own else f"more than {ratio}" if "not_done" in other else ratio
        lines.append(_row(case, _sizes(own), *_took(own), gap, *_took(other), times, _apart(own, other)))
    phases = ("read", "check", "build", "solve", "tabulate", "verify")
    lines += ["", *_head("case", *(f"{phase} s" for phase in phases))]
    done = [(case, own["facts"]["phases"]) for case, own, _ in pairs if "phases" in own["facts"]]
    return lines + [_row(case, *(_seconds(took[phase]) for phase in phases)) for case, took in done]


def _took(run: Run) -> tuple[str, str, str]:
    """Wall, processor and memory of a whole job."""
    cpu, memory = _seconds(sum(run["cpu"].values())), _megabytes(run)
    if "not_done" not in run:
        return _seconds(_total(run)), cpu, memory
    where = f"in {run['facts']['stopped_at']}" if "stopped_at" in run["facts"] else "ended from outside"
    return f"not done in {run['not_done']:.0f} ({where})", "", memory


def _until(run: Run) -> float:
    return float(run.get("not_done") or _total(run))


def voltages(rows: Sequence[Run]) -> list[str]:
    """Errors in percent of the engine's voltage."""
    lines = _head("feeder", "loads", "kW", "not served kW", "nodes", "largest error %", "at", "mean error %")
    for r in rows:
        errors = [f"{r['largest']:.2f}", r["at"], f"{r['mean']:.2f}"]
        lines.append(_row(r["feeder"], r["loads"], f"{r['kw']:.0f}", f"{r['unserved_kw']:.1f}", r["nodes"], *errors))
    return lines


def imported(rows: Sequence[Run]) -> list[str]:
    """Errors of the linear model, and of our AC circuit, in percent of nominal voltage."""
    lines = _head(
        "feeder", "loads", "nodes", "linear: largest error %", "at", "mean error %", "AC: largest error %", "at",
        "mean error %",
    )  # fmt: skip
    for r in rows:
        if "absent" in r:
            lines.append(_row(r["feeder"], "not in the collection", *[""] * 7))
            continue
        linear, engine = r["linear"], r.get("engine")
        ac = (f"{engine['largest']:.3f}", engine["at"], f"{engine['mean']:.3f}") if engine else ("", "", "")
        cells = (f"{linear['largest']:.2f}", linear["at"], f"{linear['mean']:.2f}")
        lines.append(_row(r["feeder"], r["loads"], f"{linear['nodes']} of {linear['of']}", *cells, *ac))
    return lines


def _apart(own: Run, other: Run) -> str:
    """Largest difference between the values of the stages that both have, relative to the value or to one unit."""
    mine, theirs = (run["facts"].get("values", {}) for run in (own, other))
    found = [abs(mine[n] - theirs[n]) / max(1.0, abs(mine[n])) for n in mine if n in theirs]
    return f"{max(found):.0e}" if found else ""


def _by_case(runs: Sequence[Run]) -> Iterable[tuple[str, Iterable[Run]]]:
    return groupby(runs, key=lambda run: str(run["case"]))


def _total(run: Run) -> float:
    return float(sum(run["wall"].values()))


def _seconds(value: float) -> str:
    return f"{value:.0f}" if value >= 100 * LONG else f"{value:.1f}" if value >= LONG else f"{value:.3g}"


def _megabytes(run: Run) -> str:
    return "" if run["peak_mb"] is None else f"{run['peak_mb']:.0f}"


def _sizes(run: Run) -> str:
    facts = run["facts"]
    return f"{facts['rows']:,} x {facts['columns']:,}, {facts['nonzeros']:,}" if "rows" in facts else ""


def _head(*names: str) -> list[str]:
    return [_row(*names), _row(*["---"] * len(names))]


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"
