"""What a user asks for, read from text, with one clear error for each fault, all at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from v2g.errors import UsageError

FORMERS = ("both", "battery", "diesel", "none")
MOST_VEHICLES, MOST_SITES, MOST_STEPS, MOST_HOURS = 100_000, 10_000, 100_000, 8760.0
SHARES = ("v2g_share", "v2h_share", "v2l_share")


@dataclass(frozen=True)
class Wishes:
    """The emergency that is put on a feeder; shares are between 0 and 1, times in h unless they say otherwise.

    ``critical`` is ``auto``, a number of sites, or the path of a list of sites. ``start`` is blank for the start of
    the case; ``behind`` says how far local time is behind UTC.
    """

    vehicles: int
    outage: float
    seed: int = 1
    v2g_share: float = 0.3
    v2h_share: float = 0.05
    v2l_share: float = 0.05
    critical: str = "auto"
    critical_share: float = 0.15
    residual: float = 0.5
    solar_share: float = 0.15
    formers: str = "both"
    former_share: float = 0.6
    drive: float = 0.5
    start: str = ""
    step_min: float = 30.0
    after: float = 0.0
    behind: float = 6.0

    @property
    def steps(self) -> int:
        """Number of intervals: the outage and what comes after it, rounded up to whole ones."""
        return math.ceil((self.outage + self.after) * 60.0 / self.step_min - 1e-9)

    @property
    def critical_count(self) -> int | None:
        """How many sites, where a number is asked for."""
        return int(self.critical) if self.critical.isdecimal() else None

    @property
    def critical_file(self) -> Path | None:
        """The list of sites, where one is given."""
        return None if self.critical == "auto" or self.critical.isdecimal() else Path(self.critical)

    def begin(self, otherwise: datetime) -> datetime:
        """When the outage begins, in UTC."""
        return _instant(self.start) if self.start else otherwise

    def options(self) -> str:
        """Options of the command line that ask for the same; those left at their default are not named."""
        words = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("vehicles", "outage", "seed") or value != field.default:
                text = self.critical_file.name if field.name == "critical" and self.critical_file else _plain(value)
                words.append(f"--{field.name.replace('_', '-')} {text}")
        return " ".join(words)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def wishes(**given: Any) -> Wishes:
    """Wishes from text or numbers, those that are None left at their default.

    Raises UsageError with a line for each option that is wrong.
    """
    faults: list[str] = []
    read = {name: _READERS[name] for name in _READERS if given.get(name) is not None}
    values: dict[str, Any] = {}
    for name, reader in read.items():
        try:
            values[name] = reader(given[name])
        except ValueError as error:
            faults.append(f"--{name.replace('_', '-')}: found {str(given[name])!r}; allowed: {error}.")
    faults += [f"--{name}: it is needed, such as --{name} {like}." for name, like in _NEEDED if given.get(name) is None]
    faults += _together(Wishes(**{"vehicles": 1, "outage": 1.0, **values}), set(values))
    if faults:
        raise UsageError("\n".join(faults))
    return Wishes(**values)


_NEEDED = (("vehicles", "200"), ("outage", "48"))


def _together(asked: Wishes, read: set[str]) -> list[str]:
    """What is wrong with options that are right by themselves."""
    faults = []
    total = sum(getattr(asked, name) for name in SHARES)
    if total > 1.0 + 1e-9:
        named = ", ".join(f"--{name.replace('_', '-')} {getattr(asked, name):g}" for name in SHARES)
        faults.append(f"{named}: found {total:g} together; allowed: at most 1. Lower one of them.")
    if "outage" in read and asked.steps > MOST_STEPS:
        faults.append(
            f"--step-min: found {asked.steps:,} intervals; allowed: at most {MOST_STEPS:,}. Make them longer."
        )
    return faults


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        try:
            number = int(str(value))
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ValueError(f"a whole number from {least:,} to {most:,}")
        return number

    return read


def _number(least: float, most: float, unit: str = "", *, above: bool = False) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        if not (least < number if above else least <= number) or not number <= most:
            raise ValueError(f"a number {'above' if above else 'from'} {least:g}{' up' * above} to {most:,g}{unit}")
        return number

    return read


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _start(value: Any) -> str:
    try:
        year = _instant(str(value)).year
    except (ValueError, OverflowError):
        year = 0
    if not 1900 <= year <= 2200:
        raise ValueError("a time in UTC such as 2026-01-16T00:00")
    return _instant(str(value)).isoformat()


def _formers(value: Any) -> str:
    if value not in FORMERS:
        raise ValueError(", ".join(FORMERS))
    return str(value)


def _critical(value: Any) -> str:
    text = str(value)
    if text == "auto" or (text.isdecimal() and 1 <= int(text) <= MOST_SITES):
        return text
    if not text.isdecimal() and Path(text).is_file():
        return text
    raise ValueError(f"auto, a number from 1 to {MOST_SITES:,}, or a CSV file of sites that is there")


_SHARE = _number(0.0, 1.0)
_READERS: dict[str, Callable[[Any], Any]] = {
    "vehicles": _whole(1, MOST_VEHICLES),
    "outage": _number(0.0, MOST_HOURS, " h", above=True),
    "seed": _whole(0, 2**63 - 1),
    **dict.fromkeys(SHARES, _SHARE),
    "critical": _critical,
    "critical_share": _number(0.0, 1.0, above=True),
    "residual": _number(0.0, 10.0),
    "solar_share": _number(0.0, 10.0),
    "formers": _formers,
    "former_share": _number(0.0, 10.0, above=True),
    "drive": _SHARE,
    "start": _start,
    "step_min": _number(1.0, 1440.0, " min"),
    "after": _number(0.0, MOST_HOURS, " h"),
    "behind": _number(-14.0, 14.0, " h"),
}
