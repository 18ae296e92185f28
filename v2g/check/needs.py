"""What drivers must be able to drive: needs that are well said, that fit the battery, and that can be met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.check.energy import best_energy, on_trip
from v2g.check.rows import at, clock, rows
from v2g.check.words import counted, listed
from v2g.errors import Finding

NEARLY_KWH = 1e-6


class Need(NamedTuple):
    """Energy that a vehicle (its row) must have from point ``first`` to point ``last``; where that is written."""

    place: tuple[str, int, str]
    vehicle: int
    first: int
    last: int
    level: float


def km_need_consumption(case: Case) -> Iterable[Finding]:
    """A distance is energy only with the consumption of the vehicle."""
    vehicles = rows(case, "vehicles", "vehicle", "kwh_per_km", "reserve_km")
    unknown = vehicles["kwh_per_km"].isna().to_numpy(bool)
    for row in np.flatnonzero((vehicles["reserve_km"] > 0).to_numpy(bool) & unknown).tolist():
        message = f"The reserve of {vehicles['vehicle'].iloc[row]} is a distance, and its kwh_per_km is blank."
        remedy, found = (
            "Write kwh_per_km, or reserve_kwh in place of reserve_km.",
            f"{vehicles['reserve_km'].iloc[row]:g}",
        )
        yield at(case, ("vehicles", row, "reserve_km"), "km-without-consumption", message, remedy, found=found)
    needs = rows(case, "needs", "vehicle", "km")
    for row, (vehicle, km) in enumerate(zip(needs["vehicle"], needs["km"], strict=True)):
        who = unknown if not vehicle else unknown & (vehicles["vehicle"] == vehicle).to_numpy(bool)
        if km > 0 and who.any():
            message = f"kwh_per_km is blank for {listed(vehicles['vehicle'][who])}, so the distance is no energy."
            remedy = "Write kwh_per_km in vehicles.csv, or energy_kwh here."
            yield at(case, ("needs", row, "km"), "km-without-consumption", message, remedy, found=f"{km:g}")


def needs_of(case: Case) -> Iterator[Need]:
    """Every need of every vehicle but its standing reserve, at the points at which it holds."""
    names = rows(case, "vehicles", "vehicle")["vehicle"].to_list()
    number = {name: row for row, name in enumerate(names)}
    yield from _orders(case, number)
    for table, column, time in (("trips", "return_kwh", "return_utc"), ("stays", "leave_kwh", "until_utc")):
        frame = rows(case, table, "vehicle", column, time)
        for row, (name, level, when) in enumerate(zip(frame["vehicle"], frame[column], frame[time], strict=True)):
            if level > 0.0 and name in number and when is not pd.NaT:
                point = _point(case, when, later=table == "trips")
                if 0 <= point <= case.steps:
                    yield Need((table, row, column), number[name], point, point, level)


def _orders(case: Case, number: dict[str, int]) -> Iterator[Need]:
    vehicles = rows(case, "vehicles", "vehicle", "kwh_per_km")
    consumption = vehicles["kwh_per_km"].fillna(0.0).to_list() if len(vehicles) else [0.0] * len(number)
    needs = rows(case, "needs", "vehicle", "from_utc", "until_utc", "energy_kwh", "km")
    columns = (needs[name] for name in ("vehicle", "from_utc", "until_utc", "energy_kwh", "km"))
    for row, (name, start, end, energy, km) in enumerate(zip(*columns, strict=True)):
        first = 0 if start is pd.NaT else max(0, _point(case, start, later=False))
        last = case.steps if end is pd.NaT else min(case.steps, _point(case, end, later=True))
        for vehicle in [number[name]] if name in number else number.values() if not name else ():
            by_distance = km * consumption[vehicle]
            column = "km" if by_distance > energy else "energy_kwh"
            level = max(energy, by_distance)
            if level > 0.0 and first <= last:
                yield Need(("needs", row, column), vehicle, first, last, level)


def _point(case: Case, when: pd.Timestamp, *, later: bool) -> int:
    """Number of the nearest point of the case at or after (``later``) or at or before a time."""
    edges = np.asarray(case.boundaries.as_unit("ns").asi8)
    if later:
        return int(np.searchsorted(edges, when.value, side="left"))
    return int(np.searchsorted(edges, when.value, side="right")) - 1


def needs_fit_batteries(case: Case) -> Iterable[Finding]:
    """No need, and no reserve, is more than the battery holds."""
    vehicles = rows(case, "vehicles", "vehicle", "capacity_kwh")
    capacity = vehicles["capacity_kwh"].to_list()
    beyond: dict[tuple[str, int, str], list[Need]] = {}
    for need in (*_distances(case), *needs_of(case)):
        if need.level > capacity[need.vehicle] + NEARLY_KWH:
            beyond.setdefault(need.place, []).append(need)
    for place, needs in beyond.items():
        worst = max(needs, key=lambda need: need.level - capacity[need.vehicle])
        who = listed(str(vehicles["vehicle"].iloc[need.vehicle]) for need in needs)
        message = f"That is {worst.level:g} kWh, more than the battery of {who} holds."
        allowed = f"at most {capacity[worst.vehicle]:g} kWh"
        found = f"{float(case.table(place[0])[place[2]].iloc[place[1]]):g}"
        yield at(
            case,
            place,
            "need-beyond-capacity",
            message,
            "Ask for less energy or fewer km.",
            found=found,
            allowed=allowed,
        )


def _distances(case: Case) -> Iterator[Need]:
    """Reserves that are distances."""
    vehicles = rows(case, "vehicles", "reserve_km", "kwh_per_km")
    for row, level in enumerate((vehicles["reserve_km"] * vehicles["kwh_per_km"]).to_list()):
        if level > 0.0:
            yield Need(("vehicles", row, "reserve_km"), row, 0, case.steps, level)


def needs_can_be_met(case: Case) -> Iterable[Finding]:
    """A need that a vehicle misses even if it charges all the time it is plugged in will be a shortfall."""
    needs = list(needs_of(case))
    if not needs:
        return
    best = best_energy(case)
    names = rows(case, "vehicles", "vehicle")["vehicle"].to_list()
    short: dict[tuple[str, int, str], list[tuple[float, int, Need]]] = {}
    for need in needs:
        inside = best[need.vehicle, need.first : need.last + 1]
        lowest = int(inside.argmin())
        if inside[lowest] < need.level - NEARLY_KWH:
            lack = need.level - float(inside[lowest])
            short.setdefault(need.place, []).append((lack, need.first + lowest, need))
    for place, lacking in short.items():
        lack, point, need = max(lacking, key=lambda one: one[0])
        have = best[need.vehicle, point]
        message = (
            f"{names[need.vehicle]} can have {have:.4g} kWh at most at {clock(case.boundaries[point])}, "
            f"{lack:.4g} kWh too little, even if it charges all the time it is plugged in."
        )
        if len(lacking) > 1:
            message += f" So it is with {len(lacking)} vehicles; this one lacks most."
        remedy = "The plan reports what is missing; ask for less, or let it charge earlier or longer."
        found, allowed = f"{need.level:.6g} kWh", f"at most {have:.4g} kWh"
        yield at(case, place, "need-cannot-be-met", message, remedy, found=found, allowed=allowed, severity="warning")


def fleet_minimum(case: Case) -> Iterable[Finding]:
    """Vehicles that are to be ready at any time: there must be as many, large enough, and charged in time."""
    minimum = rows(case, "fleet_minimum", "vehicles", "energy_kwh", "from_utc", "until_utc")
    if not len(minimum):
        return
    capacity = rows(case, "vehicles", "capacity_kwh")["capacity_kwh"].to_numpy(float)
    best, away = best_energy(case), on_trip(case)
    columns = (minimum[name] for name in ("vehicles", "energy_kwh", "from_utc", "until_utc"))
    for row, (count, energy, start, end) in enumerate(zip(*columns, strict=True)):
        able = int((capacity >= energy - NEARLY_KWH).sum())
        if able < count:
            message = f"Only {counted(able, 'vehicle')} can hold {energy:g} kWh."
            place, allowed = ("fleet_minimum", row, "vehicles"), f"at most {able}"
            remedy = "Ask for fewer vehicles, or for less energy."
            yield at(case, place, "minimum-beyond-fleet", message, remedy, found=f"{count}", allowed=allowed)
            continue
        first = 0 if start is pd.NaT else max(0, _point(case, start, later=False))
        last = case.steps if end is pd.NaT else min(case.steps, _point(case, end, later=True))
        ready = ((best >= energy - NEARLY_KWH) & ~away).sum(axis=0)[first : last + 1]
        if ready.size and ready.min() < count:
            when = clock(case.boundaries[first + int(ready.argmin())])
            there = counted(int(ready.min()), "vehicle")
            message = f"At {when} only {there} can be ready with {energy:g} kWh on board."
            remedy = "The plan reports what is missing; ask for less, or let vehicles charge earlier."
            place, allowed = ("fleet_minimum", row, "vehicles"), f"at most {int(ready.min())}"
            yield at(
                case, place, "minimum-cannot-be-met", message, remedy, found=f"{count}", allowed=allowed,
                severity="warning",
            )  # fmt: skip
