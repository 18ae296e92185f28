"""Who can form an island, in order of rank: grid, generators, batteries, charging stations with vehicles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.clock import covers
from v2g.replay.columns import flags, numbers, texts, times
from v2g.replay.feeder import Feeder, places
from v2g.replay.fleet import Fleet
from v2g.replay.timeline import supplied_over_time
from v2g.replay.verdict import Array, Mask


@dataclass(frozen=True)
class Formers:
    """Forming sources, first in rank first: nodes of each, squared voltage (F,), and when they are there (F, T)."""

    nodes: tuple[tuple[int, ...], ...]
    squared: Array
    there: Mask


def read_formers(case: Case, feeder: Feeder, fleet: Fleet) -> Formers:
    """All forming sources of a case."""
    nodes: list[tuple[int, ...]] = []
    squared: list[float] = []
    there: list[Mask] = []
    for name in ("grid", "generators", "batteries", "chargers"):
        table = case.table(name)
        forming, present = forming_rows(case, name, fleet)
        voltage = numbers(table, "voltage_pu", 1.0)
        for row, (bus, phases, _) in enumerate(places(table)):
            if forming[row]:
                nodes.append(tuple(feeder.number[bus, phase] for phase in phases))
                squared.append(float(voltage[row]) ** 2)
                there.append(present[row])
    shape = (len(nodes), case.steps)
    return Formers(tuple(nodes), np.array(squared, dtype=float), np.array(there, dtype=bool).reshape(shape))


def forming_rows(case: Case, name: str, fleet: Fleet) -> tuple[Mask, Mask]:
    """Which rows of a table form islands (rows,), and in which whole intervals each is there, (rows, T)."""
    table = case.table(name)
    if name == "chargers":
        return fleet.station, fleet.station_there
    there = np.asarray(covers(case, times(table, "from_utc"), times(table, "until_utc")))
    if name == "grid":
        return np.ones(len(table), dtype=bool), there & supplied_over_time(case, texts(table, "grid"))
    return flags(table, "forming", False), there
