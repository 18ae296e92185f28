"""The feeder over time: what is live, the voltage of each bus, and how loaded each line and transformer is."""

from __future__ import annotations

from typing import Any

import numpy as np

from v2g.handover.facts import Facts
from v2g.replay.columns import numbers, texts
from v2g.replay.record import Record
from v2g.replay.verdict import Array, Index
from v2g.reports.page.layout import placed
from v2g.reports.page.markup import visible
from v2g.reports.page.packing import packed, rounded

DEAD, UNKNOWN, LOWEST_PU, STEP_PU = 0, 1, 0.75, 0.002
"""Codes of buses: dead; live without a voltage; from 2 on the voltage in steps."""
OPEN, OFF, FULL_SCALE = 255, 254, 250
"""Codes of branches: open; dead; up to 250 the share of the branch's own peak."""
BRANCHES = ("line", "transformer")
SOURCES = {"grid": "grid", "generators": "generator", "batteries": "battery", "solar": "solar"}
OVER = 1e-6


def feeder_data(facts: Facts) -> dict[str, Any] | None:
    """Columns of buses and branches, and what they do in each interval; None where no line joins anything."""
    record, case = facts.record, facts.case
    names = texts(case.table("buses"), "bus")
    number = {name: row for row, name in enumerate(names)}
    branches = _branches(record, number)
    if not branches["name"]:
        return None
    spots, surveyed = placed(
        numbers(case.table("buses"), "x"), numbers(case.table("buses"), "y"),
        list(zip(branches["from"], branches["to"], strict=True)), _roots(record, number),
        case.header.get("coordinates") == "lonlat",
    )  # fmt: skip
    return {
        "bus": [visible(name) for name in names], "x": rounded(spots[:, 0]), "y": rounded(spots[:, 1]),
        "surveyed": surveyed, **_buses(record, len(names)), "branch": branches,
        "loads": [number.get(load.bus, -1) for load in facts.loads], "sources": _sources(facts, number),
        "cars": _cars(record, number, len(names)),
    }  # fmt: skip


def _roots(record: Record, number: dict[str, int]) -> list[int]:
    """Buses of what forms the grid, those of the head first."""
    nodes = [node for places in record.islands.former_nodes for node in places[:1]]
    return list(dict.fromkeys(number[record.feeder.nodes[node][0]] for node in nodes))


def _starts(groups: list[int]) -> Index:
    """First position of each of the groups that follow each other."""
    return np.flatnonzero(np.diff(np.array([-1, *groups])) != 0)


def _buses(record: Record, count: int) -> dict[str, Any]:
    """Voltage farthest from nominal among the live phases of a bus, and where a limit is violated."""
    feeder, live = record.feeder, record.live
    rows = _starts([number for number, bus in _bus_of_nodes(record)])
    volts = np.where(live & ~record.node_sheet.blank["voltage_pu"], record.node_sheet["voltage_pu"], np.nan)
    low = np.fmin.reduceat(volts, rows, axis=0) if count else volts
    high = np.fmax.reduceat(volts, rows, axis=0) if count else volts
    farthest = np.where(1.0 - low >= high - 1.0, low, high)
    code = np.clip(np.round((np.nan_to_num(farthest, nan=1.0) - LOWEST_PU) / STEP_PU) + 2, 2, 255)
    on = np.logical_or.reduceat(live, rows, axis=0)
    beyond = (volts < feeder.vmin_pu[:, None] - OVER) | (volts > feeder.vmax_pu[:, None] + OVER)
    return {
        "volt": packed(np.where(on, np.where(np.isnan(farthest), UNKNOWN, code), DEAD)),
        "beyond": packed(np.logical_or.reduceat(beyond, rows, axis=0)),
        "low": [None if np.isnan(value) else round(float(value), 4) for value in _least(low)],
        "vmin": rounded(feeder.vmin_pu[rows], 3), "vmax": rounded(feeder.vmax_pu[rows], 3),
    }  # fmt: skip


def _bus_of_nodes(record: Record) -> list[tuple[int, str]]:
    """Number and name of the bus of each node; nodes of a bus follow each other."""
    found: list[tuple[int, str]] = []
    for bus, _ in record.feeder.nodes:
        last = found[-1] if found else (-1, "")
        found.append(last if last[1] == bus and found else (last[0] + 1, bus))
    return found


def _least(values: Array) -> Array:
    """Least of each row, NaN where it has none."""
    known = np.where(np.isnan(values), np.inf, values).min(axis=1)
    return np.where(np.isfinite(known), known, np.nan)


def _branches(record: Record, number: dict[str, int]) -> dict[str, Any]:
    """All lines and transformers, those included that are open throughout."""
    case, feeder = record.case, record.feeder
    first = _starts([leg.branch for leg in feeder.legs])
    kva = np.where(record.leg_live, np.abs(record.given_flow), 0.0)
    flow, peak = np.maximum.reduceat(kva, first, axis=0), np.zeros(0)
    if len(first):
        live, closed = (np.logical_or.reduceat(mask, first, axis=0) for mask in (record.leg_live, feeder.closed))
        peak = flow.max(axis=1)
        share = np.divide(flow, peak[:, None], out=np.zeros(flow.shape), where=peak[:, None] > OVER)
        code = np.where(live, np.round(share * FULL_SCALE), np.where(closed, OFF, OPEN))
    row = {(branch.kind, branch.name): at for at, branch in enumerate(feeder.branches)}
    found: dict[str, Any] = {key: [] for key in ("name", "kind", "from", "to", "peak", "rating")}
    codes = []
    for kind in BRANCHES:
        table = case.table(f"{kind}s")
        ends = zip(*(texts(table, column) for column in (kind, "from_bus", "to_bus")), strict=True)
        for (name, *both), rating in zip(ends, numbers(table, "rating_kva"), strict=True):
            at = row.get((kind, name))
            codes.append(np.full(case.steps, OPEN) if at is None else code[at])
            found["name"].append(visible(name))
            found["kind"].append(BRANCHES.index(kind))
            found["from"].append(number[both[0]])
            found["to"].append(number[both[1]])
            found["peak"].append(0.0 if at is None else round(float(peak[at]), 3))
            found["rating"].append(round(float(rating), 3) if np.isfinite(rating) else None)
    return {**found, "flow": packed(np.array(codes))}


def _sources(facts: Facts, number: dict[str, int]) -> dict[str, list[Any]]:
    """Kind, name and bus of what feeds the feeder beside vehicles."""
    found: dict[str, list[Any]] = {"kind": [], "name": [], "bus": []}
    for table, kind in SOURCES.items():
        frame = facts.case.table(table)
        names = texts(frame, "grid" if table == "grid" else kind)
        for name, bus in zip(names, texts(frame, "bus"), strict=True):
            found["kind"].append(kind)
            found["name"].append(visible(name))
            found["bus"].append(number.get(bus, -1))
    return found


def _cars(record: Record, number: dict[str, int], buses: int) -> dict[str, Any]:
    """Where vehicles give (1) or charge (2), by bus with chargers."""
    home = np.array([number.get(bus, -1) for bus in texts(record.case.table("chargers"), "bus")], dtype=np.int64)
    net = np.zeros((buses + 1, record.case.steps))
    np.add.at(net, home, record.charger_kw)
    rows = np.unique(home[home >= 0])
    mine = net[rows]
    return {"bus": rows.tolist(), "doing": packed(np.select([mine > 0.05, mine < -0.05], [1, 2], 0))}
