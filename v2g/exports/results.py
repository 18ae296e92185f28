"""What a plan makes of each element, in a few figures, for maps and tables.

Blank (None) where there is nothing to say: no voltage on a transport network, no loading without a known rating.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from v2g.replay.record import Record
from v2g.replay.verdict import Array, Mask

Figure = float | None
Figures = dict[str, dict[str, Figure]]
"""Figures of each element of a table by its name."""
PLACES = 6


def results(record: Record | None) -> Mapping[str, Figures]:
    """Figures by table of the case; empty without a plan."""
    if record is None:
        return {}
    branches = _branches(record)
    return {
        "buses": _buses(record), "lines": branches["line"], "transformers": branches["transformer"],
        "loads": _loads(record), "chargers": _chargers(record), **_sources(record),
    }  # fmt: skip


def _rounded(value: float) -> Figure:
    return round(float(value), PLACES) + 0.0 if np.isfinite(value) else None


def _share(record: Record, on: Mask) -> float:
    """Share of the horizon in which something holds, the mean over its rows (rows, T)."""
    return float((on * record.hours).sum() / (record.hours.sum() * max(len(on), 1)))


def _buses(record: Record) -> Figures:
    said = record.live & ~record.node_sheet.blank["voltage_pu"]
    volts = np.where(said, record.node_sheet["voltage_pu"], np.nan)
    rows: dict[str, list[int]] = {}
    for node, (bus, _) in enumerate(record.feeder.nodes):
        rows.setdefault(bus, []).append(node)
    found: Figures = {}
    for bus, nodes in rows.items():
        known = volts[nodes][said[nodes]]
        found[bus] = {
            "energised_share": _rounded(_share(record, record.live[nodes])),
            "lowest_voltage_pu": _rounded(known.min()) if known.size else None,
            "highest_voltage_pu": _rounded(known.max()) if known.size else None,
        }
    return found


def _branches(record: Record) -> dict[str, Figures]:
    """Of those that are closed at some time."""
    legs_of: dict[int, list[int]] = {}
    for number, leg in enumerate(record.feeder.legs):
        legs_of.setdefault(leg.branch, []).append(number)
    kva = np.where(record.leg_live, np.abs(record.given_flow), 0.0)
    found: dict[str, Figures] = {"line": {}, "transformer": {}}
    for position, branch in enumerate(record.feeder.branches):
        legs = legs_of[position]
        peak = float(kva[legs].max(initial=0.0))
        found[branch.kind][branch.name] = {
            "energised_share": _rounded(_share(record, record.leg_live[legs])),
            "closed_share": _rounded(_share(record, record.feeder.closed[legs])),
            "peak_kva_per_phase": _rounded(peak),
            "peak_loading_percent": _rounded(100.0 * peak / branch.rating_kva),
        }
    return found


def _loads(record: Record) -> Figures:
    sheet = record.load_sheet
    demand, served = (sheet[name] @ record.hours for name in ("demand_kw", "served_kw"))
    return {
        name: {
            "demand_kwh": _rounded(demand[row]),
            "served_kwh": _rounded(served[row]),
            "served_share": _rounded(served[row] / demand[row]) if demand[row] > 0.0 else None,
        }
        for row, name in enumerate(record.loads.names)
    }


def _chargers(record: Record) -> Figures:
    sheet = record.vehicle_sheet
    return _both_ways(record, record.fleet.chargers, record.at_chargers(sheet["discharge_kw"]),
                      record.at_chargers(sheet["charge_kw"]))  # fmt: skip


def _sources(record: Record) -> dict[str, Figures]:
    """Grid, generators, batteries and solar; a station is a charger already."""
    output, found = record.source_sheet["output_kw"], dict[str, Figures]()
    tables = {"grid": "grid", "generator": "generators", "battery": "batteries", "solar": "solar"}
    for kind, table in tables.items():
        rows = [row for row, own in enumerate(record.sources.kinds) if own == kind]
        names = [record.sources.names[row] for row in rows]
        found[table] = _both_ways(record, names, np.maximum(output[rows], 0.0), np.maximum(-output[rows], 0.0))
    return found


def _both_ways(record: Record, names: list[str], given: Array, taken: Array) -> Figures:
    """Energy to and from the feeder."""
    return {
        name: {
            "given_kwh": _rounded(given[row] @ record.hours), "taken_kwh": _rounded(taken[row] @ record.hours),
            "peak_given_kw": _rounded(given[row].max(initial=0.0)),
            "peak_taken_kw": _rounded(taken[row].max(initial=0.0)),
        }
        for row, name in enumerate(names)
    }  # fmt: skip
