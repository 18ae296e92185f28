"""The fleet: which cars, what they can do, where they are plugged in or parked, when they are away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from v2g.errors import UsageError
from v2g.formats.nameplates import nameplates
from v2g.populate.assumed import DEPOT_VEHICLES, RESERVE_KM, RESERVE_MOST, WORK_PLACE_CARS, WORK_PLUGS, WORKERS
from v2g.populate.calendar import Calendar
from v2g.populate.catalog import Row, ladder, table
from v2g.populate.feeder import PHASES, Feeder
from v2g.populate.habits import Habits, Outing
from v2g.populate.plugs import Cell, Homes, charger_row, one_phase, point_of, spread, usable, wired
from v2g.populate.sites import Site
from v2g.populate.stream import Stream, apportioned, whole
from v2g.populate.wishes import Wishes

V2G, V2H, V2L, PLAIN = "v2g", "v2h", "v2l", "plain"
WAYS = (V2G, V2H, V2L, PLAIN)
T = TypeVar("T")


class Car(NamedTuple):
    """A vehicle before it has a place: what it is, and the way in which it gives."""

    name: str
    way: str
    mix: Row

    @property
    def plate(self) -> Row:
        """Its row of the catalogue."""
        return nameplates("vehicles")[self.mix["model"]]

    @property
    def kwh_per_km(self) -> float:
        """Its consumption."""
        return round(float(self.plate["kwh_per_100km"]) / 100.0, 9)


@dataclass
class Fleet:
    """Tables of a fleet while it is being built, and the cars by their way to give."""

    cars: Sequence[Car]
    vehicles: list[dict[str, Cell]] = field(default_factory=list)
    chargers: list[dict[str, Cell]] = field(default_factory=list)
    stays: list[dict[str, Cell]] = field(default_factory=list)
    trips: list[dict[str, Cell]] = field(default_factory=list)

    def count(self, way: str) -> int:
        """How many vehicles give in a way."""
        return sum(car.way == way for car in self.cars)


def chosen(feeder: Feeder, asked: Wishes) -> list[Car]:
    """Cars by way and model, by the weights of ``mix.csv``: exact shares, no chance in it."""
    left = asked.vehicles
    wanted = {}
    for way in (V2G, V2H, V2L):
        wanted[way] = min(left, whole(getattr(asked, f"{way}_share"), asked.vehicles))
        left -= wanted[way]
    wanted[PLAIN] = left
    cars: list[Car] = []
    for way in WAYS:
        able = [row for row in table("mix") if can(row, way, feeder)]
        seats = apportioned([float(row["weight"]) for row in able], wanted[way])
        for row, seat in zip(able, seats, strict=True):
            cars += [Car(f"{way}_{row['model']}_{k + 1:0{len(str(seat))}d}", way, row) for k in range(seat)]
    return cars


def can(row: Row, way: str, feeder: Feeder) -> bool:
    """Whether a kind of vehicle can give in a way: by its nameplate, and by a charger that fits."""
    plate = nameplates("vehicles")[row["model"]]
    if way == V2L:
        return row["place"] == "home" and float(plate["sockets"]) > 0.0
    return bool(row["v2h"]) if way == V2H else usable(row, way, feeder)


class FleetMaker:
    """Places cars one by one."""

    def __init__(
        self, feeder: Feeder, asked: Wishes, sites: Sequence[Site], calendar: Calendar, stream: Stream
    ) -> None:
        self.feeder, self.asked, self.calendar, self.stream = feeder, asked, calendar, stream
        self.sites = sorted(sites, key=lambda site: (site.tier, -site.kw))
        self.plugged_sites = [site for site in self.sites if site.plug_kw > 0.0]
        self.homes = Homes(feeder, stream)
        self.habits = Habits(calendar, stream, asked.drive)

    def build(self) -> Fleet:
        """All vehicles; raises UsageError where a way to give has no place."""
        cars = chosen(self.feeder, self.asked)
        self.fleet = Fleet(cars)
        if self.fleet.count(V2L) and not self.plugged_sites:
            raise UsageError(
                "--v2l-share: no site has appliances on plugs, so cars have nothing to feed from their sockets. Write "
                "plug_kw in the list of sites, or --v2l-share 0."
            )
        at_work = self._workers(cars)
        depot = [car for car in cars if car.mix["place"] == "depot"]
        count = -(-len(depot) // DEPOT_VEHICLES)
        self.depots = spread(self.feeder, count, self.stream)
        self.workplaces = spread(self.feeder, -(-len(at_work) // WORK_PLACE_CARS), self.stream)
        self.turn = dict.fromkeys(("depot", "work", V2H, V2L), 0)
        for car in cars:
            self._add(car, car.name in at_work)
        return self.fleet

    def _workers(self, cars: Sequence[Car]) -> set[str]:
        """Cars of people who work and have a plug there."""
        private = [car.name for car in cars if car.mix["place"] == "home" and car.way in (V2G, PLAIN)]
        return set(self.stream.shuffled(private)[: whole(WORKERS * WORK_PLUGS, len(private))])

    def _add(self, car: Car, work_plug: bool) -> None:
        duty = car.mix["place"] == "depot"
        place = self._place(car)
        worker = work_plug or (not duty and self.stream.uniform() < _others(WORKERS, WORK_PLUGS))
        work = self._workplace(car) if work_plug else ""
        earliest = 0.0 if duty or car.way in (V2H, V2L) else self.habits.first_plugged()
        outings = self.habits.outings(earliest, worker=worker, duty=duty, work_plug=work_plug)
        self._itinerary(car, place, work, earliest, self._energies(car, outings))

    def _place(self, car: Car) -> dict[str, Cell]:
        """The charger or site where the car is while it is not away; a charger is added."""
        if car.way == V2L:
            return {"charger": "", "site": self._next(V2L, self.plugged_sites).name}
        name = f"{car.name}_{car.mix['place']}"
        if car.way == V2H:
            site = self._next(V2H, self.sites)
            phase = one_phase(site.phases, site.connection, self.stream)
            row = charger_row(name, car.mix["v2h"], site.bus, phase, site.connection, site.name)
        elif car.mix["place"] == "depot":
            row = self._shared(name, self._next("depot", self.depots, DEPOT_VEHICLES), car)
        else:
            point, kind = self.homes.take(car.mix[self._kind(car)], car.mix[f"{self._kind(car)}_abc"])
            row = charger_row(name, kind, point.bus, *wired(point, self.feeder.phases[point.bus], kind, self.stream))
        self.fleet.chargers.append(row)
        return {"charger": name, "site": ""}

    def _workplace(self, car: Car) -> str:
        name = f"{car.name}_work"
        self.fleet.chargers.append(self._shared(name, self._next("work", self.workplaces, WORK_PLACE_CARS), car))
        return name

    def _shared(self, name: str, bus: str, car: Car) -> dict[str, Cell]:
        """A charger of a depot or a workplace, on three phases where there are three."""
        present = self.feeder.phases[bus]
        way = self._kind(car)
        kind = car.mix[f"{way}_abc"] if present == PHASES else car.mix[way]
        return charger_row(name, kind, bus, *wired(point_of(self.feeder, bus), present, kind, self.stream))

    def _kind(self, car: Car) -> str:
        return V2G if car.way == V2G else PLAIN

    def _next(self, kind: str, places: Sequence[T], each: int = 1) -> T:
        """Places in turn, each filled with so many before the next."""
        number = self.turn[kind]
        self.turn[kind] += 1
        return places[number // each % len(places)]

    def _energies(self, car: Car, outings: Sequence[Outing]) -> list[Outing]:
        """The vehicle's row, and those of its outings that it can make with what is left above its reserve."""
        per_km, capacity = car.kwh_per_km, float(car.plate["capacity_kwh"])
        standby = self._standby(car)
        most = min(RESERVE_MOST * capacity, max(0.0, capacity - standby))
        reserve = round(min(self.stream.one_of(RESERVE_KM) * per_km, most), 2)
        spare, made = max(0.0, capacity - reserve - standby), []
        for outing in outings:
            used = sum(used_kwh(outing, per_km))
            if used <= spare:
                spare -= used
                made.append(outing)
        place = "workplace" if car.mix["place"] == "depot" else "private"
        missing = ladder(f"energy_kwh_{place}").at(self.stream.uniform()) * self.stream.uniform()
        least = capacity - spare
        start = round(max(capacity - missing, least), 2)
        self.fleet.vehicles.append({
            "vehicle": car.name, "model": car.mix["model"], "capacity_kwh": capacity, "start_kwh": min(start, capacity),
            "reserve_kwh": reserve, "kwh_per_km": per_km, "charge_kw": self._charge_kw(car), **_ways(car.plate),
        })  # fmt: skip
        return made

    def _standby(self, car: Car) -> float:
        """What a two-way charger draws from the car until the end, at most, in kWh."""
        kinds = {V2G: (car.mix["v2g"], car.mix["v2g_abc"]), V2H: (car.mix["v2h"],)}.get(car.way, ())
        drawn = [float(nameplates("chargers")[kind]["standby_kw"]) for kind in kinds if kind]
        return round(max(drawn, default=0.0) * self.calendar.hours, 2)

    def _charge_kw(self, car: Car) -> float:
        """The car's own limit for the plug it has: that of its inlet for direct current behind a DC charger."""
        kind = {V2G: car.mix["v2g"] or car.mix["v2g_abc"], V2H: car.mix["v2h"]}.get(car.way, car.mix["plain"])
        coupling = nameplates("chargers")[kind]["coupling"]
        return float(car.plate[f"{coupling}_charge_kw"])

    def _itinerary(
        self, car: Car, place: dict[str, Cell], work: str, earliest: float, outings: Sequence[Outing]
    ) -> None:
        """Stays at the place, with the outings between them; at work on the way, where there is a plug."""
        begins, per_km = earliest, car.kwh_per_km
        for outing in outings:
            self._stay(car, place, begins, outing.leaves)
            used = used_kwh(outing, per_km)
            if outing.departs and work:
                self._trip(car, outing.leaves, outing.arrives, used[0])
                self._stay(car, {"charger": work, "site": ""}, outing.arrives, outing.departs)
                self._trip(car, outing.departs, outing.back, used[1])
            else:
                self._trip(car, outing.leaves, outing.back, sum(used))
            begins = outing.back
        self._stay(car, place, begins, self.calendar.hours)

    def _stay(self, car: Car, place: dict[str, Cell], begins: float, ends: float) -> None:
        if ends > begins:
            row: dict[str, Cell] = {"vehicle": car.name, **place}
            self.fleet.stays.append(row | {"from_utc": self.calendar.utc(begins), "until_utc": self.calendar.utc(ends)})

    def _trip(self, car: Car, leaves: float, back: float, kwh: float) -> None:
        row: dict[str, Cell] = {"vehicle": car.name, "depart_utc": self.calendar.utc(leaves)}
        self.fleet.trips.append(row | {"return_utc": self.calendar.utc(back), "energy_kwh": round(kwh, 2)})


def used_kwh(outing: Outing, per_km: float) -> tuple[float, float]:
    """Energy of an outing until its plug at work and after it, in kWh; all of it is the second where it has none."""
    return round(outing.first_km * per_km, 2), round((outing.km - outing.first_km) * per_km, 2)


def _others(share: float, picked: float) -> float:
    """Workers among those who were not picked as workers with a plug at work."""
    return share * (1.0 - picked) / (1.0 - share * picked)


def _ways(plate: Row) -> dict[str, Cell]:
    """What the car can do by its nameplate."""
    names = ("discharge_kw", "v2h_kw", "sockets", "socket_kw")
    return {**{name: plate[name] for name in names}, "connectors": plate["connector"]}
