"""Tables for people with spreadsheets."""

from __future__ import annotations

import pandas as pd

from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.plan_folder import guarded

MARK = b"\xef\xbb\xbf"
"""What spreadsheets look for to know UTF-8."""


def table_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV for spreadsheets: no cell is a formula, figures are complete."""
    text, _ = text_frame(list(table.columns), [table[name].to_list() for name in table.columns], "")
    for name in table.columns:
        if table[name].dtype == object or pd.api.types.is_string_dtype(table[name]):
            text[name] = [guarded(cell) if isinstance(own, str) else cell
                          for cell, own in zip(text[name], table[name], strict=True)]  # fmt: skip
    return MARK + csv_bytes(text)
