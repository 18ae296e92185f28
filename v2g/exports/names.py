"""Names of a case as OpenDSS can hold them: it does not tell upper from lower case, and cuts at blanks and marks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

UNSAFE = re.compile(r"[^A-Za-z0-9_\-]+")


def escaped(name: str) -> str:
    """A name with ``_`` for whatever OpenDSS would read as something else.

    >>> escaped("Main St. 5"), escaped("650"), escaped("駅")
    ('Main_St_5', '650', '_')
    """
    return UNSAFE.sub("_", name)


@dataclass
class Names:
    """Names by class of OpenDSS, each once whatever its case; ``renamed`` are those that are not the case's own."""

    renamed: list[tuple[str, str, str]] = field(default_factory=list)
    _given: dict[tuple[str, str], str] = field(default_factory=dict)
    _taken: dict[str, set[str]] = field(default_factory=dict)

    def add(self, kind: str, names: Iterable[str]) -> None:
        """Names of one class, first those that can stay as they are."""
        everything = list(names)
        for keeping in (True, False):
            for name in everything:
                if (escaped(name) == name) is keeping:
                    self.new(kind, name)

    def new(self, kind: str, name: str) -> str:
        """A name in a class, or the first of name_2, name_3, ... that is free."""
        taken = self._taken.setdefault(kind, set())
        wanted = free = escaped(name)
        number = 1
        while free.lower() in taken:
            number += 1
            free = f"{wanted}_{number}"
        self.give(kind, name, free)
        return free

    def give(self, kind: str, name: str, free: str) -> None:
        """A name in a class that is known to be free."""
        self._taken.setdefault(kind, set()).add(free.lower())
        self._given[kind, name] = free
        if free.lower() != name:
            self.renamed.append((kind, name, free.lower()))

    def of(self, kind: str, name: str) -> str:
        """What something is called in its class."""
        return self._given[kind, name]
