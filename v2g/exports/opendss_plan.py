"""A plan as files of OpenDSS: what every device does, who holds the voltage, and what is switched, run day by day.

All power is given by load shapes in kW and kvar. Vehicles, batteries, panels and generators are elements of class
Generator, since one of class Storage or PVSystem would follow its own losses and limits a second time, where the plan
has done so already. While a source holds an island it is a voltage source, and its shape is zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd

import numpy as np

from v2g.ac.elements import at, connected, load, source
from v2g.ac.setpoints import DUST_KW, Device, devices
from v2g.exports.opendss_feeder import CLASSES, CLOSE_BOTH, OPEN_BOTH, Feeder
from v2g.replay.clock import edges, stamp
from v2g.replay.columns import flags, texts
from v2g.replay.feeder import PHASES
from v2g.replay.record import Record
from v2g.replay.verdict import Array, Complex, Mask
from v2g.replay.voltage import given_taps

SECOND = 1_000_000_000
TITLES = {"generator": "Generator", "storage": "Storage", "pvsystem": "PVSystem"}
GROUND_OHM = 1e8
PLACES = 9
"""Phases of a source whose powers in kW agree to so many places are alike."""


@dataclass(frozen=True)
class Former:
    """A voltage source of a plan: its element, how it is made (blank = it is there already), when it is on (T,)."""

    element: str
    made: str
    on: Mask


@dataclass(frozen=True)
class Span:
    """Intervals from ``start`` to before ``end`` in which the same is closed and the same sources hold islands."""

    start: int
    end: int


class Dispatch:
    """The plan of a record on the feeder's elements."""

    def __init__(self, feeder: Feeder, record: Record) -> None:
        self.feeder, self.record, self.case, self.names = feeder, record, record.case, feeder.names
        self.steps = np.diff(edges(self.case)) // SECOND
        self.step_s = gcd(*(int(step) for step in self.steps))
        self.formers = list(self._formers())
        self.spans = list(self._spans())
        self._shapes: list[str] = []
        self._elements = [*self._devices(), *self._standing()]

    def shapes(self) -> Iterator[str]:
        """kW and kvar of every element, interval by interval, in equal steps."""
        yield from self._shapes

    def elements(self) -> Iterator[str]:
        """Elements that follow the shapes, and those of the feeder that are put aside for them."""
        for table in ("generators", "batteries", "solar"):
            kind, key = CLASSES[table]
            for name in texts(self.case.table(table), key):
                yield f"Disable {TITLES[kind]}.{self.names.of(kind, name)}"
        yield from self._elements
        yield from self._grounded()
        yield from (former.made for former in self.formers if former.made)
        yield from (f"Disable {former.element}" for former in self.formers)
        used = {former.element for former in self.formers}
        grid = (f"Vsource.{self.names.of('vsource', part)}" for part in self.feeder.grid_parts)
        yield from (f"Disable {element}" for element in grid if element not in used)

    def _grounded(self) -> Iterator[str]:
        """Nodes that no branch reaches hang on ground by a large resistance, for the engine to solve them idle."""
        reached: set[tuple[str, str]] = set()
        for frame in (self.case.table("lines"), self.case.table("transformers")):
            for end in ("from_bus", "to_bus"):
                for bus, phases in zip(texts(frame, end), texts(frame, "phases", PHASES), strict=True):
                    reached |= {(bus, phase) for phase in phases}
        alone: dict[str, str] = {}
        for bus, phase in self.record.feeder.nodes:
            if (bus, phase) not in reached:
                alone[bus] = alone.get(bus, "") + phase
        for bus, phases in alone.items():
            name = self.names.new("capacitor", f"ground_{bus}")
            where = at(self.feeder.bus(bus), phases)
            yield f"New Reactor.{name} bus1={where} phases={len(phases)} r={GROUND_OHM:g} x=0"

    # Devices

    def _devices(self) -> Iterator[str]:
        for label, parts in self._grouped():
            place, power = self._joined(parts)
            if label.startswith("Load."):
                yield f"Edit {label} daily={self._shape('load_' + label[5:], power)}"
            elif np.abs(power).max(initial=0.0) > DUST_KW:
                name = self.names.new("generator", label)
                shape = self._shape(name, -power)
                where = connected((self.feeder.bus(place[0]), *place[1:]), self.feeder.kv[place[0]])
                yield f"New Generator.{name} {where} kw=0 kvar=0 model=1 vminpu=0.1 vmaxpu=5 daily={shape}"

    def _standing(self) -> Iterator[str]:
        """What buses take where their island may rest: loads of constant impedance instead of reactors."""
        for device in devices(self.record):
            power = device.power[self._live_power(device) != 0.0]
            if not device.name.startswith("n") or np.ptp(power.real) <= DUST_KW * max(1.0, power.real.max()):
                continue
            bus, phase, _ = device.place
            name = self.names.of("reactor", f"shunt_{bus}_{phase}")
            yield f"Disable Reactor.{name}"
            shape = self._shape(f"load_{name}", self._live_power(device))
            made = load(self.names.new("load", name), (self.feeder.bus(bus), phase, "wye"), 0j, (2.0, 2.0),
                        self.feeder.kv[bus])  # fmt: skip
            yield f"{made} daily={shape}"

    def _grouped(self) -> Iterator[tuple[str, list[tuple[Device, Complex]]]]:
        """Name of an element, and devices of the plan that are one; phases of a source are one where they are alike."""
        of_source: dict[int, list[tuple[Device, Complex]]] = {}
        for device in devices(self.record):
            if device.name.startswith("n"):  # what buses take is of the feeder itself, see _standing
                continue
            row = int("".join(mark for mark in device.name if mark.isdigit()))
            kind, power = device.name[0], self._live_power(device)
            if kind == "s":
                of_source.setdefault(row, []).append((device, power))
            else:
                yield self._label(kind, row, device), [(device, power)]
        sources = self.record.sources
        for row, parts in of_source.items():
            name = sources.name(row).replace(" ", "_", 1)
            if len({power.round(PLACES).tobytes() for _, power in parts}) == 1:
                yield name, parts
            else:
                yield from ((f"{name}_{device.name[-1]}", [(device, power)]) for device, power in parts)

    def _label(self, kind: str, row: int, device: Device) -> str:
        if kind == "d":
            return f"Load.{self.names.of('load', self.record.loads.names[row])}"
        if kind == "c":
            return f"charger_{self.record.fleet.chargers[row]}"
        return f"other_{device.place[0]}_{device.place[1]}"

    def _live_power(self, device: Device) -> Complex:
        """What it takes; nothing where a node of it is dead, or where it holds the island itself, (T,)."""
        bus, phases, _ = device.place
        nodes = [self.record.feeder.number[bus, phase] for phase in phases]
        on = self.record.live[nodes].all(axis=0)
        if device.name.startswith("s"):
            ranks = np.flatnonzero(self.record.sources.forming)
            former = self.record.islands.former[nodes[0]]
            on = on & ~((former >= 0) & (ranks[np.maximum(former, 0)] == int(device.name[1:-1]))) if len(ranks) else on
        return np.where(on, device.power, 0.0)

    @staticmethod
    def _joined(parts: list[tuple[Device, Complex]]) -> tuple[tuple[str, str, str], Complex]:
        """Place and power of all parts together."""
        bus, _, connection = parts[0][0].place
        phases = "".join(device.place[1] for device, _ in parts)
        return (bus, phases, connection), np.asarray(sum(power for _, power in parts), dtype=np.complex128)

    def _shape(self, name: str, power: Complex) -> str:
        """The name of a new load shape of kW + j kvar by interval."""
        shape = self.names.new("loadshape", name)
        whole = np.repeat(power, self.steps // self.step_s)
        clean = np.where(np.abs(whole) > DUST_KW, whole, 0.0)
        kw, kvar = (" ".join(f"{value + 0.0:.9g}" for value in part) for part in (clean.real, clean.imag))
        count = len(whole)
        self._shapes.append(
            f"New LoadShape.{shape} npts={count} sinterval={self.step_s} useactual=yes mult=({kw}) qmult=({kvar})"
        )
        return shape

    # Who holds the voltage

    def _formers(self) -> Iterator[Former]:
        """A source for each phase; one of three phases where all of them are held at the same times."""
        islands = self.record.islands
        forming = np.flatnonzero(self.record.sources.forming)
        for rank, nodes in enumerate(islands.former_nodes):
            held = {self.record.feeder.nodes[node][1]: islands.former[node] == rank for node in nodes}
            alike = len({on.tobytes() for on in held.values()}) == 1
            bus = self.record.feeder.nodes[nodes[0]][0]
            level, row = float(np.sqrt(islands.former_w[rank])), int(forming[rank])
            for phases in ["abc"] if alike and len(held) == 3 else sorted(held):
                if held[phases[0]].any():
                    yield self._former(row, bus, phases, level, held[phases[0]])

    def _former(self, row: int, bus: str, phases: str, level: float, on: Mask) -> Former:
        kind, name = self.record.sources.kinds[row], self.record.sources.names[row]
        part = f"{name}_{phases}"
        known = next((key for key in (name, part) if self.feeder.grid_parts.get(key) == phases), None)
        if kind == "grid" and known is not None:
            return Former(f"Vsource.{self.names.of('vsource', known)}", "", on)
        label = f"{kind}_{name}" if len(phases) == 3 else f"{kind}_{part}"
        written = self.names.new("vsource", label)
        made = source(f"New Vsource.{written}", self.feeder.bus(bus), phases, level, self.feeder.kv[bus])
        return Former(f"Vsource.{written}", made, on)

    # What is switched

    def _spans(self) -> Iterator[Span]:
        closed, former, taps = self.record.feeder.closed, self.record.islands.former, self.record.standing_taps
        start = 0
        for t in range(1, self.case.steps + 1):
            if t == self.case.steps or any((state[:, t] != state[:, start]).any() for state in (closed, former, taps)):
                yield Span(start, t)
                start = t

    def periods(self) -> Iterator[tuple[Span, int, list[str]]]:
        """Each span, its equal steps, and what is switched at its start."""
        closed, on = self._closed_at_first(), dict.fromkeys((former.element for former in self.formers), False)
        taps = given_taps(self.record.feeder, 1)[:, 0]
        for span in self.spans:
            commands = [*self._retapped(taps, self.record.standing_taps[:, span.start])]
            taps = self.record.standing_taps[:, span.start]
            for element, now in self._closed_now(span.start).items():
                if now != closed[element]:
                    commands += [text.format(element) for text in (CLOSE_BOTH if now else OPEN_BOTH)]
                    closed[element] = now
            for former in self.formers:
                now = bool(former.on[span.start])
                if now != on[former.element]:
                    commands.append(f"{'Enable' if now else 'Disable'} {former.element}")
                    on[former.element] = now
            count = int(self.steps[span.start : span.end].sum()) // self.step_s
            yield span, count, commands

    def _closed_at_first(self) -> dict[str, bool]:
        """How the feeder's file leaves every line and unit of a transformer that some time is closed."""
        found: dict[str, bool] = {}
        for table, kind in (("lines", "line"), ("transformers", "transformer")):
            frame = self.case.table(table)
            states = dict(zip(texts(frame, kind), flags(frame, "closed", True), strict=True))
            for branch in self.record.feeder.branches:
                if branch.kind == kind:
                    found |= dict.fromkeys(self._elements_of(branch.kind, branch.name), bool(states[branch.name]))
        return found

    def _closed_now(self, t: int) -> dict[str, bool]:
        feeder = self.record.feeder
        state = {leg.branch: bool(feeder.closed[number, t]) for number, leg in enumerate(feeder.legs)}
        return {
            element: state[position]
            for position, branch in enumerate(feeder.branches)
            for element in self._elements_of(branch.kind, branch.name)
        }

    def _retapped(self, before: Array, after: Array) -> Iterator[str]:
        """Taps that stand elsewhere than before, both (legs,)."""
        feeder, done = self.record.feeder, set[str]()
        for number in np.flatnonzero(before != after):
            leg = feeder.legs[number]
            branch = feeder.branches[leg.branch]
            elements = self.feeder.units[branch.name]
            element = elements[branch.phases.index(leg.phase)] if len(elements) > 1 else elements[0]
            if element not in done:
                done.add(element)
                yield f"Transformer.{element}.Taps=(1 {after[number]:.12g})"

    def _elements_of(self, kind: str, name: str) -> list[str]:
        if kind == "line":
            return [f"Line.{self.names.of('line', name)}"]
        return [f"Transformer.{part}" for part in self.feeder.units[name]]

    def title(self, span: Span) -> str:
        """A span in words."""
        held = [former.element for former in self.formers if former.on[span.start]]
        start, end = stamp(self.case, span.start), stamp(self.case, span.end)
        return f"{start} to {end}; voltage held by {', '.join(held) or 'nobody'}"
