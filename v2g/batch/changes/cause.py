"""Outages as they are by cause: how long each lasts is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.changes.outage_h import LENGTH, MOST, lasting
from v2g.batch.fields import number, word
from v2g.formats.outages import exceedances
from v2g.remedies.tables import Tables


class Cause(Change):
    """The length of the outage, drawn by the seed from the outages of a cause in the catalogue (``outages.csv``).

    Draws beyond ``most_h`` count as that long. Less than an hour counts as one. Else as ``outage_h``.
    """

    name = "cause"
    title = "length of the outage drawn from those of a cause, such as hurricane; draws above `most_h` count as that"
    keys: Mapping[str, Any] = {"most_h": number(1.0, MOST, "h")}

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A cause of the catalogue."""
        return word(tuple(exceedances()))(found)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """How long the outage is."""
        return LENGTH

    def option(self, keys: Mapping[str, Any]) -> str:
        """The same, of `populate`."""
        return "outage"

    def before(self, asked: Asked, to: Setting) -> Asked:
        """The option of `populate`."""
        return asked.populated(outage=_drawn(to))

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """A case that is solved as it is."""
        return tables if asked.populate is not None else lasting(tables, _drawn(to))


def _drawn(to: Setting) -> float:
    hours = longer_with(exceedances()[to.value], to.stream().uniform())
    return float(f"{min(max(hours, 1.0), to.keys.get('most_h', MOST)):.6g}")


def longer_with(curve: Sequence[tuple[float, float]], share: float) -> float:
    """Hours that such a share of outages exceed; the curve falls from 1 at 0 h, straight between its points.

    What lasts longer than the last point is taken to end there.

    >>> longer_with([(10.0, 0.5), (20.0, 0.1)], 0.75), longer_with([(10.0, 0.5), (20.0, 0.1)], 0.3)
    (5.0, 15.0)
    >>> longer_with([(10.0, 0.5), (20.0, 0.1)], 0.05)
    20.0
    """
    points = [(0.0, 1.0), *(point for point in curve if point[0] > 0.0)]
    for (start, above), (end, below) in pairwise(points):
        if below <= share < above:
            return start + (end - start) * (above - share) / (above - below)
    return points[-1][0]
