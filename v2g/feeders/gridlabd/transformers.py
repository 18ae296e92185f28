"""Transformers and regulators, with the taps that the model begins with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isclose

from v2g.feeders.gridlabd.model import Model, said
from v2g.feeders.gridlabd.parse import Thing
from v2g.feeders.network import PRIMARY, TapRange, Transformer, Weight, Winding

CONNECTIONS = {
    "WYE_WYE": "wye-wye", "1": "wye-wye", "DELTA_DELTA": "delta-delta", "2": "delta-delta", "DELTA_GWYE": "delta-wye",
    "3": "delta-wye", "SINGLE_PHASE": "wye-wye", "4": "wye-wye", "SINGLE_PHASE_CENTER_TAPPED": "split", "5": "split",
}  # fmt: skip
REGULATOR_CONNECTIONS = {"WYE_WYE", "1"}
BANK = {"BANK", "2"}
ROOT3 = 3.0**0.5
NEAR = 0.1
"""Relative difference up to which a nameplate voltage means that of its bus."""
REGULATOR_KVA = 1_000.0
"""Base of a regulator: it has no impedance in a model, so any will do."""


@dataclass(frozen=True)
class Plate:
    """What a transformer's configuration says, voltages as written; ``z`` per unit of ``kva``."""

    connection: str
    kva: float
    primary_kv: float
    secondary_kv: float
    z: complex


def transformers(model: Model, kv: dict[str, float]) -> Iterator[Transformer]:
    """Transformers; ``kv`` are nominal voltages to neutral by bus."""
    for thing in model.of("transformer"):
        start, end = model.end(thing, "from"), model.end(thing, "to")
        table = model.find(thing, "configuration", "transformer_configuration")
        if start is None or end is None or table is None:
            continue
        plate = _plate(model, table)
        if plate is None:
            text = (
                f"transformer {thing.name}: connection {table.values.get('connect_type', 'unknown')} is not taken over"
            )
            model.note(Weight.LOST, text, thing)
        elif plate.connection == "split":
            yield _with_core(model, table, plate.kva, _split(model, thing, table, plate, (start, end)))
        else:
            yield _with_core(model, table, plate.kva, _two(model, thing, plate, (start, end), kv))


def _with_core(model: Model, table: Thing, kva: float, unit: Transformer) -> Transformer:
    """With what its core takes: a resistance beside a reactance, per unit of its kVA, or the no-load loss alone."""
    shunt = model.complex(table, "shunt_impedance", "pu") or complex(
        model.real(table, "shunt_resistance", "pu", 0.0), model.real(table, "shunt_reactance", "pu", 0.0)
    )
    loss = model.real(table, "no_load_loss", "pu", 0.0)
    kw = kva / shunt.real if shunt.real > 0.0 else kva * loss
    return replace(unit, noload_kw=kw, magnetising_kvar=kva / shunt.imag if shunt.imag else 0.0)


def _plate(model: Model, table: Thing) -> Plate | None:
    connection = CONNECTIONS.get(table.values.get("connect_type", "").strip().upper())
    if connection is None:
        return None
    by_phase = [model.real(table, f"power{p}_rating", "kva", 0.0) / 1000.0 for p in PRIMARY]
    whole = model.real(table, "power_rating", "kva", 0.0) / 1000.0
    kva = max(by_phase) if connection == "split" and any(by_phase) else whole or sum(by_phase)
    if kva <= 0.0:
        model.fault(table, f"{said(table)} has no power_rating.", "Give it in kVA.")
        kva = 1.0
    z = model.complex(table, "impedance", "pu") or complex(
        model.real(table, "resistance", "pu", 0.0), model.real(table, "reactance", "pu", 0.0)
    )
    one, two = (model.positive(table, f"{side}_voltage", "v") / 1000.0 for side in ("primary", "secondary"))
    return Plate(connection, kva, one, two, z)


def _two(model: Model, thing: Thing, plate: Plate, ends: tuple[str, str], kv: dict[str, float]) -> Transformer:
    """Two windings. GridLAB-D puts under each phase z times the square of the written secondary voltage over all kVA.

    So z on the base of one phase, its own voltage to neutral and its share of the kVA, is that much larger.
    """
    phases = model.phases(thing) or PRIMARY
    written = (plate.primary_kv, plate.secondary_kv)
    neutral = [_to_neutral(volts, kv.get(bus)) for volts, bus in zip(written, ends, strict=True)]
    z = plate.z * (plate.secondary_kv / neutral[1]) ** 2 / len(phases)
    times = 1.0 if len(phases) == 1 else ROOT3
    windings = tuple(
        Winding(bus, phases, side, times * volts, plate.kva, r_pct=50.0 * z.real)
        for bus, side, volts in zip(ends, plate.connection.split("-"), neutral, strict=True)
    )
    return Transformer(thing.name, windings, (100.0 * z.imag,), rating_kva=plate.kva, origin=thing.origin)


