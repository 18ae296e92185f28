"""When a case begins and how long it lasts: read from its header, shortened, or moved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from v2g.batch.fields import Wrong, instant
from v2g.errors import UsageError
from v2g.remedies.tables import Tables

NEARLY = 1e-9


@dataclass(frozen=True)
class Horizon:
    """The start of a case, and the length of each of its intervals in min."""

    start: datetime
    minutes: tuple[float, ...]

    @classmethod
    def of(cls, tables: Tables) -> Horizon:
        """Of a case. Raises UsageError where its header says nothing of that."""
        header: Mapping[str, Any] = tables.header
        try:
            start, lengths = time_of(header["start_utc"]), header["step_min"]
            minutes = tuple(map(float, lengths)) if isinstance(lengths, list) else (float(lengths),) * header["steps"]
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError("The header of the case does not say when it begins and how long it lasts.") from error
        return cls(start, minutes)

    @property
    def hours(self) -> float:
        """How long the case lasts."""
        return math.fsum(self.minutes) / 60.0

    @property
    def end(self) -> datetime:
        """When it ends."""
        return self.start + timedelta(hours=self.hours)

    def point(self, hours: float, *, up: bool) -> int | None:
        """The number of intervals that end at so many hours; up = the next end after that, else none in between."""
        spent = 0.0
        for count, minutes in enumerate((0.0, *self.minutes)):
            spent += minutes
            if spent / 60.0 >= hours - NEARLY:
                return count if up or spent / 60.0 <= hours + NEARLY else None
        return None


def time_of(cell: Any) -> datetime:
    """A cell or a key as a time. Raises UsageError."""
    try:
        return datetime.fromisoformat(instant(cell))
    except Wrong as error:
        raise UsageError(f"{cell!r} is not a time, so that it cannot be moved.") from error


def kept(tables: Tables, first: int, last: int) -> Tables:
    """Only the intervals from ``first`` up to, and without, ``last``; windows stay, as those outside have no effect."""
    now = Horizon.of(tables)
    start = now.start + timedelta(minutes=math.fsum(now.minutes[:first]))
    lengths = tables.header["step_min"]
    header = {**tables.header, "start_utc": start}
    if isinstance(lengths, list):
        header["step_min"] = lengths[first:last]
    if "steps" in header:
        header["steps"] = last - first
    profiles = tables.frame("profiles")
    if len(profiles):
        tables = tables.with_frame("profiles", profiles.iloc[first:last].reset_index(drop=True))
    return replace(tables, header=header)
