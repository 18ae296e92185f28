"""The feeder over time: which lines and transformers are closed in which interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.check.legs import Leg, legs
from v2g.check.rows import rows

SWITCHED = {"out": False, "back": True}


def closed_over_time(case: Case, elements: Sequence[Leg]) -> np.ndarray:
    """One where an element is closed, shape (elements, T), after all that happens to it.

    What falls inside an interval counts on the safe side: ``out`` from that interval on, ``back`` from the next.
    """
    closed = np.repeat(np.array([leg.closed for leg in elements], bool)[:, None], case.steps, axis=1)
    row_of = {leg.name: row for row, leg in enumerate(elements)}
    for _, at, event, element in switchings(case):
        if element in row_of:
            closed[row_of[element], first_interval(case, at, event) :] = SWITCHED[event]
    return closed


def first_interval(case: Case, at: pd.Timestamp, event: str) -> int:
    """First interval in which an event counts: bad news from the interval it falls in, good news from the next."""
    edges = np.asarray(case.boundaries.as_unit("ns").asi8)
    if event in ("out", "dead"):
        return max(0, int(np.searchsorted(edges, at.value, side="right")) - 1)
    return int(np.searchsorted(edges, at.value, side="left"))


def switchings(case: Case) -> Iterator[tuple[int, pd.Timestamp, str, str]]:
    """(row, time, out or back, element) in the order of time."""
    events = rows(case, "events", "at_utc", "event", "element")
    known = events[events["event"].isin(list(SWITCHED)) & events["at_utc"].notna()] if len(events) else events
    known = known.sort_values("at_utc", kind="stable") if len(known) else known
    yield from zip(known.index.to_list(), known["at_utc"], known["event"], known["element"], strict=True)


def periods(case: Case) -> Iterator[tuple[int, list[Leg]]]:
    """(first interval, closed elements) of each period in which nothing is switched."""
    elements = legs(case)
    closed = closed_over_time(case, elements)
    for interval in range(case.steps):
        if interval == 0 or (closed[:, interval] != closed[:, interval - 1]).any():
            yield interval, [leg for leg, on in zip(elements, closed[:, interval], strict=True) if on]
