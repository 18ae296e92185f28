"""What published tools got wrong about cars that give power: each is a test here.

Cars that feed through a feeder without a source, chargers beyond their limits or those of the site, premises that
export, free energy at a socket, cars that give after they have left, steps taken for hours, stores emptied at the end.
"""

from __future__ import annotations

from typing import Any

import pytest
from random_cases import Small, planned, values

from v2g.errors import InvalidCase

EFF = {"charge_eff": 0.9, "discharge_eff": 0.8}
HEADER = {"format": 1, "name": "ways", "start_utc": "2026-01-15T18:00:00+00:00", "network": "transport"}
CLASSES: dict[str, dict[str, Any]] = {
    "v2l": {"socket_kw": 3.0},
    "v2h": {"v2h_kw": 3.0},
    "v2g": {"discharge_kw": 3.0},
    "none": {},
}
"""One vehicle of each class: what it can give, and how."""


def hall(step: int, steps: int, car: dict[str, Any], post: dict[str, Any] | None = None, **more: Any) -> Small:
    """A hall off the feeder with one car of 20 kWh, at a charger if there is a ``post``."""
    small = Small({**HEADER, "step_min": step, "steps": steps}, {"sites": [{"site": "hall", **more}]})
    where = {"charger": "post"} if post else {"site": "hall"}
    vehicle = {"vehicle": "ev", "capacity_kwh": 40, "start_kwh": 20, "charge_kw": 7, "v2l_eff": 0.8, **car, **where}
    small.tables["vehicles"] = [vehicle]
    if post:
        small.tables["chargers"] = [{"charger": "post", "charge_kw": 7, "discharge_kw": 7, **EFF, **post}]
    return small


def premises(**more: Any) -> dict[str, Any]:
    """A charger behind the transfer switch of the hall."""
    return {"site": "hall", "feeds": "premises", **more}


def asks(small: Small, kw: float, **more: Any) -> Small:
    """With one load in the hall."""
    rows = small.tables.setdefault("loads", [])
    rows.append({"load": f"load {len(rows)}", "site": "hall", "kw": kw, "tier": 1, **more})
    return small


def alive(small: Small, start: float = 0.0) -> Small:
    """The hall on a feeder that a battery with ``start`` kWh keeps alive."""
    small.tables["buses"] = [{"bus": "b1", "kv_ln_kv": 0.23}]
    small.tables["batteries"] = [{
        "battery": "box", "bus": "b1", "capacity_kwh": 40, "start_kwh": start, "charge_kw": 0, "discharge_kw": 30,
        **EFF, "forming": 1,
    }]  # fmt: skip
    small.tables["sites"][0]["bus"] = "b1"
    return small


def served(small: Small) -> float:
    """Energy that critical loads get."""
    return float(planned(small)[1].summary["energy_kwh"]["served_critical"])


@pytest.mark.parametrize("name", CLASSES)
def test_what_each_class_gives_with_everything_dead(name: str) -> None:
    """Sockets 3 kW x 2 h; V2H the same behind its switch; V2G nothing, for nobody forms an island; no way: nothing."""
    expected = {"v2l": 6.0, "v2h": 6.0, "v2g": 0.0, "none": 0.0}
    post = {"v2h": premises(), "v2g": {"site": "hall"}}.get(name)
    small = asks(hall(60, 2, CLASSES[name], post), 4, by_v2l=1)
    assert served(small) == pytest.approx(expected[name], abs=1e-6)


@pytest.mark.parametrize("name", CLASSES)
def test_what_each_class_gives_on_a_live_feeder(name: str) -> None:
    """An empty battery keeps the bus alive: now V2G serves the hall as well."""
    expected = {"v2l": 6.0, "v2h": 6.0, "v2g": 6.0, "none": 0.0}
    post = {"v2h": premises(), "v2g": {"site": "hall"}}.get(name)
    small = alive(asks(hall(60, 2, CLASSES[name], post), 4, by_v2l=1))
    assert served(small) == pytest.approx(expected[name], abs=1e-6)


BRIEF = {"leaf_30": (28.0, 6.0, 6.0), "leaf_60": (59.0, 6.0, 7.0), "zoe_41": (41.0, 0.0, 0.0)}
"""Vehicles of the brief: usable kWh, kW by V2H and by V2G through a CHAdeMO station, as the catalogue has them."""


