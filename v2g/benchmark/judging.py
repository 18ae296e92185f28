"""What an answer is worth, recomputed from the program alone, whoever gave it.

Nothing here asks a solver: rows and bounds are evaluated at the point, the objective is summed again, a bound is
computed from the multipliers by the routine that proves plans (`v2g.replay.certificate`), and where all whole columns
are whole the plan is tabulated and audited (`v2g.replay`), which shares no code with the model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from v2g.affine import Floats
from v2g.benchmark.instances import Instance
from v2g.benchmark.program import Program
from v2g.engine.bounds import NO_FLOW_BEYOND, valid_bound
from v2g.engine.stages import Stage
from v2g.plan import Plan
from v2g.planning import frames_of
from v2g.replay import Verdict, audit, dual_bound
from v2g.summary import summarise
from v2g.tabulate import Tabulator

ROW, L2, MAX = "row", "l2", "max"


@dataclass(frozen=True)
class Judged:
    """A point by itself.

    ``value`` is the recomputed objective without its constant. ``violation`` is the largest of any row or bound as it
    is, ``measured`` in the solver's own measure, ``by_row`` each by the size of its terms. ``fraction`` is the
    distance of a whole column from a whole number. ``audit`` is the largest violation that the audit found.
    """

    value: float
    violation: float
    measured: float
    by_row: float
    fraction: float
    audit: float = math.nan


def judged(instance: Instance, x: Floats, measure: str) -> Judged | None:
    """Judge a point of an instance; None where it is no point at all: of another length, or not finite."""
    program = instance.program
    if x.shape != (program.columns,) or not np.isfinite(x).all():
        return None
    missed = misses(program, x)
    fraction = float(np.abs(x - np.rint(x))[program.integer].max(initial=0.0))
    by_row = float((missed / sizes(program, x)).max(initial=0.0))
    measured = {ROW: by_row, L2: relative(program, missed, 2), MAX: relative(program, missed, np.inf)}[measure]
    value = math.fsum((program.cost * x).tolist())
    looked = instance.kind == "milp" and fraction <= 1e-6
    found = audited(instance, x).max_violation if looked else math.nan
    return Judged(value, float(missed.max(initial=0.0)), measured, by_row, fraction, found)


def misses(program: Program, x: Floats) -> Floats:
    """By how much each row, then each column, is beyond its sides, (m + n,); 0 within them."""
    activity = np.bincount(program.row_of, weights=program.value * x[program.index], minlength=program.rows)
    rows = np.maximum(program.row_lower - activity, activity - program.row_upper)
    columns = np.maximum(program.lower - x, x - program.upper)
    return np.asarray(np.maximum(np.concatenate([rows, columns]), 0.0))


def sizes(program: Program, x: Floats) -> Floats:
    """Size of each row's largest term or side, then of each column's bound, at least 1, (m + n,)."""
    largest = np.ones(program.rows)
    np.maximum.at(largest, program.row_of, np.abs(program.value * x[program.index]))
    ends = [np.where(np.isfinite(side), np.abs(side), 0.0) for side in (program.row_lower, program.row_upper)]
    bounds = [np.where(np.isfinite(side), np.abs(side), 0.0) for side in (program.lower, program.upper)]
    return np.concatenate([np.maximum.reduce([largest, *ends]), np.maximum.reduce([np.ones(program.columns), *bounds])])


def relative(program: Program, missed: Floats, order: float) -> float:
    """Norm of what is missed, by one more than the norm of all sides."""
    pairs = [(program.row_lower, program.row_upper), (program.lower, program.upper)]
    sides = np.concatenate([np.where(np.isfinite(high), high, low) for low, high in pairs])
    sides = np.where(np.isfinite(sides), sides, 0.0)
    return float(np.linalg.norm(missed, order) / (1.0 + np.linalg.norm(sides[: program.rows], order)))


def proven(program: Program, y: Floats) -> float:
    """Lower bound on the program's value (constant left out) from row multipliers; -inf if they prove nothing.

    Flows and reactive powers have no bound of their own: none beyond `NO_FLOW_BEYOND` is considered, as for plans.
    """
    if y.shape != (program.rows,):
        return -math.inf
    caps = np.full(program.columns, NO_FLOW_BEYOND)
    return dual_bound(
        program.cost, program.start, program.index, program.value, program.row_lower, program.row_upper,
        program.lower, program.upper, y, column_caps=caps,
    )  # fmt: skip


def audited(instance: Instance, x: Floats) -> Verdict:
    """The audit of the plan that a point is."""
    lp, case = instance.lp, instance.case
    tables = Tabulator(case, instance.problem, instance.reader, lp.layout, x)
    stages = [
        Stage(o, o.at(x), valid_bound(lp, o, None, lp.lower, lp.upper, []), None, lp.lower, lp.upper, 0)
        for o in lp.objectives
    ]
    frames = frames_of(case, tables, stages, lp)
    made = {"case": case.name, "network": case.header["network"], "policy": case.header["policy"]}
    summary = summarise(case, frames, stages, lp, x, made, 0.0, instance.problem.numbers)
    return audit(case, Plan(summary, frames, {}))
