"""Split-phase secondaries that are kept: two hot legs become one circuit of 240 V on the phase of their primary."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np

from v2g.feeders.graph import DEVICES, bus_graph, ends
from v2g.feeders.network import LEGS, Bus, Line, Network, Note, Transformer, Weight, Winding

BOTH = 2.0
"""Voltage across both legs over that of one."""


def is_split(phases: str) -> bool:
    """Whether these are hot legs and nothing else."""
    return set(phases) <= set(LEGS)


def one_phase_secondaries(network: Network) -> Network:
    """The network with every pair of hot legs as one phase at the voltage across both.

    Exact where the two legs carry the same; what one leg carries alone counts as if half of it came over either, so
    the lower of the two voltages is overstated. A conductor that serves one leg keeps its own impedance.
    """
    phase_at = _phases(network)
    if not phase_at:
        return network
    text = (
        f"buses of split-phase secondaries, {len(phase_at):,}, are circuits of one phase across both legs: "
        "loads of either leg count as if spread over both"
    )
    changes: dict[str, Any] = {
        kind: tuple(_moved(device, phase_at) for device in getattr(network, kind)) for kind in DEVICES
    }
    return replace(
        network,
        buses=tuple(_bus(bus, phase_at) for bus in network.buses),
        lines=tuple(_line(line, phase_at) if line.from_bus in phase_at else line for line in network.lines),
        transformers=tuple(_unit(unit, phase_at) for unit in network.transformers),
        notes=(*network.notes, Note(Weight.CHANGED, text)),
        **changes,
    )


def _phases(network: Network) -> dict[str, str]:
    """Phase of the primary behind which each split-phase bus hangs."""
    split = {bus.name for bus in network.buses if is_split(bus.phases)}
    graph = bus_graph(network, network.lines).subgraph(split)
    found: dict[str, str] = {}
    for unit in network.transformers:
        low = next((bus for bus in ends(unit) if bus in split), None)
        if low is not None and low not in found:
            phase = next(w.phases[0] for w in unit.windings if w.bus not in split)
            found |= dict.fromkeys(nx.node_connected_component(graph, low), phase)
    return found


def _bus(bus: Bus, phase_at: dict[str, str]) -> Bus:
    phase = phase_at.get(bus.name)
    return bus if phase is None else replace(bus, phases=phase, kv_ln=BOTH * bus.kv_ln)


def _moved(device: Any, phase_at: dict[str, str]) -> Any:
    phase = phase_at.get(device.bus)
    if phase is None:
        return device
    how = {"connection": "wye"} if hasattr(device, "connection") else {}
    return replace(device, phases=phase, **how)


def _line(line: Line, phase_at: dict[str, str]) -> Line:
    """Both legs in series, out and back; one leg alone, seen from twice its voltage.

    Loop impedance ``z11 + z22 - z12 - z21``; the voltages of the legs oppose each other, so the susceptance at each is
    ``(b11 + b22 - b12 - b21) / 4`` of what stands at twice the voltage.
    """
    if len(line.phases) == len(LEGS):
        ring = np.array([1.0, -1.0])
        r, x, b = (ring @ matrix @ ring for matrix in (line.r_ohm, line.x_ohm, line.b_us))
    else:
        r, x, b = BOTH**2 * line.r_ohm[0, 0], BOTH**2 * line.x_ohm[0, 0], line.b_us[0, 0]
    one = (np.array([[value]], float) for value in (r, x, b / BOTH**2))
    r_ohm, x_ohm, b_us = one
    phase = phase_at[line.from_bus]
    return replace(line, phases=phase, to_phases="", r_ohm=r_ohm, x_ohm=x_ohm, b_us=b_us)


def _unit(unit: Transformer, phase_at: dict[str, str]) -> Transformer:
    """A center tap as two windings, the second across both halves.

    With the star of the three windings, in per unit of the unit's kVA, each half carries half of the power:
    ``z = z1 + (z2 + z3) / 4`` (the current of a half is half of that of the primary, and their voltages average).
    """
    low = [w for w in unit.windings if w.bus in phase_at]
    if not low:
        return unit
    high = unit.windings[0]
    phase = phase_at[low[0].bus]
    across = replace(low[0], phases=phase, connection="wye", kv=BOTH * low[0].kv, kva=high.kva)
    if len(unit.windings) != 3:
        wide = low[0].phases if len(low[0].phases) == 2 else ""
        return replace(unit, windings=(high, replace(across, kv=low[0].kv if wide else across.kv)))
    r, x = star(unit)
    return replace(
        unit,
        windings=(replace(high, r_pct=r[0]), Winding(
            across.bus, phase, "wye", across.kv, high.kva, across.tap, (r[1] + r[2]) / BOTH**2
        )),
        x_pct=(x[0] + (x[1] + x[2]) / BOTH**2,),
    )  # fmt: skip


def star(unit: Transformer) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Resistance and reactance of the three arms of a star that stands for three windings, in per cent.

    ``x1 = (x12 + x13 - x23) / 2`` and so on; each winding has its own resistance.
    """
    x12, x13, x23 = unit.x_pct
    one, two, three = (w.r_pct for w in unit.windings)
    return (one, two, three), ((x12 + x13 - x23) / 2.0, (x12 + x23 - x13) / 2.0, (x13 + x23 - x12) / 2.0)
