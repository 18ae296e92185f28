"""Nodes with the phases that reach them, their nominal voltages and their places."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from v2g.feeders.cim.document import Thing
from v2g.feeders.cim.model import Model
from v2g.feeders.network import LEGS, PRIMARY, Bus, Line, Transformer, Weight

LONLAT = ("EPSG:4326", "EPSG::4326", "CRS84")
"""Systems of coordinates in degrees of longitude and latitude."""


def nominal(model: Model, transformers: Iterable[Transformer], lines: Iterable[Line]) -> dict[str, float]:
    """Voltage to neutral of each node in kV: of its equipment's base, of windings, else of what lines join it to."""
    found: dict[str, float] = {}
    for transformer in transformers:
        for winding in transformer.windings:
            if set(winding.phases) <= set(LEGS):
                found[winding.bus] = winding.kv if len(winding.phases) == 1 else winding.kv / 2.0
    for thing in model.by_id.values():
        base = model.base_kv(thing, "ConductingEquipment.BaseVoltage")
        if base is not None and "ACDCTerminal.sequenceNumber" not in thing.values:
            for node in _nodes(model, thing):
                found.setdefault(node, base / 3.0**0.5)
    for end in model.of("PowerTransformerEnd", "TransformerTankEnd"):
        base = model.base_kv(end, "TransformerEnd.BaseVoltage")
        terminal = model.by_id.get(next(iter(end.links.get("TransformerEnd.Terminal", [""]))))
        if base is not None and terminal is not None:
            found.setdefault(model.at(terminal), base / 3.0**0.5)
    for transformer in transformers:
        for winding in transformer.windings:
            to_neutral = len(winding.phases) == 1
            found.setdefault(winding.bus, winding.kv if to_neutral else winding.kv / 3.0**0.5)
    _spread(found, lines)
    return found


def _nodes(model: Model, thing: Thing) -> list[str]:
    return [model.at(terminal) for terminal in model.naming(thing, "Terminal.ConductingEquipment")]


def _spread(found: dict[str, float], lines: Iterable[Line]) -> None:
    """Along lines, from nodes that have a voltage to those that do not; hot legs before anything else."""
    beside: dict[str, list[str]] = {}
    for line in lines:
        beside.setdefault(line.from_bus, []).append(line.to_bus)
        beside.setdefault(line.to_bus, []).append(line.from_bus)
    waiting = deque(found)
    while waiting:
        bus = waiting.popleft()
        for other in beside.get(bus, ()):
            if other not in found:
                found[other] = found[bus]
                waiting.append(other)


def phases(touched: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Phases of each node from all that is connected there."""
    found: dict[str, set[str]] = {}
    for bus, letters in touched:
        found.setdefault(bus, set()).update(letters)
    return {bus: "".join(p for p in PRIMARY + LEGS if p in letters) for bus, letters in found.items()}


def buses(model: Model, kv: dict[str, float], letters: dict[str, str]) -> Iterator[Bus]:
    """Nodes in the order of the file; one that nothing reaches is left out."""
    places = _places(model)
    for node in model.of("ConnectivityNode"):
        if node.name not in letters:
            model.note(Weight.UNUSED, f"node {node.name}: nothing is connected to it", node)
        elif node.name not in kv:
            model.note(Weight.LOST, f"node {node.name}: no nominal voltage is given, and none follows", node)
        else:
            x, y = places.get(node.name, (None, None))
            yield Bus(node.name, letters[node.name], kv[node.name], x, y, origin=model.origin(node))


def _places(model: Model) -> dict[str, tuple[float, float]]:
    """From the location of equipment, whose points are in the order of its terminals."""
    found: dict[str, tuple[float, float]] = {}
    for thing in model.by_id.values():
        terminals = model.naming(thing, "Terminal.ConductingEquipment")
        location = (
            model.by_id.get(next(iter(thing.links.get("PowerSystemResource.Location", [""])))) if terminals else None
        )
        if location is None:
            continue
        points = {
            int(model.number(point, "PositionPoint.sequenceNumber", 1.0)): (
                model.number(point, "PositionPoint.xPosition", 0.0),
                model.number(point, "PositionPoint.yPosition", 0.0),
            )
            for point in model.naming(location, "PositionPoint.Location")
        }
        for terminal in terminals:
            number = int(model.number(terminal, "ACDCTerminal.sequenceNumber", 1.0))
            if number in points:
                found.setdefault(model.at(terminal), points[number])
    return found


def is_lonlat(model: Model) -> bool:
    """Whether the system of coordinates says degrees of longitude and latitude."""
    names = [thing.values.get("CoordinateSystem.crsUrn", "") for thing in model.of("CoordinateSystem")]
    return bool(names) and all(any(name.upper().endswith(known) for known in LONLAT) for name in names)
