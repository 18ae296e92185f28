"""What a plan changes against an earlier one, by the arithmetic of the village."""

from __future__ import annotations

import csv
import json
import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import v2g
from v2g.case import Case
from v2g.cli import run
from v2g.errors import UsageError
from v2g.formats import read_folder
from v2g.formats.draft import Draft
from v2g.formats.shipped import locate
from v2g.handover.change_words import comparison_lines, ordered
from v2g.handover.changes import Change
from v2g.handover.languages import LANGUAGES


def village_with(changed: dict[tuple[str, str, str], str], **header: object) -> Case:
    """The village with other cells: by table, name in the first column, and column."""
    draft = read_folder(locate("village"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    for (table, name, column), cell in changed.items():
        frame = tables[table]
        if column not in frame:
            frame[column] = ""
        frame.loc[frame[frame.columns[0]] == name, column] = cell
    return v2g.read(Draft.of({**draft.header, **header}, tables))


@cache
def before() -> tuple[Case, v2g.Plan]:
    case = v2g.read("village")
    return case, v2g.solve(case)


@cache
def after() -> tuple[Case, v2g.Plan]:
    """Leaf 30 comes with 20 kWh in place of 16."""
    case = village_with({("vehicles", "leaf30", "start_kwh"): "20"})
    return case, v2g.solve(case)


def told(first: v2g.Plan, second: v2g.Plan, *cases: Case) -> set[str]:
    return set(v2g.compare(first, second, cases).text.splitlines()[1:])


def test_a_load_is_won_and_lost() -> None:
    """With 4 kWh more in leaf 30 there are (20 - 6) x 0.8 = 11.2 + 10.62 kWh after 20:00; 20 are asked for."""
    (case, second), (_, first) = after(), before()
    found = told(first, second, case)
    assert "cold_store (tier 2) is served now; before, it lacked power from Thu 15 Jan 21:00." in found
    assert {"Tier 2: loads served 1, before 0.", "Tier 2: load-hours served 2, before 1.7."} <= found
    assert any(re.fullmatch(r"vehicles to the network: 2\d kWh, 20 before\.", line) for line in found)
    back = told(second, first, case)
    assert "cold_store (tier 2) is no longer served: it lacks power from Thu 15 Jan 21:00." in back
    assert not any("clinic" in line or "leaf" in line for line in found | back)


def test_the_table_has_full_figures() -> None:
    (case, second), (_, first) = after(), before()
    table = v2g.compare(first, second, [case]).table.set_index(["what", "subject"])
    assert table.loc[("tier_hours", "2"), "before"] == pytest.approx(8.62 / 5)
    given = [float(plan.summary["energy_kwh"]["discharged"]) for plan in (first, second)]
    assert table.loc[("source", "feeder"), ["before", "after"]].to_list() == pytest.approx(given) and given[0] == 20.0
    assert table.loc[("load_served", "cold_store"), "before"] == "2026-01-15T21:00:00+00:00"


def test_identical_plans_say_so() -> None:
    _, plan = before()
    found = v2g.compare(plan, plan)
    assert found.same and found.table.empty and found.to_dict()["changes"] == []
    assert told(plan, plan) == {"Nothing changes: the same loads are served, and every vehicle has the same orders."}


def test_dark_earlier_and_later() -> None:
    """Leaf 30 has 3 of the 10 kWh above its reserve: 2.4 + 10.62 = 13.02 of 20 kWh. The clinic's 10 come first, 3.02 of
    the cold store's 10 are left, less than its first hour."""
    case = village_with({("vehicles", "leaf30", "start_kwh"): "9"})
    (_, first), second = before(), v2g.solve(case)
    (line,) = [one for one in told(first, second, case) if one.startswith("cold_store")]
    assert line == "cold_store (tier 2) lacks power earlier: from Thu 15 Jan 20:00, before from Thu 15 Jan 21:00."
    (line,) = [one for one in told(second, first, case) if one.startswith("cold_store")]
    assert line == "cold_store (tier 2) lacks power later: from Thu 15 Jan 21:00, before from Thu 15 Jan 20:00."


def test_other_orders_for_a_vehicle() -> None:
    """Leaf 30 stands at the square, where the second plug is; the third car is gone."""
    draft = read_folder(locate("village"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    for name in ("stays", "vehicles"):
        tables[name] = tables[name][tables[name]["vehicle"] != "zoe"]
    tables["stays"].loc[tables["stays"]["vehicle"] == "leaf30", "charger"] = "square_2"
    case = v2g.read(Draft.of(dict(draft.header), tables))
    (_, first), second = before(), v2g.solve(case)
    found = told(first, second, case)
    assert "leaf30: from Thu 15 Jan 18:00 at square_2, before at hill_1." in found
    assert "zoe is no longer in the plan." in found and "zoe is new in this plan." in told(second, first, case)


def test_a_reserve_that_lacks() -> None:
    """20 kWh of 30 that the driver asks for, and 4 for the trip: 14 lack on return; it gives nothing."""
    case = village_with({("vehicles", "leaf60", "start_kwh"): "20", ("vehicles", "leaf60", "reserve_kwh"): "30"})
    (_, first), second = before(), v2g.solve(case)
    found = told(first, second, case)
    assert "leaf60: up to 14 kWh lack for its driver, 0 before." in found
    assert "leaf60: it no longer feeds the network, as it was to from Thu 15 Jan 18:00." in found
    # 31 kWh at the end before, 20 - 4 = 16 now.
    assert "leaf60: 16 kWh on board at Thu 15 Jan 22:00, 31 before." in found


def test_other_horizons_compare_what_is_common() -> None:
    """The first two hours alone, in half-hours: the clinic is served in both plans, leaf 60 feeds it."""
    case = village_with({}, step_min=30, steps=4)
    (_, first), second = before(), v2g.solve(case)
    found = v2g.compare(first, second, [case])
    assert not found.comparison.same_horizon
    scope, *lines = found.text.splitlines()
    assert "They cover different times; compared is what both cover, Thu 15 Jan 18:00 - 20:00 UTC." in scope
    assert not any("clinic" in line or "Tier" in line or "at hill_1" in line for line in lines)
    assert found.comparison.edges.size == 5 and found.to_dict()["until_utc"] == "2026-01-15T20:00:00+00:00"


def test_a_plan_that_begins_later_is_compared_from_then_on() -> None:
    """From 19:00 on leaf 60 gives 6 of the 12 kWh that it gave from 18:00 on."""
    case = village_with({}, start_utc="2026-01-15T19:00:00+00:00", steps=3)
    (_, first), second = before(), v2g.solve(case)
    found = v2g.compare(first, second, [case])
    assert (found.to_dict()["from_utc"], found.to_dict()["until_utc"]) == (
        "2026-01-15T19:00:00+00:00", "2026-01-15T22:00:00+00:00",
    )  # fmt: skip
    table = found.table.set_index(["what", "subject"])
    # It had 50 - 15 - 4 kWh at the end; now it begins an hour later with 50, and gives 6 / 0.8 = 7.5 at most.
    assert table.loc[("vehicle_end", "leaf60"), "before"] == pytest.approx(31.0)
    assert float(table.loc[("vehicle_end", "leaf60"), "after"]) >= 50 - 7.5 - 4 - 1e-6


def test_plans_of_different_days_are_refused() -> None:
    case = village_with({}, start_utc="2026-01-16T18:00:00+00:00")
    with pytest.raises(UsageError, match="no time in common"):
        v2g.compare(before()[1], v2g.solve(case))


def test_without_their_case_plans_are_compared_by_their_tables() -> None:
    """Another state of the case that nobody has any more: the same loads are won."""
    (_, second), (_, first) = after(), before()
    assert "cold_store (tier 2) is served now; before, it lacked power from Thu 15 Jan 21:00." in told(first, second)
    with pytest.raises(UsageError, match="--case places: neither plan is of this case"):
        v2g.compare(first, second, [v2g.read("places")])


def test_service_by_the_day_is_known_by_the_case() -> None:
    """Without the energy for lights, 2.4 kWh, the school's are lost; the oxygen, 10.8 kWh of 11.4, is not."""
    draft = read_folder(locate("places"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    # Left above the reserve of 9.7 kWh: 0.308 x 72.6 - 9.7 = 12.66 kWh, at the socket 11.4.
    tables["vehicles"].loc[tables["vehicles"]["vehicle"] == "ioniq", "start_soc"] = "0.308"
    case = v2g.read(Draft.of(dict(draft.header), tables))
    first, second = v2g.solve(v2g.read("places")), v2g.solve(case)
    found = told(first, second, case)
    (line,) = [one for one in found if one.startswith("school_lights")]
    assert line.startswith("school_lights (tier 2, 80 people) is no longer served: it gets ")
    # The README of places: 4 load-hours, of 0.6 kW.
    assert " kWh, 2.4 before, and lacks part of what a day needs; less " in line
    assert not any(line.startswith("school_oxygen") for line in found)


def depot_that_loses_its_pump() -> tuple[Case, v2g.Plan]:
    """By the README of depot 255.36 kWh; bus 2 starts with 0.2 x 226 = 45.2 kWh less, x 0.95: 42.94. Medical corner and
    clinic take 126 of the 212.42 that are left: 86.42, less than the pump's 97.5. What can be served in full comes
    before part of it: heating 60, lights 18. The 8.42 kWh that remain are no run of 2 h x 15 kW: the pump gets none."""
    draft = read_folder(locate("depot"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    tables["vehicles"].loc[tables["vehicles"]["vehicle"] == "bus_2", "start_soc"] = "0.75"
    case = v2g.read(Draft.of(dict(draft.header), tables))
    return case, v2g.solve(case)


def test_service_by_the_day_that_is_won_or_lost_has_its_kwh() -> None:
    """The pump has 6 h x 15 kW = 90 kWh (README of depot), then none; said with the cases as without."""
    first, (case, new) = v2g.read("depot"), depot_that_loses_its_pump()
    old = v2g.solve(first)
    (lost,) = [line for line in told(old, new, first, case) if line.startswith("pump")]
    (won,) = [line for line in told(new, old, first, case) if line.startswith("pump")]
    start, day = "pump (tier 1, 2,400 people) is ", "part of what a day needs"
    assert lost.startswith(f"{start}no longer served: it gets 0 kWh, 90 before, and lacks {day}; less ")
    assert won.startswith(f"{start}served now: it gets 90 kWh; before, it got 0 and lacked {day}; more ")
    (bare,) = [line for line in told(strange(old), strange(new)) if line.startswith("pump")]
    assert bare.startswith("pump (tier 1) gets less: 0 kWh, 90 before; less ")
    for before, after, cases in ((old, new, [first, case]), (strange(old), strange(new), [])):
        row = v2g.compare(before, after, cases).table.set_index("subject").loc["pump"]
        assert [row["before"], row["after"]] == pytest.approx([90.0, 0.0], abs=1e-6)
        assert row["unit"] == "kWh"
    lines = list(comparison_lines(LANGUAGES["ja"], v2g.compare(old, new, [first, case]).comparison))
    assert any(line.startswith("pump") and "、0 kWhになりました（変更前90 kWh）" in line for line in lines)


def strange(plan: v2g.Plan) -> v2g.Plan:
    """The plan of a case that nobody has any more."""
    return v2g.Plan({**plan.summary, "provenance": {}}, plan.tables)


def test_when_a_load_gets_more_and_for_how_many_people() -> None:
    """With 1 kWh more in leaf 30 the cold store has 0.8 kWh more from 21:00 on: 5 + 3.62 = 8.62, then 9.42."""
    people = {("loads", "cold_store", "people"): "40"}
    first, second = village_with(people), village_with({**people, ("vehicles", "leaf30", "start_kwh"): "17"})
    old, new = v2g.solve(first), v2g.solve(second)
    line = "cold_store (tier 2, 40 people) gets more: 9.4 kWh, 8.6 before; more Thu 15 Jan 21:00 - 22:00."
    assert line in told(old, new, first, second)
    row = v2g.compare(old, new, [first, second]).table.set_index("what").loc["load_more"]
    assert (row["people"], row["more_utc"], row["less_utc"], row["at_utc"]) == (
        40.0, "2026-01-15T21:00:00+00:00/2026-01-15T22:00:00+00:00", "", "2026-01-15T21:00:00+00:00",
    )  # fmt: skip
    back = told(new, old, first, second)
    assert line.replace("more", "less").replace("9.4 kWh, 8.6", "8.6 kWh, 9.4") in back


def test_people_of_a_tier_are_told_with_its_loads() -> None:
    people = {("loads", "cold_store", "people"): "1"}
    first, second = village_with(people), village_with({**people, ("vehicles", "leaf30", "start_kwh"): "20"})
    found = told(v2g.solve(first), v2g.solve(second), first, second)
    assert "Tier 2: loads served 1, before 0; people 1, before 0." in found
    assert "cold_store (tier 2, 1 person) is served now; before, it lacked power from Thu 15 Jan 21:00." in found


def test_people_at_places_that_have_what_they_need_most() -> None:
    """The README of places: 80 at the school, whose oxygen takes 10.8 kWh, and 24 at the care home are served. With
    0.28 x 72.6 - 9.7 = 10.6 kWh above its reserve, less at the socket, the car at the school cannot do it."""
    draft = read_folder(locate("places"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    tables["vehicles"].loc[tables["vehicles"]["vehicle"] == "ioniq", "start_soc"] = "0.28"
    case = v2g.read(Draft.of(dict(draft.header), tables))
    found = v2g.compare(v2g.solve(v2g.read("places")), v2g.solve(case), [case]).text.splitlines()
    assert "People at places whose most critical loads are all served: 24, before 104." in found
    (oxygen,) = [line for line in found if line.startswith("school_oxygen")]
    assert oxygen.startswith("school_oxygen (tier 1, 80 people) is no longer served")


def test_a_load_that_is_served_at_other_times() -> None:
    """The lights of the school, four hours of them: from 18:00 or from 20:00 in the evening of 10 February."""
    case = v2g.read("places")
    plan = v2g.solve(case)

    def lit(hours: tuple[int, ...]) -> v2g.Plan:
        loads = plan.tables["loads"].copy()
        lights, clock = loads["load"] == "school_lights", pd.to_datetime(loads["start_utc"], utc=True)
        loads.loc[lights, "served_kw"] = 0.0
        on = lights & (clock.dt.day == 10) & clock.dt.hour.isin(hours)
        loads.loc[on, "served_kw"] = loads.loc[on, "demand_kw"]
        return v2g.Plan(plan.summary, {**plan.tables, "loads": loads})

    found = told(lit((18, 19, 20, 21)), lit((20, 21, 22, 23)))
    assert found == {
        "school_lights (tier 2, 80 people) gets its power at other times; more Tue 10 Feb 22:00 - Wed 11 Feb 00:00, "
        "less Tue 10 Feb 18:00 - 20:00."
    }
    found = told(lit((18, 20, 21, 22)), lit((19, 21, 22, 23)))
    assert found == {
        "school_lights (tier 2, 80 people) gets its power at other times; "
        "more Tue 10 Feb 19:00 - 20:00 (first of 2 times), less Tue 10 Feb 18:00 - 19:00 (first of 2 times)."
    }


def test_what_matters_most_is_said_first() -> None:
    """Of loads the tier comes before what happens to them; those of no tier are the last."""
    said = ["tier_served", "people_served", "load_lost 1", "load_less 1", "load_lost 2", "load_later 2", "load_lost 0",
            "tier_hours", "vehicle_short", "source"]  # fmt: skip
    changes = []
    for one in said:
        what, _, tier = one.partition(" ")
        changes.append(Change(f"change_{what}", one, int(tier) if tier else None))
    assert [change.subject for change in ordered(changes[::-1])] == said


def test_other_languages() -> None:
    (case, second), (_, first) = after(), before()
    lines = list(comparison_lines(LANGUAGES["ja"], v2g.compare(first, second, [case]).comparison))
    assert "cold_store（優先度2）に給電できるようになりました（変更前は1月15日(木) 21:00から不足）。" in lines


def test_times_are_those_of_the_case() -> None:
    first = village_with({}, time_zone="Asia/Tokyo")
    second = village_with({("vehicles", "leaf30", "start_kwh"): "20"}, time_zone="Asia/Tokyo")
    found = v2g.compare(v2g.solve(first), v2g.solve(second), [first, second])
    assert "before, it lacked power from Fri 16 Jan 06:00." in found.text
    assert "Fri 16 Jan 03:00 - 07:00 (UTC Thu 15 Jan 18:00 - 22:00)" in found.text


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (str(v2g.write_plan(side()[1], tmp_path / name)) for side, name in ((before, "a"), (after, "b")))
    assert run(["compare", old, new, "--out", str(tmp_path / "out")]) == 0
    assert "cold_store (tier 2) is served now" in capsys.readouterr().out
    table = (tmp_path / "out" / "changes.csv").read_text(encoding="utf-8-sig")
    assert next(csv.DictReader(table.splitlines()))["what"] == "tier_served"
    assert run(["compare", old, new, "--out", str(tmp_path / "out")]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run(["compare", old, new, "--out", str(tmp_path / "a")]) == 2
    assert "holds other things than changes.csv" in capsys.readouterr().err
    assert run(["compare", old, old, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["same"] is True


@pytest.mark.parametrize("bad", ["missing", "empty", "broken"])
@pytest.mark.parametrize("which", ["FIRST", "SECOND"])
def test_what_is_no_plan_is_bad_input_and_named(
    which: str, bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """1 as for verify: faults in what was read. 2 would be a wrong use of the verb."""
    good, wrong = str(v2g.write_plan(before()[1], tmp_path / "good")), tmp_path / bad
    if bad != "missing":
        wrong.mkdir()
    if bad == "broken":
        v2g.write_plan(before()[1], wrong)
        (wrong / "summary.json").write_text("{")
    pair = [str(wrong), good] if which == "FIRST" else [good, str(wrong)]
    assert run(["compare", *pair]) == run(["verify", "village", str(wrong)]) == 1
    said = capsys.readouterr()
    told_of_compare = said.err[: said.err.index("1 error")]
    assert f"error    {which}, {wrong}" in told_of_compare and said.out == ""
    assert ({"FIRST", "SECOND"} - {which}).pop() not in told_of_compare and str(tmp_path / "good") not in said.err


def test_two_plans_that_are_none_are_both_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in found["findings"]] == [f"FIRST, {tmp_path / 'a'}", f"SECOND, {tmp_path / 'b'}"]
