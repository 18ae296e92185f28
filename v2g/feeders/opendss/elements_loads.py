"""Loads with their dependence on voltage, and shunt banks: capacitors and reactors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from v2g.feeders.network import Capacitor, Load, Shunt, Weight
from v2g.feeders.opendss.elements import GROUND, NEUTRAL, Reading, Record, branch_kv, links
from v2g.feeders.opendss.elements_lines import is_series
from v2g.feeders.opendss.load_laws import CVR, EXPONENTS, HELD, IMPEDANCE, ZIP, At, at_voltage, is_within

MODELS = {*EXPONENTS, CVR, ZIP}
NEAR = 0.02
"""A nameplate voltage so close to the bus's own means the same one; beyond it, power is restated at the bus's."""
SHAPES = ("daily", "yearly", "duty")
ROOT3 = 3.0**0.5
DEAD = 0.01
"""Of the rated voltage: less is none."""


def loads(reading: Reading) -> Iterator[Load]:
    """Loads; an open delta becomes two of them."""
    for record in reading.enabled("load"):
        name, bus = record["name"], record["terminals"][0]["bus"]
        parts = links(reading, record, record["conn"] == "delta")
        if not parts:
            text = f"load {name}: it is connected to the ground only, or twice to one phase"
            reading.note(Weight.LOST, text, "load", name)
        known = record["model"] in MODELS
        if not known:
            reading.note(Weight.LOST, f"load {name}: model {record['model']} is not known", "load", name)
        for number, (phases, connection, share) in enumerate(parts if known else ()):
            law = _law(reading, record, phases, connection)
            kw, kvar = (share * power for power in _powers(reading, record))
            load = Load(
                name, bus, phases, connection, kw * law.kw, kvar * law.kvar, law.kw_exponent, law.kvar_exponent,
                profile=_profile(record),
            )  # fmt: skip
            suffix = f"_{number + 1}" if len(parts) > 1 else ""
            yield replace(load, name=name + suffix, origin=reading.origin("load", name))
        if known:
            _notes(reading, record)


def _powers(reading: Reading, record: Record) -> tuple[float, float]:
    """kW and kvar at the rated voltage, under the file's multipliers of loads."""
    name, times = record["name"], reading.raw["loadmult"]
    if times == 1.0 or record["status"].lower() != "variable":
        times = 1.0
    else:
        reading.gather(Weight.CHANGED, f"loads multiplied by {times:g} (loadmult)", "load", name)
    growth = reading.raw["growth"]
    if growth != 1.0 and record["growth"]:
        reading.note(Weight.LOST, f"load {name}: its own growth is not taken over", "load", name)
    elif growth != 1.0:
        reading.gather(
            Weight.CHANGED, f"loads multiplied by {growth:g} (growth until the year of the file)", "load", name
        )
        times *= growth
    return record["kw"] * times, record["kvar"] * times


def _law(reading: Reading, record: Record, phases: str, connection: str) -> At:
    """What a load takes at the nominal voltage of its bus, as a share of what it takes at its rated one."""
    name, ratio = record["name"], _ratio(reading, record, phases, connection)
    if abs(ratio - 1.0) <= NEAR:
        return at_voltage(record, 1.0)
    law = at_voltage(record, ratio)
    if not is_within(record, ratio):
        text = (
            f"load {name}, rated for {ratio:.3g} times less voltage" if ratio > 1.0 else
            f"load {name}, rated for {1.0 / ratio:.3g} times more voltage"
        )  # fmt: skip
        text += f" than its bus has: an impedance that takes {law.kw:.3g} times its kW there, as in the engine"
        reading.note(Weight.CHANGED, text, "load", name)
    elif (law.kw, law.kvar) != (1.0, 1.0):
        reading.gather(Weight.CHANGED, "loads restated at the voltage of their bus", "load", name)
    return law


