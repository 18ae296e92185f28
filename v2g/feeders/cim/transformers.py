"""Transformers by ends or by tanks, with the taps that the file holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from v2g.feeders.cim.document import Thing
from v2g.feeders.cim.model import Model, ordered
from v2g.feeders.network import PRIMARY, TapRange, Transformer, Weight, Winding

CONNECTIONS = {"D": "delta", "Y": "wye", "Yn": "wye", "I": "wye"}
LAGS, LEADS = 1, 11
"""Hours of the clock by which a low side lags or leads its high side."""


@dataclass(frozen=True)
class End:
    """One winding in ohms: ``thing`` is the end, ``plate`` what holds its nameplate."""

    thing: Thing
    plate: Thing
    winding: Winding
    base_ohm: float
    clock: int


def transformers(model: Model) -> Iterator[Transformer]:
    """One for each transformer, or for each of its tanks."""
    for thing in model.of("PowerTransformer"):
        tanks = model.naming(thing, "TransformerTank.PowerTransformer")
        whole = model.naming(thing, "PowerTransformerEnd.PowerTransformer")
        if tanks:
            for tank in tanks:
                yield from _tank(model, tank)
        elif whole:
            yield from _made(model, thing, [_end(model, end) for end in _by_number(model, whole)], _mesh(model, whole))
        else:
            model.note(Weight.LOST, f"transformer {thing.name} has neither ends nor tanks", thing)


def _by_number(model: Model, ends: list[Thing]) -> list[Thing]:
    return sorted(ends, key=lambda end: model.number(end, "TransformerEnd.endNumber", 0.0))


def _end(model: Model, end: Thing) -> End:
    volts, amps = (model.positive(end, f"PowerTransformerEnd.{key}") for key in ("ratedU", "ratedS"))
    base = volts**2 / amps
    winding = Winding(
        _bus(model, end), PRIMARY, _connection(model, end, "PowerTransformerEnd.connectionKind"), volts / 1000.0,
        amps / 1000.0, _tap(model, end), 100.0 * model.number(end, "PowerTransformerEnd.r", 0.0) / base,
        _tap_range(model, end),
    )  # fmt: skip
    return End(end, end, winding, base, int(model.number(end, "PowerTransformerEnd.phaseAngleClock", 0.0)))


def _tank(model: Model, tank: Thing) -> Iterator[Transformer]:
    info = model.follow(tank, "TransformerTank.TransformerTankInfo", "TransformerTankInfo")
    plates = _by_end(model, model.naming(info, "TransformerEndInfo.TransformerTankInfo")) if info else {}
    ends = []
    for end in _by_number(model, model.naming(tank, "TransformerTankEnd.TransformerTank")):
        plate = plates.get(int(model.number(end, "TransformerEnd.endNumber")))
        if plate is None:
            model.fault(end, f"The end {end.name} has no nameplate.", "Give a TransformerEndInfo of its number.")
        else:
            ends.append(_tank_end(model, end, plate))
    if info and ends:
        yield from _made(model, tank, ends, _tests(model, ends))


def _by_end(model: Model, plates: list[Thing]) -> dict[int, Thing]:
    return {int(model.number(plate, "TransformerEndInfo.endNumber")): plate for plate in plates}


def _tank_end(model: Model, end: Thing, plate: Thing) -> End:
    volts, amps = (model.positive(plate, f"TransformerEndInfo.{key}") for key in ("ratedU", "ratedS"))
    base = volts**2 / amps
    phases, neutral = ordered(model, end, "TransformerTankEnd.orderedPhases")
    connection = _connection(model, plate, "TransformerEndInfo.connectionKind")
    if len(phases) < 3:
        connection = "delta" if len(phases) == 2 and not neutral else "wye"
    r_pct = 100.0 * model.number(plate, "TransformerEndInfo.r", 0.0) / base
    winding = Winding(
        _bus(model, end), phases, connection, volts / 1000.0, amps / 1000.0, _tap(model, end), r_pct,
        _tap_range(model, end),
    )  # fmt: skip
    return End(end, plate, winding, base, int(model.number(plate, "TransformerEndInfo.phaseAngleClock", 0.0)))


def _connection(model: Model, thing: Thing, key: str) -> str:
    word = model.kind_of(thing, key)
    if word not in CONNECTIONS:
        model.note(Weight.LOST, f"{thing.kind} {thing.name}: connection {word or 'unknown'} is not taken over", thing)
    return CONNECTIONS.get(word, "wye")


def _bus(model: Model, end: Thing) -> str:
    terminal = model.follow(end, "TransformerEnd.Terminal", "Terminal")
    return model.at(terminal) if terminal else ""


def changers(model: Model, end: Thing) -> list[Thing]:
    """Tap changers of an end."""
    return model.naming(end, "RatioTapChanger.TransformerEnd")


def _tap(model: Model, end: Thing) -> float:
    tap = 1.0
    for changer in changers(model, end):
        steps = model.number(changer, "TapChanger.step") - model.number(changer, "TapChanger.neutralStep", 0.0)
        tap += steps * model.number(changer, "RatioTapChanger.stepVoltageIncrement") / 100.0
    if tap <= 0.0:
        model.fault(end, f"The tap of {end.name} is not above zero.", "Correct its step.", f"{tap:g}")
        return 1.0
    return tap


def _tap_range(model: Model, end: Thing) -> TapRange | None:
    """From the lowest to the highest step of a tap changer under control; None where nothing moves the tap."""
    found = changers(model, end)
    if len(found) != 1 or not model.follow(found[0], "TapChanger.TapChangerControl", needed=False):
        return None
    low, high, neutral, now = (
        model.number(found[0], f"TapChanger.{key}", 0.0) for key in ("lowStep", "highStep", "neutralStep", "step")
    )
    size = model.number(found[0], "RatioTapChanger.stepVoltageIncrement") / 100.0
    ends = sorted(1.0 + (step - neutral) * size for step in (low, high))
    if not low < high or ends[0] <= 0.0 or not low <= now <= high:
        text = "tap changers with a control and no range of steps around their tap: the tap of the file is held"
        model.gather(Weight.CHANGED, text, found[0])
        return None
    return TapRange(ends[0], ends[1], round(high - low))


Reactances = dict[tuple[int, int], float]
"""Ohm on the side of the first of two ends, which are numbered from 0."""


def _mesh(model: Model, ends: list[Thing]) -> Reactances:
    """Of the ends by number: between two of them, or from each to the middle of a star."""
    places = {end.id: n for n, end in enumerate(_by_number(model, ends))}
    found: Reactances = {}
    for end in ends:
        for mesh in model.naming(end, "TransformerMeshImpedance.FromTransformerEnd"):
            for other in mesh.links.get("TransformerMeshImpedance.ToTransformerEnd", []):
                if other in places:
                    found[places[end.id], places[other]] = model.number(mesh, "TransformerMeshImpedance.x")
    return found or _star(model, ends, places)


def _star(model: Model, ends: list[Thing], places: dict[str, int]) -> Reactances:
    per_unit, base = {}, {}
    for end in ends:
        star = model.follow(end, "TransformerEnd.StarImpedance", "TransformerStarImpedance", needed=False)
        volts = model.positive(end, "PowerTransformerEnd.ratedU")
        ohm = (
            model.number(star, "TransformerStarImpedance.x")
            if star
            else model.number(end, "PowerTransformerEnd.x", 0.0)
        )
        base[places[end.id]], per_unit[places[end.id]] = volts**2, ohm / volts**2
    pairs = [(one, other) for one in base for other in base if one < other]
    if not any(per_unit.values()):
        return {}
    return {(one, other): base[one] * (per_unit[one] + per_unit[other]) for one, other in pairs}


def _tests(model: Model, ends: list[End]) -> Reactances:
    """From short-circuit tests, whose impedance holds the resistance of both windings."""
    places = {end.plate.id: n for n, end in enumerate(ends)}
    found: Reactances = {}
    for n, end in enumerate(ends):
        for test in model.naming(end.plate, "ShortCircuitTest.EnergisedEnd"):
            for other in test.links.get("ShortCircuitTest.GroundedEnds", []):
                if other in places:
                    z = model.number(test, "ShortCircuitTest.leakageImpedance") / end.base_ohm
                    r = (end.winding.r_pct + ends[places[other]].winding.r_pct) / 100.0
                    found[n, places[other]] = max(z**2 - r**2, 0.0) ** 0.5 * end.base_ohm
    return found


def _made(model: Model, thing: Thing, ends: list[End], ohms: Reactances) -> Iterator[Transformer]:
    windings = tuple(end.winding for end in ends)
    fault = _fault(windings, ohms)
    if fault:
        model.note(Weight.LOST, f"transformer {thing.name}: {fault}", thing)
        return
    core = [_core(model, end) for end in ends]
    if any(
        model.number(end.thing, f"TransformerEnd.{key}", 0.0) > 0.0 for end in ends for key in ("rground", "xground")
    ):
        model.gather(Weight.CHANGED, "transformers whose neutral impedance is left out", thing)
    base = windings[0].kva
    yield Transformer(
        thing.name, windings, tuple(_percent(ends, ohms, pair, base) for pair in _pairs(len(ends))),
        rating_kva=base, regulator=any(changers(model, end.thing) for end in ends),
        lead=any(end.clock == LEADS for end in ends), noload_kw=sum(kw for kw, _ in core),
        magnetising_kvar=sum(kvar for _, kvar in core), origin=model.origin(thing),
    )  # fmt: skip
    clocks = {end.clock % 12 for end in ends} - {0, LAGS, LEADS}
    if clocks - {6 if len(ends) == 3 else 0}:
        model.note(Weight.LOST, f"transformer {thing.name}: its clock of {max(clocks)} hours is not taken over", thing)


def _core(model: Model, end: End) -> tuple[float, float]:
    """kW and kvar that the core takes, by its admittance or a no-load test (in kW) with this end energised."""
    kw = kvar = 0.0
    for core in model.naming(end.thing, "TransformerCoreAdmittance.TransformerEnd"):
        g, b = (model.number(core, f"TransformerCoreAdmittance.{key}", 0.0) for key in "gb")
        kw, kvar = kw + 1000.0 * g * end.winding.kv**2, kvar + 1000.0 * abs(b) * end.winding.kv**2
    for test in model.naming(end.plate, "NoLoadTest.EnergisedEnd"):
        loss = model.number(test, "NoLoadTest.loss", 0.0)
        kva = model.number(test, "NoLoadTest.excitingCurrent", 0.0) / 100.0 * end.winding.kva
        kw, kvar = kw + loss, kvar + max(kva**2 - loss**2, 0.0) ** 0.5
    return kw, kvar


def _pairs(count: int) -> list[tuple[int, int]]:
    return [(0, 1)] if count == 2 else [(0, 1), (0, 2), (1, 2)]


def _percent(ends: list[End], ohms: Reactances, pair: tuple[int, int], base_kva: float) -> float:
    side = pair if pair in ohms else pair[::-1]
    end = ends[side[0]]
    return 100.0 * ohms[side] / end.base_ohm * base_kva / end.winding.kva


def _fault(windings: tuple[Winding, ...], ohms: Reactances) -> str:
    if len(windings) not in (2, 3):
        return f"it has {len(windings)} windings, and 2 or 3 can be taken over"
    if any(not pair & {*ohms} for pair in ({one, one[::-1]} for one in _pairs(len(windings)))):
        return "its reactance is not given between all of its windings"
    return ""
