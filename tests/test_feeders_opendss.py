"""Circuits of OpenDSS as networks: a hamlet by hand arithmetic, and a collection against what the engine says of it."""

from __future__ import annotations

import csv
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.feeders import SMALL, feeder
from v2g.errors import ImportRefused
from v2g.feeders.network import Line, Load, Network, Transformer, Weight
from v2g.feeders.opendss.reader import OpenDSS
from v2g.feeders.opendss.reader import network as network_of
from v2g.feeders.opendss.script import cleaned

pytest.importorskip("opendssdirect", reason="the engine of OpenDSS is an extra")
worker = pytest.importorskip("v2g.feeders.opendss.worker")


@cache
def read(path: Path) -> Network:
    return OpenDSS().read(path)


@pytest.fixture(scope="module")
def hamlet() -> Network:
    return read(SMALL / "hamlet.dss")


def solved(folder: Path, text: str) -> Network:
    """What a circuit becomes, the engine being asked here and not in a child of its own, which takes a second."""
    script = cleaned(written(folder, text))
    answer = worker.answer({"commands": [command.text for command in script.commands]})
    return network_of(script, json.loads(json.dumps(answer)))


def written(folder: Path, text: str) -> Path:
    path = folder / "circuit.dss"
    path.write_text(text, encoding="utf-8")
    return path


def by_name(elements: tuple, name: str):  # type: ignore[no-untyped-def,type-arg]
    (found,) = [element for element in elements if element.name == name]
    return found


def test_buses_have_the_phases_that_feed_them(hamlet: Network) -> None:
    phases = {bus.name: bus.phases for bus in hamlet.buses}
    assert phases == {
        "head": "abc",
        "square": "abc",
        "mill": "abc",
        "end": "c",
        "shed": "c",  # node 1 below a transformer on phase c
        "house": "12",
        "kitchen": "12",
        "spare": "abc",
        "yard": "abc",
    }


def test_voltages_are_to_neutral(hamlet: Network) -> None:
    kv = {bus.name: bus.kv_ln for bus in hamlet.buses}
    assert kv["head"] == kv["mill"] == pytest.approx(10 / 3**0.5)
    assert kv["shed"] == pytest.approx(0.4 / 3**0.5)
    assert kv["house"] == kv["kitchen"] == 0.12


def test_a_line_is_of_its_whole_length(hamlet: Network) -> None:
    road: Line = by_name(hamlet.lines, "road")
    assert (road.from_bus, road.to_bus, road.phases, road.to_phases) == ("head", "square", "abc", "")
    off, own = np.ones((3, 3)) - np.eye(3), np.eye(3)
    assert_allclose(road.r_ohm, 2 * (0.3 * own + 0.1 * off))  # 2 km
    assert_allclose(road.x_ohm, 2 * (0.4 * own + 0.2 * off))
    # 1 nF at 50 Hz is 2 pi 50 1e-9 S = 0.314159 microsiemens.
    assert_allclose(road.b_us, 2 * 0.31415927 * (10 * own - 2 * off), rtol=1e-7)
    assert str(road.origin) == "hamlet.dss:13"


def test_a_line_may_change_the_order_of_phases(hamlet: Network) -> None:
    turn: Line = by_name(hamlet.lines, "turn")
    assert (turn.phases, turn.to_phases) == ("abc", "cab")


def test_ratings_are_known_only_where_somebody_states_them(hamlet: Network) -> None:
    assert by_name(hamlet.lines, "road").rating_a == 400.0  # stated by its line code
    assert by_name(hamlet.lines, "lane").rating_a is None
    assert by_name(hamlet.lines, "drop").rating_a is None


def test_lines_of_one_phase_and_of_two_legs(hamlet: Network) -> None:
    lane: Line = by_name(hamlet.lines, "lane")
    assert lane.phases == "c"
    assert_allclose((lane.r_ohm, lane.x_ohm), ([[1.0]], [[0.5]]))
    drop: Line = by_name(hamlet.lines, "drop")
    assert drop.phases == "12"
    assert_allclose(drop.r_ohm, [[0.02, 0.004], [0.004, 0.02]])


