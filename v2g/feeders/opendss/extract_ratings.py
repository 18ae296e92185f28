"""Ratings that somebody states, and what elements carry or stand at in the solved circuit (the side of the child).

The engine answers with a rating where nothing was said of one, so it is asked what was said. In emergencies it allows
one and a half times the normal rating where no other number is given: that says nothing either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

Record = dict[str, Any]
GIVEN = 128
"""Only the properties that were set."""
DEFAULT_AMPS = 400.0
"""What the engine answers where nothing was said of a line's rating."""
RATINGS = ("normamps", "emergamps")
WIRES = ("wiredata", "cndata", "tsdata")


def rate_lines(engine: Any, lines: Sequence[Record], commands: Sequence[str]) -> None:
    """Give each line its normal rating ``amps`` and its ``emergency`` rating, None where nobody stated one."""
    normal, emergency = (_said(engine, commands, word) for word in RATINGS)
    for line in lines:
        values = [line.pop(word, None) for word in RATINGS]
        made_of = tuple(line.pop(key, None) for key in ("linecode", "geometry", "spacing"))
        name = line.get("name", "")
        line["amps"] = _stated(values[0], name, made_of, normal, DEFAULT_AMPS)
        line["emergency"] = _stated(values[1], name, made_of, emergency)


def emergency_kva(engine: Any) -> dict[str, float]:
    """Emergency ratings of transformers, where they are stated; the class has to be active."""
    return {row["Name"].lower(): row["emerghkva"] for row in _given(engine) if "emerghkva" in row}


def carried(element: Any, phases: int) -> list[float]:
    """The largest current of a phase at each end, in A."""
    conductors, sizes = element.NumConductors(), list(element.CurrentsMagAng())[0::2]
    starts = range(0, len(sizes), conductors)
    return [max(sizes[start : start + min(phases, conductors)], default=0.0) for start in starts]


def across(element: Any, delta: bool) -> list[float]:
    """Voltage in kV across each branch of a load."""
    parts = list(element.Voltages())
    volts = [complex(*pair) / 1e3 for pair in zip(parts[0::2], parts[1::2], strict=True)]
    phases = element.NumPhases()
    if delta or phases == 1:
        return [abs(volts[n] - volts[(n + 1) % len(volts)]) for n in range(phases)]
    neutral = volts[phases] if len(volts) > phases else 0j
    return [abs(volts[n] - neutral) for n in range(phases)]


def _given(engine: Any) -> list[Record]:
    rows: list[Record] = json.loads(engine.ActiveClass.ToJSON(GIVEN))
    return rows


def _said(engine: Any, commands: Sequence[str], word: str) -> dict[str, set[str]]:
    """Names of lines, line codes, geometries and wires that state a rating."""
    stated = re.compile(rf"\bline\.([^\s\"'=]+).*\b{word}\s*=", re.IGNORECASE)
    found = {"line": {match[1].lower() for text in commands if word in text.lower() and (match := stated.search(text))}}
    for name in ("linecode", "linegeometry", *WIRES):
        engine.Circuit.SetActiveClass(name)
        found[name] = {row["Name"].lower() for row in _given(engine) if word in row}
    return found


def _stated(
    amps: float | None,
    name: str,
    made_of: tuple[Any, Any, Any],
    said: dict[str, set[str]],
    default: float | None = None,
) -> float | None:
    """A rating, or None where nobody stated it; without a ``default``, a value alone does not tell.

    >>> said = {"line": set(), "linecode": {"lc"}, "linegeometry": set(), "wiredata": set()}
    >>> _stated(400.0, "l", ("lc", None, None), said, 400.0)
    400.0
    >>> _stated(400.0, "l", ("other", None, None), said, 400.0) is None
    True
    >>> _stated(300.0, "l", (None, None, None), said, 400.0), _stated(300.0, "l", (None, None, None), said)
    (300.0, None)
    """
    code, geometry, spacing = made_of
    if amps is None or amps <= 0.0:
        return None
    by_wires = (geometry is not None or spacing is not None) and any(said.get(kind) for kind in WIRES)
    by_parts = _in(code, said["linecode"]) or _in(geometry, said["linegeometry"]) or name in said["line"]
    if by_parts or (by_wires if default is None else spacing is not None):
        return float(amps)
    return float(amps) if default is not None and amps != default else None


def _in(name: str | None, names: set[str]) -> bool:
    return name is not None and name.lower() in names
