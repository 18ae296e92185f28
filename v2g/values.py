"""What one more unit of anything would be worth, in critical load-hours: read from the prices of a plan.

The linear program is assembled again, as for the proof of the bounds, and the plan's row multipliers
give the reduced costs of all limits on decisions. Every value is marginal: it holds for the first small
unit, for the loads that the plan keeps, and with all else as it is. Where several limits hold the same
thing back, one of them alone may be worth nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from v2g.affine import Floats
from v2g.case import Case
from v2g.derive.context import Context
from v2g.errors import UsageError
from v2g.language import Part
from v2g.lp import LP, Block, Objective, column_sums
from v2g.plan import Plan
from v2g.planning import problem_of
from v2g.problem import Problem
from v2g.readings.arrays import Arrays
from v2g.replay.columns import numbers

COLUMNS = ("kind", "name", "at", "start_utc", "unit", "worth_h")
STAGE = "critical_hours"
DUST = 1e-9
MET_H = 1e-6
BOTH = "vehicle and charger power"


class Worth(NamedTuple):
    """One row: a unit more of ``kind`` at ``name`` (at a place, from a time; blank where not bound to one)."""

    kind: str
    name: str
    at: str
    start_utc: str
    unit: str
    worth_h: float


def values(case: Case, plan: Plan, *, parts: Sequence[type[Part]] = ()) -> pd.DataFrame:
    """Marginal values of a plan in critical load-hours by unit, a kind at a time, the greatest first.

    Columns ``kind`` (energy; power of vehicles, chargers, generators, batteries; what the connection of a
    site, its transfer switch, cords and sockets carry; plug; fuel; start energy; reserve), ``name``, ``at``
    (where it stands), ``start_utc`` (the interval, blank where the value is for the whole plan), ``unit``,
    ``worth_h``. A unit of *reserve* is one kWh less. A *plug* is valued by its best use for a vehicle of
    the case, and that is the most it can be worth. What is worth nothing is left out. Where a policy weighs
    hours (`expected`, `cautious`, `fair`), a value is in hours so weighed; ``attrs["meaning"]`` says in
    what. Raises UsageError where the plan holds no multipliers.
    """
    margins = Margins.of(case, plan, tuple(parts))
    found = [worth for give in KINDS for worth in give(margins) if worth.worth_h > DUST]
    order = {name: number for number, name in enumerate(dict.fromkeys(worth.kind for worth in found))}
    found.sort(key=lambda worth: (order[worth.kind], -worth.worth_h, worth.start_utc))
    frame = pd.DataFrame(found, columns=list(COLUMNS))
    frame.attrs["meaning"] = margins.meaning
    return frame


@dataclass(frozen=True)
class Margins:
    """A plan's multipliers ``y`` (rows,) of one stage, and the reduced costs ``d`` (columns,) that follow."""

    case: Case
    plan: Plan
    problem: Problem
    lp: LP
    y: Floats
    d: Floats
    meaning: str

    @classmethod
    def of(cls, case: Case, plan: Plan, parts: tuple[type[Part], ...]) -> Margins:
        """From the case and the plan's multipliers."""
        made = plan.summary.get("provenance") or {}
        words = [str(made.get(key) or case.header[key]) for key in ("network", "policy")]
        problem = problem_of(case, words[0], words[1], parts)
        lp = Arrays(problem).read()
        objective, all_y = _stage(lp, plan)
        y, held = all_y[: lp.shape[0]], all_y[lp.shape[0] :]
        d = objective.dense(lp.shape[1]) - column_sums(lp.matrix, y, lp.shape[1])
        earlier = [o for o in lp.objectives if f"{o.name}.multipliers" in plan.duals][: held.size]
        for other, weight in zip(earlier, held, strict=True):
            d[other.index] -= weight * other.value
        meaning = objective.meaning or objective.name
        meaning += "" if objective.name == STAGE else f" ({objective.name})"
        return cls(case, plan, problem, lp, y, d, meaning)

    @cached_property
    def context(self) -> Context:
        """Islands and places of the case."""
        return Context(self.case)

    def less(self, table: str, word: str) -> Floats:
        """What a higher upper bound of a variable is worth, in its full shape."""
        return self._table(self.lp.layout.columns, table, word, np.maximum(0.0, -self.d))

    def more(self, table: str, word: str) -> Floats:
        """What a lower lower bound of a variable is worth, in its full shape."""
        return self._table(self.lp.layout.columns, table, word, np.maximum(0.0, self.d))

    def row(self, table: str, rule: str) -> Floats:
        """Multipliers of a rule, in its full shape."""
        return self._table(self.lp.layout.rows, table, rule, self.y)

    @staticmethod
    def _table(blocks: Mapping[tuple[str, str], Block], table: str, word: str, array: Floats) -> Floats:
        block = blocks.get((table, word))
        return np.zeros(0) if block is None else np.asarray(block.table(array), dtype=float)

    def has(self, table: str, word: str) -> bool:
        """Whether the model has such a variable or rule."""
        return (table, word) in self.lp.layout.columns or (table, word) in self.lp.layout.rows

    def param(self, table: str, name: str) -> Floats:
        """A number of the problem."""
        return np.asarray(self.problem.numbers.values[table, name], dtype=float)

    def labels(self, name: str) -> list[str]:
        """Members of a set."""
        return [str(label) for label in self.problem.numbers.sets.get(name, ())]

    def column(self, table: str, name: str, default: float = 0.0) -> Floats:
        """A column of a table of the case."""
        return numbers(self.case.table(table), name, default)

    def words(self, table: str, name: str) -> list[str]:
        """The same for text."""
        frame = self.case.table(table)
        return [str(word) for word in frame[name]] if name in frame else [""] * len(frame)

    @cached_property
    def own_reserve(self) -> Floats:
        """Reserve of each vehicle in kWh, as its driver set it, (V,)."""
        km = self.column("vehicles", "reserve_km") * np.nan_to_num(self.column("vehicles", "kwh_per_km"))
        return np.asarray(np.maximum(self.column("vehicles", "reserve_kwh"), km))

    @cached_property
    def missed(self) -> float:
        """Critical load-hours that the plan misses: nothing can be worth more."""
        rows = self.plan.summary["critical_hours"].values()
        return float(sum(row["required"] - row["served"] for row in rows))

    @cached_property
    def times(self) -> list[str]:
        """Starts of the intervals."""
        return [time.isoformat() for time in self.case.boundaries[:-1]]

    @cached_property
    def price(self) -> Floats:
        """Worth of one kWh at each node and interval, (N, T); zero where dead."""
        return np.asarray(np.nan_to_num(self.row("legs", "balance")) / self.case.hours)

    @cached_property
    def bus_price(self) -> dict[str, Floats]:
        """Worth of one kWh at each bus, in equal shares on its phases, (T,)."""
        nodes: dict[str, list[int]] = {}
        for node, bus in enumerate(self.context.feeder.bus):
            nodes.setdefault(str(bus), []).append(node)
        return {bus: self.price[mine].mean(axis=0) for bus, mine in nodes.items()}

    def by_interval(
        self, kind: str, unit: str, names: Sequence[str], at: Sequence[str], worth: Floats
    ) -> Iterable[Worth]:
        """Rows for things and intervals; ``worth`` of shape (things, T)."""
        for thing, t in zip(*np.nonzero(worth > DUST), strict=True):
            yield Worth(kind, names[thing], at[thing], self.times[t], unit, float(worth[thing, t]))


