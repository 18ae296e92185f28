"""Shunts at the nodes, at nominal voltage: capacitors, reactors, the lines' own susceptance, and what buses take."""

from __future__ import annotations

import numpy as np

from v2g.case import Case
from v2g.replay.columns import flags, numbers, texts
from v2g.replay.feeder import PHASES, Feeder, places
from v2g.replay.verdict import Array, Complex, Mask

BALANCED = np.exp(-2j * np.pi / 3.0 * np.arange(3))
"""Voltages of phases a, b, c in per unit."""


def shunts(case: Case, feeder: Feeder, leg_live: Mask) -> tuple[Array, Array]:
    """What gives and what takes reactive power at every node, both positive, (nodes, T).

    ``leg_live`` (legs, T) says which lines are energised. A bank counts while it is switched in.
    """
    banks = np.zeros((len(feeder.nodes), 1))
    reactors = np.zeros_like(banks)
    table = case.table("capacitors")
    closed, kvar = flags(table, "closed", True), numbers(table, "kvar", 0.0)
    for row, (bus, phases, _) in enumerate(places(table)):
        for phase in phases if closed[row] else "":
            side = banks if kvar[row] > 0.0 else reactors
            side[feeder.number[bus, phase]] += abs(kvar[row]) / len(phases)
    own = line_charging(case, feeder, leg_live) - bus_shunts(case, feeder).imag[:, None]
    return banks + np.maximum(own, 0.0), reactors + np.maximum(-own, 0.0)


def bus_shunts(case: Case, feeder: Feeder) -> Complex:
    """What every bus takes at its nodes in kW + j kvar, (nodes,)."""
    table = case.table("buses")
    power = {p: numbers(table, f"shunt_{p}_kw", 0.0) + 1j * numbers(table, f"shunt_{p}_kvar", 0.0) for p in PHASES}
    row_of = {name: row for row, name in enumerate(texts(table, "bus"))}
    return np.array([power[phase][row_of[bus]] for bus, phase in feeder.nodes], dtype=np.complex128)


def line_charging(case: Case, feeder: Feeder, leg_live: Mask) -> Array:
    """Reactive power that energised lines give at each node, (nodes, T): half of a line at each of its ends.

    From the currents ``j B V / 2`` at balanced voltages: the imaginary part of ``-V conj(I)``.
    """
    table = case.table("lines")
    susceptance = shunt_susceptance(case)
    row_of = {name: row for row, name in enumerate(texts(table, "line"))}
    kv = dict(zip(texts(case.table("buses"), "bus"), numbers(case.table("buses"), "kv_ln_kv"), strict=True))
    total = np.zeros((len(feeder.nodes), case.steps))
    for number, leg in enumerate(feeder.legs):
        branch = feeder.branches[leg.branch]
        if branch.kind != "line" or not susceptance[row_of[branch.name]].any():
            continue
        there = np.array([phase in branch.phases for phase in PHASES])
        volts = BALANCED * there
        current = 1j * susceptance[row_of[branch.name]] @ volts / 2.0
        x = PHASES.index(leg.phase)
        for bus, node in ((branch.from_bus, leg.sources[0][0]), (branch.to_bus, leg.to)):
            given = -np.imag(volts[x] * np.conj(current[x])) * kv[bus] ** 2 * 1e-3
            total[node] += given * leg_live[number]
    return total


def shunt_susceptance(case: Case) -> Array:
    """Shunt susceptance of each line in microsiemens, shape (rows, 3, 3), from its upper triangle."""
    table = case.table("lines")
    out = np.zeros((len(table), 3, 3))
    for row, first in enumerate(PHASES):
        for column, second in enumerate(PHASES[row:], start=row):
            value = numbers(table, f"b_{first}{second}_us", 0.0)
            out[:, row, column] = out[:, column, row] = value
    return out
