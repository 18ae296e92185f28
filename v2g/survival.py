"""How long a tier could be kept alive, if nothing else counted: bisection over the points between intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from v2g.case import Case
from v2g.engine.bounds import rounded_up, step, valid_bound
from v2g.engine.clock import Clock
from v2g.engine.core import Reduced
from v2g.engine.search import WHOLE
from v2g.engine.stages import Run
from v2g.errors import UsageError
from v2g.language import Part
from v2g.lp import LP
from v2g.plan import Plan
from v2g.planning import ALWAYS, HIGHS_OPTIONS, problem_of
from v2g.readings.arrays import Arrays

Report = Callable[[str, str, float], None]


@dataclass(frozen=True)
class Survival:
    """The longest time from the start, in h, through which all loads of a tier can be served; at most ``bound_h``.

    ``plan_h`` is what a plan reaches that was made for another purpose, None where there is none.
    """

    tier: int
    loads: int
    horizon_h: float
    longest_h: float
    bound_h: float
    plan_h: float | None = None
    policy: str = ""

    @property
    def text(self) -> str:
        """The answer in words."""
        noun = "the load" if self.loads == 1 else f"all {self.loads} loads"
        whole = "the whole horizon, " if self.longest_h >= self.horizon_h - 1e-9 else "the first "
        lines = [
            f"tier {self.tier}: {noun} can be served through {whole}{self.longest_h:g} of {self.horizon_h:g} h, "
            "if nothing else counts"
        ]
        if self.bound_h > self.longest_h + 1e-9:
            lines.append(f"  not proven: more than {self.bound_h:g} h is impossible, between the two is open")
        if self.plan_h is not None:
            lines.append(f"  the plan (policy {self.policy}) serves {noun} through the first {self.plan_h:g} h")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, ready for JSON."""
        return dict(self.__dict__)


def survive(
    case: Case, tier: int = 1, *, plan: Plan | None = None, network: str | None = None,
    parts: Sequence[type[Part]] = (), time_limit: float | None = None, progress: Report | None = None,
) -> Survival:  # fmt: skip
    """The longest time through which all loads of a tier can be served, and what a plan reaches beside it.

    Loads of other tiers and drivers' shortfalls do not count; all limits and reserves hold.
    """
    table = case.table("loads")
    critical = (table["service"] != "flexible") & (table["tier"] == tier) if len(table) else np.zeros(0, bool)
    if tier < 1 or not critical.any():
        raise UsageError(f"The case has no critical loads of tier {tier}.")
    clock, points = Clock(time_limit), np.concatenate([[0.0], np.cumsum(case.hours)])
    said = progress or (lambda *_: None)
    low, high, open_ = 0, case.steps + 1, case.steps
    at = case.steps
    while high - low > 1:
        answer = _possible(case, tier, float(points[at]), network or str(case.header["network"]), parts, clock)
        words = {True: "possible", False: "impossible", None: "open"}[answer]
        said("survive", f"{points[at]:g} h: {words}", clock.spent())
        low, high = (at, high) if answer else (low, at)
        if answer is False:
            open_ = at - 1
        at = (low + high) // 2
    stated = (plan.summary.get("critical") or {}).get(str(tier), {}).get("survival_h") if plan is not None else None
    policy = str((plan.summary.get("provenance") or {}).get("policy", "")) if plan is not None else ""
    own = None if stated is None else float(stated)
    return Survival(tier, int(critical.sum()), float(points[-1]), float(points[low]), float(points[open_]), own, policy)


def _possible(
    case: Case, tier: int, hours: float, network: str, parts: Sequence[type[Part]], clock: Clock
) -> bool | None:
    """Whether all loads of a tier can be served until then; None where neither is proven."""
    guaranteed = replace(case, header={**case.header, "guarantee_h": hours, "carry_h": 0.0})
    lp = Arrays(problem_of(guaranteed, network, "tiers", parts)).read()
    (count,) = [objective for objective in lp.objectives if objective.name == f"critical_{tier}"]
    return _reached(replace(lp, objectives=(count,)), clock)


def _reached(lp: LP, clock: Clock) -> bool | None:
    """Whether the only stage of a program can be zero: its linear program first, then a search."""
    (count,) = lp.objectives

    def proven(multipliers: Any) -> float:
        return valid_bound(lp, count, multipliers, lp.lower, lp.upper, [])

    least = proven(None)
    if least > WHOLE:
        return False
    core = Reduced(lp, HIGHS_OPTIONS[""] | ALWAYS)
    answer = core.minimise(count.dense(lp.shape[1]), clock.left())
    if answer.x is None:
        return None
    if rounded_up(proven(answer.y), least, step(lp, count)) > WHOLE:
        return False
    turns = answer.x[np.setdiff1d(np.flatnonzero(lp.integer), _counts(lp))]
    if count.at(answer.x) <= WHOLE and np.abs(turns - np.rint(turns)).max(initial=0.0) <= WHOLE:
        return True
    run = Run(core, clock, lambda *_: None)
    run.all()
    (stage,) = run.stages
    return True if stage.value <= WHOLE else False if stage.bound > WHOLE else None


def _counts(lp: LP) -> Any:
    """Columns that say which loads are served; those of other tiers may be anything."""
    block = lp.layout.columns["loads", "kept"]
    return np.arange(block.first, block.first + block.size)
