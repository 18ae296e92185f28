"""Times for people: the local time of a case with its zone, and UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
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

    def local(self, point: int) -> datetime:
        """A point in local time."""
        return self.points[point].astimezone(ZoneInfo(self.zone))

    def utc_text(self, point: int) -> str:
        """A point as plan tables have it, such as 2026-01-15T18:00:00+00:00."""
        return self.points[point].isoformat()


def moment_of(asked: str | datetime | None, clock: Clock) -> datetime:
    """The moment to which a page refers, in UTC: as asked, in the zone of the case if it names none; else now.

    Whole minutes, for people. Raises UsageError for text that is no time.
    """
    try:
        found = datetime.now(UTC) if asked is None else datetime.fromisoformat(str(asked))
        whole = found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(clock.zone))
        return whole.astimezone(UTC).replace(second=0, microsecond=0)
    except (ValueError, OverflowError) as error:
        example = "2026-01-16T06:00 (local time of the case) or 2026-01-16T06:00Z"
        raise UsageError(f"--as-of: {str(asked)!r} is no time. Allowed: one such as {example}.") from error
