"""Windows, profiles and the grid against the intervals of the case."""

from __future__ import annotations

import pytest
from helpers_specs import case_of, findings_of, only, place

LOADS = "load,bus,tier,kw,profile,from_utc,until_utc\n"
GRID = "grid,bus,from_utc,until_utc\n"
STARTS = [f"2026-01-15T{clock}:00+00:00" for clock in ("18:00", "18:30", "19:00", "19:30")]


def profiles(starts: list[str], value: str = "0.5") -> str:
    return "start_utc,home\n" + "".join(f"{start},{value}\n" for start in starts)


@pytest.mark.parametrize("end", ["2026-01-15T18:30:00+00:00", "2026-01-15T18:00:00+00:00", "2026-01-15T19:30:00+01:00"])
def test_a_window_ends_after_it_begins(end: str) -> None:
    finding = only(findings_of(loads=LOADS + f"x,b2,1,1,,2026-01-15T18:30:00+00:00,{end}\n"))
    assert place(finding) == ("window-order", "loads.csv", 2, "until_utc", "error")


@pytest.mark.parametrize(
    ("table", "text", "column"),
    [
        (
            "trips",
            "vehicle,depart_utc,return_utc,energy_kwh\nev1,2026-01-15T19:00Z,2026-01-15T18:00Z,1\n",
            "return_utc",
        ),
        ("stays", "vehicle,charger,from_utc,until_utc\nev1,c1,2026-01-15T19:00Z,2026-01-15T18:00Z\n", "until_utc"),
        ("grid", "grid,bus,from_utc,until_utc\ng,b1,2026-01-15T19:00Z,2026-01-15T18:30Z\n", "until_utc"),
    ],
)
def test_a_window_the_wrong_way_round(table: str, text: str, column: str) -> None:
    finding = only(findings_of(**{"stays": None, "trips": None, table: text}))
    assert place(finding) == ("window-order", f"{table}.csv", 2, column, "error")


@pytest.mark.parametrize(
    ("start", "end", "column"),
    [
        ("2026-01-15T20:00Z", "2026-01-15T21:00Z", "from_utc"),
        ("2026-01-15T16:00Z", "2026-01-15T18:00Z", "until_utc"),
    ],
)
def test_a_stay_outside_the_case(start: str, end: str, column: str) -> None:
    finding = only(findings_of(stays=f"vehicle,charger,from_utc,until_utc\nev1,c1,{start},{end}\n", trips=None))
    assert place(finding) == ("outside-horizon", "stays.csv", 2, column, "warning")


def test_a_stay_that_begins_before_the_case_is_fine() -> None:
    case_of(stays="vehicle,charger,from_utc,until_utc\nev1,c1,2026-01-15T12:00Z,2026-01-15T19:00Z\n")


def test_a_grid_that_is_back_before_the_case_begins() -> None:
    finding = only(findings_of(grid=GRID + "g,b1,2026-01-15T17:00Z,\n"))
    assert place(finding) == ("grid-before-start", "grid.csv", 2, "from_utc", "warning")


def test_a_grid_that_comes_back_is_fine() -> None:
    case_of(grid=GRID + "g,b1,2026-01-15T19:00Z,\n")


def test_profiles_of_the_case() -> None:
    case = case_of(loads=LOADS + "x,b2,1,10,home,,\n", profiles=profiles(STARTS))
    assert case.profile(case.table("loads")["profile"]).tolist() == [[0.5] * 4]


def test_profiles_with_too_few_rows() -> None:
    finding = only(findings_of(profiles=profiles(STARTS[:3])))
    assert place(finding) == ("profile-length", "profiles.csv", None, "start_utc", "error")
    assert (finding.found, finding.allowed) == ("3 rows", "4 rows")


def test_profiles_without_rows() -> None:
    assert only(findings_of(profiles=profiles([]))).code == "profile-length"


def test_profiles_at_other_times() -> None:
    finding = only(findings_of(profiles=profiles([STARTS[0], STARTS[2], STARTS[1], STARTS[3]])))
    assert place(finding) == ("profile-time", "profiles.csv", 3, "start_utc", "error")
    assert finding.allowed == "2026-01-15 18:30 UTC" and "1 more row." in finding.message


@pytest.mark.parametrize(("value", "code"), [("", "blank"), ("-0.1", "below-limit"), ("half", "not-a-number")])
def test_a_faulty_multiplier(value: str, code: str) -> None:
    findings = findings_of(
        profiles="start_utc,home\n" + f"{STARTS[0]},{value}\n" + "".join(f"{s},1\n" for s in STARTS[1:])
    )
    assert place(only(findings)) == (code, "profiles.csv", 2, "home", "error")


def test_a_profile_that_is_not_there() -> None:
    finding = only(findings_of(loads=LOADS + "x,b2,1,10,hone,,\n", profiles=profiles(STARTS)))
    assert place(finding) == ("unknown-reference", "loads.csv", 2, "profile", "error")
    assert finding.remedy == "Did you mean 'home'?"


def test_a_profile_named_like_the_times() -> None:
    finding = only(findings_of(loads=LOADS + "x,b2,1,10,start_utc,,\n", profiles=profiles(STARTS)))
    assert finding.code == "unknown-reference"
