"""Orders for people: by the arithmetic of the READMEs, with hostile names, and to the length of a short message."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import v2g
from v2g.case import Case
from v2g.cli import run
from v2g.errors import UsageError
from v2g.exports import EXPORTS
from v2g.exports.exporter import Asked
from v2g.formats import read_folder
from v2g.formats.draft import Draft
from v2g.formats.shipped import locate
from v2g.handover.amounts import percent_beside, percent_up, told_down
from v2g.handover.clock import moment_of
from v2g.handover.facts import Facts
from v2g.handover.languages import LANGUAGES
from v2g.handover.loads import Service
from v2g.handover.order_tables import ledger_table
from v2g.handover.orders import Order, Orders, Stay, Trip
from v2g.handover.place_pages import load_line
from v2g.handover.safe import file_names
from v2g.handover.sms import length, messages
from v2g.handover.telling import Telling
from v2g.handover.vehicle_pages import stay_lines
from v2g.handover.vehicles import Doing

EARLY = "2019-01-01T00:00Z"


@cache
def solved(name: str) -> tuple[Case, v2g.Plan]:
    case = v2g.read(name)
    return case, v2g.solve(case)


@cache
def orders(name: str) -> dict[str, Order]:
    return {order.account.name: order for order in Orders(Facts(*solved(name))).all}


def files(name: str, **options: Any) -> dict[str, str]:
    case, plan = solved(name)
    return told(case, plan, **options)


def told(case: Case, plan: v2g.Plan, **options: Any) -> dict[str, str]:
    """Files of orders as text, by path."""
    made = EXPORTS["orders"].export(Asked(case, plan, options={"as_of": EARLY, **options}))
    return {path: data.decode("utf-8-sig") for path, data in made.files.items()}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_the_village_by_its_readme() -> None:
    """Leaf 60: 50 - 15 = 35 kWh at 20:00, 4 for the trip, 20 of reserve: 24 to leave with, 31 on return."""
    stay, trip = orders("village")["leaf60"].steps
    assert isinstance(stay, Stay) and isinstance(trip, Trip)
    assert (stay.place, stay.charger, stay.first, stay.last, stay.fed) == ("square", "square_1", 0, 2, ("clinic",))
    assert (stay.arrive_kwh, stay.leave_kwh, stay.keeps) == (50.0, pytest.approx(35.0), ((0, 20.0),))
    (work,) = stay.works
    assert (work.doing, work.kwh) == (Doing.FEEDER, pytest.approx(12.0))
    assert (work.mean_kw, work.peak_kw) == (pytest.approx(6.0), pytest.approx(6.0))
    assert (trip.need_kwh, trip.leave_kwh, trip.return_kwh) == (24.0, pytest.approx(35.0), pytest.approx(31.0))
    assert stay.holds == (), "the battery keeps the island alive"
    text = files("village")["vehicles/leaf60.txt"]
    # 24 of 59 kWh are 40.7 %, told as 41; 35 of 59 are 59.3 %; 31 of 59 are 52.5 %.
    assert "Leave Thu 15 Jan 20:00 with at least 24 kWh (41 %); you will have 35 kWh (59 %)." in text
    assert "Back Thu 15 Jan 22:00 with about 31 kWh (53 %); at least 20 kWh (34 %) is needed then." in text
    assert "Feeds clinic: do not unplug before Thu 15 Jan 20:00." in text
    assert text.count("The charger sets the power") == 1


def test_who_has_nothing_to_do_is_told_so() -> None:
    assert orders("village")["zoe"].idle
    text = files("village")["vehicles/zoe.txt"]
    assert "Nothing to do in this plan." in text and "Plug in and stay plugged in." in text
    assert "no feeding" not in text and "Feeds" not in text
    parked = files("places")["vehicles/zoe.txt"]
    assert "Stay parked. Nothing to do here." in parked and "The charger" not in parked


def test_the_depot_by_its_readme() -> None:
    """Bus 2 must be back with 60 kWh and drives 45 on the way: 105 to leave with. From 11:00 UTC on, 05:00 in Chicago,
    60 km x 0.9 = 54."""
    first, trip, second = orders("depot")["bus_2"].steps
    assert isinstance(first, Stay) and isinstance(trip, Trip) and isinstance(second, Stay)
    assert first.idle and (trip.need_kwh, trip.return_need_kwh) == (pytest.approx(105.0), 60.0)
    assert second.keeps == ((29, 18.0), (70, 54.0))
    # 214.7 less 12.5 h of standby at 0.3 kW.
    assert trip.leave_kwh == pytest.approx(214.7 - 12.5 * 0.3)
    (only,) = orders("depot")["bus_1"].stays
    assert only.holds == ((0, 72),) and only.fed[:3] == ("shelter_medical", "clinic", "pump")
    text = files("depot")["vehicles/bus_1.txt"].replace("\n  ", " ")
    assert "if it is unplugged, the network goes dark" in text
    assert "Keep at least 18 kWh (8 %) for the driver." in text
    assert "From Sat 17 Jan 05:00 on keep at least 54 kWh (23.9 %)." in text, "54 of 226, and no more is there"


def test_sockets_by_the_readme_of_places() -> None:
    """The Ioniq: 10.8 kWh of oxygen, 2.4 of lights, 10.74 of heaters, together the 23.94 that are there."""
    (stay,) = orders("places")["ioniq"].stays
    kwh = {use.load: use.kwh for use in stay.uses}
    assert kwh == {"school_oxygen": pytest.approx(10.8), "school_lights": pytest.approx(2.4),
                   "school_heaters": pytest.approx(10.74)}  # fmt: skip
    text = files("places")["sites/school.txt"]
    assert "● school_oxygen, three oxygen concentrators (tier 1): power all the time it asks for it." in text
    assert "○ school_cooker, rice cooker (tier 3): no power in this plan. Use other means." in text
    assert "- school_oxygen: Tue 10 Feb 17:00 - Wed 11 Feb 05:00; at most 0.9 kW, 10.8 kWh in all" in text


def test_a_building_is_named_with_what_it_runs() -> None:
    (stay,) = orders("chiba-2019")["leaf30_hill"].stays
    (work,) = stay.works
    # (25.2 - 3.3 - 4.8) x 0.9 = 15.39 kWh by V2H, by the README.
    assert (work.doing, work.kwh) == (Doing.BUILDING, pytest.approx(15.39, abs=1e-3))
    assert stay.fed[0] == "hill_suction" and stay.holds == ()


def test_a_place_is_told_when_it_is_dark() -> None:
    """The group home's oxygen, 0.3 kW, runs 23.88 hours by the README: 23 in full, then a part of an hour; from
    09:00 in Tokyo."""
    text = files("chiba-2019")["sites/group_home.txt"]
    # One concentrator runs or not: 0.88 h are 52.8 minutes.
    assert (
        "run it Tue 10 Sep 09:00 - Wed 11 Sep 08:53. No power Wed 11 Sep 08:53 - Thu 12 Sep 09:00: use other means."
        in text
    )


@pytest.mark.parametrize("name", ["village", "places", "chiba-2019", "depot"])
def test_the_ledger_adds_up_to_the_summary(name: str) -> None:
    case, plan = solved(name)
    table, energy = ledger_table(Facts(case, plan)), plan.summary["energy_kwh"]
    sums = {"charged_kwh": "charged", "to_feeder_kwh": "discharged", "to_building_kwh": "v2h", "by_sockets_kwh": "v2l",
            "standby_kwh": "standby", "trips_kwh": "trips", "losses_kwh": "losses_vehicle"}  # fmt: skip
    assert {own: table[own].sum() for own in sums} == {
        own: pytest.approx(energy[name], abs=1e-6) for own, name in sums.items()
    }
    out = table[["to_feeder_kwh", "to_building_kwh", "by_sockets_kwh", "standby_kwh", "trips_kwh", "losses_kwh"]]
    ends = table["start_kwh"] + table["charged_kwh"] - out.sum(axis=1)
    assert ends.to_list() == pytest.approx(table["end_kwh"].to_list(), abs=1e-6)


def test_the_schedule_covers_what_loads_ask_for() -> None:
    found = rows(files("village")["load_schedule.csv"])
    # Clinic 20 kWh; the cold store 5 of 5 kW from 20:00, 3.62 from 21:00 on (8.62 kWh in all).
    assert [(row["load"], row["state"], float(row["kwh"])) for row in found] == [
        ("clinic", "full", pytest.approx(20.0)), ("cold_store", "full", pytest.approx(5.0)),
        ("cold_store", "part", pytest.approx(3.62)),
    ]  # fmt: skip
    assert [row["hours_to_lack"] for row in found] == ["", "1", "0"]


# 3GPP TS 23.038, 6.2.1, code by code from 0x00 on; 0x1B is the escape to the extension table of 6.2.1.1.
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED = "\f^{}\\[~]|€"


def fits(text: str) -> bool:
    """Whether a phone sends a text as one message: 160 septets, or 70 units of 16 bit."""
    assert len(GSM) == 128
    if all(letter in GSM.replace("\x1b", "") or letter in ESCAPED for letter in text):
        return sum(2 if letter in ESCAPED else 1 for letter in text) <= 160
    return len(text.encode("utf-16-be")) // 2 <= 70


@pytest.mark.parametrize("name", ["village", "depot", "places", "chiba-2019"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_short_messages_fit(name: str, language: str) -> None:
    found = rows(files(name, language=language)["sms.csv"])
    run_id = Facts(*solved(name)).run_id
    assert {row["vehicle"] for row in found} == set(orders(name))
    for row in found:
        assert fits(row["text"]) and row["text"].startswith(run_id), row
        assert 1 <= int(row["part"]) <= int(row["parts"])
        assert int(row["parts"]) == 1 or f" {row['part']}/{row['parts']} " in row["text"]


def test_what_matters_most_comes_first_in_a_message() -> None:
    found = {row["vehicle"]: row["text"] for row in rows(files("depot")["sms.csv"]) if row["part"] == "1"}
    text = found["bus_2"]
    order = [
        text.index(words)
        for words in ("depot, plug station_60", "Thu 15 Jan 18:00 - Fri 16 Jan 06:30", "Never below 18 kWh")
    ]
    assert order == sorted(order)


@pytest.mark.parametrize("letters", ["a" * 1000, "駅" * 500, "😀" * 200, "{" * 400, "word " * 300])
def test_long_texts_are_parted_and_nothing_is_lost(letters: str) -> None:
    parts = messages(["Go.", letters, "Stay."], " ", "ab12cd34")
    assert all(fits(part) for part in parts)
    bare = "".join(re.sub(r"^ab12cd34 \d+/\d+ ", "", part) for part in parts)
    assert bare.replace(" ", "") == f"Go.{letters}Stay.".replace(" ", "")
    assert length("駅", septets=False) == 1


HOSTILE = {"leaf30": "../../x", "leaf60": "<script>alert(1)</script>", "zoe": "=cmd|'/c calc'!A1"}
LOADS = {"clinic": "שלום <b>&amp;", "cold_store": "x" * 200}


@cache
def hostile() -> tuple[Case, v2g.Plan]:
    """The village with names of strangers, also for its chargers' bus, contact and depot."""
    draft = read_folder(locate("village"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    for table, column in (("vehicles", "vehicle"), ("stays", "vehicle"), ("trips", "vehicle")):
        tables[table][column] = tables[table][column].replace(HOSTILE)
    tables["loads"]["load"] = tables["loads"]["load"].replace(LOADS)
    tables["vehicles"]["depot"] = ["North", "north", "NORTH"]
    tables["vehicles"]["contact"] = ["+81 90", '"><img src=x onerror=alert(1)>', "@SUM(1)"]
    case = v2g.read(Draft.of({**draft.header, "title": "</title><script>alert(2)</script>"}, tables))
    return case, v2g.solve(case)


class Tags(HTMLParser):
    """All tags of a page, and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_names_of_strangers_do_nothing(tmp_path: Path) -> None:
    case, plan = hostile()
    done = v2g.export(case, "orders", tmp_path / "out", plan, as_of=EARLY)
    inside = (tmp_path / "out").resolve()
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(written) == len(done.files) and all(file.resolve().is_relative_to(inside) for file in written)
    names = [file.name for file in written]
    assert {"x.txt", "script_alert_1_script.txt", "North.txt", "north_2.txt", "NORTH_3.txt"} <= set(names)
    page = Tags((inside / "orders.html").read_text(encoding="utf-8"))
    assert not page.tags & {"script", "img", "b"} and not {name for name in page.attributes if name.startswith("on")}
    for table in ("orders", "ledger", "sms"):
        found = rows((inside / f"{table}.csv").read_text(encoding="utf-8-sig"))
        assert {cell[:1] for row in found for cell in row.values() if cell} & set("=@+") == set(), table
    text = (inside / "vehicles" / "script_alert_1_script.txt").read_text(encoding="utf-8")
    assert "Feeds \u2068שלום <b>&amp;\u2069" in text, "letters from right to left stay apart"


def test_what_cannot_be_printed_is_not() -> None:
    case, plan = solved("village")
    vehicles = case.tables["vehicles"].assign(contact=["call\n\x1b[2J", "a\u202eb", ""])
    found = told(replace(case, tables={**case.tables, "vehicles": vehicles}), plan)
    text = "".join(content for path, content in found.items() if path.endswith((".txt", ".html")))
    assert "Contact: call??[2J." in text and "Contact: a?b." in text and "\x1b" not in text


def test_names_of_files_are_apart_whatever_their_case() -> None:
    names = ["bus", "Bus", "BUS", "a/b", "a\\b", "..", "", "x" * 300, "x" * 301, "CON", "ß", "ss", "駅.txt"]
    found = list(file_names(names).values())
    assert len({name.casefold() for name in found}) == len(names)
    assert all(name and len(name.encode()) < 250 and not set(name) & set("/\\.:") for name in found)


def test_the_same_bytes_for_the_same_time(tmp_path: Path) -> None:
    case, plan = solved("depot")
    made = [EXPORTS["orders"].export(Asked(case, plan, options={"as_of": EARLY})).files for _ in range(2)]
    assert made[0] == made[1]
    assert made[0] != EXPORTS["orders"].export(Asked(case, plan, options={"as_of": "2019-01-02T00:00Z"})).files


def test_every_page_says_of_when_it_is_and_which_plan() -> None:
    """The village begins at 18:00 in steps of an hour: stale from 19:00 on, over from 22:00 on."""
    run_id = Facts(*solved("village")).run_id
    for at, stale in (("2026-01-15T18:59Z", False), ("2026-01-15T19:00Z", True), ("2026-01-15T22:00Z", True)):
        found = files("village", as_of=at)
        pages = [text for path, text in found.items() if path.endswith(".txt")]
        assert len(pages) == 5
        assert all(run_id in page and f"As of Thu 15 Jan 2026 {at[11:16]} UTC" in page for page in pages)
        assert all(("STALE" in page) is stale and "A proposal: valid only once" in page for page in pages)
        assert found["orders.html"].count('class="stale"') == (6 if stale else 0)
        assert ("STALE" in found["sms.csv"]) is stale


def tokyo() -> tuple[Case, v2g.Plan]:
    draft = read_folder(locate("village"))
    case = v2g.read(Draft.of({**draft.header, "time_zone": "Asia/Tokyo"}, draft.tables))
    return case, v2g.solve(case)


def test_times_are_local_and_utc() -> None:
    """18:00 UTC on Thursday is 03:00 in Japan on Friday."""
    case, plan = tokyo()
    found = told(case, plan, language=("en", "ja"))
    assert "Fri 16 Jan 03:00 - 05:00 (UTC Thu 15 Jan 18:00 - 20:00): square" in found["en/vehicles/leaf60.txt"]
    assert "1月16日(金) 03:00〜05:00 (UTC 1月15日(木) 18:00〜20:00)：square" in found["ja/vehicles/leaf60.txt"]
    assert (
        "Times are those of Asia/Tokyo, JST, UTC+09:00; where UTC is told too, it is in brackets."
        in found["en/sites/square.txt"]
    )
    first = rows(found["orders.csv"])[0]
    assert first["from_utc"] == "2026-01-15T18:00:00+00:00" and first["from_local"] == "2026-01-16T03:00:00+09:00"


def test_a_time_is_asked_for_with_its_offset_and_near_the_case() -> None:
    """The case begins in 2026: fifty years to each side are 1976 and 2076."""
    clock = Facts(*tokyo()).clock
    assert moment_of("2026-01-16T03:00+09:00", clock) == datetime(2026, 1, 15, 18, tzinfo=UTC)
    assert moment_of("2026-01-15T18:00:31Z", clock) == datetime(2026, 1, 15, 18, tzinfo=UTC)
    said = "cannot be told: found '{}'; allowed: date, time and offset from UTC. Write it like 2026-01-15T18:00"
    for wrong in ("noon", "2026-01-16T03:00", "2026-01-16"):
        with pytest.raises(UsageError, match=re.escape(said.format(wrong))):
            moment_of(wrong, clock)
    for at in ("1976-01-01T00:00Z", "2076-12-31T23:59Z"):
        assert moment_of(at, clock) is not None
    for at in ("1975-12-31T23:59Z", "2077-01-01T00:00Z", "0001-01-01T00:00+09:00", "9999-12-31T23:59-09:00"):
        with pytest.raises(UsageError, match="allowed: a year from 1976 to 2076"):
            moment_of(at, clock)


def test_a_depot_has_a_page_of_its_own() -> None:
    page = told(*hostile())["depots/North.txt"]
    assert "Depot North" in page and "../../x" in page and "zoe" not in page
    # Leaf 30 ends with the 6 kWh of its reserve.
    assert "Vehicles: 1. They leave with 6 kWh in all at the end of the plan; drivers need 6 kWh of that." in page


def short() -> dict[str, str]:
    """One car with 10 kWh, of which its driver asks for 8, and a trip of 5 kWh to come back from with 6."""
    draft = read_folder(locate("village"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    mine = tables["vehicles"]["vehicle"] == "leaf60"
    tables["vehicles"].loc[mine, ["start_kwh", "reserve_kwh"]] = ["10", "8"]
    tables["trips"]["energy_kwh"] = "5"
    case = v2g.read(Draft.of({**draft.header}, tables))
    return told(case, v2g.solve(case))


def test_a_driver_is_told_what_lacks() -> None:
    """On return 10 - 5 = 5 of 8 kWh: 3 lack. To leave with: 5 + 8 = 13 kWh; there are 10."""
    text = short()["vehicles/leaf60.txt"].replace("\n  ", " ").replace("\n", " ")
    assert "This plan leaves the driver up to 3 kWh short of what is asked for." in text
    assert "13 kWh (23 %) is needed, but you will have only 10 kWh (16 %): call before you leave." in text


def test_who_is_below_the_reserve_gives_nothing() -> None:
    """5 of 8 kWh on board from the start."""
    draft = read_folder(locate("village"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    mine = tables["vehicles"]["vehicle"] == "leaf60"
    tables["vehicles"].loc[mine, ["start_kwh", "reserve_kwh"]] = ["5", "8"]
    case = v2g.read(Draft.of({**draft.header}, tables))
    found = told(case, v2g.solve(case))
    text = found["vehicles/leaf60.txt"].replace("\n  ", " ")
    assert "needs 8 kWh (14 %) from Thu 15 Jan 18:00 on, and there is less: give nothing." in text
    assert "Keep at least" not in text and "Gives" not in text
    assert "8 kWh (14%) needed from Thu 15 Jan 18:00, less on board: give nothing." in found["sms.csv"]


def test_times_between_points_are_told_as_they_are() -> None:
    """Leaf 60 drives from 19:40 to 21:10; the plan counts whole hours, in which it is where it is the longest."""
    draft = read_folder(locate("village"))
    tables = {name: table.copy() for name, table in draft.tables.items()}
    stays, (leave, back) = tables["stays"], (f"2026-01-15T{time}:00+00:00" for time in ("19:40", "21:10"))
    stays.loc[stays["vehicle"] == "leaf60", "until_utc"] = leave
    again = {"vehicle": "leaf60", "charger": "square_1", "from_utc": back, "until_utc": "2026-01-15T22:00:00+00:00"}
    stays.loc[len(stays)] = again
    tables["trips"][["depart_utc", "return_utc"]] = [[leave, back]]
    case = v2g.read(Draft.of({**draft.header}, tables))
    text = told(case, v2g.solve(case))["vehicles/leaf60.txt"]
    for words in ("18:00 - 19:40 UTC: square, plug", "19:40 - 21:10 UTC: Trip", "21:10 - 22:00 UTC: square, plug"):
        assert f"Thu 15 Jan {words}" in text
    assert "do not unplug before Thu 15 Jan 19:40." in text and "in all, Thu 15 Jan 18:00 - 19:40:" in text


def test_a_load_below_its_rating_is_told_how_much_it_may_take() -> None:
    """The shelter's connection carries 9 kW; less 2 of the medical corner and 2 of lights 5 of 6 kW are left to heat.

    13.86 kWh by the README: five half hours with 5 kW are 12.5, the last one has 1.36 kWh, 2.72 kW.
    """
    text, words = files("depot")["sites/shelter.txt"], files("depot", language="ja")["sites/shelter.txt"]
    assert "The connection of this place carries at most 9 kW." in text
    assert "この場所の引込みの上限は9 kWです。" in words
    (line,) = [line for line in text.splitlines() if "shelter_heating" in line]
    assert ": at most 5 kW." in line and ": at most 2.72 kW." in line and "At most 13.86 kWh in all." in line
    assert "最大5 kW" in words and "最大2.72 kW" in words and "合計13.86 kWhまで" in words
    sheet = files("chiba-2019")["sites/hill_home.txt"]
    assert "The transfer switch of this place carries at most 6 kW." in sheet
    assert "The sockets of vehicles here carry at most 1.5 kW together." in sheet


def held(levels: list[float]) -> str:
    """The line of a flexible load of 6 kW that is held to these powers, an hour each."""
    case, plan = solved("chiba-2019")
    facts = Facts(case, plan)
    (one,) = [load for load in facts.loads if load.name == "hill_cooling"]
    served, state = np.zeros(48), np.full(48, Service.DARK, dtype=np.int8)
    served[: len(levels)], state[: len(levels)] = levels, Service.PART
    account = replace(one, demand_kw=np.full(48, 6.0), served_kw=served, state=state)
    return load_line(Telling(facts, LANGUAGES["en"], datetime(2019, 1, 1, tzinfo=UTC)), account)


def test_many_powers_of_a_load_are_told_as_the_least() -> None:
    """Eight powers from 1 to 4.5 kW: 22 kWh. What it may always take is the least of them."""
    line = held([1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5])
    assert "at most 1 kW, at times up to 4.5 kW, as load_schedule.csv lists." in line
    assert "At most 22 kWh in all." in line
    assert "Part of its power Tue 10 Sep 09:00 - 11:00: at most 2 kW." in held([2.0, 2.0])


def test_what_may_be_taken_is_rounded_down() -> None:
    """7.164 and 10.74 kWh are the plan's figures: 7.2 and 10.8 would be more than it has."""
    found = [told_down(kwh) for kwh in (7.164, 10.74, 0.264, 5.0 - 1e-9, 1234.56, 0.0)]
    assert found == ["7.16", "10.74", "0.264", "5", "1,234.5", "0"]
    assert "at most 1 kW, 10.74 kWh in all" in files("places")["vehicles/ioniq.txt"]


def test_a_tight_reserve_is_told_with_one_decimal() -> None:
    """50 km x 0.194 = 9.7 of 72.6 kWh are 13.36 %: up to 13.4, which is there; 14 % would be 10.16 kWh."""
    text = files("places")["vehicles/ioniq.txt"]
    assert "9.7 kWh (13.4 %) at the end." in text and "Keep at least 9.7 kWh (13.4 %) for the driver." in text
    assert "9.7 kWh (13.4%)" in files("places")["sms.csv"]
    # 14 kWh on board are 19.3 %: 14 % is there to ask for. Where 9 of 9.7 kWh are there, 14 % is the safe side.
    assert (percent_up(9.7, 72.6, 14.0), percent_up(9.7, 72.6, 9.0)) == ("14", "14")
    assert (percent_beside(9.7, 9.7, 72.6), percent_beside(14.0, 9.7, 72.6)) == ("13.4", "19")


def test_hours_of_giving_are_told_where_they_are_fewer_than_those_of_the_window() -> None:
    """15:00 to 23:00 are 8 h; the mean is over those in which it gives: kWh = mean x hours."""
    (work,) = [work for stay in orders("depot")["bus_3"].stays for work in stay.works]
    case, plan = solved("depot")
    (row,) = [row for row, one in enumerate(Facts(case, plan).vehicles) if one.name == "bus_3"]
    gives = Facts(case, plan).record.vehicle_sheet["discharge_kw"][row] > 5e-4
    hours = gives.sum() * 0.5
    assert work.hours == pytest.approx(hours) and hours < (work.last - work.first) * 0.5
    text = files("depot")["vehicles/bus_3.txt"].replace("\n  ", " ")
    assert f"kW on average in {hours:g} of these hours," in text
    assert f"うち{hours:g}時間" in files("depot", language="ja")["vehicles/bus_3.txt"]
    # The village's leaf 60 gives all the time.
    assert "of these hours" not in files("village")["vehicles/leaf60.txt"]


def test_a_building_names_loads_of_no_tier_too() -> None:
    """Only the air conditioning, flexible and of no tier, is in the building."""
    draft = read_folder(locate("chiba-2019"))
    loads = draft.tables["loads"]
    mine = (loads["site"] != "hill_home") | (loads["load"] == "hill_cooling")
    case = v2g.read(Draft.of(dict(draft.header), {**draft.tables, "loads": loads[mine].reset_index(drop=True)}))
    found = told(case, v2g.solve(case))
    assert "Feeds hill_cooling: do not unplug" in found["vehicles/leaf30_hill.txt"]
    assert "Feeds hill_cooling: stay plugged in." in found["sms.csv"]
    clinic = files("chiba-2019")["vehicles/leaf60.txt"].replace("\n  ", " ")
    assert "Feeds clinic_monitoring, clinic_vaccines, clinic_dialysis, clinic_lights: do not unplug" in clinic


def test_a_charger_without_supply_does_not_charge() -> None:
    """Leaf 24 waits at a V2H charger that hangs on no feeder; the depot's station is on one that lives."""
    assert (
        not any(stay.live for stay in orders("chiba-2019")["leaf24"].stays) and orders("depot")["bus_2"].stays[0].live
    )
    text = files("chiba-2019")["vehicles/leaf24.txt"]
    assert "the charger may charge it" not in text
    assert "the charger may charge it" in files("depot")["vehicles/bus_2.txt"]
    telling = Telling(Facts(*solved("depot")), LANGUAGES["en"], datetime(2026, 1, 1, tzinfo=UTC))
    asleep = replace(orders("depot")["bus_2"].stays[0], live=False)
    # 0.3 kW of standby, as the README has it.
    lines = list(stay_lines(telling, orders("depot")["bus_2"], asleep))
    assert "Plug in and stay plugged in. Nothing else to do here; the charger takes 0.3 kW from it." in lines
    lines = list(stay_lines(telling, orders("depot")["bus_2"], replace(asleep, standby_kw=0.0)))
    assert "Plug in and stay plugged in. Nothing else to do here." in lines


def test_signs_are_explained_in_every_language() -> None:
    assert "● all it needs, ◐ part of it, ○ nothing." in files("places")["sites/school.txt"]
    assert "● 必要な分すべて、◐ 一部、○ なし。" in files("places", language="ja")["sites/school.txt"]
    for path, text in files("places", language="ja").items():
        if path.startswith("sites/"):
            assert ";" not in text, path


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(v2g.write_plan(solved("village")[1], tmp_path / "plan"))
    command = ["export", "village", folder, "--to", "orders", "--out", str(tmp_path / "out")]
    assert run([*command, "--language", "ja", "--as-of", "2026-01-15T20:00Z"]) == 0
    out, err = capsys.readouterr()
    assert "orders.html" in out and "the plan is stale" in err
    assert (tmp_path / "out" / "vehicles" / "leaf60.txt").read_text(encoding="utf-8").startswith("車両 leaf60")
    assert run(["export", "village", "--to", "orders", "--out", str(tmp_path / "b")]) == 2
    assert "--to orders needs a plan" in capsys.readouterr().err
    assert run([*command[:-1], str(tmp_path / "c"), "--since", folder]) == 2
    assert "--since: the format orders does not take it. Formats that do: sitrep." in capsys.readouterr().err
    assert run(["export", "village", "--to", "csv", "--out", str(tmp_path / "d"), "--language", "ja"]) == 2
    assert "--language: the format csv does not take it." in capsys.readouterr().err


def test_the_zone_is_named_as_people_do() -> None:
    facts = Facts(*tokyo())
    assert Telling(facts, LANGUAGES["en"], datetime(2026, 1, 1, tzinfo=UTC)).zone == "JST, UTC+09:00"


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to print with")
def test_every_page_begins_on_a_sheet_of_its_own(tmp_path: Path) -> None:
    """A list, three vehicles and two places, each shorter than a sheet."""
    (tmp_path / "orders.html").write_text(files("village", language="ja")["orders.html"], encoding="utf-8")
    subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
         f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'out.pdf'}",
         (tmp_path / "orders.html").as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "out.pdf").read_bytes())) == 6


PAGE = Path(__file__).parent.parent / "docs" / "orders.md"


def test_the_page_shows_what_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL):
        for command in block.splitlines():
            assert run(shlex.split(command)[1:]) == 0, (command, capsys.readouterr())
    assert "Nothing changes" in capsys.readouterr().out
    shown = dict(re.findall(r"<!-- (\w+)[^>]*-->\n```text\n(.*?)```", text, flags=re.DOTALL))
    folder = tmp_path / "out"
    assert shown["ORDER"] in (folder / "depot-orders/vehicles/bus_2.txt").read_text(encoding="utf-8")
    assert shown["SMS"].strip() in (folder / "depot-orders/sms.csv").read_text(encoding="utf-8")
    report = (folder / "depot-sitrep/sitrep.txt").read_text(encoding="utf-8")
    assert [line for line in shown["SITREP"].splitlines() if line not in report] == []
    listed = {name.split("/")[0] for name in re.findall(r"^\| `([\w/.]+)` \|", text, flags=re.MULTILINE)}
    assert {entry.name for entry in (folder / "depot-orders").iterdir()} - {"export.json"} == listed - {"depots"}
