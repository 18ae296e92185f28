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

FULL = 1 | 128
"""Every property, keys in lower case."""
GIVEN = 128
"""Only the properties that were set."""
DEFAULT_AMPS = 400.0
"""What the engine answers where nothing was said of a line's rating."""

KEPT = {
    "line": ("length", "rmatrix", "xmatrix", "cmatrix", "switch", "basefreq"),
    "transformer": ("conns", "kvs", "kvas", "taps", "%rs", "xhl", "xht", "xlt", "normhkva", "leadlag", "%noloadloss",
                    "%imag", "rneut", "xneut"),
    "regcontrol": ("transformer",),
    "load": ("kv", "kw", "kvar", "model", "conn", "status", "cvrwatts", "cvrvars", "zipv", "daily", "yearly", "duty"),
    "generator": ("kv", "kw", "kva", "conn", "daily", "yearly", "duty"),
    "pvsystem": ("pmpp", "kva", "irradiance", "daily", "yearly", "duty"),
    "storage": ("kwrated", "kwhrated", "kwhstored", "%reserve", "%effcharge", "%effdischarge", "kva"),
    "vsource": ("basekv", "pu"),
}  # fmt: skip
"""Properties that become part of a network, by class. Capacitors and reactors are asked one by one:
matrices that nobody set stand in their JSON as whatever the memory held, which need not even be a number."""

STATED_KW = re.compile(r"\bgenerator\.([^\s\"'=]+)[\"']?\s(?:.*\s)?kw\s*=\s*[\"'(\[]?([\d.eE+-]+)", re.IGNORECASE)
RATED = re.compile(r"\bline\.([^\s\"'=]+).*\bnormamps\s*=", re.IGNORECASE)
Record = dict[str, Any]


def extract(engine: Any, commands: Sequence[str]) -> Record:
    """Name, frequency, buses and elements by class; an element has its terminals (bus, nodes, open conductors)."""
    return {
        "name": engine.Circuit.Name(),
        "frequency": engine.Solution.Frequency(),
        "loadmult": engine.Solution.LoadMult(),
        "buses": list(_buses(engine)),
        "elements": _elements(engine, commands),
    }


def _buses(engine: Any) -> Iterator[Record]:
    bus = engine.Bus
    for number, name in enumerate(engine.Circuit.AllBusNames()):
        engine.Circuit.SetActiveBusi(number)
        yield {"name": name.lower(), "kv": bus.kVBase(), "nodes": [int(node) for node in bus.Nodes()]}


def _elements(engine: Any, commands: Sequence[str]) -> dict[str, list[Record]]:
    names = dict.fromkeys(name.split(".", 1)[0].lower() for name in engine.Circuit.AllElementNames())
    elements = {name: list(_of_class(engine, name)) for name in names}
    said = _said(engine, commands)
    for line in elements.get("line", ()):
        line["amps"] = _amps(line, said)
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
    more = engine.ActiveClass.First()
    while more:
        own = engine.CktElement.Name().split(".", 1)[1].lower()
        record: Record = {"name": own, "enabled": bool(engine.CktElement.Enabled())}
        if record["enabled"]:
            record |= {key: known[own][key] for key in KEPT.get(name, ())}
            record |= _terminals(engine.CktElement)
            record |= _particular(engine, name, known.get(own, {}))
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


def _particular(engine: Any, name: str, known: Record) -> Record:
    if name == "line":
        return _line(engine, known)
    if name == "capacitor":
        return _capacitor(engine, known)
    if name == "vsource":
        return {"y": _admittance(engine.CktElement)}
    if name == "reactor":
        return {"y": _admittance(engine.CktElement), "amps": engine.CktElement.NormalAmps()}
    return {}


def _line(engine: Any, known: Record) -> Record:
    own: Record = {key: known[key] for key in ("linecode", "geometry", "spacing", "normamps")}
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


def _said(engine: Any, commands: Sequence[str]) -> dict[str, set[str]]:
    """Names of lines, line codes and geometries that state a rating."""
    found = {"line": {match[1].lower() for match in map(RATED.search, filter(_rates, commands)) if match}}
    for name in ("linecode", "linegeometry"):
        engine.Circuit.SetActiveClass(name)
        found[name] = {row["Name"].lower() for row in _table(engine, GIVEN) if "normamps" in row}
    return found


def _rates(text: str) -> bool:
    return "normamps" in text.lower()


def _amps(line: Record, said: dict[str, set[str]]) -> float | None:
    """Rating, or None where nobody stated one; drops what it is found from.

    >>> said = {"line": set(), "linecode": {"lc"}, "linegeometry": set()}
    >>> _amps({"normamps": 400.0, "linecode": "lc", "geometry": None}, said)
    400.0
    >>> _amps({"normamps": 400.0, "linecode": "other", "geometry": None}, said) is None
    True
    >>> _amps({"normamps": 300.0, "linecode": None, "geometry": None}, said)
    300.0
    """
    amps = line.pop("normamps", None)
    code, geometry, spacing = (line.pop(key, None) for key in ("linecode", "geometry", "spacing"))
    if amps is None or amps <= 0:
        return None
    by_parts = _in(code, said["linecode"]) or _in(geometry, said["linegeometry"]) or spacing is not None
    return float(amps) if by_parts or line.get("name") in said["line"] or amps != DEFAULT_AMPS else None


def _in(name: str | None, names: set[str]) -> bool:
    return name is not None and name.lower() in names
