"""Lines by matrices, sequences or wires, and switches of every class."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose

import numpy as np

from v2g.feeders.carson import charging_us
from v2g.feeders.cim.document import Thing
from v2g.feeders.cim.model import Model, phases_of
from v2g.feeders.cim.wires import by_wires
from v2g.feeders.network import PRIMARY, Line, Matrix, Weight

SWITCHES = (
    "Breaker", "Cut", "Disconnector", "Fuse", "GroundDisconnector", "Jumper", "LoadBreakSwitch", "Recloser",
    "Sectionaliser", "Switch",
)  # fmt: skip
DEFAULT_AMPS, DEFAULT_EMERGENCY_AMPS = 400.0, 600.0
"""What OpenDSS writes for a line whose rating nobody gave."""
MOST_WIRES = 12
"""Of one line, neutrals among them."""
Matrices = tuple[Matrix, Matrix, Matrix]


def lines(model: Model, frequency_hz: float) -> Iterator[Line]:
    """Line segments, in the order of the file."""
    for thing in model.of("ACLineSegment"):
        ends = model.ends(thing, 2)
        parts = _parts(model, thing)
        phases = "".join(model.letter(part, "ACLineSegmentPhase.phase") for part in parts) or PRIMARY
        if len(set(phases)) < len(phases) or len(parts) > MOST_WIRES:
            model.fault(
                thing,
                f"ACLineSegment {thing.name} has a phase twice, or too many wires.",
                "Give each once.",
                phases[:20],
            )
            continue
        matrices = _matrices(model, thing, parts, len(phases), frequency_hz)
        if matrices is not None and ends:
            (one, start), (_, end), *_ = ends
            r, x, b = matrices
            yield Line(
                thing.name, start, end, phases, r, x, b, _rating(model, thing, one), origin=model.origin(thing)
            )  # fmt: skip


def _parts(model: Model, thing: Thing) -> list[Thing]:
    parts = model.naming(thing, "ACLineSegmentPhase.ACLineSegment")
    return sorted(parts, key=lambda part: model.number(part, "ACLineSegmentPhase.sequenceNumber", 0.0))


def _matrices(model: Model, thing: Thing, parts: list[Thing], size: int, frequency_hz: float) -> Matrices | None:
    length = model.number(thing, "Conductor.length", 0.0)
    if "ACLineSegment.PerLengthImpedance" in thing.links:
        kinds = ("PerLengthPhaseImpedance", "PerLengthSequenceImpedance")
        table = model.follow(thing, "ACLineSegment.PerLengthImpedance", *kinds)
        if table is None:
            return None
        if table.kind == kinds[0]:
            return _by_phase(model, thing, table, size, length)
        names = ("r", "x", "bch", "r0", "x0", "b0ch")
        return _by_sequence([model.number(table, f"{kinds[1]}.{name}", 0.0) * length for name in names], size)
    if "ACLineSegment.WireSpacingInfo" in thing.links:
        made = by_wires(model, thing, parts, frequency_hz)
        return made and (made[0].real * length, made[0].imag * length, charging_us(made[1], length, frequency_hz))
    if "ACLineSegment.r" in thing.values:
        names = ("r", "x", "bch", "r0", "x0", "b0ch")
        return _by_sequence([model.number(thing, f"ACLineSegment.{name}", 0.0) for name in names], size)
    model.note(Weight.LOST, f"line {thing.name}: neither impedance nor wires are given", thing)
    return None


def _by_phase(model: Model, thing: Thing, table: Thing, size: int, length: float) -> Matrices | None:
    count = int(model.number(table, "PerLengthPhaseImpedance.conductorCount", size))
    if count != size:
        message = f"ACLineSegment {thing.name} has {size} phases, and its impedance is of {count} conductors."
        model.fault(thing, message, "Correct one of them.", str(count), str(size))
        return None
    r, x, b = (np.zeros((size, size)) for _ in range(3))
    given = 0
    for cell in model.naming(table, "PhaseImpedanceData.PhaseImpedance"):
        row, column = (int(model.number(cell, f"PhaseImpedanceData.{key}")) - 1 for key in ("row", "column"))
        if not (0 <= row < size and 0 <= column < size):
            model.fault(cell, "A cell lies outside its matrix.", "Correct row and column.", f"{row + 1}, {column + 1}")
            return None
        given += row <= column
        for matrix, key, times in ((r, "r", 1.0), (x, "x", 1.0), (b, "b", 1e6)):
            matrix[row, column] = matrix[column, row] = (
                model.number(cell, f"PhaseImpedanceData.{key}", 0.0) * times * length
            )
    if not np.diag(r).any() and not np.diag(x).any():
        model.note(Weight.LOST, f"line {thing.name}: its impedance {table.name} holds nothing", thing)
        return None
    return r, x, b


def _by_sequence(values: list[float], size: int) -> Matrices:
    """Matrices of equal phases from positive and zero sequence; those of one phase are their own."""
    made = []
    for one, zero in ((values[0], values[3]), (values[1], values[4]), (values[2] * 1e6, values[5] * 1e6)):
        mutual = (zero - one) / 3.0
        made.append(np.full((size, size), mutual) + one * np.eye(size))
    return made[0], made[1], made[2]


def switches(model: Model) -> Iterator[Line]:
    """Switches, without impedance; one that is open on some phases has only the others."""
    for thing in model.of(*SWITCHES):
        ends = model.ends(thing, 2)
        parts = model.naming(thing, "SwitchPhase.Switch")
        shut = [part for part in parts if _closed(model, part)]
        kept = shut or parts
        if shut and len(shut) < len(parts):
            model.note(Weight.CHANGED, f"switch {thing.name}: it is open on some phases, which it loses", thing)
        closed = bool(shut) if parts else not model.yes(thing, "Switch.open")
        if parts and closed and model.yes(thing, "Switch.open"):
            model.note(Weight.CHANGED, f"switch {thing.name} is open, though phases of it are closed: open", thing)
            closed = False
        phases = phases_of(model, thing, kept, "SwitchPhase.phaseSide1")
        others = "".join(model.letter(part, "SwitchPhase.phaseSide2") for part in _in_order(model, kept)) or phases
        if ends:
            (one, start), (_, end), *_ = ends
            zero = np.zeros((len(phases), len(phases)))
            yield Line(
                thing.name, start, end, phases, zero, zero, zero, _rating(model, thing, one), switch=True,
                closed=closed, to_phases="" if others == phases else others, origin=model.origin(thing),
            )  # fmt: skip


def _in_order(model: Model, parts: list[Thing]) -> list[Thing]:
    side = "SwitchPhase.phaseSide1"
    return sorted((part for part in parts if side in part.links), key=lambda part: model.letter(part, side))


def _closed(model: Model, part: Thing) -> bool:
    return part.values.get("SwitchPhase.closed", "true").strip().lower() == "true"


def _rating(model: Model, thing: Thing, terminal: Thing) -> float | None:
    """The lowest of its permanent limits and its nameplate; None where nobody gave one."""
    limits = dict(_limits(model, terminal))
    known = [limits[max(limits)]] if limits else []
    if known and isclose(known[0], DEFAULT_AMPS) and any(isclose(a, DEFAULT_EMERGENCY_AMPS) for a in limits.values()):
        text = f"lines with the limits of OpenDSS for unknown ones, {DEFAULT_AMPS:g} A and {DEFAULT_EMERGENCY_AMPS:g} A"
        model.gather(Weight.CHANGED, f"{text}: taken as unknown", thing)
        known = []
    plate = model.number(thing, "Switch.ratedCurrent", 0.0)
    if plate > 0.0 and not isclose(plate, DEFAULT_AMPS):
        known.append(plate)
    return min(known, default=None)


def _limits(model: Model, terminal: Thing) -> Iterator[tuple[float, float]]:
    """Seconds for which a current is allowed, and its amperes."""
    group = model.follow(terminal, "ACDCTerminal.OperationalLimitSet", "OperationalLimitSet", needed=False)
    for limit in model.naming(group, "OperationalLimit.OperationalLimitSet") if group else ():
        if limit.kind == "CurrentLimit":
            kind = model.follow(limit, "OperationalLimit.OperationalLimitType", needed=False)
            seconds = model.number(kind, "OperationalLimitType.acceptableDuration", 5e9) if kind else 5e9
            amperes = model.number(limit, "CurrentLimit.value")
            if amperes > 0.0:
                yield seconds, amperes
