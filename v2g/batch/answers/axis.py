"""The axes of a finished study: what their values are, and what one of them is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["number", "time", "word"]
STARTS = ("outage_start", "start", "start_utc")
NOUNS: Mapping[str, tuple[str, str]] = {
    "fleet_size": ("vehicle", "vehicles"),
    "vehicles": ("vehicle", "vehicles"),
    "chargers": ("charger", "chargers"),
    "damage": ("line", "lines"),
    "outage_h": ("h", "h"),
    "outage": ("h", "h"),
    "after": ("h", "h"),
    "guarantee_h": ("h", "h"),
    "carry_h": ("h", "h"),
}
"""What one and several units of a change, of an option of `populate` or of a key of a header are called."""
MORE_IS_BETTER = ("fleet_size", "vehicles", "v2g_share", "chargers", "start_energy", "sun")
MORE_IS_WORSE = ("outage_h", "outage", "no_show", "reserve", "damage", "trips", "guarantee_h")
"""What an axis changes (of the weather: what of it), by whether more of it helps."""
COUNTS = ("draws", "scenarios", "failed", "not_run", "others")
"""Columns of all tables, that an axis may be called like."""
UNITLESS = ("times", "share", "power")
"""Ways to change things by a share or a factor."""
SUFFIXES = {"kwh": "kWh", "kw": "kW", "h": "h", "km": "km", "l": "L", "kvar": "kvar", "kva": "kVA", "min": "min"}


@dataclass(frozen=True)
class Axis:
    """One axis. ``drawn``: in a grid, each seed has one value of it, so that it is part of what is random."""

    name: str
    change: str
    kind: Kind
    drawn: bool = False
    keys: Mapping[str, Any] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """What it changes, in one word: the change, or the option, key or column that it is about."""
        words = {"populate": "option", "header": "key", "cell": "column"}
        return str(self.keys.get(words.get(self.change, ""), self.change))

    @property
    def is_start(self) -> bool:
        """Whether it is the start of the outage."""
        return self.kind == "time" and self.subject in STARTS

    @property
    def worse(self) -> bool | None:
        """Whether more of it makes an outage harder to bear; None where that is not known beforehand."""
        about = str(self.keys.get("what", self.subject))
        return True if about in MORE_IS_WORSE else False if about in MORE_IS_BETTER else None

    @property
    def nouns(self) -> tuple[str, str]:
        """One and several of its units; blank where its values have none (shares, factors) or it is not known."""
        how = str(self.keys.get("how", ""))
        if how in UNITLESS:
            return "", ""
        known = NOUNS.get(self.subject)
        if known is None or how in SUFFIXES:
            unit = SUFFIXES.get(how or self.subject.rsplit("_", 1)[-1].lower(), "")
            known = unit, unit
        return known

    @property
    def per(self) -> str:
        """For one more of what; blank where its values have no unit (shares, factors) or it is not known."""
        return "hour" if self.nouns[0] == "h" else self.nouns[0]

    @property
    def column(self) -> str:
        """Name of its column, with its unit."""
        unit = "utc" if self.kind == "time" else self.nouns[1].replace(" ", "_")
        if self.name in COUNTS:
            return f"{self.name}_of_axis"
        return self.name if not unit or self.name.lower().endswith(unit.lower()) else f"{self.name}_{unit}"

    @property
    def label(self) -> str:
        """For a figure."""
        unit = "UTC" if self.kind == "time" else self.nouns[1]
        return f"{self.name}, {unit}" if unit else self.name

    def shown(self, value: Any) -> str:
        """A value with its name: ``fleet = 8 vehicles``."""
        return f"{self.name} = {plain(value)}{self.noun_of(value)}"

    def noun_of(self, value: Any) -> str:
        """The unit of a value with a space in front, or nothing."""
        noun = self.nouns[0] if value == 1 else self.nouns[1]
        return f" {noun}" if noun and self.kind == "number" else ""


def plain(value: Any) -> str:
    """A value of an axis as text.

    >>> plain(2.0), plain(0.25), plain("2026-01-15T18:00:00+00:00"), plain("tiers")
    ('2', '0.25', '2026-01-15 18:00', 'tiers')
    """
    if isinstance(value, (int, float)):
        return f"{value:.10g}"
    moment = time_of(value)
    return str(value) if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def time_of(value: Any) -> datetime | None:
    """A value as a time, where it is the text of one with its zone."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) > 10 else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def kind_of(values: Sequence[Any]) -> Kind:
    """What values of an axis are: numbers, times, or words.

    >>> kind_of([1, 2.5]), kind_of(["2026-01-15T18:00:00+00:00"]), kind_of(["tiers", "hours"]), kind_of([True])
    ('number', 'time', 'word', 'word')
    """
    if values and all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in values):
        return "number"
    return "time" if values and all(time_of(one) is not None for one in values) else "word"