def _stage(lp: LP, plan: Plan) -> tuple[Objective, Floats]:
    """The stage that counts critical load-hours, and the multipliers that price it.

    Where each tier has a stage of its own, it is that of the first tier that misses any.
    """
    hours = [o for o in lp.objectives if o.name == STAGE] or [o for o in lp.objectives if o.unit == "h"]
    rows = (plan.summary.get("certificate") or {}).get("stages", ())
    met = {row["name"] for row in rows if row["objective"] <= MET_H}
    for objective in sorted(hours, key=lambda o: o.name in met):
        for kind in ("prices", "multipliers"):
            found = plan.duals.get(f"{objective.name}.{kind}")
            if found is not None and np.size(found) >= lp.shape[0]:
                return objective, np.asarray(found, dtype=float)
    raise UsageError("The plan holds no multipliers of critical load-hours (duals.npz); solve the case again.")


def energy(m: Margins) -> Iterable[Worth]:
    """One kWh more at a bus, in an interval."""
    buses = list(m.bus_price)
    return m.by_interval("energy", "h/kWh", buses, buses, np.array([m.bus_price[bus] for bus in buses]))


def _plug_worth(m: Margins) -> Floats:
    """What one kW more of discharge at a plug is worth, rating of vehicle and charger alike, (V, T)."""
    limit = m.param("vehicles", "discharge_limit")
    worth = m.less("vehicles", "discharge")
    frame = m.plan.tables["vehicles"]
    given = frame["discharge_kw"].to_numpy(float).reshape(m.case.steps, -1).T
    shared = np.nan_to_num(m.row("vehicles", "one_way"))
    worth = worth - np.divide(shared * given, limit**2, out=np.zeros_like(limit), where=limit > 0)
    return np.asarray(worth * m.context.places.share)


