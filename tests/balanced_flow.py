"""A power flow of one phase of a balanced network, written for tests only: it shares no code with the package."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from v2g.feeders.network import Line, Network, Transformer

TIGHT = 1e-13
"""Per unit of change at which the flow has settled."""
JUMPER_OHM = 1e-6
"""Instead of no impedance at all."""


class Flow(NamedTuple):
    """Voltages by bus in per unit, and losses of all phases together."""

    volts: dict[str, complex]
    losses_kw: float

    @property
    def lowest(self) -> float:
        return min(abs(v) for v in self.volts.values())


def flow(network: Network) -> Flow:
    """The state of three equal phases: currents of loads from voltages, voltages from currents, until both agree.

    Per unit of 1 MVA in three phases. Sets give their set-point, panels and batteries nothing.
    """
    y = admittance(network)
    held = {source.bus: source.voltage_pu for source in network.sources}
    names = supplied(network, set(held))
    place = {bus.name: k for k, bus in enumerate(network.buses)}
    free = [place[name] for name in names if name not in held]
    fixed = [place[name] for name in held]
    v = np.ones(len(place), complex)
    v[fixed] = list(held.values())
    inverse = np.linalg.inv(y[np.ix_(free, free)])
    for _ in range(500):
        amps = np.conj(injection(network, v, place) / v)
        new = inverse @ (amps[free] - y[np.ix_(free, fixed)] @ v[fixed])
        change = float(np.max(np.abs(new - v[free])))
        v[free] = new
        if change < TIGHT:
            break
    else:
        raise AssertionError("the flow does not settle")
    on = np.array(fixed + free)
    return Flow({name: complex(v[place[name]]) for name in names}, losses(network, v, y, on, place))


def losses(network: Network, v: np.ndarray, y: np.ndarray, on: np.ndarray, place: dict[str, int]) -> float:
    """What goes into the branches: all that enters at buses; shunts of the matrix carry no active power."""
    entering = v[on] * np.conj(y[np.ix_(on, on)] @ v[on])
    return 1000.0 * float(entering.sum().real)


def admittance(network: Network) -> np.ndarray:
    kv = {bus.name: 3.0**0.5 * bus.kv_ln for bus in network.buses}
    place = {bus.name: k for k, bus in enumerate(network.buses)}
    y = np.zeros((len(place), len(place)), complex)
    for line in network.lines:
        if line.closed:
            stamp_line(y, line, place[line.from_bus], place[line.to_bus], kv[line.from_bus] ** 2)
    for unit in network.transformers:
        if unit.closed:
            stamp_transformer(y, unit, place, kv)
    for bank in network.capacitors:
        if bank.closed:
            y[place[bank.bus], place[bank.bus]] += 1e-3j * bank.kvar
    for unit in network.transformers:
        if unit.closed:
            low = unit.windings[1]
            flux = (kv[low.bus] / (low.kv * low.tap)) ** 2
            y[place[low.bus], place[low.bus]] += 1e-3 * flux * complex(unit.noload_kw, -unit.magnetising_kvar)
    return y


def stamp_line(y: np.ndarray, line: Line, i: int, j: int, kv_squared: float) -> None:
    z = complex(of_sequence(line.r_ohm), of_sequence(line.x_ohm)) or JUMPER_OHM
    series, shunt = kv_squared / z, 0.5e-6j * of_sequence(line.b_us) * kv_squared
    y[i, i] += series + shunt
    y[j, j] += series + shunt
    y[i, j] -= series
    y[j, i] -= series


def of_sequence(matrix: np.ndarray) -> float:
    """Positive sequence of a matrix of three phases: its diagonal less what the other phases do."""
    apart = matrix[~np.eye(3, dtype=bool)]
    return float(np.mean(np.diag(matrix)) - np.mean(apart))


def stamp_transformer(y: np.ndarray, unit: Transformer, place: dict[str, int], kv: dict[str, float]) -> None:
    """Without its angle: ratio at the first winding, impedance at the second."""
    one, two = unit.windings
    first, second = (w.kv * w.tap / kv[w.bus] for w in (one, two))
    z = complex(one.r_pct + two.r_pct, unit.x_pct[0]) / 100.0 * 1000.0 / one.kva * second**2
    n, series, (i, j) = first / second, 1.0 / z, (place[one.bus], place[two.bus])
    y[i, i] += series / n**2
    y[j, j] += series
    y[i, j] -= series / n
    y[j, i] -= series / n


def injection(network: Network, v: np.ndarray, place: dict[str, int]) -> np.ndarray:
    """MVA into every bus; a load on one phase counts as if it were spread over three."""
    s = np.zeros(len(v), complex)
    for load in network.loads:
        level = abs(v[place[load.bus]])
        s[place[load.bus]] -= 1e-3 * complex(load.kw * level**load.kw_exponent, load.kvar * level**load.kvar_exponent)
    for shunt in network.shunts:
        s[place[shunt.bus]] -= 1e-3 * complex(shunt.kw, shunt.kvar) * abs(v[place[shunt.bus]]) ** 2
    for unit in network.generators:
        s[place[unit.bus]] += 1e-3 * unit.kw
    return s


def supplied(network: Network, starts: set[str]) -> list[str]:
    """Buses with a closed way to a source, in the order of the network."""
    ways: dict[str, list[str]] = {bus.name: [] for bus in network.buses}
    for branch in (*network.lines, *network.transformers):
        one, two = (
            (branch.from_bus, branch.to_bus) if isinstance(branch, Line) else (w.bus for w in branch.windings[:2])
        )
        if branch.closed:
            ways[one].append(two)
            ways[two].append(one)
    found, open_ = set(starts), list(starts)
    while open_:
        new = [bus for bus in ways[open_.pop()] if bus not in found]
        found.update(new)
        open_ += new
    return [bus.name for bus in network.buses if bus.name in found]
