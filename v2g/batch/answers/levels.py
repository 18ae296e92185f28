"""Draws counted at each value of an axis, in each setting of the other axes, and bounds that hold for all settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from v2g.batch.answers.axis import Axis
from v2g.batch.answers.intervals import share_at_least, share_at_most


@dataclass(frozen=True)
class Counted:
    """Draws at one value: how many there are, in how many all loads live, fail, or are undecided.

    ``refused`` draws are none of these: their case cannot be planned, so that nothing is to be learned from them.
    """

    label: str
    value: Any
    at: float
    draws: int
    alive: int
    failed: int
    undecided: int
    refused: int = 0

    @property
    def share(self) -> float:
        """Of the draws, in which all loads live."""
        return self.alive / self.draws if self.draws else math.nan

    def least(self, confidence: float) -> float:
        """The share is at least this: whatever is not known to be a hit is a miss."""
        return share_at_least(self.alive, self.draws, confidence)

    def most(self, confidence: float) -> float:
        """The share is at most this: whatever is not known to be a miss is a hit."""
        return share_at_most(self.alive + self.undecided + self.failed, self.draws, confidence)


class Setting(NamedTuple):
    """One setting of the other axes in words, and the draws there at each value of the axis that is looked along."""

    words: str
    each: tuple[Counted, ...]


@dataclass(frozen=True)
class Level:
    """One value of the axis in all settings of the others: each in words, and its draws."""

    label: str
    value: Any
    words: tuple[str, ...]
    cells: tuple[Counted, ...]

    @property
    def several(self) -> bool:
        """Whether the other axes have several settings."""
        return len(self.words) > 1

    @property
    def share(self) -> float:
        """The smallest share of any setting."""
        return min(cell.share for cell in self.cells)

    @property
    def hits(self) -> int:
        """Draws in which all loads live, in all settings together."""
        return sum(cell.alive for cell in self.cells)

    def least(self, confidence: float) -> float:
        """The share is at least this in every setting.

        The smallest of the bounds is not above that of the setting that is truly the hardest: no allowance is needed.
        """
        return min(cell.least(confidence) for cell in self.cells)

    def most(self, confidence: float) -> float:
        """The share is at most this in some setting; the error allowed is shared among the settings (Bonferroni)."""
        shared = 1.0 - (1.0 - confidence) / len(self.cells)
        return min(cell.most(shared) for cell in self.cells)

    def worst(self, confidence: float) -> tuple[str, Counted]:
        """The setting with the smallest lower bound, in words, and its draws."""
        pairs = zip(self.words, self.cells, strict=True)
        return min(pairs, key=lambda pair: (pair[1].least(confidence), pair[1].share))

    def hoped(self) -> Level:
        """The same if all that is undecided were hits."""
        cells = tuple(replace(cell, alive=cell.alive + cell.undecided, undecided=0) for cell in self.cells)
        return replace(self, cells=cells)


def levels(found: Sequence[Setting]) -> list[Level]:
    """Values of an axis that have draws in every setting."""
    words = tuple(setting.words for setting in found)
    rows = zip(*(setting.each for setting in found), strict=True)
    return [Level(cells[0].label, cells[0].value, words, cells) for cells in rows if all(cell.draws for cell in cells)]


def first_enough(known: Sequence[Level], share: float, confidence: float = 0.0) -> int | None:
    """The first value from which on, along the list, the share is large enough; by its lower bound, given a confidence.

    None where the last one is too small already.
    """
    answer = None
    for number in reversed(range(len(known))):
        level = known[number]
        if (level.least(confidence) if confidence else level.share) < share - 1e-12:
            break
        answer = number
    return answer


def more_is_worse(axis: Axis, known: Sequence[Level]) -> bool:
    """Whether fewer loads live at larger values, so that the largest value is asked for.

    Known from what the axis changes; where it is not, the draws of all settings together say it.
    """
    if axis.worse is not None:
        return axis.worse
    shares = [sum(cell.alive for cell in one.cells) / sum(cell.draws for cell in one.cells) for one in known]
    return bool(shares) and shares[0] > shares[-1]
