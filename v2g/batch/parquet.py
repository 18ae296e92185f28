"""Tables as Parquet, for those who have its extra."""

from __future__ import annotations

import io

import pandas as pd

from v2g.errors import UsageError


def require() -> None:
    """Raises UsageError where Parquet cannot be written here."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "Parquet needs pyarrow: pip install 'v2g[parquet]'. Tables are written as CSV anyway."
        ) from error


def parquet_bytes(data: bytes) -> bytes:
    """A CSV table of this package as Parquet: numbers as numbers, blank cells as missing, all else as text."""
    frame = pd.read_csv(io.BytesIO(data), keep_default_na=False, na_values={}, dtype=str, encoding="utf-8")
    typed = {name: _typed(frame[name]) for name in frame.columns}
    out = io.BytesIO()
    pd.DataFrame(typed).to_parquet(out, engine="pyarrow", index=False)
    return out.getvalue()


def _typed(column: pd.Series) -> pd.Series:
    """A column of numbers where all cells that are not blank are numbers."""
    filled = column[column != ""]
    try:
        numbers = pd.to_numeric(filled)
    except (ValueError, TypeError):
        return column
    if not len(filled):
        return column
    return numbers.reindex(column.index)
