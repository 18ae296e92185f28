"""Rows of the table of runs, and their verdicts, which depend on what all runs of an instance have shown.

======================  ====================================================================================
verdict                 meaning
======================  ====================================================================================
``optimal``             claimed, within the time limit, and nothing speaks against it
``feasible``            a point that keeps all limits, without the claim that it is best
``time limit``          stopped there, by itself or by us; or came later
``memory limit``        held more than allowed, and was ended
``failed``              an error, a crash, or a claim that nobody can check
``not available``       not installed here, or another algorithm ran than the one asked for
``refused``             its licence does not allow the size
``WRONG``               claimed what is not so: a point beyond its limits, a fraction where whole was asked for, a
                        value off the best proven one, no solution where there is one, or a plan that fails its audit
======================  ====================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from v2g.benchmark.instances import Instance
from v2g.benchmark.judging import ROW, Judged, judged, proven
from v2g.benchmark.running import Limits, Ran
from v2g.benchmark.solvers.entry import EXACT, Solver

OPTIMAL, FEASIBLE, TIME, MEMORY, FAILED = "optimal", "feasible", "time limit", "memory limit", "failed"
ABSENT, REFUSED, WRONG = "not available", "refused", "WRONG"
VERDICTS = (OPTIMAL, FEASIBLE, TIME, MEMORY, FAILED, ABSENT, REFUSED, WRONG)
WHOLE = 1e-6
AUDIT = 1e-5
"""An audit sums up violations of many rows; its own allowance for a plan of ours is a tenth of this."""


@dataclass(frozen=True)
class Row:
    """One run. ``value`` and ``proven`` are those of the program as exported, without the objective's constant."""

    instance: str
    kind: str
    solver: str
    seed: int | None
    verdict: str
    reason: str = ""
    claim: str = ""
    value: float = math.nan
    constant: float = math.nan
    claimed: float = math.nan
    claimed_bound: float = math.nan
    proven: float = math.nan
    best: float = math.nan
    off: float = math.nan
    violation: float = math.nan
    by_row: float = math.nan
    measured: float = math.nan
    measure: str = ""
    fraction: float = math.nan
    audit: float = math.nan
    build_s: float = math.nan
    hand_over_s: float = math.nan
    solve_s: float = math.nan
    read_back_s: float = math.nan
    solve_cpu_s: float = math.nan
    process_s: float = math.nan
    peak_mb: float = math.nan
    version: str = ""
    algorithm: str = ""

    @property
    def verified(self) -> bool:
        """Whether its point keeps all limits row by row, with whole columns whole."""
        return self.by_row <= 1e-6 and self.fraction <= WHOLE


def absent(instance: Instance, solver: Solver) -> Row:
    """The row of a solver that is not installed."""
    return Row(instance.name, instance.kind, solver.name, None, ABSENT, solver.install)


