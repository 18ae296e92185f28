"""How moments of a case are told in a language: in local time, beside UTC where that is another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from v2g.handover.facts import Facts
from v2g.handover.languages.language import Language
from v2g.handover.spans import Span

STALE = ("stale", "over")


@dataclass(frozen=True)
class Telling:
    """The facts of a plan as they are told in a language at the moment ``as_of``."""

    facts: Facts
    language: Language
    as_of: datetime

    def say(self, key: str, **values: object) -> str:
        """Words of the language."""
        return self.language.say(key, **values)

    def local(self, moment: datetime) -> datetime:
        """A moment in the zone of the case."""
        return moment.astimezone(ZoneInfo(self.facts.clock.zone))

    @property
    def in_utc(self) -> bool:
        """Whether the zone of the case is UTC itself."""
        return self.facts.clock.zone == "UTC"

    def point(self, point: float) -> datetime:
        """A point of the case as a moment, or a moment between two points, to the minute."""
        return self.facts.clock.at(point)

    def at(self, moment: datetime) -> str:
        """A moment in local time.

        The zone is said at the head of the page.
        """
        return self.language.at(self.local(moment))

    def at_point(self, point: float) -> str:
        """A point of the case in local time."""
        return self.at(self.point(point))

    def both(self, moment: datetime, dated: bool = False) -> str:
        """A moment in local time and in UTC; with the year where it is to be ``dated``."""
        utc, local = (self.language.at(at, dated) for at in (moment.astimezone(UTC), self.local(moment)))
        return f"{utc} UTC" if self.in_utc else f"{local} (UTC {utc})"

    def span(self, first: datetime, last: datetime) -> str:
        """From one moment to another in local time."""
        return self.language.span(self.local(first), self.local(last))

    def both_span(self, first: datetime, last: datetime) -> str:
        """From one moment to another in local time and in UTC."""
        utc = self.language.span(first.astimezone(UTC), last.astimezone(UTC))
        return f"{utc} UTC" if self.in_utc else f"{self.span(first, last)} (UTC {utc})"

    def points(self, first: float, last: float) -> str:
        """From one point to another in local time."""
        return self.span(self.point(first), self.point(last))

    def all_points(self, spans: Iterable[Span]) -> str:
        """Several spans of points."""
        return self.language.spans((self.local(self.point(a)), self.local(self.point(b))) for a, b in spans)

    @property
    def zone(self) -> str:
        """The zone at the start of the case, such as ``JST, UTC+09:00``."""
        start = self.local(self.point(0))
        offset = f"{start:%z}"
        hours = f"UTC{offset[:3]}:{offset[3:5]}"
        name = start.tzname() or ""
        return hours if name[:1] in "+-" else f"{name}, {hours}"

    @property
    def age(self) -> str:
        """How old the plan is, as `Facts.age` says."""
        return self.facts.age(self.as_of)

    @property
    def stale(self) -> bool:
        """Whether its first step is over."""
        return self.age in STALE

    def head(self) -> list[str]:
        """What stands on every page: is it stale, of when, which plan, which zone, and that it is a proposal."""
        lines = []
        if self.stale:
            lines.append(self.say(self.age, since=self.both(self.point(1 if self.age == "stale" else -1))))
        lines.append(
            self.say("as_of", at=self.both(self.as_of, dated=True), run=self.facts.run_id,
                     since=self.both(self.point(0), dated=True), until=self.both(self.point(-1), dated=True))
        )  # fmt: skip
        if self.age == "early":
            lines.append(self.say("early", since=self.both(self.point(0))))
        zone = self.facts.clock.zone
        lines.append(self.say("zone_utc") if self.in_utc else self.say("zone", zone=f"{zone}, {self.zone}"))
        lines.append(self.say("proposal"))
        return lines
