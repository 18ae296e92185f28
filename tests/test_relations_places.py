"""Relations between plans of related towns: places, circuits, sockets, transfer switches, orders to drivers.

As in `test_relations`, *no worse* means that in the order of the stages the first difference is down, and only counts
and critical hours are compared where loads are counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from case_changes import changed, rows, scale
from hypothesis import HealthCheck, given, settings
from random_cases import Small, decided, equal, no_worse, planned, values
from random_places import towns

EXAMPLES = int(os.environ.get("V2G_EXAMPLES", "3"))
FEW = settings(derandomize=True, deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
TOWNS = towns()
PLAIN = towns(whole=False)


def more_sockets(small: Small) -> None:
    for car in rows(small, "vehicles"):
        car["sockets"] += 1


def larger_sockets(small: Small) -> None:
    scale(small, "vehicles", ("socket_kw",), 1.5)


def everything_has_a_plug(small: Small) -> None:
    for load in rows(small, "loads"):
        load["by_v2l"] = 1


def smaller_appliances(small: Small) -> None:
    for load in rows(small, "loads"):
        load["appliance_kw"] = None


def all_behind_the_switch(small: Small) -> None:
    for load in rows(small, "loads"):
        load["by_v2h"] = 1


def larger_switch(small: Small) -> None:
    for site in rows(small, "sites"):
        site["transfer_kw"] = site["sockets_kw"] = site["import_kw"] = None


def runs_without_the_feeder(small: Small) -> None:
    for post in rows(small, "chargers"):
        post["island_capable"] = 1


def fuller_cars(small: Small) -> None:
    for car in rows(small, "vehicles"):
        car["start_kwh"] = min(car["start_kwh"] + 2, car["capacity_kwh"])


def one_more_car(small: Small) -> None:
    car = {"vehicle": "new", "capacity_kwh": 20, "start_kwh": 9, "charge_kw": 3, "socket_kw": 1.5, "sockets": 2}
    small.tables["vehicles"].append({**car, "kwh_per_km": 0.2})
    site = small.tables["sites"][0]["site"]
    stay = {"vehicle": "new", "charger": "", "site": site, "from_utc": small.time(0)}
    small.tables.setdefault("stays", []).append(stay | {"until_utc": small.time(len(small.minutes))})


BETTER: dict[str, Callable[[Small], None]] = {
    f.__name__: f
    for f in (
        more_sockets, larger_sockets, everything_has_a_plug, smaller_appliances, all_behind_the_switch, larger_switch,
        runs_without_the_feeder, fuller_cars, one_more_car,
    )
}  # fmt: skip


@pytest.mark.parametrize("name", BETTER)
@given(small=TOWNS)
@FEW
def test_more_ways_and_means_never_serve_less(name: str, small: Small) -> None:
    assert no_worse(decided(values(changed(small, BETTER[name]))), decided(values(small)))


def later_departure(small: Small) -> None:
    for stay in rows(small, "stays"):
        stay["until_utc"] = small.time(len(small.minutes))


def no_standby(small: Small) -> None:
    for post in rows(small, "chargers"):
        post["standby_kw"] = 0


@given(small=TOWNS)
@FEW
def test_a_later_departure_never_hurts(small: Small) -> None:
    """Where the charger draws nothing while it waits: standby until later is a loss of its own."""
    quiet = changed(small, no_standby)
    assert no_worse(decided(values(changed(quiet, later_departure))), decided(values(quiet)))


def longer_standby(small: Small) -> None:
    for post in rows(small, "chargers"):
        post["standby_kw"] += 0.3


def further_reserve(small: Small) -> None:
    for car in rows(small, "vehicles"):
        car["reserve_km"] += 15


def evacuation(small: Small) -> None:
    small.tables["needs"] = [{"need": "out", "km": 40, "from_utc": small.time(1)}]


def cars_stand_ready(small: Small) -> None:
    small.tables["fleet_minimum"] = [{"minimum": "ready", "vehicles": 1, "energy_kwh": 6}]


def leave_with_more(small: Small) -> None:
    for stay in rows(small, "stays"):
        stay["leave_kwh"] = 10


def longer_hours(small: Small) -> None:
    for load in rows(small, "loads"):
        load |= {k: load[k] * 1.25 for k in ("hours_per_day", "kwh_per_day") if load.get(k) is not None}


def longer_runs(small: Small) -> None:
    for load in rows(small, "loads"):
        if load["service"] == "hours":
            load["min_run_h"] = 2 * small.minutes[0] / 60.0


def hungrier(small: Small) -> None:
    for load in rows(small, "loads"):
        load |= {"pickup_factor": 2.0, "pickup_h": 1}


def never_dropped(small: Small) -> None:
    for load in rows(small, "loads"):
        load["hold"] = "hard"


def one_way_at_a_time(small: Small) -> None:
    for car in rows(small, "vehicles"):
        car["give_kw"] = 1.0


WORSE: dict[str, Callable[[Small], None]] = {
    f.__name__: f
    for f in (
        longer_standby, further_reserve, evacuation, cars_stand_ready, leave_with_more, longer_hours, longer_runs,
        hungrier, never_dropped, one_way_at_a_time,
    )
}  # fmt: skip


@pytest.mark.parametrize("name", WORSE)
@given(small=TOWNS)
@FEW
def test_more_demands_never_serve_more(name: str, small: Small) -> None:
    assert no_worse(decided(values(small)), decided(values(changed(small, WORSE[name]))))


@given(small=TOWNS)
@FEW
def test_nothing_goes_through_a_dead_feeder(small: Small) -> None:
    if "buses" in small.tables:
        small.tables["batteries"][0]["forming"] = 0
        small.tables["batteries"].append(
            {"battery": "far", "bus": "cut", "capacity_kwh": 1, "start_kwh": 0, "charge_kw": 0, "discharge_kw": 1,
             "charge_eff": 1, "discharge_eff": 1, "forming": 1}
        )  # fmt: skip
        for site in small.tables["sites"]:
            site["bus"] = "tail"
    _, plan = planned(small)
    assert (plan.tables["vehicles"][["charge_kw", "discharge_kw"]].to_numpy(float) == 0.0).all()
    loads = plan.tables["loads"]
    through = loads["served_kw"] + loads["surge_kw"] - loads["v2h_kw"] - loads["v2l_kw"]
    assert through.abs().max() < 1e-9


@given(small=TOWNS)
@FEW
def test_what_is_given_at_a_site_is_taken_at_that_site(small: Small) -> None:
    case, plan = planned(small)
    home = dict(zip(case.table("loads")["load"], case.table("loads")["site"], strict=True))
    for way in ("v2h_kw", "v2l_kw"):
        given = plan.tables["vehicles"].groupby(["start_utc", "site"])[way].sum()
        loads = plan.tables["loads"].assign(site=plan.tables["loads"]["load"].map(home))
        taken = loads.groupby(["start_utc", "site"])[way].sum()
        assert given.sub(taken, fill_value=0.0).abs().max() < 1e-6


@given(small=PLAIN)
@FEW
def test_another_name_is_the_same_town(small: Small) -> None:
    other = small.copy()
    for table in other.tables.values():
        for row in table:
            row |= {k: f"x {row[k]}" for k in ("site", "vehicle", "charger", "load") if row.get(k)}
        table.reverse()
    assert equal(decided(values(other)), decided(values(small)))


@given(small=PLAIN)
@FEW
def test_two_halves_of_a_car_are_one_car(small: Small) -> None:
    """Each half with half of everything, at the same place; no appliance minds the size of the socket."""
    smaller_appliances(small)
    other = small.copy()
    halves = ("capacity_kwh", "start_kwh", "reserve_kwh", "charge_kw", "discharge_kw", "v2h_kw", "socket_kw")
    for table, key in (("vehicles", "vehicle"), ("stays", "vehicle")):
        out = []
        for row in rows(other, table):
            for side in "lr":
                half = {k: (v / 2 if k in halves and v is not None else v) for k, v in row.items()}
                out.append(half | {key: f"{row[key]} {side}"})
        other.tables[table] = out
    for car in rows(other, "vehicles"):
        car["kwh_per_km"] /= 2
    for post in rows(other, "chargers"):
        post |= {"plugs": 2, "standby_kw": post["standby_kw"] / 2, "charge_kw": post["charge_kw"] / 2}
        post["discharge_kw"] /= 2
    assert equal(decided(values(other)), decided(values(small)))
