"""What is said first of a plan: how many loads are served until when, and which one goes dark first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from v2g.handover.clock import Clock
from v2g.handover.facts import Facts
from v2g.handover.loads import LoadAccount, Service


class Lack(StrEnum):
    """How a load comes to lack what is owed to it."""

    DARK = "dark"
    SHORT = "short"
    DAY = "day"


@dataclass(frozen=True)
class Trouble:
    """The first load of a tier to lack what is owed to it.

    ``since`` is the point from which it lacks it, for a load with service by the ``day`` the end of the first day that
    is short. ``throughout``: it is dark or short in all that is owed to it; ``lasting``: from that point on. ``others``
    loads of its tier are not kept either.
    """

    load: str
    tier: int
    lack: Lack
    since: int
    throughout: bool
    lasting: bool
    others: int


@dataclass(frozen=True)
class Headline:
    """``served`` of ``total`` critical loads of the most critical ``tier`` are served until a point.

    ``trouble`` is the first to go dark in the most critical tier that is not kept whole, which has ``trouble_total``
    loads; None where all critical loads are served. ``all_loads`` counts the critical loads of all tiers.
    """

    tier: int
    served: int
    total: int
    until: int
    all_loads: int
    trouble: Trouble | None
    trouble_total: int


def headline(facts: Facts) -> Headline | None:
    """What is said first; None for a case without critical loads."""
    if not facts.critical:
        return None
    first = facts.critical[0].tier
    mine = [load for load in facts.critical if load.tier == first]
    until = int(facts.record.loads.in_guarantee.sum())
    lost = next((load.tier for load in facts.critical if not load.kept), None)
    return Headline(
        first, sum(bool(load.kept) for load in mine), len(mine), until, len(facts.critical),
        None if lost is None else _trouble(facts, lost, until),
        sum(load.tier == lost for load in facts.critical),
    )  # fmt: skip


def _trouble(facts: Facts, tier: int, until: int) -> Trouble:
    lost = [load for load in facts.critical if load.tier == tier and not load.kept]
    load = min(lost, key=lambda one: until if one.short_from is None else one.short_from)
    return trouble_of(load, until, len(lost) - 1)


def trouble_of(load: LoadAccount, until: int, others: int = 0) -> Trouble:
    """How a load that is not kept lacks what is owed to it: from the point ``until`` on if nothing tells when."""
    since = until if load.short_from is None else load.short_from
    if load.daily:
        return Trouble(load.name, load.tier, Lack.DAY, since, False, False, others)
    lack = Lack.DARK if load.state[since] == Service.DARK else Lack.SHORT
    kept = load.required & (load.state == Service.FULL)
    return Trouble(load.name, load.tier, lack, since, not kept.any(), not kept[since:].any(), others)


def sentence(facts: Facts) -> str:
    """The headline in English.

    Such as ``9 of 12 tier-1 loads served to Friday 06:00; clinic-2 dark from 03:15``.
    """
    said = headline(facts)
    if said is None:
        return "This case has no critical load"
    clock = facts.clock
    end = when(clock, said.until)
    if said.trouble is None:
        which = "The one critical load is" if said.all_loads == 1 else f"All {said.all_loads} critical loads are"
        return f"{which} served to {end}"
    noun = "load" if said.total == 1 else "loads"
    start = f"{said.served} of {said.total} tier-{said.tier} {noun} served to {end}"
    return f"{start}; {_trouble_words(clock, said, said.trouble)}"


def _trouble_words(clock: Clock, said: Headline, trouble: Trouble) -> str:
    others = f", and {trouble.others} more" if trouble.others else ""
    place = ""
    if trouble.tier != said.tier:
        served = said.trouble_total - trouble.others - 1
        place = f"tier {trouble.tier}: {served} of {said.trouble_total}, "
    return f"{place}{trouble.load} {lack_words(clock, trouble, clock.local(said.until))}{others}"


def lack_words(clock: Clock, trouble: Trouble, beside: datetime | None = None) -> str:
    """What a load lacks and since when, such as ``first dark from Friday 03:15``; for ``beside`` see ``when``."""
    at = when(clock, trouble.since, beside)
    if trouble.lack is Lack.DAY:
        return f"lacks part of what a day needs by {at}"
    lack = "dark" if trouble.lack is Lack.DARK else "short of power"
    if trouble.throughout:
        return f"{lack} throughout"
    return f"{lack if trouble.lasting else f'first {lack}'} from {at}"


def when(clock: Clock, point: int, beside: datetime | None = None) -> str:
    """A point in local words: ``Friday 06:00``, with the date where the case is longer than six days.

    Of the day of ``beside`` the time alone.
    """
    at = clock.local(point)
    if beside is not None and at.date() == beside.date():
        return f"{at:%H:%M}"
    long = (clock.points[-1] - clock.points[0]).days >= WEEKDAYS
    return (
        f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at:%H:%M}"
        if long
        else f"{DAYS[at.weekday()]} {at:%H:%M}"
    )


WEEKDAYS = 6
"""From so many days on a weekday alone may be one of two."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
