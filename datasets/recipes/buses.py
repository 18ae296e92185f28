"""The feeder of the study ``buses``: three winter days on the IEEE 123-node feeder, fed by a depot of school buses.

``python -m v2g.datasets.recipes.buses --to FOLDER`` writes its tables.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from v2g.populate.calendar import Calendar, profiles
from v2g.populate.feeder import neutral_taps

from .feeder import base_tables, service_transformer, set_cells, sites
from .tables import DATASETS, Cell, read_table, write_header, write_table

SEED = 72
CALENDAR = Calendar(start=datetime(2026, 1, 16, tzinfo=UTC), behind_h=6, step_min=60, steps=72)
INPUTS = Path(__file__).parent / "buses_inputs"
CLEAR_SKY = 1.0
BUSES, MODEL, STATION = 16, "school_bus_c_226", "v2g_bus_60kW"
START_SHARE = (0.65, 0.95)
RESERVE_KM = 60
KV_PRIMARY, KV_SECONDARY = 2.401777, "0.277128"
DEPOT_KVA = 750.0

SOLAR_KW = {"48": 30, "65": 30, "83": 20, "91": 15}
"""Rooftops: kW on all phases of the bus."""


def tables() -> dict[str, Sequence[Mapping[str, Cell]]]:
    """Every table of the case by name; the feeder's own loads are left out, as they would get nothing before a site."""
    feeder = base_tables(DATASETS / "ieee123-base")
    set_cells(feeder["lines"], "line", {"sw1": {"closed": "0"}})
    set_cells(feeder["capacitors"], "capacitor", {row["capacitor"]: {"closed": "0"} for row in feeder["capacitors"]})
    neutral_taps(feeder["transformers"])
    critical = read_table(INPUTS / "sites.csv")
    depot: Mapping[str, Cell] = {"bus": "depot", "phases": "abc", "kv_ln_kv": KV_SECONDARY, "x": 1600, "y": 1600}
    return {
        "buses": [*feeder["buses"], depot],
        "lines": feeder["lines"],
        "transformers": [*feeder["transformers"], service_transformer("depot", "13", KV_PRIMARY, DEPOT_KVA)],
        "capacitors": feeder["capacitors"],
        "loads": sites(critical, {"": ""}),
        "vehicles": _buses(),
        "chargers": [
            {"charger": "depot", "type": STATION, "bus": "depot", "phases": "abc", "plugs": BUSES, "forming": 1}
        ],
        "solar": [
            {"solar": f"roof_{bus}", "bus": bus, "phases": "abc", "rating_kw": kw, "profile": "sun"}
            for bus, kw in SOLAR_KW.items()
        ],
        "profiles": profiles(CALENDAR, {row["shape"] for row in critical} - {"constant"}, CLEAR_SKY),
    }  # fmt: skip


def _buses() -> list[dict[str, Cell]]:
    """Buses as they come back from their routes: some nearly full, some half empty."""
    rng = np.random.default_rng(SEED)
    low, high = START_SHARE
    return [
        {
            "vehicle": f"bus_{k + 1:02d}", "model": MODEL, "charger": "depot",
            "start_soc": round(low + (high - low) * float(rng.random()), 2), "reserve_km": RESERVE_KM,
        }
        for k in range(BUSES)
    ]  # fmt: skip


def write(folder: Path) -> None:
    """Write the case into ``folder``, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    write_header(
        folder,
        {
            "format": 1, "name": "buses-feeder",
            "title": "School buses at a depot feed the IEEE 123-node feeder for 72 hours",
            "start_utc": CALENDAR.utc(0), "step_min": CALENDAR.step_min, "steps": CALENDAR.steps,
            "network": "lindistflow", "policy": "tiers", "seed": SEED, "vmin_pu": 0.9, "vmax_pu": 1.1,
        },
    )  # fmt: skip
    for name, rows in tables().items():
        write_table(folder, name, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, required=True, help="folder to write the case into")
    write(parser.parse_args().to)
