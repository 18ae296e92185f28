"""Generators that burn for every hour they run, and what they keep alive."""

from __future__ import annotations

import numpy as np

from v2g.replay.record import Record
from v2g.replay.verdict import Array


def running(record: Record) -> Array:
    """Share of each interval in which a source runs, (G, T): the plan's where running itself burns fuel, else one."""
    idles = (record.sources.idle_l_per_h > 0)[:, None]
    return np.where(idles, record.source_sheet["run"], 1.0)


def fuel_burnt(record: Record) -> Array:
    """Fuel in litres from output and running hours, (sources, T); zero for what is no generator."""
    sources = record.sources
    energy = record.source_power.real.sum(axis=1) * record.hours
    burnt = energy * sources.fuel_l_per_kwh[:, None] + sources.idle_l_per_h[:, None] * running(record) * record.hours
    return np.where(sources.of("generator")[:, None], burnt, 0.0)


def tank_levels(record: Record) -> Array:
    """What is left in each tank at the end of each interval in litres, (tanks, T)."""
    burnt = np.zeros(record.tanks.delivered_l.shape)
    np.add.at(burnt, record.tanks.of_generator, fuel_burnt(record)[record.sources.of("generator")])
    return record.tanks.supply_l - np.cumsum(burnt, axis=1)


def alive(record: Record) -> Array:
    """Share of each interval in which an engine runs, at nodes whose island only engines form that burn for every
    hour they run; infinite at all other nodes, (nodes, T)."""
    islands, sources = record.islands, record.sources
    rows = np.flatnonzero(sources.forming)
    idles, run = sources.idle_l_per_h[rows] > 0, running(record)[rows]
    out = np.full(islands.component.shape, np.inf)
    for t in range(record.case.steps if idles.any() else 0):
        part = islands.component[:, t]
        total, steady = np.zeros(len(part)), islands.former[:, t] < 0
        for rank in np.flatnonzero(islands.former_there[:, t]):
            reached = np.isin(part, part[list(islands.former_nodes[rank])])
            total[reached] += run[rank, t]
            steady |= reached & ~idles[rank]
        out[:, t] = np.where(steady, np.inf, np.minimum(1.0, total))
    return out
