"""Answers that are means with intervals: by hand, from folders of a few scenarios."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from study_folders import Ran, study_folder

from v2g.batch.answers import QUESTIONS, answers
from v2g.batch.answers.answer import Answer, Asked
from v2g.batch.answers.finished import read_finished
from v2g.batch.answers.intervals import share_at_least, share_at_most

T2 = 4.302652729749462
"""97.5 % point of Student's t with two degrees of freedom."""
FLEET = {"fleet": "fleet_size"}


def test_the_point_of_t_is_that_of_its_closed_form() -> None:
    """With two degrees of freedom F(t) = 1/2 + t / (2 sqrt(2 + t^2)): 0.975 is at t = 0.95 sqrt(2 / (1 - 0.95^2))."""
    assert pytest.approx(0.95 * math.sqrt(2.0 / (1.0 - 0.95**2))) == T2


def named(folder: Path, name: str, **asked: Any) -> Answer:
    """One answer of a folder."""
    question = {"unserved_energy": "unserved", "prices": "marginal"}.get(name.split("-")[0], name.split("-")[0])
    found = QUESTIONS[question].answers(read_finished(folder), Asked(**asked))
    (one,) = [answer for answer in found if answer.name == name]
    return one


def fleet(tmp_path: Path, served: dict[int, list[float]], **more: Any) -> Path:
    """Load-hours served by size of the fleet, for seeds 1, 2, ..."""
    ran = [
        Ran(seed, {"fleet": size}, served_h=hours, **more)
        for size, row in served.items()
        for seed, hours in enumerate(row, start=1)
    ]
    return study_folder(tmp_path / "study", FLEET, ran)


def test_means_over_seeds_have_students_interval(tmp_path: Path) -> None:
    """4, 6, 8: mean 6, standard deviation 2, so 6 -+ 4.303 x 2 / sqrt(3), but never above the 10 h required."""
    table = named(fleet(tmp_path, {1: [4.0, 6.0, 8.0], 2: [9.0, 9.0, 9.0]}), "served-fleet").table
    half = T2 * 2.0 / math.sqrt(3.0)
    assert 6.0 + half > 10.0
    first, second = table.to_dict("records")
    assert first["critical_served_h"] == pytest.approx(6.0)
    assert first["critical_served_low_h"] == pytest.approx(6.0 - half)
    assert first["critical_served_high_h"] == pytest.approx(10.0)
    assert first["critical_served_share"] == pytest.approx(0.6)
    assert second["critical_served_h"] == 9.0
    assert math.isnan(second["critical_served_low_h"]), "draws that are alike do not tell how sure they are"
    assert table["fleet_vehicles"].tolist() == [1, 2] and table["draws"].tolist() == [3, 3]


def test_all_critical_tiers_count(tmp_path: Path) -> None:
    table = named(fleet(tmp_path, {1: [4.0], 2: [6.0]}, second_h=1.5), "served-fleet").table
    assert table["critical_served_h"].tolist() == [5.5, 7.5]
    assert table["critical_required_h"].tolist() == [20.0, 20.0]


def test_differences_are_paired_by_seed(tmp_path: Path) -> None:
    """Seeds differ by far more than the step: +1, +2, +3 is 2 -+ 4.303 x 1 / sqrt(3), whatever each seed's level is."""
    folder = fleet(tmp_path, {2: [0.0, 3.0, 6.0], 4: [1.0, 5.0, 9.0]})
    step = named(folder, "served-fleet").table.to_dict("records")[1]
    half = T2 / math.sqrt(3.0)
    assert step["more_than_before_h"] == pytest.approx(2.0)
    assert step["more_than_before_low_h"] == pytest.approx(2.0 - half)
    assert step["more_than_before_high_h"] == pytest.approx(2.0 + half)
    (each,) = named(folder, "marginal-fleet").table.to_dict("records")
    assert (each["fleet_vehicles_before"], each["fleet_vehicles"], each["pairs"]) == (2, 4, 3)
    assert each["critical_worth_h_per_vehicle"] == pytest.approx(1.0), "two vehicles more"
    assert each["critical_worth_low_h_per_vehicle"] == pytest.approx((2.0 - half) / 2.0)
    assert each["tier1_worth_h_per_vehicle"] == pytest.approx(1.0)
    assert named(folder, "marginal-fleet").sentence.startswith(
        "One more vehicle is worth most from fleet = 2 to 4 vehicles: 1 (-0.2 to 2.2) critical load-hours ("
    )


