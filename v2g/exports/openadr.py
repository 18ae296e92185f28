"""Events for aggregators: what a plan asks of the chargers of each place, as objects of OpenADR 3.1."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from v2g.case import Case
from v2g.errors import UsageError
from v2g.exports.exporter import Asked, Exported
from v2g.exports.ocpp_sessions import Session, drawn_kw, seconds, sessions, stay_rows, utc
from v2g.exports.openadr_readme import readme
from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.plan_folder import guarded
from v2g.handover.safe import file_names
from v2g.replay.clock import NANOSECONDS_PER_HOUR, edges, nanoseconds
from v2g.replay.columns import numbers, texts, times
from v2g.replay.record import Record
from v2g.replay.verdict import Array, Index

FOLDER = "openadr"
PROGRAM_ID = "PROGRAM-ID"
"""Stands for the id that the VTN gives the program when it is posted."""
UNITS = {"DISPATCH_SETPOINT": "KW", "CHARGE_STATE_SETPOINT": "KWH"}
"""One reader takes CHARGE_STATE_SETPOINT for a percentage, another for kW: no value goes without its unit."""
MOST_TEXT = 128
PLACES = 4
COLUMNS = ("target", "file", "kind", "name", "given_kwh", "taken_kwh")

Body = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Chargers (rows) that are dispatched together: those of a site, one without a site, or all."""

    kind: str
    name: str
    chargers: tuple[int, ...]


class OpenAdr:
    """A program, an event for each place and one for all of them, and what each vehicle leaves with."""

    name = "openadr"
    title = "OpenADR 3.1 events of a plan"
    for_action = True

    def export(self, asked: Asked) -> Exported:
        """Files below `openadr/`; raises UsageError without a plan."""
        record = asked.record
        if record is None:
            raise UsageError("OpenADR events say what a plan asks of chargers: give a plan as well.")
        case, power = asked.case, record.at_chargers(drawn_kw(record))
        bodies: dict[str, Body] = {"program.json": program(case)}
        rows: list[tuple[object, ...]] = []
        targets = targets_of(record)
        for place in places(case):
            target, kw = targets[place.kind, place.name], power[list(place.chargers)].sum(axis=0)
            bodies[f"event_{target}.json"] = dispatch(case, place, target, kw)
            rows.append((target, f"event_{target}.json", place.kind, guarded(place.name), *_energy(record, kw)))
        for vehicle, stays in departures(record).items():
            target = targets["vehicle", vehicle]
            bodies[f"departures_{target}.json"] = charge_state(case, vehicle, target, stays)
            rows.append((target, f"departures_{target}.json", "vehicle", guarded(vehicle), "", ""))
        files = {f"{FOLDER}/{name}": (json.dumps(body, indent=1) + "\n").encode() for name, body in bodies.items()}
        frame, _ = text_frame(COLUMNS, list(zip(*rows, strict=True)) or [()] * len(COLUMNS), "")
        files[f"{FOLDER}/targets.csv"] = csv_bytes(frame)
        files[f"{FOLDER}/README.md"] = readme(asked, PROGRAM_ID).encode()
        return Exported(files, tuple(_warnings(record, power)), "openadr/README.md")


def places(case: Case) -> Iterator[Place]:
    """All chargers, then each site that has any, then each charger that has no site."""
    names, sites = (texts(case.table("chargers"), column) for column in ("charger", "site"))
    if names:
        yield Place("all", "", tuple(range(len(names))))
    for site in texts(case.table("sites"), "site"):
        here = tuple(row for row, own in enumerate(sites) if own == site)
        if here:
            yield Place("site", site, here)
    yield from (Place("charger", name, (row,)) for row, name in enumerate(names) if not sites[row])


def targets_of(record: Record) -> dict[tuple[str, str], str]:
    """Target of each place and vehicle by kind and name: letters that go into a query of a VEN, and a file name."""
    things = [(place.kind, place.name) for place in places(record.case)]
    things += [("vehicle", name) for name in record.fleet.names]
    labels = [f"{kind}_{name}" if name else kind for kind, name in things]
    plain = file_names(labels, ascii_only=True)
    return {thing: plain[label] for thing, label in zip(things, labels, strict=True)}


def program(case: Case) -> Body:
    """The program to which the events belong."""
    return {
        "programName": (case.name or "v2g")[:MOST_TEXT],
        "payloadDescriptors": [_descriptor(kind) for kind in UNITS],
    }


def dispatch(case: Case, place: Place, target: str, kw: Array) -> Body:
    """Power at the plugs of a place in each interval, positive = consumption, negative = it gives; ``kw`` (T,)."""
    edge = seconds(case)
    spans = [(int(start), int(end)) for start, end in pairwise(edge)]
    name = f"{place.kind} {place.name}".strip()
    return _event(case, name, target, "DISPATCH_SETPOINT", zip(spans, kw.tolist(), strict=True))


