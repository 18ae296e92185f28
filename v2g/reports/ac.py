"""The AC replay of a plan in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.ac.verdict import UNSUPPLIED, AcVerdict, Breach, energy

SHOWN, SHOWN_WITH_PLAN = 12, 3
LEAST_KWH = 0.01
UNSOLVED = (
    "  Where the engine finds no solution, voltages and losses are not known, and nothing is said of them above: the\n"
    "  feeder cannot carry the plan there, or the engine fails. Less load there, or a source nearer to it, may help."
)
UNCORRECTED = "  This plan was made without AC losses and voltages: v2g solve --ac puts them in, and plans around them."


def rounds_report(found: Mapping[str, Any]) -> list[str]:
    """What became of the rounds of `v2g.ac.secure`, from the summary of their plan."""
    rounds, breaches = found["rounds"], found["breaches"]
    count = "1 round" if len(rounds) == 1 else f"{len(rounds)} rounds"
    lines = [f"AC replay ({found['engine']}): {found['headline']}; {count}"]
    if len(rounds) > 1:
        missed, off = energy(rounds[0]["unsupplied_kwh"]), 100.0 * rounds[0]["difference_pu"]
        lines.append(
            f"  uncorrected, in the first round: {missed} of losses not supplied, voltages off by up to {off:.2f} %"
        )
    lines += [f"  {Breach(**breach)}" for breach in breaches[:SHOWN_WITH_PLAN]]
    if len(breaches) > SHOWN_WITH_PLAN:
        lines.append(f"  ... and {len(breaches) - SHOWN_WITH_PLAN} more, which v2g verify --ac lists")
    return lines + ([f"  no further, since {found['stopped']}"] if found.get("stopped") else [])


def ac_report(verdict: AcVerdict, corrected: bool = True) -> str:
    """What the replay found; the word AC-secure stands only where it found nothing against the plan.

    ``corrected``: whether the plan was made with the losses of an AC solution.
    """
    said = f"AC replay ({verdict.engine}): {verdict.headline}"
    if verdict.secure and not verdict.intervals:
        return said
    known, unknown = verdict.ratings
    lines = [
        said,
        f"  solved: {verdict.converged} of {verdict.intervals} intervals in which some of the feeder has voltage",
    ]
    if verdict.lowest is not None and verdict.highest is not None:
        lines.append(f"  voltage: lowest {verdict.lowest.pu:.4f} p.u. at {verdict.lowest.where}")
        lines.append(f"           highest {verdict.highest.pu:.4f} p.u. at {verdict.highest.where}")
    largest, usual = (100.0 * gap for gap in verdict.difference_pu)
    lines.append(
        f"  voltages of the plan against AC: largest difference {largest:.2f} %, 95 % of all within {usual:.2f} %"
    )
    share = 100.0 * verdict.loss_kwh / verdict.given_kwh if verdict.given_kwh > 0 else 0.0
    way = "more" if verdict.off_nominal_kwh > 0 else "less"
    lines += [
        f"  losses: {energy(verdict.loss_kwh)} in lines and transformers ({share:.1f} % of what is fed in)",
        f"  given beyond the plan by units that hold the voltage: {energy(verdict.unsupplied_kwh)} "
        f"(at most {100.0 * UNSUPPLIED:g} % of the losses is allowed)",
    ]
    if abs(verdict.off_nominal_kwh) >= LEAST_KWH:
        lines.append(
            f"  loads that follow the voltage: {energy(abs(verdict.off_nominal_kwh))} {way} than at nominal voltage"
        )
    lines.append(
        f"  ratings: of {known} lines and transformers known, and told below where they are not kept; of {unknown} "
        "not known, and an overload of those is not seen"
    )
    lines.append(f"  power planned at dead buses: {verdict.dead_bus_kwh:,.1f} kWh")
    lines += [f"  {breach}" for breach in verdict.breaches[:SHOWN]]
    if len(verdict.breaches) > SHOWN:
        lines.append(f"  ... and {len(verdict.breaches) - SHOWN} more")
    if verdict.converged < verdict.intervals:
        lines.append(UNSOLVED)
    if not verdict.secure and not corrected:
        lines.append(UNCORRECTED)
    return "\n".join(lines)