def test_without_common_seeds_differences_are_between_means(tmp_path: Path) -> None:
    """1, 3 and 6, 8: 5 -+ t sqrt(2/2 + 2/2), with Welch's (1+1)^2 / (1/1 + 1/1) = 2 degrees of freedom."""
    ran = [Ran(seed, {"fleet": size}, served_h=hours) for seed, size, hours in
           ((1, 1, 1.0), (2, 1, 3.0), (3, 2, 6.0), (4, 2, 8.0))]  # fmt: skip
    answer = named(study_folder(tmp_path / "s", FLEET, ran, "random"), "served-fleet")
    step = answer.table.to_dict("records")[1]
    assert step["more_than_before_h"] == pytest.approx(5.0)
    assert step["more_than_before_high_h"] == pytest.approx(5.0 + T2 * math.sqrt(2.0))
    assert any("Welch" in note for note in answer.notes)


def test_nothing_more_is_gained_is_said_from_where_on(tmp_path: Path) -> None:
    answer = named(fleet(tmp_path, {1: [2.0, 3.0], 2: [6.0, 7.0], 5: [6.0, 7.0], 9: [6.0, 7.0]}), "marginal-fleet")
    assert "nothing more is gained beyond fleet = 2 vehicles" in answer.sentence


def test_what_has_no_unit_is_told_from_value_to_value(tmp_path: Path) -> None:
    """From 0.2 to 0.6 there are 3 and 5 load-hours more, 4 on average, and not 10 for each whole share."""
    served = {0.2: (1.0, 2.0), 0.6: (4.0, 7.0)}
    ran = [Ran(seed, {"share": share}, served_h=hours)
           for share, row in served.items() for seed, hours in enumerate(row, 1)]  # fmt: skip
    answer = named(study_folder(tmp_path / "s", {"share": "v2g_share"}, ran), "marginal-share")
    assert answer.title == "Gained from one value of share to the next"
    assert answer.sentence.startswith("Most is gained from share = 0.2 to 0.6: 4 (-8.7 to 16.7) critical load-hours (")
    assert 12.706 * math.sqrt(2.0) / math.sqrt(2.0) == pytest.approx(16.7 - 4.0, abs=0.05), "t(1), 3 and 5"
    (row,) = answer.table.to_dict("records")
    assert row["critical_more_h"] == 4.0 and row["share_before"] == 0.2


def test_hours_are_called_so_and_what_they_ask_for_is_said(tmp_path: Path) -> None:
    """Two hours more ask for 6 load-hours more, of which 2 are served: 3 and 1 for each hour."""
    ran = [Ran(1, {"dark": 2}, served_h=4.0, required_h=4.0), Ran(1, {"dark": 4}, served_h=6.0, required_h=10.0)]
    answer = named(study_folder(tmp_path / "s", {"dark": "outage_h"}, ran), "marginal-dark")
    assert answer.title == "Worth of one more hour"
    assert answer.sentence.startswith(
        "One more hour is worth most from dark = 2 to 4 h: 1 critical load-hours, where 3 more are required"
    )


def test_a_draw_that_lost_a_scenario_is_left_out_there_and_counted(tmp_path: Path) -> None:
    """Two settings of sun: a draw is the mean of both. Seed 2 lost one of its two at fleet 1: it is not taken for 8."""
    hours = {(1, 1): (2.0, 4.0), (1, 2): (8.0, None), (2, 1): (5.0, 7.0), (2, 2): (9.0, 9.0)}
    ran = [
        Ran(seed, {"fleet": size, "sun": sun}, served_h=found or 0.0, status="planned" if found else "died")
        for (size, seed), pair in hours.items()
        for sun, found in zip((0.5, 1.0), pair, strict=True)
    ]
    folder = study_folder(tmp_path / "s", {**FLEET, "sun": {"change": "weather", "keys": {"what": "sun"}}}, ran)
    answer = named(folder, "served-fleet")
    first, second = answer.table.to_dict("records")
    assert (first["critical_served_h"], second["critical_served_h"]) == (3.0, 7.5)
    assert (first["draws"], first["scenarios"], first["failed"]) == (1, 4, 1)
    assert (second["draws"], second["scenarios"], second["failed"]) == (2, 4, 0)
    assert second["more_than_before_h"] == 3.0, "seed 1 alone: 6 - 3"
    assert any("Averaged over the other axes: sun" in note for note in answer.notes)
    assert answer.chart is not None and "1 failed" in answer.chart.foot


