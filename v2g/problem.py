"""Parts and numbers, put together: what every reading reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from v2g.errors import ModelError
from v2g.language import (
    CASE_QUANTITIES,
    Part,
    Rule,
    Shared,
    check_part,
    objective,
    param,
    total,
    unknown_name,
    variable,
)

Array = NDArray[Any]


@dataclass(frozen=True)
class Numbers:
    """The case as arrays. ``sets`` maps a set to its labels; ``values`` a (table, param) to its array.

    Quantities of the whole case have the table ``""``.
    """

    sets: Mapping[str, Sequence[str]]
    values: Mapping[tuple[str, str], Array]

    def size(self, name: str) -> int:
        """Number of members of a set."""
        return len(self.sets[name])


@dataclass(frozen=True)
class Problem:
    """What a reading needs: the parts (devices, network, policy), the shared totals, the numbers."""

    parts: tuple[type[Part], ...]
    shared: tuple[Shared, ...]
    numbers: Numbers
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [p.table for p in self.parts]
        for name in names:
            if names.count(name) > 1:
                raise ModelError(f"Two parts read the table '{name}'.")
        known = {s.name for s in self.shared}
        for part in self.parts:
            check_part(part)
            for rule in part.words(total):
                if rule.into is not None and rule.into not in known:
                    raise unknown_name(_Nameless(part), rule.into, list(known))  # type: ignore[arg-type]
            self._check_numbers(part)

    def _check_numbers(self, part: type[Part]) -> None:
        for word in part.words(param):
            shape = self.shape(part, part.param_letters(word))
            value = self.numbers.values.get((part.table, word.name))
            if value is None:
                raise ModelError(f"{part.table}.{word.name} has no numbers: neither a column nor a derived array.")
            if value.shape != shape:
                raise ModelError(f"{part.table}.{word.name} has shape {value.shape}, declared as {shape}.")

    def shape(self, part: type[Part], letters: Sequence[str]) -> tuple[int, ...]:
        """Sizes of the sets that the letters run over."""
        sets = part.letters()
        return tuple(self.numbers.size(sets[letter]) for letter in letters)

    def labels(self, part: type[Part], letter: str) -> Sequence[str]:
        """What the user calls the members of a set."""
        return self.numbers.sets[part.letters()[letter]]

    def value(self, part: type[Part], name: str) -> Array:
        """The array of a param."""
        return self.numbers.values[part.table, name]

    def existing(self, part: type[Part], rule: Rule) -> tuple[tuple[Array, ...], tuple[int, ...], Array | None]:
        """Index arrays of a rule (``where`` applied), the full shape, and the flat positions that exist."""
        shape = self.shape(part, rule.over)
        if rule.where is None:
            full = np.arange(int(np.prod(shape)))
            return np.unravel_index(full, shape) if shape else (), shape, None
        mask = self.value(part, rule.where)
        if mask.shape != shape:
            raise ModelError(
                f"{part.table}.{rule.name}: where='{rule.where}' has shape {mask.shape}, the rule {shape}."
            )
        flat = np.flatnonzero(mask)
        return np.unravel_index(flat, shape) if shape else (), shape, flat

    def members(self, name: str) -> list[tuple[type[Part], total]]:
        """All rules that add to a shared total."""
        return [(p, w) for p in self.parts for w in p.words(total) if w.into == name]

    def stages(self) -> list[tuple[type[Part], objective, tuple[int, ...], str]]:
        """The policy's stages in order: part, rule, indices and name of each."""
        found = []
        for part in self.parts:
            for turns in _turns(part):
                for index in np.ndindex(*self.shape(part, turns[0].over)):
                    labels = [self.labels(part, letter)[i] for letter, i in zip(turns[0].over, index, strict=True)]
                    found += [(part, rule, index, "_".join([rule.name, *labels])) for rule in turns]
        return found

    def variables(self) -> list[tuple[type[Part], variable]]:
        """All variables in the order of their columns."""
        return [(p, w) for p in self.parts for w in p.words(variable)]


def _turns(part: type[Part]) -> list[list[objective]]:
    """The objectives of a part in order, those together that take turns index by index."""
    turns: list[list[objective]] = []
    for rule in part.words(objective):
        if not rule.alternates:
            turns.append([rule])
        elif turns and turns[-1][0].over == rule.over:
            turns[-1].append(rule)
        else:
            raise ModelError(f"{part.table}.{rule.name} alternates with the objective above it: both need one index.")
    return turns


class _Nameless:
    """A part seen from outside, for messages about its class."""

    def __init__(self, part: type[Part]) -> None:
        self.table, self.words = part.table, part.words


QUANTITIES = {q.name: q for q in CASE_QUANTITIES}
