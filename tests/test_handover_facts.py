"""What a plan means for each load and vehicle, against the village whose README works it out, and by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import v2g
from v2g.errors import InvalidCase
from v2g.formats import read_folder
from v2g.formats.draft import Draft
from v2g.formats.shipped import locate
from v2g.handover.clock import Clock
from v2g.handover.facts import Facts
from v2g.handover.loads import Service
from v2g.handover.vehicles import Doing
from v2g.reading import read


@pytest.fixture(scope="module")
def village() -> Facts:
    case = v2g.read("village")
    return Facts(case, v2g.solve(case))


def test_loads_and_when_they_are_dark(village: Facts) -> None:
    """The clinic is served throughout; the cold store asks from 20:00 on and lacks power from 21:00, its last hour."""
    clinic, store = village.critical
    assert (clinic.name, clinic.tier, clinic.kept, clinic.short_from, clinic.short_spans) == (
        "clinic",
        1,
        True,
        None,
        [],
    )
    assert (clinic.hours_owed, clinic.hours_got) == (4.0, pytest.approx(4.0))
    assert (store.name, store.tier, store.kept, store.short_from) == ("cold_store", 2, False, 3)
    assert store.state.tolist() == [Service.NONE_ASKED, Service.NONE_ASKED, Service.FULL, Service.PART]
    assert store.short_spans == [(3, 4)] and store.hours_owed == 2.0


def test_a_vehicle_is_somewhere_all_the_time(village: Facts) -> None:
    """Leaf60 stands at the square until it drives at 20:00, with the 4 kWh of its trip."""
    for vehicle in village.vehicles:
        ends = [0, *(visit.last for visit in vehicle.visits)]
        assert [visit.first for visit in vehicle.visits] == ends[:-1] and ends[-1] == village.case.steps
        for visit in vehicle.visits:
            assert [act.first for act in visit.acts] == [visit.first, *(act.last for act in visit.acts[:-1])]
    driver = next(one for one in village.vehicles if one.name == "leaf60")
    there, away = driver.visits
    assert (there.charger, there.last, away.away) == ("square_1", 2, True)
    assert there.leave_kwh - away.leave_kwh == pytest.approx(4.0) == driver.drives[0].kwh
    assert {act.doing for act in away.acts} == {Doing.AWAY}


def test_energy_is_told_once(village: Facts) -> None:
    """What vehicles do adds up to the energies of the summary."""
    given = sum(
        act.kwh for one in village.vehicles for visit in one.visits for act in visit.acts if act.doing == Doing.FEEDER
    )
    energy = village.plan.summary["energy_kwh"]
    assert given == pytest.approx(energy["discharged"])
    by_kind = {supply.kind: float(supply.kw @ village.record.hours) for supply in village.supply}
    assert by_kind == {
        "feeder": pytest.approx(energy["discharged"]),
        "battery": pytest.approx(energy["battery_discharged"]),
    }
    assert village.fleet_kwh[0] == 16.0 + 50.0 + 20.0


def test_another_run_has_another_name(village: Facts) -> None:
    again = v2g.solve(village.case)
    other = v2g.Plan(
        {**again.summary, "provenance": {**again.summary["provenance"], "created_utc": "2026-01-15T17:00:00+00:00"}},
        again.tables,
    )
    assert len(village.run_id) == 8 and Facts(village.case, other).run_id != village.run_id
    assert Facts(village.case, other).run_id == Facts(village.case, other).run_id


def test_a_plan_that_was_changed_by_hand_has_another_name_and_one_that_was_written_has_not(
    village: Facts, tmp_path: Path
) -> None:
    kept = v2g.read_plan(v2g.write_plan(village.plan, tmp_path / "plan"))
    assert Facts(village.case, kept).run_id == village.run_id
    vehicles = kept.tables["vehicles"].copy()
    vehicles.loc[0, "discharge_kw"] += 1.0
    assert Facts(village.case, v2g.Plan(kept.summary, {**kept.tables, "vehicles": vehicles})).run_id != village.run_id


def test_a_plan_grows_old(village: Facts) -> None:
    """Four hours from 18:00, in hours: current in the first, stale in the others."""
    start = datetime(2026, 1, 15, 18, tzinfo=UTC)
    ages = [village.age(start + timedelta(minutes=minutes)) for minutes in (-1, 0, 59, 60, 239, 240)]
    assert ages == ["early", "current", "current", "stale", "stale", "over"]


def zoned(zone: str) -> Draft:
    draft = read_folder(locate("village"))
    return Draft.of({**draft.header, "time_zone": zone}, draft.tables)


def test_times_are_told_in_the_zone_of_the_case() -> None:
    """Tokyo is nine hours ahead of 18:00 UTC, New York in winter five behind."""
    clock = Clock.of(read(zoned("Asia/Tokyo")))
    assert f"{clock.local(0):%Y-%m-%d %H:%M %Z}" == "2026-01-16 03:00 JST"
    assert clock.utc_text(0) == "2026-01-15T18:00:00+00:00"
    assert f"{Clock.of(read(zoned('America/New_York'))).local(4):%d %H:%M %Z}" == "15 17:00 EST"


@pytest.mark.parametrize("zone", ["Asia/Tokio", "../etc/passwd", ""])
def test_a_zone_that_is_none_is_told(zone: str) -> None:
    with pytest.raises(InvalidCase) as told:
        read(zoned(zone))
    (fault,) = [one for one in told.value.findings if one.severity == "error"]
    assert fault.column == "time_zone" and fault.allowed
