"""Which parts of the feeder a source can form a grid in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import networkx as nx
import numpy as np

from v2g.case import Case
from v2g.check.legs import Leg, Node, legs
from v2g.check.reach import fed_by_vehicles
from v2g.check.rows import at, rows
from v2g.check.timeline import periods
from v2g.check.words import listed
from v2g.errors import Finding

FORMING = ("grid", "generators", "batteries", "chargers")
"""Tables whose rows may hold the voltage: the grid always, the others where ``forming`` is set."""


def forming_sources(case: Case) -> Iterator[tuple[str, int, str, str]]:
    """(table, row, bus, phases) of every source that can form a grid."""
    for table in FORMING:
        frame = rows(case, table, "bus", "phases")
        forming = frame["forming"].to_list() if "forming" in frame else [table == "grid"] * len(frame)
        if {"feeds", "discharge_kw"} <= set(frame.columns):
            forming = (frame["forming"] & (frame["feeds"] == "feeder") & (frame["discharge_kw"] > 0)).to_list()
        for row, (bus, phases, forms) in enumerate(zip(frame["bus"], frame["phases"], forming, strict=True)):
            if forms:
                yield table, row, bus, phases


def forming_gives(case: Case) -> Iterable[Finding]:
    """A battery that is to form an island must be able to give power; generators always are, chargers have a rule."""
    batteries = rows(case, "batteries", "battery", "forming", "discharge_kw")
    idle = batteries["forming"].astype(bool) & ~(batteries["discharge_kw"] > 0.0)
    for row in np.flatnonzero(idle.to_numpy(bool)).tolist():
        message = f"{batteries['battery'].iloc[row]} is to form an island and can give no power."
        remedy = "Write a discharge_kw above 0, or forming = 0."
        place, found = ("batteries", row, "discharge_kw"), f"{batteries['discharge_kw'].iloc[row]:g}"
        yield at(case, place, "forming-without-power", message, remedy, found=found, allowed="above 0 kW")


def some_source(case: Case) -> Iterable[Finding]:
    """Without a source that can form a grid, and without vehicles that feed a load themselves, nothing is supplied."""
    if not no_supply(case):
        return
    message = "No source can form a grid, so nothing can be supplied at any time."
    remedy = "Add a grid connection (grid.csv), or set forming = 1 on a battery or a generator."
    if not len(rows(case, "sites", "site")):
        yield at(case, ("buses", None, None), "no-forming-source", message, remedy)
        return
    table = "sites" if "buses" not in case.origin else "buses"
    message = "No source can form a grid and no vehicle can feed a load by V2H or V2L: nothing is supplied at any time."
    remedy = "Let cars with sockets (socket_kw above 0) stand where loads have by_v2l = 1, or add a source that forms."
    yield at(case, (table, None, None), "no-forming-source", message, remedy, severity="warning")


def no_supply(case: Case) -> bool:
    """Whether no source can form a grid, and no vehicle can feed a load itself."""
    return next(forming_sources(case), None) is None and not bool(fed_by_vehicles(case).any())


def helpless_sites(case: Case) -> frozenset[str]:
    """Sites of which another finding says already that nothing can feed their critical loads."""
    if no_supply(case):
        return frozenset(rows(case, "sites", "site")["site"])
    sites, loads = rows(case, "sites", "site", "bus"), rows(case, "loads", "site", "bus", "tier")
    lit = {bus for _, _, bus, _ in forming_sources(case)}
    lost = set(loads["bus"][(loads["tier"] >= 1).to_numpy(bool) & ~fed_by_vehicles(case).to_numpy(bool)])
    dark = {bus for bus in sites["bus"] if bus in lost and bus not in lit and _off_feeder(case, bus)}
    return frozenset(sites["site"][sites["bus"].isin(list(dark))])


def dark_islands(case: Case) -> Iterable[Finding]:
    """Parts of the feeder that no such source can reach at any time, with their critical loads."""
    buses = case.table("buses")
    fed = fed_by_vehicles(case)
    lit = {(bus, p) for _, _, bus, phases in forming_sources(case) for p in phases}
    if not lit and not fed.any():
        return
    dark = _graph(case, [leg for _, elements in periods(case) for leg in elements])
    ever: set[Node] = set()
    for _, elements in periods(case):
        parts = nx.connected_components(_graph(case, elements))
        ever |= set().union(*(part for part in parts if not lit.isdisjoint(part)))
    dark.remove_nodes_from(ever)
    order = {bus: row for row, bus in enumerate(buses["bus"])}
    for nodes in _islands(dark, order):
        yield from _dark(case, nodes, order, fed.to_list())


def _graph(case: Case, elements: Iterable[Leg]) -> nx.Graph[Node]:
    """Nodes, joined by elements that are closed."""
    buses = case.table("buses")
    graph: nx.Graph[Node] = nx.Graph()
    graph.add_nodes_from((bus, p) for bus, phases in zip(buses["bus"], buses["phases"], strict=True) for p in phases)
    graph.add_edges_from(pair for leg in elements for pair in leg.joined())
    return graph


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


def _dark(case: Case, nodes: set[Node], order: dict[str, int], fed: list[bool]) -> Iterable[Finding]:
    """What is in the dark; nothing to say where vehicles feed all that is critical."""
    buses = sorted({bus for bus, _ in nodes}, key=order.__getitem__)
    loads = rows(case, "loads", "load", "bus", "phases", "tier")
    columns = (loads[name].to_list() for name in ("load", "bus", "phases", "tier"))
    critical = [
        (f"{load} (tier {tier})", by_vehicles)
        for load, bus, own, tier, by_vehicles in zip(*columns, fed, strict=False)
        if tier >= 1 and any((bus, p) in nodes for p in own)
    ]
    lost = [name for name, by_vehicles in critical if not by_vehicles]
    off_feeder = _off_feeder(case, buses[0]) if len(buses) == 1 else ""
    if not lost and (critical or off_feeder):
        return
    at_stake = f"Critical loads there: {listed(lost)}." if lost else "No critical load is there."
    kept = [name for name, by_vehicles in critical if by_vehicles]
    if kept:
        at_stake = f"Vehicles can feed {listed(kept)}, but not {listed(lost)}."
    place = ("buses", order[buses[0]], "bus")
    if off_feeder:
        message = f"Site {off_feeder} is off the feeder, and no source is there. {at_stake}"
        remedy = (
            "Let cars stand there that have a socket (socket_kw) for loads with by_v2l = 1, or V2H, "
            "or give it a source of its own."
        )
        yield at(case, place, "dark-island", message, remedy, severity="warning")
        return
    phases = "".join(sorted({phase for _, phase in nodes}))
    noun = "bus" if len(buses) == 1 else "buses"
    message = f"No source can form a grid at {len(buses)} {noun} ({listed(buses)}), phases {phases}. {at_stake}"
    remedy = "Close a switch towards a source, or set forming = 1 on one in the island."
    yield at(case, place, "dark-island", message, remedy, severity="warning")


def _off_feeder(case: Case, bus: str) -> str:
    """The site at a bus to which no line or transformer leads; blank where there is none."""
    sites = rows(case, "sites", "site", "bus")
    here = sites["site"][sites["bus"] == bus].to_list()
    return str(here[0]) if here and not any(bus in (leg.from_bus, leg.to_bus) for leg in legs(case)) else ""


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
                remedy = "Change voltage_pu here, or vmin_pu and vmax_pu of the bus."
                yield at(case, place, "voltage-outside-band", message, remedy, found=f"{value:g}", allowed=allowed)
