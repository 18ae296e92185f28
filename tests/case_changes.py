"""Changes of small random cases: the same case larger, finer, under other names, or beside another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from random_cases import Small

POWERS = {
    "loads": ("kw", "kvar"), "vehicles": ("charge_kw", "discharge_kw"), "chargers": ("charge_kw", "discharge_kw"),
    "batteries": ("charge_kw", "discharge_kw", "rating_kva"), "solar": ("rating_kw",),
    "generators": ("rating_kw", "rating_kva", "fuel_l"), "lines": ("rating_kva",),
}  # fmt: skip
ENERGIES = {
    "vehicles": ("capacity_kwh", "start_kwh", "reserve_kwh"), "batteries": ("capacity_kwh", "start_kwh", "reserve_kwh"),
    "trips": ("energy_kwh",),
}  # fmt: skip
REFERENCES = {
    "bus": ("buses", "loads", "chargers", "batteries", "solar", "generators"), "from_bus": ("lines",),
    "to_bus": ("lines",),
    "vehicle": ("vehicles", "stays", "trips"), "charger": ("chargers", "stays"), "load": ("loads",), "line": ("lines",),
    "battery": ("batteries",), "generator": ("generators",), "solar": ("solar",),
}  # fmt: skip


def rows(small: Small, table: str) -> list[dict[str, Any]]:
    """Rows of a table, none if there is no such table."""
    return small.tables.get(table, [])


def changed(small: Small, change: Callable[[Small], None]) -> Small:
    """A changed copy."""
    other = small.copy()
    change(other)
    return other


def scale(small: Small, table: str, columns: tuple[str, ...], factor: float) -> None:
    """Multiply columns, where they are given."""
    for row in rows(small, table):
        for column in columns:
            if row.get(column) is not None:
                row[column] = row[column] * factor


def add_vehicle(small: Small) -> None:
    """One more vehicle at a charger of its own, from beginning to end."""
    where = {"bus": "b0", "phases": small.tables["buses"][0]["phases"]}
    power = {"charge_kw": 5, "discharge_kw": 5}
    vehicle = {"vehicle": "new", "capacity_kwh": 20, "start_kwh": 9, "reserve_kwh": 3, **power}
    charger = {"charger": "new", **where, **power, "charge_eff": 0.9, "discharge_eff": 0.9}
    stay = {"vehicle": "new", "charger": "new", "from_utc": small.time(0), "until_utc": small.time(len(small.minutes))}
    for table, row in (("vehicles", vehicle), ("chargers", charger), ("stays", stay)):
        small.tables.setdefault(table, []).append(row)


def scaled(small: Small, k: float) -> Small:
    """All powers and energies times k, impedances divided by k."""
    other = small.copy()
    for table, columns in (*POWERS.items(), *ENERGIES.items()):
        scale(other, table, columns, k)
    for row in other.tables["lines"]:
        for column in [c for c in row if c.endswith("_ohm")]:
            row[column] /= k
    return other


def renamed(small: Small, name: Callable[[str], str]) -> Small:
    """All names changed."""
    other = small.copy()
    for column, tables in REFERENCES.items():
        for table in tables:
            for row in rows(other, table):
                row[column] = name(row[column])
    return other


def permuted(small: Small) -> Small:
    """Rows of every table backwards, under names that sort the other way round, lines turned around."""
    other = renamed(
        small, lambda name: "z" + "".join(chr(219 - ord(c)) if c.isalpha() else str(9 - int(c)) for c in name)
    )
    for table in other.tables:
        if table != "profiles":
            other.tables[table].reverse()
    for row in other.tables["lines"]:
        row["from_bus"], row["to_bus"] = row["to_bus"], row["from_bus"]
    return other


def halved_vehicles(small: Small) -> Small:
    """Every vehicle as two of half the size, each at a charger of half the power."""
    halves = small.copy()
    for table, columns in ENERGIES.items():
        if table != "batteries":
            scale(halves, table, columns, 0.5)
    for table in ("vehicles", "chargers"):
        scale(halves, table, ("charge_kw", "discharge_kw"), 0.5)
    for table in ("vehicles", "chargers", "stays", "trips"):
        twins = [dict(row) for row in rows(halves, table)]
        for row in twins:
            row |= {key: f"{row[key]}_twin" for key in ("vehicle", "charger") if key in row}
        if twins:
            halves.tables[table] += twins
    return halves


def refined(small: Small, parts: int) -> Small:
    """Every interval cut into equal parts, the data constant."""
    other = small.copy()
    other.header["step_min"] = [m // parts for m in small.minutes for _ in range(parts)]
    other.header["steps"] = len(other.header["step_min"])
    if rows(small, "profiles"):
        shapes = [row["sun"] for row in rows(small, "profiles") for _ in range(parts)]
        other.tables["profiles"] = [{"start_utc": other.time(k), "sun": s} for k, s in enumerate(shapes)]
    return other


def restamped(small: Small) -> Small:
    """Profiles and windows moved to the intervals of the header, after a change of their length."""
    other = small.copy()
    for k, row in enumerate(rows(other, "profiles")):
        row["start_utc"] = other.time(k)
    for table, first, last in (("loads", "from_utc", "until_utc"), ("stays", "from_utc", "until_utc")):
        for row in rows(other, table):
            if row.get(first) is not None:
                row[first], row[last] = other.time(0), other.time(len(other.minutes) - 1 if table == "stays" else 1)
    for row in rows(other, "trips"):
        row["depart_utc"], row["return_utc"] = other.time(len(other.minutes) - 1), other.time(len(other.minutes))
    return other


def side_by_side(one: Small, two: Small) -> Small:
    """Two cases of the same hours as one: nothing joins their feeders."""
    both = renamed(one, lambda name: f"one_{name}")
    second = renamed(two, lambda name: f"two_{name}")
    for table, more in second.tables.items():
        if table == "profiles":
            own = [{"start_utc": row["start_utc"], "sun2": row["sun"]} for row in more]
            known = rows(both, "profiles") or [{"start_utc": row["start_utc"]} for row in own]
            both.tables["profiles"] = [a | b for a, b in zip(known, own, strict=True)]
            continue
        for row in more:
            row |= {"profile": "sun2"} if table == "solar" else {}
        both.tables[table] = rows(both, table) + more
    return both


def on_the_clock_of(one: Small, two: Small) -> Small:
    """The second case with the intervals of the first."""
    other = two.copy()
    other.header |= {"step_min": one.header["step_min"], "steps": one.header["steps"]}
    shapes = [row["sun"] for row in rows(other, "profiles")]
    if shapes:
        count = len(other.minutes)
        other.tables["profiles"] = [{"start_utc": other.time(k), "sun": shapes[k % len(shapes)]} for k in range(count)]
    return restamped(other)


def with_grid(small: Small, back: int) -> Small:
    """The head returns at the start of the given interval."""
    phases = small.tables["buses"][0]["phases"]
    other = small.copy()
    other.tables["grid"] = [
        {"grid": "head", "bus": "b0", "phases": phases, "from_utc": small.time(back), "rating_kw": 30}
    ]
    if back >= len(small.minutes):
        del other.tables["grid"]
    return other
