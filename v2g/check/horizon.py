"""Windows and profiles against the intervals of the case."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from v2g.case import Case
from v2g.check.rows import at, clock, filled, filled_in, rows
from v2g.check.words import counted
from v2g.errors import Finding

WINDOWS = (("from_utc", "until_utc"), ("depart_utc", "return_utc"))
MOMENTS = ("needs", "fleet_minimum")
"""Tables whose windows hold at points in time: a single point is enough, be it the first or the last."""


def windows_have_length(case: Case) -> Iterable[Finding]:
    """A window ends after it begins."""
    for table, frame in filled(case).items():
        for start, end in WINDOWS:
            if {start, end} <= set(frame.columns):
                wrong = frame[end] < frame[start] if table in MOMENTS else frame[end] <= frame[start]
                for row in np.flatnonzero(wrong.to_numpy(bool)).tolist():
                    begins = clock(frame[start].iloc[row])
                    message = f"{end} is not after {start}, {begins}."
                    found, allowed = clock(frame[end].iloc[row]), f"after {begins}"
                    remedy = "Check day and offset; a night ends on the next day."
                    yield at(case, (table, row, end), "window-order", message, remedy, found=found, allowed=allowed)


def windows_meet_horizon(case: Case) -> Iterable[Finding]:
    """A window that no interval of the case meets has no effect."""
    first, last = case.boundaries[0], case.boundaries[-1]
    for table, frame in filled(case).items():
        for start, end in WINDOWS:
            if {start, end} <= set(frame.columns):
                late, early = (frame[start] >= last).to_numpy(bool), (frame[end] <= first).to_numpy(bool)
                if table in MOMENTS:
                    late, early = (frame[start] > last).to_numpy(bool), (frame[end] < first).to_numpy(bool)
                written = np.array([filled_in(case, table, row) is None for row in range(len(frame))], bool)
                reversed_ = (frame[end] <= frame[start]).to_numpy(bool)
                for row in np.flatnonzero((late | early) & ~reversed_ & written).tolist():
                    column = start if late[row] else end
                    message = f"The window lies outside the case, {clock(first)} to {clock(last)}, and has no effect."
                    place, found = (table, row, column), clock(frame[column].iloc[row])
                    remedy = "Correct the time, or delete the row."
                    yield at(case, place, "outside-horizon", message, remedy, found=found, severity="warning")


def grid_comes_back(case: Case) -> Iterable[Finding]:
    """A grid that is back before the case begins: no outage at its start."""
    frame = rows(case, "grid", "from_utc")
    early = frame["from_utc"] < case.boundaries[0]
    for row in np.flatnonzero(early.to_numpy(bool)).tolist():
        if filled_in(case, "grid", row):
            continue
        message = f"The grid is back before the case begins, {clock(case.boundaries[0])}."
        place, found = ("grid", row, "from_utc"), clock(frame["from_utc"].iloc[row])
        remedy = "Leave it so only if the case begins with the grid on."
        yield at(case, place, "grid-before-start", message, remedy, found=found, severity="warning")


def profile_rows(case: Case) -> Iterable[Finding]:
    """Profiles have one row for each interval, in order."""
    frame = rows(case, "profiles", "start_utc")
    if not len(frame) and len(frame.columns) < 2:
        return
    if len(frame) != case.steps:
        has, needed = counted(len(frame), "row"), counted(case.steps, "interval")
        message = f"The table has {has}, the case has {needed}."
        place, allowed = ("profiles", None, "start_utc"), counted(case.steps, "row")
        remedy = "Write one row for each interval, or change steps in case.toml."
        yield at(case, place, "profile-length", message, remedy, found=has, allowed=allowed)
    shared = min(len(frame), case.steps)
    starts = frame["start_utc"].iloc[:shared]
    wrong = np.flatnonzero((starts != case.boundaries[:shared]).to_numpy(bool)) if shared else np.array([], int)
    if wrong.size:
        row = int(wrong[0])
        more = f" So it is in {counted(wrong.size - 1, 'more row')}." if wrong.size > 1 else ""
        message = f"The time is not the start of interval {row + 1}.{more}"
        found, allowed = clock(starts.iloc[row]), clock(case.boundaries[row])
        remedy = "Write one row for each interval, in order."
        yield at(case, ("profiles", row, "start_utc"), "profile-time", message, remedy, found=found, allowed=allowed)