def test_open_and_disabled_lines(hamlet: Network) -> None:
    tie: Line = by_name(hamlet.lines, "tie")
    assert (tie.switch, tie.closed) == (True, False)
    old: Line = by_name(hamlet.lines, "old")
    assert not old.closed
    (note,) = [note for note in hamlet.notes if "line old" in note.text]
    assert (note.weight, str(note.origin)) == (Weight.CHANGED, "hamlet.dss:17")


def test_a_reactor_between_two_buses_is_a_line(hamlet: Network) -> None:
    link: Line = by_name(hamlet.lines, "reactor.link")
    assert_allclose(link.r_ohm, 0.2 * np.eye(3), atol=1e-12)
    assert_allclose(link.x_ohm, 1.5 * np.eye(3), atol=1e-12)


def test_transformers(hamlet: Network) -> None:
    pole: Transformer = by_name(hamlet.transformers, "pole")
    assert [(w.bus, w.phases, w.connection, w.kv, w.kva, w.r_pct) for w in pole.windings] == [
        ("end", "c", "wye", 5.7735, 50, 0.5),
        ("shed", "c", "wye", 0.23, 50, 0.7),
    ]
    assert (pole.x_pct, pole.rating_kva) == ((pytest.approx(4.0),), 50.0)
    split: Transformer = by_name(hamlet.transformers, "split")
    assert [w.phases for w in split.windings] == ["a", "1", "2"]
    assert split.x_pct == pytest.approx((2.0, 2.0, 1.4))


def test_loads(hamlet: Network) -> None:
    def of(name: str) -> tuple[object, ...]:
        load: Load = by_name(hamlet.loads, name)
        return load.bus, load.phases, load.connection, load.kw_exponent, load.kvar_exponent

    assert of("shed") == ("shed", "c", "wye", 1.0, 1.0)
    assert of("oven") == ("kitchen", "12", "delta", 2.0, 2.0)
    assert of("lamps") == ("kitchen", "12", "wye", 0.0, 0.0)
    assert of("saw") == ("mill", "ab", "delta", 1.5, 2.0)  # 2 x 0.5 + 0.5; 2 x 1
    assert of("mill") == ("mill", "abc", "wye", 0.8, 3.0)
    mill: Load = by_name(hamlet.loads, "mill")
    assert (mill.kw, mill.kvar) == (300.0, pytest.approx(225.0))  # tan(acos 0.8) = 0.75


def test_banks_are_of_the_voltage_of_their_bus(hamlet: Network) -> None:
    assert by_name(hamlet.capacitors, "bank").kvar == pytest.approx(90.0)
    # One of two steps of 12.5 kvar at 5 kV gives (10 / 5)^2 times as much at 10 kV.
    assert by_name(hamlet.capacitors, "low").kvar == pytest.approx(50.0)
    assert by_name(hamlet.capacitors, "coil").kvar == pytest.approx(-40.0)


def test_what_feeds(hamlet: Network) -> None:
    (diesel,), (roof,), (cell,) = hamlet.generators, hamlet.solar, hamlet.storage
    assert (diesel.rating_kw, diesel.kw, diesel.rating_kva) == (80.0, 20.0, 125.0)
    assert (roof.phases, roof.rating_kw, roof.rating_kva) == ("12", 5.0, 6.0)
    assert (cell.capacity_kwh, cell.start_kwh, cell.reserve_kwh) == (200.0, 120.0, pytest.approx(20.0))
    assert (cell.charge_kw, cell.discharge_kw, cell.charge_eff, cell.discharge_eff) == (50.0, 50.0, 0.95, 0.94)
    (source,) = hamlet.sources
    assert (source.bus, source.phases, source.voltage_pu) == ("head", "abc", pytest.approx(1.02))
    assert str(source.origin) == "hamlet.dss:4"
    assert hamlet.frequency_hz == 50.0


def test_nothing_of_the_hamlet_is_lost(hamlet: Network) -> None:
    assert hamlet.lost() == ()


HEAD = "clear\nset defaultbasefrequency=60\nnew circuit.c bus1=s basekv=10\n"


