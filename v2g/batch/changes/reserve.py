"""What drivers keep for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting, where
from v2g.batch.changes.rows import chosen, numbers, require, where_set, with_column
from v2g.batch.fields import number, word
from v2g.remedies.tables import Tables

HOW = ("share", "times", "kwh", "km")


class Reserve(Change):
    """Sets the reserve of vehicles: a share of their capacity, kWh (at most the capacity) or km; or multiplies it.

    A reserve in one unit takes the place of one in the other.
    """

    name = "reserve"
    title = "reserve of vehicles, of all or those `where`; how = share (of the capacity), times, kwh, km"
    keys: Mapping[str, Any] = {"how": word(HOW), "where": where}

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A share, a factor, kWh or km."""
        return number(0.0, 1.0)(found) if keys.get("how", "share") == "share" else number(0.0)(found)

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """There are such vehicles."""
        require(tables, "vehicles", keys.get("where"))

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """With other ``reserve_kwh`` and ``reserve_km``."""
        frame, how = tables.frame("vehicles"), to.keys.get("how", "share")
        if not len(frame):
            return tables
        mine = chosen(frame, to.keys.get("where"), "vehicles")
        if how == "times":
            return tables.scaled("vehicles", to.value, "reserve_kwh", "reserve_km", rows=mine)
        if how == "km":
            tables = with_column(tables, "vehicles", "reserve_km", where_set(frame, "reserve_km", mine, to.value))
            return with_column(tables, "vehicles", "reserve_kwh", where_set(frame, "reserve_kwh", mine, 0))
        tables = with_column(tables, "vehicles", "reserve_km", where_set(frame, "reserve_km", mine, 0))
        most, old = numbers(frame, "capacity_kwh"), numbers(frame, "reserve_kwh")
        return with_column(tables, "vehicles", "reserve_kwh", [
            (to.value * kwh if how == "share" else min(to.value, kwh)) if use else before
            for use, kwh, before in zip(mine, most, old, strict=True)
        ])  # fmt: skip