def test_an_axis_that_each_seed_draws_is_not_looked_along(tmp_path: Path) -> None:
    ran = [Ran(seed, {"fleet": size, "sun": sun}, served_h=size + sun)
           for size in (1, 2) for seed, sun in ((1, 0.25), (2, 0.75))]  # fmt: skip
    found = answers(study_folder(tmp_path / "s", {**FLEET, "sun": "weather"}, ran))
    assert [axis.name for axis in found.study.ways] == ["fleet"]
    assert {answer.name for answer in found.each["served"]} == {"served-fleet"}


def test_an_axis_may_be_called_like_a_measure(tmp_path: Path) -> None:
    """Each scenario measures one vehicle, whatever was asked for."""
    ran = [Ran(1, {"vehicles": size}, served_h=float(size)) for size in (20, 40)]
    folder = study_folder(tmp_path / "s", {"vehicles": {"change": "populate", "keys": {"option": "vehicles"}}}, ran)
    table = named(folder, "served-vehicles").table
    assert table["vehicles"].tolist() == [20, 40] and table["critical_served_h"].tolist() == [20.0, 40.0]


def test_base_cases_are_an_axis_of_words(tmp_path: Path) -> None:
    served = {"hill": (1.0, 2.0), "dale": (3.0, 5.0)}
    ran = [Ran(seed, {"fleet": 1}, served_h=hours, case=case)
           for case, row in served.items() for seed, hours in enumerate(row, 1)]  # fmt: skip
    answer = named(study_folder(tmp_path / "s", FLEET, ran), "served-case")
    assert answer.table["case"].tolist() == ["hill", "dale"]
    assert answer.table["critical_served_h"].tolist() == [1.5, 4.0]
    assert answer.chart is not None and answer.chart.names == ("hill", "dale")


def test_many_drawn_values_are_looked_at_in_groups_of_equal_size(tmp_path: Path) -> None:
    """Eighteen draws of 1 to 18, served as many hours: six groups of three, with means 2, 5, 8, ..."""
    ran = [Ran(k, {"reach": float(k)}, served_h=float(k), required_h=20.0) for k in range(1, 19)]
    table = named(study_folder(tmp_path / "s", {"reach": "start_energy"}, ran, "latin"), "served-reach").table
    assert table["critical_served_h"].tolist() == [2.0, 5.0, 8.0, 11.0, 14.0, 17.0]
    assert table["reach_from"].tolist() == [1.0, 4.0, 7.0, 10.0, 13.0, 16.0]
    assert table["reach_to"].tolist() == [3.0, 6.0, 9.0, 12.0, 15.0, 18.0]


def test_prices_are_averaged_by_kind(tmp_path: Path) -> None:
    ran = [
        Ran(1, {"fleet": 1}, values=[("vehicle", "vehicle", 4.0, "solved again"), ("energy", "kWh", 0.25, "price")]),
        Ran(2, {"fleet": 1}, values=[("vehicle", "vehicle", 6.0, "solved again")]),
    ]
    answer = named(study_folder(tmp_path / "s", FLEET, ran), "prices-fleet")
    rows = {(row["what"], row["how"]): row for row in answer.table.to_dict("records")}
    assert rows["vehicle", "solved again"]["worth_h_per_unit"] == 5.0
    assert rows["vehicle", "solved again"]["worth_high_h_per_unit"] == pytest.approx(5.0 + 12.706204736, rel=1e-9)
    assert rows["energy", "price"]["worth_h_per_unit"] == 0.25 and rows["energy", "price"]["draws"] == 1
    assert "One more vehicle" in answer.sentence


def test_by_start_names_the_best_and_the_worst(tmp_path: Path) -> None:
    """15 January 2026 is a Thursday."""
    starts = {"2026-01-15T18:00:00+00:00": (4.0, 6.0), "2026-01-17T06:30:00+00:00": (8.0, 9.0)}
    ran = [Ran(seed, {"begin": start}, served_h=hours)
           for start, row in reversed(starts.items()) for seed, hours in enumerate(row, 1)]  # fmt: skip
    answer = named(study_folder(tmp_path / "s", {"begin": "outage_start"}, ran), "by_start-begin")
    assert answer.table["begin_utc"].tolist() == list(starts), "in the order of time"
    assert answer.table["critical_served_h"].tolist() == [5.0, 8.5]
    assert answer.table["weekday_utc"].tolist() == ["Thursday", "Saturday"]
    assert answer.table["hour_utc"].tolist() == [18.0, 6.5]
    assert "5 (0 to 10) of 10 critical load-hours (50 %) at the worst start, 2026-01-15 18:00 UTC" in answer.sentence