def row_of(instance: Instance, solver: Solver, seed: int, ran: Ran, limits: Limits) -> Row:
    """The row of a run as far as it can be told from that run alone."""
    found = None if ran.x is None else judged(instance, ran.x, solver.measure)
    row = Row(
        instance.name, instance.kind, solver.name, seed, "", ran.said, ran.claim, constant=instance.constant,
        claimed=_number(ran.objective), claimed_bound=_number(ran.bound), measure=solver.measure,
        build_s=instance.build_s, hand_over_s=ran.wall["hand_over"], solve_s=ran.wall["solve"],
        read_back_s=ran.wall["read_back"], solve_cpu_s=ran.cpu["solve"], process_s=ran.process_s,
        peak_mb=ran.peak_mb, version=solver.version_seen(ran.log), algorithm=solver.algorithms_seen(ran.log),
    )  # fmt: skip
    if ran.y is not None and instance.kind == "lp":
        row = replace(row, proven=proven(instance.program, ran.y))
    if found is not None:
        numbers = {name: getattr(found, name) for name in Judged.__dataclass_fields__}
        row = replace(row, **numbers)
    verdict, reason = _alone(row, solver, ran, found, limits)
    return replace(row, verdict=verdict, reason=reason)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _alone(row: Row, solver: Solver, ran: Ran, found: Judged | None, limits: Limits) -> tuple[str, str]:
    """Verdict and reason of a run by itself."""
    if ran.claim not in (OPTIMAL, FEASIBLE):
        return (ran.claim if ran.claim in VERDICTS else FAILED), ran.said or f"claims {ran.claim}"
    if found is None:
        return WRONG, f"claims {ran.claim}, and hands over no point of {row.instance}"
    wrong = _unfit(row, solver, found)
    if wrong:
        return WRONG, f"claims {ran.claim}, but {wrong}"
    if solver.must and not any(word in row.algorithm for word in (solver.must, "presolve alone")):
        return ABSENT, f"asked for {solver.must}; what ran says {row.algorithm or 'nothing of it'}"
    if row.solve_cpu_s > limits.time_s or row.solve_s > limits.wall_s:
        return TIME, f"{ran.claim} after {row.solve_cpu_s:.1f} s of processor, {row.solve_s:.1f} s by the clock"
    return ran.claim, ""


def _unfit(row: Row, solver: Solver, found: Judged) -> str:
    """Why a point is none of the program, blank where it is one."""
    if not found.measured <= solver.tolerance:
        measure = "row by row" if solver.measure == ROW else f"in its own measure ({solver.measure})"
        return f"limits are broken by {found.measured:.1e} {measure}, allowed {solver.tolerance:.0e}"
    if not found.fraction <= WHOLE:
        return f"a whole column is {found.fraction:.1e} from a whole number"
    if found.audit > AUDIT:
        return f"the audit of its plan finds a violation of {found.audit:.1e}"
    return ""


def reviewed(rows: Sequence[Row], solvers: dict[str, Solver]) -> list[Row]:
    """The rows with what can be said only of all runs of an instance together: best value, distance, wrong claims."""
    best, bound = _best(rows, solvers)
    return [_compared(row, solvers[row.solver], best.get(row.instance), bound.get(row.instance)) for row in rows]


def _best(rows: Sequence[Row], solvers: dict[str, Solver]) -> tuple[dict[str, float], dict[str, float]]:
    """By instance: the least value of a point that was verified row by row, and the largest proven bound.

    Only points of exact methods count: a point that breaks limits a little has a value a little too good.
    """
    best: dict[str, float] = {}
    bound: dict[str, float] = {}
    for row in rows:
        if row.verified and solvers[row.solver].kind == EXACT:
            best[row.instance] = min(best.get(row.instance, math.inf), row.value)
        if np.isfinite(row.proven):
            bound[row.instance] = max(bound.get(row.instance, -math.inf), row.proven)
    return best, bound


def _compared(row: Row, solver: Solver, best: float | None, bound: float | None) -> Row:
    if best is None:
        return row
    row = replace(row, best=best, off=(row.value - best) / max(1.0, abs(best)))
    untrue = _untrue(row, solver, best, bound)
    return replace(row, verdict=WRONG, reason=f"claims {row.claim}, but {untrue}") if untrue else row


def _untrue(row: Row, solver: Solver, best: float, bound: float | None) -> str:
    """What speaks against the claim of a run, blank where nothing does."""
    if row.claim == "infeasible" or (row.claim == "unbounded" and bound is not None):
        return f"a value of {best:.9g} is verified"
    if row.verdict == OPTIMAL and row.off > solver.near:
        return f"{best:.9g} is verified: off by {row.off:.1e}"
    below = 0.0 if bound is None else (bound - row.value) / max(1.0, abs(best))
    if row.verdict in (OPTIMAL, FEASIBLE) and below > solver.near:
        return f"is below the proven {bound:.9g} by {below:.1e}"
    return ""
