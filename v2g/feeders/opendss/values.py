"""Values of properties, written anew from what was understood: plain words, and lists or sums inside brackets."""

from __future__ import annotations

import math
import re

from v2g.feeders.opendss.scan import OPENING, Misread, Word, words
from v2g.feeders.opendss.sums import outcome

CLOSING = dict(zip(OPENING, "\"')]}", strict=True))
DEEPEST = 3
"""Brackets inside brackets: a matrix of sums has two."""
LONGEST_VARIABLE = 1_000
_USE = re.compile(r"""(?:^|(?<=[\s,|(\[{"']))@[^\s,|()\[\]{}"'.^]+""")
_NAME = re.compile(r"@\w+", re.ASCII)

Variables = dict[str, Word]


def define(word: Word, variables: Variables) -> None:
    """Take ``@name=value`` of a ``Var``. Raises ``Misread``."""
    if word.name is None or not _NAME.fullmatch(word.name):
        raise Misread("A variable is defined as @name=value.", word.name or word.value, "Write Var @name=value.")
    if len(word.value) > LONGEST_VARIABLE:
        raise Misread("The value of a variable is too long.", word.value, "Write the value where it is used.")
    variables[word.name.lower()] = filled(word, variables)


def filled(word: Word, variables: Variables) -> Word:
    """A word with the variables in it replaced by their values. Raises ``Misread``."""
    if "@" not in word.value:
        return word
    whole = variables.get(word.value.lower())
    if whole is not None and not word.quote:
        return Word(word.name, whole.value, whole.quote)
    return word._replace(value=_USE.sub(lambda use: _plain_value(use[0], variables), word.value))


def _plain_value(use: str, variables: Variables) -> str:
    value = variables.get(use.lower())
    if value is None:
        raise Misread("This variable has no value here.", use, "Define it before with Var @name=value.")
    if value.quote:
        raise Misread("A list in a variable can only be the whole value.", use, "Write the list itself.")
    return value.value


def written(word: Word) -> str:
    """A value as it goes to the engine. Raises ``Misread``.

    >>> written(Word("kvs", "(115 3 sqrt /)   12.47", "["))
    '[(115 3 sqrt /) 12.47]'
    """
    if not word.value.isprintable() and not word.value.replace("\t", " ").isprintable():
        raise Misread("A value holds a character that cannot be seen.", repr(word.value), "Write it without.")
    if not word.quote:
        return word.value
    _check_inside(word.value, 1)
    return word.quote + " ".join(word.value.split()) + CLOSING[word.quote]


def _is_no_number(text: str) -> bool:
    found = outcome(text.replace(",", " ").split())
    return found is not None and math.isnan(found)


def _check_inside(text: str, depth: int) -> None:
    if "=" in text or "!" in text or "//" in text:
        raise Misread("Brackets hold only values.", text, "Take out =, ! and // inside the brackets.")
    if _is_no_number(text):
        raise Misread("This sum comes to no number.", text, "Correct it, or write the number.")
    if not any(mark in text for mark in OPENING):
        return
    if depth > DEEPEST:
        raise Misread("Brackets stand inside brackets too deeply.", text, "Write out the values.")
    for inner in words(text.replace("|", " ")):
        if inner.quote:
            _check_inside(inner.value, depth + 1)
