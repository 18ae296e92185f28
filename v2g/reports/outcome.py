"""What a plan comes to, tier by tier and in words: numbers recomputed from its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from v2g.case import Case
from v2g.plan import Plan
from v2g.replay.record import Record
from v2g.replay.totals import critical_hours, served_by_tier, survival


@dataclass(frozen=True)
class Tier:
    """One tier: loads counted, their weight (people where given, else loads), hours at full power.

    ``bound`` is the most loads that any plan could serve, None where the plan does not say. ``alive_h`` is how long
    none of them lacks power; zero where some need only so much in each day, and no hour says that they lack it.
    """

    tier: int
    loads: int
    loads_served: int
    weight: float
    weight_served: float
    bound: float | None
    hours: float
    hours_served: float
    alive_h: float = 0.0

    @property
    def in_people(self) -> bool:
        """Whether the weight counts people, and not loads."""
        return self.weight != self.loads

    @property
    def possible(self) -> str:
        """The bound in words."""
        if self.bound is None:
            return "not known"
        return f"{self.bound:.0f}"


def tiers(case: Case, plan: Plan) -> list[Tier]:
    """The tiers of a plan, the most critical first."""
    record = Record(case, plan, 1e-6)
    hours, alive = critical_hours(record), survival(record)
    daily = set(record.loads.tier[record.loads.services.load].tolist())
    stated = plan.summary.get("critical") or {}
    found = []
    for tier, row in served_by_tier(record).items():
        bound = number((stated.get(str(tier)) or stated.get(tier) or {}).get("bound"))
        found.append(
            Tier(
                tier, int(row["loads_total"]), int(row["loads_served"]), row["total"], row["served"], bound,
                hours[tier]["required"], hours[tier]["served"], 0.0 if tier in daily else alive[tier],
            )
        )  # fmt: skip
    return found


def manner(case: Case) -> str:
    """How loads have to be served to count, in a word or two."""
    guarantee = number(case.header.get("guarantee_h"))
    if guarantee is not None and guarantee < case.hours.sum():
        return f"for the first {guarantee:g} h"
    loads = case.table("loads")
    daily = loads["service"].isin(["hours", "energy"]) if "service" in loads else np.zeros(0, dtype=bool)
    return "" if daily.any() else "throughout"


def headline(rows: list[Tier], how: str = "throughout") -> str:
    """One sentence: how many critical loads are served, in all and by tier; ``how`` is their `manner`."""
    if not rows:
        return "The case has no critical loads."
    served, total = sum(row.loads_served for row in rows), sum(row.loads for row in rows)
    parts = ", ".join(f"tier {row.tier} {row.loads_served} of {row.loads}" for row in rows)
    noun = "load" if total == 1 else "loads"
    return f"{served} of {total} critical {noun} served{f' {how}' if how else ''}: {parts}."


def aim(case: Case, plan: Plan) -> str:
    """One sentence: what the policy of the plan puts first, and what it comes to; blank for counts by tier."""
    policy = str(part(plan.summary, "provenance").get("policy"))
    if policy == "expected":
        return f"expected: {_by_tier(plan, 'expected_hours')} load-hours lost on average ({outage(case)})"
    if policy == "cautious":
        worst = 100.0 * (1.0 - (number(case.header.get("cvar_alpha")) or 0.0))
        lost = _by_tier(plan, "cvar_hours")
        return f"cautious: {lost} load-hours lost in the worst {worst:.3g} % of outages ({outage(case)})"
    if policy == "fair":
        return f"fair: the place worst off misses {_by_tier(plan, 'worst_off', share=True)} of its hours"
    return {
        "by_tier": "by_tier: loads and load-hours of a tier come before the next tier",
        "hours": "hours: load-hours come before the number of loads",
        "drivers": "drivers: trips and reserves come before all loads",
    }.get(policy, "")


def _by_tier(plan: Plan, stage: str, share: bool = False) -> str:
    """The values of a stage that there is for each tier, as ``3.2 tier-1, 0.0 tier-2``."""
    stages = part(plan.summary, "certificate").get("stages")
    found, present = [], part(plan.summary, "critical")
    for row in stages if isinstance(stages, (list, tuple)) else ():
        name, _, tier = str(part({"": row}, "").get("name", "")).rpartition("_")
        value = number(part({"": row}, "").get("objective"))
        if name == stage and value is not None and tier in present:
            value = value if value > 1e-9 else 0.0
            found.append(f"{100.0 * value:.0f} % (tier {tier})" if share else f"{value:.1f} tier-{tier}")
    return ", ".join(found) or "an unknown number of"


def outage(case: Case) -> str:
    """How long the outage may last, in words."""
    table, cause = case.table("durations"), case.header.get("cause")
    if not len(table):
        return "durations not known"
    ordered = table.sort_values("hours")
    hours, share = ordered["hours"].to_numpy(float), ordered["probability"].to_numpy(float)
    middle = float(np.interp(0.5, np.cumsum(share) - share / 2.0, hours))
    source = "durations.csv" if "durations" in case.origin or not cause else f"cause {cause}"
    return f"outage by {source}: median about {f'{middle:,.0f}' if middle >= 10 else f'{middle:.2g}'} h"


def number(value: Any) -> float | None:
    """A finite number of a summary, or None."""
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
    return float(value) if usable else None


def part(summary: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object inside a summary; empty where there is none."""
    value = summary.get(key)
    return value if isinstance(value, Mapping) else {}


def energy_words(kwh: float) -> str:
    """Energy with a unit that suits its size.

    >>> energy_words(8.62), energy_words(1530.0), energy_words(25300.0)
    ('8.6 kWh', '1,530 kWh', '25.3 MWh')
    """
    if abs(kwh) >= 10_000:
        return f"{kwh / 1000:,.1f} MWh"
    return f"{kwh:,.0f} kWh" if abs(kwh) >= 100 else f"{kwh:.1f} kWh"
