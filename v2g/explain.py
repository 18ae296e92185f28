"""Why not: for every critical load not served throughout, what stands in its way, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from v2g.case import Case
from v2g.plan import Plan
from v2g.replay.totals import fully_served
from v2g.replay.verdict import Array, Index
from v2g.scarcity import SPARE_KW, SPREAD, Scarcity

Cause = Literal["dead", "line", "voltage", "power", "energy", "reserve", "trip", "binding"]
CAUSES: tuple[Cause, ...] = ("dead", "line", "voltage", "power", "energy")
NAMED = 4
BELOW_FROM_START = "It starts below its reserve; it may charge, and gives nothing to the feeder."
BELOW_BY_TRIPS = "Its own trips take it below its reserve; it gives nothing to the feeder while it is."


@dataclass(frozen=True)
class Reason:
    """One answer to "why not".

    ``subject`` says what ``name`` names: a load, a vehicle or a limit. ``hours_missed`` counts hours
    at full power. ``what`` and ``why`` are the answer in words, ``details`` the numbers behind it.
    """

    subject: Literal["load", "vehicle", "limit"]
    name: str
    tier: int | None
    hours_missed: float
    cause: Cause
    what: str
    why: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The whole answer in words."""
        return f"{self.what} {self.why}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, ready for JSON."""
        return {
            "subject": self.subject, "name": self.name, "tier": self.tier, "hours_missed": self.hours_missed,
            "cause": self.cause, "what": self.what, "why": self.why, "details": dict(self.details),
        }  # fmt: skip


def explain(case: Case, plan: Plan) -> list[Reason]:
    """Reasons for loads (by tier, the longest missed first), then for vehicles, then limits that bind."""
    short = Scarcity.of(case, plan)
    loads = short.record.loads
    missed = np.flatnonzero(loads.critical & ~fully_served(short.record))
    found = [_Missed(short, int(load)).reason() for load in missed]
    found.sort(key=lambda reason: (reason.tier or 0, -reason.hours_missed))
    return [*found, *_vehicles(short), *_binding(plan)]


