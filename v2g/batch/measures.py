"""What a scenario is measured by: flat numbers, its critical loads one by one, and unserved power over time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v2g.affine import Floats
from v2g.case import Case
from v2g.plan import Plan
from v2g.replay.loads import daily_services
from v2g.replay.services import days_got

PLACES = 9
FULL = 1e-6
"""A load lacks nothing if it has all but so many kW, or so large a share of 100 kW."""
DECIDED = frozenset({"loads", "vehicles", "deliveries", "sources"})
DAILY = ("hours", "energy")


@dataclass(frozen=True)
class Served:
    """The critical loads of a plan: (loads, T) arrays in kW and h, and the days of those with service by the day."""

    names: list[str]
    tiers: NDArray[np.int64]
    kw: Floats
    required: NDArray[np.bool_]
    demand: Floats
    received: Floats
    hours: Floats
    days: Days | None
    position: NDArray[np.int64]

    @classmethod
    def of(cls, case: Case, plan: Plan) -> Served:
        """From the table ``loads`` of a plan."""
        table, found = case.table("loads"), plan.tables["loads"]
        shape = (case.steps, len(table))
        tiers = table["tier"].to_numpy(np.int64) if len(table) else np.zeros(0, dtype=np.int64)
        services = set(table["service"].tolist()) if len(table) else set()
        critical = (tiers > 0) & (table["service"] != "flexible").to_numpy() if len(table) else tiers > 0
        required, demand, received = (
            found[name].to_numpy(float).reshape(shape).T for name in ("required", "demand_kw", "served_kw")
        )
        daily = None if services.isdisjoint(DAILY) else Days.of(case, demand, received)
        kw = table["kw"].to_numpy(float)[critical] if len(table) else np.zeros(0)
        return cls(
            table["load"][critical].tolist() if len(table) else [], tiers[critical], kw, required[critical] > 0.0,
            demand[critical], received[critical], case.hours, daily, np.cumsum(critical) - 1,
        )  # fmt: skip

    @property
    def lacking(self) -> NDArray[np.bool_]:
        """Where a load lacks power that it requires."""
        short = self.demand - self.received > FULL * np.maximum(1.0, self.demand / 100.0)
        return np.asarray(short & self.required)


@dataclass(frozen=True)
class Days:
    """Days of loads with service by the day, (days,): whose, hours at full power needed and got, their last interval.

    Energy counts as hours at the load's power.
    """

    load: NDArray[np.int64]
    need: Floats
    got: Floats
    last: NDArray[np.int64]

    @classmethod
    def of(cls, case: Case, demand: Floats, received: Floats) -> Days:
        """As the audit reads the case; ``demand`` and ``received`` are (loads, T) in kW, of all loads."""
        found = daily_services(case)
        got = days_got(case, found, received, demand, FULL * np.maximum(1.0, demand / 100.0))
        rate = np.where(found.by_hours, 1.0, found.rated_kw)
        return cls(found.load, found.need / rate, got / rate, found.last)

    @property
    def short(self) -> NDArray[np.bool_]:
        """Days that lack something, (days,)."""
        return np.asarray(self.got < self.need - FULL * np.maximum(1.0, self.need))


def measured(case: Case, plan: Plan) -> dict[str, Any]:
    """Measures, loads and unserved power of an audited plan."""
    served = Served.of(case, plan)
    each = by_load(served)
    return {
        "measures": {**_of_plan(case, plan), **_tiers(plan), **by_day(case), **_energy(each)},
        "loads": each,
        "unserved": unserved(served),
    }


def _of_plan(case: Case, plan: Plan) -> dict[str, float]:
    summary, energy = plan.summary, plan.summary["energy_kwh"]
    return {
        "vehicles": len(case.table("vehicles")),
        "chargers": len(case.table("chargers")),
        "horizon_h": _round(case.hours.sum()),
        "from_vehicles_kwh": _round(energy["discharged"] + energy["v2h"] + energy["v2l"]),
        "from_batteries_kwh": _round(energy["battery_discharged"]),
        "from_generators_kwh": _round(energy["fuel"]),
        "from_sun_kwh": _round(energy["solar_used"]),
        "from_grid_kwh": _round(energy["grid"]),
        "other_kwh": _round(energy["served_other"]),
        "reserve_short_kwh": _round(summary["reserve_shortfall_kwh"]),
        "gap": _round(summary["gap"]),
        "audit_violation": _round(summary["audit"]["max_violation"]),
    }


def _tiers(plan: Plan) -> dict[str, float]:
    """Numbers of loads and hours of each tier, as the summary of the plan has them."""
    found: dict[str, float] = {}
    for tier, row in plan.summary["critical"].items():
        hours = plan.summary["critical_hours"][tier]
        found |= {
            f"tier{tier}_loads": row["total"], f"tier{tier}_served": row["served"],
            f"tier{tier}_possible": row["bound"],
            f"tier{tier}_survival_h": _round(row["survival_h"]),
            f"tier{tier}_hours_required": _round(hours["required"]),
            f"tier{tier}_hours_served": _round(hours["served"]),
        }  # fmt: skip
        if row.get("weighted"):
            found |= {f"tier{tier}_{key}": _round(row[key]) for key in ("people", "people_served")}
    return found


def by_day(case: Case) -> dict[str, float]:
    """Critical loads with service by the day, by tier, where there are such."""
    table = case.table("loads")
    if not len(table):
        return {}
    tiers = table["tier"][table["service"].isin(DAILY) & (table["tier"] > 0)].tolist()
    return {f"tier{tier}_by_day": int(count) for tier, count in sorted(Counter(tiers).items())}


def _energy(each: list[dict[str, Any]]) -> dict[str, float]:
    required, got = (sum(row[key] for row in each) for key in ("kwh_required", "kwh_served"))
    return {
        "critical_kwh_required": _round(required),
        "critical_kwh_served": _round(got),
        "critical_kwh_unserved": _round(max(0.0, required - got)),
    }


def by_load(served: Served) -> list[dict[str, Any]]:
    """Each critical load: hours and kWh that it requires and gets, and when it first lacks something.

    Part of the power is part of the hour. A load with service by the day needs hours at full power, and lacks
    something from the end of the first day that is short.
    """
    asks = np.where(served.required, served.demand, 0.0)
    gets = np.where(served.required, np.minimum(served.received, served.demand), 0.0)
    share = np.divide(gets, asks, out=np.ones_like(asks), where=asks > 0.0)
    starts = np.cumsum(served.hours) - served.hours
    lacking = served.lacking
    hours_required, hours_served = (served.required * served.hours).sum(1), (served.required * share) @ served.hours
    kwh_required, kwh_served = asks @ served.hours, gets @ served.hours
    dark = np.where(lacking.any(1), starts[lacking.argmax(1)] if len(starts) else 0.0, np.inf)
    if served.days is not None:
        _add_days(served, served.days, (hours_required, hours_served, kwh_required, kwh_served, dark))
    numbers = zip(hours_required, hours_served, kwh_required, kwh_served, strict=True)
    return [
        {
            "load": name, "tier": int(tier), "hours_required": _round(a), "hours_served": _round(b),
            "kwh_required": _round(c), "kwh_served": _round(d), "dark_from_h": _round(e) if e < np.inf else None,
        }
        for name, tier, (a, b, c, d), e in zip(served.names, served.tiers, numbers, dark, strict=True)
    ]  # fmt: skip


def _add_days(served: Served, pieces: Days, columns: tuple[Floats, ...]) -> None:
    """Days of loads with service by the day, added to what the loads require and get."""
    hours_required, hours_served, kwh_required, kwh_served, dark = columns
    at = served.position[pieces.load]
    got = np.minimum(pieces.got, pieces.need)
    for column, amount in ((hours_required, pieces.need), (hours_served, got),
                           (kwh_required, pieces.need * served.kw[at]), (kwh_served, got * served.kw[at])):  # fmt: skip
        np.add.at(column, at, amount)
    ends = np.cumsum(served.hours)
    np.minimum.at(dark, at[pieces.short], ends[pieces.last[pieces.short]])


def unserved(served: Served) -> list[dict[str, Any]]:
    """Power that critical loads with continuous service lack, by tier; only intervals in which something is lacking."""
    missing = np.where(served.lacking, served.demand - served.received, 0.0)
    starts = np.cumsum(served.hours) - served.hours
    found = []
    for tier in sorted(set(served.tiers.tolist())):
        power = missing[served.tiers == tier].sum(0)
        found += [
            {"tier": int(tier), "from_h": _round(starts[t]), "hours": _round(served.hours[t]),
             "unserved_kw": _round(power[t])}
            for t in np.flatnonzero(power > 0.0)
        ]  # fmt: skip
    return found


def _round(value: Any) -> float:
    """As many places as a plan is written with."""
    return round(float(value), PLACES) + 0.0


def tables_digest(tables: Mapping[str, Any]) -> str:
    """SHA-256 over what a plan decides, numbers rounded as they are written; flows and voltages follow from that."""
    total = hashlib.sha256()
    for name in sorted(DECIDED & tables.keys()):
        frame = tables[name]
        total.update(f"{name} {len(frame)}\0".encode())
        for column in frame.columns:
            cells = frame[column].to_numpy()
            total.update(f"{column}\0".encode())
            if cells.dtype.kind in "fiub":
                total.update((np.round(cells.astype(float), PLACES) + 0.0).tobytes())
            elif cells.dtype.kind == "M":
                total.update(cells.astype("datetime64[ns]").astype(np.int64).tobytes())
            else:
                total.update("\0".join(map(str, cells.tolist())).encode("utf-8", "surrogatepass"))
    return total.hexdigest()
