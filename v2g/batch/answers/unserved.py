"""How much power is not served, for how long: duration curves of unserved kW, and unserved energy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from v2g.batch.answers.answer import Answer, Asked, Chart, Floats, Series, brief, series, with_interval
from v2g.batch.answers.finished import Finished
from v2g.batch.answers.groups import Groups, grouped
from v2g.batch.answers.intervals import Interval
from v2g.batch.answers.served import MEANS, columns, other_axes
from v2g.batch.answers.survival import chosen

MOST_ROWS = 100
NOTE = (
    "A duration curve: in the mean of all outages, at least so many kW were lacking during so many hours. It holds "
    "loads with continuous service; the energy also counts what loads by the day (hours, energy) miss."
)


class Duration(NamedTuple):
    """Hours of an outage, on average, in which at least so many kW are unserved; most kW first."""

    kw: Floats
    hours: Floats


class Unserved:
    """Duration curves of unserved power, and unserved energy, along each axis."""

    name = "unserved"
    title = "duration curve of unserved power, and unserved energy"

    def answers(self, study: Finished, asked: Asked) -> Sequence[Answer]:
        """Two for each axis: the curves, and the energy."""
        along = [grouped(study, axis) for axis in asked.along(study)]
        return [answer for groups in along for answer in (self._curves(groups, asked), self._energy(groups, asked))]

    def _curves(self, groups: Groups, asked: Asked) -> Answer:
        head = pd.DataFrame(groups.columns())
        found = [duration(groups.study, groups.complete(n)) for n in range(len(groups.each))]
        parts = [
            head.iloc[[n] * len(one.kw)].reset_index(drop=True).assign(unserved_kw=one.kw, at_least_for_h=one.hours)
            for n, one in enumerate(map(thinned, found))
        ]
        axis = groups.axis
        lines = tuple(_line(groups, n, found[n]) for n in chosen(len(found)))
        left = "" if len(lines) == len(found) else f"; {len(lines)} of {len(found)} values shown"
        chart = Chart("steps", f"Duration of unserved critical power, by {axis.name}",
                      "hours of an outage with at least so much unserved, h", "unserved critical power, kW", lines,
                      groups.foot() + left)  # fmt: skip
        return Answer(f"unserved-{axis.name}", f"Duration of unserved critical power, by {axis.name}",
                      _lasting(groups, found) + groups.not_known, pd.concat(parts, ignore_index=True),
                      (NOTE, *other_axes(groups)), chart)  # fmt: skip

    def _energy(self, groups: Groups, asked: Asked) -> Answer:
        asks = groups.study.measure("critical_kwh_required")
        required = groups.intervals(asks, asked)
        unserved = groups.intervals(groups.study.measure("critical_kwh_unserved"), asked, asks)
        share = [u.mean / r.mean if r.mean else math.nan for u, r in zip(unserved, required, strict=True)]
        table = pd.DataFrame(
            groups.columns()
            | {"critical_required_kwh": [i.mean for i in required]}
            | columns("critical_unserved", "kwh", unserved)
            | {"critical_unserved_share": share}
        )
        axis = groups.axis
        chart = Chart("points", "Unserved critical energy", axis.label, "unserved critical energy, kWh",
                      (series("unserved", groups.at, unserved),),
                      f"{groups.foot()}; whiskers: {asked.sure} interval, Student's t", groups.names)  # fmt: skip
        return Answer(f"unserved_energy-{axis.name}", f"Unserved critical energy along {axis.name}",
                      _lacking(groups, unserved, required) + groups.not_known, table,
                      (MEANS, *other_axes(groups)), chart)  # fmt: skip


def duration(study: Finished, numbers: Sequence[int]) -> Duration:
    """The curve of so many scenarios, of equal weight, all critical tiers together."""
    mine = study.unserved[study.unserved["scenario"].isin(list(numbers))]
    if not len(mine):
        return Duration(np.zeros(0), np.zeros(0))
    total = mine.groupby(["scenario", "from_h"], sort=False).agg(kw=("unserved_kw", "sum"), hours=("hours", "first"))
    total = total.sort_values("kw", ascending=False, kind="stable")
    hours = total["hours"].to_numpy(float).cumsum() / len(numbers)
    kw = total["kw"].to_numpy(float)
    last = np.append(np.abs(np.diff(kw)) > 1e-9 * np.maximum(1.0, kw[:-1]), True)
    return Duration(kw[last], hours[last])


def thinned(one: Duration) -> Duration:
    """At most `MOST_ROWS` points of a curve, its ends among them."""
    if one.kw.size <= MOST_ROWS:
        return one
    kept = np.unique(np.linspace(0, one.kw.size - 1, MOST_ROWS).round().astype(int))
    return Duration(one.kw[kept], one.hours[kept])


def _line(groups: Groups, n: int, one: Duration) -> Series:
    """A falling line of steps from no hours on, down to zero kW."""
    label = groups.each[n].label + groups.axis.noun_of(groups.each[n].value)
    return Series(label, np.append(0.0, one.hours), np.append(one.kw, 0.0))


def _lasting(groups: Groups, found: Sequence[Duration]) -> str:
    counts = groups.columns()["draws"]
    known = [n for n, draws in enumerate(counts) if draws]
    if not known:
        return groups.study.incomplete
    said = []
    for n in dict.fromkeys((known[0], known[-1])):
        one = found[n]
        lacks = one.kw.size and f"{brief(float(one.hours[-1]))} h of an outage, at most {brief(float(one.kw[0]))} kW"
        said.append(f"{groups.named(n)}: {lacks or 'none'}")
    return "Time in which critical loads with continuous service lack power, on average: " + "; ".join(said) + "."


def _lacking(groups: Groups, unserved: Sequence[Interval], required: Sequence[Interval]) -> str:
    known = [n for n, i in enumerate(unserved) if i.draws]
    if not known:
        return groups.study.incomplete
    said = [
        f"{with_interval(unserved[n].mean, unserved[n].low, unserved[n].high)} of {brief(required[n].mean)} kWh at "
        f"{groups.named(n)}"
        for n in dict.fromkeys((known[0], known[-1]))
    ]
    return "Critical energy that is not served: " + ", and ".join(said) + "."
