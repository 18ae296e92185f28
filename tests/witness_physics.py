"""Vehicles, places, sources and the feeder as rows of a program, written from the specification."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from witness_facts import Clock, Feeder, Fleet, Row, known, records
from witness_program import CONSTANT, Program, Terms, add, sum_of

from v2g.case import Case

DISC = math.cos(math.pi / 32)
"""A disc is a regular 32-gon with an edge across the axis of power: so much of the kVA of a source is usable there."""


class Physics:
    """Everything that flows.

    ``received[l, t]`` is what each load has of use, ``energy[v, k]`` what vehicles hold, ``fuel`` what is burnt.
    """

    def __init__(self, case: Case) -> None:
        self.case, self.program, self.clock = case, Program(), Clock(case)
        self.fleet = Fleet(case, self.clock)
        self.feeder = Feeder(case, self.clock, self.fleet)
        self.loads, self.sites = records(case, "loads"), records(case, "sites")
        self.demand = case.profile(case.table("loads")["profile"]) * case.table("loads")["kw"].to_numpy()[:, None]
        self.injected: dict[tuple[str, int], Terms] = defaultdict(dict)
        self.imported: dict[tuple[str, int], Terms] = defaultdict(dict)
        self.by_house: dict[tuple[str, int], Terms] = defaultdict(dict)
        self.by_socket: dict[tuple[str, int], Terms] = defaultdict(dict)
        self.plugged: dict[tuple[int, int], Terms] = defaultdict(dict)
        self.station: dict[tuple[str, int], Terms] = defaultdict(dict)
        self.run: dict[tuple[str, int], Terms] = {}
        self.made: dict[tuple[str, int], Terms] = {}
        self.received: dict[tuple[int, int], Terms] = {}
        self.energy: dict[tuple[int, int], Terms] = {}
        self.starts: dict[tuple[int, int], Terms] = {}
        self.shortfall: dict[tuple[int, int], Terms] = {}
        self.missed: dict[tuple[int, int], Terms] = {}
        self.fuel: dict[tuple[str, int], Terms] = {}
        self.stock: Terms = {}
        self._engines()
        for v in range(len(self.fleet.rows)):
            self._vehicle(v)
        for number, load in enumerate(self.loads):
            for t in range(self.clock.steps):
                self._load(number, load, t)
        self._batteries()
        self._others()
        for t in range(self.clock.steps):
            self._places(t)
            self._balance(t)

    def live(self, bus: str, t: int) -> bool:
        return bool(self.feeder.who_forms(bus, t))

    def _gated(self, power: Terms, most: float, bus: str, t: int) -> None:
        """While the engines of its island stand still, nothing is taken there."""
        engines = self.feeder.gate(bus, t)
        if engines:
            self.program.at_most(power, add({}, sum_of(*[self.run[e, t] for e in engines]), most))

    def _vehicle(self, v: int) -> None:
        fleet, car, program = self.fleet, self.fleet.rows[v], self.program
        self.energy[v, 0] = {CONSTANT: car["start_kwh"]}
        for t, dt in enumerate(self.clock.dt):
            change = self._ways(v, t, dt)
            use = fleet.trip[v, t] + fleet.standby[v, t]
            sleeps = min(fleet.standby[v, t], fleet.lacking[v, t])
            asleep = program.column(0.0, sleeps)
            self.missed[v, t] = program.column(0.0, max(0.0, fleet.lacking[v, t] - sleeps))
            self.energy[v, t + 1] = program.column(fleet.floor[v, t + 1], car["capacity_kwh"])
            held = sum_of(self.energy[v, t], change, asleep, self.missed[v, t], {CONSTANT: -use})
            program.equal(self.energy[v, t + 1], held)
            if fleet.below[v, t + 1]:
                self.shortfall[v, t] = program.column()
                lacks = add({CONSTANT: fleet.level[v, t + 1]}, self.energy[v, t + 1], -1.0)
                program.at_most(lacks, self.shortfall[v, t])

    def _ways(self, v: int, t: int, dt: float) -> Terms:
        """Charge and three ways to give; what that does to the energy on board."""
        place = self.fleet.places[v][t]
        change: Terms = {}
        if place is None:
            return change
        charge, grid, house, sockets, give = self.fleet.limits(v, t)
        post, program, both, given = place.charger, self.program, {}, {}  # type: ignore[var-annotated]
        live = post is not None and self.live(post["bus"], t)
        able = not self.fleet.quiet(v, t)
        if post and live and charge > 0:
            taken = program.column(0.0, charge)
            self._at_post(post, t, taken, -1.0)
            self._gated(taken, charge, post["bus"], t)
            add(change, taken, dt * post["charge_eff"])
            add(both, taken, 1.0 / charge)
        if post and live and able and grid > 0:
            add(given, out := program.column(0.0, grid))
            self._at_post(post, t, out, 1.0)
            self._gated(out, grid, post["bus"], t)
            add(change, out, -dt / post["discharge_eff"])
        if post and able and house > 0 and (live or post["island_capable"]):
            add(given, out := program.column(0.0, house))
            add(self.by_house[place.site, t], out)
            add(change, out, -dt / post["discharge_eff"])
        if able and sockets > 0:
            out = self._sockets(v, t, place.site)
            program.at_most(out, sockets)
            add(given, out)
            add(change, out, -dt / self.fleet.rows[v]["v2l_eff"])
        program.at_most(given, give)
        program.at_most(add(both, given, 1.0 / give) if give > 0 else both, 1.0)
        return change

    def _at_post(self, post: Row, t: int, power: Terms, sign: float) -> None:
        """What a charger gives to (sign 1) or takes from (-1) the feeder."""
        forms = post["forming"] and post["feeds"] == "feeder"
        add(self.station[post["charger"], t] if forms else self.injected[post["bus"], t], power, sign)
        if post["site"]:
            add(self.imported[post["site"], t], power, -sign)

    def _sockets(self, v: int, t: int, site: str) -> Terms:
        """What a vehicle gives by its sockets, to each appliance that fits."""
        total: Terms = {}
        for number, load in enumerate(self.loads):
            fits = known(load["appliance_kw"], 0.0) <= self.fleet.rows[v]["socket_kw"] + 1e-12
            if load["site"] == site and load["by_v2l"] and fits:
                flow = self.program.column()
                add(self.plugged[number, t], flow)
                add(self.by_socket[site, t], flow)
                add(total, flow)
        return total

    def _load(self, number: int, load: Row, t: int) -> None:
        program, demand = self.program, float(self.demand[number, t])
        received = self.received[number, t] = program.column(0.0, demand)
        parts = sum_of(self.plugged[number, t])
        if self.live(load["bus"], t):
            drawn = program.column()
            add(parts, drawn)
            add(self.injected[load["bus"], t], drawn, -1.0)
            self._gated(drawn, demand * load["pickup_factor"], load["bus"], t)
            if load["site"]:
                add(self.imported[load["site"], t], drawn)
        if load["site"] and load["by_v2h"] and (load["site"], t) in self.by_house:
            house = program.column()
            add(parts, house)
            add(self.by_house[load["site"], t], house, -1.0)
        program.equal(parts, sum_of(received, self._surge(number, load, t)))

    def asks(self, number: int) -> list[int]:
        """Intervals in which a load asks for something."""
        return [int(t) for t in np.flatnonzero(self.demand[number] > 0)]

    def _surge(self, number: int, load: Row, t: int) -> Terms:
        """Power beyond the demand, for a while after each start."""
        if load["pickup_factor"] <= 1.0 or self.demand[number, t] <= 0:
            return {}
        asks = self.asks(number)
        at = asks.index(t)
        start = self.starts[number, t] = self.program.column()
        rise = self.share(number, t)
        if at:
            add(rise, self.share(number, asks[at - 1]), -1.0)
        self.program.at_most(rise, start)
        first = self.clock.edge[t] - load["pickup_h"]
        recent = [self.starts[number, s] for s in asks[: at + 1] if self.clock.edge[s] > first + 1e-9]
        return add({}, sum_of(*recent), (load["pickup_factor"] - 1.0) * self.demand[number, t])

    def share(self, number: int, t: int) -> Terms:
        """Received over demand."""
        return add({}, self.received[number, t], 1.0 / self.demand[number, t])

    def _places(self, t: int) -> None:
        for site in self.sites:
            name, program = site["site"], self.program
            for way, limit in ((self.by_house, "transfer_kw"), (self.by_socket, "sockets_kw")):
                self._limit(way, (name, t), known(site[limit], np.inf))
            net = self.imported[name, t]
            program.between(net, -known(site["export_kw"], np.inf), known(site["import_kw"], np.inf))

    def _limit(self, way: Mapping[tuple[str, int], Terms], key: tuple[str, int], most: float) -> None:
        """V2H: what cars give, positive, is what loads take, negative; both sides are bounded alike."""
        terms = dict(way.get(key, {}))
        given = {c: a for c, a in terms.items() if a > 0}
        self.program.at_most(given, most)
        if way is self.by_house:
            self.program.equal(terms, {})

    def _engines(self) -> None:
        tanks = {f"tank {row['tank']}": row["fuel_l"] for row in records(self.case, "tanks")}
        burnt: dict[tuple[str, int], Terms] = defaultdict(dict)
        for engine in records(self.case, "generators"):
            tank = f"tank {engine['tank']}" if engine["tank"] else f"own {engine['generator']}"
            tanks.setdefault(tank, engine["fuel_l"])
            for t in range(self.clock.steps):
                add(burnt[tank, t], self._engine(engine, t))
        for engine in records(self.case, "generators"):
            for t in range(self.clock.steps):
                self._gated(self.made[engine["generator"], t], engine["rating_kw"], engine["bus"], t)
        for tank, level in tanks.items():
            self._tank(tank, level, burnt)

    def _engine(self, engine: Row, t: int) -> Terms:
        """Litres it burns in an interval."""
        program, name, idle = self.program, engine["generator"], engine["idle_l_per_h"]
        first, last = self.clock.window(engine)
        share = self.clock.overlap(first, last)[t] / self.clock.dt[t]
        live = self.live(engine["bus"], t)
        self.run[name, t] = program.column(0.0, 1.0) if idle > 0 else {CONSTANT: 1.0}
        most = min(engine["rating_kw"], known(engine["rating_kva"], engine["rating_kw"]) * DISC) * share * live
        output = self.made[name, t] = program.column(0.0, most)
        program.at_most(output, add({}, self.run[name, t], most))
        add(self.injected[engine["bus"], t], output)
        burnt = add({}, output, engine["fuel_l_per_kwh"] * self.clock.dt[t])
        return add(burnt, self.run[name, t], idle * self.clock.dt[t])

    def _tank(self, tank: str, level: float, burnt: Mapping[tuple[str, int], Terms]) -> None:
        name = tank.split(" ", 1)[1]
        left: Terms = {CONSTANT: level}
        for t in range(self.clock.steps):
            for event in [e for e in records(self.case, "events") if e["event"] == "fuel" and e["element"] == name]:
                if self.clock.point_from(self.clock.hour(event["at_utc"])) == t:
                    add(left, {CONSTANT: event["litres"]})
            self.fuel[tank, t] = burnt.get((tank, t), {})
            left = add(dict(left), self.fuel[tank, t], -1.0)
            self.program.at_most({}, left)
        rates = [g["fuel_l_per_kwh"] for g in records(self.case, "generators") if name in (g["tank"], g["generator"])]
        if rates and min(rates) > 0:
            add(self.stock, left, 1.0 / min(rates))

    def _batteries(self) -> None:
        for box in records(self.case, "batteries"):
            low = min(box["reserve_kwh"], box["start_kwh"])
            held: Terms = {CONSTANT: box["start_kwh"]}
            rating = known(box["rating_kva"], np.inf) * DISC
            for t, dt in enumerate(self.clock.dt):
                live = self.live(box["bus"], t)
                taken = self.program.column(0.0, min(box["charge_kw"], rating) * live)
                given = self.program.column(0.0, min(box["discharge_kw"], rating) * live)
                self._gated(taken, box["charge_kw"], box["bus"], t)
                self._gated(given, box["discharge_kw"], box["bus"], t)
                add(add(self.injected[box["bus"], t], given), taken, -1.0)
                after = self.program.column(low, box["capacity_kwh"])
                held = add(add(dict(held), taken, dt * box["charge_eff"]), given, -dt / box["discharge_eff"])
                self.program.equal(after, held)
                held = after
            add(self.stock, sum_of(held, {CONSTANT: -box["reserve_kwh"]}), box["discharge_eff"])

    def _others(self) -> None:
        """Sun, the head of the feeder, stations."""
        case, program = self.case, self.program
        for sun, shape in zip(records(case, "solar"), case.profile(case.table("solar")["profile"]), strict=True):
            for t in range(self.clock.steps):
                most = sun["rating_kw"] * shape[t] * self.live(sun["bus"], t)
                add(self.injected[sun["bus"], t], output := program.column(0.0, most))
                self._gated(output, most, sun["bus"], t)
        for t in range(self.clock.steps):
            for head in records(case, "grid"):
                rating = min(known(head["rating_kw"], np.inf), known(head["rating_kva"], np.inf) * DISC)
                if self.feeder.present(head, t):
                    add(self.injected[head["bus"], t], program.column(0.0, rating))
            for post in self.fleet.chargers.values():
                self._station(post, t)

    def _station(self, post: Row, t: int) -> None:
        """All its vehicles together, within its rating."""
        power = self.station.get((post["charger"], t), {})
        if power:
            rating = known(post["rating_kva"], max(post["charge_kw"], post["discharge_kw"]) * post["plugs"]) * DISC
            low, high = post["charge_kw"] * post["plugs"], post["discharge_kw"] * post["plugs"]
            self.program.between(power, -min(low, rating), min(high, rating))
            add(self.injected[post["bus"], t], power)

    def _balance(self, t: int) -> None:
        """What is injected at a live bus leaves by its closed legs; nothing flows at a dead one."""
        for number, leg in enumerate(self.feeder.legs):
            if self.feeder.closed[number, t] and self.live(leg["from_bus"], t):
                most = known(leg["rating_kva"], np.inf) * len(leg["phases"])
                flow = self.program.column(-most, most)
                add(self.injected[leg["from_bus"], t], flow, -1.0)
                add(self.injected[leg["to_bus"], t], flow)
        for bus in self.feeder.buses:
            self.program.equal(self.injected[bus, t], {})
