"""An answer to "why not", and the words for causes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from v2g.remedies import Remedy

Cause = Literal[
    "demand", "dead", "path", "socket", "below", "gated", "site", "line", "voltage", "power", "energy", "orders",
    "reserve", "trip", "binding",
]  # fmt: skip
NOUNS: dict[Cause, str] = {
    "demand": "a time at which it asks for nothing",
    "dead": "a dead bus",
    "path": "no way that leads there",
    "socket": "no socket large enough",
    "below": "cars below what their drivers need",
    "gated": "an engine that stands still",
    "site": "a limit of its site",
    "line": "line limits",
    "voltage": "voltage limits",
    "power": "lack of power",
    "energy": "lack of energy",
}
"""What can be in the way of a load in an interval, in words."""
NAMED = 4


@dataclass(frozen=True)
class Reason:
    """One answer to "why not".

    ``subject`` says what ``name`` names: a load, a vehicle or a limit. ``hours_missed`` counts hours
    at full power. ``what`` and ``why`` are the answer in words, ``details`` the numbers behind it,
    ``remedy`` what would help a load, where that was asked for.
    """

    subject: Literal["load", "vehicle", "limit"]
    name: str
    tier: int | None
    hours_missed: float
    cause: Cause
    what: str
    why: str
    details: Mapping[str, Any] = field(default_factory=dict)
    remedy: Remedy | None = None

    @property
    def text(self) -> str:
        """The whole answer in words."""
        return f"{self.what} {self.why}".rstrip() + ("" if self.remedy is None else f" {self.remedy.text}")

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, ready for JSON."""
        return {
            "subject": self.subject, "name": self.name, "tier": self.tier, "hours_missed": self.hours_missed,
            "cause": self.cause, "what": self.what, "why": self.why, "details": dict(self.details),
            "remedy": None if self.remedy is None else self.remedy.to_dict(),
        }  # fmt: skip


def by_count(names: Iterable[str]) -> list[str]:
    """Names, the most frequent first."""
    count: dict[str, int] = {}
    for name in names:
        count[name] = count.get(name, 0) + 1
    return sorted(count, key=lambda name: -count[name])


def some(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
