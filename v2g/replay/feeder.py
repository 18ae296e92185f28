"""The feeder as nodes, legs and terminals, read straight from the case's tables.

A node is a bus and a phase; a leg a phase of a line or transformer that is closed at some time. Power is
complex, kW + j kvar, throughout. What connects a device (or a delta winding) to its nodes is one complex weight a
node: wye on m phases 1/m each, delta between two phases of a balanced system
``1/2 -+ j/(2 sqrt 3)``, because the current of the pair is shared while the voltages are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.replay.columns import flags, numbers, texts
from v2g.replay.timeline import closed_over_time
from v2g.replay.verdict import Array, Complex, Index, Mask

PHASES = "abc"
NEXT = {"a": "b", "b": "c", "c": "a"}
LAST = {"a": "c", "b": "a", "c": "b"}
TURNING = ("delta-wye", "wye-delta")
"""Windings whose voltages turn by 30 degrees from one side to the other: a phase behind them is fed by two."""
FIRST_OF_PAIR = 0.5 - 0.5j / np.sqrt(3.0)
SECOND_OF_PAIR = 0.5 + 0.5j / np.sqrt(3.0)

Node = tuple[str, str]


def phase_weights(phases: str, connection: str) -> dict[str, complex]:
    """Share of a device's complex power on each of its phases.

    A pair takes ``FIRST_OF_PAIR`` on the phase that comes first in positive sequence (ab, bc, ca),
    however it is written.
    """
    if connection == "delta" and len(phases) == 2:
        first, second = phases[0], phases[1]
        if NEXT[first] != second:
            first, second = second, first
        return {first: FIRST_OF_PAIR, second: SECOND_OF_PAIR}
    return {phase: complex(1.0 / len(phases)) for phase in phases}


@dataclass(frozen=True)
class Leg:
    """One phase of a branch: power drawn from ``sources`` (node, weight) leaves at ``to``."""

    branch: int
    phase: str
    sources: tuple[tuple[int, complex], ...]
    to: int


@dataclass(frozen=True)
class Branch:
    """A line or transformer. ``coupling`` (3, 3) takes conj(kW + j kvar) to half a drop in p.u. squared.

    ``lead``: voltages at ``to_bus`` lead by 30 degrees, if they turn at all, instead of lagging.
    """

    name: str
    kind: str
    from_bus: str
    to_bus: str
    phases: str
    connection: str
    rating_kva: float
    tap: tuple[float, float, float]
    coupling: Complex
    lead: bool = True

    def feeding(self, phase: str) -> dict[str, complex]:
        """Phases at ``from_bus`` that feed a phase of ``to_bus``, and their shares of its complex power.

        Behind a delta, the voltage of a phase is that between two others: its own and the next one if it leads, the
        last one and its own (reversed) if it lags. Without zero sequence the same holds from wye to delta.
        """
        if self.connection not in TURNING:
            return {phase: complex(1.0)}
        pair = phase + NEXT[phase] if self.lead else LAST[phase] + phase
        return {pair[0]: FIRST_OF_PAIR, pair[1]: SECOND_OF_PAIR}


@dataclass(frozen=True)
class Terminals:
    """Where the devices of a table are connected: flat arrays of (device, node, weight)."""

    device: Index
    node: Index
    weight: Complex
    count: int

    def spread(self, power: Complex, nodes: int) -> Complex:
        """Power of each device, shape (devices, T), summed at the nodes, shape (nodes, T)."""
        out = np.zeros((nodes, power.shape[1]), dtype=complex)
        np.add.at(out, self.node, self.weight[:, None] * power[self.device])
        return out

    def least(self, values: Array) -> Array:
        """Least over the nodes of each device; ``values`` (nodes, T), result (devices, T), inf without a node."""
        out = np.full((self.count, values.shape[1]), np.inf)
        np.minimum.at(out, self.device, values[self.node])
        return out

    def all_live(self, live: np.ndarray) -> np.ndarray:
        """Whether all nodes of each device are live; ``live`` bool (nodes, T), result bool (devices, T)."""
        dead = np.zeros((self.count, live.shape[1]), dtype=np.int64)
        np.add.at(dead, self.device, (~live[self.node]).astype(np.int64))
        return np.asarray(dead == 0)


@dataclass(frozen=True)
class Feeder:
    """Nodes in the order of the buses, branches that are closed at some time, their legs, and when (legs, T)."""

    nodes: tuple[Node, ...]
    number: dict[Node, int]
    vmin_pu: Array
    vmax_pu: Array
    branches: tuple[Branch, ...]
    legs: tuple[Leg, ...]
    closed: Mask

    def node_name(self, node: int) -> str:
        """A node in words."""
        bus, phase = self.nodes[node]
        return f"bus {bus}, phase {phase}"

    def leg_name(self, leg: int) -> str:
        """A leg in words."""
        branch = self.branches[self.legs[leg].branch]
        return f"{branch.kind} {branch.name}, phase {self.legs[leg].phase}"

    def terminals(self, table: pd.DataFrame) -> Terminals:
        """Connections of a device table with columns bus, phases and connection."""
        found = [
            (device, self.number[bus, phase], weight)
            for device, (bus, phases, connection) in enumerate(places(table))
            for phase, weight in phase_weights(phases, connection).items()
        ]
        device, node, weight = zip(*found, strict=True) if found else ((), (), ())
        devices, nodes = np.array(device, dtype=np.int64), np.array(node, dtype=np.int64)
        return Terminals(devices, nodes, np.array(weight, dtype=complex), len(table))


def places(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Bus, phases and connection of every row."""
    columns = texts(table, "bus"), texts(table, "phases", PHASES), texts(table, "connection", "wye")
    return list(zip(*columns, strict=True))


