"""All that is told of a plan, in one place: who it is from, its loads, its vehicles, and what the audit says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.handover.clock import Clock
from v2g.handover.loads import LoadAccount, load_accounts
from v2g.handover.supply import Supply, supplies
from v2g.handover.vehicles import VehicleAccount, vehicle_accounts
from v2g.plan import Plan
from v2g.replay import audit
from v2g.replay.columns import numbers
from v2g.replay.record import Record
from v2g.replay.verdict import Array, Verdict

TOLERANCE = 1e-6
DECISIONS = {
    "loads": ("served_kw",), "sources": ("output_kw",), "deliveries": ("kw",),
    "vehicles": ("charge_kw", "discharge_kw", "v2h_kw", "v2l_kw", "energy_end_kwh"),
}  # fmt: skip
PLACES = 6
"""Columns that say what is done, and places to which they name a plan: fewer than its files have."""
LETTERS = 8
"""So many letters of a hash are a run id: enough to tell the plans of one emergency apart, and short on the phone."""


@dataclass(frozen=True)
class Facts:
    """A plan and its case as people need them. Everything is worked out when it is first asked for."""

    case: Case
    plan: Plan

    @cached_property
    def record(self) -> Record:
        """Case and plan as the audit reads them."""
        return Record(self.case, self.plan, TOLERANCE)

    @cached_property
    def clock(self) -> Clock:
        """Times of the case."""
        return Clock.of(self.case)

    @cached_property
    def loads(self) -> list[LoadAccount]:
        """All loads, the most critical first."""
        return load_accounts(self.record)

    @cached_property
    def critical(self) -> list[LoadAccount]:
        """Loads that count when they are served, the most critical first."""
        return [load for load in self.loads if load.kept is not None]

    @cached_property
    def vehicles(self) -> list[VehicleAccount]:
        """All vehicles, in the order of the case."""
        return vehicle_accounts(self.record)

    @cached_property
    def supply(self) -> list[Supply]:
        """Where power comes from."""
        return supplies(self.record)

    @cached_property
    def fleet_kwh(self) -> Array:
        """Energy in all vehicles at the T + 1 points."""
        return sum((one.energy_kwh for one in self.vehicles), np.zeros(self.case.steps + 1))

    @cached_property
    def reserve_kwh(self) -> Array:
        """What all drivers need at the end of each interval, (T,)."""
        return sum((one.reserve_kwh for one in self.vehicles), np.zeros(self.case.steps))

    @cached_property
    def verdict(self) -> Verdict:
        """What the audit finds now; a plan can have been changed since it was made."""
        return audit(self.case, self.plan)

    @cached_property
    def run_id(self) -> str:
        """Names this plan: another run has another one, even with the same figures."""
        return run_id(self.plan, self.case.sha256)

    @property
    def origin(self) -> dict[str, str]:
        """From what it was made, for whoever repeats it."""
        made = self.plan.summary.get("provenance") or {}
        return {
            "run_id": self.run_id, "case": self.case.name, "case_sha256": self.case.sha256,
            "created_utc": str(made.get("created_utc", "")), "solver": str(made.get("solver_version", "")),
            "policy": str(made.get("policy", "")), "network": str(made.get("network", "")),
            "status": str(self.plan.summary.get("status", "")), "v2g": version("v2g"),
        }  # fmt: skip

    def age(self, now: datetime) -> str:
        """``early`` before the first interval, ``current`` within it, ``stale`` after it, ``over`` after the last."""
        points, at = self.clock.points, now.astimezone(UTC)
        if at < points[0]:
            return "early"
        return "current" if at < points[1] else "stale" if at < points[-1] else "over"


def run_id(plan: Plan, case_sha256: str) -> str:
    """Names a plan of the case with that SHA-256: by how it was made, and by what it decides."""
    content = [plan.summary.get(key) for key in ("provenance", "critical", "energy_kwh")]
    total = hashlib.sha256(f"{case_sha256}{json.dumps(content, sort_keys=True, default=str)}".encode())
    for table, columns in DECISIONS.items():
        frame = plan.tables.get(table, pd.DataFrame())
        for column in columns:
            total.update(np.round(np.nan_to_num(numbers(frame, column, 0.0)), PLACES).tobytes())
    return total.hexdigest()[:LETTERS]
