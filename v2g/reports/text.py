"""Reports for a terminal: what a plan comes to in about ten lines, and what its audit found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from v2g.case import Case
from v2g.certify import Proof
from v2g.explain import Reason
from v2g.plan import Plan
from v2g.replay.verdict import Verdict
from v2g.reports.outcome import Tier, energy_words, headline, number, part, tiers

SHOWN_CHECKS = 8
UNITS = {
    "charged": "into vehicles", "discharged": "vehicles", "battery_charged": "into batteries",
    "battery_discharged": "batteries", "solar_used": "sun", "fuel": "generators", "grid": "grid",
}  # fmt: skip


def case_line(case: Case) -> str:
    """What a case is, in one line."""
    counts = [f"{case.name}: {case.steps} intervals, {case.hours.sum():g} h"]
    for table, noun in (("buses", "buses"), ("loads", "loads"), ("vehicles", "vehicles"), ("chargers", "chargers")):
        counts.append(f"{len(case.table(table))} {noun}")
    return ", ".join(counts)


def plan_report(case: Case, plan: Plan, folder: Path | None = None) -> str:
    """A plan in about ten lines; the last one says where it lies."""
    rows = tiers(case, plan)
    start, end = (f"{time:%Y-%m-%d %H:%M}" for time in (case.boundaries[0], case.boundaries[-1]))
    lines = [
        case.title or case.name,
        f"as of {start} UTC, until {end} UTC",
        headline(rows),
        *(_tier_line(row) for row in rows),
        *_energy_lines(plan),
        _reserve_line(plan),
        _audit_line(plan),
        _certificate_line(plan),
    ]
    if folder is not None:
        lines.append(f"plan: {folder}")
    return "\n".join(lines)


def _tier_line(row: Tier) -> str:
    share = f" ({100 * row.hours_served / row.hours:.0f} %)" if row.hours else ""
    people = f", {row.weight_served:,.0f} of {row.weight:,.0f} people" if row.in_people else ""
    return (
        f"  tier {row.tier}: {row.loads_served} of {row.loads} served{people}, possible at most {row.possible}; "
        f"{row.hours_served:,.1f} of {row.hours:,.1f} load-hours{share}"
    )


def _energy_lines(plan: Plan) -> list[str]:
    energy = {key: number(value) or 0.0 for key, value in part(plan.summary, "energy_kwh").items()}
    served = [f"{energy_words(energy.get('served_critical', 0.0))} to critical loads"]
    served.append(f"{energy_words(energy.get('served_other', 0.0))} to others")
    lost = energy.get("losses_vehicle", 0.0) + energy.get("losses_battery", 0.0)
    given = [
        f"{UNITS[key]} {energy_words(energy[key])}"
        for key in ("discharged", "battery_discharged", "fuel", "solar_used", "grid")
        if energy.get(key, 0.0) >= 0.05
    ]
    lines = [f"  energy: {', '.join(served)}; {energy_words(lost)} lost in charging and discharging"]
    return [*lines, f"  from: {', '.join(given)}"] if given else lines


def _reserve_line(plan: Plan) -> str:
    short = number(plan.summary.get("reserve_shortfall_kwh")) or 0.0
    vehicles = plan.tables.get("vehicles")
    if short <= 1e-6 or vehicles is None or vehicles.empty:
        return "  mobility reserve: kept by every vehicle"
    below = int((vehicles.groupby("vehicle")["shortfall_kwh"].max() > 1e-6).sum())
    noun = "vehicle lacks" if below == 1 else "vehicles lack"
    return f"  mobility reserve: {below} {noun} {energy_words(short)} (never below what it would be without the plan)"


def _audit_line(plan: Plan) -> str:
    audit = part(plan.summary, "audit")
    worst, checks = number(audit.get("max_violation")), audit.get("checks")
    if worst is None:
        return "  audit: not done"
    count = len(checks) if isinstance(checks, (list, tuple)) else checks
    return f"  audit: passed, {count} checks by separate code, largest violation {worst:.1e}"


def _certificate_line(plan: Plan) -> str:
    gap = number(part(plan.summary, "certificate").get("gap"))
    gap = number(plan.summary.get("gap")) if gap is None else gap
    said = "not known" if gap is None else "below 0.001 %" if gap < 1e-5 else f"{100 * gap:.3f} %"
    seconds = sum(number(value) or 0.0 for value in part(plan.summary, "seconds").values())
    return f"  certificate: {plan.summary.get('status', 'unknown')}, gap {said}; {seconds:.1f} s"


def verdict_report(verdict: Verdict) -> str:
    """What the audit found: every check that failed, or that none did."""
    failed = verdict.failed
    state = "passed" if verdict.ok else f"FAILED: {len(failed)} of {len(verdict.checks)} checks"
    lines = [
        f"audit {state}; {len(verdict.checks)} checks, largest violation {verdict.max_violation:.2e} "
        f"(allowed {verdict.tolerance:.0e})"
    ]
    lines += [f"  {check}" for check in failed[:SHOWN_CHECKS]]
    if len(failed) > SHOWN_CHECKS:
        lines.append(f"  ... and {len(failed) - SHOWN_CHECKS} more")
    if verdict.ok and verdict.checks:
        nearest = sorted((check for check in verdict.checks if check.violation > 0), key=lambda c: -c.scaled)
        lines += [f"  {check}" for check in nearest[:3]]
    return "\n".join([*lines, *(f"  note: {note}" for note in verdict.notes)])


def certificate_report(proof: Proof) -> str:
    """What is proven of each stage, in one line each."""
    if not proof.stages:
        return "\n".join(["bounds: not proven again", *(f"  note: {note}" for note in proof.notes)])
    how = "in exact rationals" if proof.exact else "with bounds on all rounding"
    lines = [f"bounds of {len(proof.stages)} stages recomputed {how}: {'passed' if proof.ok else 'FAILED'}"]
    for stage in proof.stages:
        state, unit = "ok  " if stage.ok else "FAIL", "" if stage.unit == "1" else f" {stage.unit}"
        rest = f"; {stage.unproven} choices have no solution, says the solver" if stage.unproven else ""
        lines.append(f"  {state} {stage.name}: {_near(stage.objective)}, at least {_near(stage.proven)}{unit}{rest}")
    return "\n".join([*lines, *(f"  note: {note}" for note in proof.notes)])


def _near(value: float) -> str:
    """A number without the dust of rounding."""
    return f"{value if abs(value) > 1e-9 else 0.0:.6g}"


def reasons_report(reasons: Sequence[Reason]) -> str:
    """Why not: loads, vehicles and limits, those with the same reason above it."""
    if not reasons:
        return "Every critical load is served throughout, and every vehicle keeps its reserve."
    groups: dict[str, list[str]] = {}
    for reason in reasons:
        groups.setdefault(reason.why or reason.what, []).append(reason.what)
    lines = []
    for why, whats in groups.items():
        lines += [f"- {what}" for what in whats]
        lines += [f"  {why}"] if why not in whats else []
    return "\n".join(lines)
