"""One load that is not served throughout: the intervals it misses, and what stands against each, in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from v2g.access import Access
from v2g.cut import Cut
from v2g.precedence import LEAST_KWH, Passed, Precedence, details_of, told
from v2g.reasons import NOUNS, Cause, Reason, by_count, some
from v2g.remedies import Plight
from v2g.replay.services import days_got, days_kept
from v2g.replay.totals import fully_served, slack
from v2g.replay.verdict import Array, Index, Mask
from v2g.scarcity import NEAR, SPARE_KW, SPREAD, Scarcity
from v2g.spans import between, moment, when
from v2g.unused import Unused

ASIDE = (
    ("charge_only", "vehicles that cannot give"),
    ("elsewhere", "vehicles that are not where they could feed it"),
    ("small_sockets", "vehicles that stand there with sockets too small for it"),
)
"""Vehicles whose energy is of no use to a load, and why."""
CAR = "vehicle that is plugged in and may give"
NOTHING = 1e-3
"""Share of the highest worth of a kWh that counts as nothing."""


class Missed:
    """One load that is not served throughout: its missed intervals and what stands against each."""

    def __init__(self, short: Scarcity, load: int, cut: Cut | None = None) -> None:
        self.short, self.load, self.record = short, load, short.record
        self.cut = cut or Cut(short)
        loads = self.record.loads
        ends = loads.terminals
        self.name, self.tier, self.bus = loads.names[load], int(loads.tier[load]), loads.buses[load]
        self.nodes: Index = ends.node[ends.device == load]
        self.island: Index = short.island[self.nodes[0]]
        self.access = Access(self.record, load)
        self.price: Array = short.price_at(load)
        self.lacking: Array = np.maximum(0.0, loads.demand_kw[load] - self.record.load_sheet["served_kw"][load])
        self.lacking[self.lacking <= 1e-6 * np.maximum(1.0, loads.demand_kw[load] / 100.0)] = 0.0
        days = np.flatnonzero(loads.services.load == load)
        self.at_full_power = bool(loads.services.by_hours[days].any())
        if days.size:
            self._by_day(days)
        else:
            self._throughout()

    def _throughout(self) -> None:
        """What a continuous load misses: intervals, kWh in each, hours at full power."""
        loads, hours = self.record.loads, self.record.hours
        must = loads.required[self.load] & loads.in_guarantee
        self.at: Index = np.flatnonzero(must & (self.lacking > 0.0))
        self.kwh: Array = (self.lacking * hours)[self.at]
        self.hours = float((self.kwh / loads.demand_kw[self.load, self.at]).sum())
        self.required = float(hours[must].sum())
        self.misses = f"{self.hours:.2f} of {self.required:.2f} h ({self.kwh.sum():.1f} kWh)"

    def _by_day(self, days: Index) -> None:
        """What a load with service by the day misses, in the days that are not kept."""
        record, services = self.record, self.record.loads.services
        plan = record.load_sheet["served_kw"], record.loads.demand_kw, slack(record)
        kept = days_kept(record.case, services, *plan, record.tolerance)
        short = days[services.counts[days] & ~kept[days]]
        lack = np.maximum(0.0, services.need - days_got(record.case, services, *plan))[short]
        by_hours, rate = bool(services.by_hours[days[0]]), float(services.rated_kw[days[0]]) or 1.0
        at, kwh = np.zeros(record.case.steps, dtype=bool), np.zeros(record.case.steps)
        for day, missing in zip(short, lack * (rate if by_hours else 1.0), strict=True):
            mine = self._of_day(int(day))
            weight = np.where(mine, np.maximum(self.lacking, 1e-9) * record.hours, 0.0)
            at, kwh = at | mine, kwh + missing * weight / weight.sum()
        self.at, self.kwh, need = np.flatnonzero(at), kwh[at], float(services.need[days].sum())
        self.hours, self.required = float(self.kwh.sum()) / rate, need / (1.0 if by_hours else rate)
        told = f" (on {short.size} of {days.size} days)" if days.size > 1 else ""
        self.misses = f"{lack.sum():.2f} of {need:.2f} {'h' if by_hours else 'kWh'}{told}"

    def _of_day(self, day: int) -> Mask:
        """Intervals of a day in which it lacks something, those alone in which a way leads there where there are any;
        else those in which it asks, else the last one, (T,)."""
        services = self.record.loads.services
        asks = services.inside[day]
        lacks = asks & (self.lacking > 0.0)
        for mine in (lacks & self.access.open, lacks, asks):
            if mine.any():
                return np.asarray(mine)
        return np.asarray(np.arange(asks.size) == services.last[day])

    @cached_property
    def unused(self) -> Unused:
        """What could feed it, and what of that is never used."""
        return Unused(self.short, self.access, self.at)

    def reason(self) -> Reason:
        """The answer: the cause of most of the missing energy, and what else plays a part."""
        causes = [self._cause(int(at)) for at in self.at]
        kwh = {cause: float(self.kwh[[c == cause for c in causes]].sum()) for cause in NOUNS if cause in causes}
        main = max(kwh, key=lambda cause: kwh[cause])
        mine = self.at[[c == main for c in causes]]
        words, details = self._words(main, mine)
        first = main
        if main == "energy" and details["kept"]["orders_kwh"] >= self.kwh.sum() > 0.0:
            main = "orders"
        passed = self._passed(causes)
        others = [
            f"{NOUNS[c]} ({k:.1f} kWh)" for c, k in kwh.items() if c not in (main, first) and k > 0.05 * self.kwh.sum()
        ]
        also = f" Also: {', '.join(others)}." if others else ""
        worth = self._worth() if main not in ("dead", "path", "socket", "below", "demand") else ""
        why = f"{words}{also}{told(passed, self._policy)}{worth}"
        details |= {"bus": self.bus, "missing_kwh": float(self.kwh.sum()), "missing_kwh_by_cause": kwh}
        details |= {"from_utc": self._time(self.at[0]), "until_utc": self._time(self.at[-1] + 1)}
        details |= {"later_tiers": details_of(passed)} if passed else {}
        return Reason("load", self.name, self.tier, self.hours, main, self._headline(), why, details)

    @property
    def _policy(self) -> str:
        made = self.record.plan.summary.get("provenance")
        return str((made if isinstance(made, Mapping) else {}).get("policy") or self.record.case.header["policy"])

    def _passed(self, causes: list[Cause]) -> list[Passed]:
        """What went to later tiers and could have come here, where power or energy is what lacks."""
        kw, by_feeder = np.zeros(self.record.case.steps), np.zeros(self.record.case.steps, dtype=bool)
        for at, kwh, cause in zip(self.at, self.kwh, causes, strict=True):
            if cause in ("energy", "power", "site"):
                kw[at] = min(self.lacking[at], kwh / self.record.hours[at])
                by_feeder[at] = self.access.feeder[at] and cause != "site"
        return Precedence(self.short, self.access, kw, by_feeder).passed()

    def plight(self) -> Plight:
        """What a remedy must help."""
        case, served = self.record.case, fully_served(self.record)
        table = case.table("loads")
        site = str(table["site"].iloc[self.load]) if "site" in table else ""
        first, last = case.boundaries[self.at[0]], case.boundaries[self.at[-1] + 1]
        kept = tuple(name for name, full in zip(self.record.loads.names, served, strict=True) if full)
        return Plight(case, self.name, self.tier, self.bus, site, first, last, kept)

    def _cause(self, at: int) -> Cause:
        short, access = self.short, self.access
        if self.record.loads.demand_kw[self.load, at] <= 0.0:
            return "demand"
        barred = access.barred(at)
        if barred:
            return barred
        if access.limits(at):
            return "site"
        if not access.feeder[at]:
            if self._crowded(at):
                return "power"
            return "power" if access.spare_kw(at) <= SPARE_KW < access.held_kwh(at) else "energy"
        if access.gated(at):
            return "gated"
        if self._legs(at).size:
            return "line"
        dearer = bool(self._cheapest[at] < (1.0 - SPREAD) * self.price[at])
        if dearer and self._edges(at).size:
            return "voltage"
        room = short.power_room[self.island[at], at] + access.spare_kw(at)
        held = short.held[self.island[at], at] + access.held_kwh(at) + float(self.unused.fuel_kwh[at])
        if held > SPARE_KW and (room <= SPARE_KW or (dearer and access.full_sources(at))):
            return "power"
        return "energy"

    def _crowded(self, at: int) -> bool:
        """Whether a load that counts at full power alone finds no room for that beside what may not stop."""
        if not self.at_full_power:
            return False
        most, asked = self.access.most_kw(at), float(self.record.loads.demand_kw[self.load, at])
        return most > 0.0 and most - self.access.first(at)[0] < asked * (1.0 - NEAR)

    def _legs(self, at: int) -> Index:
        """Full legs of the island that have a cheaper side than the load."""
        to = np.array([leg.to for leg in self.record.feeder.legs], dtype=np.int64)
        cheaper = np.minimum(*self.short.leg_prices)[:, at] < (1.0 - SPREAD) * self.price[at]
        return np.flatnonzero(self.short.full_legs[:, at] & cheaper & (self.short.island[to, at] == self.island[at]))

    def _edges(self, at: int) -> Index:
        """Nodes of the zone at a limit of their voltage."""
        zone = self.short.zone[:, at]
        return np.flatnonzero((self.short.voltage_side[:, at] != 0) & (zone == zone[self.nodes[0]]))

    @cached_property
    def _cheapest(self) -> Array:
        """Lowest price in the zone of the load, (T,)."""
        return self.short.cheapest(int(self.nodes[0]))

    @property
    def _place(self) -> str:
        return f"site {self.access.name}" if self.access.alone and self.access.name else f"bus {self.bus}"

    def _headline(self) -> str:
        return (
            f"{self.name} (tier {self.tier}, {self._place}) misses {self.misses} "
            f"{between(self.record.case, int(self.at[0]), int(self.at[-1]) + 1)} UTC."
        )

    def _words(self, cause: Cause, at: Index) -> tuple[str, dict[str, Any]]:
        if cause == "demand":
            return f"It asks for no power {self._when(at)}, and needs it on that day: see its profile.", {}
        if cause == "dead":
            return self._dead(at)
        if cause in ("path", "socket", "below"):
            return self._barred(cause, at)
        if cause in ("line", "voltage"):
            return self._network(cause, at)
        if cause == "site":
            names = by_count(name for t in at for name in self.access.limits(int(t)))
            return f"At its limit {self._when(at)}: {some(names)}.", {"limits": names}
        if cause == "gated":
            return self._gated(at)
        return self._power(at) if cause == "power" else self._energy(at)

    def _barred(self, cause: Cause, at: Index) -> tuple[str, dict[str, Any]]:
        """No way leads there, and why each one does not."""
        bars = by_count("; ".join(self.access.bars(int(t))) for t in at)
        never = self._when(at).replace("all the time", "at any time")
        words = {
            "path": f"No way leads there {never}",
            "socket": f"No socket is large enough {never}",
            "below": f"The cars that could feed it are below what their drivers need {self._when(at)}",
        }[cause]
        dead = self._apart(at, "The feeder is dead there")
        return f"{words}: {some(bars)}.{dead}", {"bars": bars}

    def _gated(self, at: Index) -> tuple[str, dict[str, Any]]:
        """An engine keeps the island alive, and stands still."""
        empty = self.access.empty_tanks()
        engines = "The engines that alone keep its island alive stand still for want of fuel, or part of the time,"
        why = f": empty is {some(empty)}" if empty else ""
        return f"{engines} {self._when(at)}{why}.{self._apart(at)}", {"empty": empty}

    def _dead(self, at: Index) -> tuple[str, dict[str, Any]]:
        """From when until when nothing reaches the load, and for each time which rows of the case make it so."""
        first = int(at[0])
        node = next(int(n) for n in self.nodes if not self.record.live[n, first])
        island = int(self.short.island[node, first])
        doors = self.cut.doors(island, first)
        told = self.cut.told(~self.record.live[node], first, int(at[-1]), lambda t: self._unreached(node, t))
        words = " ".join(f"Dead {spans}: {why}." for spans, why in told)
        if doors:
            words += f" Open towards a live part: {some(doors)}; whether it may be closed is the operator's to say."
        if self.access.site >= 0:
            words += f" Nor is there another way: {'; '.join(self.access.bars(first)[1:])}."
        details = {"island": self.short.buses(island, first), "dead_from_utc": self._time(first), "open": doors}
        return words, {**details, "dead": [{"when": spans, "why": why} for spans, why in told]}

    def _unreached(self, node: int, t: int) -> str:
        """Why a node is dead in an interval."""
        island = int(self.short.island[node, t])
        why = self.cut.why(island, t)
        if why:
            return ", and ".join(why)
        buses = self.short.buses(island, t)
        place = "its bus" if len(buses) == 1 else f"its island of {len(buses)} buses ({some(buses)})"
        if self.record.live[self.short.island[:, t] == island, t].any():
            place = f"phase {self.record.feeder.nodes[node][1]} of {place}"
        return f"no source that can form a grid reaches {place}"

    def _apart(self, at: Index, state: str = "On its own") -> str:
        """When its part of the feeder stands alone in these intervals, by which rows of the case, in a sentence."""
        if self.access.alone:
            return ""
        first, last = int(at[0]), int(at[-1])
        on = np.zeros(self.record.case.steps, dtype=bool)
        on[first : last + 1] = [bool(self.cut.why(int(self.island[t]), t)) for t in range(first, last + 1)]
        told = self.cut.told(on, first, last, lambda t: ", and ".join(self.cut.why(int(self.island[t]), t)))
        return "".join(f" {state} {spans}: {why}." for spans, why in told)

    def _network(self, cause: Cause, at: Index) -> tuple[str, dict[str, Any]]:
        feeder = self.record.feeder
        if cause == "line":
            names = by_count(feeder.leg_name(int(leg)) for t in at for leg in self._legs(int(t)))
            verb = "at the limit of its rating" if len(names) == 1 else "at the limits of their ratings"
        else:
            side = self.short.voltage_side
            names = by_count(
                f"{feeder.node_name(int(node))} ({'lowest' if side[node, t] < 0 else 'highest'})"
                for t in at
                for node in self._edges(int(t))
            )
            verb = "at the limit of its voltage" if len(names) == 1 else "at the limits of their voltages"
        cheap = float(self._cheapest[at].min())
        words = (
            f"The feeder is in the way {self._when(at)}: {some(names)} {verb}. "
            f"A kWh where it is cheapest is worth {cheap:.3g} critical load-hours, "
            f"at this bus up to {self.price[at].max():.3g}."
        )
        return words, {"limits": names}

    def _power(self, at: Index) -> tuple[str, dict[str, Any]]:
        crowded = [int(t) for t in at if not self.access.feeder[t] and self._crowded(int(t))]
        if len(crowded) == at.size:
            return self._no_room(at)
        local = max(self.access.held_kwh(int(t)) for t in at)
        held = float(self.short.held[self.island[at], at].max()) if self.access.feeder[at].any() else 0.0
        held += local
        full = by_count(name for t in at for name in self.access.full_sources(int(t)))
        kinds = [
            noun for noun, some_ in (("source", self.unused.mine.any()), (CAR, self.unused.feeding.any())) if some_
        ]
        why = f"every {' and every '.join(kinds)} is at its limit then"
        if full and self._some_room(at):
            why = f"at the limit of a phase {'is' if len(full) == 1 else 'are'} {some(full)} then"
        words = f"Power is what lacks {self._when(at)}: {why}"
        kept = [f"up to {held:.1f} kWh above reserve stay in batteries"] if held >= LEAST_KWH else []
        fuel = float(self.unused.fuel_kwh[at].max())
        if fuel > SPARE_KW:
            kept.append(f"fuel for {fuel:.1f} kWh that is there by then is never burnt")
        words += f", while {' and '.join(kept)}." if kept else "."
        return words + self._apart(at), {"held_kwh": held, "full": full}

    def _no_room(self, at: Index) -> tuple[str, dict[str, Any]]:
        """What cars can give, and what of that is for others, where that is least."""
        kw = float(self.record.loads.demand_kw[self.load, at].max())
        given, names = max((self.access.first(int(t)) for t in at), key=lambda found: found[0])
        most = max(self.access.most_kw(int(t)) for t in at)
        others = f", of which {given:.3g} kW go to {some(names)}" if names else ""
        words = (
            f"Power is what lacks {self._when(at)}: it counts only at its full {kw:.3g} kW, "
            f"and cars at {self.access.name} can give {most:.3g} kW{others}."
        )
        return words + self._apart(at), {"most_kw": most, "given_kw": given, "others": names}

    def _some_room(self, at: Index) -> bool:
        """Whether something in the island could give more, on another phase."""
        return bool((self.short.power_room[self.island[at], at] > SPARE_KW).any())

    def _energy(self, at: Index) -> tuple[str, dict[str, Any]]:
        left, kept = self.unused.left(), self.access.floors(self.unused.feeding, int(self.at[-1]))
        words = f"Energy is what lacks. {self.unused.words(left)}"
        back = []
        if kept["reserves_kwh"] >= LEAST_KWH:
            back.append(f"{kept['reserves_kwh']:.1f} kWh by the reserves of owners")
        if kept["orders_kwh"] >= LEAST_KWH:
            back.append(f"{kept['orders_kwh']:.1f} kWh by orders of drivers and the fleet minimum{self._orders}")
        words += f" Kept back: {', '.join(back)}." if back else ""
        aside = [f"{left[key]:.1f} kWh in {what}" for key, what in ASIDE if left.get(key, 0.0) >= LEAST_KWH]
        words += f" Out of reach: {', '.join(aside)}." if aside else ""
        return words + self._apart(at), {"left": left, "kept": kept}

    @property
    def _orders(self) -> str:
        """The rows that ask for what is kept back beside owners' reserves, in brackets."""
        record, point = self.record, int(self.at[-1]) + 1
        asks, rows = self.short.asks, []
        for v in np.flatnonzero(self.unused.feeding):
            ask = asks.at(int(v), point)
            rows += [] if ask is None or ask.table == "vehicles" else [ask.place(record.case)]
        return f" ({some(by_count(rows))})" if rows else ""

    def _worth(self) -> str:
        asked = np.flatnonzero(self.record.live[self.nodes].all(axis=0))
        if not asked.size or self.price[asked].max() <= 0:
            return ""
        best = int(asked[np.argmax(self.price[asked])])
        low, high = float(self.price[asked].min()), float(self.price[best])
        worth = f" One more kWh at its bus is worth {high:.3g} critical load-hours"
        if low > (1.0 - SPREAD) * high:
            return f"{worth} at any time."
        if low < NOTHING * high:
            return f"{worth} at {self._time(best)}, and less at other times, down to nothing."
        return f"{worth} at {self._time(best)}, and {low:.3g} when it is worth least."

    def _when(self, at: Index) -> str:
        return when(self.record.case, at)

    def _time(self, point: int) -> str:
        return moment(self.record.case, point)
