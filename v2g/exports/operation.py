"""What feeder and devices do in every interval: as a plan says, or, without one, as the loads ask for.

Power is complex, kW + j kvar, of all phases of a device together. Without a plan every load takes all that it asks for,
and whoever can hold the voltage of an island holds it; all else stands idle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from v2g.exports.exporter import Asked
from v2g.replay.clock import stamp
from v2g.replay.columns import texts
from v2g.replay.feeder import Feeder, read_feeder
from v2g.replay.fleet import Fleet, read_fleet
from v2g.replay.islands import Islands, find_islands
from v2g.replay.loads import Loads, read_loads
from v2g.replay.sources import Sources, read_sources
from v2g.replay.timeline import closed_over_time
from v2g.replay.verdict import Array, Complex, Mask
from v2g.replay.voltage import given_taps

TABLES = {"grid": "grid", "generator": "generators", "battery": "batteries", "solar": "solar", "station": "chargers"}
"""Table of a case for each kind of source."""


@dataclass(frozen=True)
class Device:
    """A device that is no load: row of its table, where, what it gives to the feeder (T,), in kW + j kvar.

    ``holds`` (T,): it holds the voltage of its island, ``level_pu``; it gives nothing by a set-point then.
    """

    table: str
    row: int
    name: str
    bus: str
    given: Complex
    holds: Mask
    level_pu: float = 1.0


class Operation:
    """A case, and its plan if there is one, interval by interval; ``shown`` is the one that a single state shows."""

    def __init__(self, asked: Asked) -> None:
        self.case, self.record = asked.case, asked.record
        self.steps = self.case.steps

    @cached_property
    def feeder(self) -> Feeder:
        """Nodes and branches of the case."""
        return read_feeder(self.case) if self.record is None else self.record.feeder

    @cached_property
    def fleet(self) -> Fleet:
        """The vehicles of the case."""
        return read_fleet(self.case) if self.record is None else self.record.fleet

    @cached_property
    def loads(self) -> Loads:
        """The loads of the case."""
        return read_loads(self.case, self.feeder) if self.record is None else self.record.loads

    @cached_property
    def sources(self) -> Sources:
        """The sources of the case."""
        return read_sources(self.case, self.feeder) if self.record is None else self.record.sources

    @cached_property
    def _islands(self) -> Islands:
        return find_islands(self.case, self.feeder, self.fleet) if self.record is None else self.record.islands

    @cached_property
    def taken(self) -> Complex:
        """What each load takes from the feeder, (loads, T)."""
        kw = self.loads.demand_kw if self.record is None else self.record.feeder_part
        return np.asarray(kw * (1.0 + 1j * self.loads.kvar_per_kw[:, None]), dtype=np.complex128)

    @cached_property
    def shown(self) -> int:
        """The first interval in which critical loads take most, or all loads where there are no critical ones."""
        critical = self.loads.critical
        counted = self.taken.real[critical] if critical.any() else self.taken.real
        total = counted.sum(axis=0)
        return int(np.argmax(total >= total.max(initial=0.0) * (1.0 - 1e-9)))

    @property
    def shown_stamp(self) -> str:
        """Start of that interval in words."""
        return stamp(self.case, self.shown)

    @cached_property
    def devices(self) -> list[Device]:
        """Grid, generators, batteries, panels, chargers, and nodes at which devices from outside act."""
        return [*self._of_sources(), *self._of_chargers(), *self._of_others()]

    def _of_sources(self) -> Iterator[Device]:
        known, islands = self.sources, self._islands
        rank_of = {int(row): rank for rank, row in enumerate(np.flatnonzero(known.forming))}
        for row, (kind, name, bus) in enumerate(zip(known.kinds, known.names, known.buses, strict=True)):
            holds, level = np.zeros(self.steps, dtype=bool), 1.0
            if row in rank_of:
                nodes = list(islands.former_nodes[rank_of[row]])
                holds = (islands.former[nodes] == rank_of[row]).any(axis=0)
                level = float(np.sqrt(islands.former_w[rank_of[row]]))
            power = np.zeros(self.steps, dtype=complex) if self.record is None else self.record.source_power[row].sum(0)
            yield Device(TABLES[kind], int(known.row[row]), name, bus, np.where(holds, 0.0, power), holds, level)

    def _of_chargers(self) -> Iterator[Device]:
        table, never = self.case.table("chargers"), np.zeros(self.steps, dtype=bool)
        for row, (name, bus) in enumerate(zip(texts(table, "charger"), texts(table, "bus"), strict=True)):
            if bus and not self.fleet.station[row]:
                power = np.zeros(self.steps) if self.record is None else self.record.charger_kw[row]
                yield Device("chargers", row, name, bus, power.astype(complex), never)

    def _of_others(self) -> Iterator[Device]:
        if self.record is None:
            return
        never = np.zeros(self.steps, dtype=bool)
        for node in np.flatnonzero(np.abs(self.record.others).max(axis=1, initial=0.0)):
            bus, phase = self.feeder.nodes[node]
            yield Device("", int(node), f"other_{bus}_{phase}", bus, self.record.others[node], never)

    def closed(self, kind: str) -> Mask:
        """Whether each line or transformer is closed, (rows, T)."""
        return closed_over_time(self.case, kind)

    @cached_property
    def taps(self) -> dict[str, Array]:
        """Mean tap of the phases of each transformer that is ever closed, (T,)."""
        steps, feeder = self.steps, self.feeder
        found = given_taps(feeder, steps) if self.record is None else self.record.standing_taps
        legs: dict[str, list[int]] = {}
        for number, leg in enumerate(feeder.legs):
            if feeder.branches[leg.branch].kind == "transformer":
                legs.setdefault(feeder.branches[leg.branch].name, []).append(number)
        return {name: found[numbers].mean(axis=0) for name, numbers in legs.items()}

    @cached_property
    def live(self) -> dict[str, Mask]:
        """Whether any phase of each bus is live, (T,)."""
        found = {name: np.zeros(self.steps, dtype=bool) for name in texts(self.case.table("buses"), "bus")}
        for node, (bus, _) in enumerate(self.feeder.nodes):
            found[bus] |= self._islands.live[node]
        return found

    @cached_property
    def stored_kwh(self) -> dict[str, tuple[Array, Array]]:
        """Capacity and energy at the start, (T,) each, of all vehicles at each charger, as far as they are there."""
        fleet = self.fleet
        start = np.repeat(fleet.start_kwh[:, None], self.steps, axis=1)
        if self.record is not None:
            start = self.record.vehicle_sheet["energy_start_kwh"]
        size = np.repeat(fleet.capacity_kwh[:, None], self.steps, axis=1)
        found = {}
        for row, name in enumerate(fleet.chargers):
            there = fleet.charger == row
            found[name] = np.where(there, size, 0.0).sum(axis=0), np.where(there, start, 0.0).sum(axis=0)
        return found

    def store(self, device: Device) -> tuple[Array, Array]:
        """Capacity of a battery, or of the vehicles at a charger, and its energy as each interval starts, (T,) each."""
        if device.table == "chargers":
            return self.stored_kwh[device.name]
        known = self.sources
        (row,) = np.flatnonzero(known.of("battery") & (known.row == device.row))
        start = np.full(self.steps, known.start_kwh[row])
        if self.record is not None:
            start[1:] = self.record.source_sheet["energy_end_kwh"][row, :-1]
        return np.full(self.steps, known.capacity_kwh[row]), start
