"""Tables as Parquet: one file for each, typed, the units in the file itself."""

from __future__ import annotations

import io

import pandas as pd

from v2g.errors import UsageError
from v2g.exports.book import HEAD, PLAN, Sheet, readme_rows, sheets
from v2g.exports.exporter import Asked, Exported
from v2g.formats.draft import HEADER_FILE
from v2g.formats.folder_out import header_text
from v2g.formats.plan_folder import SUMMARY_FILE, summary_bytes


class Parquet:
    """Every table of the case, those of the plan in a folder beside them; `case.toml` and `summary.json` as ever."""

    name = "parquet"
    title = "Parquet tables, typed, with their units"

    def export(self, asked: Asked) -> Exported:
        """The same bytes for the same case, plan and version of pyarrow; raises UsageError where that is not there."""
        files = {HEADER_FILE: header_text(asked.case).encode(), "README.md": _readme(asked)}
        for sheet in sheets(asked):
            folder, name = ("plan/", sheet.name.removeprefix(PLAN)) if sheet.name.startswith(PLAN) else ("", sheet.name)
            files[f"{folder}{name}.parquet"] = parquet_bytes(sheet)
        if asked.plan is not None:
            files[f"plan/{SUMMARY_FILE}"] = summary_bytes(asked.plan)
        return Exported(files)


def parquet_bytes(sheet: Sheet) -> bytes:
    """One table; every column says its unit and meaning in its metadata."""
    try:
        import pyarrow as arrow
        import pyarrow.parquet as files
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow: pip install 'v2g[parquet]'.") from error
    fields, columns = [], []
    for name in sheet.frame.columns:
        values = arrow.array(_plain(sheet.frame[name]), from_pandas=True)
        about = {"unit": sheet.units[name], "meaning": sheet.meanings.get(name, "")}
        fields.append(arrow.field(name, values.type, metadata={key: text for key, text in about.items() if text}))
        columns.append(values)
    out = io.BytesIO()
    files.write_table(arrow.Table.from_arrays(columns, schema=arrow.schema(fields)), out)
    return out.getvalue()


def _plain(column: pd.Series) -> pd.Series:
    """Text as plain objects, so that a column without rows is one of text all the same."""
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        return pd.Series([str(cell) for cell in column], dtype=object)
    return column


def _readme(asked: Asked) -> bytes:
    """Markdown, with the units of all columns."""
    (_, _, _, origin), (_, _, _, times), *rows = readme_rows(asked)
    lines = [f"# {asked.case.name} as Parquet", "", origin, "", times]
    lines += ["", f"| {' | '.join(HEAD)} |", "| --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return ("\n".join(lines) + "\n").encode()
