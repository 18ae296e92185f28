"""Energy and power for people: rounded, and never to the wrong side."""

from __future__ import annotations

import math

NEARLY = 1e-6
"""Rounding in kWh that is not told to anybody."""


def places(amount: float) -> int:
    """Places behind the point: one below ten, none from ten on."""
    return 1 if abs(amount) < 9.95 else 0


def told(amount: float) -> str:
    """An amount in kW or kWh.

    >>> told(4.92), told(9.96), told(1234.5), told(0.04), told(0.0)
    ('4.9', '10', '1,234', '0.04', '0')
    """
    if 0.0 < abs(amount) < 0.095:
        return f"{amount:.2f}"
    text = f"{amount:,.{places(amount)}f}"
    return "0" if text in ("0.0", "-0.0") else text.removesuffix(".0")


def told_up(amount: float) -> str:
    """The same, rounded up: what is needed.

    >>> told_up(4.92), told_up(10.01), told_up(54.0000001)
    ('5', '11', '54')
    """
    unit = 10.0 ** places(amount)
    return told(math.ceil((amount - NEARLY) * unit) / unit)


def told_beside(amount: float, needed: float) -> str:
    """The same beside what is needed: where there is enough it is never told as less than that.

    >>> told_beside(4.92, 4.92), told_beside(10.4, 10.2), told_beside(4.8, 4.92)
    ('5', '11', '4.8')
    """
    if amount < needed - NEARLY:
        unit = 10.0 ** places(amount)
        return told(math.floor((amount + NEARLY) * unit) / unit)
    rounded_need = float(told_up(needed).replace(",", ""))
    return told(max(amount, rounded_need))


def percent_up(part: float, whole: float) -> int:
    """Percent of a whole, rounded up.

    >>> percent_up(4.92, 38), percent_up(19, 38)
    (13, 50)
    """
    return math.ceil(100.0 * (part - NEARLY) / whole) if part > NEARLY else 0


def percent_beside(part: float, needed: float, whole: float) -> int:
    """Percent of a whole, never less than what is needed where there is enough.

    >>> percent_beside(4.92, 4.92, 38), percent_beside(16.1, 0, 38), percent_beside(4.8, 4.92, 38)
    (13, 42, 12)
    """
    if part < needed - NEARLY:
        return math.floor(100.0 * (part + NEARLY) / whole)
    return max(round(100.0 * part / whole), percent_up(needed, whole))