def test_voltages_follow_from_windings_where_the_file_sets_none(tmp_path: Path) -> None:
    text = HEAD + (
        "new transformer.t phases=3 windings=2 buses=(s u) conns=(delta wye) kvs=(10 0.4) kvas=(100 100)\n"
        "new line.l bus1=u bus2=v\nsolve\n"
    )
    network = solved(tmp_path, text)
    assert [bus.kv_ln for bus in network.buses] == pytest.approx([10 / 3**0.5, 0.4 / 3**0.5, 0.4 / 3**0.5])


def test_an_open_phase_is_lost_by_its_line(tmp_path: Path) -> None:
    text = HEAD + "new line.l bus1=s bus2=u r1=1 x1=1 r0=4 x0=4 c1=0 c0=0\nopen line.l 2 2\nsolve\n"
    (line,) = solved(tmp_path, text).lines
    assert (line.phases, line.closed) == ("ac", True)
    assert_allclose(line.r_ohm, [[2.0, 1.0], [1.0, 2.0]])  # (4 + 2 x 1) / 3 and (4 - 1) / 3


def test_a_neutral_is_reduced_away(tmp_path: Path) -> None:
    ones = "1 | 0.5 1 | 0.5 0.5 1 | 0.5 0.5 0.5 1"
    text = HEAD + (
        f"new line.l phases=4 bus1=s.1.2.3.4 bus2=u.1.2.3.4 rmatrix=({ones}) xmatrix=({ones.replace('1', '2')})\n"
        "~ cmatrix=(0 | 0 0 | 0 0 0 | 0 0 0 0)\nnew reactor.g phases=1 bus1=u.4 bus2=u.0 r=0 x=0.001\nsolve\n"
    )
    network = solved(tmp_path, text)
    (line,) = network.lines
    # z - z_n z_n / z_nn, for z_n = 0.5 + 0.5j and z_nn = 1 + 2j: 0.5j (1 - 2j) / 5 = 0.2 + 0.1j is taken off.
    assert_allclose(line.r_ohm, np.full((3, 3), 0.5 - 0.2) + 0.5 * np.eye(3))
    assert_allclose(line.x_ohm, np.full((3, 3), 0.5 - 0.1) + 1.5 * np.eye(3))
    assert [note.text for note in network.notes if note.weight is Weight.UNUSED] == ["reactor g: it grounds a neutral"]


def test_the_base_frequency_may_come_late(tmp_path: Path) -> None:
    text = (
        "clear\nnew circuit.c bus1=s basekv=10\n"
        "new line.l phases=1 bus1=s.1 bus2=u.1 rmatrix=(1) xmatrix=(3) cmatrix=(0)\nset defaultbasefreq=50\nsolve\n"
    )
    network = read(written(tmp_path, text))
    (line,) = network.lines
    assert network.frequency_hz == 50.0
    assert_allclose(line.x_ohm, [[3.0]])  # and not 3 x 50 / 60
    assert any("base frequency" in note.text and note.origin.line == 4 for note in network.notes)


def test_reactance_is_of_the_frequency_of_the_circuit(tmp_path: Path) -> None:
    text = HEAD + (
        "new linecode.lc nphases=1 basefreq=50 rmatrix=(1) xmatrix=(3) cmatrix=(10) rg=0 xg=0\n"
        "new line.l phases=1 bus1=s.1 bus2=u.1 linecode=lc length=2 rg=0 xg=0\n"
        "new line.off phases=1 bus1=s.1 bus2=u.1 linecode=lc length=2\nopen line.off 1\nsolve\n"
    )
    for line in solved(tmp_path, text).lines:
        assert_allclose(line.x_ohm, [[2 * 3 * 60 / 50]])
        assert_allclose(line.b_us, [[2 * 10 * 2e-3 * np.pi * 60]])


