"""Answers about sites that live, and about what is unserved: by hand, from folders of a few scenarios."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from study_folders import Ran, study_folder
from test_answers_means import FLEET, named

from v2g.batch.answers import answers
from v2g.errors import UsageError

T4 = 2.7764451051977934
"""97.5 % point of Student's t with four degrees of freedom."""


def test_the_point_of_t_is_that_of_its_closed_form() -> None:
    """With four degrees of freedom F(t) = 1/2 + 3/4 (u - u^3 / 3), where u = t / sqrt(4 + t^2)."""
    u = T4 / math.sqrt(4.0 + T4**2)
    assert 0.5 + 0.75 * (u - u**3 / 3.0) == pytest.approx(0.975)


def alive(tmp_path: Path, draws: dict[int, str], axis: Any = "fleet_size", **more: Any) -> Path:
    """A letter for each seed at a value: a = all sites live, d = one is dead from 2 h on, f = failed, - = not run."""
    of = {
        "a": {"dark": (None, None)}, "d": {"dark": (None, 2.0)}, "f": {"status": "no_plan", "reason": "clash"},
        "-": {"status": None},
    }  # fmt: skip
    ran = [Ran(seed, {"fleet": size}, **{**more, **of[letter]})
           for size, letters in draws.items() for seed, letter in enumerate(letters, 1)]  # fmt: skip
    return study_folder(tmp_path / "study", {"fleet": axis}, ran)


def test_enough_is_the_smallest_value_with_its_bound(tmp_path: Path) -> None:
    """1 of 4, 3 of 4, 4 of 4. At 3 of 4 the bound p has 4 p^3 (1 - p) + p^4 = 0.05; at 4 of 4, p^4 = 0.05."""
    folder = alive(tmp_path, {2: "addd", 4: "aada", 6: "aaaa"})
    answer = named(folder, "enough-fleet", share=0.75)
    assert answer.table["all_alive_draws"].tolist() == [1, 3, 4]
    low = answer.table["all_alive_at_least_share"].tolist()
    assert 4 * low[1] ** 3 * (1 - low[1]) + low[1] ** 4 == pytest.approx(0.05)
    assert low[2] == pytest.approx(0.05**0.25)
    assert answer.sentence.startswith(
        "fleet = 4 vehicles is the smallest value tried at which all 2 tier-1 sites live to the end in at least 75 % "
        "of the draws: 3 of 4."
    )
    assert f"at least {100 * low[1]:.3g} %" in answer.sentence
    assert "to show 75 % takes 11 draws without a miss, and there are 4" in answer.sentence, "0.75^10 > 0.05 > 0.75^11"


def test_what_is_shown_is_said(tmp_path: Path) -> None:
    """0.05^(1/4) = 0.47: four of four show 40 %; two of four show 9.8 %."""
    folder = alive(tmp_path, {2: "aadd", 4: "aaaa"})
    answer = named(folder, "enough-fleet", share=0.4)
    assert "fleet = 2 vehicles is the smallest" in answer.sentence
    assert "at fleet = 4 vehicles it is at least 47.3 %, so that is shown there." in answer.sentence


def test_a_value_is_enough_only_if_all_larger_ones_are(tmp_path: Path) -> None:
    answer = named(alive(tmp_path, {1: "aaaa", 2: "aadd", 3: "aaaa"}), "enough-fleet")
    assert answer.sentence.startswith("fleet = 3 vehicles is the smallest")


def test_none_is_enough_and_the_best_is_named(tmp_path: Path) -> None:
    answer = named(alive(tmp_path, {1: "dddd", 2: "aadd"}), "enough-fleet")
    assert answer.sentence.startswith("No value of fleet that was tried is enough")
    assert "the best is fleet = 2 vehicles, with 2 of 4" in answer.sentence


def test_a_failed_scenario_is_no_success_and_one_to_come_is_left_out(tmp_path: Path) -> None:
    table = named(alive(tmp_path, {1: "aaf-", 2: "aaaa"}), "enough-fleet").table
    assert table["draws"].tolist() == [3, 4]
    assert table["all_alive_draws"].tolist() == [2, 4]
    assert table["failed_draws"].tolist() == [1, 0]


def test_where_more_is_worse_the_largest_is_asked_for(tmp_path: Path) -> None:
    answer = named(alive(tmp_path, {24: "aaaa", 48: "aaaa", 72: "adda"}, "outage_h"), "enough-fleet")
    assert answer.sentence.startswith("fleet = 48 h is the largest value tried")


def test_undecided_draws_are_counted(tmp_path: Path) -> None:
    """Dead, though the bound of the plan does not exclude that both live."""
    table = named(alive(tmp_path, {1: "dd", 2: "aa"}, possible=2), "enough-fleet").table
    assert table["undecided_draws"].tolist() == [2, 0]


def test_the_hardest_setting_of_the_other_axes_speaks(tmp_path: Path) -> None:
    """With sun one vehicle does, without it takes two."""
    ran = [
        Ran(seed, {"fleet": size, "sun": sun}, dark=(None,) if size + sun >= 2 else (1.0,))
        for size in (1, 2) for sun in (0, 1) for seed in (1, 2)
    ]  # fmt: skip
    answer = named(study_folder(tmp_path / "s", {**FLEET, "sun": "weather"}, ran), "enough-fleet")
    assert answer.sentence.startswith("Where it is hardest (sun = 0): fleet = 2 vehicles is the smallest")
    assert answer.table["others"].tolist() == ["sun = 0", "sun = 0", "sun = 1", "sun = 1"]
    assert answer.table["all_alive_draws"].tolist() == [0, 2, 2, 2]


