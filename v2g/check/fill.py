"""What completing a case shares: tables in the making, cells that were left blank, rows that are added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from v2g.check.columns import FIRST_ROW, typed_table
from v2g.check.rows import Place
from v2g.check.words import shortened
from v2g.errors import Finding
from v2g.formats.draft import Draft, file_of
from v2g.schema import TableSpec


@dataclass
class Filling:
    """A case on its way from what was written to what is complete.

    ``frames`` are the typed tables, replaced as they fill up. ``written`` says of a row that was
    added where in the user's files it comes from. ``leans`` names, for a table that was filled in,
    the tables it was filled from.
    """

    specs: Mapping[str, TableSpec]
    frames: dict[str, pd.DataFrame]
    draft: Draft
    boundaries: pd.DatetimeIndex | None
    written: dict[tuple[str, int], Place] = field(default_factory=dict)
    leans: dict[str, set[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def table(self, name: str, *columns: str) -> pd.DataFrame | None:
        """A table that has rows and these columns, or None."""
        frame = self.frames.get(name)
        return frame if frame is not None and len(frame) and set(columns) <= set(frame.columns) else None

    def blank(self, table: str, column: str) -> np.ndarray:
        """Which rows of a table, as the user wrote it, leave the cell blank; shape (rows,)."""
        text = self.draft.tables.get(table)
        count = len(self.frames[table])
        if text is None or column not in text:
            return np.ones(count, bool)
        return np.asarray((text[column] == "").to_numpy(bool))

    def unsaid(self, table: str, *columns: str) -> list[int]:
        """Rows that leave all of these cells blank; a row that is blank altogether is told elsewhere."""
        text = self.draft.tables.get(table)
        if text is None:
            return []
        some = (text != "").any(axis=1).to_numpy(bool)
        for column in columns:
            some = some & self.blank(table, column)
        return [int(row) for row in np.flatnonzero(some)]

    def optional(self, table: str, column: str) -> bool:
        """Whether a column may be blank: then it is for the filling to say what is missing."""
        declared = self.specs[table].column(column) if table in self.specs else None
        return declared is not None and not declared.required

    def fill(self, table: str, source: str, **columns: Sequence[Any]) -> None:
        """Replace whole columns of a table, filled in from another table."""
        frame = self.frames[table]
        for name, values in columns.items():
            frame = frame.assign(**{name: pd.Series(list(values), index=frame.index, dtype=frame[name].dtype)})
        self.frames[table] = frame
        self.leans.setdefault(table, set()).add(source)

    def add(self, table: str, source: str, rows: Sequence[Mapping[str, str]], places: Iterable[Place]) -> None:
        """Add rows, given as text, that come from places in another table."""
        if not rows or table not in self.specs:
            return
        text = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in rows[0]})
        added = typed_table(self.specs[table], text, file_of(table)).frame
        frame = self.frames[table]
        count = len(frame)
        self.frames[table] = pd.concat([frame, added], ignore_index=True) if count else added
        self.written |= {(table, count + row): place for row, place in enumerate(places)}
        self.leans.setdefault(table, set()).add(source)

    def say(
        self, place: Place, code: str, message: str, remedy: str = "", *,
        found: str | None = None, severity: Literal["error", "warning"] = "error",
    ) -> None:  # fmt: skip
        """Add a finding at a place of the user's files."""
        self.findings.append(
            Finding(
                self.draft.origin.get(place.table, file_of(place.table)), message, remedy,
                None if place.row is None else place.row + FIRST_ROW, place.column,
                None if found is None else shortened(found), severity=severity, code=code,
            )
        )  # fmt: skip

    def no_column(self, table: str, column: str, remedy: str) -> None:
        """Say that a column is missing."""
        file = self.draft.origin.get(table, file_of(table))
        self.findings.append(Finding(file, "The column is missing.", remedy, 1, column, code="missing-column"))


def instant(time: pd.Timestamp) -> str:
    """A time as a cell; blank for NaT."""
    return "" if pd.isna(time) else time.isoformat()
