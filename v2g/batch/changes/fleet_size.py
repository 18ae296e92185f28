"""How many vehicles there are: some of those of the case, or each of them several times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from v2g.batch.changes.change import Setting
from v2g.batch.changes.of_rows import OfRows, keys_of
from v2g.batch.changes.rows import BY_VEHICLE, chargers_of, named, numbers, with_column, without_vehicles
from v2g.batch.fields import Read, whole
from v2g.errors import UsageError
from v2g.remedies.tables import Tables, unused

WAYS: Mapping[str, Read] = {"number": whole(0, 100_000)}


class FleetSize(OfRows):
    """Keeps so many vehicles, drawn by the seed; more than there are = further ones like those, each with a plug.

    With ``where`` only these vehicles are counted, and all others stay.
    """

    name = "fleet_size"
    title = "so many vehicles of the case, or of those `where`; a smaller number is part of a larger one"
    table, what = "vehicles", "the number of vehicles"
    ways, keys = WAYS, keys_of(WAYS)

    def changed(self, tables: Tables, mine: Sequence[bool], to: Setting) -> Tables:
        """Vehicles in an order that is drawn, gone through again and again until there are enough."""
        order = to.ranked(name for name, use in zip(named(tables, "vehicles", "vehicle"), mine, strict=True) if use)
        if not order and to.value:
            raise UsageError("There is no such vehicle in the case, so that there cannot be more of them.")
        tables = without_vehicles(tables, set(order[to.value :]))
        more = [order[k % len(order)] for k in range(len(order), to.value)]
        return repeated(tables, more) if more else tables


def repeated(tables: Tables, more: list[str]) -> Tables:
    """With one vehicle more for each name, like the one of that name, at a plug more of each charger it uses."""
    taken = tables.frame("vehicles")["vehicle"].tolist()
    copies: list[tuple[str, str]] = []
    for name in more:
        copies.append((name, unused(f"{name}_2", taken)))
        taken.append(copies[-1][1])
    needed = Counter(charger for name, _ in copies for charger in chargers_of(tables, name))
    for name in ("vehicles", *BY_VEHICLE):
        frame = tables.frame(name)
        if "vehicle" in frame:
            tables = tables.with_frame(name, pd.concat([frame, *_copied(frame, name, copies)], ignore_index=True))
    posts = tables.frame("chargers")
    if not needed:
        return tables
    plugs = numbers(posts, "plugs", 1.0)
    return with_column(tables, "chargers", "plugs", [
        old + needed[charger] for old, charger in zip(plugs, posts["charger"], strict=True)
    ])  # fmt: skip


def _copied(frame: pd.DataFrame, name: str, copies: list[tuple[str, str]]) -> list[pd.DataFrame]:
    made = []
    for origin, copy in copies:
        rows = frame[frame["vehicle"] == origin].copy()
        rows["vehicle"] = copy
        if name == "needs":
            rows["need"] = [f"{need}_{copy}" for need in rows["need"]]
        made.append(rows)
    return made
