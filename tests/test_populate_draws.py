"""What populating draws: against the tables of the catalogue, by arithmetic of its own."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from math import sqrt

import numpy as np
import pytest

from v2g.formats import locate
from v2g.populate.calendar import Calendar
from v2g.populate.catalog import boxes, departures, distances, ladder
from v2g.populate.habits import Habits
from v2g.populate.stream import Stream, apportioned, whole

CATALOGUE = locate("village").parent / "catalog"
THURSDAY_18 = datetime(2026, 1, 16, tzinfo=UTC)
"""18:00 local, six hours behind UTC."""
MONDAY_0 = datetime(2026, 1, 12, 6, tzinfo=UTC)


def rows(name: str) -> list[dict[str, str]]:
    with (CATALOGUE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(name: str, key: str) -> np.ndarray:
    return np.array([float(row[key]) for row in rows(name)])


def share_below(quantity: str, value: float) -> float:
    """Share of sessions below a value, by numpy's own interpolation."""
    return float(np.interp(value, column("plugging", quantity), column("plugging", "share")))


def near(found: int, of: int, expected: float) -> bool:
    """Within four standard deviations of a binomial."""
    return abs(found / of - expected) <= 4 * sqrt(expected * (1 - expected) / of)


def test_the_stream_is_that_of_the_generator() -> None:
    plain = np.random.Generator(np.random.PCG64(7))
    stream = Stream(7)
    assert [stream.uniform() for _ in range(5000)] == [float(plain.random()) for _ in range(5000)]


def test_choices_of_the_stream() -> None:
    stream = Stream(1)
    found = [stream.by_weight([1.0, 1.0, 4.0]) for _ in range(4000)]
    assert 1 not in found
    assert near(found.count(2), 4000, 0.75)
    assert sorted(stream.shuffled(range(50))) == list(range(50))


def test_seats_by_largest_remainder() -> None:
    # 120 seats on weights of 3, 8 and 89 of 100: 3.6, 9.6, 106.8; the remainders .8, .6 and .6 share two seats.
    assert apportioned([3.0, 8.0, 89.0], 120) == [4, 9, 107]
    assert [whole(0.3, 25), whole(0.05, 25), whole(0.1, 5)] == [8, 1, 1]


@pytest.mark.parametrize("quantity", list(rows("plugging")[0])[1:])
def test_quantiles_rise(quantity: str) -> None:
    values = column("plugging", quantity)
    assert (np.diff(values) >= 0).all()
    assert (np.diff(column("plugging", "share")) > 0).all()
    shares = np.linspace(0, 1, 201)
    own = [ladder(quantity).at(float(share)) for share in shares]
    assert own == pytest.approx(np.interp(shares, column("plugging", "share"), values))


def test_figures_of_the_origins() -> None:
    # ElaadNL: half of the sessions at homes take more than 19.4 kWh, a tenth more than 51.4; a tenth of those at
    # work last longer than 9.8 h. emobpy: 10 km or less in 10 minutes or less is 0.02895 + 0.03538 + 0.08363 + 0.01287.
    assert ladder("energy_kwh_private").at(0.5) == pytest.approx(19.4)
    assert ladder("energy_kwh_private").at(0.9) == pytest.approx(51.4)
    assert ladder("connected_h_workplace").at(0.9) == pytest.approx(9.8)
    short = [row for row in rows("distances") if row["until_min"] == "10"]
    assert sum(float(row["share"]) for row in short) == pytest.approx(0.16083)


def test_shares_of_departures_sum_to_one() -> None:
    for driver in ("worker", "free"):
        for day in ("weekday", "saturday", "sunday"):
            assert departures(driver, day).sums[-1] == pytest.approx(1.0, abs=1e-5)
    assert distances().sums[-1] == pytest.approx(1.0)


def test_a_box_is_hit_as_often_as_its_share() -> None:
    hits = [distances().at((k + 0.5) / 10000)[0] for k in range(10000)]
    within = sum(float(row["share"]) for row in rows("distances") if float(row["until_km"]) <= 10)
    assert sum(float(row["until_km"]) <= 10 for row in hits) / 10000 == pytest.approx(within, abs=1e-3)
    assert boxes([{"share": "2"}, {"share": "0"}, {"share": "2"}]).at(0.75) == ({"share": "2"}, 0.5)


def test_cars_come_home_when_they_do() -> None:
    """On the evening of the start, cars that drove that day come until 24:00, which is less than 6 h away."""
    habits = Habits(Calendar(THURSDAY_18, 6, 30, 96), Stream(3), 0.5)
    found = [habits.first_plugged() for _ in range(4000)]
    drives = 1 - 0.3541
    # Hours are rounded to quarters, so that one counts as late from 18:07:30 on.
    after = [18.125, 20.125, 22.125]
    late = [drives * (1 - share_below("arrival_h_private_weekday", hour)) for hour in after]
    for hour, expected in zip((0.0, 2.0, 4.0), late, strict=True):
        assert near(sum(first > hour for first in found), 4000, expected), hour
    assert max(found) <= 6.0


def test_work_begins_when_it_does_and_lasts_as_long() -> None:
    """Duty vehicles: departures for work by table; time away between departures is drive plus a stay below 10 h."""
    habits = Habits(Calendar(MONDAY_0, 6, 60, 72), Stream(5), 1.0)
    found = [habits.outings(0.0, worker=True, duty=True) for _ in range(2000)]
    first = [outings[0].leaves for outings in found if outings and outings[0].leaves < 24]
    work = [row for row in rows("departures") if (row["driver"], row["day"], row["purpose"]) == (
        "worker", "weekday", "workplace")]  # fmt: skip
    box = {row["until_h"]: float(row["share"]) for row in work}
    # Rounded to quarters, a departure counts as one before 9:00 up to 8:52:30, which is 2.875 of the 3 h of its box.
    expected = (box["6"] + box["9"] * 2.875 / 3) / sum(box.values())
    assert len(first) > 1900
    assert near(sum(hour < 9 for hour in first), len(first), expected)
    away = [outing.back - outing.leaves for outings in found for outing in outings]
    assert max(away) <= 10.125 + 7 * 3.1, "ten hours, and at most five trips of 185 minutes"


@pytest.mark.parametrize("drive", [0.0, 0.5, 1.0])
def test_days_with_a_car(drive: float) -> None:
    """Of the first full weekday: the usual share, less those who stay at home now."""
    habits = Habits(Calendar(MONDAY_0, 6, 60, 48), Stream(8), drive)
    gone = sum(any(outing.leaves < 24 for outing in habits.outings(-1.0, worker=False)) for _ in range(3000))
    # An outing that would end after the end of the horizon is left out, which on the first of two days is none.
    assert near(gone, 3000, drive * (1 - 0.3541))


def test_no_outing_overlaps_or_ends_too_late() -> None:
    calendar = Calendar(THURSDAY_18, 6, 30, 336)
    habits = Habits(calendar, Stream(2), 1.0)
    for _ in range(300):
        outings = habits.outings(1.5, worker=True, work_plug=True)
        edges = [1.5, *(edge for o in outings for edge in (o.leaves, o.back))]
        assert edges == sorted(edges) and edges[-1] <= calendar.hours - 0.25
        for o in outings:
            if o.departs:
                assert o.leaves < o.arrives <= o.departs < o.back and 0 < o.first_km <= o.km


def test_local_days() -> None:
    calendar = Calendar(THURSDAY_18, 6, 30, 96)
    assert [calendar.weekday(day) for day in range(4)] == ["weekday", "weekday", "saturday", "sunday"]
    assert calendar.since_start(1, 7.5) == 13.5
