"""A feeder as a script for OpenDSS: what is live and closed in a group of intervals, its sources and devices.

Only our own script reaches the engine; names in it are numbers, so that nothing a user wrote is in it. Every
phase of a transformer is a unit of its own, since the model of a case knows no coupling between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from v2g.ac.elements import Windings, line, load, shunt, source
from v2g.replay.columns import flags, numbers, texts
from v2g.replay.feeder import PHASES, Branch, places, series_impedance
from v2g.replay.record import Record
from v2g.replay.shunts import shunt_susceptance
from v2g.replay.verdict import Complex, Index, Mask

BASE_KVA = 1000.0


@dataclass(frozen=True)
class Group:
    """Intervals in which the same is live and closed: the script, and power of each load of it, (loads, intervals)."""

    intervals: Index
    commands: tuple[str, ...]
    names: tuple[str, ...]
    power: Complex


@dataclass(frozen=True)
class State:
    """What is live (nodes,), closed (legs,) and who forms (nodes,) in a group of intervals."""

    live: Mask
    closed: Mask
    former: Index


class Script:
    """Commands for one state of the feeder of a record."""

    def __init__(self, record: Record, state: State) -> None:
        self.record, self.case, self.feeder, self.state = record, record.case, record.feeder, state
        names = texts(self.case.table("buses"), "bus")
        self.number = {name: at for at, name in enumerate(names)}
        self.kv = dict(zip(names, numbers(self.case.table("buses"), "kv_ln_kv"), strict=True))

    def alive(self, name: str, phases: str) -> bool:
        """Whether all these nodes of a bus are live."""
        return all(self.state.live[self.feeder.number[name, phase]] for phase in phases)

    def commands(self) -> Iterator[str]:
        """Everything but devices."""
        yield "clear"
        yield "set defaultbasefrequency=60"
        yield "new circuit.v2g bus1=nowhere basekv=1"
        yield from self._sources()
        yield from self._lines()
        yield from self._transformers()
        yield from self._banks()
        yield "set maxiterations=200"
        yield "set tolerance=1e-9"
        yield "set controlmode=off"

    def _sources(self) -> Iterator[str]:
        formers = self.record.islands
        for rank in sorted({int(rank) for rank in self.state.former[self.state.live]}):
            level = float(np.sqrt(formers.former_w[rank]))
            for node in formers.former_nodes[rank]:
                if self.state.former[node] == rank:
                    name, phase = self.feeder.nodes[node]
                    yield source(f"New Vsource.f{rank}{phase}", self.bus(name), phase, level, self.kv[name])

    def _closed_phases(self) -> Iterator[tuple[int, Branch, str]]:
        """Position of each branch, and its phases that are closed and live."""
        phases = [""] * len(self.feeder.branches)
        for number, leg in enumerate(self.feeder.legs):
            if self.state.closed[number] and self.state.live[leg.to]:
                phases[leg.branch] += leg.phase
        for position, branch in enumerate(self.feeder.branches):
            if phases[position]:
                yield position, branch, phases[position]

    def _lines(self) -> Iterator[str]:
        table = self.case.table("lines")
        impedance = series_impedance(table)
        susceptance = shunt_susceptance(self.case)
        row_of = {name: row for row, name in enumerate(texts(table, "line"))}
        for position, branch, phases in self._closed_phases():
            if branch.kind != "line":
                continue
            row = row_of[branch.name]
            ends = self.bus(branch.from_bus), self.bus(branch.to_bus)
            yield line(f"l{position}", ends, phases, impedance[row], susceptance[row])

    def _transformers(self) -> Iterator[str]:
        table = self.case.table("transformers")
        ohm = numbers(table, "r_ohm", 0.0), numbers(table, "x_ohm", 0.0)
        row_of = {name: row for row, name in enumerate(texts(table, "transformer"))}
        for position, branch, phases in self._closed_phases():
            if branch.kind != "transformer":
                continue
            row = row_of[branch.name]
            windings = Windings(
                (self.bus(branch.from_bus), self.bus(branch.to_bus)),
                (self.kv[branch.from_bus], self.kv[branch.to_bus]),
                branch.connection, branch.lead, complex(ohm[0][row], ohm[1][row]),
            )  # fmt: skip
            taps = [branch.tap[PHASES.index(phase)] for phase in phases]
            if between_two(branch) and len(phases) == 2:
                yield windings.pair(f"t{position}{phases[0]}", phases, taps[0], BASE_KVA)
                continue
            if branch.connection.endswith("-delta") and len(phases) == 3:
                # A winding without a neutral floats: its zero sequence is held to earth, and nothing else is.
                yield f"New Reactor.g{position} bus1={self.bus(branch.to_bus)} phases=3 z1=(0 1e7) z2=(0 1e7) z0=(0 1)"
            for phase, tap in zip(phases, taps, strict=True):
                yield windings.unit(f"t{position}{phase}", phase, tap, BASE_KVA)

    def _banks(self) -> Iterator[str]:
        table = self.case.table("capacitors")
        closed, kvar = flags(table, "closed", True), numbers(table, "kvar", 0.0)
        for row, (name, phases, connection) in enumerate(places(table)):
            live = phases if self.alive(name, phases) else "".join(p for p in phases if self.alive(name, p))
            if not closed[row] or not live or not kvar[row]:
                continue
            whole = connection if live == phases else "wye"
            size = float(kvar[row]) * len(live) / len(phases)
            yield shunt(f"k{row}", (self.bus(name), live, whole), size, self.kv[name])

    def bus(self, name: str) -> str:
        """A bus as the script calls it."""
        return f"b{self.number[name]}"

    def device(self, name: str, place: tuple[str, str, str], exponents: tuple[float, float] = (0.0, 0.0)) -> str | None:
        """A load of the engine at a bus, phases and connection; None where a phase of it is dead."""
        bus, phases, connection = place
        if not self.alive(bus, phases):
            return None
        return load(name, (self.bus(bus), phases, connection), 0j, exponents, self.kv[bus])


def between_two(branch: Branch) -> bool:
    """Whether a transformer lies between two phases on both sides: one unit that both of them share."""
    return branch.connection == "delta-delta" and len(branch.phases) == 2
