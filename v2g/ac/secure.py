"""Plans that hold under AC: solve, replay, put back what the linear model left out, and solve again.

Successive linear programming with corrections from an AC solution; at a fixed point the plan is an AC power flow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from v2g.ac.flow import need_engine, need_voltages, solve
from v2g.ac.losses import steps, tables
from v2g.ac.verdict import AcVerdict, judge
from v2g.case import Case
from v2g.derive.losses import with_losses
from v2g.engine.clock import Clock
from v2g.engine.steady import Steady
from v2g.errors import AuditFailed, SolveError
from v2g.plan import Plan
from v2g.planning import solve as plan_of
from v2g.replay.record import Record

ROUNDS = 4
FREE_ROUNDS = 2
"""After so many, taps that move stay on the steps of the last replay, and the rest of the plan settles around them."""
Progress = Callable[[str, str, float], None]


def solve_secure(case: Case, *, rounds: int = ROUNDS, progress: Progress | None = None, **options: Any) -> Plan:
    """A plan corrected by AC solutions; ``options`` as for `v2g.solve`.

    The first plan that the AC replay finds nothing against, or the last of ``rounds`` or within the ``time_limit``,
    which is for all rounds together; its summary says which under ``ac``, and under ``stopped`` why a round gave no
    plan. Raises UsageError where the engine is not installed or the network has no voltages, and SolveError as
    `v2g.solve` where the first round gives no plan.
    """
    need_engine()
    need_voltages(str(options.get("network") or case.header["network"]))
    said, steady, current = progress or (lambda *_: None), Steady(), case
    clock = Clock(options.pop("time_limit", None))
    history: list[dict[str, Any]] = []
    last: tuple[Plan, AcVerdict] | None = None
    while True:
        try:
            plan = plan_of(current, progress=progress, steady=steady, time_limit=clock.left(), **options)
        except AuditFailed:
            raise
        except SolveError as error:
            if last is None:
                raise
            return _signed(*last, history, clock, f"round {len(history) + 1} gave no plan: {error}")
        record = Record(case, plan, 1e-6)
        found = solve(record)
        verdict = judge(record, found)
        history.append({"loss_kwh": verdict.loss_kwh, "unsupplied_kwh": verdict.unsupplied_kwh,
                        "difference_pu": verdict.difference_pu[0], "breaches": len(verdict.breaches)})  # fmt: skip
        said("ac", f"round {len(history)}: {verdict.headline}", 0.0)
        if verdict.secure or len(history) == rounds:
            return _signed(plan, verdict, history, clock)
        if clock.over:
            return _signed(plan, verdict, history, clock, "the time limit passed before another round")
        last = plan, verdict
        held = steps(record) if len(history) >= FREE_ROUNDS else {}
        current = with_losses(case, {**tables(record, found), **held})


def _signed(plan: Plan, verdict: AcVerdict, history: list[dict[str, Any]], clock: Clock, stopped: str = "") -> Plan:
    """The plan with what the AC replay says in its summary, and the seconds of replays and other rounds."""
    said = {**verdict.to_dict(), "rounds": history, **({"stopped": stopped} if stopped else {})}
    seconds = plan.summary["seconds"]
    beside = max(0.0, clock.spent() - sum(seconds[step] for step in ("build", "solve", "tabulate", "verify")))
    return replace(plan, summary={**plan.summary, "seconds": {**seconds, "ac": beside}, "ac": said})
