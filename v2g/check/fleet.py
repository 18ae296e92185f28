"""Who can be where: vehicles, chargers, trips, and the energy on board."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.check.columns import FIRST_ROW
from v2g.check.rows import at, clock, numbers, rows
from v2g.errors import Finding

STAY = ("stays", "vehicle", "from_utc", "until_utc", "charger")
TRIP = ("trips", "vehicle", "depart_utc", "return_utc", "energy_kwh")
CLASHES = {
    ("stays", "stays"): ("two-places", "is plugged in at another place"),
    ("trips", "trips"): ("trips-overlap", "is on another trip"),
    ("stays", "trips"): ("stay-during-trip", "is on a trip"),
    ("trips", "stays"): ("stay-during-trip", "is plugged in"),
}
ROUNDING_KWH = 1e-9


def one_place_at_a_time(case: Case) -> Iterable[Finding]:
    """A vehicle is plugged in once, or on one trip, or neither."""
    latest: dict[tuple[str, str], tuple[int, int]] = {}
    for vehicle, begins, ends, table, row in _events(case):
        for other in ("stays", "trips"):
            until, earlier = latest.get((vehicle, other), (begins, -1))
            if until > begins:
                yield _clash(case, vehicle, (table, row), (other, earlier), pd.Timestamp(until, tz="UTC"))
        if ends > latest.get((vehicle, table), (ends - 1, -1))[0]:
            latest[vehicle, table] = (ends, row)


def _events(case: Case) -> list[tuple[str, int, int, str, int]]:
    """(vehicle, from, until, table, row) of stays and trips in the order of their beginning, times in ns."""
    events = []
    for table, vehicle, start, end, further in (STAY, TRIP):
        frame = rows(case, table, vehicle, start, end, further)
        if len(frame):
            known = (frame[start].notna() & frame[end].notna() & (frame[start] < frame[end])).to_numpy(bool)
            columns = (frame[vehicle].to_list(), _ns(frame[start]), _ns(frame[end]), known.tolist())
            named = enumerate(zip(*columns, strict=True))
            events += [(name, begins, ends, table, row) for row, (name, begins, ends, use) in named if use]
    return sorted(events, key=lambda event: (event[1], event[3], event[4]))


def _ns(times: pd.Series[pd.Timestamp]) -> list[int]:
    return [int(ns) for ns in pd.DatetimeIndex(times).as_unit("ns").asi8]


def _clash(case: Case, vehicle: str, here: tuple[str, int], there: tuple[str, int], until: pd.Timestamp) -> Finding:
    code, doing = CLASHES[here[0], there[0]]
    other = f"{there[0]}.csv, row {there[1] + FIRST_ROW}"
    message = f"{vehicle} {doing} until {clock(until)} ({other})."
    column = STAY[2] if here[0] == "stays" else TRIP[2]
    found = clock(case.table(here[0])[column].iloc[here[1]])
    remedy = "A vehicle is at one place at a time: change one of the two."
    return at(case, (here[0], here[1], column), code, message, remedy, found=found, allowed=f"from {clock(until)}")


def enough_plugs(case: Case) -> Iterable[Finding]:
    """A charger holds no more vehicles at a time than it has plugs."""
    stays = rows(case, "stays", "charger", "from_utc", "until_utc")
    chargers = rows(case, "chargers", "charger", "plugs")
    plugged = (stays["charger"] != "").to_numpy(bool) if len(stays) else np.zeros(0, bool)
    if not plugged.any() or not len(chargers):
        return
    number = np.flatnonzero(plugged)
    stays = stays[plugged]
    plugs = dict(zip(chargers["charger"], chargers["plugs"], strict=True))
    codes, names = pd.factorize(stays["charger"])
    count = len(stays)
    times = np.array([*_ns(stays["from_utc"]), *_ns(stays["until_utc"])])
    change = np.repeat([1, -1], count)
    order = np.lexsort((change, times, np.tile(codes, 2)))
    held = np.cumsum(change[order])
    allowed = np.array([plugs.get(name, np.inf) for name in names], dtype=float)[np.tile(codes, 2)[order]]
    for k in np.flatnonzero((held > allowed) & (change[order] > 0)).tolist():
        row = int(order[k])
        message = (
            f"{stays['charger'].iloc[row]} would hold {held[k]} vehicles from {clock(stays['from_utc'].iloc[row])}."
        )
        remedy = "Move a stay, or raise plugs in chargers.csv."
        found, most = f"{held[k]} vehicles", f"at most {allowed[k]:g}"
        place = ("stays", int(number[row]), "charger")
        yield at(case, place, "not-enough-plugs", message, remedy, found=found, allowed=most)


def enough_on_board(case: Case) -> Iterable[Finding]:
    """Trips that use more than a vehicle has on board if it is not charged before."""
    trips = rows(case, *TRIP)
    vehicles = rows(case, "vehicles", "vehicle", "start_kwh")
    on_board = dict(zip(vehicles["vehicle"], vehicles["start_kwh"].to_list(), strict=True))
    order = np.argsort(_ns(trips["depart_utc"]), kind="stable").tolist()
    names, energies = trips["vehicle"].to_list(), trips["energy_kwh"].to_list()
    for row in order:
        vehicle, energy = names[row], energies[row]
        stored = on_board.get(vehicle, np.nan)
        if energy > stored + ROUNDING_KWH:
            yield _beyond(case, row, vehicle, energy, stored)
        on_board[vehicle] = max(0.0, stored - energy)


def _beyond(case: Case, row: int, vehicle: str, energy: float, stored: float) -> Finding:
    message = f"The trip uses {energy:g} kWh; {vehicle} has {stored:g} kWh on board unless it is charged before."
    remedy = "The plan reports what is missing; raise start_kwh or lower energy_kwh to avoid that."
    place, most = ("trips", row, "energy_kwh"), f"at most {stored:g} kWh"
    return at(case, place, "trip-beyond-energy", message, remedy, found=f"{energy:g}", allowed=most, severity="warning")


def vehicles_above_reserve(case: Case) -> Iterable[Finding]:
    """A vehicle that starts below its reserve is said, not refused."""
    remedy = "It will be reported as shortfall; the vehicle may charge, and gives nothing."
    yield from _below_reserve(case, "vehicles", "vehicle", remedy, "warning")


def batteries_above_reserve(case: Case) -> Iterable[Finding]:
    """A battery must keep its reserve, so it must hold it."""
    yield from _below_reserve(case, "batteries", "battery", "Raise start_kwh or lower reserve_kwh.", "error")


def _below_reserve(
    case: Case, table: str, key: str, remedy: str, severity: Literal["error", "warning"]
) -> Iterable[Finding]:
    frame = rows(case, table, key, "start_kwh", "reserve_kwh")
    kept = frame["reserve_kwh"].to_numpy(float)
    by_distance = numbers(case, table, "reserve_km") * numbers(case, table, "kwh_per_km")
    if by_distance.size:
        kept = np.fmax(kept, by_distance)
    for row in np.flatnonzero(frame["start_kwh"].to_numpy(float) < kept - ROUNDING_KWH).tolist():
        start, reserve = float(frame["start_kwh"].iloc[row]), float(kept[row])
        message = f"{frame[key].iloc[row]} starts with {start:g} kWh, below its reserve of {reserve:g} kWh."
        place, least = (table, row, "start_kwh"), f"at least {reserve:g} kWh"
        yield at(
            case, place, "start-below-reserve", message, remedy, found=f"{start:g}", allowed=least, severity=severity
        )


def reactive_needs_active(case: Case) -> Iterable[Finding]:
    """The reactive power of a load follows its active power, so without that it has none."""
    loads = rows(case, "loads", "kw", "kvar")
    alone = (loads["kw"] == 0) & (loads["kvar"] != 0)
    for row in np.flatnonzero(alone.to_numpy(bool)).tolist():
        message = "The load has kvar and no kw; its kvar follows its kw and is not used."
        place, found = ("loads", row, "kvar"), f"{float(loads['kvar'].iloc[row]):g}"
        remedy = "Write its kw, or leave kvar blank."
        yield at(case, place, "kvar-without-kw", message, remedy, found=found, severity="warning")
