"""Tables for a spreadsheet: the feeder, element by element, with what a plan makes of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from v2g.exports.exporter import Asked, Exported
from v2g.exports.results import Figures, results
from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.plan_folder import guarded

TABLES = {
    "buses": "bus", "lines": "line", "transformers": "transformer", "capacitors": "capacitor", "loads": "load",
    "chargers": "charger", "generators": "generator", "batteries": "battery", "solar": "solar", "grid": "grid",
}  # fmt: skip


class Tables:
    """One CSV file for each table of the feeder; figures of the plan are columns behind its own."""

    name = "csv"
    title = "CSV tables"

    def export(self, asked: Asked) -> Exported:
        """UTF-8 with a mark that spreadsheets look for; no cell is a formula."""
        figures = results(asked.record)
        files = {}
        for table, key in TABLES.items():
            frame = asked.case.table(table)
            if len(frame):
                files[f"{table}.csv"] = b"\xef\xbb\xbf" + _csv(frame, key, figures.get(table, {}))
        return Exported(files, first=next(iter(files), ""))


def _csv(frame: pd.DataFrame, key: str, figures: Figures) -> bytes:
    columns: dict[str, list[Any]] = {str(name): frame[name].to_list() for name in frame.columns}
    names = [str(name) for name in columns[key]]
    for figure in dict.fromkeys(figure for row in figures.values() for figure in row):
        columns[_free(figure, columns)] = [figures.get(name, {}).get(figure) for name in names]
    text, _ = text_frame(list(columns), columns.values(), "")
    filled = [column for column in text.columns if (text[column] != "").any()]
    return csv_bytes(text[filled].map(_safe))


def _free(figure: str, columns: Mapping[str, list[Any]]) -> str:
    return figure if figure not in columns else f"plan_{figure}"


def _safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers below zero stay numbers."""
    try:
        float(cell)
    except ValueError:
        return guarded(cell)
    return cell
