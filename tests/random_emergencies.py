"""Small random emergencies that mix everything a case may hold.

A feeder on one to three phases whose lines go out and come back, a bus that gets supply and loses it, engines with
idle burn and shared tanks, batteries and stations that form islands or follow, sites on and off the feeder, cars with
three ways to give, orders to drivers, every service, holds, pickups, a guarantee, an end that is not known.

Many of them are refused by checking, and some have no plan; `test_emergencies` throws both away.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from random_cases import START, Small

EFF = {"charge_eff": 0.9, "discharge_eff": 0.9}
POLICIES = ("tiers", "hours", "drivers", "fair", "expected", "cautious")
STEPS = ((15, 30, 45, 60), (60,), (30,), (360, 480, 720))
"""Lengths of intervals in minutes; the last ones make several days."""


def build_emergency(rng: random.Random) -> Small:
    """A random emergency."""
    small = Small(_header(rng), {})
    phases = rng.choice(["a", "ab", "abc", "abc"])
    if rng.randint(0, 5):
        _feeder(rng, small, phases)
        _supply(rng, small, phases)
    for number in range(rng.randint(0 if "buses" in small.tables else 1, 3)):
        _site(rng, small, number)
    for number in range(rng.randint(1, 5)):
        _load(rng, small, phases, number)
    for number in range(rng.randint(0, 3)):
        _charger(rng, small, phases, number)
    for number in range(rng.randint(0, 4)):
        _car(rng, small, number)
    _profiles(rng, small)
    _orders(rng, small)
    _events(rng, small)
    _outages(rng, small)
    return small


def _header(rng: random.Random) -> dict[str, Any]:
    steps, lengths = rng.randint(2, 6), rng.choice(STEPS)
    step = [rng.choice(lengths) for _ in range(steps)] if rng.randint(0, 1) else rng.choice(lengths)
    header = {
        "format": 1, "name": "emergency", "start_utc": START.isoformat(), "step_min": step, "steps": steps,
        "network": rng.choice(["lindistflow", "transport"]), "policy": rng.choice(POLICIES),
    }  # fmt: skip
    hours = (sum(step) if isinstance(step, list) else step * steps) / 60.0
    if rng.randint(0, 3) == 0:
        header["guarantee_h"] = hours * rng.choice([0.3, 0.5, 0.8])
    if rng.randint(0, 2) == 0:
        header["carry_h"] = rng.choice([0, 1, 6])
    if rng.randint(0, 2) == 0:
        header["cvar_alpha"] = rng.choice([0, 0.5, 0.9])
    return header


def moment(rng: random.Random, small: Small, first: int = 0, last: int | None = None) -> str:
    """A time from one point to another: mostly a point itself, sometimes a time inside the interval after it."""
    last = len(small.minutes) if last is None else last
    point = rng.randint(first, last)
    inside = rng.choice([0, 0, 0, 0.3, 0.7]) if point < len(small.minutes) else 0
    minutes = sum(small.minutes[:point]) + inside * sum(small.minutes[point : point + 1])
    return (START + timedelta(minutes=minutes)).isoformat()


def window(rng: random.Random, small: Small, least: int = 0) -> tuple[str, str]:
    """Two times, the second one later."""
    steps = len(small.minutes)
    first = rng.randint(least, steps - 1)
    return moment(rng, small, first, first), moment(rng, small, first + 1, steps)


def _some(rng: random.Random, phases: str) -> str:
    """All phases, or one of them."""
    return rng.choice([phases, phases, rng.choice(phases)])


def _add(small: Small, table: str, row: dict[str, Any]) -> None:
    small.tables.setdefault(table, []).append(row)


def _bus(rng: random.Random, small: Small) -> str:
    return str(rng.choice(small.tables["buses"])["bus"])


def _feeder(rng: random.Random, small: Small, phases: str) -> None:
    count = rng.randint(2, 5)
    small.tables["buses"] = [{"bus": f"b{i}", "phases": phases, "kv_ln_kv": 0.23} for i in range(count)]
    if rng.randint(0, 3) == 0:
        small.tables["buses"][-1] |= {"vmin_pu": 0.97, "vmax_pu": 1.02}
    for i in range(1, count):
        ends = {"from_bus": f"b{rng.randint(0, i - 1)}", "to_bus": f"b{i}", "phases": phases}
        if phases == "abc" and rng.randint(0, 4) == 0:
            kind = rng.choice(["wye-wye", "delta-wye", "delta-delta"])
            more = {"connection": kind, "r_ohm": 0.02, "x_ohm": 0.05, "tap_a": rng.choice([1.0, 1.02])}
            _add(small, "transformers", {"transformer": f"w{i}", **ends, **more, "rating_kva": rng.choice([None, 4])})
            continue
        line = {"line": f"w{i}", **ends, "rating_kva": rng.choice([None, 2.5, 6.0]), "closed": rng.choice([1, 1, 1, 0])}
        for phase in phases:
            line |= {f"r_{2 * phase}_ohm": rng.randint(1, 20) / 100, f"x_{2 * phase}_ohm": rng.randint(0, 20) / 200}
        if phases == "abc":
            line["r_ab_ohm"] = 0.3 * line["r_aa_ohm"]
        _add(small, "lines", line)


def _supply(rng: random.Random, small: Small, phases: str) -> None:
    for number in range(rng.randint(0, 2)):
        _battery(rng, small, phases, number)
    for number in range(rng.randint(0, 2)):
        _generator(rng, small, phases, number)
    if rng.randint(0, 2) == 0:
        roof = {"solar": "roof", "bus": _bus(rng, small), "phases": _some(rng, phases), "rating_kw": rng.randint(1, 6)}
        _add(small, "solar", roof | {"profile": "sun"})
    if rng.randint(0, 3) == 0:
        head = {"grid": "head", "bus": _bus(rng, small), "phases": phases, "rating_kw": rng.choice([None, 4])}
        _add(small, "grid", head | {"from_utc": moment(rng, small, 1)})
    if rng.randint(0, 4) == 0:
        _add(small, "capacitors", {"capacitor": "bank", "bus": _bus(rng, small), "phases": phases, "kvar": 1.5})


def _battery(rng: random.Random, small: Small, phases: str, number: int) -> None:
    start, forming = rng.randint(2, 24) / 2, rng.choice([0, 1, 1])
    _add(small, "batteries", {
        "battery": f"box{number}", "bus": _bus(rng, small), "phases": _some(rng, phases), "capacity_kwh": 16,
        "start_kwh": start, "reserve_kwh": rng.choice([0, start / 4]), "charge_kw": rng.choice([0, 3, 8]),
        "discharge_kw": rng.choice([4 * forming, 4, 12]), "rating_kva": rng.choice([None, 10]), "forming": forming,
        **EFF,
    })  # fmt: skip


def _generator(rng: random.Random, small: Small, phases: str, number: int) -> None:
    engine: dict[str, Any] = {
        "generator": f"g{number}", "bus": _bus(rng, small), "phases": _some(rng, phases),
        "rating_kw": rng.randint(1, 8), "rating_kva": rng.choice([None, 9]), "fuel_l_per_kwh": rng.choice([0.3, 0.4]),
        "forming": rng.choice([0, 1, 1]), "idle_l_per_h": rng.choice([0, 0.2, 0.8]),
    }  # fmt: skip
    if rng.randint(0, 1):
        engine["tank"] = "tank"
        small.tables["tanks"] = [{"tank": "tank", "fuel_l": rng.choice([0, 1, 3])}]
    else:
        engine["fuel_l"] = rng.choice([0, 0.5, 2])
    if rng.randint(0, 2) == 0:
        engine["from_utc"], engine["until_utc"] = window(rng, small)
    _add(small, "generators", engine)


def _site(rng: random.Random, small: Small, number: int) -> None:
    site: dict[str, Any] = {"site": f"s{number}", "people": rng.choice([None, 12])}
    if "buses" in small.tables:
        site["bus"] = rng.choice(["", _bus(rng, small), _bus(rng, small)])
        site |= {"import_kw": rng.choice([None, 0, 3]), "export_kw": rng.choice([None, 0, 2])}
    site |= {"transfer_kw": rng.choice([None, 3]), "sockets_kw": rng.choice([None, 2])}
    _add(small, "sites", site)


def _place(rng: random.Random, small: Small, phases: str) -> dict[str, Any]:
    """At a site, or at a bus of the feeder, on phases that are there."""
    sites = small.tables.get("sites", [])
    if sites and (rng.randint(0, 2) or "buses" not in small.tables):
        site = rng.choice(sites)
        return {"site": site["site"], "phases": _some(rng, phases) if site.get("bus") else ""}
    return {"bus": _bus(rng, small), "phases": _some(rng, phases)}


def _load(rng: random.Random, small: Small, phases: str, number: int) -> None:
    tier, kw = rng.choice([0, 1, 1, 2]), rng.randint(1, 10) / 2
    place = _place(rng, small, phases)
    load: dict[str, Any] = {
        "load": f"l{number}", **place, "kw": kw, "kvar": rng.choice([0, 0, kw / 4]), "tier": tier,
        "profile": rng.choice(["", "", "evening"]), "people": rng.choice([None, None, 3]),
    }  # fmt: skip
    if "site" in place:
        load |= {"by_v2h": rng.choice([0, 1, 1]), "by_v2l": rng.randint(0, 1)}
        load["appliance_kw"] = rng.choice([None, 1.0, 2.0])
    if phases == "abc" and rng.randint(0, 3) == 0 and place.get("phases"):
        load |= {"phases": rng.choice(["ab", "bc", "ca"]), "connection": "delta"}
    if rng.randint(0, 2) == 0:
        load["from_utc"], load["until_utc"] = window(rng, small)
    if tier:
        load |= _service(rng, small, load)
    _add(small, "loads", load)


def _service(rng: random.Random, small: Small, load: dict[str, Any]) -> dict[str, Any]:
    """When a critical load counts as served, and what it does when it is switched."""
    service = rng.choice(["continuous", "continuous", "energy", "hours", "flexible"])
    found: dict[str, Any] = {"service": service, "hold": rng.choice(["", "", "priced", "hard"])}
    if service == "hours":
        found |= {"hours_per_day": rng.randint(2, 14), "min_run_h": rng.choice([0, 0, 1, small.minutes[0] / 60.0])}
    if service == "energy":
        found["kwh_per_day"] = load["kw"] * rng.randint(3, 14)
    if rng.randint(0, 3) == 0:
        found |= {"pickup_factor": rng.choice([1.5, 2]), "pickup_h": rng.choice([0, 0.5, 1, 3])}
    return found


def _charger(rng: random.Random, small: Small, phases: str, number: int) -> None:
    place = _place(rng, small, phases)
    feeds = rng.choice(["feeder", "premises"]) if "site" in place else "feeder"
    gives = rng.choice([0, 3, 6])
    forming = int(feeds == "feeder" and gives > 0 and "buses" in small.tables) and rng.randint(0, 1)
    _add(small, "chargers", {
        "charger": f"c{number}", **place, "feeds": feeds, "island_capable": rng.choice([0, 1, 1]),
        "forming": forming, "charge_kw": rng.choice([0, 3, 7]), "discharge_kw": gives,
        "standby_kw": rng.choice([0, 0, 0.2]), "plugs": rng.choice([1, 4, 4]),
        "connector": rng.choice(["", "", "ccs2"]), **EFF,
    })  # fmt: skip


def _car(rng: random.Random, small: Small, number: int) -> None:
    name, start = f"v{number}", rng.randint(0, 40) / 2
    _add(small, "vehicles", {
        "vehicle": name, "capacity_kwh": 24, "start_kwh": start, "reserve_kwh": rng.choice([0, 0, 3, 12]),
        "charge_kw": rng.choice([0, 3, 7]), "discharge_kw": rng.choice([0, 4, 7]), "v2h_kw": rng.choice([0, 3, 6]),
        "sockets": rng.randint(0, 2), "socket_kw": rng.choice([0, 1.5, 2.5]), "v2l_kw": rng.choice([None, None, 2]),
        "v2l_eff": rng.choice([None, 0.8]), "give_kw": rng.choice([None, None, 2, 5]), "kwh_per_km": 0.2,
        "reserve_km": rng.choice([0, 0, 20]), "connectors": rng.choice(["", "type2|ccs2"]),
    })  # fmt: skip
    steps, point = len(small.minutes), 0
    while point < steps:
        last = rng.randint(point + 1, steps)
        part = {"vehicle": name}
        if rng.randint(0, 3) == 0:
            back = rng.choice([None, None, rng.randint(0, 8)])
            trip = {"depart_utc": small.time(point), "return_utc": small.time(last)}
            _add(small, "trips", part | trip | {"energy_kwh": rng.randint(0, 8) / 2, "return_kwh": back})
        elif rng.randint(0, 4):
            _stay(rng, small, part, point, last)
        point = last


def _stay(rng: random.Random, small: Small, part: dict[str, Any], first: int, last: int) -> None:
    posts, sites = small.tables.get("chargers", []), small.tables.get("sites", [])
    here = [{"charger": post["charger"], "site": ""} for post in posts] * 2
    here += [{"charger": "", "site": site["site"]} for site in sites]
    if not here:
        return
    begin = moment(rng, small, first, first)
    leave = rng.choice([None, None, None, rng.randint(0, 10)])
    _add(small, "stays", part | rng.choice(here) | {
        "from_utc": begin, "until_utc": small.time(last), "leave_kwh": leave,
    })  # fmt: skip


def _profiles(rng: random.Random, small: Small) -> None:
    used = {row.get("profile") for table in ("loads", "solar") for row in small.tables.get(table, [])}
    if used & {"sun", "evening"}:
        small.tables["profiles"] = [
            {"start_utc": small.time(k), "sun": rng.randint(0, 8) / 8, "evening": rng.choice([0, 0.5, 1, 1])}
            for k in range(len(small.minutes))
        ]


def _orders(rng: random.Random, small: Small) -> None:
    cars = [car["vehicle"] for car in small.tables.get("vehicles", [])]
    if cars and rng.randint(0, 2) == 0:
        need = {"need": "n", "vehicle": rng.choice(["", *cars]), "energy_kwh": rng.choice([0, 4])}
        begin, end = window(rng, small)
        need |= {"km": rng.choice([0, 15, 40]), "from_utc": begin, "until_utc": rng.choice(["", end])}
        _add(small, "needs", need)
    if cars and rng.randint(0, 2) == 0:
        minimum = {"minimum": "m", "vehicles": rng.randint(1, len(cars)), "energy_kwh": rng.choice([2, 6, 10])}
        if rng.randint(0, 1):
            minimum["from_utc"], minimum["until_utc"] = window(rng, small)
        _add(small, "fleet_minimum", minimum)


def _events(rng: random.Random, small: Small) -> None:
    """What happens to each element, in turns; times go up."""
    lines = [line["line"] for line in small.tables.get("lines", [])]
    lines += [unit["transformer"] for unit in small.tables.get("transformers", [])]
    if lines and rng.randint(0, 1):
        closed = next((x["closed"] for x in small.tables.get("lines", []) if x["line"] == lines[0]), 1)
        _turns(rng, small, lines[0], ("out", "back") if closed else ("back", "out"))
    if "buses" in small.tables and rng.randint(0, 2) == 0:
        _turns(rng, small, _bus(rng, small), ("energised", "dead"))
    if "grid" in small.tables and rng.randint(0, 2) == 0:
        small.tables["grid"][0]["from_utc"] = None
        _turns(rng, small, "head", rng.choice([("energised", "dead"), ("dead", "energised")]))
    tanks = [tank["tank"] for tank in small.tables.get("tanks", [])]
    tanks += [g["generator"] for g in small.tables.get("generators", []) if not g.get("tank")]
    for tank in tanks:
        if rng.randint(0, 1):
            fuel = {"event": "fuel", "element": tank, "litres": rng.choice([0.5, 2])}
            _add(small, "events", {"at_utc": moment(rng, small), **fuel})


def _turns(rng: random.Random, small: Small, element: str, words: tuple[str, str]) -> None:
    """One or more events, the words in turn."""
    times = sorted({moment(rng, small, 0, len(small.minutes) - 1) for _ in range(rng.randint(1, 3))})
    for number, at in enumerate(times):
        _add(small, "events", {"at_utc": at, "event": words[number % 2], "element": element})


def _outages(rng: random.Random, small: Small) -> None:
    if small.header["policy"] in ("expected", "cautious") or rng.randint(0, 5) == 0:
        hours = sum(small.minutes) / 60.0
        small.tables["durations"] = [
            {"hours": hours * share, "probability": part} for share, part in ((0.4, 0.25), (0.9, 0.5), (2.0, 0.25))
        ]


def emergencies() -> st.SearchStrategy[Small]:
    """Random emergencies for Hypothesis, which shrinks what it draws."""
    return st.randoms(use_true_random=False).map(build_emergency)
