"""Which nodes are live, who holds the voltage there, and where engines alone keep it: asked of the graph.

Intervals with the same closed legs are one period; the graph is asked once for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import networkx as nx
import numpy as np

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.derive.feeder import Feeder
from v2g.derive.timeline import Mask

FORMERS = ("grid", "generators", "batteries")
WHOLE = 1.0 - 1e-9
"""Share of an interval from which it counts as the whole."""


@dataclass(frozen=True)
class Former:
    """A grid-forming source: its nodes, when it can form, the voltage it holds.

    ``engine`` is its row in ``generators`` if it burns fuel whenever it runs, else -1; ``grid``: it is supply from
    outside.
    """

    nodes: list[int]
    present: Mask
    voltage: float
    engine: int = -1
    grid: bool = False


@dataclass(frozen=True)
class Keepers:
    """Which engine (row of ``generators``) keeps which gated node alive, in which interval; three equal lengths."""

    engine: Ints
    node: Ints
    interval: Ints


@dataclass(frozen=True)
class Islands:
    """``period`` of each interval, (T,); ``component`` of each node in each period, (N, periods).

    ``live``, ``held``, ``setpoint`` and ``gated`` are by node and interval, (N, T). A component is
    live while it holds a node of an available grid-forming source. ``held`` marks the nodes whose
    voltage the forming unit of the island holds at ``setpoint`` (per unit). ``gated`` are the live
    nodes whose formers all burn fuel whenever they run: nothing is drawn there unless one of them
    runs. ``resting`` are the other live nodes without a grid where buses take power all the time: their
    island need not be kept up. ``group`` of a node, (N, periods), is the same for nodes that hang on the
    same formers.
    """

    period: Ints
    component: Ints
    group: Ints
    live: Mask
    held: Mask
    setpoint: Floats
    gated: Mask
    resting: Mask
    keepers: Keepers

    @property
    def sharing(self) -> Mask:
        """Nodes that may be alive for a share of an interval only, (N, T)."""
        return np.asarray(self.gated | self.resting)

    def grouped(self, node: Ints, interval: Ints) -> tuple[Ints, Ints, Ints]:
        """Islands of nodes at intervals, both (pairs,): what hangs on the same formers is one.

        Returns the interval of each island and the position of its first pair, (islands,), and the island of each pair.
        """
        key = np.stack([interval, self.group[node, self.period[interval]]])
        names, first, owner = np.unique(key, axis=1, return_index=True, return_inverse=True)
        return names[0], first, owner.ravel()


@dataclass
class _Found:
    """Arrays of `Islands` in the making, (N, T)."""

    shape: tuple[int, int]
    live: Mask = field(init=False)
    held: Mask = field(init=False)
    setpoint: Floats = field(init=False)
    gated: Mask = field(init=False)
    resting: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.live, self.held, self.gated, self.resting = (np.zeros(self.shape, dtype=bool) for _ in range(4))
        self.setpoint = np.ones(self.shape)


def graph(feeder: Feeder, closed: Mask) -> nx.Graph[int]:
    """Nodes joined by the legs that are closed, (legs,). A delta winding joins the phases it stands between."""
    network: nx.Graph[int] = nx.Graph()
    network.add_nodes_from(range(len(feeder.nodes)))
    for leg, node in zip(feeder.end_leg, feeder.end_node, strict=True):
        if closed[leg]:
            network.add_edge(int(node), int(feeder.to_node[leg]))
    return network


def periods(closed: Mask) -> tuple[Ints, list[int]]:
    """Number of the period of each interval, (T,), and one interval of each period.

    >>> number, first = periods(np.array([[True, False, False, True], [True, True, True, True]]))
    >>> number.tolist(), first
    ([0, 1, 1, 0], [0, 1])
    """
    changed = np.any(closed[:, 1:] != closed[:, :-1], axis=0)
    starts = [0, *(np.flatnonzero(changed) + 1).tolist()]
    known: dict[bytes, int] = {}
    first, number = [], np.zeros(closed.shape[1], dtype=np.int64)
    for start in starts:
        state = closed[:, start].tobytes()
        if state not in known:
            known[state] = len(known)
            first.append(start)
        number[start:] = known[state]
    return number, first


def formers(case: Case, feeder: Feeder, stations: Floats) -> Iterator[Former]:
    """Grid-forming sources: heads, generators, batteries, then stations, each in the order of its table.

    ``stations`` (chargers, T) is one where vehicles at a charger can form an island.
    """
    for name in FORMERS:
        table = case.table(name)
        if not len(table):
            continue
        present = np.ones((len(table), case.steps), dtype=bool)
        if "from_utc" in table:
            present = case.share_of_interval(table["from_utc"], table["until_utc"]) >= WHOLE
        for row, unit in enumerate(table.to_dict("records")):
            if name == "grid" or unit["forming"]:
                engine = row if name == "generators" and unit["idle_l_per_h"] > 0.0 else -1
                yield Former(_nodes(feeder, unit), present[row], float(unit["voltage_pu"]), engine, name == "grid")
    posts = case.table("chargers")
    for post in np.flatnonzero(stations.any(axis=1)):
        station = posts.iloc[post].to_dict()
        yield Former(_nodes(feeder, station), stations[post] > 0.0, float(station["voltage_pu"]))


def _nodes(feeder: Feeder, unit: dict[Any, Any]) -> list[int]:
    return [feeder.number[unit["bus"], phase] for phase in unit["phases"]]


def find(case: Case, feeder: Feeder, stations: Floats) -> Islands:
    """Live nodes, held voltages and gated nodes in every interval; ``stations`` as for `formers`."""
    sources = list(formers(case, feeder, stations))
    period, first = periods(feeder.closed) if len(feeder.legs) else (np.zeros(case.steps, dtype=np.int64), [0])
    component = np.zeros((len(feeder.nodes), len(first)), dtype=np.int64)
    group = np.zeros_like(component)
    found = _Found((len(feeder.nodes), case.steps))
    for p, start in enumerate(first):
        for number, members in enumerate(nx.connected_components(graph(feeder, feeder.closed[:, start]))):
            component[list(members), p] = number
        at = np.flatnonzero(period == p)
        group[:, p] = _settle(found, sources, component[:, p], at)
        idle = np.isin(group[:, p], group[feeder.shunt[0] > 0.0, p], invert=True)
        found.resting[np.ix_(idle, at)] = False
    keepers = _keepers(sources, component, period, found.gated)
    return Islands(
        period, component, group, found.live, found.held, found.setpoint, found.gated, found.resting, keepers
    )


def _settle(found: _Found, sources: list[Former], component: Ints, at: Ints) -> Ints:
    """Fill in the intervals ``at`` of one period; returns the group of each node."""
    shape = (int(component.max(initial=-1)) + 1, at.size)
    supplied, steady, joined = (np.zeros(shape, dtype=bool) for _ in range(3))
    hangs: list[tuple[int, ...]] = [() for _ in range(shape[0])]
    for rank, former in enumerate(sources):
        present = former.present[at]
        for island in sorted({int(component[n]) for n in former.nodes}):
            leads = at[present & ~supplied[island]]
            supplied[island] |= present
            steady[island] |= present & (former.engine < 0)
            joined[island] |= present & former.grid
            hangs[island] += (rank,)
            mine = [n for n in former.nodes if component[n] == island]
            found.held[np.ix_(mine, leads)] = True
            found.setpoint[np.ix_(mine, leads)] = former.voltage
    found.live[:, at] = supplied[component]
    found.gated[:, at] = (supplied & ~steady)[component]
    found.resting[:, at] = (steady & ~joined)[component]
    numbers = {ranks: number for number, ranks in enumerate(dict.fromkeys(hangs))}
    return np.array([numbers[ranks] for ranks in hangs], dtype=np.int64)[component]


def _keepers(sources: list[Former], component: Ints, period: Ints, gated: Mask) -> Keepers:
    """Engines that form gated islands, by node and interval."""
    engines, nodes, intervals = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for former in (s for s in sources if s.engine >= 0):
        joined = np.stack([np.isin(c, c[former.nodes]) for c in component.T], axis=1)
        node, interval = np.nonzero(gated & joined[:, period] & former.present)
        engines.append(np.full(node.size, former.engine, dtype=np.int64))
        nodes.append(node)
        intervals.append(interval)
    return Keepers(*(np.concatenate(column) for column in (engines, nodes, intervals)))
