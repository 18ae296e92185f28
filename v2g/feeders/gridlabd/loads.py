"""Loads of every way in which a model writes them, and capacitors."""

from __future__ import annotations

import re
from cmath import exp, pi
from collections.abc import Iterator
from math import sqrt

from v2g.feeders.gridlabd.model import NODES, Model, said
from v2g.feeders.gridlabd.parse import Thing
from v2g.feeders.gridlabd.values import pair
from v2g.feeders.network import LEGS, PRIMARY, Capacitor, Load, Weight

EXPONENTS = {"power": 0.0, "current": 1.0, "impedance": 2.0}
WRITTEN = re.compile(
    r"(?:constant_)?(power|current|impedance)_(a|b|c|ab|bc|ca|an|bn|cn|1|2|12|n)(?:_real|_reac|\.\w+)?\Z"
)
SHARED = re.compile(r"base_power_(a|b|c|1|2|12)\Z")
TELLS = re.compile(r"(constant_|base_power|power_|current_|impedance_|shunt_)")
IGNORED = re.compile(r"(power|current|impedance)_(fraction|pf)_\w+\Z|(measured|previous)_")
TURN = {"a": 0.0, "b": -2.0 * pi / 3.0, "c": 2.0 * pi / 3.0}
"""Angle of each phase to neutral at nominal voltage."""
SAME = 1e-6
Demand = dict[tuple[str, str, str], complex]
"""VA at nominal voltage by kind, connection and phases."""


def loads(model: Model, kv: dict[str, float]) -> Iterator[Load | Capacitor]:
    """Loads at nodes of any class; what takes kvar alone at constant impedance is a capacitor bank."""
    for thing in model.of(*NODES):
        bus = model.bus(thing)
        demand = _demand(model, thing, 1000.0 * kv.get(bus or "", 0.0))
        if bus is not None and any(demand.values()):
            yield from _split_up(thing, bus, {key: s for key, s in demand.items() if s})


def _demand(model: Model, thing: Thing, volts: float) -> Demand:
    delta = "D" in thing.values.get("phases", "").upper()
    found: Demand = {}
    for key, text in thing.values.items():
        written, parted = WRITTEN.match(key), SHARED.match(key)
        if parted:
            _add_shares(model, thing, parted[1], delta, found)
        elif written and written[2] != "n":
            kind = written[1]
            value = _value(model, thing, key, kind)
            if value:
                place = _place(written[2], delta)
                found[kind, *place] = found.get((kind, *place), 0j) + _power(kind, _volts(volts, place), value)
        elif TELLS.match(key) and not IGNORED.match(key) and text.strip("0.+-j "):
            model.note(Weight.LOST, f"{said(thing)}: its {key} is not taken over", thing)
    return found


def _place(letters: str, delta: bool) -> tuple[str, str]:
    """Connection and phases of a property's ending; in a delta, A stands between A and B.

    >>> _place("a", True), _place("ca", False), _place("bn", True), _place("12", False)
    (('delta', 'ab'), ('delta', 'ac'), ('wye', 'b'), ('delta', '12'))
    """
    if letters.endswith("n"):
        return "wye", letters[0]
    if len(letters) == 2:
        return "delta", "".join(sorted(letters))
    if delta and letters in PRIMARY:
        return "delta", "".join(sorted(letters + PRIMARY[(PRIMARY.index(letters) + 1) % 3]))
    return "wye", letters


def _value(model: Model, thing: Thing, key: str, kind: str) -> complex:
    unit = {"power": "va", "current": "a", "impedance": "ohm"}[kind]
    value = pair(thing.values[key], unit)
    if value is None or key.endswith(("_real", "_reac")) or "." in key:
        model.note(Weight.LOST, f"{said(thing)}: its {key} is not a fixed complex number, and taken as none", thing)
        return 0j
    return value


def _power(kind: str, volts: complex, value: complex) -> complex:
    """VA at nominal voltage, of a complex power, current or impedance.

    >>> _power("impedance", 100 + 0j, 3 + 4j), _power("current", 100 + 0j, 3 - 4j)
    ((1200+1600j), (300+400j))
    """
    if kind == "power":
        return value
    return abs(volts) ** 2 / value.conjugate() if kind == "impedance" else volts * value.conjugate()


def _volts(nominal: float, place: tuple[str, str]) -> complex:
    """Across a branch, at nominal voltage to neutral."""
    connection, phases = place
    if set(phases) <= set(LEGS):
        return complex(2.0 * nominal if connection == "delta" else nominal)
    if connection == "wye":
        return nominal * exp(1j * TURN[phases])
    first = "c" if phases == "ac" else phases[0]
    return sqrt(3.0) * nominal * exp(1j * (TURN[first] + pi / 6.0))


