"""What changes while the emergency lasts: lines go out and come back, fuel arrives.

When supply returns from outside is said by the windows of ``grid``, which checking fills from the events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from v2g.affine import Floats, Ints
from v2g.case import Case

Mask = NDArray[np.bool_]
LATER = ("back", "energised", "fuel")
"""Events that count from the next whole interval; all others count from the interval in which they fall."""


@dataclass(frozen=True)
class Event:
    """An event, and the interval 0..T from which it counts (T = not in this horizon)."""

    interval: int
    what: str
    element: str
    litres: float


@dataclass(frozen=True)
class Timeline:
    """The events of a case in the order of their times."""

    events: tuple[Event, ...]
    steps: int

    def states(self, names: Sequence[str], before: Sequence[bool], on: str, off: str) -> Mask:
        """Whether each element is in the state that the event ``on`` begins and ``off`` ends, (names, T)."""
        state = np.repeat(np.asarray(before, dtype=bool)[:, None], self.steps, axis=1)
        rows = {name: row for row, name in enumerate(names)}
        for event in self.events:
            if event.what in (on, off) and event.element in rows:
                state[rows[event.element], event.interval :] = event.what == on
        return state

    def closed(self, table: pd.DataFrame) -> Mask:
        """In which intervals each line or transformer is closed, (rows, T)."""
        if not len(table):
            return np.zeros((0, self.steps), dtype=bool)
        return self.states(table.iloc[:, 0].tolist(), table["closed"].tolist(), "back", "out")

    def delivered(self, tanks: Mapping[str, int], count: int) -> Floats:
        """Litres that arrive at the start of each interval; ``tanks`` are positions by name, (count, T)."""
        litres = np.zeros((count, self.steps))
        for event in self.events:
            if event.what == "fuel" and event.element in tanks and event.interval < self.steps:
                litres[tanks[event.element], event.interval] += event.litres
        return litres


def read(case: Case) -> Timeline:
    """The timeline of a case. Times inside an interval count on the safe side."""
    table = case.table("events")
    if not len(table):
        return Timeline((), case.steps)
    table = table.sort_values("at_utc", kind="stable")
    columns = (intervals(case, table), table["event"], table["element"], table["litres"])
    events = (Event(int(k), str(w), str(e), float(x)) for k, w, e, x in zip(*columns, strict=True))
    return Timeline(tuple(events), case.steps)


def intervals(case: Case, table: pd.DataFrame) -> Ints:
    """Interval from which each event counts, (rows,)."""
    edges: Any = case.boundaries.as_unit("ns").asi8
    times: Any = pd.DatetimeIndex(table["at_utc"]).as_unit("ns").asi8
    inside = np.searchsorted(edges, times, side="right") - 1
    after = np.searchsorted(edges, times, side="left")
    return np.asarray(np.clip(np.where(table["event"].isin(LATER), after, inside), 0, case.steps), dtype=np.int64)
