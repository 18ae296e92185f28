"""Small random towns: places with circuits, cars with sockets and V2H, a feeder dead or alive."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st
from random_cases import START, Small

EFF = {"charge_eff": 0.9, "discharge_eff": 0.9}


def build_town(rng: random.Random, *, whole: bool = True) -> Small:
    """A random town. Without ``whole`` no load has service hours, so that few integers are left."""
    steps = rng.randint(3, 6)
    header = {
        "format": 1, "name": "town", "start_utc": START.isoformat(), "step_min": rng.choice([30, 60]), "steps": steps,
        "network": "transport",
    }  # fmt: skip
    small = Small(header, {})
    if rng.randint(0, 1):
        _feeder(rng, small)
    for number in range(rng.randint(1, 3)):
        _site(rng, small, number)
    for number in range(rng.randint(1, 5)):
        _load(rng, small, number, whole)
    for number in range(rng.randint(1, 3)):
        _car(rng, small, number)
    return small


def _feeder(rng: random.Random, small: Small) -> None:
    small.tables["buses"] = [{"bus": name, "kv_ln_kv": 0.23} for name in ("head", "tail", "cut")]
    small.tables["lines"] = [{"line": "w", "from_bus": "head", "to_bus": "tail", "rating_kva": rng.choice([None, 4])}]
    start = rng.randint(2, 20) / 2
    small.tables["batteries"] = [{
        "battery": "box", "bus": "head", "capacity_kwh": 12, "start_kwh": start, "charge_kw": 6, "discharge_kw": 9,
        "forming": 1, **EFF,
    }]  # fmt: skip


def _site(rng: random.Random, small: Small, number: int) -> None:
    site: dict[str, Any] = {"site": f"s{number}"}
    if "buses" in small.tables:
        site["bus"] = rng.choice(["", "head", "tail", "cut"])
        site["import_kw"] = rng.choice([None, 5])
    site["transfer_kw"], site["sockets_kw"] = rng.choice([None, 3]), rng.choice([None, 2])
    small.tables.setdefault("sites", []).append(site)


def _load(rng: random.Random, small: Small, number: int, whole: bool) -> None:
    tier = rng.choice([0, 1, 1, 2])
    service = rng.choice(["continuous", "energy", "hours" if whole else "continuous"]) if tier else ""
    load: dict[str, Any] = {
        "load": f"l{number}", "site": rng.choice(small.tables["sites"])["site"], "kw": rng.randint(1, 8) / 2,
        "tier": tier, "service": service, "by_v2h": rng.randint(0, 1), "by_v2l": rng.randint(0, 1),
        "appliance_kw": rng.choice([None, 1.0, 2.0]),
    }  # fmt: skip
    hours = len(small.minutes) * small.minutes[0] / 60.0
    if service == "hours":
        load["hours_per_day"] = rng.randint(2, 12)
        load["min_run_h"] = rng.choice([0, small.minutes[0] / 60.0])
    if service == "energy":
        load["kwh_per_day"] = load["kw"] * rng.randint(4, 16)
    if service == "continuous" and rng.randint(0, 2) == 0:
        first = rng.randint(0, len(small.minutes) - 1)
        load["from_utc"], load["until_utc"] = small.time(first), small.time(rng.randint(first + 1, len(small.minutes)))
    if service == "continuous" and rng.randint(0, 3) == 0 and hours > 1:
        load |= {"pickup_factor": 1.5, "pickup_h": 1}
    if tier and rng.randint(0, 3) == 0:
        load["hold"] = "priced"
    small.tables.setdefault("loads", []).append(load)


def _car(rng: random.Random, small: Small, number: int) -> None:
    name, steps = f"v{number}", len(small.minutes)
    start = rng.randint(4, 40) / 2
    car = {
        "vehicle": name, "capacity_kwh": 24, "start_kwh": start, "reserve_kwh": rng.randint(0, 12), "charge_kw": 6,
        "discharge_kw": rng.choice([0, 4]), "v2h_kw": rng.choice([0, 3, 6]), "sockets": rng.randint(1, 2),
        "socket_kw": rng.choice([0, 1.5, 2.5]), "kwh_per_km": 0.2, "reserve_km": rng.choice([0, 20]),
    }  # fmt: skip
    small.tables.setdefault("vehicles", []).append(car)
    first = rng.randint(0, steps - 1)
    stay: dict[str, Any] = {"vehicle": name, "from_utc": small.time(first)}
    stay["until_utc"] = small.time(rng.randint(first + 1, steps))
    site = rng.choice(small.tables["sites"])["site"]
    if rng.randint(0, 1):
        feeds = rng.choice(["feeder", "premises"])
        small.tables.setdefault("chargers", []).append({
            "charger": f"c{number}", "site": site, "feeds": feeds, "island_capable": rng.randint(0, 1), "charge_kw": 7,
            "discharge_kw": 6, "standby_kw": rng.choice([0, 0.2]), **EFF,
        })  # fmt: skip
        stay |= {"charger": f"c{number}", "site": ""}
    else:
        stay |= {"charger": "", "site": site}
    small.tables.setdefault("stays", []).append(stay)


def towns(**options: bool) -> st.SearchStrategy[Small]:
    """Random towns for Hypothesis, which shrinks what it draws."""
    return st.randoms(use_true_random=False).map(lambda rng: build_town(rng, **options))