def test_a_later_start_that_asks_for_less_is_not_worse(tmp_path: Path) -> None:
    """9 of 12 and 6 of 8 are three quarters; then 7 of 8 is more, though it is fewer hours."""
    starts = ["2026-01-15T18:00:00+00:00", "2026-01-15T22:00:00+00:00"]

    def sentence(name: str, *served: tuple[float, float]) -> str:
        ran = [Ran(1, {"begin": start}, served_h=got, required_h=asks)
               for start, (got, asks) in zip(starts, served, strict=True)]  # fmt: skip
        return named(study_folder(tmp_path / name, {"begin": "outage_start"}, ran), "by_start-begin").sentence

    alike = sentence("alike", (9.0, 12.0), (6.0, 8.0))
    assert alike == "Whenever the outage begins, plans serve 75 % of critical load-hours."
    assert "87.5 %) at the best start, 2026-01-15 22:00 UTC" in sentence("better", (9.0, 12.0), (7.0, 8.0))


def test_many_starts_are_looked_at_by_hour_of_the_day(tmp_path: Path) -> None:
    """Thirty starts, 10 h apart: those of hours 0 to 3 together, and so on; each serves its hour of the day."""
    ran = []
    for k in range(30):
        day, hour = divmod(10 * k, 24)
        ran.append(Ran(k, {"begin": f"2026-03-{day + 1:02d}T{hour:02d}:00:00+00:00"}, served_h=float(hour),
                       required_h=24.0))  # fmt: skip
    table = named(study_folder(tmp_path / "s", {"begin": "outage_start"}, ran, "random"), "by_start-begin").table
    hours = np.array([10 * k % 24 for k in range(30)])
    expected = [hours[hours // 4 == block].mean() for block in range(6)]
    assert table["begin_utc"].tolist() == ["00:00 to 04:00", "04:00 to 08:00", "08:00 to 12:00", "12:00 to 16:00",
                                           "16:00 to 20:00", "20:00 to 24:00"]  # fmt: skip
    assert table["critical_served_h"].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(("hits", "draws"), [(3, 4), (1, 10), (9, 10), (28, 29)])
def test_binomial_bounds_leave_five_per_cent_beyond(hits: int, draws: int) -> None:
    """At the lower bound, so many hits or more have a chance of 5 %; at the upper one, so many or fewer."""
    low, high = share_at_least(hits, draws, 0.95), share_at_most(hits, draws, 0.95)
    chance = lambda share, k: math.comb(draws, k) * share**k * (1 - share) ** (draws - k)  # noqa: E731
    assert sum(chance(low, k) for k in range(hits, draws + 1)) == pytest.approx(0.05)
    assert sum(chance(high, k) for k in range(hits + 1)) == pytest.approx(0.05)


def test_steps_of_unequal_width_are_told_for_the_same_width(tmp_path: Path) -> None:
    """1 load-hour from 0 to 0.1, 2 from 0.1 to 0.5: 1 and 0.5 for each 0.1, so that the first is worth most."""
    served = {0.0: 1.0, 0.1: 2.0, 0.5: 4.0}
    ran = [Ran(1, {"share": share}, served_h=hours) for share, hours in served.items()]
    answer = named(study_folder(tmp_path / "s", {"share": "v2g_share"}, ran), "marginal-share")
    assert answer.table["critical_worth_h_per_0.1"].tolist() == pytest.approx([1.0, 0.5])
    assert answer.title == "Gained from one value of share to the next, for each 0.1"
    assert answer.sentence.startswith(
        "Most is gained from share = 0 to 0.1: 1 critical load-hours for each 0.1; in the last step, from share = 0.1 "
        "to 0.5: 0.5 critical load-hours for each 0.1 ("
    )
    assert any("for each 0.1 of share" in note for note in answer.notes)


def test_nothing_along_a_whole_axis_is_told_in_one_sentence(tmp_path: Path) -> None:
    """Draws that gain one and lose one are no nothing: 0 -+ 12.7 x sqrt(2) / sqrt(2)."""
    still = named(fleet(tmp_path / "still", {1: [4.0, 5.0], 2: [4.0, 5.0], 5: [4.0, 5.0]}), "marginal-fleet")
    assert still.sentence == "Nothing is gained or lost from fleet = 1 to 5 vehicles."
    moved = named(fleet(tmp_path / "moved", {1: [4.0, 5.0], 2: [5.0, 4.0]}), "marginal-fleet")
    assert "0 (-12.7 to 12.7) critical load-hours" in moved.sentence and "othing" not in moved.sentence
