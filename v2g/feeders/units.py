"""Transformers and regulators as rows of a case: ohm of a phase referred to ``to_bus``, taps in per unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from v2g.feeders.legs import star
from v2g.feeders.network import PRIMARY, Bus, Note, Transformer, Weight, Winding

ROOT3 = 3.0**0.5
STAR = "star"
"""What the name of a bus in the middle of three windings ends on."""
Row = dict[str, Any]


@dataclass
class Units:
    """Rows of the table ``transformers``, with the buses that three windings need, and notes on what had to change."""

    buses: Mapping[str, Bus]
    depth: Mapping[str, int]
    rows: list[Row] = field(default_factory=list)
    more_buses: list[Bus] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def add(self, transformers: Sequence[Transformer]) -> None:
        """All of them; open-delta banks as one row each."""
        banks: dict[frozenset[str], list[Transformer]] = {}
        for unit in transformers:
            if all(_pair(winding) for winding in unit.windings) and len(unit.windings) == 2:
                banks.setdefault(frozenset(w.bus for w in unit.windings), []).append(unit)
            elif len(unit.windings) == 3:
                self._three(unit)
            else:
                self._two(unit, *unit.windings)
        for bank in banks.values():
            if len(bank) == 1:
                self._two(bank[0], *bank[0].windings)
            else:
                self._open_delta(bank)

    def _kv(self, bus: str) -> float:
        return next((b.kv_ln for b in self.more_buses if b.name == bus), 0.0) or self.buses[bus].kv_ln

    def _two(self, unit: Transformer, one: Winding, two: Winding) -> None:
        near, far = (two, one) if self.depth[one.bus] > self.depth[two.bus] else (one, two)
        z = complex(one.r_pct + two.r_pct, unit.x_pct[0]) / 100.0
        self._row(unit, unit.name, near, far, z)

    def _row(self, unit: Transformer, name: str, near: Winding, far: Winding, z: complex) -> None:
        """One row; ``z`` per unit of the first winding's kVA."""
        form = _form(unit, near, far)
        if form is None:
            how = f"{near.phases} in {near.connection} to {far.phases} in {far.connection}"
            text = f"transformer {name} from {how} is not something that a case describes; left out"
            self.notes.append(Note(Weight.LOST, text, unit.origin))
            return
        phases, connection, lead = form
        first = unit.windings[0]
        kva = first.kva / (1 if _pair(first) else len(first.phases))
        ohm = z * 1000.0 * _across(far) ** 2 / kva * far.tap**2
        if _pair(near) and _pair(far):
            ohm *= 2.0 / 3.0  # of z between two phases: both carry half, at 1 / sqrt 3 of its voltage
        tap = (_ln(far) * far.tap / self._kv(far.bus)) / (_ln(near) * near.tap / self._kv(near.bus))
        rating = None if unit.rating_kva is None else unit.rating_kva / len(phases)
        self.rows.append({
            "transformer": name, "from_bus": near.bus, "to_bus": far.bus, "phases": phases, "connection": connection,
            "lead": lead, "r_ohm": ohm.real, "x_ohm": ohm.imag, "rating_kva": rating, "closed": unit.closed,
            **{f"tap_{p}": tap if p in phases else None for p in PRIMARY}, **tap_range(near, far, tap, len(phases) > 1),
        })  # fmt: skip

    def _three(self, unit: Transformer) -> None:
        """A star of three rows around a bus of its own, at the voltage of the winding nearest to the source."""
        order = sorted(range(3), key=lambda k: self.depth[unit.windings[k].bus])
        near = unit.windings[order[0]]
        r, x = star(unit)
        middle = Bus(f"{unit.name}_{STAR}", near.phases, self._kv(near.bus), origin=unit.origin)
        self.more_buses.append(middle)
        inner = replace(near, bus=middle.name, tap=1.0, tap_range=None)
        level = replace(unit, rating_kva=None)
        self._row(level, unit.name, replace(near, connection="wye"), replace(inner, connection="wye"),
                  complex(r[order[0]], x[order[0]]) / 100.0)  # fmt: skip
        for k in order[1:]:
            far = unit.windings[k]
            self._row(level, f"{unit.name}_{k + 1}", inner, far, complex(r[k], x[k]) / 100.0)
        text = (
            f"transformer {unit.name} has three windings: three rows around bus {middle.name}; its rating does not bind"
        )
        self.notes.append(Note(Weight.CHANGED, text, unit.origin))

    def _open_delta(self, bank: Sequence[Transformer]) -> None:
        """Two units between phases as one row with a tap for each phase, exact in magnitude for balanced voltages.

        Voltages between phases behind the bank are those before it times the taps of the units; without zero
        sequence they give the voltage of each phase.
        """
        first = bank[0]
        near = min(first.windings, key=lambda w: self.depth[w.bus])
        far = next(w for w in first.windings if w is not near)
        taps = {unit.windings[0].phases: _ratio(unit, near.bus, self._kv) for unit in bank}
        phases = open_delta_taps(taps)
        z = sum(complex(sum(w.r_pct for w in unit.windings), unit.x_pct[0]) / 100.0 / unit.windings[0].kva
                for unit in bank) / len(bank)  # fmt: skip
        ohm = z * 1000.0 * far.kv**2 * 2.0 / 3.0
        ratings = [unit.rating_kva for unit in bank if unit.rating_kva is not None]
        rating = min(ratings) / ROOT3 if len(ratings) == len(bank) else None
        names = ", ".join(unit.name for unit in bank)
        self.rows.append({
            "transformer": first.name, "from_bus": near.bus, "to_bus": far.bus, "phases": PRIMARY,
            "connection": "wye-wye", "lead": True, "r_ohm": ohm.real, "x_ohm": ohm.imag, "rating_kva": rating,
            "closed": first.closed, **{f"tap_{p}": tap for p, tap in zip(PRIMARY, phases, strict=True)},
        })  # fmt: skip
        text = f"{names} stand between phases: one row {first.name} with the taps of the phases, for balanced voltages"
        if any(winding.tap_range for unit in bank for winding in unit.windings):
            text += "; they are held"
        self.notes.append(Note(Weight.CHANGED, text, first.origin))


