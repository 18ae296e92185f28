"""The tables of a case and their columns, for people who write one: from the declarations."""

from __future__ import annotations

from collections.abc import Mapping

from v2g.schema import Column, TableSpec

WORDS = {
    "id": "unique name",
    "ref": "name",
    "flag": "0 or 1",
    "time": "time with offset",
    "phases": "phases",
    "text": "text",
}


def tables_lines(tables: Mapping[str, TableSpec]) -> list[str]:
    """One line for each table."""
    width = max(len(name) for name in tables)
    return [f"{name:<{width}}  {spec.help}" for name, spec in tables.items()]


def table_lines(spec: TableSpec) -> list[str]:
    """One line for each column of a table: name, what it may hold, what it means."""
    rows = [(column.name, holds(column), column.help) for column in spec.columns]
    widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
    return [f"{spec.name}.csv: {spec.help}", *(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows)]


def holds(column: Column) -> str:
    """What a column may hold, in words."""
    if column.kind == "choice":
        return ", ".join(word or "blank" for word in column.choices) + _blank(column)
    if column.kind == "ref":
        return f"name in {' or '.join((column.refers_to or '').split('|'))}" + _blank(column)
    return (WORDS.get(column.kind) or _number(column)) + _blank(column)


def _number(column: Column) -> str:
    limits = [
        f"{word} {limit:g}"
        for word, limit in (("above", column.above), ("at least", column.at_least), ("at most", column.at_most))
        if limit is not None
    ]
    if column.at_most_column:
        limits.append(f"at most {column.at_most_column}")
    unit = "" if column.unit == "1" else f" in {column.unit}"
    return f"number{unit}" + (f", {', '.join(limits)}" if limits else "")


def _blank(column: Column) -> str:
    if column.required:
        return "; needed"
    default = column.default
    if default is None or default == "" or (isinstance(default, float) and default != default):
        return ""
    return f"; blank = {int(default) if isinstance(default, bool) else default}"
