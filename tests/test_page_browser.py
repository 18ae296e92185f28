"""The page of a plan in a real browser: moved, searched, printed, on a phone; nothing from outside, nothing run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import PROGRAM, REASON, Browser, browser
from large_plan import large_case, large_plan
from test_page import HOSTILE, powered, renamed

import v2g
from v2g.case import Case
from v2g.plan import Plan
from v2g.reports.page.written import write_page

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=REASON)

AS_OF = "2026-01-15T18:10:00+00:00"
SHOWN = "document.getElementById({!r}).textContent"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as one:
        yield one


@pytest.fixture(scope="module")
def village_file(village: Case, village_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(village, village_plan, tmp_path_factory.mktemp("page") / "village.html", as_of=AS_OF).file


@pytest.fixture(scope="module")
def depot_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = v2g.read("depot")
    return write_page(case, v2g.solve(case), tmp_path_factory.mktemp("page") / "depot.html", as_of=AS_OF).file


def quiet(chromium: Browser, file: Path) -> None:
    """No error, no warning of the policy, no request but the file itself, no dialog."""
    assert chromium.complaints() == []
    assert chromium.requests() == [file.resolve().as_uri()]
    assert chromium.named("Page.javascriptDialogOpening") == []


def told(chromium: Browser, name: str) -> str:
    return str(chromium.run(SHOWN.format(name)))


def looks(chromium: Browser, selector: str) -> list[str]:
    return list(chromium.run(f"[...document.querySelectorAll({selector!r})].map((n) => n.getAttribute('class'))"))


def test_the_slider_moves_map_strips_and_words(chromium: Browser, village_file: Path) -> None:
    """At 18:00 the cold store asks for nothing; at 21:00 it has a part; the mark on the strips stands at 3/4 then."""
    chromium.open(village_file)
    assert told(chromium, "time-words") == "Thu 15 Jan 18:00 UTC"
    assert looks(chromium, "#map-box .m1, #map-box .m0") == ["m m1", "m m0"]
    before = chromium.run("[...document.querySelectorAll('rect.now')].map((n) => n.getAttribute('x'))")
    chromium.run("document.getElementById('time').focus()")
    for _ in range(3):
        chromium.press("ArrowRight", 39)
    assert told(chromium, "time-words") == "Thu 15 Jan 21:00 UTC"
    assert told(chromium, "state").startswith("tier 1: 1 of 1 served; tier 2: 0 of 1 served;")
    assert looks(chromium, "#map-box .m1, #map-box .m2") == ["m m1", "m m2"]
    after = chromium.run("[...document.querySelectorAll('rect.now')].map((n) => n.getAttribute('x'))")
    assert set(before) == {"0%"} and set(after) == {"75%"}
    assert "in part" in chromium.run("document.querySelector('#loads-box tbody').textContent")
    quiet(chromium, village_file)


def test_cars_have_the_power_of_the_interval(
    chromium: Browser, village: Case, village_plan: Plan, tmp_path: Path
) -> None:
    file = write_page(village, powered(village_plan, [5.2, 260.7]), tmp_path / "page.html", as_of=AS_OF).file
    chromium.open(file)
    now = (
        "[...document.querySelectorAll('#vehicles-box tbody tr')]"
        ".find((n) => n.cells[0].textContent === 'leaf60').cells[2].textContent"
    )
    assert chromium.run(now) == "gives to the feeder, 5.2 kW"
    chromium.run("document.getElementById('time').focus()")
    chromium.press("ArrowRight", 39)
    assert chromium.run(now) == "gives to the feeder, 260.7 kW"
    quiet(chromium, file)


CUT = """(() => { const box = document.querySelector('#map-box svg').getBoundingClientRect();
 return [...document.querySelectorAll('#map-box .m')].map((n) => n.getBoundingClientRect()).filter((r) => r.width
 && (r.left < box.left || r.right > box.right || r.top < box.top || r.bottom > box.bottom)).length; })()"""


@pytest.mark.parametrize("width", [320, 500, 1280])
def test_no_mark_of_the_map_is_cut_and_buses_have_their_own_names(
    chromium: Browser, depot_file: Path, width: int
) -> None:
    """The three loads of the shelter stand at the right edge; a load is not the name of a bus."""
    chromium.open(depot_file, width, 844)
    assert chromium.run(CUT) == 0
    names = chromium.run("[...document.querySelectorAll('#map-box text:not(.letter)')].map((n) => n.textContent)")
    assert set(names) == set(v2g.read("depot").table("buses")["bus"])


def off_interval(plan: Plan, load: str) -> int:
    """The first interval in which a load gets nothing."""
    table = plan.tables["loads"]
    return int((table.loc[table["load"] == load, "served_kw"].to_numpy() < 1e-6).argmax())


def test_a_load_that_is_off_though_it_asks_says_so(chromium: Browser, tmp_path: Path) -> None:
    """Lights of 8 hours a day and a pump of 4 ask all the time; while they are off they do not need nothing."""
    move = (
        "(() => {{ const s = document.getElementById('time'); s.value = {}; s.dispatchEvent(new Event('input')); }})()"
    )
    places, depot = v2g.read("places"), v2g.read("depot")
    plan = v2g.solve(places)
    file = write_page(places, plan, tmp_path / "places.html", as_of=AS_OF).file
    chromium.open(file)
    chromium.run(move.format(off_interval(plan, "school_lights")))
    assert "school_lights (tier 2): asks, but is off then; its day is kept" in told(chromium, "places-box")
    plan = v2g.solve(depot)
    file = write_page(depot, plan, tmp_path / "depot.html", as_of=AS_OF).file
    chromium.open(file)
    chromium.run(move.format(off_interval(plan, "pump")))
    strip = (
        "[...document.querySelectorAll('.strips tbody tr')].find((n) => n.textContent.startsWith('pump'))"
        ".querySelector('svg.strip')"
    )
    assert chromium.run(f"{strip}.querySelectorAll('.off').length") > 0
    assert "off, its day kept " in chromium.run(f"{strip}.getAttribute('aria-label')")
    assert "m m4" in looks(chromium, "#map-box .m")
    assert "1 off (day kept)" in told(chromium, "state").split(";")[0]
    quiet(chromium, file)


def test_a_tap_on_a_strip_moves_the_time(chromium: Browser, village_file: Path) -> None:
    chromium.open(village_file)
    chromium.click(".strips svg.strip", x=0.6)
    assert told(chromium, "time-words") == "Thu 15 Jan 20:00 UTC"
    assert chromium.run("document.getElementById('time').value") == "2"


def test_it_plays_and_stops(chromium: Browser, village_file: Path) -> None:
    chromium.open(village_file)
    chromium.click("#play")
    assert chromium.run(
        "new Promise((done) => { const look = () => document.getElementById('time').value === '0'"
        " ? setTimeout(look, 20) : done(document.getElementById('play').getAttribute('aria-label')); look(); })"
    ) == "stop"  # fmt: skip
    chromium.click("#play")
    assert chromium.run("document.getElementById('play').getAttribute('aria-label')") == "play"


def test_a_bus_tells_about_itself(chromium: Browser, village_file: Path) -> None:
    chromium.open(village_file)
    chromium.run("document.getElementById('map-find').focus()")
    chromium.write("cold_store")
    said = "Bus hill: live at 1.00 p.u.; load cold_store needs nothing then; line lane to square"
    assert said in told(chromium, "map-told")
    chromium.click("#map-in")
    chromium.click("#map-all")
    chromium.run(
        "(() => { const s = document.getElementById('map-shows'); s.value = 'worth';"
        " s.dispatchEvent(new Event('change')); })()"
    )
    assert looks(chromium, "#map-box .b") == ["b w4", "b w4"]
    quiet(chromium, village_file)


def test_search_and_order_of_tables(chromium: Browser, village_file: Path) -> None:
    chromium.open(village_file)
    rows = "[...document.querySelectorAll('#vehicles-box tbody tr')].map((n) => n.cells[0].textContent)"
    chromium.click("#vehicles-box thead button")
    assert chromium.run(rows) == ["leaf30", "leaf60", "zoe"]
    chromium.click("#vehicles-box thead button")
    assert chromium.run(rows) == ["zoe", "leaf60", "leaf30"]
    chromium.run("document.querySelector('#vehicles-box input').focus()")
    chromium.write("Zoe 41")
    assert chromium.run(rows) == ["zoe"]
    quiet(chromium, village_file)


@pytest.mark.parametrize("shift", range(len(HOSTILE)))
def test_hostile_names_do_nothing(chromium: Browser, village_plan: Plan, tmp_path: Path, shift: int) -> None:
    case, plan = renamed(HOSTILE[shift:] + HOSTILE[:shift], village_plan)
    file = write_page(case, plan, tmp_path / "page.html", as_of=AS_OF).file
    chromium.open(file)
    for name in ("map-in", "play", "play"):
        chromium.click(f"#{name}")
    chromium.click("#map-box svg", x=0.05, y=0.9)
    assert HOSTILE[shift] in chromium.run("document.querySelector('#loads-box tbody').textContent")
    assert chromium.run("typeof window.hurt") == "undefined"
    assert chromium.run("document.querySelectorAll('img, iframe, object, embed').length") == 0
    quiet(chromium, file)


def test_the_policy_keeps_a_script_out_that_was_put_in(chromium: Browser, village_file: Path, tmp_path: Path) -> None:
    """Were a name ever to become markup, it would still not run."""
    file = tmp_path / "page.html"
    put = "<img src=x onerror='window.hurt=1'><script>window.hurt=1</script>"
    file.write_text(village_file.read_text(encoding="utf-8").replace("<footer>", f"{put}<footer>"), encoding="utf-8")
    chromium.open(file)
    assert chromium.run("typeof window.hurt") == "undefined" and chromium.complaints()


@pytest.mark.parametrize("name", ["village", "places", "depot"])
def test_a_phone_needs_no_sideways_scrolling(chromium: Browser, tmp_path: Path, name: str) -> None:
    case = v2g.read(name)
    file = write_page(case, v2g.solve(case), tmp_path / "page.html", as_of=AS_OF).file
    chromium.open(file, 390, 844, phone=True)
    assert chromium.run("document.documentElement.scrollWidth") <= 390
    assert chromium.run("document.querySelector('.headline').getBoundingClientRect().bottom") < 500
    assert chromium.run("document.getElementById('slider').offsetHeight") <= 844 / 10
    assert chromium.run("document.getElementById('state').scrollWidth") <= 390
    quiet(chromium, file)


def test_old_pages_say_so_by_the_clock_of_the_device(
    chromium: Browser, village: Case, village_plan: Plan, tmp_path: Path
) -> None:
    """Without a time set by hand the village of January 2026 is over today; with one it is an exercise."""
    file = write_page(village, village_plan, tmp_path / "page.html").file
    chromium.open(file)
    assert told(chromium, "age").startswith("STALE: by the clock of this device all of it is over.")


def test_it_prints(chromium: Browser, village_file: Path) -> None:
    """A PDF of a few pages; the time shown is on it, the slider is not."""
    chromium.open(village_file)
    paper = chromium.printed()
    assert paper.startswith(b"%PDF") and 1 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 4
    chromium.call("Emulation.setEmulatedMedia", media="print")
    assert chromium.run("getComputedStyle(document.getElementById('slider')).display") == "none"
    assert chromium.run("document.querySelector('#service .at').offsetHeight") > 0
    chromium.call("Emulation.setEmulatedMedia", media="")


def test_without_scripts_it_can_be_read(chromium: Browser, village_file: Path) -> None:
    chromium.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.open(village_file)
        paper = chromium.call("DOM.getDocument", depth=-1)["root"]
        shown = str(paper)
    finally:
        chromium.call("Emulation.setScriptExecutionDisabled", value=False)
    assert "short of power from 21:00" in shown and "Without JavaScript" in shown and "1.7 of 2.0 h" in shown


@pytest.mark.slow
def test_a_town_opens(chromium: Browser, tmp_path: Path, record_property: pytest.RecordProperty) -> None:
    """2,500 buses and 10,000 vehicles: opened, moved and searched; how long that takes is told, not judged."""
    case = large_case()
    written = write_page(case, large_plan(case), tmp_path / "town.html", as_of="2026-01-16T00:10:00+00:00")
    chromium.open(written.file)
    opened = chromium.run("performance.timing.loadEventEnd - performance.timing.navigationStart")
    moved = chromium.run(
        "(() => { const s = document.getElementById('time'), t = performance.now();"
        " for (let i = 1; i <= 20; i += 1) { s.value = i; s.dispatchEvent(new Event('input')); }"
        " return (performance.now() - t) / 20; })()"
    )
    chromium.run("document.querySelector('#vehicles-box input').focus()")
    chromium.write("car 9999")
    assert chromium.run("document.querySelectorAll('#vehicles-box tbody tr').length") == 1
    assert chromium.run("document.querySelectorAll('#map-box .b').length") == 2500
    quiet(chromium, written.file)
    for name, value in (("kB", written.size / 1000), ("opened_ms", opened), ("moved_ms", moved)):
        record_property(name, value)
        print(f"{name}: {value:,.0f}")
