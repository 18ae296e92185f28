"""Tanks: what is in them, who draws on them, and what is delivered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.columns import numbers, texts
from v2g.replay.timeline import delivered_fuel
from v2g.replay.verdict import Array, Index


@dataclass(frozen=True)
class Tanks:
    """Tanks that are shared, then those of single generators; F of them.

    ``of_generator`` (generators,) is the tank of each; ``start_l`` (F,) what is in it at the start,
    ``delivered_l`` (F, T) what is there from the start of each interval on.
    """

    names: list[str]
    of_generator: Index
    start_l: Array
    delivered_l: Array

    @property
    def supply_l(self) -> Array:
        """All that has been there until the end of each interval, (F, T)."""
        return np.asarray(self.start_l[:, None] + np.cumsum(self.delivered_l, axis=1))


def read_tanks(case: Case) -> Tanks:
    """The tanks of a case."""
    shared, machines = case.table("tanks"), case.table("generators")
    names, generators = texts(shared, "tank"), texts(machines, "generator")
    uses, own = texts(machines, "tank"), numbers(machines, "fuel_l", 0.0)
    number = {name: row for row, name in enumerate(names)}
    alone = [row for row, tank in enumerate(uses) if not tank]
    of_generator = np.array([number.get(tank, -1) for tank in uses], dtype=np.int64)
    of_generator[alone] = len(names) + np.arange(len(alone))
    ones = [generators[row] for row in alone]
    delivered = delivered_fuel(case, names), delivered_fuel(case, ones)
    start = np.concatenate([numbers(shared, "fuel_l", 0.0), own[alone]])
    words = [f"tank {name}" for name in names] + [f"generator {name}" for name in ones]
    return Tanks(words, of_generator, start, np.vstack(delivered))
