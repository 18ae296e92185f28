"""What feeds: sources, generators, panels, batteries."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose

import numpy as np

from v2g.feeders.network import Generator, Solar, Source, Storage, Weight
from v2g.feeders.opendss.elements import Reading, Record, links
from v2g.feeders.opendss.elements_lines import is_series
from v2g.feeders.opendss.supply_notes import note_generator, note_given, note_storage, stated

BY_DEFAULT = 1.2
"""The engine's kVA of a generator where none is given, as a multiple of its kW."""


def sources(reading: Reading) -> Iterator[Source]:
    """Voltage sources against ground."""
    for record in reading.enabled("vsource"):
        name, bus = record["name"], record["terminals"][0]["bus"]
        connected = _connected(reading, "vsource", record, delta=False)
        if connected is None:
            continue
        if is_series(record):
            reading.note(Weight.LOST, f"source {name}: it stands between two buses", "vsource", name)
            continue
        kv = record["basekv"] / (3.0**0.5 if record["phases"] > 1 else 1.0)
        voltage = record["pu"] * kv / (reading.kv[bus] or kv)
        yield Source(name, bus, connected[0], voltage, *_impedance(record), origin=reading.origin("vsource", name))


def _impedance(record: Record) -> tuple[complex, complex]:
    """Ohm of the positive and of the zero sequence, from the engine's matrix; one phase has no sequences.

    >>> _impedance({"y": [[[0.0]], [[-0.5]]], "phases": 1})
    (2j, 2j)
    """
    y = np.array(record["y"][0]) + 1j * np.array(record["y"][1])
    count = record["phases"]
    z = np.linalg.inv(y[:count, :count])
    own, mutual = z.trace() / count, (z.sum() - z.trace()) / max(count * (count - 1), 1)
    return complex(own - mutual), complex(own + 2.0 * mutual)


def generators(reading: Reading) -> Iterator[Generator]:
    """Machines; a later set-point leaves the rating that the first one gave."""
    for record in reading.enabled("generator"):
        connected = _connected(reading, "generator", record, record["conn"] == "delta")
        if connected is not None:
            kw, kva = float(record["kw"]), float(record["kva"])
            rating = max(kw, float(record["largest_kw"]))
            given = not isclose(kva, BY_DEFAULT * rating, rel_tol=1e-6)
            name, bus = record["name"], record["terminals"][0]["bus"]
            origin = reading.origin("generator", name)
            rating_kva = kva if given else _kva_by_factor(record, rating)
            yield Generator(name, bus, *connected, rating, rating_kva, kw, origin=origin)
            note_given(reading, "generator", record)
            note_generator(reading, record)


def _kva_by_factor(record: Record, rating_kw: float) -> float | None:
    """What a machine gives at its rating under the power factor that the file states; None where that is 1.

    >>> _kva_by_factor({"given": ["kw", "pf"], "pf": -0.8}, 80.0)
    100.0
    """
    by_factor = {"kvar", "pf"} & stated(record) and 0.0 < abs(record["pf"]) < 1.0
    return rating_kw / abs(record["pf"]) if by_factor else None


def solar(reading: Reading) -> Iterator[Solar]:
    """Panels, whatever sun the file gives them."""
    for record in reading.enabled("pvsystem"):
        connected = _connected(reading, "pvsystem", record, delta=False)
        if connected is not None:
            name, bus = record["name"], record["terminals"][0]["bus"]
            if record["irradiance"] != 1.0:
                reading.gather(Weight.CHANGED, "panels whose irradiance in the file is left out", "pvsystem", name)
            origin = reading.origin("pvsystem", name)
            most = record["pmpp"] * record["%pmpp"] / 100.0
            yield Solar(name, bus, connected[0], most, record["kva"], origin=origin)
            note_given(reading, "pvsystem", record)


def storage(reading: Reading) -> Iterator[Storage]:
    """Batteries; what they do in the snapshot is left out."""
    for record in reading.enabled("storage"):
        connected = _connected(reading, "storage", record, delta=False)
        if connected is not None:
            name, bus = record["name"], record["terminals"][0]["bus"]
            power = record["kwrated"] * record["%kwrated"] / 100.0
            yield Storage(
                name,
                bus,
                connected[0],
                capacity_kwh=record["kwhrated"],
                start_kwh=record["kwhstored"],
                reserve_kwh=record["kwhrated"] * record["%reserve"] / 100,
                charge_kw=power,
                discharge_kw=power,
                charge_eff=record["%effcharge"] / 100,
                discharge_eff=record["%effdischarge"] / 100,
                rating_kva=record["kva"],
                origin=reading.origin("storage", name),
            )
            note_given(reading, "storage", record)
            note_storage(reading, record)


def _connected(reading: Reading, kind: str, record: Record, delta: bool) -> tuple[str, str] | None:
    parts = links(reading, record, delta)
    if len(parts) == 1:
        return parts[0][:2]
    name = record["name"]
    reading.note(Weight.LOST, f"{kind} {name}: its connection is not understood", kind, name)
    return None