def plug_power(m: Margins) -> Iterable[Worth]:
    """One kW more that a vehicle can give at its charger: of the one that limits it, or of both."""
    vehicles, chargers = m.labels("vehicles"), m.labels("chargers")
    if not vehicles or not chargers:
        return
    post, worth = m.context.places.charger, _plug_worth(m)
    own = m.column("vehicles", "discharge_kw")[:, None]
    theirs = np.append(m.column("chargers", "discharge_kw"), 0.0)[post]
    for v, t in zip(*np.nonzero(worth > DUST), strict=True):
        kind = "vehicle power" if own[v, 0] < theirs[v, t] else "charger power" if own[v, 0] > theirs[v, t] else BOTH
        yield Worth(kind, vehicles[v], chargers[post[v, t]], m.times[t], "h/kW", float(worth[v, t]))


def battery_power(m: Margins) -> Iterable[Worth]:
    """One kW more that a battery can give in an interval; its apparent power is taken to grow with it."""
    if not len(m.case.table("batteries")):
        return ()
    worth = m.less("batteries", "discharge") + _apparent(m, "batteries")
    return m.by_interval("battery power", "h/kW", m.labels("batteries"), m.words("batteries", "bus"), worth)


def generator_power(m: Margins) -> Iterable[Worth]:
    """One kW more that a generator can give in an interval; its apparent power is taken to grow with it."""
    rows = len(m.case.table("generators"))
    if not rows:
        return ()
    links, share = m.param("generators", "unit").astype(int), m.param("generators", "share")
    worth = np.zeros((rows, m.case.steps))
    np.add.at(worth, links, m.less("generators", "output") * share[:, None] * m.param("generators", "window")[links])
    if m.has("generators", "running"):
        run = m.param("generators", "idling") * _run(m)
        np.add.at(worth, links, -np.nan_to_num(m.row("generators", "running")) * share[:, None] * run[links])
    return m.by_interval(
        "generator power", "h/kW", m.labels("generators"), m.words("generators", "bus"),
        worth + _apparent(m, "generators"),
    )  # fmt: skip


def _run(m: Margins) -> Floats:
    """Share of each interval in which a generator's engine runs, as the plan says, (G, T)."""
    frame = m.plan.tables["sources"]
    mine = frame[frame["kind"] == "generator"]
    if "run" not in mine:
        return np.ones((len(m.case.table("generators")), m.case.steps))
    return np.asarray(np.nan_to_num(mine["run"].to_numpy(float), nan=1.0).reshape(m.case.steps, -1).T)


def _apparent(m: Margins, table: str) -> Floats:
    """Worth of one kVA more of a source by interval, (rows, T)."""
    worth = np.zeros((len(m.case.table(table)), m.case.steps))
    sides = np.nan_to_num(m.row(table, "capability"))
    links, share = m.param(table, "unit").astype(int), m.param(table, "share")
    np.add.at(worth, links, -(sides @ m.param(table, "inner")) * share[:, None])
    return np.maximum(0.0, worth)


def plug(m: Margins) -> Iterable[Worth]:
    """One plug more at a charger: the most that the vehicle of the case best for it could be worth there."""
    names = m.labels("vehicles")
    if not names:
        return
    spare = np.maximum(0.0, m.column("vehicles", "start_kwh") - m.own_reserve)
    feeds, buses = m.words("chargers", "feeds"), m.words("chargers", "bus")
    for row, charger in enumerate(m.labels("chargers")):
        if feeds[row] == "premises" or buses[row] not in m.bus_price:
            continue
        efficiency, rating = m.column("chargers", "discharge_eff")[row], m.column("chargers", "discharge_kw")[row]
        power = np.minimum(m.column("vehicles", "discharge_kw"), rating)
        price = m.bus_price[buses[row]]
        best = [_best_use(price, m.case.hours, p, e * efficiency) for p, e in zip(power, spare, strict=True)]
        v = int(np.argmax(best))
        yield Worth("plug", charger, f"for one more like {names[v]}", "", "h/plug", min(best[v], m.missed))


def _best_use(price: Floats, hours: Floats, power: float, kwh: float) -> float:
    """Worth of so much energy at so much power, used where it is worth most.

    >>> _best_use(np.array([0.1, 0.2]), np.array([1.0, 1.0]), 6.0, 8.0)
    1.4
    """
    worth = 0.0
    for t in np.argsort(-price, kind="stable"):
        used = min(kwh, power * float(hours[t]))
        worth, kwh = worth + used * max(0.0, float(price[t])), kwh - used
    return round(worth, 12)


