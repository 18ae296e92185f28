"""What one more kWh would be worth at each bus and time, as the plan's own prices say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from v2g.handover.facts import Facts
from v2g.replay.columns import numbers
from v2g.replay.tables import interval_codes
from v2g.replay.verdict import Array
from v2g.reports.page.markup import visible
from v2g.reports.page.packing import packed

UNIT = "_h_per_kwh"
"""How a column of prices in hours of critical load ends."""
DUST = 1e-6
SCALE = 250


@dataclass(frozen=True)
class Prices:
    """Worth of one kWh in hours of critical load: ``worth_h`` (buses, T), the mean of the live phases, 0 where dead."""

    buses: list[str]
    worth_h: Array

    @property
    def any(self) -> bool:
        """Whether a kWh is worth anything anywhere."""
        return self.top > DUST

    @cached_property
    def top(self) -> float:
        """The highest."""
        return float(self.worth_h.max(initial=0.0))


def prices_of(facts: Facts) -> Prices:
    """Prices of the first stage in hours that has any; none at all where the plan has no such table."""
    frame, buses = facts.record.frame("prices"), list(dict.fromkeys(bus for bus, _ in facts.record.feeder.nodes))
    worth = np.zeros((len(buses), facts.case.steps))
    if frame is None or not {"bus", "phase"} <= set(frame):
        return Prices(buses, worth)
    number = {bus: row for row, bus in enumerate(buses)}
    home = np.array([number[bus] for bus, _ in facts.record.feeder.nodes], dtype=np.int64)
    node, at = facts.record.node_codes(frame), interval_codes(facts.case, frame)
    for column in frame:
        if not str(column).endswith(UNIT):
            continue
        value = numbers(frame, str(column))
        known = (node >= 0) & (at >= 0) & np.isfinite(value)
        total, count = np.zeros(worth.shape), np.zeros(worth.shape)
        np.add.at(total, (home[node[known]], at[known]), np.maximum(value[known], 0.0))
        np.add.at(count, (home[node[known]], at[known]), 1.0)
        found = Prices(buses, total / np.maximum(count, 1.0))
        if found.any:
            return found
    return Prices(buses, worth)


def price_data(prices: Prices) -> dict[str, Any] | None:
    """Buses, the dearest first, and their prices in shares of the highest; None where there are none."""
    if not prices.any:
        return None
    order = np.argsort(-prices.worth_h.max(axis=1), kind="stable")
    return {
        "bus": [visible(prices.buses[row]) for row in order], "row": order.tolist(), "top": round(prices.top, 6),
        "worth": packed(np.round(SCALE * prices.worth_h[order] / prices.top)),
    }  # fmt: skip
