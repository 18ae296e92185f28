"""The page of a plan as a file: what it says, that names are text in it, that it is the same again and small."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import v2g
from v2g.case import Case
from v2g.cli import run
from v2g.errors import UsageError
from v2g.formats import read_folder
from v2g.formats.draft import Draft
from v2g.formats.shipped import locate
from v2g.handover.clock import Clock
from v2g.handover.loads import LoadAccount, Service
from v2g.plan import Plan
from v2g.reports.page.helping import zoned
from v2g.reports.page.layout import layered, placed
from v2g.reports.page.packing import packed, planes, words32
from v2g.reports.page.strips import outcome
from v2g.reports.page.written import write_page

AS_OF = "2026-01-15T18:10:00+00:00"
HOSTILE = (
    "</script><script>window.hurt=1;alert(1)</script>", '"><img src=x onerror=window.hurt=1>',
    "<svg onload=window.hurt=1>", "a&lt;b c'd`e${f}", "*/</style><b>", "]]><!--", "名前 العيادة \U0001f697",
)  # fmt: skip


class Read(HTMLParser):
    """Tags with their attributes, and text, of a page as a browser sees them; scripts apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside = ""
        self.words: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        self.raw.get(self.inside, self.words).append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def data(self) -> dict[str, Any]:
        return dict(json.loads(self.raw["script"][0]))


def page_of(case: Case, plan: Plan, folder: Path, as_of: str = AS_OF) -> str:
    """The text of a page."""
    return write_page(case, plan, folder / "page.html", as_of=as_of).file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def village_page(village: Case, village_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_of(village, village_plan, tmp_path_factory.mktemp("page"))


def renamed(names: tuple[str, ...], plan: Plan) -> tuple[Case, Plan]:
    """The village with names of others for its loads, vehicles, buses, lines and title, and its plan with the same."""
    draft = read_folder(locate("village"))
    clinic, car, bus, line, charger, kind, title = names
    swap = {"clinic": clinic, "leaf60": car, "square": bus, "lane": line, "square_1": charger}
    columns = {"load", "vehicle", "bus", "from_bus", "to_bus", "line", "charger"}

    def swapped(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        return {
            name: table.assign(**{column: table[column].replace(swap) for column in columns & set(table)})
            for name, table in tables.items()
        }

    tables = swapped(draft.tables)
    tables["loads"] = tables["loads"].assign(kind=kind)
    case = v2g.read(Draft.of({**draft.header, "title": title}, tables))
    made = {**plan.summary["provenance"], "case_sha256": case.sha256}
    return case, Plan({**plan.summary, "provenance": made}, swapped(plan.tables))


def test_the_first_screen_of_the_village(village_page: str) -> None:
    """README of the village: clinic 4 of 4 h; cold store 1.724 of 2 h; 0.2 h for one more kWh after 20:00."""
    text = Read(village_page).text
    for words in (
        "1 of 1 tier-1 load served to Thursday 22:00; tier 2: 0 of 1, cold_store short of power from 21:00",
        "As of Thu 15 Jan 2026 18:10 UTC, set by hand For",
        "Thu 15 Jan 2026 18:00 UTC to Thu 15 Jan 2026 22:00 UTC",
        "Audit passed",
        "Tier 1 1 of 1 served possible at most 1 4.0 of 4.0 load-hours",
        "Tier 2 0 of 1 served possible at most 0 1.7 of 2.0 load-hours",
        "One more kWh at square, hill, from Thursday 20:00 to 22:00: 0.2",
        "Model, not measurement. The plan is a proposal: a person releases it.",
        "all 3 keep their reserve",
    ):
        assert words in text.replace("\xa0", " "), words
    assert "STALE" not in text


def test_numbers_for_the_scripts(village_page: str) -> None:
    """16 + 50 + 20 kWh on board; 6 kW from leaf60 for two hours, then 8 kWh from leaf30 and 10.62 of the battery."""
    data = Read(village_page).data
    assert data["fleet"]["energy"][0] == 86.0 and data["fleet"]["reserve"] == [38.0] * 4
    given = {one["kind"]: one["kw"] for one in data["supply"]}
    assert given["feeder"][:2] == [6.0, 6.0] and sum(given["feeder"]) == pytest.approx(20.0, abs=0.02)
    assert sum(given["battery"]) == pytest.approx(10.62, abs=0.02)
    assert data["points"]["local"][3] == "Thu 15 Jan 21:00 UTC" and data["points"]["x"] == [0.0, 0.25, 0.5, 0.75, 1.0]
    states = unpacked(data["loads"]["state"]).reshape(2, 4)
    assert states.tolist() == [[1, 1, 1, 1], [0, 0, 1, 2]]
    assert data["prices"]["top"] == pytest.approx(0.2)


def powered(plan: Plan, kw: list[float]) -> Plan:
    """The plan with other power from leaf60 into the feeder in its first intervals: one that obeys no physics."""
    table = plan.tables["vehicles"].copy()
    rows = table.index[table["vehicle"] == "leaf60"][: len(kw)]
    table.loc[rows, "discharge_kw"] = kw
    return Plan(plan.summary, {**plan.tables, "vehicles": table})


def test_power_is_that_of_each_interval(village: Case, village_plan: Plan, tmp_path: Path) -> None:
    """5.2 and 260.7 kW of one activity are 52 and 2607 = 47 + 10 * 256 tenths; their mean is of no interval."""
    data = Read(page_of(village, powered(village_plan, [5.2, 260.7]), tmp_path)).data["fleet"]
    low, high = (unpacked(plane).astype(int).reshape(3, 4) for plane in data["tenths"])
    assert (low + 256 * high)[data["name"].index("leaf60"), :2].tolist() == [52, 2607]


def test_a_load_with_a_part_of_its_power_is_short_and_not_dark() -> None:
    """1 kW for an hour, 0.5 of it in the next, none in the third: 1.5 of 3 load-hours, lacking from 01:00."""
    points = tuple(datetime(2026, 1, 15, hour, tzinfo=UTC) for hour in range(4))
    load = LoadAccount(
        "oxygen", 1, "", "continuous", "", "home", None, np.ones(3), np.array([1.0, 0.5, 0.0]), np.ones(3, dtype=bool),
        np.array([Service.FULL, Service.PART, Service.DARK], dtype=np.int8), False, False, 1, 3.0, 1.5, False,
    )  # fmt: skip
    clock = Clock(points, "UTC")
    assert outcome(clock, load) == "short of power from Thursday 01:00, 1.5 of 3.0 h"
    back = dataclasses.replace(load, state=load.state[[0, 2, 0]], hours_got=2.0)
    assert outcome(clock, back) == "first dark from Thursday 01:00, 2.0 of 3.0 h"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("from 2026-01-15 18:00 to 20:00.", "from 2026-01-15 18:00 to 20:00 UTC."),
        ("from 2026-01-15 18:00 to 20:00 UTC.", "from 2026-01-15 18:00 to 20:00 UTC."),
        ("between 2026-01-15 18:00 and 2026-01-16 01:00", "between 2026-01-15 18:00 and 2026-01-16 01:00 UTC"),
        ("car from 18:00 until 20:00 keeps it", "car from 18:00 until 20:00 UTC keeps it"),
        ("from 2026-01-15 18:00 until 2026-01-16 01:00", "from 2026-01-15 18:00 until 2026-01-16 01:00 UTC"),
        ("at 2026-01-15 18:00 and 3 more", "at 2026-01-15 18:00 UTC and 3 more"),
    ],
)
def test_times_of_reasons_have_their_zone(words: str, told: str) -> None:
    assert zoned(words) == told


