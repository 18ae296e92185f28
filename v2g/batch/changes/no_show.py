"""Vehicles that do not come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from v2g.batch.changes.change import Setting
from v2g.batch.changes.of_rows import OfRows, keys_of
from v2g.batch.changes.rows import named, without_vehicles
from v2g.batch.fields import Read, number
from v2g.remedies.tables import Tables

WAYS: Mapping[str, Read] = {"probability": number(0.0, 1.0)}


class NoShow(OfRows):
    """Each vehicle stays away with that probability, by itself, drawn by the seed: it is not in the case at all.

    Who stays away at one rate does so at every higher one, and in every other fleet.
    """

    name = "no_show"
    title = "probability with which each vehicle, of all or those `where`, does not come; drawn by the seed"
    table = "vehicles"
    ways, keys = WAYS, keys_of(WAYS)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """Nothing: there may be several reasons to stay away."""
        return ""

    def changed(self, tables: Tables, mine: Sequence[bool], to: Setting) -> Tables:
        """Without those who do not come."""
        names = zip(named(tables, "vehicles", "vehicle"), mine, strict=True)
        return without_vehicles(tables, {name for name, use in names if use and to.drawn(name) < to.value})
