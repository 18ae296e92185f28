"""Loads with their dependence on voltage, and shunt banks: capacitors and reactors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from v2g.feeders.network import Capacitor, Load, Weight
from v2g.feeders.opendss.elements import GROUND, NEUTRAL, Reading, Record, branch_kv, links
from v2g.feeders.opendss.elements_lines import is_series

EXPONENTS = {1: (0.0, 0.0), 2: (2.0, 2.0), 3: (0.0, 2.0), 5: (1.0, 1.0), 6: (0.0, 0.0), 7: (0.0, 2.0)}
"""Exponents of kW and kvar by the engine's number of a load model; 4 (CVR) and 8 (ZIP) have their own."""
CVR, ZIP, CURRENT = 4, 8, 5
NEAR = 0.02
"""A nameplate voltage so close to the bus's own means the same one; beyond it, power is restated at the bus's."""
SHAPES = ("daily", "yearly", "duty")


def loads(reading: Reading) -> Iterator[Load]:
    """Loads; an open delta becomes two of them."""
    for record in reading.enabled("load"):
        name, bus = record["name"], record["terminals"][0]["bus"]
        parts = links(reading, record, record["conn"] == "delta")
        if not parts:
            text = f"load {name}: it is connected to the ground only, or twice to one phase"
            reading.note(Weight.LOST, text, "load", name)
        exponents = _exponents(reading, record)
        for number, (phases, connection, share) in enumerate(parts):
            kw, kvar = _at_nominal(reading, record, phases, connection, exponents)
            load = Load(name, bus, phases, connection, share * kw, share * kvar, *exponents, profile=_profile(record))
            suffix = f"_{number + 1}" if len(parts) > 1 else ""
            yield replace(load, name=name + suffix, origin=reading.origin("load", name))
        _notes(reading, record)


def _exponents(reading: Reading, record: Record) -> tuple[float, float]:
    name, model = record["name"], record["model"]
    if model == CVR:
        return record["cvrwatts"], record["cvrvars"]
    if model == ZIP:
        reading.gather(Weight.CHANGED, "loads of mixed kind (ZIP) as one exponent each for kW and kvar", "load", name)
        z, i, _, zq, iq, _, _ = record["zipv"]
        return 2 * z + i, 2 * zq + iq
    if model in (6, 7):
        reading.gather(Weight.CHANGED, "loads whose kvar the engine holds fixed", "load", name)
    if model not in EXPONENTS:
        reading.note(Weight.LOST, f"load {name}: model {model} is not known", "load", name)
    return EXPONENTS.get(model, (0.0, 0.0))


def _at_nominal(
    reading: Reading, record: Record, phases: str, connection: str, exponents: tuple[float, float]
) -> tuple[float, float]:
    """kW and kvar at the nominal voltage of the bus, under the file's multiplier of loads."""
    powers = (record["kw"], record["kvar"])
    times = reading.raw["loadmult"]
    if times != 1.0 and record["status"].lower() == "variable":
        powers = (powers[0] * times, powers[1] * times)
        reading.gather(Weight.CHANGED, f"loads multiplied by {times:g} (loadmult)", "load", record["name"])
    ratio = _ratio(reading, record, phases, connection)
    if abs(ratio - 1.0) <= NEAR or not any(exponents):
        return powers
    reading.gather(Weight.CHANGED, "loads restated at the voltage of their bus", "load", record["name"])
    return powers[0] * ratio ** exponents[0], powers[1] * ratio ** exponents[1]


def _ratio(reading: Reading, record: Record, phases: str, connection: str) -> float:
    """Nominal voltage of the bus over that of the device."""
    across = branch_kv(reading.kv[record["terminals"][0]["bus"]], phases, connection)
    is_line = record["phases"] > 1 and connection == "wye"
    return across / (float(record["kv"]) / (3.0**0.5 if is_line else 1.0))