def test_banks_by_capacitance_and_in_series(tmp_path: Path) -> None:
    text = HEAD + (
        "new capacitor.one phases=3 bus1=s kv=10 cuf=5\n"
        "new capacitor.two phases=1 bus1=s.1.2 conn=delta kv=5 kvar=100\n"
        "new capacitor.three phases=1 bus1=s.1 bus2=u.1 kv=10 kvar=1000\n"
        "new capacitor.off phases=3 bus1=s kv=10 kvar=60 states=(0)\n"
        "new reactor.coil phases=3 bus1=s conn=delta kv=10 kvar=40\n"
        "set voltagebases=(10)\ncalcvoltagebases\nsolve\n"
    )
    network = solved(tmp_path, text)
    banks = {bank.name: (bank.phases, bank.connection, bank.kvar, bank.closed) for bank in network.capacitors}
    # 2 pi 60 x 5e-6 S x (10 kV)^2, of which a phase has a third at a third of the square of the voltage, three times.
    one = 2e3 * np.pi * 60 * 5e-6 * 10**2
    assert banks == {
        "one": ("abc", "wye", pytest.approx(one), True),
        "two": ("ab", "delta", pytest.approx(100 * (10 / 5) ** 2), True),
        "off": ("abc", "wye", pytest.approx(60.0), False),
        "coil": ("abc", "delta", pytest.approx(-40.0), True),
    }
    (line,) = network.lines
    assert (line.name, line.from_bus, line.to_bus) == ("capacitor.three", "s", "u")
    assert_allclose(line.x_ohm, [[-(10**2) / 1.0]])  # kV^2 / Mvar


def test_loads_are_under_the_multiplier_of_the_file(tmp_path: Path) -> None:
    text = HEAD + (
        "new load.one bus1=s kv=10 kw=100 pf=1\nnew load.two bus1=s kv=10 kw=100 pf=1 status=fixed\n"
        "new load.three bus1=s.1.2.3 phases=2 conn=delta kv=10 kw=100 pf=1\nset loadmult=0.5\nsolve\n"
    )
    loads = {load.name: (load.phases, load.kw) for load in solved(tmp_path, text).loads}
    assert loads == {"one": ("abc", 50.0), "two": ("abc", 100.0), "three_1": ("ab", 25.0), "three_2": ("bc", 25.0)}


def test_a_load_at_another_voltage_is_restated(tmp_path: Path) -> None:
    text = HEAD + "new load.one bus1=s kv=8 kw=64 pf=1 model=2\nset voltagebases=(10)\ncalcvoltagebases\nsolve\n"
    (load,) = solved(tmp_path, text).loads
    assert load.kw == pytest.approx(100.0)  # 64 (10 / 8)^2


def test_what_the_engine_refuses_is_named_by_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "new load.one bus1=s kv=10 kw=100\nnew line.l bus1=s bus2=u linecode=none\nsolve\n")
    with pytest.raises(ImportRefused) as caught:
        read(path)
    assert [(finding.file, finding.row) for finding in caught.value.findings] == [("circuit.dss", 5)]


class Case(NamedTuple):
    """A circuit of the collection and where the engine's own figures of it stand."""

    circuit: str
    reference: str


def cases(*rows: str) -> list[Case]:
    return [Case(*row.split()) for row in rows]


DEFAULT = cases("ieee13/IEEE13Nodeckt.dss ieee13/reference", "cim_ieee13/IEEE13_CDPSM.dss cim_ieee13/reference")
SLOW = cases(
    "cim_ieee13/IEEE13_Assets.dss cim_ieee13/reference_assets",
    "ieee34/ieee34Mod1.dss ieee34/reference",
    "ieee34/ieee34Mod2.dss ieee34/reference_mod2",
    "ieee37/ieee37.dss ieee37/reference",
    "ieee123/IEEE123Master.dss ieee123/reference",
    "ieee123/IEEE123Switches.dss ieee123/reference_switches",
    "ieee8500/Master-unbal.dss ieee8500/reference",
    "ieee9500/Master-unbal-initial-config.dss ieee9500/reference",
    "epri_ckt5/Master_ckt5.dss epri_ckt5/reference",
    "epri_j1/Master_withPV.dss epri_j1/reference",
    "acep_psil/ACEP_PSIL.dss acep_psil/reference",
)
EVERY = [*DEFAULT, *(pytest.param(case, marks=pytest.mark.slow) for case in SLOW)]


