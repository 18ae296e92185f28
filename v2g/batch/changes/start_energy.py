"""What vehicles have on board when the case begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from v2g.batch.changes.change import Setting
from v2g.batch.changes.of_rows import OfRows, keys_of
from v2g.batch.changes.rows import numbers, where_set, with_column
from v2g.batch.fields import Read, number
from v2g.remedies.tables import Tables

WAYS: Mapping[str, Read] = {"share": number(0.0, 1.0), "times": number(0.0), "kwh": number(0.0)}


class StartEnergy(OfRows):
    """Sets the energy at the start: a share of the capacity, kWh, or so many times as much; at most the capacity."""

    name = "start_energy"
    title = "energy of vehicles at the start, of all or those `where`; how = share (of the capacity), times, kwh"
    table, what = "vehicles", "the energy of vehicles at the start"
    ways, keys, factors = WAYS, keys_of(WAYS), ("times",)

    def changed(self, tables: Tables, mine: Sequence[bool], to: Setting) -> Tables:
        """With other ``start_kwh``."""
        frame = tables.frame("vehicles")
        most, soc = numbers(frame, "capacity_kwh"), numbers(frame, "start_soc")
        before = numbers(frame, "start_kwh", -1.0)
        had = [kwh if kwh >= 0.0 else share * size for kwh, share, size in zip(before, soc, most, strict=True)]
        factors = {"share": most, "times": had, "kwh": [1.0] * len(most)}[self.how(to.keys)]
        tables = with_column(tables, "vehicles", "start_kwh", [
            min(to.value * factor, size) if use else kwh
            for use, factor, size, kwh in zip(mine, factors, most, had, strict=True)
        ])  # fmt: skip
        return with_column(tables, "vehicles", "start_soc", where_set(frame, "start_soc", [True] * len(mine), ""))