def fuel(m: Margins) -> Iterable[Worth]:
    """One litre more at the start, in a tank or a generator's own."""
    block = m.lp.layout.rows.get(("generators", "fuel_limit"))
    if block is None or not len(m.case.table("generators")):
        return
    worth = -np.nan_to_num(m.row("generators", "fuel_limit"))
    names = [str(label) for label in m.lp.layout.labels["generators", block.letters[0]]]
    if m.has("generators", "level_start"):
        np.add.at(worth, m.param("generators", "refilled").astype(int), -m.row("generators", "level_start"))
    for name, value in zip(names, worth, strict=True):
        yield Worth("fuel", name, "", "", "h/L", float(value))


def start_energy(m: Margins) -> Iterable[Worth]:
    """One kWh more at the start, in a vehicle or battery."""
    if len(m.case.table("vehicles")):
        below = m.param("vehicles", "below") > 0
        floor = (np.maximum(0.0, m.more("vehicles", "energy")) * below).sum(axis=1)
        for name, value in zip(m.labels("vehicles"), -m.row("vehicles", "energy_start") - floor, strict=True):
            yield Worth("start energy", name, "", "", "h/kWh", float(value))
    if len(m.case.table("batteries")):
        rows = zip(m.labels("batteries"), m.words("batteries", "bus"), m.row("batteries", "energy_start"), strict=True)
        for name, bus, value in rows:
            yield Worth("start energy", name, bus, "", "h/kWh", -float(value))


def reserve(m: Margins) -> Iterable[Worth]:
    """One kWh less that a driver needs, throughout."""
    if not len(m.case.table("vehicles")):
        return
    binds = m.param("vehicles", "below") <= 0
    if ("vehicles", "needed") in m.problem.numbers.values:
        binds &= m.param("vehicles", "needed") <= m.own_reserve[:, None] + DUST
    worth = (m.more("vehicles", "energy") * binds * (m.own_reserve > 0)[:, None]).sum(axis=1)
    for name, value in zip(m.labels("vehicles"), worth, strict=True):
        yield Worth("reserve", name, "", "", "h/kWh", float(value))


def site_power(m: Margins) -> Iterable[Worth]:
    """One kW more through what a site has: its connection, its transfer switch, cords, the sockets of a car."""
    sites, cars = m.labels("sites"), m.labels("vehicles")
    if not sites:
        return
    for rule, way, sign in (("most_taken", "connection, taking", 1.0), ("most_given", "connection, giving", -1.0)):
        yield from m.by_interval(way, "h/kW", sites, [""] * len(sites), sign * np.nan_to_num(m.row("sites", rule)))
    for table, rule, place, who, when, kind, of_car in PLACES:
        worth = -np.nan_to_num(m.row(table, rule))
        at = m.param(table, place).astype(int) if worth.size else np.zeros(0, dtype=int)
        for row, first in zip(*np.unique(at, return_index=True), strict=True):
            v, t = (int(m.param(table, name)[first]) for name in (who, when))
            site = sites[m.context.places.site[v, t]]
            name, where = (cars[v], site) if of_car else (site, "")
            yield Worth(kind, name, where, m.times[t], "h/kW", float(worth[row]))


def premises_power(m: Margins) -> Iterable[Worth]:
    """One kW more that a vehicle can give behind a transfer switch, rating of vehicle and charger alike."""
    worth = m.less("premises", "give")
    cars, posts = m.labels("vehicles"), m.labels("chargers")
    if not worth.size:
        return
    who, when = (m.param("premises", name).astype(int) for name in ("plug_vehicle", "plug_interval"))
    for p, (v, t) in enumerate(zip(who, when, strict=True)):
        share, post = m.context.places.share[v, t], posts[m.context.places.charger[v, t]]
        yield Worth("V2H power", cars[v], post, m.times[t], "h/kW", float(worth[p] * share))


PLACES = (
    ("premises", "transfer_switch", "place", "plug_vehicle", "plug_interval", "transfer switch", False),
    ("sockets", "room_limit", "place", "cord_vehicle", "cord_interval", "cords", False),
    ("sockets", "socket_limit", "car", "cord_vehicle", "cord_interval", "socket power", True),
)
"""Limits at places that have a number only: part, rule, place of a plug, its vehicle and interval, and the kind."""

KINDS: tuple[Any, ...] = (
    energy, plug_power, generator_power, battery_power, premises_power, site_power, plug, fuel, start_energy, reserve,
)  # fmt: skip
"""What is valued, in the order in which it is listed."""
