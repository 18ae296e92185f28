"""What could feed a load while it lacks something, and what of that is never used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from v2g.access import Access
from v2g.precedence import LEAST_KWH
from v2g.replay.engines import tank_levels
from v2g.replay.record import Record
from v2g.replay.verdict import Array, Index, Mask
from v2g.scarcity import Scarcity


@dataclass(frozen=True)
class Unused:
    """Vehicles, batteries and engines within reach of a load in the intervals ``at`` that it misses; V vehicles, G
    sources, T intervals."""

    short: Scarcity
    access: Access
    at: Index

    @property
    def record(self) -> Record:
        """Case and plan."""
        return self.short.record

    @property
    def load(self) -> int:
        """Row of the load."""
        return self.access.load

    @cached_property
    def island(self) -> Index:
        """Island of the load, (T,)."""
        return np.asarray(self.short.island[self.access.nodes[0]])

    def words(self, left: dict[str, float]) -> str:
        """What of all that could feed the load is left at the end, of the kinds that there are."""
        vehicles = f"{left['can_give']:.1f} kWh in vehicles that can feed it then"
        batteries = f"{left['batteries']:.1f} kWh in batteries"
        fuel = f"{left['fuel_l']:.3g} of {left['tank_l']:.3g} L of fuel"
        kinds = (
            (bool(self.feeding.any()), left["can_give"], "the vehicles that can feed it then", vehicles),
            (bool(self.batteries.any()), left["batteries"], "the batteries", batteries),
            (left["tank_l"] > 0.0, left["fuel_l"], "the tanks of the engines", fuel),
        )
        there = [(amount, noun, words) for some_, amount, noun, words in kinds if some_]
        if not there:
            return "No vehicle, battery or engine can feed it then."
        never = [words for amount, _, words in there if amount >= LEAST_KWH]
        if never:
            little = sum(left[key] for key in ("can_give", "batteries")) < self._run_kwh and left["fuel_l"] < LEAST_KWH
            return f"Never used: {', '.join(never)}{', too little for one more run of it' if little else ''}."
        nouns = [noun for _, noun, _ in there]
        return f"All is used that may be taken from {' and '.join(filter(None, [', '.join(nouns[:-1]), nouns[-1]]))}."

    @property
    def _run_kwh(self) -> float:
        """The least energy with which a load with service hours gets further; 0 for others."""
        loads, days = self.record.loads, self.record.loads.services
        if not days.by_hours[days.load == self.load].any():
            return 0.0
        least = np.maximum(self.record.hours[self.at], days.run_h[self.load]) * loads.demand_kw[self.load, self.at]
        return float(least.min())

    @cached_property
    def feeding(self) -> Mask:
        """Vehicles that can feed the load at some time while it misses something, (V,)."""
        fleet, first, last = self.record.fleet, int(self.at[0]), int(self.at[-1])
        feeds = (fleet.discharge_max_kw > 0) & (self.short.vehicle_island == self.island) & self.access.feeder
        return np.asarray((feeds | self.access.local)[:, first : last + 1].any(axis=1))

    @cached_property
    def mine(self) -> Mask:
        """Sources in the island of the load at some time while it misses something, (G,)."""
        first, last = int(self.at[0]), int(self.at[-1])
        return np.asarray((self.short.source_island == self.island)[:, first : last + 1].any(axis=1))

    @property
    def batteries(self) -> Mask:
        """Batteries among these, (G,)."""
        return self.mine & self.record.sources.of("battery")

    def left(self) -> dict[str, float]:
        """Energy above reserve that no later interval needs, by what it could have done, and fuel."""
        short, fleet, access = self.short, self.record.fleet, self.access
        first, last = int(self.at[0]), int(self.at[-1])
        above = np.maximum(0.0, short.vehicle_above[:, last:].min(axis=1))
        here = self.feeding
        ever = (fleet.discharge_max_kw + fleet.v2h_max_kw + fleet.v2l_max_kw > 0).any(axis=1)
        small = access.small_sockets[:, first : last + 1].any(axis=1) & ~here
        supply, left = self._fuel(self.mine & self.record.sources.of("generator"))
        return {
            "can_give": float(above[here].sum()),
            "elsewhere": float(above[ever & ~here & ~small].sum()),
            **({"small_sockets": float(above[small].sum())} if small.any() else {}),
            "charge_only": float(above[~ever].sum()),
            "batteries": float(np.maximum(0.0, short.battery_above[self.mine, last:].min(axis=1)).sum()),
            "fuel_l": left,
            "tank_l": supply,
        }

    @cached_property
    def fuel_kwh(self) -> Array:
        """Energy in the fuel of the load's island that is there in an interval and never burnt, (T,)."""
        sources, tanks = self.record.sources, self.record.tanks
        here = (self.short.source_island == self.island) & sources.of("generator")[:, None]
        out = np.zeros(self.record.case.steps)
        for tank in np.unique(tanks.of_generator[sources.row[here.any(axis=1)]]):
            mine = here & (self._tank == tank)[:, None]
            rate = np.where(mine, sources.fuel_l_per_kwh[:, None], np.inf).min(axis=0)
            levels = np.maximum(0.0, tank_levels(self.record)[tank])
            out += np.minimum.accumulate(levels[::-1])[::-1] / rate
        return out

    @cached_property
    def _tank(self) -> Index:
        """Tank of each source, -1 where it is no generator, (G,)."""
        sources, out = self.record.sources, np.full(len(self.record.sources.names), -1, dtype=np.int64)
        generators = sources.of("generator")
        out[generators] = self.record.tanks.of_generator[sources.row[generators]]
        return out

    def _fuel(self, engines: Mask) -> tuple[float, float]:
        """Litres there are in the tanks of some sources, deliveries among them, and litres never burnt."""
        tanks, sources = self.record.tanks, self.record.sources
        used = np.unique(tanks.of_generator[sources.row[engines]]) if engines.any() else np.zeros(0, dtype=np.int64)
        if not used.size:
            return 0.0, 0.0
        return float(tanks.supply_l[used, -1].sum()), max(0.0, float(tank_levels(self.record)[used, -1].sum()))
