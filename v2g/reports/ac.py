"""The AC replay of a plan in words."""

from __future__ import annotations

from v2g.ac.verdict import AcVerdict, energy

SHOWN = 12


def ac_report(verdict: AcVerdict) -> str:
    """What the replay found; the word AC-secure stands only where it found nothing against the plan."""
    said = f"AC replay ({verdict.engine}): {verdict.headline}"
    if verdict.secure and not verdict.intervals:
        return said
    known, unknown = verdict.ratings
    lines = [
        said,
        f"  {verdict.converged} of {verdict.intervals} intervals solved",
    ]
    if verdict.lowest is not None and verdict.highest is not None:
        lines.append(f"  voltage: lowest {verdict.lowest.pu:.4f} p.u. at {verdict.lowest.where}")
        lines.append(f"           highest {verdict.highest.pu:.4f} p.u. at {verdict.highest.where}")
    largest, usual = (100.0 * gap for gap in verdict.difference_pu)
    lines.append(
        f"  linear model against AC: largest voltage difference {largest:.2f} %, 95 % of all within {usual:.2f} %"
    )
    share = 100.0 * verdict.loss_kwh / verdict.given_kwh if verdict.given_kwh > 0 else 0.0
    lines.append(
        f"  losses: {energy(verdict.loss_kwh)} on the feeder ({share:.1f} % of what is fed in), "
        f"{energy(verdict.unsupplied_kwh)} of them not in the plan"
    )
    lines.append(f"  ratings: {known} lines and transformers with one, {unknown} not known")
    lines.append(f"  service at dead buses: {verdict.dead_bus_kwh:,.1f} kWh")
    lines += [f"  {breach}" for breach in verdict.breaches[:SHOWN]]
    if len(verdict.breaches) > SHOWN:
        lines.append(f"  ... and {len(verdict.breaches) - SHOWN} more")
    return "\n".join(lines)
