"""Secondaries onto their primary bus: what hangs below a service transformer stands at the bus before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx

from v2g.feeders.cores import core
from v2g.feeders.graph import branches, bus_graph, devices, ends
from v2g.feeders.network import LEGS, PRIMARY, Bus, Load, Network, Note, Shunt, Transformer, Weight

LOW_KV = 1.0
"""Highest voltage between phases, in kV, of what counts as a secondary."""
LARGE = 1000
"""Buses from which a feeder is folded unless the user asks for its secondaries."""
ROOT3 = 3.0**0.5

Place = tuple[str, str]
"""Phases, and how a device is connected to them."""


@dataclass(frozen=True)
class Moved:
    """One row of ``map.csv``: an element that stands somewhere else than in the file."""

    table: str
    name: str
    was_at: str
    now_at: str
    via: str
    kva: float | None = None


@dataclass(frozen=True)
class Folded:
    """The network without its secondaries, what moved, and how many buses are gone."""

    network: Network
    moved: tuple[Moved, ...]
    buses: int


@dataclass(frozen=True)
class _Secondary:
    """Buses behind one transformer, or one bank of equal ends, that can be folded onto the bus ``primary``."""

    buses: frozenset[str]
    primary: str
    bank: tuple[Transformer, ...]


def wants_folding(network: Network) -> bool:
    """Whether a feeder is folded by default: it has split-phase secondaries, or it is large."""
    return len(network.buses) > LARGE or any(set(bus.phases) <= set(LEGS) for bus in network.buses)


def fold(network: Network) -> Folded:
    """Move what hangs on secondaries to their primary buses; loads keep their names, one row each.

    Folded is what lies below the last transformer, at most 1 kV between phases, and serves loads, panels and batteries
    alone. What the core of that transformer takes all the time is a shunt of the primary. Secondaries with machines,
    capacitors, switches or loops are kept, and those whose devices no single row can stand for at the primary, such as
    a load between two phases behind a delta.
    """
    at: dict[str, list[Any]] = {}
    for _, device in devices(network):
        at.setdefault(device.bus, []).append(device)
    found = [secondary for secondary in _secondaries(network) if _placeable(secondary, at)]
    home = {bus: secondary for secondary in found for bus in secondary.buses}
    gone = {unit.name for secondary in found for unit in secondary.bank}
    moved: list[Moved] = []

    def placed(kind: str) -> tuple[Any, ...]:
        out = []
        for device in getattr(network, kind):
            secondary = home.get(device.bus)
            if secondary is None:
                out.append(device)
                continue
            phases, connection = _place(secondary.bank, device) or ("", "")
            how = {"connection": connection} if isinstance(device, Load) else {}
            out.append(replace(device, bus=secondary.primary, phases=phases, **how))
            names = " ".join(unit.name for unit in secondary.bank)
            moved.append(Moved(kind, device.name, device.bus, secondary.primary, names, _kva(secondary.bank)))
        return tuple(out)

    devices_now: dict[str, Any] = {kind: placed(kind) for kind in ("loads", "shunts", "solar", "storage")}
    devices_now["shunts"] += tuple(_cores(network, found))
    folded = replace(
        network,
        **devices_now,
        buses=tuple(bus for bus in network.buses if bus.name not in home),
        lines=tuple(line for line in network.lines if line.from_bus not in home),
        transformers=tuple(unit for unit in network.transformers if unit.name not in gone),
        notes=(*network.notes, *_notes(found)),
    )
    return Folded(folded, tuple(moved), len(home))


def _cores(network: Network, found: list[_Secondary]) -> Iterator[Shunt]:
    """What the cores of the transformers that are gone take, at their primaries."""
    kv = {bus.name: bus.kv_ln for bus in network.buses}
    for secondary in found:
        for unit in secondary.bank:
            shunt = core(unit, kv[secondary.primary], winding=0)
            if shunt is not None:
                yield shunt


def _notes(found: list[_Secondary]) -> list[Note]:
    if not found:
        return []
    text = (
        f"secondaries folded onto their primary buses (map.csv), {len(found):,}: ratings of their transformers and the "
        "fall of voltage behind them are not in the case"
    )
    return [Note(Weight.CHANGED, text)]


def _kva(bank: tuple[Transformer, ...]) -> float | None:
    known = [unit.rating_kva for unit in bank if unit.rating_kva is not None]
    return sum(known) if len(known) == len(bank) else None


def _secondaries(network: Network) -> list[_Secondary]:
    """Parts behind one service transformer or bank, with nothing in them that keeps them."""
    volts = {bus.name: bus for bus in network.buses}
    banks: dict[tuple[str, str], list[Transformer]] = {}
    for unit in network.transformers:
        sides = _sides(unit, volts)
        if sides is not None:
            banks.setdefault(sides, []).append(unit)
    serving = {unit.name for bank in banks.values() for unit in bank}
    rest = [branch for branch in branches(network) if branch.name not in serving]
    graph = bus_graph(network, rest)
    part_of = {bus: number for number, part in enumerate(nx.connected_components(graph)) for bus in part}
    parts: dict[int, set[str]] = {}
    for bus, number in part_of.items():
        parts.setdefault(number, set()).add(bus)
    fed: dict[int, list[tuple[str, str]]] = {}
    feeding = set()
    for high, low in banks:
        fed.setdefault(part_of[low], []).append((high, low))
        feeding.add(part_of[high])
    kept = {part_of[bus] for bus in _keeping(network) if bus in part_of} | feeding
    found = []
    for number, pairs in fed.items():
        buses = parts[number]
        tree = graph.subgraph(buses).number_of_edges() == len(buses) - 1
        if number not in kept and len(pairs) == 1 and tree:
            high, _ = pairs[0]
            found.append(_Secondary(frozenset(buses), high, tuple(banks[pairs[0]])))
    return found


def _sides(unit: Transformer, buses: dict[str, Bus]) -> tuple[str, str] | None:
    """Bus of the high and of the low side of what may be a service transformer."""
    touched = ends(unit)
    if unit.regulator or not unit.closed or len(touched) != 2 or not set(touched) <= set(buses):
        return None
    high, low = sorted(touched, key=lambda bus: -buses[bus].kv_ln)
    if unit.windings[0].bus != high:
        return None
    split = set(buses[low].phases) <= set(LEGS)
    between = buses[low].kv_ln * (2.0 if split else ROOT3)
    return (high, low) if between <= LOW_KV and buses[high].kv_ln > buses[low].kv_ln else None


def _keeping(network: Network) -> set[str]:
    """Buses whose part is not a plain secondary: sources, machines, capacitors, switches, further transformers."""
    keep = {source.bus for source in network.sources}
    keep |= {device.bus for kind, device in devices(network) if kind in ("generators", "capacitors")}
    for line in network.lines:
        if line.switch or not line.closed or line.to_phases:
            keep |= {line.from_bus, line.to_bus}
    return keep


def _placeable(secondary: _Secondary, at: dict[str, list[Any]]) -> bool:
    here = (device for bus in secondary.buses for device in at.get(bus, ()))
    return all(_place(secondary.bank, device) is not None for device in here)


def _place(bank: tuple[Transformer, ...], device: Any) -> Place | None:
    """Phases and connection at the primary that draw the same from it; None where no single device does."""
    between = isinstance(device, Load | Shunt)
    phases, connection = device.phases, device.connection if isinstance(device, Load) else "wye"
    if len(bank) > 1:
        same = all(_rule(unit) is _same for unit in bank)
        there = {p for unit in bank for p in unit.windings[1].phases}
        return (phases, connection) if same and set(phases) <= there else None
    place = _rule(bank[0])(bank[0], phases, connection)
    return place if place is None or between or place[1] == "wye" else None


def _rule(unit: Transformer) -> Callable[[Transformer, str, str], Place | None]:
    """How phases at the low side of a transformer look from its high side."""
    first, second = unit.windings[0], unit.windings[1]
    if set(second.phases) <= set(LEGS):
        return _split
    if first.connection == second.connection == "wye" and first.phases == second.phases:
        return _same
    if len(first.phases) == len(second.phases) == 3:
        return _through_delta
    return _never


def _split(unit: Transformer, phases: str, connection: str) -> Place | None:
    """Either leg, or both, on the phase (or pair of phases) of the primary."""
    high = unit.windings[0].phases
    return high, "wye" if len(high) == 1 else "delta"


def _same(unit: Transformer, phases: str, connection: str) -> Place | None:
    return (phases, connection) if set(phases) <= set(unit.windings[1].phases) else None


def _through_delta(unit: Transformer, phases: str, connection: str) -> Place | None:
    """Three phases stay three; one phase of a wye stands over a pair of the delta: two that lie side by side."""
    kinds = unit.windings[0].connection, unit.windings[1].connection
    if len(phases) == 3:
        return phases, connection
    if kinds == ("delta", "delta") and connection == "delta":
        return phases, connection
    if kinds == ("delta", "wye") and len(phases) == 1:
        place = PRIMARY.index(phases)
        return PRIMARY[place] + PRIMARY[(place + 1) % 3 if unit.lead else place - 1], "delta"
    return None


def _never(unit: Transformer, phases: str, connection: str) -> Place | None:
    return None
