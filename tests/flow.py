"""A power flow of a ``Network`` as it stands, by nodal admittances: to compare what was read with what an engine says.

It shares nothing with the program but the network: a reader whose figures are wrong gives other voltages here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu

from v2g.feeders.network import Network, Transformer, Winding

Node = tuple[str, str]
TINY = 1e-9
TURN = {"a": 0.0, "b": -2 * np.pi / 3, "c": 2 * np.pi / 3, "1": 0.0, "2": np.pi}


class Flow:
    """Voltages in volts by node after ``solve``."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.places: dict[Node, int] = {}
        self.entries: list[tuple[int, int, complex]] = []
        for bus in network.buses:
            for phase in bus.phases:
                self.place((bus.name, phase))
        for line in network.lines:
            if line.closed:
                self.add_line(line)
        for unit in network.transformers:
            self.add_transformer(unit)
        for bank in network.capacitors:
            if bank.closed:
                for one, other, share, volts in branches(network, bank.bus, bank.phases, bank.connection):
                    self.join({one: 1.0, other: -1.0}, 1j * bank.kvar * 1e3 * share / volts**2)
        for shunt in network.shunts:
            self.take(shunt.bus, shunt.phases, complex(shunt.kw, -shunt.kvar))
        for unit in network.transformers:
            low = unit.windings[1]
            nominal = next(bus.kv_ln for bus in network.buses if bus.name == low.bus)
            across = len(low.phases) if set(low.phases) <= set("12") else 3.0**0.5 if len(low.phases) > 1 else 1.0
            flux = (nominal * across / (low.kv * low.tap)) ** 2
            self.take(low.bus, low.phases, flux * complex(unit.noload_kw, -unit.magnetising_kvar))

    def take(self, bus: str, phases: str, kilowatts: complex) -> None:
        """An admittance from each phase to the ground, by what all of them take at nominal voltage."""
        for one, other, share, volts in branches(self.network, bus, phases, "wye"):
            self.join({one: 1.0, other: -1.0}, kilowatts * 1e3 * share / volts**2)

    def place(self, node: Node) -> int:
        return self.places.setdefault(node, len(self.places))

    def join(self, ends: dict[Node | None, float], y: complex) -> None:
        """An admittance across a weighted sum of node voltages; None is the ground."""
        live = [(self.place(node), weight) for node, weight in ends.items() if node is not None]
        self.entries += [(i, j, a * y * b) for i, a in live for j, b in live]

    def add_line(self, line) -> None:  # type: ignore[no-untyped-def]
        z = line.r_ohm + 1j * line.x_ohm
        y = np.linalg.inv(z + 1e-7 * np.eye(len(z)))
        one = [self.place((line.from_bus, p)) for p in line.phases]
        two = [self.place((line.to_bus, p)) for p in line.to_phases or line.phases]
        for i in range(len(z)):
            for j in range(len(z)):
                half = 0.5e-6j * line.b_us[i, j]
                self.entries += [(one[i], one[j], y[i, j] + half), (two[i], two[j], y[i, j] + half)]
                self.entries += [(one[i], two[j], -y[i, j]), (two[i], one[j], -y[i, j])]

    def add_transformer(self, unit: Transformer) -> None:
        legs = [list(coils(unit, w)) for w in unit.windings]
        base = unit.windings[0].kva * 1e3 / len(legs[0])
        r = [w.r_pct / 100 * unit.windings[0].kva / w.kva for w in unit.windings]
        x = [v / 100 for v in unit.x_pct]
        for n in range(len(legs[0])):
            ends = [coil[n] for coil in legs]
            if len(ends) == 2:
                merged: dict[Node | None, float] = dict(ends[0])
                for node, weight in ends[1].items():
                    merged[node] = merged.get(node, 0.0) - weight
                self.join(merged, base / (complex(sum(r), x[0]) + TINY))
                continue
            star = ((x[0] + x[1] - x[2]) / 2, (x[0] + x[2] - x[1]) / 2, (x[1] + x[2] - x[0]) / 2)
            middle = (f"{unit.name} middle", str(n))
            for end, ohm, reactance in zip(ends, r, star, strict=True):
                self.join({**end, middle: -1.0}, base / (complex(ohm, reactance) + TINY))

    def solve(self, fixed: dict[Node, complex] | None = None) -> dict[Node, complex]:
        """``fixed`` voltages in volts, where a source does not hold a balanced system."""
        size = len(self.places)
        rows, columns, values = zip(*self.entries, strict=True)
        y = coo_matrix((values, (rows, columns)), (size, size)).tocsc() + TINY * coo_matrix(np.eye(size)).tocsc()
        volts = np.zeros(size, complex)
        held = []
        kv = {bus.name: bus.kv_ln for bus in self.network.buses}
        for source in self.network.sources:
            for phase in source.phases:
                place = self.places[source.bus, phase]
                balanced = 1e3 * kv[source.bus] * source.voltage_pu * np.exp(1j * TURN[phase])
                volts[place] = (fixed or {}).get((source.bus, phase), balanced)
                held.append(place)
        free = np.setdiff1d(np.arange(size), held)
        factors = splu(y[free][:, free])
        supply = -y[free][:, held] @ volts[held]
        volts[free] = factors.solve(supply)
        for _ in range(100):
            new = factors.solve(supply + self.drawn(volts)[free])
            step = np.abs(new - volts[free]).max()
            volts[free] = new
            if step < 1e-4:
                return {node: volts[place] for node, place in self.places.items()}
        raise AssertionError(f"no power flow: still {step:.3g} V apart")

    def drawn(self, volts: np.ndarray) -> np.ndarray:
        """Currents that loads and fixed machines put in."""
        found = np.zeros(len(volts), complex)
        for load in self.network.loads:
            for one, other, share, nominal in branches(self.network, load.bus, load.phases, load.connection):
                u = volts[self.places[one]] - (volts[self.places[other]] if other else 0.0)
                scale = abs(u) / nominal
                s = 1e3 * share * complex(load.kw * scale**load.kw_exponent, load.kvar * scale**load.kvar_exponent)
                current = np.conj(s / u)
                found[self.places[one]] -= current
                if other:
                    found[self.places[other]] += current
        return found


