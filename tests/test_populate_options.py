"""What populating refuses: one clear error for each fault, all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from v2g import cli
from v2g.errors import InvalidCase, UsageError
from v2g.populate import populate
from v2g.populate.wishes import wishes

GOOD = {"vehicles": "10", "outage": "6"}


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("vehicles", "0", "a whole number from 1"),
        ("vehicles", "2.5", "a whole number from 1"),
        ("outage", "0", "above 0"),
        ("outage", "nan", "above 0"),
        ("outage", "two days", "above 0"),
        ("seed", "-1", "a whole number from 0"),
        ("v2g_share", "30", "from 0 to 1"),
        ("v2h_share", "-0.1", "from 0 to 1"),
        ("critical", "0", "auto, a number"),
        ("critical", "nothing.csv", "a CSV file of sites that is there"),
        ("critical_share", "0", "above 0"),
        ("formers", "wind", "both, battery, diesel, none"),
        ("start", "tomorrow", "a time in UTC"),
        ("step_min", "0.5", "from 1 to 1,440 min"),
        ("after", "-1", "from 0"),
        ("drive", "2", "from 0 to 1"),
        ("behind", "25", "from -14 to 14"),
        ("solar_share", "inf", "from 0 to 10"),
        ("residual", "", "from 0 to 10"),
    ],
)
def test_one_option_that_is_wrong(option: str, value: str, allowed: str) -> None:
    with pytest.raises(UsageError) as wrong:
        wishes(**{**GOOD, option: value})
    (line,) = str(wrong.value).splitlines()
    assert line.startswith(f"--{option.replace('_', '-')}: found {value!r}") and allowed in line


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "note.txt").write_text("mine")
    order = ["populate", "ieee13-base", "--to", str(tmp_path / "there"), "--vehicles", "many", "--v2g-share", "0.9",
             "--v2h-share", "0.4", "--formers", "x"]  # fmt: skip
    assert cli.run(order) == 2
    said = capsys.readouterr().err.splitlines()
    starts = [line.removeprefix("v2g: ").split(":")[0] for line in said]
    assert starts == ["--vehicles", "--formers", "--outage", "--v2g-share, --v2h-share, --v2l-share", "--to"]
    assert said[3].endswith("found 0.9 + 0.4 + 0.05 = 1.35; allowed: at most 1. Lower one of them.")
    assert (tmp_path / "there" / "note.txt").read_text() == "mine"


def test_too_many_intervals() -> None:
    with pytest.raises(UsageError, match=r"--step-min, --outage, --after: found 525,600 intervals"):
        wishes(vehicles=1, outage=8760, step_min=1)


def test_an_offset_is_turned_into_utc() -> None:
    assert wishes(vehicles=1, outage=1, start="2026-01-16T01:00+01:00").start == "2026-01-16T00:00:00+00:00"


@pytest.mark.parametrize("case", ["village", "places", "ieee123-storm"])
def test_an_emergency_is_not_populated_again(case: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is an emergency already"):
        populate(case, tmp_path / "c", vehicles=1, outage=1)
    assert not (tmp_path / "c").exists()


def listed(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "sites.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_fault_of_a_list_of_sites(tmp_path: Path) -> None:
    file = listed(tmp_path, (
        "site,kind,kw,bus,phases,tier,people,plug_kw\n"
        "a,hospitel,,,,,,\n"
        "b,clinic,-3,,,,,\n"
        "b,clinic,,67,,,,\n"
        "671,shelter,,646,a,,,\n"
        ",kitchen,,,,x,0,\n"
        "f,kitchen,10,,abc,,,11\n"
    ))  # fmt: skip
    with pytest.raises(InvalidCase) as wrong:
        populate("ieee13-base", tmp_path / "c", vehicles=1, outage=1, critical=file)
    found = [(f.row, f.column) for f in wrong.value.findings]
    assert found == [
        (2, "kind"), (3, "kw"), (4, "bus"), (4, "site"), (5, "phases"), (5, "site"), (6, "people"), (6, "tier"),
        (6, "site"), (7, "plug_kw"), (7, "phases"),
    ]  # fmt: skip
    assert "Did you mean hospital?" in str(wrong.value.findings[0])
    assert all(f.file == "sites.csv" and f.allowed for f in wrong.value.findings)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty-file"), ("site,kind\n", ""), ("site\nx\n", ""), ("site,kind,watts\na,clinic,3\n", ""),
     ("site;kind\na;clinic\n", "not-comma-separated")],
)  # fmt: skip
def test_a_list_that_is_none(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidCase) as wrong:
        populate("ieee13-base", tmp_path / "c", vehicles=1, outage=1, critical=listed(tmp_path, text))
    assert len(wrong.value.findings) == 1 and wrong.value.findings[0].code == code


def test_sites_of_a_list_stand_where_it_says(tmp_path: Path) -> None:
    head = "site,kind,kw,bus,phases,tier,plug_kw\n"
    text = f"{head}north,clinic,12.5,646,c,3,0\nsouth,care home,,671,,,\nmast,cell_tower,,,,,\n"
    done = populate("ieee13-base", tmp_path / "c", vehicles=10, outage=6, critical=listed(tmp_path, text))
    loads = done.case.table("loads").set_index("load")
    assert (loads.loc["north", "bus"], loads.loc["north", "phases"], loads.loc["north", "tier"]) == ("646", "c", 3)
    assert loads.loc["north", "kw"] == 12.5
    assert (loads.loc["south", "bus"], loads.loc["south", "phases"], loads.loc["south", "tier"]) == ("671", "abc", 1)
    south = loads[loads["site"] == "south"]["kw"].sum()
    assert south == pytest.approx(22.0)  # as the kind has it
    assert "sites.csv" in (done.folder / "README.md").read_text(encoding="utf-8")


def test_cars_with_sockets_need_appliances(tmp_path: Path) -> None:
    file = listed(tmp_path, "site,kind,plug_kw\nmast,cell_tower,0\n")
    with pytest.raises(UsageError, match=r"--v2l-share: no site has appliances on plugs"):
        populate("ieee13-base", tmp_path / "c", vehicles=20, outage=1, critical=file)
