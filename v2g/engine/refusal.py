"""A stage that gave no plan: which one, what was tried, and what the user can do about it."""

from __future__ import annotations

from v2g.errors import SolveError, Unmeetable
from v2g.lp import Objective
from v2g.solvers.answer import Answer, Status

OTHERS = ("highs", "highs:ipx", "pyomo:scip")
"""Solvers whose methods have little in common."""
NO_LIMITS_KEPT = (
    "No plan keeps all limits, even with nothing served. Look at voltage limits (vmin_pu, vmax_pu), capacitors "
    "without load, and batteries that start below their reserve."
)


def refusal(answer: Answer, objectives: list[Objective], begun: bool = False) -> SolveError:
    """The error for the stage of these objectives; ``begun`` where an earlier stage did give a plan."""
    text = no_plan(answer, objectives, begun)
    return Unmeetable(text) if answer.status is Status.INFEASIBLE and not begun else SolveError(text)


def no_plan(answer: Answer, objectives: list[Objective], begun: bool = False) -> str:
    """Why a stage gave no plan, and what to do."""
    stage = stage_words(objectives)
    if answer.status is Status.TIME_LIMIT:
        return f"The time limit passed {stage}, before a plan was found. Give more time with --time-limit."
    if answer.status is Status.INFEASIBLE and begun:
        return (
            f"The solver found no plan {stage}, although the stage before had one: its values were held more exactly "
            "than the solver found them. Use a more exact solver, such as highs."
        )
    if answer.status is Status.INFEASIBLE:
        return NO_LIMITS_KEPT
    if answer.status is Status.UNBOUNDED:
        return (
            f"There is no best plan {stage}: it can be made better without end. A part of the model is wrong: look at "
            "those taken with --with first, and else please report it."
        )
    return (
        f"The solver came to no end {stage}: it neither found a plan nor showed that there is none. {_tried(answer)} "
        f"{_other_solvers(answer)}"
    )


def stage_words(objectives: list[Objective]) -> str:
    """Where a run stands, to follow a verb.

    >>> stage_words([])
    'in the search for any plan'
    """
    if not objectives:
        return "in the search for any plan"
    names, first = ", ".join(objective.name for objective in objectives), objectives[0].meaning
    meaning = f" ({first})" if first else ""
    return f"in stage {names}{meaning}" if len(objectives) == 1 else f"in stages {names}{meaning}, all at once"


def _tried(answer: Answer) -> str:
    said = answer.message or answer.status.value
    return f"Tried: {'; '.join(answer.tried)}." if answer.tried else f"It says: {said}."


def _other_solvers(answer: Answer) -> str:
    """Solvers that were not tried, and that more time is no help."""
    tried = " ".join(answer.tried)
    methods = {"highs": "simplex", "highs:ipx": "ipx", "pyomo:scip": "scip"}
    left = [f"--solver {name}" for name in OTHERS if methods[name] not in tried]
    return f"More time does not help; another solver may: {' or '.join(left)}."
