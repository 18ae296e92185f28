"""Who can feed what without the feeder: vehicles that ever stand at a site, and the loads there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.check.rows import rows

NEARLY = 1e-9


class Reach(NamedTuple):
    """``v2h``: sites where a vehicle can feed the premises while the feeder is dead; ``socket``: largest socket, kW."""

    v2h: frozenset[str]
    socket: dict[str, float]

    def sockets(self, site: str, appliance: float) -> bool:
        """Whether some car that ever stands at a site has a socket for an appliance (NaN = any)."""
        largest = self.socket.get(site, 0.0)
        return largest > 0.0 and not appliance > largest + NEARLY


def stands(case: Case) -> Iterator[tuple[int, str, str, str]]:
    """(row of stays, vehicle, charger, site) of each stay; the site of a charger is that of the stay."""
    home = _column(case, "chargers", "charger", "site")
    frame = rows(case, "stays", "vehicle", "charger", "site")
    for row, (vehicle, charger, site) in enumerate(zip(frame["vehicle"], frame["charger"], frame["site"], strict=True)):
        yield row, vehicle, charger, home.get(charger, "") if charger else site


def reach(case: Case) -> Reach:
    """What the stays of a case allow at any time."""
    v2h, socket = set(), dict[str, float]()
    home = _column(case, "vehicles", "vehicle", "v2h_kw")
    sockets = _column(case, "vehicles", "vehicle", "sockets")
    power = _column(case, "vehicles", "vehicle", "socket_kw")
    posts = rows(case, "chargers", "charger", "feeds", "discharge_kw", "island_capable")
    usable = (posts["feeds"] == "premises") & (posts["discharge_kw"] > 0) & posts["island_capable"].astype(bool)
    premises = set(posts["charger"][usable])
    for _, vehicle, charger, site in stands(case):
        if site and charger in premises and home.get(vehicle, 0.0) > 0.0:
            v2h.add(site)
        if site and sockets.get(vehicle, 0.0) > 0.0:
            socket[site] = max(socket.get(site, 0.0), power.get(vehicle, 0.0))
    return Reach(frozenset(v2h), socket)


def fed_by_vehicles(case: Case) -> pd.Series[bool]:
    """Whether each load can be fed by vehicles alone, by V2H or V2L, shape (loads,)."""
    loads = rows(case, "loads", "site", "by_v2h", "by_v2l", "appliance_kw")
    ways = reach(case)
    fed = [
        bool((by_v2h and site in ways.v2h) or (by_v2l and ways.sockets(site, appliance)))
        for site, by_v2h, by_v2l, appliance in zip(
            loads["site"], loads["by_v2h"], loads["by_v2l"], loads["appliance_kw"], strict=True
        )
    ]
    return pd.Series(fed if fed else np.zeros(len(case.table("loads")), bool), dtype=bool)


def _column(case: Case, table: str, key: str, column: str) -> dict[str, Any]:
    frame = rows(case, table, key, column)
    return dict(zip(frame[key].to_list(), frame[column].to_list(), strict=True))
