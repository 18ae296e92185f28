"""When the outage begins, by date and clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.changes.horizon import Horizon, kept, time_of
from v2g.batch.changes.outage_h import returns
from v2g.batch.changes.rows import with_column
from v2g.batch.changes.turning import WINDOWS, Turn
from v2g.batch.fields import instant, near, word
from v2g.errors import UsageError
from v2g.remedies.tables import Tables

HOW = ("turn", "cut")
START = "the start of the outage"
DAY = timedelta(days=1)
WITH_OUTAGE = (("grid", "from_utc"), ("grid", "until_utc"), ("generators", "from_utc"), ("generators", "until_utc"),
               ("events", "at_utc"))  # fmt: skip
"""Times that go with the outage, not with the clock: when supply is back, when a generator comes, what breaks when."""

LOADS = (("loads", "from_utc"), ("loads", "until_utc"))


class OutageStart(Change):
    """Lets the outage begin at another time. Vehicles have on board then what they have at the start of the case.

    With [populate] it is its option ``start``. For a case as it is there are two ways. ``turn`` (the default): the case
    lasts whole days, and its days go round, so that profiles, stays, trips, needs and windows of loads stay at their
    clock time, while supply, generators and events go with the outage; with ``loads = "outage"`` so do windows of
    loads. ``cut``: the time is inside the case, and what
    comes before is cut off; the outage ends when it did.
    """

    name = "outage_start"
    title = "when the outage begins; how = turn (days of the case go round, clock times stay), cut (begins later in it)"
    keys: Mapping[str, Any] = {"how": word(HOW), "loads": word(("clock", "outage"))}

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A time in UTC."""
        return instant(found)

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """A case that is to be turned lasts whole days of even intervals."""
        if keys.get("how", "turn") == "turn":
            _turns(tables)

    def suits(self, value: Any, tables: Tables, keys: Mapping[str, Any], lasting: frozenset[str] | None) -> None:
        """The year is not far from that of the case."""
        near(value, Horizon.of(tables).start)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """When the outage begins."""
        return START

    def option(self, keys: Mapping[str, Any]) -> str:
        """The same, of `populate`."""
        return "start"

    def before(self, asked: Asked, to: Setting) -> Asked:
        """The option of `populate`."""
        return asked.populated(start=to.value)

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """A case that is solved as it is."""
        if asked.populate is not None:
            return tables
        start = datetime.fromisoformat(to.value)
        if to.keys.get("how", "turn") == "cut":
            return _cut(tables, start)
        return _turned(tables, start, to.keys.get("loads", "clock"))


def _cut(tables: Tables, start: datetime) -> Tables:
    now = Horizon.of(tables)
    first = now.point((start - now.start) / timedelta(hours=1), up=False)
    if first is None or start < now.start or first >= len(now.minutes):
        raise UsageError(f"{start.isoformat()} is not the start of an interval of the case, {now.start.isoformat()} to "
                         f"{now.end.isoformat()}.")  # fmt: skip
    back = returns(tables, now.start)
    if back and min(back) <= start:
        raise UsageError(f"Supply is back at {min(back).isoformat()}, so that no outage begins at {start.isoformat()}.")
    return kept(tables, first, len(now.minutes))


def _turns(tables: Tables) -> Horizon:
    """The horizon of a case that can be turned. Raises UsageError for any other one."""
    now = Horizon.of(tables)
    if len(set(now.minutes)) != 1 or timedelta(hours=now.hours) % DAY:
        raise UsageError(
            f"The case lasts {now.hours:g} h and not whole days of even intervals, so that its profiles, stays and "
            'trips say nothing of other times of the day. Write how = "cut" for a start inside it, or put the '
            "emergency on a feeder with [populate]."
        )
    return now


def _turned(tables: Tables, start: datetime, loads: str) -> Tables:
    now = _turns(tables)
    by, step = start - now.start, timedelta(minutes=now.minutes[0])
    if by % step:
        raise UsageError(
            f"{start.isoformat()} is not a whole number of intervals of {now.minutes[0]:g} min from the case's start."
        )
    length = now.end - now.start
    turn = Turn(now.start, start, by % length, length)
    with_outage = (*WITH_OUTAGE, *LOADS) if loads == "outage" else WITH_OUTAGE
    for name, column in with_outage:
        frame = tables.frame(name)
        if column in frame:
            cells = [(time_of(cell) + by).isoformat() if cell else cell for cell in frame[column]]
            tables = with_column(tables, name, column, cells)
    tables = replace(tables, header={**tables.header, "start_utc": start})
    tables = _profiles(tables, (by % length) // step, start, step)
    return turn.all(tables, [name for name in WINDOWS if (name, "from_utc") not in with_outage])


def _profiles(tables: Tables, first: int, start: datetime, step: timedelta) -> Tables:
    """Rows of profiles at the same clock time."""
    frame = tables.frame("profiles")
    if not len(frame):
        return tables
    rows = frame.iloc[[(first + k) % len(frame) for k in range(len(frame))]].reset_index(drop=True)
    rows["start_utc"] = [(start + k * step).isoformat() for k in range(len(frame))]
    return tables.with_frame("profiles", rows)
