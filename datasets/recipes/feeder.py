"""The feeder of a recipe: a base case, changed row by row, with buses and devices added."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from .tables import Cell, Row, by_key, read_table

TAPS = ("tap_a", "tap_b", "tap_c")
BASE_MVA = 1000.0


def base_tables(folder: Path) -> dict[str, list[Row]]:
    """Tables of the feeder without its loads and source."""
    return {name: read_table(folder / f"{name}.csv") for name in ("buses", "lines", "transformers", "capacitors")}


def set_cells(rows: list[Row], key: str, changes: Mapping[str, Mapping[str, str]]) -> None:
    """Change cells of named rows; a name that is not there is an error."""
    known = by_key(rows, key)
    for row in rows:
        for cells in changes.values():
            for column in cells:
                row.setdefault(column, "")
    for name, cells in changes.items():
        known[name].update(cells)


def service_transformer(bus: str, feeder_bus: str, kv_ln: float, kva: float) -> dict[str, Cell]:
    """A wye-wye transformer from a low-voltage ``bus`` to the feeder: 1 % resistance, 5 % reactance, rated ``kva``."""
    ohm = 3 * kv_ln**2 / (kva / BASE_MVA)
    row: dict[str, Cell] = {"transformer": f"{bus}_xfm", "from_bus": bus, "to_bus": feeder_bus, "phases": "abc"}
    row |= {"connection": "wye-wye", "r_ohm": 0.01 * ohm, "x_ohm": 0.05 * ohm}
    return row | dict.fromkeys(TAPS, 1) | {"rating_kva": kva / 3}


def sites(rows: Iterable[Row], when: Mapping[str, str]) -> list[dict[str, Cell]]:
    """Critical loads of a site list; ``when`` maps a window's name to its time in UTC (blank = open)."""
    loads: list[dict[str, Cell]] = []
    for row in rows:
        kw = float(row["kw"])
        shape = "" if row["shape"] == "constant" else row["shape"]
        load: dict[str, Cell] = {"load": row["load"], "bus": row["bus"], "phases": row["phases"], "connection": "wye"}
        load |= {"tier": row["tier"], "service": row["service"], "kw": kw}
        load |= {"kvar": round(kw * math.tan(math.acos(float(row["power_factor"]))), 1), "profile": shape}
        load |= {"from_utc": when[row["from"]], "until_utc": when[row["until"]]}
        loads.append(load | {"people": row["people"], "kind": row["kind"]})
    return loads


def residual_loads(rows: Iterable[Row], scale: float, shape: str) -> list[dict[str, Cell]]:
    """The feeder's own loads, scaled: whatever else would like to run, not critical."""
    return [
        {
            "load": row["load"], "bus": row["bus"], "phases": row["phases"], "connection": row["connection"],
            "tier": 0, "service": "flexible", "kw": float(row["kw"]) * scale, "kvar": float(row["kvar"]) * scale,
            "profile": shape, "from_utc": "", "until_utc": "", "people": "", "kind": "other",
        }
        for row in rows
    ]  # fmt: skip