def test_survival_is_that_of_kaplan_and_meier(tmp_path: Path) -> None:
    """Outages of 4 h and of 8 h. Lost at 2 h and at 6 h, alive at the end of 4 h and of 8 h.

    Four are watched at 2 h: 3/4 are left. At 6 h two are watched: 3/4 x 1/2 = 3/8.
    """
    ran = [
        Ran(1, {"fleet": 1}, dark=(2.0, None), horizon_h=4.0),
        Ran(2, {"fleet": 1}, dark=(6.0, None), horizon_h=8.0),
    ]
    table = named(study_folder(tmp_path / "s", FLEET, ran), "survival-fleet").table
    assert table["after_h"].tolist() == [0.0, 2.0, 6.0, 8.0]
    assert table["alive_share"].tolist() == pytest.approx([1.0, 0.75, 0.375, 0.375])
    assert table["sites_watched"].tolist() == [4, 4, 2, 1]
    assert table["sites_lost"].tolist() == [0, 1, 1, 0]


def test_dead_is_dead_to_the_end(tmp_path: Path) -> None:
    table = named(study_folder(tmp_path / "s", FLEET, [Ran(1, {"fleet": 1}, dark=(1.0, 1.0))]), "survival-fleet").table
    assert table["after_h"].tolist() == [0.0, 1.0, 4.0]
    assert table["alive_share"].tolist() == [1.0, 0.0, 0.0]


def test_sites_of_one_draw_are_one_piece_of_evidence(tmp_path: Path) -> None:
    """Of ten sites each, 5, 5, 6, 4, 5 are alive after 3 h: Student's t on the five shares, not on fifty sites."""
    shares = (0.5, 0.5, 0.6, 0.4, 0.5)
    ran = [
        Ran(seed, {"fleet": 1}, dark=tuple([None] * round(10 * share) + [3.0] * round(10 - 10 * share)))
        for seed, share in enumerate(shares, 1)
    ]
    row = named(study_folder(tmp_path / "s", FLEET, ran), "survival-fleet").table.to_dict("records")[1]
    spread = math.sqrt(sum((share - 0.5) ** 2 for share in shares) / 4)
    assert row["after_h"] == 3.0 and row["alive_share"] == pytest.approx(0.5)
    assert row["alive_low_share"] == pytest.approx(0.5 - T4 * spread / math.sqrt(5.0))
    assert row["alive_high_share"] == pytest.approx(0.5 + T4 * spread / math.sqrt(5.0))


def test_the_duration_curve_of_unserved_power(tmp_path: Path) -> None:
    """One outage lacks 3 + 2 kW for 2 h and 3 kW for 1 h, the other 4 kW for 1 h. On average of both:

    at least 5 kW for 2/2 = 1 h, at least 4 kW for 1.5 h, at least 3 kW for 2 h.
    """
    ran = [
        Ran(1, {"fleet": 1}, unserved=[(1, 0.0, 2.0, 3.0), (1, 2.0, 1.0, 3.0), (2, 0.0, 2.0, 2.0)], unserved_kwh=13.0),
        Ran(2, {"fleet": 1}, unserved=[(1, 1.0, 1.0, 4.0)], unserved_kwh=4.0),
    ]
    folder = study_folder(tmp_path / "s", FLEET, ran)
    curve = named(folder, "unserved-fleet")
    assert curve.table["unserved_kw"].tolist() == [5.0, 4.0, 3.0]
    assert curve.table["at_least_for_h"].tolist() == [1.0, 1.5, 2.0]
    assert curve.chart is not None
    (line,) = curve.chart.series
    assert line.x.tolist() == [0.0, 1.0, 1.5, 2.0] and line.y.tolist() == [5.0, 4.0, 3.0, 0.0]
    below = sum((b - a) * kw for a, b, kw in zip(line.x, line.x[1:], line.y, strict=False))
    assert below == (13.0 + 4.0) / 2, "the area below is the mean unserved energy"
    (energy,) = named(folder, "unserved_energy-fleet").table.to_dict("records")
    assert energy["critical_unserved_kwh"] == 8.5 and energy["critical_unserved_share"] == 0.085
    assert energy["critical_unserved_high_kwh"] == pytest.approx(8.5 + 12.706204736 * 4.5, rel=1e-9)


def test_another_tier_and_another_axis_may_be_asked_for(tmp_path: Path) -> None:
    folder = alive(tmp_path, {1: "ad", 2: "aa"})
    assert "enough" in answers(folder, tier=2).unanswered
    with pytest.raises(UsageError) as wrong:
        answers(folder, axis="sun", share=90.0, confidence=0.0)
    assert [line.split(":")[0] for line in str(wrong.value).splitlines()] == ["--share", "--confidence", "--axis"]
    assert "allowed: fleet" in str(wrong.value)


def test_the_study_file_may_ask(tmp_path: Path) -> None:
    """What the command line says counts before it; keys that are not known are refused."""
    folder = alive(tmp_path, {1: "ad", 2: "aa"})
    (folder / "study.toml").write_text("[report]\nshare = 0.5\n")
    assert answers(folder).asked.share == 0.5 and answers(folder, share=0.8).asked.share == 0.8
    assert answers(folder).each["enough"][0].sentence.startswith("fleet = 1 vehicle is the smallest")
    (folder / "study.toml").write_text('[report]\nquota = 0.5\nshare = "half"\n')
    with pytest.raises(UsageError) as wrong:
        answers(folder)
    assert [line.split("found ")[1].split(" =")[0] for line in str(wrong.value).splitlines()] == ["quota", "share"]
