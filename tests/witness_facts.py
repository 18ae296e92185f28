"""What the tables of a case say of places, times and needs, worked out by hand from the specification.

First of three files of the witness (`witness`, `witness_physics`): it shares no code with models, deriving, or engine.
Left out: voltages, reactive power, and phases. A bus is one node, and what stands there gives or takes its total.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from v2g.case import Case

Row = dict[str, Any]


def records(case: Case, table: str) -> list[Row]:
    """The rows of a table."""
    return case.table(table).to_dict("records")


def known(value: Any, otherwise: float) -> float:
    """A number, or something else where it is blank."""
    return otherwise if value is None or pd.isna(value) else float(value)


class Clock:
    """Hours since the start: ``edge`` (T + 1,), ``dt`` (T,)."""

    def __init__(self, case: Case) -> None:
        self.start = case.boundaries[0]
        self.edge = np.array([self.hour(moment) for moment in case.boundaries])
        self.dt = np.diff(self.edge)
        self.steps, self.end = len(self.dt), float(self.edge[-1])

    def hour(self, moment: Any) -> float:
        return float((moment - self.start).total_seconds() / 3600.0)

    def window(self, row: Row) -> tuple[float, float]:
        """From and until in h, inside the horizon; blank is open."""
        first, last = row.get("from_utc"), row.get("until_utc")
        return (
            max(0.0, self.hour(first)) if first is not None and not pd.isna(first) else 0.0,
            min(self.end, self.hour(last)) if last is not None and not pd.isna(last) else self.end,
        )

    def overlap(self, first: float, last: float) -> np.ndarray:
        """Hours of each interval between two times, shape (T,)."""
        return np.clip(np.minimum(last, self.edge[1:]) - np.maximum(first, self.edge[:-1]), 0.0, None)

    def point_from(self, hour: float) -> int:
        """First point at or after a time; T + 1 if there is none."""
        return int(np.searchsorted(self.edge, hour - 1e-9))

    def point_until(self, hour: float) -> int:
        """Last point at or before a time; -1 if there is none."""
        return int(np.searchsorted(self.edge, hour + 1e-9, side="right")) - 1


@dataclass
class Place:
    """Where a vehicle is in one interval."""

    charger: Row | None
    site: str
    share: float


class Fleet:
    """Vehicles: where they are, what they lose by themselves, what they must hold."""

    def __init__(self, case: Case, clock: Clock) -> None:
        self.case, self.clock = case, clock
        self.rows = records(case, "vehicles")
        self.chargers = {row["charger"]: row for row in records(case, "chargers")}
        self.places = [self._places(car) for car in self.rows]
        self.trip = np.array([self._trip(car) for car in self.rows]).reshape(len(self.rows), clock.steps)
        self.standby = np.array([self._standby(v) for v in range(len(self.rows))]).reshape(self.trip.shape)
        self.untouched, self.lacking = self._untouched()
        self.level = self._levels()
        self._designate()
        self.below = self.untouched < self.level - 1e-9
        self.floor = np.minimum(self.level, self.untouched)

    def _places(self, car: Row) -> list[Place | None]:
        best: list[Place | None] = [None] * self.clock.steps
        for stay in records(self.case, "stays"):
            if stay["vehicle"] != car["vehicle"]:
                continue
            charger = self.chargers.get(stay["charger"])
            site = charger["site"] if charger else stay["site"]
            share = self.clock.overlap(*self.clock.window(stay)) / self.clock.dt
            for t in np.flatnonzero(share):
                known_place = best[t]
                if known_place is None or share[t] > known_place.share + 1e-12:
                    best[t] = Place(charger, site, float(share[t]))
        return best

    def _trip(self, car: Row) -> np.ndarray:
        energy = np.zeros(self.clock.steps)
        for trip in records(self.case, "trips"):
            if trip["vehicle"] == car["vehicle"]:
                first, last = self.clock.hour(trip["depart_utc"]), self.clock.hour(trip["return_utc"])
                energy += trip["energy_kwh"] * self.clock.overlap(first, last) / (last - first)
        return energy

    def _standby(self, v: int) -> list[float]:
        places = zip(self.places[v], self.clock.dt, strict=True)
        return [p.charger["standby_kw"] * p.share * dt if p and p.charger else 0.0 for p, dt in places]

    def _untouched(self) -> tuple[np.ndarray, np.ndarray]:
        use = self.trip + self.standby
        energy = np.zeros((len(self.rows), self.clock.steps + 1))
        lacking = np.zeros_like(use)
        for v, car in enumerate(self.rows):
            energy[v, 0] = car["start_kwh"]
            for t in range(self.clock.steps):
                lacking[v, t] = max(0.0, use[v, t] - energy[v, t])
                energy[v, t + 1] = max(0.0, energy[v, t] - use[v, t])
        return energy, lacking

    def _levels(self) -> np.ndarray:
        level = np.zeros_like(self.untouched)
        for v, car in enumerate(self.rows):
            km = known(car["kwh_per_km"], 0.0)
            level[v] = max(car["reserve_kwh"], car["reserve_km"] * km)
            for need in records(self.case, "needs"):
                if need["vehicle"] in ("", car["vehicle"]):
                    self._raise(level, v, self._span(need), max(need["energy_kwh"], need["km"] * km))
            self._orders(level, v, car["vehicle"])
        return level

    def _orders(self, level: np.ndarray, v: int, name: str) -> None:
        for trip in records(self.case, "trips"):
            if trip["vehicle"] == name and not pd.isna(trip["return_kwh"]):
                point = self.clock.point_from(self.clock.hour(trip["return_utc"]))
                self._raise(level, v, (point, point), trip["return_kwh"])
        for stay in records(self.case, "stays"):
            if stay["vehicle"] == name and not pd.isna(stay["leave_kwh"]):
                hour = self.clock.hour(stay["until_utc"])
                point = self.clock.point_until(hour) if hour <= self.clock.end + 1e-9 else self.clock.steps + 1
                self._raise(level, v, (point, point), stay["leave_kwh"])
                if 0 <= point < self.clock.steps and hour > self.clock.edge[point] + 1e-9:
                    self._raise(level, v, (point + 1, point + 1), stay["leave_kwh"] - self._driven(name, hour, point))

    def _driven(self, name: str, hour: float, t: int) -> float:
        """What a vehicle that leaves inside an interval drives until its end."""
        used = 0.0
        for trip in records(self.case, "trips"):
            first, last = self.clock.hour(trip["depart_utc"]), self.clock.hour(trip["return_utc"])
            if trip["vehicle"] == name and first >= hour - 1e-9:
                used += trip["energy_kwh"] * self.clock.overlap(first, last)[t] / (last - first)
        return used

    def _span(self, row: Row) -> tuple[int, int]:
        first, last = self.clock.window(row)
        return self.clock.point_until(first), self.clock.point_from(last)

    def _raise(self, level: np.ndarray, v: int, span: tuple[int, int], energy: float) -> None:
        for k in range(max(0, span[0]), min(span[1], self.clock.steps) + 1):
            level[v, k] = min(max(level[v, k], energy), self.rows[v]["capacity_kwh"])

    def _designate(self) -> None:
        orders = records(self.case, "fleet_minimum")
        for order in orders:
            first, last = self._span(order)
            for k in range(first, min(last, self.clock.steps) + 1):
                for v in self._ready(k, order["energy_kwh"])[: int(order["vehicles"])]:
                    self._raise(self.level, v, (k, k), order["energy_kwh"])

    def _ready(self, k: int, energy: float) -> list[int]:
        """Vehicles not on a trip, in the order in which they are designated."""
        here = [v for v in range(len(self.rows)) if not self._drives(v, k)]
        held = self.untouched[:, k]
        return sorted(here, key=lambda v: (held[v] < energy - 1e-9, self.can_give(v), -held[v], v))

    def _drives(self, v: int, k: int) -> bool:
        now = self.clock.edge[k]
        trips = [t for t in records(self.case, "trips") if t["vehicle"] == self.rows[v]["vehicle"]]
        spans = [(self.clock.hour(t["depart_utc"]), self.clock.hour(t["return_utc"])) for t in trips]
        return any(first < now - 1e-9 and now < last - 1e-9 for first, last in spans)

    def can_give(self, v: int) -> bool:
        """Whether it is ever at a place where it could give in some way."""
        return any(p is not None and sum(self.limits(v, t)[1:4]) > 0 for t, p in enumerate(self.places[v]))

    def v2l_kw(self, v: int) -> float:
        """Most of all sockets together."""
        car = self.rows[v]
        sockets = float(car["sockets"] * car["socket_kw"])
        return min(known(car["v2l_kw"], sockets), sockets)

    def limits(self, v: int, t: int) -> tuple[float, float, float, float, float]:
        """Charge, V2G, V2H, V2L and all ways of giving, in kW, were everything live."""
        place, car = self.places[v][t], self.rows[v]
        if place is None:
            return 0.0, 0.0, 0.0, 0.0, 0.0
        post, share, sockets = place.charger, place.share, self.v2l_kw(v)
        charge = min(car["charge_kw"], post["charge_kw"]) * share if post else 0.0
        home = post is not None and post["feeds"] == "premises"
        grid = min(car["discharge_kw"], post["discharge_kw"]) * share if post and not home else 0.0
        house = min(car["v2h_kw"], post["discharge_kw"]) * share if post and home else 0.0
        give = known(car["give_kw"], max(car["discharge_kw"], car["v2h_kw"], sockets)) * share
        return charge, grid, house, sockets * share if place.site else 0.0, give

    def quiet(self, v: int, t: int) -> bool:
        """Below what it must hold at one end of the interval: it gives nothing."""
        return bool(self.below[v, t] or self.below[v, t + 1])


class Feeder:
    """What is closed, live, and formed by whom, interval by interval."""

    def __init__(self, case: Case, clock: Clock, fleet: Fleet) -> None:
        self.case, self.clock, self.fleet = case, clock, fleet
        self.buses = [row["bus"] for row in records(case, "buses")]
        self.legs = [row | {"leg": row["line"]} for row in records(case, "lines")]
        self.legs += [row | {"leg": row["transformer"]} for row in records(case, "transformers")]
        self.closed = np.array([self._closed(leg) for leg in self.legs], dtype=bool).reshape(-1, clock.steps)
        self.formers = [self._formers(t) for t in range(clock.steps)]
        self.island = [self._islands(t) for t in range(clock.steps)]

    def _closed(self, leg: Row) -> np.ndarray:
        state = np.full(self.clock.steps, bool(leg["closed"]))
        events = [e for e in records(self.case, "events") if e["element"] == leg["leg"]]
        for event in sorted(events, key=lambda e: e["at_utc"]):
            hour = self.clock.hour(event["at_utc"])
            if event["event"] == "out":
                state[max(0, self.clock.point_until(hour)) :] = False
            if event["event"] == "back":
                state[self.clock.point_from(hour) :] = True
        return state

    def present(self, row: Row, t: int) -> bool:
        """In its window for the whole interval."""
        first, last = self.clock.window(row)
        return bool(first <= self.clock.edge[t] + 1e-9 and last >= self.clock.edge[t + 1] - 1e-9)

    def _formers(self, t: int) -> list[tuple[str, str, str]]:
        """Kind, name and bus of what forms in an interval."""
        found = [("grid", g["grid"], g["bus"]) for g in records(self.case, "grid") if self.present(g, t)]
        engines = [g for g in records(self.case, "generators") if g["forming"] and self.present(g, t)]
        found += [("generator", g["generator"], g["bus"]) for g in engines]
        found += [("battery", b["battery"], b["bus"]) for b in records(self.case, "batteries") if b["forming"]]
        posts = [c for c in self.fleet.chargers.values() if c["forming"] and self._manned(c, t)]
        return found + [("station", c["charger"], c["bus"]) for c in posts]

    def _manned(self, charger: Row, t: int) -> bool:
        """A vehicle that can give is plugged in there throughout."""
        for v, places in enumerate(self.fleet.places):
            p = places[t]
            here = p is not None and p.charger is not None and p.charger["charger"] == charger["charger"]
            if here and p and p.share > 1 - 1e-9 and not self.fleet.quiet(v, t) and self.fleet.limits(v, t)[1] > 0:
                return True
        return False

    def _islands(self, t: int) -> dict[str, int]:
        """Number of the island of each bus."""
        island = {bus: number for number, bus in enumerate(self.buses)}
        for leg in [leg for leg, state in zip(self.legs, self.closed, strict=True) if state[t]]:
            one, two = island[leg["from_bus"]], island[leg["to_bus"]]
            island = {bus: one if number == two else number for bus, number in island.items()}
        return island

    def who_forms(self, bus: str, t: int) -> list[tuple[str, str, str]]:
        """Formers of the island of a bus; none: it is dead."""
        home = self.island[t].get(bus)
        return [f for f in self.formers[t] if self.island[t][f[2]] == home]

    def gate(self, bus: str, t: int) -> list[str]:
        """Names of the engines without which nothing runs there; empty: the island is not gated."""
        idle = {("generator", g["generator"]): g["idle_l_per_h"] for g in records(self.case, "generators")}
        formers = self.who_forms(bus, t)
        return [f[1] for f in formers] if all(idle.get(f[:2], 0) > 0 for f in formers) else []
