"""Power flows of an imported case as its file has it: every load at what the file says, every machine at its set-point.

No plan, no ratings, no limits: the linear model and the AC engine get the same powers on the same tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as sl

from v2g.ac.circuit import Script, State
from v2g.ac.elements import load
from v2g.ac.flow import WORKER, unpacked
from v2g.case import Case
from v2g.feeders.sandbox import Limits, run
from v2g.replay.columns import numbers
from v2g.replay.feeder import PHASES, Feeder, places, read_feeder
from v2g.replay.islands import Islands, find_islands
from v2g.replay.regulators import Regulators, read_regulators
from v2g.replay.shunts import bus_shunts, shunts
from v2g.replay.sweep import leg_ends
from v2g.replay.verdict import Array, Complex
from v2g.replay.voltage import given_taps, leg_drops, references, sweep_voltages

MACHINES = {"generators": "generator", "solar": "solar", "batteries": "battery"}
ROUNDS = 30
STEADY = 1e-9


@dataclass(frozen=True)
class Flows:
    """A case, and what its machines give by name, in kW + j kvar; ``bending``: loads go with the voltage."""

    case: Case
    given: Mapping[str, complex]
    bending: bool = True

    @cached_property
    def feeder(self) -> Feeder:
        """Nodes and legs."""
        return read_feeder(self.case)

    @cached_property
    def islands(self) -> Islands:
        """Who forms which voltage."""
        return find_islands(self.case, self.feeder)

    @cached_property
    def regulators(self) -> Regulators:
        """Taps that can move."""
        return read_regulators(self.case, self.feeder)

    @cached_property
    def kv(self) -> Array:
        """Nominal voltage of each node, line to neutral."""
        table = self.case.table("buses")
        nominal = dict(zip(table["bus"], table["kv_ln_kv"].astype(float), strict=True))
        return np.array([nominal[bus] for bus, _ in self.feeder.nodes])

    @cached_property
    def nominal(self) -> Complex:
        """Loads at nominal voltage, in the order of their table."""
        loads = self.case.table("loads")
        return numbers(loads, "kw") + 1j * numbers(loads, "kvar", 0.0)

    @cached_property
    def exponents(self) -> tuple[Array, Array]:
        """Of kW and of kvar."""
        loads, times = self.case.table("loads"), float(self.bending)
        return times * numbers(loads, "kw_exponent", 0.0), times * numbers(loads, "kvar_exponent", 0.0)

    def machines(self) -> list[tuple[tuple[str, str, str], complex]]:
        """Place and power of each machine that gives some."""
        found = []
        for table, column in MACHINES.items():
            frame = self.case.table(table)
            names = frame[column] if len(frame) else ()
            found += [(at, self.given.get(str(name), 0j)) for at, name in zip(places(frame), names, strict=True)]
        return [(at, power) for at, power in found if power]

    def linear(self) -> Array:
        """Voltage of each node in per unit by LinDist3Flow, nothing where it is dead; with the taps of the case."""
        w, _ = self.rest(given_taps(self.feeder, 1))
        return np.sqrt(np.maximum(w[:, 0], 0.0)) * self.islands.live[:, 0]

    def rest(self, taps: Array) -> tuple[Array, Complex]:
        """Squared voltages (nodes, 1) and flows (legs, 1) with these taps (legs, 1), once loads follow the voltage."""
        feeder, count = self.feeder, len(self.feeder.nodes)
        at = feeder.terminals(self.case.table("loads"))
        gives, takes = shunts(self.case, feeder, feeder.closed)
        steady = self._injected(count)
        flow_of, w = self._law(), np.ones((count, 1))
        for _ in range(ROUNDS):
            v = np.sqrt(np.maximum(at.least(w)[:, 0], 0.01))
            drawn = self.nominal.real * v ** self.exponents[0] + 1j * self.nominal.imag * v ** self.exponents[1]
            flow = flow_of(steady + 1j * (gives - takes) * w - at.spread(drawn[:, None], count))
            after, _ = sweep_voltages(feeder, self.islands, leg_drops(feeder, flow), w, taps)
            if np.abs(after - w).max() < STEADY:
                break
            w = after
        return after, flow

    def _injected(self, count: int) -> Complex:
        out = np.zeros((count, 1), complex)
        for (bus, phases, _), power in self.machines():
            for phase in phases:
                out[self.feeder.number[bus, phase]] += power / len(phases)
        return out - bus_shunts(self.case, self.feeder).real[:, None]

    def _law(self) -> Callable[[Complex], Complex]:
        """Flow on each leg from what the nodes inject: a factorised balance of nodes that nobody forms."""
        feeder, count = self.feeder, len(self.feeder.nodes)
        entries = [(node, leg, share) for leg, around in enumerate(leg_ends(feeder, True)) for node, share in around]
        rows, columns, shares = zip(*entries, strict=True)
        law = sp.csr_matrix((shares, (rows, columns)), shape=(count, len(feeder.legs)))
        live = self.islands.live[:, 0]
        inner = np.flatnonzero(~references(self.islands, 0)[0] & live)
        legs = np.array([n for n, leg in enumerate(feeder.legs) if live[leg.to] and feeder.closed[n, 0]])
        solve = sl.factorized(law[inner][:, legs].tocsc().astype(complex))

        def flow(injected: Complex) -> Complex:
            out = np.zeros((len(feeder.legs), 1), complex)
            out[legs, 0] = solve(-injected[inner, 0])
            return out

        return flow

    def engine(self) -> Complex:
        """Voltage of each node in kV by OpenDSS, nothing where it is dead or the engine finds no steady state."""
        state = State(self.islands.live[:, 0], self.feeder.closed[:, 0], self.islands.former[:, 0],
                      given_taps(self.feeder, 1)[:, 0])  # fmt: skip
        script = Script(self, state)
        commands, powers = [*script.commands()], [*self._drawn(script)]
        names = [f"d{row}" for row, _ in enumerate(powers)]
        commands += [text.replace("New Load.x ", f"New Load.{n} ") for n, (text, _) in zip(names, powers, strict=True)]
        power = np.array([power for _, power in powers])[:, None]
        group = {"commands": commands, "names": names, "steps": 1, "changes": [[]], "kw": power.real.tolist(),
                 "kvar": power.imag.tolist()}  # fmt: skip
        limits = Limits(seconds=600.0, cpu_seconds=601, file_mb=2048)
        found = run(WORKER, {"groups": [group]}, limits)["groups"][0]
        volts = dict(zip(found["nodes"], unpacked(found["voltage"][0]), strict=True))
        nodes = [f"{script.bus(bus)}.{PHASES.index(phase) + 1}" for bus, phase in self.feeder.nodes]
        return np.array([volts.get(node, 0j) for node in nodes]) / 1000.0 * found["converged"][0]

    def _drawn(self, script: Script) -> Iterator[tuple[str, complex]]:
        loads = zip(places(self.case.table("loads")), self.nominal, *self.exponents, strict=True)
        for place, power, kw, kvar in loads:
            if place[0] and script.alive(place[0], place[1]):
                yield self._load(script, place, power, (float(kw), float(kvar))), power
        for place, power in self.machines():
            if script.alive(place[0], place[1]):
                yield self._load(script, place, -power, (0.0, 0.0)), -power
        for (bus, phase), power in zip(self.feeder.nodes, bus_shunts(self.case, self.feeder), strict=True):
            if power and script.alive(bus, phase):
                yield self._load(script, (bus, phase, "wye"), power, (2.0, 2.0)), power

    def _load(self, script: Script, place: tuple[str, str, str], power: complex, bends: tuple[float, float]) -> str:
        bus, phases, connection = place
        return load("x", (script.bus(bus), phases, connection), power, bends, script.kv[bus])