@pytest.mark.parametrize("model", BRIEF)
@pytest.mark.parametrize("way", ["v2h", "v2g", "v2l"])
def test_the_vehicles_of_the_catalogue_give_what_their_nameplates_say(model: str, way: str) -> None:
    """For 2 h to a load of 9 kW, full at first. None has sockets of its own; the Zoe gives nothing in any way."""
    _, v2h, v2g = BRIEF[model]
    small = alive(asks(Small({**HEADER, "step_min": 60, "steps": 2}, {"sites": [{"site": "hall"}]}), 9, by_v2l=1))
    station = {"v2h": "v2h_chademo_6kW", "v2g": "v2g_chademo_10kW"}.get(way)
    car = {"vehicle": "ev", "model": model, "start_soc": 1.0}
    small.tables["vehicles"] = [car | ({"charger": "post"} if station else {"site": "hall"})]
    if station:
        fits = {} if model != "zoe_41" else {"connector": "type2"}
        small.tables["chargers"] = [{"charger": "post", "type": station, "site": "hall", **fits}]
    assert served(small) == pytest.approx(2 * {"v2h": v2h, "v2g": v2g, "v2l": 0.0}[way], abs=1e-6)


def test_a_zoe_does_not_fit_a_chademo_station() -> None:
    small = asks(Small({**HEADER, "step_min": 60, "steps": 2}, {"sites": [{"site": "hall"}]}), 9)
    small.tables["vehicles"] = [{"vehicle": "ev", "model": "zoe_41", "start_soc": 1.0, "charger": "post"}]
    small.tables["chargers"] = [{"charger": "post", "type": "v2h_chademo_6kW", "site": "hall"}]
    with pytest.raises(InvalidCase, match="chademo"):
        small.read()


@pytest.mark.parametrize("way", ["v2l", "v2h"])
def test_nothing_comes_out_of_a_battery_for_free(way: str) -> None:
    """20 kWh at 0.8 serve 16 kWh, whatever is asked for: losses are on the side of the battery."""
    car = {"socket_kw": 30.0} if way == "v2l" else {"v2h_kw": 30.0}
    post = premises(discharge_kw=30) if way == "v2h" else None
    small = asks(hall(60, 3, car, post), 20, by_v2l=1)
    assert served(small) == pytest.approx(20 * 0.8, abs=1e-6)


