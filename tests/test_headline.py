"""The first sentence about a plan, against the village whose README works it out, and made-up plans of it."""

from __future__ import annotations

from typing import Any

import pytest

import v2g
from v2g.formats import read_folder
from v2g.formats.draft import Draft
from v2g.formats.shipped import locate
from v2g.handover.facts import Facts
from v2g.handover.headline import headline, sentence
from v2g.handover.languages.english import ENGLISH


@pytest.fixture(scope="module")
def village() -> Facts:
    case = v2g.read("village")
    return Facts(case, v2g.solve(case))


def served(facts: Facts, **kw: list[float]) -> Facts:
    """The same plan with loads that get other powers in its four hours."""
    loads = facts.plan.tables["loads"].copy()
    for name, powers in kw.items():
        loads.loc[loads["load"] == name, "served_kw"] = powers
    return Facts(facts.case, v2g.Plan(facts.plan.summary, {**facts.plan.tables, "loads": loads}))


def changed(header: dict[str, Any]) -> v2g.Case:
    draft = read_folder(locate("village"))
    return v2g.read(Draft.of({**draft.header, **header}, draft.tables))


def test_the_village_in_one_sentence(village: Facts) -> None:
    """15 January 2026 is a Thursday; the clinic has all of 18:00 to 22:00, the cold store 5 and then 3.62 kW."""
    assert sentence(village) == (
        "1 of 1 tier-1 load served to Thursday 22:00; tier 2: 0 of 1, cold_store short of power from 21:00"
    )
    said = headline(village)
    assert said is not None and (said.served, said.total, said.until, said.all_loads) == (1, 1, 4, 2)


@pytest.mark.parametrize(
    ("powers", "words"),
    [
        ({"clinic": [5, 5, 5, 5], "cold_store": [0, 0, 5, 5]}, "All 2 critical loads are served to Thursday 22:00"),
        ({"clinic": [5, 0, 0, 0]}, "0 of 1 tier-1 load served to Thursday 22:00; clinic dark from 19:00"),
        ({"clinic": [5, 0, 5, 5]}, "0 of 1 tier-1 load served to Thursday 22:00; clinic first dark from 19:00"),
        ({"clinic": [0, 0, 0, 0]}, "0 of 1 tier-1 load served to Thursday 22:00; clinic dark throughout"),
        (
            {"clinic": [4, 5, 5, 4]},
            "0 of 1 tier-1 load served to Thursday 22:00; clinic first short of power from 18:00",
        ),
    ],
)
def test_words_for_what_loads_get(village: Facts, powers: dict[str, list[float]], words: str) -> None:
    assert sentence(served(village, **powers)) == words


def test_times_are_local_and_another_day_is_named() -> None:
    """Kathmandu is 5:45 ahead: 18:00 to 22:00 UTC of Thursday is 23:45 to 03:45 of Friday."""
    case = changed({"time_zone": "Asia/Kathmandu"})
    facts = served(Facts(case, v2g.solve(case)), clinic=[0, 5, 5, 5])
    assert sentence(facts) == "0 of 1 tier-1 load served to Friday 03:45; clinic first dark from Thursday 23:45"


def test_service_by_the_day_is_told_as_everywhere_else() -> None:
    """The situation report and what changes between plans say `lacks part of what a day needs` as well."""
    case = v2g.read("places")
    assert "care_fridge lacks part of what a day needs by" in sentence(Facts(case, v2g.solve(case)))
    wording = "lacks part of what a day needs"
    assert all(wording in ENGLISH.words[key] for key in ("decide_day", "change_load_lost_day"))
    assert not [words for words in ENGLISH.words.values() if "short of what a day" in words]


def test_only_the_guaranteed_hours_count() -> None:
    """Three of the four hours are guaranteed: what is lacking in the last one is not said first."""
    case = changed({"guarantee_h": 3})
    facts = served(Facts(case, v2g.solve(case)), clinic=[5, 5, 5, 0], cold_store=[0, 0, 5, 0])
    assert sentence(facts) == "All 2 critical loads are served to Thursday 21:00"
