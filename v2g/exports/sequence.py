"""Branches as formats of one phase have them: positive sequence, and three phases of everything.

A branch of one or two phases becomes one of three phases with 3 or 3/2 of its impedance and a third or two thirds of
its current: with the same kW in all it loses as much, and is as heavily loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from v2g.ac.elements import LEAST_OHM
from v2g.case import Case
from v2g.exports.operation import Operation
from v2g.formats.words import counted
from v2g.replay.columns import flags, numbers, texts
from v2g.replay.feeder import PHASES, series_impedance
from v2g.replay.regulators import STEP
from v2g.replay.shunts import shunt_susceptance
from v2g.replay.verdict import Array, Complex, Mask

ROOT3 = float(np.sqrt(3.0))
NO_OHM = 1e-9
"""Below that, an impedance is none."""


@dataclass(frozen=True)
class Line:
    """A line: ohm and microsiemens of its length in positive and zero sequence, kVA of three phases (NaN = unknown).

    ``closed`` (T,); ``switch``: it can be switched, or is, in the time of the case.
    """

    name: str
    ends: tuple[str, str]
    ohm: complex
    ohm_zero: complex
    b_us: float
    b_zero_us: float
    rating_kva: float
    switch: bool
    closed: Mask


@dataclass(frozen=True)
class Unit:
    """A transformer: ``ohm`` of a phase at ``to_bus``; ``kva`` of three phases (NaN = unknown).

    ``tap`` (T,) is the voltage of ``to_bus`` over that of ``from_bus`` in per unit; ``taps`` its lowest, highest and
    step, None where it cannot move. ``lags`` are the degrees by which ``to_bus`` lags.
    """

    name: str
    ends: tuple[str, str]
    windings: tuple[str, str]
    lags: float
    ohm: complex
    kva: float
    tap: Array
    taps: tuple[float, float, float] | None
    closed: Mask


def sequences(matrix: Complex, phases: str) -> tuple[complex, complex]:
    """Positive and zero sequence of a matrix (3, 3), the means of its own and mutual entries over its phases.

    >>> sequences(np.array([[3, 1, 1], [1, 3, 1], [1, 1, 3]]), "abc")
    ((2+0j), (5+0j))
    """
    rows = [PHASES.index(phase) for phase in phases]
    part = matrix[np.ix_(rows, rows)]
    own = complex(np.diag(part).mean())
    apart = part[~np.eye(len(rows), dtype=bool)]
    mutual = complex(apart.mean()) if apart.size else 0j
    return own - mutual, own + 2.0 * mutual


def reactive(ohm: complex) -> complex:
    """An impedance with a reactance: power flows divide by it.

    >>> reactive(0.1 + 0j)
    (0.1+1e-05j)
    """
    return ohm if abs(ohm.imag) >= NO_OHM else complex(ohm.real, LEAST_OHM)


def lines(operation: Operation) -> Iterator[Line]:
    """Every line."""
    case = operation.case
    table = case.table("lines")
    z, b = series_impedance(table), shunt_susceptance(case)
    rating, closed = numbers(table, "rating_kva"), operation.closed("line")
    switch = flags(table, "switch", False) | ~closed.all(axis=1)
    ends = list(zip(texts(table, "from_bus"), texts(table, "to_bus"), strict=True))
    for row, (name, phases) in enumerate(zip(texts(table, "line"), texts(table, "phases", PHASES), strict=True)):
        part = len(phases) / 3.0
        (ohm, zero), (b_us, b_zero) = sequences(z[row], phases), sequences(b[row], phases)
        yield Line(
            name, ends[row], ohm / part, zero / part, b_us.real * part, b_zero.real * part,
            3.0 * float(rating[row]) * part, bool(switch[row]), closed[row],
        )  # fmt: skip


def transformers(operation: Operation) -> Iterator[Unit]:
    """Every transformer. Units side by side, as of a bank, have one tap, since unlike ones would drive power around."""
    case = operation.case
    table = case.table("transformers")
    ohm = numbers(table, "r_ohm", 0.0) + 1j * numbers(table, "x_ohm", 0.0)
    rating, closed = numbers(table, "rating_kva"), operation.closed("transformer")
    ends = list(zip(texts(table, "from_bus"), texts(table, "to_bus"), strict=True))
    names, phases = texts(table, "transformer"), texts(table, "phases", PHASES)
    taps, turns = _taps(operation, names, ends, phases), _turns(case)
    ranges = _ranges(case)
    for row, name in enumerate(names):
        part = len(phases[row]) / 3.0
        windings, lags = turns[row]
        kva = 3.0 * float(rating[row]) * part
        yield Unit(name, ends[row], windings, lags, complex(ohm[row]) / part, kva, taps[row], ranges[row], closed[row])


def _taps(
    operation: Operation, names: Sequence[str], ends: Sequence[tuple[str, str]], phases: Sequence[str]
) -> list[Array]:
    """Tap of each transformer over time, the mean over all between the same buses, weighted by their phases."""
    own = [operation.taps.get(name, np.ones(operation.steps)) for name in names]
    beside: dict[tuple[str, str], list[int]] = {}
    for row, pair in enumerate(ends):
        beside.setdefault(pair, []).append(row)
    return [
        np.average([own[row] for row in beside[pair]], axis=0, weights=[len(phases[row]) for row in beside[pair]])
        for pair in ends
    ]


def _turns(case: Case) -> list[tuple[tuple[str, str], float]]:
    """Windings of each transformer, and degrees by which its second side lags."""
    table = case.table("transformers")
    found = []
    for connection, lead in zip(
        texts(table, "connection", "wye-wye"), flags(table, "lead", True).tolist(), strict=True
    ):
        one, _, two = connection.partition("-")
        found.append(((one, two), 0.0 if one == two else -30.0 if lead else 30.0))
    return found


def _ranges(case: Case) -> list[tuple[float, float, float] | None]:
    table = case.table("transformers")
    low, high, step = numbers(table, "tap_min"), numbers(table, "tap_max"), numbers(table, "tap_step", STEP)
    return [
        (float(low[row]), float(high[row]), float(step[row])) if low[row] < high[row] else None
        for row in range(len(table))
    ]


def shunts(case: Case) -> Iterator[tuple[str, str, complex, bool]]:
    """Name, bus, what it takes at nominal voltage in kW and kvar, and whether it is closed: capacitors, and what stands
    at buses whatever the plan is."""
    table = case.table("capacitors")
    kvar, closed = numbers(table, "kvar", 0.0), flags(table, "closed", True)
    for row, (name, bus) in enumerate(zip(texts(table, "capacitor"), texts(table, "bus"), strict=True)):
        yield name, bus, complex(0.0, -kvar[row]), bool(closed[row])
    buses = case.table("buses")
    for bus, power in zip(texts(buses, "bus"), standing_power(buses), strict=True):
        if power:
            yield f"standing_{bus}", bus, complex(power), True


def standing_power(buses: pd.DataFrame) -> Complex:
    """What each bus takes all the time on all of its phases, kW + j kvar."""
    parts = [numbers(buses, f"shunt_{p}_kw", 0.0) + 1j * numbers(buses, f"shunt_{p}_kvar", 0.0) for p in PHASES]
    return np.asarray(np.sum(parts, axis=0), dtype=np.complex128)


def uneven(case: Case) -> tuple[str, ...]:
    """What a format of one phase makes even, in words."""
    names = ("lines", "transformers", "loads", "chargers", "capacitors", "batteries", "generators", "solar")
    nouns = {"batteries": ("battery", "batteries"), "solar": ("panel", "panels")}
    fewer = [
        (name, sum(set(phases) != set(PHASES) for phases in texts(case.table(name), "phases", PHASES)))
        for name in names
    ]
    return tuple(counted(count, *nouns.get(name, (name[:-1], name))) for name, count in fewer if count)
