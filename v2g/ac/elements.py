"""Elements of a feeder as commands of OpenDSS: one function for each class, whatever the elements are called.

The replay calls them by numbers, an export by the names of the case. Elements without impedance get ``LEAST_OHM``, for
the engine inverts every impedance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from v2g.replay.feeder import LAST, NEXT, PHASES
from v2g.replay.verdict import Array, Complex

LEAST_OHM = 1e-5
HERTZ = 60.0
"""Of the circuit that is written. A case holds ohm and siemens at its own frequency: they are the same numbers here."""
ANGLE = {"a": 0.0, "b": -120.0, "c": 120.0}
MODELS = {(0.0, 0.0): "model=1", (2.0, 2.0): "model=2", (1.0, 1.0): "model=5"}
ANY_VOLTAGE = "vminpu=0.1 vlowpu=0.05 vmaxpu=5"
"""A load keeps its model at every voltage: what the engine would do by itself below 95 % is not the case's."""
ANY_TAP = "mintap=0.1 maxtap=10"
EARTHED_VA = 1.0
"""What the engine hangs on each phase of a winding, lest it floats: by itself a millionth of the rating, which counts
for a large transformer with little load."""
ROOT3 = float(np.sqrt(3.0))

Place = tuple[str, str, str]
"""Bus as the engine calls it, phases, and wye or delta."""


def at(bus: str, phases: str) -> str:
    """Bus and nodes as the engine names them.

    >>> at("b7", "ac")
    'b7.1.3'
    """
    return bus + "".join(f".{PHASES.index(phase) + 1}" for phase in phases)


def matrix(values: Array) -> str:
    """A square matrix as the engine reads it.

    >>> matrix(np.array([[1.0, 0.5], [0.5, 1.0]]))
    '(1 0.5 | 0.5 1)'
    """
    return "(" + " | ".join(" ".join(f"{value:.12g}" for value in row) for row in values) + ")"


def line(name: str, buses: Sequence[str], phases: str, z: Complex, b_us: Array, switch: bool = False) -> str:
    """A line between two buses; ``z`` in ohm and ``b_us`` in microsiemens of abc (3, 3), of the whole length.

    A switch starts with an impedance of its own, and the engine takes no matrix for it until its phases change: three
    of them, which is what it starts with, are reached by way of one.
    """
    rows = [PHASES.index(phase) for phase in phases]
    series, shunt = z[np.ix_(rows, rows)].copy(), b_us[np.ix_(rows, rows)]
    weak = np.abs(np.diag(series)) < LEAST_OHM
    series[weak, weak] += 1j * LEAST_OHM
    one, other = (at(bus, phases) for bus in buses)
    nanofarad = shunt * 1e3 / (2.0 * np.pi * HERTZ)
    first = "switch=yes phases=1 " if switch and len(phases) == 3 else "switch=yes " if switch else ""
    return (
        f"New Line.{name} {first}phases={len(phases)} bus1={one} bus2={other} length=1 units=none "
        f"rmatrix={matrix(series.real)} xmatrix={matrix(series.imag)} cmatrix={matrix(nanofarad)}"
    )


