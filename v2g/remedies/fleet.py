"""What remedies ask of the fleet: classes of equal vehicles, who can give, and which plugs are free when."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pandas as pd

from v2g.case import Case
from v2g.formats.shipped import datasets_folder
from v2g.remedies.kind import number, records, text

Row = dict[str, object]
Window = tuple[pd.Timestamp, pd.Timestamp]
NAMEPLATE = (
    "model", "capacity_kwh", "charge_kw", "discharge_kw", "v2h_kw", "sockets", "socket_kw", "v2l_kw", "v2l_eff",
    "give_kw", "kwh_per_km", "connectors",
)  # fmt: skip
START_SHARE, RESERVE_SHARE = 0.8, 0.2
"""A vehicle of the catalogue is taken to come with this share on board, and to keep that one."""


@dataclass(frozen=True)
class VehicleClass:
    """A class of vehicles: its name for people, a row to copy, and what that one has to give in kWh."""

    name: str
    row: Row

    @property
    def usable_kwh(self) -> float:
        """Energy above its reserve at the start."""
        return max(0.0, number(self.row, "start_kwh") - reserve_kwh(self.row))

    @property
    def on_board(self) -> str:
        """What it comes with, in words."""
        reserve = reserve_kwh(self.row)
        return f"{number(self.row, 'start_kwh'):.3g} kWh on board" + (f", reserve {reserve:.3g}" if reserve else "")


def class_of(row: Row) -> tuple[object, ...]:
    """What makes two vehicles alike."""
    return tuple(str(row.get(column, "")) for column in NAMEPLATE)


def gives(row: Row) -> bool:
    """Whether a vehicle can give in any way."""
    return number(row, "discharge_kw") > 0 or number(row, "v2h_kw") > 0 or number(row, "socket_kw") > 0


def reserve_kwh(row: Row) -> float:
    """Its own reserve, as energy."""
    return max(number(row, "reserve_kwh"), number(row, "reserve_km") * number(row, "kwh_per_km"))


def classes(case: Case) -> list[VehicleClass]:
    """Classes of the case that can give, the one with the least to give first.

    A new vehicle is like the member of its class in the middle by energy above reserve.
    """
    names = {text(known.row, "model"): known.name for known in catalogue()}
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in records(case, "vehicles"):
        if gives(row):
            groups.setdefault(class_of(row), []).append(row)
    found = []
    for rows in groups.values():
        rows.sort(key=lambda row: number(row, "start_kwh") - reserve_kwh(row))
        middle = rows[(len(rows) - 1) // 2]
        model = text(middle, "model")
        name = names.get(model, model) or f"vehicle like {middle['vehicle']}"
        kept = {k: v for k, v in middle.items() if k not in ("vehicle", "site", "charger", "start_soc")}
        found.append(VehicleClass(name, kept))
    return sorted(found, key=lambda known: known.usable_kwh)


def catalogue() -> list[VehicleClass]:
    """Vehicles of the catalogue that can give, as they are taken to come, the one with the least to give first."""
    folder = datasets_folder()
    found = () if folder is None else _catalogue(folder / "catalog" / "vehicles.csv")
    return sorted(found, key=lambda known: known.usable_kwh)


@cache
def _catalogue(file: Path) -> tuple[VehicleClass, ...]:
    if not file.is_file():
        return ()
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if float(row.get("capacity_kwh") or 0) > 0]
    found = []
    for cells in rows:
        capacity = float(cells["capacity_kwh"])
        row: Row = {"model": cells["model"], "capacity_kwh": capacity}
        row |= {"start_kwh": round(START_SHARE * capacity, 3), "reserve_kwh": round(RESERVE_SHARE * capacity, 3)}
        for column in ("discharge_kw", "v2h_kw", "sockets", "socket_kw"):
            if cells.get(column):
                row[column] = float(cells[column])
        row["charge_kw"] = float(cells.get("ac_charge_kw") or cells.get("charge_kw") or 0)
        row["connectors"] = cells.get("connector") or ""
        if gives(row):
            name = " ".join(word for word in (cells.get("make"), cells.get("name")) if word) or cells["model"]
            found.append(VehicleClass(name, row))
    return tuple(found)


def free_windows(case: Case, charger: Row) -> list[Window]:
    """When a plug of a charger is free."""
    plugs = int(number(charger, "plugs", 1.0))
    held = [(s["from_utc"], s["until_utc"]) for s in records(case, "stays") if text(s, "charger") == charger["charger"]]
    return list(_where(case, held, lambda count: count < plugs))


def idle_windows(case: Case, vehicle: str) -> list[Window]:
    """When a vehicle is neither at a place nor on a trip."""
    busy = [(s["from_utc"], s["until_utc"]) for s in records(case, "stays") if s["vehicle"] == vehicle]
    busy += [(s["depart_utc"], s["return_utc"]) for s in records(case, "trips") if s["vehicle"] == vehicle]
    return list(_where(case, busy, lambda count: count == 0))


def _where(case: Case, held: list[tuple[object, object]], free: Callable[[int], bool]) -> Iterator[Window]:
    """Longest windows of the case in which the number of rows that hold passes the test."""
    first, last = case.boundaries[0], case.boundaries[-1]
    spans = [(pd.Timestamp(str(a)), pd.Timestamp(str(b))) for a, b in held]
    edges = sorted({first, last, *(t for span in spans for t in span if first < t < last)})
    begun: pd.Timestamp | None = None
    for start, end in pairwise(edges):
        open_now = free(sum(a <= start and b >= end for a, b in spans))
        if open_now and begun is None:
            begun = start
        if not open_now and begun is not None:
            yield begun, start
            begun = None
    if begun is not None:
        yield begun, last


def fits(one: Row, other: Row) -> bool:
    """Whether a vehicle's plug fits a charger; what is blank fits all."""
    has, wants = text(one, "connectors"), text(other, "connector")
    words = set(wants.replace(" ", "").split("|"))
    return not has or not wants or bool(words & set(has.replace(" ", "").split("|")))
