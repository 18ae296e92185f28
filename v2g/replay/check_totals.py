"""Checks that the summary says what the tables amount to, and that energy is conserved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from v2g.replay.record import Record
from v2g.replay.totals import Totals
from v2g.replay.verdict import Check, allowance


def stated(table: object, key: object) -> Any:
    """An entry of the summary by key, written as it is or as text; None where there is none."""
    if not isinstance(table, Mapping):
        return None
    return table.get(key, table.get(str(key)))


def compared(record: Record, where: str, unit: str, found: object, expected: float) -> Check:
    """One number of the summary against its recomputation; one that is missing differs by all of it."""
    usable = isinstance(found, int | float | np.number) and np.isfinite(float(found))
    scale = float(allowance(expected, float(record.case.steps)))
    gap = abs(float(str(found)) - expected) if usable else max(1.0, abs(expected))
    return Check(where, gap, unit, where if gap else "", record.tolerance * scale, scale)


def worst_of(name: str, checks: list[Check], tolerance: float) -> Check:
    """The worst of many entries under one name; fine if there are none."""
    if not checks:
        return Check(name, 0.0, "1", "", tolerance)
    return replace(max(checks, key=lambda check: check.scaled), name=name)


def served_recounted(record: Record, totals: Totals) -> Check:
    """Critical loads served, by tier: as a weight (people) or as a number of loads."""
    table, name = record.plan.summary.get("critical"), "summary: critical loads served"
    ways: list[Check] = []
    for prefix in ("", "loads_"):
        found = [
            compared(record, f"tier {tier}, {key}", "1", stated(stated(table, tier), key), row[prefix + key])
            for tier, row in totals.served.items()
            for key in ("total", "served")
        ]
        ways.append(worst_of(name, found, record.tolerance))
    return min(ways, key=lambda check: check.scaled)


def hours_recounted(record: Record, totals: Totals) -> Check:
    """Hours of critical service, by tier; a tier without any need not be named."""
    table = record.plan.summary.get("critical_hours")
    found = [
        compared(record, f"tier {tier}, {key}", "h", stated(stated(table, tier), key), row[key])
        for tier, row in totals.critical_hours.items()
        for key in ("required", "served")
        if row["required"] or stated(table, tier) is not None
    ]
    return worst_of("summary: critical hours", found, record.tolerance)


NEW_ENERGIES = ("v2h", "v2l", "standby", "pickup", "losses_feeder", "off_nominal", "no_load")
"""Energies that plans from before these ways do not state."""


def energies_recounted(record: Record, totals: Totals) -> Check:
    """All energies of the summary; of those that older plans do not have, the ones that are not zero."""
    table = record.plan.summary.get("energy_kwh")
    found = [
        compared(record, key, "kWh", stated(table, key), value)
        for key, value in totals.energy_kwh.items()
        if key not in NEW_ENERGIES or value or stated(table, key) is not None
    ]
    return worst_of("summary: energies", found, record.tolerance)


def shortfall_recounted(record: Record, totals: Totals) -> Check:
    """What is missing to the mobility reserves."""
    key = "reserve_shortfall_kwh"
    check = compared(record, key, "kWh", record.plan.summary.get(key), totals.reserve_shortfall_kwh)
    return worst_of("summary: reserve shortfall", [check], record.tolerance)


def survival_recounted(record: Record, totals: Totals) -> Check:
    """Hours until the first load of a tier lacks something, where the summary states them."""
    table, name = record.plan.summary.get("critical"), "summary: hours until a tier lacks something"
    found = [
        compared(record, f"tier {tier}", "h", said, value)
        for tier, value in totals.survival_h.items()
        if (said := stated(stated(table, tier), "survival_h")) is not None
    ]
    return worst_of(name, found, record.tolerance)


def stages_recounted(record: Record, totals: Totals) -> Check:
    """Loads and load-hours that stages of the policy leave out, by tier or in all: the tables leave out no more.

    They may leave out less, such as a load that lacks only what the audit allows.
    """
    hours = {tier: row["required"] - row["served"] for tier, row in totals.critical_hours.items()}
    missed = {f"critical_{tier}": row["total"] - row["served"] for tier, row in totals.served.items()}
    missed |= {"critical_hours": sum(hours.values()), **{f"critical_hours_{tier}": h for tier, h in hours.items()}}
    rows = stated(record.plan.summary.get("certificate"), "stages")
    found = []
    for row in rows if isinstance(rows, list | tuple) else ():
        name, said = str(stated(row, "name")), stated(row, "objective")
        if name in missed:
            least = missed[name] if not isinstance(said, int | float) else max(missed[name], float(said))
            found.append(compared(record, f"stage {name}", "h" if "hours" in name else "1", said, least))
    return worst_of("summary: critical loads and hours of the stages", found, record.tolerance)


def energy_conserved(record: Record, totals: Totals) -> Check:
    """Energy from sources = served + driven + lost in conversion + change in store."""
    energy = totals.energy_kwh
    brought = energy["solar_used"] + energy["fuel"] + energy["grid"] + totals.given_kwh
    used = energy["served_critical"] + energy["served_other"] + energy["trips"] + energy["standby"]
    used += totals.surge_kwh
    lost = energy["losses_vehicle"] + energy["losses_battery"] + energy["losses_feeder"] + energy["no_load"]
    lost += energy["off_nominal"]
    gap = abs(brought - used - lost - totals.store_change_kwh)
    terms = float(record.case.steps * max(1, len(record.feeder.nodes)))
    scale = float(allowance(brought + used + lost, terms))
    where = "whole horizon" if gap else ""
    return Check("energy conserved over the horizon", gap, "kWh", where, record.tolerance * scale, scale)


def within_bound(record: Record, totals: Totals, bound: Mapping[int, float]) -> Check:
    """No tier serves more than the energy in the case can."""
    found = [
        Check(f"tier {tier}", max(0.0, row["served"] - bound[tier]), "1", f"tier {tier}", record.tolerance)
        for tier, row in totals.served.items()
        if tier in bound
    ]
    return worst_of("served within the energy bound", found, record.tolerance)


CHECKS: tuple[Callable[[Record, Totals], Check], ...] = (
    served_recounted, hours_recounted, energies_recounted, shortfall_recounted, survival_recounted,
    stages_recounted, energy_conserved,
)  # fmt: skip
