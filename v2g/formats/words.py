"""Numbers of things in words."""

from __future__ import annotations


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A number of things; ``nouns`` where more than one are called otherwise than with an s.

    >>> counted(1, "bus", "buses"), counted(2500, "line")
    ('1 bus', '2,500 lines')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {nouns or noun + 's'}"
