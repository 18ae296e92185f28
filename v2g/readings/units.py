"""The reading with units: each rule is evaluated once, with units for numbers and sets for indices.

It proves that no law adds kW to kWh, that every bound and every contribution has the unit it claims,
and that every index belongs to the set it is used for. 0 and infinity fit any unit; every other
plain number is dimensionless. Active, reactive and apparent power are different dimensions.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
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
    check_into,
    check_part,
    constraint,
    evaluate,
    objective,
    param,
    said,
    total,
    unknown_name,
    variable,
)
from v2g.schema import UNIT_SUFFIX

Powers = Mapping[str, int]

BASES: dict[str, Powers] = {
    "1": {}, "p.u.": {}, "kW": {"kW": 1}, "kvar": {"kvar": 1}, "kVA": {"kVA": 1}, "h": {"h": 1},
    "kWh": {"kW": 1, "h": 1}, "kvarh": {"kvar": 1, "h": 1}, "L": {"L": 1}, "ohm": {"ohm": 1}, "kV": {"kV": 1},
    "km": {"km": 1},
}  # fmt: skip


def powers(unit: str) -> Powers:
    """Exponents of the base units in a unit such as ``L/kWh`` or ``1/kW``; products are written ``kW*h``.

    >>> powers("L/kWh"), powers("p.u.")
    ({'L': 1, 'kW': -1, 'h': -1}, {})
    """
    found: dict[str, int] = {}
    for place, factors in enumerate(unit.split("/")):
        for factor in factors.split("*"):
            if factor not in BASES:
                close = difflib.get_close_matches(factor, BASES, n=1, cutoff=0.3)
                hint = f" Did you mean '{close[0]}'?" if close else f" Known: {', '.join(BASES)}."
                raise ModelError(f"unit '{unit}' is not known.{hint}")
            for base, power in BASES[factor].items():
                found[base] = found.get(base, 0) + (power if place == 0 else -power)
    return {base: power for base, power in found.items() if power}


def written(unit: Powers) -> str:
    """A unit as people write it.

    >>> written({"kW": 1, "h": 1}), written({"kW": -1}), written({})
    ('kWh', '1/kW', '1')
    """
    named = next((name for name, base in BASES.items() if base == unit), None)
    if named is not None:
        return named
    ordered = sorted(unit.items(), key=lambda base: list(BASES).index(base[0]))
    above, below = ("*".join(_power(b, p * side) for b, p in ordered if p * side > 0) for side in (1, -1))
    return f"{above or '1'}/{below}" if below else above


def _power(base: str, power: int) -> str:
    return base if power == 1 else f"{base}^{power}"


class Measure:
    """Something with a unit; ``unit`` is None for 0 and infinity, which fit any."""

    def __init__(self, unit: Powers | None) -> None:
        self.unit = unit

    @classmethod
    def of(cls, value: object) -> Measure:
        """A number, or what a rule has computed, as a measure."""
        if isinstance(value, Measure):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return cls(None if value == 0 or math.isinf(value) else {})
        raise ModelError(f"{value!r} is not a quantity.")

    def same(self, other: object) -> Measure:
        """This measure, if the other one has the same unit."""
        it = Measure.of(other)
        if self.unit is None or it.unit is None:
            return it if self.unit is None else self
        if self.unit != it.unit:
            raise ModelError(f"units do not fit: {written(self.unit)} against {written(it.unit)}.")
        return self

    def _times(self, other: object, sign: int) -> Measure:
        it = Measure.of(other)
        if self.unit is None or it.unit is None:
            return Measure(None)
        both = {b: self.unit.get(b, 0) + sign * it.unit.get(b, 0) for b in {**self.unit, **it.unit}}
        return Measure({b: p for b, p in both.items() if p})

    def __mul__(self, other: object) -> Measure:
        return self._times(other, 1)

    def __truediv__(self, other: object) -> Measure:
        return self._times(other, -1)

    def __rtruediv__(self, other: object) -> Measure:
        return Measure.of(other)._times(self, -1)

    def __pow__(self, power: int) -> Measure:
        return Measure(None if self.unit is None else {b: p * power for b, p in self.unit.items()})

    def __neg__(self) -> Measure:
        return self

    def __eq__(self, other: object) -> Compared:  # type: ignore[override]
        return Compared(self.same(other))

    __add__ = __radd__ = __sub__ = __rsub__ = same
    __rmul__ = __mul__
    __le__ = __ge__ = __eq__
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise ModelError(BRANCH)


class Compared:
    """A comparison of measures of one unit."""

    def __init__(self, sides: Measure) -> None:
        self.sides = sides

    def __bool__(self) -> bool:
        raise ModelError("a comparison has no truth value: write one comparison to a rule, and no branches.")


@dataclass(frozen=True)
class Index:
    """A member of a set."""

    set: str

    def __add__(self, step: int) -> Index:
        if not isinstance(step, int):
            raise ModelError(f"{self!r} is not a quantity.")
        return Index("points") if self.set == "intervals" and step == 1 else self

    def __repr__(self) -> str:
        return f"an index of {self.set}"

    def __sub__(self, step: int) -> Index:
        return self + -step

    def __bool__(self) -> bool:
        raise ModelError("a rule may not branch on an index: split the cases by index sets (where=...).")

    def fits(self, wanted: str) -> bool:
        """Whether it may stand where a member of that set is asked for: an interval begins at a point."""
        return self.set == wanted or (self.set == "intervals" and wanted == "points")


class Table:
    """A quantity with indices: checks them and gives its unit, or the set that a map leads to."""

    def __init__(self, name: str, sets: Sequence[str], value: Measure | Index) -> None:
        self.name, self.sets, self.value = name, sets, value

    def __getitem__(self, index: Any) -> Measure | Index:
        given = index if isinstance(index, tuple) else (index,)
        if len(given) != len(self.sets):
            raise ModelError(f"'{self.name}': {len(given)} indices given, {len(self.sets)} declared.")
        for one, wanted in zip(given, self.sets, strict=True):
            if isinstance(one, int):
                continue
            if not isinstance(one, Index) or not one.fits(wanted):
                raise ModelError(f"'{self.name}' is indexed by {wanted}, this is {one!r}.")
        return self.value

    def __repr__(self) -> str:
        return f"'{self.name}' without its indices"


def is_map(part: Part | type[Part], word: param) -> bool:
    """Whether a param leads to the members of a set: its unit is an index letter."""
    return word.letters is not None and word.unit in part.letters() and word.unit not in BASES


class Units:
    """Reads rules with units."""

    def __init__(self, shared: Sequence[Shared]) -> None:
        self.totals = {s.name: s for s in shared}
        self.common: dict[str, Shared | Quantity] = {**self.totals, **{q.name: q for q in CASE_QUANTITIES}}

    def bind(self, part: Part, word: Word) -> Table:
        """What a part's own word is measured in."""
        sets = part.letters()
        if isinstance(word, param):
            value = Index(sets[word.unit]) if is_map(part, word) else Measure(powers(word.unit))
            return Table(word.name, [sets[letter] for letter in part.param_letters(word)], value)
        if isinstance(word, variable):
            return Table(word.name, [sets[letter] for letter in word.over], Measure(powers(word.unit)))
        if isinstance(word, total):
            letters = type(part).target(word)
            return Table(word.name, [sets[letter] for letter in letters], Measure(powers(self.unit(word))))
        raise ModelError(f"{part.table}.{word.name} is a rule, not a quantity.")

    def shared(self, part: Part, name: str) -> Table:
        """What a shared total, or a quantity of the case, is measured in."""
        word = self.common.get(name)
        if word is None:
            raise unknown_name(part, name, list(self.common))
        return Table(name, [part.letters()[letter] for letter in word.letters], Measure(powers(word.unit)))

    def unit(self, rule: Rule) -> str:
        """The unit that a rule claims: its own, or that of the shared total it adds to."""
        into = getattr(rule, "into", None)
        return str(self.totals[into].unit if into else getattr(rule, "unit", "1"))

    def check(self, part: Part, rule: Rule) -> None:
        """Evaluate a rule; raises where it is not homogeneous or is not measured in the unit it claims."""
        if isinstance(rule, total) and rule.into is not None:
            if rule.into not in self.totals:
                raise unknown_name(part, rule.into, list(self.totals))
            check_into(type(part), rule, self.totals[rule.into])
        indices = [Index(part.letters()[letter]) for letter in rule.over]
        if isinstance(rule, constraint):
            if not isinstance(evaluate(part, rule, *indices), Compared):
                raise ModelError("a constraint is one comparison.")
            return
        values = bounds(part, rule, *indices) if isinstance(rule, variable) else [evaluate(part, rule, *indices)]
        for value in values:
            Measure(powers(self.unit(rule))).same(value)


