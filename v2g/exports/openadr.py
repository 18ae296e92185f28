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
from v2g.exports.ocpp_sessions import drawn_kw, seconds, utc
from v2g.exports.openadr_needs import OnBoard, on_board
from v2g.exports.openadr_readme import readme
from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.plan_folder import guarded
from v2g.handover.safe import file_names
from v2g.replay.columns import texts
from v2g.replay.mobility import own_reserve
from v2g.replay.record import Record
from v2g.replay.verdict import Array

FOLDER = "openadr"
PROGRAM_ID = "PROGRAM-ID"
"""Stands for the id that the VTN gives the program when it is posted."""
POWER, NEEDED, PLANNED = "DISPATCH_SETPOINT", "CHARGE_STATE_SETPOINT", "STORAGE_CHARGE_LEVEL_FORECAST"
"""The last one is a private string, which OpenADR allows as a payload type: it has none for what a level will be."""
UNITS = {POWER: "KW", NEEDED: "KWH", PLANNED: "KWH"}
"""One reader takes CHARGE_STATE_SETPOINT for a percentage, another for kW: no value goes without its unit."""
MOST_TEXT = 128
PLACES = 4
COLUMNS = ("target", "file", "kind", "name", "given_kwh", "taken_kwh", "reserve_kwh")

Body = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Chargers (rows) that are dispatched together: those of a site, one without a site, or all."""

    kind: str
    name: str
    chargers: tuple[int, ...]


class OpenAdr:
    """A program, an event for each place and one for all of them, and what each vehicle must have on board by when."""

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
            rows.append((target, f"event_{target}.json", place.kind, guarded(place.name), *_energy(record, kw), ""))
        needs, reserves = on_board(record), dict(zip(record.fleet.names, own_reserve(case).tolist(), strict=True))
        for vehicle, levels in needs.items():
            target = targets["vehicle", vehicle]
            bodies[f"needs_{target}.json"] = charge_state(case, vehicle, target, levels)
            kept = round(reserves[vehicle], PLACES)
            rows.append((target, f"needs_{target}.json", "vehicle", guarded(vehicle), "", "", kept))
        files = {f"{FOLDER}/{name}": (json.dumps(body, indent=1) + "\n").encode() for name, body in bodies.items()}
        frame, _ = text_frame(COLUMNS, list(zip(*rows, strict=True)) or [()] * len(COLUMNS), "")
        files[f"{FOLDER}/targets.csv"] = csv_bytes(frame)
        files[f"{FOLDER}/README.md"] = readme(asked, PROGRAM_ID, PLANNED).encode()
        return Exported(files, (*_warnings(record, power), *_short(case, needs)), "openadr/README.md")


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
    spans = [(int(start), int(end)) for start, end in pairwise(seconds(case))]
    name = f"{place.kind} {place.name}".strip()
    return _event(case, name, target, [(*span, {POWER: value}) for span, value in zip(spans, kw.tolist(), strict=True)])


def charge_state(case: Case, vehicle: str, target: str, levels: Sequence[OnBoard]) -> Body:
    """What a vehicle must have on board at the end of each interval, and what the plan leaves it with."""
    intervals = [(one.start, one.end, {NEEDED: one.needed_kwh, PLANNED: one.planned_kwh}) for one in levels]
    return _event(case, f"vehicle {vehicle}", target, intervals)


def _event(case: Case, name: str, target: str, spans: Sequence[tuple[int, int, Mapping[str, float]]]) -> Body:
    intervals = [
        {
            "id": number,
            "intervalPeriod": {"start": utc(case, start), "duration": duration(end - start)},
            "payloads": [{"type": kind, "values": [round(value, PLACES) + 0.0]} for kind, value in values.items()],
        }
        for number, (start, end, values) in enumerate(spans)
    ]
    return {
        "programID": PROGRAM_ID,
        "eventName": f"{case.name}: {name}",
        "priority": 0,
        "targets": [target],
        "payloadDescriptors": [_descriptor(kind) for kind in spans[0][2]],
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


def _short(case: Case, needs: Mapping[str, Sequence[OnBoard]]) -> Iterator[str]:
    """Each vehicle for which the plan has less on board than is needed, at the first time."""
    for vehicle, levels in needs.items():
        for one in [level for level in levels if level.short][:1]:
            yield (
                f"{vehicle}: {one.planned_kwh:,.1f} kWh are planned for {utc(case, one.end)}, and "
                f"{one.needed_kwh:,.1f} are needed"
            )
