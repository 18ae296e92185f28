"""Secondaries onto their primary, chains into one line, hot legs into one circuit."""

from __future__ import annotations

from dataclasses import replace

import networks as make
import numpy as np
import pytest

from v2g.feeders import chains
from v2g.feeders.chains import merge_chains
from v2g.feeders.fold import fold, wants_folding
from v2g.feeders.legs import one_phase_secondaries
from v2g.feeders.network import Capacitor, Generator, Network, Solar, Winding

LEGS = {"r_ohm": np.array([[0.02, 0.005], [0.005, 0.03]]), "x_ohm": np.array([[0.01, 0.002], [0.002, 0.01]])}


def street() -> Network:
    """head - pole (abc); at the pole a center tap on phase b to house, and a wire on to shed."""
    return make.network(
        [make.bus("head"), make.bus("pole"), make.bus("house", "12", 0.12), make.bus("shed", "12", 0.12)],
        [make.line("road", "head", "pole"), make.line("drop", "house", "shed", "12", **LEGS)],
        [make.center_tap("can", "pole", "house", "b")],
        loads=(
            make.load("one", "house", "1", 2.0),
            make.load("both", "shed", "12", 3.0, connection="delta"),
            make.load("mill", "pole", "abc", 30.0),
        ),
        solar=(Solar("roof", "shed", "12", 4.0),),
        sources=(make.source("head"),),
    )


def test_loads_of_either_leg_stand_on_the_phase_of_the_primary() -> None:
    folded = fold(street())
    where = {load.name: (load.bus, load.phases, load.connection, load.kw) for load in folded.network.loads}
    assert where == {
        "one": ("pole", "b", "wye", 2.0), "both": ("pole", "b", "wye", 3.0), "mill": ("pole", "abc", "wye", 30.0),
    }  # fmt: skip
    assert [(panels.bus, panels.phases) for panels in folded.network.solar] == [("pole", "b")]
    assert [bus.name for bus in folded.network.buses] == ["head", "pole"] and folded.buses == 2
    assert [line.name for line in folded.network.lines] == ["road"] and not folded.network.transformers


def test_the_map_leads_back_to_where_a_load_was() -> None:
    moved = {one.name: one for one in fold(street()).moved}
    both = moved["both"]
    assert (both.table, both.was_at, both.now_at, both.via, both.kva) == ("loads", "shed", "pole", "can", 25.0)
    assert set(moved) == {"one", "both", "roof"}


def test_a_primary_between_two_phases_takes_its_loads_between_them() -> None:
    net = replace(street(), transformers=(make.center_tap("can", "pole", "house", "ca"),), solar=())
    assert {(load.phases, load.connection) for load in fold(net).network.loads[:2]} == {("ca", "delta")}


def bank(first: str, second: str, **more: bool) -> Network:
    """head - yard, a bank to 480 V, and a load on phase a of its low side."""
    windings = Winding("yard", "abc", first, 4.16, 150.0), Winding("low", "abc", second, 0.48, 150.0)
    return make.network(
        [make.bus("head"), make.bus("yard"), make.bus("low", kv=0.277128129)],
        [make.line("road", "head", "yard")],
        [make.unit("bank", *windings, **more)],
        loads=(make.load("lamp", "low", "a", 9.0),),
        sources=(make.source("head"),),
    )


@pytest.mark.parametrize(("lead", "pair"), [(True, "ab"), (False, "ac")])
def test_a_phase_behind_a_delta_stands_between_two_and_draws_the_same(lead: bool, pair: str) -> None:
    net = bank("delta", "wye", lead=lead)
    folded = fold(net).network
    (lamp,) = folded.loads
    assert (lamp.bus, "".join(sorted(lamp.phases)), lamp.connection) == ("yard", pair, "delta")
    before, after = make.voltages(make.case_of(net)), make.voltages(make.case_of(folded))
    for node, w in after.items():
        assert w == pytest.approx(before[node], abs=1e-12)