def _to_neutral(volts: float, nominal: float | None) -> float:
    """Voltage to neutral, from one that is written between phases unless it is near the nominal one to neutral."""
    return volts if nominal and isclose(volts, nominal, rel_tol=NEAR) else volts / ROOT3


def _split(model: Model, thing: Thing, table: Thing, plate: Plate, ends: tuple[str, str]) -> Transformer:
    """A center tap: where one impedance is given, GridLAB-D shares it as 0.5 + 0.8j, and 1 + 0.4j on either leg."""
    fed = "".join(p for p in PRIMARY if p.upper() in thing.values.get("phases", "").upper().replace("S", ""))
    if len(fed) != 1:
        model.fault(thing, f"{said(thing)} has a center tap, and not one phase.", "Give one phase and S.", fed or None)
    first, second = (model.complex(table, f"impedance{n}", "pu") for n in "12")
    if first:
        parts = [plate.z, first, second or first]
    else:
        r, x = plate.z.real, plate.z.imag
        parts = [complex(0.5 * r, 0.8 * x), complex(r, 0.4 * x), complex(r, 0.4 * x)]
    places = ((ends[0], fed, plate.primary_kv), (ends[1], "1", plate.secondary_kv), (ends[1], "2", plate.secondary_kv))
    windings = tuple(
        Winding(bus, phase, "wye", volts, plate.kva, r_pct=100.0 * part.real)
        for (bus, phase, volts), part in zip(places, parts, strict=True)
    )
    x_pct = tuple(100.0 * (parts[i].imag + parts[j].imag) for i, j in ((0, 1), (0, 2), (1, 2)))
    return Transformer(thing.name, windings, x_pct, rating_kva=plate.kva, origin=thing.origin)


def regulators(model: Model, kv: dict[str, float]) -> Iterator[Transformer]:
    """Regulators in wye at the taps that the model begins with: a unit for each phase, or one where taps move alike."""
    for thing in model.of("regulator"):
        start, end, phases = model.end(thing, "from"), model.end(thing, "to"), model.phases(thing)
        table = model.find(thing, "configuration", "regulator_configuration")
        if start is None or end is None or table is None:
            continue
        how = table.values.get("connect_type", "WYE_WYE").strip().upper()
        if how not in REGULATOR_CONNECTIONS:
            model.note(Weight.LOST, f"regulator {thing.name}: connection {how} is not taken over", thing)
            continue
        taps = {phase: _ratio(model, thing, table, phase) for phase in phases}
        free = _range(model, table) if table.values.get("control", "MANUAL").strip().upper() != "MANUAL" else None
        alike = free and table.values.get("control_level", "INDIVIDUAL").strip().upper() in BANK
        if alike and len(set(taps.values())) > 1:
            text = "regulators that move the taps of all phases alike, from taps that differ: these are held"
            model.gather(Weight.CHANGED, text, thing)
            alike = free = None
        for own in [phases] if alike else phases:
            volts = kv.get(start, 1.0) * (ROOT3 if len(own) > 1 else 1.0)
            one = Winding(start, own, "wye", volts, REGULATOR_KVA)
            two = Winding(end, own, "wye", volts, REGULATOR_KVA, tap=taps[own[0]], tap_range=free)
            name = thing.name if alike else f"{thing.name}_{own}"
            yield Transformer(name, (one, two), (0.0,), regulator=True, origin=thing.origin)


def _range(model: Model, table: Thing) -> TapRange | None:
    """From its lowest to its highest tap; steps of type B, 1 / (1 - t), are taken as equal."""
    band = model.real(table, "regulation", "pu", 0.1)
    if not 0.0 < band < 1.0:
        return None
    steps = sum(model.real(table, f"{way}_taps", "pu", 16.0) for way in ("raise", "lower"))
    ends = (1.0 - band, 1.0 + band) if table.values.get("type", "B").strip().upper() == "A" else (
        1.0 / (1.0 + band), 1.0 / (1.0 - band))  # fmt: skip
    return TapRange(*ends, round(steps))


def _ratio(model: Model, thing: Thing, table: Thing, phase: str) -> float:
    """Voltage behind a regulator over that before it: 1 + t for type A, 1 / (1 - t) for type B (Kersting, 7.4)."""
    key = f"tap_pos_{phase}"
    tap = model.real(table, key, "pu", 0.0)
    if f"tap_{phase}" in thing.values:
        tap = model.real(thing, f"tap_{phase}", "pu", 0.0)
    most = model.real(table, "raise_taps" if tap >= 0.0 else "lower_taps", "pu", 16.0)
    share = tap * model.real(table, "regulation", "pu", 0.1) / most if most else 0.0
    if abs(share) >= 1.0:
        model.fault(table, f"The {key} of {said(table)} is beyond its range.", "Correct it.", f"{tap:g}")
        return 1.0
    return 1.0 + share if table.values.get("type", "B").strip().upper() == "A" else 1.0 / (1.0 - share)
