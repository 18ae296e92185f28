"""Checks on the feeder: injections, flows, balance, thermal limits and voltages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from v2g.replay.check_tables import leg_words, node_words
from v2g.replay.record import Record
from v2g.replay.sweep import leg_ends, node_residual
from v2g.replay.verdict import Array, Check, allowance
from v2g.replay.voltage import leg_mismatch, references


def on_nodes(record: Record, name: str, unit: str, excess: Array, scale: Array | float = 1.0) -> Check:
    """A check on an excess of shape (nodes, T)."""
    return record.worst(name, unit, excess, node_words(record), scale)


def on_legs(record: Record, name: str, unit: str, excess: Array, scale: Array | float = 1.0) -> Check:
    """A check on an excess of shape (legs, T); legs that are dead are left out."""
    return record.worst(name, unit, np.where(record.leg_live, excess, 0.0), leg_words(record), scale)


def throughput(record: Record) -> Array:
    """Power in kVA that meets at each node, (nodes, T): the magnitude against which its balance is held."""
    met = np.abs(record.injection)
    for leg, around in enumerate(leg_ends(record.feeder, record.reactive)):
        for end, share in around:
            met[end] += abs(share) * np.abs(record.sweep.flow[leg])
    return met


def injection_kw(record: Record) -> Check:
    """Active power at every node is what the devices there give and take."""
    gap = np.abs(record.node_sheet["injection_kw"] - record.injection.real)
    return on_nodes(record, "nodes: kW from the devices", "kW", gap, allowance(np.abs(record.injection)))


def injection_kvar(record: Record) -> Check:
    """Reactive power at every node is what the devices and capacitors there give and take."""
    gap = np.abs(record.node_sheet["injection_kvar"] - record.injection.imag) * record.reactive
    return on_nodes(record, "nodes: kvar from the devices", "kvar", gap, allowance(np.abs(record.injection)))


def dead_nodes_empty(record: Record) -> Check:
    """Nothing goes into or comes out of a dead node."""
    stated = np.maximum(np.abs(record.node_sheet["injection_kw"]), np.abs(record.injection))
    return on_nodes(record, "nodes: nothing at dead ones", "kW", np.where(record.live, 0.0, stated))


def node_balance(record: Record) -> Check:
    """At every node the plan's own flows and injections cancel."""
    left = node_residual(record.feeder, record.passed_on, record.given_flow, record.reactive)
    gap = np.where(record.live, np.abs(left), 0.0)
    return on_nodes(record, "feeder: balance at every node", "kVA", gap, allowance(throughput(record)))


def island_balance(record: Record) -> Check:
    """In every island the injections, swept to its root, cancel."""
    scale = allowance(throughput(record), len(record.feeder.nodes))
    gap = np.where(record.live, np.abs(record.sweep.residual), 0.0)
    return on_nodes(record, "feeder: balance of every island", "kVA", gap, scale)


def flows_swept(record: Record) -> Check:
    """The flows are what the sweep from the leaves gives."""
    gap = record.given_flow - record.sweep.flow
    excess = np.abs(gap) if record.reactive else np.abs(gap.real)
    scale = allowance(np.abs(record.sweep.flow), len(record.feeder.nodes))
    return on_legs(record, "feeder: flows swept from the leaves", "kVA", excess, scale)


def thermal_limits(record: Record) -> Check:
    """No leg carries more than its rating; an unknown rating does not bind."""
    legs, branches = record.feeder.legs, record.feeder.branches
    rating = np.array([branches[leg.branch].rating_kva for leg in legs], dtype=float)[:, None]
    known = np.isfinite(rating)
    carried = np.maximum(np.abs(record.sweep.flow), np.abs(flow_used(record))) + record.of_legs("entering_kva")
    excess = np.where(known, carried - np.where(known, rating, 0.0), 0.0)
    return on_legs(record, "feeder: thermal limits", "kVA", excess, allowance(np.where(known, rating, 0.0)))


def flow_used(record: Record) -> np.ndarray:
    """The plan's flows, without reactive power where the network has none."""
    return record.given_flow if record.reactive else record.given_flow.real


def voltage_steps(record: Record) -> Check:
    """Along every leg the plan's voltages drop by what its flows cause."""
    gap = np.abs(leg_mismatch(record.feeder, record.drops, record.given_w, record.taps)) * record.reactive
    return on_legs(record, "feeder: voltage drop of every leg", "p.u.²", gap)


def voltages_swept(record: Record) -> Check:
    """The voltages are what the sweep from the reference gives."""
    swept, _ = record.swept_w
    gap = np.where(record.live, np.abs(record.given_w - swept), 0.0) * record.reactive
    scale = float(max(1, len(record.feeder.nodes)))
    return on_nodes(record, "feeder: voltages swept from the reference", "p.u.²", gap, scale)


def reference_voltage(record: Record) -> Check:
    """The first forming source of every island holds its voltage."""
    gap = np.zeros(record.given_w.shape)
    for t in range(record.case.steps if record.reactive else 0):
        known, fixed = references(record.islands, t)
        gap[known, t] = np.abs(record.given_w[known, t] - fixed[known])
    return on_nodes(record, "feeder: reference voltage", "p.u.²", gap)


def voltage_limits(record: Record) -> Check:
    """Live nodes stay between their lowest and highest voltage."""
    low, high = np.square(record.feeder.vmin_pu)[:, None], np.square(record.feeder.vmax_pu)[:, None]
    excess = np.maximum(low - record.given_w, record.given_w - high)
    inside = np.where(record.live & record.reactive, excess, 0.0)
    return on_nodes(record, "feeder: voltage limits", "p.u.²", inside)


CHECKS: tuple[Callable[[Record], Check], ...] = (
    injection_kw, injection_kvar, dead_nodes_empty, node_balance, island_balance, flows_swept, thermal_limits,
    voltage_steps, voltages_swept, reference_voltage, voltage_limits,
)  # fmt: skip
