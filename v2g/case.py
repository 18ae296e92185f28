"""A case: frozen tables, in kW, kWh and UTC, with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Case:
    """One emergency on one feeder.

    ``boundaries`` are the T + 1 points between the T intervals, aware UTC timestamps. ``tables``
    holds every declared table, typed and complete: numbers as float64 (NaN = not known), flags as
    bool, times as UTC timestamps (NaT = not given), everything else as str. ``origin`` maps a
    table to the file it was read from, for messages; row r of a table stands in line r + 2.
    ``lines`` says in which line of ``case.toml`` a key of the header stands, as far as that is known.
    ``seconds`` says how long reading and checking took.
    """

    name: str
    title: str
    header: Mapping[str, object]
    boundaries: pd.DatetimeIndex
    tables: Mapping[str, pd.DataFrame]
    sha256: str
    origin: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", MappingProxyType(dict(self.header)))
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))
        object.__setattr__(self, "origin", MappingProxyType(dict(self.origin)))
        object.__setattr__(self, "lines", MappingProxyType(dict(self.lines)))

    @property
    def steps(self) -> int:
        """Number of intervals T."""
        return len(self.boundaries) - 1

    @cached_property
    def hours(self) -> np.ndarray:
        """Length of each interval in h, shape (T,)."""
        seconds = np.diff(self.boundaries.as_unit("ns").asi8) / 1e9
        return np.asarray(seconds / 3600.0)

    def table(self, name: str) -> pd.DataFrame:
        """The table, or an empty frame where the case has none of that name."""
        found = self.tables.get(name)
        return pd.DataFrame() if found is None else found

    def share_of_interval(self, start: pd.Series, end: pd.Series) -> np.ndarray:
        """Share of each interval inside each row's window, shape (rows, T), 0 to 1; NaT is open-ended."""
        first, last = self.boundaries[0], self.boundaries[-1]
        begins = pd.DatetimeIndex(start.fillna(first)).as_unit("ns").asi8[:, None]
        ends = pd.DatetimeIndex(end.fillna(last)).as_unit("ns").asi8[:, None]
        edge = self.boundaries.as_unit("ns").asi8
        inside = np.minimum(ends, edge[None, 1:]) - np.maximum(begins, edge[None, :-1])
        share = np.clip(inside / np.diff(edge)[None, :], 0.0, 1.0)
        return np.asarray(share)

    def profile(self, names: pd.Series) -> np.ndarray:
        """The profile each row names, shape (rows, T); a blank name is constantly one."""
        shapes = self.table("profiles")
        rows = [np.ones(self.steps) if not name else shapes[name].to_numpy(float) for name in names]
        return np.array(rows, dtype=float).reshape(len(rows), self.steps)
