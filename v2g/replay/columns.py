"""Columns of a case's tables as numpy arrays, also of a table that the case does not have."""

from __future__ import annotations

import numpy as np
import pandas as pd

from v2g.replay.verdict import Array, Mask


def numbers(frame: pd.DataFrame, name: str, default: float = np.nan) -> Array:
    """A column as float64, shape (rows,); ``default`` where blank or missing."""
    if name not in frame.columns:
        return np.full(len(frame), default)
    found = frame[name]
    plain = isinstance(found.dtype, np.dtype) and found.dtype.kind == "f"
    values = (found if plain else pd.to_numeric(found, errors="coerce")).to_numpy(dtype=float)
    return np.where(np.isnan(values), default, values)


def texts(frame: pd.DataFrame, name: str, default: str = "") -> list[str]:
    """A column as text; ``default`` where blank or missing."""
    if name not in frame.columns:
        return [default] * len(frame)
    values = frame[name].to_numpy(dtype=object)
    blank = pd.isna(values) | (values == "")
    return [default if none else str(value) for value, none in zip(values.tolist(), blank.tolist(), strict=True)]


def flags(frame: pd.DataFrame, name: str, default: bool) -> Mask:
    """A column as bool; ``default`` where blank or missing."""
    if name not in frame.columns:
        return np.full(len(frame), default)
    values = frame[name].to_numpy(dtype=float)
    return np.where(np.isnan(values), default, values > 0.5)


def times(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of timestamps, all NaT where missing."""
    if name not in frame.columns:
        return pd.Series(pd.NaT, index=range(len(frame)), dtype="datetime64[ns, UTC]")
    return frame[name]


def series(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of names, blank where missing."""
    return pd.Series(texts(frame, name), dtype=object)
