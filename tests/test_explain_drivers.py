"""Every vehicle below what its driver needs: from when to when, how much, which row asks, and could it be met."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import small

import v2g
from v2g.asks import asks_of
from v2g.case import Case
from v2g.formats.draft import Draft
from v2g.formats.shipped import shipped_cases
from v2g.plan import Plan
from v2g.replay.fleet import read_fleet
from v2g.reports.text import reasons_report
from v2g.shortfalls import COLUMNS

CASES = Path(__file__).parent / "cases"
HEADER = {
    "format": 1, "name": "cars", "title": "", "start_utc": "2026-01-15T18:00:00Z", "step_min": 60, "steps": 4,
    "network": "transport",
}  # fmt: skip
HALL = {"sites": "site\nhall", "loads": "load,site,tier,kw,by_v2l\nlamp,hall,0,1,1"}


def at_hall(vehicles: str, policy: str = "tiers", **tables: str) -> Case:
    """Cars at a hall that hangs on no line, four hours from 18:00."""
    frames = {name: small.frame(text) for name, text in {**HALL, "vehicles": vehicles, **tables}.items()}
    return v2g.read(Draft.of({**HEADER, "policy": policy}, frames))


def rows(case: Case, plan: Plan | None = None) -> list[tuple[object, ...]]:
    """The table, hours for times."""
    table = v2g.shortfalls(case, plan or v2g.solve(case))
    for column in ("start_utc", "end_utc", "worst_at_utc"):
        table[column] = [f"{time:%H:%M}" for time in table[column]]
    return [(*row[:3], round(row[3], 6), *row[4:]) for row in table.itertuples(index=False, name=None)]


def texts(case: Case) -> list[str]:
    """What is said of the vehicles."""
    return [reason.text for reason in v2g.explain(case, v2g.solve(case)) if reason.subject == "vehicle"]


def test_below_from_the_start() -> None:
    """8 kWh, 10 needed; 7 kW x 0.9 would lift it above 10 in the first hour, but not before the start."""
    case = v2g.read(CASES / "below-reserve")
    assert rows(case) == [
        ("ev", "18:00", "18:00", 2.0, "18:00", "reserve_kwh", "vehicles.csv", 2, False),
        ("ev", "19:00", "19:00", 2.0, "19:00", "reserve_kwh", "vehicles.csv", 2, True),
    ]
    [text] = texts(case)
    assert (
        "lacks up to 2.0 kWh to its reserve of 10.0 kWh (vehicles.csv, row 2), from 2026-01-15 18:00 to 19:00" in text
    )
    assert "It starts below its reserve; it may charge" in text and "would not be enough at first" in text


def test_below_by_its_own_trip() -> None:
    """12 kWh less 5 on the road from 19:00 to 20:00 are 7: 3 less than the reserve, to the end."""
    case = at_hall(
        "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,site\nev,40,12,10,7,hall",
        trips="vehicle,depart_utc,return_utc,energy_kwh\nev,2026-01-15T19:00:00Z,2026-01-15T20:00:00Z,5",
    )
    assert rows(case) == [("ev", "20:00", "22:00", 3.0, "20:00", "reserve_kwh", "vehicles.csv", 2, False)]
    [text] = texts(case)
    assert "Its own trips take it below what it needs" in text and "starts below" not in text
    assert "It is not plugged in at a charger until then." in text


def test_below_by_standby() -> None:
    """10.6 kWh less 0.5 an hour: 10.1, then 9.6, 9.1, 8.6 against a reserve of 10."""
    case = at_hall(
        "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,charger\nev,40,10.6,10,7,box",
        chargers="charger,site,feeds,charge_kw,discharge_kw,charge_eff,discharge_eff,standby_kw\n"
        "box,hall,premises,7,7,1,1,0.5",
    )
    assert rows(case) == [("ev", "20:00", "22:00", 1.4, "22:00", "reserve_kwh", "vehicles.csv", 2, False)]
    [text] = texts(case)
    assert "The standby of its charger takes it below what it needs" in text
    assert "Its charger is dead until then." in text


def with_head(policy: str) -> Case:
    """A head of 4 kW and a clinic that takes all of it; the car has 12 kWh, and 20 are asked for at 20:00."""
    return at_hall(
        "vehicle,capacity_kwh,start_kwh,charge_kw,charger\nev,40,12,7,box",
        policy,
        buses="bus,phases,kv_ln_kv\nsquare,a,0.23",
        grid="grid,bus,phases,rating_kw\nhead,square,a,4",
        chargers="charger,bus,phases,charge_kw,discharge_kw,charge_eff,discharge_eff\nbox,square,a,7,0,1,1",
        loads="load,bus,phases,tier,kw\nclinic,square,a,1,4",
        needs="need,vehicle,energy_kwh,from_utc,until_utc\nconvoy,ev,20,2026-01-15T20:00:00Z,2026-01-15T20:00:00Z",
        sites="site\nhall",
    )


def test_below_an_order_that_comes_later() -> None:
    """Two hours at 7 kW would make 12 + 14 = 26 of the 20 kWh, but the clinic takes all there is."""
    case = with_head("tiers")
    assert rows(case) == [("ev", "20:00", "20:00", 8.0, "20:00", "need convoy", "needs.csv", 2, True)]
    [text] = texts(case)
    assert text.startswith(
        "ev lacks up to 8.0 kWh to the 20.0 kWh of order convoy (needs.csv, row 2), at 2026-01-15 20:00"
    )
    assert "More is asked for then than it has without charging" in text and "starts below" not in text
    assert "Charging it in time would be enough, but it would have cost loads that come first" in text


def test_where_drivers_come_first_loads_are_not_to_blame() -> None:
    """4 kW for two hours make 12 + 8 = 20 kWh: with drivers first, the order is kept and the clinic waits."""
    assert rows(with_head("drivers")) == []
    slow = with_head("drivers")
    plan = v2g.solve(slow)
    vehicles = plan.tables["vehicles"].assign(energy_end_kwh=12.0, charge_kw=0.0)
    [text] = [r.text for r in v2g.explain(slow, Plan(plan.summary, {**plan.tables, "vehicles": vehicles}))
              if r.subject == "vehicle"]  # fmt: skip
    assert "there was no energy or power for it" in text and "loads that come first" not in text


def test_every_table_that_can_ask() -> None:
    """Five cars without a charger, each short of something else; two cars must hold 30 kWh, and one does."""
    case = at_hall(
        """vehicle,capacity_kwh,start_kwh,reserve_kwh,reserve_km,kwh_per_km,charge_kw,site
        far,40,6,0,50,0.2,7,hall
        home,40,12,0,,,7,hall
        gone,40,10,0,,,7,
        spare,40,20,0,,,7,hall
        full,40,35,0,,,7,hall""",
        trips="vehicle,depart_utc,return_utc,energy_kwh,return_kwh\nhome,2026-01-15T19:00:00Z,2026-01-15T20:00:00Z,5,9",
        stays="vehicle,site,from_utc,until_utc,leave_kwh\ngone,hall,2026-01-15T18:00:00Z,2026-01-15T21:00:00Z,14",
        fleet_minimum="minimum,vehicles,energy_kwh,from_utc,until_utc\n"
        "watch,2,30,2026-01-15T18:00:00Z,2026-01-15T19:00:00Z",
    )
    assert rows(case) == [
        ("far", "18:00", "22:00", 4.0, "18:00", "reserve_km", "vehicles.csv", 2, False),  # 50 km x 0.2 = 10, it has 6
        ("home", "20:00", "20:00", 2.0, "20:00", "return_kwh", "trips.csv", 2, False),  # 12 - 5 = 7 of 9
        ("gone", "21:00", "21:00", 4.0, "21:00", "leave_kwh", "stays.csv", 2, False),  # 10 of 14
        ("spare", "18:00", "19:00", 10.0, "18:00", "fleet minimum watch", "fleet_minimum.csv", 2, False),  # 20 of 30
    ]
    joined = "\n".join(texts(case))
    for words in (
        "its reserve of 10.0 kWh for 50 km (vehicles.csv, row 2)",
        "the 9.0 kWh to be back with (trips.csv, row 2), at 2026-01-15 20:00 UTC.",
        "the 14.0 kWh to leave with (stays.csv, row 2)",
        "the 30.0 kWh of the fleet minimum watch (fleet_minimum.csv, row 2), from 2026-01-15 18:00 to 19:00 UTC",
    ):
        assert words in joined


def test_two_rows_ask_one_after_the_other() -> None:
    """The reserve of 10 holds all the time; the order of 15 asks for more from 20:00 to 21:00."""
    case = at_hall(
        "vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,site\nev,40,8,10,7,hall",
        needs="need,vehicle,energy_kwh,from_utc,until_utc\ntour,ev,15,2026-01-15T20:00:00Z,2026-01-15T21:00:00Z",
    )
    assert rows(case) == [
        ("ev", "18:00", "19:00", 2.0, "18:00", "reserve_kwh", "vehicles.csv", 2, False),
        ("ev", "20:00", "21:00", 7.0, "20:00", "need tour", "needs.csv", 2, False),
        ("ev", "22:00", "22:00", 2.0, "22:00", "reserve_kwh", "vehicles.csv", 2, False),
    ]
    reserve = next(t for t in texts(case) if "reserve of" in t)
    assert "from 2026-01-15 18:00 to 19:00 and at 2026-01-15 22:00 UTC" in reserve


def test_a_trip_that_lacks_energy() -> None:
    """8 kWh for the trip, 5.9 on board; at 2 kW x 0.9 for one hour 6.8 would be: not enough either."""
    case = v2g.read(CASES / "trip-lacks-energy")
    assert rows(case) == [("ev", "19:00", "20:00", 2.1, "19:00", "trip", "trips.csv", 2, False)]
    assert "lacks 2.1 kWh for its trip (trips.csv, row 2), from 2026-01-15 19:00 to 20:00 UTC." in texts(case)[0]


def test_none_where_all_is_kept() -> None:
    case = v2g.read(CASES / "reserve-km")
    table = v2g.shortfalls(case, v2g.solve(case))
    assert table.empty and tuple(table.columns) == COLUMNS


def folders() -> Iterable[Path]:
    """All golden cases and shipped ones; the large ones would show nothing else."""
    small = ("ieee13", "village", "places", "chiba", "depot")
    yield from (folder for folder in sorted(CASES.iterdir()) if (folder / "case.toml").is_file())
    yield from (Path(str(folder)) for name, folder in shipped_cases().items() if name.startswith(small))


@pytest.mark.parametrize("folder", list(folders()), ids=lambda folder: folder.name)
def test_who_asks_for_most_asks_for_what_is_required(folder: Path) -> None:
    """The rows that ask, put together, are the level that the audit finds by itself."""
    case = v2g.read(folder)
    fleet = read_fleet(case)
    asks = asks_of(case, fleet)
    assert asks.most_kwh == pytest.approx(fleet.level_kwh, abs=1e-8)
    assert ((asks.asker >= 0) == (fleet.level_kwh > 1e-8)).all()


def test_a_fleet_is_told_in_a_few_lines() -> None:
    """200 vans miss 1 to 20 kWh of their reserves; the worst are named, the rest counted."""
    lines = [f"van{k:03d},40,{29 - k % 20},30,7,hall" for k in range(200)]
    case = at_hall("\n".join(["vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,site", *lines]))
    plan = v2g.solve(case)
    reasons = v2g.explain(case, plan)
    report = reasons_report(reasons).splitlines()
    assert len(reasons) == 200 and len(report) == 2
    assert report[0].startswith(
        "- 200 vehicles lack up to 20.0 kWh to their reserves (vehicles.csv), between 2026-01-15 18:00 and 22:00 UTC"
    )
    assert "van019 (20.0 kWh at 2026-01-15 18:00)" in report[0] and report[0].endswith("and 192 more.")
    assert np.isclose(sum(reason.details["shortfall_kwh"] for reason in reasons), 10 * sum(range(1, 21)))
