"""Changes between plans in the words of a language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from v2g.handover.amounts import told
from v2g.handover.changes import Change, Comparison
from v2g.handover.languages.language import Language
from v2g.handover.safe import brief

MOST = 12
"""So many changes of one kind are told; the table has all of them."""


def change_line(language: Language, zone: str, change: Change) -> str:
    """One change in a sentence."""

    def told_value(value: float | datetime | None) -> str:
        if isinstance(value, datetime):
            return language.at(value.astimezone(ZoneInfo(zone)))
        return "" if value is None else told(value)

    subject = language.say(f"{change.subject}_source") if change.key == "change_source" else brief(change.subject)
    known = {
        "subject": subject, "tier": _tier(language, change), "at": told_value(change.at),
        "before": told_value(change.before), "after": told_value(change.after),
    }  # fmt: skip
    if change.key == "change_vehicle_ways":
        starts, stops = (language.listed(language.say(f"way_{way}") for way in ways) for ways in change.ways)
        key = "change_vehicle_" + ("swaps" if starts and stops else "starts" if starts else "stops")
        return language.say(key, starts=starts, stops=stops, **known)
    if change.key == "change_vehicle_place":
        was, now = (brief(place) if place else language.say("way_away") for place in change.places)
        return language.say(change.key, was=was, now=now, **known)
    return language.say(f"{change.key}_day" if _by_the_day(change) else change.key, **known)


def _by_the_day(change: Change) -> bool:
    """Whether a load is won or lost without a time from which it lacks power."""
    return change.key in ("change_load_served", "change_load_lost") and change.at is None


def _tier(language: Language, change: Change) -> str:
    return language.say("change_tier", tier=change.tier) if change.tier else ""


def comparison_lines(language: Language, compared: Comparison, most: int = MOST) -> Iterator[str]:
    """What changed, the most important first; of many changes of one kind the first few."""
    if compared.same:
        yield language.say("change_none")
    keys = list(dict.fromkeys(change.key for change in compared.changes))
    for key in sorted(keys, key=_rank):
        mine = [change for change in compared.changes if change.key == key]
        yield from (change_line(language, compared.zone, change) for change in mine[:most])
        if len(mine) > most:
            yield language.say("change_more", count=len(mine) - most)


ORDER = ("tier_served", "load_lost", "load_served", "load_earlier", "load_later", "load_new", "load_gone", "tier_hours",
         "load_less", "load_more", "vehicle_short", "vehicle_place", "vehicle_ways", "vehicle_end", "vehicle_new",
         "vehicle_gone", "source")  # fmt: skip
"""Kinds of change, what matters most first."""


def _rank(key: str) -> int:
    return ORDER.index(key.removeprefix("change_"))


def scope_line(language: Language, compared: Comparison) -> str:
    """Which plans, and which time of theirs, are compared."""
    zone = ZoneInfo(compared.zone)
    first, last = (compared.moment(point) for point in (0, -1))
    span = language.span(first.astimezone(zone), last.astimezone(zone))
    utc = language.span(first.astimezone(UTC), last.astimezone(UTC))
    key = "change_scope" if compared.same_horizon else "change_scope_part"
    local = f"{utc} UTC" if compared.zone == "UTC" else f"{span} (UTC {utc})"
    return language.say(key, first=compared.first.run_id, second=compared.second.run_id, span=local)


def ordered(changes: Sequence[Change]) -> list[Change]:
    """Changes, what matters most first."""
    return sorted(changes, key=lambda change: _rank(change.key))