def _profile(record: Record) -> str:
    return next((record[shape].lower() for shape in SHAPES if record[shape]), "")


def _notes(reading: Reading, record: Record) -> None:
    name = record["name"]
    text = "loads that turn into constant impedance at low and high voltage, which is left out"
    reading.gather(Weight.CHANGED, text, "load", name)
    if _profile(record):
        reading.gather(
            Weight.UNUSED, f"loads of shape {_profile(record)}, which is named and not taken over", "load", name
        )


def capacitors(reading: Reading) -> Iterator[Capacitor]:
    """Shunt capacitors in the steps that the engine's controls left closed, then shunt reactors."""
    for record in reading.enabled("capacitor"):
        if not is_series(record):
            yield from _capacitor(reading, record)
    for record in reading.enabled("reactor"):
        if not is_series(record):
            yield from _reactor(reading, record)


def _capacitor(reading: Reading, record: Record) -> Iterator[Capacitor]:
    name, bus = record["name"], record["terminals"][0]["bus"]
    parts = links(reading, record, record["conn"] == "delta")
    if len(parts) != 1:
        text = f"capacitor {name}: it is connected to the ground only, or twice to one phase, or in open delta"
        reading.note(Weight.LOST, text, "capacitor", name)
        return
    phases, connection, _ = parts[0]
    closed = sum(state > 0 for state in record["states"])
    if 0 < closed < len(record["states"]):
        text = f"capacitor {name}: {closed} of its {len(record['states'])} steps, those that are closed"
        reading.note(Weight.CHANGED, text, "capacitor", name)
    shut = closed > 0 and not any(terminal["open"] for terminal in record["terminals"])
    if shut and "y" in record:
        kvar = _by_susceptance(reading, record, phases, connection)
    else:
        kvar = _steps(record, closed) * _ratio(reading, record, phases, connection) ** 2
    yield Capacitor(name, bus, phases, connection, kvar, shut, origin=reading.origin("capacitor", name))


def _steps(record: Record, closed: int) -> float:
    """kvar of the closed steps at the bank's own voltage; of all steps where none is closed."""
    steps = zip(record["kvar"], record["states"], strict=False)
    return float(sum(kvar for kvar, state in steps if state > 0 or not closed))


def _by_susceptance(reading: Reading, record: Record, phases: str, connection: str) -> float:
    """kvar at the nominal voltage of the bus."""
    size = record["phases"]
    siemens = float(np.diag(record["y"][1])[:size].sum())
    # In delta, each branch stands in the own admittance of two nodes.
    share = 0.5 if connection == "delta" and size > 1 else 1.0
    return 1e3 * share * siemens * branch_kv(reading.kv[record["terminals"][0]["bus"]], phases, connection) ** 2


def _reactor(reading: Reading, record: Record) -> Iterator[Capacitor]:
    """A shunt reactor by its susceptance; one at a neutral grounds it, and no plan sees that."""
    name, terminal = record["name"], record["terminals"][0]
    letters = [reading.letter(terminal["bus"], node) for node in terminal["nodes"]]
    if all(letter in (GROUND, NEUTRAL) for letter in letters):
        reading.note(Weight.UNUSED, f"reactor {name}: it grounds a neutral", "reactor", name)
        return
    parts = links(reading, record, len(record["terminals"]) == 1)
    if len(parts) != 1:
        reading.note(Weight.LOST, f"reactor {name}: its connection is not understood", "reactor", name)
        return
    phases, connection, _ = parts[0]
    kvar = _by_susceptance(reading, record, phases, connection)
    real, imaginary = (float(np.diag(part).sum()) for part in record["y"])
    if abs(real) > NEAR * abs(imaginary):
        reading.note(Weight.CHANGED, f"reactor {name}: its losses are left out", "reactor", name)
    yield Capacitor(name, terminal["bus"], phases, connection, kvar, origin=reading.origin("reactor", name))
