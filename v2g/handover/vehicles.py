"""Each vehicle over time: where it is, what it does there and with how much, and what is left on board."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from v2g.handover.spans import spans
from v2g.replay.clock import nanoseconds
from v2g.replay.columns import texts, times
from v2g.replay.record import Record
from v2g.replay.tables import Sheet
from v2g.replay.verdict import Array, Index

LEAST_KW = 5e-4
"""Less power than that is nothing to anybody."""


class Doing(StrEnum):
    """What a vehicle does in an interval; of several things at once the first of these."""

    FEEDER = "feeder"
    BUILDING = "building"
    SOCKETS = "sockets"
    CHARGE = "charge"
    WAIT = "wait"
    AWAY = "away"


@dataclass(frozen=True)
class Act:
    """From one point to another it does the same thing: mean and largest power in kW, energy in kWh, at least 0."""

    first: int
    last: int
    doing: Doing
    mean_kw: float
    peak_kw: float
    kwh: float


@dataclass(frozen=True)
class Visit:
    """From one point to another it is at one place, plugged in at ``charger`` if that is not blank.

    ``arrive_kwh`` and ``leave_kwh`` are on board at the two points. Neither charger nor site: it is away.
    """

    first: int
    last: int
    charger: str
    site: str
    arrive_kwh: float
    leave_kwh: float
    acts: tuple[Act, ...]

    @property
    def away(self) -> bool:
        """Whether it is at no place that the case knows."""
        return not self.charger and not self.site


@dataclass(frozen=True)
class Drive:
    """A trip: when it begins and is over (UTC nanoseconds), and what it takes in kWh."""

    depart_ns: int
    return_ns: int
    kwh: float


@dataclass(frozen=True)
class VehicleAccount:
    """One vehicle: ``energy_kwh`` (T + 1,) at points, ``reserve_kwh`` (T,) what its driver needs at the end of each
    interval, ``short_kwh`` the most that it lacks of that. ``visits`` follow each other without a gap."""

    name: str
    model: str
    depot: str
    contact: str
    capacity_kwh: float
    energy_kwh: Array
    reserve_kwh: Array
    short_kwh: float
    visits: tuple[Visit, ...]
    drives: tuple[Drive, ...]


def vehicle_accounts(record: Record) -> list[VehicleAccount]:
    """All vehicles in the order of the case."""
    fleet, sheet, table = record.fleet, record.vehicle_sheet, record.case.table("vehicles")
    models, depots, contacts = (texts(table, column) for column in ("model", "depot", "contact"))
    energy = np.concatenate([sheet["energy_start_kwh"][:, :1], sheet["energy_end_kwh"]], axis=1)
    drives = _drives(record)
    return [
        VehicleAccount(
            name, models[row], depots[row], contacts[row], float(fleet.capacity_kwh[row]), energy[row],
            sheet["reserve_kwh"][row], float(sheet["shortfall_kwh"][row].max(initial=0.0)),
            _visits(record, row, energy[row]), tuple(drives.get(name, ())),
        )
        for row, name in enumerate(fleet.names)
    ]  # fmt: skip


def doings(sheet: Sheet, row: int, here: np.ndarray) -> tuple[np.ndarray, Array]:
    """What a vehicle does in each interval, and with what power in kW, both (T,); ``here`` where it is at a place."""
    ways = {Doing.FEEDER: "discharge_kw", Doing.BUILDING: "v2h_kw", Doing.SOCKETS: "v2l_kw", Doing.CHARGE: "charge_kw"}
    power = {doing: sheet[column][row] for doing, column in ways.items()}
    busy = [kw > LEAST_KW for kw in power.values()]
    names = np.select([*busy, here], [str(doing) for doing in (*power, Doing.WAIT)], str(Doing.AWAY))
    return names, np.select(busy, list(power.values()), 0.0)


def _visits(record: Record, row: int, energy: Array) -> tuple[Visit, ...]:
    fleet, sites = record.fleet, record.sites.names
    charger, site = fleet.charger[row], fleet.site[row]
    names, power = doings(record.vehicle_sheet, row, (charger >= 0) | (site >= 0))
    return tuple(
        Visit(
            first, last,
            fleet.chargers[charger[first]] if charger[first] >= 0 else "",
            sites[site[first]] if site[first] >= 0 else "",
            float(energy[first]), float(energy[last]), _acts(first, last, names, power, record.hours),
        )
        for first, last in spans(charger, site)
    )  # fmt: skip


def _acts(first: int, last: int, names: np.ndarray, power: Array, hours: Array) -> tuple[Act, ...]:
    found = []
    for begin, end in spans(names[first:last]):
        mine = slice(first + begin, first + end)
        kwh = float(power[mine] @ hours[mine])
        found.append(Act(mine.start, mine.stop, Doing(str(names[mine.start])), kwh / float(hours[mine].sum()),
                         float(power[mine].max()), kwh))  # fmt: skip
    return tuple(found)


def _drives(record: Record) -> dict[str, list[Drive]]:
    table = record.case.table("trips")
    found: dict[str, list[Drive]] = {}
    if not len(table):
        return found
    begin, end = (_ns(record, column) for column in ("depart_utc", "return_utc"))
    for row, name in enumerate(texts(table, "vehicle")):
        drive = Drive(int(begin[row]), int(end[row]), float(table["energy_kwh"].iloc[row]))
        found.setdefault(name, []).append(drive)
    return {name: sorted(drives, key=lambda drive: drive.depart_ns) for name, drives in found.items()}


def _ns(record: Record, column: str) -> Index:
    return nanoseconds(times(record.case.table("trips"), column))