def tap_range(near: Winding, far: Winding, tap: float, ganged: bool) -> Row:
    """Columns of the range of a ratio; nothing where both taps stay. ``tap`` is the ratio as it is.

    A tap of the winding nearer to the source moves the ratio the other way, in steps that are taken as equal.

    >>> from v2g.feeders.network import TapRange
    >>> down = Winding("low", "a", "wye", 2.4, 100.0, tap=1.05, tap_range=TapRange(0.9, 1.1, 32))
    >>> found = tap_range(Winding("up", "a", "wye", 2.4, 100.0), down, 1.05, False)
    >>> [round(found[key], 6) for key in ("tap_min", "tap_max", "tap_step")]
    [0.9, 1.1, 0.00625]
    """
    moves = far.tap_range or near.tap_range
    if moves is None or moves.steps < 1 or moves.lowest >= moves.highest:
        return {}
    ends = moves.lowest / far.tap, moves.highest / far.tap
    if far.tap_range is None:
        ends = near.tap / moves.highest, near.tap / moves.lowest
    low, high = min(tap * ends[0], tap), max(tap * ends[1], tap)
    step = (high - low) / moves.steps
    return {"tap_min": round(low, 12), "tap_max": round(high, 12), "tap_step": round(step, 12), "tap_ganged": ganged}


def open_delta_taps(taps: Mapping[str, float]) -> tuple[float, float, float]:
    """Voltage of phases a, b, c behind units between phases, in per unit, from balanced voltages before them.

    >>> [round(tap, 6) for tap in open_delta_taps({"ab": 1.05, "bc": 1.05})]
    [1.05, 1.05, 1.05]
    """
    turn = np.exp(-2j * np.pi / 3.0 * np.arange(3))
    rows, sides = [np.ones(3, complex)], [0j]
    for pair, tap in taps.items():
        one, two = (PRIMARY.index(phase) for phase in pair)
        row = np.zeros(3, complex)
        row[one], row[two] = 1.0, -1.0
        rows.append(row)
        sides.append(tap * (turn[one] - turn[two]))
    volts, *_ = np.linalg.lstsq(np.array(rows), np.array(sides), rcond=None)
    a, b, c = (float(v) for v in np.abs(volts))
    return a, b, c


def _ratio(unit: Transformer, near: str, kv: Any) -> float:
    """Voltage behind a unit over that before it, both in per unit."""
    first, second = unit.windings
    one, two = (first, second) if first.bus == near else (second, first)
    return float((two.kv * two.tap / kv(two.bus)) / (one.kv * one.tap / kv(one.bus)))


def _pair(winding: Winding) -> bool:
    """Whether it lies between two phases."""
    return winding.connection == "delta" and len(winding.phases) == 2


def _ln(winding: Winding) -> float:
    """Voltage from phase to neutral that it is made for, in kV."""
    return winding.kv / ROOT3 if len(winding.phases) > 1 else winding.kv


def _across(winding: Winding) -> float:
    """Voltage in kV on whose square its ohms are based, of a phase; of the whole winding where it has only one."""
    return winding.kv if _pair(winding) else _ln(winding)


def _form(unit: Transformer, near: Winding, far: Winding) -> tuple[str, str, bool] | None:
    """Phases, connection and lead of the row, or None where no row describes it."""
    how = f"{near.connection}-{far.connection}"
    leads = unit.lead if _ln(far) <= _ln(near) else not unit.lead
    if _pair(near) and far.connection == "wye" and len(far.phases) == 1:
        place = PRIMARY.index(far.phases)
        for lead, other in ((True, PRIMARY[(place + 1) % 3]), (False, PRIMARY[place - 1])):
            if set(near.phases) == {far.phases, other}:
                return far.phases, "delta-wye", lead
        return None
    if set(near.phases) != set(far.phases):
        return None
    phases = "".join(sorted(far.phases))
    if how == "wye-wye" or how == "delta-delta":
        return phases, how, True
    return (phases, how, leads) if len(phases) == 3 else None