@pytest.mark.parametrize("kept", ["machine", "capacitor", "switch", "loop", "no single row"])
def test_what_is_more_than_a_secondary_stays(kept: str) -> None:
    net = bank("wye", "wye")
    more = [make.bus("barn", kv=0.277128129), make.bus("shop", kv=0.277128129)]
    wires = [make.line("w1", "low", "barn"), make.line("w2", "barn", "shop")]
    net = replace(net, buses=(*net.buses, *more), lines=(*net.lines, *wires))
    assert fold(net).buses == 3
    changed = {
        "machine": replace(net, generators=(Generator("diesel", "barn", "abc", "wye", 50.0),)),
        "capacitor": replace(net, capacitors=(Capacitor("bank", "shop", "abc", "wye", 20.0),)),
        "switch": replace(net, lines=(*net.lines[:2], replace(net.lines[2], switch=True))),
        "loop": replace(net, lines=(*net.lines, make.line("w3", "shop", "low"))),
        "no single row": replace(bank("delta", "wye"), loads=(make.load("saw", "low", "ab", 9.0, connection="delta"),)),
    }[kept]
    folded = fold(changed)
    assert folded.buses == 0 and folded.network.loads == changed.loads


def test_a_feeder_with_hot_legs_is_folded_by_default() -> None:
    assert wants_folding(street())
    assert not wants_folding(bank("wye", "wye"))


def test_kept_legs_are_one_circuit_of_240_volts() -> None:
    """Loop of the wire: 0.02 + 0.03 - 2 x 0.005 = 0.04 ohm, 0.01 + 0.01 - 2 x 0.002 = 0.016 ohm.

    The center tap: arms of 0.6 %, 1.2 %, 1.2 %, and (2.04 + 2.04 - 1.36) / 2 = 1.36 %, 0.68 %, 0.68 %, so
    0.6 + 2.4 / 4 = 1.2 % and 1.36 + 1.36 / 4 = 1.7 % of 0.24^2 x 1000 / 25 = 2.304 ohm.
    """
    rows = make.rows(street(), "lines")
    assert rows["drop"]["phases"] == "b"
    assert (rows["drop"]["r_bb_ohm"], rows["drop"]["x_bb_ohm"]) == pytest.approx((0.04, 0.016))
    can = make.rows(street(), "transformers")["can"]
    assert (can["phases"], can["connection"], can["rating_kva"]) == ("b", "wye-wye", 25.0)
    assert (can["r_ohm"], can["x_ohm"]) == pytest.approx((0.012 * 2.304, 0.017 * 2.304))
    assert can["tap_b"] == pytest.approx(1.0)
    assert make.rows(street(), "buses")["shed"]["kv_ln_kv"] == pytest.approx(0.24)


def test_kept_legs_with_equal_loads_fall_as_the_two_wires_do() -> None:
    """2 kW on each leg: 2000 / 120 A out on one leg and back on the other, 2 x 0.025 - 2 x 0.005 ohm, of 240 V.

    Squared, linearised: 2 x (4000 W x 0.04 ohm) / 240^2.
    """
    same = {**LEGS, "r_ohm": np.array([[0.025, 0.005], [0.005, 0.025]])}
    net = replace(street(), loads=(make.load("both", "shed", "12", 4.0, kvar=0.0),), solar=())
    net = replace(net, lines=(net.lines[0], make.line("drop", "house", "shed", "12", **same)))
    w = make.voltages(make.case_of(net))
    assert w["house", "b"] - w["shed", "b"] == pytest.approx(2 * 4000 * 0.04 / 240**2, rel=1e-9)


def test_one_conductor_keeps_its_own_fall() -> None:
    """1 kW over 0.1 ohm at 120 V: 2 x 1000 x 0.1 / 120^2 of its squared voltage, also where it counts as 240 V."""
    net = replace(street(), loads=(make.load("one", "shed", "1", 1.0, kvar=0.0),), solar=())
    net = replace(net, lines=(net.lines[0], make.line("drop", "house", "shed", "1", r_ohm=make.matrix("1", 0.1))))
    net = replace(net, buses=(*net.buses[:3], make.bus("shed", "1", 0.12)))
    w = make.voltages(make.case_of(net))
    assert w["house", "b"] - w["shed", "b"] == pytest.approx(2 * 1000 * 0.1 / 120**2, rel=1e-9)


def test_without_legs_nothing_changes() -> None:
    net = bank("wye", "wye")
    assert one_phase_secondaries(net) is net


def chain(**second: object) -> Network:
    """head - one - two - three - end, all of three phases, the third line written the other way round."""
    third = make.line("l3", "three", "two", "cab", r_ohm=np.diag([0.1, 0.2, 0.3]) + 0.01,
                      x_ohm=np.diag([0.5, 0.3, 0.4]) + 0.02, rating_a=150.0)  # fmt: skip
    return make.network(
        [make.bus(name) for name in ("head", "one", "two", "three", "end")],
        [make.line("l1", "head", "one", rating_a=200.0), make.line("l2", "one", "two", **second), third,
         make.line("l4", "three", "end", rating_a=300.0)],
        loads=(make.load("pump", "end", "ab", 40.0), make.load("saw", "end", "ca", 25.0, connection="delta")),
        sources=(make.source("head"),),
    )  # fmt: skip


