"""Tables of a study from its results, read one after the other."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from v2g.batch.folder import StudyFolder, json_bytes, read_json
from v2g.errors import UsageError
from v2g.formats.atomic import place_file
from v2g.formats.plan_folder import guarded

Row = list[Any]
FIRST = ("scenario", "key", "case", "seed")
LAST = ("status", "reason")
TABLES: Mapping[str, tuple[str, ...]] = {
    "loads": ("load", "tier", "hours_required", "hours_served", "kwh_required", "kwh_served", "dark_from_h"),
    "unserved": ("tier", "from_h", "hours", "unserved_kw"),
    "values": ("what", "unit", "load_hours_per_unit", "how"),
}
"""Tables with several rows for each scenario: lists of its result."""
TIMINGS = (
    "wall",
    "cpu",
    "change",
    "cpu_change",
    "solve",
    "cpu_solve",
    "measure",
    "cpu_measure",
    "values",
    "cpu_values",
)
STUDY_FILE = "study.json"

MEANINGS = {
    "scenario": "number of the scenario, from 1", "key": "name of its result: a hash of all that bears on it",
    "case": "base case", "seed": "what is random in it is drawn by this", "status": "how it ended",
    "reason": "why, where it was not planned", "vehicles": "vehicles in the case", "chargers": "chargers in the case",
    "horizon_h": "length of the case", "from_vehicles_kwh": "given by vehicles, all ways",
    "from_batteries_kwh": "given by stationary batteries", "from_generators_kwh": "given by generators",
    "from_sun_kwh": "solar energy used", "from_grid_kwh": "taken from outside", "other_kwh": "to loads not critical",
    "reserve_short_kwh": "missing to what drivers need", "gap": "to the proven bound, relative, the worst stage",
    "audit_violation": "largest violation that the audit found", "critical_kwh_required": "asked by critical loads",
    "critical_kwh_served": "of that, served", "critical_kwh_unserved": "of that, not served",
    "load": "critical load", "tier": "its tier", "hours_required": "hours of service that it requires",
    "hours_served": "hours that it gets; part of the power is part of the hour", "kwh_required": "energy it requires",
    "kwh_served": "of that, served", "from_h": "start of the interval, from the start of the case",
    "dark_from_h": "from the start of the case until it first lacks something; blank = never",
    "hours": "length of the interval", "unserved_kw": "power that loads with continuous service lack",
    "what": "of what there is one more", "unit": "its unit", "load_hours_per_unit": "critical load-hours for one more",
    "how": "solved again, or price = read from the multipliers of the plan",
}  # fmt: skip
OF_TIER = {
    "loads": "critical loads of the tier", "served": "of these, served throughout",
    "by_day": "of these, loads with service by the day (hours, energy)",
    "possible": "of these, the most that can be served, as far as that is proven",
    "survival_h": "until the first of these lacks something", "hours_required": "load-hours that they require",
    "hours_served": "load-hours that they get", "people": "people who depend on them",
    "people_served": "of these, people of loads served throughout",
}  # fmt: skip
UNITS = {"kwh": "kWh", "h": "h", "kw": "kW", "hours": "h"}


def is_column(name: str) -> bool:
    """Whether ``scenarios.csv`` has a column of that name, whatever the axes.

    >>> is_column("vehicles"), is_column("tier1_served"), is_column("fleet")
    (True, True, False)
    """
    inner = {column for columns in TABLES.values() for column in columns}
    tier = re.fullmatch(r"tier\d+_(.*)", name)
    return tier[1] in OF_TIER if tier else name in MEANINGS and name not in inner


class Missing(UsageError):
    """Not all scenarios of a study have a result."""


def collect(folder: StudyFolder, manifest: Mapping[str, Any], *, parquet: bool) -> dict[str, Any]:
    """Write all tables and ``study.json``; returns its content. Raises UsageError where results are missing."""
    entries = manifest["scenarios"]
    axes = [axis["axis"] for axis in manifest["axes"]]
    measures, counts = _first_pass(folder, entries)
    header = [*FIRST, *axes, *LAST, *measures]
    _table(folder, "scenarios", header, _scenario_rows(folder, entries, axes, measures), parquet)
    for name, columns in TABLES.items():
        _table(folder, name, ("scenario", *columns), _inner_rows(folder, entries, name, columns), parquet)
    _table(folder, "timings", ("scenario", *(f"{name}_s" for name in TIMINGS)), _timing_rows(folder, entries), parquet)
    found = _study(manifest, counts, {"scenarios": header, **{name: ["scenario", *TABLES[name]] for name in TABLES}})
    place_file(folder.path / STUDY_FILE, json_bytes(found))
    return found


def _results(folder: StudyFolder, entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Any]]:
    for entry in entries:
        yield entry, read_json(folder.result(entry["key"]))


def _first_pass(folder: StudyFolder, entries: Sequence[Mapping[str, Any]]) -> tuple[list[str], dict[str, int]]:
    """Names of all measures, those of tiers in the order of tiers, and how many scenarios ended how."""
    names: dict[str, None] = {}
    counts: dict[str, int] = {}
    for _, result in _results(folder, entries):
        names |= dict.fromkeys(result["measures"])
        counts[result["status"]] = counts.get(result["status"], 0) + 1
    tiers = [name for name in names if re.match(r"tier\d", name)]
    order = list(OF_TIER)
    tiers.sort(key=lambda name: (int(name[4:].split("_")[0]), order.index(name.split("_", 1)[1])))
    plain = [name for name in names if name not in tiers]
    at = plain.index("horizon_h") + 1 if "horizon_h" in plain else 0
    return [*plain[:at], *tiers, *plain[at:]], dict(sorted(counts.items()))


def _scenario_rows(folder: StudyFolder, entries: Sequence[Mapping[str, Any]], axes: list[str],
                   measures: list[str]) -> Iterator[Row]:  # fmt: skip
    for entry, result in _results(folder, entries):
        first = [entry["number"], entry["key"], entry["case"], entry["seed"], *(entry["settings"][a] for a in axes)]
        yield [*first, result["status"], result["reason"], *(result["measures"].get(name) for name in measures)]


def _inner_rows(folder: StudyFolder, entries: Sequence[Mapping[str, Any]], name: str,
                columns: Sequence[str]) -> Iterator[Row]:  # fmt: skip
    for entry, result in _results(folder, entries):
        for row in result[name]:
            yield [entry["number"], *(row.get(column) for column in columns)]


def _timing_rows(folder: StudyFolder, entries: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for entry, result in _results(folder, entries):
        yield [entry["number"], *(result.get("seconds", {}).get(name) for name in TIMINGS)]


def _table(folder: StudyFolder, name: str, header: Sequence[str], rows: Iterable[Row], parquet: bool) -> None:
    """A table as CSV, and as Parquet where that is asked for."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([guarded(column) for column in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    data = out.getvalue().encode("utf-8", "surrogatepass")
    place_file(folder.path / f"{name}.csv", data)
    if parquet:
        from v2g.batch.parquet import parquet_bytes

        place_file(folder.path / f"{name}.parquet", parquet_bytes(data))


