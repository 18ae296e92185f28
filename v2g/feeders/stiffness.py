"""Impedance of the supply: a line from a bus of its own to the bus where the feeder starts, where it matters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from v2g.feeders.names import free_name
from v2g.feeders.network import Bus, Line, Network, Note, Source, Weight

MATTERS = 1e-3
"""Part of the voltage that the whole load would lose in it: less is left out."""


def with_impedance(network: Network) -> Network:
    """The network with sources behind their impedance; a note says which are, and which are taken as stiff."""
    for source in network.sources:
        if source.z1_ohm or source.z0_ohm:
            part = _part(network, source)
            network = _stiff(network, source, part) if part < MATTERS else _behind(network, source, part)
    return network


def _part(network: Network, source: Source) -> float:
    """Voltage that all loads of the network would lose in the source, in per unit of the nominal one."""
    mva = abs(sum(complex(load.kw, load.kvar) for load in network.loads)) / 1000.0
    return abs(source.z1_ohm) * mva / _kv_squared(network, source)


def _kv_squared(network: Network, source: Source) -> float:
    """Base of an impedance in MVA and ohm: line to line for three phases, else line to neutral."""
    kv_ln = next(bus.kv_ln for bus in network.buses if bus.name == source.bus)
    return float(len(source.phases) * kv_ln**2)


def _stiff(network: Network, source: Source, part: float) -> Network:
    text = f"source {source.name}: its impedance, in which the whole load loses {100.0 * part:.2g} %, is left out"
    return replace(network, notes=(*network.notes, Note(Weight.CHANGED, text, source.origin)))


def _behind(network: Network, source: Source, part: float) -> Network:
    bus = next(bus for bus in network.buses if bus.name == source.bus)
    taken = {line.name for line in network.lines} | {unit.name for unit in network.transformers}
    head = Bus(free_name(f"{bus.name}_supply", {b.name for b in network.buses}), source.phases, bus.kv_ln)
    z = phase_impedance(source)
    line = Line(
        free_name(f"{source.name}_impedance", taken), head.name, bus.name, source.phases,
        z.real.copy(), z.imag.copy(), np.zeros(z.shape), origin=source.origin,
    )  # fmt: skip
    text = (
        f"source {source.name}: its impedance, in which the whole load loses {100.0 * part:.2g} %, is line {line.name} "
        f"from bus {head.name}"
    )
    return replace(
        network, buses=(*network.buses, replace(head, origin=source.origin)), lines=(*network.lines, line),
        sources=tuple(replace(s, bus=head.name) if s is source else s for s in network.sources),
        notes=(*network.notes, Note(Weight.CHANGED, text, source.origin)),
    )  # fmt: skip


def phase_impedance(source: Source) -> NDArray[np.complex128]:
    """Ohm of each phase and between them (phases, phases), from those of the sequences (Fortescue 1918).

    >>> phase_impedance(Source("s", "b", "abc", z1_ohm=1 + 2j, z0_ohm=4 + 8j))[0]
    array([2.+4.j, 1.+2.j, 1.+2.j])
    """
    count = len(source.phases)
    mutual = (source.z0_ohm - source.z1_ohm) / 3.0
    whole: NDArray[np.complex128] = np.full((count, count), mutual) + np.eye(count) * source.z1_ohm
    return whole
