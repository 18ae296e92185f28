"""Anything in a case: cells of a table, set, multiplied or raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting, where
from v2g.batch.changes.rows import chosen, require, with_column
from v2g.batch.fields import number, scalar, text, word
from v2g.errors import UsageError
from v2g.formats.draft import as_text
from v2g.remedies.tables import Tables

HOW = ("set", "times", "plus")


class Cell(Change):
    """Cells of a column, in all rows or in those ``where``; blank ones stay blank, unless they are set."""

    name = "cell"
    title = "cells of `table` and `column`, in the rows `where`; how = set, times, plus"
    keys: Mapping[str, Any] = {"table": text, "column": text, "where": where, "how": word(HOW)}
    needed = ("table", "column")

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A number, or with how = set anything."""
        return scalar(found) if keys.get("how", "set") == "set" else number()(found)

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """There are such rows, and such a column if it is to be changed by what stands in it."""
        require(tables, keys["table"], keys.get("where"))
        frame, how = tables.frame(keys["table"]), keys.get("how", "set")
        if keys["column"] not in frame and how != "set":
            raise UsageError(f"{keys['table']} has no column {keys['column']} in this case, to be changed by {how}. "
                             f"Columns: {', '.join(map(str, frame))}.")  # fmt: skip

    def after(self, tables: Tables, asked: Asked, to: Setting) -> Tables:
        """The column, changed in the rows that are meant."""
        name, column, how = to.keys["table"], to.keys["column"], to.keys.get("how", "set")
        frame = tables.frame(name)
        mine = chosen(frame, to.keys.get("where"), name)
        cells = frame[column].tolist() if column in frame else [""] * len(frame)
        return with_column(tables, name, column, [
            _changed(cell, how, to.value, f"{name}.{column}") if use else cell
            for cell, use in zip(cells, mine, strict=True)
        ])  # fmt: skip


def _changed(cell: str, how: str, value: Any, place: str) -> object:
    if how == "set":
        return as_text(value)
    if cell == "":
        return cell
    try:
        old = float(cell)
    except ValueError as error:
        raise UsageError(f"{place} holds {cell!r}, which is not a number, so that {how} cannot be done.") from error
    return old * value if how == "times" else old + value
