"""A line's wires and where they hang, as impedance and charging."""

from __future__ import annotations

import numpy as np

from v2g.feeders.carson import (
    Complex,
    Screen,
    Wire,
    coaxial_charging,
    distances,
    overhead_charging,
    screened,
    strands,
    tape,
)
from v2g.feeders.cim.document import Thing
from v2g.feeders.cim.model import Model
from v2g.feeders.network import Matrix, Weight

BARE, CONCENTRIC, TAPED = "OverheadWireInfo", "ConcentricNeutralCableInfo", "TapeShieldCableInfo"


def by_wires(model: Model, thing: Thing, parts: list[Thing], frequency_hz: float) -> tuple[Complex, Matrix] | None:
    """Ohm and farad per metre of the phases, in the order of ``parts``; None, with a fault, where one is missing."""
    spacing = model.follow(thing, "ACLineSegment.WireSpacingInfo", "WireSpacingInfo")
    infos = [model.follow(part, "ACLineSegmentPhase.WireInfo", BARE, CONCENTRIC, TAPED) for part in parts]
    places = _places(model, spacing) if spacing else {}
    found = [places.get(int(model.number(part, "ACLineSegmentPhase.sequenceNumber"))) for part in parts]
    live = [bool(model.letter(part, "ACLineSegmentPhase.phase")) for part in parts]
    kept = sum(live)
    if not parts or None in infos or None in found or live != sorted(live, reverse=True):
        message = f"ACLineSegment {thing.name} does not say for every wire what it is and where it hangs."
        model.fault(thing, message, "Give ACLineSegmentPhase with WireInfo, and a WirePosition of its number each.")
        return None
    points = [place for place in found if place]
    apart = distances(points)
    if (apart + np.eye(len(points)) <= 0.0).any():
        model.fault(thing, f"Two wires of ACLineSegment {thing.name} hang in one place.", "Move one.")
        return None
    known = [info for info in infos if info]
    wires = [_wire(model, info) for info in known]
    screens = [_screen(model, info) for info in known]
    try:
        z = screened(wires[:kept], screens[:kept], wires[kept:], apart, frequency_hz)
        if any(screens):
            return z, np.diag([_cable(model, info) for info in known[:kept]])
        farad = overhead_charging(wires, apart, [y for _, y in points], kept)
    except np.linalg.LinAlgError:
        model.fault(thing, f"The wires of ACLineSegment {thing.name} give no impedance.", "Correct their figures.")
        return None
    if not farad.any():
        model.gather(Weight.CHANGED, "lines without charging, since a wire of theirs is given no height", thing)
    return z, farad


def _places(model: Model, spacing: Thing) -> dict[int, tuple[float, float]]:
    return {
        int(model.number(place, "WirePosition.sequenceNumber")): (
            model.number(place, "WirePosition.xCoord"),
            model.number(place, "WirePosition.yCoord"),
        )
        for place in model.naming(spacing, "WirePosition.WireSpacingInfo")
    }


def _wire(model: Model, info: Thing) -> Wire:
    """A conductor at 75 degrees where its resistance is given for them."""
    ohms = [model.number(info, f"WireInfo.{key}", 0.0) for key in ("rAC75", "rAC50", "rAC25", "rDC20")]
    ohm = next((value for value in ohms if value > 0.0), 0.0)
    if not ohm:
        model.fault(info, f"The wire {info.name} has no resistance.", "Give WireInfo.rAC75.")
    return Wire(ohm, model.positive(info, "WireInfo.gmr"), model.positive(info, "WireInfo.radius"))


def _screen(model: Model, info: Thing) -> Screen | None:
    if info.kind == CONCENTRIC:
        radius = model.positive(info, f"{CONCENTRIC}.neutralStrandRadius")
        around = model.positive(info, f"{CONCENTRIC}.diameterOverNeutral") / 2.0 - radius
        ohm = model.positive(info, f"{CONCENTRIC}.neutralStrandRDC20")
        gmr, count = (model.positive(info, f"{CONCENTRIC}.neutralStrand{key}") for key in ("Gmr", "Count"))
        return strands(ohm, gmr, count, max(around, radius))
    if info.kind == TAPED:
        lap = min(max(model.number(info, f"{TAPED}.tapeLap", 0.0), 0.0), 99.0)
        return tape(
            model.positive(info, "CableInfo.diameterOverScreen"), model.positive(info, f"{TAPED}.tapeThickness"), lap
        )  # fmt: skip
    return None


def _cable(model: Model, info: Thing) -> float:
    """Farad per metre of a cable's insulation, which is as thick as it says; none for a bare wire."""
    if info.kind == BARE:
        return 0.0
    outside = model.positive(info, "CableInfo.diameterOverInsulation") / 2.0
    inside = outside - model.positive(info, "WireInfo.insulationThickness")
    if not 0.0 < inside < outside:
        model.fault(info, f"The insulation of {info.name} is thicker than the cable.", "Correct one of both.")
        return 0.0
    return coaxial_charging(inside, outside, model.number(info, "CableInfo.relativePermittivity", 2.3))
