"""The feeder as nodes (bus-phases) and legs (line-phases and transformer-phases)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.derive.timeline import Mask, Timeline

LEADING_PAIR = {"a": "ab", "b": "bc", "c": "ca"}
LAGGING_PAIR = {"a": "ca", "b": "ab", "c": "bc"}
"""Phases that feed one behind a delta, in positive sequence, where its voltage leads and where it lags."""
TURNING = ("delta-wye", "wye-delta")


@dataclass(frozen=True)
class Feeder:
    """Nodes, and the legs between them that are closed in some interval: ``closed`` says when, (legs, T).

    ``ends`` are the sending ends: (leg, node, share of P, cross share of Q, weight of w). Most legs
    have one; a leg behind a delta winding has two. ``couplings`` are (leg, other leg, drop by kW,
    drop by kvar) in squared per unit; ``charging`` are (leg, node, kvar that half of a line gives there).
    ``shunt`` is what the bus takes at each node at nominal voltage, kW and kvar.
    """

    nodes: list[str]
    number: dict[tuple[str, str], int]
    bus: list[str]
    phase: list[str]
    kv: Floats
    legs: list[str]
    element: list[str]
    kind: list[str]
    leg_phase: list[str]
    to_node: Ints
    rating: Floats
    closed: Mask
    end_leg: Ints
    end_node: Ints
    end_share: Floats
    end_cross: Floats
    end_weight: Floats
    couplings: tuple[Ints, Ints, Floats, Floats]
    charging: tuple[Ints, Ints, Floats]
    shunt: tuple[Floats, Floats]


def sequence_drops(r: Any, x: Any) -> tuple[Any, Any]:
    """Matrices of the drop of squared voltage by P and by Q, from 3x3 series R and X.

    ``2 (Re(Gamma) o r + Im(Gamma) o x)`` and ``2 (Re(Gamma) o x - Im(Gamma) o r)`` with Gamma the
    matrix of phase rotations (Sankur et al. 2016, arXiv:1606.04492).

    >>> p, q = sequence_drops(np.diag([1.0, 1, 1]), np.diag([3.0, 3, 3]))
    >>> float(p[0, 0]), float(q[0, 0])
    (2.0, 6.0)
    """
    turn = np.exp(-2j * np.pi / 3)
    gamma = np.array([[1, turn**2, turn], [turn, 1, turn**2], [turn**2, turn, 1]])
    return 2 * (gamma.real * r + gamma.imag * x), 2 * (gamma.real * x - gamma.imag * r)


class _Builder:
    def __init__(self, case: Case, timeline: Timeline) -> None:
        self.case, self.timeline = case, timeline
        self.nodes: list[tuple[str, str]] = []
        self.kv: list[float] = []
        self.legs: list[tuple[str, str, str]] = []
        self.to_node: list[int] = []
        self.rating: list[float] = []
        self.closed: list[Mask] = []
        self.ends: list[tuple[int, int, float, float, float]] = []
        self.couplings: list[tuple[int, int, float, float]] = []
        self.charging: list[tuple[int, int, float]] = []
        self.shunt: list[tuple[float, float]] = []

    def add_nodes(self) -> None:
        """One node per bus and phase, in the order of the table."""
        for bus in self.case.table("buses").to_dict("records"):
            for phase in bus["phases"]:
                self.nodes.append((bus["bus"], phase))
                self.kv.append(float(bus["kv_ln_kv"]))
                self.shunt.append((float(bus[f"shunt_{phase}_kw"]), float(bus[f"shunt_{phase}_kvar"])))
        self.number = {node: i for i, node in enumerate(self.nodes)}

    def used(self, name: str) -> Iterator[tuple[dict[Any, Any], Mask]]:
        """Rows of a table of elements that are closed in some interval, and when, (T,)."""
        table = self.case.table(name)
        closed = self.timeline.closed(table)
        rows = np.flatnonzero(closed.any(axis=1))
        yield from zip(table.iloc[rows].to_dict("records"), closed[rows], strict=True)

    def leg(self, element: dict[Any, Any], kind: str, phase: str, closed: Mask) -> int:
        """A new leg; returns its number."""
        self.legs.append((element[kind], kind, phase))
        self.to_node.append(self.number[element["to_bus"], phase])
        self.rating.append(np.inf if np.isnan(element["rating_kva"]) else element["rating_kva"])
        self.closed.append(closed)
        return len(self.legs) - 1

    def couple(self, legs: dict[str, int], r: Any, x: Any, to_bus: str) -> None:
        """Voltage drops between the phases of one element."""
        by_kw, by_kvar = sequence_drops(r, x)
        for one, a in legs.items():
            scale = 1.0 / (1000.0 * self.kv[self.number[to_bus, one]] ** 2)
            for two, b in legs.items():
                i, j = "abc".index(one), "abc".index(two)
                if by_kw[i, j] or by_kvar[i, j]:
                    self.couplings.append((a, b, by_kw[i, j] * scale, by_kvar[i, j] * scale))

    def add_lines(self) -> None:
        """A leg per phase of each line."""
        for line, closed in self.used("lines"):
            legs = {}
            for phase in line["phases"]:
                a = self.leg(line, "line", phase, closed)
                self.ends.append((a, self.number[line["from_bus"], phase], 1.0, 0.0, 1.0))
                legs[phase] = a
            self.couple(legs, matrix(line, "r", "ohm"), matrix(line, "x", "ohm"), line["to_bus"])
            self.charge(legs, matrix(line, "b", "us"), (line["from_bus"], line["to_bus"]))

    def charge(self, legs: dict[str, int], b_us: Floats, buses: tuple[str, str]) -> None:
        """Half of a line's shunt susceptance at each of its ends, in kvar at nominal voltage."""
        for phase, a in legs.items():
            half = susceptance(b_us, phase, "".join(legs)) / 2.0
            for bus in buses if half else ():
                node = self.number[bus, phase]
                self.charging.append((a, node, half * self.kv[node] ** 2 / 1000.0))

    def add_transformers(self) -> None:
        """A leg per phase of each transformer or regulator; a delta winding is fed by two phases."""
        for unit, closed in self.used("transformers"):
            legs = {}
            for phase in unit["phases"]:
                a = self.leg(unit, "transformer", phase, closed)
                tap = float(unit[f"tap_{phase}"]) ** 2
                pairs = LEADING_PAIR if unit["lead"] else LAGGING_PAIR
                pair = pairs[phase] if unit["connection"] in TURNING else phase
                shift = (1.0, -1.0) if len(pair) == 2 else (0.0,)
                for side, sign in zip(pair, shift, strict=True):
                    node = self.number[unit["from_bus"], side]
                    self.ends.append((a, node, 1.0 / len(pair), sign / (2.0 * np.sqrt(3.0)), tap / len(pair)))
                legs[phase] = a
            self.couple(legs, np.eye(3) * unit["r_ohm"], np.eye(3) * unit["x_ohm"], unit["to_bus"])