def cell(value: Any) -> str:
    """A value as a cell.

    >>> [cell(v) for v in (None, True, 2.0, 0.1, "=1", {"sun": 0.3, "trips": 1.2})]
    ['', '1', '2', '0.1', "'=1", 'sun=0.3 trips=1.2']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, Mapping):
        return guarded(" ".join(f"{name}={cell(one)}" for name, one in value.items()))
    return guarded(value) if isinstance(value, str) else json.dumps(value)


def _study(
    manifest: Mapping[str, Any], counts: Mapping[str, int], tables: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    axes = {axis["axis"]: axis for axis in manifest["axes"]}
    return {
        "format": 1, "name": manifest["name"], "title": manifest["title"], "scenarios": len(manifest["scenarios"]),
        "status": dict(counts), "study_sha256": manifest["study_sha256"], "made": manifest["made"],
        "inputs": manifest["inputs"], "axes": manifest["axes"], "seeds": manifest["seeds"],
        "sample": manifest["sample"], "solve": manifest["solve"], "populate": manifest["populate"],
        "columns": {
            name: {column: described(column, axes) for column in columns} for name, columns in tables.items()
        },
    }  # fmt: skip


def described(column: str, axes: Mapping[str, Any]) -> dict[str, str]:
    """Unit and meaning of a column."""
    if column in axes:
        return {"unit": "", "meaning": f"axis: {axes[column]['change']}"}
    unit = UNITS.get(column.rsplit("_", 1)[-1], UNITS.get(column.rsplit("_", 2)[-2], "") if "_" in column else "")
    if column == "hours":
        unit = "h"
    tier = re.match(r"tier(\d)_(.*)", column)
    if tier:
        unit = "h" if tier[2] in ("survival_h", "hours_required", "hours_served") else ""
        return {"unit": unit, "meaning": f"tier {tier[1]}: {OF_TIER[tier[2]]}"}
    return {"unit": unit, "meaning": MEANINGS[column]}


def missing(folder: Path, manifest: Mapping[str, Any]) -> int:
    """How many scenarios have no result."""
    held = {entry.stem for entry in (folder / "results").glob("*.json")}
    return sum(entry["key"] not in held for entry in manifest["scenarios"])
