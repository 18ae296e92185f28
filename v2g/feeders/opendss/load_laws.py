"""How power of the engine's loads goes with voltage: by their model within a range, as an impedance beyond it.

Below ``vminpu`` the current falls in a straight line to that of an impedance at ``vlowpu``; above ``vmaxpu`` the
impedance that the model has there stays. Voltages are relative to the load's rated one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

Record = dict[str, Any]
EXPONENTS = {1: (0.0, 0.0), 2: (2.0, 2.0), 3: (0.0, 2.0), 5: (1.0, 1.0), 6: (0.0, 0.0), 7: (0.0, 2.0)}
"""Exponents of kW and kvar by the engine's number of a load model; 4 (CVR) and 8 (ZIP) have their own."""
IMPEDANCE, CVR, CURRENT, ZIP = 2, 4, 5, 8
HELD = (6, 7)
"""Models of which kW and kvar are those of two impedances outside of the range."""


class At(NamedTuple):
    """Power at a voltage over that at the rated one, and the exponents by which it goes on from there."""

    kw: float
    kvar: float
    kw_exponent: float
    kvar_exponent: float


def at_voltage(record: Record, voltage: float) -> At:
    """Power and exponents at ``voltage``, relative to the rated one; the load is of a model that is known.

    >>> load = {"model": 1, "vminpu": 0.95, "vmaxpu": 1.05, "vlowpu": 0.5}
    >>> tuple(at_voltage(load, 1.02)), tuple(at_voltage(load, 2.1))
    ((1.0, 1.0, 0.0, 0.0), (4.0, 4.0, 2.0, 2.0))
    """
    if is_within(record, voltage):
        kw, kvar = _by_model(record, voltage)
        return At(kw, kvar, *exponents(record, voltage))
    edge = record["vmaxpu"] if voltage > record["vmaxpu"] else record["vminpu"]
    kw, kvar = _edge(record, edge)
    if record["model"] in HELD:
        return At(voltage**2 if voltage <= record["vlowpu"] else (voltage / edge) ** 2, voltage**2, 2.0, 2.0)
    if voltage > edge:
        return At(kw * (voltage / edge) ** 2, kvar * (voltage / edge) ** 2, 2.0, 2.0)
    if record["model"] == ZIP and voltage > record["vlowpu"]:
        kw, kvar = (_falling_mix(record, parts, voltage) for parts in (record["zipv"][:3], record["zipv"][3:6]))
        return At(kw, kvar, 2.0, 2.0)
    return At(_falling(record, kw, voltage), _falling(record, kvar, voltage), 2.0, 2.0)


def is_within(record: Record, voltage: float) -> bool:
    """Whether a load follows its own model at a voltage; one of constant impedance does everywhere."""
    return bool(record["model"] == IMPEDANCE or record["vminpu"] <= voltage <= record["vmaxpu"])


def exponents(record: Record, voltage: float = 1.0) -> tuple[float, float]:
    """Exponents of kW and kvar within the range."""
    model = record["model"]
    if model == CVR:
        return record["cvrwatts"], record["cvrvars"]
    if model == ZIP:
        z, i, p, zq, iq, pq, *_ = record["zipv"]
        return _slope(z, i, p, voltage), _slope(zq, iq, pq, voltage)
    return EXPONENTS[model]


def _slope(z: float, i: float, p: float, voltage: float) -> float:
    """The one exponent that has the value and the slope of a mix at a voltage."""
    value = _mixed(z, i, p, voltage)
    return (2.0 * z * voltage**2 + i * voltage) / value if value else 0.0


def _mixed(z: float, i: float, p: float, voltage: float) -> float:
    return z * voltage**2 + i * voltage + p


def _by_model(record: Record, voltage: float) -> tuple[float, float]:
    if record["model"] == ZIP:
        z, i, p, zq, iq, pq, *_ = record["zipv"]
        return _mixed(z, i, p, voltage), _mixed(zq, iq, pq, voltage)
    kw, kvar = exponents(record)
    return voltage**kw, voltage**kvar


def _edge(record: Record, voltage: float) -> tuple[float, float]:
    """Power that the engine starts from at an end of the range: only currents and mixes follow their model there."""
    return _by_model(record, voltage) if record["model"] in (CURRENT, ZIP) else (1.0, 1.0)


def _falling_mix(record: Record, parts: Sequence[float], voltage: float) -> float:
    """The same for a mix, part by part."""
    least = record["vminpu"]
    edges = (least**2, least, 1.0)
    return sum(part * _falling(record, edge, voltage) for part, edge in zip(parts, edges, strict=True))


def _falling(record: Record, edge: float, voltage: float) -> float:
    """Power below the range, from the current at its lower end to that of an impedance."""
    low, least = record["vlowpu"], record["vminpu"]
    if voltage <= low or least <= low:
        return voltage**2
    current = low + (edge / least - low) * (voltage - low) / (least - low)
    return voltage * float(current)
