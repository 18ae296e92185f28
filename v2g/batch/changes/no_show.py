"""Vehicles that do not come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting, where
from v2g.batch.changes.rows import chosen, require, without_vehicles
from v2g.batch.fields import number
from v2g.remedies.tables import Tables


class NoShow(Change):
    """Each vehicle stays away with that probability, by itself, drawn by the seed: it is not in the case at all.

    Who stays away at one rate does so at every higher one.
    """

    name = "no_show"
    title = "probability with which each vehicle, of all or those `where`, does not come; drawn by the seed"
    keys: Mapping[str, Any] = {"where": where}

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A probability."""
        return number(0.0, 1.0)(found)

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """There are such vehicles."""
        require(tables, "vehicles", keys.get("where"))

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """Without those who do not come."""
        frame = tables.frame("vehicles")
        if not len(frame):
            return tables
        stream, mine = to.stream(), chosen(frame, to.keys.get("where"), "vehicles")
        drawn = [stream.uniform() < to.value for _ in mine]
        gone = {name for name, use, away in zip(frame["vehicle"], mine, drawn, strict=True) if use and away}
        return without_vehicles(tables, gone)
