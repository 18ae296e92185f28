"""What is missing and what would help most: reasons and prices of the plan, and remedies where they are asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from v2g.explain import Reason, explain, small
from v2g.handover.facts import Facts
from v2g.handover.headline import when
from v2g.handover.spans import where
from v2g.reports.page.prices import Prices
from v2g.values import values

EXPLAINED = 250_000
"""Vehicles times intervals up to which reasons are looked for without being asked for: seconds for each load lost."""
MOST_GROUPS = 3
MOST_NAMES = 4
WORTH = "Hours of critical load: from the prices of the plan; each holds for the first unit, all else as it is."
PRICED = "One more kWh"
"""How a sentence about prices begins; the page has its own."""
NEARLY = 0.99
"""Prices within that share of the highest are as high."""
SPAN = re.compile(
    r"(?:\d{4}-\d\d-\d\d \d\d:\d\d(?: (?:to|and) \d\d:\d\d\b)?|from \d\d:\d\d until \d\d:\d\d)"
    r"(?! UTC)(?! (?:to|and|until) (?:\d{4}-\d\d|\d\d:\d\d))"
)
"""The last time of a moment or span in a reason that no zone follows; reasons are in UTC."""
SENTENCES = {
    "plug": "One more plug at {name}, {at}: at most {worth:.2g} h.",
    "fuel": "One more litre for {name}: {worth:.2g} h.",
    "start energy": "One more kWh in {name} at the start: {worth:.2g} h.",
    "reserve": "One kWh less kept back for the driver of {name}: {worth:.2g} h.",
}
"""The best of each kind of what is worth something for the whole plan; energy by place has words of its own."""


@dataclass(frozen=True)
class Missing:
    """Loads that lack power for the same reason: how many, the first of them, why in a sentence.

    ``beside`` is what else is said of the first one, ``more`` all of each of them at length.
    """

    count: int
    names: tuple[str, ...]
    why: str
    beside: str
    more: tuple[str, ...]
    remedies: tuple[str, ...]


@dataclass(frozen=True)
class Help:
    """Groups of loads not served, what one unit more of something is worth, and how that was found."""

    missing: tuple[Missing, ...]
    worth: tuple[str, ...]
    how: str
    vehicles: tuple[str, ...]


def helping(facts: Facts, prices: Prices, within: float | None) -> Help:
    """What would help; ``within`` so many seconds remedies are looked for, not at all if None."""
    found = _helping(facts, prices, within)
    return found if facts.clock.zone == "UTC" else _with_zone(found)


def _with_zone(help_: Help) -> Help:
    """The same with UTC after the times in reasons, for a page whose other times are local."""
    missing = tuple(
        replace(
            one, why=zoned(one.why), beside=zoned(one.beside), more=tuple(map(zoned, one.more)),
            remedies=tuple(map(zoned, one.remedies)),
        )
        for one in help_.missing
    )  # fmt: skip
    return replace(help_, missing=missing, vehicles=tuple(map(zoned, help_.vehicles)))


def zoned(words: str) -> str:
    """Words with UTC after each moment or span.

    >>> zoned("Dark from 2026-01-15 18:00 to 20:00 and at 2026-01-16 01:00 UTC.")
    'Dark from 2026-01-15 18:00 to 20:00 UTC and at 2026-01-16 01:00 UTC.'
    """
    return SPAN.sub(r"\g<0> UTC", words)


def _helping(facts: Facts, prices: Prices, within: float | None) -> Help:
    if within is None and len(facts.case.table("vehicles")) * facts.case.steps > EXPLAINED:
        return _unexplained(facts, prices)
    reasons = explain(facts.case, facts.plan, within is not None, time_limit=within)
    lost = [reason for reason in reasons if reason.subject == "load"]
    groups: dict[str, list[Reason]] = {}
    for reason in lost:
        groups.setdefault(_sentences(reason.why)[0], []).append(reason)
    worth = (*_dearest(facts, prices), *_best_units(facts)) if lost else ()
    return Help(
        tuple(_missing(why, members) for why, members in groups.items()), worth, _how(within, bool(worth)),
        tuple(f"{reason.what} {reason.why}" for reason in reasons if reason.subject == "vehicle"),
    )  # fmt: skip


def _unexplained(facts: Facts, prices: Prices) -> Help:
    """What is missing without the reasons."""
    lost = [load for load in facts.critical if not load.kept]
    worth = tuple(_dearest(facts, prices)) if lost else ()
    names = tuple(f"{load.name} (tier {load.tier})" for load in lost[:MOST_NAMES])
    why = "Why is not looked into for so large a case: v2g explain, or --remedies-within."
    missing = (Missing(len(lost), names, why, "", (), ()),) if lost else ()
    return Help(missing, worth, WORTH if worth else "", ())


def _sentences(words: str) -> list[str]:
    return re.split(r"(?<=\.) (?=[A-Z])", words)


def _missing(why: str, members: list[Reason]) -> Missing:
    names = tuple(f"{one.name} (tier {one.tier})" for one in members[:MOST_NAMES])
    found = [one.remedy for one in members if one.remedy is not None]
    said = [one for one in _sentences(members[0].why)[1:] if not one.startswith(PRICED)]
    beside = " ".join([*([f"{members[0].name}:"] if said and len(members) > 1 else []), *said])
    works = tuple(dict.fromkeys(remedy.text for remedy in found if remedy.works))
    return Missing(len(members), names, why, beside, tuple(f"{one.what} {one.why}" for one in members), works)


def _dearest(facts: Facts, prices: Prices) -> list[str]:
    """Where and when one more kWh is worth most."""
    if not prices.any:
        return []
    high = np.asarray(prices.worth_h >= NEARLY * prices.top)
    first, last = next(where(np.asarray(high.any(axis=0))))
    buses = np.flatnonzero(high[:, first:last].any(axis=1))
    names = [prices.buses[bus] for bus in buses]
    nodes = np.flatnonzero(facts.record.live[:, first:last].any(axis=1))
    live = {facts.record.feeder.nodes[node][0] for node in nodes}
    more = len(names) - MOST_NAMES
    place = f"at {', '.join(names[:MOST_NAMES])}" + (f" and {more} more buses" if more > 0 else "")
    if more > 0 and len(names) >= NEARLY * len(live):
        place = "anywhere on the live feeder"
    span = f"from {when(facts.clock, first)} to {when(facts.clock, last, facts.clock.local(first))}"
    return [f"One more kWh {place}, {span}: {prices.top:.2g} h."]


def _best_units(facts: Facts) -> list[str]:
    """The best of other kinds, for cases so small that their prices are worked out in seconds."""
    if not small(facts.plan) or not facts.plan.duals:
        return []
    table = values(facts.case, facts.plan)
    found = []
    for kind, words in SENTENCES.items():
        rows = table[table["kind"] == kind]
        if len(rows):
            best = rows.iloc[0]
            found.append(words.format(name=best["name"], at=best["at"], worth=best["worth_h"]))
    return found


def _how(within: float | None, worth: bool) -> str:
    said = "Reasons: read from case and plan by separate code."
    if worth:
        said = f"{said} {WORTH}"
    if within is None:
        return f"{said} Remedies were not tried by solving again (v2g explain, or --remedies-within)."
    return f"{said} Remedies: the case solved again with each and audited, for at most {within:g} s."
