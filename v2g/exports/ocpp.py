"""Profiles for charging stations: what a plan asks of each plug, as SetChargingProfile requests of OCPP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from v2g.errors import UsageError
from v2g.exports.exporter import Asked, Exported
from v2g.exports.ocpp_forming import forming_spans
from v2g.exports.ocpp_profiles import VERSIONS, Message, Station, requests
from v2g.exports.ocpp_readme import readme
from v2g.exports.ocpp_schemas import installed, validate
from v2g.exports.ocpp_sessions import Session, seconds, sessions, utc
from v2g.exports.ocpp_unsaid import Unsaid, unsaid, unsaid_csv
from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.plan_folder import guarded
from v2g.handover.safe import file_names
from v2g.replay.columns import flags, numbers, texts
from v2g.replay.record import Record

FOLDER = "ocpp"
ASSUMED = "2.1"
"""Version of stations of which the case says none: the only one that can be told to discharge. One that speaks an
older version refuses its messages; it does not take them for something else."""
STATIONS = ("station", "file", "ocpp", "plugs", "messages", "most_periods", "given_kwh", "taken_kwh")
PLUGS = ("station", "plug", "vehicle", "from_utc", "until_utc", "given_kwh", "taken_kwh")


class Ocpp:
    """One file of requests for each station, and lists of who is at which plug and of what cannot be said."""

    name = "ocpp"
    title = "OCPP charging profiles of a plan"
    for_action = True

    def export(self, asked: Asked) -> Exported:
        """Files below `ocpp/`; raises UsageError without a plan."""
        record = asked.record
        if record is None:
            raise UsageError("Charging profiles say what a plan asks of each charger: give a plan as well.")
        stations, found = list(stations_of(record)), sessions(record)
        messages = list(messages_of(record, stations, found))
        lost = unsaid(record, stations, found)
        checked = installed()
        for station, own in zip(stations, messages, strict=True) if checked else ():
            validate(station.version, station.name, own)
        names = file_names((station.name for station in stations), ascii_only=True)
        files = {
            f"{FOLDER}/{names[station.name]}.jsonl": "".join(f"{json.dumps(one)}\n" for one in own).encode()
            for station, own in zip(stations, messages, strict=True)
        }
        files[f"{FOLDER}/stations.csv"] = _stations_csv(stations, messages, found, names)
        files[f"{FOLDER}/plugs.csv"] = _plugs_csv(record, stations, found)
        files[f"{FOLDER}/unsupported.csv"] = unsaid_csv(asked.case, lost)
        files[f"{FOLDER}/README.md"] = readme(asked).encode()
        return Exported(files, tuple(_warnings(record, stations, lost, checked)), "ocpp/README.md")


def stations_of(record: Record) -> Iterator[Station]:
    """The chargers of a case, in its order."""
    table, fleet, forms = record.case.table("chargers"), record.fleet, forming_spans(record)
    vehicles = record.case.table("vehicles")
    able = {way: numbers(vehicles, column, 0.0) > 0.0 for way, column in ((False, "discharge_kw"), (True, "v2h_kw"))}
    told = zip(texts(table, "ocpp", ASSUMED), numbers(table, "plugs", 1.0), numbers(table, "charge_kw", 0.0),
               numbers(table, "discharge_kw", 0.0), strict=True)  # fmt: skip
    for row, (spoken, plugs, charge, discharge) in enumerate(told):
        (version,) = (known for known in VERSIONS if known == spoken)
        gives = frozenset(int(v) for v in np.flatnonzero(able[bool(fleet.premises[row])]))
        yield Station(fleet.chargers[row], version, int(plugs), charge * 1000.0, discharge * 1000.0, gives,
                      forms[row])  # fmt: skip


def messages_of(record: Record, stations: Sequence[Station], found: Sequence[Session]) -> Iterator[list[Message]]:
    """Requests for each station."""
    last = int(seconds(record.case)[-1])
    for row, station in enumerate(stations):
        own = [session for session in found if session.charger == row]
        yield requests(record.case, station, own, last)


def _stations_csv(
    stations: Sequence[Station], messages: Sequence[list[Message]], found: Sequence[Session], names: Mapping[str, str]
) -> bytes:
    rows = []
    for row, (station, own) in enumerate(zip(stations, messages, strict=True)):
        here = [session for session in found if session.charger == row]
        energy = (round(sum(session.energy(sign) for session in here), 4) for sign in (-1, 1))
        rows.append((guarded(station.name), f"{names[station.name]}.jsonl", station.version, station.plugs, len(own),
                     max(map(_periods, own)), *energy))  # fmt: skip
    return _csv(STATIONS, rows)


def _periods(message: Message) -> int:
    """Periods of a request, which a station may have a limit for."""
    if "csChargingProfiles" in message:
        return len(message["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"])
    return len(message["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"])


def _plugs_csv(record: Record, stations: Sequence[Station], found: Sequence[Session]) -> bytes:
    case, names = record.case, record.fleet.names
    rows = [
        (guarded(stations[one.charger].name), one.plug, guarded(names[one.vehicle]), utc(case, one.start),
         utc(case, one.end), round(one.energy(-1), 4), round(one.energy(1), 4))
        for one in found
    ]  # fmt: skip
    return _csv(PLUGS, rows)


def _csv(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> bytes:
    frame, _ = text_frame(columns, list(zip(*rows, strict=True)) or [()] * len(columns), "")
    return csv_bytes(frame)


def _warnings(record: Record, stations: Sequence[Station], lost: Sequence[Unsaid], checked: bool) -> Iterator[str]:
    chargers = record.case.table("chargers")
    if not stations:
        yield "the case has no chargers, so there is nobody to send a profile to"
    lacking = sum(row.kwh for row in lost)
    if lacking:
        given = float((record.given @ record.hours).sum())
        yield (
            f"{lacking:,.1f} kWh of the plan cannot be said in OCPP (all vehicles give {given:,.1f} kWh); "
            f"{FOLDER}/unsupported.csv says which"
        )
    silent = [station.name for station, told in zip(stations, texts(chargers, "ocpp"), strict=True) if not told]
    if silent:
        yield (
            f"which OCPP a charger speaks is not said for {len(silent)} (column ocpp of chargers.csv), such as "
            f"{silent[0]}: {ASSUMED} is assumed"
        )
    forming = [station.name for station, on in zip(stations, flags(chargers, "forming", False), strict=True) if on]
    if forming:
        yield (
            f"OCPP has no word for forming an island, as {forming[0]} can (forming = 1): set that up at the station; "
            "its setpoints there are only what the plan expects, and while it forms one it must never idle"
        )
    if not checked:
        yield "messages were not held to the schemas of OCPP; for that, pip install 'v2g[ocpp]'"