@pytest.mark.parametrize("step", [15, 30, 60])
def test_hours_are_hours_whatever_the_step(step: int) -> None:
    """A pump of 2 kW for 12 h a day over 4 h: 2 h, 4 kWh."""
    small = asks(
        hall(step, 240 // step, {"socket_kw": 3.0}), 2, by_v2l=1, service="hours", hours_per_day=12, min_run_h=1
    )
    assert values(small)["critical_hours"] == pytest.approx(0.0, abs=1e-6)
    _, plan = planned(small)
    assert plan.summary["critical"]["1"]["served"] == 1
    hours = plan.tables["loads"]["hours"][plan.tables["loads"]["served_kw"] > 2 - 1e-6].sum()
    assert hours >= 2 - 1e-9


def test_a_car_gives_only_while_it_is_there() -> None:
    """Two hours of four, at 3 kW."""
    small = asks(hall(60, 4, {"socket_kw": 3.0}), 3, by_v2l=1)
    del small.tables["vehicles"][0]["site"]
    small.tables["stays"] = [
        {"vehicle": "ev", "charger": "", "site": "hall", "from_utc": small.time(1), "until_utc": small.time(3)}
    ]
    assert served(small) == pytest.approx(6.0, abs=1e-6)


@pytest.mark.parametrize(("vehicle", "charger"), [(5.0, 3.0), (3.0, 5.0)])
def test_the_smaller_of_vehicle_and_charger_counts_both_ways(vehicle: float, charger: float) -> None:
    """Out: 3 kW to the load for 2 h. In: with the feeder full and no load, at most 3 kW for 2 h."""
    car, post = {"v2h_kw": vehicle, "charge_kw": vehicle}, premises(discharge_kw=charger, charge_kw=charger)
    assert served(asks(hall(60, 2, car, post), 9)) == pytest.approx(6.0, abs=1e-6)
    small = alive(asks(hall(60, 2, car, post), 0.5), start=40)
    small.tables["vehicles"][0]["reserve_kwh"] = 30
    _, plan = planned(small)
    assert plan.tables["vehicles"]["charge_kw"].tolist() == pytest.approx([3.0, 3.0], abs=1e-6)


def test_a_site_limits_what_goes_in_with_all_its_chargers() -> None:
    """Connection 4 kW, load 1.5 kW: 2.5 kW are left for the car, though it could take 7."""
    small = alive(asks(hall(60, 2, {}, {"site": "hall"}, import_kw=4), 1.5), start=40)
    small.tables["vehicles"][0]["reserve_kwh"] = 30
    _, plan = planned(small)
    assert plan.tables["vehicles"]["charge_kw"].max() == pytest.approx(2.5, abs=1e-6)


def test_a_site_limits_what_comes_out_with_its_loads_first() -> None:
    """A car of 7 kW, a load of 2 kW at the site, 1 kW out at most: a load of 4 kW elsewhere gets 1 kW."""
    small = alive(asks(hall(60, 1, {"discharge_kw": 7.0}, {"site": "hall"}, export_kw=1), 2))
    small.tables["loads"].append({"load": "far", "bus": "b1", "kw": 4, "tier": 1, "site": ""})
    assert served(small) == pytest.approx(3.0, abs=1e-6)


def test_premises_never_export() -> None:
    """V2H of 3 kW, a load of 1 kW behind the switch, another one on the same bus of the feeder: nothing for that."""
    small = alive(asks(hall(60, 1, {"v2h_kw": 3.0}, premises()), 1))
    small.tables["loads"].append({"load": "far", "bus": "b1", "kw": 4, "tier": 1, "site": ""})
    assert served(small) == pytest.approx(1.0, abs=1e-6)


def test_a_station_that_follows_is_no_source_of_its_own() -> None:
    """V2G without a source that forms: nothing, however much is on board. With a station that forms: 3 kW."""
    small = asks(hall(60, 1, {"discharge_kw": 3.0}, {"site": "hall"}), 3)
    assert served(small) == 0.0
    small.tables["chargers"][0]["forming"] = 1
    assert served(small) == pytest.approx(3.0, abs=1e-6)


def test_all_ways_share_one_battery_and_one_limit() -> None:
    """10 kWh above the reserve, 5 kW for all ways: 5 kW in the first hour, then 8 kWh - 5 kWh; not 3 + 3 + 3 kW."""
    car = {"v2h_kw": 3.0, "socket_kw": 3.0, "give_kw": 5.0, "reserve_kwh": 10}
    small = asks(hall(60, 2, car, premises()), 4, by_v2l=0)
    asks(small, 4, by_v2h=0, by_v2l=1)
    _, plan = planned(small)
    given = plan.tables["vehicles"][["v2h_kw", "v2l_kw"]].sum(axis=1)
    assert given.max() <= 5 + 1e-6
    assert given.sum() == pytest.approx(10 * 0.8, abs=1e-6)


def test_no_car_charges_while_its_sockets_give_all_they_can() -> None:
    """The share of time for charging and the share for giving add up to at most one."""
    small = alive(asks(hall(60, 1, {"socket_kw": 3.0}, {"site": "hall"}), 3, by_v2l=1), start=40)
    small.tables["vehicles"][0]["reserve_kwh"] = 30
    small.tables["vehicles"][0]["start_kwh"] = 30
    _, plan = planned(small)
    row = plan.tables["vehicles"].iloc[0]
    assert row["charge_kw"] / 7 + row["v2l_kw"] / 3 <= 1 + 1e-6


def test_what_is_left_at_the_end_counts_where_the_end_is_not_known() -> None:
    """A heater that nobody must have takes what is left; with two more hours of the ward to come, 2 x 1 kWh stay."""
    small = asks(hall(60, 4, {"socket_kw": 3.0, "sockets": 2, "start_kwh": 12.5}), 1, by_v2l=1)
    asks(small, 3, by_v2l=1, tier=0)
    _, plan = planned(small)
    assert plan.tables["vehicles"]["energy_end_kwh"].iloc[-1] == pytest.approx(0.0, abs=1e-6)
    small.header["carry_h"] = 2
    _, plan = planned(small)
    assert plan.tables["vehicles"]["energy_end_kwh"].iloc[-1] == pytest.approx(2 * 1 / 0.8, abs=1e-6)
