"""Checks that the plan's tables are whole, and speak of the same things as the case."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from v2g.replay.columns import texts
from v2g.replay.record import Record, words_of
from v2g.replay.tables import Sheet
from v2g.replay.verdict import Array, Check, merge


def complete(record: Record, sheet: Sheet) -> Check:
    """Each thing exactly once in each interval, nothing unknown, every number finite."""
    where = f"{sheet.name}: {'; '.join(sheet.faults)}" if sheet.faults else ""
    return Check(f"{sheet.name}: complete and finite", float(len(sheet.faults)), "faults", where, record.tolerance)


def loads_complete(record: Record) -> Check:
    """The table of loads is whole."""
    return complete(record, record.load_sheet)


def vehicles_complete(record: Record) -> Check:
    """The table of vehicles is whole."""
    return complete(record, record.vehicle_sheet)


def nodes_complete(record: Record) -> Check:
    """The table of nodes is whole."""
    return complete(record, record.node_sheet)


def lines_complete(record: Record) -> Check:
    """The table of lines is whole as far as it goes (see :func:`lines_listed`)."""
    return complete(record, record.line_sheet)


def sources_complete(record: Record) -> Check:
    """The table of sources is whole."""
    return complete(record, record.source_sheet)


def nodes_live(record: Record) -> Check:
    """Nodes are called live exactly where a forming source reaches them."""
    stated = record.node_sheet["live"]
    wrong = np.where(record.node_sheet.present, np.abs(stated - record.live), 0.0)
    return record.worst("nodes: live or dead", "1", wrong, node_words(record))


def lines_listed(record: Record) -> Check:
    """Exactly the closed and live legs stand in the table of lines."""
    wrong = (record.line_sheet.present != record.leg_live).astype(float)
    return record.worst("lines: closed and live ones listed", "1", wrong, leg_words(record))


def voltages_given(record: Record) -> Check:
    """Every live node has a voltage, where the network has voltages at all."""
    blank = record.node_sheet.blank["voltage_pu"] & record.live & record.reactive
    return record.worst("nodes: voltage given where live", "1", blank.astype(float), node_words(record))


STORE_COLUMNS = {
    "charge_kw": ("battery", "station"), "discharge_kw": ("battery", "station"), "energy_end_kwh": ("battery",),
}  # fmt: skip
"""Columns of the sources that must not be blank, and for which kinds."""


def sources_given(record: Record) -> Check:
    """Every phase of a source has an output, every store its charge and discharge, every engine its run."""
    sheet, sources = record.source_sheet, record.sources
    blank = np.zeros(sheet.present.shape, dtype=bool)
    for position, phase in enumerate("abc"):
        connected = (sources.weight[:, position] != 0)[:, None]
        blank |= connected & sheet.blank[f"output_{phase}_kw"]
        blank |= connected & sheet.blank[f"output_{phase}_kvar"] & record.reactive
    for column, kinds in STORE_COLUMNS.items():
        blank |= sources.of(*kinds)[:, None] & sheet.blank[column]
    blank |= (sources.idle_l_per_h > 0)[:, None] & sheet.blank["run"]
    blank |= sources.of("generator")[:, None] & sheet.blank["fuel_l"]
    return record.worst("sources: nothing blank", "1", blank.astype(float), source_words(record))


def differs(sheet: Sheet, column: str, expected: np.ndarray) -> Array:
    """Where a text column is not what the case says, 1.0 or 0.0, (things, T)."""
    return np.where(sheet.present, sheet.words[column] != expected, False).astype(float)


def labels_match(record: Record) -> Check:
    """Buses, tiers, ends, ratings and chargers are those of the case."""
    loads, sources, fleet, feeder = record.loads, record.sources, record.fleet, record.feeder
    ends = [feeder.branches[leg.branch] for leg in feeder.legs]
    stations = np.array([*fleet.chargers, ""], dtype=object)[fleet.charger]
    sites = np.array([*record.sites.names, ""], dtype=object)[fleet.site]
    tier = np.where(record.load_sheet.present, np.abs(record.load_sheet["tier"] - loads.tier[:, None]), 0.0)
    rating = np.array([branch.rating_kva for branch in ends], dtype=float)[:, None]
    stated = np.where(record.line_sheet.blank["rating_kva"], np.nan, record.line_sheet["rating_kva"])
    same = (np.isnan(stated) & np.isnan(rating)) | (np.abs(stated - rating) <= record.tolerance)
    load_words, vehicle_words = words_of("load", loads.names), words_of("vehicle", fleet.names)
    source_rows, leg_rows = source_words(record), leg_words(record)
    sheets = record.load_sheet, record.source_sheet, record.line_sheet, record.vehicle_sheet
    first, last = column_of([b.from_bus for b in ends]), column_of([b.to_bus for b in ends])
    parts = [
        record.worst("bus", "1", differs(sheets[0], "bus", column_of(loads.buses)), load_words),
        record.worst("tier", "1", tier, load_words),
        record.worst("bus", "1", differs(sheets[1], "bus", column_of(sources.buses)), source_rows),
        record.worst("from_bus", "1", differs(sheets[2], "from_bus", first), leg_rows),
        record.worst("to_bus", "1", differs(sheets[2], "to_bus", last), leg_rows),
        record.worst("rating_kva", "1", (sheets[2].present & ~same).astype(float), leg_rows),
        record.worst("charger", "1", differs(sheets[3], "charger", stations), vehicle_words),
        record.worst("site", "1", differs(sheets[3], "site", sites), vehicle_words),
    ]
    return merge("tables: same places and labels as the case", parts)


def column_of(names: list[str]) -> np.ndarray:
    """Names as a column, to stand against (things, T)."""
    return np.array(names, dtype=object).reshape(-1, 1)


def node_words(record: Record) -> list[str]:
    """Every node in words."""
    return [record.feeder.node_name(node) for node in range(len(record.feeder.nodes))]


def leg_words(record: Record) -> list[str]:
    """Every leg in words."""
    return [record.feeder.leg_name(leg) for leg in range(len(record.feeder.legs))]


def source_words(record: Record) -> list[str]:
    """Every source in words."""
    return [record.sources.name(row) for row in range(len(record.sources.names))]


def others_placed(record: Record) -> Check:
    """Injections of devices from outside name nodes and intervals that exist."""
    frame = record.frame("others")
    if frame is None or frame.empty:
        return Check("others: known places and times", 0.0, "faults", "", record.tolerance)
    at_known = record.node_codes(frame) >= 0
    broken = int((~at_known).sum()) + int((~np.isfinite(record.others)).sum())
    rows = texts(frame, "unit")
    where = f"others: {rows[int(np.argmin(at_known))]}" if broken else ""
    return Check("others: known places and times", float(broken), "faults", where, record.tolerance)


CHECKS: tuple[Callable[[Record], Check], ...] = (
    loads_complete, vehicles_complete, nodes_complete, lines_complete, sources_complete,
    nodes_live, lines_listed, voltages_given, sources_given, labels_match, others_placed,
)  # fmt: skip
