"""The situation report of a plan: what is served until when, what is left, what has to be decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from v2g.handover.amounts import told, told_up
from v2g.handover.change_words import comparison_lines
from v2g.handover.changes import Comparison
from v2g.handover.loads import LoadAccount, Service
from v2g.handover.safe import brief
from v2g.handover.telling import Telling

LINES, FEWEST, MOST = 24, 6, 18
"""Lines of a page for loads, tiers and changes together, and so many loads at least and at most: others are counted."""
DECISIONS = 3
CHANGES = 2
"""So many changes of one kind are told."""
MOST_CHANGES = 6
LEAST_KWH = 0.05
PROVEN = ("optimal", "feasible")
KEPT, PARTLY, LOST = "●", "◐", "○"


@dataclass(frozen=True)
class Row:
    """A critical load in words: ``hours`` until it first lacks what is owed to it, blank where it never does."""

    symbol: str
    load: str
    tier: str
    place: str
    status: str
    hours: str


@dataclass(frozen=True)
class Situation:
    """A situation report in a language; ``compared`` is the plan against an earlier one, if there is one."""

    telling: Telling
    compared: Comparison | None = None

    @property
    def headline(self) -> str:
        """What is said first."""
        return self.telling.say("sentence", text=self.telling.language.headline(self.telling.facts))

    @cached_property
    def rows(self) -> list[Row]:
        """Critical loads: in each tier those that lack something first, as many as fit."""
        return [self._row(load) for load in self._ranked[: self._room]]

    @property
    def others(self) -> list[str]:
        """What is said of the critical loads that do not fit."""
        rest = self._ranked[self._room :]
        lost = sum(not load.kept for load in rest)
        if not rest:
            return []
        return [self.telling.say("others_lost" if lost else "others_served", count=len(rest), lost=lost)]

    @cached_property
    def _room(self) -> int:
        """How many loads are listed; a change may need two lines."""
        return min(MOST, max(FEWEST, LINES - len(self.tiers) - 2 * len(self.changes)))

    @cached_property
    def _ranked(self) -> list[LoadAccount]:
        return sorted(self.telling.facts.critical, key=lambda load: (load.tier, bool(load.kept), self._since(load)))

    def _since(self, load: LoadAccount) -> int:
        return self.telling.facts.case.steps if load.short_from is None else load.short_from

    def _row(self, load: LoadAccount) -> Row:
        symbol = KEPT if load.kept else PARTLY if load.served_kw.any() else LOST
        place = load.site or load.bus
        return Row(symbol, brief(load.name), str(load.tier), brief(place), self._status(load), self._hours(load))

    def _status(self, load: LoadAccount) -> str:
        say, since = self.telling.say, load.short_from
        if load.kept or since is None:
            return say("served")
        at = self.telling.at_point(since)
        if load.unpowered:
            return say("unpowered", need=told(load.hours_owed))
        if load.daily:
            return say("short_day", got=told(load.hours_got), need=told(load.hours_owed), at=at)
        what = "dark" if load.state[since] == Service.DARK else "short"
        full = load.required & (load.state == Service.FULL)
        if not full.any():
            return say(f"{what}_throughout")
        if full[since:].any():
            return say(f"{what}_first", at=at)
        return say("served_until" if what == "dark" else "partly_until", at=at)

    def _hours(self, load: LoadAccount) -> str:
        if load.kept or load.short_from is None:
            return ""
        if load.unpowered:
            return "0"
        left = (self.telling.point(load.short_from) - self._now).total_seconds() / 3600.0
        return told(max(0.0, left))

    @property
    def _now(self) -> datetime:
        return max(self.telling.as_of, self.telling.point(0))

    @property
    def tiers(self) -> list[str]:
        """Loads and load-hours by tier."""
        facts = self.telling.facts
        found = []
        for tier in dict.fromkeys(load.tier for load in facts.critical):
            mine = [load for load in facts.critical if load.tier == tier]
            got, owed = (sum(getattr(load, name) for load in mine) for name in ("hours_got", "hours_owed"))
            kept = sum(bool(load.kept) for load in mine)
            found.append(
                self.telling.say("by_tier", tier=tier, served=kept, total=len(mine), got=told(got), owed=told(owed))
            )
        return found or [self.telling.say("no_critical")]

    @property
    def fleet(self) -> list[str]:
        """Energy in vehicles now and at the end, and what drivers need of it."""
        facts, say = self.telling.facts, self.telling.say
        if not facts.vehicles:
            return [say("no_vehicles")]
        points = [point.timestamp() for point in facts.clock.points]
        at = min(self._now, self.telling.point(-1))
        now = float(np.interp(at.timestamp(), points, facts.fleet_kwh))
        short = sorted((one for one in facts.vehicles if one.short_kwh > LEAST_KWH), key=lambda one: -one.short_kwh)
        lines = [
            say("fleet_now", count=len(facts.vehicles), now=told(now), at=self.telling.at(at),
                end=told(float(facts.fleet_kwh[-1]))),
            self.telling.language.blank.join(
                [say("fleet_reserve", reserve=told(float(facts.reserve_kwh[-1]))), *self._kept]
            ),
        ]  # fmt: skip
        if not short:
            return [*lines, say("reserve_kept")]
        total, worst = sum(one.short_kwh for one in short), short[0]
        known = {"kwh": told_up(total), "vehicle": brief(worst.name), "most": told_up(worst.short_kwh)}
        return [*lines, say("reserve_short", count=len(short), **known)]

    @property
    def _kept(self) -> list[str]:
        """How much energy at the end is in vehicles that no way of giving is open to in the whole plan."""
        record, vehicles = self.telling.facts.record, self.telling.facts.vehicles
        ways = record.fleet.discharge_max_kw + record.fleet.v2h_max_kw + record.fleet.v2l_max_kw
        kwh = sum(float(one.energy_kwh[-1]) for one, most in zip(vehicles, ways, strict=True) if not most.any())
        return [self.telling.say("fleet_kept", kwh=told(kwh))] if kwh > LEAST_KWH else []

    @property
    def supply(self) -> list[str]:
        """Energy by source."""
        say, hours = self.telling.say, self.telling.facts.record.hours
        found = [
            say("supply_line", source=say(f"{one.kind}_source"), kwh=told(float(one.kw @ hours)))
            for one in self.telling.facts.supply
        ]
        return [self.telling.language.listed(found)] if found else [say("no_supply")]

    @property
    def changes(self) -> list[str]:
        """What changed since the earlier plan, as much as fits."""
        if self.compared is None:
            return []
        return list(comparison_lines(self.telling.language, self.compared, CHANGES))[:MOST_CHANGES]

    @property
    def decisions(self) -> list[str]:
        """At most three, what cannot wait first; each follows from the plan."""
        return list(self._decisions())[:DECISIONS]

    def _decisions(self) -> Iterator[str]:
        telling, facts, say = self.telling, self.telling.facts, self.telling.say
        if not facts.verdict.ok:
            yield say("decide_audit", count=len(facts.verdict.failed))
        if telling.stale:
            yield say(f"decide_{telling.age}", since=telling.at_point(1 if telling.age == "stale" else -1))
        yield from self._dark(1)
        yield from self._trips()
        yield from self._short()
        yield from self._dark(2)
        if facts.verdict.ok and not telling.stale:
            yield say("decide_release")

    def _dark(self, which: int) -> Iterator[str]:
        """The first load to lack something in the most critical tier that is not kept whole, or the second one."""
        lost = [load for load in self._ranked if not load.kept and load.short_from is not None]
        for load in lost[which - 1 : which]:
            assert load.short_from is not None
            place = self.telling.say("in_place", place=brief(load.site)) if load.site else ""
            known = {"load": brief(load.name), "tier": load.tier, "place": place,
                     "since": self.telling.at_point(load.short_from)}  # fmt: skip
            if load.daily:
                yield self.telling.say("decide_none" if load.unpowered else "decide_day", **known)
            else:
                dark = "dark" if load.state[load.short_from] == Service.DARK else "short"
                yield self.telling.say("decide_dark", what=self.telling.say(f"decide_{dark}_what"), **known)

    def _trips(self) -> Iterator[str]:
        """The vehicle whose trips lack most."""
        missed = self.telling.facts.record.vehicle_sheet["missed_trip_kwh"].sum(axis=1)
        if missed.size and missed.max() > LEAST_KWH:
            worst = int(missed.argmax())
            name = brief(self.telling.facts.vehicles[worst].name)
            yield self.telling.say("decide_trip", vehicle=name, kwh=told_up(float(missed[worst])))

    def _short(self) -> Iterator[str]:
        """The vehicle that lacks most for its driver."""
        short = [one for one in self.telling.facts.vehicles if one.short_kwh > LEAST_KWH]
        if short:
            worst = max(short, key=lambda one: one.short_kwh)
            others = self.telling.say("decide_others", count=len(short) - 1) if len(short) > 1 else ""
            known = {"vehicle": brief(worst.name), "kwh": told_up(worst.short_kwh), "others": others}
            yield self.telling.say("decide_short", **known)

    @property
    def _has_feeder(self) -> bool:
        case = self.telling.facts.case
        return any(len(case.table(name)) for name in ("lines", "transformers"))

    @property
    def assumptions(self) -> list[str]:
        """What all of it rests on."""
        telling, origin = self.telling, self.telling.facts.origin
        guarantee = telling.facts.case.header.get("guarantee_h")
        lines = [telling.say("assume_model"),
                 telling.say("assume_network" if self._has_feeder else "assume_no_network",
                             network=origin["network"], policy=origin["policy"])]  # fmt: skip
        if isinstance(guarantee, int | float) and np.isfinite(guarantee):
            lines.append(telling.say("assume_guarantee", hours=told(float(guarantee))))
        return [*lines, telling.say("assume_horizon", end=telling.at_point(-1))]

    @property
    def audit(self) -> list[str]:
        """What the audit finds now, and from what the plan is."""
        verdict, origin, say = self.telling.facts.verdict, self.telling.facts.origin, self.telling.say
        if verdict.ok:
            found = say("audit_ok", count=len(verdict.checks))
        else:
            worst = max(verdict.failed, key=lambda check: check.scaled)
            failed = len(verdict.failed)
            found = say("audit_failed", failed=failed, count=len(verdict.checks), worst=brief(worst.name))
        status = say(f"status_{origin['status']}") if origin["status"] in PROVEN else brief(origin["status"])
        made = {"made": self._made(origin["created_utc"]), "status": status, "version": origin["v2g"]}
        return [found, say("origin", case=brief(origin["case"]), sha=origin["case_sha256"][:12], **made)]

    def _made(self, created: str) -> str:
        """When the plan was made; as it stands where it is no time."""
        try:
            return self.telling.both(datetime.fromisoformat(created), dated=True)
        except ValueError:
            return brief(created)
