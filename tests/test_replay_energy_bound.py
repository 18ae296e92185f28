"""The energy bound: worked examples, and never below what a plan can do on a single bus."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_replay_example import START, build_case, frame

from v2g.case import Case
from v2g.replay import bound_by_tier
from v2g.replay.energy_bound import fractional_knapsack
from v2g.replay.fleet import read_fleet

WYE = {"bus": "one", "phases": "abc", "connection": "wye"}
BOX = {
    "battery": "box", "capacity_kwh": 20.0, "start_kwh": 10.0, "reserve_kwh": 2.0, "charge_kw": 5.0,
    "discharge_kw": 5.0, "charge_eff": 0.9, "discharge_eff": 0.5, "forming": True, "voltage_pu": 1.0,
}  # fmt: skip


def load(name: str, kw: float, tier: int = 1, **more: Any) -> Mapping[str, Any]:
    """A load at the only bus."""
    return {"load": name, "tier": tier, "service": "continuous", "kw": kw, "kvar": 0.0, **WYE, **more}


def one_bus(hours: Any, *loads: Mapping[str, Any], **tables: pd.DataFrame) -> Case:
    """A case with a single bus and a forming battery, unless another is given."""
    given = {"batteries": frame(BOX | WYE), **tables}
    return build_case(hours, buses=frame({"bus": "one", "kv_ln_kv": 2.4}), loads=frame(*loads), **given)


def test_energy_above_the_reserve_less_losses() -> None:
    """(10 - 2) x 0.5 = 4 kWh over two hours: 1.0 + 0.9 kW fit (3.8 kWh), 0.4 kW more (4.6 kWh) does not."""
    case = one_bus([1.0, 1.0], load("big", 1.0), load("mid", 0.9), load("small", 0.4))
    assert bound_by_tier(case) == {1: 2.0}
    assert bound_by_tier(one_bus([1.0, 1.0], load("a", 0.8), load("b", 0.8), load("c", 0.4))) == {1: 3.0}


def test_power_binds_before_energy() -> None:
    """5 kW serve one load of 3 kW for six minutes, not two."""
    assert bound_by_tier(one_bus([0.1], load("a", 3.0), load("b", 3.0))) == {1: 1.0}


def test_each_tier_has_all_of_the_energy() -> None:
    case = one_bus([1.0, 1.0], load("a", 2.0), load("b", 2.0, tier=2), load("c", 2.1, tier=3), load("d", 9.0, tier=0))
    assert bound_by_tier(case) == {1: 1.0, 2: 1.0, 3: 0.0}


def test_weights_are_a_fraction_of_the_last_one() -> None:
    """4 kWh: 2 kWh for 10 people, then 2 of 4 kWh for 6 people: 13."""
    case = one_bus([1.0, 1.0], load("a", 1.0, people=10.0), load("b", 2.0, people=6.0))
    assert bound_by_tier(case)[1] == pytest.approx(13.0, abs=1e-4)


def test_a_dead_bus_serves_nobody() -> None:
    case = one_bus([1.0], load("a", 0.1), batteries=frame(BOX | WYE | {"forming": False}))
    assert bound_by_tier(case) == {1: 0.0}


def test_sun_and_fuel_add_up() -> None:
    """4 kWh, sun 1 kWh, diesel 2 of 6 L/h for 0.5 L/kWh = 4 kWh: 9 kWh, 4.5 kW for two hours."""
    tables = {
        "solar": frame({"solar": "sun", "rating_kw": 1.0, "profile": "sky", **WYE}),
        "generators": frame({"generator": "g", "rating_kw": 3.0, "fuel_l": 2.0, "fuel_l_per_kwh": 0.5, **WYE}),
        "profiles": pd.DataFrame({"start_utc": [0, 0], "sky": [1.0, 0.0]}),
    }
    assert bound_by_tier(one_bus([1.0, 1.0], load("a", 4.49), **tables)) == {1: 1.0}
    assert bound_by_tier(one_bus([1.0, 1.0], load("a", 4.51), **tables)) == {1: 0.0}


def test_the_grid_makes_its_hours_free_and_refills() -> None:
    """Back in the second of three hours: 5 kW x 0.9 x 0.5 = 2.25 kWh more for the third; 4 + 2.25 = 6.25 kWh in two."""
    window = {"from_utc": START + pd.Timedelta(hours=1), "until_utc": START + pd.Timedelta(hours=2)}
    grid = frame({"grid": "head", "rating_kw": np.nan, "voltage_pu": 1.0, **WYE, **window})
    assert bound_by_tier(one_bus([1.0] * 3, load("a", 3.12), grid=grid)) == {1: 1.0}
    assert bound_by_tier(one_bus([1.0] * 3, load("a", 3.13), grid=grid)) == {1: 0.0}
    assert bound_by_tier(one_bus([1.0] * 3, load("a", 2.0))) == {1: 0.0}


def test_energy_that_arrives_too_late_is_not_counted() -> None:
    """The sun of the second hour does not serve the first: 4 kWh for 4.5 kW."""
    tables = {
        "solar": frame({"solar": "sun", "rating_kw": 9.0, "profile": "sky", **WYE}),
        "profiles": pd.DataFrame({"start_utc": [0, 0], "sky": [0.0, 1.0]}),
    }
    assert bound_by_tier(one_bus([1.0, 1.0], load("a", 4.5), **tables)) == {1: 0.0}


def vehicle(name: str, start: float, reserve: float, **more: Any) -> Mapping[str, Any]:
    """A vehicle of 20 kWh that takes and gives 4 kW."""
    given = {"capacity_kwh": 20.0, "start_kwh": start, "reserve_kwh": reserve, "charge_kw": 4.0, "discharge_kw": 4.0}
    return {"vehicle": name, **given, **more}


def fleet_tables(*vehicles: Mapping[str, Any], trip_kwh: float = 0.0) -> dict[str, pd.DataFrame]:
    """Vehicles that stay for two hours, the first with a trip in the third."""
    names = [v["vehicle"] for v in vehicles]
    station = {"charger": "s", "charge_kw": 4.0, "discharge_kw": 4.0, "charge_eff": 1.0, "discharge_eff": 0.8, **WYE}
    until = START + pd.Timedelta(hours=2)
    trip = {
        "vehicle": names[0],
        "depart_utc": until,
        "return_utc": until + pd.Timedelta(hours=1),
        "energy_kwh": trip_kwh,
    }
    return {
        "vehicles": frame(*vehicles),
        "chargers": frame(station),
        "stays": frame(*({"vehicle": v, "charger": "s", "from_utc": START, "until_utc": until} for v in names)),
        "trips": frame(trip),
        "batteries": frame(BOX | WYE | {"start_kwh": 2.0}),
    }


def test_vehicles_give_what_is_above_reserve_and_trips() -> None:
    """(12 - 5) x 0.8 = 5.6 kWh in two hours: 2.8 kW; a trip of 2 kWh later does not bind before it."""
    assert bound_by_tier(one_bus([1.0, 1.0], load("a", 2.79), **fleet_tables(vehicle("v", 12.0, 5.0)))) == {1: 1.0}
    assert bound_by_tier(one_bus([1.0, 1.0], load("a", 2.81), **fleet_tables(vehicle("v", 12.0, 5.0)))) == {1: 0.0}


def test_vehicles_below_their_reserve_or_away_give_nothing() -> None:
    low = fleet_tables(vehicle("v", 4.0, 5.0))
    assert bound_by_tier(one_bus([1.0, 1.0], load("a", 0.1), **low)) == {1: 0.0}
    away = fleet_tables(vehicle("v", 12.0, 5.0))
    away["stays"] = away["stays"].iloc[:0]
    assert bound_by_tier(one_bus([1.0, 1.0], load("a", 0.1), **away)) == {1: 0.0}


def test_the_knapsack_takes_the_cheapest_first() -> None:
    costs = np.array([[3.0], [1.0], [2.0]])
    assert fractional_knapsack(costs, np.ones(3), np.array([4.5])) == pytest.approx([2.5])
    assert fractional_knapsack(costs, np.array([9.0, 1.0, 1.0]), np.array([4.0])) == pytest.approx([10.0])
    assert fractional_knapsack(costs, np.ones(3), np.array([0.0])) == pytest.approx([0.0])


def random_case(seed: int) -> Case:
    """A bus with a battery, vehicles with trips, sun, a diesel, perhaps a grid that comes back, and three loads."""
    rng = np.random.default_rng(seed)
    hours = rng.choice([0.5, 1.0, 2.0], size=4)
    edges = START + pd.to_timedelta(np.concatenate([[0.0], np.cumsum(hours)]), unit="h")
    vehicles = [vehicle(f"v{i}", rng.uniform(2, 20), rng.uniform(0, 8)) for i in range(2)]
    tables = fleet_tables(*vehicles, trip_kwh=float(rng.uniform(0, 9)))
    windows = {"from_utc": edges[0], "until_utc": edges[2]}, {"from_utc": edges[3], "until_utc": edges[4]}
    tables["stays"] = frame(*({"vehicle": v["vehicle"], "charger": "s", **w} for v in vehicles for w in windows))
    tables["trips"] = tables["trips"].assign(depart_utc=edges[2], return_utc=edges[3])
    tables["batteries"] = frame(BOX | WYE | {"start_kwh": rng.uniform(2, 12)})
    tables["profiles"] = pd.DataFrame(
        {"start_utc": edges[:-1], "sky": rng.uniform(0, 1, 4), "use": rng.uniform(0, 1, 4)}
    )
    tables["solar"] = frame({"solar": "sun", "rating_kw": 2.0, "profile": "sky", **WYE})
    tables["generators"] = frame({"generator": "g", "rating_kw": 2.0, "fuel_l": 1.0, "fuel_l_per_kwh": 0.5, **WYE})
    if rng.random() < 0.5:
        back = int(rng.integers(0, 4))
        window = {"from_utc": edges[back], "until_utc": edges[back + 1], "rating_kw": rng.choice([np.nan, 1.0])}
        tables["grid"] = frame({"grid": "head", "voltage_pu": 1.0, **WYE, **window})
    loads = [load(f"l{i}", rng.uniform(0.5, 5), profile="use" if i else "") for i in range(3)]
    return one_bus(hours, *loads, **tables)


class Dispatch:
    """A linear program: can these loads be served in full on one bus? Written apart from the audit."""

    def __init__(self, case: Case) -> None:
        self.case, self.steps = case, case.steps
        self.fleet = read_fleet(case)
        self.low: list[float] = []
        self.high: list[float] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.net: list[dict[int, float]] = [{} for _ in range(self.steps)]
        self.devices()

    def column(self, low: float, high: float) -> int:
        """A new column."""
        self.low.append(low)
        self.high.append(high)
        return len(self.low) - 1

    def store(
        self, start: float, floor: Any, full: float, charge: Any, give: Any, eff: tuple[float, float], used: Any
    ) -> None:
        """A store with its balance over every interval."""
        before = self.column(start, start)
        for t, h in enumerate(self.case.hours):
            c, d = self.column(0.0, charge[t]), self.column(0.0, give[t])
            after = self.column(min(floor[t], full), full)
            missed = self.column(0.0, used[1][t])
            row = {after: 1.0, before: -1.0, c: -h * eff[0], d: h / eff[1], missed: -1.0}
            self.rows.append((row, -used[0][t], -used[0][t]))
            self.net[t] |= {c: -1.0, d: 1.0}
            before = after

    def devices(self) -> None:
        """Battery, vehicles, sun, diesel and grid."""
        case, fleet, none = self.case, self.fleet, np.zeros(self.steps)
        box = case.tables["batteries"].iloc[0]
        power = np.full(self.steps, 5.0)
        self.store(box.start_kwh, none + box.reserve_kwh, 20.0, power, power, (0.9, 0.5), (none, none))
        for v in range(len(fleet.names)):
            limits, floor = (fleet.charge_max_kw[v], fleet.discharge_max_kw[v]), fleet.floor_kwh[v, 1:]
            used = fleet.trip_kwh[v], fleet.deficit_kwh[v]
            self.store(fleet.start_kwh[v], floor, 20.0, *limits, (1.0, 0.8), used)
        burnt: dict[int, float] = {}
        for t, h in enumerate(case.hours):
            diesel = self.column(0.0, 2.0)
            burnt[diesel] = 0.5 * h
            self.net[t] |= {self.column(0.0, 2.0 * case.tables["profiles"]["sky"][t]): 1.0, diesel: 1.0}
            self.net[t] |= {self.column(0.0, self.grid(t)): 1.0}
        self.rows.append((burnt, -np.inf, 1.0))

    def grid(self, t: int) -> float:
        """Power of the grid in an interval."""
        table = self.case.table("grid")
        if not len(table):
            return 0.0
        there = table.from_utc[0] <= self.case.boundaries[t] and table.until_utc[0] >= self.case.boundaries[t + 1]
        return (1e3 if np.isnan(table.rating_kw[0]) else table.rating_kw[0]) if there else 0.0

    def serves(self, chosen: tuple[int, ...]) -> bool:
        """Whether these loads can be served in every interval."""
        highspy = pytest.importorskip("highspy")
        table, shapes = self.case.tables["loads"], self.case.tables["profiles"]["use"].to_numpy()
        need = sum(
            (table.kw[i] * (shapes if table.profile[i] else np.ones(self.steps)) for i in chosen), np.zeros(self.steps)
        )
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.addVars(len(self.low), np.array(self.low), np.array(self.high))
        for row, low, high in [*self.rows, *((net, need[t], np.inf) for t, net in enumerate(self.net))]:
            solver.addRow(low, high, len(row), np.array(list(row), dtype=np.int32), np.array(list(row.values())))
        solver.run()
        return bool(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)


@pytest.mark.parametrize("seed", range(30))
def test_no_plan_beats_the_bound(seed: int) -> None:
    case = random_case(seed)
    dispatch, bound = Dispatch(case), bound_by_tier(case)[1]
    sizes = [n for n in range(4) if any(dispatch.serves(chosen) for chosen in itertools.combinations(range(3), n))]
    assert max(sizes) <= bound


def test_the_bound_is_often_tight() -> None:
    """More than half of these bounds are reached; one that says nothing would not be worth printing."""
    reached = []
    for seed in range(12):
        case = random_case(seed)
        dispatch = Dispatch(case)
        n = max(n for n in range(4) if any(dispatch.serves(chosen) for chosen in itertools.combinations(range(3), n)))
        reached.append(n == bound_by_tier(case)[1])
    assert sum(reached) > len(reached) / 2
