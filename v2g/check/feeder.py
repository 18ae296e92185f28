"""What must hold on the feeder: phases that exist, voltages that agree, no loops."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
from networkx.utils import UnionFind

from v2g.case import Case
from v2g.check.columns import FIRST_ROW
from v2g.check.legs import Leg, legs
from v2g.check.rows import at, clock, filled, rows
from v2g.check.timeline import periods, switchings
from v2g.errors import Finding
from v2g.tables import PHASES

VOLTAGE_AGREES = 1e-3
"""Relative difference of nominal voltages that is only rounding."""

TAPS = tuple(f"tap_{phase}" for phase in PHASES)
SAME_TAP = 1e-9
"""Difference of ratios that is only rounding."""

MAX_LOOPS = 20
"""Loops of a phase that are drawn out; what closes a further one is only named."""


def phases_exist(case: Case) -> Iterable[Finding]:
    """Phases of devices, lines and transformers that their bus does not have."""
    has = dict(zip(case.table("buses")["bus"], case.table("buses")["phases"], strict=True))
    for table, frame in filled(case).items():
        if table != "buses" and {"bus", "phases"} <= set(frame.columns):
            for row, (bus, phases) in enumerate(zip(frame["bus"], frame["phases"], strict=True)):
                yield from _absent(case, (table, row, "phases"), bus, phases, has)
    for leg in legs(case):
        yield from _absent(case, (leg.table, leg.row, "phases"), leg.from_bus, leg.from_phases, has)
        yield from _absent(case, (leg.table, leg.row, "phases"), leg.to_bus, leg.phases, has)


def _absent(
    case: Case, place: tuple[str, int, str], bus: str, phases: str, has: Mapping[str, str]
) -> Iterable[Finding]:
    if bus in has and not set(phases) <= set(has[bus]):
        message = f"Bus {bus} does not have all of these phases."
        remedy = "Change the phases here, or those of the bus."
        yield at(case, place, "phase-not-at-bus", message, remedy, found=phases, allowed=f"phases among {has[bus]}")


def delta_needs_two(case: Case) -> Iterable[Finding]:
    """A winding between phases needs two of them."""
    for table, frame in filled(case).items():
        if {"connection", "phases"} <= set(frame.columns):
            one = frame["connection"].isin(["delta", "delta-delta"]) & (frame["phases"].str.len() == 1)
            for row in np.flatnonzero(one.to_numpy(bool)).tolist():
                place = (table, row, "phases")
                message = "A delta connection lies between phases and has only one."
                remedy = "Name two or three phases, or connect it in wye."
                phases = str(frame["phases"].iloc[row])
                yield at(
                    case, place, "delta-with-one-phase", message, remedy, found=phases, allowed="ab, bc, ca or abc"
                )


def capacitors_between_two(case: Case) -> Iterable[Finding]:
    """A bank between two phases also moves active power between them, which no part describes."""
    banks = case.table("capacitors")
    if not len(banks):
        return
    between = (banks["connection"] == "delta") & (banks["phases"].str.len() == 2)
    for row in np.flatnonzero(between.to_numpy(bool)).tolist():
        message = "A capacitor in delta between two phases is not described."
        remedy = "Connect it in wye: half of its kvar on each phase is the nearest thing."
        found = str(banks["phases"].iloc[row])
        place = ("capacitors", row, "connection")
        yield at(case, place, "capacitor-between-phases", message, remedy, found=f"delta on {found}", allowed="wye")


def voltages_agree(case: Case) -> Iterable[Finding]:
    """A line joins buses of one voltage."""
    buses = case.table("buses")
    volts = dict(zip(buses["bus"], buses["kv_ln_kv"], strict=True))
    for leg in legs(case):
        ends = [volts.get(leg.from_bus, np.nan), volts.get(leg.to_bus, np.nan)]
        if leg.table == "lines" and abs(ends[0] - ends[1]) > VOLTAGE_AGREES * max(ends):
            message = f"The line joins {leg.from_bus} at {ends[0]:g} kV and {leg.to_bus} at {ends[1]:g} kV."
            remedy = "Correct kv_ln_kv of a bus, or make it a transformer."
            yield at(case, (leg.table, leg.row, "to_bus"), "voltages-differ", message, remedy, found=leg.to_bus)


def taps_have_room(case: Case) -> Iterable[Finding]:
    """A range of a tap has two ends, and the taps as given are inside it; phases with one tap have the same."""
    units = rows(case, "transformers", "tap_min", "tap_max", "tap_ganged", "phases", *TAPS)
    for row, unit in enumerate(units.to_dict("records")):
        yield from _range_of_tap(case, row, unit)


def _range_of_tap(case: Case, row: int, unit: dict[Hashable, Any]) -> Iterable[Finding]:
    ends = {name: float(unit[name]) for name in ("tap_min", "tap_max")}
    blank = [name for name, value in ends.items() if np.isnan(value)]
    if len(blank) == 1:
        message = f"The range of its tap has one end: {blank[0]} is blank."
        remedy = "Fill in both, or leave both blank: then the tap is fixed."
        yield at(case, ("transformers", row, blank[0]), "tap-half-range", message, remedy, found="blank")
    if blank:
        return
    low, high = ends.values()
    taps = {phase: float(unit[f"tap_{phase}"]) for phase in unit["phases"]}
    for phase, tap in taps.items():
        if not low - SAME_TAP <= tap <= high + SAME_TAP:
            place = ("transformers", row, f"tap_{phase}")
            message, allowed = "The tap as given is outside its range.", f"{low:g} to {high:g} (tap_min, tap_max)"
            remedy = "Correct the tap or its range."
            yield at(case, place, "tap-outside-range", message, remedy, found=f"{tap:g}", allowed=allowed)
    if unit["tap_ganged"] and max(taps.values()) - min(taps.values()) > SAME_TAP:
        listed = ", ".join(f"{tap:g}" for tap in taps.values())
        message, remedy = "Phases with one tap (tap_ganged) have different ones.", "Give all of them the same tap."
        yield at(case, ("transformers", row, "tap_ganged"), "taps-differ", message, remedy, found=listed)


def own_ends(case: Case) -> Iterable[Finding]:
    """A line or transformer that ends where it begins."""
    for leg in legs(case):
        if leg.from_bus == leg.to_bus:
            message = f"It ends at {leg.to_bus}, where it begins."
            yield at(case, (leg.table, leg.row, "to_bus"), "self-loop", message, "Name another bus.", found=leg.to_bus)


def one_name_each(case: Case) -> Iterable[Finding]:
    """Lines and transformers share one set of names."""
    lines = rows(case, "lines", "line")["line"]
    row_of = {name: row for row, name in reversed(list(enumerate(lines)))}
    for row, name in enumerate(rows(case, "transformers", "transformer")["transformer"]):
        if name in row_of:
            message = f"A line has this name, in row {row_of[name] + FIRST_ROW} of lines.csv."
            place = ("transformers", row, "transformer")
            yield at(case, place, "duplicate-id", message, "Rename one of them.", found=name)


def loops(case: Case) -> Iterable[Finding]:
    """Closed lines and transformers that form a ring at any time, told once for all the phases it has."""
    rings: dict[frozenset[Leg], tuple[tuple[Leg, ...], str, int]] = {}
    for interval, elements in periods(case):
        closed = [leg for leg in elements if leg.from_bus != leg.to_bus]
        now: dict[frozenset[Leg], tuple[tuple[Leg, ...], str, int]] = {}
        for phase in PHASES:
            for ring in _rings([leg for leg in closed if phase in leg.phases]):
                first, phases, _ = now.get(frozenset(ring), (ring, "", interval))
                now[frozenset(ring)] = (first, phases + phase, interval)
        rings = now | rings
    for ring, phases, interval in rings.values():
        yield _loop(case, ring, phases, interval)


def _loop(case: Case, ring: tuple[Leg, ...], phases: str, interval: int) -> Finding:
    last = ring[0]
    names = ", ".join(sorted(leg.name for leg in ring))
    what = f"{names} form a loop" if len(ring) > 1 else f"{last.name} closes another loop"
    place: tuple[str, int, str] = (last.table, last.row, "closed")
    when, remedy = "", "A feeder runs without loops: set closed = 0 on one of them."
    if interval:
        when = f" from {clock(case.boundaries[interval])} on"
        remedy = "A feeder runs without loops: take another of them out before, or leave this one out."
        place = _last_back(case, ring, interval) or place
    return at(case, place, "loop", f"{what} on phase {', '.join(phases)}{when}.", remedy, found=last.name)


def _last_back(case: Case, ring: tuple[Leg, ...], interval: int) -> tuple[str, int, str] | None:
    """The event that closed a ring which was not there from the start."""
    names = {leg.name for leg in ring}
    point = case.boundaries[interval]
    back = [
        row for row, at_utc, event, name in switchings(case) if event == "back" and name in names and at_utc <= point
    ]
    return ("events", back[-1], "at_utc") if back else None


def _rings(closed: list[Leg]) -> Iterator[tuple[Leg, ...]]:
    """For each leg that closes a ring: that leg, then the others on the ring."""
    forest: nx.Graph[str] = nx.Graph()
    joined: UnionFind[str] = UnionFind()
    closing = []
    for leg in closed:
        if joined[leg.from_bus] == joined[leg.to_bus]:
            closing.append(leg)
        else:
            joined.union(leg.from_bus, leg.to_bus)
            forest.add_edge(leg.from_bus, leg.to_bus, leg=leg)
    for leg in closing[:MAX_LOOPS]:
        way = nx.shortest_path(forest, leg.from_bus, leg.to_bus)
        yield (leg, *(forest.edges[edge]["leg"] for edge in pairwise(way)))
    for leg in closing[MAX_LOOPS:]:
        yield (leg,)
