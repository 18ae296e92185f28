"""How many chargers there are, and how strong they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from v2g.batch.changes.change import Setting
from v2g.batch.changes.of_rows import OfRows, keys_of
from v2g.batch.changes.rows import count_of, named, with_column
from v2g.batch.fields import Read, number, whole
from v2g.errors import UsageError
from v2g.remedies.tables import Tables

WAYS: Mapping[str, Read] = {"number": whole(0, 1_000_000), "share": number(0.0, 1.0), "power": number(0.0, 1000.0)}


class Chargers(OfRows):
    """Keeps so many chargers, or such a share of them, drawn by the seed; or multiplies their power both ways.

    A vehicle whose charger is gone is parked at the site of that charger, where it has one, and else not plugged in.
    More chargers than there are would stand unused: every vehicle of a case has its place in it. For more vehicles
    with plugs of their own there is ``fleet_size``.
    """

    name = "chargers"
    title = "so many chargers of the case, of all or those `where`; how = number, share, power (a factor)"
    table, what = "chargers", "the number of chargers"
    ways, keys, factors = WAYS, keys_of(WAYS), ("power",)

    def changed(self, tables: Tables, mine: Sequence[bool], to: Setting) -> Tables:
        """With fewer chargers, or with other ones."""
        how = self.how(to.keys)
        if how == "power":
            return tables.scaled("chargers", to.value, "charge_kw", "discharge_kw", rows=mine)
        names = [name for name, use in zip(named(tables, "chargers", "charger"), mine, strict=True) if use]
        count = count_of(to.value, len(names), how)
        if count > len(names):
            raise UsageError(
                f"The case has {len(names)} such chargers, and not {count}: further ones would stand unused, as every "
                "vehicle has its place already. Ask for more vehicles with fleet_size: each brings a plug."
            )
        return _without(tables, set(to.ranked(names)[count:]))


def _without(tables: Tables, gone: set[str]) -> Tables:
    if not gone:
        return tables
    frame = tables.frame("chargers")
    sites = dict(zip(frame["charger"], frame["site"], strict=True)) if "site" in frame else {}
    tables = tables.without("chargers", [name not in gone for name in frame["charger"]])
    for name in ("stays", "vehicles"):
        rows = tables.frame(name)
        if "charger" not in rows or not len(rows):
            continue
        old = rows["charger"].tolist()
        place = rows["site"].tolist() if "site" in rows else [""] * len(rows)
        place = [sites.get(at, "") if at in gone else own for at, own in zip(old, place, strict=True)]
        tables = with_column(tables, name, "charger", ["" if at in gone else at for at in old])
        if any(place):
            tables = with_column(tables, name, "site", place)
        if name == "stays":
            tables = tables.without(name, [at not in gone or bool(own) for at, own in zip(old, place, strict=True)])
    return tables
