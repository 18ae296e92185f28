"""From an AC solution to what the linear model leaves out: losses by node, voltage by leg.

At a fixed point the linear program's solution is an AC power flow: its flows are what arrives at the end of each
leg, what else the nodes lose is stated, and so is what else the voltages fall.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from v2g.ac.flow import Flow
from v2g.replay.check_ac import backfed, turning
from v2g.replay.feeder import PHASES, Leg
from v2g.replay.islands import components
from v2g.replay.record import Record
from v2g.replay.shunts import shunts
from v2g.replay.sweep import node_residual
from v2g.replay.timeline import alike
from v2g.replay.verdict import Array, Complex, Index
from v2g.replay.voltage import leg_drops, leg_mismatch

DIGITS = 7
"""Of kW and squared p.u. that are stated: the engine's last digits differ from run to run, and no plan should."""
NOISE = 1e-7
"""Of the power that forming sources give: what the engine's solution leaves open in a single phase."""


def tables(record: Record, flow: Flow) -> dict[str, pd.DataFrame]:
    """The tables ``ac_nodes`` and ``ac_legs`` that a solved replay asks for."""
    lost = without_last_digits(record, lost_at_nodes(record, flow), NOISE * np.abs(flow.given).sum(axis=(0, 1)))
    mismatch = leg_mismatch(
        record.feeder, leg_drops(record.feeder, flow.arrived), np.square(flow.voltage), record.standing_taps
    )
    offset = np.where(record.leg_live & flow.converged, mismatch, 0.0)
    entering = np.maximum(np.abs(flow.entered) - np.abs(flow.arrived), 0.0)
    feeder = record.feeder
    met = np.where(flow.converged, (flow.entered - flow.arrived).real, 0.0)
    around = np.where(np.array([leg_turns(leg) for leg in feeder.legs], dtype=bool)[:, None], flow.arrived, 0.0)
    nodes = {"bus": [bus for bus, _ in feeder.nodes], "phase": [phase for _, phase in feeder.nodes]}
    legs = {"line": [feeder.branches[leg.branch].name for leg in feeder.legs], "phase": [x.phase for x in feeder.legs]}
    return {
        "ac_nodes": _long(record, nodes, lost_kw=lost.real, lost_kvar=lost.imag),
        "ac_legs": _long(
            record,
            legs,
            offset=rounded(offset),
            entering_kva=rounded(entering),
            around_kw=rounded(around.real),
            around_kvar=rounded(around.imag),
            lost_kw=rounded(met),
        ),
    }


def steps(record: Record) -> dict[str, pd.DataFrame]:
    """The table ``ac_taps``: the step on which each live tap that moves stood in a replay; none where none moves."""
    legs = [record.feeder.legs[leg] for leg in record.regulators.leg]
    things = {
        "transformer": [record.feeder.branches[leg.branch].name for leg in legs],
        "phase": [x.phase for x in legs],
    }
    live = record.leg_live[record.regulators.leg]
    stood = np.where(live, record.standing_taps[record.regulators.leg], 0.0)
    return {"ac_taps": _long(record, things, tap=rounded(stood))} if live.any() else {}


def leg_turns(leg: Leg) -> bool:
    """Whether a leg is of a transformer between wye and delta."""
    return len(leg.sources) == 2


def rounded(values: Array) -> Array:
    """Without the engine's last digits."""
    return np.asarray(np.round(values, DIGITS), dtype=np.float64)


def without_last_digits(record: Record, lost: Complex, noise_kw: Array) -> Complex:
    """Losses (nodes, T), rounded, and such that a plan can meet them.

    No phase gains what is mere noise, (T,) in kW: a source that takes nothing back would have to. And a delta winding
    that is fed from behind passes on nothing in zero sequence, so what is asked for behind it has to fit together:
    losses that were rounded one by one do not, and get back what rounding took from that sum.
    """
    stated = rounded(np.where((lost.real < 0.0) & (lost.real > -noise_kw), 0.0, lost.real)) + 1j * rounded(lost.imag)
    behind, legs_of = backfed(record), dict(turning(record))
    opened = record.feeder.closed.copy()
    opened[[leg for legs in legs_of.values() for leg in legs]] = False
    phase = np.array([PHASES.index(name) for _, name in record.feeder.nodes])
    for position, legs in legs_of.items():
        ends, blind = _blind(record, legs)
        for intervals in alike(opened, behind[[position]]):
            if behind[position, intervals[0]]:
                part = components(record.feeder, opened[:, intervals[0]])
                far = np.flatnonzero(np.isin(part, part[ends]))
                off = blind[phase[far]] @ (lost - stated)[np.ix_(far, intervals)]
                stated[np.ix_(ends, intervals)] += np.conj(blind[phase[ends]])[:, None] * off
    return stated


def _blind(record: Record, legs: list[int]) -> tuple[Index, Complex]:
    """Nodes that three legs of a transformer draw on, and the sum over phases a, b, c that no flows of theirs have."""
    ends = np.unique([node for leg in legs for node, _ in record.feeder.legs[leg].sources])
    drawn = np.zeros((ends.size, len(legs)), dtype=complex)
    for column, leg in enumerate(legs):
        for node, weight in record.feeder.legs[leg].sources:
            drawn[np.searchsorted(ends, node), column] += weight
    sums = np.zeros(len(PHASES), dtype=complex)
    sums[[PHASES.index(record.feeder.nodes[node][1]) for node in ends]] = np.conj(np.linalg.svd(drawn)[0][:, -1])
    return ends, sums


def lost_at_nodes(record: Record, flow: Flow) -> Complex:
    """What each live node receives and neither passes on by the linear law nor gives to its devices, (nodes, T).

    What buses take in kW is in the plan at nominal voltage: what they take beyond it, by the square, is among this.
    """
    gives, takes = shunts(record.case, record.feeder, record.leg_live)
    injection = record.devices - record.standing_kw + 1j * (gives - takes) * np.square(flow.voltage)
    injection += formed(record, flow)
    left = node_residual(record.feeder, injection, flow.arrived)
    return np.where(record.live & flow.converged, left, 0.0)


def formed(record: Record, flow: Flow) -> Complex:
    """What forming sources give beyond the plan, at their nodes, (nodes, T)."""
    out = np.zeros((len(record.feeder.nodes), record.case.steps), dtype=complex)
    sources, islands = np.flatnonzero(record.sources.forming), record.islands
    for rank, nodes in enumerate(islands.former_nodes):
        for node in nodes:
            phase = PHASES.index(record.feeder.nodes[node][1])
            gap = flow.given[sources[rank], phase] - record.source_power[sources[rank], phase]
            out[node] += np.where((islands.former[node] == rank) & flow.converged, gap, 0.0)
    return out


def _long(record: Record, things: dict[str, list[str]], **values: Array) -> pd.DataFrame:
    """A table with a row for each thing and interval in which some value is not zero."""
    keep = np.any([value != 0.0 for value in values.values()], axis=0)
    row, t = np.nonzero(keep)
    starts = record.case.boundaries[:-1]
    frame = {"start_utc": starts[t], "hours": record.hours[t]}
    frame |= {name: np.array(words, dtype=object)[row] for name, words in things.items()}
    return pd.DataFrame(frame | {name: value[row, t] for name, value in values.items()})
