"""Flows from injections: every leg whose end has no other unknown is solved at that end, until none is left.

On a tree that is the walk from the leaves to the root. A delta-wye or wye-delta transformer is solved at its
``to_bus``, where the phases are apart; where only its other side hangs free (a source behind it, with
another one ahead), the currents that circulate in the delta are not determined by the
injections, and the plan's own flows are taken and checked for balance.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from v2g.replay.feeder import Feeder
from v2g.replay.timeline import alike
from v2g.replay.verdict import Complex, Mask

Ends = tuple[tuple[int, complex], ...]
"""Nodes of a leg with what one kW on the leg adds there: +1 at its end, minus the weight where it is drawn."""


@dataclass(frozen=True)
class Sweep:
    """Flows (legs, T) in kW + j kvar from the injections, what is then left over at each node (nodes, T),
    and which legs had to be taken from the plan."""

    flow: Complex
    residual: Complex
    taken: Mask


def leg_ends(feeder: Feeder, reactive: bool) -> list[Ends]:
    """The ends of every leg; without reactive power only the real part of a delta's weights is left."""
    found = []
    for leg in feeder.legs:
        drawn = tuple((node, -weight if reactive else complex(-weight.real)) for node, weight in leg.sources)
        found.append(((leg.to, complex(1.0)), *drawn))
    return found


def elimination(ends: list[Ends], nodes: int, closed: Mask) -> list[tuple[int, int]]:
    """Order (leg, node at which it is solved) of the closed legs; node -1 where it must be taken from the plan."""
    open_legs: list[set[int]] = [set() for _ in range(nodes)]
    unsolved = dict.fromkeys(int(leg) for leg in np.flatnonzero(closed))
    for leg in unsolved:
        for node, _ in ends[leg]:
            open_legs[node].add(leg)
    ready = deque(node for node in range(nodes) if len(open_legs[node]) == 1)
    steps: list[tuple[int, int]] = []
    while unsolved:
        if ready:
            node = ready.popleft()
            if not open_legs[node]:
                continue
            leg = next(iter(open_legs[node]))
        else:
            node, leg = -1, next(iter(unsolved))
        steps.append((leg, node))
        del unsolved[leg]
        for end, _ in ends[leg]:
            open_legs[end].discard(leg)
            if len(open_legs[end]) == 1:
                ready.append(end)
    return steps


def sweep_flows(
    feeder: Feeder, injection: Complex, given: Complex, reactive: bool = True, closed: Mask | None = None
) -> Sweep:
    """Solve every leg from ``injection`` (nodes, T) in kW + j kvar; ``given`` (legs, T) where that is not determined.

    Without ``reactive`` only kW are swept. Legs carry nothing while they are not ``closed`` (legs, T);
    all are where that is not given. The order of the legs is found once for each pattern.
    """
    left = np.array(injection if reactive else injection.real, dtype=complex)
    given = given if reactive else given.real.astype(complex)
    ends = leg_ends(feeder, reactive)
    flow = np.zeros((len(ends), left.shape[1]), dtype=complex)
    taken = np.zeros(len(ends), dtype=bool)
    closed = np.ones(flow.shape, dtype=bool) if closed is None else closed
    for intervals in alike(closed):
        part = np.array(left[:, intervals])
        for leg, node in elimination(ends, len(feeder.nodes), closed[:, intervals[0]]):
            if node < 0:
                flow[leg, intervals], taken[leg] = given[leg, intervals], True
            else:
                flow[leg, intervals] = -part[node] / dict(ends[leg])[node]
            for end, share in ends[leg]:
                part[end] += share * flow[leg, intervals]
        left[:, intervals] = part
    return Sweep(flow, left, taken)


def node_residual(feeder: Feeder, injection: Complex, flow: Complex, reactive: bool = True) -> Complex:
    """What each node receives and does not pass on, given the flows, shape (nodes, T)."""
    left = np.array(injection, dtype=complex)
    for leg, around in enumerate(leg_ends(feeder, reactive)):
        for end, share in around:
            left[end] += share * flow[leg]
    return left if reactive else left.real.astype(complex)
