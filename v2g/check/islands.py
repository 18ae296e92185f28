"""Which parts of the feeder a source can form a grid in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import networkx as nx

from v2g.case import Case
from v2g.check.feeder import Node, legs
from v2g.check.rows import at, rows
from v2g.check.words import listed
from v2g.errors import Finding

FORMING = ("grid", "generators", "batteries")
"""Tables whose rows may hold the voltage: the grid always, the others where ``forming`` is set."""


def forming_sources(case: Case) -> Iterator[tuple[str, int, str, str]]:
    """(table, row, bus, phases) of every source that can form a grid."""
    for table in FORMING:
        frame = rows(case, table, "bus", "phases")
        forming = frame["forming"].to_list() if "forming" in frame else [table == "grid"] * len(frame)
        for row, (bus, phases, forms) in enumerate(zip(frame["bus"], frame["phases"], forming, strict=True)):
            if forms:
                yield table, row, bus, phases


def some_source(case: Case) -> Iterable[Finding]:
    """Without a source that can form a grid nothing is ever supplied."""
    if next(forming_sources(case), None) is None:
        message = "No source can form a grid, so nothing can be supplied at any time."
        remedy = "Add a grid connection (grid.csv), or set forming = 1 on a battery or a generator."
        yield at(case, ("buses", None, None), "no-forming-source", message, remedy)


def dark_islands(case: Case) -> Iterable[Finding]:
    """Parts of the feeder that no such source can reach, with their critical loads."""
    sources = list(forming_sources(case))
    buses = case.table("buses")
    graph: nx.Graph[Node] = nx.Graph()
    graph.add_nodes_from((bus, p) for bus, phases in zip(buses["bus"], buses["phases"], strict=True) for p in phases)
    graph.add_edges_from(pair for leg in legs(case) if leg.closed for pair in leg.joined())
    lit = {node for _, _, bus, phases in sources for node in ((bus, p) for p in phases)}
    dark = [part for part in nx.connected_components(graph) if lit.isdisjoint(part)] if sources else []
    if dark:
        order = {bus: row for row, bus in enumerate(buses["bus"])}
        for nodes in _islands(graph.subgraph(set().union(*dark)), order):
            yield _dark(case, nodes, order)


def _islands(dark: nx.Graph[Node], order: dict[str, int]) -> list[set[Node]]:
    """Dark nodes by island: the phases of a bus, and what is joined on any phase, are one."""
    whole: nx.Graph[str] = nx.Graph()
    whole.add_nodes_from(bus for bus, _ in dark.nodes)
    whole.add_edges_from((one[0], other[0]) for one, other in dark.edges)
    parts = sorted(nx.connected_components(whole), key=lambda part: min(order[bus] for bus in part))
    island = {bus: k for k, part in enumerate(parts) for bus in part}
    nodes: list[set[Node]] = [set() for _ in parts]
    for node in dark.nodes:
        nodes[island[node[0]]].add(node)
    return nodes


def _dark(case: Case, nodes: set[Node], order: dict[str, int]) -> Finding:
    buses = sorted({bus for bus, _ in nodes}, key=order.__getitem__)
    phases = "".join(sorted({phase for _, phase in nodes}))
    loads = rows(case, "loads", "load", "bus", "phases", "tier")
    columns = (loads[name].to_list() for name in ("load", "bus", "phases", "tier"))
    critical = [
        f"{load} (tier {tier})"
        for load, bus, own, tier in zip(*columns, strict=True)
        if tier >= 1 and any((bus, p) in nodes for p in own)
    ]
    at_stake = f"Critical loads there: {listed(critical)}." if critical else "No critical load is there."
    noun = "bus" if len(buses) == 1 else "buses"
    message = f"No source can form a grid at {len(buses)} {noun} ({listed(buses)}), phases {phases}. {at_stake}"
    remedy = "Close a switch towards a source, or set forming = 1 on one in the island."
    return at(case, ("buses", order[buses[0]], "bus"), "dark-island", message, remedy, severity="warning")


def source_voltages(case: Case) -> Iterable[Finding]:
    """The voltage that a source holds must lie within the band of its bus."""
    buses = case.table("buses")
    low = buses["vmin_pu"].fillna(float(str(case.header["vmin_pu"])))
    high = buses["vmax_pu"].fillna(float(str(case.header["vmax_pu"])))
    bands = {bus: (lo, hi) for bus, lo, hi in zip(buses["bus"], low, high, strict=True)}
    for bus, row in ((bus, row) for row, bus in enumerate(buses["bus"])):
        lo, hi = bands[bus]
        if lo > hi:
            message = f"The lowest voltage, {lo:g}, is above the highest, {hi:g}."
            yield at(case, ("buses", row, "vmin_pu"), "empty-voltage-band", message, "Set both vmin_pu and vmax_pu.")
    for table, row, bus, _ in forming_sources(case):
        frame = case.table(table)
        if "voltage_pu" in frame and bus in bands:
            value, (lo, hi) = float(frame["voltage_pu"].iloc[row]), bands[bus]
            if not lo <= value <= hi:
                message = f"The source holds {bus} at a voltage that the bus may not have."
                place, allowed = (table, row, "voltage_pu"), f"{lo:g} to {hi:g}"
                yield at(case, place, "voltage-outside-band", message, found=f"{value:g}", allowed=allowed)
