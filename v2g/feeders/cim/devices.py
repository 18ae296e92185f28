"""Loads, banks, machines, panels, batteries and sources."""

from __future__ import annotations

from collections.abc import Iterator

from v2g.feeders.cim.document import Thing
from v2g.feeders.cim.model import Model, phases_of
from v2g.feeders.network import PRIMARY, Capacitor, Generator, Load, Solar, Source, Storage, Weight

CONVERTER = "PowerElectronicsConnection"
MACHINES = ("SynchronousMachine", "AsynchronousMachine")
MACHINE_PARTS = {"SynchronousMachine": "SynchronousMachinePhase", "AsynchronousMachine": "AsynchronousMachinePhase"}
DIFFERS = 1e-6
"""Shares of phases that differ by less, relative to the whole, are even."""


def loads(model: Model) -> Iterator[Load]:
    """Loads; one whose phases differ is one load for each."""
    for thing in model.of("EnergyConsumer", "ConformLoad", "NonConformLoad"):
        ends = model.ends(thing, 1)
        parts = model.naming(thing, "EnergyConsumerPhase.EnergyConsumer")
        phases = phases_of(model, thing, parts, "EnergyConsumerPhase.phase")
        exponents = _exponents(model, thing)
        kw, kvar = (model.number(thing, f"EnergyConsumer.{key}", 0.0) / 1000.0 for key in ("p", "q"))
        if not ends:
            continue
        delta, bus, origin = _is_delta(model, thing, "EnergyConsumer"), ends[0][1], model.origin(thing)
        shares = [_share(model, part) for part in parts]
        if shares and (_uneven(shares) or (delta and len(phases) == 2 and set(phases) <= set(PRIMARY))):
            for part, (p, q) in zip(parts, shares, strict=True):
                letters, connection = _branch(model.letter(part, "EnergyConsumerPhase.phase"), delta)
                name = f"{thing.name}_{letters}"
                yield Load(name, bus, letters, connection, p, q, *exponents, origin=model.origin(part))
            continue
        letters, connection = _branch(phases, delta) if len(phases) == 1 else (phases, "delta" if delta else "wye")
        yield Load(thing.name, bus, letters, connection, kw, kvar, *exponents, origin=origin)


def _share(model: Model, part: Thing) -> tuple[float, float]:
    p, q = (model.number(part, f"EnergyConsumerPhase.{key}", 0.0) / 1000.0 for key in ("p", "q"))
    return p, q


def _uneven(shares: list[tuple[float, float]]) -> bool:
    whole = max(abs(value) for share in shares for value in share)
    return any(abs(a - b) > DIFFERS * whole for share in shares for a, b in zip(share, shares[0], strict=True))


def _branch(letter: str, delta: bool) -> tuple[str, str]:
    """Letters and connection of one branch; in delta it runs from its phase to the next one.

    >>> _branch("b", True), _branch("c", True), _branch("a", False)
    (('bc', 'delta'), ('ac', 'delta'), ('a', 'wye'))
    """
    if not delta or letter not in PRIMARY:
        return letter, "wye"
    following = PRIMARY[(PRIMARY.index(letter) + 1) % 3]
    return "".join(sorted(letter + following)), "delta"


def _is_delta(model: Model, thing: Thing, kind: str) -> bool:
    return model.kind_of(thing, f"{kind}.phaseConnection") == "D"


def _exponents(model: Model, thing: Thing) -> tuple[float, float]:
    """Of kW and kvar with voltage: as given, or those of a mixture of constant impedance, current and power."""
    kind = "LoadResponseCharacteristic"
    shape = model.follow(thing, "EnergyConsumer.LoadResponse", kind, needed=False)
    if shape is None:
        return 0.0, 0.0
    if model.yes(shape, f"{kind}.exponentModel"):
        p, q = (model.number(shape, f"{kind}.{key}VoltageExponent", 0.0) for key in "pq")
        return p, q
    mixed = []
    for key in "pq":
        z, i = (model.number(shape, f"{kind}.{key}Constant{word}", 0.0) for word in ("Impedance", "Current"))
        rest = model.number(shape, f"{kind}.{key}ConstantPower", 0.0)
        whole = z + i + rest
        mixed.append((2.0 * z + i) / whole if whole else 0.0)
        if len([part for part in (z, i, rest) if part]) > 1:
            model.gather(Weight.CHANGED, "loads of mixed kind (ZIP) as one exponent each for kW and kvar", thing)
    return mixed[0], mixed[1]


def capacitors(model: Model, kv: dict[str, float]) -> Iterator[Capacitor]:
    """Shunt banks in the sections that are in, at the nominal voltage ``kv`` to neutral of their bus."""
    for thing in model.of("LinearShuntCompensator"):
        ends = model.ends(thing, 1)
        parts = model.naming(thing, "ShuntCompensatorPhase.ShuntCompensator")
        phases = phases_of(model, thing, parts, "ShuntCompensatorPhase.phase")
        delta = _is_delta(model, thing, "ShuntCompensator")
        if not ends:
            continue
        if delta and len(phases) < 3:
            model.note(Weight.LOST, f"capacitor {thing.name}: a delta of {len(phases)} phases is not taken over", thing)
            continue
        each = [_susceptance(model, part, "LinearShuntCompensatorPhase", "ShuntCompensatorPhase") for part in parts]
        whole, closed = _susceptance(model, thing, "LinearShuntCompensator", "ShuntCompensator")
        siemens = sum(b for b, _ in each) if each else whole * len(phases)
        across = kv.get(ends[0][1], 0.0)
        closed = any(shut for _, shut in each) if each else closed
        if len({shut for _, shut in each}) > 1:
            siemens = sum(b for b, shut in each if shut)
            model.note(
                Weight.CHANGED, f"capacitor {thing.name}: it is in on some phases, all of which have a share", thing
            )
        yield Capacitor(
            thing.name, ends[0][1], phases, "delta" if delta else "wye", 1000.0 * siemens * across**2, closed,
            origin=model.origin(thing),
        )  # fmt: skip
        if model.naming(thing, "RegulatingControl.RegulatingCondEq"):
            model.gather(Weight.CHANGED, "capacitors whose control is left out: their state in the file is held", thing)