def unpacked(said: dict[str, Any]) -> np.ndarray:
    """The reading of packed numbers by their description, not by the code of the page."""
    if "u32" in said:
        return np.frombuffer(base64.b64decode(said["u32"]), dtype="<u4")
    if "raw" in said:
        return np.frombuffer(base64.b64decode(said["raw"]), dtype=np.uint8)
    pairs = np.frombuffer(base64.b64decode(said["runs"]), dtype=np.uint8).reshape(-1, 2)
    return np.repeat(pairs[:, 1], pairs[:, 0].astype(int) + 1)


@pytest.mark.parametrize("length", [0, 1, 255, 256, 257, 513, 5000])
def test_packing_loses_nothing(length: int) -> None:
    rng = np.random.default_rng(length)
    for values in (np.full(length, 7), rng.integers(0, 256, length), np.repeat(rng.integers(0, 3, length), 3)):
        assert np.array_equal(unpacked(packed(values.astype(np.uint8))), values)
        assert np.array_equal(unpacked(words32(values)), values)
        wide = sum(unpacked(plane).astype(int) << 8 * at for at, plane in enumerate(planes(values * 300)))
        assert np.array_equal(wide, values * 300)


def test_nothing_comes_from_outside(village_page: str) -> None:
    """No address but the name of SVG, no attribute that runs or loads anything, and a policy that allows none."""
    read = Read(village_page)
    assert set(re.findall(r"https?://[^\s\"')]+", village_page)) == {"http://www.w3.org/2000/svg"}
    assert not [(tag, name) for tag, given in read.tags for name in given if name.startswith("on") or name == "style"]
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in read.tags}
    policy = next(given["content"] for _, given in read.tags if given.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and "default-src 'none'" in policy and "unsafe" not in policy
    for content in (read.raw["style"][0], read.raw["script"][1]):
        assert base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() in policy


@pytest.mark.parametrize("shift", range(len(HOSTILE)))
def test_hostile_names_are_text(shift: int, village_plan: Plan, tmp_path: Path) -> None:
    """Every name in every place once: the page has the same elements as that of the village, and says the names."""
    names = HOSTILE[shift:] + HOSTILE[:shift]
    case, plan = renamed(names, village_plan)
    read = Read(page_of(case, plan, tmp_path))
    kinds = {tag for tag, _ in read.tags}
    assert "img" not in kinds and sum(tag == "script" for tag, _ in read.tags) == 2
    assert not [name for _, given in read.tags for name in given if name.startswith("on")]
    assert read.data["loads"]["name"][0] == names[0]
    assert " ".join(names[0].split()) in read.text
    assert "<" not in read.raw["script"][0]


def test_characters_that_steer_a_line_are_shown_as_marks(village: Case, village_plan: Plan, tmp_path: Path) -> None:
    """Checks of a case refuse them in names; a page does not rely on that."""
    case = dataclasses.replace(village, title="clinic \u202ecinilc\u2028</title><script>alert(1)</script>")
    page = page_of(case, village_plan, tmp_path)
    assert "\u202e" not in page and "\u2028" not in page
    assert "clinic \ufffdcinilc\ufffd</title><script>alert(1)</script>" in Read(page).text


def test_the_same_again(village: Case, village_plan: Plan, tmp_path: Path) -> None:
    one, other = (page_of(village, village_plan, tmp_path), page_of(village, village_plan, tmp_path))
    assert one == other
    later = page_of(village, village_plan, tmp_path, "2026-01-15T20:30:00+00:00")
    assert Read(later).data["at"] == 2 and Read(one).data["at"] == 0


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-01-15T17:00:00+00:00", "Its first interval has not begun yet."),
        ("2026-01-15T19:00:00+00:00", "STALE: its first interval is over."),
        ("2026-01-16T07:00:00+09:00", "STALE: all of it is over."),
    ],
)
def test_old_plans_say_so(village: Case, village_plan: Plan, tmp_path: Path, at: str, words: str) -> None:
    assert words in Read(page_of(village, village_plan, tmp_path, at)).text


