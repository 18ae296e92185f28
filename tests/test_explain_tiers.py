"""Energy that went to loads of later tiers, told where it could have come to a load that lacks it, and only there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import small

import v2g
from v2g.case import Case
from v2g.explain import Reason
from v2g.formats.draft import Draft

CASES = Path(__file__).parent / "cases"
HEADER = {
    "format": 1, "name": "halls", "title": "", "start_utc": "2026-01-15T18:00:00Z", "step_min": 60, "steps": 4,
    "network": "transport",
}  # fmt: skip
CAR = "vehicle,capacity_kwh,start_kwh,charge_kw,discharge_kw,sockets,socket_kw,v2l_eff,site\ncar,40,5,0,0,3,3,1,hall"
LOADS = "load,site,tier,kw,by_v2l,appliance_kw,until_utc\noxygen,hall,1,2,1,0.5,{until}\nlamp,{site},2,1,1,0.1,"


def halls(site: str = "hall", until: str = "", cars: str = CAR, **more: str) -> Case:
    """A car with 5 kWh at a hall, where oxygen asks for 2 kW, tier 1, and (or at the barn) a lamp for 1 kW, tier 2."""
    tables = {"sites": "site\nhall\nbarn", "vehicles": cars, "loads": LOADS.format(site=site, until=until), **more}
    return v2g.read(Draft.of(HEADER, {name: small.frame(text) for name, text in tables.items()}))


def why(case: Case, load: str, policy: str = "tiers") -> Reason:
    """Why a load is not served throughout."""
    return next(r for r in v2g.explain(case, v2g.solve(case, policy=policy, gap=1e-6)) if r.name == load)


def passed(reason: Reason) -> list[dict[str, Any]]:
    return [{**row, "kwh": pytest.approx(row["kwh"], abs=1e-4)} for row in reason.details.get("later_tiers", [])]


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (
            "tiers",
            "Went to whole loads of later tiers, and could have come here: 4.0 kWh to dialysis (tier 2). Under policy "
            "tiers they count before part of the hours of this load. Policy by_tier puts the hours of this load first.",
        ),
        ("drivers", "4.0 kWh to dialysis (tier 2). Under policy drivers they count before part of the hours"),
        (
            "hours",
            "Under policy hours, load-hours of all tiers count alike. Policy by_tier puts the hours of this load",
        ),
    ],
)
def test_on_the_feeder_what_went_there_meanwhile(policy: str, words: str) -> None:
    """In the two hours in which the clinic lacks power the dialysis has 2 kW: 4 kWh, and by_tier gives just these."""
    found = why(v2g.read(CASES / "policy-by-tier"), "clinic", policy)
    assert words in found.text
    whole = policy != "fair"
    assert passed(found) == [{"load": "dialysis", "tier": 2, "kwh": 4.0, "whole": whole}]


def test_nothing_is_told_where_the_tier_comes_first() -> None:
    case = v2g.read(CASES / "policy-by-tier")
    for load in ("clinic", "dialysis"):
        found = why(case, load, "by_tier")
        assert "later tiers" not in found.text and not passed(found)


def test_from_the_same_vehicle() -> None:
    """5 kWh: the lamp takes 4 x 1 kWh throughout, so oxygen gets 1 of 8 kWh, and the 4 kWh could have come to it."""
    found = why(halls(), "oxygen")
    assert found.details["missing_kwh"] == pytest.approx(7.0, abs=1e-5)
    assert passed(found) == [{"load": "lamp", "tier": 2, "kwh": 4.0, "whole": True}]
    better = why(halls(), "oxygen", "by_tier")
    assert better.details["missing_kwh"] == pytest.approx(7.0 - 4.0, abs=1e-5)


def test_only_what_the_vehicle_held_by_then() -> None:
    """Until 21:00 oxygen asks for 6 kWh, and 2 of 5 kWh are on order. The lamp has 3 kWh before, 1 kWh after that."""
    orders = {"needs": "need,until_utc,energy_kwh\nready,2026-01-15T21:00:00Z,2"}
    found = why(halls(until="2026-01-15T21:00:00Z", **orders), "oxygen")
    assert found.details["missing_kwh"] == pytest.approx(6.0, abs=1e-5)
    assert passed(found) == [{"load": "lamp", "tier": 2, "kwh": 3.0, "whole": True}]
    better = why(halls(until="2026-01-15T21:00:00Z", **orders), "oxygen", "by_tier")
    assert better.details["missing_kwh"] == pytest.approx(6.0 - 3.0, abs=1e-5)


def test_not_what_was_charged_later() -> None:
    """Of 5 kWh the trip takes 4, so oxygen gets 1 x 0.9 of 2 kWh. The lamp has at 21:00 what the yard gave it."""
    tables = {
        "sites": "site,bus\nhall,\nyard,pole",
        "buses": "bus,kv_ln_kv\npole,0.23",
        "grid": "grid,bus\nhead,pole",
        "vehicles": "vehicle,capacity_kwh,start_kwh,charge_kw,discharge_kw,sockets,socket_kw\ncar,40,5,3,0,3,3",
        "chargers": "charger,site,charge_kw,discharge_kw,charge_eff,discharge_eff\npost,yard,3,0,1,1",
        "stays": "vehicle,site,charger,from_utc,until_utc\ncar,hall,,2026-01-15T18:00:00Z,2026-01-15T19:00:00Z\n"
        "car,,post,2026-01-15T20:00:00Z,2026-01-15T21:00:00Z\ncar,hall,,2026-01-15T21:00:00Z,2026-01-15T22:00:00Z",
        "trips": "vehicle,depart_utc,return_utc,energy_kwh\ncar,2026-01-15T19:00:00Z,2026-01-15T20:00:00Z,4",
        "loads": "load,site,tier,kw,by_v2l,from_utc,until_utc\noxygen,hall,1,2,1,,2026-01-15T19:00:00Z\n"
        "lamp,hall,2,1,1,2026-01-15T21:00:00Z,",
    }
    case = v2g.read(Draft.of(HEADER, {name: small.frame(text) for name, text in tables.items()}))
    found = why(case, "oxygen")
    assert found.details["missing_kwh"] == pytest.approx(1.1, abs=1e-5) and not passed(found)


def test_not_from_a_vehicle_elsewhere() -> None:
    """The hall's car gives oxygen all it has, and the one at the barn cannot reach it."""
    found = why(halls(site="barn", cars=f"{CAR}\nother,40,5,0,0,3,3,1,barn"), "oxygen")
    assert found.details["missing_kwh"] == pytest.approx(8.0 - 5.0, abs=1e-5) and not passed(found)