def _susceptance(model: Model, thing: Thing, kind: str, base: str) -> tuple[float, bool]:
    """Of one phase, in siemens, and whether it is in; of all sections where none is in."""
    b = model.number(thing, f"{kind}.bPerSection", 0.0)
    most = model.number(thing, f"{base}.maximumSections", 1.0)
    now = model.number(thing, f"{base}.sections", model.number(thing, f"{base}.normalSections", most))
    return b * (now or most), now > 0.0


def sources(model: Model, kv: dict[str, float]) -> Iterator[Source]:
    """Where supply comes in, behind the impedance of its sequences."""
    for thing in model.of("EnergySource", "ExternalNetworkInjection"):
        ends = model.ends(thing, 1)
        parts = model.naming(thing, "EnergySourcePhase.EnergySource")
        phases = phases_of(model, thing, parts, "EnergySourcePhase.phase")
        nominal = model.number(thing, "EnergySource.nominalVoltage", 0.0)
        volts = model.number(thing, "EnergySource.voltageMagnitude", nominal)
        if ends:
            bus = ends[0][1]
            base = 1000.0 * kv.get(bus, 0.0) * 3.0**0.5 or nominal
            r, x = (model.number(thing, f"EnergySource.{key}", 0.0) for key in ("r", "x"))
            zero = (model.number(thing, f"EnergySource.{key}0", value) for key, value in (("r", r), ("x", x)))
            yield Source(
                thing.name, bus, phases, volts / base if base and volts else 1.0, complex(r, x), complex(*zero),
                origin=model.origin(thing),
            )  # fmt: skip


def generators(model: Model) -> Iterator[Generator]:
    """Rotating machines; the rating is that of their unit, else by power factor and kVA, else their set-point."""
    for thing in model.of(*MACHINES):
        ends = model.ends(thing, 1)
        part = MACHINE_PARTS[thing.kind]
        phases = phases_of(model, thing, model.naming(thing, f"{part}.{thing.kind}"), f"{part}.phase")
        kw = abs(model.number(thing, "RotatingMachine.p", 0.0)) / 1000.0
        kva = model.number(thing, "RotatingMachine.ratedS", 0.0) / 1000.0
        unit = model.follow(thing, "RotatingMachine.GeneratingUnit", needed=False)
        most = model.number(unit, "GeneratingUnit.maxOperatingP", 0.0) / 1000.0 if unit else 0.0
        rating = most or kva * model.number(thing, "RotatingMachine.ratedPowerFactor", 0.0) or kw or kva
        if ends:
            yield Generator(thing.name, ends[0][1], phases, "wye", rating, kva or None, kw, origin=model.origin(thing))


def converters(model: Model) -> tuple[list[Solar], list[Storage]]:
    """Panels and batteries behind inverters."""
    panels: list[Solar] = []
    batteries: list[Storage] = []
    for thing in model.of(CONVERTER):
        ends = model.ends(thing, 1)
        parts = model.naming(thing, f"{CONVERTER}Phase.{CONVERTER}")
        phases = phases_of(model, thing, parts, f"{CONVERTER}Phase.phase")
        kva = model.number(thing, f"{CONVERTER}.ratedS", 0.0) / 1000.0 or None
        units = [model.by_id.get(name) for name in thing.links.get(f"{CONVERTER}.PowerElectronicsUnit", [])]
        units += model.naming(thing, f"PowerElectronicsUnit.{CONVERTER}")
        if not ends:
            continue
        known = [unit for unit in units if unit and unit.kind in ("PhotovoltaicUnit", "BatteryUnit")]
        if not known:
            model.note(Weight.LOST, f"inverter {thing.name}: neither panels nor a battery are behind it", thing)
        for unit in known:
            if unit.kind == "PhotovoltaicUnit":
                rating = model.number(unit, "PowerElectronicsUnit.maxP", 1000.0 * (kva or 0.0)) / 1000.0
                panels.append(Solar(thing.name, ends[0][1], phases, rating, kva, origin=model.origin(unit)))
            else:
                batteries.append(_battery(model, unit, thing.name, ends[0][1], phases, kva))
    return panels, batteries


def _battery(model: Model, unit: Thing, name: str, bus: str, phases: str, kva: float | None) -> Storage:
    capacity, stored = (model.number(unit, f"BatteryUnit.{key}", 0.0) / 1000.0 for key in ("ratedE", "storedE"))
    most = model.number(unit, "PowerElectronicsUnit.maxP", 1000.0 * (kva or 0.0)) / 1000.0
    least = model.number(unit, "PowerElectronicsUnit.minP", -1000.0 * most) / 1000.0
    model.gather(Weight.CHANGED, "batteries without losses and reserve, of which CIM says nothing", unit)
    return Storage(
        name, bus, phases, capacity, min(stored, capacity), 0.0, max(-least, 0.0), max(most, 0.0), rating_kva=kva,
        origin=model.origin(unit),
    )  # fmt: skip
