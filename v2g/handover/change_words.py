"""Changes between plans in the words of a language."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from v2g.handover.amounts import told
from v2g.handover.changes import Change, Comparison
from v2g.handover.languages.language import Language
from v2g.handover.safe import brief

MOST = 12
"""So many changes of one kind in one tier are told; the table has all of them."""


LOADS = ("load_lost", "load_served", "load_earlier", "load_later", "load_new", "load_gone", "load_less", "load_more",
         "load_moved")  # fmt: skip
ORDER = ("tier_served", "people_served", "load", "tier_hours", "vehicle_short", "vehicle_place", "vehicle_ways",
         "vehicle_end", "vehicle_new", "vehicle_gone", "source")  # fmt: skip
"""Kinds of change, what matters most first; those of loads tier by tier."""
BY_THE_DAY = ("change_load_served", "change_load_lost")
"""Kinds that have other words where no time is known from which power lacks."""


def change_line(language: Language, zone: str, change: Change) -> str:
    """One change in a sentence."""

    def told_value(value: float | datetime | None) -> str:
        if isinstance(value, datetime):
            return language.at(value.astimezone(ZoneInfo(zone)))
        return "" if value is None else told(value)

    subject = language.say(f"{change.subject}_source") if change.key == "change_source" else brief(change.subject)
    known = {
        "subject": subject, "tier": _whom(language, change), "at": told_value(change.at),
        "before": told_value(change.before), "after": told_value(change.after), "when": _when(language, zone, change),
        "people": told_value(change.people), "people_before": told_value(change.people_before),
    }  # fmt: skip
    if change.key == "change_vehicle_ways":
        starts, stops = (language.listed(language.say(f"way_{way}") for way in ways) for ways in change.ways)
        key = "change_vehicle_" + ("swaps" if starts and stops else "starts" if starts else "stops")
        return language.say(key, starts=starts, stops=stops, **known)
    if change.key == "change_vehicle_place":
        was, now = (brief(place) if place else language.say("way_away") for place in change.places)
        return language.say(change.key, was=was, now=now, **known)
    return language.say(_key(change), **known)


def _key(change: Change) -> str:
    """Which words are said: other ones for a load that is won or lost without a time from which it lacks power."""
    if change.key in BY_THE_DAY and change.at is None:
        return f"{change.key}_day"
    return f"{change.key}_people" if change.people_before is not None else change.key


def _whom(language: Language, change: Change) -> str:
    """Tier and people of a load, in brackets."""
    said = [language.say("change_of_tier", tier=change.tier)] if change.tier else []
    if change.people is not None:
        key = "change_person" if change.people == 1.0 else "change_people"
        said.append(language.say(key, count=told(change.people)))
    return language.say("change_tier", whom=language.listed(said)) if said else ""


def _when(language: Language, zone: str, change: Change) -> str:
    """When a load has more power than before, and when less: the first time of each, and how many there are."""
    here = ZoneInfo(zone)
    said = []
    for key, spans in (("more", change.more), ("less", change.less)):
        if spans:
            span = language.span(*(moment.astimezone(here) for moment in spans[0]))
            first = language.say("change_when_first", span=span, count=len(spans)) if len(spans) > 1 else span
            said.append(language.say(f"change_when_{key}", span=first))
    return language.say("change_when", spans=language.listed(said)) if said else ""


def comparison_lines(language: Language, compared: Comparison, most: int = MOST) -> Iterator[str]:
    """What changed, the most important first; of many changes of one kind in one tier the first few."""
    if compared.same:
        yield language.say("change_none")
    for _, group in groupby(ordered(compared.changes), key=_rank):
        mine = list(group)
        yield from (change_line(language, compared.zone, change) for change in mine[:most])
        if len(mine) > most:
            yield language.say("change_more", count=len(mine) - most)


def _rank(change: Change) -> tuple[int, float, int]:
    """What is said first: by kind, of loads by tier (those of none last) and then by kind."""
    kind = change.key.removeprefix("change_")
    if kind in LOADS:
        return ORDER.index("load"), change.tier or math.inf, LOADS.index(kind)
    return ORDER.index(kind), 0.0, 0


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
    return sorted(changes, key=_rank)
