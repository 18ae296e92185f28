"""GridLAB-D models: a hamlet by hand arithmetic, and a collection against what its own engine says of it."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.feeders import SMALL, feeder
from tests.flow import Flow
from v2g.errors import ImportRefused
from v2g.feeders.gridlabd.reader import READER
from v2g.feeders.gridlabd.values import pair
from v2g.feeders.network import Network, Transformer, Weight

MODELS = {
    "IEEE_13": "IEEE_13.glm",
    "IEEE_34": "IEEE_34",
    "IEEE_37": "IEEE_37",
    "IEEE_123": "IEEE_123.glm",
    "R1-12.47-3": "R1-12.47-3.glm",
    "R2-12.47-2": "R2-12.47-2.glm",
}
LETTERS = {"A": "a1", "B": "b2", "C": "c"}
"""What the engine's columns are at a node of phases, and at one of hot legs."""


@cache
def read(path: Path) -> Network:
    return READER.read(path)


@pytest.fixture(scope="module")
def hamlet() -> Network:
    return read(SMALL / "hamlet.glm")


def by_name(elements: tuple, name: str):  # type: ignore[no-untyped-def,type-arg]
    (found,) = [element for element in elements if element.name == name]
    return found


def written(folder: Path, text: str) -> Path:
    path = folder / "model.glm"
    path.write_text(text, encoding="utf-8")
    return path


def test_buses_are_nodes_without_a_parent(hamlet: Network) -> None:
    phases = {bus.name: bus.phases for bus in hamlet.buses}
    whole = dict.fromkeys(("head", "square", "mill", "spare", "far", "works_low"), "abc")
    assert phases == whole | {"yard": "a", "pole_low": "12", "home": "12", "shed_low": "c"}


def test_voltages_are_as_written_or_as_transformers_give_them(hamlet: Network) -> None:
    kv = {bus.name: bus.kv_ln for bus in hamlet.buses}
    assert (kv["head"], kv["square"], kv["home"]) == (7.2, 7.2, 0.12)
    assert kv["works_low"] == pytest.approx(7.2 * 480 / 12470)  # 480 V is written, which is between phases
    assert kv["shed_low"] == 0.277128
    (note,) = [note for note in hamlet.notes if "nominal voltage" in note.text]
    assert "being written (1): " in note.text and "works_low" in note.text


def test_a_line_by_numbers(hamlet: Network) -> None:
    road = by_name(hamlet.lines, "road")
    assert (road.from_bus, road.to_bus, road.phases, road.rating_a) == ("head", "square", "abc", 250.0)
    assert_allclose(road.r_ohm, 0.1 + 0.2 * np.eye(3))
    assert_allclose(road.x_ohm, 0.2 + 0.4 * np.eye(3))
    assert str(road.origin) == "hamlet.glm:23"


def test_a_line_by_wires(hamlet: Network) -> None:
    """Half a mile of Kersting's example 4.1, whose a and c have their places as written there."""
    lane = by_name(hamlet.lines, "lane")
    expected = [
        [0.4576 + 1.0780j, 0.1560 + 0.5017j, 0.1535 + 0.3849j],
        [0.1560 + 0.5017j, 0.4666 + 1.0482j, 0.1580 + 0.4236j],
        [0.1535 + 0.3849j, 0.1580 + 0.4236j, 0.4615 + 1.0651j],
    ]
    assert_allclose(lane.r_ohm + 1j * lane.x_ohm, np.array(expected) / 2, atol=1e-4)
    assert lane.rating_a == 530.0
    assert not lane.b_us.any()  # the module does not ask for line_capacitance


def test_a_drop_of_three_wires(hamlet: Network) -> None:
    """Carson with 1 + 0.0953 ohm and x = 0.12134 (ln(1 / d) + 7.93402) per mile, reduced by hand; 100 ft."""
    drop = by_name(hamlet.lines, "drop")

    def z(feet: float, ohm: float = 0.0) -> complex:
        return ohm + 0.0953016 + 0.1213422j * (np.log(1 / feet) + 7.93402)

    own, across = z(0.0111, 1.0), z((0.368 + 2 * 0.08) / 12)
    neutral = z((0.368 + 0.08) / 12) ** 2 / own
    expected = np.array([[own - neutral, across - neutral], [across - neutral, own - neutral]]) * 100 / 5280
    assert_allclose(drop.r_ohm + 1j * drop.x_ohm, expected, rtol=1e-4)


