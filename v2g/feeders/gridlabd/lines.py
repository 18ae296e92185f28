"""Lines by conductors and spacing or by matrices, and what switches in series with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from v2g.feeders.carson import (
    Complex,
    Screen,
    Wire,
    charging_us,
    coaxial_charging,
    overhead_charging,
    screened,
    strands,
)
from v2g.feeders.gridlabd.model import Model, said
from v2g.feeders.gridlabd.parse import Thing
from v2g.feeders.network import LEGS, PRIMARY, Line, Matrix, Weight

OVERHEAD, UNDERGROUND, TRIPLEX = "overhead_line", "underground_line", "triplex_line"
SWITCHES = ("switch", "fuse", "recloser", "sectionalizer")
SWITCH_OHM = 1e-4
"""Of a closed switch, as the powerflow module of GridLAB-D has it."""
PERMITTIVITY = 2.3
OPEN = {"OPEN", "0", "BLOWN"}


def lines(model: Model, frequency_hz: float) -> Iterator[Line]:
    """Lines and cables, by their length."""
    for thing in model.of(OVERHEAD, UNDERGROUND, TRIPLEX):
        start, end, phases = model.end(thing, "from"), model.end(thing, "to"), model.phases(thing)
        kind = "triplex_line_configuration" if thing.kind == TRIPLEX else "line_configuration"
        table = model.find(thing, "configuration", kind)
        length = model.real(thing, "length", "ft")
        if start is None or end is None or table is None or not phases:
            continue
        try:
            made = _by_numbers(model, table, phases) or _by_wires(model, thing, table, phases, frequency_hz)
        except np.linalg.LinAlgError:
            model.fault(table, f"The conductors of {said(table)} give no impedance.", "Correct their figures.")
            made = None
        if made is None:
            continue
        z, farad = made
        b = charging_us(farad, length, frequency_hz) if _charges(model) else np.zeros_like(farad)
        yield Line(
            thing.name, start, end, phases, z.real * length, z.imag * length, b, _rating(model, table, phases),
            origin=thing.origin,
        )  # fmt: skip


def _charges(model: Model) -> bool:
    return model.settings.get("powerflow.line_capacitance", "false").strip().lower() in ("true", "1")


def _by_numbers(model: Model, table: Thing, phases: str) -> tuple[Complex, Matrix] | None:
    """From z11, z12, ...; capacitances c11, ... are in nF per mile."""
    letters = LEGS if phases == LEGS else PRIMARY
    places = [letters.index(phase) + 1 for phase in phases]
    if not any(f"z{n}{n}" in table.values for n in places):
        return None
    z = np.array([[model.complex(table, f"z{i}{j}", "ohm/mile") for j in places] for i in places], np.complex128)
    c = np.array([[model.real(table, f"c{i}{j}", "pu", 0.0) for j in places] for i in places])
    return z, c * 1e-9 / 1609.344


def _by_wires(
    model: Model, thing: Thing, table: Thing, phases: str, frequency_hz: float
) -> tuple[Complex, Matrix] | None:
    """Ohm and farad per metre; None, with a fault, where a conductor or a distance is missing."""
    letters = [*phases, *("n" for _ in "n" if "conductor_n" in table.values)]
    infos = [model.find(table, f"conductor_{letter}") for letter in letters]
    known = [info for info in infos if info]
    if len(known) < len(infos):
        return None
    if thing.kind == TRIPLEX:
        return _triplex(model, table, known, frequency_hz)
    spacing = model.find(table, "spacing", "line_spacing")
    if spacing is None:
        return None
    apart, kept = _apart(model, spacing, letters), len(phases)
    if thing.kind == OVERHEAD:
        wires = [_bare(model, info) for info in known]
        z = screened(wires[:kept], [None] * kept, wires[kept:], apart, frequency_hz)
        heights = [model.real(spacing, f"distance_{_key(letter, 'e', spacing)}", "ft", 0.0) for letter in letters]
        return z, overhead_charging(wires, apart, heights, kept)
    cores = [_core(model, info) for info in known]
    screens = [_screen(model, info) for info in known]
    z = screened(cores[:kept], screens[:kept], cores[kept:], apart, frequency_hz)
    cables = zip(known[:kept], cores, screens, strict=False)
    return z, np.diag([_cable(model, info, core, screen) for info, core, screen in cables])


def _key(one: str, other: str, spacing: Thing) -> str:
    """How a spacing writes a pair."""
    return next((pair for pair in (one + other, other + one) if f"distance_{pair}" in spacing.values), one + other)


def _apart(model: Model, spacing: Thing, letters: Sequence[str]) -> Matrix:
    """Distances in metres. Without one, or with 0, GridLAB-D takes no coupling between two conductors."""
    apart = np.zeros((len(letters), len(letters)))
    for i, one in enumerate(letters):
        for j, other in enumerate(letters[:i]):
            metres = model.real(spacing, f"distance_{_key(other, one, spacing)}", "ft", 0.0)
            if metres <= 0.0:
                text = "spacings with a distance of 0 or none, between which conductors do not couple"
                model.gather(Weight.CHANGED, text, spacing)
            apart[i, j] = apart[j, i] = max(metres, 0.0)
    return apart


def _bare(model: Model, info: Thing) -> Wire:
    radius = model.real(info, "diameter", "in", 0.0) / 2.0
    return Wire(model.real(info, "resistance", "ohm/mile"), model.positive(info, "geometric_mean_radius", "ft"), radius)


def _core(model: Model, info: Thing) -> Wire:
    radius = model.real(info, "conductor_diameter", "in", 0.0) / 2.0
    return Wire(
        model.real(info, "conductor_resistance", "ohm/mile"), model.positive(info, "conductor_gmr", "ft"), radius
    )


def _screen(model: Model, info: Thing) -> Screen | None:
    """A concentric neutral, else a shield of tape, else nothing."""
    outer = model.real(info, "outer_diameter", "in", 0.0)
    count = model.real(info, "neutral_strands", "pu", 0.0)
    if count > 0.0:
        thickness = model.real(info, "neutral_diameter", "in", 0.0)
        radius = (outer - thickness) / 2.0
        if radius <= 0.0:
            model.fault(info, f"{said(info)} is thinner than its neutral.", "Correct outer_diameter.")
            return None
        ohm = model.real(info, "neutral_resistance", "ohm/mile")
        return strands(ohm, model.positive(info, "neutral_gmr", "ft"), count, radius)
    shield = model.real(info, "shield_gmr", "ft", 0.0)
    return Screen(model.real(info, "shield_resistance", "ohm/mile", 0.0), shield, shield) if shield > 0.0 else None


def _cable(model: Model, info: Thing, core: Wire, screen: Screen | None) -> float:
    """Farad per metre between a core and the strands around it (Kersting, 5.3)."""
    if screen is None or not 0.0 < core.radius_m < screen.radius_m:
        return 0.0
    permittivity = model.real(info, "insulation_relative_permitivitty", "pu", PERMITTIVITY)
    count = model.real(info, "neutral_strands", "pu", 0.0)
    half = model.real(info, "neutral_diameter", "in", 0.0) / 2.0
    return coaxial_charging(core.radius_m, screen.radius_m, permittivity, count, half)


def _triplex(model: Model, table: Thing, known: Sequence[Thing], frequency_hz: float) -> tuple[Complex, Matrix]:
    """Two insulated wires around a neutral, all of which touch."""
    across = model.positive(table, "diameter", "in")
    skin = model.real(table, "insulation_thickness", "in", 0.0)
    far, near = across + 2.0 * skin, across + skin
    apart = np.array([[0.0, far, near], [far, 0.0, near], [near, near, 0.0]])[: len(known), : len(known)]
    wires = [_bare(model, info) for info in known]
    return screened(wires[:2], [None, None], wires[2:], apart, frequency_hz), np.zeros((2, 2))


def _rating(model: Model, table: Thing, phases: str) -> float | None:
    """The lowest continuous rating of summer among the phases' conductors, or of the whole configuration."""
    key = "rating.summer.continuous"
    named = [table.values.get(f"conductor_{phase}") for phase in phases]
    infos = [model.find(table, f"conductor_{phase}") for phase, name in zip(phases, named, strict=True) if name]
    found = [model.real(thing, key, "a", 0.0) for thing in (table, *infos) if thing]
    return min((amperes for amperes in found if amperes > 0.0), default=None)


