"""What is short, where and when: a plan's tables held against the limits of its case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import networkx
import numpy as np

from v2g.asks import Asks, asks_of
from v2g.case import Case
from v2g.plan import Plan
from v2g.replay.columns import numbers
from v2g.replay.feeder import Branch
from v2g.replay.record import Record
from v2g.replay.tables import interval_codes
from v2g.replay.timeline import alike
from v2g.replay.verdict import Array, Index, Mask

NEAR = 1e-4
"""Share of a limit (p.u. for voltages) within which it counts as reached."""
SPREAD = 0.02
"""Share of the dearest price of an island by which prices must differ before the network is blamed."""
SPARE_KW = 0.01
POLYGON = np.exp(2j * np.pi * np.arange(32) / 32)
CRITICAL_PRICE = "critical_hours"


@dataclass(frozen=True)
class Scarcity:
    """Limits reached by a plan. N nodes, V vehicles, G sources, T intervals, C islands.

    ``tier`` says whose load-hours prices are in, where the policy of the plan makes each tier a stage of its own.
    """

    record: Record
    tier: int = 1

    @classmethod
    def of(cls, case: Case, plan: Plan) -> Scarcity:
        """Of a case and its plan."""
        return cls(Record(case, plan, 1e-6))

    def by_tier(self) -> dict[int, Scarcity]:
        """For each tier the same with prices in its load-hours; one for all where the plan has one price for all."""
        apart = self._price_of(1) in self._columns
        return {t: replace(self, tier=t) if apart and t != self.tier else self for t in self.record.loads.tiers}

    @cached_property
    def asks(self) -> Asks:
        """Who asks vehicles for what they must have on board."""
        return asks_of(self.record.case, self.record.fleet)

    @cached_property
    def island(self) -> Index:
        """Island of each node in each interval, live or not, shape (N, T); all phases of a bus are in one."""
        return self._joined([True] * len(self.record.feeder.branches))

    @cached_property
    def zone(self) -> Index:
        """Part of an island without delta windings in between, shape (N, T): in it, phase by phase, prices compare."""
        return self._joined([not b.connection.startswith("delta") for b in self.record.feeder.branches])

    def _joined(self, counts: Sequence[bool]) -> Index:
        """Parts joined by those closed branches that count, once for every pattern of closed legs."""
        feeder = self.record.feeder
        out = np.zeros((len(feeder.nodes), self.record.case.steps), dtype=np.int64)
        for intervals in alike(feeder.closed):
            closed = {leg.branch for leg, on in zip(feeder.legs, feeder.closed[:, intervals[0]], strict=True) if on}
            part = self._parts([b for k, b in enumerate(feeder.branches) if counts[k] and k in closed])
            out[:, intervals] = part[:, None]
        return out

    def _parts(self, branches: Sequence[Branch]) -> Index:
        graph: networkx.Graph[str] = networkx.Graph()
        graph.add_nodes_from(bus for bus, _ in self.record.feeder.nodes)
        graph.add_edges_from((branch.from_bus, branch.to_bus) for branch in branches)
        number = {bus: k for k, buses in enumerate(networkx.connected_components(graph)) for bus in buses}
        return np.array([number[bus] for bus, _ in self.record.feeder.nodes], dtype=np.int64)

    @cached_property
    def price(self) -> Array:
        """Critical load-hours that one more kWh is worth, shape (N, T); zero where the plan has no prices."""
        table = self.record.frame("prices")
        out = np.zeros((len(self.island), self.record.case.steps))
        names = [name for name in (self._price_of(), self._price_of(self.tier)) if name in self._columns]
        if table is None or not names:
            return out
        node, at = self.record.node_codes(table), interval_codes(self.record.case, table)
        known = (node >= 0) & (at >= 0)
        out[node[known], at[known]] = numbers(table, names[0], 0.0)[known]
        return out

    @property
    def _columns(self) -> list[str]:
        table = self.record.frame("prices")
        return [] if table is None else [str(column) for column in table.columns]

    @staticmethod
    def _price_of(tier: int | None = None) -> str:
        """The price in load-hours, of all tiers together or of one."""
        return f"{CRITICAL_PRICE}_h_per_kwh" if tier is None else f"{CRITICAL_PRICE}_{tier}_h_per_kwh"

    def price_at(self, load: int) -> Array:
        """Price where a load is connected, shape (T,)."""
        ends = self.record.loads.terminals
        mine = ends.device == load
        return np.asarray(ends.weight[mine].real @ self.price[ends.node[mine]], dtype=np.float64)

    @cached_property
    def vehicle_island(self) -> Index:
        """Island in which a vehicle is plugged in, -1 where it is not, shape (V, T)."""
        ends, steps = self.record.feeder.terminals(self.record.case.table("chargers")), self.record.case.steps
        of_charger = np.full((len(self.record.fleet.chargers) + 1, steps), -1, dtype=np.int64)
        of_charger[ends.device] = self.island[ends.node]
        return np.asarray(of_charger[self.record.fleet.charger, np.arange(steps)])

    @cached_property
    def source_island(self) -> Index:
        """Island of each source, shape (G, T)."""
        ends = self.record.sources.terminals
        out = np.full((len(self.record.sources.names), self.record.case.steps), -1, dtype=np.int64)
        out[ends.device] = self.island[ends.node]
        return out

    @cached_property
    def vehicle_above(self) -> Array:
        """Energy above the floor at the end of each interval in kWh, shape (V, T)."""
        return np.asarray(self.record.vehicle_sheet["energy_end_kwh"] - self.record.fleet.floor_kwh[:, 1:])

    @cached_property
    def battery_above(self) -> Array:
        """Energy of batteries above their reserve at the end of each interval in kWh, zero for others, shape (G, T)."""
        sources = self.record.sources
        above = self.record.source_sheet["energy_end_kwh"] - sources.reserve_kwh[:, None]
        return np.where(sources.of("battery")[:, None], above, 0.0)

    @cached_property
    def power_room(self) -> Array:
        """Further power that each island's stores and sources could give, were energy moved in time; kW, (C, T)."""
        out, interval = np.zeros((int(self.island.max(initial=-1)) + 2, self.record.case.steps)), self._intervals
        np.add.at(out, (self.vehicle_island, interval), self._vehicle_room())
        np.add.at(out, (self.source_island, interval), self._source_room())
        return out[:-1]

    @property
    def _intervals(self) -> Index:
        return np.arange(self.record.case.steps)[None, :]

    def _vehicle_room(self) -> Array:
        sheet, fleet = self.record.vehicle_sheet, self.record.fleet
        begin = sheet["energy_start_kwh"] - fleet.floor_kwh[:, :-1]
        filled = np.maximum(begin, self.vehicle_above) > 1e-3
        gives = filled & (fleet.discharge_max_kw > 0)
        room = np.minimum(fleet.discharge_max_kw - sheet["discharge_kw"], fleet.give_max_kw - self.record.given)
        return np.where(gives, np.maximum(room, 0.0), 0.0) + sheet["charge_kw"]

    def _source_room(self) -> Array:
        """The same for sources; a battery counts while it holds something, a grid without a rating always.

        What a station gives is what its vehicles give, and counted with them.
        """
        sources, sheet = self.record.sources, self.record.source_sheet
        before = np.hstack([(sources.start_kwh - sources.reserve_kwh)[:, None], self.battery_above[:, :-1]])
        filled = np.maximum(before, self.battery_above) > 1e-3
        store = np.where(filled, sources.discharge_kw[:, None] - sheet["discharge_kw"], 0.0) + sheet["charge_kw"]
        fuelled = ~sources.of("generator") | (sources.fuel_l > 0)
        makes = sources.available & (fuelled & ~sources.of("station"))[:, None]
        made = np.where(makes, sources.limit_kw - sheet["output_kw"], 0.0)
        return np.where(sources.of("battery")[:, None], store, np.maximum(made, 0.0))

    @cached_property
    def held(self) -> Array:
        """Energy above floors and reserves in each island's stores that can give at that time, kWh, (C, T)."""
        out = np.zeros(self.power_room.shape)
        vehicle, at = np.nonzero((self.vehicle_island >= 0) & (self.record.fleet.discharge_max_kw > 0))
        np.add.at(out, (self.vehicle_island[vehicle, at], at), self.vehicle_above[vehicle, at])
        np.add.at(out, (self.source_island, self._intervals), self.battery_above)
        return out

    @cached_property
    def leg_prices(self) -> tuple[Array, Array]:
        """Prices at sending ends (of a delta winding: the mean of its two) and at receiving ends, both (legs, T)."""
        legs, shape = self.record.feeder.legs, (len(self.record.feeder.legs), self.record.case.steps)
        sent = [np.mean([self.price[node] for node, _ in leg.sources], axis=0) for leg in legs]
        return np.array(sent).reshape(shape), self.price[[leg.to for leg in legs]].reshape(shape)

    @cached_property
    def full_legs(self) -> Mask:
        """Legs at their rating with different prices at their ends, shape (legs, T)."""
        record = self.record
        legs, branches = record.feeder.legs, record.feeder.branches
        rating = np.array([branches[leg.branch].rating_kva for leg in legs], dtype=float).reshape(-1, 1)
        flow = record.given_flow
        if record.reactive:
            rating = rating * np.cos(np.pi / len(POLYGON))
            size = np.max([(flow * np.conj(corner)).real for corner in POLYGON], axis=0)
        else:
            size = np.abs(flow.real)
        with np.errstate(invalid="ignore"):
            full = (size >= rating * (1.0 - NEAR)) & record.line_sheet.present
        sent, to = self.leg_prices
        return np.asarray(full & (np.abs(to - sent) > SPREAD * np.maximum(np.abs(to), np.abs(sent))))

    @cached_property
    def voltage_side(self) -> Index:
        """-1 where a live node is at its lowest voltage, 1 where at its highest, else 0; shape (N, T)."""
        record = self.record
        known = record.live & ~record.node_sheet.blank["voltage_pu"]
        level = np.sqrt(record.given_w)
        low = known & (level <= record.feeder.vmin_pu[:, None] + NEAR)
        high = known & (level >= record.feeder.vmax_pu[:, None] - NEAR)
        return np.asarray(high.astype(np.int64) - low.astype(np.int64))

    def cheapest(self, node: int) -> Array:
        """Lowest price among the live nodes of a node's zone, shape (T,)."""
        prices = np.where(self.record.live & (self.zone == self.zone[node]), self.price, np.inf)
        return np.asarray(prices.min(axis=0, initial=np.inf))

    def buses(self, island: int, at: int) -> list[str]:
        """Buses of an island in an interval, in the order of the case."""
        nodes = self.record.feeder.nodes
        return list(dict.fromkeys(nodes[node][0] for node in np.flatnonzero(self.island[:, at] == island)))
