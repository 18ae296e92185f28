"""What planning tools of one phase have no place for, in words, and when each interval is."""

from __future__ import annotations

from collections.abc import Iterator

from v2g.case import Case
from v2g.exports.sequence import uneven
from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.words import counted

NO_PLACE = {
    "trips": "trips", "sites": "sites and their people", "needs": "needs of drivers",
    "fleet_minimum": "minimums of the fleet", "tanks": "tanks", "durations": "how long the outage may last",
}  # fmt: skip

LOST = """
## Not in it

Which phase anything is on; V2H and V2L, which are not on the feeder (loads take that much less); fuel; why anything is
as it is: a plan is figures here. Tables with no place: {tables}.
"""


def lost(case: Case) -> str:
    """The last part of a README: what is not in the files."""
    counts = [f"{words} ({len(case.table(table)):,})" for table, words in NO_PLACE.items() if len(case.table(table))]
    off = sum(not bus for bus in case.table("loads").get("bus", ()))
    text = LOST.format(tables=", ".join(counts) or "none of this case")
    if off:
        text += f"Loads that are off the feeder are left out: {off}.\n"
    return text


def warnings(case: Case) -> Iterator[str]:
    """What a user has to know at once."""
    parts = uneven(case)
    if parts:
        yield f"{', '.join(parts)} not of three phases: three equal phases of the same total stand there"
    off = sum(not bus for bus in case.table("loads").get("bus", ()))
    if off:
        yield f"{counted(off, 'load')} off the feeder left out"


def times_csv(case: Case) -> bytes:
    """Start and length of each interval."""
    starts = [time.isoformat() for time in case.boundaries[:-1]]
    frame, _ = text_frame(("interval", "start_utc", "hours"), (range(case.steps), starts, case.hours.tolist()), "")
    return csv_bytes(frame)
