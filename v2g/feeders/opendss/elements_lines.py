"""Lines, cables, switches, and what stands in series like them: reactors and capacitors between two buses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isclose, pi

import numpy as np

from v2g.feeders.network import Line, Matrix, Weight
from v2g.feeders.opendss.elements import GROUND, NEUTRAL, Reading, Record, is_plain
from v2g.feeders.opendss.elements_loading import line_amps
from v2g.feeders.opendss.elements_trips import tripped, with_cause
from v2g.feeders.opendss.extract_ratings import DEFAULT_AMPS

SAME_KV = 1e-3
"""Relative difference of nominal voltages that is only rounding."""


@dataclass(frozen=True)
class Conductors:
    """Letters of each conductor at both ends, and matrices of the whole length in their order."""

    one: tuple[str, ...]
    other: tuple[str, ...]
    r_ohm: Matrix
    x_ohm: Matrix
    b_us: Matrix

    def only(self, kept: list[int]) -> Conductors:
        """The others carry no current."""
        pick = np.ix_(kept, kept)
        one, other = (tuple(ends[n] for n in kept) for ends in (self.one, self.other))
        return Conductors(one, other, self.r_ohm[pick], self.x_ohm[pick], self.b_us[pick])

    def reduced(self) -> Conductors:
        """Without neutrals, both ends of which are grounded (Kron 1939)."""
        kept = [
            n for n, ends in enumerate(zip(self.one, self.other, strict=True)) if not set(ends) <= {GROUND, NEUTRAL}
        ]
        gone = [n for n in range(len(self.one)) if n not in kept]
        if not gone:
            return self
        z = self.r_ohm + 1j * self.x_ohm
        less = z[np.ix_(kept, gone)] @ np.linalg.solve(z[np.ix_(gone, gone)], z[np.ix_(gone, kept)])
        own = self.only(kept)
        return replace(own, r_ohm=own.r_ohm - less.real, x_ohm=own.x_ohm - less.imag)


def lines(reading: Reading) -> Iterator[Line]:
    """Lines in the order of the file."""
    for record in reading.enabled("line"):
        line = _made(reading, "line", record, _of_line(reading, record), line_amps(reading, record))
        if line is not None:
            yield with_cause(reading, "line", replace(line, switch=bool(record["switch"])))


def ties(reading: Reading) -> Iterator[Line]:
    """Lines that are switched off between two buses that are there, of one voltage: a planner may close them."""
    there = {bus["name"]: {reading.letter(bus["name"], n) for n in bus["nodes"]} for bus in reading.raw["buses"]}
    for record in reading.raw["elements"].get("line", ()):
        if record["enabled"]:
            continue
        one, other = record["terminals"]
        wanted = [{reading.letter(end["bus"], n) for n in end["nodes"]} for end in (one, other)]
        known = [letters <= there.get(end["bus"], set()) for end, letters in zip((one, other), wanted, strict=True)]
        if not all(known) or one["bus"] == other["bus"] or not _alike(reading, one["bus"], other["bus"]):
            continue
        line = _made(reading, "line", record, _of_line(reading, record), record["amps"])
        if line is not None:
            text = f"line {line.name} is not enabled: it stands open between {line.from_bus} and {line.to_bus}"
            reading.note(Weight.CHANGED, text, "line", line.name)
            yield replace(line, closed=False, switch=bool(record["switch"]))


def _alike(reading: Reading, one: str, other: str) -> bool:
    return isclose(reading.kv[one], reading.kv[other], rel_tol=SAME_KV)


def series_reactors(reading: Reading) -> Iterator[Line]:
    """Reactors between two buses."""
    for record in reading.enabled("reactor"):
        if is_series(record):
            rating = None if record["amps"] == DEFAULT_AMPS else record["amps"]
            line = _made(reading, "reactor", record, _by_admittance(reading, record, _no_shunt(record)), rating)
            if line is not None:
                yield line


def series_capacitors(reading: Reading) -> Iterator[Line]:
    """Capacitors between two buses: a negative reactance."""
    for record in reading.enabled("capacitor"):
        if is_series(record):
            none = _no_shunt(record)
            closed = any(state > 0 for state in record["states"])
            whole = _by_admittance(reading, record, none) if closed else _ended(reading, record, none, none, none)
            line = _made(reading, "capacitor", record, whole, None)
            if line is not None:
                yield line if closed else replace(line, closed=False)


def is_series(record: Record) -> bool:
    """Whether a device has a second end that is not the ground."""
    return len(record["terminals"]) == 2 and any(record["terminals"][1]["nodes"])


def _of_line(reading: Reading, record: Record) -> Conductors:
    b = np.array(record["cmatrix"]) * record["length"] * 2e-3 * pi * reading.raw["frequency"]
    if "y" in record and not any(terminal["open"] for terminal in record["terminals"]):
        return _by_admittance(reading, record, b)
    r, x = (np.array(record[key]) * record["length"] for key in ("rmatrix", "xmatrix"))
    return _ended(reading, record, r, x * reading.raw["frequency"] / record["basefreq"], b)


def _by_admittance(reading: Reading, record: Record, b: Matrix) -> Conductors:
    """Impedance between the two ends, from the engine's matrix of both."""
    y = np.array(record["y"][0]) + 1j * np.array(record["y"][1])
    half = len(y) // 2
    z = np.linalg.inv(-y[:half, half:])
    return _ended(reading, record, z.real.astype(np.float64), z.imag.astype(np.float64), b)


def _no_shunt(record: Record) -> Matrix:
    return np.zeros((record["phases"], record["phases"]))


def _ended(reading: Reading, record: Record, r: Matrix, x: Matrix, b: Matrix) -> Conductors:
    one, other = (tuple(reading.letter(end["bus"], n) for n in end["nodes"]) for end in record["terminals"])
    return Conductors(one, other, r, x, b)


def _made(reading: Reading, kind: str, record: Record, whole: Conductors, rating_a: float | None) -> Line | None:
    """A line, or None with a note of what is lost."""
    name, (start, end) = record["name"], record["terminals"]
    shut = [
        n for n in range(len(whole.one)) if not any(terminal["open"][n : n + 1] == [True] for terminal in (start, end))
    ]
    if shut and len(shut) < len(whole.one):
        cause = f" (opened by {device})" if (device := tripped(reading, kind, name)) else ""
        reading.note(Weight.CHANGED, f"{kind} {name}: it is open on some phases, which it loses{cause}", kind, name)
        whole = whole.only(shut)
    live = whole.reduced()
    if len(live.one) < len(whole.one):
        reading.gather(Weight.CHANGED, f"{kind}s whose neutral is taken as grounded at both ends (Kron)", kind, name)
    if not (is_plain(live.one) and is_plain(live.other)):
        text = f"{kind} {name}: a conductor of it ends on the ground, or two on one phase"
        reading.note(Weight.LOST, text, kind, name)
        return None
    phases, ends = "".join(live.one), "".join(live.other)
    return Line(
        name,
        start["bus"],
        end["bus"],
        phases,
        live.r_ohm,
        live.x_ohm,
        live.b_us,
        rating_a,
        closed=bool(shut),
        to_phases="" if ends == phases else ends,
        origin=reading.origin(kind, name),
    )
