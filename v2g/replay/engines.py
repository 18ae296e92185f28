"""Generators that burn for every hour they run, and what they keep alive."""

from __future__ import annotations

import numpy as np

from v2g.replay.record import Record
from v2g.replay.verdict import Array


def running(record: Record) -> Array:
    """Share of each interval in which a source runs, (G, T): the plan's where running itself burns fuel, else one."""
    return record.running


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
    total = record.engines_running[0]
    return np.where(np.isfinite(total), np.minimum(1.0, total), np.inf)
