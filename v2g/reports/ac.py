"""The AC replay of a plan in words."""

from __future__ import annotations

from v2g.ac.verdict import AcVerdict, energy

SHOWN = 12
LEAST_KWH = 0.01
UNSOLVED = (
    "  Where the engine finds no solution, voltages and losses are not known, and nothing is said of them above: the\n"
    "  feeder cannot carry the plan there, or the engine fails. Less load there, or a source nearer to it, may help."
)


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
    way = "more" if verdict.off_nominal_kwh > 0 else "less"
    lines += [
        f"  losses: {energy(verdict.loss_kwh)} in lines and transformers ({share:.1f} % of what is fed in)",
        f"  not in the plan: {energy(verdict.unsupplied_kwh)}",
    ]
    if abs(verdict.off_nominal_kwh) >= LEAST_KWH:
        lines.append(
            f"  loads that follow the voltage: {energy(abs(verdict.off_nominal_kwh))} {way} than at nominal voltage"
        )
    lines.append(f"  ratings: {known} lines and transformers with one, {unknown} not known")
    lines.append(f"  service at dead buses: {verdict.dead_bus_kwh:,.1f} kWh")
    lines += [f"  {breach}" for breach in verdict.breaches[:SHOWN]]
    if len(verdict.breaches) > SHOWN:
        lines.append(f"  ... and {len(verdict.breaches) - SHOWN} more")
    if verdict.converged < verdict.intervals:
        lines.append(UNSOLVED)
    return "\n".join(lines)
