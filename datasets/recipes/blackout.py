"""The case ``ieee13-blackout``: a day on the IEEE 13-node feeder, the head back two hours before its end.

``python -m v2g.datasets.recipes.blackout --to FOLDER`` writes its tables.
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

SEED = 13
CALENDAR = Calendar(start=datetime(2026, 1, 16, tzinfo=UTC), behind_h=6, step_min=30, steps=48)
INPUTS = Path(__file__).parent / "blackout_inputs"
SKY = 0.6
RESIDUAL_SCALE = 0.2
LOW_VEHICLES = 1
GRID_BACK_H = 22.0
DIESEL_ARRIVES_H = 2.0
BATTERY_KVA = 300.0
KV_PRIMARY, KV_SECONDARY = 2.401777, "0.277128"

BATTERY: Mapping[str, Cell] = {
    "battery": "substation_battery", "bus": "battery", "phases": "abc", "capacity_kwh": 800,
    "start_kwh": 720, "reserve_kwh": 80, "charge_kw": 250, "discharge_kw": 250, "rating_kva": 300,
    "charge_eff": 0.95, "discharge_eff": 0.95, "forming": 1, "voltage_pu": 1.0,
}  # fmt: skip

GENERATOR: Mapping[str, Cell] = {
    "generator": "mobile_diesel", "bus": "675", "phases": "abc", "rating_kw": 60, "rating_kva": 75,
    "fuel_l": 150, "fuel_l_per_kwh": 0.3, "forming": 1, "voltage_pu": 1.0, "from_utc": CALENDAR.utc(DIESEL_ARRIVES_H),
    "until_utc": "",
}  # fmt: skip

GRID: Mapping[str, Cell] = {
    "grid": "head", "bus": "sourcebus", "phases": "abc", "from_utc": CALENDAR.utc(GRID_BACK_H),
    "until_utc": "", "voltage_pu": 1.0,
}  # fmt: skip

SOLAR_KW = {"634": 30, "671": 25, "675": 40, "645": 6}
"""Rooftops: kW on all phases of the bus."""


def tables() -> dict[str, Sequence[Mapping[str, Cell]]]:
    """Every table of the case by name."""
    base = DATASETS / "ieee13-base"
    feeder = base_tables(base)
    set_cells(feeder["lines"], "line", {"671692": {"closed": "0"}})
    set_cells(feeder["capacitors"], "capacitor", {"cap1": {"closed": "0"}, "cap2": {"closed": "0"}})
    neutral_taps(feeder["transformers"])
    own_bus: dict[str, Cell] = {"bus": "battery", "phases": "abc", "kv_ln_kv": KV_SECONDARY, "x": 260, "y": 210}
    buses: list[Mapping[str, Cell]] = [*feeder["buses"], own_bus]
    phases = {str(row["bus"]): str(row["phases"]) for row in buses}
    critical, residual = read_table(INPUTS / "sites.csv"), read_table(base / "loads.csv")
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
        "transformers": [*feeder["transformers"], service_transformer("battery", "632", KV_PRIMARY, BATTERY_KVA)],
        "capacitors": feeder["capacitors"],
        "loads": [*sites(critical, _windows()), *residual_loads(residual, RESIDUAL_SCALE, "apartment")],
        "vehicles": fleet.vehicles,
        "chargers": fleet.chargers,
        "stays": fleet.stays,
        "trips": fleet.trips,
        "batteries": [BATTERY],
        "generators": [GENERATOR],
        "solar": [_rooftop(bus, kw, phases[bus]) for bus, kw in SOLAR_KW.items()],
        "grid": [GRID],
        "profiles": profiles(CALENDAR, shapes, SKY),
    }


def write(folder: Path) -> None:
    """Write the case into ``folder``, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    write_header(
        folder,
        {
            "format": 1, "name": "ieee13-blackout",
            "title": "A day on the IEEE 13-node feeder, supply back after 22 hours",
            "start_utc": CALENDAR.utc(0), "step_min": CALENDAR.step_min, "steps": CALENDAR.steps,
            "network": "lindistflow", "policy": "tiers", "seed": SEED, "vmin_pu": 0.9, "vmax_pu": 1.1,
        },
    )  # fmt: skip
    for name, rows in tables().items():
        write_table(folder, name, rows)


def _windows() -> dict[str, str]:
    at = CALENDAR.since_start
    hours = {"diesel": DIESEL_ARRIVES_H, "day1_06": at(1, 6), "day1_15": at(1, 15)}
    return {"": ""} | {name: CALENDAR.utc(hour) for name, hour in hours.items()}


def _rooftop(bus: str, kw: float, phases: str) -> dict[str, Cell]:
    row: dict[str, Cell] = {"solar": f"roof_{bus}", "bus": bus, "phases": phases}
    return row | {"rating_kw": kw, "profile": "sun"}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, required=True, help="folder to write the case into")
    write(parser.parse_args().to)