def test_switches_and_fuses(hamlet: Network) -> None:
    tie, half = by_name(hamlet.lines, "tie"), by_name(hamlet.lines, "half")
    assert (tie.switch, tie.closed, tie.phases) == (True, False, "abc")
    assert (half.switch, half.closed, half.phases, half.rating_a) == (True, True, "a", 40.0)


def loads_of(network: Network, start: str) -> dict[str, tuple[object, ...]]:
    found = [load for load in network.loads if load.name.startswith(start)]
    return {
        load.name: (load.phases, load.connection, round(load.kw, 6), round(load.kvar, 6), load.kw_exponent)
        for load in found
    }


def test_loads_by_phase_and_kind(hamlet: Network) -> None:
    assert loads_of(hamlet, "mill") == {
        "mill_abc": ("abc", "wye", 30.0, 0.0, 0.0),
        "mill_b": ("b", "wye", 10.0, 0.0, 2.0),  # 7200^2 / 5184
        "mill_c": ("c", "wye", 72.0, 0.0, 1.0),  # 7.2 kV x 10 A, in phase with c
    }


def test_loads_in_delta_and_in_shares(hamlet: Network) -> None:
    """In a delta, B is between b and c: half of 2 kVA at 0.8, with 0.6 of it in kvar; half at constant impedance."""
    assert loads_of(hamlet, "saw") == {
        "saw_ab": ("ab", "delta", 6.0, 3.0, 0.0),
        "saw_bc": ("bc", "delta", 0.8, 0.6, 0.0),
        "saw_bc_impedance": ("bc", "delta", 1.0, 0.0, 2.0),
    }
    assert {load.bus for load in hamlet.loads if load.name.startswith("saw")} == {"mill"}


def test_loads_on_hot_legs(hamlet: Network) -> None:
    home = [load for load in hamlet.loads if load.bus == "home"]
    assert [(load.phases, load.connection, load.kw, load.kvar) for load in home] == [
        ("1", "wye", 1.0, 0.0),
        ("12", "delta", 2.0, 0.5),
    ]


def test_taps_of_a_regulator(hamlet: Network) -> None:
    taps = {unit.name: unit.windings[1].tap for unit in hamlet.transformers if unit.regulator}
    assert taps == {"boost_a": 1.05, "boost_b": 0.95, "boost_c": 1.0}  # 8 of 16 steps of 10 %


def test_type_b_divides(tmp_path: Path) -> None:
    text = (SMALL / "hamlet.glm").read_text().replace("Type A;", "Type B;")
    (tmp_path / "hamlet_wires.glm").write_text((SMALL / "hamlet_wires.glm").read_text())
    taps = [unit.windings[1].tap for unit in read(written(tmp_path, text)).transformers if unit.regulator]
    assert taps == pytest.approx([1 / 0.95, 1 / 1.05, 1.0])


def test_banks_are_of_the_voltage_of_their_bus(hamlet: Network) -> None:
    """100 kvar of each phase at 3.6 kV are 400 at 7.2 kV; c is switched off."""
    banks = {bank.name: (bank.bus, bank.phases, bank.kvar, bank.closed) for bank in hamlet.capacitors}
    assert banks == {"bank_ab": ("far", "ab", 800.0, True), "bank_c": ("far", "c", 400.0, False)}


def test_transformers(hamlet: Network) -> None:
    pole: Transformer = by_name(hamlet.transformers, "pole")
    assert [(w.bus, w.phases, w.kv, w.kva) for w in pole.windings] == [
        ("far", "b", 7.2, 25.0),
        ("pole_low", "1", 0.12, 25.0),
        ("pole_low", "2", 0.12, 25.0),
    ]
    assert [w.r_pct for w in pole.windings] == pytest.approx([0.5, 1.0, 1.0])
    assert pole.x_pct == pytest.approx((2.4, 2.4, 1.6))  # 0.8 + 0.4, and 0.4 + 0.4, times 2 %
    works: Transformer = by_name(hamlet.transformers, "works")
    assert [(w.connection, w.kv, w.r_pct) for w in works.windings] == [
        ("delta", pytest.approx(12.47), pytest.approx(0.5)),
        ("wye", pytest.approx(0.48), pytest.approx(0.5)),
    ]
    assert (works.x_pct, works.lead, works.rating_kva) == ((pytest.approx(6.0),), False, 500.0)


