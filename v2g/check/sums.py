"""Sums over the devices of an island that must be zero, and what they can be.

The network has no losses, so what all devices inject into a live island adds up to zero, power and reactive power
alike. So it does, weighted by phase, for what hangs on the from_bus side of delta-wye (or wye-delta) transformers and
nowhere else. Such a winding splits the power S that it takes into S (1/2 - j/sqrt(12)) on one phase and
S (1/2 + j/sqrt(12)) on the next. With the weights 1, w and w^2 (w = exp(2 pi j/3)) for the phases a, b and c these
two cancel, whatever S is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import networkx as nx
import numpy as np

from v2g.case import Case
from v2g.check.legs import Leg, Node

TURN = {phase: complex(np.exp(2j * np.pi * k / 3)) for k, phase in enumerate("abc")}
SOURCES = ("grid", "generators", "batteries")

Row = Mapping[Any, Any]


@dataclass(frozen=True)
class Zone:
    """Nodes with the weights at which injections add up to zero, and the whole island that they belong to.

    ``behind`` names the transformers on whose from_bus side alone this is; none where it is the island itself.
    """

    weight: Mapping[Node, complex]
    island: frozenset[Node]
    behind: tuple[str, ...] = ()

    def mean(self, device: Row) -> complex:
        """Mean weight of the phases of a device; a phase outside counts as zero."""
        return sum(self.weight.get((device["bus"], p), 0.0j) for p in device["phases"]) / len(device["phases"])

    def inside(self, device: Row) -> float:
        """Share of the phases of a device that are in the zone."""
        return sum((device["bus"], p) in self.weight for p in device["phases"]) / len(device["phases"])

    def splits(self, device: Row) -> bool:
        """Whether a device between two phases injects here otherwise than in equal shares of its power."""
        delta = device["connection"] == "delta" and len(device["phases"]) == 2
        return delta and (bool(self.behind) or self.inside(device) < 1.0)


def zones(case: Case, elements: list[Leg]) -> Iterator[Zone]:
    """Every island of the feeder with these elements closed, and every part of one that only turning windings feed."""
    buses = case.table("buses")
    phases = dict(zip(buses["bus"], buses["phases"], strict=True))
    nodes: nx.Graph[Node] = nx.Graph()
    nodes.add_nodes_from((bus, p) for bus in phases for p in phases[bus])
    levels: nx.Graph[str] = nx.Graph()
    levels.add_nodes_from(phases)
    turning = [leg for leg in elements if leg.turns]
    for leg in elements:
        nodes.add_edges_from(((leg.from_bus, p), (leg.to_bus, p)) for p in leg.phases)
        if leg.turns:
            nodes.add_edges_from(leg.joined())
        else:
            levels.add_edge(leg.from_bus, leg.to_bus)
    islands = [frozenset(part) for part in nx.connected_components(nodes)]
    yield from (Zone(dict.fromkeys(island, 1.0 + 0.0j), island) for island in islands)
    island_of = {node: island for island in islands for node in island}
    for level in nx.connected_components(levels):
        behind = tuple(leg.name for leg in turning if leg.from_bus in level)
        if behind and not any(leg.to_bus in level for leg in turning):
            members = [(bus, p) for bus in phases if bus in level for p in phases[bus]]
            for island in dict.fromkeys(island_of[node] for node in members):
                yield Zone({node: TURN[node[1]] for node in members if node in island}, island, behind)


@dataclass
class Devices:
    """Rows of a case's tables, their shares of time and the band of voltages, each read once for all zones."""

    case: Case
    _found: dict[Any, Any] = field(default_factory=dict)

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self._found:
            self._found[key] = make()
        return self._found[key]

    def rows(self, table: str) -> list[dict[Any, Any]]:
        """All devices of a table, with their rows."""
        return list(self._once(("rows", table), lambda: self._rows(table)))

    def share(self, table: str, row: int) -> np.ndarray:
        """Share of each interval in which a source is there, (T,)."""
        return np.asarray(self._once(("shares", table), lambda: self._shares(table))[row])

    def band(self, name: str) -> Mapping[str, float]:
        """Lowest or highest voltage, by bus."""
        return dict(self._once(name, lambda: self._band(name)))

    def _rows(self, table: str) -> list[dict[Any, Any]]:
        return [{**unit, "row": row} for row, unit in enumerate(self.case.table(table).to_dict("records"))]

    def _shares(self, table: str) -> np.ndarray:
        frame = self.case.table(table)
        if "from_utc" not in frame:
            return np.ones((len(frame), self.case.steps))
        return np.asarray(self.case.share_of_interval(frame["from_utc"], frame["until_utc"]))

    def _band(self, name: str) -> dict[str, float]:
        buses = self.case.table("buses")
        values = buses[name].fillna(float(str(self.case.header[name])))
        return dict(zip(buses["bus"], values.to_numpy(float).tolist(), strict=True))


