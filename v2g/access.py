"""Which ways lead to a load: the feeder, the transfer switch of its site (V2H), a cord from a car (V2L)."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import numpy as np

from v2g.replay.columns import flags, texts
from v2g.replay.engines import alive, tank_levels
from v2g.replay.fleet import Ways, ways_of
from v2g.replay.record import Record
from v2g.replay.stands import stands
from v2g.replay.verdict import Array, Index, Mask
from v2g.scarcity import NEAR, SPARE_KW

Barred = Literal["", "dead", "path", "socket", "below"]
EMPTY_L = 1e-3
POLYGON = float(np.cos(np.pi / 32))
"""Share of a rating that the polygon inside the disc gives at its sides."""


class Access:
    """The ways to one load of a plan; V vehicles, T intervals."""

    def __init__(self, record: Record, load: int) -> None:
        self.record, self.load = record, load
        loads = record.loads
        self.site = int(loads.site[load])
        self.nodes: Index = loads.terminals.node[loads.terminals.device == load]
        self.feeder: Mask = record.live[self.nodes].all(axis=0)
        self.name = record.sites.names[self.site] if self.site >= 0 else ""

    @cached_property
    def here(self) -> Mask:
        """Vehicles at the load's site, (V, T)."""
        site = self.record.fleet.site
        return np.asarray((site == self.site) & (self.site >= 0))

    @cached_property
    def able(self) -> Ways:
        """What vehicles could take and give, were none below what its driver needs."""
        return ways_of(self.record.case, stands(self.record.case, self.record.fleet.names))

    @cached_property
    def works(self) -> Mask:
        """Vehicles at a charger that works behind a transfer switch, with the feeder or without, (V, T)."""
        fleet, chargers = self.record.fleet, self.record.case.table("chargers")
        live = self.record.feeder.terminals(chargers).all_live(self.record.live)
        live |= flags(chargers, "island_capable", True)[:, None]
        padded = np.vstack([live, np.zeros((1, self.record.case.steps), dtype=bool)])
        return np.asarray(padded[fleet.charger, np.arange(self.record.case.steps)])

    @cached_property
    def fits(self) -> Mask:
        """Vehicles of which a socket carries the largest appliance of the load, (V,)."""
        need = float(self.record.loads.appliance_kw[self.load])
        return np.asarray(self.record.fleet.socket_kw >= need - 1e-9)

    @cached_property
    def by_switch(self) -> Mask:
        """Vehicles that can feed it through the transfer switch, (V, T)."""
        behind = bool(self.record.loads.by_v2h[self.load])
        return np.asarray(self.here & self.works & (self.record.fleet.v2h_max_kw > 0) & behind)

    @cached_property
    def by_cord(self) -> Mask:
        """Vehicles that can feed it from a socket, (V, T)."""
        plugged = bool(self.record.loads.by_v2l[self.load])
        return np.asarray(self.here & (self.record.fleet.v2l_max_kw > 0) & self.fits[:, None] & plugged)

    @cached_property
    def small_sockets(self) -> Mask:
        """Vehicles there whose sockets are too small for it, (V, T)."""
        plugged = bool(self.record.loads.by_v2l[self.load])
        return np.asarray(self.here & (self.record.fleet.v2l_max_kw > 0) & ~self.fits[:, None] & plugged)

    @cached_property
    def local(self) -> Mask:
        """Vehicles that can feed it without the feeder, (V, T)."""
        return self.by_switch | self.by_cord

    @cached_property
    def open(self) -> Mask:
        """Whether any way leads to it, (T,)."""
        return self.feeder | self.local.any(axis=0)

    @cached_property
    def muted(self) -> Mask:
        """Vehicles that could feed it at its site, were they not below what their drivers need, (V, T)."""
        loads, able = self.record.loads, self.able
        switch = self.works & (able.v2h > 0) & bool(loads.by_v2h[self.load])
        cord = (able.v2l > 0) & self.fits[:, None] & bool(loads.by_v2l[self.load])
        return np.asarray(self.here & (switch | cord) & self.record.fleet.muted)

    def barred(self, at: int) -> Barred:
        """Why no way leads to it in an interval, in a word; blank where one does."""
        if self.open[at]:
            return ""
        if self.muted[:, at].any():
            return "below"
        cords = self.here[:, at] & (self.able.v2l[:, at] > 0)
        if self.record.loads.by_v2l[self.load] and cords.any() and not self.fits[cords].any():
            return "socket"
        return "path" if self.site >= 0 and (self.alone or self.here[:, at].any()) else "dead"

    @cached_property
    def alone(self) -> bool:
        """Whether its bus has no line or transformer at all, and no source."""
        bus = self.record.loads.buses[self.load]
        ends = {end for branch in self.record.feeder.branches for end in (branch.from_bus, branch.to_bus)}
        return bus not in ends and bus not in self.record.sources.buses and not self.feeder.any()

    def gated(self, at: int) -> bool:
        """Whether engines that burn while they run keep its island alive, and stand still."""
        return bool((self._alive[self.nodes, at] < 1.0 - NEAR).any())

    @cached_property
    def _alive(self) -> Array:
        return alive(self.record)

    def empty_tanks(self) -> list[str]:
        """Tanks that run empty in the plan."""
        levels = tank_levels(self.record)
        return [name for name, level in zip(self.record.tanks.names, levels, strict=True) if level.min() <= EMPTY_L]

    def limits(self, at: int) -> list[str]:
        """Limits of its site that the plan reaches in an interval, in words."""
        record, sites, sheet = self.record, self.record.sites, self.record.vehicle_sheet
        if not sites.names:
            return []
        drawn = sites.total(record.feeder_part, record.loads.site)
        drawn -= sites.total(sheet["discharge_kw"] - sheet["charge_kw"], record.fleet.site)
        found = self._exports(-drawn[:, at], at) if self.feeder[at] else []
        if self.site < 0:
            return found
        for what, limit, flow, asked in (
            ("connection to the feeder", sites.import_kw, drawn, bool(self.feeder[at])),
            ("transfer switch", sites.transfer_kw, self._at_site("v2h_kw"), bool(self.by_switch[:, at].any())),
            ("cords from cars", sites.sockets_kw, self._at_site("v2l_kw"), bool(self.by_cord[:, at].any())),
        ):
            most = float(limit[self.site])
            if asked and np.isfinite(most) and flow[self.site, at] >= most - max(NEAR * most, NEAR):
                found.append(f"{what} of {self.name} ({most:g} kW)")
        return found

    def _exports(self, given: Array, at: int) -> list[str]:
        """Sites whose vehicles hold more for the feeder than their connection lets out."""
        fleet, sites = self.record.fleet, self.record.sites
        above = self.record.vehicle_sheet["energy_end_kwh"][:, at] - fleet.floor_kwh[:, at + 1]
        holds = (fleet.discharge_max_kw[:, at] > 0) & (above > SPARE_KW)
        most = sites.export_kw
        full = np.flatnonzero(np.isfinite(most) & (given >= most * (1.0 - NEAR) - NEAR))
        found = sorted(set(fleet.site[holds, at].tolist()) & set(full.tolist()))
        return [f"connection of {sites.names[j]} to the feeder ({most[j]:g} kW out)" for j in found]

    def full_sources(self, at: int) -> list[str]:
        """Sources at the limit of a phase on which the load hangs, in words."""
        sources, feeder = self.record.sources, self.record.feeder
        mine = {feeder.nodes[node][1] for node in self.nodes}
        found = []
        for row in np.flatnonzero(sources.available[:, at] & sources.forming):
            for column, phase in enumerate("abc"):
                power = float(self.record.source_power[row, column, at].real)
                most = min(float(sources.phase_kw[row]), float(sources.phase_kva[row]) * POLYGON)
                if phase in mine and sources.weight[row, column] != 0 and power >= most * (1.0 - NEAR) > 0:
                    found.append(f"{sources.name(int(row))}, phase {phase} ({most:.3g} kW)")
        return found

    def _at_site(self, column: str) -> Array:
        return self.record.sites.total(self.record.vehicle_sheet[column], self.record.fleet.site)

    def spare_kw(self, at: int) -> float:
        """Power that vehicles at its site could still give it in an interval, were energy moved in time."""
        fleet, sheet, mine = self.record.fleet, self.record.vehicle_sheet, self.local[:, at]
        switch = np.where(self.by_switch[:, at], fleet.v2h_max_kw[:, at] - sheet["v2h_kw"][:, at], 0.0)
        cord = np.where(self.by_cord[:, at], fleet.v2l_max_kw[:, at] - sheet["v2l_kw"][:, at], 0.0)
        room = np.minimum(switch + cord, fleet.give_max_kw[:, at] - self.record.given[:, at])
        above = sheet["energy_end_kwh"][:, at] - fleet.floor_kwh[:, at + 1]
        begun = sheet["energy_start_kwh"][:, at] - fleet.floor_kwh[:, at]
        return float(room[mine & (np.maximum(above, begun) > SPARE_KW)].sum())

    def most_kw(self, at: int) -> float:
        """Power that vehicles at its site can give to its loads in an interval, by the ways that lead to this one."""
        fleet, sites = self.record.fleet, self.record.sites
        switch = np.where(self.by_switch[:, at], fleet.v2h_max_kw[:, at], 0.0)
        cord = np.where(self.by_cord[:, at], fleet.v2l_max_kw[:, at], 0.0)
        most = float(np.minimum(switch + cord, fleet.give_max_kw[:, at]).sum())
        limits = ((switch, sites.transfer_kw), (cord, sites.sockets_kw))
        return min(most, sum(min(float(way.sum()), float(limit[self.site])) for way, limit in limits))

    def first(self, at: int) -> tuple[float, list[str]]:
        """Power that vehicles give in an interval to loads of its site that may never stop and are of its tier or an
        earlier one, and which these are."""
        loads, sheet = self.record.loads, self.record.load_sheet
        given = sheet["v2h_kw"][:, at] + sheet["v2l_kw"][:, at]
        steady = loads.critical & ~np.isin(np.arange(len(loads.names)), loads.services.load)
        rows = steady & (loads.site == self.site) & (loads.tier <= loads.tier[self.load]) & (given > SPARE_KW)
        rows[self.load] = False
        names = [f"{loads.names[row]} (tier {int(loads.tier[row])})" for row in np.flatnonzero(rows)]
        return float(given[rows].sum()), names

    def held_kwh(self, at: int) -> float:
        """Energy above what drivers need, in vehicles that can feed it at its site, at the end of an interval."""
        above = self.record.vehicle_sheet["energy_end_kwh"][:, at] - self.record.fleet.floor_kwh[:, at + 1]
        return float(np.maximum(0.0, above)[self.local[:, at]].sum())

    def bars(self, at: int) -> list[str]:
        """What stands in each way in an interval in which none is open, in words."""
        found = ["it hangs on no line" if self.alone else "its bus is dead"]
        if self.site < 0:
            return found
        if not self.here[:, at].any() and (self.record.loads.by_v2h[self.load] or self.record.loads.by_v2l[self.load]):
            return [*found, f"no car stands at {self.name}"]
        return [*found, f"transfer switch (V2H): {self._no_switch(at)}", f"cord from a car (V2L): {self._no_cord(at)}"]

    def _no_switch(self, at: int) -> str:
        record, fleet = self.record, self.record.fleet
        if not record.loads.by_v2h[self.load]:
            return "its circuit is not behind the transfer switch"
        sites = np.array(texts(record.case.table("chargers"), "site"), dtype=object)
        posts = np.flatnonzero(fleet.premises & (sites == self.name))
        if not posts.size:
            return f"no charger feeds the premises at {self.name}"
        cars = np.isin(fleet.charger[:, at], posts)
        if not cars.any():
            return f"no car is plugged in at {self.name}"
        able = cars & (self.able.v2h[:, at] > 0)
        if not able.any():
            return f"no car that is plugged in at {self.name} can give to premises"
        if not (able & self.works[:, at]).any():
            return "the charger does not work without the feeder"
        return "the cars there are below what their drivers need"

    def _no_cord(self, at: int) -> str:
        if not self.record.loads.by_v2l[self.load]:
            return "it cannot be plugged into a car"
        sockets = self.here[:, at] & (self.able.v2l[:, at] > 0)
        if not sockets.any():
            return f"no car at {self.name} has a socket"
        if not self.fits[sockets].any():
            need, most = self.record.loads.appliance_kw[self.load], self.record.fleet.socket_kw[sockets].max()
            return f"its largest appliance asks for {need:g} kW, and the largest socket there gives {most:g} kW"
        return "the cars there are below what their drivers need"

    def floors(self, mine: Mask, last: int) -> dict[str, float]:
        """What is kept back at the end in some vehicles (V,), in kWh: for owners, and by orders."""
        fleet = self.record.fleet
        floor = fleet.floor_kwh[:, last + 1]
        own = np.minimum(fleet.reserve_kwh, floor)
        return {"reserves_kwh": float(own[mine].sum()), "orders_kwh": float((floor - own)[mine].sum())}
