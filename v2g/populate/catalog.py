"""Tables of the catalogue that comes along, and what populating a feeder draws from them."""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from v2g.errors import CaseError
from v2g.formats.draft import file_of
from v2g.formats.shipped import datasets_folder

Row = Mapping[str, str]


@lru_cache(maxsize=16)
def table(name: str) -> tuple[Row, ...]:
    """Rows of a table of the catalogue, as text; raises CaseError where it does not come along."""
    folder = datasets_folder()
    file = None if folder is None else folder / "catalog" / file_of(name)
    if file is None or not file.is_file():
        raise CaseError(f"The catalogue has no {file_of(name)}: this copy of v2g came without its data sets.")
    with file.open(encoding="utf-8", newline="") as text:
        return tuple(csv.DictReader(text))


class Ladder(NamedTuple):
    """A distribution as its quantiles: ``values`` at rising ``shares``, straight between them."""

    shares: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, share: float) -> float:
        """The value that this share of all stays below.

        >>> Ladder((0.0, 0.5, 1.0), (0.0, 4.0, 24.0)).at(0.75)
        14.0
        """
        k = min(max(1, bisect_left(self.shares, share)), len(self.shares) - 1)
        left, right = self.shares[k - 1], self.shares[k]
        return self.values[k - 1] + (self.values[k] - self.values[k - 1]) * (share - left) / (right - left)

    def below(self, value: float) -> float:
        """The share of all that stays below a value, the inverse of `at`.

        >>> Ladder((0.0, 0.5, 1.0), (0.0, 4.0, 24.0)).below(14.0)
        0.75
        """
        k = min(max(1, bisect_left(self.values, value)), len(self.values) - 1)
        left, right = self.values[k - 1], self.values[k]
        return self.shares[k - 1] + (self.shares[k] - self.shares[k - 1]) * (value - left) / (right - left)


@lru_cache(maxsize=16)
def ladder(column: str) -> Ladder:
    """A column of ``plugging.csv``: when cars are plugged in, for how long, what they take."""
    rows = table("plugging")
    return Ladder(tuple(float(row["share"]) for row in rows), tuple(float(row[column]) for row in rows))


class Boxes(NamedTuple):
    """Boxes of a histogram: ``sums`` of their shares up to each, and the rows they stand for."""

    sums: tuple[float, ...]
    rows: tuple[Row, ...]

    def at(self, share: float) -> tuple[Row, float]:
        """The box that a share between 0 and 1 falls into, and how far inside it, 0 to 1."""
        aim = share * self.sums[-1]
        k = min(bisect_left(self.sums, aim), len(self.rows) - 1)
        before = self.sums[k - 1] if k else 0.0
        return self.rows[k], (aim - before) / (self.sums[k] - before)


def boxes(rows: Sequence[Row], column: str = "share") -> Boxes:
    """Boxes in the order of their rows.

    >>> boxes([{"share": "1"}, {"share": "3"}]).at(0.625)
    ({'share': '3'}, 0.5)
    """
    kept = tuple(row for row in rows if float(row[column]) > 0.0)
    return Boxes(tuple(accumulate(float(row[column]) for row in kept)), kept)


@lru_cache(maxsize=32)
def departures(driver: str, day: str, purpose: str = "") -> Boxes:
    """When a ``worker`` or ``free`` driver leaves home, and what for; one ``purpose`` alone if named."""
    rows = [row for row in table("departures") if row["driver"] == driver and row["day"] == day]
    return boxes([row for row in rows if purpose in ("", row["purpose"])])


@lru_cache(maxsize=1)
def distances() -> Boxes:
    """How far a trip goes and how long it takes."""
    return boxes(table("distances"))


@lru_cache(maxsize=2)
def trips_per_day(day: str) -> Boxes:
    """How many trips a driver makes in a ``weekday`` or on a day of the ``weekend``."""
    return boxes(table("trips_per_day"), day)