def _add_shares(model: Model, thing: Thing, letter: str, delta: bool, found: Demand) -> None:
    """VA with fractions and power factors of constant power, current and impedance."""
    text = thing.values[f"base_power_{letter}"]
    base = pair(text, "va")
    if base is None:
        model.note(
            Weight.LOST, f"{said(thing)}: its base_power_{letter} is not a fixed number, and taken as none", thing
        )
        return
    place = _place(letter, delta)
    for kind in EXPONENTS:
        share = model.real(thing, f"{kind}_fraction_{letter}", "pu", 1.0 if kind == "power" else 0.0)
        factor = model.real(thing, f"{kind}_pf_{letter}", "pu", 1.0)
        if abs(factor) > 1.0:
            model.fault(thing, f"The {kind}_pf_{letter} of {said(thing)} is beyond 1.", "Correct it.", f"{factor:g}")
            continue
        size = base.real * share
        reactive = size * sqrt(1.0 - factor**2) * (1.0 if factor >= 0.0 else -1.0)
        found[kind, *place] = found.get((kind, *place), 0j) + complex(size * abs(factor), reactive)


def _split_up(thing: Thing, bus: str, demand: Demand) -> Iterator[Load | Capacitor]:
    """Equal phases of one kind as one load; otherwise one for each, named by its phases and its kind."""
    groups: dict[tuple[str, str], dict[str, complex]] = {}
    for (kind, connection, phases), s in demand.items():
        groups.setdefault((kind, connection), {})[phases] = s / 1000.0
    made = [(kind, connection, *one) for (kind, connection), by in groups.items() for one in _united(connection, by)]
    places = [(connection, phases) for _, connection, phases, _ in made]
    for kind, connection, phases, s in made:
        name = thing.name
        if len(set(places)) > 1:
            name += f"_{phases}"
        if places.count((connection, phases)) > 1 and kind != "power":
            name += f"_{kind}"
        bend = EXPONENTS[kind]
        if kind == "impedance" and abs(s.real) <= SAME * abs(s):
            yield Capacitor(name, bus, phases, connection, -s.imag, origin=thing.origin)
        else:
            yield Load(name, bus, phases, connection, s.real, s.imag, bend, bend, origin=thing.origin)


def _united(connection: str, by: dict[str, complex]) -> list[tuple[str, complex]]:
    values = list(by.values())
    whole = set("".join(by)) in (set(PRIMARY), set(LEGS)) and len(by) == (
        3 if connection == "delta" else len(set("".join(by)))
    )
    if whole and len(values) > 1 and all(abs(s - values[0]) <= SAME * abs(values[0]) for s in values):
        letters = "".join(sorted(set("".join(by))))
        return [(letters, sum(values, 0j))]
    return list(by.items())


def capacitors(model: Model, kv: dict[str, float]) -> Iterator[Capacitor]:
    """Banks, one for each set of phases that differs, by var and switch of each phase."""
    for thing in model.of("capacitor"):
        bus = model.bus(thing)
        connected = thing.values.get("phases_connected", thing.values.get("phases", "")).upper()
        if thing.values.get("control", "MANUAL").strip().upper() != "MANUAL":
            model.gather(
                Weight.CHANGED, "capacitors whose control is left out: their switches in the file are held", thing
            )
        delta = "D" in connected
        given = "cap_nominal_voltage" in thing.values
        nominal = model.positive(thing, "cap_nominal_voltage", "v") / 1000.0 if given else 0.0
        by: dict[tuple[bool, float], str] = {}
        for phase in PRIMARY:
            kvar = model.real(thing, f"capacitor_{phase}", "var", 0.0) / 1000.0
            if phase.upper() in connected and kvar:
                shut = thing.values.get(f"switch{phase}", "OPEN").strip().upper() in ("CLOSED", "1")
                by[shut, kvar] = by.get((shut, kvar), "") + phase
        if bus is None:
            continue
        across = kv.get(bus, nominal) * (sqrt(3.0) if delta else 1.0)
        times = (across / nominal) ** 2 if nominal else 1.0
        for (shut, kvar), phases in by.items():
            if delta and len(phases) < 3:
                model.note(Weight.LOST, f"{said(thing)}: a delta of unequal phases is not taken over", thing)
                continue
            name = thing.name if len(by) == 1 else f"{thing.name}_{phases}"
            how = "delta" if delta else "wye"
            yield Capacitor(name, bus, phases, how, kvar * len(phases) * times, shut, origin=thing.origin)
