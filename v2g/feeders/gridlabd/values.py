"""Numbers, complex numbers and units as a model writes them."""

from __future__ import annotations

import re
from cmath import exp
from math import radians

UNSIGNED = r"(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?"
FLOAT = rf"[+-]?{UNSIGNED}"
REAL = re.compile(rf"({FLOAT})\s*([A-Za-z][\w/.*^]*)?\Z")
COMPLEX = re.compile(rf"({FLOAT})\s*([+-]\s*{UNSIGNED})\s*([ijdr])\s*([A-Za-z][\w/.*^]*)?\Z")
IMAGINARY = re.compile(rf"({FLOAT})\s*[ij]\s*([A-Za-z][\w/.*^]*)?\Z")

MOST = 1e15
"""No figure of a feeder is larger."""
FOOT, MILE = 0.3048, 1609.344
UNITS = {
    "w": 1.0, "kw": 1e3, "mw": 1e6, "va": 1.0, "kva": 1e3, "mva": 1e6, "var": 1.0, "kvar": 1e3, "mvar": 1e6,
    "v": 1.0, "kv": 1e3, "a": 1.0, "ka": 1e3, "ohm": 1.0, "pu": 1.0, "%": 0.01, "deg": 1.0,
    "m": 1.0, "km": 1e3, "cm": 0.01, "mm": 1e-3, "ft": FOOT, "in": FOOT / 12.0, "yd": 3.0 * FOOT,
    "mile": MILE, "mi": MILE, "kft": 1e3 * FOOT,
    "ohm/mile": 1.0 / MILE, "ohm/mi": 1.0 / MILE, "ohm/km": 1e-3, "ohm/m": 1.0, "ohm/ft": 1.0 / FOOT,
    "ohm/kft": 1e-3 / FOOT,
}  # fmt: skip
"""In W, var, V, A, ohm and m; in lower case, which keeps them apart here."""


def number(text: str, unit: str) -> float | None:
    """A real number in the units of ``UNITS``, ``unit`` being that of a bare one; None where it is not one.

    >>> number("2 ft", "in"), number("12470.000 V", "v"), number("0.4 MVAr", "var"), number("a*3", "w")
    (0.6096, 12470.0, 400000.0, None)
    """
    match = REAL.match(text.strip())
    return None if match is None else _scaled(float(match[1]), match[2], unit)


def _scaled(value: float, given: str | None, unit: str) -> float | None:
    factor = UNITS.get((given or unit).lower())
    return None if factor is None or not abs(value) <= MOST else value * factor


def pair(text: str, unit: str) -> complex | None:
    """A complex number; a second part of ``d`` is an angle in degrees, of ``r`` one in radians.

    >>> pair("1.5-2j kW", "w"), pair("7", "w"), pair("3i", "w")
    ((1500-2000j), (7+0j), 3j)
    >>> z = pair("2401.7771-120.0d", "v"); round(z.real, 1), round(z.imag, 1)
    (-1200.9, -2080.0)
    """
    found = _complex(text.strip(), unit)
    return None if found is None or not max(abs(found.real), abs(found.imag)) <= MOST else found


def _complex(text: str, unit: str) -> complex | None:
    match = COMPLEX.match(text)
    if match:
        one, other = float(match[1]), float(match[2].replace(" ", ""))
        scale = _scaled(1.0, match[4], unit)
        if scale is None or not abs(other) <= MOST:
            return None
        if match[3] in "ij":
            return complex(one, other) * scale
        return one * exp(1j * (radians(other) if match[3] == "d" else other)) * scale
    match = IMAGINARY.match(text)
    if match:
        part = _scaled(float(match[1]), match[2], unit)
        return None if part is None else complex(0.0, part)
    real = number(text, unit)
    return None if real is None else complex(real)
