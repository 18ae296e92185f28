"""What critical loads ask for: hours, energy, runs, and habits that mean something."""

from __future__ import annotations

import pytest
from helpers_specs import case_of, findings_of, only, place

LOADS = "load,bus,tier,kw,service,hours_per_day,min_run_h,kwh_per_day,from_utc,until_utc,profile\n"
HABITS = "load,bus,tier,kw,service,hours_per_day,hold,pickup_factor,pickup_h\n"
LONG = {"step_min": 60, "steps": 60}
NO_FLEET = {"stays": None, "trips": None}


def pump(rest: str) -> str:
    return LOADS + f"pump,b2,1,10,{rest}\n"


@pytest.mark.parametrize(
    "rest",
    ["hours,2,1,,,,", "hours,24,,,,,", "energy,,,240,,,", "continuous,,,,,,", "energy,,,0,,,", "hours,0,,,,,"],
)
def test_services_that_are_whole(rest: str) -> None:
    case_of(LONG, loads=pump(rest), **NO_FLEET)


def test_hours_without_hours() -> None:
    finding = only(findings_of(loads=pump("hours,,,,,,")))
    assert place(finding) == ("service-without-need", "loads.csv", 2, "hours_per_day", "error")


def test_energy_without_energy() -> None:
    finding = only(findings_of(loads=pump("energy,,,,,,")))
    assert place(finding) == ("service-without-need", "loads.csv", 2, "kwh_per_day", "error")


def test_more_hours_than_a_day_has() -> None:
    finding = only(findings_of(loads=pump("hours,24.5,,,,,")))
    assert place(finding) == ("hours-beyond-day", "loads.csv", 2, "hours_per_day", "error")


@pytest.mark.parametrize(
    ("rest", "column"),
    [
        ("continuous,2,,,,,", "hours_per_day"), ("energy,2,,5,,,", "hours_per_day"), ("energy,,1,5,,,", "min_run_h"),
        ("hours,2,,5,,,", "kwh_per_day"),
    ],
)  # fmt: skip
def test_columns_of_another_service(rest: str, column: str) -> None:
    finding = only(findings_of(loads=pump(rest)))
    assert place(finding) == ("column-not-used", "loads.csv", 2, column, "warning")


def test_a_run_longer_than_the_window() -> None:
    """The window of an hour, inside the case of two."""
    window = "2026-01-15T19:00:00+00:00,2026-01-15T22:00:00+00:00"
    finding = only(findings_of(loads=pump(f"hours,4,1.5,,{window},")))
    assert place(finding) == ("run-beyond-window", "loads.csv", 2, "min_run_h", "error")
    assert finding.allowed == "at most 1 h"
    case_of(loads=pump(f"hours,4,1,,{window},"))


def test_a_run_longer_than_the_need() -> None:
    finding = only(findings_of(loads=pump("hours,1,1.5,,,,")))
    assert place(finding) == ("run-beyond-need", "loads.csv", 2, "min_run_h", "warning")


def test_more_energy_than_the_power_allows() -> None:
    """10 kW for 24 h are 240 kWh; the last day of 60 h has 12 h, and its need is half of that of a day."""
    case_of(LONG, loads=pump("energy,,,240,,,"), **NO_FLEET)
    finding = only(findings_of(LONG, loads=pump("energy,,,241,,,"), **NO_FLEET))
    assert place(finding) == ("need-beyond-demand", "loads.csv", 2, "kwh_per_day", "error")
    assert finding.message == "pump needs 241 kWh on day 1 of its window and can draw 240 kWh at most."


def test_energy_follows_the_profile() -> None:
    """Two hours at 10 kW x (1, 0.5, 0.5, 0): 5 + 2.5 + 2.5 = 10 kWh; 120 kWh per day x 2/24 are 10 kWh too."""
    starts = [f"2026-01-15T{clock}:00+00:00" for clock in ("18:00", "18:30", "19:00", "19:30")]
    rows = zip(starts, (1, 0.5, 0.5, 0), strict=True)
    profiles = "start_utc,day\n" + "".join(f"{start},{value}\n" for start, value in rows)
    case_of(loads=pump("energy,,,120,,,day"), profiles=profiles)
    finding = only(findings_of(loads=pump("energy,,,121,,,day"), profiles=profiles))
    assert finding.code == "need-beyond-demand" and "can draw 10 kWh at most" in finding.message


def test_days_that_are_not_guaranteed() -> None:
    """Days end after 24, 48 and 60 h; one that begins after 20 h ends after 44 h."""
    case_of({**LONG, "guarantee_h": 24}, loads=pump("hours,2,,,,,"), **NO_FLEET)
    finding = only(findings_of({**LONG, "guarantee_h": 23}, loads=pump("hours,2,,,,,"), **NO_FLEET))
    assert place(finding) == ("no-guaranteed-day", "loads.csv", 2, "hours_per_day", "warning")
    later = pump("energy,,,5,2026-01-16T14:00:00+00:00,,")
    case_of({**LONG, "guarantee_h": 44}, loads=later, **NO_FLEET)
    assert only(findings_of({**LONG, "guarantee_h": 43}, loads=later, **NO_FLEET)).code == "no-guaranteed-day"


def test_tier_0_has_no_service() -> None:
    finding = only(findings_of(loads="load,bus,tier,kw,service,hours_per_day\npump,b2,0,10,hours,\n"))
    assert place(finding) == ("service-of-tier-0", "loads.csv", 2, "service", "warning")


@pytest.mark.parametrize(
    ("rest", "code", "column"),
    [
        ("10,continuous,,,2,0", "column-not-used", "pickup_factor"),
        ("0,continuous,,,2,1", "column-not-used", "pickup_factor"),
        ("10,continuous,,,,2", "column-not-used", "pickup_h"),
        ("0,continuous,,hard,,", "column-not-used", "hold"),
        ("10,hours,1,hard,,", "hold-against-hours", "hold"),
    ],
)
def test_habits_without_a_meaning(rest: str, code: str, column: str) -> None:
    finding = only(findings_of(loads=HABITS + f"pump,b2,1,{rest}\n"))
    assert place(finding) == (code, "loads.csv", 2, column, "warning")


@pytest.mark.parametrize(
    "rest", ["10,continuous,,hard,2,1", "10,continuous,,priced,,", "10,hours,1,priced,,", "10,continuous,,,1,1"]
)
def test_habits_with_a_meaning(rest: str) -> None:
    case_of(loads=HABITS + f"pump,b2,1,{rest}\n")