def test_a_plan_that_breaks_a_law_says_so(village: Case, village_plan: Plan, tmp_path: Path) -> None:
    loads = village_plan.tables["loads"].assign(served_kw=5.0)
    broken = Plan(village_plan.summary, {**village_plan.tables, "loads": loads})
    text = Read(page_of(village, broken, tmp_path)).text
    assert "AUDIT FAILED" in text and "Do not use this plan" in text and "Audit passed" not in text


def test_local_time_with_its_zone_and_utc(tmp_path: Path) -> None:
    """18:00 UTC is 03:00 of the next day in Tokyo, 14:10 UTC is 23:10 of the same; reasons are in UTC and say so."""
    draft = read_folder(locate("village"))
    case = v2g.read(Draft.of({**draft.header, "time_zone": "Asia/Tokyo"}, draft.tables))
    plan = v2g.solve(case)
    read = Read(page_of(case, plan, tmp_path))
    assert "As of Fri 16 Jan 2026 03:10 JST (Thu 15 Jan 2026 18:10 UTC), set by hand" in read.text
    early = Read(page_of(case, plan, tmp_path, "2026-01-15T14:10:00+00:00"))
    assert "As of Thu 15 Jan 2026 23:10 JST (14:10 UTC), set by hand" in early.text
    why = read.text[read.text.index("Every load and vehicle that lacks something") :]
    assert "between 2026-01-15 21:00 and 22:00 UTC." in why and "at 2026-01-15 20:00 UTC, and" in why
    assert (read.data["points"]["local"][0], read.data["points"]["utc"][0]) == (
        "Fri 16 Jan 03:00 JST",
        "15 Jan 18:00 UTC",
    )


