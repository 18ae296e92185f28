"""Vehicles that stand ready: how many a fleet minimum asks for, and when there are fewer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.replay.columns import texts
from v2g.replay.mobility import minima, on_the_road, reaches
from v2g.replay.record import Record
from v2g.spans import listed, runs


@dataclass(frozen=True)
class Shortage:
    """A fleet minimum that a plan does not reach: ``asked`` vehicles with ``energy_kwh``, at some time only ``fewest``.

    ``times`` says when, in words; ``row`` is that of ``fleet_minimum.csv``.
    """

    name: str
    row: int
    asked: int
    energy_kwh: float
    fewest: int
    times: str

    def __str__(self) -> str:
        wanted = f"{self.name}: {self.asked} vehicles with {self.energy_kwh:g} kWh are asked for"
        return f"{wanted}, and only {self.fewest} {'is' if self.fewest == 1 else 'are'} ready {self.times} UTC"


def shortages(record: Record) -> list[Shortage]:
    """Every fleet minimum that is not reached at some point, in the order of the table."""
    case, fleet = record.case, record.fleet
    names, away = texts(case.table("fleet_minimum"), "minimum"), on_the_road(case, fleet.names)
    energy = np.hstack([fleet.start_kwh[:, None], record.vehicle_sheet["energy_end_kwh"]])
    found = []
    for row, (points, asked, least) in enumerate(minima(case)):
        ready = (reaches(energy + record.tolerance, least) & ~away).sum(axis=0)
        window = np.zeros(case.steps + 1, dtype=bool)
        window[points] = True
        short = window & (ready < asked)
        if short.any():
            spans = [(first, last - 1) for first, last in runs(short)]
            fewest = int(ready[short].min())
            found.append(Shortage(names[row], row + 2, asked, least, fewest, listed(case, spans)))
    return found
