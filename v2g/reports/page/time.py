"""Times of a page: every point in local time and UTC, and where it stands on an axis."""

from __future__ import annotations

from typing import Any

from v2g.handover.clock import Clock
from v2g.handover.headline import DAYS, MONTHS
from v2g.reports.page.markup import Markup, tag

MOST_TICKS = 6
STEPS_H = (1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 720)


def local_text(clock: Clock, point: int) -> str:
    """A point such as ``Fri 16 Jan 03:00 JST``."""
    at = clock.local(point)
    return f"{DAYS[at.weekday()][:3]} {at.day} {MONTHS[at.month - 1][:3]} {at:%H:%M %Z}"


def utc_text(clock: Clock, point: int) -> str:
    """A point such as ``15 Jan 18:00 UTC``."""
    at = clock.points[point]
    return f"{at.day} {MONTHS[at.month - 1][:3]} {at:%H:%M} UTC"


def both(clock: Clock, point: int) -> str:
    """Local time and, where that is another one, UTC."""
    local = local_text(clock, point)
    return local if local.endswith(" UTC") else f"{local} ({utc_text(clock, point)})"


def shares(clock: Clock) -> list[float]:
    """Where each point stands between the first (0) and the last (1)."""
    begin, whole = clock.points[0], (clock.points[-1] - clock.points[0]).total_seconds()
    return [(point - begin).total_seconds() / whole for point in clock.points]


def ticks(clock: Clock) -> list[tuple[float, str]]:
    """Some round local hours on the axis, and what to write there: the day at midnight, else the hour."""
    begin, end = clock.points[0].timestamp(), clock.points[-1].timestamp()
    step = next((h for h in STEPS_H if (end - begin) / 3600.0 <= MOST_TICKS * h), STEPS_H[-1]) * 3600
    shift = clock.local(0).utcoffset()
    ahead = shift.total_seconds() if shift is not None else 0.0
    first = -(-(begin + ahead) // step) * step - ahead
    found = []
    while first < end:
        at = clock.points[0].fromtimestamp(first, clock.local(0).tzinfo)
        label = f"{DAYS[at.weekday()][:3]} {at.day}" if (at.hour, at.minute) == (0, 0) else f"{at:%H:%M}"
        found.append(((first - begin) / (end - begin), label))
        first += step
    return found


def percent(share: float) -> str:
    """A place on an axis, for SVG."""
    return f"{round(100.0 * share, 3) + 0.0:g}%"


def axis(clock: Clock) -> Markup:
    """The axis itself, as wide as what stands under it."""
    marks: list[str] = []
    for share, label in ticks(clock):
        where, anchor = percent(share), "start" if share < 0.04 else "end" if share > 0.96 else "middle"
        marks += [tag("line", x1=where, x2=where, y1=13, y2=18, class_="tick")]
        marks += [tag("text", label, x=where, y=10, text_anchor=anchor)]
    return tag("svg", *marks, class_="axis", height=18, aria_hidden="true")


def points(clock: Clock) -> dict[str, Any]:
    """Points as the scripts need them."""
    every = range(len(clock.points))
    return {
        "ms": [int(point.timestamp() * 1000) for point in clock.points],
        "local": [local_text(clock, point) for point in every],
        "utc": [utc_text(clock, point) for point in every],
        "x": [round(share, 6) for share in shares(clock)],
    }
