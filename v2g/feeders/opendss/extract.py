"""What the OpenDSS engine knows of a solved circuit, as plain values (the side of the child).

Properties come class by class as the engine's own JSON: one call instead of one for each value. Units are the
engine's: ohm and nanofarad per unit of length, kV, kW, kvar.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from v2g.feeders.opendss.extract_ratings import GIVEN, RATINGS, across, carried, emergency_kva, rate_lines

FULL = 1 | 128
"""Every property, keys in lower case."""

KEPT = {
    "line": ("length", "rmatrix", "xmatrix", "cmatrix", "switch", "basefreq"),
    "transformer": ("conns", "kvs", "kvas", "taps", "%rs", "xhl", "xht", "xlt", "normhkva", "leadlag", "%noloadloss",
                    "%imag", "rneut", "xneut", "mintap", "maxtap", "numtaps"),
    "regcontrol": ("transformer", "winding", "tapwinding"),
    "load": ("kv", "kw", "kvar", "model", "conn", "status", "cvrwatts", "cvrvars", "zipv", "vminpu",
             "vmaxpu", "vlowpu", "growth", "daily", "yearly", "duty"),
    "generator": ("kv", "kw", "kva", "pf", "model", "conn", "daily", "yearly", "duty"),
    "pvsystem": ("pmpp", "%pmpp", "kva", "pf", "irradiance", "daily", "yearly", "duty"),
    "storage": ("kwrated", "%kwrated", "kwhrated", "kwhstored", "%reserve", "%charge", "%discharge", "%idlingkw",
                "%effcharge", "%effdischarge", "kva", "daily", "yearly", "duty"),
    "vsource": ("basekv", "pu"),
    **dict.fromkeys(("fuse", "recloser", "relay", "swtcontrol"), ("switchedobj", "state")),
}  # fmt: skip
"""Properties that become part of a network, by class. Capacitors and reactors are asked one by one:
matrices that nobody set stand in their JSON as whatever the memory held, which need not even be a number."""

SUPPLY = ("generator", "pvsystem", "storage")
"""Classes of which it is asked what was set."""

STATED_KW = re.compile(r"\bgenerator\.([^\s\"'=]+)[\"']?\s(?:.*\s)?kw\s*=\s*[\"'(\[]?([\d.eE+-]+)", re.IGNORECASE)
LINE_PARTS = ("linecode", "geometry", "spacing", *RATINGS)
Record = dict[str, Any]


def extract(engine: Any, commands: Sequence[str]) -> Record:
    """Name, frequency, buses and elements by class; an element has its terminals (bus, nodes, open conductors)."""
    return {
        "name": engine.Circuit.Name(),
        "frequency": engine.Solution.Frequency(),
        "loadmult": engine.Solution.LoadMult(),
        "growth": _growth(engine),
        "buses": list(_buses(engine)),
        "elements": _elements(engine, commands),
    }


def _growth(engine: Any) -> float:
    """What loads without a growth of their own are multiplied by: compounded from the second year on."""
    engine.Text.Command("get %growth")
    rate = float(engine.Text.Result())
    return float((1.0 + rate / 100.0) ** max(engine.Solution.Year() - 1, 0))


def _buses(engine: Any) -> Iterator[Record]:
    bus = engine.Bus
    for number, name in enumerate(engine.Circuit.AllBusNames()):
        engine.Circuit.SetActiveBusi(number)
        yield {"name": name.lower(), "kv": bus.kVBase(), "nodes": [int(node) for node in bus.Nodes()]}


def _elements(engine: Any, commands: Sequence[str]) -> dict[str, list[Record]]:
    names = dict.fromkeys(name.split(".", 1)[0].lower() for name in engine.Circuit.AllElementNames())
    elements = {name: list(_of_class(engine, name)) for name in names}
    rate_lines(engine, [line for line in elements.get("line", ()) if "terminals" in line], commands)
    largest = _largest_kw(commands)
    for machine in elements.get("generator", ()):
        machine["largest_kw"] = largest.get(machine["name"], 0.0)
    return elements


def _of_class(engine: Any, name: str) -> Iterator[Record]:
    engine.Circuit.SetActiveClass(name)
    known = {}
    if name in KEPT or name == "capacitor":
        rows = _table(engine, FULL if name in KEPT else GIVEN)
        known = {record["Name"].lower(): record for record in rows}
    emergency = emergency_kva(engine) if name == "transformer" else {}
    given = {row["Name"].lower(): sorted(row) for row in _table(engine, GIVEN)} if name in SUPPLY else {}
    more = engine.ActiveClass.First()
    while more:
        own = engine.CktElement.Name().split(".", 1)[1].lower()
        record: Record = {"name": own, "enabled": bool(engine.CktElement.Enabled())}
        if record["enabled"]:
            record |= {key: known[own][key] for key in KEPT.get(name, ())}
            record |= _terminals(engine.CktElement)
            record |= _particular(engine, name, known.get(own, {}))
            if name in SUPPLY:
                record["given"] = given.get(own, [])
            if name in ("line", "transformer"):
                record |= {"carried": carried(engine.CktElement, record["phases"]), "emergency": emergency.get(own)}
        elif name == "line":
            record |= {key: known[own][key] for key in (*KEPT[name], *LINE_PARTS)} | _written(known[own])
        yield record
        more = engine.ActiveClass.Next()


def _table(engine: Any, flags: int) -> list[Record]:
    rows: list[Record] = json.loads(engine.ActiveClass.ToJSON(flags))
    return rows


def _terminals(element: Any) -> Record:
    """Phases, and of each terminal its bus, its nodes (as many as conductors) and which conductors are open."""
    conductors, phases = element.NumConductors(), element.NumPhases()
    nodes = [int(node) for node in element.NodeOrder()]
    terminals = []
    for number, bus in enumerate(element.BusNames()):
        states = [bool(element.IsOpen(number + 1, phase + 1)) for phase in range(phases)]
        own = nodes[number * conductors : (number + 1) * conductors]
        terminals.append({"bus": bus.split(".", 1)[0].lower(), "nodes": own, "open": states if any(states) else []})
    return {"phases": phases, "terminals": terminals}


def _written(line: Record) -> Record:
    """Phases and terminals of a line that is switched off, as they are written: the engine gives it no nodes.

    >>> _written({"phases": 1, "bus1": "A.2", "bus2": "b"})["terminals"]
    [{'bus': 'a', 'nodes': [2], 'open': []}, {'bus': 'b', 'nodes': [1], 'open': []}]
    """
    terminals = []
    for key in ("bus1", "bus2"):
        bus, *nodes = str(line[key]).lower().split(".")
        numbers = [int(node) for node in nodes] or list(range(1, line["phases"] + 1))
        terminals.append({"bus": bus, "nodes": numbers[: line["phases"]], "open": []})
    return {"phases": line["phases"], "terminals": terminals}


def _particular(engine: Any, name: str, known: Record) -> Record:
    if name == "line":
        return _line(engine, known)
    if name == "load":
        return {"across": across(engine.CktElement, str(known["conn"]).lower() == "delta")}
    if name == "capacitor":
        return _capacitor(engine, known)
    if name == "vsource":
        return {"y": _admittance(engine.CktElement)}
    if name == "reactor":
        return {"y": _admittance(engine.CktElement), "amps": engine.CktElement.NormalAmps()}
    return {}


def _line(engine: Any, known: Record) -> Record:
    own: Record = {key: known[key] for key in LINE_PARTS}
    if known["basefreq"] != engine.Solution.Frequency():
        own["y"] = _admittance(engine.CktElement)
    return own


def _capacitor(engine: Any, given: Record) -> Record:
    """Its steps in kvar at its own voltage; admittance where it was not given by kvar, or stands between two buses."""
    api = engine.Capacitors
    api.Name(given["Name"])
    own: Record = {"kv": api.kV(), "conn": "delta" if api.IsDelta() else "wye"}
    own |= {"kvar": given.get("kvar", [api.kvar()]), "states": [int(state) for state in api.States()]}
    if {"cuf", "cmatrix", "bus2"} & set(given):
        own["y"] = _admittance(engine.CktElement)
    return own


def _admittance(element: Any) -> list[list[list[float]]]:
    """Real and imaginary part of the element's own admittance matrix, in siemens."""
    values = np.asarray(element.YPrim(), dtype=float)
    size = round((len(values) // 2) ** 0.5)
    matrix = values.reshape(size, size, 2)
    return [matrix[:, :, 0].tolist(), matrix[:, :, 1].tolist()]


def _largest_kw(commands: Sequence[str]) -> dict[str, float]:
    """The most that is ever stated of each generator: a set-point comes later, and below its rating.

    >>> _largest_kw(["New Generator.g bus1=b kW=3000 kVA=4000", "Generator.g kW=1000"])
    {'g': 3000.0}
    """
    largest: dict[str, float] = {}
    for name, kw in (match.groups() for match in map(STATED_KW.search, commands) if match):
        largest[name.lower()] = max(largest.get(name.lower(), 0.0), float(kw))
    return largest
