"""How long the outage lasts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.changes.horizon import Horizon, kept, time_of
from v2g.batch.changes.rows import with_column
from v2g.batch.fields import number
from v2g.errors import UsageError
from v2g.remedies.tables import Tables

MOST = 8760.0
LENGTH = "the length of the outage"


class OutageHours(Change):
    """The length of the outage, counted from the start of the case.

    With [populate] it is its option ``outage``. A case of which supply comes back (windows of ``grid``, or events
    ``energised``) keeps its length, and supply comes back then; all that comes back later does so as much later. Any
    other case is one outage: it ends with the interval in which the hours are over. It cannot last longer than what is
    known of it.
    """

    name = "outage_h"
    title = "hours from the start of the case until supply is back, or until the case ends where it never is"

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """Hours."""
        return number(0.0, MOST, "h", above=True)(found)

    def sets(self, keys: Mapping[str, Any]) -> str:
        """How long the outage is."""
        return LENGTH

    def option(self, keys: Mapping[str, Any]) -> str:
        """The same, of `populate`."""
        return "outage"

    def before(self, asked: Asked, to: Setting) -> Asked:
        """The option of `populate`."""
        return asked.populated(outage=to.value)

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """A case that is solved as it is."""
        return tables if asked.populate is not None else lasting(tables, to.value)


def lasting(tables: Tables, hours: float) -> Tables:
    """A case with an outage of so many hours. Raises UsageError where it is too short for that."""
    now = Horizon.of(tables)
    if hours > now.hours + 1e-9:
        raise UsageError(
            f"The case lasts {now.hours:g} h, so that nothing is known of an outage of {hours:g} h. Take a longer "
            "case, or put the emergency on a feeder with [populate]."
        )
    back = returns(tables, now.start)
    if back:
        return moved_return(tables, now.start + timedelta(hours=hours) - min(back))
    count = now.point(hours, up=True)
    return kept(tables, 0, len(now.minutes) if count is None else count)


def returns(tables: Tables, start: datetime) -> list[datetime]:
    """Times after the start at which supply comes back."""
    grid, events = tables.frame("grid"), tables.frame("events")
    cells = [cell for cell in grid["from_utc"] if cell] if "from_utc" in grid else []
    if len(events):
        cells += [at for at, event in zip(events["at_utc"], events["event"], strict=True) if event == "energised"]
    return [time for time in map(time_of, cells) if time > start]


def moved_return(tables: Tables, by: timedelta) -> Tables:
    """Supply that comes back so much later."""
    start = Horizon.of(tables).start

    def later(cell: str) -> str:
        return (time_of(cell) + by).isoformat() if cell and time_of(cell) > start else cell

    grid, events = tables.frame("grid"), tables.frame("events")
    for column in ("from_utc", "until_utc"):
        if column in grid:
            tables = with_column(tables, "grid", column, [later(cell) for cell in grid[column]])
    if len(events):
        tables = with_column(tables, "events", "at_utc", [
            later(at) if event in ("energised", "dead") else at
            for at, event in zip(events["at_utc"], events["event"], strict=True)
        ])  # fmt: skip
    return tables
