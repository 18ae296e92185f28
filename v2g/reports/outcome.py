"""What a plan comes to, tier by tier and in words: numbers recomputed from its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from v2g.case import Case
from v2g.plan import Plan
from v2g.replay.record import Record
from v2g.replay.totals import critical_hours, served_by_tier


@dataclass(frozen=True)
class Tier:
    """One tier: loads counted, their weight (people where given, else loads), hours at full power.

    ``bound`` is the most loads that any plan could serve, None where the plan does not say.
    """

    tier: int
    loads: int
    loads_served: int
    weight: float
    weight_served: float
    bound: float | None
    hours: float
    hours_served: float

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
    hours = critical_hours(record)
    stated = plan.summary.get("critical") or {}
    found = []
    for tier, row in served_by_tier(record).items():
        bound = number((stated.get(str(tier)) or stated.get(tier) or {}).get("bound"))
        found.append(
            Tier(
                tier, int(row["loads_total"]), int(row["loads_served"]), row["total"], row["served"], bound,
                hours[tier]["required"], hours[tier]["served"],
            )
        )  # fmt: skip
    return found


def headline(rows: list[Tier]) -> str:
    """One sentence: how many critical loads are served throughout, in all and by tier."""
    if not rows:
        return "The case has no critical loads."
    served, total = sum(row.loads_served for row in rows), sum(row.loads for row in rows)
    parts = ", ".join(f"tier {row.tier} {row.loads_served} of {row.loads}" for row in rows)
    noun = "load" if total == 1 else "loads"
    return f"{served} of {total} critical {noun} served throughout: {parts}."


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
