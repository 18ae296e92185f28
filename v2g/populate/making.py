"""The verb `populate`: an emergency put on any feeder, the same bytes for the same seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from v2g.case import Case
from v2g.errors import CaseError, InvalidCase, UsageError
from v2g.formats.atomic import place_folder, resolved
from v2g.formats.draft import HEADER_FILE, Draft, csv_bytes, file_of
from v2g.formats.folder import MAP_FILE, case_folder, parse_table, read_folder
from v2g.formats.folder_out import header_text
from v2g.formats.shipped import locate
from v2g.populate.assumed import DIESEL_H, RESIDUAL_SHAPE, SKY
from v2g.populate.calendar import Calendar, profiles
from v2g.populate.feeder import Feeder, band, charging_kvar, feeder_of, neutral_taps, regulators
from v2g.populate.fleet import Fleet, FleetMaker
from v2g.populate.readme import readme
from v2g.populate.sites import Site, drawn, load_rows, site_rows
from v2g.populate.sites_file import listed
from v2g.populate.stream import Stream
from v2g.populate.supply import Supply, supply
from v2g.populate.told import Told, told
from v2g.populate.wishes import Wishes, wishes
from v2g.reading import read

KEPT = ("buses", "lines", "transformers", "capacitors", "grid", "batteries", "generators", "solar")
"""Tables of the feeder that go along, some of them with changed cells."""


@dataclass(frozen=True)
class Populated:
    """A case that was written, and what was put where."""

    folder: Path
    case: Case
    told: Told


@dataclass(frozen=True)
class _Base:
    """What is populated: the feeder, as text and as numbers, its file map, and the emergency's calendar."""

    draft: Draft
    feeder: Feeder
    calendar: Calendar
    name: str


def populate(case: str | Path, to: str | Path, **options: Any) -> Populated:
    """Put an emergency on the feeder of a case and write it as a case folder, whole or not at all.

    ``options`` are those of the command line (`v2g.populate.wishes.Wishes`): ``vehicles`` and ``outage`` (h) at least.
    Raises UsageError for wrong options, all of them at once, and for a folder that holds something already;
    InvalidCase for faults of the case or of a list of sites.
    """
    folder, faults, asked = resolved(to), [], None
    try:
        asked = wishes(**options)
    except UsageError as error:
        faults.append(str(error))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        faults.append(f"--to: {folder} holds something already; give another folder.")
    if faults or asked is None:
        raise UsageError("\n".join(faults))
    base = _base(case, asked)
    content, made, about = _made(base, asked)
    place_folder(folder, content)
    return Populated(folder, made, about)


def _base(source: str | Path, asked: Wishes) -> _Base:
    folder = case_folder(locate(source))
    draft = read_folder(folder)
    case = read(draft)
    return _begun(draft, feeder_of(case, _map(folder / MAP_FILE)), folder.name, asked)


def _begun(draft: Draft, feeder: Feeder, name: str, asked: Wishes) -> _Base:
    begin = asked.begin(_time(feeder.case.boundaries[0]))
    return _Base(draft, feeder, Calendar(begin, asked.behind, asked.step_min, asked.steps), name)


def feeder_in(draft: Draft, places: pd.DataFrame | None) -> Feeder:
    """The feeder of a case, to be populated any number of times; ``places`` is the map of an import."""
    return feeder_of(read(draft), places)


def populated(draft: Draft, feeder: Feeder, name: str, asked: Wishes) -> Draft:
    """An emergency on a feeder, as a draft that is not checked yet; ``feeder`` is that of the draft."""
    return _emergency(_begun(draft, feeder, name, asked), asked).draft


def _time(stamp: pd.Timestamp) -> datetime:
    found: datetime = stamp.to_pydatetime()
    return found