def charge_state(case: Case, vehicle: str, target: str, stays: Sequence[tuple[Session, float]]) -> Body:
    """What a vehicle is to have on board at the end of each stay."""
    values = (((stay.start, stay.end), kwh) for stay, kwh in stays)
    return _event(case, f"vehicle {vehicle}", target, "CHARGE_STATE_SETPOINT", values)


def _event(case: Case, name: str, target: str, kind: str, values: Iterator[tuple[tuple[int, int], float]]) -> Body:
    intervals = [
        {
            "id": number,
            "intervalPeriod": {"start": utc(case, start), "duration": duration(end - start)},
            "payloads": [{"type": kind, "values": [round(value, PLACES) + 0.0]}],
        }
        for number, ((start, end), value) in enumerate(values)
    ]
    return {
        "programID": PROGRAM_ID,
        "eventName": f"{case.name}: {name}",
        "priority": 0,
        "targets": [target],
        "payloadDescriptors": [_descriptor(kind)],
        "intervalPeriod": intervals[0]["intervalPeriod"],
        "intervals": intervals,
    }


def _descriptor(kind: str) -> dict[str, str]:
    return {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": kind, "units": UNITS[kind]}


def duration(seconds: int) -> str:
    """A duration in ISO 8601.

    >>> duration(900), duration(5400), duration(172800), duration(61)
    ('PT15M', 'PT1H30M', 'PT48H', 'PT1M1S')
    """
    parts = ((seconds // 3600, "H"), (seconds // 60 % 60, "M"), (seconds % 60, "S"))
    return "PT" + "".join(f"{number}{letter}" for number, letter in parts if number)


def departures(record: Record) -> Mapping[str, list[tuple[Session, float]]]:
    """Stays at chargers that end before the case does, with what the vehicle has on board then in kWh, by vehicle."""
    last, rows = int(seconds(record.case)[-1]), stay_rows(record)
    found: dict[str, list[tuple[Session, float]]] = {}
    for stay in sorted(sessions(record), key=lambda stay: (stay.vehicle, stay.start)):
        if stay.end < last:
            found.setdefault(record.fleet.names[stay.vehicle], []).append((stay, _left_with(record, stay, rows)))
    return found


def _left_with(record: Record, stay: Session, rows: Index) -> float:
    """Energy at the end of a stay: what the interval ends with and trips use after it, else what it began with."""
    t = int(np.searchsorted(seconds(record.case), stay.end)) - 1
    sheet, vehicle = record.vehicle_sheet, stay.vehicle
    used, after = float(sheet["trip_kwh"][vehicle, t]), _used_after(record, stay, t)
    if rows[vehicle, t] == stay.stay:
        driven = max(after - float(sheet["missed_trip_kwh"][vehicle, t]), 0.0)
        return float(sheet["energy_end_kwh"][vehicle, t]) + driven
    return max(float(sheet["energy_start_kwh"][vehicle, t]) - max(used - after, 0.0), 0.0)


def _used_after(record: Record, stay: Session, t: int) -> float:
    """What trips use from the end of a stay to the end of its interval, spread evenly over each trip."""
    trips, edge = record.case.table("trips"), edges(record.case)
    depart, back = (nanoseconds(times(trips, name)) for name in ("depart_utc", "return_utc"))
    own = np.array([name == record.fleet.names[stay.vehicle] for name in texts(trips, "vehicle")], dtype=bool)
    left = int(edge[0]) + stay.end * 10**9
    hours = np.maximum(np.minimum(back, edge[t + 1]) - np.maximum(depart, left), 0) / NANOSECONDS_PER_HOUR
    whole = (back - depart) / NANOSECONDS_PER_HOUR
    rate = np.divide(numbers(trips, "energy_kwh", 0.0), whole, out=np.zeros(len(whole)), where=whole > 0.0)
    return float((rate * hours)[own].sum())


def _energy(record: Record, kw: Array) -> tuple[float, float]:
    """kWh given and taken."""
    given, taken = (float(np.maximum(sign * kw, 0.0) @ record.hours) for sign in (-1, 1))
    return round(given, PLACES), round(taken, PLACES)


def _warnings(record: Record, power: Array) -> Iterator[str]:
    if not len(power):
        yield "the case has no chargers, so there is nothing to dispatch"
    if (power < 0.0).any():
        yield (
            "setpoints below zero mean that a place gives; the enumerations of OpenADR list DISPATCH_SETPOINT as "
            "consumption, from zero up: agree on the sign with the aggregator first"
        )
    sockets = float((record.vehicle_sheet["v2l_kw"] @ record.hours).sum())
    if sockets:
        yield f"{sockets:,.1f} kWh of the plan come from sockets of vehicles (V2L), which no aggregator dispatches"
