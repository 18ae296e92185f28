"""The timeline of the audit: times inside an interval count on the safe side; days of service; orders of drivers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_replay_example import START, build_case, frame
from test_replay_feeder import BATTERY, buses, line

from v2g.case import Case
from v2g.replay.feeder import read_feeder
from v2g.replay.fleet import read_fleet
from v2g.replay.islands import find_islands
from v2g.replay.loads import read_loads
from v2g.replay.mobility import designated, required_levels
from v2g.replay.services import days_kept, in_runs
from v2g.replay.sweep import sweep_flows
from v2g.replay.timeline import closed_over_time, delivered_fuel, supplied_over_time


def at(hours: float, event: str, element: str, **more: Any) -> dict[str, Any]:
    """An event so many hours after the start."""
    return {"at_utc": START + pd.Timedelta(hours=hours), "event": event, "element": element, **more}


def with_events(*events: dict[str, Any], closed: bool = True) -> Case:
    """Four hours, one line and one grid supply."""
    return build_case(
        [1.0] * 4,
        buses=buses("one", "two"),
        lines=frame(dict(line("main", ("one", "two"))) | {"closed": closed}),
        grid=frame({"grid": "head", "bus": "one", "phases": "abc", "voltage_pu": 1.0}),
        events=frame(*events) if events else frame({"at_utc": START, "event": "fuel", "element": "x"}),
    )


@pytest.mark.parametrize(
    ("events", "closed", "expected"),
    [
        ([], True, "1111"),
        ([], False, "0000"),
        ([at(1.0, "out", "main")], True, "1000"),
        ([at(1.9, "out", "main")], True, "1000"),
        ([at(0.9, "out", "main"), at(1.0, "back", "main")], True, "0111"),
        ([at(0.9, "out", "main"), at(1.1, "back", "main")], True, "0011"),
        ([at(1.2, "out", "main"), at(1.4, "back", "main")], True, "1011"),
        ([at(1.4, "back", "main"), at(1.2, "out", "main")], True, "1011"),
        ([at(1.2, "back", "main"), at(1.4, "out", "main")], False, "0000"),
        ([at(-2.0, "out", "main")], True, "0000"),
        ([at(-2.0, "back", "main")], False, "1111"),
        ([at(3.2, "back", "main")], False, "0000"),
        ([at(4.0, "out", "main")], True, "1111"),
        ([at(1.0, "out", "other")], True, "1111"),
    ],
)
def test_a_line_goes_out_early_and_comes_back_late(events: list[Any], closed: bool, expected: str) -> None:
    state = closed_over_time(with_events(*events, closed=closed), "line")[0]
    assert "".join(str(int(on)) for on in state) == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], "1111"),
        ([at(1.5, "energised", "head")], "0011"),
        ([at(1.5, "dead", "head")], "1000"),
        ([at(1.5, "dead", "head"), at(2.5, "energised", "head")], "1001"),
        ([at(0.5, "energised", "head"), at(2.5, "dead", "head")], "0100"),
    ],
)
def test_supply_is_absent_before_it_first_appears(events: list[Any], expected: str) -> None:
    case = with_events(*events)
    assert "".join(str(int(on)) for on in supplied_over_time(case, ["head"])[0]) == expected
    live = find_islands(case, read_feeder(case)).live
    assert ["".join(str(int(on)) for on in node) for node in live] == [expected] * 6


def test_fuel_counts_from_the_next_whole_interval() -> None:
    case = with_events(
        at(0.0, "fuel", "t", litres=1.0), at(1.5, "fuel", "t", litres=2.0), at(3.5, "fuel", "t", litres=9.0)
    )
    assert delivered_fuel(case, ["s", "t"]).tolist() == [[0.0] * 4, [1.0, 0.0, 2.0, 0.0]]


def test_islands_and_flows_follow_the_closed_lines() -> None:
    """one - two - three; the second line is out in the second hour: three is dead, and its flow nothing."""
    case = build_case(
        [1.0, 1.0],
        buses=buses("one", "two", "three"),
        lines=frame(line("left", ("one", "two")), line("right", ("two", "three"))),
        batteries=frame(BATTERY | {"bus": "one"}),
        events=frame(at(1.0, "out", "right")),
    )
    feeder = read_feeder(case)
    islands = find_islands(case, feeder)
    assert islands.live[6:].tolist() == [[True, False]] * 3 and islands.live[:6].all()
    assert islands.component[:, 0].max() == 2 and islands.component[:, 1].max() == 5
    load = np.array([3.0, 2.0, 1.0])
    injection = np.stack([np.concatenate([load, 0 * load, -load]), np.concatenate([load, -load, 0 * load])], axis=1)
    sweep = sweep_flows(feeder, injection.astype(complex), np.zeros((6, 2), complex), closed=feeder.closed)
    assert sweep.flow[:3].real == pytest.approx(np.stack([load, load], axis=1))
    assert sweep.flow[3:, 0].real == pytest.approx(load) and not sweep.flow[3:, 1].any()
    assert np.abs(sweep.residual).max() < 1e-12


@pytest.mark.parametrize(
    ("full", "run_h", "closes_h", "expected"),
    [
        ("0110", 0.0, 4.0, "0110"),
        ("0110", 2.0, 4.0, "0110"),
        ("0110", 2.1, 4.0, "0000"),
        ("1011", 2.0, 4.0, "0011"),
        ("0011", 2.0, 3.5, "0000"),
        ("1111", 4.0, 4.0, "1111"),
    ],
)
def test_runs_of_some_length(full: str, run_h: float, closes_h: float, expected: str) -> None:
    mask = np.array([letter == "1" for letter in full])
    found = in_runs(mask, np.arange(5.0), run_h, closes_h)
    assert "".join(str(int(on)) for on in found) == expected


def test_days_are_counted_from_the_start_of_the_window() -> None:
    """A window of 36 h from 06:00 on: a day that needs 8 h, and a half that needs 4 h; the night asks for nothing."""
    window = {"from_utc": START + pd.Timedelta(hours=6), "until_utc": START + pd.Timedelta(hours=42)}
    row = {"load": "pump", "bus": "one", "tier": 1, "kw": 2.0, "service": "hours", "hours_per_day": 8.0, **window}
    case = build_case([2.0] * 24, buses=buses("one"), loads=frame(row))
    days = read_loads(case, read_feeder(case)).services
    assert days.need.tolist() == [8.0, 4.0] and days.last.tolist() == [14, 20]
    assert [np.flatnonzero(mine)[[0, -1]].tolist() for mine in days.inside] == [[3, 14], [15, 20]]
    demand = np.full((1, 24), 2.0)
    received = np.zeros((1, 24))
    received[0, 2:7], received[0, 19:22] = 2.0, 2.0
    kept = days_kept(case, days, received, demand, np.full((1, 24), 1e-6), 1e-6)
    assert kept.tolist() == [True, True], "2 x 2 h after 10:00 ... 4 intervals of the first day, 2 of the second"
    received[0, 6] = 1.9
    assert days_kept(case, days, received, demand, np.full((1, 24), 1e-6), 1e-6).tolist() == [False, True]


def test_service_energy_is_counted_as_it_comes() -> None:
    row = {"load": "pump", "bus": "one", "tier": 1, "kw": 2.0, "service": "energy", "kwh_per_day": 24.0}
    case = build_case([1.0, 0.5, 0.5], buses=buses("one"), loads=frame(row))
    days = read_loads(case, read_feeder(case)).services
    demand, slack = np.full((1, 3), 2.0), np.full((1, 3), 1e-9)
    assert days.need.tolist() == [2.0]
    assert days_kept(case, days, np.array([[1.0, 2.0, 0.0]]), demand, slack, 1e-6).tolist() == [True]
    assert days_kept(case, days, np.array([[1.0, 0.0, 1.9]]), demand, slack, 1e-6).tolist() == [False]


def driver_case(**tables: pd.DataFrame) -> Case:
    """Four hours of two cars, the first with a trip of 3 kWh in the second hour."""
    cars = [{"vehicle": v, "capacity_kwh": 20.0, "start_kwh": 10.0, "kwh_per_km": 0.2} for v in ("one", "two")]
    trip = {"vehicle": "one", "depart_utc": START + pd.Timedelta(hours=1), "return_utc": START + pd.Timedelta(hours=2)}
    return build_case(
        [1.0] * 4, vehicles=frame(*cars), **{"trips": frame(trip | {"energy_kwh": 3.0, "return_kwh": 4.0}), **tables}
    )


def levels(case: Case) -> list[list[float]]:
    """What the drivers of the two cars need, point by point."""
    return [row.tolist() for row in read_fleet(case).level_kwh]


def test_energy_to_be_back_and_to_leave_with() -> None:
    stay = {
        "vehicle": "two",
        "charger": "",
        "site": "",
        "from_utc": START,
        "until_utc": START + pd.Timedelta(hours=2.5),
    }
    assert levels(driver_case(stays=frame(stay | {"leave_kwh": 7.0}))) == [[0, 0, 4, 0, 0], [0, 0, 7, 7, 0]]


def test_who_leaves_inside_an_interval_has_at_its_end_what_is_left_after_driving() -> None:
    """7 kWh at 2.5 h, when a trip of 2 kWh in an hour begins: 6 kWh at 3 h. A trip before that is nothing to it."""
    half = START + pd.Timedelta(hours=2.5)
    stay = frame({"vehicle": "two", "charger": "", "site": "", "from_utc": START, "until_utc": half, "leave_kwh": 7.0})
    trip = {"vehicle": "two", "depart_utc": half, "return_utc": half + pd.Timedelta(hours=1), "energy_kwh": 2.0}
    early = {"vehicle": "two", "depart_utc": START + pd.Timedelta(hours=2), "return_utc": half, "energy_kwh": 1.0}
    assert levels(driver_case(stays=stay, trips=frame(trip)))[1] == [0, 0, 7, 6, 0]
    assert levels(driver_case(stays=stay, trips=frame(early)))[1] == [0, 0, 7, 7, 0]
    assert levels(driver_case(stays=stay, trips=frame(trip | {"vehicle": "one"})))[1] == [0, 0, 7, 7, 0]


def test_who_leaves_after_the_end_needs_it_at_the_end_and_who_was_back_before_the_start_nothing() -> None:
    stay = {"vehicle": "two", "charger": "", "site": "", "from_utc": START, "until_utc": START + pd.Timedelta(hours=9)}
    trip = {"vehicle": "one", "depart_utc": START - pd.Timedelta(hours=2), "energy_kwh": 0.0, "return_kwh": 4.0}
    back = frame(trip | {"return_utc": START - pd.Timedelta(hours=1)})
    assert levels(driver_case(stays=frame(stay | {"leave_kwh": 7.0}), trips=back)) == [[0] * 5, [0, 0, 0, 0, 7]]


def test_orders_are_rounded_outwards_to_points() -> None:
    window = {"from_utc": START + pd.Timedelta(hours=1.5), "until_utc": START + pd.Timedelta(hours=2.5)}
    order = frame({"need": "a", "vehicle": "two", "km": 30.0, "energy_kwh": 5.0, **window})
    assert levels(driver_case(needs=order))[1] == [0, 6, 6, 6, 0]
    everyone = frame({"need": "a", "vehicle": "", "km": 30.0, "from_utc": window["until_utc"]})
    assert levels(driver_case(needs=everyone)) == [[0, 0, 6, 6, 6], [0, 0, 6, 6, 6]]


def test_the_fleet_minimum_designates_who_has_it() -> None:
    """Both have 10 kWh at first: the first in the table. Then the first is on the road for no point inside its trip,
    comes back with 7 kWh, and the second is designated."""
    minimum = frame({"minimum": "a", "vehicles": 1, "energy_kwh": 8.0})
    assert levels(driver_case(fleet_minimum=minimum)) == [[8, 8, 4, 0, 0], [0, 0, 8, 8, 8]]
    both = frame({"minimum": "a", "vehicles": 2, "energy_kwh": 8.0})
    assert levels(driver_case(fleet_minimum=both)) == [[8] * 5, [8] * 5]


def test_who_can_give_nothing_is_designated_first_and_who_is_away_never() -> None:
    passive, nobody = np.array([5.0, 9.0, 8.0, 8.5, 8.5]), np.zeros(5, dtype=bool)
    gives = np.array([False, True, False, True, True])
    assert designated(passive, nobody, gives, 4, 8.0).tolist() == [2, 1, 3, 4]
    assert designated(passive, nobody, gives, 9, 8.0).tolist() == [2, 1, 3, 4, 0]
    away = np.array([False, False, True, False, False])
    assert designated(passive, away, gives, 2, 8.0).tolist() == [1, 3]


def test_a_vehicle_on_the_road_is_not_designated() -> None:
    trip = {"vehicle": "one", "depart_utc": START + pd.Timedelta(hours=0.5), "energy_kwh": 0.0}
    trips = frame(trip | {"return_utc": START + pd.Timedelta(hours=2)})
    minimum = frame({"minimum": "a", "vehicles": 1, "energy_kwh": 8.0})
    assert levels(driver_case(trips=trips, fleet_minimum=minimum)) == [[8, 0, 8, 8, 8], [0, 8, 0, 0, 0]]


def test_nobody_needs_more_than_fits() -> None:
    case = driver_case(fleet_minimum=frame({"minimum": "a", "vehicles": 2, "energy_kwh": 30.0}))
    passive = np.full((2, 5), 10.0)
    found = required_levels(case, ["one", "two"], passive, np.ones(2, dtype=bool), np.array([20.0, 35.0]))
    assert found.tolist() == [[20.0] * 5, [30.0] * 5]
