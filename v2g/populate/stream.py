"""One stream of uniform numbers, from which everything is drawn: the same on every machine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
BLOCK = 4096


class Stream:
    """Uniform numbers of a seed, and choices made with them; nothing else is drawn from the generator."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self._block: list[float] = []

    def uniform(self) -> float:
        """The next number, at least 0 and below 1."""
        if not self._block:
            self._block = self._generator.random(BLOCK).tolist()[::-1]
        return self._block.pop()

    def one_of(self, choices: Sequence[T]) -> T:
        """One of equals."""
        return choices[int(len(choices) * self.uniform())]

    def by_weight(self, sums: Sequence[float]) -> int:
        """A position, as likely as its weight; ``sums`` of the weights up to each position."""
        return min(bisect_right(sums, self.uniform() * sums[-1]), len(sums) - 1)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in an order of which all are as likely."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = int((last + 1) * self.uniform())
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed


def whole(share: float, count: int) -> int:
    """The share of a number, rounded; a half goes up.

    >>> whole(0.3, 200), whole(0.05, 30)
    (60, 2)
    """
    return int(share * count + 0.5 + 1e-9)


def apportioned(weights: Sequence[float], count: int) -> list[int]:
    """So many seats by weight: whole shares first, then the largest remainders, earlier rows first.

    >>> apportioned([8.0, 10.0, 2.0], 7)
    [3, 3, 1]
    """
    total = sum(weights)
    exact = [count * weight / total for weight in weights]
    seats = [int(share + 1e-9) for share in exact]
    order = sorted(range(len(weights)), key=lambda k: (seats[k] - exact[k], k))
    for k in order[: count - sum(seats)]:
        seats[k] += 1
    return seats
