"""What the loads of a case ask for: demand, and when a critical one must have all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.clock import interval_hours, overlap_hours, profile
from v2g.replay.columns import numbers, series, texts, times
from v2g.replay.feeder import Feeder, Terminals
from v2g.replay.verdict import Array, Index, Mask


@dataclass(frozen=True)
class Loads:
    """All loads of a case, in its order.

    ``demand_kw`` and ``required`` have shape (loads, T); ``kvar_per_kw`` and ``weight`` (people, or
    1) shape (loads,). ``critical`` marks continuous loads of tier 1 and up, ``required`` the
    intervals in which one of those must be served in full.
    """

    names: list[str]
    buses: list[str]
    tier: Index
    critical: Mask
    weight: Array
    demand_kw: Array
    kvar_per_kw: Array
    required: Mask
    hours: Array
    terminals: Terminals

    @property
    def tiers(self) -> list[int]:
        """Tiers that have a critical load, the most critical first."""
        return sorted({int(tier) for tier in self.tier[self.critical]})

    def counted(self, tier: int) -> Mask:
        """The critical loads of a tier, shape (loads,)."""
        return np.asarray(self.critical & (self.tier == tier))


def read_loads(case: Case, feeder: Feeder) -> Loads:
    """The loads of a case."""
    table = case.table("loads")
    tier = numbers(table, "tier", 0.0).astype(np.int64)
    continuous = np.array([word != "flexible" for word in texts(table, "service", "continuous")], dtype=bool)
    critical = (tier >= 1) & continuous
    rated, reactive = numbers(table, "kw", 0.0), numbers(table, "kvar", 0.0)
    demand = rated[:, None] * profile(case, series(table, "profile"))
    asked = overlap_hours(case, times(table, "from_utc"), times(table, "until_utc")) > 0.0
    return Loads(
        names=texts(table, "load"),
        buses=texts(table, "bus"),
        tier=tier,
        critical=critical,
        weight=numbers(table, "people", 1.0),
        demand_kw=demand,
        kvar_per_kw=np.divide(reactive, rated, out=np.zeros_like(rated), where=rated > 0),
        required=critical[:, None] & asked & (demand > 0),
        hours=interval_hours(case),
        terminals=feeder.terminals(table),
    )
