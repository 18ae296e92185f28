"""A second program for small emergencies, written from the specification and from nothing of the engine.

It covers three ways of vehicles, standby, trips, orders to drivers, places, sockets, services, holds, pickups, a
guarantee, engines with tanks, a timeline, and the stages of policies up to fuel.

What it leaves out: voltages, reactive power, and phases (`witness_facts`); pickup surges in an island that lives by
engines with idle burn; battery wear. Where the specification leaves a choice, it reads it so:

- A load of service `hours` is not on while it asks for nothing.
- An hour of a day that lacks (services `hours`, `energy`) is as likely to be part of the outage as the last interval
  of that day.
- The mean critical demand that is to be carried is what loads must have: for `hours` that part of each day, for
  `energy` their daily needs.
- A vehicle has energy to carry above what it must hold at the end, and none where it is below that.
- The share of hours that a place misses is the mean of the shares of its loads.
- An engine of unknown kVA has as many as kW; a line of a layout carries its kVA as kW.
- Drivers' shortfall is the mean over time of what lacks at the ends of intervals, and all that lacks on trips.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from witness_facts import Row, known, records
from witness_physics import Physics
from witness_program import CONSTANT, NoPlan, Terms, add, sum_of

from v2g.case import Case
from v2g.plan import Plan

SLACK = 1e-7
SERVED = 1e-6
SERVICES = ("continuous", "hours", "energy")
DAY_H = 24.0
Outages = Sequence[tuple[float, float]]


@dataclass
class Day:
    """A day of a load: its hours, what it needs in them, and what lacks of that, in h."""

    first: float
    last: float
    need: float
    lack: Terms


class Witness:
    """A case as a program; `stages` solves one after another."""

    def __init__(self, case: Case) -> None:
        self.case, self.physics = case, Physics(case)
        self.program, self.clock = self.physics.program, self.physics.clock
        self.kept: dict[int, Terms] = {}
        self.on: dict[tuple[int, int], Terms] = {}
        self.days: dict[int, list[Day]] = {}
        self.falls: list[Terms] = []
        guarantee = case.header.get("guarantee_h")
        self.guarantee = known(guarantee, np.inf)
        for number, load in enumerate(self.physics.loads):
            self.inside = self.clock.overlap(*self.clock.window(load))
            self._serve(number, load)
            self._hold(number, load)

    def critical(self, load: Row) -> bool:
        return bool(load["tier"] > 0 and load["service"] in SERVICES)

    def required(self, number: int) -> list[int]:
        """Intervals of its window in which a load asks for something."""
        inside = self.clock.overlap(*self.clock.window(self.physics.loads[number]))
        return [t for t in self.physics.asks(number) if inside[t] > 1e-9]

    def _serve(self, number: int, load: Row) -> None:
        if not self.critical(load):
            return
        self.kept[number] = self.program.column(0.0, 1.0, whole=True)
        if load["service"] == "continuous":
            for t in self.required(number):
                if self.clock.edge[t] < self.guarantee - 1e-9:
                    least = add({}, self.kept[number], float(self.physics.demand[number, t]))
                    self.program.at_most(least, self.physics.received[number, t])
        if load["service"] == "hours":
            self._switch(number, load)
        if load["service"] in ("hours", "energy"):
            self.days[number] = [self._day(number, load, *span) for span in self._spans(load)]

    def _spans(self, load: Row) -> Iterator[tuple[float, float]]:
        first, last = self.clock.window(load)
        while first < last - 1e-9:
            yield first, min(first + DAY_H, last)
            first += DAY_H

    def _day(self, number: int, load: Row, first: float, last: float) -> Day:
        hours, got = self.clock.overlap(first, last), {}  # type: ignore[var-annotated]
        for t in np.flatnonzero(hours > 1e-9).tolist():
            if load["service"] == "hours":
                add(got, self.on.get((number, t), {}), hours[t])
            else:
                add(got, self.physics.received[number, t], hours[t] / load["kw"])
        need = known(load["hours_per_day"], 0.0)
        if load["service"] == "energy":
            need = known(load["kwh_per_day"], 0.0) / load["kw"]
        need *= (last - first) / DAY_H
        lack = self.program.column()
        self.program.at_most(add({CONSTANT: need}, got, -1.0), lack)
        if last <= self.guarantee + 1e-9:
            self.program.at_most(add({}, self.kept[number], need), got)
        return Day(first, last, need, lack)

    def _switch(self, number: int, load: Row) -> None:
        """On or off, in runs of at least so long."""
        times = self.required(number)
        for t in times:
            on = self.on[number, t] = self.program.column(0.0, 1.0, whole=True)
            least = add({}, on, float(self.physics.demand[number, t]))
            self.program.at_most(least, self.physics.received[number, t])
        last, run = self.clock.window(load)[1], load["min_run_h"]
        for t in times if run > 0 else []:
            end = self.clock.edge[t] + run
            touched = [s for s in range(t, self.clock.steps) if self.clock.edge[s] < end - 1e-9]
            fits = end <= last + 1e-9 and set(touched) <= set(times)
            start = self.program.column(0.0, 1.0 if fits else 0.0)
            rise = sum_of(self.on[number, t])
            if (number, t - 1) in self.on:
                add(rise, self.on[number, t - 1], -1.0)
            self.program.at_most(rise, start)
            for s in touched if fits else []:
                self.program.at_most(start, self.on[number, s])

    def _hold(self, number: int, load: Row) -> None:
        """What falls from one interval in which it asks to the next."""
        asks = self.physics.asks(number)
        for before, t in pairwise(asks):
            if not load["hold"] or self.inside[t] <= 1e-9:
                continue
            fall = add(self.physics.share(number, before), self.physics.share(number, t), -1.0)
            if load["hold"] == "hard":
                self.program.at_most(fall, 0.0)
            else:
                self.falls.append(self.program.column())
                self.program.at_most(fall, self.falls[-1])

    def dark(self, number: int, outages: Outages = ((np.inf, 1.0),)) -> Terms:
        """Hours a load misses in outages of given length in h and weight; a day counts as its last interval does."""
        weight = np.zeros(self.clock.steps)
        for length, probability in outages:
            weight += probability * self.clock.overlap(0.0, length) / self.clock.dt
        if self.physics.loads[number]["service"] != "continuous":
            ends = [(day, max(0, self.clock.point_from(day.last) - 1)) for day in self.days[number]]
            return sum_of(*[add({}, day.lack, float(weight[t])) for day, t in ends])
        total: Terms = {}
        for t in self.required(number):
            hours = weight[t] * self.clock.dt[t]
            add(add(total, {CONSTANT: hours}), self.physics.share(number, t), -hours)
        return total

    def hours(self, number: int) -> float:
        """Hours it must have in all."""
        if self.physics.loads[number]["service"] == "continuous":
            return float(sum(self.clock.dt[t] for t in self.required(number)))
        return sum(day.need for day in self.days[number])

    def tiers(self) -> dict[int, list[int]]:
        """Critical loads by tier."""
        found: dict[int, list[int]] = {}
        for number in self.kept:
            found.setdefault(int(self.physics.loads[number]["tier"]), []).append(number)
        return dict(sorted(found.items()))

    def counts(self, number: int, served: np.ndarray) -> bool:
        """Whether what a load got, shape (T,), in kW, counts as served."""
        load, clock = self.physics.loads[number], self.clock
        demand = self.physics.demand[number]
        full = (served >= demand - SERVED) & (demand > 0)
        if load["service"] == "continuous":
            return all(full[t] for t in self.required(number) if clock.edge[t] < self.guarantee - 1e-9)
        got = full.astype(float) if load["service"] == "hours" else served / load["kw"]
        days = [day for day in self.days[number] if day.last <= self.guarantee + 1e-9]
        return all(clock.overlap(day.first, day.last) @ got >= day.need - SERVED for day in days)

    def goals(self) -> dict[str, Terms]:
        """What each stage of the policy makes small, in order, up to fuel."""
        counts = {f"critical_{r}": self._counts(numbers) for r, numbers in self.tiers().items()}
        hours = {"critical_hours": sum_of(*[self.dark(n) for n in self.kept])}
        drivers = {"mobility_shortfall": self._drivers()}
        rest = {
            "drops": sum_of(*self.falls), **drivers, "leftover": self._leftover(), "other_energy": self._others(),
            "fuel_burnt": sum_of(*self.physics.fuel.values()),
        }  # fmt: skip
        policy = self.case.header["policy"]
        if policy == "hours":
            return hours | counts | rest
        if policy == "by_tier":
            return self._by_tier() | rest
        first = drivers if policy == "drivers" else self._policy(str(policy))
        return first | counts | hours | {name: goal for name, goal in rest.items() if name not in first}

    def _by_tier(self) -> dict[str, Terms]:
        """The loads of a tier, then its hours, then the next tier."""
        found: dict[str, Terms] = {}
        for r, numbers in self.tiers().items():
            found[f"critical_{r}"] = self._counts(numbers)
            found[f"critical_hours_{r}"] = sum_of(*[self.dark(n) for n in numbers])
        return found

    def _counts(self, numbers: list[int]) -> Terms:
        total: Terms = {}
        for n in numbers:
            weight = known(self.physics.loads[n]["people"], 1.0)
            add(add(total, {CONSTANT: weight}), self.kept[n], -weight)
        return total

    def _drivers(self) -> Terms:
        total = sum_of(*self.physics.missed.values())
        for (_, t), lacks in self.physics.shortfall.items():
            add(total, lacks, self.clock.dt[t] / self.clock.end)
        return total

    def _others(self) -> Terms:
        """Energy not served to loads that are not counted then."""
        total: Terms = {}
        for number, load in enumerate(self.physics.loads):
            counted = self.required(number) if self.critical(load) else []
            if self.critical(load) and load["service"] != "continuous":
                continue
            for t in [t for t in self.physics.asks(number) if t not in counted]:
                dt = float(self.clock.dt[t])
                add(total, {CONSTANT: dt * float(self.physics.demand[number, t])})
                add(total, self.physics.received[number, t], -dt)
        return total

    def _leftover(self) -> Terms:
        """Energy lacking at the end for some more hours of the critical loads."""
        careful = self.case.header["policy"] in ("expected", "cautious")
        carry = known(self.case.header.get("carry_h"), DAY_H if careful else 0.0)
        mean = sum(self._mean_kw(n) for n in self.kept)
        if carry * mean <= 0:
            return {}
        fleet, stock = self.physics.fleet, sum_of(self.physics.stock)
        for v, car in enumerate(fleet.rows):
            if fleet.can_give(v):
                left = add({CONSTANT: -fleet.level[v, -1]}, self.physics.energy[v, self.clock.steps])
                lacking = self.physics.shortfall.get((v, self.clock.steps - 1), {})
                add(stock, sum_of(left, lacking), car["v2l_eff"])
        lacks = self.program.column()
        self.program.at_most(add({CONSTANT: carry * mean}, stock, -1.0), lacks)
        return lacks

    def _mean_kw(self, number: int) -> float:
        """Mean power that a critical load must have in the last 24 h."""
        first, load = max(0.0, self.clock.end - DAY_H), self.physics.loads[number]
        tail = self.clock.overlap(first, self.clock.end)
        counts = tail * np.isin(np.arange(self.clock.steps), self.required(number))
        needed = float(self.physics.demand[number] @ counts)
        if load["service"] == "hours":
            needed *= load["hours_per_day"] / DAY_H
        if load["service"] == "energy":
            parts = [(d, max(0.0, d.last - max(d.first, first)) / (d.last - d.first)) for d in self.days[number]]
            needed = sum(d.need * load["kw"] * part for d, part in parts)
        return needed / float(tail.sum())

    def _policy(self, policy: str) -> dict[str, Terms]:
        rule = {"expected": ("expected_hours", self._expected), "cautious": ("cvar_hours", self._cautious)}
        rule["fair"] = ("worst_off", self._worst_off)
        if policy not in rule:
            return {}
        name, goal = rule[policy]
        return {f"{name}_{r}": goal(numbers) for r, numbers in self.tiers().items()}

    def _outages(self) -> Outages:
        return [(row["hours"], row["probability"]) for row in records(self.case, "durations")]

    def _expected(self, numbers: list[int]) -> Terms:
        return sum_of(*[self.dark(n, self._outages()) for n in numbers])

    def _cautious(self, numbers: list[int]) -> Terms:
        worst = self.program.column(-np.inf)
        total = sum_of(worst)
        for length, probability in self._outages():
            beyond = self.program.column()
            dark = sum_of(*[self.dark(n, [(length, 1.0)]) for n in numbers])
            self.program.at_most(add(dark, worst, -1.0), beyond)
            add(total, beyond, probability / (1.0 - float(str(self.case.header["cvar_alpha"]))))
        return total

    def _worst_off(self, numbers: list[int]) -> Terms:
        worst = self.program.column()
        places: dict[str, list[int]] = {}
        for n in numbers:
            load = self.physics.loads[n]
            places.setdefault(load["site"] or f"bus {load['bus']}", []).append(n)
        for members in places.values():
            shares = [add({}, self.dark(n), 1.0 / self.hours(n)) for n in members if self.hours(n) > 0]
            if shares:
                self.program.at_most(add({}, sum_of(*shares), 1.0 / len(shares)), worst)
        return worst


def stages(case: Case, kept: Mapping[str, bool] | None = None) -> dict[str, float]:
    """The least value of each stage, given those before; ``kept`` fixes which loads count as served.

    A stage may give way by `SLACK`, or by more where rounding would leave nothing to the next one.
    """
    try:
        return _stages(case, kept, SLACK)
    except NoPlan:
        return _stages(case, kept, 10 * SLACK)


def _stages(case: Case, kept: Mapping[str, bool] | None, slack: float) -> dict[str, float]:
    witness = Witness(case)
    goals, found = witness.goals(), {}
    for number, column in witness.kept.items() if kept is not None else ():
        assert kept is not None
        witness.program.equal(column, {CONSTANT: float(kept[witness.physics.loads[number]["load"]])})
    for name, goal in goals.items():
        value = float(witness.program.least(goal) if set(goal) - {CONSTANT} else goal.get(CONSTANT, 0.0))
        found[name] = round(value, 6) if name in counted(found | {name: value}) else value
        witness.program.at_most(goal, found[name] + slack * max(1.0, abs(value)))
    return found


def counted(found: Mapping[str, float]) -> list[str]:
    """The stages that count loads or people."""
    return [name for name in found if name.startswith("critical_") and name != "critical_hours"]


def kept_by(case: Case, plan: Plan) -> dict[str, bool]:
    """Which critical loads have in a plan all that counts as served, whether or not they were chosen for that."""
    witness = Witness(case)
    table = plan.tables["loads"]
    served = {name: rows["served_kw"].to_numpy(float) for name, rows in table.groupby("load")}
    names = {n: witness.physics.loads[n]["load"] for n in witness.kept}
    return {name: witness.counts(n, served[name]) for n, name in names.items()}
