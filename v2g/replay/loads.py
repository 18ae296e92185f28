"""What the loads of a case ask for: demand, and when a critical one must have all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.clock import NANOSECONDS_PER_HOUR, edges, interval_hours, overlap_hours, profile
from v2g.replay.columns import flags, numbers, series, texts, times
from v2g.replay.feeder import Feeder, Terminals
from v2g.replay.services import NEARLY, Services, guaranteed_until, read_services
from v2g.replay.stands import row_of
from v2g.replay.verdict import Array, Index, Mask


@dataclass(frozen=True)
class Loads:
    """All loads of a case, in its order.

    ``demand_kw`` and ``required`` have shape (loads, T); ``kvar_per_kw`` and ``weight`` (people, or
    1) shape (loads,). ``critical`` marks loads of tier 1 and up that count when served, ``required`` the
    intervals in which a continuous one of those must be served in full, ``in_guarantee`` (T,)
    the intervals that count. ``asked`` (loads, T) are the intervals of their windows. ``site`` (loads,)
    is -1 where a load belongs to none.
    """

    names: list[str]
    buses: list[str]
    tier: Index
    critical: Mask
    weight: Array
    demand_kw: Array
    kvar_per_kw: Array
    required: Mask
    in_guarantee: Mask
    asked: Mask
    hours: Array
    terminals: Terminals
    services: Services
    site: Index
    by_v2h: Mask
    by_v2l: Mask
    appliance_kw: Array
    hold: list[str]
    pickup_factor: Array
    pickup_h: Array

    @property
    def tiers(self) -> list[int]:
        """Tiers that have a critical load, the most critical first."""
        return sorted({int(tier) for tier in self.tier[self.critical]})

    def counted(self, tier: int) -> Mask:
        """The critical loads of a tier, shape (loads,)."""
        return np.asarray(self.critical & (self.tier == tier))


def daily_services(case: Case) -> Services:
    """Service by the day alone, which nothing but the loads bears on."""
    return read_services(case, _kinds(case)[1], _asked(case) & (_demand(case) > 0))


def _kinds(case: Case) -> tuple[Index, Mask, Mask]:
    """Tier of each load, whether it counts when it is served, and whether its service is by the day."""
    table = case.table("loads")
    tier = numbers(table, "tier", 0.0).astype(np.int64)
    service = np.array(texts(table, "service", "continuous"), dtype=object)
    return tier, (tier >= 1) & (service != "flexible"), np.isin(service, ("hours", "energy"))


def _demand(case: Case) -> Array:
    table = case.table("loads")
    return np.asarray(numbers(table, "kw", 0.0)[:, None] * profile(case, series(table, "profile")))


def _asked(case: Case) -> Mask:
    table = case.table("loads")
    return np.asarray(overlap_hours(case, times(table, "from_utc"), times(table, "until_utc")) > 0.0)


def read_loads(case: Case, feeder: Feeder) -> Loads:
    """The loads of a case."""
    table = case.table("loads")
    tier, critical, daily = _kinds(case)
    rated, reactive = numbers(table, "kw", 0.0), numbers(table, "kvar", 0.0)
    demand, asked = _demand(case), _asked(case)
    sites = row_of(texts(case.table("sites"), "site"))
    begin = (edges(case)[:-1] - edges(case)[0]) / NANOSECONDS_PER_HOUR
    return Loads(
        names=texts(table, "load"),
        buses=texts(table, "bus"),
        tier=tier,
        critical=critical,
        weight=numbers(table, "people", 1.0),
        demand_kw=demand,
        kvar_per_kw=np.divide(reactive, rated, out=np.zeros_like(rated), where=rated > 0),
        required=(critical & ~daily)[:, None] & asked & (demand > 0),
        in_guarantee=np.asarray(begin < guaranteed_until(case) - NEARLY),
        asked=asked,
        hours=interval_hours(case),
        terminals=feeder.terminals(table),
        services=read_services(case, critical, asked & (demand > 0)),
        site=np.array([sites[name] for name in texts(table, "site")], dtype=np.int64),
        by_v2h=flags(table, "by_v2h", True),
        by_v2l=flags(table, "by_v2l", False),
        appliance_kw=numbers(table, "appliance_kw", 0.0),
        hold=texts(table, "hold"),
        pickup_factor=numbers(table, "pickup_factor", 1.0),
        pickup_h=numbers(table, "pickup_h", 1.0),
    )
