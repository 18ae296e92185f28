"""The timeline of a case: what opens and closes, when supply is there, when fuel comes.

What happens inside an interval counts on the safe side: what is lost, from the interval in which it
falls; what is gained, from the next whole interval.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from v2g.case import Case
from v2g.replay.clock import edges, nanoseconds
from v2g.replay.columns import flags, numbers, texts, times
from v2g.replay.verdict import Array, Index, Mask


def interval_with(case: Case, moments: Index) -> Index:
    """Interval in which each moment (ns) falls: 0 for those before the start, T for those at the end or later."""
    return np.maximum(np.searchsorted(edges(case), moments, side="right") - 1, 0).astype(np.int64)


def next_interval(case: Case, moments: Index) -> Index:
    """First interval that starts at or after each moment (ns); T and more where there is none."""
    return np.searchsorted(edges(case), moments, side="left").astype(np.int64)


def happenings(case: Case, *kinds: str) -> Iterator[tuple[str, str, int, float]]:
    """Events of some kinds in the order of time: kind, element, moment in ns, litres."""
    table = case.table("events")
    words, elements = texts(table, "event"), texts(table, "element")
    moments, litres = nanoseconds(times(table, "at_utc")), numbers(table, "litres", 0.0)
    for row in np.argsort(moments, kind="stable"):
        if words[row] in kinds:
            yield words[row], elements[row], int(moments[row]), float(litres[row])


def switched(case: Case, names: list[str], first: Mask, gain: str, loss: str) -> Mask:
    """State of named things in every interval, shape (names, T), from their state ``first`` (names,) and the events."""
    state = np.repeat(np.asarray(first, dtype=bool)[:, None], case.steps, axis=1)
    row_of = {name: row for row, name in enumerate(names)}
    for word, element, moment, _ in happenings(case, gain, loss):
        if element in row_of:
            at = np.array([moment], dtype=np.int64)
            since = int((next_interval if word == gain else interval_with)(case, at)[0])
            state[row_of[element], since:] = word == gain
    return state


def closed_over_time(case: Case, kind: str) -> Mask:
    """Whether each line or transformer is closed, shape (rows, T)."""
    table = case.table(f"{kind}s")
    return switched(case, texts(table, kind), flags(table, "closed", True), "back", "out")


def supplied_over_time(case: Case, names: list[str]) -> Mask:
    """Whether the events let each grid supply be there, shape (names, T); always, where there are none about it."""
    first = np.ones(len(names), dtype=bool)
    seen: set[str] = set()
    for word, element, _, _ in happenings(case, "energised", "dead"):
        if element in names and element not in seen:
            first[names.index(element)] = word == "dead"
            seen.add(element)
    return switched(case, names, first, "energised", "dead")


def delivered_fuel(case: Case, names: list[str]) -> Array:
    """Litres that each tank receives for use from each interval on, shape (names, T)."""
    out = np.zeros((len(names), case.steps))
    row_of = {name: row for row, name in enumerate(names)}
    for _, element, moment, litres in happenings(case, "fuel"):
        since = int(next_interval(case, np.array([moment], dtype=np.int64))[0])
        if element in row_of and since < case.steps:
            out[row_of[element], since] += litres
    return out


def alike(*states: np.ndarray) -> list[Index]:
    """Intervals grouped by equal columns of all ``states`` (anything, T), the groups in order of time."""
    groups: dict[bytes, list[int]] = {}
    for t in range(states[0].shape[1] if states else 0):
        groups.setdefault(b"|".join(state[:, t].tobytes() for state in states), []).append(t)
    return [np.array(group, dtype=np.int64) for group in groups.values()]
