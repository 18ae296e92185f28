"""Readers of the values in a study file: each gives what TOML gave in one form, or says what is allowed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from v2g.check.words import did_you_mean

Read = Callable[[Any], Any]


class Wrong(Exception):
    """A value that cannot be taken: what is wrong with it, what is allowed, and what to do."""

    def __init__(self, message: str, allowed: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message, self.allowed, self.remedy = message, allowed, remedy


FIRST_YEAR, LAST_YEAR = 1900, 2200
YEARS = 50
"""So far from the start of a case an outage may begin."""
WITHOUT_QUOTES = "Write it without quotes."


def in_quotes(value: Any) -> bool:
    """Whether this is a number that was written as text.

    >>> in_quotes("6"), in_quotes(6), in_quotes("six")
    (True, False, False)
    """
    try:
        return isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        return False


def _is_finite(value: Any) -> bool:
    """Whether this is a number that a computer can hold."""
    try:
        return not isinstance(value, bool) and isinstance(value, (int, float)) and math.isfinite(value)
    except OverflowError:
        return False


def as_written(value: Any) -> str:
    """A value about as it stands in the file.

    >>> as_written(["6", 6, True, {"tier": 1}])
    '["6", 6, true, { tier = 1 }]'
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{', '.join(map(as_written, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{name} = {as_written(one)}' for name, one in value.items())} }}"
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def number(least: float = -math.inf, most: float = math.inf, unit: str = "", *, above: bool = False) -> Read:
    """A finite number within limits; ``above`` = the lower limit itself is not allowed."""
    low = "" if least == -math.inf else f"{'above' if above else 'at least'} {least:g}"
    high = "" if most == math.inf else f"at most {most:g}"
    limits = ", ".join(word for word in (low, high) if word)
    allowed = f"a number{f' {limits}' if limits else ''}{f' ({unit})' if unit else ''}"

    def read(value: Any) -> float | int:
        if not _is_finite(value):
            raise Wrong("This is not a number.", allowed, WITHOUT_QUOTES if in_quotes(value) else "")
        if not (least < value if above else least <= value) or value > most:
            share = "A share, not per cent." if (least, most) == (0.0, 1.0) and 1.0 < value <= 100.0 else ""
            raise Wrong("The number is out of its limits.", allowed, share)
        return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)

    return read


def whole(least: int, most: int) -> Read:
    """A whole number within limits."""

    def read(value: Any) -> int:
        if not _is_finite(value) or not float(value).is_integer():
            remedy = WITHOUT_QUOTES if in_quotes(value) else ""
            raise Wrong("This is not a whole number.", f"{least:,} to {most:,}", remedy)
        if not least <= value <= most:
            raise Wrong("The number is out of its limits.", f"{least:,} to {most:,}")
        return int(value)

    return read


def word(choices: Sequence[str]) -> Read:
    """One of some words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise Wrong("The word is not known here.", ", ".join(choices), did_you_mean(str(value), choices))
        return str(value)

    return read


def text(value: Any) -> str:
    """Text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise Wrong("This is not text.", "text in quotes")
    return value.strip()


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Wrong("This is neither true nor false.", "true, false")
    return value


def scalar(value: Any) -> Any:
    """What can stand in a cell: text, a number, a flag or a time."""
    if isinstance(value, (datetime, date)):
        return instant(value)
    if isinstance(value, (str, bool)) or _is_finite(value):
        return value
    raise Wrong("This cannot stand in a cell.", "text, a number, true, false or a time")


def instant(value: Any) -> str:
    """A time in UTC as text; one that does not say how far it is from UTC is refused."""
    allowed = "a time with its offset, such as 2026-01-15T18:00Z"
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Wrong("This is not a time.", allowed) from error
    if found.tzinfo is None:
        raise Wrong("The time has no offset from UTC.", allowed, f"If it is UTC, write {found:%Y-%m-%dT%H:%M}Z.")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Wrong("The year is out of its limits.", f"{FIRST_YEAR} to {LAST_YEAR}", "Correct the year.")
    return found.astimezone(UTC).isoformat()


def near(value: str, start: datetime) -> None:
    """Raises Wrong for a time more than `YEARS` from the start of a case: then the year is mistyped."""
    first, last = start.year - YEARS, start.year + YEARS
    if not first <= datetime.fromisoformat(value).year <= last:
        raise Wrong(f"The time lies more than {YEARS} years from the start of the case, {start:%Y-%m-%d}.",
                    f"a year from {first} to {last}", "Correct the year.")  # fmt: skip