def test_each_tier_is_priced_by_its_own_hours() -> None:
    """A kWh is 1/4 h of the clinic's 4 kW and 1/2 h of the dialysis's 2 kW."""
    case = v2g.read(CASES / "policy-by-tier")
    assert "is worth 0.25 critical load-hours" in why(case, "clinic", "by_tier").text
    assert "is worth 0.5 critical load-hours" in why(case, "dialysis", "by_tier").text


def test_values_are_those_of_the_first_tier_that_misses_hours() -> None:
    """One more kW of the box in an hour is 1 kWh, 1/4 h of the clinic; the clinic is the first that misses any."""
    case = v2g.read(CASES / "policy-by-tier")
    table = v2g.values(case, v2g.solve(case, policy="by_tier", gap=1e-6))
    assert table.attrs["meaning"] == "critical load-hours of the tier (critical_hours_1)"
    best = table[(table["kind"] == "energy") & (table["name"] == "square")]["worth_h"].max()
    assert best == pytest.approx(0.25, abs=1e-6)
    kept = halls(site="barn", cars=f"{CAR.replace(',5,', ',9,')}\nother,40,2,0,0,3,3,1,barn")
    table = v2g.values(kept, v2g.solve(kept, policy="by_tier", gap=1e-6))
    assert table.attrs["meaning"].endswith("(critical_hours_2)") and table["worth_h"].max() == pytest.approx(1.0)


