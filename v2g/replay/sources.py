"""What the sources of a case can do: grid, generators, batteries, solar and forming stations, in that order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from v2g.case import Case
from v2g.replay.clock import covers, interval_hours, overlap_hours, profile
from v2g.replay.columns import flags, numbers, series, texts, times
from v2g.replay.feeder import Feeder, Terminals
from v2g.replay.fuel import read_tanks
from v2g.replay.timeline import supplied_over_time
from v2g.replay.verdict import Array, Complex, Index, Mask

KINDS = (("grid", "grid"), ("generator", "generators"), ("battery", "batteries"), ("solar", "solar"),
         ("station", "chargers"))  # fmt: skip
"""Word in a plan, and table of a case."""

FORMING_BY_FLAG = ("generator", "battery", "station")
DEVICE_COLUMNS = ("bus", "phases", "connection")


@dataclass(frozen=True)
class Sources:
    """All sources of a case; G of them.

    ``weight`` (G, 3) is the share of each phase if the output is balanced, zero on phases that a
    source is not connected to. ``phase_kw`` (G,) limits what each phase gives, ``phase_take_kw``
    what it takes, ``phase_kva`` its apparent power, all infinite where unknown. ``available`` (G, T)
    is whether the source is there at all, ``limit_kw`` (G, T) its total output: the grid is there in
    whole intervals only, a generator has its rating times the share of the interval in which it
    can run. The store columns (capacity to efficiencies) are zero (efficiencies one) for everything
    that is no battery; fuel likewise for everything that is no generator, whose ``fuel_l`` is that of its
    tank. ``row`` (G,) is the row in the table of its kind. A station is a charger that can form an
    island; what it gives is what its vehicles give.
    """

    kinds: list[str]
    names: list[str]
    row: Index
    buses: list[str]
    weight: Complex
    terminals: Terminals
    forming: Mask
    phase_kw: Array
    phase_take_kw: Array
    phase_kva: Array
    available: Mask
    limit_kw: Array
    capacity_kwh: Array
    start_kwh: Array
    reserve_kwh: Array
    charge_kw: Array
    discharge_kw: Array
    charge_eff: Array
    discharge_eff: Array
    fuel_l: Array
    fuel_l_per_kwh: Array
    idle_l_per_h: Array

    def of(self, *kinds: str) -> Mask:
        """Which sources are of these kinds, shape (G,)."""
        return np.array([kind in kinds for kind in self.kinds], dtype=bool)

    def name(self, row: int) -> str:
        """A source in words."""
        return f"{self.kinds[row]} {self.names[row]}"


def gathered(case: Case) -> pd.DataFrame:
    """The tables under each other, with ``kind``, ``name`` and ``row``."""
    parts = [_columns(case, kind, table) for kind, table in KINDS]
    parts = [part for part in parts if part["row"].size] or parts[:1]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    text = {name: pd.Series(column, dtype=object) for name, column in whole.items() if column.dtype == object}
    return pd.DataFrame({**whole, **text})


def _columns(case: Case, kind: str, table_name: str) -> dict[str, NDArray[Any]]:
    """The columns of one kind, all as long as its table; text as object."""
    table, rows = case.table(table_name), np.arange(len(case.table(table_name)))
    if kind == "station":
        rows = np.flatnonzero(forming_stations(table))
    forming = np.full(rows.size, kind == "grid")
    if kind in FORMING_BY_FLAG:
        forming = flags(table, "forming", False)[rows]
    text = {name: texts(table, name) for name in DEVICE_COLUMNS}
    text |= {"kind": [kind] * len(table), "name": texts(table, "charger" if kind == "station" else kind)}
    text["profile"] = texts(table, "profile") if kind == "solar" else [""] * len(table)
    figures = {name: numbers(table, name, default)[rows] for name, default in NUMBERS.items()}
    if kind == "station":
        plugs = numbers(table, "plugs", 1.0)[rows]
        figures |= {name: figures[name] * plugs for name in ("charge_kw", "discharge_kw")}
    return {
        **{name: np.array(words, dtype=object)[rows] for name, words in text.items()},
        "row": rows,
        "forming": forming,
        **{name: _moments(table, name)[rows] for name in ("from_utc", "until_utc")},
        **figures,
    }


def _moments(table: pd.DataFrame, name: str) -> NDArray[Any]:
    """A column of times in UTC, NaT where blank or missing."""
    if name not in table.columns:
        return np.full(len(table), np.datetime64("NaT", "ns"))
    return pd.to_datetime(table[name], utc=True).to_numpy(dtype="datetime64[ns]")


def forming_stations(chargers: pd.DataFrame) -> Mask:
    """Which chargers can form an island, (rows,)."""
    to_feeder = np.array([word == "feeder" for word in texts(chargers, "feeds", "feeder")], dtype=bool)
    return np.asarray(flags(chargers, "forming", False) & to_feeder)


NUMBERS = {
    "rating_kw": np.nan, "rating_kva": np.nan, "capacity_kwh": 0.0, "start_kwh": 0.0, "reserve_kwh": 0.0,
    "charge_kw": 0.0, "discharge_kw": 0.0, "charge_eff": 1.0, "discharge_eff": 1.0, "fuel_l": 0.0,
    "fuel_l_per_kwh": 0.0, "idle_l_per_h": 0.0,
}  # fmt: skip


def phase_limits(table: pd.DataFrame, count: Array) -> tuple[Array, Array, Array]:
    """Limits of each phase: kW given, kW taken, kVA; what is not known does not bind (inf)."""
    kind = table["kind"].to_numpy(dtype=object)
    rating, kva = numbers(table, "rating_kw", np.inf), numbers(table, "rating_kva", np.nan)
    takes, gives = numbers(table, "charge_kw"), numbers(table, "discharge_kw")
    battery = (kind == "battery") | (kind == "station")
    fallback = np.where(battery, np.maximum(takes, gives), np.where(kind == "generator", rating, np.inf))
    kva = np.where(np.isnan(kva), fallback, kva)
    return np.where(battery, gives, rating) / count, np.where(battery, takes, rating) / count, kva / count


def presence(case: Case, table: pd.DataFrame) -> Array:
    """Share of each interval in which each source is there, (G, T): of grids all or nothing."""
    start, end = times(table, "from_utc"), times(table, "until_utc")
    share = overlap_hours(case, start, end) / interval_hours(case)[None, :]
    grid = np.array([kind == "grid" for kind in table["kind"]], dtype=bool)
    share = np.where(grid[:, None], covers(case, start, end), share)
    share[grid] *= supplied_over_time(case, texts(table[grid], "name"))
    return share


def read_sources(case: Case, feeder: Feeder) -> Sources:
    """The sources of a case."""
    table = gathered(case)
    terminals = feeder.terminals(table)
    weight = np.zeros((len(table), 3), dtype=complex)
    phase_of = np.array(["abc".index(phase) for _, phase in feeder.nodes], dtype=np.int64)
    weight[terminals.device, phase_of[terminals.node]] = terminals.weight
    count = (weight != 0).sum(axis=1).astype(float)
    phase_kw, phase_take_kw, phase_kva = phase_limits(table, count)
    there = presence(case, table)
    rating = numbers(table, "rating_kw", np.inf)
    kinds = [str(kind) for kind in table["kind"]]
    shape = there * profile(case, series(table, "profile"))
    limit = np.where(there > 0, np.inf, 0.0)
    np.multiply(rating[:, None], shape, out=limit, where=np.isfinite(rating)[:, None])
    stored = {name: numbers(table, name) for name in list(NUMBERS)[2:]}
    tanks = read_tanks(case)
    stored["fuel_l"][[kind == "generator" for kind in kinds]] = tanks.start_l[tanks.of_generator]
    for name in ("charge_kw", "discharge_kw"):
        stored[name][[kind == "station" for kind in kinds]] = 0.0
    return Sources(
        kinds=kinds,
        names=texts(table, "name"),
        row=np.array(table["row"], dtype=np.int64),
        buses=texts(table, "bus"),
        weight=weight,
        terminals=terminals,
        forming=np.asarray(table["forming"].to_numpy(dtype=bool)),
        phase_kw=phase_kw,
        phase_take_kw=phase_take_kw,
        phase_kva=phase_kva,
        available=there > 0,
        limit_kw=limit,
        **stored,
    )
