"""What vehicles have on board when the case begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting, where
from v2g.batch.changes.rows import chosen, numbers, require, where_set, with_column
from v2g.batch.fields import number, word
from v2g.remedies.tables import Tables

HOW = ("share", "times", "kwh")


class StartEnergy(Change):
    """Sets the energy at the start: a share of the capacity, kWh, or so many times as much; at most the capacity."""

    name = "start_energy"
    title = "energy of vehicles at the start, of all or those `where`; how = share (of the capacity), times, kwh"
    keys: Mapping[str, Any] = {"how": word(HOW), "where": where}

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A share, a factor or kWh."""
        return number(0.0, 1.0)(found) if keys.get("how", "share") == "share" else number(0.0)(found)

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """There are such vehicles."""
        require(tables, "vehicles", keys.get("where"))

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """With other ``start_kwh``."""
        frame, how = tables.frame("vehicles"), to.keys.get("how", "share")
        if not len(frame):
            return tables
        mine = chosen(frame, to.keys.get("where"), "vehicles")
        most, soc = numbers(frame, "capacity_kwh"), numbers(frame, "start_soc")
        before = numbers(frame, "start_kwh", -1.0)
        had = [kwh if kwh >= 0.0 else share * size for kwh, share, size in zip(before, soc, most, strict=True)]
        factors = {"share": most, "times": had, "kwh": [1.0] * len(most)}[how]
        tables = with_column(tables, "vehicles", "start_kwh", [
            min(to.value * factor, size) if use else kwh
            for use, factor, size, kwh in zip(mine, factors, most, had, strict=True)
        ])  # fmt: skip
        return with_column(tables, "vehicles", "start_soc", where_set(frame, "start_soc", [True] * len(mine), ""))
