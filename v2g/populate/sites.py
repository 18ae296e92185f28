"""Critical sites: which kinds, how many, how large, where; and their loads."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

from v2g.populate.assumed import LEAST_SITES, PLUG_ENERGY, SITES_PER_MW, SIZE_FROM, SIZE_TO, THREE_PHASE_KW
from v2g.populate.calendar import Calendar
from v2g.populate.catalog import Row, table
from v2g.populate.feeder import PHASES, Feeder
from v2g.populate.plugs import Cell, one_phase, point_of, spread
from v2g.populate.stream import Stream, apportioned
from v2g.populate.wishes import Wishes

DAY_H = 24.0


@dataclass(frozen=True)
class Site:
    """A critical site; ``kw`` in all, of which ``plug_kw`` are appliances that can be plugged into a car."""

    name: str
    kind: str
    tier: int
    kw: float
    plug_kw: float
    people: float
    bus: str = ""
    phases: str = ""
    connection: str = "wye"

    @property
    def like(self) -> Row:
        """The row of ``site_kinds.csv`` that it is made after."""
        return next(row for row in table("site_kinds") if row["kind"] == self.kind)


def drawn(feeder: Feeder, asked: Wishes, taken: Sequence[str], stream: Stream) -> list[Site]:
    """Sites for a feeder: so many as its load asks for, or as the user does; scaled to their share of its load.

    ``taken`` are names of loads that the feeder has already. Where a number of sites is asked for, they are as
    large as usual, but no larger together than that share.
    """
    kinds = table("site_kinds")
    count = asked.critical_count or max(LEAST_SITES, math.floor(SITES_PER_MW * feeder.load_kw / 1000.0 + 0.5))
    seats = apportioned([float(row["per_10_mw"]) for row in kinds], count)
    sizes = [(row, k + 1) for row, seat in zip(kinds, seats, strict=True) for k in range(seat)]
    usual = [SIZE_FROM + (SIZE_TO - SIZE_FROM) * stream.uniform() for _ in sizes]
    total = sum(size * float(row["kw"]) for size, (row, _) in zip(usual, sizes, strict=True))
    scale = asked.critical_share * feeder.load_kw / total
    if asked.critical_count:
        scale = min(1.0, scale)
    names = set(taken)
    sites = [_site(row, k, size * scale, names) for size, (row, k) in zip(usual, sizes, strict=True)]
    return placed(feeder, sites, stream)


def _site(row: Row, number: int, scale: float, taken: set[str]) -> Site:
    kw = max(0.1, round(scale * float(row["kw"]), 1))
    plug = min(round(min(1.0, scale) * float(row["plug_kw"]), 2), kw / 2)
    people = max(1.0, round(scale * float(row["people"])))
    return Site(free(f"{row['kind']}_{number}", taken), row["kind"], int(row["tier"]), kw, plug, people)


def free(name: str, taken: set[str]) -> str:
    """The name, with a letter more while it is taken; it is taken from then on."""
    while name in taken or f"{name}_plugs" in taken:
        name += "x"
    taken.add(name)
    return name


def placed(feeder: Feeder, sites: Sequence[Site], stream: Stream) -> list[Site]:
    """Sites with their buses: large ones on three phases, small ones on one, in proportion to load."""
    large = [k for k, site in enumerate(sites) if not site.bus and site.kw >= THREE_PHASE_KW and feeder.three_phase]
    small = [k for k, site in enumerate(sites) if not site.bus and k not in set(large)]
    found = list(sites)
    for k, bus in zip(large, spread(feeder, len(large), stream), strict=True):
        found[k] = replace(sites[k], bus=bus, phases=PHASES, connection=point_of(feeder, bus).connection)
    for k, bus in zip(small, spread(feeder, len(small), stream, list(feeder.kw_at)), strict=True):
        found[k] = on_one_phase(feeder, replace(sites[k], bus=bus), stream)
    return found


def on_one_phase(feeder: Feeder, site: Site, stream: Stream) -> Site:
    """The site on one phase of its bus, or between two where its load is in delta."""
    point = point_of(feeder, site.bus)
    phases = one_phase(point.phases, point.connection, stream)
    return replace(site, phases=phases, connection=point.connection)


def site_rows(sites: Sequence[Site]) -> list[dict[str, Cell]]:
    """Rows of ``sites.csv``."""
    return [{"site": s.name, "bus": s.bus, "kind": s.kind.replace("_", " "), "people": s.people} for s in sites]


def load_rows(
    sites: Sequence[Site], shapes: Mapping[str, Sequence[float]], calendar: Calendar, visited: Container[str]
) -> list[dict[str, Cell]]:
    """Loads of the sites: what is wired, and what can be plugged into a car at sites that are ``visited`` by one."""
    rows: list[dict[str, Cell]] = []
    until = "" if last_day(calendar) == calendar.hours else calendar.utc(last_day(calendar))
    for site in sites:
        like = site.like
        plug_kw = site.plug_kw if site.name in visited else 0.0
        wired = round(site.kw - plug_kw, 2)
        row = _load(site, site.name, wired) | {"profile": like["shape"], "service": like["service"]}
        row["kvar"] = round(wired * float(like["kvar_per_kw"]), 2)
        if like["service"] in ("hours", "energy"):
            row["until_utc"] = until
        if like["service"] == "hours":
            row["hours_per_day"] = like["hours_per_day"]
            row["min_run_h"] = min(float(like["min_run_h"]), calendar.hours)
        elif like["service"] == "energy":
            row["kwh_per_day"] = _daily(wired, float(like["energy_share"]), shapes.get(like["shape"]), calendar)
        rows.append(row)
        if plug_kw > 0.0:
            plugs = _load(site, f"{site.name}_plugs", plug_kw) | {"service": "energy", "until_utc": until, "by_v2l": 1}
            plugs["appliance_kw"] = min(float(like["appliance_kw"]), plug_kw)
            rows.append(plugs | {"kwh_per_day": _daily(plug_kw, PLUG_ENERGY, None, calendar)})
    return rows


def _load(site: Site, name: str, kw: float) -> dict[str, Cell]:
    place: dict[str, Cell] = {"load": name, "bus": site.bus, "phases": site.phases, "site": site.name}
    return place | {
        "connection": site.connection, "kw": kw, "kvar": 0, "tier": site.tier, "kind": site.kind.replace("_", " "),
    }  # fmt: skip


def _daily(kw: float, share: float, shape: Sequence[float] | None, calendar: Calendar) -> float:
    """Energy in a day that is needed: a share of what would be drawn on the leanest one, in kWh."""
    return math.floor(100.0 * share * DAY_H * kw * leanest(shape or [1.0] * calendar.steps, calendar)) / 100.0


def leanest(shape: Sequence[float], calendar: Calendar) -> float:
    """Lowest mean of a shape over the days of 24 h from the start; intervals belong to the day in which they begin."""
    sums: dict[int, float] = {}
    end = last_day(calendar)
    for value, start in zip(shape, calendar.starts(), strict=True):
        day = int(start // DAY_H)
        if DAY_H * day < end:
            sums[day] = sums.get(day, 0.0) + value * calendar.step_min / 60.0
    return min(total / min(DAY_H, end - DAY_H * day) for day, total in sums.items())


def last_day(calendar: Calendar) -> float:
    """End of the last day of 24 h from the start, in h; a rest too short for an interval to begin in is none."""
    rest = calendar.hours % DAY_H
    return calendar.hours - rest if calendar.hours > DAY_H and rest < calendar.step_min / 60.0 else calendar.hours
