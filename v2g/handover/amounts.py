"""Energy and power for people: rounded, and never to the wrong side."""

from __future__ import annotations

import math

NEARLY = 1e-6
"""Rounding in kWh that is not told to anybody."""
TENTH = 0.1
"""Percent that are within the reading of a dashboard."""


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


def told_down(amount: float) -> str:
    """The same, rounded down: what may be taken at most. Finer, as a whole kWh less would be much.

    >>> told_down(7.164), told_down(10.74), told_down(0.264), told_down(5.0 - 1e-9), told_down(123.46)
    ('7.16', '10.74', '0.264', '5', '123.4')
    """
    digits = 3 if abs(amount) < 1.0 - NEARLY else 2 if abs(amount) < 100.0 - NEARLY else 1
    text = f"{math.floor((amount + NEARLY) * 10.0**digits) / 10.0**digits:,.{digits}f}"
    return text.rstrip("0").removesuffix(".")


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


def percent_up(needed: float, whole: float, have: float) -> str:
    """Percent of a whole that are needed, rounded up; with one decimal where there is enough, but not for a whole one.

    >>> percent_up(4.92, 38, 16.1), percent_up(4.92, 38, 4.92), percent_up(19, 38, 19), percent_up(4.92, 38, 4.8)
    ('13', '13', '50', '13')
    >>> percent_up(9.7, 72.6, 9.7)
    '13.4'
    """
    unit = 10.0 if _tight(needed, whole, have) else 1.0
    return f"{_ceil(unit * 100.0 * needed / whole) / unit:g}"


def percent_beside(part: float, needed: float, whole: float) -> str:
    """Percent of a whole, never less than what is needed where there is enough.

    >>> percent_beside(4.92, 4.92, 38), percent_beside(16.1, 0, 38), percent_beside(4.8, 4.92, 38)
    ('13', '42', '12')
    >>> percent_beside(9.7, 9.7, 72.6)
    '13.4'
    """
    if part < needed - NEARLY:
        return str(math.floor(100.0 * (part + NEARLY) / whole))
    least = float(percent_up(needed, whole, part))
    return f"{max(round(100.0 * part / whole, int(_tight(needed, whole, part))), least):g}"


def _tight(needed: float, whole: float, have: float) -> bool:
    """Whether a whole percent more would be told than there is, though there is enough."""
    return have >= needed - NEARLY and _ceil(100.0 * needed / whole) > 100.0 * have / whole + TENTH


def _ceil(amount: float) -> int:
    return math.ceil(amount - NEARLY) if amount > NEARLY else 0