def _of_part(reading: Units, kind: type[Part]) -> Iterator[str]:
    try:
        check_part(kind)
    except ModelError as fault:
        yield str(fault)
        return
    yield from _columns(kind)
    part = kind(reading)
    for rule in kind.words(variable, constraint, total, objective):
        try:
            reading.check(part, rule)
        except ModelError as fault:
            yield str(fault) if str(fault).startswith("In ") else f"In {said(kind, rule)}: {fault}"


def _columns(kind: type[Part]) -> Iterator[str]:
    """Params whose unit is not known, or is not the one that the column's name ends in."""
    for word in kind.words(param):
        place = f"{kind.table}.{word.name}"
        try:
            unit = powers("1" if is_map(kind, word) else word.unit)
        except ModelError as fault:
            yield f"{place}: {fault}"
            continue
        names = [word.column_name, word.at_most_column] if word.column() is not None else []
        for name in names:
            ending = name and column_unit(name)
            if ending and powers(ending) != unit:
                yield f"{place}: column '{name}' is in {ending}, declared is {word.unit}."


def column_unit(name: str) -> str | None:
    """The unit that a column's name ends in, or None.

    >>> column_unit("fuel_l_per_kwh"), column_unit("kw"), column_unit("tier")
    ('L/kWh', 'kW', None)
    """
    ends = [(len(suffix), unit) for unit, suffix in UNIT_SUFFIX.items() if suffix and f"_{name}".endswith(suffix)]
    return max(ends)[1] if ends else None


def faults(parts: Sequence[type[Part]], shared: Sequence[Shared]) -> list[str]:
    """Everything in these parts that is not homogeneous, each with part, rule, file and line; empty if proven."""
    reading = Units(shared)
    return [fault for kind in parts for fault in _of_part(reading, kind)]