class _Missed:
    """One load that is not served throughout: its missed intervals and what stands against each."""

    def __init__(self, short: Scarcity, load: int) -> None:
        self.short, self.load, self.record = short, load, short.record
        loads = self.record.loads
        ends = loads.terminals
        self.name, self.tier, self.bus = loads.names[load], int(loads.tier[load]), loads.buses[load]
        self.nodes: Index = ends.node[ends.device == load]
        self.island, self.zone = int(short.island[self.nodes[0]]), int(short.zone[self.nodes[0]])
        lacking = np.maximum(0.0, loads.demand_kw[load] - self.record.load_sheet["served_kw"][load])
        tolerance = 1e-6 * np.maximum(1.0, loads.demand_kw[load] / 100.0)
        self.at: Index = np.flatnonzero(loads.required[load] & (lacking > tolerance))
        self.kwh: Array = (lacking * self.record.hours)[self.at]
        self.hours = float((self.kwh / loads.demand_kw[load, self.at]).sum())
        self.required = float(self.record.hours[loads.required[load]].sum())
        self.price: Array = short.price_at(load)

    def reason(self) -> Reason:
        """The answer: the cause of most of the missing energy, and what else plays a part."""
        causes = [self._cause(int(at)) for at in self.at]
        kwh = {cause: float(self.kwh[[c == cause for c in causes]].sum()) for cause in CAUSES if cause in causes}
        main = max(kwh, key=lambda cause: kwh[cause])
        mine = self.at[[c == main for c in causes]]
        words, details = self._words(main, mine)
        others = [f"{_noun(c)} ({k:.1f} kWh)" for c, k in kwh.items() if c != main and k > 0.05 * self.kwh.sum()]
        also = f" Also: {', '.join(others)}." if others else ""
        why = f"{words}{also}{self._worth() if main != 'dead' else ''}"
        details |= {"bus": self.bus, "missing_kwh": float(self.kwh.sum()), "missing_kwh_by_cause": kwh}
        details |= {"from_utc": self._time(self.at[0]), "until_utc": self._time(self.at[-1] + 1)}
        return Reason("load", self.name, self.tier, self.hours, main, self._headline(), why, details)

    def _cause(self, at: int) -> Cause:
        short = self.short
        if not self.record.live[self.nodes, at].all():
            return "dead"
        if self._legs(at).size:
            return "line"
        if short.cheapest(self.zone)[at] < (1.0 - SPREAD) * self.price[at] and self._edges(at).size:
            return "voltage"
        if short.power_room[self.island, at] <= SPARE_KW and short.held[self.island, at] > SPARE_KW:
            return "power"
        return "energy"

    def _legs(self, at: int) -> Index:
        """Full legs of the island that have a cheaper side than the load."""
        to = np.array([leg.to for leg in self.record.feeder.legs], dtype=np.int64)
        cheaper = np.minimum(*self.short.leg_prices)[:, at] < (1.0 - SPREAD) * self.price[at]
        return np.flatnonzero(self.short.full_legs[:, at] & cheaper & (self.short.island[to] == self.island))

    def _edges(self, at: int) -> Index:
        """Nodes of the zone at a limit of their voltage."""
        return np.flatnonzero((self.short.voltage_side[:, at] != 0) & (self.short.zone == self.zone))

    def _headline(self) -> str:
        return (
            f"{self.name} (tier {self.tier}, bus {self.bus}) misses {self.hours:.2f} of {self.required:.2f} h, "
            f"{self.kwh.sum():.1f} kWh between {self._time(self.at[0])} and {self._time(self.at[-1] + 1)}."
        )

    def _words(self, cause: Cause, at: Index) -> tuple[str, dict[str, Any]]:
        if cause == "dead":
            return self._dead(at)
        if cause in ("line", "voltage"):
            return self._network(cause, at)
        return self._power(at) if cause == "power" else self._energy()

    def _dead(self, at: Index) -> tuple[str, dict[str, Any]]:
        first, last = int(at[0]), int(at[-1])
        node = next(int(n) for n in self.nodes if not self.record.live[n, first])
        island = int(self.short.island[node])
        buses = self.short.buses(island)
        doors = self.short.open_doors(island, first)
        later = np.flatnonzero(self.record.live[node, last + 1 :])
        span = f"from {self._time(first)}"
        span += f" until {self._time(last + 1 + later[0])}" if later.size else " to the end"
        place = "its bus" if len(buses) == 1 else f"its island of {len(buses)} buses ({_some(buses)})"
        if self.record.live[self.short.island == island, first].any():
            place = f"phase {self.record.feeder.nodes[node][1]} of {place}"
        words = f"Dead {span}: no source that can form a grid reaches {place}."
        if doors:
            words += f" Open towards a live part: {_some(doors)}; whether it may be closed is the operator's to say."
        return words, {"island": buses, "dead_from_utc": self._time(first), "open": doors}

    def _network(self, cause: Cause, at: Index) -> tuple[str, dict[str, Any]]:
        feeder = self.record.feeder
        if cause == "line":
            names = _by_count(feeder.leg_name(int(leg)) for t in at for leg in self._legs(int(t)))
            verb = "at the limit of its rating" if len(names) == 1 else "at the limits of their ratings"
        else:
            side = self.short.voltage_side
            names = _by_count(
                f"{feeder.node_name(int(node))} ({'lowest' if side[node, t] < 0 else 'highest'})"
                for t in at
                for node in self._edges(int(t))
            )
            verb = "at the limit of its voltage" if len(names) == 1 else "at the limits of their voltages"
        cheap = float(self.short.cheapest(self.zone)[at].min())
        words = (
            f"The feeder is in the way in {_intervals(at)}: {_some(names)} {verb}. "
            f"A kWh where it is cheapest is worth {cheap:.3g} critical load-hours, "
            f"at this bus up to {self.price[at].max():.3g}."
        )
        return words, {"limits": names}

    def _power(self, at: Index) -> tuple[str, dict[str, Any]]:
        held = float(self.short.held[self.island, at].max())
        words = (
            f"Power is what lacks in {_intervals(at)}: every source and every vehicle that is plugged in and may give "
            f"is at its limit then, while up to {held:.1f} kWh above reserve stay in their batteries."
        )
        return words, {"held_kwh": held}

    def _energy(self) -> tuple[str, dict[str, Any]]:
        left = self._left()
        words = (
            f"Energy is what lacks. Never used: {left['can_give']:.1f} kWh above the reserves of vehicles that can "
            f"give then, {left['batteries']:.1f} kWh in batteries"
        )
        if left["tank_l"] > 0:
            words += f", {left['fuel_l']:.0f} of {left['tank_l']:.0f} L of fuel"
        aside = [
            f"{left[key]:.1f} kWh are in vehicles that {what}"
            for key, what in (("charge_only", "cannot give"), ("elsewhere", "are not where they could give"))
            if left[key] >= 0.05
        ]
        return words + (f" ({'; '.join(aside)})." if aside else "."), {"left": left}

    def _left(self) -> dict[str, float]:
        """Energy above reserve that no later interval needs, by what it could have done, and fuel."""
        short, fleet, sources = self.short, self.record.fleet, self.record.sources
        last = int(self.at[-1])
        above = np.maximum(0.0, short.vehicle_above[:, last:].min(axis=1))
        gives = fleet.discharge_max_kw > 0
        here = (gives & (short.vehicle_island == self.island))[:, self.at[0] :].any(axis=1)
        ever = gives.any(axis=1)
        mine = short.source_island == self.island
        burnt = (self.record.source_sheet["fuel_l"]).sum(axis=1)
        engines = mine & sources.of("generator")
        return {
            "can_give": float(above[here].sum()),
            "elsewhere": float(above[ever & ~here].sum()),
            "charge_only": float(above[~ever].sum()),
            "batteries": float(np.maximum(0.0, short.battery_above[mine, last:].min(axis=1)).sum()),
            "fuel_l": max(0.0, float((sources.fuel_l - burnt)[engines].sum())),
            "tank_l": float(sources.fuel_l[engines].sum()),
        }

    def _worth(self) -> str:
        asked = np.flatnonzero(self.record.live[self.nodes].all(axis=0))
        if not asked.size or self.price[asked].max() <= 0:
            return ""
        best = int(asked[np.argmax(self.price[asked])])
        low, high = float(self.price[asked].min()), float(self.price[best])
        worth = f" One more kWh at its bus is worth {high:.3g} critical load-hours"
        if low > (1.0 - SPREAD) * high:
            return f"{worth} at any time."
        return f"{worth} at {self._time(best)}, and {low:.3g} when it is worth least."

    def _time(self, point: int) -> str:
        return f"{self.record.case.boundaries[int(point)]:%Y-%m-%d %H:%M}"


