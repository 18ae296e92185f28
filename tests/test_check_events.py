"""What happens to the feeder: switching, supply from outside, fuel, and how long it all lasts."""

from __future__ import annotations

import pytest
from helpers_specs import case_of, findings_of, only, place

EVENTS = "at_utc,event,element,litres\n"
FOUR = "bus,phases,kv_ln_kv\nb1,abc,2.4\nb2,abc,2.4\nb3,abc,2.4\n"
RING = "line,from_bus,to_bus,phases,closed\nl1,b1,b2,abc,1\nl2,b2,b3,abc,{}\nl3,b3,b1,ab,{}\n"
GENERATORS = "generator,bus,rating_kw,fuel_l,fuel_l_per_kwh,tank\n"
TANKS = "tank,fuel_l\n"


def day(clock: str) -> str:
    return f"2026-01-15T{clock}:00+00:00"


def event(clock: str, what: str, element: str, litres: str = "") -> str:
    return f"{day(clock)},{what},{element},{litres}\n"


def test_a_line_that_fails_and_comes_back() -> None:
    case_of(events=EVENTS + event("18:30", "out", "l1") + event("19:30", "back", "l1"))


@pytest.mark.parametrize(
    ("what", "element", "remedy"),
    [
        ("out", "l11", "Did you mean 'l1'?"),
        ("energised", "b22", "Did you mean 'b2'?"),
        ("out", "x", "There are: l1."),
        ("fuel", "diesel", "There is none in this case."),
        ("energised", "l1", "To a line or transformer happens: back or out."),
        ("back", "b2", "To a grid connection or bus happens: dead or energised."),
    ],
)
def test_an_element_that_is_not_there(what: str, element: str, remedy: str) -> None:
    finding = only(findings_of(events=EVENTS + event("18:30", what, element, "5" if what == "fuel" else "")))
    assert place(finding) == ("unknown-element", "events.csv", 2, "element", "error")
    assert finding.remedy == remedy and finding.found == element


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ([("18:30", "back", "l1")], 2),
        ([("19:30", "out", "l1"), ("18:30", "out", "l1")], 2),  # the earlier one stands below
        ([("18:30", "dead", "b2")], 2),
        ([("18:30", "energised", "b2"), ("19:00", "energised", "b2")], 3),
        ([("18:30", "dead", "g"), ("19:00", "dead", "g")], 3),
    ],
)
def test_events_that_change_nothing(rows: list[tuple[str, str, str]], row: int) -> None:
    grid = "grid,bus\ng,b1\n" if rows[0][2] == "g" else None
    finding = only(findings_of(grid=grid, events=EVENTS + "".join(event(*one) for one in rows)))
    assert place(finding) == ("event-without-effect", "events.csv", row, "event", "warning")


def test_an_event_of_another_kind() -> None:
    finding = only(findings_of(events=EVENTS + event("18:30", "broken", "l1")))
    assert place(finding) == ("unknown-choice", "events.csv", 2, "event", "error")


@pytest.mark.parametrize(("clock", "effect"), [("17:30", "counts from the start on"), ("20:00", "has no effect")])
def test_events_outside_the_case(clock: str, effect: str) -> None:
    finding = only(findings_of(events=EVENTS + event(clock, "energised", "b2")))
    assert place(finding) == ("outside-horizon", "events.csv", 2, "at_utc", "warning")
    assert effect in finding.message
    case_of(events=EVENTS + event("18:00", "energised", "b2"))


def test_a_loop_that_is_closed_on_the_way_names_its_event_and_its_time() -> None:
    """l3 is back at 18:40, so it counts from 19:00 on."""
    events = EVENTS + event("18:40", "back", "l3")
    finding = only(findings_of(buses=FOUR, lines=RING.format(1, 0), events=events))
    assert place(finding) == ("loop", "events.csv", 2, "at_utc", "error")
    assert finding.message == "l1, l2, l3 form a loop on phase a, b from 2026-01-15 19:00 UTC on."


def test_a_line_that_is_out_before_another_is_back_makes_no_loop() -> None:
    out, back = event("18:40", "out", "l2"), event("18:40", "back", "l3")
    case_of(buses=FOUR, lines=RING.format(1, 0), events=EVENTS + out + back)


def test_a_line_that_goes_out_in_the_interval_after_comes_too_late() -> None:
    out, back = event("19:30", "out", "l2"), event("18:40", "back", "l3")
    finding = only(findings_of(buses=FOUR, lines=RING.format(1, 0), events=EVENTS + out + back))
    assert place(finding) == ("loop", "events.csv", 3, "at_utc", "error")


