"""Tables for people with spreadsheets."""

from __future__ import annotations

from typing import Any

import pandas as pd

from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.plan_folder import guarded

MARK = b"\xef\xbb\xbf"
"""What spreadsheets look for to know UTF-8."""


DECIMALS = 9
"""Digits that are told: the noise of sums of doubles lies behind them, and no kW or kWh that matters does."""


def table_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV for spreadsheets: no cell is a formula, figures are told to nine decimals."""
    cells = [[_clean(cell) for cell in table[name].to_list()] for name in table.columns]
    text, _ = text_frame(list(table.columns), cells, "")
    for name in table.columns:
        if table[name].dtype == object or pd.api.types.is_string_dtype(table[name]):
            text[name] = [guarded(cell) if isinstance(own, str) else cell
                          for cell, own in zip(text[name], table[name], strict=True)]  # fmt: skip
    return MARK + csv_bytes(text)


def _clean(cell: Any) -> Any:
    """A figure without the noise of its sums; everything else as it is.

    >>> _clean(0.1 + 0.2), _clean(-1e-17), _clean("0.30000000000000004")
    (0.3, 0.0, '0.30000000000000004')
    """
    return round(cell, DECIMALS) + 0.0 if isinstance(cell, float) else cell