def _map(file: Path) -> pd.DataFrame | None:
    """The map of an import; raises InvalidCase where it is there and cannot be read."""
    if not file.is_file():
        return None
    try:
        parsed = parse_table(file.name, file.read_bytes())
    except OSError as error:
        raise CaseError(f"{file} cannot be read: {error.strerror or error}.") from error
    if parsed.faults:
        raise InvalidCase(parsed.faults)
    return parsed.frame


@dataclass(frozen=True)
class _Emergency:
    """What was put on a feeder: the case as a draft, its sites and fleet, and how many elements were set otherwise."""

    header: dict[str, object]
    draft: Draft
    sites: Sequence[Site]
    fleet: Fleet
    switched: Mapping[str, int]


def _emergency(base: _Base, asked: Wishes) -> _Emergency:
    stream, feeder, calendar = Stream(asked.seed), base.feeder, base.calendar
    taken = set(feeder.case.table("loads")["load"])
    sites = (
        listed(asked.critical_file, feeder, taken, stream)
        if asked.critical_file
        else drawn(feeder, asked, sorted(taken), stream)
    )
    fleet = FleetMaker(feeder, asked, sites, calendar, stream).build()
    units = supply(feeder, asked, sites, charging_kvar(feeder.case, feeder.island, feeder.kv), stream)
    tables, switched = _tables(base, asked, sites, fleet, units)
    header = _header(base, asked)
    return _Emergency(header, Draft.of(header, tables), sites, fleet, switched)


def _made(base: _Base, asked: Wishes) -> tuple[dict[str, bytes], Case, Told]:
    """Files of the case, the case itself, and what to say of it."""
    put = _emergency(base, asked)
    made = read(put.draft)
    about = told(made, base.feeder, asked, base.calendar, put.sites, put.fleet, put.switched)
    content = {HEADER_FILE: header_text(replace(made, header=put.header)).encode()}
    content |= {file_of(name): _csv(frame) for name, frame in put.draft.tables.items() if len(frame)}
    text = readme(about, asked, (base.name, base.draft.sha256), version("v2g"), limited=_limited(base.feeder))
    content["README.md"] = text.encode()
    return content, made, about


def _limited(feeder: Feeder) -> bool:
    return any(point.via for point in feeder.points)


def _csv(frame: pd.DataFrame) -> bytes:
    filled = [name for name in frame.columns if (frame[name] != "").any()]
    return csv_bytes(frame[filled])


def _header(base: _Base, asked: Wishes) -> dict[str, object]:
    case = base.feeder.case
    low, high = band(case)
    if asked.after and len(case.table("grid")):
        held = case.table("grid")["voltage_pu"]
        low, high = min(low, float(held.min())), max(high, float(held.max()))
    back = f", supply back after {asked.outage:g} h" if asked.after else ""
    title = f"{case.name} without its head for {asked.outage:g} h{back}: {asked.vehicles:,} vehicles"
    drawn = (
        {"coordinates": case.header["coordinates"]} if case.header.get("coordinates", "drawing") != "drawing" else {}
    )
    return {
        "format": 1, "name": f"{case.name}-{asked.vehicles}ev-{asked.outage:g}h", "title": title,
        "start_utc": base.calendar.start, "step_min": asked.step_min, "steps": asked.steps,
        "network": case.header["network"], "policy": "tiers", "seed": asked.seed, "vmin_pu": low, "vmax_pu": high,
        **drawn,
    }  # fmt: skip


