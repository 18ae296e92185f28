"""Lines of an OpenDSS file as words, in the way in which the engine divides them.

Blanks, tabs and one comma or equals sign part words; ``"" '' () [] {}`` hold one word together up to the first
closing mark, whatever opens in between; ``!`` and ``//`` start a comment; ``/*`` in the first column starts one that
ends with the line that holds ``*/``. What the engine would swallow without a word (a missing value ends its reading of
a line) is a ``Misread`` here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(
    r"""(?:(?P<quoted>"[^"]*"|'[^']*'|\([^)]*\)|\[[^\]]*\]|\{[^}]*\})
      |(?P<plain>(?!["'(\[{])(?:[^ \t,=!/]|/(?!/))[^ \t,=!/]*(?:/(?!/)[^ \t,=!/]*)*))
    [ \t]*(?P<after>[,=]?)[ \t]*""",
    re.VERBOSE,
)
_BLANKS = re.compile(r"[ \t]*")
OPENING = "\"'([{"


class Word(NamedTuple):
    """A value with the name before its ``=``, if any; ``quote`` is the mark that opened it, or nothing."""

    name: str | None
    value: str
    quote: str = ""


class Misread(Exception):
    """A line that cannot be divided into words without guessing."""

    def __init__(self, message: str, found: str, remedy: str) -> None:
        super().__init__(message)
        self.found, self.remedy = found, remedy


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines by number, without those of block comments.

    >>> list(lines("new line.a\\n/* off\\nnew line.b\\n*/ new line.c\\nnew line.d"))
    [(1, 'new line.a'), (5, 'new line.d')]
    """
    inside = False
    for number, line in enumerate(_LINE_ENDS.split(text), start=1):
        inside = inside or line.startswith("/*")
        if not inside:
            yield number, line
        elif "*/" in line:
            inside = False


def words(line: str) -> list[Word]:
    """Words of one line; raises ``Misread``.

    >>> [tuple(word) for word in words("New Line.a bus1 = b.1, kvs=(1 2)  7 // no more")[2:]]
    [('bus1', 'b.1', ''), ('kvs', '1 2', '('), (None, '7', '')]
    """
    found: list[Word] = []
    name: str | None = None
    at = _BLANKS.match(line).end()  # type: ignore[union-attr]
    while at < len(line):
        match = _WORD.match(line, at)
        if match is None:
            if line[at] == "!" or line.startswith("//", at):
                break
            raise _misread(line, at, name)
        quoted, plain, after = match.groups()
        if after == "=" and (name is not None or quoted is not None):
            raise Misread("A value is missing, or an equals sign too many.", line[:at], "Write name=value.")
        if after == "=":
            name = plain
        else:
            found.append(Word(name, plain, "") if plain is not None else Word(name, quoted[1:-1], quoted[0]))
            name = None
        at = match.end()
    if name is not None:
        found.append(Word(name, ""))
    return found


def _misread(line: str, at: int, name: str | None) -> Misread:
    if line[at] in OPENING:
        return Misread(f"{line[at]} is opened and not closed.", line[at:], "Close it on the same line.")
    missing = f"{name}= has no value." if name is not None else "A comma or equals sign stands where a word should."
    return Misread(missing, line[at:], "Take it out: OpenDSS ignores the rest of such a line.")