@pytest.mark.parametrize(("start", "words"), [("2.6", "too little for one more run of it."), ("0", "")])
def test_what_is_left_may_be_too_little_for_a_run(start: str, words: str) -> None:
    """2.6 kWh of which runs of an hour take 1 kW: two of three hours of the day, and 0.6 kWh stay in the car."""
    loads = "load,site,tier,kw,by_v2l,service,hours_per_day,min_run_h\npump,hall,1,1,1,hours,18,1"
    cars = {"sites": "site\nhall", "vehicles": CAR.replace(",5,", f",{start},"), "loads": loads}
    found = why(v2g.read(Draft.of(HEADER, {name: small.frame(text) for name, text in cars.items()})), "pump")
    assert found.details["missing_kwh"] == pytest.approx(1.0 if words else 3.0, abs=1e-5)
    assert words in found.text and ("too little" in found.text) is bool(words)


@pytest.mark.parametrize("service", ["hours,3,", "energy,,3"])
def test_a_day_on_which_a_load_asks_for_nothing(service: str) -> None:
    """`check` refuses such a need; explain, given a plan of before, still says what is wrong."""
    loads = f"load,site,tier,kw,by_v2l,service,hours_per_day,kwh_per_day,profile\npump,hall,1,1,1,{service},on"
    start = [f"2026-01-15T{hour}:00:00Z" for hour in (18, 19, 20, 21)]
    profile = "start_utc,on\n" + "\n".join(f"{time},1" for time in start)
    tables = {"sites": "site\nhall", "vehicles": CAR, "loads": loads, "profiles": profile}
    case = v2g.read(Draft.of(HEADER, {name: small.frame(text) for name, text in tables.items()}))
    plan = v2g.solve(case)
    assert not v2g.explain(case, plan)
    nothing = replace(case, tables={**case.tables, "profiles": case.table("profiles").assign(on=0.0)})
    idle = replace(plan, tables={**plan.tables, "loads": plan.tables["loads"].assign(served_kw=0.0, v2l_kw=0.0)})
    (found,) = (r for r in v2g.explain(nothing, idle) if r.subject == "load")
    assert found.cause == "demand" and found.hours_missed == pytest.approx(3.0 * 4 / 24)
    assert (
        "It asks for no power from 2026-01-15 21:00 to 22:00, and needs it on that day: see its profile." in found.text
    )


def test_what_a_battery_could_have_kept_for_another_hour() -> None:
    """The lights of the depot's shelter take 2 kW for 6 h of the first day and for 3 h of the half day after it, 18 kWh
    from buses that can wait; the heating, which draws its full power in the first hours, lacks far more.
    """
    found = why(v2g.read("depot"), "shelter_heating")
    assert passed(found) == [{"load": "shelter_lights", "tier": 3, "kwh": 18.0, "whole": True}]


def test_a_load_that_counts_at_full_power_alone_lacks_power_beside_what_may_not_stop() -> None:
    """The socket of the school carries 3.6 kW: 0.9 of oxygen and 3 of the cooker are 3.9. Energy is there: heaters,
    which matter less, have it."""
    found = why(v2g.read("places"), "school_cooker")
    assert found.cause == "power"
    assert (
        "it counts only at its full 3 kW, and cars at school can give 3.6 kW, of which 0.9 kW go to school_oxygen"
        in found.why
    )


def test_hours_without_a_way_are_no_cause_where_the_day_has_others() -> None:
    """The car of the nursery is away from 19:00 to 08:00 in Tokyo, and there for 11 h of the second day: the kettle's
    second hour of 1.5 kW could be had then, were there energy."""
    assert why(v2g.read("chiba-2019"), "nursery_kettle").cause == "energy"
