"""Voltages and powers of the engine on the nodes and legs of a case."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from v2g.ac.circuit import Group, between_two
from v2g.ac.setpoints import groups
from v2g.errors import UsageError
from v2g.feeders.sandbox import Limits, run
from v2g.replay.columns import numbers, texts
from v2g.replay.feeder import PHASES
from v2g.replay.record import Record
from v2g.replay.verdict import Array, Complex, Mask

WORKER = "v2g.ac.worker"


@dataclass(frozen=True)
class Flow:
    """The solution of every interval; zero (not converged, voltage) where nothing is live.

    ``voltage`` in p.u. of nominal (nodes, T); ``arrived`` what each leg brings to its node, kW + j kvar
    (legs, T), ``entered`` what goes in at its other end;
    ``given`` by each source on phases a, b, c, only where it forms its island (sources, 3, T).
    ``engine`` says which program computed it.
    """

    converged: Mask
    solved: Mask
    voltage: Array
    arrived: Complex
    entered: Complex
    given: Complex
    engine: str


def solve(record: Record, time_limit: float = 600.0) -> Flow:
    """The plan of a record through the engine, in a process of its own.

    Raises UsageError where the engine is not installed or the plan has no voltages; ReaderStopped where the engine
    does not come to an end.
    """
    need_engine()
    need_voltages(record.network)
    scripts = groups(record)
    request = {"groups": [_request(group) for group in scripts]}
    answer = run(WORKER, request, Limits(seconds=time_limit, cpu_seconds=int(time_limit) + 1, file_mb=2048))
    assert isinstance(answer, dict)
    return _Decoder(record).flow(scripts, answer)


def need_engine() -> None:
    """Raises UsageError where the engine is not installed."""
    if find_spec("opendssdirect") is None:
        raise UsageError("The AC replay needs OpenDSS. Install it: pip install 'v2g[opendss]'.")


def need_voltages(network: str) -> None:
    """Raises UsageError for a network without voltages and reactive power: there is nothing to replay."""
    if network == "transport":
        raise UsageError("The AC replay needs a plan with voltages. Solve with --network lindistflow.")


def _request(group: Group) -> dict[str, Any]:
    return {
        "commands": list(group.commands),
        "names": list(group.names),
        "steps": len(group.intervals),
        "kw": group.power.real.tolist(),
        "kvar": group.power.imag.tolist(),
        "changes": [list(commands) for commands in group.changes],
    }


def unpacked(text: str) -> Complex:
    """Complex numbers from what the worker packed."""
    values = np.frombuffer(base64.b64decode(text), dtype="<f8")
    return np.asarray(values[0::2] + 1j * values[1::2])


class _Decoder:
    """From the engine's order to nodes and legs."""

    def __init__(self, record: Record) -> None:
        self.record, feeder, steps = record, record.feeder, record.case.steps
        nodes, legs, sources = len(feeder.nodes), len(feeder.legs), len(record.sources.names)
        table = record.case.table("buses")
        names = texts(table, "bus")
        nominal = dict(zip(names, numbers(table, "kv_ln_kv"), strict=True))
        row = {name: at for at, name in enumerate(names)}
        self.node = {f"b{row[b]}.{PHASES.index(p) + 1}": n for n, (b, p) in enumerate(feeder.nodes)}
        self.kv = np.array([nominal[name] for name, _ in feeder.nodes])
        self.leg = {(leg.branch, leg.phase): number for number, leg in enumerate(feeder.legs)}
        self.forming = np.flatnonzero(record.sources.forming)
        self.out = Flow(
            converged=np.zeros(steps, dtype=bool),
            solved=np.zeros(steps, dtype=bool),
            voltage=np.zeros((nodes, steps)),
            arrived=np.zeros((legs, steps), dtype=complex),
            entered=np.zeros((legs, steps), dtype=complex),
            given=np.zeros((sources, 3, steps), dtype=complex),
            engine="",
        )

    def flow(self, scripts: Sequence[Group], answer: Mapping[str, Any]) -> Flow:
        """Everything of all groups."""
        for group, found in zip(scripts, answer["groups"], strict=True):
            self._group(group, found)
        return replace(self.out, engine=str(answer["engine"]))

    def _group(self, group: Group, found: Mapping[str, Any]) -> None:
        nodes = np.array([self.node.get(name, -1) for name in found["nodes"]], dtype=np.int64)
        wires, mine = self._wires(found), np.flatnonzero(nodes >= 0)
        enters, leaves = wires.of(0), wires.of(1)
        for at, t in enumerate(group.intervals):
            self.out.solved[t], self.out.converged[t] = True, found["converged"][at]
            if not found["converged"][at]:
                continue
            volts, power = unpacked(found["voltage"][at]), unpacked(found["power"][at])
            self.out.voltage[nodes[mine], t] = np.abs(volts[mine]) / 1000.0 / self.kv[nodes[mine]]
            np.add.at(self.out.entered[:, t], wires.leg[enters], power[enters])
            np.add.at(self.out.arrived[:, t], wires.leg[leaves], -power[leaves])
            for name, given in zip(found["sources"], unpacked(found["source"][at]), strict=True):
                self.out.given[self.forming[int(name[1:-1])], PHASES.index(name[-1]), t] = given

    def _wires(self, found: Mapping[str, Any]) -> _Wires:
        """Leg and terminal of each conductor of the elements, -1 where it is of none (neutrals, shunts)."""
        rows: list[tuple[int, int]] = []
        ends = iter(found["ends"])
        for name, terminals, conductors in zip(found["elements"], found["terminals"], found["conductors"], strict=True):
            kind, _, own = name.lower().partition(".")
            for terminal in range(terminals):
                for _ in range(conductors):
                    node = self.node.get(next(ends), -1)
                    rows.append((self._leg(kind, own, node, terminal), terminal))
        return _Wires(*np.array(rows, dtype=np.int64).reshape(-1, 2).T)

    def _leg(self, kind: str, own: str, node: int, terminal: int) -> int:
        """The leg that a conductor belongs to: what goes into a unit of a transformer is of the unit's phase, what
        comes out of it of the phase of the node; a unit between two phases on both sides is of both."""
        if node < 0 or kind not in ("line", "transformer"):
            return -1
        branch = int(own[1:-1] if kind == "transformer" else own[1:])
        if kind == "transformer" and terminal == 0 and not between_two(self.record.feeder.branches[branch]):
            return self.leg[branch, own[-1]]
        return self.leg[branch, self.record.feeder.nodes[node][1]]


@dataclass(frozen=True)
class _Wires:
    leg: np.ndarray
    terminal: np.ndarray

    def of(self, terminal: int) -> np.ndarray:
        """Conductors of legs at one of their ends."""
        return np.flatnonzero((self.terminal == terminal) & (self.leg >= 0))
