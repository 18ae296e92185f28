"""Where each vehicle stands: plugged in at a charger, or only parked at a site.

The place in which a vehicle is the longest counts for the interval, with the share of it that it is there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.case import Case
from v2g.replay.clock import interval_hours, overlap_hours
from v2g.replay.columns import numbers, texts, times
from v2g.replay.verdict import Array, Index


@dataclass(frozen=True)
class Stands:
    """Charger and site of each vehicle in each interval (-1 = none) and share of the interval, all (V, T)."""

    charger: Index
    site: Index
    share: Array


def row_of(names: list[str]) -> dict[str, int]:
    """Row of each name; -1 for a blank one."""
    return {"": -1} | {name: row for row, name in enumerate(names)}


def stands(case: Case, vehicles: list[str]) -> Stands:
    """Where the vehicles are. A charger with a site is at that site."""
    chargers, sites = case.table("chargers"), row_of(texts(case.table("sites"), "site"))
    station_of = row_of(texts(chargers, "charger"))
    site_of = {-1: -1} | {row: sites[name] for row, name in enumerate(texts(chargers, "site"))}
    table, vehicle_of = case.table("stays"), row_of(vehicles)
    shape = (len(vehicles), case.steps)
    charger, site, share = np.full(shape, -1, np.int64), np.full(shape, -1, np.int64), np.zeros(shape)
    inside = overlap_hours(case, times(table, "from_utc"), times(table, "until_utc")) / interval_hours(case)[None, :]
    places = zip(texts(table, "vehicle"), texts(table, "charger"), texts(table, "site"), strict=True)
    for row, (name, station, parked) in enumerate(places):
        v, post = vehicle_of[name], station_of[station]
        longer = inside[row] > share[v]
        charger[v, longer] = post
        site[v, longer] = sites[parked] if post < 0 else site_of[post]
        share[v, longer] = inside[row, longer]
    return Stands(charger, site, share)


def of_place(values: Array, place: Index, elsewhere: float) -> Array:
    """A charger's or site's value for each vehicle and interval; ``elsewhere`` where it is at none."""
    padded = np.append(values, elsewhere)
    return np.asarray(padded[place])


def of_charger(case: Case, place: Index, column: str, blank: float, elsewhere: float) -> Array:
    """A column of the chargers for each vehicle and interval, (V, T)."""
    return of_place(numbers(case.table("chargers"), column, blank), place, elsewhere)
