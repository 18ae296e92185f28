"""Checks on what a plan takes from an AC solution, and on what no AC solution would have."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from v2g.replay.columns import numbers
from v2g.replay.feeder import PHASES, TURNING
from v2g.replay.islands import components
from v2g.replay.record import Record
from v2g.replay.timeline import alike
from v2g.replay.verdict import Array, Check, Complex, allowance

ANGLE = np.exp(2j * np.pi / 3.0 * np.arange(3))
"""Turns what flows on phases a, b, c to phase a."""


def losses_are_losses(record: Record) -> Check:
    """A feeder loses power, or none: only loads that follow the voltage may take less than the plan gives them."""
    exponent = numbers(record.case.table("loads"), "kw_exponent", 0.0)
    least = record.loads.terminals.least(np.broadcast_to(record.feeder.vmin_pu[:, None], record.given_w.shape))
    spared = record.feeder_part * (1.0 - np.minimum(np.where(np.isfinite(least), least, 1.0), 1.0) ** exponent[:, None])
    gained = -(np.where(record.live, record.lost.real, 0.0).sum(axis=0) + spared.sum(axis=0))[None, :]
    met = np.abs(record.lost.real).sum(axis=0)[None, :]
    return record.worst("feeder: no energy from losses", "kW", gained, ["all of the feeder"], allowance(met))


def wires_lose(record: Record) -> Check:
    """Lines and transformers together lose power, or none; loads that follow the voltage are another matter."""
    lost = record.of_legs("lost_kw")
    gained = -np.where(record.leg_live, lost, 0.0).sum(axis=0)[None, :]
    met = np.abs(lost).sum(axis=0)[None, :]
    return record.worst("feeder: no energy from lines", "kW", gained, ["all of the feeder"], allowance(met))


def no_bridge(record: Record) -> Check:
    """A transformer between wye and delta that is fed at ``to_bus`` moves no power between its phases.

    But what the plan says that an AC solution has: the zero-sequence part of its flows is what a current in the
    delta would carry, and nothing behind the delta asks for it.
    """
    around = circulating(record, record.given_flow) - circulating(record, stated(record))
    names = [branch.name for branch in record.feeder.branches]
    gap = np.where(backfed(record), np.abs(around), 0.0) * record.reactive
    scale = allowance(np.abs(circulating(record, np.abs(record.given_flow))))
    return record.worst("feeder: no power between the phases of a transformer", "kVA", gap, names, scale)


def stated(record: Record) -> Complex:
    """What the plan says circulates, by leg, (legs, T)."""
    return np.asarray(record.of_legs("around_kw") + 1j * record.of_legs("around_kvar"))


def circulating(record: Record, flow: Complex | Array) -> Complex:
    """Zero-sequence part of the flows of every branch, turned to phase a, (branches, T)."""
    out = np.zeros((len(record.feeder.branches), record.case.steps), dtype=complex)
    for leg, values in zip(record.feeder.legs, flow, strict=True):
        out[leg.branch] += ANGLE[PHASES.index(leg.phase)] * values
    return out


def backfed(record: Record) -> np.ndarray:
    """Which branches turn the voltage, on three closed phases, and have their source at ``to_bus``, (branches, T)."""
    out = np.zeros((len(record.feeder.branches), record.case.steps), dtype=bool)
    for position, legs in turning(record):
        for intervals in alike(record.feeder.closed[legs], record.feeder.closed, record.islands.former):
            t = intervals[0]
            closed = record.feeder.closed[:, t].copy()
            former = int(record.islands.former[record.feeder.legs[legs[0]].to, t])
            if closed[legs].all() and former >= 0:
                closed[legs] = False
                part = components(record.feeder, closed)
                ends = [record.feeder.legs[leg].to for leg in legs]
                out[position, intervals] = np.isin(part[list(record.islands.former_nodes[former])], part[ends]).any()
    return out


def turning(record: Record) -> Iterator[tuple[int, list[int]]]:
    """Three-phase transformers between wye and delta, with their legs."""
    for position, branch in enumerate(record.feeder.branches):
        if branch.connection in TURNING and len(branch.phases) == 3:
            yield position, [n for n, leg in enumerate(record.feeder.legs) if leg.branch == position]


CHECKS: tuple[Callable[[Record], Check], ...] = (losses_are_losses, wires_lose, no_bridge)
