"""Checks on generators: running, fuel, shared tanks, and islands that live only while an engine runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from v2g.replay.check_sources import largest_phase, on_sources, only, phase_scale, total_power
from v2g.replay.engines import alive, fuel_burnt, running, tank_levels
from v2g.replay.record import Record, words_of
from v2g.replay.verdict import Array, Check, allowance, merge


def fuel_column(record: Record) -> Check:
    """Fuel in litres follows the output and the hours of running."""
    gap = only(record, np.abs(record.source_sheet["fuel_l"] - fuel_burnt(record)), "generator")
    return on_sources(record, "generators: fuel follows output", "L", gap, allowance(fuel_burnt(record)))


def fuel_in_tank(record: Record) -> Check:
    """No tank gives more than it holds, counting what has been delivered until then."""
    supply = record.tanks.supply_l
    name = "generators: fuel in the tank"
    return record.worst(name, "L", -tank_levels(record), record.tanks.names, allowance(supply))


def tank_column(record: Record) -> Check:
    """What the plan says is left in a generator's tank is what is left in it."""
    machines = record.sources.of("generator")
    left, supply = (values[record.tanks.of_generator] for values in (tank_levels(record), record.tanks.supply_l))
    gap, scale = np.zeros(record.source_sheet.present.shape), np.ones(record.source_sheet.present.shape)
    gap[machines] = np.abs(record.source_sheet["tank_l"][machines] - left)
    scale[machines] = np.maximum(allowance(supply), np.arange(1.0, record.case.steps + 1.0)[None, :])
    blank = record.source_sheet.blank["tank_l"]
    return on_sources(record, "generators: level of the tank", "L", np.where(blank, 0.0, gap), scale)


def running_gives(record: Record) -> Check:
    """A generator that burns while it runs runs for a share of the interval, and gives no more than that allows."""
    sources, run = record.sources, running(record)
    phase = sources.phase_kw[:, None]
    rating = phase * (sources.weight != 0).sum(axis=1, keepdims=True)
    words = [sources.name(row) for row in range(len(sources.names))]
    idles = (sources.idle_l_per_h > 0)[:, None]
    limits = {
        "output": (total_power(record), rating),
        "phase": (largest_phase(record, record.source_power.real), phase),
    }
    excess = {name: power - np.where(idles, limit, 0.0) * run for name, (power, limit) in limits.items()}
    excess["share"] = np.maximum(run - 1.0, -run)
    scale = phase_scale(rating)
    parts = [record.worst(name, "kW", np.where(idles, gap, 0.0), words, scale) for name, gap in excess.items()]
    return merge("generators: output only while running", parts)


def beyond(power: Array, most: Array, share: Array) -> Array:
    """How far power exceeds its share of the most it may be; nothing where the share is infinite."""
    bound = np.isfinite(share)
    return np.where(bound, power - np.where(bound, most, 0.0) * np.where(bound, share, 0.0), 0.0)


def most_given(record: Record) -> Array:
    """Most that a source gives in kW while its island is alive, (sources, T)."""
    sources = record.sources
    rating = sources.phase_kw * (sources.weight != 0).sum(axis=1)
    return np.where(sources.of("solar")[:, None], sources.limit_kw, rating[:, None])


def powered_while_alive(record: Record) -> Check:
    """Where only engines keep an island alive, nothing takes or gives power but for the share of time they run."""
    share, fleet, loads, sources = alive(record), record.fleet, record.loads, record.sources
    posts = record.feeder.terminals(record.case.table("chargers")).least(share)
    padded = np.vstack([posts, np.full((1, record.case.steps), np.inf)])
    at_post = np.take_along_axis(padded, fleet.charger % len(padded), axis=0)
    most = loads.demand_kw * np.maximum(1.0, loads.pickup_factor)[:, None]
    takes = np.broadcast_to(sources.charge_kw[:, None], record.source_sheet.present.shape)
    users = {
        "load": (loads.names, record.feeder_part, most, loads.terminals.least(share)),
        "vehicle": (fleet.names, record.vehicle_sheet["charge_kw"], fleet.charge_max_kw, at_post),
        "battery": (sources.names, only(record, record.source_sheet["charge_kw"], "battery"), takes,
                    sources.terminals.least(share)),
        "giving vehicle": (fleet.names, record.vehicle_sheet["discharge_kw"], fleet.discharge_max_kw, at_post),
        "giving source": (sources.names, total_power(record), most_given(record), sources.terminals.least(share)),
    }  # fmt: skip
    parts = [
        record.worst(noun, "kW", beyond(power, limit, part), words_of(noun, names), allowance(limit))
        for noun, (names, power, limit, part) in users.items()
    ]
    return merge("islands: power only while an engine runs", parts)


CHECKS: tuple[Callable[[Record], Check], ...] = (
    fuel_column, fuel_in_tank, tank_column, running_gives, powered_while_alive,
)  # fmt: skip
