"""Checks on the other ways in which vehicles give: V2H to premises, V2L from sockets, and who delivers to whom."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from v2g.replay.check_fleet import on_fleet
from v2g.replay.check_loads import on_loads
from v2g.replay.clock import stamp
from v2g.replay.record import Record, words_of
from v2g.replay.stands import of_place
from v2g.replay.stores import hull_excess
from v2g.replay.verdict import Array, Check, Mask, allowance, merge, worst


def v2h_within_limits(record: Record) -> Check:
    """V2H within vehicle and charger, only where the charger feeds premises, for the share of the interval."""
    limit, power = record.fleet.v2h_max_kw, record.vehicle_sheet["v2h_kw"]
    return on_fleet(record, "vehicles: V2H within limits", "kW", np.maximum(power - limit, -power), allowance(limit))


def v2l_within_limits(record: Record) -> Check:
    """V2L within the sockets of the car, only at a site."""
    limit, power = record.fleet.v2l_max_kw, record.vehicle_sheet["v2l_kw"]
    return on_fleet(record, "vehicles: V2L within limits", "kW", np.maximum(power - limit, -power), allowance(limit))


def v2h_on_a_dead_feeder(record: Record) -> Check:
    """Where the feeder is dead, only a charger that is made for it feeds its premises."""
    capable = of_place(record.fleet.island_capable.astype(float), record.fleet.charger, 1.0) > 0
    excess = np.where(capable | at_live_charger(record), 0.0, record.vehicle_sheet["v2h_kw"])
    return on_fleet(record, "vehicles: V2H on a dead feeder", "kW", excess)


def at_live_charger(record: Record) -> Mask:
    """Whether all nodes of the charger are live at which each vehicle is; so where it is at none, (V, T)."""
    terminals = record.feeder.terminals(record.case.table("chargers"))
    live = np.vstack([terminals.all_live(record.live), np.ones((1, record.case.steps), dtype=bool)])
    return np.asarray(np.take_along_axis(live, record.fleet.charger % len(live), axis=0))


def all_ways_together(record: Record) -> Check:
    """V2G, V2H and V2L together within what the vehicle gives in all ways."""
    limit = record.fleet.give_max_kw
    return on_fleet(record, "vehicles: all ways within give_kw", "kW", record.given - limit, allowance(limit))


def giving_shares_the_time(record: Record) -> Check:
    """Charging and giving in any way share the vehicle: the shares of the two limits add up to at most one."""
    fleet, charge = record.fleet, record.vehicle_sheet["charge_kw"]
    excess = hull_excess(charge, record.given, fleet.charge_max_kw, fleet.give_max_kw)
    return on_fleet(record, "vehicles: charge and all ways share the vehicle", "1", excess)


def deliveries_complete(record: Record) -> Check:
    """Every delivery names a way, a vehicle, a site, a time and a power, those by V2L a load, and stands once."""
    faults = record.deliveries.faults
    where = f"deliveries: {'; '.join(faults)}" if faults else ""
    return Check("deliveries: complete and finite", float(len(faults)), "faults", where, record.tolerance)


def row_check(record: Record, name: str, excess: Array) -> Check:
    """A check on an excess by row of the deliveries in kW, shape (R,)."""
    rows, vehicles = record.deliveries, record.fleet.names

    def place(position: tuple[int, ...]) -> str:
        row = position[0]
        return f"vehicle {vehicles[int(rows.vehicle[row])]}, {stamp(record.case, int(rows.at[row]))}"

    return worst(name, "kW", excess, place, record.tolerance)


def deliveries_at_the_place(record: Record) -> Check:
    """A delivery is made at the site at which the vehicle stands."""
    rows = record.deliveries
    away = record.fleet.site[rows.vehicle, rows.at] != rows.site
    return row_check(record, "deliveries: where the vehicle stands", np.where(away, rows.kw, 0.0))


def plugs_that_fit(record: Record) -> Check:
    """V2L goes to loads of the site that can be plugged in, and whose largest appliance the socket can feed."""
    rows, loads, fleet = record.deliveries, record.loads, record.fleet
    load = np.where(rows.plug, rows.load, 0)
    fits = np.ones(len(rows.kw), dtype=bool)
    if len(loads.names):
        fits = loads.by_v2l[load] & (loads.site[load] == rows.site)
        fits &= fleet.socket_kw[rows.vehicle] >= loads.appliance_kw[load] - record.tolerance
    return row_check(record, "deliveries: V2L to what can be plugged in", np.where(rows.plug & ~fits, rows.kw, 0.0))


def given_is_delivered(record: Record) -> Check:
    """What each vehicle gives by V2H and by V2L is what the deliveries say."""
    rows, words = record.deliveries, words_of("vehicle", record.fleet.names)
    parts = []
    for way, plug in (("v2h_kw", False), ("v2l_kw", True)):
        stated = record.vehicle_sheet[way]
        total = rows.total(rows.plug == plug, rows.vehicle, stated.shape)
        parts.append(record.worst(way, "kW", np.abs(stated - total), words, allowance(stated)))
    return merge("deliveries: all that the vehicles give", parts)


def plugs_are_received(record: Record) -> Check:
    """What each load gets by V2L is what the deliveries say."""
    rows, stated = record.deliveries, record.load_sheet["v2l_kw"]
    total = rows.total(rows.plug, rows.load, stated.shape)
    return on_loads(record, "deliveries: all that the loads get by V2L", "kW", np.abs(stated - total), allowance(total))


def premises_balance(record: Record) -> Check:
    """At every site, what vehicles give by V2H is what the loads behind its transfer switch get by it."""
    given = record.sites.total(record.vehicle_sheet["v2h_kw"], record.fleet.site)
    taken = record.sites.total(record.load_sheet["v2h_kw"], record.loads.site)
    words = words_of("site", record.sites.names)
    return record.worst("premises: V2H balanced at every site", "kW", np.abs(given - taken), words, allowance(given))


def loads_within_reach(record: Record) -> Check:
    """V2H goes only to loads behind a transfer switch, V2L only to those that can be plugged in; never backwards."""
    loads, sheet, words = record.loads, record.load_sheet, words_of("load", record.loads.names)
    at_site = loads.site >= 0
    parts = [
        record.worst(
            way, "kW", np.maximum(-sheet[way], np.where((at_site & able)[:, None], 0.0, sheet[way])), words
        )
        for way, able in (("v2h_kw", loads.by_v2h), ("v2l_kw", loads.by_v2l))
    ]  # fmt: skip
    return merge("loads: V2H and V2L only where they reach", parts)


CHECKS: tuple[Callable[[Record], Check], ...] = (
    v2h_within_limits, v2l_within_limits, v2h_on_a_dead_feeder, all_ways_together, giving_shares_the_time,
    deliveries_complete, deliveries_at_the_place, plugs_that_fit, given_is_delivered, plugs_are_received,
    premises_balance, loads_within_reach,
)  # fmt: skip