def test_places_without_a_feeder(tmp_path: Path) -> None:
    """Three places, no line: cards of places, no map; lights that have their eight hours are off otherwise (4)."""
    case = v2g.read("places")
    plan = v2g.solve(case)
    data = Read(page_of(case, plan, tmp_path)).data
    assert data["map"] is None and data["sites"]["name"] == ["school", "care_home", "nursery"]
    row = data["loads"]["name"].index("school_lights")
    table = plan.tables["loads"]
    served = table.loc[table["load"] == "school_lights", "served_kw"].to_numpy()
    states = unpacked(data["loads"]["state"]).reshape(-1, 12)[row]
    assert data["loads"]["kept"][row] and (served < 1e-6).any()
    assert np.array_equal(states == 4, served < 1e-6) and set(states) <= {1, 2, 4}


def test_it_refuses(village: Case, village_plan: Plan, tmp_path: Path) -> None:
    other = v2g.read("places")
    with pytest.raises(UsageError, match="plan is of another case"):
        write_page(other, village_plan, tmp_path / "page.html")
    with pytest.raises(UsageError, match=r"offset from UTC"):
        write_page(village, village_plan, tmp_path / "page.html", as_of="2026-01-15T18:00")
    with pytest.raises(UsageError, match=r"\.html"):
        write_page(village, village_plan, tmp_path / "page.txt")
    with pytest.raises(UsageError, match="more than 0"):
        write_page(village, village_plan, tmp_path / "page.html", remedies_within=0.0)
    mine = tmp_path / "mine.html"
    mine.write_text("<p>my own</p>", encoding="utf-8")
    with pytest.raises(UsageError, match="no page of a plan"):
        write_page(village, village_plan, mine)
    assert mine.read_text(encoding="utf-8") == "<p>my own</p>"


def test_the_command(village_plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, page = tmp_path / "plan", tmp_path / "page.html"
    v2g.write_plan(village_plan, plan)
    assert run(["report", "village", str(plan), "--out", str(page), "--as-of", AS_OF, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bytes"] == page.stat().st_size and told["headline"].startswith("1 of 1 tier-1 load") and told["audit"]
    assert run(["report", "village", str(plan)]) == 2
    assert run(["report", "village", str(plan), "--out", str(page), "--tier", "1"]) == 2
    assert "--tier" in capsys.readouterr().err
    assert run(["report", "village", str(tmp_path)]) == 2


def test_remedies_where_they_are_asked_for(village: Case, village_plan: Plan, tmp_path: Path) -> None:
    page = write_page(village, village_plan, tmp_path / "page.html", as_of=AS_OF, remedies_within=60.0).file
    text = Read(page.read_text(encoding="utf-8")).text
    assert "the case solved again with each and audited" in text and "keeps cold_store" in text


def test_small_pages(village_page: str) -> None:
    """What is not the plan's own, style and scripts, takes less than 60 kB; the village less than 80 kB in all."""
    read = Read(village_page)
    assert len(read.raw["style"][0]) + len(read.raw["script"][1]) < 60_000 and len(village_page) < 80_000


def test_layers_of_a_tree() -> None:
    """Two branches of one root: layers 0, 1, 1, 2; the longer branch straight on, the other below; then an island."""
    spots = layered(6, [(0, 2), (0, 1), (1, 3), (4, 5)], [0])
    assert spots[:, 0].tolist() == [0, 1, 1, 2, 0, 1]
    assert spots[:4, 1].tolist() == [0.0, 0.0, 1.0, 0.0] and spots[4:, 1].tolist() == [3.0, 3.0]


def test_a_bus_without_coordinates_stands_between_its_neighbours() -> None:
    spots, surveyed = placed(np.array([0.0, np.nan, 10.0]), np.array([0.0, np.nan, 0.0]), [(0, 1), (1, 2)], [], False)
    assert surveyed and spots[1, 0] == pytest.approx((spots[0, 0] + spots[2, 0]) / 2)


def test_layers_of_a_large_feeder_keep_buses_apart() -> None:
    graph = nx.random_labeled_tree(2500, seed=3)
    spots, surveyed = placed(np.full(2500, np.nan), np.full(2500, np.nan), list(graph.edges), [0], False)
    assert not surveyed and len(np.unique(spots, axis=0)) == 2500 and spots.min() >= 0.0 and spots.max() <= 1000.0


def test_every_load_and_car_is_told_in_a_plan_without_prices(village: Case, village_plan: Plan, tmp_path: Path) -> None:
    tables = {name: table for name, table in village_plan.tables.items() if name != "prices"}
    data = Read(page_of(village, Plan(village_plan.summary, tables), tmp_path)).data
    assert data["prices"] is None and sorted(data["fleet"]["name"]) == ["leaf30", "leaf60", "zoe"]
