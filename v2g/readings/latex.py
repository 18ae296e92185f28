"""The reading with letters: each rule is evaluated once, with letters for indices, into the line of a paper.

Subscripts come before superscripts and no command is a backslash with a punctuation mark, so that the
text survives every Markdown renderer that knows ``$`` and ``$$``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from v2g.affine import BRANCH
from v2g.errors import ModelError
from v2g.language import (
    CASE_QUANTITIES,
    Part,
    Quantity,
    Rule,
    Shared,
    Word,
    bounds,
    constraint,
    evaluate,
    objective,
    param,
    total,
    unknown_name,
    variable,
)

RELATION, SUM, PRODUCT, ATOM = range(4)
FUNCTIONS = (r"\cos", r"\sin", r"\tan")


@dataclass(frozen=True, eq=False)
class Tex:
    """An expression. ``binds`` says how tightly; ``number`` that it begins with a digit or is one.

    ``minus`` marks a leading minus, ``raised`` an exponent or a prime, ``applied`` a function such as cos
    before its argument.
    """

    text: str
    binds: int = ATOM
    number: bool = False
    minus: bool = False
    raised: bool = False
    applied: bool = False

    @classmethod
    def of(cls, value: object) -> Tex:
        """An expression, or a plain number."""
        if isinstance(value, Tex):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            digits = r"\infty" if math.isinf(value) else f"{abs(value):.15g}"
            return cls(f"-{digits}", PRODUCT, True, minus=True) if value < 0 else cls(digits, number=True)
        raise ModelError(f"{value!r} is not a quantity.")

    def inside(self, binds: int, *, first: bool = True) -> str:
        """Its text as an operand, in parentheses where it binds less, or begins with a minus and is not the first."""
        if self.binds >= binds and (first or not self.minus):
            return self.text
        return rf"\left({self.text}\right)"

    def __add__(self, other: object) -> Tex:
        return Tex(f"{self.inside(SUM)} + {Tex.of(other).inside(SUM, first=False)}", SUM, minus=self.minus)

    def __radd__(self, other: object) -> Tex:
        return Tex.of(other) + self

    def __sub__(self, other: object) -> Tex:
        return Tex(f"{self.inside(SUM)} - {Tex.of(other).inside(PRODUCT, first=False)}", SUM, minus=self.minus)

    def __rsub__(self, other: object) -> Tex:
        return Tex.of(other) - self

    def __neg__(self) -> Tex:
        return Tex(f"-{self.inside(PRODUCT, first=False)}", PRODUCT, minus=True)

    def __mul__(self, other: object) -> Tex:
        it = Tex.of(other)
        dot = r" \cdot " if it.number or self.applied else " "
        text = f"{self.inside(PRODUCT)}{dot}{it.inside(PRODUCT, first=False)}"
        return Tex(text, PRODUCT, self.number, self.minus, applied=it.applied)

    def __rmul__(self, other: object) -> Tex:
        return Tex.of(other) * self

    def __truediv__(self, other: object) -> Tex:
        return Tex(rf"\frac{{{self.text}}}{{{Tex.of(other).text}}}", PRODUCT)

    def __rtruediv__(self, other: object) -> Tex:
        return Tex.of(other) / self

    def __pow__(self, power: object) -> Tex:
        base = rf"\left({self.text}\right)" if self.raised or self.applied else self.inside(ATOM)
        return Tex(f"{base}^{{{Tex.of(power).text}}}", raised=True, number=self.number)

    def _related(self, sign: str, other: object) -> Tex:
        return Tex(f"{self.inside(SUM)} {sign} {Tex.of(other).inside(SUM)}", RELATION)

    def __eq__(self, other: object) -> Tex:  # type: ignore[override]
        return self._related("=", other)

    def __le__(self, other: object) -> Tex:
        return self._related(r"\le", other)

    def __ge__(self, other: object) -> Tex:
        return self._related(r"\ge", other)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise ModelError(BRANCH)


def scripts(symbol: str, index: str) -> Tex:
    """A symbol with its indices as a subscript, before any superscript of its own.

    >>> scripts("E^0", "v").text, scripts(r"\\gamma'", "i,t").text, scripts("H", "").text
    ('E_{v}^0', "\\\\gamma_{i,t}'", 'H')
    """
    cut = next((at for at, char in _outside_braces(symbol) if char in "^'"), len(symbol))
    below = f"_{{{index}}}" if index else ""
    return Tex(f"{symbol[:cut]}{below}{symbol[cut:]}", raised=cut < len(symbol), applied=symbol.startswith(FUNCTIONS))


def _outside_braces(text: str) -> Iterator[tuple[int, str]]:
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            yield at, char


class Symbol:
    """A quantity: indexing gives its symbol with subscripts."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol

    def __getitem__(self, index: Any) -> Tex:
        given = index if isinstance(index, tuple) else (index,)
        texts = (Tex.of(i).text.replace(" + ", "+").replace(" - ", "-") for i in given)
        return scripts(self.symbol, ",".join(texts))