def branches(
    network: Network, bus: str, phases: str, connection: str
) -> Iterator[tuple[Node, Node | None, float, float]]:
    """Ends of each branch, its share, and its nominal voltage."""
    volts = 1e3 * next(b.kv_ln for b in network.buses if b.name == bus)
    if connection == "wye":
        for phase in phases:
            yield (bus, phase), None, 1 / len(phases), volts
    else:
        pairs = ("ab", "bc", "ca") if len(phases) == 3 else (phases,)
        times = 2.0 if phases == "12" else 3**0.5
        for one, other in pairs:
            yield (bus, one), (bus, other), 1 / len(pairs), times * volts


def coils(unit: Transformer, winding: Winding) -> Iterator[dict[Node | None, float]]:
    """Weights of nodes by which each coil's voltage is per unit."""
    bus, phases = winding.bus, winding.phases
    volts = 1e3 * winding.kv * winding.tap
    if winding.connection == "wye":
        for phase in phases:
            sign = -1.0 if phase == "2" else 1.0
            yield {(bus, phase): sign / (volts / (3**0.5 if len(phases) > 1 else 1))}
    elif len(phases) == 2:
        yield {(bus, phases[0]): 1 / volts, (bus, phases[1]): -1 / volts}
    else:
        high = winding.kv >= max(w.kv for w in unit.windings)
        forward = unit.lead if high else not unit.lead
        if all(w.connection == "delta" for w in unit.windings):
            forward = True
        for one, other in ("ab", "bc", "ca") if forward else ("ac", "ba", "cb"):
            yield {(bus, one): 1 / volts, (bus, other): -1 / volts}
