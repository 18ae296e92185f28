"""Anything in a case: cells of a table, set, multiplied or raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting, of_rows, where
from v2g.batch.changes.rows import Misfit, chosen, require, with_column
from v2g.batch.fields import WITHOUT_QUOTES, Wrong, in_quotes, number, scalar, text, word
from v2g.check.words import did_you_mean
from v2g.errors import UsageError
from v2g.formats.draft import as_text
from v2g.register import declarations
from v2g.remedies.tables import Tables
from v2g.schema import Column

HOW = ("set", "times", "plus")


class Cell(Change):
    """Cells of a column, in all rows or in those ``where``; blank ones stay blank, unless they are set."""

    name = "cell"
    title = "cells of `table` and `column`, in the rows `where`; how = set, times, plus"
    keys: Mapping[str, Any] = {"table": text, "column": text, "where": where, "how": word(HOW)}
    needed = ("table", "column")

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A number, or with how = set what the column takes."""
        if keys.get("how", "set") != "set":
            return number()(found)
        value, column = scalar(found), _declared(keys["table"], keys["column"])
        if isinstance(value, str) and value.strip() and column is not None and column.kind == "number":
            raise Wrong("The column holds numbers.", "a number", WITHOUT_QUOTES if in_quotes(value) else "")
        return value

    def sets(self, keys: Mapping[str, Any]) -> str:
        """These cells, unless they are multiplied or raised."""
        return of_rows(f"{keys['table']}.{keys['column']}", keys) if keys.get("how", "set") == "set" else ""

    def fits(self, tables: Tables, keys: Mapping[str, Any]) -> None:
        """There are such rows, and such a column; one that is set may be new, if a case can have it."""
        table, column, how = keys["table"], keys["column"], keys.get("how", "set")
        require(tables, table, keys.get("where"))
        columns = list(map(str, tables.frame(table)))
        if column in columns or (how == "set" and _declared(table, column) is not None):
            return
        message = f"{table} has no column {column}" + (
            f" in this case, to be changed by {how}." if how != "set" else "."
        )
        raise Misfit("column", message, found=column, allowed=", ".join(columns), remedy=did_you_mean(column, columns))

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


def _declared(table: str, column: str) -> Column | None:
    """What the column of a case may hold; None where no case has it."""
    spec = declarations().get(table)
    return None if spec is None else spec.column(column)


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
