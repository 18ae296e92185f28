"""A plan as arrays over any points in time, from its tables alone: its case need not be there any more."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from v2g.plan import Plan
from v2g.replay.columns import texts
from v2g.replay.tables import codes_of
from v2g.replay.verdict import Array, Index, Mask

HOUR = 3.6e12
"""Nanoseconds."""
FULL = 1e-6
"""Share of its power, or of a kW, that may be missing from full power."""
WAYS = {"feeder": "discharge_kw", "building": "v2h_kw", "sockets": "v2l_kw", "charge": "charge_kw"}


@dataclass(frozen=True)
class PlanGrid:
    """Tables of a plan by thing and interval; T intervals, ``edges`` (T + 1,) in UTC nanoseconds."""

    plan: Plan

    @cached_property
    def starts(self) -> Index:
        """Start of each interval."""
        return np.unique(_ns(self.plan.tables["loads"] if len(self.plan.tables["loads"]) else self.vehicle_table))

    @property
    def vehicle_table(self) -> pd.DataFrame:
        """The plan's vehicles."""
        return self.plan.tables["vehicles"]

    @cached_property
    def edges(self) -> Index:
        """All points."""
        table = self.plan.tables["loads"] if len(self.plan.tables["loads"]) else self.vehicle_table
        last = table.iloc[int(np.argmax(_ns(table)))] if len(table) else None
        end = int(self.starts[-1] + round(float(last["hours"]) * HOUR)) if last is not None else 0
        return np.append(self.starts, end)

    def at(self, points: Index) -> Index:
        """The interval in which each of these points lies."""
        return np.asarray(np.clip(np.searchsorted(self.edges, points, side="right") - 1, 0, len(self.starts) - 1))

    @cached_property
    def loads(self) -> list[str]:
        """Names of loads."""
        return _names(self.plan.tables["loads"], "load")

    @cached_property
    def vehicles(self) -> list[str]:
        """Names of vehicles."""
        return _names(self.vehicle_table, "vehicle")

    @cached_property
    def tiers(self) -> dict[str, int]:
        """Tier of each load; 0 = none."""
        table = self.plan.tables["loads"].drop_duplicates("load")
        return dict(zip(texts(table, "load"), table["tier"].astype(int).tolist(), strict=True))

    def of_loads(self, column: str) -> Array:
        """A column of the loads, (loads, T)."""
        return self._laid(self.plan.tables["loads"], self._load_position, len(self.loads), column)

    def of_vehicles(self, column: str) -> Array:
        """A column of the vehicles, (vehicles, T); zero where the plan has none."""
        return self._laid(self.vehicle_table, self._vehicle_position, len(self.vehicles), column)

    def words_of_vehicles(self, column: str) -> np.ndarray:
        """A column of names of the vehicles, (vehicles, T)."""
        table = self.vehicle_table
        out = np.full((len(self.vehicles), len(self.starts)), "", dtype=object)
        if column in table:
            out[self._vehicle_position] = table[column].fillna("").astype(str).to_numpy(dtype=object)
        return out

    @cached_property
    def lacking(self) -> Mask:
        """Where a load with continuous service lacks power that it requires, (loads, T)."""
        demand, served = self.of_loads("demand_kw"), self.of_loads("served_kw")
        return np.asarray((self.of_loads("required") > 0) & (demand - served > FULL * np.maximum(1.0, demand)))

    @cached_property
    def supply(self) -> dict[str, Array]:
        """What each kind of source gives in kW, (T,): vehicles by way, and others."""
        ways = {way: column for way, column in WAYS.items() if way != "charge"}
        found = {way: self.of_vehicles(column).sum(axis=0) for way, column in ways.items()}
        table = self.plan.tables["sources"]
        for kind in dict.fromkeys(texts(table, "kind")):
            if kind != "station":
                rows = table[table["kind"] == kind]
                kw = np.zeros(len(self.starts))
                np.add.at(kw, self.at(_ns(rows)), np.maximum(rows["output_kw"].to_numpy(float), 0.0))
                found[str(kind)] = kw
        return found

    @cached_property
    def _load_position(self) -> tuple[Index, Index]:
        return self._position(self.plan.tables["loads"], "load", self.loads)

    @cached_property
    def _vehicle_position(self) -> tuple[Index, Index]:
        return self._position(self.vehicle_table, "vehicle", self.vehicles)

    def _position(self, table: pd.DataFrame, key: str, names: list[str]) -> tuple[Index, Index]:
        """Thing and interval of each row of a table."""
        return codes_of(names, table[key]), np.asarray(np.searchsorted(self.starts, _ns(table)), dtype=np.int64)

    def _laid(self, table: pd.DataFrame, position: tuple[Index, Index], size: int, column: str) -> Array:
        out = np.zeros((size, len(self.starts)))
        if column in table and len(table):
            out[position] = np.nan_to_num(table[column].to_numpy(float))
        return out


def _ns(table: pd.DataFrame) -> Index:
    times = pd.DatetimeIndex(pd.to_datetime(table["start_utc"], utc=True))
    return np.asarray(times.as_unit("ns").asi8, dtype=np.int64)


def _names(table: pd.DataFrame, key: str) -> list[str]:
    return [str(name) for name in pd.unique(table[key])]