def symbol_of(word: Any) -> str:
    """The symbol of a word, or its name where it has none."""
    return word.symbol or rf"\mathrm{{{word.name.replace('_', ' ')}}}"


class Letters:
    """Reads rules with letters."""

    def __init__(self, shared: Sequence[Shared]) -> None:
        self.totals = {s.name: s for s in shared}
        self.common: dict[str, Shared | Quantity] = {**self.totals, **{q.name: q for q in CASE_QUANTITIES}}

    def bind(self, part: Part, word: Word) -> Symbol:
        """The symbol of a part's own word."""
        if isinstance(word, (param, variable, total)):
            return Symbol(symbol_of(word))
        raise ModelError(f"{part.table}.{word.name} is a rule, not a quantity.")

    def shared(self, part: Part, name: str) -> Symbol:
        """The symbol of a shared total, or of a quantity of the case."""
        if name not in self.common:
            raise unknown_name(part, name, list(self.common))
        return Symbol(self.common[name].symbol)


def symbol(word: Any, letters: Sequence[str]) -> str:
    """A word's symbol with the letters it is declared over."""
    return scripts(symbol_of(word), ",".join(letters)).text


class Printer:
    """Prints the rules of one part."""

    def __init__(self, kind: type[Part], shared: Sequence[Shared]) -> None:
        self.kind, self.reading = kind, Letters(shared)
        self.part = kind(self.reading)
        self.params = {w.name: w for w in kind.words(param)}

    def text(self, rule: Rule) -> Tex:
        """A rule's text at its letters."""
        return Tex.of(evaluate(self.part, rule, *(Tex(letter) for letter in rule.over)))

    def quantifier(self, rule: Rule) -> str:
        """``for all l, t``, with the condition of ``where``."""
        if not rule.over:
            return ""
        where = self.params.get(rule.where or "")
        condition = rf": {symbol(where, self.kind.param_letters(where))} \ne 0" if where is not None else ""
        return rf"\forall {','.join(rule.over)}{condition}"

    def limits(self, rule: variable) -> str:
        """A variable between its bounds; an infinite side is left out."""
        low, high = (Tex.of(b) for b in bounds(self.part, rule, *(Tex(letter) for letter in rule.over)))
        below = "" if low.text == r"-\infty" else rf"{low.inside(SUM)} \le "
        above = "" if high.text == r"\infty" else rf" \le {high.inside(SUM)}"
        domain = r" \in \mathbb{Z}" if rule.integer else "" if below or above else r" \in \mathbb{R}"
        return f"{below}{symbol(rule, rule.over)}{above}{domain}"

    def equation(self, rule: constraint) -> str:
        """A constraint, for all its indices."""
        quantifier = self.quantifier(rule)
        return self.text(rule).text + (rf" \qquad {quantifier}" if quantifier else "")

    def summed(self, rule: total) -> str:
        """A total of the part, or what the part adds to a shared one."""
        shared = self.reading.totals.get(rule.into or "")
        letters = shared.letters if shared else self.kind.target(rule)
        left, sign = symbol(shared or rule, letters), r"\mathrel{+}=" if shared else "="
        return rf"{left} {sign} {self._sigma(rule, letters)}{self._summand(rule)}"

    def _sigma(self, rule: total, letters: Sequence[str]) -> str:
        gone = rule.gone if not rule.at else (*rule.over[:1], *rule.gone)
        maps = (self.params[name] for name in rule.at)
        met = [f"{symbol(word, rule.over[:1])} = {goal}" for word, goal in zip(maps, letters, strict=False)]
        below = ",".join(gone) + (": " + ", ".join(met) if met else "")
        return rf"\sum_{{{below}}} " if gone else ""

    def _summand(self, rule: total) -> str:
        body = self.text(rule)
        return body.inside(PRODUCT, first=False) if rule.at or rule.gone else body.text

    def aim(self, rule: objective) -> str:
        """A stage of a policy."""
        each = rf" \qquad \text{{for }} {','.join(rule.over)} = 1, 2, \ldots" if rule.over else ""
        return rf"\min {self.text(rule).inside(PRODUCT)}{each}"
