"""Time as the audit counts it: from the interval boundaries and the windows of the case alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.replay.verdict import Array, Index

NANOSECONDS_PER_HOUR = 3.6e12


def nanoseconds(times: pd.Series | pd.DatetimeIndex, blank: int = 0) -> Index:
    """UTC nanoseconds of aware timestamps, ``blank`` where not given."""
    zoned = isinstance(times.dtype, pd.DatetimeTZDtype)
    index = pd.DatetimeIndex(times if zoned else pd.to_datetime(times, utc=True))
    counted = np.asarray(index.as_unit("ns").asi8, dtype=np.int64)
    return np.where(np.asarray(index.isna()), np.int64(blank), counted)


def edges(case: Case) -> Index:
    """The T + 1 boundaries in UTC nanoseconds."""
    return nanoseconds(case.boundaries)


def interval_hours(case: Case) -> Array:
    """Length of each interval in h, shape (T,)."""
    return np.asarray(np.diff(edges(case)) / NANOSECONDS_PER_HOUR)


def overlap_hours(case: Case, start: pd.Series, end: pd.Series) -> Array:
    """Hours of each interval inside each row's window, shape (rows, T); a blank side is open."""
    edge = edges(case)
    begin = nanoseconds(start, int(edge[0]))[:, None]
    finish = nanoseconds(end, int(edge[-1]))[:, None]
    inside = np.minimum(finish, edge[None, 1:]) - np.maximum(begin, edge[None, :-1])
    return np.asarray(np.maximum(inside, 0) / NANOSECONDS_PER_HOUR)


def covers(case: Case, start: pd.Series, end: pd.Series) -> np.ndarray:
    """Whether each row's window covers the whole of each interval, bool, shape (rows, T)."""
    edge = edges(case)
    begin = nanoseconds(start, int(edge[0]))[:, None]
    finish = nanoseconds(end, int(edge[-1]))[:, None]
    return np.asarray((begin <= edge[None, :-1]) & (finish >= edge[None, 1:]))


def profile(case: Case, names: pd.Series) -> Array:
    """Multiplier of each row in each interval, shape (rows, T); a blank name is constantly one."""
    shapes = case.table("profiles")
    out = np.ones((len(names), case.steps))
    for row, name in enumerate(names):
        if isinstance(name, str) and name:
            out[row] = shapes[name].to_numpy(dtype=float)
    return out


def stamp(case: Case, interval: int) -> str:
    """Start of an interval in words."""
    return case.boundaries[interval].strftime("%Y-%m-%d %H:%M UTC")
