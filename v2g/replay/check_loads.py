"""Checks on what the loads receive."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from v2g.replay.habits import earlier, share_served, surge_needed
from v2g.replay.record import Record, words_of
from v2g.replay.verdict import Array, Check, allowance


def on_loads(record: Record, name: str, unit: str, excess: Array, scale: Array | float = 1.0) -> Check:
    """A check on an excess of shape (loads, T)."""
    return record.worst(name, unit, excess, words_of("load", record.loads.names), scale)


def demand_as_in_case(record: Record) -> Check:
    """The demand is the rated power times its profile."""
    demand = record.loads.demand_kw
    excess = np.where(record.load_sheet.present, np.abs(record.load_sheet["demand_kw"] - demand), 0.0)
    return on_loads(record, "loads: demand as in the case", "kW", excess, allowance(demand))


def required_as_in_case(record: Record) -> Check:
    """A load is called required exactly in the intervals in which the case requires it."""
    excess = np.where(record.load_sheet.present, np.abs(record.load_sheet["required"] - record.loads.required), 0.0)
    return on_loads(record, "loads: required when the case says", "1", excess)


def served_not_negative(record: Record) -> Check:
    """No load gives power."""
    return on_loads(record, "loads: nothing negative served", "kW", -record.load_sheet["served_kw"])


def served_within_demand(record: Record) -> Check:
    """No load receives more than it asks for."""
    demand = record.loads.demand_kw
    return on_loads(
        record, "loads: served within demand", "kW", record.load_sheet["served_kw"] - demand, allowance(demand)
    )


def kvar_follows(record: Record) -> Check:
    """Reactive power follows what the load takes from the feeder, at its power factor."""
    expected = record.feeder_part * record.loads.kvar_per_kw[:, None]
    excess = np.where(record.load_sheet.blank["served_kvar"], 0.0, np.abs(record.load_sheet["served_kvar"] - expected))
    return on_loads(record, "loads: kvar follow kW", "kvar", excess, allowance(expected))


def dead_bus_service(record: Record) -> Check:
    """Nothing is taken from the feeder where no forming source reaches every phase of the load."""
    dead = ~record.loads.terminals.all_live(record.live)
    excess = np.where(dead, record.feeder_part, 0.0)
    return on_loads(record, "loads: no service at a dead bus", "kW", excess)


def feeder_part_not_negative(record: Record) -> Check:
    """V2H and V2L bring a load no more than it uses: nothing flows back into the feeder."""
    return on_loads(
        record, "loads: nothing back into the feeder", "kW", -record.feeder_part, allowance(record.loads.demand_kw)
    )


def pickup_surge(record: Record) -> Check:
    """Right after it is picked up, a load draws at least as much more as its pickup factor makes it.

    A plan may set more aside than that, but only for loads that surge at all, and where they ask.
    """
    stated, needed = record.load_sheet["surge_kw"], surge_needed(record)
    surges = (record.loads.pickup_factor > 1.0)[:, None] & (record.loads.demand_kw > 0)
    excess = np.where(surges, np.maximum(needed - stated, -stated), np.abs(stated))
    return on_loads(record, "loads: cold-load pickup", "kW", excess, surge_scale(record))


def surge_scale(record: Record) -> Array:
    """Scale of the tolerance of a surge, which sums up several rises, (loads, T)."""
    steps = np.arange(1.0, record.case.steps + 1.0)[None, :]
    factor = np.maximum(1.0, record.loads.pickup_factor - 1.0)[:, None]
    return np.where(record.loads.pickup_factor[:, None] > 1.0, 2.0 * factor * steps, 1.0)


def hold_kept(record: Record) -> Check:
    """What was picked up and must be held is not dropped: the share of power never falls within the window."""
    hard = np.array([word == "hard" for word in record.loads.hold], dtype=bool)[:, None]
    demand, share = record.loads.demand_kw, share_served(record)
    fall = np.where(hard & record.loads.asked & (demand > 0), earlier(share, demand) - share, 0.0)
    least = np.minimum(demand, earlier(demand, demand))
    return on_loads(record, "loads: held after pickup", "kW", fall * least, 2.0 * allowance(demand))


CHECKS: tuple[Callable[[Record], Check], ...] = (
    demand_as_in_case, required_as_in_case, served_not_negative, served_within_demand, kvar_follows, dead_bus_service,
    feeder_part_not_negative, pickup_surge, hold_kept,
)  # fmt: skip