def drawn_share(row: dict[str, str]) -> float:
    """IEEE 34 says 24.9 kV of constant impedances that it joins to neutral, at 24.9 / sqrt 3: a third is drawn."""
    between_phases = row["kv"] == "24.9" and row["phases"] == "1"
    return 1 / 3 if between_phases and row["model"] == "2" and row["bus"].count(".") == 1 else 1.0


def table(reference: Path, name: str) -> dict[str, dict[str, str]]:
    with open(reference / name, newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {row[next(iter(row))].lower(): row for row in rows}


def opened(case: Case) -> tuple[Network, Path]:
    return read(feeder(case.circuit)), feeder(case.reference)


def coordinate(text: str) -> object:
    return pytest.approx(float(text)) if text else None


def numbers(text: str) -> list[float]:
    return [float(value) for value in text.split(";")]


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.reference)
def test_summary_of_the_engine(case: Case) -> None:
    network, reference = opened(case)
    summary = json.loads((reference / "summary.json").read_text(encoding="utf-8"))
    for key in ("kw", "kvar"):
        rows = table(reference, "loads.csv").values()
        summary[f"load_{key}_nominal"] -= sum((1 - drawn_share(row)) * float(row[key]) for row in rows)
    compare_summary(network, summary)


def compare_summary(network: Network, summary: dict) -> None:  # type: ignore[type-arg]
    own = [line for line in network.lines if not line.name.startswith(("reactor.", "capacitor."))]
    assert len(network.buses) == summary["buses"]
    assert network.counts()["nodes"] == summary["nodes"]
    assert {str(n): count for n, count in Counter(len(line.phases) for line in own).items()} == summary[
        "lines_by_phases"
    ]
    assert sum(line.switch for line in own) == summary["switch_lines"]
    assert sorted(line.name for line in own if not line.closed) == sorted(summary["open_lines"])
    assert sum(load.kw for load in network.loads) == pytest.approx(summary["load_kw_nominal"], rel=1e-6)
    assert sum(load.kvar for load in network.loads) == pytest.approx(summary["load_kvar_nominal"], rel=1e-6, abs=1e-3)
    assert network.frequency_hz == summary["frequency_hz"]
    kinds = {"transformer": network.transformers, "generator": network.generators, "storage": network.storage}
    kinds |= {"load": network.loads, "pvsystem": network.solar, "vsource": network.sources}
    assert {kind: len(kinds[kind]) for kind in kinds if kinds[kind]} == {
        kind: count for kind, count in summary["elements"].items() if kind in kinds
    }
    assert network.lost() == ()


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.reference)
def test_buses_of_the_engine(case: Case) -> None:
    network, reference = opened(case)
    summary = json.loads((reference / "summary.json").read_text(encoding="utf-8"))
    placed_later = any(command.startswith("buscoords") for command in summary["extra_commands"])
    rows = table(reference, "buses.csv")
    assert network.lonlat == (case.reference == "ieee9500/reference")
    assert {bus.name for bus in network.buses} == set(rows)
    for bus in network.buses:
        row = rows[bus.name]
        assert len(bus.phases) == len(row["nodes"].split(".")), bus
        # The engine takes the nearest base of its list for a hot leg, the network what is on the nameplate. Six digits.
        is_leg = bus.phases < "a"
        assert bus.kv_ln == pytest.approx(float(row["kv_base_ln"]), rel=5e-3 if is_leg else 1e-6, abs=1e-6), bus
        if not placed_later:
            assert (bus.x, bus.y) == (coordinate(row["x"]), coordinate(row["y"])), bus


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.reference)
def test_lines_of_the_engine(case: Case) -> None:
    network, reference = opened(case)
    rows = table(reference, "lines.csv")
    own = [line for line in network.lines if not line.name.startswith(("reactor.", "capacitor."))]
    assert {line.name for line in own} == set(rows)
    for line in own:
        row = rows[line.name]
        ends = [row[end].split(".")[0].lower() for end in ("bus1", "bus2")]
        assert [line.from_bus, line.to_bus] == ends, line
        assert (len(line.phases), line.switch, line.closed) == (
            int(row["phases"]), row["is_switch"] == "1", row["closed"] == "1"
        ), line  # fmt: skip
        amps = float(row["norm_amps"])
        assert line.rating_a in ((amps, None) if amps in (0.0, 400.0) or amps < 0 else (amps,)), line
        for matrix, column in ((line.r_ohm, "r_ohm_total"), (line.x_ohm, "x_ohm_total")):
            if row.get(column):
                # The reference has six digits.
                assert_allclose(matrix.ravel(), numbers(row[column]), rtol=5e-6, atol=1e-12, err_msg=line.name)


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.reference)
def test_loads_and_transformers_of_the_engine(case: Case) -> None:
    network, reference = opened(case)
    rows = table(reference, "loads.csv")
    assert {load.name for load in network.loads} == set(rows)
    for load in network.loads:
        row = rows[load.name]
        assert load.bus == row["bus"].split(".")[0].lower()
        share = drawn_share(row)
        assert load.kw == pytest.approx(share * float(row["kw"]), abs=1e-5), load
        assert load.kvar == pytest.approx(share * float(row["kvar"]), abs=1e-5), load
    units = table(reference, "transformers.csv")
    assert {unit.name for unit in network.transformers} == set(units)
    for unit in network.transformers:
        row = units[unit.name]
        assert [w.bus for w in unit.windings] == [bus.split(".")[0].lower() for bus in row["buses"].split(";")]
        windings = {"kvs": "kv", "kvas": "kva", "r_pct": "r_pct", "taps": "tap"}
        for column, field in windings.items():
            values = [getattr(winding, field) for winding in unit.windings]
            assert values == pytest.approx(numbers(row[column]), rel=1e-5), unit
        assert unit.x_pct[0] == pytest.approx(float(row["xhl_pct"]), rel=1e-5)


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.reference)
def test_loads_draw_what_the_engine_solved(case: Case) -> None:
    """Exponents, letters and restated powers at once: kW at the solved voltage, for loads from one phase to neutral."""
    network, reference = opened(case)
    rows, solved_at = table(reference, "loads.csv"), {}
    with open(reference / "voltages.csv", newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            solved_at[row["bus"], row["node"]] = float(row["v_pu"])
    kv = {bus.name: bus.kv_ln for bus in network.buses}
    alone = [load for load in network.loads if load.phases in ("a", "b", "c") and load.connection == "wye"]
    for load in alone:
        row = rows[load.name]
        node = [*row["bus"].split("."), "1"][1]
        voltage, ratio = solved_at[load.bus, node], kv[load.bus] / float(row["kv"])
        voltage *= ratio if abs(ratio - 1) < 0.02 else 1.0  # its nameplate is a little off that of the bus
        if 0.96 < voltage < 1.04:  # within the bounds of every model
            drawn = (load.kw * voltage**load.kw_exponent, load.kvar * voltage**load.kvar_exponent)
            assert drawn == pytest.approx((float(row["p_solved_kw"]), float(row["q_solved_kvar"])), rel=2e-3, abs=1e-3)


UNITS = """
    case2_diag case3_balanced case3_balanced_basefreq case3_balanced_battery case3_balanced_cap case3_balanced_isc
    case3_balanced_prop-order case3_balanced_pv case3_balanced_switch case3_delta_gens case3_lm_1230 case3_lm_models
    case3_lm_models_2 case3_unbalanced case3_unbalanced_1phase-pv case3_unbalanced_ZIPloads
    case3_unbalanced_assym_swap case3_unbalanced_delta_loads case3_unbalanced_missingedge case3_unbalanced_switch
    case4_phase_drop case5_phase_drop case_mxshunt case_mxshunt_2 dist_transformer trans_3w_center_tap
    ut_trans_2w_dy_lag ut_trans_2w_dy_lead ut_trans_2w_yy ut_trans_2w_yy_bank ut_trans_2w_yy_oltc
    ut_trans_3w_dyy_1 ut_trans_3w_dyy_2 ut_trans_3w_dyy_3 virtual_sourcebus
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in UNITS])
def test_units_of_one_feature_each(name: str) -> None:
    network = read(feeder(f"dss_units/{name}.dss"))
    reference = feeder(f"dss_units/reference/{name}/summary.json")
    compare_summary(network, json.loads(reference.read_text(encoding="utf-8")))
