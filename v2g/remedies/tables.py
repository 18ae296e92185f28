"""The tables of a case as text, to be changed and checked again like any case that was written by hand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pandas as pd

from v2g.case import Case
from v2g.check import check
from v2g.formats.draft import Draft, as_text
from v2g.formats.folder_out import header_text
from v2g.language import Part
from v2g.register import NETWORKS, POLICIES, declarations


@dataclass(frozen=True)
class Tables:
    """Header and tables of a case; every cell is text. Changes give a new one."""

    header: Mapping[str, Any]
    frames: Mapping[str, pd.DataFrame]

    @classmethod
    def of(cls, case: Case) -> Tables:
        """The tables of a case as they would be written to a folder."""
        header = tomllib.loads(header_text(case))
        draft = Draft.of(header, {name: frame for name, frame in case.tables.items() if len(frame)})
        return cls(header, MappingProxyType(dict(draft.tables)))

    def frame(self, table: str) -> pd.DataFrame:
        """A table, or an empty frame."""
        return self.frames.get(table, pd.DataFrame())

    def with_frame(self, table: str, frame: pd.DataFrame) -> Tables:
        """Another frame for a table."""
        return replace(self, frames=MappingProxyType({**self.frames, table: frame}))

    def with_cells(self, table: str, key: str, name: str, **cells: object) -> Tables:
        """Other values in the rows in which ``key`` is ``name``."""
        frame = self.frame(table).copy()
        mine = frame[key] == name
        for column, value in cells.items():
            if column not in frame:
                frame[column] = ""
            frame.loc[mine, column] = as_text(value)
        return self.with_frame(table, frame)

    def with_row(self, table: str, **cells: object) -> Tables:
        """One row more; what is not given stays blank."""
        row = pd.DataFrame([{column: as_text(value) for column, value in cells.items()}])
        return self.with_frame(table, pd.concat([self.frame(table), row], ignore_index=True).fillna(""))

    def without(self, table: str, keep: Sequence[bool]) -> Tables:
        """Only the rows that are marked."""
        return self.with_frame(table, self.frame(table)[list(keep)].reset_index(drop=True))

    def scaled(self, table: str, factor: float, *columns: str, rows: Sequence[bool] | None = None) -> Tables:
        """Columns multiplied, in the rows that are marked; blank cells stay blank."""
        if table not in self.frames:
            return self
        frame = self.frame(table).copy()
        mine = [True] * len(frame) if rows is None else list(rows)
        for column in columns:
            if column in frame:
                frame[column] = [
                    as_text(float(cell) * factor) if cell and use else cell
                    for cell, use in zip(frame[column], mine, strict=True)
                ]
        return self.with_frame(table, frame)

    def checked(self, parts: Sequence[type[Part]] = ()) -> Case | None:
        """The case, or None where the check finds an error in it."""
        draft = Draft.of(self.header, self.frames)
        return check(draft, declarations(parts), networks=tuple(NETWORKS), policies=tuple(POLICIES))[0]


def unused(name: str, taken: Sequence[str]) -> str:
    """The name, or the first of name_2, name_3, ... that is not taken."""
    known, number, found = set(taken), 2, name
    while found in known:
        found, number = f"{name}_{number}", number + 1
    return found
