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
from v2g.errors import SolveError
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
    which is for all rounds together; its summary says which under ``ac``. Raises UsageError where the engine is not
    installed or the network has no voltages.
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
        except SolveError:
            if last is None or "ac_taps" not in current.tables:
                raise
            return _signed(*last, history)
        record = Record(case, plan, 1e-6)
        found = solve(record)
        verdict = judge(record, found)
        history.append({"loss_kwh": verdict.loss_kwh, "unsupplied_kwh": verdict.unsupplied_kwh,
                        "breaches": len(verdict.breaches)})  # fmt: skip
        said("ac", f"round {len(history)}: {verdict.headline}", 0.0)
        if verdict.secure or len(history) == rounds or clock.over:
            return _signed(plan, verdict, history)
        last = plan, verdict
        held = steps(record) if len(history) >= FREE_ROUNDS else {}
        current = with_losses(case, {**tables(record, found), **held})


def _signed(plan: Plan, verdict: AcVerdict, history: list[dict[str, Any]]) -> Plan:
    """The plan with what the AC replay says in its summary."""
    return replace(plan, summary={**plan.summary, "ac": {**verdict.to_dict(), "rounds": history}})
