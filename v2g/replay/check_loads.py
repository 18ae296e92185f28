"""Checks on what the loads receive."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

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
    """Reactive power follows the served power at the load's power factor."""
    expected = record.load_sheet["served_kw"] * record.loads.kvar_per_kw[:, None]
    excess = np.where(record.load_sheet.blank["served_kvar"], 0.0, np.abs(record.load_sheet["served_kvar"] - expected))
    return on_loads(record, "loads: kvar follow kW", "kvar", excess, allowance(expected))


def dead_bus_service(record: Record) -> Check:
    """Nothing is served where no forming source reaches every phase of the load."""
    dead = ~record.loads.terminals.all_live(record.live)
    excess = np.where(dead, record.load_sheet["served_kw"], 0.0)
    return on_loads(record, "loads: no service at a dead bus", "kW", excess)


CHECKS: tuple[Callable[[Record], Check], ...] = (
    demand_as_in_case, required_as_in_case, served_not_negative, served_within_demand, kvar_follows, dead_bus_service,
)  # fmt: skip