def switches(model: Model) -> Iterator[Line]:
    """Switches and what trips; one that is open on some phases has only the others."""
    for thing in model.of(*SWITCHES):
        start, end, phases = model.end(thing, "from"), model.end(thing, "to"), model.phases(thing)
        if start is None or end is None or not phases:
            continue
        shut = (
            "" if _is_open(thing, "status") else "".join(p for p in phases if not _is_open(thing, f"phase_{p}_state"))
        )
        if shut and shut != phases:
            model.note(Weight.CHANGED, f"{said(thing)}: it is open on some phases, which it loses", thing)
        kept = shut or phases
        amperes = model.real(thing, "current_limit", "a", 0.0) or model.real(thing, "max_current_limit", "a", 0.0)
        none = np.zeros((len(kept), len(kept)))
        yield Line(
            thing.name, start, end, kept, SWITCH_OHM * np.eye(len(kept)), none, none, amperes or None, switch=True,
            closed=bool(shut), origin=thing.origin,
        )  # fmt: skip


def _is_open(thing: Thing, key: str) -> bool:
    return thing.values.get(key, "").strip().upper() in OPEN


def reactors(model: Model) -> Iterator[Line]:
    """Series reactors, by their own impedance."""
    for thing in model.of("series_reactor"):
        start, end, phases = model.end(thing, "from"), model.end(thing, "to"), model.phases(thing)
        if start is not None and end is not None and phases:
            z = np.diag([model.complex(thing, f"phase_{p}_impedance", "ohm") for p in phases])
            b = np.zeros((len(phases), len(phases)))
            yield Line(thing.name, start, end, phases, z.real, z.imag, b, origin=thing.origin)
