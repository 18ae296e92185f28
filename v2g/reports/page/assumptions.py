"""What a page rests on, in short sentences."""

from __future__ import annotations

from v2g.handover.facts import Facts
from v2g.handover.headline import when
from v2g.reports.outcome import aim, number, part
from v2g.reports.page.fleet import SHORT_KWH

POLICIES = {
    "tiers": "as many loads of tier 1 as possible, then of tier 2, and so on",
    "by_tier": "loads of tier 1 and their hours, then loads of tier 2 and theirs",
    "hours": "hours of all critical loads together, then their number",
    "expected": "least hours lost on average over how long the outage may last, tier by tier",
    "cautious": "least hours lost in the worst outages, tier by tier",
    "fair": "in each tier, the place that misses the largest share",
    "drivers": "trips and reserves before all loads",
}
NETWORKS = {
    "lindistflow": "Voltages by a linear model of the three phases that knows no losses of lines.",
    "transport": "The feeder by its layout and ratings alone: no voltages, no losses of lines.",
}
PROPOSAL = "Model, not measurement. The plan is a proposal: a person releases it. Nothing was sent to anybody."
LEFT_OUT = (
    "Not in the model: protection, faults and switching surges, traffic, weather, whether people do as planned. "
    "Demand, arrivals and sun are taken as forecast."
)


def assumptions(facts: Facts) -> list[str]:
    """Sentences, the most important first."""
    return [PROPOSAL, _policy(facts), _network(facts), _reserve(facts), _end(facts), LEFT_OUT]


def _policy(facts: Facts) -> str:
    name = str(part(facts.plan.summary, "provenance").get("policy") or "")
    words, aimed = POLICIES.get(name), aim(facts.case, facts.plan)
    said = f"What comes first ({name}): {words}." if words else f"What comes first: policy {name}."
    return f"{said} {aimed}." if aimed and name not in ("by_tier", "hours", "drivers") else said


def _network(facts: Facts) -> str:
    if not facts.record.feeder.branches:
        return "No feeder: each place has what cars give there, and nothing else."
    said = NETWORKS.get(facts.record.network, f"Network model: {facts.record.network}.")
    if "ac" in facts.plan.summary:
        return f"{said} Corrected by AC solutions."
    return said


def _reserve(facts: Facts) -> str:
    rule = "No vehicle gives what its driver keeps to get home"
    many = sum(one.short_kwh > SHORT_KWH for one in facts.vehicles)
    if not many:
        return f"{rule}; all {len(facts.vehicles):,} keep their reserve." if facts.vehicles else f"{rule}."
    noun = "vehicle is" if many == 1 else "vehicles are"
    return f"{rule}; {many} of {len(facts.vehicles):,} {noun} below it all the same, by start or by trips."


def _end(facts: Facts) -> str:
    hours = float(facts.case.hours.sum())
    end = when(facts.clock, facts.case.steps)
    said = f"Planned for {hours:g} h, to {end}; what comes after is not planned."
    guarantee = number(facts.case.header.get("guarantee_h"))
    if guarantee is not None and guarantee < hours:
        return f"{said} A load counts as served if it is for the first {guarantee:g} h."
    return said
