"""What would help: told only if it works, and tried here again by editing the files of the case by hand.

Village, from its README: after 20:00 there are 18.62 kWh, and 20 are asked for, so **1.38 kWh** lack at
the bus. That is 1.38 / 0.9 = 1.5333 kWh in the battery and 1.38 / 0.8 = 1.725 kWh in `leaf30`, which is
28.75 % of its reserve of 6 kWh. More energy or less reserve in `leaf60` is of no use: its power binds.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import v2g
from v2g.case import Case
from v2g.certify import certify
from v2g.cli import run
from v2g.errors import SolveError, UsageError
from v2g.formats import locate
from v2g.formats.plan_folder import write_plan
from v2g.plan import Plan
from v2g.remedies import KINDS, Kind, Remedy, Search
from v2g.remedies.generator import MobileGenerator
from v2g.remedies.kind import Plight, steps_to
from v2g.remedies.switch import Switch
from v2g.remedies.tables import Tables
from v2g.remedies.trial import Trial

CASES = Path(__file__).parent / "cases"
BY_NAME = {kind.name: kind for kind in KINDS}
LEAF30 = "one_more,Nissan Leaf 30 kWh,28,16,6,6,6\n"


def remedy(case: Case, plan: Plan, *kinds: str) -> Remedy:
    """What explain finds for the first load, from some kinds alone."""
    chosen: tuple[Kind, ...] = tuple(BY_NAME[kind] for kind in kinds) or KINDS
    first = v2g.explain(case, plan, remedies=True, kinds=chosen)[0].remedy
    assert first is not None
    return first


def edited(folder: Path, *edits: tuple[str, str, str], source: str | Path = "village") -> Case:
    """A case copied to a folder, with texts in its files replaced; each text must stand there once."""
    target = folder / "edited"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(locate(str(source)), target)
    for file, old, new in edits:
        text = (target / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, (file, old)
        (target / file).write_text(text.replace(old, new), encoding="utf-8")
    return v2g.read(target)


def served(case: Case, tier: str = "2") -> int:
    """Loads of a tier that a plan serves, made with nothing required of it."""
    plan = v2g.solve(case)
    assert plan.summary["audit"]["ok"]
    return int(plan.summary["critical"][tier]["served"])


def start(kwh: float) -> tuple[str, str, str]:
    return ("batteries.csv", "townhall,square,a,20,12,", f"townhall,square,a,20,{kwh:g},")


def reserve(kwh: float) -> tuple[str, str, str]:
    return ("vehicles.csv", "28,16,6,6,6", f"28,16,{kwh:g},6,6")


@pytest.mark.parametrize(
    ("kind", "where", "size"),
    [
        ("reserve", "leaf30", 30),  # 28.75 %, in steps of 5
        ("reserves", "all vehicles", 30),
        ("start energy", "townhall", 1.6),  # 1.5333 kWh, in steps of 0.1
        ("vehicle", "square_1", None),  # (16 - 6) x 0.8 = 8 kWh from 20:00, when its plug is free
        ("plug and vehicle", "hill_1", None),
        ("generator", "5 kW at bus hill", 1),  # 1 L / 0.3 L/kWh = 3.33 kWh
    ],
)
def test_the_least_of_each_kind_in_the_village(
    village: Case, village_plan: Plan, kind: str, where: str, size: float | None
) -> None:
    found = remedy(village, village_plan, kind)
    assert (found.works, found.kind, found.where, found.size) == (True, kind, where, size)
    assert (found.served, found.total) == (1, 1)
    assert found.text.endswith("keeps cold_store: 1 of 1 loads of tier 2 then. Re-solved, audit passed.")


@pytest.mark.parametrize(
    ("edits", "count"),
    [
        ((reserve(4.2),), 1),
        ((reserve(4.5),), 0),  # 25 % is not enough
        ((start(13.6),), 1),
        ((start(13.5),), 0),
        ((("vehicles.csv", "59,50,20,6,6", "59,59,20,6,6"),), 0),  # a full leaf60
        ((("vehicles.csv", "59,50,20,6,6", "59,50,0,6,6"),), 0),  # leaf60 without a reserve
        ((("vehicles.csv", "41,20,12,7,0", "41,20,0,7,0"),), 0),  # the zoe gives nothing whatever it keeps
        (
            (
                ("vehicles.csv", "zoe,", LEAF30 + "zoe,"),
                ("stays.csv", "zoe,", "one_more,square_1,2026-01-15T20:00:00+00:00,2026-01-15T22:00:00+00:00\nzoe,"),
            ),
            1,
        ),
    ],
)
def test_the_same_by_editing_the_files(tmp_path: Path, edits: tuple[tuple[str, str, str], ...], count: int) -> None:
    assert served(edited(tmp_path, *edits)) == count


def test_the_cheapest_of_all_is_told(village: Case, village_plan: Plan) -> None:
    found = remedy(village, village_plan)
    assert (found.kind, found.effort, found.where, found.size, found.unit) == ("reserve", 2, "leaf30", 30, "%")
    assert found.text.startswith("Lowering the reserve of leaf30 by 30 %, from 6 to 4.2 kWh, keeps cold_store")
    assert [tried.where for tried in found.tried] == ["leaf60"] and found.complete


def test_a_dead_load_is_helped_by_the_open_line(tmp_path: Path) -> None:
    """The pump takes 1 kW x 4 h. Before 20:00 leaf60 gives 12 = 10 + 2 kWh, after it there are 17 for 10 + 2."""
    case = edited(
        tmp_path,
        ("buses.csv", "hill,a,0.23,100,40", "hill,a,0.23,100,40\nmill,a,0.23,,"),
        ("lines.csv", "phases,r_aa_ohm,x_aa_ohm", "phases,r_aa_ohm,x_aa_ohm,closed"),
        ("lines.csv", "lane,square,hill,a,0.02,0.01", "lane,square,hill,a,0.02,0.01,1\nford,hill,mill,a,0.02,0.01,0"),
        ("loads.csv", "clinic,square", "pump,mill,a,1,continuous,1,0,,,\nclinic,square"),
    )
    reasons = v2g.explain(case, v2g.solve(case), remedies=True, kinds=KINDS[:1])
    pump = reasons[0].remedy
    assert pump is not None and pump.text.startswith("Closing line ford keeps pump: 2 of 2 loads of tier 1 then.")
    assert reasons[0].cause == "dead" and (pump.kind, pump.effort, pump.size) == ("switch", 1, None)
    folder = tmp_path / "edited"
    text = (folder / "lines.csv").read_text(encoding="utf-8")
    (folder / "lines.csv").write_text(text.replace("0.02,0.01,0", "0.02,0.01,1"), encoding="utf-8")
    assert served(v2g.read(folder), "1") == 2


def test_a_line_that_an_event_breaks_is_not_closed(tmp_path: Path) -> None:
    case = edited(tmp_path, ("lines.csv", "x_aa_ohm\nlane,square,hill,a,0.02,0.01",
                             "x_aa_ohm,closed\nlane,square,hill,a,0.02,0.01,0"))  # fmt: skip
    assert [tried.where for tried in remedy(case, v2g.solve(case), "switch").tried] == ["line lane"]
    folder = tmp_path / "edited"
    (folder / "events.csv").write_text("at_utc,event,element\n2026-01-15T21:00:00+00:00,out,lane\n", encoding="utf-8")
    broken = v2g.read(folder)
    first = remedy(broken, v2g.solve(broken), "switch")
    assert not first.works and "There was none to try" in first.text


def case_of(name: str) -> tuple[Case, Plan]:
    case = v2g.read(CASES / name)
    return case, v2g.solve(case)


def test_fuel_for_an_engine_that_idles(tmp_path: Path) -> None:
    """Its README: 1 L an hour, 3 L for 4 h."""
    found = remedy(*case_of("idle-burn"), "fuel")
    assert (found.where, found.size, found.unit) == ("diesel", 1, "L")
    assert "4 in place of 3 L" in found.text
    lines = (CASES / "idle-burn" / "generators.csv").read_text(encoding="utf-8").splitlines()
    row = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    for litres, count in (("4", 1), ("3.9", 0)):
        more = ",".join((row | {"fuel_l": litres}).values())
        edit = ("generators.csv", lines[1], more)
        assert served(edited(tmp_path, edit, source=CASES / "idle-burn"), "1") == count


def test_one_more_car_at_the_door_brings_its_sockets(tmp_path: Path) -> None:
    """Its README: one car gives 3 of 4 kW."""
    found = remedy(*case_of("v2l-sockets"), "vehicle")
    assert (found.where, found.works) == ("hall", True) and "40 kWh on board" in found.text
    row = (CASES / "v2l-sockets" / "vehicles.csv").read_text(encoding="utf-8").splitlines()[1]
    edit = ("vehicles.csv", row, f"{row}\n{row.replace('ev,', 'second,', 1)}")
    assert served(edited(tmp_path, edit, source=CASES / "v2l-sockets"), "1") == 1


def test_no_car_helps_what_no_cord_reaches() -> None:
    """Heating cannot be plugged in: a car is no candidate. A generator at the site is."""
    case, plan = case_of("v2l-tagged")
    assert "There was none to try" in remedy(case, plan, "vehicle", "catalogue vehicle").text
    found = remedy(case, plan, "generator")
    assert found.works and found.text.startswith("A mobile generator of 5 kW with 2 L of fuel at hall keeps heating")


def test_nothing_works_where_the_switch_is_too_small() -> None:
    """5 kW are asked for and the transfer switch carries 3: neither cars nor energy help."""
    found = remedy(*case_of("v2h-transfer-switch"), "reserve", "vehicle", "plug", "plug and vehicle", "start energy")
    assert not found.works and found.complete and found.effort is None
    assert found.text.startswith("No single remedy was found for house. Tried, with how many of each: ")
    assert {tried.outcome for tried in found.tried} == {"does not work"} and "(2)" in found.text


def idle_leaf(folder: Path) -> Case:
    """The village with `leaf30` full, and nowhere: after 20:00 there are 10.62 kWh for clinic and cold store."""
    hours = "2026-01-15T18:00:00+00:00,2026-01-15T22:00:00+00:00"
    return edited(folder, ("stays.csv", f"leaf30,hill_1,{hours}\n", ""), ("vehicles.csv", "28,16,6,6,6", "28,28,6,6,6"))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("idle vehicle", "Bringing leaf30, which stands idle, to hill_1 from 18:00 until 22:00 keeps cold_store"),
        ("plug", "One plug more at hill_1 for leaf30 (which stands idle) keeps cold_store"),
    ],
)
def test_a_vehicle_that_stands_idle_is_used(tmp_path: Path, kind: str, words: str) -> None:
    """It gives 6 kW x 2 h = 12 kWh: 22.62 for 20."""
    case = idle_leaf(tmp_path)
    assert served(case) == 0
    assert remedy(case, v2g.solve(case), kind).text.startswith(words)
    folder = tmp_path / "edited"
    with (folder / "stays.csv").open("a", encoding="utf-8") as stays:
        stays.write("leaf30,hill_1,2026-01-15T18:00:00+00:00,2026-01-15T22:00:00+00:00\n")
    assert served(v2g.read(folder)) == 1


def test_a_vehicle_that_only_charges_is_moved(tmp_path: Path) -> None:
    """As above, at a charger that gives nothing back."""
    case = edited(
        tmp_path,
        ("chargers.csv", "hill,a,6,6,0.8,0.8,1", "hill,a,6,0,0.8,0.8,1"),
        ("vehicles.csv", "28,16,6,6,6", "28,28,6,6,6"),
    )
    found = remedy(case, v2g.solve(case), "plug")
    assert found.text.startswith(
        "One plug more at square_1 for leaf30 (which only charges where it stands) keeps cold_store"
    )
    folder = tmp_path / "edited"
    for file, old, new in (
        ("stays.csv", "leaf30,hill_1", "leaf30,square_1"),
        (
            "chargers.csv",
            "square_1,two-way 6 kW,square,a,6,6,0.8,0.8,1",
            "square_1,two-way 6 kW,square,a,6,6,0.8,0.8,2",
        ),
    ):
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    assert served(v2g.read(folder)) == 1


def test_time_that_ends_is_said(village: Case, village_plan: Plan) -> None:
    first = v2g.explain(village, village_plan, remedies=True, time_limit=0.0)[0].remedy
    assert first is not None and not first.works and not first.complete
    assert first.text == (
        "No single remedy was found for cold_store. The time ended the search; give more with --time-limit."
    )


def test_no_change_is_needed_where_the_policy_chose_otherwise(village: Case, village_plan: Plan) -> None:
    """Of a plan that serves neither load, one could have been kept without any change."""
    loads = village_plan.tables["loads"].assign(served_kw=0.0)
    none = Plan(village_plan.summary, {**village_plan.tables, "loads": loads})
    first = remedy(village, none)
    assert (first.load, first.kind, first.effort) == ("clinic", "none", 0)
    assert first.text.startswith("Nothing need change to keep clinic")


def test_what_is_kept_is_kept(village: Case) -> None:
    plan = v2g.solve(village, keep=["cold_store"])
    assert {tier: row["served"] for tier, row in plan.summary["critical"].items()} == {"1": 0, "2": 1}
    assert certify(village, plan).ok and plan.summary["provenance"]["keep"] == ["cold_store"]


def test_what_cannot_be_kept_is_said(village: Case) -> None:
    with pytest.raises(SolveError, match="No plan serves all of these throughout: clinic, cold_store"):
        v2g.solve(village, keep=["clinic", "cold_store"])
    with pytest.raises(UsageError, match=r"no critical load mill\. Critical loads: clinic, cold_store"):
        v2g.solve(village, keep=["mill"])


def test_the_told_tables_are_those_of_the_text(village: Case, village_plan: Plan) -> None:
    found = remedy(village, village_plan, "start energy")
    assert found.tables is not None
    batteries = found.tables.frame("batteries")
    assert batteries.loc[batteries["battery"] == "townhall", "start_kwh"].tolist() == ["13.6"]
    assert village.table("batteries")["start_kwh"].tolist() == [12.0]


def test_tables_read_back_as_the_same_case(village: Case) -> None:
    again = Tables.of(village).checked()
    assert again is not None and again.boundaries.equals(village.boundaries)
    for name, frame in village.tables.items():
        assert frame.equals(again.table(name)), name


def test_efforts_are_a_ranking_that_is_written_down() -> None:
    import v2g.remedies

    assert [kind.effort for kind in KINDS] == sorted({kind.effort for kind in KINDS})
    assert len({kind.name for kind in KINDS}) == len(KINDS) == len({kind.noun for kind in KINDS})
    rows = [line.split()[0] for line in (v2g.remedies.__doc__ or "").splitlines() if line[:1].isdigit()]
    assert rows == [str(kind.effort) for kind in KINDS]


def test_the_command_shows_the_ranking(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Assumed efforts: " + "; ".join(f"{kind.effort} {kind.noun}" for kind in KINDS) + "." in shown


def test_a_kind_from_elsewhere_can_be_tried(village: Case, village_plan: Plan) -> None:
    class Again(Switch):
        name, noun = "again", "another kind"

    found = remedy_of(village, village_plan, Again(1))
    assert "There was none to try" in found.text


def remedy_of(case: Case, plan: Plan, kind: Kind) -> Remedy:
    first = v2g.explain(case, plan, remedies=True, kinds=[kind])[0].remedy
    assert first is not None
    return first


@pytest.mark.parametrize(("most", "sizes"), [(0.05, []), (0.25, [0.1, 0.2]), (500, [5, 10]), (-1, [])])
def test_sizes_go_in_round_steps(most: float, sizes: list[float]) -> None:
    assert steps_to(most)[:2] == sizes and all(size <= most for size in steps_to(most))


ABOUT = "Reasons, then remedies for at most 60 s (--no-remedies: reasons alone)."


@pytest.fixture
def folder(village_plan: Plan, tmp_path: Path) -> Path:
    return write_plan(village_plan, tmp_path / "plan")


def test_verbose_says_every_remedy_that_was_tried(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "village", str(folder), "-v"]) == 0
    begun, *said = capsys.readouterr().err.splitlines()
    assert begun == ABOUT
    assert all(line.startswith("remedy ") and line.endswith(" s") for line in said)
    assert "cold_store: reserve leaf30: works" in said[-1] and "cold_store: reserve leaf60: does not work" in said[0]
    assert run(["explain", "village", str(folder)]) == 0
    assert capsys.readouterr().err.splitlines() == [ABOUT]


def test_the_command_tells_remedies_of_a_small_case(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "village", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "Remedy: Lowering the reserve of leaf30 by 30 %" in shown and "(Assumed effort: 2.)" in shown
    assert run(["explain", "village", str(folder), "--no-remedies"]) == 0
    assert "Remedy" not in capsys.readouterr().out


def test_the_command_gives_remedies_and_values_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "village", str(folder), "--remedies", "--values", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    told = found["reasons"][0]["remedy"]
    assert (told["kind"], told["size"], told["tried"][0]["where"]) == ("reserve", 30, "leaf60")
    assert {"kind", "name", "at", "start_utc", "unit", "worth_h"} == set(found["values"][0])


def test_a_large_case_is_searched_only_if_asked(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[object] = []
    wrapped: Callable[..., object] = Search.remedies
    monkeypatch.setattr(Search, "remedies", lambda self, plights: searched.append(plights) or wrapped(self, plights))
    monkeypatch.setattr(sys.modules["v2g.explain"], "SMALL_ROWS", 10)
    assert run(["explain", "village", str(folder)]) == 0
    assert "ask for them with --remedies" in capsys.readouterr().out and not searched
    assert run(["explain", "village", str(folder), "--remedies"]) == 0
    assert "Remedy: " in capsys.readouterr().out and searched


def test_a_trial_says_what_is_possible(village: Case, village_plan: Plan) -> None:
    from v2g.engine.clock import Clock

    trial = Trial(village_plan, village, ())
    assert trial.possible(village, ["clinic"], Clock()) is True
    assert trial.possible(village, ["clinic", "cold_store"], Clock()) is False
    assert trial.possible(village, ["clinic"], Clock(0.0)) is None


def test_what_was_tried_for_one_load_is_remembered_for_the_next(village: Case, village_plan: Plan) -> None:
    """The same change gives the same case and is built once; another change, of a cell alone, gives another."""
    from v2g.engine.clock import Clock

    search = Search(Trial(village_plan, village, ()), KINDS)
    more, same, other = (search.tables.with_cells("vehicles", "vehicle", "leaf30", reserve_kwh=x) for x in (4, 4, 5))
    first = search.changed(more)
    assert first is not None and search.changed(same) is first
    assert search.changed(other) is not first and search.changed(search.tables) is not first
    for loads in (["clinic"], ["clinic", "cold_store"]):
        assert search.trial.possible(first, loads, Clock()) is True
    assert search.trial.solved == 2 and list(search.trial.programs) == [id(first)]


def test_programs_are_forgotten_where_they_are_many(
    village: Case, village_plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    from v2g.engine.clock import Clock

    monkeypatch.setattr("v2g.remedies.trial.KEPT_NONZEROS", 1)
    search = Search(Trial(village_plan, village, ()), KINDS)
    for kwh in (4, 5):
        case = search.changed(search.tables.with_cells("vehicles", "vehicle", "leaf30", reserve_kwh=kwh))
        assert case is not None
        search.trial.possible(case, ["clinic"], Clock())
        assert list(search.trial.programs) == [id(case)]


@pytest.mark.parametrize(("minimum", "programs"), [("", 2), ("minimum,vehicles,energy_kwh\nready,1,1\n", 3)])
def test_candidates_that_do_not_help_together_are_not_tried_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minimum: str, programs: int
) -> None:
    """No reserve helps a load of 100 kW. One program says that the case as it is does not serve it, one more that
    both reserves together do not help. Where vehicles are designated for a fleet minimum, each is tried by itself.
    """
    case = edited(tmp_path, ("loads.csv", "cold_store,hill,a,2,continuous,5", "cold_store,hill,a,2,continuous,100"))
    if minimum:
        (tmp_path / "edited" / "fleet_minimum.csv").write_text(minimum, encoding="utf-8")
        case = v2g.read(tmp_path / "edited")
    asked: list[bool | None] = []
    possible = Trial.possible

    def noted(self: Trial, *values: object) -> bool | None:
        asked.append(possible(self, *values))  # type: ignore[arg-type]
        return asked[-1]

    monkeypatch.setattr(Trial, "possible", noted)
    found = remedy(case, v2g.solve(case), "reserve")
    assert not found.works and found.complete and asked == [False] * programs
    assert [(tried.where, tried.size, tried.outcome) for tried in found.tried] == [
        ("leaf30", 100.0, "does not work"), ("leaf60", 100.0, "does not work"),
    ]  # fmt: skip


def test_a_mobile_generator_is_said_to_form_an_island_that_nothing_else_forms(tmp_path: Path) -> None:
    """In the village the battery in the town hall forms it; without that, only the generator that comes does."""
    hours = [pd.Timestamp(f"2026-01-15T{hour}:00", tz="UTC") for hour in (18, 22)]

    def words(case: Case) -> str:
        plight = Plight(case, "cold_store", 2, "hill", "", hours[0], hours[1], ())
        return next(iter(MobileGenerator(11).candidates(plight))).words(1.0)

    assert words(v2g.read("village")) == "A mobile generator of 5 kW with 1 L of fuel at bus hill"
    case = v2g.read("village")
    case.tables["batteries"]["forming"] = False
    assert words(case) == "A mobile generator of 5 kW with 1 L of fuel at bus hill, which forms the island there,"
