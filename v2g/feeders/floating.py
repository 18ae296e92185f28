"""Where nothing holds the neutral: behind a winding in delta, voltages to it follow from no figure of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np

from v2g.feeders.network import PRIMARY, Network, Note, Weight
from v2g.formats.words import counted

Row = Mapping[str, Any]


def floating(network: Network, rows: Sequence[Row]) -> Iterator[Note]:
    """Notes on buses behind deltas of three phases, among the ``rows`` of transformers, and on loads to neutral there.

    An engine finds these voltages from stray capacitance or its own small figures; a case takes them without zero
    sequence, as the AC replay does. Voltages between phases are the same. Where all is even nothing is said.
    """
    deltas = [row for row in rows if row["connection"].endswith("-delta") and len(row["phases"]) == 3]
    if not deltas:
        return
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edges_from((line.from_bus, line.to_bus) for line in network.lines if line.closed)
    graph.add_edges_from((row["from_bus"], row["to_bus"]) for row in rows if row["connection"] == "wye-wye")
    behind = set().union(*({row["to_bus"]} | _joined(graph, row["to_bus"]) for row in deltas))
    if _is_even(network, behind):
        return
    text = (
        f"voltages to neutral at {counted(len(behind), 'bus', 'buses')} behind a delta ({deltas[0]['transformer']}): "
        "nothing in the file holds them, and they are without zero sequence; those between phases are as in the file"
    )
    origins = {unit.name: unit.origin for unit in network.transformers}
    yield Note(Weight.CHANGED, text, origins.get(deltas[0]["transformer"], network.transformers[0].origin))
    loads = [load for load in network.loads if load.bus in behind and load.connection == "wye"]
    loads = [load for load in loads if len(load.phases) < len(PRIMARY)]
    if loads:
        there = f"loads to neutral behind a delta, where there is none: {len(loads)}, such as {loads[0].name}"
        yield Note(Weight.CHANGED, there, loads[0].origin)


def _is_even(network: Network, behind: set[str]) -> bool:
    """Whether loads and lines there are equal on all phases, as in balanced formats: then there is no zero sequence."""
    own = [line for line in network.lines if {line.from_bus, line.to_bus} & behind]
    loads = [load for load in network.loads if load.bus in behind]
    phases = [*(line.phases for line in own), *(load.phases for load in loads)]
    return all(len(letters) == len(PRIMARY) for letters in phases) and all(
        np.allclose(np.diag(matrix), matrix[0, 0]) for line in own for matrix in (line.r_ohm, line.x_ohm)
    )


def _joined(graph: nx.Graph[str], bus: str) -> set[str]:
    return set(nx.node_connected_component(graph, bus)) if bus in graph else set()