def test_the_impedance_of_one_phase_is_that_of_the_written_voltage(hamlet: Network) -> None:
    """2 % of 480^2 / 30 kVA is 0.1536 ohm, which is 6 % of 277.1^2 / 30 kVA."""
    shed: Transformer = by_name(hamlet.transformers, "shed")
    assert [w.kv for w in shed.windings] == pytest.approx([12.47 / 3**0.5, 0.277128], rel=1e-6)
    assert shed.x_pct == (pytest.approx(6.0, rel=1e-4),)


def test_the_source(hamlet: Network) -> None:
    (source,) = hamlet.sources
    assert (source.bus, source.phases, source.voltage_pu) == ("head", "abc", pytest.approx(1.02))


def test_what_is_lost_is_named_with_its_line(hamlet: Network) -> None:
    lost = {(note.text.split(":")[0], str(note.origin)) for note in hamlet.lost()}
    assert lost == {("load pump", "hamlet.glm:68"), ("house cottage", "hamlet.glm:120")}


def test_what_has_no_effect_is_noted_once(hamlet: Network) -> None:
    unused = [note.text for note in hamlet.notes if note.weight is Weight.UNUSED]
    assert [text.split(":")[0] for text in unused] == [
        "statements clock",
        "statements module",
        "objects of class recorder (1)",
    ]


FAULTS = {
    "object load { phases AN; nominal_voltage 7200; parent nobody; }": "does not name an object",
    "object overhead_line { phases A; from a; to b; length 3 furlongs; configuration c; }": "units that are known",
    "object node { name a; phases ABC; nominal_voltage 7200; }": "Two objects are called a",
    "object node { name x; phases ABC; nominal_voltage -1; }": "has to be above zero",
    "object node { name x; nominal_voltage 1; }": "has no phases",
    "object node { name x; phases A; }": "has no nominal_voltage",
    "object node { name x; phases A; parent y; } object node { name y; phases A; parent x; }": "circle",
    "object node { name x; phases A": "does not end",
    "object house:..10 { }": "several objects",
    "object node { name ${NOBODY}; }": "nobody defined",
    "object node { on_init system; }": "runs something",
    "nonsense": "neither an object nor a statement",
    "#if A > 3": "is not read",
    "#ifdef A": "does not end",
}


@pytest.mark.parametrize("text", FAULTS)
def test_faults_are_named(text: str, tmp_path: Path) -> None:
    start = "object node { name a; phases ABC; bustype SWING; nominal_voltage 7200; }\n"
    with pytest.raises(ImportRefused, match=FAULTS[text]) as refused:
        READER.read(written(tmp_path, start + text + "\n"))
    assert refused.value.findings[0].file == "model.glm"


def test_definitions_do_not_grow_without_end(tmp_path: Path) -> None:
    tower = "#define A0=xxxxxxxxxx\n" + "".join(f"#define A{n + 1}={f'${{A{n}}}' * 10}\n" for n in range(30))
    with pytest.raises(ImportRefused, match="more than 4,096 characters"):
        READER.read(written(tmp_path, tower))


def test_a_folder_is_read_from_the_model_that_runs(tmp_path: Path) -> None:
    for name in ("hamlet.glm", "hamlet_wires.glm"):
        (tmp_path / name).write_text((SMALL / name).read_text())
    assert READER.looks_like(tmp_path, b"")
    assert READER.read(tmp_path).counts() == read(SMALL / "hamlet.glm").counts()
    (tmp_path / "other.glm").write_text("module powerflow;\n")
    with pytest.raises(ImportRefused, match="2 models"):
        READER.read(tmp_path)


# A collection of feeders, and what the engine of GridLAB-D says of them.


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> tuple[str, Network, str]:
    """Name, network, and the text of the model with what it includes."""
    path = feeder(f"gridlabd/{MODELS[request.param]}")
    files = sorted(path.rglob("*.glm")) if path.is_dir() else [path]
    text = re.sub(r"//.*", "", "\n".join(file.read_text() for file in files))
    return request.param, read(path), text


def blocks(text: str, *kinds: str) -> list[str]:
    """The text of each object of some classes, up to its first closing bracket."""
    return re.findall(rf"object\s+(?:{'|'.join(kinds)})\b[^{{]*\{{(.*?)\}}", text, re.DOTALL)