def _tables(
    base: _Base, asked: Wishes, sites: Sequence[Site], fleet: Fleet, units: Supply
) -> tuple[dict[str, pd.DataFrame], Mapping[str, int]]:
    """Tables of the case, and how many elements were set otherwise than in the feeder."""
    tables = {name: base.draft.tables[name] for name in KEPT if name in base.draft.tables}
    switched = {"regulators": 0, "capacitors": 0}
    tables["transformers"], switched["regulators"] = _neutral(base)
    tables["capacitors"], switched["capacitors"] = _opened(base)
    tables["grid"] = _returning(base, asked)
    shapes = {site.like["shape"] for site in sites} - {""} | {RESIDUAL_SHAPE}
    columns = profiles(base.calendar, shapes, SKY)
    by_shape = {name: [float(row[name]) for row in columns] for name in shapes}
    visited = {str(row["site"]) for row in fleet.stays if row["site"]}
    tables["loads"] = _joined(_residual(base, asked), load_rows(sites, by_shape, base.calendar, visited))
    tables["batteries"] = _joined(_records(tables, "batteries"), units.batteries)
    tables["generators"] = _joined(_fuelled(_records(tables, "generators")), units.generators)
    own_sun = [row | {"profile": "sun"} for row in _records(tables, "solar")]
    tables["solar"] = _joined(own_sun, units.solar)
    made = {"sites": site_rows(sites), "vehicles": fleet.vehicles, "chargers": fleet.chargers, "profiles": columns}
    made |= {"stays": fleet.stays, "trips": fleet.trips}
    tables |= {name: pd.DataFrame(rows) for name, rows in made.items()}
    return {name: frame for name, frame in tables.items() if len(frame)}, switched


def _records(tables: Mapping[str, pd.DataFrame], name: str) -> list[dict[str, Any]]:
    frame = tables.get(name)
    return (
        [] if frame is None else [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
    )


def _joined(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame([*first, *second], dtype=object).fillna("")


def _neutral(base: _Base) -> tuple[pd.DataFrame, int]:
    rows = _records(base.draft.tables, "transformers")
    if not rows:
        return pd.DataFrame(), 0
    which = regulators(base.feeder.case).to_list()
    changed = neutral_taps(row for row, moves in zip(rows, which, strict=True) if moves)
    return pd.DataFrame(rows, columns=base.draft.tables["transformers"].columns), changed


def _opened(base: _Base) -> tuple[pd.DataFrame, int]:
    """Capacitors open, which would lift the voltage at light load; reactors stay, as they lower what cables lift."""
    rows = _records(base.draft.tables, "capacitors")
    banks = base.feeder.case.table("capacitors")
    if not rows:
        return pd.DataFrame(), 0
    gives = (banks["kvar"] > 0.0).to_list()
    opened = [row | {"closed": "0"} if lifts else row for row, lifts in zip(rows, gives, strict=True)]
    return pd.DataFrame(opened), int((banks["closed"] & (banks["kvar"] > 0.0)).sum())


def _returning(base: _Base, asked: Wishes) -> pd.DataFrame:
    """Heads of the feeder, back after the outage; none where the horizon ends with it."""
    if not asked.after:
        return pd.DataFrame()
    back = {"from_utc": base.calendar.utc(asked.outage), "until_utc": ""}
    return pd.DataFrame([row | back for row in _records(base.draft.tables, "grid")])


def _residual(base: _Base, asked: Wishes) -> list[dict[str, Any]]:
    """The feeder's own loads: scaled, flexible, along the shape of homes; critical ones as they are, all the time."""
    loads = base.feeder.case.table("loads")
    found = []
    numbers = zip(loads["kw"].to_list(), loads["kvar"].to_list(), loads["tier"].to_list(), strict=True)
    for row, (kw, kvar, tier) in zip(_records(base.draft.tables, "loads"), numbers, strict=True):
        row |= {"profile": "", "from_utc": "", "until_utc": ""}
        if tier == 0:
            scaled = {"kw": round(kw * asked.residual, 6), "kvar": round(kvar * asked.residual, 6)}
            row |= {"tier": 0, "service": "flexible", "profile": RESIDUAL_SHAPE, **scaled}
        found.append(row)
    return found


def _fuelled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Generators of the feeder; an empty tank is filled, as a feeder file says nothing of fuel."""
    for row in rows:
        if float(row.get("fuel_l") or 0.0) == 0.0 and not row.get("tank"):
            row["fuel_l"] = math.floor(DIESEL_H * float(row["rating_kw"]) * float(row["fuel_l_per_kwh"]))
    return rows
