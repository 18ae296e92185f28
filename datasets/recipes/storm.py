"""The case ``ieee123-storm``: two winter days on the IEEE 123-node feeder after the head was lost.

``python -m v2g.datasets.recipes.storm --to FOLDER`` writes its tables.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from v2g.populate.calendar import Calendar, profiles
from v2g.populate.feeder import neutral_taps

from .feeder import base_tables, residual_loads, service_transformer, set_cells, sites
from .fleet import Maker
from .tables import DATASETS, Cell, by_key, read_table, write_header, write_table

SEED = 123
CALENDAR = Calendar(start=datetime(2026, 1, 16, tzinfo=UTC), behind_h=6, step_min=30, steps=96)
INPUTS = Path(__file__).parent / "storm_inputs"
SKY = 0.6
RESIDUAL_SCALE = 0.5
KV_PRIMARY, KV_SECONDARY = 2.401777, "0.277128"
LOW_VEHICLES = 3
REPLACED_BUSES = frozenset({"48", "64", "65", "66"})
"""Buses whose load of the feeder model is the critical site itself."""

LINE_CHANGES = {
    "sw1": {"closed": "0"},
    "l118": {"closed": "0"},
    "l58": {"rating_kva": "1273"},
    "l117": {"rating_kva": "1273"},
    "l68": {"rating_kva": "960"},
}
"""Head switch open, one line down, and the conductors of which the ampacity is known (530 A and 400 A)."""

LOW_VOLTAGE = {
    "battery": ("60", 600.0, 3275, 1750),
    "hospital": ("48", 300.0, 1725, 3375),
    "depot": ("13", 300.0, 1600, 1600),
}
"""Buses behind their own transformers: feeder bus, kVA, coordinates."""

BATTERY: Mapping[str, Cell] = {
    "battery": "utility_battery", "bus": "battery", "phases": "abc", "capacity_kwh": 1500,
    "start_kwh": 1350, "reserve_kwh": 150, "charge_kw": 500, "discharge_kw": 500, "rating_kva": 600,
    "charge_eff": 0.95, "discharge_eff": 0.95, "forming": 1, "voltage_pu": 1.0,
}  # fmt: skip

GENERATOR: Mapping[str, Cell] = {
    "generator": "hospital_diesel", "bus": "hospital", "phases": "abc", "rating_kw": 200,
    "rating_kva": 250, "fuel_l": 700, "fuel_l_per_kwh": 0.28, "forming": 0,
}  # fmt: skip

SOLAR_KW = {
    "48": 60, "49": 25, "53": 10, "64": 30, "65": 80, "66": 50, "76": 12, "79": 20, "83": 40, "91": 15, "98": 25,
    "108": 20, "30": 10, "42": 15, "1": 6, "12": 5, "37": 6, "58": 5, "70": 6, "88": 8,
}  # fmt: skip
"""Rooftops: kW on all phases of the bus."""


def tables() -> dict[str, Sequence[Mapping[str, Cell]]]:
    """Every table of the case by name."""
    base = DATASETS / "ieee123-base"
    feeder = base_tables(base)
    set_cells(feeder["lines"], "line", LINE_CHANGES)
    set_cells(feeder["capacitors"], "capacitor", {"c83": {"closed": "0"}})
    neutral_taps(feeder["transformers"])
    buses: list[Mapping[str, Cell]] = [*feeder["buses"], *(_bus(name) for name in LOW_VOLTAGE)]
    own: list[Mapping[str, Cell]] = [_transformer(name) for name in LOW_VOLTAGE]
    critical, windows = read_table(INPUTS / "sites.csv"), _windows()
    residual = [row for row in read_table(base / "loads.csv") if row["bus"] not in REPLACED_BUSES]
    phases = {str(row["bus"]): str(row["phases"]) for row in buses}
    maker = Maker(
        by_key(read_table(DATASETS / "catalog" / "vehicles.csv"), "model"),
        by_key(read_table(DATASETS / "catalog" / "chargers.csv"), "type"),
        phases, sorted({row["bus"] for row in residual}), CALENDAR, np.random.default_rng(SEED),
    )  # fmt: skip
    fleet = maker.build(read_table(INPUTS / "fleet.csv"), LOW_VEHICLES)
    shapes = {row["shape"] for row in critical} - {"constant"} | {"apartment"}
    return {
        "buses": buses,
        "lines": feeder["lines"],
        "transformers": [*feeder["transformers"], *own],
        "capacitors": feeder["capacitors"],
        "loads": [*sites(critical, windows), *residual_loads(residual, RESIDUAL_SCALE, "apartment")],
        "vehicles": fleet.vehicles,
        "chargers": fleet.chargers,
        "stays": fleet.stays,
        "trips": fleet.trips,
        "batteries": [BATTERY],
        "generators": [GENERATOR],
        "solar": [_rooftop(bus, kw, phases[bus]) for bus, kw in SOLAR_KW.items()],
        "profiles": profiles(CALENDAR, shapes, SKY),
    }


def write(folder: Path) -> None:
    """Write the case into ``folder``, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    write_header(
        folder,
        {
            "format": 1, "name": "ieee123-storm",
            "title": "Winter storm on the IEEE 123-node feeder, 48 hours without the head",
            "start_utc": CALENDAR.utc(0), "step_min": CALENDAR.step_min, "steps": CALENDAR.steps,
            "network": "lindistflow", "policy": "tiers", "seed": SEED, "vmin_pu": 0.9, "vmax_pu": 1.1,
        },
    )  # fmt: skip
    for name, rows in tables().items():
        write_table(folder, name, rows)


def _windows() -> dict[str, str]:
    at = CALENDAR.since_start
    named = {"day1_06": at(1, 6), "day1_09": at(1, 9), "day1_20": at(1, 20)}
    return {"": ""} | {name: CALENDAR.utc(hour) for name, hour in named.items()}


def _bus(name: str) -> dict[str, Cell]:
    _, _, x, y = LOW_VOLTAGE[name]
    return {"bus": name, "phases": "abc", "kv_ln_kv": KV_SECONDARY, "x": x, "y": y}


def _transformer(name: str) -> dict[str, Cell]:
    feeder_bus, kva, _, _ = LOW_VOLTAGE[name]
    return service_transformer(name, feeder_bus, KV_PRIMARY, kva)


def _rooftop(bus: str, kw: float, phases: str) -> dict[str, Cell]:
    row: dict[str, Cell] = {"solar": f"roof_{bus}", "bus": bus, "phases": phases}
    return row | {"rating_kw": kw, "profile": "sun"}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, required=True, help="folder to write the case into")
    write(parser.parse_args().to)