def _vehicles(short: Scarcity) -> list[Reason]:
    """Vehicles that are ever below their reserve, or lack energy for a trip."""
    fleet, sheet, found = short.record.fleet, short.record.vehicle_sheet, []
    for v, name in enumerate(fleet.names):
        energy = np.append(fleet.start_kwh[v], sheet["energy_end_kwh"][v])
        lacking = fleet.reserve_kwh[v] - energy
        point = int(np.argmax(lacking))
        missed = float(sheet["missed_trip_kwh"][v].sum())
        if lacking[point] > 1e-6:
            why = BELOW_FROM_START if lacking[0] > 1e-6 else BELOW_BY_TRIPS
            hours = float(short.record.hours[lacking[1:] > 1e-6].sum())
            when = f"{short.record.case.boundaries[point]:%Y-%m-%d %H:%M}"
            reserve = f"its reserve of {fleet.reserve_kwh[v]:.1f} kWh"
            what = f"{name} lacks up to {lacking[point]:.1f} kWh to {reserve} ({when})."
            details = {"shortfall_kwh": float(lacking[point]), "at_utc": when}
            found.append(Reason("vehicle", name, None, hours, "reserve", what, why, details))
        if missed > 1e-6:
            what = f"{name} lacks {missed:.1f} kWh for its trips."
            details = {"missed_trip_kwh": missed}
            found.append(
                Reason("vehicle", name, None, 0.0, "trip", what, "It leaves with too little on board.", details)
            )
    return found


def _binding(plan: Plan) -> list[Reason]:
    """Limits that bind, as the solver of the plan states them."""
    rows = plan.summary.get("binding")
    found = []
    for row in rows if isinstance(rows, (list, tuple)) else ():
        if isinstance(row, Mapping):
            name, words = str(row.get("row", "")), str(row.get("words") or row.get("row", ""))
            times = f" ({row['count']} times)" if row.get("count") else ""
            worth = f"; one unit more is worth {row['worth']:.3g}" if isinstance(row.get("worth"), float) else ""
            stage = f" in stage {row['stage']}" if row.get("stage") else ""
            found.append(
                Reason("limit", name, None, 0.0, "binding", f"{words}{times} binds{stage}{worth}.", "", dict(row))
            )
    return found


def _by_count(names: Iterable[str]) -> list[str]:
    """Names, the most frequent first."""
    count: dict[str, int] = {}
    for name in names:
        count[name] = count.get(name, 0) + 1
    return sorted(count, key=lambda name: -count[name])


def _some(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _intervals(at: Index) -> str:
    return "1 interval" if at.size == 1 else f"{at.size} intervals"


def _noun(cause: Cause) -> str:
    nouns = {"dead": "a dead bus", "line": "line limits", "voltage": "voltage limits", "power": "lack of power"}
    return nouns.get(cause, "lack of energy")
