"""Fleets of any size on a random radial feeder; the same seed gives the same case on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import v2g
from v2g.case import Case
from v2g.formats.draft import Draft

BUSES = 123
START = pd.Timestamp("2026-01-15T12:00:00+00:00")
HOURS = 24.0
Table = dict[str, Any]


def fleet(vehicles: int, intervals: int, seed: int = 1) -> Case:
    """A day on an islanded feeder: a battery that forms it, 12 critical loads, vehicles that come and go."""
    rng = np.random.default_rng(seed)
    feeder = _feeder(rng)
    phases = feeder["buses"]["phases"]
    tables = feeder | _loads(rng, phases) | _head() | _vehicles(rng, phases, vehicles, 24 * 60 // intervals)
    header = {
        "format": 1, "name": f"fleet-{vehicles}x{intervals}", "start_utc": START.isoformat(),
        "step_min": 24 * 60 // intervals, "steps": intervals, "seed": seed,
    }  # fmt: skip
    return v2g.read(Draft.of(header, {name: pd.DataFrame(columns) for name, columns in tables.items()}))


def _feeder(rng: np.random.Generator) -> dict[str, Table]:
    """Each bus hangs from one of the last few before it; beyond bus 60 most laterals have a single phase."""
    phases, parent = ["abc"], [-1]
    for bus in range(1, BUSES):
        up = int(rng.integers(max(0, bus - 8), bus))
        narrow = bus > BUSES // 2 and len(phases[up]) == 3 and rng.random() < 0.7
        phases.append(str(rng.choice(["a", "b", "c"])) if narrow else phases[up])
        parent.append(up)
    buses = {"bus": [f"b{i}" for i in range(BUSES)], "phases": phases, "kv_ln_kv": [2.4] * BUSES}
    length = rng.uniform(0.03, 0.12, BUSES - 1)
    lines: Table = {"line": [f"l{i}" for i in range(1, BUSES)], "from_bus": [f"b{p}" for p in parent[1:]]}
    lines |= {"to_bus": buses["bus"][1:], "phases": phases[1:], "rating_kva": [200.0] * 8 + [np.nan] * (BUSES - 9)}
    for own, both, letter in ((0.29, 0.1, "r"), (0.67, 0.3, "x")):
        lines |= {f"{letter}_{p}{p}_ohm": _where(phases[1:], p, own * length) for p in "abc"}
        lines |= {f"{letter}_{p}_ohm": _where(phases[1:], p, both * length) for p in ("ab", "bc", "ac")}
    return {"buses": buses, "lines": lines}


def _where(phases: list[str], wanted: str, value: np.ndarray) -> np.ndarray:
    return np.where([set(wanted) <= set(p) for p in phases], value, 0.0)


def _loads(rng: np.random.Generator, phases: list[str]) -> dict[str, Table]:
    """Twelve critical loads in two tiers; half of all other buses have a load that can wait."""
    critical = np.sort(rng.choice(np.arange(1, BUSES), 12, replace=False))
    other = np.setdiff1d(np.flatnonzero(rng.random(BUSES) < 0.5), critical)
    at = np.concatenate([critical, other])
    kw = np.concatenate([rng.uniform(10, 40, critical.size), rng.uniform(5, 20, other.size)]).round(1)
    tier = np.concatenate([np.repeat([1, 2], 6), np.zeros(other.size, int)])
    loads = {"load": [f"d{i}" for i in at], "bus": [f"b{i}" for i in at], "phases": [phases[i] for i in at]}
    return {"loads": {**loads, "tier": tier, "kw": kw, "kvar": (0.3 * kw).round(2)}}


def _head() -> dict[str, Table]:
    one = {"battery": "plant", "bus": "b0", "phases": "abc", "forming": 1}
    one |= {"capacity_kwh": 800.0, "start_kwh": 600.0, "reserve_kwh": 50.0, "charge_kw": 400.0, "discharge_kw": 400.0}
    one |= {"charge_eff": 0.95, "discharge_eff": 0.95}
    return {"batteries": {name: [value] for name, value in one.items()}}


def _vehicles(rng: np.random.Generator, phases: list[str], count: int, step: int) -> dict[str, Table]:
    """One charger each; two of three vehicles leave once for a few hours and come back to it."""
    names, bus = [f"v{i}" for i in range(count)], rng.integers(1, BUSES, count)
    capacity = rng.choice([24.0, 40.0, 52.0, 64.0, 77.0], count)
    reserve = (capacity * rng.uniform(0.2, 0.4, count)).round(1)
    start = (capacity * rng.uniform(0.3, 0.95, count)).round(1)
    power, loss = rng.choice([3.7, 7.4, 11.0], count), rng.choice([0.91, 0.93, 0.95], count)
    vehicles = {"vehicle": names, "capacity_kwh": capacity, "start_kwh": start, "reserve_kwh": reserve}
    vehicles |= {"charge_kw": power, "discharge_kw": np.where(rng.random(count) < 0.8, power, 0.0)}
    chargers = {"charger": [f"c{i}" for i in range(count)], "bus": [f"b{i}" for i in bus]}
    chargers |= {"phases": [phases[i] for i in bus], "charge_kw": power, "discharge_kw": power}
    chargers |= {"charge_eff": loss, "discharge_eff": loss}
    return {"vehicles": vehicles, "chargers": chargers} | _days(rng, names, chargers["charger"], start, step)


def _days(
    rng: np.random.Generator, names: list[str], chargers: list[str], start: np.ndarray, step: int
) -> dict[str, Table]:
    """Stays around one trip or none; trips begin and end between intervals."""
    stays: Table = {"vehicle": [], "charger": [], "from_utc": [], "until_utc": []}
    trips: Table = {"vehicle": [], "depart_utc": [], "return_utc": [], "energy_kwh": []}
    end = START + pd.Timedelta(hours=HOURS)
    for name, charger, full in zip(names, chargers, start, strict=True):
        leaves, away = rng.uniform(1, 16), rng.uniform(1, 7)
        used = round(float(min(0.6 * full, 3.0 * away)), 1)
        edges = [START, end]
        if rng.random() < 2 / 3:
            gone, back = (START + pd.Timedelta(minutes=step * round(60 * h / step)) for h in (leaves, leaves + away))
            edges = [START, gone, max(back, gone + pd.Timedelta(minutes=step)), end]
            for column, value in zip(trips, (name, edges[1], edges[2], used), strict=True):
                trips[column].append(value)
        for begin, until in zip(edges[::2], edges[1::2], strict=True):
            for column, value in zip(stays, (name, charger, begin, until), strict=True):
                stays[column].append(value)
    return {"stays": stays, "trips": trips}
