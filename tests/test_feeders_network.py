"""From a network to a case: wiring, direction, transformers, names, what is noted, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import networks as make
import numpy as np
import pandas as pd
import pytest
from feeders import feeder

import v2g
from v2g.cli import run
from v2g.errors import CaseError, ImportRefused, UsageError
from v2g.feeders import READERS, importing
from v2g.feeders.direction import straight
from v2g.feeders.importing import import_feeder
from v2g.feeders.names import with_valid_names
from v2g.feeders.network import (
    Capacitor,
    Generator,
    Network,
    Note,
    Origin,
    Solar,
    Storage,
    Transformer,
    Weight,
    Winding,
)
from v2g.feeders.units import open_delta_taps
from v2g.feeders.wiring import inspect, without_adrift

ROOT3 = 3.0**0.5


def road() -> Network:
    """head - a - b, and a lane on phase b from a to c."""
    return make.network(
        [make.bus("head"), make.bus("a"), make.bus("b"), make.bus("c", "b")],
        [make.line("l1", "head", "a"), make.line("l2", "a", "b"), make.line("lane", "a", "c", "b")],
        loads=(make.load("mill", "b"), make.load("house", "c", "b", 3.0)),
        sources=(make.source("head"),),
    )


def codes(net: Network) -> list[str]:
    return [fault.code for fault in inspect(net).faults]


def test_a_sound_feeder_has_no_fault() -> None:
    assert codes(road()) == []


def test_a_load_on_a_phase_or_bus_that_is_not_there() -> None:
    at = Origin("loads.dss", 7)
    net = replace(road(), loads=(make.load("x", "c", "ab", origin=at), make.load("y", "nowhere", origin=at)))
    faults = inspect(net).faults
    assert [(f.code, f.file, f.row, f.found) for f in faults] == [
        ("phase-not-there", "loads.dss", 7, "ab"), ("no-such-bus", "loads.dss", 7, "nowhere"),
    ]  # fmt: skip
    assert faults[0].allowed == "phases among b"


def test_a_part_that_nothing_joins_to_a_source_is_one_fault_with_its_loads() -> None:
    net = road()
    net = replace(net, lines=tuple(line for line in net.lines if line.name != "l2"))
    (fault,) = inspect(net).faults
    assert fault.code == "adrift" and "Bus b hangs on nothing" in fault.message and "load mill" in fault.message


def test_an_open_switch_joins_all_the_same_and_is_listed() -> None:
    net = road()
    net = replace(net, lines=(*net.lines[:1], replace(net.lines[1], closed=False, switch=True), *net.lines[2:]))
    wiring = inspect(net)
    assert not wiring.faults and [tie.name for tie in wiring.ties] == ["l2"]
    tie = make.line("tie", "b", "head", closed=False)
    assert not inspect(replace(road(), lines=(*road().lines, tie))).faults


@pytest.mark.parametrize("sources", [(), (make.source("elsewhere"),)], ids=["none", "at no bus"])
def test_a_dead_head_is_one_fault(sources: tuple[Any, ...]) -> None:
    assert codes(replace(road(), sources=sources)) == ["dead-head"]


def test_a_branch_with_a_phase_that_nobody_brings() -> None:
    net = road()
    more = make.bus("d", "ab")
    net = replace(
        net, buses=(*net.buses[:3], make.bus("c", "ab"), more), lines=(*net.lines, make.line("on", "c", "d", "ab"))
    )
    faults = [fault for fault in inspect(net).faults if "line on" in fault.message]
    assert [fault.code for fault in faults] == ["adrift"] and "c.a" in faults[0].message


def test_a_loop_names_its_lines_and_parallel_ones_are_none() -> None:
    beside = make.line("l2b", "b", "a")
    assert codes(replace(road(), lines=(*road().lines, beside))) == []
    closing = make.line("ring", "b", "head", origin=Origin("more.dss", 3))
    (fault,) = inspect(replace(road(), lines=(*road().lines, closing))).faults
    assert (fault.code, fault.file, fault.row) == ("loop", "more.dss", 3)
    assert all(name in fault.message for name in ("l1", "l2", "ring"))


def test_regulators_by_phase_and_center_taps_are_no_loop() -> None:
    winding = {phase: Winding("b", phase, "wye", 2.4, 100.0) for phase in "abc"}
    bank = tuple(make.unit(f"r{p}", w, replace(w, bus="e"), regulator=True) for p, w in winding.items())
    tap = make.center_tap("can", "a", "house")
    buses = (*road().buses, make.bus("e"), make.bus("house", "12", 0.12))
    assert codes(replace(road(), buses=buses, transformers=(*bank, tap))) == []


def test_what_hangs_on_nothing_is_left_out_with_a_note_each() -> None:
    net = replace(road(), lines=tuple(line for line in road().lines if line.name != "l2"))
    left = without_adrift(net, inspect(net))
    assert [bus.name for bus in left.buses] == ["head", "a", "c"] and [one.name for one in left.loads] == ["house"]
    assert [(note.weight, "mill" in note.text) for note in left.notes] == [(Weight.LOST, True)]


def test_lines_lead_outwards_and_keep_their_matrices() -> None:
    net = road()
    net = replace(
        net, lines=(net.lines[0], make.line("l2", "b", "a", "cab", r_ohm=np.diag([3.0, 1.0, 2.0])), net.lines[2])
    )
    row = make.rows(net, "lines")["l2"]
    assert (row["from_bus"], row["to_bus"], row["phases"]) == ("a", "b", "abc")
    assert (row["r_aa_ohm"], row["r_bb_ohm"], row["r_cc_ohm"]) == (1.0, 2.0, 3.0)


def test_a_rating_in_ampere_is_kva_of_a_phase_and_unknown_stays_unknown() -> None:
    net = road()
    net = replace(net, lines=(replace(net.lines[0], rating_a=100.0), *net.lines[1:]))
    rows = make.rows(net, "lines")
    assert rows["l1"]["rating_kva"] == pytest.approx(100 * 2.4) and np.isnan(rows["l2"]["rating_kva"])


def test_phases_behind_a_transposed_line_are_called_as_before_it() -> None:
    """Conductors a, b, c end on b, c, a: what stands on b behind the line is phase a."""
    net = road()
    net = replace(
        net, lines=(net.lines[0], replace(net.lines[1], to_phases="bca"), net.lines[2]),
        loads=(make.load("mill", "b", "b"), make.load("saw", "b", "ca", connection="delta")),
    )  # fmt: skip
    found = straight(net)
    assert [(one.name, one.phases) for one in found.loads] == [("mill", "a"), ("saw", "bc")]
    assert [note.weight for note in found.notes] == [Weight.CHANGED]


def test_a_transposed_line_in_a_ring_is_lost() -> None:
    net = road()
    net = replace(
        net, lines=(net.lines[0], replace(net.lines[1], to_phases="bca"), make.line("tie", "b", "head", closed=False))
    )
    assert [note.weight for note in straight(net).notes] == [Weight.LOST]


def with_unit(found: Transformer, high: float = 2.4, low: float = 0.277) -> Network:
    """head - yard - (transformer) - shed."""
    more = {w.bus: w for w in found.windings}
    buses = [make.bus("head", kv=high), make.bus("yard", kv=high), make.bus("shed", more["shed"].phases, low)]
    return make.network(
        buses, [make.line("l1", "head", "yard")], [found],
        loads=(make.load("lamp", "shed", more["shed"].phases),), sources=(make.source("head"),),
    )  # fmt: skip


def test_ohm_and_taps_of_a_three_phase_unit() -> None:
    """500 kVA at 0.48 kV: 0.48^2 x 1000 / 500 = 0.4608 ohm; 1 % + 1 % and 2 %. Tap 1.05 at the low side raises both.

    In per unit of the buses: (0.48 x 1.05 / sqrt 3 / 0.277) / (4.16 / sqrt 3 / 2.4).
    """
    windings = (
        Winding("yard", "abc", "delta", 4.16, 500.0, r_pct=1.0), Winding("shed", "abc", "wye", 0.48, 500.0, 1.05, 1.0),
    )  # fmt: skip
    row = make.rows(with_unit(make.unit("xfm", *windings, x_pct=2.0, rating_kva=600.0)), "transformers")["xfm"]
    assert (row["connection"], row["phases"], bool(row["lead"]), row["rating_kva"]) == (
        "delta-wye",
        "abc",
        False,
        200.0,
    )
    assert (row["r_ohm"], row["x_ohm"]) == pytest.approx((0.02 * 0.4608 * 1.05**2,) * 2)
    assert row["tap_b"] == pytest.approx((0.48 * 1.05 / ROOT3 / 0.277) / (4.16 / ROOT3 / 2.4))


def test_a_unit_written_from_its_far_side_leads_where_the_low_side_lags() -> None:
    """The low side lags the high one; seen from the low side, which supplies, the high side leads."""
    windings = Winding("shed", "abc", "delta", 4.16, 500.0), Winding("yard", "abc", "wye", 0.48, 500.0)
    row = make.rows(with_unit(make.unit("up", *windings), 0.277, 2.4), "transformers")["up"]
    assert (row["from_bus"], row["to_bus"], row["connection"], bool(row["lead"])) == ("yard", "shed", "wye-delta", True)


def test_the_bank_of_the_13_node_feeder_is_that_of_its_case() -> None:
    """115 / 4.16 kV, 5,000 kVA, 0.001 % and 0.008 %: what the case that comes along says in ohm and kVA."""
    windings = (
        Winding("yard", "abc", "delta", 115.0, 5000.0, r_pct=0.0005),
        Winding("shed", "abc", "wye", 4.16, 5000.0, r_pct=0.0005),
    )  # fmt: skip
    net = with_unit(make.unit("sub", *windings, x_pct=0.008, rating_kva=5000.0), 115 / ROOT3, 4.16 / ROOT3)
    row, known = make.rows(net, "transformers")["sub"], v2g.read("ieee13-base").table("transformers").iloc[0]
    for column in ("r_ohm", "x_ohm", "rating_kva", "tap_a"):
        assert row[column] == pytest.approx(float(known[column]), rel=1e-6), column


def test_a_winding_between_two_phases_feeds_a_phase() -> None:
    """Across a and c to phase a: the phase lags, and lies between the last phase and its own."""
    windings = Winding("yard", "ac", "delta", 4.16, 50.0), Winding("shed", "a", "wye", 0.277, 50.0, r_pct=2.0)
    row = make.rows(with_unit(make.unit("one", *windings, rating_kva=50.0)), "transformers")["one"]
    assert (row["phases"], row["connection"], bool(row["lead"]), row["rating_kva"]) == ("a", "delta-wye", False, 50.0)
    assert row["r_ohm"] == pytest.approx(0.02 * 0.277**2 * 1000 / 50)
    assert row["tap_a"] == pytest.approx((4.16 / ROOT3 / 2.4) ** -1)


def test_three_windings_are_a_star() -> None:
    """x12, x13, x23 = 4, 6, 8 %: arms of 1, 3, 5 %; on 100 kVA, 2.4 kV, 0.24 and 0.12 kV between phase and neutral."""
    windings = (
        Winding("yard", "a", "wye", 2.4, 100.0, r_pct=0.5), Winding("shed", "a", "wye", 0.24, 100.0, r_pct=0.6),
        Winding("barn", "a", "wye", 0.12, 100.0, r_pct=0.7),
    )  # fmt: skip
    net = with_unit(Transformer("t", windings, (4.0, 6.0, 8.0)), low=0.24)
    rows = make.rows(replace(net, buses=(*net.buses, make.bus("barn", "a", 0.12))), "transformers")
    base = {"t": 2.4**2 * 10, "t_2": 0.24**2 * 10, "t_3": 0.12**2 * 10}
    assert {name: (row["from_bus"], row["to_bus"]) for name, row in rows.items()} == {
        "t": ("yard", "t_star"), "t_2": ("t_star", "shed"), "t_3": ("t_star", "barn"),
    }  # fmt: skip
    for (name, row), (r, x) in zip(rows.items(), [(0.005, 0.01), (0.006, 0.03), (0.007, 0.05)], strict=True):
        assert (row["r_ohm"], row["x_ohm"]) == pytest.approx((r * base[name], x * base[name]))


def test_an_open_delta_has_a_tap_for_each_phase() -> None:
    """Units 1.1 between a and b, 1 between c and b, phasors a = 1, b at -120, c at 120 degrees.

    V_ab = 1.1 (a - b) and V_cb = c - b; without zero sequence V_b = -(V_ab + V_cb) / 3, and a and c follow.
    """
    a, b, c = (np.exp(1j * np.deg2rad(angle)) for angle in (0, -120, 120))
    low = -(1.1 * (a - b) + (c - b)) / 3
    expected = abs(low + 1.1 * (a - b)), abs(low), abs(low + c - b)
    assert open_delta_taps({"ab": 1.1, "cb": 1.0}) == pytest.approx(expected)
    pair = {name: Winding("yard", name, "delta", 4.16, 300.0) for name in ("ab", "cb")}
    units = [make.unit(n, w, replace(w, bus="shed", tap=t)) for (n, w), t in zip(pair.items(), (1.1, 1.0), strict=True)]
    net = with_unit(
        make.unit("x", Winding("yard", "abc", "wye", 4.16, 1.0), Winding("shed", "abc", "wye", 4.16, 1.0)), low=2.4
    )
    jumper = make.line("jumper", "yard", "shed", "b")
    net = replace(net, transformers=tuple(units), lines=(*net.lines, jumper))
    assert make.rows(net, "transformers")["ab"]["tap_b"] == pytest.approx(expected[1])
    assert set(make.rows(net, "lines")) == {"l1"}
    texts = [note.text for note in make.made(net).network.notes]
    assert any("between phases" in text for text in texts) and any("jumper" in text for text in texts)


def test_lines_side_by_side_are_one_of_half_the_impedance() -> None:
    net = replace(road(), lines=(*road().lines, make.line("l2b", "b", "a", rating_a=50.0)))
    net = replace(net, lines=(net.lines[0], replace(net.lines[1], rating_a=70.0), *net.lines[2:]))
    rows = make.rows(net, "lines")
    assert (
        "l2b" not in rows
        and rows["l2"]["r_aa_ohm"] == pytest.approx(0.15)
        and rows["l2"]["x_ab_ohm"] == pytest.approx(0.1)
    )
    assert rows["l2"]["rating_kva"] == pytest.approx(120 * 2.4)


def test_charging_of_lines_goes_along() -> None:
    net = replace(road(), lines=(replace(road().lines[0], b_us=make.matrix("abc", 6.0, -1.0)), *road().lines[1:]))
    row = make.rows(net, "lines")["l1"]
    assert (row["b_aa_us"], row["b_bc_us"], row["b_cc_us"]) == (6.0, -1.0, 6.0)


def test_devices_are_filled_with_what_a_case_asks_for() -> None:
    net = replace(
        road(),
        generators=(Generator("diesel", "b", "abc", "wye", 80.0, 100.0),),
        solar=(Solar("roof", "b", "abc", 12.0, 10.0),),
        storage=(Storage("box", "b", "abc", 100.0, 5.0, 20.0, 30.0, 30.0, 0.95, 0.94),),
        capacitors=(Capacitor("pair", "b", "ab", "delta", 60.0), Capacitor("coil", "b", "abc", "wye", -40.0)),
        loads=(make.load("motor", "b", "abc", 0.0, kvar=12.0), make.load("mill", "b")),
    )
    case = make.case_of(net)
    assert case.table("solar")["rating_kw"].to_list() == [10.0]
    assert case.table("batteries")["reserve_kwh"].to_list() == [5.0]
    assert case.table("generators")["fuel_l"].to_list() == [0.0]
    assert dict(case.table("capacitors")[["capacitor", "kvar"]].to_numpy().tolist()) == {
        "pair": 60,
        "coil": -40,
        "motor": -12,
    }
    assert case.table("loads")[["load", "service", "tier"]].to_numpy().tolist() == [["mill", "flexible", 0]]
    texts = " ".join(note.text for note in make.made(net).network.notes)
    assert all(word in texts for word in ("fuel", "full_sun", "half of it on each", "kvar alone"))


def test_a_load_that_gives_is_lost() -> None:
    notes = make.made(replace(road(), loads=(make.load("back", "b", kw=-5.0),))).network.notes
    assert [note.weight for note in notes] == [Weight.LOST]


def test_names_become_valid_and_unique_with_a_note_each() -> None:
    net = road()
    twin = make.unit("l1", Winding("b", "abc", "wye", 4.16, 50.0), Winding("d e", "abc", "wye", 4.16, 50.0))
    net = replace(net, buses=(*net.buses, make.bus("d e")), transformers=(twin,), loads=(make.load("x\ty", "d e"),))
    found = with_valid_names(net)
    assert (found.transformers[0].name, found.transformers[0].windings[1].bus) == ("l1_2", "d_e")
    assert (found.loads[0].name, found.loads[0].bus) == ("x_y", "d_e")
    assert len(found.notes) == 3 and not inspect(found).faults


class Given:
    """A reader of one network, whatever the file."""

    name, title = "given", "made by hand"

    def __init__(self, net: Network) -> None:
        self.net = net

    def looks_like(self, path: Path, head: bytes) -> bool:
        return head.startswith(b"given")

    def read(self, path: Path, bundle: Path | None = None) -> Network:
        return self.net


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / make.FILE
    path.write_text("given\n")
    return path


def given(monkeypatch: pytest.MonkeyPatch, net: Network) -> None:
    monkeypatch.setitem(READERS, "given", Given(net))


def test_an_import_is_a_case_with_its_notes_and_where_it_is_from(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path
) -> None:
    note = Note(Weight.UNUSED, "meter m1", Origin(make.FILE, 40))
    given(monkeypatch, replace(road(), notes=(note,)))
    done = import_feeder(file, tmp_path / "case")
    assert not [f for f in v2g.check(tmp_path / "case") if f.severity == "error"]
    assert pd.read_csv(done.folder / "import.csv").to_numpy().tolist() == [["unused", make.FILE, 40, "meter m1"]]
    about = json.loads((done.folder / "import.json").read_text())
    assert about["reader"] == "given" and set(about["sha256"]) == {make.FILE} and about["load_kw"] == 33.0
    assert v2g.solve(v2g.read(done.folder)).summary["status"] == "optimal"


def test_folding_is_mapped_and_left_alone_where_asked(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path
) -> None:
    net = road()
    can = make.center_tap("can", "b", "house")
    net = replace(net, buses=(*net.buses, make.bus("house", "12", 0.12)), transformers=(can,),
                  loads=(*net.loads, make.load("oven", "house", "12", 4.0, connection="delta")))  # fmt: skip
    given(monkeypatch, net)
    folded = import_feeder(file, tmp_path / "folded")
    table = pd.read_csv(folded.folder / "map.csv").set_index("name")
    assert table.loc["oven", ["was_at_bus", "now_at_bus", "via", "kva"]].tolist() == ["house", "b", "can", 25]
    assert (folded.folded, folded.merged) == (1, 0)
    kept = import_feeder(file, tmp_path / "kept", fold=False)
    assert kept.folded is None and not (kept.folder / "map.csv").exists()
    assert "house" in v2g.read(kept.folder).table("buses")["bus"].to_list()


def test_lost_data_and_faults_refuse_until_accepted(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path
) -> None:
    net = replace(road(), notes=(Note(Weight.LOST, "line geometry g1 is not understood", Origin(make.FILE, 5)),))
    net = replace(net, loads=(*net.loads, make.load("adrift", "nowhere", origin=Origin(make.FILE, 6))))
    given(monkeypatch, net)
    with pytest.raises(ImportRefused) as refused:
        import_feeder(file, tmp_path / "case")
    assert sorted((f.code, f.row) for f in refused.value.findings) == [("lost", 5), ("no-such-bus", 6)]
    assert not (tmp_path / "case").exists()
    done = import_feeder(file, tmp_path / "case", accept=True)
    assert "adrift" not in v2g.read(done.folder).table("loads")["load"].to_list()


def test_a_loop_cannot_be_accepted(monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path) -> None:
    given(monkeypatch, replace(road(), lines=(*road().lines, make.line("ring", "b", "head"))))
    with pytest.raises(ImportRefused, match="ring"):
        import_feeder(file, tmp_path / "case", accept=True)


def test_nothing_is_written_over_and_nothing_half(monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path) -> None:
    given(monkeypatch, road())
    with pytest.raises(UsageError, match="holds something"):
        import_feeder(file, file.parent)
    with monkeypatch.context() as broken:
        broken.setattr(importing, "_provenance", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            import_feeder(file, tmp_path / "case")
    assert not (tmp_path / "case").exists()


def test_what_no_reader_knows_is_said_with_those_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("hello")
    with pytest.raises(UsageError, match="--from"):
        import_feeder(tmp_path / "x.txt", tmp_path / "case")
    with pytest.raises(CaseError, match="cannot be read"):
        import_feeder(tmp_path / "none.txt", tmp_path / "case")
    with pytest.raises(UsageError, match="There is no format 'opends'"):
        import_feeder(tmp_path / "x.txt", tmp_path / "case", format="opends")


def test_losses_met_on_the_way_to_tables_are_told_with_the_others(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two loads of 33 kW together are kept; a third gives 7 kW: 26 kW in the file, 33 kW in the case."""
    gives = make.load("gives", "b", kw=-7.0, origin=Origin(make.FILE, 6))
    note = Note(Weight.LOST, "house h1 is not taken over", Origin(make.FILE, 5))
    given(monkeypatch, replace(road(), notes=(note,), loads=(*road().loads, gives)))
    with pytest.raises(ImportRefused) as refused:
        import_feeder(file, tmp_path / "case")
    assert [finding.row for finding in refused.value.findings] == [5, 6]
    assert run(["import", str(file), "--to", str(tmp_path / "case"), "--accept"]) == 0
    said = capsys.readouterr().out
    assert "3 loads, 26 kW" in said and "\nkept  2 loads, 33 kW" in said


