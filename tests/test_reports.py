"""What people read: the ten lines, the reasons, the picture. Every number is that of the village's README."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import v2g
from v2g.case import Case
from v2g.certify import certify
from v2g.errors import UsageError
from v2g.explain import Reason
from v2g.formats import locate, read_folder
from v2g.formats.draft import Draft
from v2g.handover.people import served_people
from v2g.plan import Plan
from v2g.reports.figure import figure_bytes, write_figure
from v2g.reports.outcome import headline, tiers
from v2g.reports.text import case_line, certificate_report, plan_report, reasons_report, verdict_report
from v2g.summary import status

Edit = Callable[[pd.DataFrame], pd.DataFrame]


def village_with(header: Mapping[str, object] | None = None, **edits: Edit) -> Case:
    """The village with some tables (as text) changed."""
    draft = read_folder(locate("village"))
    tables = {name: edits.pop(name, lambda table: table)(table) for name, table in draft.tables.items()}
    assert not edits, edits
    return v2g.read(Draft.of({**draft.header, **(header or {})}, tables))


def setting(key: str, name: str, **cells: str) -> Edit:
    """Set cells of one row."""

    def edit(table: pd.DataFrame) -> pd.DataFrame:
        table = table.copy()
        for column, cell in cells.items():
            if column not in table:
                table[column] = ""
            table.loc[table[key] == name, column] = cell
        return table

    return edit


def adding(**cells: str) -> Edit:
    """Add a row; what is not given is blank."""
    return lambda table: pd.concat([table, pd.DataFrame([cells])], ignore_index=True).fillna("")


def reasons(case: Case) -> list[Reason]:
    return v2g.explain(case, v2g.solve(case))


def test_the_headline_counts_by_tier(village: Case, village_plan: Plan) -> None:
    assert headline(tiers(village, village_plan)) == (
        "1 of 2 critical loads served throughout: tier 1 1 of 1, tier 2 0 of 1."
    )


def test_the_report_states_the_books(village: Case, village_plan: Plan) -> None:
    text = plan_report(village, village_plan, Path("/somewhere/plan"))
    assert "tier 1: 1 of 1 served, possible at most 1; 4.0 of 4.0 load-hours (100 %)" in text
    assert "tier 2: 0 of 1 served, possible at most 0; 1.7 of 2.0 load-hours (86 %)" in text
    assert "28.6 kWh to critical loads, 0.0 kWh to others; 6.4 kWh lost" in text
    assert "vehicles 20.0 kWh, batteries 10.6 kWh" in text
    assert "kept by every vehicle" in text and "audit: passed" in text and "as of 2026-01-15 18:00 UTC" in text
    assert text.endswith("plan: /somewhere/plan") and len(text.splitlines()) <= 12


def test_people_weigh_and_loads_are_counted() -> None:
    case = village_with(loads=setting("load", "clinic", people="40"))
    text = plan_report(case, v2g.solve(case))
    assert "tier 1: 1 of 1 served, 40 of 40 people, possible at most 1" in text


def test_a_case_without_critical_loads_says_so() -> None:
    case = village_with(loads=lambda table: table.assign(tier="0", service=""))
    plan = v2g.solve(case)
    assert "no critical loads" in plan_report(case, plan)
    assert v2g.explain(case, plan) == []
    assert figure_bytes(case, plan)
    assert "Every critical load is served" in reasons_report([])


def test_the_village_lacks_energy(village: Case, village_plan: Plan) -> None:
    [reason] = v2g.explain(village, village_plan)
    assert (reason.subject, reason.name, reason.tier, reason.cause) == ("load", "cold_store", 2, "energy")
    assert reason.hours_missed == pytest.approx(0.276)
    assert reason.details["missing_kwh"] == pytest.approx(1.38)
    left = reason.details["left"]
    assert left == pytest.approx(
        {"can_give": 0, "elsewhere": 11, "charge_only": 8, "batteries": 0, "fuel_l": 0, "tank_l": 0}, abs=1e-6
    )
    assert "0.2 critical load-hours at 2026-01-15 20:00, and 0.162 when" in reason.text
    assert reason.to_dict()["cause"] == "energy"


def test_reasons_survive_being_written(village: Case, village_plan: Plan, tmp_path: Path) -> None:
    from v2g.formats.plan_folder import read_plan, write_plan

    back = read_plan(write_plan(village_plan, tmp_path / "plan"))
    assert [r.text for r in v2g.explain(village, back)] == [r.text for r in v2g.explain(village, village_plan)]
    assert plan_report(village, back) == plan_report(village, village_plan)


def test_a_dead_bus_is_named_with_the_way_out() -> None:
    case = village_with(
        buses=adding(bus="mill", phases="a", kv_ln_kv="0.23"),
        lines=lambda table: adding(line="ford", from_bus="hill", to_bus="mill", phases="a", closed="0")(
            table.assign(closed="1")
        ),
        loads=adding(load="pump", bus="mill", phases="a", tier="1", service="continuous", kw="1", kvar="0"),
    )
    pump = reasons(case)[0]
    assert (pump.name, pump.cause, pump.hours_missed) == ("pump", "dead", 4.0)
    assert "Dead from 2026-01-15 18:00 to the end" in pump.text and "line ford" in pump.text
    assert pump.details["island"] == ["mill"] and "One more kWh" not in pump.text


def test_power_is_told_from_energy() -> None:
    case = village_with(
        batteries=setting("battery", "townhall", start_kwh="20", discharge_kw="2"),
        vehicles=setting("vehicle", "leaf30", start_kwh="28"),
    )
    store = reasons(case)[0]
    assert (store.name, store.cause) == ("cold_store", "power")
    assert "Power is what lacks from 2026-01-15 20:00 to 22:00" in store.text and store.details["held_kwh"] > 1


def test_a_full_line_is_named() -> None:
    case = village_with(
        batteries=setting("battery", "townhall", capacity_kwh="90", start_kwh="90", discharge_kw="30"),
        chargers=setting("charger", "hill_1", discharge_kw="0"),
        lines=setting("line", "lane", rating_kva="3"),
    )
    store = reasons(case)[0]
    assert (store.name, store.cause) == ("cold_store", "line")
    assert store.details["limits"] == ["line lane, phase a"]
    assert "line lane, phase a at the limit of its rating" in store.text
    transport = v2g.solve(case, network="transport")
    assert v2g.explain(case, transport)[0].cause == "line"


def test_a_low_voltage_is_named() -> None:
    case = village_with(
        batteries=setting("battery", "townhall", capacity_kwh="90", start_kwh="90", discharge_kw="30"),
        chargers=setting("charger", "hill_1", discharge_kw="0"),
        lines=setting("line", "lane", r_aa_ohm="2"),
    )
    store = reasons(case)[0]
    assert (store.name, store.cause) == ("cold_store", "voltage")
    assert "bus hill, phase a (lowest) at the limit of its voltage" in store.text


def test_vehicles_below_their_reserve_are_listed() -> None:
    case = village_with(
        vehicles=setting("vehicle", "zoe", start_kwh="9"),
        trips=setting("vehicle", "leaf60", energy_kwh="55"),
    )
    found = {reason.name: reason for reason in reasons(case) if reason.subject == "vehicle"}
    assert found["zoe"].cause == "reserve" and "starts below" in found["zoe"].text
    assert {r.cause for r in reasons(case) if r.name == "leaf60"} == {"reserve", "trip"}
    assert "vehicles lack" in plan_report(case, v2g.solve(case))


def test_binding_limits_are_passed_on(village: Case, village_plan: Plan) -> None:
    row = {"stage": "critical_hours", "row": "x[1]", "words": "the charger of leaf30", "worth": 0.2, "count": 2}
    plan = Plan({**village_plan.summary, "binding": [row]}, village_plan.tables)
    last = v2g.explain(village, plan)[-1]
    assert (last.subject, last.cause) == ("limit", "binding")
    assert last.text == "the charger of leaf30 (2 times) binds in stage critical_hours; one unit more is worth 0.2."


def test_reasons_are_grouped(village: Case) -> None:
    one, two = (Reason("load", name, 1, 1.0, "energy", f"{name} misses 1 h.", "There is none.") for name in "ab")
    assert reasons_report([one, two]) == "- a misses 1 h.\n- b misses 1 h.\n  There is none."


def test_explaining_without_prices_still_names_a_cause(village: Case, village_plan: Plan) -> None:
    tables = {name: table for name, table in village_plan.tables.items() if name != "prices"}
    [reason] = v2g.explain(village, Plan(village_plan.summary, tables))
    assert reason.cause == "energy" and "One more kWh" not in reason.text


def test_the_verdict_in_words(village: Case, village_plan: Plan) -> None:
    assert verdict_report(v2g.verify(village, village_plan)).startswith("audit passed; ")
    loads = village_plan.tables["loads"].assign(served_kw=7.0)
    bad = v2g.verify(village, Plan(village_plan.summary, {**village_plan.tables, "loads": loads}))
    text = verdict_report(bad)
    assert text.startswith("audit FAILED: ") and "FAIL" in text and len(text.splitlines()) < 20


@pytest.mark.parametrize("exact", [False, True])
def test_the_bounds_are_proven_again(village: Case, village_plan: Plan, exact: bool) -> None:
    proof = certify(village, village_plan, exact=exact)
    assert proof.ok and not proof.notes and len(proof.stages) == 10
    by_name = {stage.name: stage for stage in proof.stages}
    assert by_name["critical_hours"].proven == pytest.approx(0.276, abs=1e-6)
    assert by_name["critical_2"].proven == pytest.approx(1.0)
    assert "recomputed" in certificate_report(proof)


def test_multipliers_that_prove_nothing_fail(village: Case, village_plan: Plan) -> None:
    zero = {k: np.zeros_like(v) if k.endswith(".multipliers") else v for k, v in village_plan.duals.items()}
    proof = certify(village, Plan(village_plan.summary, village_plan.tables, zero))
    assert not proof.ok and {s.name for s in proof.stages if not s.ok} >= {"battery_wear"}
    none = certify(village, Plan(village_plan.summary, village_plan.tables))
    assert not none.stages and "no row multipliers" in none.notes[0]


def test_values_beyond_the_bound_fail(village: Case, village_plan: Plan) -> None:
    summary = dict(village_plan.summary)
    stages = [{**row, "objective": 0.1, "bound": 0.1} if row["name"] == "critical_hours" else row
              for row in summary["certificate"]["stages"]]  # fmt: skip
    summary["certificate"] = {**summary["certificate"], "stages": stages}
    proof = certify(village, Plan(summary, village_plan.tables, village_plan.duals))
    assert [stage.name for stage in proof.stages if not stage.ok] == ["critical_hours"]


def test_a_proof_says_when_the_case_has_changed(village_plan: Plan) -> None:
    case = village_with(loads=setting("load", "cold_store", kw="4"))
    assert "another version of this case" in certify(case, village_plan).notes[0]


def test_the_figure_is_the_same_every_time(village: Case, village_plan: Plan) -> None:
    one, two = figure_bytes(village, village_plan), figure_bytes(village, village_plan)
    assert one == two and one.startswith(b"<?xml")
    text = one.decode()
    for words in ("three cars", "as of 2026-01-15 18:00 UTC", "tier 1: 1 of 1", "mobility reserve", "time, UTC"):
        assert words in text
    assert not re.search(r"<dc:date>", text) and len(one) < 200_000


def test_a_title_is_no_formula(village: Case, village_plan: Plan) -> None:
    from dataclasses import replace

    text = figure_bytes(replace(village, title=r"$\frac{1}$ <script>&"), village_plan).decode()
    assert "<script>" not in text and "&lt;script&gt;" in text


def test_a_figure_is_svg_or_png(village: Case, village_plan: Plan, tmp_path: Path) -> None:
    assert write_figure(village, village_plan, tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="svg or"):
        write_figure(village, village_plan, tmp_path / "a.pdf")


def test_without_matplotlib_the_remedy_is_named(
    village: Case, village_plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("v2g.reports.figure.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install"):
        figure_bytes(village, village_plan)


def test_people_count_at_places_whose_most_critical_loads_are_served() -> None:
    """school 80 and care home 24 have tier 1 served; the nursery (30) has tier 2 first, and nothing reaches it."""
    case = v2g.read("places")
    plan = v2g.solve(case)
    assert served_people(case, plan) == (104.0, 134.0)
    assert "  people: 104 of 134 at places whose most critical loads are all served" in plan_report(case, plan)
    assert served_people(v2g.read("village"), v2g.solve(v2g.read("village"))) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("gaps", "asked", "word"),
    [
        ([0.0, 1.19e-6], 1e-6, "optimal"),  # solved to 1e-6, then moved by 0.19e-6 while later stages were solved
        ([2.1e-6], 1e-6, "feasible"),  # more than both of 1e-6
        ([1.9e-6], 0.0, "optimal"),  # no stage is solved to less than 1e-6
        ([1e-3 + 0.9e-6, 0.0], 1e-3, "optimal"),
        ([0.0, 1e-3 + 1.1e-6], 1e-3, "feasible"),
        ([float("inf")], 1e-3, "feasible"),
        ([], 1e-3, "optimal"),
    ],
)
def test_the_word_for_a_plan_follows_the_gap_to_which_it_was_solved(gaps: list[float], asked: float, word: str) -> None:
    assert status(gaps, asked) == word


def test_the_line_of_a_case_counts_what_it_has() -> None:
    """A site off the feeder has a bus of its own; that is none of the feeder."""
    assert case_line(v2g.read("places")) == ("places: 12 intervals, 12 h, 3 sites, 9 loads, 3 vehicles, 0 chargers")
    assert "4 h, 2 buses, 2 loads" in case_line(v2g.read("village"))
    assert "8 buses, 3 sites" in case_line(v2g.read("depot"))
