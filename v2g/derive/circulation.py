"""Three-phase transformers between wye and delta, and when they are fed at ``to_bus``.

Fed there, their three flows have one freedom that no power at the other side settles: a zero-sequence current that
circulates in the delta and moves power from phase to phase for nothing. In truth only the zero-sequence voltage
drives it, and that is small while a source holds the phases balanced.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from v2g.affine import Floats, Ints
from v2g.derive.feeder import Feeder
from v2g.derive.islands import Islands, graph
from v2g.derive.timeline import Mask

ANGLE = {"a": 0.0, "b": -2.0 * np.pi / 3.0, "c": 2.0 * np.pi / 3.0}


@dataclass(frozen=True)
class Circulations:
    """Transformers by name, their legs (flat, with the transformer of each), the angle of each leg's phase in
    radians, and where and when they are fed at ``to_bus``, (transformers, T)."""

    names: list[str]
    leg: Ints
    owner: Ints
    angle: Floats
    backfed: Mask

    def sums(self, kw: Floats, kvar: Floats) -> NDArray[np.complex128]:
        """Circulating part of flows (legs, T) in kW + j kvar, (transformers, T): turned to phase a and added."""
        turned = np.exp(-1j * self.angle)[:, None] * (kw + 1j * kvar)[self.leg]
        out = np.zeros(self.backfed.shape, dtype=complex)
        np.add.at(out, self.owner, turned)
        return out


def circulations(feeder: Feeder, islands: Islands) -> Circulations:
    """Of a feeder and its islands."""
    turning = np.flatnonzero(np.bincount(feeder.end_leg, minlength=len(feeder.legs)) == 2)
    units: dict[str, list[int]] = {}
    for leg in turning:
        units.setdefault(feeder.element[leg], []).append(int(leg))
    whole = {name: legs for name, legs in units.items() if len(legs) == 3}
    legs = [leg for members in whole.values() for leg in members]
    backfed = np.zeros((len(whole), islands.live.shape[1]), dtype=bool)
    for row, members in enumerate(whole.values()):
        _fill(backfed[row], feeder, islands, members)
    return Circulations(
        names=list(whole),
        leg=np.array(legs, dtype=np.int64),
        owner=np.repeat(np.arange(len(whole)), 3),
        angle=np.array([ANGLE[feeder.leg_phase[leg]] for leg in legs], dtype=float),
        backfed=backfed,
    )


def _fill(backfed: Mask, feeder: Feeder, islands: Islands, legs: list[int]) -> None:
    """When one transformer is fed at ``to_bus``: its source is found there, without going through it."""
    for period in np.unique(islands.period):
        at = np.flatnonzero(islands.period == period)
        closed = feeder.closed[:, at[0]].copy()
        if not closed[legs].all():
            continue
        closed[legs] = False
        around = graph(feeder, closed)
        found = set().union(*(nx.node_connected_component(around, int(feeder.to_node[leg])) for leg in legs))
        near = np.array(sorted(found), dtype=np.int64)
        backfed[at] = islands.held[np.ix_(near, at)].any(axis=0)