def test_faults_of_the_case_name_the_line_of_the_file(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path
) -> None:
    works = make.load("works", "b", kw=400_000.0, origin=Origin(make.FILE, 12))
    given(monkeypatch, replace(road(), loads=(*road().loads, works)))
    with pytest.raises(ImportRefused) as refused:
        import_feeder(file, tmp_path / "case")
    (fault,) = [f for f in refused.value.findings if f.severity == "error" and f.column == "kw"]
    assert (fault.file, fault.row) == (make.FILE, 12)
    assert fault.message.startswith("As works in loads.csv of the case: 400000 kW looks like W")


def test_what_is_empty_or_a_folder_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "empty.dss").touch()
    with pytest.raises(UsageError, match=r"empty\.dss is empty"):
        import_feeder(tmp_path / "empty.dss", tmp_path / "case")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=r"is a folder.*name the file"):
        import_feeder(tmp_path / "folder", tmp_path / "case")


def test_the_command_says_what_was_read_and_written(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, road())
    assert run(["import", str(file), "--to", str(tmp_path / "one")]) == 0
    said = capsys.readouterr().out
    assert "read  given, 1 file: 4 buses, 10 nodes, 3 lines, 0 transformers, 2 loads, 33 kW" in said
    assert f"wrote  {tmp_path / 'one'}" in said
    given(monkeypatch, replace(road(), buses=road().buses[:3], lines=road().lines[:2], loads=road().loads[:1]))
    assert run(["import", str(file), "--to", str(tmp_path / "two"), "--fold", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["merged_buses"] == 1
    given(monkeypatch, replace(road(), sources=()))
    assert run(["import", str(file), "--to", str(tmp_path / "three"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["code"] == "dead-head"


FAULTY = {
    "ieee_13node": None, "ieee_13node_loads_disconnected": "Bus 646 hangs on nothing", "ieee_13node_loop": "684652_bad",
    "disabled_objects": "hang on nothing",
}  # fmt: skip


@pytest.mark.parametrize(("name", "fault"), FAULTY.items())
def test_faults_that_an_engine_passes_over(name: str, fault: str | None, tmp_path: Path) -> None:
    pytest.importorskip("opendssdirect", reason="reading OpenDSS needs its engine")
    path = feeder(f"ieee13_faulty/{name}/master.dss")
    if fault is None:
        assert import_feeder(path, tmp_path / "case").case.table("loads")["kw"].sum() == pytest.approx(3466.0)
        return
    with pytest.raises(ImportRefused, match=fault):
        import_feeder(path, tmp_path / "case")
