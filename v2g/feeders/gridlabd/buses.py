"""Buses with the phases that reach them, and where supply comes in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from math import isclose

from v2g.feeders.gridlabd.lines import OVERHEAD, SWITCHES, TRIPLEX, UNDERGROUND
from v2g.feeders.gridlabd.model import NODES, Model
from v2g.feeders.gridlabd.parse import Thing
from v2g.feeders.network import LEGS, PRIMARY, Bus, Source, Weight

LINKS = (OVERHEAD, UNDERGROUND, TRIPLEX, *SWITCHES, "transformer", "regulator", "series_reactor")
SUPPLY = {"SWING", "SWING_PQ", "2"}
SWEEPS = {"FBS", "0"}
"""The solver that GridLAB-D takes by itself: it sweeps from the top of the feeder, and asks for no swing bus."""

NEAR = 0.1
"""Relative difference up to which a written voltage is taken, and not that which transformers give."""


def nominal(model: Model) -> dict[str, float]:
    """Voltage to neutral in kV of each bus, as written, unless transformers on the way from the source give another."""
    written = _written(model)
    found = dict(written)
    for bus, kv in _traced(model, written).items():
        if isclose(kv, written.get(bus, 0.0), rel_tol=NEAR):
            continue
        found[bus] = kv
        if bus in written:
            text = "buses with the nominal voltage that transformers give them, another one being written"
            model.gather(Weight.CHANGED, text, model.at(bus))
    return found


def _traced(model: Model, written: Mapping[str, float]) -> dict[str, float]:
    """From swing buses along all links, times the ratios of transformers."""
    beside: dict[str, list[tuple[str, float]]] = {}
    for thing in model.of(*LINKS):
        one, other = (model.end(thing, key) for key in ("from", "to"))
        if one is not None and other is not None:
            ratio = _turns(model, thing)
            beside.setdefault(one, []).append((other, ratio))
            beside.setdefault(other, []).append((one, 1.0 / ratio))
    starts = [model.bus(thing) for thing in heads(model)]
    found = {bus: written[bus] for bus in starts if bus is not None and bus in written}
    waiting = deque(found)
    while waiting:
        bus = waiting.popleft()
        for other, ratio in beside.get(bus, ()):
            if other not in found:
                found[other] = found[bus] * ratio
                waiting.append(other)
    return found


def _turns(model: Model, thing: Thing) -> float:
    if thing.kind != "transformer":
        return 1.0
    table = model.find(thing, "configuration", "transformer_configuration")
    if table is None:
        return 1.0
    return model.positive(table, "secondary_voltage", "v") / model.positive(table, "primary_voltage", "v")


def _written(model: Model) -> dict[str, float]:
    found: dict[str, float] = {}
    for thing in _roots_first(model):
        bus = model.bus(thing)
        if bus is not None and "nominal_voltage" in thing.values:
            found.setdefault(bus, model.positive(thing, "nominal_voltage", "v") / 1000.0)
    return found


def _roots_first(model: Model) -> list[Thing]:
    things = model.of(*NODES)
    return sorted(things, key=lambda thing: "parent" in thing.values or thing.outer is not None)


def heads(model: Model) -> list[Thing]:
    """Nodes where supply comes in: swing buses; without one, where links begin and none ends, if the model sweeps."""
    found = [thing for thing in _roots_first(model) if _is_supply(thing)]
    if found or model.settings.get("powerflow.solver_method", "FBS").strip().upper() not in SWEEPS:
        return found
    begin, end = ({model.end(thing, key) for thing in model.of(*LINKS)} for key in ("from", "to"))
    found = [model.at(bus) for bus in sorted({bus for bus in begin - end if bus is not None})]
    for thing in found:
        text = "nodes where links begin and none ends, taken as the supply: no node is a swing bus (bustype)"
        model.gather(Weight.CHANGED, text, thing)
    return found


def _is_supply(thing: Thing) -> bool:
    return thing.values.get("bustype", "").strip().upper() in SUPPLY or thing.kind == "substation"


def buses(model: Model, kv: Mapping[str, float]) -> Iterator[Bus]:
    """One for each node that does not stand at another one, with the phases of all that do."""
    phases: dict[str, set[str]] = {}
    first: dict[str, Thing] = {}
    for thing in _roots_first(model):
        bus = model.bus(thing)
        if bus is not None:
            phases.setdefault(bus, set()).update(model.phases(thing))
            first.setdefault(bus, thing)
    for bus, thing in sorted(first.items(), key=lambda item: (item[1].origin.file, item[1].origin.line or 0)):
        letters = "".join(p for p in PRIMARY + LEGS if p in phases[bus])
        if bus not in kv:
            model.fault(thing, f"{thing.kind} {thing.name} has no nominal_voltage.", "Give it, from phase to neutral.")
        yield Bus(bus, letters, kv.get(bus, 1.0), *_place(model, thing), origin=thing.origin)


def _place(model: Model, thing: Thing) -> tuple[float, float] | tuple[None, None]:
    if {"longitude", "latitude"} <= set(thing.values):
        return model.real(thing, "longitude", "deg", 0.0), model.real(thing, "latitude", "deg", 0.0)
    return None, None


def sources(model: Model, kv: Mapping[str, float]) -> Iterator[Source]:
    """Where supply comes in, at the voltage that the model gives there."""
    for thing in heads(model):
        bus = model.bus(thing)
        if bus is None:
            continue
        letters = model.phases(thing)
        written = [abs(model.complex(thing, f"voltage_{p}", "v")) for p in letters]
        known = [volts for volts in written if volts]
        base = 1000.0 * kv.get(bus, 1.0)
        if known and max(known) - min(known) > 1e-3 * base:
            text = f"source {thing.name} holds another voltage on each phase: their mean on all"
            model.note(Weight.CHANGED, text, thing)
        yield Source(
            thing.name, bus, letters, sum(known) / len(known) / base if known else 1.0, origin=thing.origin
        )  # fmt: skip
