"""A feeder as a file describes it: elements in ohm, kV, kW and kvar, with the place they come from; no emergency yet.

Every reader gives a ``Network``; everything after it (folding, tables of a case, reports) starts from one.
Phases are letters: ``a``, ``b``, ``c``, and ``1``, ``2`` for the two hot legs of a split-phase secondary (120 V each,
240 V between them). Grounded neutrals are reduced away (Kron 1939); names are the file's own, in lower case where
its format does not tell cases apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
PRIMARY, LEGS = "abc", "12"
"""Phases of the feeder, and hot legs of a split-phase secondary."""


@dataclass(frozen=True)
class Origin:
    """Where something stands: a file relative to the one that was opened, and a line in it."""

    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class Weight(StrEnum):
    """What a note means for a plan."""

    LOST = "lost"
    """Data that a plan needs was not understood: an import is refused, unless the user accepts it."""
    CHANGED = "changed"
    """Carried over in another form, such as a load model by its exponent."""
    UNUSED = "unused"
    """Left out since no plan uses it, such as a meter."""


@dataclass(frozen=True)
class Note:
    """One thing that was not carried over as it stands in the file."""

    weight: Weight
    text: str
    origin: Origin = Origin()


@dataclass(frozen=True)
class Element:
    """What every element has."""

    name: str
    origin: Origin = field(default=Origin(), kw_only=True, compare=False)


@dataclass(frozen=True)
class Bus(Element):
    """A point of the feeder; ``kv_ln`` is nominal, from a phase (or a hot leg) to neutral.

    ``vmin_pu`` and ``vmax_pu`` are its own limits of the voltage, None where the file has none.
    """

    phases: str
    kv_ln: float
    x: float | None = None
    y: float | None = None
    vmin_pu: float | None = None
    vmax_pu: float | None = None


@dataclass(frozen=True, eq=False)
class Line(Element):
    """A line, cable, switch or series reactor. Matrices are of the whole length, in the order of ``phases``.

    ``to_phases`` are the phases at ``to_bus`` that the same conductors end on; blank = the same as at ``from_bus``.
    ``b_us`` is its shunt susceptance in microsiemens (negative off the diagonal). ``rating_a`` None = not known.
    ``opened_by`` names the device that holds it open, where that is known.
    """

    from_bus: str
    to_bus: str
    phases: str
    r_ohm: Matrix
    x_ohm: Matrix
    b_us: Matrix
    rating_a: float | None = None
    switch: bool = False
    closed: bool = True
    to_phases: str = ""
    opened_by: str = ""


@dataclass(frozen=True)
class TapRange:
    """Where a tap under control can stand: from ``lowest`` to ``highest`` in equal steps."""

    lowest: float
    highest: float
    steps: int


@dataclass(frozen=True)
class Winding:
    """One winding. ``kv`` as on a nameplate: phase to phase for two and three phases in wye, else across the winding.

    A winding across one phase has one letter, across two phases (or two hot legs) two letters and ``delta``.
    ``tap_range`` None = its tap stays where it is; its phases have one tap.
    """

    bus: str
    phases: str
    connection: str
    kv: float
    kva: float
    tap: float = 1.0
    r_pct: float = 0.0
    tap_range: TapRange | None = None


@dataclass(frozen=True)
class Transformer(Element):
    """A transformer or regulator of two or three windings; one bank of equal phases.

    ``x_pct`` on the base of the first winding's ``kva``, between windings 1-2, 1-3, 2-3. ``rating_kva`` of the whole
    unit, None = not known. ``lead`` = the low side leads a delta-wye by 30 degrees instead of lagging. What its core
    takes all the time, ``noload_kw`` and ``magnetising_kvar``, is of the whole unit at the voltage of its second one.
    ``opened_by`` as for lines.
    """

    windings: tuple[Winding, ...]
    x_pct: tuple[float, ...]
    rating_kva: float | None = None
    regulator: bool = False
    closed: bool = True
    lead: bool = False
    noload_kw: float = 0.0
    magnetising_kvar: float = 0.0
    opened_by: str = ""


@dataclass(frozen=True)
class Load(Element):
    """Demand at nominal voltage, all phases together; power goes with voltage to the exponents (0 constant power).

    ``connection`` delta: between its phases, else from each to neutral. Shares by phase are even.
    """

    bus: str
    phases: str
    connection: str
    kw: float
    kvar: float
    kw_exponent: float = 0.0
    kvar_exponent: float = 0.0
    profile: str = ""


@dataclass(frozen=True)
class Capacitor(Element):
    """A shunt bank; ``kvar`` at the nominal voltage of its bus, all phases together; negative = a reactor."""

    bus: str
    phases: str
    connection: str
    kvar: float
    closed: bool = True


@dataclass(frozen=True)
class Shunt(Element):
    """What a bus takes wherever it is live, by the square of its voltage.

    ``kw`` and ``kvar`` (negative = it gives) at nominal voltage, all phases together, in even shares.
    """

    bus: str
    phases: str
    kw: float
    kvar: float = 0.0


@dataclass(frozen=True)
class Generator(Element):
    """A machine that can be dispatched; ``kw`` is its set-point in the file."""

    bus: str
    phases: str
    connection: str
    rating_kw: float
    rating_kva: float | None = None
    kw: float = 0.0


@dataclass(frozen=True)
class Solar(Element):
    """Panels: ``rating_kw`` of the array (what they give in full sun), inverter ``rating_kva``."""

    bus: str
    phases: str
    rating_kw: float
    rating_kva: float | None = None


@dataclass(frozen=True)
class Storage(Element):
    """A stationary battery; efficiencies are one-way."""

    bus: str
    phases: str
    capacity_kwh: float
    start_kwh: float
    reserve_kwh: float
    charge_kw: float
    discharge_kw: float
    charge_eff: float = 1.0
    discharge_eff: float = 1.0
    rating_kva: float | None = None


@dataclass(frozen=True)
class Source(Element):
    """Where supply comes in: it holds ``voltage_pu`` behind its impedance of the positive and the zero sequence."""

    bus: str
    phases: str
    voltage_pu: float = 1.0
    z1_ohm: complex = 0j
    z0_ohm: complex = 0j


@dataclass(frozen=True)
class Network:
    """Everything of one file (with those it names). ``lonlat``: x and y are degrees of longitude and latitude.

    ``files`` are all that were read, by their names in the folder of the one that was opened, with their SHA-256;
    blank where that is the only one. ``engine`` solved the file: its name and version, blank where none did.
    """

    name: str
    format: str
    buses: tuple[Bus, ...] = ()
    lines: tuple[Line, ...] = ()
    transformers: tuple[Transformer, ...] = ()
    loads: tuple[Load, ...] = ()
    capacitors: tuple[Capacitor, ...] = ()
    shunts: tuple[Shunt, ...] = ()
    generators: tuple[Generator, ...] = ()
    solar: tuple[Solar, ...] = ()
    storage: tuple[Storage, ...] = ()
    sources: tuple[Source, ...] = ()
    notes: tuple[Note, ...] = ()
    lonlat: bool = False
    frequency_hz: float = 60.0
    files: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""

    def counts(self) -> dict[str, int]:
        """Elements of each kind, and nodes (phases of buses)."""
        kinds = {f.name: len(getattr(self, f.name)) for f in fields(self) if _is_kind(getattr(self, f.name), f.name)}
        return kinds | {"nodes": sum(len(bus.phases) for bus in self.buses)}

    def lost(self) -> tuple[Note, ...]:
        """Notes that refuse an import."""
        return tuple(note for note in self.notes if note.weight is Weight.LOST)


def _is_kind(value: Any, name: str) -> bool:
    return isinstance(value, tuple) and name != "notes"