def matrix(line: dict[Any, Any], letter: str, unit: str) -> Floats:
    """3x3 symmetric matrix of a line's total series R or X in ohm, or shunt B in microsiemens, from its columns."""
    found = np.zeros((3, 3))
    for i, one in enumerate("abc"):
        for j, two in enumerate("abc"):
            found[i, j] = line[f"{letter}_{min(one, two)}{max(one, two)}_{unit}"]
    return found


def susceptance(b: Floats, phase: str, phases: str) -> float:
    """What one phase gives per squared voltage when the voltages are balanced: ``b_xx - (sum of b_xy) / 2``.

    The current of phase x is ``j sum of b_xy V_y``, and ``V_x conj(V_y)`` is the squared voltage turned by 120
    degrees, whose cosine is -1/2. Its sine moves a little active power from phase to phase, none in sum: left out.

    >>> susceptance(np.array([[6.0, -1, -1], [-1, 6, -1], [-1, -1, 6]]), "a", "abc")
    7.0
    """
    x = "abc".index(phase)
    return float(b[x, x] - sum(b[x, "abc".index(y)] for y in phases if y != phase) / 2.0)


def build(case: Case, timeline: Timeline) -> Feeder:
    """Nodes and legs of a case."""
    make = _Builder(case, timeline)
    make.add_nodes()
    make.add_lines()
    make.add_transformers()
    leg, node, share, cross, weight = (list(c) for c in zip(*make.ends, strict=True)) if make.ends else ([],) * 5
    a, b, by_kw, by_kvar = (list(c) for c in zip(*make.couplings, strict=True)) if make.couplings else ([],) * 4
    leg_on, charged, kvar = (list(c) for c in zip(*make.charging, strict=True)) if make.charging else ([],) * 3
    shunt_kw, shunt_kvar = np.array(make.shunt, float).reshape(-1, 2).T
    return Feeder(
        nodes=[f"{bus}.{phase}" for bus, phase in make.nodes],
        number=make.number,
        bus=[bus for bus, _ in make.nodes],
        phase=[phase for _, phase in make.nodes],
        kv=np.array(make.kv, float),
        legs=[f"{name}.{phase}" for name, _, phase in make.legs],
        element=[name for name, _, _ in make.legs],
        kind=[kind for _, kind, _ in make.legs],
        leg_phase=[phase for _, _, phase in make.legs],
        to_node=np.array(make.to_node, int),
        rating=np.array(make.rating, float),
        closed=np.array(make.closed, bool).reshape(len(make.legs), case.steps),
        end_leg=np.array(leg, int),
        end_node=np.array(node, int),
        end_share=np.array(share, float),
        end_cross=np.array(cross, float),
        end_weight=np.array(weight, float),
        couplings=(np.array(a, int), np.array(b, int), np.array(by_kw, float), np.array(by_kvar, float)),
        charging=(np.array(leg_on, int), np.array(charged, int), np.array(kvar, float)),
        shunt=(shunt_kw, shunt_kvar),
    )