@dataclass(frozen=True)
class Windings:
    """A transformer as a case has it: ``kv`` line to neutral at both buses, ``ohm`` of a phase referred to the second.

    ``connection`` such as ``delta-wye``; ``lead``: the second side leads where the two differ.
    """

    buses: tuple[str, str]
    kv: tuple[float, float]
    connection: str
    lead: bool
    ohm: complex

    @property
    def sides(self) -> tuple[str, str]:
        """Wye or delta at either bus."""
        one, two = self.connection.split("-")
        return one, two

    def unit(self, name: str, phase: str, tap: float, kva: float, more: str = "") -> str:
        """One phase of it as a unit of its own."""
        ends = [at(bus, self.nodes(phase, side)) for side, bus in enumerate(self.buses)]
        kv = [kv * (ROOT3 if side == "delta" else 1.0) for kv, side in zip(self.kv, self.sides, strict=True)]
        return self._command(name, ends, kv, (1, tap), (kva, kva), more)

    def pair(self, name: str, phases: str, tap: float, kva: float, more: str = "") -> str:
        """From delta to delta between two phases: both carry half, at 1 / sqrt 3 of its voltage."""
        ends = [at(bus, phases) for bus in self.buses]
        return self._command(name, ends, [kv * ROOT3 for kv in self.kv], (1, tap), (kva, kva / 2.0), more)

    def bank(self, name: str, phases: str, tap: float, kva: float, more: str = "") -> str:
        """All of its phases as one element, of ``kva`` all together."""
        count, turn = len(phases), ""
        if self.sides[0] != self.sides[1]:
            leads = self.lead if self.kv[1] <= self.kv[0] else not self.lead
            turn = f" leadlag={'lead' if leads else 'lag'}"
        ends, kv = [at(bus, phases) for bus in self.buses], [kv * (ROOT3 if count > 1 else 1.0) for kv in self.kv]
        return self._command(name, ends, kv, (count, tap), (kva, kva / count), turn + more)

    def nodes(self, phase: str, side: int) -> str:
        """Phases that one winding of a unit lies between, or the one that it lies on."""
        return phase + self._partner(phase, side) if self.sides[side] == "delta" else phase

    def _partner(self, phase: str, side: int) -> str:
        """The other phase of a unit's winding in delta.

        Behind a delta-wye, a phase that leads follows the voltage from it to the next one, one that lags from it to the
        last one; behind a wye-delta it is the other way round, since there the turn is that of the far side. Between
        two deltas any one will do.
        """
        ahead = self.lead if side == 0 else not self.lead
        return NEXT[phase] if ahead or self.connection == "delta-delta" else LAST[phase]

    def _command(
        self, name: str, ends: Sequence[str], kv: Sequence[float], size: tuple[int, float],
        kva: tuple[float, float], more: str,
    ) -> str:  # fmt: skip
        """``size``: phases and tap; ``kva``: nameplate, and what falls on one phase of the case."""
        (phases, tap), (nameplate, share) = size, kva
        ohm = self.ohm if abs(self.ohm) >= LEAST_OHM else complex(self.ohm.real, LEAST_OHM)
        percent = 100.0 * ohm * share / (1000.0 * self.kv[1] ** 2 * tap**2)
        half = percent.real / 2.0
        return (
            f"New Transformer.{name} phases={phases} windings=2 buses=({ends[0]} {ends[1]}) "
            f"conns=({self.sides[0]} {self.sides[1]}) kvs=({kv[0]:.12g} {kv[1]:.12g}) "
            f"kvas=({nameplate:.12g} {nameplate:.12g}) taps=(1 {tap:.12g}) {ANY_TAP} %rs=({half:.12g} {half:.12g}) "
            f"xhl={percent.imag:.12g} %noloadloss=0 %imag=0 ppm_antifloat={1e3 * EARTHED_VA / share:.12g}{more}"
        )


def shunt(name: str, place: Place, kvar: float, kv_ln: float) -> str:
    """A capacitor, or a reactor where ``kvar`` is negative; all phases together at nominal voltage."""
    kind = "Capacitor" if kvar > 0.0 else "Reactor"
    return f"New {kind}.{name} {connected(place, kv_ln)} kvar={abs(kvar):.12g}"


def standing(name: str, bus: str, phase: str, power: complex, kv_ln: float) -> str:
    """What a bus takes on a phase all the time, kW + j kvar at nominal voltage: a reactor of that impedance.

    >>> standing("s", "b7", "a", 3 + 4j, 1.0)
    'New Reactor.s bus1=b7.1 phases=1 kv=1 R=120 X=160'
    """
    ohm = 1000.0 * kv_ln**2 / power.conjugate()
    return f"New Reactor.{name} bus1={at(bus, phase)} phases=1 kv={kv_ln:.12g} R={ohm.real:.12g} X={ohm.imag:.12g}"


def load(name: str, place: Place, power: complex, exponents: tuple[float, float], kv_ln: float) -> str:
    """A load of kW + j kvar at nominal voltage, which goes with the voltage to the exponents."""
    model = MODELS.get(exponents, f"model=4 cvrwatts={exponents[0]:.12g} cvrvars={exponents[1]:.12g}")
    what = f"kw={power.real:.12g} kvar={power.imag:.12g} {model} {ANY_VOLTAGE}"
    return f"New Load.{name} {connected(place, kv_ln)} {what}"


def connected(place: Place, kv_ln: float) -> str:
    """Where a device is, and its voltage as the engine wants it: line to line, but of one phase in wye to neutral.

    >>> connected(("b7", "ca", "delta"), 1.0)
    'bus1=b7.3.1 phases=1 conn=delta kv=1.73205080757'
    """
    bus, phases, connection = place
    delta = connection == "delta" and len(phases) > 1
    count = 1 if delta and len(phases) == 2 else len(phases)
    kv = kv_ln * (ROOT3 if delta or len(phases) > 1 else 1.0)
    return f"bus1={at(bus, phases)} phases={count} conn={'delta' if delta else 'wye'} kv={kv:.12g}"


def source(name: str, bus: str, phases: str, pu: float, kv_ln: float) -> str:
    """What holds the voltage of one phase, or of all three, without an impedance of its own to speak of."""
    ideal = 1e-7 * kv_ln**2
    kv = kv_ln * (ROOT3 if len(phases) == 3 else 1.0)
    return (
        f"{name} bus1={at(bus, phases)} phases={len(phases)} basekv={kv:.12g} pu={pu:.12g} angle={ANGLE[phases[0]]:g} "
        f"r1=0 x1={ideal:.6g} r0=0 x0={ideal:.6g}"
    )
