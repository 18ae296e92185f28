"""What drivers keep for themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from v2g.batch.changes.change import Setting
from v2g.batch.changes.of_rows import OfRows, keys_of
from v2g.batch.changes.rows import numbers, where_set, with_column
from v2g.batch.fields import Read, number
from v2g.remedies.tables import Tables

WAYS: Mapping[str, Read] = {"share": number(0.0, 1.0), "times": number(0.0), "kwh": number(0.0), "km": number(0.0)}


class Reserve(OfRows):
    """Sets the reserve of vehicles: a share of their capacity, kWh (at most the capacity) or km; or multiplies it.

    A reserve in one unit takes the place of one in the other.
    """

    name = "reserve"
    title = "reserve of vehicles, of all or those `where`; how = share (of the capacity), times, kwh, km"
    table, what = "vehicles", "the reserve of vehicles"
    ways, keys, factors = WAYS, keys_of(WAYS), ("times",)

    def changed(self, tables: Tables, mine: Sequence[bool], to: Setting) -> Tables:
        """With other ``reserve_kwh`` and ``reserve_km``."""
        frame, how = tables.frame("vehicles"), self.how(to.keys)
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
