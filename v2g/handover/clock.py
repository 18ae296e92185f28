"""Times for people: the local time of a case with its zone, and UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from v2g.case import Case
from v2g.errors import UsageError


@dataclass(frozen=True)
class Clock:
    """The points of a case in its own zone, ``time_zone`` of its header, or UTC."""

    points: tuple[datetime, ...]
    zone: str

    @classmethod
    def of(cls, case: Case) -> Clock:
        """The T + 1 points of a case, in UTC."""
        points = tuple(point.to_pydatetime().astimezone(UTC) for point in case.boundaries)
        return cls(points, str(case.header.get("time_zone", "UTC")))

    def at(self, point: float) -> datetime:
        """A point in UTC; 2.5 lies in the middle of the third interval, told to the minute."""
        whole = int(point // 1)
        if point == whole:
            return self.points[whole]
        moment = self.points[whole] + (point - whole) * (self.points[whole + 1] - self.points[whole])
        return (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)

    def local(self, point: int) -> datetime:
        """A point in local time."""
        return self.points[point].astimezone(ZoneInfo(self.zone))

    def utc_text(self, point: int) -> str:
        """A point as plan tables have it, such as 2026-01-15T18:00:00+00:00."""
        return self.points[point].isoformat()


YEARS = 50
"""So far from the beginning of a case a page may be told: beyond that the year is mistyped."""


def moment_of(asked: str | datetime | None, clock: Clock) -> datetime:
    """The moment to which a page refers, in UTC: as asked, with its offset; else now.

    Whole minutes, for people. Raises UsageError for text that is no time, has no offset, or lies more than 50 years
    from the beginning of the case.
    """
    if asked is None:
        return datetime.now(UTC).replace(second=0, microsecond=0)
    try:
        found = asked if isinstance(asked, datetime) else datetime.fromisoformat(asked)
    except ValueError:
        raise _untold(asked, "date, time and offset from UTC") from None
    if found.tzinfo is None:
        raise _untold(asked, "date, time and offset from UTC")
    first, last = clock.points[0].year - YEARS, clock.points[0].year + YEARS
    if not first <= found.year <= last:
        raise _untold(asked, f"a year from {first} to {last}")
    return found.astimezone(UTC).replace(second=0, microsecond=0)


def _untold(asked: str | datetime, allowed: str) -> UsageError:
    return UsageError(
        f"The time of the page cannot be told: found {str(asked)!r}; allowed: {allowed}. "
        "Write it like 2026-01-15T18:00+00:00."
    )
