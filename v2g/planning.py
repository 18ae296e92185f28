"""From a case to an audited plan: build, solve stage by stage, tabulate, audit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from v2g.affine import Floats
from v2g.case import Case
from v2g.derive import numbers
from v2g.derive.context import Context
from v2g.derive.losses import LEGS, NODES, TAPS
from v2g.engine.by_pyomo import ByPyomo
from v2g.engine.clock import Clock
from v2g.engine.core import Reduced
from v2g.engine.mixed import Mixed, further
from v2g.engine.stages import Run, Stage
from v2g.engine.steady import Steady
from v2g.errors import AuditFailed, SolveError, Unmeetable, UsageError
from v2g.infeasible import told
from v2g.language import Part
from v2g.lp import LP
from v2g.models import TOTALS
from v2g.plan import Plan
from v2g.problem import Problem
from v2g.readings import pyomo as pyomo_reading
from v2g.readings.arrays import Arrays
from v2g.register import parts_of
from v2g.replay import audit
from v2g.solvers import split
from v2g.solvers.highs import versions
from v2g.summary import summarise
from v2g.tabulate import Tabulator

Progress = Callable[[str, str, float], None]
AC_TABLES = (NODES, LEGS, TAPS)

HIGHS_OPTIONS: dict[str, dict[str, Any]] = {
    "": {"solver": "simplex"},
    "simplex": {"solver": "simplex"},
    "ipx": {"solver": "ipx", "run_crossover": "on"},
    "hipo": {"solver": "hipo", "run_crossover": "on"},
    "pdlp": {"solver": "pdlp", "run_crossover": "on"},
}
ALWAYS = {
    "threads": 1, "random_seed": 0, "primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9,
    "small_matrix_value": 1e-12,  # a stiff transformer's fall of voltage by kW is less than the 1e-9 that HiGHS drops
}  # fmt: skip


def problem_of(
    case: Case, network: str, policy: str, extra: Sequence[type[Part]] = (), context: Context | None = None
) -> Problem:
    """Parts and numbers of a case; a ``context`` of it, where one is at hand, is not made again."""
    parts = parts_of(network, policy, extra)
    return Problem(parts, TOTALS, numbers(case, parts, context))


def solve(
    case: Case, *, network: str | None = None, policy: str | None = None, solver: str = "highs", gap: float = 1e-3,
    time_limit: float | None = None, parts: Sequence[type[Part]] = (), progress: Progress | None = None,
    keep: Sequence[str] = (), steady: Steady | None = None,
) -> Plan:  # fmt: skip
    """Plan the dispatch of a case.

    Parameters
    ----------
    network, policy
        Names in the register; by default what the case's header says.
    solver
        ``highs`` (or ``highs:ipx`` ...), or ``pyomo:NAME`` for any solver that Pyomo knows.
    gap
        Relative distance from the proven bound at which the choice among whole loads may stop.
    time_limit
        Seconds for solving.
    parts
        Classes of parts from outside.
    progress
        Called as ``progress(phase, detail, seconds)``.
    keep
        Critical loads that must be served throughout, whatever the policy says.
    steady
        Keeps the point of this plan; given again, the next plan of the same case is near it.

    Raises
    ------
    SolveError
        No plan; the message says why. `AuditFailed` if a plan was found and the audit refuses it.
    """
    network = network or str(case.header["network"])
    policy = policy or str(case.header["policy"])
    if not 0.0 <= gap < 1.0:
        raise UsageError(f"A gap of {gap} makes no sense. Allowed: 0 to below 1, such as 0.001.")
    family, variant = split(solver)
    said = progress or (lambda *_: None)
    clock, seconds = Clock(time_limit), {}

    started = time.perf_counter()
    context = Context(case)
    problem = problem_of(case, network, policy, parts, context)
    reader = Arrays(problem)
    lp = required(reader.read(), keep)
    seconds["build"] = time.perf_counter() - started
    said("build", "{rows} rows, {columns} columns".format(**lp.sizes()), seconds["build"])

    started = time.perf_counter()
    options = HIGHS_OPTIONS[variant] | ALWAYS if family == "highs" else HIGHS_OPTIONS[""] | ALWAYS
    run = _run(problem, lp, family, variant, options, gap, clock, said)
    x = _planned(case, problem, run, keep)
    if steady is not None:
        x = steady.end(run, x)
    seconds["solve"] = time.perf_counter() - started
    said("solve", "all stages", seconds["solve"])

    started = time.perf_counter()
    tables = Tabulator(case, problem, reader, lp.layout, x, context)
    made = _provenance(case, network, policy, solver, {**options, "gap": gap, "time_limit": time_limit}, parts)
    made["rescued_by_simplex"] = run.core.rescued
    if keep:
        made["keep"] = list(keep)
    plan = _draft(case, tables, run, lp, x, made, gap)
    seconds["tabulate"] = time.perf_counter() - started
    plan = _audited(case, plan, seconds)
    said("verify", f"largest violation {plan.summary['audit']['max_violation']:.1e}", seconds["verify"])
    return plan


def required(lp: LP, keep: Sequence[str]) -> LP:
    """The program with these critical loads served throughout. Raises UsageError where there is no such load."""
    if not keep:
        return lp
    block = lp.layout.columns["loads", "kept"]
    names = lp.layout.labels["loads", block.letters[0]]
    column = {names[block.position(at)[0]]: at for at in range(block.first, block.first + block.size)}
    unknown = [name for name in keep if name not in column]
    if unknown:
        raise UsageError(f"There is no critical load {', '.join(unknown)}. Critical loads: {', '.join(column)}.")
    lower = lp.lower.copy()
    lower[[column[name] for name in keep]] = 1.0
    return lp.with_bounds(lower, lp.upper)


def _planned(case: Case, problem: Problem, run: Run, keep: Sequence[str]) -> Floats:
    """The final point of a run; where the limits of the case clash, that is told limit by limit."""
    try:
        return _kept(run, keep)
    except Unmeetable as error:
        raise told(error, case, problem, run.lp, run.clock.left()) from error


def _kept(run: Run, keep: Sequence[str]) -> Floats:
    """The final point of a run; where loads must be served and cannot be, that is what is said."""
    impossible = (run.lp.lower > run.lp.upper).any()
    try:
        if not impossible:
            return run.all()
    except SolveError as error:
        if not keep or run.x is not None or run.clock.over:
            raise
        raise SolveError(f"No plan serves all of these throughout: {', '.join(keep)}.") from error
    raise SolveError(f"No plan serves all of these throughout: {', '.join(keep)}. Some are at a dead bus.")


def _run(problem: Problem, lp: LP, family: str, variant: str, options: dict[str, Any], gap: float, clock: Clock,
         said: Progress) -> Run:  # fmt: skip
    core = Reduced(lp, options, lambda text: said("solve", text, clock.spent()))

    def report(stage: str, text: str) -> None:
        said("solve", f"{stage}: {text}", clock.spent())

    if family == "highs":
        return (Mixed if further(lp).size else Run)(core, clock, report, gap)
    return ByPyomo(core, clock, report, gap, witness=pyomo_reading.read(problem), variant=variant)


def frames_of(case: Case, tables: Tabulator, stages: list[Stage], lp: LP) -> dict[str, pd.DataFrame]:
    """The tables of a plan."""
    frames = {
        "loads": tables.loads(),
        "vehicles": tables.vehicles(),
        "nodes": tables.nodes(),
        "lines": tables.lines(),
        "sources": tables.sources(),
        "prices": tables.prices(stages),
    }
    sent = tables.deliveries()
    if len(sent):
        frames["deliveries"] = sent
    frames |= {name: case.table(name) for name in AC_TABLES if len(case.table(name))}
    if ("legs", "raised") in lp.layout.columns and len(tables.number("legs", "moved_leg")):
        frames["taps"] = tables.taps()
    if tables.outsiders():
        frames["others"] = tables.others()
    return frames


def _draft(case: Case, tables: Tabulator, run: Run, lp: LP, x: Floats, provenance: dict[str, Any], gap: float) -> Plan:
    frames = frames_of(case, tables, run.stages, lp)
    summary = summarise(case, frames, run.stages, lp, x, provenance, gap, tables.problem.numbers)
    return Plan(summary, frames, evidence(run, lp))


def _provenance(case: Case, network: str, policy: str, solver: str, options: dict[str, Any],
                parts: Sequence[type[Part]]) -> dict[str, Any]:  # fmt: skip
    """How a plan is made."""
    engine = versions() if solver.startswith("highs") else f"{versions()} for bounds, Pyomo {version('pyomo')}"
    return {
        "case": case.name,
        "case_sha256": case.sha256,
        "version": version("v2g"),
        "network": network,
        "policy": policy,
        "solver": solver,
        "solver_version": engine,
        "options": options,
        "seed": case.header.get("seed", 0),
        "parts": [p.__name__ for p in parts],
        "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def evidence(run: Run, lp: LP) -> dict[str, np.ndarray]:
    """Multipliers of each stage, the bounds of its integers, and the values at which stages were held."""
    whole = np.flatnonzero(lp.integer)
    found: dict[str, np.ndarray] = {"holds": np.array([h.upper for h in run.held])}
    for stage in run.stages:
        name = stage.objective.name
        if stage.multipliers is not None:
            found[f"{name}.multipliers"] = stage.multipliers
        if stage.prices is not None and stage.prices is not stage.multipliers:
            found[f"{name}.prices"] = stage.prices
        if stage.tree is not None:
            found |= {f"{name}.{key}": array for key, array in stage.tree.arrays().items()}
        found[f"{name}.lower"], found[f"{name}.upper"] = stage.lower[whole], stage.upper[whole]
    return found


def _audited(case: Case, plan: Plan, seconds: dict[str, float]) -> Plan:
    started = time.perf_counter()
    verdict = audit(case, plan)
    seconds["verify"] = time.perf_counter() - started
    summary = dict(plan.summary)
    summary["audit"] = {"ok": verdict.ok, "max_violation": verdict.max_violation, "checks": len(verdict.checks)}
    for tier, row in summary["critical"].items():
        row["bound"] = min(row["bound"], _loads(verdict.bound, int(tier), row["bound"], plan))
    summary["seconds"] = {"read": 0.0, "check": 0.0, **case.seconds, **seconds, "write": 0.0}
    if not verdict.ok:
        worst = "\n".join(str(check) for check in verdict.failed[:10])
        raise AuditFailed(f"A plan was found, and the audit refuses it. This is a defect of the program.\n{worst}")
    return replace(plan, summary=summary)


def _loads(bound: dict[int, float], tier: int, other: int, plan: Plan) -> int:
    """The audit's energy bound as a number of loads; it says nothing about numbers where people weigh."""
    if tier not in bound or plan.summary["critical"][str(tier)].get("weighted"):
        return other
    return int(bound[tier] + 1e-6)
