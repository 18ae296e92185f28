"""The situation report: by the arithmetic of the village and of places, and on one page whatever is in it."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import v2g
from v2g.case import Case
from v2g.cli import run
from v2g.exports import EXPORTS
from v2g.exports.exporter import Asked
from v2g.formats import read_folder
from v2g.formats.draft import Draft
from v2g.formats.shipped import locate
from v2g.handover.facts import Facts
from v2g.handover.headline import sentence
from v2g.handover.languages import LANGUAGES
from v2g.handover.order_tables import schedule_table

EARLY = "2019-01-01T00:00Z"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@cache
def solved(name: str) -> tuple[Case, v2g.Plan]:
    case = v2g.read(name)
    return case, v2g.solve(case)


def report(case: Case, plan: v2g.Plan, **options: Any) -> dict[str, str]:
    """The files of a report, by path."""
    made = EXPORTS["sitrep"].export(Asked(case, plan, options={"as_of": EARLY, **options}))
    return {path: data.decode() for path, data in made.files.items()}


def lines(text: str, heading: str) -> list[str]:
    """What stands below a heading."""
    (found,) = re.findall(rf"^{heading}\n(.*?)(?:\n\n|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    return [line.removeprefix("  - ").strip() for line in found.splitlines()]


def test_the_village_by_its_readme() -> None:
    """The clinic 4 h of 4; the cold store 1.724 h of 2, short from 21:00: three hours after the start."""
    case, plan = solved("village")
    text = report(case, plan)["sitrep.txt"]
    assert f"\n{sentence(Facts(case, plan))}.\n" in text
    assert lines(text, "CRITICAL LOADS") == [
        "Tier 1: 1 of 1 served; 4 of 4 load-hours.",
        "Tier 2: 0 of 1 served; 1.7 of 2 load-hours.",
        "● clinic (tier 1, square): served",
        "◐ cold_store (tier 2, hill): served until Thu 15 Jan 21:00, then short of power; "
        "hours until it lacks power: 3",
    ]
    # 16 + 50 + 20 kWh; 6 + 31 + 20 at the end, of which 6 + 20 + 12 are for drivers.
    assert lines(text, "VEHICLES") == [
        "Energy in 3 vehicles: 86 kWh at Thu 15 Jan 18:00, 57 kWh at the end.",
        "Drivers need 38 kWh of that at the end. 20 kWh is in vehicles that cannot give.",
        "Reserve: kept in all vehicles.",
    ]
    # 20 and 10.62 kWh.
    assert lines(text, "SUPPLY") == ["vehicles to the network 20 kWh, batteries 11 kWh"]
    assert lines(text, "DECISIONS NEEDED") == [
        "cold_store (tier 2) is short of power from Thu 15 Jan 21:00: find other power, or accept it.",
        "Release this plan, or say what is to change.",
    ]
    assert "A model, not a measurement." in lines(text, "ASSUMPTIONS")
    assert lines(text, "AUDIT")[0].startswith("Passed: ")
    assert "Served counts for" not in text, "the village has no guarantee"


def test_service_by_the_day_by_the_readme_of_places() -> None:
    """Three of four in the README: mattresses served; the fridge 0.58 of 5 h; the nursery nothing."""
    text = report(*solved("places"))["sitrep.txt"]
    found = lines(text, "CRITICAL LOADS")
    assert "● care_mattresses (tier 2, care_home): served" in found
    fridge = "0.6 of 5 h; short by Wed 11 Feb 05:00; hours until it lacks power: 12"
    assert f"◐ care_fridge (tier 2, care_home): {fridge}" in found
    assert any(
        line.startswith(
            "○ nursery_fridge (tier 2, nursery): no power in this plan (0 of 8 h); hours until it lacks power: 0"
        )
        for line in found
    )
    # Sockets 30.114 kWh.
    assert lines(text, "SUPPLY") == ["sockets of vehicles 30 kWh"]


def test_hours_are_counted_from_now_and_the_energy_is_that_of_now() -> None:
    """At 19:30 leaf 60 has given 6 of 12 kWh and half of the next 6: 50 - 9 / 0.8 = 38.75; 16, 20 are untouched."""
    text = report(*solved("village"), as_of="2026-01-15T19:30Z")["sitrep.txt"]
    assert "hours until it lacks power: 1.5" in text
    assert "Energy in 3 vehicles: 75 kWh at Thu 15 Jan 19:30" in text
    assert lines(text, "DECISIONS NEEDED")[0].startswith("The plan is stale since Thu 15 Jan 19:00")
    assert not any(line.startswith("Release") for line in lines(text, "DECISIONS NEEDED"))
    over = report(*solved("village"), as_of="2026-01-16T00:00Z")["sitrep.txt"]
    assert lines(over, "DECISIONS NEEDED")[0] == "The plan ended on Thu 15 Jan 22:00: a new one is needed."
    assert "STALE: this plan ended on Thu 15 Jan 22:00 UTC." in over


def test_a_plan_that_was_changed_is_not_to_be_released() -> None:
    case, plan = solved("village")
    vehicles = plan.tables["vehicles"].assign(discharge_kw=plan.tables["vehicles"]["discharge_kw"] * 2)
    text = report(case, v2g.Plan(plan.summary, {**plan.tables, "vehicles": vehicles}, plan.duals))["sitrep.txt"]
    assert lines(text, "DECISIONS NEEDED")[0].startswith("Do not release: the audit finds")
    assert lines(text, "AUDIT")[0].startswith("FAILED: ") and "Release this plan" not in text


@cache
def crowded() -> tuple[Case, v2g.Plan]:
    """The village with forty loads more in nine tiers, long names, a zone, and drivers who lack energy."""
    draft = read_folder(locate("village"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    loads, store = tables["loads"], tables["loads"].iloc[1]
    for number in range(40):
        name = f"<b>{number:02d} {'hospital of a long name ' * 7}"[:190]
        loads.loc[len(loads)] = store.to_dict() | {"load": name, "tier": str(2 + number % 8), "kw": "3"}
    vehicles = tables["vehicles"]
    vehicles["vehicle"] = [f"{name} {'w' * 180}" for name in vehicles["vehicle"]]
    for name in ("stays", "trips"):
        tables[name]["vehicle"] = [f"{vehicle} {'w' * 180}" for vehicle in tables[name]["vehicle"]]
    vehicles["start_kwh"] = "5"
    header = {**draft.header, "title": "A very long title " * 20, "time_zone": "Asia/Tokyo", "guarantee_h": 3}
    case = v2g.read(Draft.of(header, tables))
    return case, v2g.solve(case, gap=0.5)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to print with")
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_prints_on_one_page(language: str, tmp_path: Path) -> None:
    case, plan = crowded()
    found = report(case, plan, language=language, as_of="2026-01-15T19:30Z", since=solved("village")[1])
    assert found["sitrep.html"].count("<tr>") == 1 + 6 and "<b>" not in found["sitrep.html"]
    (tmp_path / "sitrep.html").write_text(found["sitrep.html"], encoding="utf-8")
    subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
         f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'out.pdf'}",
         (tmp_path / "sitrep.html").as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "out.pdf").read_bytes())) == 1


def test_others_are_counted() -> None:
    """42 critical loads, of which 24 less nine lines of tiers are listed: 15."""
    case, plan = crowded()
    text = report(case, plan)["sitrep.txt"]
    assert re.search(r"^and 27 more; \d+ of them are not served throughout$", text, flags=re.MULTILINE)
    assert len(lines(text, "DECISIONS NEEDED")) == 3
    assert "Served counts for the first 3 h." in text
    # 1 + 15 + 7 kWh lack on what the drivers ask for, less what leaf 60 still has after its trip of 4: 1 + 19 + 7.
    assert "Reserve: 3 vehicles are short, by 27 kWh in all; most: leaf60" in text


def test_what_changed_is_told() -> None:
    case, plan = solved("village")
    draft = read_folder(locate("village"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    tables["vehicles"].loc[tables["vehicles"]["vehicle"] == "leaf30", "start_kwh"] = "20"
    better = v2g.read(Draft.of(dict(draft.header), tables))
    text = report(better, v2g.solve(better), since=plan)["sitrep.txt"]
    assert "CHANGED SINCE PLAN " in text
    assert "  - cold_store (tier 2) is served now; before, it lacked power from Thu 15 Jan 21:00." in text
    same = report(case, plan, since=plan)["sitrep.txt"]
    assert "  - Nothing changes: the same loads are served, and every vehicle has the same orders." in same
    assert "CHANGED" not in report(case, plan)["sitrep.txt"]


def test_it_needs_nothing_from_outside() -> None:
    case, plan = solved("village")
    page = report(replace(case, title="</title><script>alert(1)</script>"), plan)["sitrep.html"]
    assert "<script" not in page and "http" not in page.replace("http-equiv", "") and "default-src 'none'" in page


def test_what_never_gets_power_has_no_hours_left() -> None:
    """The nursery's car has no socket: fridge (8 h) and lights (3 h) get nothing, whatever the day's end is."""
    text = report(*solved("places"))["sitrep.txt"]
    assert (
        "○ nursery_lights (tier 3, nursery): no power in this plan (0 of 3 h); hours until it lacks power: 0\n" in text
    )
    wants = lines(text, "DECISIONS NEEDED")
    assert wants[0].startswith("care_fridge (tier 2, care_home) lacks part of what a day needs by")
    assert wants[1] == ("nursery_fridge (tier 2, nursery) gets no power in this plan: find other power, or accept it.")
    words = report(*solved("places"), language="ja")["sitrep.txt"]
    assert (
        "○ nursery_lights（優先度3、nursery）：この計画では電力なし（3時間のうち0時間）、電力不足まで（時間）：0\n"
        in words
    )
    assert ";" not in words
    found = list(csv.DictReader(schedule_table(Facts(*solved("places"))).to_csv().splitlines()))
    assert {row["hours_to_lack"] for row in found if row["load"] == "nursery_fridge"} == {"0.0"}


def test_energy_that_cannot_be_given_is_told() -> None:
    """The village's Zoe can only charge: its 20 kWh stay."""
    assert "at the end. 20 kWh is in vehicles that cannot give." in report(*solved("village"))["sitrep.txt"]
    assert (
        "終了時に38 kWhです。給電できない車両に20 kWhあります。"
        in report(*solved("village"), language="ja")["sitrep.txt"]
    )
    assert "cannot give" not in report(*solved("depot"))["sitrep.txt"]