@dataclass
class Sums:
    """What the devices of a zone can inject, as sets of which any sum is made.

    A device has a disc, in which its injection lies (``radius``, kVA, (T,)), or a segment: a complex number times
    something between two reals. ``banks`` has (row, number, least, most) of each phase of a bank, ``others``
    (number, least, most) of chargers and sun, ``loads`` a number of each load, times 0 to ``asks`` (loads, T).
    """

    devices: Devices
    zone: Zone
    radius: np.ndarray = field(init=False)
    banks: list[tuple[int, complex, float, float]] = field(init=False)
    others: list[tuple[complex, float, float]] = field(init=False)
    loads: np.ndarray = field(init=False)
    asks: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.radius, self.others = np.zeros(self.case.steps), []
        self.banks = list(self._banks())
        self._loads()
        self._chargers()
        self._suns()
        self._lines()
        for table in SOURCES:
            self._sources(table)

    @property
    def case(self) -> Case:
        """The case of the devices."""
        return self.devices.case

    def _rows(self, table: str) -> list[dict[Any, Any]]:
        """Devices of a table that touch the zone, with their rows."""
        return [unit for unit in self.devices.rows(table) if self.zone.inside(unit) > 0.0]

    def _banks(self) -> Iterator[tuple[int, complex, float, float]]:
        low, high = self.devices.band("vmin_pu"), self.devices.band("vmax_pu")
        for bank in self._rows("capacitors"):
            if bank["closed"]:
                squared = float(low[bank["bus"]]) ** 2, float(high[bank["bus"]]) ** 2
                for phase in bank["phases"]:
                    weight = self.zone.weight.get((bank["bus"], phase), 0.0j)
                    yield bank["row"], 1j * weight * bank["kvar"] / len(bank["phases"]), *squared

    def _loads(self) -> None:
        loads = self._rows("loads")
        names = self.case.table("loads")["profile"].iloc[[load["row"] for load in loads]] if loads else None
        self.asks = np.zeros((0, self.case.steps)) if names is None else self.case.profile(names)
        self.loads = np.zeros(len(loads), complex)
        for number, load in enumerate(loads):
            power = complex(load["kw"], load["kvar"]) if load["kw"] > 0.0 else 0.0j
            power *= load.get("pickup_factor", 1.0)
            if self.zone.splits(load):
                self.radius += abs(power) * self.asks[number]
            else:
                self.loads[number] = -power * self.zone.mean(load)

    def _chargers(self) -> None:
        for post in self._rows("chargers"):
            charge, discharge = (post[name] * post["plugs"] for name in ("charge_kw", "discharge_kw"))
            if post.get("forming", False):
                largest = max(charge, discharge)
                self._disc(post, largest if np.isnan(post["rating_kva"]) else post["rating_kva"], "chargers")
            elif self.zone.splits(post):
                self.radius += max(charge, discharge)
            else:
                self.others.append((self.zone.mean(post), -charge, discharge))

    def _suns(self) -> None:
        for sun in self._rows("solar"):
            most = float(self.case.table("profiles")[sun["profile"]].max())
            self.others.append((self.zone.mean(sun), 0.0, sun["rating_kw"] * most))

    def _lines(self) -> None:
        """What lines give or take by their susceptance, half of it at each end: at most all of it."""
        columns = [name for name in map(str, self.case.table("lines").columns) if name.startswith("b_")]
        if not columns:
            return
        nominal = {bus["bus"]: bus["kv_ln_kv"] for bus in self.devices.rows("buses")}
        squared = {bus: (high * nominal[bus]) ** 2 for bus, high in self.devices.band("vmax_pu").items()}
        for line in self.devices.rows("lines"):
            half = sum(abs(line[name]) for name in columns) / 2.0
            for bus in (line["from_bus"], line["to_bus"]):
                if any((bus, p) in self.zone.weight for p in line["phases"]):
                    self.radius += half * float(squared[bus]) / 1000.0

    def _sources(self, table: str) -> None:
        for unit in self._rows(table):
            if table == "batteries":
                largest = max(unit["charge_kw"], unit["discharge_kw"])
            else:
                largest = np.inf if table == "grid" else unit["rating_kw"]
            self._disc(unit, largest if np.isnan(unit["rating_kva"]) else unit["rating_kva"], table)

    def _disc(self, unit: Row, kva: float, table: str) -> None:
        """A source that forms an island decides phase by phase; one that follows feeds its phases alike."""
        alone = table == "grid" or unit["forming"]
        share = self.zone.inside(unit) if alone else abs(self.zone.mean(unit))
        if share > 1e-12:
            self.radius += np.where(self.devices.share(table, unit["row"]) > 0.0, share * kva, 0.0)

    def least(self, along: complex, loads: float = 1.0) -> np.ndarray:
        """The least that the sum can reach in the direction of a complex number of size 1, kVA, (T,).

        ``loads`` = 0 leaves the loads off.
        """
        turned = along.conjugate()
        ends = [(number * turned, low, high) for _, number, low, high in self.banks]
        ends += [(number * turned, low, high) for number, low, high in self.others]
        fixed = sum(min(number.real * low, number.real * high) for number, low, high in ends)
        drawn = np.minimum(0.0, (self.loads * turned).real) @ self.asks if self.loads.size else 0.0
        return np.asarray(fixed + loads * drawn - self.radius)
