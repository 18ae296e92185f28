"""Voltages from flows: LinDist3Flow, walked from each island's reference over its legs.

Squared magnitudes in per unit. The equations are linear in the power of all phases of a branch
(Gan and Low 2014, doi:10.1109/PSCC.2014.7038399; Sankur, Dobbe, Stewart, Callaway and Arnold 2016,
arXiv:1606.04492); on one phase they are those of Baran and Wu (1989) without losses.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from v2g.replay.feeder import PHASES, TURNING, Feeder
from v2g.replay.islands import Islands
from v2g.replay.timeline import alike
from v2g.replay.verdict import Array, Complex, Mask


def leg_drops(feeder: Feeder, flow: Complex) -> Array:
    """Drop of squared voltage along each leg from the flows of its whole branch, shape (legs, T)."""
    branch = np.array([leg.branch for leg in feeder.legs], dtype=np.int64)
    phase = np.array([PHASES.index(leg.phase) for leg in feeder.legs], dtype=np.int64)
    power = np.zeros((len(feeder.branches), 3, flow.shape[1]), dtype=complex)
    power[branch, phase] = flow
    coupling = np.array([b.coupling for b in feeder.branches], dtype=complex).reshape(-1, 3, 3)
    drop = 2.0 * np.real(np.matmul(coupling, np.conj(power)))
    return np.asarray(drop[branch, phase])


def given_taps(feeder: Feeder, steps: int) -> Array:
    """Tap of every leg as the case has it, the same in all intervals, shape (legs, T)."""
    taps = [feeder.branches[leg.branch].tap[PHASES.index(leg.phase)] for leg in feeder.legs]
    return np.repeat(np.array(taps, dtype=float)[:, None], steps, axis=1)


def leg_mismatch(feeder: Feeder, drop: Array, w: Array, taps: Array | None = None) -> Array:
    """How far the voltages ``w`` (nodes, T) miss each leg's equation, shape (legs, T).

    ``taps`` (legs, T) are those of the case where nothing else is said.
    """
    taps = given_taps(feeder, w.shape[1]) if taps is None else taps
    before = [np.mean([w[node] for node, _ in leg.sources], axis=0) for leg in feeder.legs]
    after = w[[leg.to for leg in feeder.legs]]
    sending = np.array(before, dtype=float).reshape(after.shape)
    return np.asarray(after - (np.square(taps) * sending - drop))


class _Walk:
    """One walk from the reference over intervals that share it; ``w`` (nodes, some intervals) fills up."""

    def __init__(self, feeder: Feeder, drop: Array, taps: Array, w: Array, known: Mask, closed: Mask) -> None:
        self.feeder, self.drop, self.w, self.known, self.closed = feeder, drop, w, known, closed
        self.tap2 = np.square(taps)
        self.legs_at: list[list[int]] = [[] for _ in feeder.nodes]
        for number in np.flatnonzero(closed):
            leg = feeder.legs[number]
            for node in (leg.to, *(n for n, _ in leg.sources)):
                self.legs_at[node].append(int(number))

    def spread(self) -> None:
        """Set every node that follows from the known ones."""
        self._along(deque(node for node in range(len(self.known)) if self.known[node]))
        while (start := self._unwind()) is not None:
            self._along(deque(start))

    def _along(self, queue: deque[int]) -> None:
        while queue:
            for leg in self.legs_at[queue.popleft()]:
                found = self._solve(leg)
                if found is not None:
                    queue.append(found)

    def _solve(self, number: int) -> int | None:
        """Solve a leg for its only unknown node, if it has just one."""
        leg = self.feeder.legs[number]
        sources = [node for node, _ in leg.sources]
        unknown = [node for node in (leg.to, *sources) if not self.known[node]]
        if len(unknown) != 1:
            return None
        node, share = unknown[0], self.tap2[number] / len(sources)
        if node == leg.to:
            self.w[node] = share * np.sum(self.w[sources], axis=0) - self.drop[number]
        else:
            other = np.sum([self.w[n] for n in sources if n != node], axis=0)
            self.w[node] = (self.w[leg.to] + self.drop[number]) / share - other
        self.known[node] = True
        return node

    def _unwind(self) -> list[int] | None:
        """The side that feeds by twos from the other one: three sums of two give each of the three."""
        for position, branch in enumerate(self.feeder.branches):
            if branch.connection not in TURNING or len(branch.phases) != 3:
                continue
            legs = {leg.phase: n for n, leg in enumerate(self.feeder.legs) if leg.branch == position}
            if not self.closed[list(legs.values())].all():
                continue
            delta = {phase: self.feeder.number[branch.from_bus, phase] for phase in PHASES}
            ends = [self.feeder.legs[n].to for n in legs.values()]
            if self.known[ends].all() and not self.known[list(delta.values())].any():
                after = {phase: self.w[self.feeder.legs[n].to] + self.drop[n] for phase, n in legs.items()}
                sums = {
                    frozenset(branch.feeding(phase)): 2.0 * after[phase] / self.tap2[n] for phase, n in legs.items()
                }
                for phase, node in delta.items():
                    own = sum(total if phase in pair else -total for pair, total in sums.items())
                    self.w[node] = np.asarray(own) / 2.0
                    self.known[node] = True
                return list(delta.values())
        return None


def sweep_voltages(
    feeder: Feeder, islands: Islands, drop: Array, given: Array, taps: Array | None = None
) -> tuple[Array, Mask]:
    """Squared voltages (nodes, T) from each island's reference, and which of them are the plan's own.

    ``taps`` (legs, T) are those of the case where nothing else is said.
    ``given`` (nodes, T) stands where the reference does not determine the voltage: at dead nodes
    (which nobody reads) and across a delta winding fed on one phase.
    """
    taps = given_taps(feeder, given.shape[1]) if taps is None else taps
    w, taken = np.array(given, dtype=float), np.ones(given.shape, dtype=bool)
    for intervals in alike(feeder.closed, islands.former):
        known, fixed = references(islands, int(intervals[0]))
        part = np.array(given[:, intervals], dtype=float)
        part[known] = fixed[known, None]
        walk = _Walk(feeder, drop[:, intervals], taps[:, intervals], part, known, feeder.closed[:, intervals[0]])
        walk.spread()
        w[:, intervals] = walk.w
        taken[:, intervals] = ~walk.known[:, None]
    return w, taken


def references(islands: Islands, interval: int) -> tuple[Mask, Array]:
    """Which nodes hold a reference in an interval and its squared voltage, both (nodes,)."""
    former = islands.former[:, interval]
    known, fixed = np.zeros(len(former), dtype=bool), np.zeros(len(former))
    for rank in {int(rank) for rank in former if rank >= 0}:
        for node in islands.former_nodes[rank]:
            if former[node] == rank:
                known[node], fixed[node] = True, islands.former_w[rank]
    return known, fixed
