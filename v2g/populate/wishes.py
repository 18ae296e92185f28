"""What a user asks for, read from text, with one clear error for each fault, all at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
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


@dataclass(frozen=True)
class Fault:
    """What is wrong with options: with one by itself, or with several that do not go together.

    ``found`` is None where an option is missing.
    """

    options: tuple[str, ...]
    found: str | None
    allowed: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        """In words of the command line."""
        named = ", ".join(f"--{name.replace('_', '-')}" for name in self.options)
        if self.found is None:
            return f"{named}: it is needed, such as {named} {NEEDED[self.options[0]]}."
        return f"{named}: found {self.found}; allowed: {self.allowed}. {self.remedy}".rstrip()


class WrongWishes(UsageError):
    """Options that cannot be taken; ``faults`` holds all that is wrong with them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, faults)))


NEEDED: Mapping[str, int] = {"vehicles": 200, "outage": 48}
"""Options without a default, each with a value that it may have."""


def wishes(**given: Any) -> Wishes:
    """Wishes from text or numbers, those that are None left at their default.

    Raises WrongWishes with a fault for each option that is wrong.
    """
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for name, reader in READERS.items():
        if given.get(name) is not None:
            try:
                values[name] = reader(given[name])
            except ValueError as error:
                faults.append(Fault((name,), repr(str(given[name])), str(error)))
    faults += [Fault((name,), None) for name in NEEDED if given.get(name) is None]
    faults += together(values)
    if faults:
        raise WrongWishes(faults)
    return Wishes(**values)


TOGETHER = (SHARES, ("step_min", "outage", "after"))
"""Options that bear on each other."""


def together(values: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with options that are right by themselves; ``values`` as `READERS` give them, some may be missing.

    >>> [fault.found for fault in together({"v2g_share": 0.9, "v2h_share": 0.4})]
    ['0.9 + 0.4 + 0.05 = 1.35']
    """
    asked = Wishes(**{"vehicles": 1, "outage": 1.0, **values})
    faults = []
    shares = [getattr(asked, name) for name in SHARES]
    if sum(shares) > 1.0 + 1e-9:
        added = " + ".join(f"{share:g}" for share in shares)
        faults.append(Fault(SHARES, f"{added} = {sum(shares):g}", "at most 1", "Lower one of them."))
    if asked.steps > MOST_STEPS:
        found = f"{asked.steps:,} intervals"
        faults.append(Fault(TOGETHER[1], found, f"at most {MOST_STEPS:,}", "Make the intervals longer."))
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
READERS: Mapping[str, Callable[[Any], Any]] = {
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
"""For each option what makes its value of text or a number; raises ValueError with what is allowed."""
