"""The service strip: a row for each critical load, what it gets over time, and in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from v2g.handover.clock import Clock
from v2g.handover.facts import Facts
from v2g.handover.headline import lack_words, trouble_of, when
from v2g.handover.loads import LoadAccount, Service
from v2g.handover.spans import spans
from v2g.reports.page.markup import Markup, joined, tag
from v2g.reports.page.time import axis, percent, shares

MOST_ROWS = 400
"""More critical loads than that are in the table with search only, the least critical ones first."""
OFF = 4
"""What is shown of a load, beside what `Service` has: it asks and gets nothing then, and has what its days need."""
CLASSES = {Service.FULL: "full", Service.PART: "part", Service.DARK: "dark", OFF: "off"}
SAID = {Service.FULL: "served", Service.PART: "in part", Service.DARK: "dark", OFF: "off, its day kept"}


def strips(facts: Facts) -> Markup:
    """A table; its pictures are as wide as the page and share one axis of time."""
    rows: list[str] = []
    tier = None
    for load in facts.critical[:MOST_ROWS]:
        if load.tier != tier:
            tier = load.tier
            mine = [one for one in facts.critical if one.tier == tier]
            kept = sum(bool(one.kept) for one in mine)
            head = tag("th", f"Tier {tier}: {kept} of {len(mine)} served", colspan=3, scope="rowgroup")
            rows.append(tag("tr", head, class_="tier"))
        rows.append(_row(facts.clock, load))
    left = len(facts.critical) - MOST_ROWS
    more = tag("p", f"{left:,} more critical loads are in the table of loads below.") if left > 0 else None
    head = tag("tr", tag("th", "Load", scope="col"), tag("th", axis(facts.clock), class_="wide"),
               tag("th", "In words", scope="col"))  # fmt: skip
    caption = tag("caption", "Every critical load over time")
    return joined(tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="strips"), more)


def _row(clock: Clock, load: LoadAccount) -> Markup:
    place = load.site or load.bus
    about = ", ".join(word for word in (load.kind, f"at {place}" if place else "") if word and word != load.name)
    name = tag("th", tag("bdi", load.name), tag("small", " ", tag("bdi", about)) if about else None, scope="row")
    return tag("tr", name, tag("td", _strip(clock, load), class_="wide"), tag("td", outcome(clock, load)),
               class_="kept" if load.kept else "lost")  # fmt: skip


def shown(load: LoadAccount) -> NDArray[np.int8]:
    """What a load gets, (T,): one that has what its days need is off in between, and not dark."""
    rests = bool(load.daily and load.kept)
    return np.where(rests & (load.state == Service.DARK), OFF, load.state).astype(np.int8)


def _strip(clock: Clock, load: LoadAccount) -> Markup:
    edges, state = shares(clock), shown(load)
    parts = [
        tag("rect", x=percent(edges[first]), width=percent(edges[last] - edges[first]), y=0, height="100%",
            class_=CLASSES[int(state[first])])
        for first, last in spans(state)
        if state[first] != Service.NONE_ASKED
    ]  # fmt: skip
    return tag("svg", tag("line", x1=0, x2="100%", y1="50%", y2="50%", class_="idle"), *parts, class_="strip",
               height=16, role="img", aria_label=spoken(clock, load))  # fmt: skip


def spoken(clock: Clock, load: LoadAccount) -> str:
    """The strip for those who do not see it."""
    state = shown(load)
    said = [
        f"{SAID[int(state[first])]} {when(clock, first)} to {when(clock, last)}"
        for first, last in spans(state)
        if state[first] != Service.NONE_ASKED
    ]
    return "; ".join(said) or "needs nothing"


def outcome(clock: Clock, load: LoadAccount) -> str:
    """What becomes of a load, in a few words."""
    if load.kept:
        return "served" if load.daily or load.short_from is None else f"served until {when(clock, load.short_from)}"
    if load.daily:
        return f"{100 * load.hours_got / load.hours_owed:.0f} % of its daily need" if load.hours_owed else "not served"
    if load.short_from is None:
        return "not served"
    said = lack_words(clock, trouble_of(load, load.short_from))
    return f"{said}, {load.hours_got:,.1f} of {load.hours_owed:,.1f} h"
