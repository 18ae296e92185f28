"""What went to loads of later tiers and could have come to one that lacks it: the policy put those first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from v2g.access import Access
from v2g.reasons import some
from v2g.replay.totals import fully_served
from v2g.replay.verdict import Array, Index, Mask
from v2g.scarcity import Scarcity

LEAST_KWH = 0.05
"""Energy that is said at all: it rounds to 0.1."""
WHOLE_FIRST = ("tiers", "drivers")
"""Policies under which whole loads of all tiers count before any hours of what cannot be kept."""
ALIKE = (*WHOLE_FIRST, "hours")
"""Policies under which an hour counts alike, whichever tier it belongs to."""
INSTEAD = "by_tier"


@dataclass(frozen=True)
class Passed:
    """Energy that went to a load of a later tier and could have come here; ``whole``: that one is served throughout."""

    load: str
    tier: int
    kwh: float
    whole: bool

    @property
    def words(self) -> str:
        """Load, tier and energy."""
        return f"{self.kwh:.1f} kWh to {self.load} (tier {self.tier})"


@dataclass(frozen=True)
class Precedence:
    """One load that lacks something, V vehicles, T intervals.

    ``short_kw`` (T,) is what it lacks where more power in its reach would help, zero elsewhere; ``by_feeder`` (T,)
    where the feeder could bring it. Energy could have come if a source fed it into the same island in the same
    interval, or if a vehicle gave it that could feed the load in such an interval, as far as it held it then and had
    the power to give. What the feeder brings comes from sources and vehicles by their shares of the island.
    """

    short: Scarcity
    access: Access
    short_kw: Array
    by_feeder: Mask

    def passed(self) -> list[Passed]:
        """What went to each critical load of a later tier, the most first; in all no more than is lacking here."""
        loads = self.short.record.loads
        kwh = {int(m): self._by_feeder[m] + self._by_vehicles[m] for m in self._later}
        lacking, total = float((self.short_kw * self._hours).sum()), sum(kwh.values())
        part, full = min(1.0, lacking / total) if total > 0.0 else 0.0, fully_served(self.short.record)
        found = [Passed(loads.names[m], int(loads.tier[m]), part * e, bool(full[m])) for m, e in kwh.items()]
        return sorted((one for one in found if one.kwh >= LEAST_KWH), key=lambda one: -one.kwh)

    @property
    def _hours(self) -> Array:
        return self.short.record.hours

    @cached_property
    def _later(self) -> Index:
        loads = self.short.record.loads
        return np.flatnonzero(loads.critical & (loads.tier > loads.tier[self.access.load]))

    @cached_property
    def _by_feeder(self) -> dict[int, float]:
        """Energy that the feeder brought to them from sources on the same island meanwhile, by load."""
        record, mine = self.short.record, self.access.nodes[0]
        part = np.zeros((len(record.loads.names), record.case.steps))
        for m in self._later:
            beside = self._island_of(int(m)) == self.short.island[mine]
            own = np.maximum(0.0, record.feeder_part[m]) - self._fed_by(int(m)).sum(axis=0)
            part[m] = np.where(beside & self.by_feeder, np.maximum(0.0, own), 0.0)
        total = part.sum(axis=0)
        kept = np.divide(self.short_kw, total, out=np.zeros_like(total), where=total > 0.0)
        energy = (part * np.minimum(1.0, kept) * self._hours).sum(axis=1)
        return {int(m): float(energy[m]) for m in self._later}

    @cached_property
    def _by_vehicles(self) -> dict[int, float]:
        """Energy that vehicles within reach of the load gave them, by load."""
        flows = {int(m): self._given_to(int(m)) for m in self._later}
        total = sum(flows.values(), np.zeros(self._feeds.shape))
        usable = np.zeros(total.shape)
        for v in np.flatnonzero(total.any(axis=1) & self._feeds.any(axis=1)):
            usable[v] = self._usable(int(v), total[v] * self._hours)
        part = np.divide(usable, total, out=np.zeros(total.shape), where=total > 0.0)
        return {m: float((flow * part).sum()) for m, flow in flows.items()}

    @cached_property
    def _feeds(self) -> Mask:
        """Vehicles that could feed the load, (V, T)."""
        fleet, island = self.short.record.fleet, self.short.island[self.access.nodes[0]]
        plugged = (fleet.discharge_max_kw > 0) & (self.short.vehicle_island == island) & self.by_feeder
        return np.asarray(plugged | self.access.local)

    def _island_of(self, load: int) -> Index:
        """Island of a load in each interval, -1 where it is dead, (T,)."""
        ends, record = self.short.record.loads.terminals, self.short.record
        nodes = ends.node[ends.device == load]
        if not nodes.size:
            return np.full(record.case.steps, -1)
        return np.where(record.live[nodes].all(axis=0), self.short.island[nodes[0]], -1)

    def _fed_by(self, load: int) -> Array:
        """What the feeder brings to a load from each vehicle in kW, by their shares of its island, (V, T)."""
        short, record, island = self.short, self.short.record, self._island_of(load)
        given = np.where((short.vehicle_island == island) & (island >= 0), record.vehicle_sheet["discharge_kw"], 0.0)
        others = ~record.sources.of("station")[:, None] & (short.source_island == island)
        power = np.maximum(0.0, record.source_power.real.sum(axis=1))
        supply = given.sum(axis=0) + np.where(others, power, 0.0).sum(axis=0)
        drawn = np.maximum(0.0, record.feeder_part[load])
        return np.asarray(given * np.divide(drawn, supply, out=np.zeros_like(supply), where=supply > 0.0))

    def _given_to(self, load: int) -> Array:
        """Power of each vehicle to a load in kW, (V, T): by cord, its share of what the transfer switch brings, and its
        share of what the feeder brings."""
        record, site = self.short.record, int(self.short.record.loads.site[load])
        rows, given = record.deliveries, np.zeros(self._feeds.shape)
        cords = rows.plug & (rows.load == load)
        np.add.at(given, (rows.vehicle[cords], rows.at[cords]), rows.kw[cords])
        behind = np.where((record.fleet.site == site) & (site >= 0), record.vehicle_sheet["v2h_kw"], 0.0)
        total = behind.sum(axis=0)
        part = np.divide(record.load_sheet["v2h_kw"][load], total, out=np.zeros(total.shape), where=total > 0.0)
        return np.asarray(given + behind * part + self._fed_by(load))

    def _usable(self, vehicle: int, used: Array) -> Array:
        """What of the energy used in each interval the vehicle could have given to the load, both in kWh, (T,)."""
        fleet, record = self.short.record.fleet, self.short.record
        room = np.maximum(0.0, fleet.give_max_kw[vehicle] - record.given[vehicle]) * self._hours + used
        takes = np.where(self._feeds[vehicle], np.minimum(self.short_kw * self._hours, room), 0.0)
        last = int(np.flatnonzero(takes)[-1]) if takes.any() else -1
        held = np.maximum(0.0, np.minimum.accumulate(self.short.vehicle_above[vehicle, max(last, 0) :]))
        out = np.where(np.arange(used.size) <= last, used, 0.0)
        out[last + 1 :] = np.minimum(used[last + 1 :], held[:-1]) if last >= 0 else 0.0
        return out * min(1.0, float(takes.sum()) / float(out.sum())) if out.sum() > 0.0 else out


def told(passed: Sequence[Passed], policy: str) -> str:
    """Why the policy of a plan gave it to them, and which one would not; blank where it does not say."""
    whole = [one.words for one in passed if one.whole] if policy in WHOLE_FIRST else []
    part = [one.words for one in passed if not one.whole or policy not in WHOLE_FIRST] if policy in ALIKE else []
    words = ""
    if whole:
        words += f" Went to whole loads of later tiers, and could have come here: {some(whole)}."
        words += f" Under policy {policy} they count before part of the hours of this load."
    if part:
        words += f" Went to hours of later tiers, and could have come here: {some(part)}."
        words += f" Under policy {policy}, load-hours of all tiers count alike."
    return f"{words} Policy {INSTEAD} puts the hours of this load first." if words else ""


def details_of(passed: Sequence[Passed]) -> list[dict[str, Any]]:
    """The same as plain numbers and words."""
    return [asdict(one) for one in passed]
