"""Lines that are out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd

from v2g.batch.changes.change import Asked, Change, Setting, where
from v2g.batch.changes.horizon import Horizon
from v2g.batch.changes.rows import chosen, count_of, require
from v2g.batch.fields import number, whole, word
from v2g.errors import UsageError
from v2g.remedies.tables import Tables

OPEN = ("0", "false", "False", "no")


class Damage(Change):
    """So many lines, or such a share of them, go out when the case begins, drawn by the seed: events are added.

    Lines that are open, or that the events of the case name, are not drawn. With ``repair_h`` all are back after so
    long. Who is out at one value is out at every larger one.
    """

    name = "damage"
    title = "lines out from the start, of all or those `where`, drawn; how = number, share; back after `repair_h`"
    keys: Mapping[str, Any] = {
        "how": word(("number", "share")), "where": where, "repair_h": number(0.0, unit="h", above=True),
    }  # fmt: skip

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A number of lines, or a share of them."""
        return whole(0, 1_000_000)(found) if keys.get("how", "number") == "number" else number(0.0, 1.0)(found)

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """There are such lines."""
        require(tables, "lines", keys.get("where"))

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """With an event for each line that is out, and one for its repair."""
        known = _lines(tables, to.keys.get("where"))
        count = count_of(to.value, len(known), to.keys.get("how", "number"))
        if count > len(known):
            raise UsageError(f"{count} lines are to be out, and only {len(known)} can be drawn.")
        start = Horizon.of(tables).start
        rows = [(start, "out", line) for line in to.stream().shuffled(known)[:count]]
        if to.keys.get("repair_h") is not None:
            rows += [(start + timedelta(hours=to.keys["repair_h"]), "back", line) for _, _, line in rows]
        if not rows:
            return tables
        made = pd.DataFrame([(at.isoformat(), event, line) for at, event, line in rows],
                            columns=["at_utc", "event", "element"], dtype=object)  # fmt: skip
        return tables.with_frame("events", pd.concat([tables.frame("events"), made], ignore_index=True).fillna(""))


def _lines(tables: Tables, which: Mapping[str, Any] | None) -> list[str]:
    """Lines that are closed and not named by events, in the order of the table."""
    frame, events = tables.frame("lines"), tables.frame("events")
    if not len(frame):
        return []
    named = set(events["element"]) if "element" in events else set()
    closed = frame["closed"].tolist() if "closed" in frame else [""] * len(frame)
    mine = chosen(frame, which, "lines")
    return [
        line
        for line, state, use in zip(frame["line"], closed, mine, strict=True)
        if use and state not in OPEN and line not in named
    ]
