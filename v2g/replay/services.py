"""Service by the day: so many hours at full power, in runs of some length, or so much energy.

A day is a piece of 24 h of a load's window, counted from the start of the window (or of the case, if that
is later); the last one may be shorter and needs the less. An interval belongs to the day in which it starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.clock import NANOSECONDS_PER_HOUR, edges, interval_hours, nanoseconds
from v2g.replay.columns import numbers, texts, times
from v2g.replay.verdict import Array, Index, Mask

DAY_H = 24.0
NEARLY = 1e-9
"""Rounding in h when times are compared."""


@dataclass(frozen=True)
class Services:
    """Days of all loads with service by the day, D of them.

    ``load`` (D,) is whose, ``by_hours`` (D,) whether ``need`` (D,) is in h at full power or else in kWh,
    ``rated_kw`` (D,) the load's power at profile 1, ``inside`` (D, T) which intervals belong to the day,
    ``last`` (D,) the interval in which it ends, ``counts`` (D,) whether it ends within the guarantee.
    ``run_h`` (loads,) is the least length of a run, ``closes_h`` (loads,) the end of the window in h since
    the start, ``open`` (loads, T) where the load asks in its window.
    """

    load: Index
    by_hours: Mask
    need: Array
    rated_kw: Array
    inside: Mask
    last: Index
    counts: Mask
    run_h: Array
    closes_h: Array
    open: Mask


def guaranteed_until(case: Case) -> float:
    """Hours since the start for which services are guaranteed; infinite where the case does not say."""
    stated = case.header.get("guarantee_h")
    usable = isinstance(stated, int | float | np.number) and not np.isnan(float(stated))
    return float(str(stated)) if usable else np.inf


def hours_since_start(case: Case) -> Array:
    """Hours of every point since the start, (T + 1,)."""
    return np.asarray((edges(case) - edges(case)[0]) / NANOSECONDS_PER_HOUR)


def windows(case: Case) -> tuple[Array, Array]:
    """Start and end of each load's window in h since the start of the case, inside the horizon, both (loads,)."""
    table, edge = case.table("loads"), edges(case)
    sides = (("from_utc", int(edge[0])), ("until_utc", int(edge[-1])))
    begin, finish = ((nanoseconds(times(table, c), blank) - edge[0]) / NANOSECONDS_PER_HOUR for c, blank in sides)
    return np.maximum(begin, 0.0), np.minimum(finish, hours_since_start(case)[-1])


def read_services(case: Case, critical: Mask, open_: Mask) -> Services:
    """The days of a case; ``open_`` (loads, T) is where a load asks inside its window."""
    table, point = case.table("loads"), hours_since_start(case)
    words, (begin, finish) = texts(table, "service", "continuous"), windows(case)
    each = {"hours": numbers(table, "hours_per_day", 0.0), "energy": numbers(table, "kwh_per_day", 0.0)}
    found = []
    for load in range(len(table)):
        if critical[load] and words[load] in each:
            for start in np.arange(begin[load], finish[load] - NEARLY, DAY_H):
                end = min(start + DAY_H, finish[load])
                need = each[words[load]][load] * (end - start) / DAY_H
                found.append((load, words[load] == "hours", need, start, end))
    columns = [np.array(column) for column in zip(*found, strict=True)] if found else [np.zeros(0)] * 5
    load_, first, until = columns[0].astype(np.int64), columns[3][:, None], columns[4]
    belongs = (point[:-1] >= first - NEARLY) & (point[:-1] < until[:, None] - NEARLY)
    return Services(
        load=load_,
        by_hours=columns[1].astype(bool),
        need=columns[2].astype(float),
        rated_kw=numbers(table, "kw", 0.0)[load_],
        inside=belongs & open_[load_],
        last=np.asarray(np.searchsorted(point, until - NEARLY) - 1, dtype=np.int64),
        counts=until <= guaranteed_until(case) + NEARLY,
        run_h=numbers(table, "min_run_h", 0.0),
        closes_h=finish,
        open=open_,
    )


def in_runs(full: Mask, point: Array, run_h: float, closes_h: float) -> Mask:
    """Which of the intervals ``full`` (T,) stand in a run of at least ``run_h`` that fits before ``closes_h``."""
    out = np.zeros(len(full), dtype=bool)
    padded = np.concatenate([[False], full, [False]])
    change = np.flatnonzero(padded[1:] != padded[:-1])
    for first, stop in zip(change[::2], change[1::2], strict=True):
        until = point[first] + run_h
        out[first:stop] = run_h <= 0.0 or (point[stop] >= until - NEARLY and closes_h >= until - NEARLY)
    return out


def days_got(case: Case, services: Services, received: Array, demand: Array, slack: Array) -> Array:
    """What each day has got, in h in runs at full power or in kWh, (D,), from what loads get and ask for, (loads, T).

    ``slack`` (loads, T) is the power in kW that may be missing from full power.
    """
    hours, point = interval_hours(case), hours_since_start(case)
    out = np.zeros(len(services.load))
    for day, load in enumerate(services.load):
        mine = services.inside[day]
        if services.by_hours[day]:
            full = services.open[load] & (received[load] >= demand[load] - slack[load])
            on = in_runs(full, point, float(services.run_h[load]), float(services.closes_h[load]))
            out[day] = hours[mine & on].sum()
        else:
            out[day] = (received[load] * hours)[mine].sum()
    return out


def days_kept(case: Case, services: Services, received: Array, demand: Array, slack: Array, tolerance: float) -> Mask:
    """Whether each day has what it needs, (D,); energy may be missing as far as ``slack`` lets power be missing."""
    spare = np.where(
        services.by_hours, 0.0, ((slack[services.load] * interval_hours(case)) * services.inside).sum(axis=1)
    )
    got = days_got(case, services, received, demand, slack)
    return np.asarray(got >= services.need - spare - tolerance)


def loads_kept(services: Services, kept: Mask, count: int) -> Mask:
    """Loads of which every day that counts is kept, (loads,); all of those without days."""
    out = np.ones(count, dtype=bool)
    out[services.load[services.counts & ~kept]] = False
    return out
