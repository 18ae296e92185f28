"""The share of vehicles that can give to the feeder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.changes.rows import chargers_of, count_of, numbers, require, where_set, with_column
from v2g.batch.fields import number
from v2g.errors import UsageError
from v2g.remedies.tables import Tables


class V2gShare(Change):
    """Lets such a share of the vehicles give; the others keep all but that.

    First come those that can give in the case, then others, each in an order that is drawn. One of the others gives as
    much as it charges with, and so do the chargers that it uses, where they are one-way.
    """

    name = "v2g_share"
    title = "share of the vehicles that can give by V2G, drawn by the seed; those of the case that can come first"

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A share."""
        return number(0.0, 1.0)(found)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """The share."""
        return "the share of vehicles that can give"

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """There are vehicles, and chargers that feed the feeder."""
        require(tables, "vehicles")
        posts = tables.frame("chargers")
        ways = posts["feeds"].tolist() if "feeds" in posts else [""] * len(posts)
        if all(way == "premises" for way in ways):
            raise UsageError("The case has no charger that feeds the feeder, so that this share changes nothing.")

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """With other ``discharge_kw`` of vehicles and chargers."""
        frame = tables.frame("vehicles")
        if not len(frame):
            return tables
        names = frame["vehicle"].tolist()
        able, charge = numbers(frame, "discharge_kw"), numbers(frame, "charge_kw")
        row = {name: k for k, name in enumerate(names)}
        mixed = [row[name] for name in to.ranked(names)]
        order = [k for k in mixed if able[k] > 0.0] + [k for k in mixed if able[k] == 0.0]
        give = set(order[: count_of(to.value, len(names), "share")])
        new = {k for k in give if able[k] == 0.0}
        power = [charge[k] if k in new else able[k] if k in give else 0.0 for k in range(len(names))]
        tables = with_column(tables, "vehicles", "discharge_kw", power)
        if "give_kw" in frame and new:
            cells = where_set(frame, "give_kw", [k in new for k in range(len(names))], "")
            tables = with_column(tables, "vehicles", "give_kw", cells)
        used = {charger for k in new for charger in chargers_of(tables, names[k])}
        return _two_way(tables, used)


def _two_way(tables: Tables, used: set[str]) -> Tables:
    """Chargers that give as much as they take, where they gave nothing."""
    posts = tables.frame("chargers")
    if not used:
        return tables
    give, take = numbers(posts, "discharge_kw"), numbers(posts, "charge_kw")
    return with_column(tables, "chargers", "discharge_kw", [
        kw if name in used and old == 0.0 else old
        for name, old, kw in zip(posts["charger"], give, take, strict=True)
    ])  # fmt: skip
