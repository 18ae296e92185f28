"""Energy in the fleet against what drivers need, and where power comes from: charts that need no script."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from v2g.handover.clock import Clock
from v2g.handover.facts import Facts
from v2g.replay.verdict import Array
from v2g.reports.outcome import energy_words
from v2g.reports.page.markup import Markup, joined, tag
from v2g.reports.page.time import axis, shares

WIDE, HIGH = 1000.0, 100.0
"""Size of a chart in its own units; the page stretches it."""
SUPPLY = {
    "feeder": "vehicles, into the feeder (V2G)", "building": "vehicles, into buildings (V2H)",
    "sockets": "vehicles, from their sockets (V2L)", "battery": "batteries", "generator": "generators",
    "solar": "sun", "grid": "grid",
}  # fmt: skip
"""What supplies are called; each has a class and a pattern of that name."""


def fleet_chart(facts: Facts) -> Markup:
    """Energy in all vehicles (a line) and what their drivers need (hatched)."""
    top = max(float(facts.fleet_kwh.max()), float(facts.reserve_kwh.max(initial=0.0)), 1e-9)
    edges = shares(facts.clock)
    drawn = stretched(
        tag("path", d=_steps(edges, np.zeros(facts.case.steps), facts.reserve_kwh / top), class_="reserve"),
        tag("path", d=_line(edges, facts.fleet_kwh / top), class_="energy"),
    )
    ends = (
        f"{energy_words(float(facts.fleet_kwh[0]))} at the start, {energy_words(float(facts.fleet_kwh[-1]))} at the end"
    )
    label = (
        f"Energy in the fleet: {ends}; drivers need up to {energy_words(float(facts.reserve_kwh.max(initial=0.0)))}."
    )
    return joined(_framed(facts.clock, drawn, energy_words(top), label), tag("p", label, class_="note"))


def supply_chart(facts: Facts) -> Markup:
    """Power by kind of source, one on top of the other."""
    if not facts.supply:
        return tag("p", "Nothing gives any power in this plan.")
    base, total = np.zeros(facts.case.steps), np.sum([one.kw for one in facts.supply], axis=0)
    top, edges, parts, keys = float(total.max()), shares(facts.clock), [], []
    for one in facts.supply:
        path = _steps(edges, base / top, (base + one.kw) / top)
        parts.append(tag("path", d=path, class_=f"s-{one.kind}"))
        base = base + one.kw
        kwh = energy_words(float(one.kw @ facts.record.hours))
        swatch = tag("svg", tag("rect", width="100%", height="100%", class_=f"s-{one.kind}"), class_="key")
        keys.append(tag("li", swatch, f" {SUPPLY[one.kind]}: {kwh}"))
    label = f"Power by source, at most {top:,.1f} kW together."
    return joined(_framed(facts.clock, stretched(*parts), f"{top:,.1f} kW", label), tag("ul", *keys, class_="keys"))


def stretched(*parts: str) -> Markup:
    """Paths in units of the chart, drawn as wide as the page is."""
    return tag("svg", *parts, viewBox=f"0 0 {WIDE:g} {HIGH:g}", preserveAspectRatio="none", width="100%", height="100%")


def _framed(clock: Clock, drawn: Markup, top: str, label: str) -> Markup:
    picture = tag("svg", drawn, tag("text", top, x=4, y=12, class_="top"), class_="strip chart", height=120, role="img",
                  aria_label=label)  # fmt: skip
    return tag("div", axis(clock), picture, class_="framed")


def _at(share: float, height: float) -> str:
    return f"{round(WIDE * share, 1) + 0.0:g} {round(HIGH * (1.0 - height), 2) + 0.0:g}"


def _line(edges: Sequence[float], heights: Array) -> str:
    return "M" + "L".join(_at(x, float(y)) for x, y in zip(edges, heights, strict=True))


def _steps(edges: Sequence[float], low: Array, high: Array) -> str:
    """The area between two heights that are constant within each interval."""
    there = [_at(x, float(high[t])) for t in range(len(high)) for x in (edges[t], edges[t + 1])]
    back = [_at(x, float(low[t])) for t in reversed(range(len(low))) for x in (edges[t + 1], edges[t])]
    return "M" + "L".join([*there, *back]) + "Z"