def test_a_chain_is_one_line_of_summed_matrices_and_the_smallest_rating() -> None:
    """r_aa = 0.3 + 0.3 + (0.2 + 0.01) + 0.3, since a stands second in the order c, a, b of the third line."""
    merged = merge_chains(chain())
    (left,) = merged.network.lines
    assert [bus.name for bus in merged.network.buses] == ["head", "end"]
    assert left.r_ohm[0, 0] == pytest.approx(1.11) and left.r_ohm[1, 1] == pytest.approx(1.21)
    assert left.r_ohm[2, 2] == pytest.approx(1.01) and left.r_ohm[0, 1] == pytest.approx(0.31)
    assert np.diag(left.x_ohm) == pytest.approx([1.8 + 0.32, 1.8 + 0.42, 1.8 + 0.52])
    assert left.rating_a == 150.0
    assert merged.buses == dict.fromkeys(("one", "two", "three"), left.name)
    assert set(merged.lines) == {"l1", "l2", "l3", "l4"} - {left.name}


def test_voltages_at_the_ends_of_a_chain_are_the_same_to_the_last_digits() -> None:
    before, after = make.voltages(make.case_of(chain())), make.voltages(make.case_of(merge_chains(chain()).network))
    assert min(after.values()) < 0.999
    for node, w in after.items():
        assert abs(w - before[node]) <= 1e-12


@pytest.mark.parametrize(
    "stays",
    [{"switch": True}, {"closed": False}, {"to_phases": "bca"}, {"phases": "ab"}],
    ids=lambda one: next(iter(one)),
)
def test_a_line_that_is_not_like_the_other_is_not_merged(stays: dict[str, object]) -> None:
    phases = str(stays.get("phases", "abc"))
    second = make.line("l2", "one", "two", phases)
    net = replace(chain(), lines=(chain().lines[0], replace(second, **stays), *chain().lines[2:]))
    assert {"one", "two"} <= {bus.name for bus in merge_chains(net).network.buses}


def test_a_bus_with_a_device_stays() -> None:
    net = replace(chain(), capacitors=(Capacitor("bank", "two", "abc", "wye", 30.0),))
    assert [bus.name for bus in merge_chains(net).network.buses] == ["head", "two", "end"]


def two_kinds(b1: float, x2: float, b2: float) -> Network:
    """head - mid - end on phase a: 1 ohm and b1, x2 and b2 in microsiemens, all resistances zero."""
    zero = make.matrix("a", 0.0)

    def wire(name: str, start: str, end: str, x: float, b: float) -> object:
        return make.line(name, start, end, "a", r_ohm=zero, x_ohm=make.matrix("a", x), b_us=make.matrix("a", b))

    return make.network(
        [make.bus(name, "a") for name in ("head", "mid", "end")],
        [wire("l1", "head", "mid", 1.0, b1), wire("l2", "mid", "end", x2, b2)],  # type: ignore[list-item]
        loads=(make.load("pump", "end", "a", 50.0),),
        sources=(make.source("head", "a"),),
    )


def test_lines_of_one_kind_merge_with_their_charging() -> None:
    """Twice as long: twice the reactance, twice the charging; 1 x 80 - 2 x 40 = 0."""
    net = two_kinds(40.0, 2.0, 80.0)
    merged = merge_chains(net)
    assert [line.b_us[0, 0] for line in merged.network.lines] == [120.0]
    before, after = make.voltages(make.case_of(net)), make.voltages(make.case_of(merged.network))
    assert abs(after["end", "a"] - before["end", "a"]) <= 1e-12


def test_lines_of_two_kinds_keep_the_bus_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The squared voltage would be off by x1 b2 - x2 b1 = 1 ohm x 0 - 2 ohm x 40e-6 S = 8e-5."""
    net = two_kinds(40.0, 2.0, 0.0)
    assert len(merge_chains(net).network.lines) == 2
    before = make.voltages(make.case_of(net))
    monkeypatch.setattr(chains, "NEGLIGIBLE", 1.0)
    after = make.voltages(make.case_of(merge_chains(net).network))
    assert abs(after["end", "a"] - before["end", "a"]) == pytest.approx(8e-5, rel=1e-9)
