"""Windows by the clock in a case whose days go round: what runs beyond the end comes in again at the start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from v2g.batch.changes.horizon import time_of
from v2g.errors import UsageError
from v2g.formats.draft import as_text
from v2g.remedies.tables import Tables

Row = dict[str, Any]
WINDOWS = {
    "stays": ("from_utc", "until_utc"), "trips": ("depart_utc", "return_utc"), "needs": ("from_utc", "until_utc"),
    "fleet_minimum": ("from_utc", "until_utc"), "loads": ("from_utc", "until_utc"),
}  # fmt: skip
AT_END = ("leave_kwh", "return_kwh")
"""What must be there when a window ends: only its last piece says so."""
KEYS = {"needs": "need", "fleet_minimum": "minimum"}


def records(frame: pd.DataFrame) -> list[Row]:
    """Rows of a table, by the names of columns."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


@dataclass(frozen=True)
class Turn:
    """From a case that begins at ``old`` to one that begins at ``new``: what happened ``by`` later comes first."""

    old: datetime
    new: datetime
    by: timedelta
    length: timedelta

    def all(self, tables: Tables, names: Iterable[str]) -> Tables:
        """Tables of these names, the windows of which are by the clock."""
        for name in names:
            frame = tables.frame(name)
            if len(frame) and WINDOWS[name][0] in frame:
                rows = [piece for row in records(frame) for piece in self._pieces(name, row)]
                made = pd.DataFrame(rows, columns=frame.columns, dtype=object).fillna("")
                tables = tables.with_frame(name, made)
        return tables

    def _pieces(self, name: str, row: Row) -> list[Row]:
        """A row, in two pieces where the new start falls into its window; none where it lies outside the case."""
        start, end = WINDOWS[name]
        if not row.get(start) and not row.get(end):
            return [row]
        first = max(time_of(row[start]), self.old) if row.get(start) else self.old
        whole = time_of(row[end]) if row.get(end) else self.old + self.length
        last = min(whole, self.old + self.length)
        if last < first or (last == first and name not in KEYS):
            return []
        begins = (first - self.old - self.by) % self.length
        spans = [(begins, min(begins + (last - first), self.length))]
        if begins + (last - first) > self.length:
            spans.append((timedelta(0), begins + (last - first) - self.length))
        if name == "loads" and len(spans) > 1:
            raise UsageError(
                f"The window of load {row['load']} would be cut in two by an outage that begins at "
                f"{self.new.isoformat()}; a load has one window. "
                'With loads = "outage" windows of loads go with the outage.'
            )
        return [self._piece(name, row, span, k, len(spans)) for k, span in enumerate(spans)]

    def _piece(self, name: str, row: Row, span: tuple[timedelta, timedelta], number: int, count: int) -> Row:
        start, end = WINDOWS[name]
        piece = {**row, start: (self.new + span[0]).isoformat(), end: (self.new + span[1]).isoformat()}
        if name == "trips":
            full = time_of(row[end]) - time_of(row[start])
            piece["energy_kwh"] = as_text(float(row["energy_kwh"]) * ((span[1] - span[0]) / full))
        if number + 1 < count:
            piece |= {column: "" for column in AT_END if column in row}
        if name in KEYS and number:
            piece[KEYS[name]] = f"{row[KEYS[name]]}_{number + 1}"
        return piece
