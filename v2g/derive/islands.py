"""Which nodes are live, and who holds the voltage there: asked of the graph, interval by interval."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.derive.feeder import Feeder

FORMERS = ("grid", "generators", "batteries")


@dataclass(frozen=True)
class Islands:
    """``component`` of each node, shape (N,); ``live``, ``held`` and ``setpoint`` by node and interval, (N, T).

    ``held`` marks the nodes whose voltage the forming unit of the island holds at ``setpoint``
    (per unit). A component is live while it holds a node of an available grid-forming source.
    """

    component: Ints
    live: NDArray[np.bool_]
    held: NDArray[np.bool_]
    setpoint: Floats


@dataclass(frozen=True)
class Former:
    """A grid-forming source: its nodes, when it can form, and the voltage it holds."""

    nodes: list[int]
    present: NDArray[np.bool_]
    voltage: float


def graph(feeder: Feeder) -> nx.Graph[int]:
    """Nodes joined by closed legs. A delta winding joins the phases it stands between."""
    network: nx.Graph[int] = nx.Graph()
    network.add_nodes_from(range(len(feeder.nodes)))
    for leg, node in zip(feeder.end_leg, feeder.end_node, strict=True):
        network.add_edge(int(node), int(feeder.to_node[leg]))
    return network


def formers(case: Case, feeder: Feeder) -> list[Former]:
    """Grid-forming sources: heads first, then generators, then batteries, each in the order of its table."""
    found = []
    for name in FORMERS:
        table = case.table(name)
        if not len(table):
            continue
        windows = np.ones((len(table), case.steps))
        if "from_utc" in table:
            windows = case.share_of_interval(table["from_utc"], table["until_utc"])
        for row, unit in enumerate(table.to_dict("records")):
            if name == "grid" or unit["forming"]:
                nodes = [feeder.number[unit["bus"], phase] for phase in unit["phases"]]
                found.append(Former(nodes, windows[row] >= 1.0 - 1e-9, float(unit["voltage_pu"])))
    return found


def find(case: Case, feeder: Feeder) -> Islands:
    """Live nodes and held voltages in every interval."""
    component = np.zeros(len(feeder.nodes), dtype=np.int64)
    for number, members in enumerate(nx.connected_components(graph(feeder))):
        component[list(members)] = number
    shape = (len(feeder.nodes), case.steps)
    live, held, setpoint = np.zeros(shape, bool), np.zeros(shape, bool), np.ones(shape)
    taken: dict[int, NDArray[np.bool_]] = {}
    for former in formers(case, feeder):
        for island in sorted({int(component[n]) for n in former.nodes}):
            leads = former.present & ~taken.get(island, np.zeros(case.steps, bool))
            taken[island] = taken.get(island, np.zeros(case.steps, bool)) | former.present
            live[np.ix_(component == island, np.flatnonzero(former.present))] = True
            for node in (n for n in former.nodes if component[n] == island):
                held[node, leads] = True
                setpoint[node, leads] = former.voltage
    return Islands(component, live, held, setpoint)
