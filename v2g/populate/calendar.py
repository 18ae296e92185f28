"""Time in a case that is made: hours since the start, local days, and the shapes of the catalogue along them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from v2g.populate.catalog import table

SATURDAY, SUNDAY = 5, 6
QUARTERS = 4


@dataclass(frozen=True)
class Calendar:
    """The horizon: ``start`` in UTC, ``steps`` intervals of ``step_min``, local time behind UTC by ``behind_h``."""

    start: datetime
    behind_h: float
    step_min: float
    steps: int

    @property
    def hours(self) -> float:
        """Length of the horizon in h."""
        return self.steps * self.step_min / 60

    def utc(self, hour: float) -> str:
        """Time ``hour`` h after the start, as ISO text with offset."""
        return (self.start + timedelta(hours=hour)).isoformat()

    def since_start(self, day: int, hour: float) -> float:
        """Hours from the start to local ``hour`` of the local ``day``; day 0 is that of the start."""
        midnight = self.local(0.0).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - self.local(0.0)) / timedelta(hours=1) + 24 * day + hour

    def starts(self) -> list[float]:
        """Start of each interval in h."""
        return [k * self.step_min / 60 for k in range(self.steps)]

    def day_and_hour(self, hour: float) -> tuple[str, int]:
        """Kind of local day (weekday or weekend) and local hour, 0 to 23."""
        local = self.local(hour)
        return ("weekend" if local.weekday() >= SATURDAY else "weekday"), local.hour

    def weekday(self, day: int) -> str:
        """Name of the kind of a local day: weekday, saturday or sunday."""
        number = (self.local(0.0) + timedelta(days=day)).weekday()
        return {SATURDAY: "saturday", SUNDAY: "sunday"}.get(number, "weekday")

    def local(self, hour: float) -> datetime:
        """Local time ``hour`` h after the start."""
        return self.start + timedelta(hours=hour - self.behind_h)


def profiles(calendar: Calendar, shapes: Iterable[str], sky: float) -> list[dict[str, str | float]]:
    """Rows of the profile table: one column for each shape, and ``sun`` = clear sky times ``sky``."""
    known = {(row["day"], int(row["hour"])): row for row in table("shapes")}
    names = sorted(shapes)
    rows: list[dict[str, str | float]] = []
    for hour in calendar.starts():
        shape = known[calendar.day_and_hour(hour)]
        row: dict[str, str | float] = {"start_utc": calendar.utc(hour)}
        row |= {name: float(shape[name]) for name in names}
        row["sun"] = float(shape["solar_clear_sky"]) * sky
        rows.append(row)
    return rows


def quarter(hour: float) -> float:
    """The nearest quarter of an hour."""
    return round(hour * QUARTERS) / QUARTERS
