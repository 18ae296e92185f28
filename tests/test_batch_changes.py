"""Every kind of change against arithmetic on a case of two days that is written here."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import v2g
from v2g.batch.changes import CHANGES, Asked, Change, Setting
from v2g.batch.changes.cause import longer_with
from v2g.batch.fields import Wrong
from v2g.errors import UsageError
from v2g.formats.draft import Draft
from v2g.formats.outages import exceedances
from v2g.reading import read
from v2g.remedies.tables import Tables

START = "2026-01-15T00:00:00+00:00"
BUSES = ("head", "b1", "b2", "b3", "b4", "end")
HEADER = {"format": 1, "name": "two-days", "start_utc": START, "step_min": 360, "steps": 8}


def at(hours: float) -> str:
    """A time so many hours after the start."""
    return (pd.Timestamp(START) + pd.Timedelta(hours=hours)).isoformat()


def frame(columns: str, *rows: str) -> pd.DataFrame:
    return pd.DataFrame([row.split(",") for row in rows], columns=columns.split(","))


def two_days() -> Tables:
    """Eight intervals of 6 h: a street of four cars, supply back after 36 h, sun at noon (intervals 2 and 6)."""
    names = ["a", "b", "c", "d"]
    sizes = zip(names, (40, 60, 80, 100), (7, 7, 0, 0), strict=True)
    cars = [f"{name},{size},{size / 2},5,7,{give},0.2" for name, size, give in sizes]
    stays = [f"{name},p_{name},{at(0)},{at(48)}" for name in names[1:]]
    lines = [f"l{k},{a},{b},a,0.1" for k, (a, b) in enumerate(pairwise(BUSES))]
    tables = {
        "buses": frame("bus,phases,kv_ln_kv", *(f"{bus},a,0.23" for bus in BUSES)),
        "lines": frame("line,from_bus,to_bus,phases,r_aa_ohm", *lines),
        "grid": frame("grid,bus,phases,from_utc", f"head,head,a,{at(36)}"),
        "loads": frame("load,bus,phases,tier,kw,from_utc,until_utc,profile", "clinic,end,a,1,2,,,shape",
                       f"school,end,a,2,1,{at(6)},{at(18)},"),
        "vehicles": frame("vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw,kwh_per_km", *cars),
        "chargers": frame("charger,bus,phases,charge_kw,discharge_kw,charge_eff,discharge_eff,plugs",
                          *(f"p_{name},end,a,7,{0 if name == 'd' else 7},0.9,0.9,1" for name in names)),
        "stays": frame("vehicle,charger,from_utc,until_utc", *stays, f"a,p_a,{at(0)},{at(12)}",
                       f"a,p_a,{at(24)},{at(48)}"),
        "trips": frame("vehicle,depart_utc,return_utc,energy_kwh,return_kwh", f"a,{at(12)},{at(24)},6,8"),
        "needs": frame("need,vehicle,km,from_utc,until_utc", f"drive,b,10,{at(30)},{at(48)}"),
        "profiles": frame("start_utc,shape,sun", *(f"{at(6 * k)},{k + 1},{int(k % 4 == 2)}" for k in range(8))),
        "solar": frame("solar,bus,phases,rating_kw,profile", "roof,end,a,3,sun"),
        "batteries": frame("battery,bus,phases,capacity_kwh,start_kwh,charge_kw,discharge_kw,charge_eff,discharge_eff,"
                           "forming", "box,end,a,10,10,5,5,0.9,0.9,1"),
        "events": frame("at_utc,event,element", f"{at(6)},out,l4", f"{at(12)},back,l4"),
    }  # fmt: skip
    return Tables(HEADER, tables)


AS_IT_IS = Asked("two-days", None, {})


def changed(change: str, value: Any, seed: int = 1, tables: Tables | None = None, **keys: Any) -> Tables:
    """The case with a change, which still is a case."""
    kind = CHANGES[change]
    read_keys = {name: kind.keys[name](found) for name, found in keys.items()}
    to = Setting("axis", kind.value(value, read_keys), read_keys, seed)
    made = kind.after(two_days() if tables is None else tables, AS_IT_IS, to)
    read(Draft.of(made.header, made.frames))
    return made


def column(tables: Tables, table: str, name: str) -> list[float]:
    return [float(cell or "nan") for cell in tables.frame(table)[name]]


def names(tables: Tables, table: str, name: str) -> list[str]:
    found: list[str] = tables.frame(table)[name].tolist()
    return found


def test_the_case_is_a_case() -> None:
    assert read(Draft.of(HEADER, two_days().frames)).hours.sum() == 48.0


@pytest.mark.parametrize("seed", range(5))
def test_a_smaller_fleet_is_part_of_a_larger_one(seed: int) -> None:
    fleets = [set(names(changed("fleet_size", n, seed), "vehicles", "vehicle")) for n in range(1, 5)]
    assert [len(fleet) for fleet in fleets] == [1, 2, 3, 4]
    assert all(small < large for small, large in pairwise(fleets))


def test_another_seed_draws_another_fleet() -> None:
    assert (
        len({tuple(names(changed("fleet_size", 2, seed), "vehicles", "vehicle")) for seed in range(30)}) == 6
    )  # 4 over 2


def test_no_vehicles() -> None:
    made = changed("fleet_size", 0)
    assert not len(made.frame("vehicles")) and not len(made.frame("stays")) and not len(made.frame("needs"))


def test_vehicles_beyond_those_of_the_case_are_like_them_and_have_plugs() -> None:
    """Ten of four: each twice, and two of them three times; so many plugs, stays, trips and needs."""
    made = changed("fleet_size", 10)
    found = names(made, "vehicles", "vehicle")
    times = {name: sum(one.split("_")[0] == name for one in found) for name in "abcd"}
    assert len(set(found)) == 10 and sorted(times.values()) == [2, 2, 3, 3]
    plugs = dict(zip(names(made, "chargers", "charger"), column(made, "chargers", "plugs"), strict=True))
    assert plugs == {f"p_{name}": count for name, count in times.items()}
    assert len(made.frame("stays")) == 10 + times["a"]
    assert len(made.frame("trips")) == times["a"] and len(set(names(made, "needs", "need"))) == times["b"]


def test_only_some_vehicles_are_counted() -> None:
    made = changed("fleet_size", 1, where={"discharge_kw": 0})
    assert {"a", "b"} < set(names(made, "vehicles", "vehicle")) and len(made.frame("vehicles")) == 3


def test_v2g_share() -> None:
    """Half of four can give: those that can already; three quarters: one more, which gives what it charges with."""
    giving = {
        share: column(changed("v2g_share", share), "vehicles", "discharge_kw") for share in (0, 0.25, 0.5, 0.75, 1)
    }
    assert giving[0] == [0, 0, 0, 0] and giving[0.5] == [7, 7, 0, 0] and giving[1] == [7, 7, 7, 7]
    assert sum(giving[0.25]) == 7 and sum(giving[0.25][:2]) == 7
    assert sum(giving[0.75]) == 21 and giving[0.75][:2] == [7, 7]
    posts = changed("v2g_share", 1)
    assert column(posts, "chargers", "discharge_kw") == [7, 7, 7, 7]


def test_no_show_is_a_probability_of_each() -> None:
    """Over 400 seeds the share of 4 vehicles that come is 0.7, with a deviation of sqrt(0.3 x 0.7 / 1600) = 0.0115."""
    fleets = [frozenset(names(changed("no_show", 0.3, seed), "vehicles", "vehicle")) if seed < 3 else None
              for seed in range(3)]  # fmt: skip
    for seed, fleet in enumerate(fleets):
        more = changed("no_show", 0.6, seed)
        assert fleet is not None and fleet >= set(
            names(more, "vehicles", "vehicle") if len(more.frame("vehicles")) else []
        )
    kind, tables, come = CHANGES["no_show"], two_days(), 0
    for seed in range(400):
        come += len(kind.after(tables, AS_IT_IS, Setting("axis", 0.3, {}, seed)).frame("vehicles"))
    assert come / 1600 == pytest.approx(0.7, abs=4 * 0.0115)
    assert changed("no_show", 0).frame("vehicles").equals(two_days().frame("vehicles"))


@pytest.mark.parametrize(
    ("how", "value", "kwh", "km"),
    [
        ("share", 0.25, [10, 15, 20, 25], 0),
        ("times", 3, [15, 15, 15, 15], math.nan),
        ("kwh", 50, [40, 50, 50, 50], 0),
        ("km", 30, [0, 0, 0, 0], 30),
    ],
)
def test_reserve(how: str, value: float, kwh: list[float], km: float) -> None:
    made = changed("reserve", value, how=how)
    assert column(made, "vehicles", "reserve_kwh") == kwh
    assert (
        "reserve_km" not in made.frame("vehicles")
        if math.isnan(km)
        else column(made, "vehicles", "reserve_km") == [km] * 4
    )


def test_reserve_of_some() -> None:
    made = changed("reserve", 0.5, where={"vehicle": ["b", "d"]})
    assert column(made, "vehicles", "reserve_kwh") == [5, 30, 5, 50]


@pytest.mark.parametrize(
    ("how", "value", "kwh"),
    [("share", 0.9, [36, 54, 72, 90]), ("times", 1.5, [30, 45, 60, 75]), ("times", 3, [40, 60, 80, 100]),
     ("kwh", 70, [40, 60, 70, 70])],
)  # fmt: skip
def test_start_energy(how: str, value: float, kwh: list[float]) -> None:
    assert column(changed("start_energy", value, how=how), "vehicles", "start_kwh") == pytest.approx(kwh)


def test_start_energy_given_as_a_share_of_the_capacity() -> None:
    cars = two_days().frame("vehicles").drop(columns="start_kwh").assign(start_soc="0.5")
    made = changed("start_energy", 1.2, how="times", tables=two_days().with_frame("vehicles", cars))
    assert column(made, "vehicles", "start_kwh") == pytest.approx([24, 36, 48, 60])


def test_chargers() -> None:
    """Half of four chargers: two vehicles are not plugged in. Twice the power: both ways."""
    made = changed("chargers", 0.5, how="share")
    left = set(names(made, "chargers", "charger"))
    assert len(left) == 2 and set(names(made, "stays", "charger")) == left
    assert left == set(names(changed("chargers", 2), "chargers", "charger"))
    strong = changed("chargers", 2, how="power")
    assert column(strong, "chargers", "charge_kw") == [14] * 4
    assert column(strong, "chargers", "discharge_kw") == [14, 14, 14, 0]
    with pytest.raises(UsageError, match="4 such chargers, and not 5"):
        changed("chargers", 5)


def test_a_vehicle_whose_charger_is_gone_stays_at_its_site() -> None:
    tables = two_days().with_row("sites", site="home", bus="end")
    tables = tables.with_cells("chargers", "charger", "p_b", site="home")
    made = changed("chargers", 0, tables=tables)
    assert made.frame("stays")[["vehicle", "charger", "site"]].to_numpy().tolist() == [["b", "", "home"]]


def test_damage() -> None:
    """Four of five lines can be drawn, as one has events of its own; half of them are two, and back after 5 h."""
    made = changed("damage", 0.5, how="share", repair_h=5)
    events = made.frame("events").iloc[2:]
    out = events[events["event"] == "out"]
    assert set(out["at_utc"]) == {at(0)} and set(events["at_utc"]) == {at(0), at(5)}
    assert len(out) == 2 and set(out["element"]) == set(events.loc[events["event"] == "back", "element"])
    assert "l4" not in set(out["element"])
    assert set(out["element"]) < set(changed("damage", 3).frame("events")["element"])
    with pytest.raises(UsageError, match="5 lines are to be out, and only 4"):
        changed("damage", 5)


def test_weather() -> None:
    made = changed("weather", {"sun": 0.5, "trips": 1.5})
    assert column(made, "solar", "rating_kw") == [1.5]
    assert column(made, "trips", "energy_kwh") == [9.0]
    assert column(made, "vehicles", "kwh_per_km") == pytest.approx([0.3] * 4)
    assert column(changed("weather", 0, what="sun"), "solar", "rating_kw") == [0]


def test_outage_h_moves_the_return_of_supply() -> None:
    """Back after 36 h in the case, and after 20 h here; the horizon stays."""
    made = changed("outage_h", 20)
    assert names(made, "grid", "from_utc") == [at(20)] and made.header["steps"] == 8


def test_outage_h_ends_a_case_without_supply() -> None:
    """20 h are four intervals of 6 h, rounded up; what is known of it is 48 h."""
    alone = two_days().without("grid", [False])
    made = changed("outage_h", 20, tables=alone)
    assert made.header["steps"] == 4 and len(made.frame("profiles")) == 4
    assert changed("outage_h", 48, tables=alone).header["steps"] == 8
    with pytest.raises(UsageError, match="lasts 48 h, so that nothing is known of an outage of 49 h"):
        changed("outage_h", 49, tables=alone)


def test_outage_h_counts_from_the_start_with_events_too() -> None:
    events = frame("at_utc,event,element", f"{at(10)},energised,end", f"{at(20)},dead,end", f"{at(30)},energised,end")
    alone = two_days().with_frame("events", events).without("grid", [False])
    assert names(changed("outage_h", 12, tables=alone), "events", "at_utc") == [at(12), at(22), at(32)]


def test_cause_draws_lengths_as_the_catalogue_has_them() -> None:
    """The half of draws is longer than the median; what the curve gives at a share is longer with that share."""
    curve = exceedances()["hurricane"]
    for hours, share in curve:
        if 0.0 < share < 1.0:
            assert longer_with(curve, share) == pytest.approx(hours)
    kind, middle = CHANGES["cause"], longer_with(curve, 0.5)
    asked = [kind.before(Asked("x", {}, {}), Setting("axis", "hurricane", {}, seed)) for seed in range(400)]
    longer = sum(one.populate["outage"] > middle for one in asked if one.populate is not None)
    assert longer == pytest.approx(200, abs=4 * 10)  # deviation sqrt(400 / 4) = 10
    alone = two_days().without("grid", [False])
    assert {changed("cause", "hurricane", seed, alone, most_h=6).header["steps"] for seed in range(8)} == {1}


def test_outage_start_inside_the_case() -> None:
    """From 12 h on: six of eight intervals, the profiles from their third row; supply is back when it was."""
    made = changed("outage_start", at(12), how="cut")
    assert (made.header["start_utc"].isoformat(), made.header["steps"]) == (at(12), 6)
    assert column(made, "profiles", "shape") == [3, 4, 5, 6, 7, 8]
    assert names(made, "grid", "from_utc") == [at(36)]
    for hours, words in ((13, "not the start of an interval"), (48, "not the start"), (36, "Supply is back at")):
        with pytest.raises(UsageError, match=words):
            changed("outage_start", at(hours), how="cut")


def test_outage_start_turns_the_days() -> None:
    """Six hours later: clock times stay, the outage moves.

    Profiles begin with their second row and end with the first one. Supply is back 36 h after the new start, line l4
    is out from 6 h to 12 h after it. The trip of a, from 12:00 to 24:00, stays there on the first day. The need of b,
    from 30 h to 48 h of the old case, which is from 06:00 to 24:00 of the second day, is so of the new one. The school
    keeps its hours, 06:00 to 18:00.
    """
    made = changed("outage_start", at(6))
    assert made.header["start_utc"].isoformat() == at(6)
    assert column(made, "profiles", "shape") == [2, 3, 4, 5, 6, 7, 8, 1]
    assert names(made, "profiles", "start_utc") == [at(6 + 6 * k) for k in range(8)]
    assert names(made, "grid", "from_utc") == [at(36 + 6)]
    assert names(made, "events", "at_utc") == [at(12), at(18)]
    trip = made.frame("trips").iloc[0]
    assert (trip["depart_utc"], trip["return_utc"], float(trip["energy_kwh"])) == (at(12), at(24), 6.0)
    need = made.frame("needs").iloc[0]
    assert (need["from_utc"], need["until_utc"]) == (at(30), at(48))
    school = made.frame("loads").iloc[1]
    assert (school["from_utc"], school["until_utc"]) == (at(6), at(18))
    stays = made.frame("stays")
    mine = stays[stays["vehicle"] == "a"][["from_utc", "until_utc"]].to_numpy().tolist()
    assert mine == [[at(48), at(54)], [at(6), at(12)], [at(24), at(48)]]


def test_outage_start_in_the_middle_of_a_trip() -> None:
    """Eighteen hours later: half of the trip, 6 of 12 h and 3 of 6 kWh, lies before the end, half at first."""
    tables = two_days().with_cells("loads", "load", "school", from_utc="", until_utc="")
    made = changed("outage_start", at(18), tables=tables)
    trips = made.frame("trips")[["depart_utc", "return_utc", "energy_kwh", "return_kwh"]].to_numpy().tolist()
    assert trips == [[at(60), at(66), "3", ""], [at(18), at(24), "3", "8"]]
    with pytest.raises(UsageError, match="school would be cut in two"):
        changed("outage_start", at(12))
    moved = changed("outage_start", at(12), loads="outage").frame("loads").iloc[1]
    assert (moved["from_utc"], moved["until_utc"]) == (at(18), at(30))


def test_outage_start_on_another_day_changes_nothing_but_the_date() -> None:
    base, made = two_days(), changed("outage_start", at(480))
    assert column(made, "profiles", "shape") == column(base, "profiles", "shape")
    trip = made.frame("trips").iloc[0]
    assert (trip["depart_utc"], trip["return_utc"], trip["energy_kwh"]) == (at(492), at(504), "6")
    with pytest.raises(UsageError, match="not a whole number of intervals"):
        changed("outage_start", at(3))


def test_a_turned_case_has_the_optimum_of_its_clock(tmp_path: Path) -> None:
    """Turned by a whole horizon nothing is another, and so is what can be served."""
    first = v2g.solve(read(Draft.of(HEADER, two_days().frames)), network="transport")
    made = changed("outage_start", at(48))
    second = v2g.solve(read(Draft.of(made.header, made.frames)), network="transport")
    assert second.summary["critical_hours"] == first.summary["critical_hours"]


@pytest.mark.parametrize(
    ("how", "value", "kw"), [("set", 4, [4, 1]), ("times", 0.5, [1, 1]), ("plus", 3, [5, 1]), ("plus", -2, [0, 1])]
)
def test_cell(how: str, value: float, kw: list[float]) -> None:
    made = changed("cell", value, table="loads", column="kw", how=how, where={"tier": 1})
    assert column(made, "loads", "kw") == kw


def test_cell_of_a_new_column_and_blank_cells() -> None:
    assert column(changed("cell", 30, table="lines", column="rating_kva"), "lines", "rating_kva") == [30] * 5
    blank = changed("cell", "", table="loads", column="people")
    made = changed("cell", 2, tables=blank, table="loads", column="people", how="times")
    assert set(names(made, "loads", "people")) == {""}
    with pytest.raises(Wrong, match="does not hold numbers"):
        changed("cell", 2, table="loads", column="from_utc", how="times")


def test_header_policy_solver_case_and_options_of_populate() -> None:
    assert changed("header", 6, key="guarantee_h").header["guarantee_h"] == 6

    def asked(change: str, value: Any, **keys: Any) -> Asked:
        return CHANGES[change].before(Asked("x", {"outage": 24}, {"gap": 0.1}), Setting("axis", value, keys, 1))

    assert asked("policy", "hours").solve == {"gap": 0.1, "policy": "hours"}
    assert asked("solver", "highs:ipx").solve == {"gap": 0.1, "solver": "highs:ipx"}
    assert asked("case", "depot").case == "depot"
    assert asked("populate", 9, option="vehicles").populate == {"outage": 24, "vehicles": 9}
    assert asked("outage_h", 6).populate == {"outage": 6}
    assert asked("outage_start", at(3)).populate == {"outage": 24, "start": at(3)}


def drawn(change: str, value: Any, seed: int, table: str, key: str, tables: Tables | None = None) -> set[str]:
    """Names in a table of the case with a change, which is not checked again."""
    made = CHANGES[change].after(tables or two_days(), AS_IT_IS, Setting("axis", value, {}, seed)).frame(table)
    return set(made[key]) if len(made) else set()


def reversed_rows(tables: Tables) -> Tables:
    for name in ("vehicles", "chargers", "lines"):
        tables = tables.with_frame(name, tables.frame(name).iloc[::-1].reset_index(drop=True))
    return tables


def with_more(tables: Tables) -> Tables:
    """Another car, e, another charger, p_e, and another line, l9, each first in its table."""
    for name, key, like, called in (("vehicles", "vehicle", "d", "e"), ("chargers", "charger", "p_d", "p_e"),
                                    ("lines", "line", "l0", "l9")):  # fmt: skip
        rows = tables.frame(name)
        row = rows[rows[key] == like].assign(**{key: called})
        tables = tables.with_frame(name, pd.concat([row, rows], ignore_index=True))
    return tables


COUNTED = [("fleet_size", "vehicles", "vehicle", "e"), ("chargers", "chargers", "charger", "p_e"),
           ("damage", "events", "element", "l9")]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_who_is_drawn_does_not_depend_on_the_order_of_rows(seed: int) -> None:
    base = two_days()
    other = reversed_rows(base)
    for change, table, key, _ in COUNTED:
        assert drawn(change, 2, seed, table, key, base) == drawn(change, 2, seed, table, key, other)
    away = [drawn("no_show", 0.5, seed, "vehicles", "vehicle", tables) for tables in (base, other)]
    assert away[0] == away[1]
    able = [CHANGES["v2g_share"].after(tables, AS_IT_IS, Setting("axis", 0.75, {}, seed)).frame("vehicles")
            for tables in (base, other)]  # fmt: skip
    giving = [set(cars.loc[cars["discharge_kw"] != "0", "vehicle"]) for cars in able]
    assert giving[0] == giving[1] and len(giving[0]) == 3


@pytest.mark.parametrize("seed", range(20))
def test_a_row_more_changes_nothing_for_the_others(seed: int) -> None:
    """Of five the same come as of four, e aside; two of five are two of four, but for one who makes room."""
    less, more = two_days(), with_more(two_days())
    come = [drawn("no_show", 0.5, seed, "vehicles", "vehicle", tables) for tables in (less, more)]
    assert come[1] - {"e"} == come[0]
    for change, table, key, new in COUNTED:
        before, after = (drawn(change, 2, seed, table, key, tables) for tables in (less, more))
        assert after == before or (after - before == {new} and len(before - after) == 1)


@pytest.mark.parametrize("seed", range(20))
def test_a_larger_fleet_keeps_who_does_not_come(seed: int) -> None:
    """Also beyond the vehicles of the case, where each is there more than once."""
    fleets = [CHANGES["fleet_size"].after(two_days(), AS_IT_IS, Setting("fleet", n, {}, seed)) for n in range(1, 9)]
    names_in = [set(names(fleet, "vehicles", "vehicle")) for fleet in fleets]
    come = [drawn("no_show", 0.4, seed, "vehicles", "vehicle", fleet) for fleet in fleets]
    assert [len(fleet) for fleet in names_in] == list(range(1, 9))
    assert all(larger & fleet == smaller for fleet, smaller, larger in zip(names_in, come, come[1:], strict=False))


@pytest.mark.parametrize("seed", range(10))
def test_smaller_draws_are_part_of_larger_ones(seed: int) -> None:
    for change, table, key, _ in COUNTED:
        sets = [drawn(change, value, seed, table, key) for value in range(1, 5)]
        assert all(small < large for small, large in pairwise(sets))
    able = [CHANGES["v2g_share"].after(two_days(), AS_IT_IS, Setting("axis", share, {}, seed)).frame("vehicles")
            for share in (0, 0.25, 0.5, 0.75, 1)]  # fmt: skip
    giving = [set(cars.loc[cars["discharge_kw"] != "0", "vehicle"]) for cars in able]
    assert [len(cars) for cars in giving] == [0, 1, 2, 3, 4]
    assert all(small < large for small, large in pairwise(giving))


def test_an_axis_draws_for_itself() -> None:
    """Two axes of one change draw different things; one axis draws the same whatever the value."""
    one, other = (Setting(name, 2, {}, 5) for name in ("one", "other"))
    assert one.drawn("a") != other.drawn("a") and one.drawn("a") == Setting("one", 3, {}, 5).drawn("a")
    streams = one.stream(), other.stream()
    assert [streams[0].uniform() for _ in range(3)] != [streams[1].uniform() for _ in range(3)]


def test_numbers_that_are_drawn_are_uniform() -> None:
    """Of 4000 names so many are below each tenth, with a deviation of sqrt(4000 x 0.1 x 0.9) = 19."""
    shares = [Setting("axis", None, {}, 7).drawn(f"car_{k}") for k in range(4000)]
    for tenth in range(10):
        assert sum(tenth <= 10 * share < tenth + 1 for share in shares) == pytest.approx(400, abs=4 * 19)


def test_every_change_says_what_it_sets() -> None:
    with pytest.raises(TypeError, match="abstract"):
        type("Silent", (Change,), {"value": lambda self, found, keys: found})()
