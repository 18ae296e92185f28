"""Checks on sites (connection, transfer switch, sockets) and on charging stations that form islands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from v2g.replay.check_sources import only, total_power
from v2g.replay.columns import texts
from v2g.replay.record import Record, words_of
from v2g.replay.stands import row_of
from v2g.replay.verdict import Array, Check, Index, allowance, merge


def on_sites(record: Record, name: str, power: Array, limit: Array) -> Check:
    """A check that power (sites, T) stays within a limit (sites,) where that is known."""
    known = np.isfinite(limit)
    highest = np.where(known, limit, 0.0)[:, None]
    excess = np.where(known[:, None], power - highest, 0.0)
    return record.worst(name, "kW", excess, words_of("site", record.sites.names), allowance(power))


def site_of_charger(record: Record) -> Index:
    """Site of each charger, -1 where it belongs to none, (chargers,)."""
    number = row_of(record.sites.names)
    names = texts(record.case.table("chargers"), "site")
    return np.array([number[name] for name in names], dtype=np.int64)


def net_import(record: Record) -> Array:
    """What each site takes from the feeder: its loads and chargers, less what its chargers give, in kW, (sites, T)."""
    loads = record.sites.total(record.feeder_part, record.loads.site)
    return loads - record.sites.total(record.charger_kw, site_of_charger(record))


def within_import(record: Record) -> Check:
    """No site takes more than its connection carries."""
    return on_sites(record, "sites: import within the connection", net_import(record), record.sites.import_kw)


def within_export(record: Record) -> Check:
    """No site gives more than its connection may carry."""
    return on_sites(record, "sites: export within the connection", -net_import(record), record.sites.export_kw)


def within_transfer(record: Record) -> Check:
    """All V2H of a site within the rating of its transfer switch."""
    power = record.sites.total(record.vehicle_sheet["v2h_kw"], record.fleet.site)
    return on_sites(record, "sites: V2H within the transfer switch", power, record.sites.transfer_kw)


def within_sockets(record: Record) -> Check:
    """All V2L of a site within what its cords and rooms can take."""
    power = record.sites.total(record.vehicle_sheet["v2l_kw"], record.fleet.site)
    return on_sites(record, "sites: V2L within the sockets", power, record.sites.sockets_kw)


def station_balance(record: Record) -> Check:
    """What a forming station charges, gives and puts out is what the vehicles plugged in there do."""
    sheet, known = record.source_sheet, record.sources
    station = known.of("station")
    parts = []
    words = [known.name(row) for row in range(len(known.names))]
    columns = {"charge": "charge_kw", "discharge": "discharge_kw"}
    power = {word: record.at_chargers(record.vehicle_sheet[column]) for word, column in columns.items()}
    expected = {word: np.zeros(sheet.present.shape) for word in (*columns, "output")}
    for word, values in power.items():
        expected[word][station] = values[known.row[station]]
    expected["output"] = expected["discharge"] - expected["charge"]
    stated = {word: sheet[column] for word, column in columns.items()} | {"output": total_power(record)}
    for word, value in expected.items():
        gap = only(record, np.abs(stated[word] - value), "station")
        parts.append(record.worst(word, "kW", gap, words, allowance(value)))
    return merge("stations: what their vehicles do", parts)


CHECKS: tuple[Callable[[Record], Check], ...] = (
    within_import, within_export, within_transfer, within_sockets, station_balance,
)  # fmt: skip