def _ratio(reading: Reading, record: Record, phases: str, connection: str) -> float:
    """Nominal voltage of the bus over that of the device."""
    across = branch_kv(reading.kv[record["terminals"][0]["bus"]], phases, connection)
    is_line = record["phases"] > 1 and connection == "wye"
    return across / (float(record["kv"]) / (ROOT3 if is_line else 1.0))


def _follows_its_model(record: Record) -> bool:
    """Whether it does so in the engine's snapshot; one without any voltage is dead there."""
    rated = float(record["kv"]) / (ROOT3 if record["phases"] > 1 and record["conn"] != "delta" else 1.0)
    return all(is_within(record, kv / rated) for kv in record["across"] if kv > DEAD * rated)


def _profile(record: Record) -> str:
    return next((record[shape].lower() for shape in SHAPES if record[shape]), "")


def _notes(reading: Reading, record: Record) -> None:
    name = record["name"]
    if record["model"] != IMPEDANCE:
        text = "loads that turn into constant impedance at low and high voltage, which is left out"
        reading.gather(Weight.CHANGED, text, "load", name)
    if reading.raw["solved"]["converged"] and not _follows_its_model(record):
        own = "loads beyond vminpu or vmaxpu in the file's own state: the engine gives them another power than here"
        reading.gather(Weight.CHANGED, own, "load", name)
    if record["model"] == ZIP:
        reading.gather(Weight.CHANGED, "loads of mixed kind (ZIP) as one exponent each for kW and kvar", "load", name)
    if record["model"] == ZIP and record["zipv"][6] > 0.0:
        reading.gather(Weight.CHANGED, "loads that are off at low voltage (zipv), and not here", "load", name)
    if record["model"] in HELD:
        reading.gather(Weight.CHANGED, "loads whose kvar the engine holds fixed", "load", name)
    if _profile(record):
        reading.gather(
            Weight.UNUSED, f"loads of shape {_profile(record)}, which is named and not taken over", "load", name
        )


def capacitors(reading: Reading) -> Iterator[Capacitor]:
    """Shunt capacitors in the steps that the engine's controls left closed."""
    for record in reading.enabled("capacitor"):
        if not is_series(record):
            yield from _capacitor(reading, record)


def reactors(reading: Reading) -> Iterator[Capacitor | Shunt]:
    """Shunt reactors; one with losses is something that its bus takes."""
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
        _, kvar = _by_admittance(reading, record, phases, connection)
    else:
        kvar = _steps(record, closed) * _ratio(reading, record, phases, connection) ** 2
    yield Capacitor(name, bus, phases, connection, kvar, shut, origin=reading.origin("capacitor", name))


def _steps(record: Record, closed: int) -> float:
    """kvar of the closed steps at the bank's own voltage; of all steps where none is closed."""
    steps = zip(record["kvar"], record["states"], strict=False)
    return float(sum(kvar for kvar, state in steps if state > 0 or not closed))


def _by_admittance(reading: Reading, record: Record, phases: str, connection: str) -> tuple[float, float]:
    """kW taken and kvar given at the nominal voltage of the bus."""
    size = record["phases"]
    kilosiemens = [1e3 * float(np.diag(part)[:size].sum()) for part in record["y"]]
    # In delta, each branch stands in the own admittance of two nodes.
    share = 0.5 if connection == "delta" and size > 1 else 1.0
    squared = share * branch_kv(reading.kv[record["terminals"][0]["bus"]], phases, connection) ** 2
    return kilosiemens[0] * squared, kilosiemens[1] * squared


def _reactor(reading: Reading, record: Record) -> Iterator[Capacitor | Shunt]:
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
    kw, kvar = _by_admittance(reading, record, phases, connection)
    bus, origin = terminal["bus"], reading.origin("reactor", name)
    if kw > NEAR * abs(kvar):
        yield Shunt(name, bus, phases, kw, -kvar, origin=origin)
    else:
        yield Capacitor(name, bus, phases, connection, kvar, origin=origin)
