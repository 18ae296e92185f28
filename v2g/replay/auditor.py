"""The audit: every check on one plan, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from v2g.case import Case
from v2g.plan import Plan
from v2g.replay import (
    check_ac,
    check_engines,
    check_feeder,
    check_fleet,
    check_loads,
    check_regulators,
    check_sites,
    check_sources,
    check_tables,
    check_totals,
    check_ways,
)
from v2g.replay.clock import stamp
from v2g.replay.energy_bound import bound_by_tier
from v2g.replay.record import Record
from v2g.replay.totals import recompute
from v2g.replay.verdict import Check, Verdict

CHECKS: tuple[Callable[[Record], Check], ...] = (
    *check_tables.CHECKS, *check_loads.CHECKS, *check_fleet.CHECKS, *check_ways.CHECKS, *check_sites.CHECKS,
    *check_sources.CHECKS, *check_engines.CHECKS, *check_feeder.CHECKS, *check_ac.CHECKS,
)  # fmt: skip
"""Every check on the tables, in the order in which a verdict lists them; those on moving taps and summary follow."""


def audit(case: Case, plan: Plan, tolerance: float = 1e-6) -> Verdict:
    """Re-run the physics of ``plan`` from its tables and those of ``case``, and compare everything.

    Absolute violations in kW, kWh, kvar, kVA, L or squared p.u.; above a magnitude of 100 the
    tolerance grows in proportion, and a value summed over many rows is allowed one tolerance a row.
    """
    record = Record(case, plan, tolerance)
    totals = recompute(record)
    bound = {} if record.others.any() else bound_by_tier(case, record)
    checks = [check(record) for check in (*CHECKS, *check_regulators.checks(record))]
    checks += [check(record, totals) for check in check_totals.CHECKS]
    checks.append(check_totals.within_bound(record, totals, bound))
    return Verdict(
        ok=all(check.ok for check in checks),
        max_violation=max(check.scaled for check in checks),
        tolerance=tolerance,
        checks=tuple(checks),
        notes=tuple(notes(record)),
        served=totals.served,
        critical_hours=totals.critical_hours,
        energy_kwh=totals.energy_kwh,
        reserve_shortfall_kwh=totals.reserve_shortfall_kwh,
        bound=bound,
        survival_h=totals.survival_h,
    )


def notes(record: Record) -> list[str]:
    """What the audit did not or could not check, and what a reader should know."""
    found = [at_once(record)] if record.fleet.names else []
    if not record.reactive:
        found.append("Network 'transport': reactive power and voltages are not part of the plan and were not checked.")
    taken = record.sweep.taken
    if taken.any():
        names = ", ".join(record.feeder.leg_name(int(leg)) for leg in np.flatnonzero(taken)[:3])
        found.append(
            f"{int(taken.sum())} flows are not determined by the injections ({names}); "
            "the plan's own were taken and checked for balance."
        )
    if record.reactive and (record.swept_w[1] & record.live).any():
        found.append("Some voltages do not follow from the reference; the plan's own were checked leg by leg.")
    unknown = sum(math.isnan(branch.rating_kva) for branch in record.feeder.branches)
    if unknown:
        found.append(f"{unknown} of {len(record.feeder.branches)} closed branches have no rating; they never bind.")
    if record.others.any():
        found.append(
            "Injections of devices from outside (others.csv) were taken as given; the energy bound does not "
            "know them and was left out."
        )
    return found


def at_once(record: Record) -> str:
    """The most that any vehicle charges and gives (in all ways) in one interval, in words."""
    both = np.minimum(record.vehicle_sheet["charge_kw"], record.given)
    if not both.size or both.max() <= record.tolerance:
        return "No vehicle charges and discharges in one interval."
    vehicle, interval = np.unravel_index(int(np.argmax(both)), both.shape)
    name, at = record.fleet.names[int(vehicle)], stamp(record.case, int(interval))
    return f"Largest min(charge, discharge): {both.max():.6g} kW, vehicle {name}, {at}."
