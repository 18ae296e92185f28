"""What a kind of change is: it reads its values, and it changes what is asked for or the tables of a case."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from v2g.batch.fields import Read, Wrong, as_written
from v2g.populate.stream import Stream
from v2g.remedies.tables import Tables

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Asked:
    """What a scenario asks for: a base case, options of `populate` (None = the case as it is), options of `solve`."""

    case: str
    populate: Mapping[str, Any] | None
    solve: Mapping[str, Any]

    def populated(self, **options: Any) -> Asked:
        """With other options of `populate`; those of a case as it is stay none."""
        return self if self.populate is None else replace(self, populate={**self.populate, **options})

    def solved(self, **options: Any) -> Asked:
        """With other options of `solve`."""
        return replace(self, solve={**self.solve, **options})


@dataclass(frozen=True)
class Setting:
    """One axis at one value: what its change is given. ``keys`` are the further keys of the axis."""

    axis: str
    value: Any
    keys: Mapping[str, Any]
    seed: int

    def stream(self) -> Stream:
        """Uniform numbers of this seed and axis, the same at every value."""
        return Stream(_number(f"{self.seed}/{self.axis}") >> 1)

    def drawn(self, name: str) -> float:
        """A uniform number, at least 0 and below 1, of a vehicle, a charger, a line.

        It is of the seed, the axis and the name alone, so that who is drawn in one case is drawn in every larger one.
        """
        return (_number(f"{self.seed}/{self.axis}/{name}") >> 11) / 2.0**53

    def ranked(self, names: Iterable[str]) -> list[str]:
        """Names in an order of which all are as likely; one name more leaves the order of all others as it is."""
        return sorted(names, key=lambda name: (self.drawn(name), name))


def _number(words: str) -> int:
    """64 bits of a hash."""
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big")


class Change(ABC):
    """A kind of change. A kind states what it is, reads its values, and says what it sets and what it changes.

    ``keys`` are readers of further keys that the axis may have, and ``needed`` those that it must have.
    """

    name = ""
    title = ""
    keys: Mapping[str, Read] = NOTHING
    needed: tuple[str, ...] = ()

    @abstractmethod
    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A value in its one form. Raises Wrong."""

    @abstractmethod
    def sets(self, keys: Mapping[str, Any]) -> str:
        """What it sets, whatever it was before; blank where several such changes add up or multiply.

        Of two axes that set the same the first would be without effect.
        """

    def option(self, keys: Mapping[str, Any]) -> str:
        """The option of `populate` that it gives, where a study has a section of these; blank for none."""
        return ""

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """Raises UsageError where a base case has nothing that this could change, whatever the value.

        Asked before anything runs, of cases that are solved as they are.
        """
        return None

    def table_of(self, keys: Mapping[str, Any]) -> str:
        """The table whose rows it changes; blank where it changes no rows of one table."""
        return ""

    def suits(self, value: Any, tables: Tables, keys: Mapping[str, Any], lasting: frozenset[str] | None) -> None:
        """Raises Wrong where a base case cannot be given this value.

        Asked before anything runs. ``lasting`` names the tables whose rows are those of the base case in every
        scenario, where others are drawn; None = all are.
        """
        return None

    def becomes(self, value: Any, tables: Tables, keys: Mapping[str, Any]) -> None:
        """Raises Wrong where a cell of a base case would then hold what its column does not take."""
        return None

    def before(self, asked: Asked, to: Setting) -> Asked:
        """What is asked for, before the case is made."""
        return asked

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """The tables of the case. Raises UsageError where this cannot be done to this case."""
        return tables


def where(value: Any) -> Mapping[str, str]:
    """Columns and what must stand in them, such as ``{ tier = 1 }``; a list = any of these."""
    if not isinstance(value, Mapping) or not value:
        raise Wrong("This does not say which rows.", "columns and their values, such as { tier = 1 }")
    wrong = [name for name, one in value.items() if isinstance(one, (Mapping, float)) or one == []]
    if wrong:
        raise Wrong(f"Rows cannot be chosen by {wrong[0]}.", "text, a whole number, true, false, or a list of these")
    return dict(value)


def of_rows(what: str, keys: Mapping[str, Any]) -> str:
    """What is set in all rows, or in those ``where``.

    >>> of_rows("the reserve", {}), of_rows("the reserve", {"where": {"model": "zoe_41"}})
    ('the reserve', 'the reserve where { model = "zoe_41" }')
    """
    return f"{what} where {as_written(dict(sorted(keys['where'].items())))}" if "where" in keys else what
