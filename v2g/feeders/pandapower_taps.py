"""Taps of pandapower transformers, and which of them move under load."""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import cos, prod, radians, sin
from typing import Any

from v2g.feeders.balanced import Record
from v2g.feeders.network import TapRange

CHANGERS = ("tap", "tap2")
"""A transformer has up to two tap changers; controllers move the first."""
MOVING = "TapControl"
"""What the names of classes end on that move taps, such as ``DiscreteTapControl``."""


def ratio(record: Record, side: str) -> float:
    """Voltage of a winding with its taps, over its nominal one."""
    return prod(_at(record, tap, record.known(f"{tap}_pos")) for tap in _changers(record, side))


def tap_range(record: Record, side: str) -> TapRange | None:
    """Where the first changer of a winding can stand; None where it is on the other side, or its ends are not known."""
    own = _changers(record, side)
    low, high = record.known("tap_min"), record.known("tap_max")
    if "tap" not in own or low is None or high is None or low >= high or not _turns(record, "tap"):
        return None
    rest = prod(_at(record, tap, record.known(f"{tap}_pos")) for tap in own if tap != "tap")
    ends = sorted(rest * _at(record, "tap", end) for end in (low, high))
    return TapRange(ends[0], ends[1], round(high - low)) if ends[0] < ends[1] else None


def _changers(record: Record, side: str) -> list[str]:
    return [tap for tap in CHANGERS if record.text(f"{tap}_side").lower() == side]


def _turns(record: Record, tap: str) -> bool:
    """Whether a changer moves the voltage: others shift its angle alone."""
    ideal = record.text(f"{tap}_changer_type").lower() == "ideal" or record.flag(f"{tap}_phase_shifter", False)
    tabled = record.flag("tap_dependency_table", False)
    return not ideal and not tabled and bool(record.number(f"{tap}_step_percent", 0.0))


def _at(record: Record, tap: str, position: float | None) -> float:
    ideal = record.text(f"{tap}_changer_type").lower() == "ideal" or record.flag(f"{tap}_phase_shifter", False)
    if ideal or position is None:
        return 1.0
    part = (position - record.number(f"{tap}_neutral", 0.0)) * record.number(f"{tap}_step_percent", 0.0) / 100.0
    angle = radians(record.number(f"{tap}_step_degree", 0.0))
    return abs(complex(1.0 + part * cos(angle), part * sin(angle)))


def moved(controllers: Iterable[Record]) -> tuple[set[str], int]:
    """Transformers, by their index, whose tap a controller moves, and how many other controllers there are."""
    found: set[str] = set()
    others = 0
    for record in controllers:
        kind, parts = _opened(record.cells.get("object"))
        keys = _indices(parts.get("element_index", parts.get("tid")))
        if kind.endswith(MOVING) and parts.get("element", parts.get("trafotable")) == "trafo" and keys:
            found |= keys if record.flag("in_service", True) else set()
        else:
            others += 1
    return found, others


def _opened(cell: object) -> tuple[str, dict[str, Any]]:
    """Name of the class and attributes of a controller, as JSON has it or as it is in memory."""
    if not isinstance(cell, dict):
        return type(cell).__name__, dict(getattr(cell, "__dict__", {}))
    written = cell.get("_object")
    try:
        parts = json.loads(written) if isinstance(written, str) else written
    except (ValueError, RecursionError):
        parts = None
    return str(cell.get("_class", "")), parts if isinstance(parts, dict) else {}


def _indices(written: object) -> set[str]:
    """Rows that a controller names, one or a list of them.

    >>> sorted(_indices([3, {"_object": 4}])), _indices(None)
    (['3', '4'], set())
    """
    many = written if isinstance(written, list | tuple) else [written]
    plain = [one.get("_object") if isinstance(one, dict) else one for one in many]
    return {str(int(one)) for one in plain if hasattr(one, "__index__")}
