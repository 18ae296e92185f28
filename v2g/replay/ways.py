"""The deliveries of a plan: which vehicle gives what to the premises (V2H) or to a load's plug (V2L)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.replay.columns import numbers, texts
from v2g.replay.tables import codes_of, hour_faults, interval_codes
from v2g.replay.verdict import Array, Index, Mask

WAYS = ("v2h", "v2l")
COLUMNS = ("start_utc", "hours", "way", "vehicle", "site", "load", "kw")


@dataclass(frozen=True)
class Deliveries:
    """Usable rows, R of them: by plug (V2L) or not, vehicle, site, load (-1 = the premises), interval and kW, all (R,).

    ``faults`` says in words what was unusable.
    """

    plug: Mask
    vehicle: Index
    site: Index
    load: Index
    at: Index
    kw: Array
    faults: tuple[str, ...]

    def total(self, rows: Mask, thing: Index, shape: tuple[int, int]) -> Array:
        """kW of some rows summed by thing and interval, ``shape``; rows without a thing are left out."""
        out = np.zeros(shape)
        mine = rows & (thing >= 0)
        np.add.at(out, (thing[mine], self.at[mine]), self.kw[mine])
        return out


def nothing(faults: tuple[str, ...] = ()) -> Deliveries:
    """No deliveries."""
    none = np.zeros(0, dtype=np.int64)
    return Deliveries(none > 0, none, none, none, none, np.zeros(0), faults)


def read_deliveries(
    case: Case, table: pd.DataFrame | None, vehicles: list[str], sites: list[str], loads: list[str]
) -> Deliveries:
    """The table of deliveries; none where the plan has none."""
    if table is None:
        return nothing()
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        return nothing((f"no column {', '.join(missing)}",))
    way = np.array(texts(table, "way"), dtype=object)
    plug = way == "v2l"
    at, kw = interval_codes(case, table), numbers(table, "kw")
    vehicle, site = codes_of(vehicles, table["vehicle"]), codes_of(sites, table["site"])
    blank = np.array([not name for name in texts(table, "load")], dtype=bool)
    load = np.where(blank, -1, codes_of(loads, table["load"]))
    wrong = {
        "rows of an unknown way": ~np.isin(way, WAYS),
        "rows of an unknown vehicle": vehicle < 0,
        "rows of an unknown site": site < 0,
        "rows of an unknown load": np.where(plug, load < 0, ~blank),
        "rows at a time that starts no interval": at < 0,
        "rows without a power above zero": ~(np.isfinite(kw) & (kw > 0)),
        "rows that stand more than once": pd.DataFrame([way, vehicle, site, load, at]).T.duplicated().to_numpy(bool),
    }
    faults = [f"{int(rows.sum())} {what}" for what, rows in wrong.items() if rows.any()]
    good = ~np.any(list(wrong.values()), axis=0)
    found = tuple(faults + hour_faults(case, table, at))
    return Deliveries(plug[good], vehicle[good], site[good], load[good], at[good], kw[good], found)
