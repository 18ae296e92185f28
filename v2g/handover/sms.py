"""Short messages: which letters a phone has, how long a message may be, and how a text is parted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of 3GPP TS 23.038, 6.2.1: one septet a letter."""
EXTENDED = frozenset("\f^{}\\[~]|€")
"""Its extension table, 6.2.1.1: an escape and a septet."""
SEPTETS, UNITS = 160, 70
"""What one message holds: 140 bytes as septets, or as 16-bit units."""


def plain(text: str) -> bool:
    """Whether all letters are in the default alphabet.

    >>> plain("never below 45 kWh (20%)"), plain("駅"), plain("`")
    (True, False, False)
    """
    return all(letter in BASIC or letter in EXTENDED for letter in text)


def length(text: str, septets: bool) -> int:
    """Septets of a text, or 16-bit units.

    >>> length("a{b", True), length("a{b", False), length("😀", False)
    (4, 3, 2)
    """
    if septets:
        return sum(2 if letter in EXTENDED else 1 for letter in text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def messages(sentences: Sequence[str], between: str, mark: str) -> list[str]:
    """Sentences as messages that each fit on their own; each begins with ``mark`` and, of several, its number.

    A sentence is parted only where it is longer than a message, between words if it has any.

    >>> messages(["Go.", "Stay."], " ", "ab12")
    ['ab12 Go. Stay.']
    >>> [len(one) for one in messages(["x" * 100, "y" * 100], " ", "ab12")]
    [109, 109]
    """
    septets = plain("".join(sentences) + between + mark)
    most = SEPTETS if septets else UNITS
    whole = f"{mark} {between.join(sentences)}"
    if length(whole, septets) <= most:
        return [whole]
    digits = 1
    while True:
        room = most - length(f"{mark} {'9' * digits}/{'9' * digits} ", septets)
        parts = list(_packed(sentences, between, room, septets))
        if len(str(len(parts))) <= digits:
            return [f"{mark} {number}/{len(parts)} {part}" for number, part in enumerate(parts, start=1)]
        digits += 1


def _packed(sentences: Sequence[str], between: str, room: int, septets: bool) -> Iterator[str]:
    held = ""
    for sentence in sentences:
        for piece in _pieces(sentence, room, septets):
            joined = f"{held}{between}{piece}" if held else piece
            if length(joined, septets) <= room:
                held = joined
                continue
            yield held
            held = piece
    if held:
        yield held


def _pieces(sentence: str, room: int, septets: bool) -> Iterator[str]:
    rest = sentence
    while length(rest, septets) > room:
        cut = _fitting(rest, room, septets)
        blank = rest.rfind(" ", room // 2, cut + 1)
        yield rest[: blank if blank > 0 else cut].rstrip()
        rest = rest[blank if blank > 0 else cut :].lstrip()
    if rest:
        yield rest


def _fitting(text: str, room: int, septets: bool) -> int:
    """How many letters from the start fit."""
    used = 0
    for position, letter in enumerate(text):
        used += length(letter, septets)
        if used > room:
            return max(1, position)
    return len(text)