def test_nothing_of_the_collection_is_lost(model: tuple[str, Network, str]) -> None:
    assert model[1].lost() == ()


def test_counts_are_those_of_the_text(model: tuple[str, Network, str]) -> None:
    _, network, text = model
    nodes = blocks(text, "node", "meter", "load", "capacitor", "triplex_node", "triplex_meter", "triplex_load")
    assert len(network.buses) == sum(not re.search(r"^\s*parent\s", block, re.MULTILINE) for block in nodes)
    lines = blocks(text, "overhead_line", "underground_line", "triplex_line", "switch", "fuse")
    assert len(network.lines) == len(lines)
    assert sum(not unit.regulator for unit in network.transformers) == len(blocks(text, "transformer"))


KW = {"IEEE_13": (3466, 2102), "IEEE_34": (1769, 1044), "IEEE_37": (2457, 1201), "IEEE_123": (3490, 1925)}
"""Of the test feeders as published; that of 123 nodes has 1920 kvar there, and 5 more in this file."""


@pytest.mark.parametrize("name", KW)
def test_demand_is_that_of_the_test_feeders(name: str) -> None:
    network = read(feeder(f"gridlabd/{MODELS[name]}"))
    found = sum(load.kw for load in network.loads), sum(load.kvar for load in network.loads)
    assert found == pytest.approx(KW[name], rel=1e-4)


def test_constant_power_is_that_of_the_text(model: tuple[str, Network, str]) -> None:
    _, network, text = model
    figures = [pair(value, "va") or 0j for value in re.findall(r"constant_power_\w+\s+([^;]+);", text)]
    constant = [load for load in network.loads if load.kw_exponent == 0.0]
    assert sum(load.kw for load in constant) == pytest.approx(sum(s.real for s in figures) / 1000)
    assert sum(load.kvar for load in constant) == pytest.approx(sum(s.imag for s in figures) / 1000)


def test_voltages_are_those_of_the_engine(model: tuple[str, Network, str]) -> None:
    """A power flow of what was read, in per unit of each node; dead nodes and one without a neutral are left out."""
    name, network, text = model
    volts = Flow(network).solve(unbalanced_source(network, text))
    kv = {bus.name: bus.kv_ln for bus in network.buses}
    apart, dead = [], 0
    with open(feeder(f"gridlabd/reference/{name}_voltages.csv"), newline="") as stream:
        for row in csv.DictReader(stream):
            for column, letters in LETTERS.items():
                found = next((volts[row["node_name"], p] for p in letters if (row["node_name"], p) in volts), None)
                if found is None or row["node_name"] in FLOATS:
                    continue
                dead += abs(found) < 1.0
                if abs(found) >= 1.0:
                    apart.append(abs(abs(found) - float(row[f"volt{column}_mag"])) / kv[row["node_name"]] / 1000)
    assert max(apart) < 1e-4
    assert len(apart) + dead >= sum(len(bus.phases) for bus in network.buses if bus.name not in FLOATS)
    assert dead == (12 if name == "IEEE_123" else 0)  # four buses behind open switches


FLOATS = {"node_775"}
"""Behind a delta without a neutral: its voltages to one are a matter of taste."""


def unbalanced_source(network: Network, text: str) -> dict[tuple[str, str], complex]:
    """What the model's own swing bus holds, phase by phase."""
    (block,) = [block for block in blocks(text, "node", "meter") if "SWING" in block]
    (source,) = network.sources
    found = {phase: re.search(rf"voltage_{phase.upper()}\s+([^;]+);", block) for phase in source.phases}
    return {(source.bus, phase): pair(match[1], "v") or 0j for phase, match in found.items() if match}


def test_a_delta_of_the_engine_keeps_its_voltages_between_phases() -> None:
    """Those that the model of 37 nodes asserts at the node that floats, to half a volt."""
    path = feeder("gridlabd/IEEE_37")
    network, text = read(path), "\n".join(file.read_text() for file in path.rglob("*.glm"))
    volts = Flow(network).solve(unbalanced_source(network, text))
    a, b, c = (volts["node_775", phase] for phase in "abc")
    assert [abs(a - b), abs(b - c), abs(c - a)] == pytest.approx([485.325, 480.576, 478.416], abs=0.5)
