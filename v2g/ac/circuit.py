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
from v2g.replay.feeder import Branch, places, series_impedance
from v2g.replay.record import Record
from v2g.replay.shunts import shunt_susceptance
from v2g.replay.verdict import Array, Complex, Index, Mask

BASE_KVA = 1000.0


@dataclass(frozen=True)
class Group:
    """Intervals in which the same is live and closed: the script, and power of each load of it, (loads, intervals).

    ``changes`` are commands before each interval: taps that stand elsewhere than in the one before it.
    """

    intervals: Index
    commands: tuple[str, ...]
    names: tuple[str, ...]
    power: Complex
    changes: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class State:
    """What is live (nodes,), closed (legs,) and who forms (nodes,) in a group of intervals; its first taps (legs,)."""

    live: Mask
    closed: Mask
    former: Index
    taps: Array


class Script:
    """Commands for one state of the feeder of a record."""

    def __init__(self, record: Record, state: State) -> None:
        self.record, self.case, self.feeder, self.state = record, record.case, record.feeder, state
        names = texts(self.case.table("buses"), "bus")
        self.number = {name: at for at, name in enumerate(names)}
        self.kv = dict(zip(names, numbers(self.case.table("buses"), "kv_ln_kv"), strict=True))
        self.leg = {(leg.branch, leg.phase): number for number, leg in enumerate(self.feeder.legs)}

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
        for position, branch, phases in self._closed_phases():
            if branch.kind == "transformer" and branch.connection.endswith("-delta") and len(phases) == 3:
                # A winding without a neutral floats: its zero sequence is held to earth, and nothing else is.
                yield f"New Reactor.g{position} bus1={self.bus(branch.to_bus)} phases=3 z1=(0 1e7) z2=(0 1e7) z0=(0 1)"
        yield from self._units(self.state.taps).values()

    def moved(self, before: Array, after: Array) -> tuple[str, ...]:
        """Commands that set taps (legs,) to where they stand after."""
        if np.array_equal(before, after):
            return ()
        there = self._units(before)
        return tuple("Edit" + new[3:] for unit, new in self._units(after).items() if new != there[unit])

    def _units(self, taps: Array) -> dict[str, str]:
        """Transformers by name, as units of one phase, or of two for both of them."""
        found = {}
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
            own = [float(taps[self.leg[position, phase]]) for phase in phases]
            name = f"t{position}{phases[0]}"
            if between_two(branch) and len(phases) == 2:
                found[name] = windings.pair(name, phases, own[0], BASE_KVA)
                continue
            for phase, tap in zip(phases, own, strict=True):
                name = f"t{position}{phase}"
                found[name] = windings.unit(name, phase, tap, BASE_KVA)
        return found

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
