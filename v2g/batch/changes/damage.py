"""Lines that are out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd

from v2g.batch.changes.change import Setting
from v2g.batch.changes.horizon import Horizon
from v2g.batch.changes.of_rows import OfRows, keys_of
from v2g.batch.changes.rows import count_of
from v2g.batch.fields import Read, number, whole
from v2g.errors import UsageError
from v2g.remedies.tables import Tables

WAYS: Mapping[str, Read] = {"number": whole(0, 1_000_000), "share": number(0.0, 1.0)}
OPEN = ("0", "false", "False", "no")


class Damage(OfRows):
    """So many lines, or such a share of them, go out when the case begins, drawn by the seed: events are added.

    Lines that are open, or that the events of the case name, are not drawn. With ``repair_h`` all are back after so
    long. Who is out at one value is out at every larger one.
    """

    name = "damage"
    title = "lines out from the start, of all or those `where`, drawn; how = number, share; back after `repair_h`"
    table = "lines"
    ways, keys = WAYS, {**keys_of(WAYS), "repair_h": number(0.0, unit="h", above=True)}

    def sets(self, keys: Mapping[str, Any]) -> str:
        """Nothing: lines that one axis takes out are out beside those of another one."""
        return ""

    def changed(self, tables: Tables, mine: Sequence[bool], to: Setting) -> Tables:
        """With an event for each line that is out, and one for its repair."""
        known = _lines(tables, mine)
        count = count_of(to.value, len(known), self.how(to.keys))
        if count > len(known):
            raise UsageError(f"{count} lines are to be out, and only {len(known)} can be drawn.")
        start = Horizon.of(tables).start
        rows = [(start, "out", line) for line in to.ranked(known)[:count]]
        if to.keys.get("repair_h") is not None:
            rows += [(start + timedelta(hours=to.keys["repair_h"]), "back", line) for _, _, line in rows]
        if not rows:
            return tables
        made = pd.DataFrame([(at.isoformat(), event, line) for at, event, line in rows],
                            columns=["at_utc", "event", "element"], dtype=object)  # fmt: skip
        return tables.with_frame("events", pd.concat([tables.frame("events"), made], ignore_index=True).fillna(""))


def _lines(tables: Tables, mine: Sequence[bool]) -> list[str]:
    """Lines that are closed and not named by events."""
    frame, events = tables.frame("lines"), tables.frame("events")
    if not len(frame):
        return []
    named = set(events["element"]) if "element" in events else set()
    closed = frame["closed"].tolist() if "closed" in frame else [""] * len(frame)
    return [
        line
        for line, state, use in zip(frame["line"], closed, mine, strict=True)
        if use and state not in OPEN and line not in named
    ]
