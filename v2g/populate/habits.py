"""What drivers do in an outage: when a car plugs in first, when it is away, how far it goes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from v2g.populate.assumed import LATE_H, MOST_AWAY_H, SPARE_END_H
from v2g.populate.calendar import QUARTERS, Calendar, quarter
from v2g.populate.catalog import departures, distances, ladder, trips_per_day
from v2g.populate.stream import Stream


class Outing(NamedTuple):
    """Leaves at, is back at (h since the start), km; arrives and leaves at a plug at work, where it has one."""

    leaves: float
    back: float
    km: float
    first_km: float = 0.0
    arrives: float = 0.0
    departs: float = 0.0


@dataclass(frozen=True)
class Habits:
    """Itineraries, drawn from surveys; ``drive`` is the share of the usual days with a car that are left."""

    calendar: Calendar
    stream: Stream
    drive: float

    def first_plugged(self) -> float:
        """When a car at home is plugged in first, in h: at once, or when it comes back from the day of the start."""
        day = self._kind(0)
        row, _ = trips_per_day(day).at(self.stream.uniform())
        arrival = ladder(f"arrival_h_private_{day}").at(self.stream.uniform())
        hour = quarter(self.calendar.since_start(0, arrival))
        late = 0.0 < hour <= min(LATE_H, self.calendar.hours - SPARE_END_H)
        return hour if int(row["trips"]) and late else 0.0

    def outings(self, earliest: float, *, worker: bool, duty: bool = False, work_plug: bool = False) -> list[Outing]:
        """Outings after ``earliest`` (h), in order, each ended before the end; ``duty`` goes for work alone."""
        found: list[Outing] = []
        for day in range(math.ceil(self.calendar.hours / 24.0) + 1):
            outing = self._outing(day, worker=worker or duty, duty=duty, work_plug=work_plug)
            if outing and outing.leaves > earliest and outing.back <= self.calendar.hours - SPARE_END_H:
                found.append(outing)
                earliest = outing.back
        return found

    def _outing(self, day: int, *, worker: bool, duty: bool, work_plug: bool) -> Outing | None:
        usual, _ = trips_per_day(self._kind(day)).at(self.stream.uniform())
        goes = self.stream.uniform() < self.drive
        trips = max(2, int(usual["trips"])) if duty else int(usual["trips"])
        kind = self.calendar.weekday(day)
        if not goes or not trips or (duty and kind != "weekday"):
            return None
        box, inside = departures("worker" if worker else "free", kind, "workplace" if duty else "").at(
            self.stream.uniform()
        )
        first = float(box["from_h"])
        leaves = quarter(self.calendar.since_start(day, first + inside * (float(box["until_h"]) - first)))
        legs = [self._leg() for _ in range(trips)]
        at_work = box["purpose"] == "workplace"
        stay = quarter(self._stay("workplace" if at_work else "public"))
        km = sum(leg[0] for leg in legs)
        if at_work and work_plug:
            arrives, departs = leaves + _road(legs[:1]), leaves + _road(legs[:1]) + stay
            return Outing(leaves, departs + _road(legs[1:]), km, legs[0][0], arrives, departs)
        return Outing(leaves, leaves + _road(legs) + stay, km)

    def _leg(self) -> tuple[float, float]:
        """Distance in km and time in h of a trip."""
        box, inside = distances().at(self.stream.uniform())
        km, minutes = (
            float(box[f"from_{unit}"]) + inside * (float(box[f"until_{unit}"]) - float(box[f"from_{unit}"]))
            for unit in ("km", "min")
        )
        return km, minutes / 60.0

    def _stay(self, place: str) -> float:
        """Time that the car stands where it went, in h: that of a session there which ends on the same day."""
        known = ladder(f"connected_h_{place}")
        return known.at(self.stream.uniform() * known.below(MOST_AWAY_H))

    def _kind(self, day: int) -> str:
        return "weekday" if self.calendar.weekday(day) == "weekday" else "weekend"


def _road(legs: list[tuple[float, float]]) -> float:
    """Time on the road in whole quarters of an hour, at least one, in h."""
    return max(1, math.ceil(QUARTERS * sum(hours for _, hours in legs) - 1e-9)) / QUARTERS
