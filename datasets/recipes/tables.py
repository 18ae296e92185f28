"""Reading and writing the small CSV tables of a recipe."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

Row = dict[str, str]
Cell = str | int | float

DATASETS = Path(__file__).resolve().parents[1]
DECIMALS = 4


def read_table(path: Path) -> list[Row]:
    """Rows of a CSV table as text, in the order of the file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_key(rows: Iterable[Row], key: str) -> dict[str, Row]:
    """Rows by the text in one column, which is unique."""
    return {row[key]: row for row in rows}


def write_table(folder: Path, name: str, rows: Iterable[Mapping[str, Cell]]) -> None:
    """Write ``name.csv``; the columns are those of the first row, blank where a row lacks one."""
    listed = list(rows)
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        columns = list(listed[0])
        writer.writerow(columns)
        writer.writerows([cell_text(row.get(column, "")) for column in columns] for row in listed)


def cell_text(value: Cell) -> str:
    """A cell: text as it is, numbers with at most four decimals.

    >>> cell_text(12.5), cell_text(3.0), cell_text(0.123456), cell_text("a")
    ('12.5', '3', '0.1235', 'a')
    """
    if isinstance(value, str):
        return value
    rounded = round(float(value), DECIMALS)
    return str(int(rounded)) if rounded.is_integer() else repr(rounded)


def write_header(folder: Path, lines: Mapping[str, str | int | float]) -> None:
    """Write ``case.toml``; values that are text and no time are quoted."""
    with (folder / "case.toml").open("w", newline="", encoding="utf-8") as file:
        for key, value in lines.items():
            bare = not isinstance(value, str) or key.endswith("_utc")
            file.write(f"{key} = {value}\n" if bare else f'{key} = "{value}"\n')
