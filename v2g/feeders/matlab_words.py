"""Words and statements of a file of MATLAB: texts, comments, continued lines and the blanks that part numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_TOKENS, MOST_IN_ROW, DEEPEST = 3_000_000, 2_000, 40
TOKEN = re.compile(
    r"""(?P<space>[ \t\r\f\v]+|\.\.\.[^\n]*\n?)
    |(?P<comment>%[^\n]*)
    |(?P<line>\n)
    |(?P<number>(?:\d+(?:\.(?![*/^'])\d*)?|\.\d+)(?:[eEdD][+-]?\d+)?)
    |(?P<name>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)
    |(?P<sign>\.[*/^]|[-+*/^=(),;:\[\]{}])
    |(?P<other>.)""",
    re.VERBOSE,
)
STRING = re.compile(r"'((?:[^'\n]|'')*)'|\"((?:[^\"\n]|\"\")*)\"")


class Token(NamedTuple):
    """A word of the file; ``spaced`` = a blank stands before it."""

    kind: str
    text: str
    line: int
    spaced: bool


class Refused(Exception):
    """A statement that is not arithmetic, or arithmetic without a result."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Flood(Refused):
    """A file that is too large or too deep to be read on."""


def tokens(text: str) -> Iterator[Token]:
    """Words of a file, comments left out."""
    place, line, spaced, before = 0, 1, False, ""
    while place < len(text):
        string = STRING.match(text, place) if text[place] in "'\"" and (spaced or not _ends_value(before)) else None
        match = string or TOKEN.match(text, place)
        if match is None:
            raise Refused(line, "This cannot be read.")
        kind = "string" if string else str(match.lastgroup)
        place = match.end()
        if kind in ("space", "comment"):
            line += match.group().count("\n")
            spaced = True
            continue
        yield Token(kind, _unquoted(match) if string else match.group(), line, spaced)
        line += kind == "line"
        spaced, before = kind == "line", match.group()


def _ends_value(word: str) -> bool:
    """Whether an apostrophe behind a word transposes it."""
    return bool(word) and (word[-1].isalnum() or word[-1] in "_)]}'")


def _unquoted(match: re.Match[str]) -> str:
    return (match[1] or "").replace("''", "'") if match[1] is not None else (match[2] or "").replace('""', '"')


def statements(text: str) -> Iterator[list[Token]]:
    """Words of one statement after the other. Raises Flood."""
    found: list[Token] = []
    open_at: list[int] = []
    count = row = 0
    for token in tokens(_without_blocks(text)):
        count, row = count + 1, row + 1
        if token.kind == "line" or token.text == ";":
            row = 0
        if count > MOST_TOKENS or row > MOST_IN_ROW:
            raise Flood(token.line, "The file, or one row of it, is longer than a feeder needs.")
        if token.kind == "sign" and token.text in "([{":
            open_at.append(token.line)
            if len(open_at) > DEEPEST:
                raise Flood(token.line, f"More than {DEEPEST} brackets are open.")
        elif token.kind == "sign" and token.text in ")]}":
            open_at = open_at[:-1]
        if open_at or not (token.kind == "line" or token.text in (";", ",")):
            found.append(token)
        elif found:
            yield found
            found = []
    if open_at:
        raise Flood(open_at[-1], "A bracket that is opened here is not closed.")
    if found:
        yield found


def _without_blocks(text: str) -> str:
    """The text with the lines between ``%{`` and ``%}`` made empty."""
    if "%{" not in text:
        return text
    depth, kept = 0, []
    for line in text.split("\n"):
        bare = line.strip()
        depth += bare == "%{"
        kept.append("" if depth else line)
        depth -= bare == "%}" and depth > 0
    return "\n".join(kept)
