"""Answers about sites that live, and about what is unserved: by hand, from folders of a few scenarios."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from study_folders import Ran, study_folder
from test_answers_means import FLEET, named

from v2g.batch.answers import answers
from v2g.batch.answers.levels import Counted, Level
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
        "fleet = 4 vehicles is the smallest value tried at which all 2 tier-1 loads live to the end in at least 75 % "
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


def test_undecided_draws_count_as_misses_and_that_is_said(tmp_path: Path) -> None:
    """Dead, though the bound of the plan does not exclude that both live: 2 of 4, 4 of 4 if those were hits.

    The lower bound is that of two hits, 6 p^2 (1-p)^2 + 4 p^3 (1-p) + p^4 = 0.05; the upper one that of four, 1.
    """
    answer = named(alive(tmp_path, {1: "dd", 2: "aadd", 3: "aaaa"}, possible=2), "enough-fleet", share=0.75)
    assert answer.table["undecided_draws"].tolist() == [2, 2, 0]
    low = answer.table["all_alive_at_least_share"][1]
    assert 6 * low**2 * (1 - low) ** 2 + 4 * low**3 * (1 - low) + low**4 == pytest.approx(0.05)
    assert answer.table["all_alive_at_most_share"].tolist() == [1.0, 1.0, 1.0]
    assert "had 2 of 4 (2 undecided, counted as misses)" in answer.sentence
    assert "may be up to 100 %, so that it is too little is not shown" in answer.sentence
    assert answer.sentence.endswith("Were undecided draws hits, fleet = 1 vehicle would do.")


def test_a_failed_draw_is_named_among_the_misses(tmp_path: Path) -> None:
    answer = named(alive(tmp_path, {1: "addd", 2: "aaaf"}), "enough-fleet", share=0.75)
    assert "in at least 75 % of the draws: 3 of 4 (1 failed, counted as a miss)." in answer.sentence


def test_whether_one_step_less_is_too_little(tmp_path: Path) -> None:
    """0 of 4 leaves at most 1 - 0.05^(1/4) = 52.7 %; 3 of 4 at most 1 - p^4 = 0.95, 98.7 %."""
    no = named(alive(tmp_path / "no", {1: "dddd", 2: "aaaa"}), "enough-fleet").sentence
    assert no.endswith("One step less, fleet = 1 vehicle, had 0 of 4: the share there is at most 52.7 %, "
                       "which is too little.")  # fmt: skip
    perhaps = named(alive(tmp_path / "perhaps", {1: "aaad", 2: "aaaa"}), "enough-fleet").sentence
    assert perhaps.endswith("had 3 of 4: the share there may be up to 98.7 %, so that it is too little is not shown.")


def two_suns(tmp_path: Path, letters: dict[tuple[int, int], str]) -> Any:
    """The answer on the fleet, with a letter (a, d) for each seed at a size and a setting of the sun."""
    ran = [
        Ran(seed, {"fleet": size, "sun": sun}, dark=(None,) if letter == "a" else (1.0,))
        for (size, sun), row in letters.items() for seed, letter in enumerate(row, 1)
    ]  # fmt: skip
    return named(study_folder(tmp_path / "s", {**FLEET, "sun": "weather"}, ran), "enough-fleet", share=0.75)


def test_every_setting_of_the_other_axes_has_to_reach_the_share(tmp_path: Path) -> None:
    """At two vehicles 3 of 4 and 4 of 4: the bound is that of 3 of 4, 4 p^3 (1 - p) + p^4 = 0.05, 24.9 %.

    At one, 1 of 4 is the worst. Its share is at most p with p^0 (1-p)^4 + 4 p (1-p)^3 = 0.05 / 2: 80.6 %.
    """
    answer = two_suns(tmp_path, {(1, 0): "addd", (1, 1): "aaaa", (2, 0): "aaad", (2, 1): "aaaa"})
    assert answer.sentence.startswith(
        "fleet = 2 vehicles is the smallest value tried at which the one tier-1 load lives to the end in at least 75 % "
        "of the draws in each of the 2 settings of the other axes: 3 of 4 in the worst of 2 settings tried, chosen "
        "after seeing the results (sun = 0)."
    )
    p = 0.2486
    assert 4 * p**3 * (1 - p) + p**4 == pytest.approx(0.05, abs=1e-4)
    assert "With 95 % confidence the share in every setting is at least 24.9 %" in answer.sentence
    q = 0.8059
    assert (1 - q) ** 4 + 4 * q * (1 - q) ** 3 == pytest.approx(0.05 / 2, abs=1e-4)
    assert "the share in the hardest setting may be up to 80.6 %" in answer.sentence
    assert answer.table["others"].tolist() == ["sun = 0", "sun = 0", "sun = 1", "sun = 1"]
    assert answer.table["all_alive_draws"].tolist() == [1, 3, 4, 4]
    assert any("Bonferroni" in note for note in answer.notes)


def test_settings_that_are_alike_are_not_called_worst(tmp_path: Path) -> None:
    answer = two_suns(tmp_path, {(1, 0): "addd", (1, 1): "aaaa", (2, 0): "aaaa", (2, 1): "aaaa"})
    assert "of the other axes: 4 of 4 in each. With" in answer.sentence


def test_a_setting_that_fails_at_more_is_not_enough_at_less(tmp_path: Path) -> None:
    """Sun 0 is enough from one vehicle on but for three, sun 1 throughout: none is enough in each."""
    answer = two_suns(tmp_path, {(1, 0): "aaaa", (1, 1): "aaaa", (2, 0): "addd", (2, 1): "aaaa"})
    assert answer.sentence.startswith("No value of fleet that was tried is enough")
    assert "the best is fleet = 1 vehicle, with 4 of 4 in each" in answer.sentence


def errs(share: float, others: float) -> dict[str, float]:
    """How often bounds err about the smallest share of three settings, over all outcomes of five draws each."""
    found = {"least": 0.0, "most": 0.0, "least of the best": 0.0, "most, error not shared": 0.0}
    shares = (share, others, others)
    chance = lambda share, k: math.comb(5, k) * share**k * (1 - share) ** (5 - k)  # noqa: E731
    for hits in itertools.product(range(6), repeat=3):
        weight = math.prod(chance(share, k) for share, k in zip(shares, hits, strict=True))
        cells = tuple(Counted("", 0, 0.0, 5, k, 0, 0) for k in hits)
        level = Level("", 0, ("a", "b", "c"), cells)
        found["least"] += weight * (level.least(0.95) > share)
        found["most"] += weight * (level.most(0.95) < share)
        found["least of the best"] += weight * (max(cell.least(0.95) for cell in cells) > share)
        found["most, error not shared"] += weight * (min(cell.most(0.95) for cell in cells) < share)
    return found


def test_bounds_of_the_worst_setting_are_as_sure_as_they_say() -> None:
    """Five of five bound by 0.05^(1/5) = 0.549. Where two settings never miss, five hits at 0.54 are 0.54^5 = 4.6 %.

    No hit bounds by 1 - (0.05/3)^(1/5) = 0.559: at three times 0.56 that comes with 1 - (1 - 0.44^5)^3 = 4.9 %. With
    the error not shared, by 1 - 0.05^(1/5) = 0.451: at three times 0.46 with 1 - (1 - 0.54^5)^3 = 13 %; so often does
    the largest of three lower bounds err at 0.54.
    """
    assert errs(0.54, 1.0)["least"] == pytest.approx(0.54**5)
    assert errs(0.56, 0.56)["most"] == pytest.approx(1 - (1 - 0.44**5) ** 3)
    assert errs(0.46, 0.46)["most, error not shared"] == pytest.approx(1 - (1 - 0.54**5) ** 3)
    assert errs(0.54, 0.54)["least of the best"] == pytest.approx(1 - (1 - 0.54**5) ** 3)
    for share in (0.1, 0.3, 0.46, 0.5, 0.54, 0.56, 0.7, 0.9, 0.99):
        for others in (share, 1.0):
            found = errs(share, others)
            assert found["least"] <= 0.05 and found["most"] <= 0.05


def test_the_direction_is_that_of_the_axis_and_not_of_the_draws(tmp_path: Path) -> None:
    """More hours without supply never help, though here one draw less lives at the smaller value."""
    answer = named(alive(tmp_path, {24: "aaad", 48: "aaaa"}, "outage_h"), "enough-fleet", share=0.75)
    assert answer.sentence.startswith("fleet = 48 h is the largest value tried")


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
    assert table["loads_watched"].tolist() == [4, 4, 2, 1]
    assert table["loads_lost"].tolist() == [0, 1, 1, 0]


def test_survival_is_told_at_the_end_of_each_outage(tmp_path: Path) -> None:
    """Both live through 4 h; of 30 h one is lost at 6 h: half are alive after a day, and at the end."""
    ran = [
        Ran(1, {"dark": 4}, dark=(None, None), horizon_h=4.0),
        Ran(1, {"dark": 30}, dark=(6.0, None), horizon_h=30.0),
    ]
    answer = named(study_folder(tmp_path / "s", {"dark": "outage_h"}, ran), "survival-dark")
    assert answer.sentence.endswith("dark = 4 h: 100 % after 4 h; dark = 30 h: 50 % after 24 h, 50 % after 30 h.")
    assert answer.table.loc[answer.table["dark_h"] == 4, "after_h"].tolist() == [0.0, 4.0]


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


def refused(tmp_path: Path, draws: dict[int, str]) -> Path:
    """As `alive`, with r for a draw of which the changed case was refused."""
    of: dict[str, dict[str, Any]] = {
        "a": {}, "d": {"dark": (2.0,)}, "r": {"status": "refused", "reason": "no such model"},
    }  # fmt: skip
    ran = [Ran(seed, {"fleet": size}, **of[letter])
           for size, letters in draws.items() for seed, letter in enumerate(letters, 1)]  # fmt: skip
    return study_folder(tmp_path / "study", FLEET, ran)


def test_a_value_of_which_every_draw_was_refused_is_not_known(tmp_path: Path) -> None:
    """Neither a miss at the end, which would leave nothing enough, nor a hit for the bound of one step less."""
    folder = refused(tmp_path, {1: "dddd", 2: "aaaa", 9: "rrrr"})
    unknown = "Not known: fleet = 9 vehicles (4 of 4 refused)."
    enough = named(folder, "enough-fleet")
    assert enough.sentence.startswith("fleet = 2 vehicles is the smallest value tried") and "4 of 4." in enough.sentence
    assert enough.sentence.endswith(unknown)
    assert enough.table["draws"].tolist() == [4, 4, 0] and enough.table["refused_draws"].tolist() == [0, 0, 4]
    last = enough.table.to_dict("records")[2]
    assert all(math.isnan(last[f"all_alive_{name}"]) for name in ("share", "at_least_share", "at_most_share"))
    for name in ("served", "survival", "marginal", "unserved", "unserved_energy"):
        answer = named(folder, f"{name}-fleet")
        assert answer.sentence.endswith(unknown) and "9 vehicles:" not in answer.sentence


def test_a_refused_draw_is_neither_a_miss_nor_a_hit(tmp_path: Path) -> None:
    """Three of three live and one was refused: p^3 = 0.05 bounds, not 4 p^3 (1 - p) + p^4 = 0.05."""
    answer = named(refused(tmp_path, {1: "drrd", 2: "aara"}), "enough-fleet")
    assert answer.table["draws"].tolist() == [2, 3] and answer.table["all_alive_draws"].tolist() == [0, 3]
    assert answer.table["all_alive_at_least_share"][1] == pytest.approx(0.05 ** (1 / 3))
    assert answer.table["all_alive_at_most_share"][0] == pytest.approx(1 - 0.05**0.5)
    assert "3 of 3, 1 refused and left out." in answer.sentence and "Not known" not in answer.sentence


def test_nothing_is_known_where_all_was_refused_at_every_value(tmp_path: Path) -> None:
    """One setting of the sun has plans; the other none, at either size."""
    ran = [Ran(seed, {"fleet": size, "sun": sun}, **({} if sun else {"status": "refused", "reason": "no sun"}))
           for size in (1, 2) for sun in (0, 1) for seed in (1, 2)]  # fmt: skip
    answer = named(study_folder(tmp_path / "s", {**FLEET, "sun": "weather"}, ran), "enough-fleet")
    assert answer.sentence.startswith(
        "Nothing is known in each of the 2 settings of the other axes. No draw is complete"
    )
    assert answer.sentence.endswith(
        "Not known: fleet = 1 vehicle, sun = 0 (2 of 2 refused); fleet = 2 vehicles, sun = 0 (2 of 2 refused)."
    )


@pytest.mark.parametrize(
    ("counts", "said"),
    [((2, 2), "2 of the loads have service by the day"), ((1, 1), "1 of the loads has service by the day"),
     ((1, 2), "Up to 2 of the loads have service by the day"), ((None, None), "")],
)  # fmt: skip
def test_survival_says_how_loads_by_the_day_count(
    tmp_path: Path, counts: tuple[int | None, int | None], said: str
) -> None:
    ran = [Ran(seed, {"fleet": 1}, dark=(None, 24.0), more={} if n is None else {"tier1_by_day": n})
           for seed, n in enumerate(counts, 1)]  # fmt: skip
    notes = named(study_folder(tmp_path / "s", FLEET, ran), "survival-fleet").notes
    told = [note for note in notes if "by the day" in note]
    assert [
        note.startswith(said) and "alive until the end of the first day that is short" in note for note in told
    ] == [True] * bool(said)
