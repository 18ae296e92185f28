"""What every kind of remedy is: candidates for a load, each a change of the tables, some of them of a size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import floor, log10
from typing import ClassVar

import networkx as nx
import pandas as pd

from v2g.case import Case
from v2g.remedies.tables import Tables

Change = Callable[[Tables, float], Tables]
Words = Callable[[float], str]


@dataclass(frozen=True)
class Plight:
    """A load that is not served throughout, where it hangs, and when it lacks. ``served`` names those that are."""

    case: Case
    load: str
    tier: int
    bus: str
    site: str
    from_utc: pd.Timestamp
    until_utc: pd.Timestamp
    served: tuple[str, ...]

    @cached_property
    def island(self) -> frozenset[str]:
        """Buses joined to the load's by lines and transformers that are closed at the start."""
        graph: nx.Graph[str] = nx.Graph()
        graph.add_node(self.bus)
        for table in ("lines", "transformers"):
            for row in records(self.case, table):
                if row["closed"]:
                    graph.add_edge(text(row, "from_bus"), text(row, "to_bus"))
        return frozenset(nx.node_connected_component(graph, self.bus))

    def far(self, bus: str, site: str = "") -> int:
        """How far a place is: 0 same site, 1 same bus, 2 same island, 3 elsewhere."""
        if site and site == self.site:
            return 0
        return 1 if bus == self.bus else 2 if bus in self.island else 3

    @cached_property
    def row(self) -> dict[str, object]:
        """The load's row of its table."""
        return next(row for row in records(self.case, "loads") if row["load"] == self.load)


@dataclass(frozen=True)
class Candidate:
    """One change that might help. ``sizes`` in ascending order, empty where there is nothing to choose.

    ``words(size)`` says what is done, to be followed by "keeps ...". ``change`` makes the tables.
    """

    where: str
    words: Words
    change: Change
    sizes: Sequence[float] = ()
    unit: str = ""


@dataclass(frozen=True)
class Kind(ABC):
    """A kind of remedy with its assumed effort. ``name`` is its word in JSON, ``noun`` that in sentences.

    ``compares`` says that the sizes of its candidates compare: the least of all is the cheapest.
    Otherwise the first candidate that works is taken.
    """

    effort: int
    name: ClassVar[str] = ""
    noun: ClassVar[str] = ""
    compares: ClassVar[bool] = False

    @abstractmethod
    def candidates(self, plight: Plight) -> Iterable[Candidate]:
        """Changes to try for a load, the most promising first."""


def records(case: Case, table: str) -> list[dict[str, object]]:
    """Rows of a table."""
    return [{str(k): v for k, v in row.items()} for row in case.table(table).to_dict("records")]


def number(row: dict[str, object], column: str, otherwise: float = 0.0) -> float:
    """A number in a row; ``otherwise`` where the column or the number is missing."""
    value = row.get(column, otherwise)
    if not isinstance(value, (int, float)) or value != value:
        return otherwise
    return float(value)


def text(row: dict[str, object], column: str) -> str:
    """A text in a row, blank where there is no such column."""
    value = row.get(column, "")
    return value if isinstance(value, str) else ""


def steps_to(most: float, parts: float = 100.0, least: float = 0.1) -> list[float]:
    """Sizes up to ``most`` in a round step (1, 2 or 5 times a power of ten), about a hundredth of it.

    >>> steps_to(8.0)[:3], len(steps_to(8.0)), steps_to(400.0)[:2]
    ([0.1, 0.2, 0.3], 80, [5, 10])
    """
    if most <= 0:
        return []
    rough = max(most / parts, least)
    power = 10.0 ** floor(log10(rough) + 1e-9)
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= rough * (1 - 1e-9) or f == 10)
    found = [round(step * n, 6) for n in range(1, floor(most / step + 1e-9) + 1)]
    return [int(size) if size == int(size) else size for size in found]


def clock(time: pd.Timestamp, plight: Plight) -> str:
    """A time of day, with its date where the case is longer than a day."""
    edges = plight.case.boundaries
    return f"{time:%H:%M}" if edges[-1] - edges[0] <= pd.Timedelta(hours=24) else f"{time:%Y-%m-%d %H:%M}"
