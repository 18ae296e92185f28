"""Names that are nearly right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_CANDIDATES = 5000
MAX_LENGTH = 80


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean 'x'?`` for the nearest of the known words, or nothing.

    >>> did_you_mean("vehicle", ["vehicles", "stays"])
    "Did you mean 'vehicles'?"
    """
    found = nearest(word, known)
    return "" if found is None else f"Did you mean {found!r}?"


def nearest(word: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """The nearest of the known words, None where none is so much alike; 1 = the same.

    >>> nearest("vehicle", ["vehicles", "stays"]), nearest("x", ["stays"])
    ('vehicles', None)
    """
    if len(word) > MAX_LENGTH:
        return None
    spelled = {name.casefold(): name for name in list(known)[:MAX_CANDIDATES] if name}
    near = get_close_matches(word.casefold(), spelled, n=1, cutoff=alike)
    return spelled[near[0]] if near else None


def listed(names: Iterable[str], shown: int = 4) -> str:
    """The first few names, and how many more there are.

    >>> listed(["a", "b", "c", "d", "e", "f"])
    'a, b, c, d and 2 more'
    """
    every = list(names)
    more = len(every) - shown
    return ", ".join(every[:shown]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "vehicle"), counted(0, "vehicle")
    ('1 vehicle', '0 vehicles')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shortened(text: str, length: int = 60) -> str:
    """Text as it may be shown: on one line, not too long, without characters that steer a terminal."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain if len(plain) <= length else plain[: length - 3] + "..."
