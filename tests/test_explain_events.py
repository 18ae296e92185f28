"""With a timeline, islands follow each interval: the right cause at the right time, and the row that made it so."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import small

import v2g
from v2g.case import Case
from v2g.cut import Cut
from v2g.explain import Reason
from v2g.formats.draft import Draft
from v2g.plan import Plan
from v2g.scarcity import Scarcity

HEADER = {
    "format": 1, "name": "lane", "title": "", "start_utc": "2026-01-15T18:00:00Z", "step_min": 60, "steps": 4,
    "network": "transport",
}  # fmt: skip
BASE = {
    "buses": "bus,phases,kv_ln_kv\nsquare,a,0.23\nhill,a,0.23",
    "lines": "line,from_bus,to_bus,phases\nlane,square,hill,a",
    "grid": "grid,bus,phases\nhead,square,a",
    "loads": "load,bus,phases,tier,kw\nclinic,hill,a,1,1",
}
OUT = "at_utc,event,element\n2026-01-15T19:00:00Z,out,lane\n2026-01-15T21:00:00Z,back,lane"


def lane(**tables: str) -> Case:
    """A hill that hangs on the square by a lane; four hours from 18:00."""
    frames = {name: small.frame(text) for name, text in {**BASE, **tables}.items()}
    return v2g.read(Draft.of(HEADER, frames))


def told(case: Case) -> tuple[Mapping[str, Reason], Plan]:
    """Reasons by load, and the plan."""
    plan = v2g.solve(case)
    return {reason.name: reason for reason in v2g.explain(case, plan)}, plan


def test_a_line_that_is_out_is_named_with_the_hours_and_the_rows() -> None:
    """Out from 19:00 to 21:00: two of four hours of 1 kW are missing."""
    found, _ = told(lane(events=OUT))
    clinic = found["clinic"]
    assert clinic.cause == "dead" and clinic.hours_missed == pytest.approx(2.0)
    assert (
        clinic.what
        == "clinic (tier 1, bus hill) misses 2.00 of 4.00 h (2.0 kWh) between 2026-01-15 19:00 and 21:00 UTC."
    )
    assert clinic.why == (
        "Dead from 2026-01-15 19:00 to 21:00: line lane is out (events.csv, row 2); "
        "it is back at 2026-01-15 21:00 (events.csv, row 3)."
    )
    assert clinic.details["open"] == [], "a line that is out is no switch to close"


def test_islands_follow_the_interval() -> None:
    case = lane(events=OUT)
    short = Scarcity.of(case, v2g.solve(case))
    assert (short.island[0] == short.island[1]).tolist() == [True, False, False, True]
    assert short.source_island.tolist() == [short.island[0].tolist()]
    assert [len(short.buses(int(short.island[1, t]), t)) for t in range(4)] == [2, 1, 1, 2]


def test_without_events_islands_are_the_same_all_the_time() -> None:
    case = lane(lines="line,from_bus,to_bus,phases,closed\nlane,square,hill,a,0")
    short = Scarcity.of(case, v2g.solve(case))
    assert short.island.tolist() == [[0] * 4, [1] * 4]


BATTERY = (
    "battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,rating_kva,charge_eff,discharge_eff,forming\n"
)


def test_what_stands_beyond_a_line_that_is_out_is_not_counted() -> None:
    """The hill has 1 kWh of its own for two hours alone; the square keeps 5 kWh, which the hill could use only before.

    Two hours of 1 kW on 1 kWh: one hour is missing, for want of energy, and nothing is left in its batteries.
    """
    boxes = f"{BATTERY}here,hill,a,5,1,0,5,5,1,1,1\nthere,square,a,5,5,0,5,5,1,1,0"
    case = lane(events=OUT, batteries=boxes)
    found, plan = told(case)
    clinic = found["clinic"]
    assert (clinic.cause, clinic.hours_missed) == ("energy", pytest.approx(1.0))
    assert clinic.details["left"]["batteries"] == pytest.approx(0.0, abs=1e-6)
    assert "All is used that may be taken from the batteries. On its own from" in clinic.why
    short = Scarcity.of(case, plan)
    square, hill = short.island[:, 2]
    assert short.held[square, 2] == pytest.approx(5.0) and short.held[hill, 2] == pytest.approx(0.0, abs=1e-6)
    assert short.held[short.island[0, 0], 0] == pytest.approx(6.0), "joined, they hold 5 + 1 kWh"
    assert short.power_room[hill, 2] == pytest.approx(0.0, abs=1e-6)


def test_two_lines_on_the_way_are_told_for_as_long_as_each_is_out() -> None:
    """The far line is out from 19:00 to 21:00, the near one until 20:00: from 20:00 on only the far one matters."""
    events = """at_utc,event,element
        2026-01-15T19:00:00Z,out,near
        2026-01-15T19:00:00Z,out,far
        2026-01-15T20:00:00Z,back,near
        2026-01-15T21:00:00Z,back,far"""
    case = lane(
        buses="bus,phases,kv_ln_kv\nsquare,a,0.23\nmid,a,0.23\nhill,a,0.23",
        lines="line,from_bus,to_bus,phases\nnear,square,mid,a\nfar,mid,hill,a",
        events=events,
    )
    why = told(case)[0]["clinic"].why
    both, one = why.split(" Dead ")
    assert both == (
        "Dead from 2026-01-15 19:00 to 20:00: line far is out (events.csv, row 3); it is back at 2026-01-15 21:00 "
        "(events.csv, row 5), and line near is out (events.csv, row 2); it is back at 2026-01-15 20:00 (events.csv, "
        "row 4)."
    )
    assert one.startswith("from 2026-01-15 20:00 to 21:00: line far is out") and "near" not in one


def test_a_line_that_never_comes_back_and_a_switch_beside_it() -> None:
    """The tie is open as built, and may be closed; the lane is out for good."""
    case = lane(
        lines="line,from_bus,to_bus,phases,closed\nlane,square,hill,a,1\ntie,square,hill,a,0",
        events="at_utc,event,element\n2026-01-15T20:00:00Z,out,lane",
    )
    clinic = told(case)[0]["clinic"]
    assert clinic.hours_missed == pytest.approx(2.0), "20:00 to 22:00"
    assert clinic.why.startswith(
        "Dead from 2026-01-15 20:00 to the end: line lane is out (events.csv, row 2) and stays so."
    )
    assert clinic.details["open"] == ["line tie"]


def test_supply_that_is_lost_and_comes_back_is_named() -> None:
    events = "at_utc,event,element\n2026-01-15T19:00:00Z,dead,head\n2026-01-15T20:00:00Z,energised,head"
    clinic = told(lane(events=events))[0]["clinic"]
    assert clinic.hours_missed == pytest.approx(1.0)
    assert clinic.why == (
        "Dead from 2026-01-15 19:00 to 20:00: grid head is dead (events.csv, row 2); "
        "it is energised at 2026-01-15 20:00 (events.csv, row 3)."
    )


def test_open_at_first_and_out_later_are_two_reasons() -> None:
    """Open as built until 19:00, out from 20:00 to 21:00: one sentence each."""
    case = lane(
        lines="line,from_bus,to_bus,phases,closed\nlane,square,hill,a,0",
        events="at_utc,event,element\n2026-01-15T19:00:00Z,back,lane\n2026-01-15T20:00:00Z,out,lane\n"
        "2026-01-15T21:00:00Z,back,lane",
    )
    why = told(case)[0]["clinic"].why
    assert (
        "Dead from 2026-01-15 18:00 to 19:00: line lane is open; it is back at 2026-01-15 19:00 (events.csv, row 2)."
        in why
    )
    assert "Dead from 2026-01-15 20:00 to 21:00: line lane is out (events.csv, row 3);" in why


def test_what_is_live_is_not_cut_off() -> None:
    case = lane(events=OUT)
    short = Scarcity.of(case, v2g.solve(case))
    cut = Cut(short)
    assert cut.why(int(short.island[0, 0]), 0) == []
    assert len(cut.why(int(short.island[1, 1]), 1)) == 1