def series_impedance(table: pd.DataFrame) -> Complex:
    """Series impedance of each line in ohm, shape (rows, 3, 3), from its upper triangle."""
    out = np.zeros((len(table), 3, 3), dtype=complex)
    for row, first in enumerate(PHASES):
        for column, second in enumerate(PHASES[row:], start=row):
            pair = f"{first}{second}_ohm"
            value = numbers(table, f"r_{pair}", 0.0) + 1j * numbers(table, f"x_{pair}", 0.0)
            out[:, row, column] = out[:, column, row] = value
    return out


def phase_impedance(table: pd.DataFrame) -> Complex:
    """Series impedance of each transformer in ohm, shape (rows, 3, 3): its phases do not couple."""
    one = numbers(table, "r_ohm", 0.0) + 1j * numbers(table, "x_ohm", 0.0)
    return np.asarray(one[:, None, None] * np.eye(3), dtype=np.complex128)


def drop_coupling(impedance: Complex, kv_ln: Array) -> Complex:
    """Linearised drop of each branch per conj(kW + j kvar), shape (rows, 3, 3).

    With V_b = V_a exp(-2 pi j/3) and so on (phase voltages nearly balanced), the drop in squared
    magnitude on phase x is ``2 Re sum_y conj(V_x / V_y) Z_xy conj(S_y)``, over the squared nominal voltage.
    """
    turn = np.exp(-2j * np.pi / 3.0 * np.arange(3))
    rotated = np.conj(turn[:, None] / turn[None, :])[None, :, :] * impedance
    return np.asarray(rotated / (1000.0 * np.square(kv_ln))[:, None, None])


def read_branches(case: Case) -> tuple[list[Branch], Mask]:
    """Every line, then every transformer that is ever closed, and when, (branches, T)."""
    buses = case.table("buses")
    kv = dict(zip(texts(buses, "bus"), numbers(buses, "kv_ln_kv"), strict=True))
    found: list[Branch] = []
    when: list[Mask] = []
    for kind in ("line", "transformer"):
        table = case.table(f"{kind}s")
        ends = list(zip(texts(table, "from_bus"), texts(table, "to_bus"), strict=True))
        base = np.array([kv[end] for _, end in ends], dtype=float)
        coupling = drop_coupling(series_impedance(table) if kind == "line" else phase_impedance(table), base)
        taps = np.stack([numbers(table, f"tap_{phase}", 1.0) for phase in PHASES], axis=1)
        rating = numbers(table, "rating_kva")
        closed = closed_over_time(case, kind)
        when.append(closed[closed.any(axis=1)])
        words = texts(table, kind), texts(table, "phases", PHASES), texts(table, "connection", "wye-wye")
        lead = flags(table, "lead", True)
        for row, (name, phases, connection) in enumerate(zip(*words, strict=True)):
            if closed[row].any():
                tap = (float(taps[row, 0]), float(taps[row, 1]), float(taps[row, 2]))
                limit, leads = float(rating[row]), bool(lead[row])
                found.append(Branch(name, kind, *ends[row], phases, connection, limit, tap, coupling[row], leads))
    return found, np.vstack(when)


def legs_of(branches: Sequence[Branch], number: dict[Node, int]) -> list[Leg]:
    """The legs of all branches; one of a transformer that turns draws from two nodes."""
    return [
        Leg(position, phase, tuple((number[branch.from_bus, p], w) for p, w in branch.feeding(phase).items()),
            number[branch.to_bus, phase])
        for position, branch in enumerate(branches)
        for phase in branch.phases
    ]  # fmt: skip


def read_feeder(case: Case) -> Feeder:
    """The feeder of a case, with lines and transformers left out that are never closed."""
    buses = case.table("buses")
    names, phases = texts(buses, "bus"), texts(buses, "phases", PHASES)
    nodes = tuple((bus, phase) for bus, on in zip(names, phases, strict=True) for phase in on)
    number = {node: position for position, node in enumerate(nodes)}
    repeat = [len(on) for on in phases]
    lowest = numbers(buses, "vmin_pu", float(str(case.header.get("vmin_pu", 0.9))))
    highest = numbers(buses, "vmax_pu", float(str(case.header.get("vmax_pu", 1.1))))
    branches, closed = read_branches(case)
    legs = tuple(legs_of(branches, number))
    when = closed[[leg.branch for leg in legs]]
    return Feeder(nodes, number, np.repeat(lowest, repeat), np.repeat(highest, repeat), tuple(branches), legs, when)
