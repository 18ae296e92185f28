"""What readers of balanced networks share: cells with their place, names, and three equal phases from one.

A balanced file knows one impedance of a line, that of its positive sequence. Three phases of which each has it, and
that do not influence each other, have the same voltages and losses as long as all phases carry the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

from v2g.errors import Finding, ImportRefused
from v2g.feeders.names import clean
from v2g.feeders.network import (
    PRIMARY,
    Bus,
    Capacitor,
    Generator,
    Line,
    Load,
    Matrix,
    Network,
    Note,
    Origin,
    Shunt,
    Solar,
    Source,
    Storage,
    Transformer,
    Weight,
    Winding,
)
from v2g.formats.words import counted

ROOT3 = 3.0**0.5
MEGA = 1000.0
"""kW in a MW."""
MOST_FINDINGS = 1_000
NOWHERE = Origin()
Limits = tuple[float | None, float | None]
"""Least and most, None where not known."""
USUAL: Limits = (0.9, 1.1)
"""Voltages that an imported case allows by itself, in per unit."""
Matters = Mapping[str, tuple[str, object]]
"""Columns with no place in a case: what is said of them, and their value that means nothing."""
YES, NO = ("true", "1", "1.0", "yes"), ("false", "0", "0.0", "no")


def three_phases(one: float, zero: float | None = None) -> Matrix:
    """A matrix of three phases from its positive and zero sequence; without the latter, the phases are on their own.

    >>> three_phases(1.0, 4.0)
    array([[2., 1., 1.],
           [1., 2., 1.],
           [1., 1., 2.]])
    """
    return one * np.eye(3) + ((one if zero is None else zero) - one) / 3.0


def amperes(mva: float, kv: float) -> float:
    """Current of three phases at ``kv`` between phases.

    >>> round(amperes(1.0, 12.66), 3)
    45.604
    """
    return MEGA * mva / (ROOT3 * kv)


@dataclass(frozen=True)
class Record:
    """A row of a table: its cells by column, and where it stands."""

    file: str
    row: int | None
    cells: Mapping[str, object]
    findings: list[Finding]
    key: str = ""

    @property
    def origin(self) -> Origin:
        return Origin(self.file, self.row)

    def refuse(self, column: str | None, message: str, remedy: str, found: object = None, allowed: str = "") -> None:
        """A fault of this row."""
        if len(self.findings) < MOST_FINDINGS:
            shown = None if found is None else str(found)[:120]
            self.findings.append(
                Finding(self.file, message, remedy, self.row, column, shown, allowed or None, code="not-valid")
            )

    def blank(self, column: str) -> bool:
        """Whether nothing is written there."""
        return self.cells.get(column) in (None, "")

    def number(
        self, column: str, default: float | None = None, above: float | None = None, at_least: float | None = None
    ) -> float:
        """A finite number; ``default`` None = it has to be there. A fault is noted and another number given."""
        standing = 1.0 if default is None else default
        if self.blank(column):
            if default is None:
                self.refuse(column, "A number is missing.", "Write it.")
            return standing
        allowed = "a number"
        allowed += "" if above is None else f" above {above:g}"
        allowed += "" if at_least is None else f" of at least {at_least:g}"
        cell = self.cells[column]
        value = finite(cell)
        low = value is not None and (
            (above is not None and value <= above) or (at_least is not None and value < at_least)
        )
        if value is None or low:
            self.refuse(column, "This is not a number that can stand here.", "Correct it.", cell, allowed)
            return standing
        return value

    def known(self, column: str, above: float | None = None) -> float | None:
        """A number, or None where nothing is written."""
        return None if self.blank(column) else self.number(column, above=above)

    def flag(self, column: str, default: bool) -> bool:
        """Yes or no."""
        if self.blank(column):
            return default
        word = str(self.cells[column]).strip().lower()
        if word not in (*YES, *NO):
            self.refuse(column, "This is neither yes nor no.", "Correct it.", self.cells[column], "true or false")
        return word not in NO

    def text(self, column: str) -> str:
        """Text, blank where nothing is written; a whole number without a point."""
        cell = self.cells.get(column)
        if isinstance(cell, float) and cell.is_integer():
            return str(int(cell))
        return "" if self.blank(column) else str(cell).strip()


def finite(cell: object) -> float | None:
    """A number or the text of one, as long as it is finite.

    >>> finite("1.5"), finite("1e999"), finite(True), finite("1_000")
    (1.5, None, None, None)
    """
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None
    try:
        value = float(cell)
    except (ValueError, OverflowError):
        return None
    plain = not isinstance(cell, str) or "_" not in cell
    return value if plain and isfinite(value) else None


@dataclass
class Build:
    """A network in the making; ``places`` are buses by the key that elements name them with."""

    format: str
    findings: list[Finding] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    places: dict[str, Bus] = field(default_factory=dict)
    idle: set[str] = field(default_factory=set)
    parts: dict[str, list[Any]] = field(default_factory=dict)
    without_zero: int = 0
    _taken: dict[str, set[str]] = field(default_factory=dict)
    _renamed: list[tuple[str, str]] = field(default_factory=list)
    _gathered: dict[tuple[Weight, str], list[tuple[str, Origin]]] = field(default_factory=dict)

    def note(self, weight: Weight, text: str, origin: Origin = NOWHERE) -> None:
        """Something that was not carried over as it stands in the file."""
        self.notes.append(Note(weight, text, origin))

    def gather(self, weight: Weight, text: str, record: Record, name: str) -> None:
        """The same for many elements, in one note."""
        self._gathered.setdefault((weight, text), []).append((name, record.origin))

    def left_out(self, record: Record, name: str, columns: Matters) -> None:
        """Notes on columns that say something and have no place in a case."""
        for column, (text, neutral) in columns.items():
            value = record.cells.get(column)
            number = finite(value)
            said = value if number is None else number
            if not record.blank(column) and said != neutral and str(said).lower() not in (str(neutral).lower(), "nan"):
                self.gather(Weight.CHANGED, f"{text} ({column})", record, name)

    def free(self, kind: str, wanted: str) -> str:
        """A name that a case can hold and no other element of a kind has."""
        taken = self._taken.setdefault(kind, set())
        number, first = 1, clean(wanted)
        name = first
        while name in taken:
            number += 1
            name = f"{first}_{number}"
        taken.add(name)
        if name != wanted:
            self._renamed.append((wanted, name))
        return name

    def add(self, kind: str, element: Any) -> None:
        """An element of a kind of ``Network``."""
        self.parts.setdefault(kind, []).append(element)

    def bus(
        self, record: Record, name: str, kv: float, x: float | None = None, y: float | None = None,
        limits: Limits = (None, None),
    ) -> None:  # fmt: skip
        """A bus of three phases, ``kv`` between them; ``limits`` of its voltage in per unit.

        Equal limits are not taken: that is how a file says which voltage is held.
        """
        if record.key in self.places or record.key in self.idle:
            record.refuse(None, "This bus is there twice.", "Give each its own name.", record.key)
            return
        taken = self.free("buses", name)
        least, most = (None, None) if limits == USUAL else limits
        if least is not None and most is not None and least >= most:
            text = "buses whose limits of the voltage leave no room, and are left out"
            self.gather(Weight.CHANGED, text, record, name)
            least = most = None
        self.places[record.key] = Bus(taken, PRIMARY, kv / ROOT3, x, y, least, most, origin=record.origin)

    def at(self, record: Record, column: str) -> Bus | None:
        """The bus that a cell names; None where it is out of service, or not there, which is a fault."""
        key = record.text(column)
        if key in self.idle:
            self.gather(Weight.UNUSED, "elements at buses that are out of service", record, record.key or key)
            return None
        if key not in self.places:
            record.refuse(column, "This bus is not there.", "Name one of the buses.", key)
        return self.places.get(key)

    def line(
        self, record: Record, name: str, ends: tuple[Bus, Bus], z: complex, b_us: float = 0.0,
        rating_a: float | None = None, zero: tuple[complex, float] | None = None, switch: bool = False,
        closed: bool = True,
    ) -> None:  # fmt: skip
        """A line of impedance ``z`` and susceptance in positive sequence; ``zero`` those of the zero sequence."""
        self.without_zero += zero is None and bool(z or b_us)
        z0, b0 = zero or (z, b_us)
        self.add(
            "lines",
            Line(
                self.free("branches", name), ends[0].name, ends[1].name, PRIMARY,
                three_phases(z.real, z0.real), three_phases(z.imag, z0.imag), three_phases(b_us, b0),
                rating_a, switch, closed, origin=record.origin,
            ),
        )  # fmt: skip
        if not np.isclose(ends[0].kv_ln, ends[1].kv_ln, rtol=1e-3):
            text = f"line {name} joins buses of different nominal voltages, without a transformer"
            self.note(Weight.LOST, text, record.origin)

    def transformer(
        self, record: Record, name: str, windings: tuple[Winding, Winding], x_pct: float, rating_kva: float | None,
        closed: bool = True, lead: bool = False, core: tuple[float, float] = (0.0, 0.0),
    ) -> None:  # fmt: skip
        """Two windings of three phases; ``core``: kW and kvar that it takes all the time."""
        unit = Transformer(
            self.free("branches", name), windings, (x_pct,), rating_kva, closed=closed, lead=lead, noload_kw=core[0],
            magnetising_kvar=core[1], origin=record.origin,
        )  # fmt: skip
        self.add("transformers", unit)

    def turned(self, record: Record, name: str, degrees: float, ends: tuple[Bus, Bus]) -> tuple[tuple[str, str], bool]:
        """Connections of both windings from the angle by which the second lags, and whether the low side leads."""
        if degrees == 0.0:
            return ("wye", "wye"), False
        text = "transformers whose connection is not in the file; as the angle has it, delta-wye or wye-wye"
        self.gather(Weight.CHANGED, text, record, name)
        lags, leads = (abs(degrees % 120.0 - odd) < 1.0 for odd in (30.0, 90.0))
        downwards = ends[0].kv_ln >= ends[1].kv_ln
        return ("delta" if lags or leads else "wye", "wye"), leads if downwards else lags

    def load(
        self, record: Record, name: str, bus: Bus, kw: float, kvar: float, kw_bend: float = 0.0, kvar_bend: float = 0.0,
        phases: str = PRIMARY, connection: str = "wye",
    ) -> None:  # fmt: skip
        """Demand, if there is any; a bend is the exponent of the voltage."""
        if kw or kvar:
            taken = self.free("loads", name)
            self.add(
                "loads",
                Load(taken, bus.name, phases, connection, kw, kvar, kw_bend, kvar_bend, origin=record.origin),
            )

    def shunt(self, record: Record, name: str, bus: Bus, kw: float, kvar: float, closed: bool = True) -> None:
        """What goes with the square of the voltage: a bank that gives ``kvar``, and ``kw`` that are always taken."""
        if kvar:
            taken = self.free("capacitors", name)
            self.add("capacitors", Capacitor(taken, bus.name, PRIMARY, "wye", kvar, closed, origin=record.origin))
        if closed and kw:
            self.add("shunts", Shunt(self.free("shunts", name), bus.name, PRIMARY, kw, origin=record.origin))

    def source(self, record: Record, name: str, bus: Bus, voltage_pu: float) -> None:
        """Where supply comes in."""
        self.add("sources", Source(self.free("sources", name), bus.name, PRIMARY, voltage_pu, origin=record.origin))

    def generator(self, record: Record, name: str, bus: Bus, rating_kw: float, kw: float, kva: float | None) -> None:
        """A machine that can be dispatched."""
        if rating_kw <= 0.0:
            self.gather(Weight.CHANGED, "machines that give no active power, left out", record, name)
            return
        taken = self.free("generators", name)
        unit = Generator(taken, bus.name, PRIMARY, "wye", rating_kw, kva, max(kw, 0.0), origin=record.origin)
        self.add("generators", unit)

    def solar(self, record: Record, name: str, bus: Bus, rating_kw: float, kva: float | None) -> None:
        """Panels."""
        if rating_kw > 0.0:
            taken = self.free("solar", name)
            self.add("solar", Solar(taken, bus.name, PRIMARY, rating_kw, kva, origin=record.origin))

    def battery(self, record: Record, name: str, bus: Bus, **figures: Any) -> None:
        """A stationary battery, with the figures of ``Storage``."""
        taken = self.free("storage", name)
        self.add("storage", Storage(taken, bus.name, PRIMARY, origin=record.origin, **figures))

    def network(self, name: str, frequency_hz: float = 60.0, lonlat: bool = False) -> Network:
        """The network. Raises ``ImportRefused`` with every fault."""
        if self.findings:
            raise ImportRefused(self.findings)
        if self.without_zero:
            text = (
                f"impedances known in positive sequence only ({counted(self.without_zero, 'line')}): each phase has "
                "that one, and none to the other phases"
            )
            self.note(Weight.CHANGED, text)
        if self._renamed:
            old, new = self._renamed[0]
            text = f"names with blanks, or there twice: {len(self._renamed):,}, such as {old!r}, which is {new} now"
            self.note(Weight.CHANGED, text)
        for (weight, text), found in self._gathered.items():
            self.note(weight, f"{text}: {len(found)}, such as {found[0][0]}", found[0][1])
        kinds: dict[str, Any] = {kind: tuple(elements) for kind, elements in self.parts.items()}
        return Network(
            name, self.format, tuple(self.places.values()), notes=tuple(self.notes), lonlat=lonlat,
            frequency_hz=frequency_hz, **kinds,
        )  # fmt: skip
