"""The first screen: how old, what is served and possible, what is missing and would help, what it rests on."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from v2g.handover.facts import Facts
from v2g.handover.headline import DAYS, MONTHS, sentence
from v2g.handover.people import served_people
from v2g.reports.outcome import Tier, tiers
from v2g.reports.page.assumptions import assumptions
from v2g.reports.page.helping import MOST_GROUPS, Help, Missing
from v2g.reports.page.markup import Markup, joined, tag

MOST_LINES = 200
AGES = {
    "early": "Its first interval has not begun yet.",
    "stale": "STALE: its first interval is over. Ask for a newer plan before acting on this one.",
    "over": "STALE: all of it is over. Do not act on it.",
}
"""What is said of a plan that is not in its first interval."""


def first_screen(facts: Facts, now: datetime, pinned: bool, help_: Help) -> Markup:
    """All of it, readable without a script; ``pinned``: the time was set by hand."""
    return tag(
        "header", _age(facts, now), _verdict(facts) if not facts.verdict.ok else None, _top(facts, now, pinned),
        tag("p", sentence(facts), ".", class_="headline"), _tiers(facts),
        tag("div", _missing(help_), tag("div", _assumed(facts), _audited(facts)), class_="columns"), id="first",
    )  # fmt: skip


def _age(facts: Facts, now: datetime) -> Markup:
    age = facts.age(now)
    return tag("p", AGES.get(age, ""), class_="stale" if age in ("stale", "over") else "age", id="age", role="status")


def _top(facts: Facts, now: datetime, pinned: bool) -> Markup:
    ends = (moment(point, facts.clock.zone) for point in (facts.clock.points[0], facts.clock.points[-1]))
    told = moment(now, facts.clock.zone) + (", set by hand" if pinned else "")
    audit = "passed" if facts.verdict.ok else "FAILED"
    lines = (
        ("As of", told),
        ("For", " to ".join(ends)),
        ("Plan", facts.run_id),
        ("Audit", audit),
    )
    said = [tag("span", tag("b", key), " ", value) for key, value in lines]
    return tag("div", tag("h1", tag("bdi", facts.case.title or facts.case.name)), tag("p", *said, class_="facts"))


def moment(now: datetime, zone: str) -> str:
    """A time of a clock in local time and UTC, with the year, and with the date in UTC where that is another one."""
    at, utc = now.astimezone(ZoneInfo(zone)), now.astimezone(UTC)
    if zone == "UTC":
        return _dated(at)
    return f"{_dated(at)} ({f'{utc:%H:%M %Z}' if utc.date() == at.date() else _dated(utc)})"


def _dated(at: datetime) -> str:
    return f"{DAYS[at.weekday()][:3]} {at.day} {MONTHS[at.month - 1][:3]} {at.year} {at:%H:%M %Z}"


def _tiers(facts: Facts) -> Markup:
    cards = [_tier(row) for row in tiers(facts.case, facts.plan)]
    served, total = served_people(facts.case, facts.plan)
    if total:
        said = tag("p", tag("b", f"{served:,.0f}"), f" of {total:,.0f} people", class_="count")
        where = tag("p", "at places whose most critical loads are all served")
        cards.append(tag("li", tag("h2", "People"), said, where, class_="all" if served == total else "some"))
    return tag("ul", *cards, class_="tiers")


def _tier(row: Tier) -> Markup:
    share = row.hours_served / row.hours if row.hours else 0.0
    widths = (("none", "100%"), ("full", f"{100 * share:.1f}%"))
    rects = [tag("rect", width=width, height="100%", class_=name) for name, width in widths]
    bar = tag("svg", *rects, class_="bar", aria_hidden="true")
    more = [f"possible at most {row.possible}", f"{row.hours_served:,.1f} of {row.hours:,.1f} load-hours"]
    if row.in_people:
        more.append(f"{row.weight_served:,.0f} of {row.weight:,.0f} people")
    state = "all" if row.loads_served == row.loads else "some"
    count = tag("p", tag("b", str(row.loads_served)), f" of {row.loads} served", class_="count")
    return tag("li", tag("h2", f"Tier {row.tier}"), count, bar, *(tag("p", line) for line in more), class_=state)


def _missing(help_: Help) -> Markup:
    if not help_.missing:
        return tag("section", tag("h2", "What is missing"), tag("p", "Every critical load is served."))
    shown = [_group(group) for group in help_.missing[:MOST_GROUPS]]
    left = sum(group.count for group in help_.missing[MOST_GROUPS:])
    if left:
        shown.append(tag("li", f"and {left} more, for other reasons: see below."))
    parts = [tag("h2", "What is missing, and why"), tag("ul", *shown)]
    remedies = list(dict.fromkeys(remedy for group in help_.missing for remedy in group.remedies))
    if remedies or help_.worth:
        parts.append(tag("h2", "What would help most"))
        parts.append(tag("ul", *(tag("li", one) for one in (*remedies[:MOST_GROUPS], *help_.worth))))
    if help_.worth:
        parts.append(tag("p", "h: hours of critical load that one unit more would keep.", class_="note"))
    return tag("section", *parts, tag("p", help_.how, class_="note"))


def _group(group: Missing) -> Markup:
    more = group.count - len(group.names)
    names = ", ".join(group.names) + (f" and {more} more" if more > 0 else "")
    beside = tag("p", group.beside, class_="note") if group.beside else None
    return tag("li", tag("b", tag("bdi", names)), ": ", group.why, beside)


def _assumed(facts: Facts) -> Markup:
    return tag("section", tag("h2", "What this rests on"), tag("ul", *(tag("li", one) for one in assumptions(facts))))


def _audited(facts: Facts) -> Markup:
    said = _verdict(facts) if facts.verdict.ok else tag("p", "Failed: what it found stands at the top.")
    return tag("section", tag("h2", "Audit"), said)


def _verdict(facts: Facts) -> Markup:
    verdict, gap = facts.verdict, facts.plan.summary.get("status")
    if not verdict.ok:
        worst = "; ".join(str(check) for check in verdict.failed[:3])
        count = f"{len(verdict.failed)} of {len(verdict.checks)} checks"
        return tag("p", f"AUDIT FAILED: {count}. Do not use this plan. {worst}", class_="violation")
    proven = {"optimal": "Proven to be as good as possible.", "feasible": "Better plans may exist."}.get(str(gap), "")
    return tag("p", f"Passed: {len(verdict.checks)} checks by separate code. {proven}")


def at_length(help_: Help) -> Markup:
    """Every load and vehicle that lacks something, and why."""
    lines = [line for group in help_.missing for line in group.more]
    if not lines and not help_.vehicles:
        return joined()
    parts = [tag("h2", "Every load and vehicle that lacks something, and why")]
    for title, said in (("Loads", lines), ("Vehicles", help_.vehicles)):
        if said:
            shown = [tag("li", line) for line in said[:MOST_LINES]]
            left = len(said) - len(shown)
            more = tag("p", f"and {left:,} more: v2g explain lists them all.") if left else None
            parts.append(tag("details", tag("summary", f"{title}: {len(said):,}"), tag("ul", *shown), more))
    return tag("section", *parts, id="why")