def test_a_case_without_lines_has_no_network_model() -> None:
    assert "No feeder. What comes first: policy tiers." in report(*solved("places"))["sitrep.txt"]
    assert "配電網なし。" in report(*solved("places"), language="ja")["sitrep.txt"]
    assert "Network model: lindistflow." in report(*solved("village"))["sitrep.txt"]


def test_the_same_bytes_for_the_same_time() -> None:
    assert report(*solved("village")) == report(*solved("village"))


def test_a_case_without_loads_or_vehicles_has_a_report() -> None:
    draft = read_folder(locate("village"))
    tables = {name: table for name, table in draft.tables.items() if name not in ("vehicles", "stays", "trips")}
    case = v2g.read(Draft.of(dict(draft.header), tables))
    assert "There are no vehicles." in report(case, v2g.solve(case))["sitrep.txt"]
    tables = {name: table for name, table in draft.tables.items() if name != "loads"}
    case = v2g.read(Draft.of(dict(draft.header), tables))
    text = report(case, v2g.solve(case))["sitrep.txt"]
    assert "This case has no critical load." in text and "DECISIONS NEEDED" in text


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(v2g.write_plan(solved("village")[1], tmp_path / "plan"))
    command = ["export", "village", folder, "--to", "sitrep", "--out", str(tmp_path / "out"), "--since", folder]
    assert run([*command, "--language", "en", "--language", "ja", "--as-of", EARLY]) == 0
    assert "en/sitrep.html" in capsys.readouterr().out
    found = (tmp_path / "out" / "ja" / "sitrep.txt").read_text(encoding="utf-8")
    assert found.startswith("状況報告：Village") and "判断が必要なこと" in found
