"""Cords between cars and appliances: when somebody has to move one, by the arithmetic of `cases/v2l-turns`."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

import v2g
from v2g.exports import EXPORTS
from v2g.exports.exporter import Asked
from v2g.formats import read_folder
from v2g.formats.draft import Draft
from v2g.handover.cords import Move
from v2g.handover.facts import Facts
from v2g.handover.orders import Order, Orders, Stay

HALL = Path(__file__).parent / "cases" / "v2l-turns"


def orders_of(*edits: tuple[str, int, str, str]) -> Orders:
    """The hall with cells changed: table, row, column, value."""
    draft = read_folder(HALL)
    for table, row, column, value in edits:
        draft.tables[table].loc[row, column] = value
    case = v2g.read(Draft.of(draft.header, draft.tables))
    return Orders(Facts(case, v2g.solve(case)))


def moves_of(orders: Orders, load: str) -> tuple[Move, ...]:
    return orders.cords.moves(orders.facts.record.loads.names.index(load))


def spans_of(order: Order) -> dict[str, tuple[tuple[float, float], ...]]:
    (stay,) = (step for step in order.steps if isinstance(step, Stay))
    return {use.load: use.spans for use in stay.uses}


def test_the_second_car_takes_over_when_the_first_is_empty() -> None:
    """2 kWh at 1 kW: two hours."""
    orders = orders_of()
    assert moves_of(orders, "oxygen") == (
        Move(0.0, "oxygen", None, "first"), Move(2.0, "oxygen", "first", "second")
    )  # fmt: skip
    assert moves_of(orders, "fans") == (Move(0.0, "fans", None, "second"),)


def test_a_cord_is_moved_within_an_interval_by_what_each_car_gives() -> None:
    """2.25 kWh at 1 kW: the first car is empty a quarter of an hour into the third hour, at 20:15."""
    orders = orders_of(("vehicles", 0, "start_kwh", "2.25"))
    assert moves_of(orders, "oxygen")[1].point == pytest.approx(2.25)
    first, second = orders.all
    assert spans_of(first)["oxygen"] == ((0, pytest.approx(2.25)),)
    assert spans_of(second)["oxygen"] == ((pytest.approx(2.25), 4),)
    made = EXPORTS["orders"].export(Asked(orders.facts.case, orders.facts.plan, options={"as_of": "2026-01-15T18:00Z"}))
    hall = made.files["sites/hall.txt"].decode()
    assert "Cords to move\n  - Thu 15 Jan 18:00: oxygen to first\n" in hall
    assert "  - Thu 15 Jan 20:15: oxygen from first to second\n" in hall
    assert "  - oxygen: Thu 15 Jan 18:00 - 20:15; at most 1 kW, 2.25 kWh in all\n" in hall
    table = made.files["orders.csv"].decode("utf-8-sig")
    assert "2026-01-15T20:15:00+00:00,hall,,oxygen,1,1,2.25," in table


def test_cars_that_must_share_feed_together() -> None:
    """Sockets of 0.6 kW each: neither carries 1 kW alone."""
    shared = orders_of(
        ("vehicles", 0, "socket_kw", "0.6"), ("vehicles", 1, "sockets", "1"), ("vehicles", 1, "socket_kw", "0.6"),
        ("vehicles", 0, "start_kwh", "10"),
    )  # fmt: skip
    cords = moves_of(shared, "oxygen")
    assert {(move.before, move.after) for move in cords} == {(None, "first"), (None, "second")}
    assert all(move.point == 0.0 for move in cords)


def test_a_car_that_was_away_is_plugged_in_again() -> None:
    """The only car is gone from 19:00 to 20:00 and comes back."""
    draft = read_folder(HALL)
    stays = "vehicle,site,from_utc,until_utc\n" + "".join(
        f"second,hall,2026-01-15T{first}:00:00Z,2026-01-15T{last}:00:00Z\n" for first, last in ((18, 19), (20, 22))
    )
    second = draft.tables["vehicles"].iloc[1:].reset_index(drop=True).assign(site="")
    tables = {**draft.tables, "vehicles": second, "stays": pd.read_csv(StringIO(stays), dtype=str)}
    case = v2g.read(Draft.of(draft.header, tables))
    orders = Orders(Facts(case, v2g.solve(case)))
    assert moves_of(orders, "oxygen") == (Move(0, "oxygen", None, "second"), Move(2, "oxygen", None, "second"))


def test_a_cord_goes_from_a_car_to_the_building() -> None:
    """In the exercise `imiev` feeds the suction of the home on the hill, 0.4 kW, by a cord, until a building circuit
    does: in an interval in which both do, what the cord brings is told as time at full power, and no more than that."""
    case = v2g.read("chiba-2019")
    orders = Orders(Facts(case, v2g.solve(case)))
    record = orders.facts.record
    row = record.loads.names.index("hill_suction")
    moves = orders.cords.moves(row)
    assert {move.after for move in moves} <= {"imiev", ""} and moves[0].before is None
    (use,) = (use for use in orders.cords.uses(record.fleet.names.index("imiev"), 0, 48) if use.load == "hill_suction")
    hours = sum(end - begin for begin, end in use.spans)
    assert use.kwh == pytest.approx(sum(use.parts_kwh)) == pytest.approx(0.4 * hours)


def test_a_short_message_says_when_a_cord_is_in_use() -> None:
    orders = orders_of(("vehicles", 0, "start_kwh", "2.25"))
    made = EXPORTS["orders"].export(Asked(orders.facts.case, orders.facts.plan, options={"as_of": "2026-01-15T18:00Z"}))
    sms = made.files["sms.csv"].decode("utf-8-sig")
    assert "Sockets: oxygen Thu 15 Jan 18:00 - 20:15." in sms
    # The second car feeds the fans all the time it is there.
    assert "Sockets: oxygen Thu 15 Jan 20:15 - 22:00, fans." in sms
