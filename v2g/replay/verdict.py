"""What the audit says: one line a check, and the numbers it recomputed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

BEYOND = 1e300
"""Stands for an infinite violation, so that a verdict is plain JSON."""


@dataclass(frozen=True)
class Check:
    """One check at the thing and time where it is worst.

    ``violation`` is in ``unit`` and never negative; ``limit`` is the violation still allowed there,
    the audit's tolerance times ``scale``. ``where`` is empty if nothing is violated at all.
    """

    name: str
    violation: float
    unit: str
    where: str
    limit: float
    scale: float = 1.0

    @property
    def ok(self) -> bool:
        """Whether the violation is within its limit."""
        return self.violation <= self.limit

    @property
    def scaled(self) -> float:
        """Violation over scale: comparable with the tolerance, whatever the magnitude."""
        return self.violation / self.scale

    def __str__(self) -> str:
        text = f"{'ok  ' if self.ok else 'FAIL'} {self.name}: {self.violation:.3g} {self.unit}".rstrip()
        return f"{text} at {self.where}" if self.where else text

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, ready for JSON."""
        return {
            "name": self.name, "ok": self.ok, "violation": self.violation, "unit": self.unit,
            "where": self.where, "limit": self.limit,
        }  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """The outcome of an audit, with everything it recomputed from the two sets of tables.

    ``max_violation`` is the largest scaled violation, so ``ok`` says that it is within
    ``tolerance``. ``served`` and ``critical_hours`` are by tier, ``bound`` is the most that the
    energy in the case could serve by tier (see :mod:`v2g.replay.energy_bound`).
    """

    ok: bool
    max_violation: float
    tolerance: float
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    served: dict[int, dict[str, float]]
    critical_hours: dict[int, dict[str, float]]
    energy_kwh: dict[str, float]
    reserve_shortfall_kwh: float
    bound: dict[int, float] = field(default_factory=dict)
    survival_h: dict[int, float] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks beyond their limit, worst first."""
        return tuple(sorted((c for c in self.checks if not c.ok), key=lambda c: -c.scaled))

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, ready for JSON; tiers become text."""
        return {
            "ok": self.ok,
            "max_violation": self.max_violation,
            "tolerance": self.tolerance,
            "checks": [check.to_dict() for check in self.checks],
            "notes": list(self.notes),
            "served": {str(tier): dict(row) for tier, row in self.served.items()},
            "critical_hours": {str(tier): dict(row) for tier, row in self.critical_hours.items()},
            "energy_kwh": dict(self.energy_kwh),
            "reserve_shortfall_kwh": self.reserve_shortfall_kwh,
            "bound": {str(tier): value for tier, value in self.bound.items()},
            "survival_h": {str(tier): value for tier, value in self.survival_h.items()},
        }


def allowance(magnitude: Array | float, terms: Array | float = 1.0) -> Array:
    """Scale of the tolerance: 1 up to a magnitude of 100, then in proportion.

    ``terms`` is for a value recomputed by summing that many rows of the plan, each of which may
    carry one tolerance of its own.
    """
    return np.maximum(np.maximum(1.0, np.abs(magnitude) / 100.0), terms)


def worst(
    name: str, unit: str, excess: Array, place: Callable[[tuple[int, ...]], str], tolerance: float,
    scale: Array | float = 1.0,
) -> Check:  # fmt: skip
    """The check at the entry of ``excess`` that is largest for its scale; ``place`` puts its position in words.

    A negative excess is slack and counts as zero; one that is not a number counts as ``BEYOND``.
    """
    over = np.minimum(np.where(np.isnan(excess), BEYOND, np.maximum(excess, 0.0)), BEYOND)
    scales = np.broadcast_to(np.asarray(scale, dtype=float), over.shape)
    if not over.size:
        return Check(name, 0.0, unit, "", tolerance)
    position = np.unravel_index(int(np.argmax(over / scales)), over.shape)
    at = tuple(int(i) for i in position)
    value, factor = float(over[at]), float(scales[at])
    return Check(name, value, unit, place(at) if value > 0 else "", tolerance * factor, factor)


def merge(name: str, checks: list[Check]) -> Check:
    """The worst of several parts of one check, under one name; where names the part."""
    top = max(checks, key=lambda c: c.scaled)
    where = f"{top.where} ({top.name})" if top.where else ""
    return Check(name, top.violation, top.unit, where, top.limit, top.scale)
