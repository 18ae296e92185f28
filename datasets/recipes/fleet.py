"""The fleet of a recipe: who owns which vehicle, where it is plugged in and when it is away.

A fleet list has one row for each group: model, count, pattern (home, commute, depot, bus), charger types at
home and at work (blank = no plug there), buses of home and work (blank = any of the feeder's).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from v2g.populate.calendar import Calendar, quarter

from .tables import Cell, Row

SPEED_KMH = 35.0
RESERVE_KM = (30.0, 50.0, 80.0)
DUTY_RESERVE_KM = 60.0
OWN_START = (0.5, 0.95)
DUTY_START = (0.8, 0.95)
SPARE_KWH = 1.0
LOW_SHARE = 0.08
HORIZON_MARGIN_H = 0.25

Trip = tuple[float, float, float]
"""Leaves at (h), is back at (h), distance (km)."""


@dataclass
class Fleet:
    """Tables of a fleet while it is being built."""

    vehicles: list[dict[str, Cell]] = field(default_factory=list)
    chargers: list[dict[str, Cell]] = field(default_factory=list)
    stays: list[dict[str, Cell]] = field(default_factory=list)
    trips: list[dict[str, Cell]] = field(default_factory=list)


@dataclass(frozen=True)
class Maker:
    """Builds fleets: the catalogue, the places, the calendar, and one stream of random numbers."""

    models: dict[str, Row]
    types: dict[str, Row]
    phases: dict[str, str]
    homes: Sequence[str]
    calendar: Calendar
    rng: np.random.Generator

    def build(self, groups: Sequence[Row], low: int) -> Fleet:
        """All vehicles of a fleet list; ``low`` of those that stay at home start almost empty."""
        fleet = Fleet()
        for group in groups:
            for k in range(int(group["count"])):
                name = f"{group['group']}_{k + 1:02d}"
                empty = low > 0 and group["pattern"] == "home" and k == 0
                low -= int(empty)
                self._add(fleet, name, group, empty)
        return fleet

    def _add(self, fleet: Fleet, name: str, group: Row, empty: bool) -> None:
        model = self.models[group["model"]]
        home = self._charger(fleet, f"{name}_home", group["home_charger"], group["home_bus"])
        work = self._charger(fleet, f"{name}_work", group["work_charger"], group["work_bus"])
        legs = [] if empty else self._legs(group["pattern"])
        per_km = float(model["kwh_per_100km"]) / 100
        capacity = float(model["capacity_kwh"])
        used = sum(km for _, _, km in legs) * per_km
        duty = group["pattern"] in ("depot", "bus")
        lowest, highest = DUTY_START if duty else OWN_START
        drawn = capacity * (lowest + (highest - lowest) * self._uniform())
        wanted_km = DUTY_RESERVE_KM if duty else RESERVE_KM[self._index(len(RESERVE_KM))]
        reserve = round(min(wanted_km * per_km, 0.5 * capacity), 1)
        start = LOW_SHARE * capacity if empty else min(capacity, max(drawn, used + SPARE_KWH))
        fleet.vehicles.append(
            {
                "vehicle": name, "model": f"{model['make']} {model['name']}", "capacity_kwh": capacity,
                "start_kwh": round(start, 1), "reserve_kwh": reserve, "charge_kw": _charge_kw(model, self.types, group),
                "discharge_kw": float(model["discharge_kw"]),
            }
        )  # fmt: skip
        self._itinerary(fleet, name, legs, home, work, per_km, group["pattern"] == "commute")

    def _charger(self, fleet: Fleet, name: str, kind: str, buses: str) -> str:
        """Add a charger at one of the buses and return its name; blank where the group has no plug."""
        if not kind:
            return ""
        nameplate = self.types[kind]
        three = nameplate["phases"] == "3"
        choice = buses.split() or [bus for bus in self.homes if not three or self.phases[bus] == "abc"]
        bus = choice[self._index(len(choice))]
        present = self.phases[bus]
        row: dict[str, Cell] = {"charger": name, "type": kind, "bus": bus}
        row["phases"] = "abc" if three else present[self._index(len(present))]
        row |= {key: nameplate[key] for key in ("charge_kw", "discharge_kw", "charge_eff", "discharge_eff")}
        if nameplate["feeds"] != "feeder":
            row["discharge_kw"] = "0"
        fleet.chargers.append(row | {"plugs": 1})
        return name

    def _legs(self, pattern: str) -> list[Trip]:
        """Trips of one vehicle over the horizon, in order and inside it."""
        at = self.calendar.since_start
        if pattern == "bus":
            legs = [(at(1, 6.5), at(1, 8.5), 35.0), (at(2, 8.0), at(2, 9.5), 25.0)]
        elif pattern == "depot":
            legs = [self._round(1, 8, 9, 40.0), self._round(1, 13, 14, 30.0), self._round(2, 9, 10, 30.0)]
        elif pattern == "commute":
            km = self._distance()
            out, back = quarter(at(1, self._between(6.5, 8.5))), quarter(at(1, self._between(15.5, 17.5)))
            legs = [(out, out + _driving(km), km), (back, back + _driving(km), km), *self._errand(2, 0.3)]
        else:
            legs = [*self._errand(1, 0.6), *self._errand(2, 0.4)]
        return [leg for leg in legs if leg[1] <= self.calendar.hours - HORIZON_MARGIN_H]

    def _errand(self, day: int, chance: float) -> list[Trip]:
        """Perhaps a trip in the day: driving, and up to two hours elsewhere."""
        if self._uniform() >= chance:
            return []
        km = 2 * self._distance()
        leaves = quarter(self.calendar.since_start(day, self._between(9.0, 14.0)))
        return [(leaves, leaves + _driving(km) + quarter(self._between(0.5, 2.0)), km)]

    def _round(self, day: int, earliest: float, latest: float, km: float) -> Trip:
        leaves = quarter(self.calendar.since_start(day, self._between(earliest, latest)))
        return leaves, leaves + 2.5, km

    def _itinerary(
        self, fleet: Fleet, name: str, legs: Sequence[Trip], home: str, work: str, per_km: float, commutes: bool
    ) -> None:
        """Stays between the trips: at home, and between a commuter's first two trips at work."""
        arrives = 0.0
        for k, (leaves, returns, km) in enumerate(legs):
            self._stay(fleet, name, work if commutes and k == 1 else home, arrives, leaves)
            fleet.trips.append(
                {
                    "vehicle": name, "depart_utc": self.calendar.utc(leaves), "return_utc": self.calendar.utc(returns),
                    "energy_kwh": round(km * per_km, 2),
                }
            )  # fmt: skip
            arrives = returns
        self._stay(fleet, name, home, arrives, self.calendar.hours)

    def _stay(self, fleet: Fleet, name: str, charger: str, begins: float, ends: float) -> None:
        if charger and ends > begins:
            row: dict[str, Cell] = {"vehicle": name, "charger": charger}
            fleet.stays.append(row | {"from_utc": self.calendar.utc(begins), "until_utc": self.calendar.utc(ends)})

    def _distance(self) -> float:
        """One way, 2 to 45 km, most of them short."""
        return float(min(45, 2 + round(-9 * math.log(1 - self._uniform()))))

    def _between(self, low: float, high: float) -> float:
        return low + (high - low) * self._uniform()

    def _index(self, count: int) -> int:
        return int(count * self._uniform())

    def _uniform(self) -> float:
        """One number of the stream; nothing else is drawn from it, so that it is the same everywhere."""
        return float(self.rng.random())


def _driving(km: float) -> float:
    """Hours on the road, in whole quarters."""
    return max(0.25, math.ceil(4 * km / SPEED_KMH) / 4)


def _charge_kw(model: Row, types: dict[str, Row], group: Row) -> float:
    """The vehicle's own limit for the couplings it uses: the lower of AC and DC where it uses both."""
    used = {types[kind]["coupling"] for kind in (group["home_charger"], group["work_charger"]) if kind}
    return min(float(model[f"{coupling}_charge_kw"]) for coupling in sorted(used))
