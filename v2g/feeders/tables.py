"""A network as the tables of a case: one hour at the load of the file, supply present, nothing critical yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, inf
from typing import Any

import networkx as nx
import pandas as pd

from v2g.feeders.cores import GIVEN_AT, core
from v2g.feeders.direction import depth, straight
from v2g.feeders.floating import floating
from v2g.feeders.legs import one_phase_secondaries
from v2g.feeders.names import file_name
from v2g.feeders.network import PRIMARY, Capacitor, Line, Load, Network, Note, Weight
from v2g.feeders.parallel import without_parallels
from v2g.feeders.stiffness import with_impedance
from v2g.feeders.units import Row, Units
from v2g.formats.draft import Draft
from v2g.formats.words import counted
from v2g.tables import PAIRS

START = "2026-01-15T00:00:00+00:00"
FULL_SUN = "full_sun"
"""Profile of panels: all that they give in full sun, until real ones replace it."""
LITRES_PER_KWH = 0.3
"""Fuel for a kWh where the file says nothing: about that of a diesel set at most of its load."""


BAND = (0.9, 1.1)
"""Voltages that a case allows unless it says otherwise, in per unit."""


@dataclass(frozen=True)
class Tabled:
    """The draft of a case, and the network it stands for, with notes on all that changed on the way."""

    draft: Draft
    network: Network


def tabled(network: Network, columns: Mapping[str, Iterable[str]]) -> Tabled:
    """The draft of a case from a network whose names are valid.

    ``columns`` of the tables that a case may have; what a load says beyond these is noted.
    """
    ready = without_parallels(one_phase_secondaries(straight(with_impedance(network))))
    units = Units({bus.name: bus for bus in ready.buses}, depth(ready))
    units.add(ready.transformers)
    ready = _without_jumpers(ready, units.rows)
    notes: list[Note] = [*ready.notes, *units.notes, *floating(ready, units.rows)]
    banks, loads = _loads(ready, set(columns["loads"]), notes)
    shunts = _shunts(ready, notes)
    limits = _limits(ready, units.rows, notes)
    tables: dict[str, list[Row]] = {
        "buses": [
            _bus(bus) | limits.get(bus.name, {}) | shunts.get(bus.name, {}) for bus in (*ready.buses, *units.more_buses)
        ],
        "lines": [_line(line, units.buses[line.from_bus].kv_ln) for line in ready.lines],
        "transformers": units.rows,
        "capacitors": [*(_capacitor(bank, notes) for bank in ready.capacitors), *banks],
        "loads": loads,
        "generators": _generators(ready, notes),
        "solar": _solar(ready, notes),
        "batteries": _batteries(ready),
        "grid": [
            {"grid": source.name, "bus": source.bus, "phases": source.phases, "voltage_pu": source.voltage_pu}
            for source in ready.sources
        ],
        "profiles": [{"start_utc": START, FULL_SUN: 1.0}] if ready.solar else [],
    }
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items() if rows}
    header = _header(ready) | _band(ready, units.rows, notes)
    return Tabled(Draft.of(header, frames), replace(ready, notes=tuple(notes)))


def _header(network: Network) -> dict[str, object]:
    title = f"{network.name}, from a file in {network.format}: one hour at its load, supply present"
    degrees = {"coordinates": "lonlat"} if network.lonlat else {}
    return {
        "format": 1, "name": file_name(network.name), "title": title, "start_utc": START, "step_min": 60, "steps": 1,
        "network": "lindistflow", "policy": "tiers", **degrees,
    }  # fmt: skip


def _band(network: Network, rows: Sequence[Row], notes: list[Note]) -> Row:
    """Limits of the voltage that hold what sources and taps give without load, where the usual ones do not."""
    held = [voltage for pair in _unloaded(network, rows).values() for voltage in pair]
    low, high = min([*held, BAND[0]]), max([*held, BAND[1]])
    if (low, high) == BAND:
        return {}
    band = {"vmin_pu": floor(100.0 * low) / 100.0, "vmax_pu": ceil(100.0 * high) / 100.0}
    text = f"without load, sources and taps give {low:.3f} to {high:.3f} p.u.: the limits of the voltage are wider"
    notes.append(Note(Weight.CHANGED, text))
    return band


def _limits(network: Network, rows: Sequence[Row], notes: list[Note]) -> dict[str, Row]:
    """Limits of the voltage that buses have of their own, as wide as what sources and taps give without load."""
    held, found = _unloaded(network, rows), dict[str, Row]()
    for bus in network.buses:
        low, high = held.get(bus.name, (inf, 0.0))
        wide = {
            "vmin_pu": None if bus.vmin_pu is None else min(bus.vmin_pu, low),
            "vmax_pu": None if bus.vmax_pu is None else max(bus.vmax_pu, high),
        }
        if (bus.vmin_pu, bus.vmax_pu) != (wide["vmin_pu"], wide["vmax_pu"]):
            given = f"sources and taps give {low:.3f} to {high:.3f} p.u. there without load"
            text = f"bus {bus.name}: its limits of the voltage are wider, as {given}"
            notes.append(Note(Weight.CHANGED, text, bus.origin))
        if any(wide.values()):
            found[bus.name] = wide
    return found


def _unloaded(network: Network, rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Voltages in per unit that occur at buses without load: those of the sources, times the taps on the way."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edges_from((line.from_bus, line.to_bus) for line in network.lines if line.closed)
    for row in rows:
        if row["closed"]:
            known = [tap for p in PRIMARY if (tap := row[f"tap_{p}"]) is not None]
            edge = graph.get_edge_data(row["from_bus"], row["to_bus"], {"taps": []})
            graph.add_edge(row["from_bus"], row["to_bus"], taps=[*edge.get("taps", []), *known], start=row["from_bus"])
    found: dict[str, tuple[float, float]] = {source.bus: (source.voltage_pu,) * 2 for source in network.sources}
    for source in [bus for bus in found if bus in graph]:
        for one, two in nx.bfs_edges(graph, source):
            if two not in found:
                edge = graph.edges[one, two]
                taps = edge.get("taps") or [1.0]
                taps = taps if edge.get("start", one) == one else [1.0 / tap for tap in taps]
                found[two] = found[one][0] * min(taps), found[one][1] * max(taps)
    return found


def _bus(bus: Any) -> Row:
    phases = "".join(sorted(bus.phases))
    return {"bus": bus.name, "phases": phases, "kv_ln_kv": bus.kv_ln, "x": bus.x, "y": bus.y}


def _shunts(network: Network, notes: list[Note]) -> dict[str, Row]:
    """What each bus takes by the square of its voltage, cores of transformers included, by phase."""
    kv = {bus.name: bus.kv_ln for bus in network.buses}
    cores = [core(unit, kv[unit.windings[GIVEN_AT].bus]) for unit in network.transformers if unit.closed]
    found: dict[str, Row] = {}
    for shunt in (*network.shunts, *cores):
        if shunt is None:
            continue
        if shunt.kw < 0.0:
            text = f"shunt {shunt.name} of {shunt.kw:g} kW gives power: write it as a generator or panels; left out"
            notes.append(Note(Weight.LOST, text, shunt.origin))
            continue
        row = found.setdefault(shunt.bus, {})
        for phase in shunt.phases:
            for unit, power in (("kw", shunt.kw), ("kvar", shunt.kvar)):
                key = f"shunt_{phase}_{unit}"
                row[key] = row.get(key, 0.0) + power / len(shunt.phases)
    if any((other.noload_kw or other.magnetising_kvar) and not other.closed for other in network.transformers):
        text = "no-load losses of transformers that stand open are left out"
        notes.append(Note(Weight.CHANGED, text))
    return found


def _line(line: Line, kv_ln: float) -> Row:
    """Matrices of the phases it has; a rating in kVA of each phase."""
    row: Row = {
        "line": line.name, "from_bus": line.from_bus, "to_bus": line.to_bus, "phases": "".join(sorted(line.phases)),
        "closed": line.closed, "switch": line.switch,
        "rating_kva": None if line.rating_a is None else line.rating_a * kv_ln,
    }  # fmt: skip
    for letter, matrix, unit in (("r", line.r_ohm, "ohm"), ("x", line.x_ohm, "ohm"), ("b", line.b_us, "us")):
        for pair in PAIRS:
            one, two = pair[0], pair[1]
            if one in line.phases and two in line.phases:
                row[f"{letter}_{one}{two}_{unit}"] = matrix[line.phases.index(one), line.phases.index(two)]
    return row


def _without_jumpers(network: Network, rows: Sequence[Row]) -> Network:
    """The network without lines beside a transformer with their phases, such as the jumper of an open delta."""
    beside = {(frozenset((row["from_bus"], row["to_bus"])), phase) for row in rows for phase in row["phases"]}
    lines, notes = [], []
    for line in network.lines:
        buses = frozenset((line.from_bus, line.to_bus))
        if line.closed and any((buses, phase) in beside for phase in line.phases):
            text = f"line {line.name} runs beside a transformer that stands for its phases as well; left out"
            notes.append(Note(Weight.CHANGED, text, line.origin))
        else:
            lines.append(line)
    return replace(network, lines=tuple(lines), notes=(*network.notes, *notes))


def _capacitor(bank: Capacitor, notes: list[Note]) -> Row:
    connection = bank.connection
    if connection == "delta" and len(bank.phases) == 2:
        text = f"capacitor {bank.name} between two phases: half of it on each"
        notes.append(Note(Weight.CHANGED, text, bank.origin))
        connection = "wye"
    return {
        "capacitor": bank.name, "bus": bank.bus, "phases": bank.phases, "connection": connection, "kvar": bank.kvar,
        "closed": bank.closed,
    }  # fmt: skip


def _loads(network: Network, columns: set[str], notes: list[Note]) -> tuple[list[Row], list[Row]]:
    """Shunts that stand for loads without active power, and the loads."""
    shunts: list[Row] = []
    rows: list[Row] = []
    bent: list[Load] = []
    taken = {bank.name for bank in network.capacitors}
    for load in network.loads:
        if load.kw < 0.0:
            text = f"load {load.name} of {load.kw:g} kW gives power: write it as a generator or panels; left out"
            notes.append(Note(Weight.LOST, text, load.origin))
        elif load.kw == 0.0 and load.kvar:
            name = f"{load.name}_kvar" if load.name in taken else load.name
            notes.append(Note(Weight.CHANGED, f"load {load.name} takes kvar alone: capacitor {name}", load.origin))
            how = "wye" if len(load.phases) == 2 else load.connection
            shunts.append({
                "capacitor": name, "bus": load.bus, "phases": load.phases, "connection": how, "kvar": -load.kvar,
                "closed": True,
            })  # fmt: skip
        else:
            row: Row = {
                "load": load.name, "bus": load.bus, "phases": load.phases, "connection": load.connection, "tier": 0,
                "service": "flexible", "kw": load.kw, "kvar": load.kvar,
            }  # fmt: skip
            bends = {"kw_exponent": load.kw_exponent, "kvar_exponent": load.kvar_exponent}
            if any(bends.values()) and not set(bends) <= columns:
                bent.append(load)
            rows.append(row | {key: bend for key, bend in bends.items() if key in columns})
    if bent:
        text = f"loads that change with the voltage in the file, and not here: {len(bent)}, such as {bent[0].name}"
        notes.append(Note(Weight.CHANGED, text, bent[0].origin))
    return shunts, rows


def _generators(network: Network, notes: list[Note]) -> list[Row]:
    if network.generators:
        text = (
            f"fuel of {counted(len(network.generators), 'generator')} is not in the file: {LITRES_PER_KWH} L for a "
            "kWh, none in the tank; fill in fuel_l and fuel_l_per_kwh"
        )
        notes.append(Note(Weight.CHANGED, text, network.generators[0].origin))
    return [
        {
            "generator": unit.name, "bus": unit.bus, "phases": unit.phases, "rating_kw": unit.rating_kw,
            "rating_kva": unit.rating_kva, "fuel_l": 0.0, "fuel_l_per_kwh": LITRES_PER_KWH,
        }
        for unit in network.generators
    ]  # fmt: skip


def _solar(network: Network, notes: list[Note]) -> list[Row]:
    if network.solar:
        plants = counted(len(network.solar), "solar plant")
        text = f"full sun ({FULL_SUN}) in the one hour of the case, for {plants}"
        notes.append(Note(Weight.CHANGED, text, network.solar[0].origin))
    return [
        {
            "solar": plant.name, "bus": plant.bus, "phases": plant.phases,
            "rating_kw": min(plant.rating_kw, plant.rating_kva or plant.rating_kw), "profile": FULL_SUN,
        }
        for plant in network.solar
    ]  # fmt: skip


def _batteries(network: Network) -> list[Row]:
    return [
        {
            "battery": unit.name, "bus": unit.bus, "phases": unit.phases, "capacity_kwh": unit.capacity_kwh,
            "start_kwh": unit.start_kwh, "reserve_kwh": min(unit.reserve_kwh, unit.start_kwh),
            "charge_kw": unit.charge_kw, "discharge_kw": unit.discharge_kw, "charge_eff": unit.charge_eff,
            "discharge_eff": unit.discharge_eff, "rating_kva": unit.rating_kva,
        }
        for unit in network.storage
    ]  # fmt: skip