def test_a_loop_from_the_start_is_told_once() -> None:
    out = event("18:40", "out", "l2")
    finding = only(findings_of(buses=FOUR, lines=RING.format(1, 1), events=EVENTS + out))
    assert place(finding) == ("loop", "lines.csv", 4, "closed", "error")


def test_a_loop_that_is_open_from_the_start_on() -> None:
    """An event before the end of the first interval counts from its start."""
    lines = RING.format(1, 1).replace("b1,ab,", "b1,abc,")
    case_of(buses=FOUR, lines=lines, events=EVENTS + event("18:10", "out", "l2"))


def test_an_island_is_dark_only_if_nothing_ever_reaches_it() -> None:
    case_of(buses=FOUR, lines=RING.format(0, 0), events=EVENTS + event("19:00", "back", "l2"))
    finding = only(findings_of(buses=FOUR, lines=RING.format(0, 0), events=EVENTS + event("19:00", "out", "l1")))
    assert place(finding) == ("dark-island", "buses.csv", 4, "bus", "warning")


def test_fuel_for_a_generator_and_for_a_tank() -> None:
    generators = GENERATORS + "g1,b1,50,,0.3,depot\ng2,b1,50,100,0.3,\n"
    events = EVENTS + event("18:30", "fuel", "depot", "50") + event("18:30", "fuel", "g2", "50")
    case_of(generators=generators, tanks=TANKS + "depot,200\n", events=events)


def test_fuel_for_a_generator_that_burns_from_a_tank() -> None:
    events = EVENTS + event("18:30", "fuel", "g1", "50")
    generators = GENERATORS + "g1,b1,50,,0.3,depot\n"
    finding = only(findings_of(generators=generators, tanks=TANKS + "depot,200\n", events=events))
    assert place(finding) == ("fuel-beside-tank", "events.csv", 2, "element", "error")
    assert finding.allowed == "depot"


def test_fuel_without_litres_and_litres_without_fuel() -> None:
    events = EVENTS + event("18:30", "fuel", "depot") + event("18:30", "out", "l1", "5")
    findings = findings_of(generators=GENERATORS + "g1,b1,50,,0.3,depot\n", tanks=TANKS + "depot,200\n", events=events)
    assert [place(f) for f in findings] == [
        ("no-litres", "events.csv", 2, "litres", "warning"),
        ("column-not-used", "events.csv", 3, "litres", "warning"),
    ]


def test_a_tank_without_a_generator() -> None:
    finding = only(findings_of(generators=GENERATORS + "g1,b1,50,9,0.3,\n", tanks=TANKS + "depot,200\n"))
    assert place(finding) == ("tank-without-generator", "tanks.csv", 2, "tank", "warning")


def test_a_generator_with_a_tank_and_fuel_of_its_own() -> None:
    finding = only(findings_of(generators=GENERATORS + "g1,b1,50,9,0.3,depot\n", tanks=TANKS + "depot,200\n"))
    assert place(finding) == ("fuel-in-two-places", "generators.csv", 2, "fuel_l", "warning")


def test_a_generator_without_fuel() -> None:
    generators = GENERATORS + "g1,b1,50,,0.3,\n"
    finding = only(findings_of(generators=generators))
    assert place(finding) == ("no-fuel", "generators.csv", 2, "fuel_l", "warning")
    case_of(generators=generators, events=EVENTS + event("18:30", "fuel", "g1", "5"))


def test_a_tank_that_is_not_there() -> None:
    finding = only(findings_of(generators=GENERATORS + "g1,b1,50,,0.3,depot\n"))
    assert place(finding) == ("unknown-reference", "generators.csv", 2, "tank", "error")


@pytest.mark.parametrize(("shares", "fault"), [(("0.5", "0.5"), False), (("0.5", "0.49999"), True), (("0", "0"), True)])
def test_probabilities_add_up(shares: tuple[str, str], fault: bool) -> None:
    durations = "hours,probability\n" + "".join(f"{k + 1},{share}\n" for k, share in enumerate(shares))
    findings = findings_of(durations=durations)
    expected = ("probabilities-not-one", "durations.csv", None, "probability", "error")
    assert [place(f) for f in findings] == [expected] * fault


def test_a_guarantee_for_longer_than_the_case() -> None:
    finding = only(findings_of({"guarantee_h": 3}))
    assert place(finding) == ("guarantee-beyond-horizon", "case.toml", None, "guarantee_h", "warning")
    case_of({"guarantee_h": 2})
