"""Reports for a terminal: what a plan comes to in about ten lines, and what its audit found."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from v2g.case import Case
from v2g.certify import Proof
from v2g.drivers import together
from v2g.explain import Reason
from v2g.handover.people import served_people
from v2g.plan import Plan
from v2g.readiness import shortages
from v2g.remedies import Remedy
from v2g.replay.record import Record
from v2g.replay.verdict import Verdict
from v2g.reports.ac import rounds_report
from v2g.reports.console import counted
from v2g.reports.outcome import Tier, aim, energy_words, headline, manner, number, part, tiers

SHOWN_CHECKS = 8
SHOWN_VALUES = 5
SHOWN_VEHICLES = 3
"""Most vehicles with the same reason that have a line each."""
UNITS = {
    "charged": "into vehicles", "discharged": "vehicles", "v2h": "vehicles behind transfer switches",
    "v2l": "sockets of vehicles", "battery_charged": "into batteries",
    "battery_discharged": "batteries", "solar_used": "sun", "fuel": "generators", "grid": "grid",
}  # fmt: skip


def case_line(case: Case) -> str:
    """What a case is, in one line."""
    counts = [counted(case.steps, "interval"), f"{case.hours.sum():g} h"]
    numbers = {table: len(case.table(table)) for table in ("sites", "loads", "vehicles", "chargers")}
    buses = _buses_of_feeder(case)
    counts += [counted(buses, "bus", "buses")] if buses or not numbers["sites"] else []
    counts += [counted(count, table[:-1]) for table, count in numbers.items() if count or table != "sites"]
    return f"{case.name}: {', '.join(counts)}"


def _buses_of_feeder(case: Case) -> int:
    """How many buses there are, without those that only stand for a site off the feeder."""
    sites, joined = case.table("sites"), set[str]()
    for table in ("lines", "transformers"):
        ends = case.table(table)
        joined |= set(ends["from_bus"]) | set(ends["to_bus"]) if len(ends) else set()
    alone = set(sites["bus"][sites["site"] == sites["bus"]]) - joined if len(sites) else set()
    return len(case.table("buses")) - len(alone)


def plan_report(case: Case, plan: Plan, folder: Path | None = None) -> str:
    """A plan in about ten lines; the last one says where it lies."""
    rows = tiers(case, plan)
    start, end = (f"{time:%Y-%m-%d %H:%M}" for time in (case.boundaries[0], case.boundaries[-1]))
    lines = [
        case.title or case.name,
        f"as of {start} UTC, until {end} UTC",
        headline(rows, manner(case)),
        *([aim(case, plan)] if aim(case, plan) else []),
        *(_tier_line(row, float(case.hours.sum())) for row in rows),
        *_people_lines(case, plan),
        *_energy_lines(plan),
        _reserve_line(plan),
        *(f"  fleet minimum: {one}" for one in shortages(Record(case, plan, 1e-6))),
        _audit_line(plan),
        _certificate_line(plan),
        *_ac_lines(plan),
    ]
    if folder is not None:
        lines.append(f"plan: {folder}")
    return "\n".join(lines)


def _ac_lines(plan: Plan) -> list[str]:
    found = part(plan.summary, "ac")
    return [f"  {line}" for line in rounds_report(found)] if found else []


def _tier_line(row: Tier, horizon: float) -> str:
    share = f" ({100 * row.hours_served / row.hours:.0f} %)" if row.hours else ""
    alive = f"; all of it alive for {row.alive_h:.1f} h" if 0.0 < row.alive_h < horizon else ""
    people = f", {row.weight_served:,.0f} of {row.weight:,.0f} people" if row.in_people else ""
    return (
        f"  tier {row.tier}: {row.loads_served} of {row.loads} served{people}, possible at most {row.possible}; "
        f"{row.hours_served:,.1f} of {row.hours:,.1f} load-hours{share}{alive}"
    )


def _people_lines(case: Case, plan: Plan) -> list[str]:
    served, total = served_people(case, plan)
    return (
        [f"  people: {served:,.0f} of {total:,.0f} at places whose most critical loads are all served"] if total else []
    )


def _energy_lines(plan: Plan) -> list[str]:
    energy = {key: number(value) or 0.0 for key, value in part(plan.summary, "energy_kwh").items()}
    served = [f"{energy_words(energy.get('served_critical', 0.0))} to critical loads"]
    served.append(f"{energy_words(energy.get('served_other', 0.0))} to others")
    if energy.get("pickup", 0.0) >= 0.05:
        served.append(f"{energy_words(energy['pickup'])} to loads just picked up")
    lost = energy.get("losses_vehicle", 0.0) + energy.get("losses_battery", 0.0)
    given = [
        f"{UNITS[key]} {energy_words(energy[key])}"
        for key in ("discharged", "v2h", "v2l", "battery_discharged", "fuel", "solar_used", "grid")
        if energy.get(key, 0.0) >= 0.05
    ]
    on_lines = energy.get("losses_feeder", 0.0)
    idle = energy.get("standby", 0.0)
    more = f", {energy_words(idle)} to chargers that stand by" if idle >= 0.05 else ""
    more += f", {energy_words(on_lines)} in lines and transformers" if on_lines >= 0.05 else ""
    beside = energy.get("off_nominal", 0.0)
    way = "more" if beside > 0.0 else "less"
    more += f"; loads draw {energy_words(abs(beside))} {way} as the voltage has it" if abs(beside) >= 0.05 else ""
    no_load = energy.get("no_load", 0.0)
    more += f", {energy_words(no_load)} in transformers at no load" if no_load >= 0.05 else ""
    lines = [f"  energy: {', '.join(served)}; {energy_words(lost)} lost in charging and discharging{more}"]
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
    """Why not: loads, vehicles and limits, those with the same reason above it, and what would help each load."""
    if not reasons:
        return "Every critical load is served throughout, and every vehicle keeps its reserve."
    groups: dict[str, list[Reason]] = {}
    for reason in reasons:
        groups.setdefault(reason.why or reason.what, []).append(reason)
    lines = []
    for why, members in groups.items():
        many = len(members) > SHOWN_VEHICLES and all(member.subject == "vehicle" for member in members)
        whats = together(members) if many else [member.what for member in members]
        lines += [f"- {what}" for what in whats]
        lines += [f"  {why}"] if why not in whats else []
        lines += [f"  {_remedy_line(member.remedy)}" for member in members if member.remedy is not None]
    return "\n".join(lines)


def _remedy_line(remedy: Remedy) -> str:
    if not remedy.works:
        return remedy.text
    return f"Remedy: {remedy.text}" + (f" (Assumed effort: {remedy.effort}.)" if remedy.effort else "")


def values_report(values: pd.DataFrame) -> str:
    """What one more unit would be worth: the best few of every kind."""
    if values.empty:
        return "One more of anything is worth nothing to critical loads."
    lines = [f"Worth in {values.attrs['meaning']} of one unit more, the first small one, all else as it is:"]
    for kind, rows in values.groupby("kind", sort=False):
        told = [f"{_worth_place(row)}: {row['worth_h']:.3g} {row['unit']}" for row in rows.to_dict("records")]
        more = f"; and {len(told) - SHOWN_VALUES} more" if len(told) > SHOWN_VALUES else ""
        lines.append(f"  {kind}: {'; '.join(told[:SHOWN_VALUES])}{more}")
    return "\n".join(lines)


def _worth_place(row: Mapping[Hashable, Any]) -> str:
    place = f" at {row['at']}" if row["at"] not in ("", row["name"]) else ""
    place = place.replace(" at for ", " for ")
    return f"{row['name']}{place}" + (f", {row['start_utc'][:16].replace('T', ' ')}" if row["start_utc"] else "")
