"""Anything in a case: cells of a table, set, multiplied or raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from v2g.batch.changes.change import Asked, Change, Setting, of_rows, where
from v2g.batch.changes.rows import Misfit, chosen, require, with_column
from v2g.batch.fields import WITHOUT_QUOTES, Wrong, in_quotes, number, scalar, text, word
from v2g.check.cells import Fault
from v2g.check.columns import FIRST_ROW, parsed
from v2g.check.words import did_you_mean, listed, shortened
from v2g.errors import UsageError
from v2g.formats.draft import as_text
from v2g.register import declarations
from v2g.remedies.tables import Tables
from v2g.schema import Column
from v2g.tables import OPEN_TABLES

HOW = ("set", "times", "plus")


class Cell(Change):
    """Cells of a column, in all rows or in those ``where``; blank ones stay blank, unless they are set."""

    name = "cell"
    title = "cells of `table` and `column`, in the rows `where`; how = set, times, plus"
    keys: Mapping[str, Any] = {"table": text, "column": text, "where": where, "how": word(HOW)}
    needed = ("table", "column")

    def value(self, found: Any, keys: Mapping[str, Any]) -> Any:
        """A number, or with how = set what the column takes."""
        table, how = keys["table"], keys.get("how", "set")
        column = _declared(table, keys["column"]) or OPEN_TABLES.get(table)
        if how != "set":
            if column is not None and column.kind != "number":
                raise Wrong(
                    f"The column does not hold numbers, so that {how} cannot be done.", "", 'Write how = "set".'
                )
            return number()(found)
        value = scalar(found)
        if column is None:
            return value
        if column.kind == "number" and (isinstance(value, bool) or (isinstance(value, str) and value.strip())):
            raise Wrong("The column holds numbers.", "a number", WITHOUT_QUOTES if in_quotes(value) else "")
        _refuse(table, column, as_text(value))
        return value

    def table_of(self, keys: Mapping[str, Any]) -> str:
        """The table that it names."""
        return str(keys["table"])

    def suits(self, value: Any, tables: Tables, keys: Mapping[str, Any], lasting: frozenset[str] | None) -> None:
        """A name that refers to another table stands there."""
        column, text = _declared(keys["table"], keys["column"]), as_text(value)
        if column is None or keys.get("how", "set") != "set" or not text:
            return
        targets = [name for name in _targets(column) if name in declarations()]
        if targets and (lasting is None or lasting >= set(targets)):
            known = [name for target in targets for name in _names(tables, target)]
            if text not in known:
                raise Wrong(f"There is no {shortened(text)!r} in {' or '.join(targets)}.", listed(known),
                            did_you_mean(text, known))  # fmt: skip

    def becomes(self, value: Any, tables: Tables, keys: Mapping[str, Any]) -> None:
        """Cells that are multiplied or raised stay within the limits of their column."""
        table, name, how = keys["table"], keys["column"], keys.get("how", "set")
        column, frame = _declared(table, name), tables.frame(table)
        if column is None or how == "set":
            return
        for row, (cell, use) in enumerate(zip(frame[name], chosen(frame, keys.get("where"), table), strict=True)):
            if use and cell:
                text = as_text(_changed(cell, how, value, f"{table}.{name}"))
                try:
                    _refuse(table, column, text)
                except Wrong as no:
                    message = f"{name} of row {row + FIRST_ROW}, {cell}, would be {text}. {no.message}"
                    raise Wrong(message, no.allowed) from no

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


def _refuse(table: str, column: Column, text: str) -> None:
    """Raises Wrong for text that cannot stand in a cell of the column."""
    if not text and column.required:
        raise Wrong("The cell would be blank.", "", f"Say what stands in it: {column.help}.")
    try:
        if text:
            parsed(declarations()[table], column, text)
    except Fault as fault:
        raise Wrong(fault.message, fault.allowed or "", fault.remedy) from fault


def _targets(column: Column) -> list[str]:
    """Tables in which what stands in the column must be found."""
    return column.refers_to.split("|") if column.refers_to else ["profiles"] if column.name == "profile" else []


def _names(tables: Tables, target: str) -> list[str]:
    """What can be referred to in a table: its keys, or the columns that the user named."""
    spec, frame = declarations()[target], tables.frame(target)
    if target in OPEN_TABLES:
        return [str(name) for name in frame if spec.column(str(name)) is None]
    return frame[spec.key].tolist() if spec.key and spec.key in frame else []


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
