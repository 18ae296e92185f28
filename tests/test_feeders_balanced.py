"""Balanced networks of MATPOWER, pandapower and PyPSA: by hand arithmetic, and against what other engines say."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from tests.balanced_flow import flow
from tests.feeders import SMALL, feeder
from v2g.errors import ImportRefused, V2GError
from v2g.feeders import READERS, guess, matpower
from v2g.feeders.importing import import_feeder
from v2g.feeders.matlab import Workspace
from v2g.feeders.matpower import Matpower
from v2g.feeders.network import Load, Network, Weight
from v2g.feeders.pandapower import Pandapower, network_of
from v2g.feeders.pypsa import Pypsa

OHMS, LANE, QUAY = SMALL / "ohms.m", SMALL / "lane.json", SMALL / "quay"
CASES = ["case136ma", "case16ci", "case18", "case22", "case33bw", "case33mg", "case69", "case70da", "case85"]
PUBLISHED_KW = {"case33bw": 202.68, "case69": 225.0, "case136ma": 320.36}
ROOT3 = 3.0**0.5


@pytest.fixture(scope="module")
def ohms() -> Network:
    return Matpower().read(OHMS)


@pytest.fixture(scope="module")
def lane() -> Network:
    return Pandapower().read(LANE)


@pytest.fixture(scope="module")
def quay() -> Network:
    return Pypsa().read(QUAY)


def by_name(elements, name):  # type: ignore[no-untyped-def]
    (found,) = [element for element in elements if element.name == name]
    return found


def noted(network: Network, weight: Weight) -> str:
    return "\n".join(note.text for note in network.notes if note.weight is weight)


# ---------------------------------------------------------------------- MATLAB


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("-2^2", -4.0),
        ("2^-1", 0.5),
        ("2^3^2", 64.0),
        ("1 - -1", 2.0),
        ("6/2*3", 9.0),
        ("1e3 + 1.5D2", 1150.0),
        ("sqrt(16) + abs(-1)", 5.0),
        ("sin(acos(0.6))", 0.8),
        ("tan(pi/4)", 1.0),
        ("[1 -2]", [[1, -2]]),
        ("[1 - 2]", [[-1]]),
        ("[1 -2 + 1, 3]", [[1, -1, 3]]),
        ("[(1) (2)]", [[1, 2]]),
        ("[1 2; 3 4] .* 2", [[2, 4], [6, 8]]),
        ("[1 2; 3 4] .^ 2", [[1, 4], [9, 16]]),
        ("2 ./ [1 2]", [[2, 1]]),
        ("3.*[1 2]", [[3, 6]]),
        ("[1\n2 ... rest of the line\n; 3]", [[1], [2], [3]]),
        ("[a; 5 6]", [[1, 2], [3, 4], [5, 6]]),
        ("[a a]", [[1, 2, 1, 2], [3, 4, 3, 4]]),
        ("a(2, 1)", 3.0),
        ("a(:, [2 1])", [[2, 1], [4, 3]]),
        ("a(end, :)", [[3, 4]]),
        ("a(1:end, end)", [[2], [4]]),
        ("row(2:3)", [[8, 9]]),
        ("row(end - 1)", 8.0),
        ("3:-1:1", [[3, 2, 1]]),
        ("[3:-1:1]", [[3, 2, 1]]),
        ("1 % 2", 1.0),
        ("['a' 'b']", "ab"),
        ("'50 % of it''s load'", "50 % of it's load"),
        ("{'a'; 'b', {1}}", ["a", "b"]),
        ("BASE_KV", 10.0),
        ("[RATE_A TAP SHIFT BR_STATUS ANGMAX MU_ANGMAX]", [[6, 9, 10, 11, 13, 21]]),
        ("[PMAX MU_PMAX APF COST]", [[9, 22, 21, 5]]),
    ],
)
def test_arithmetic(written: str, value: object) -> None:
    workspace = Workspace()
    workspace.run(f"define_constants\na = [1 2; 3 4]; row = [7 8 9];\nx = {written};", "x.m")
    if isinstance(value, str) or (isinstance(value, list) and isinstance(value[0], str)):
        assert workspace.values["x"] == value
    else:
        assert workspace.findings == []
        assert_allclose(np.atleast_2d(np.asarray(workspace.values["x"])), np.atleast_2d(value), rtol=1e-15)


def test_slices_are_assigned() -> None:
    workspace = Workspace()
    workspace.run(
        "a = [1 2; 3 4; 5 6];\nb = a;\na(2:3, [2 1]) = a(2:3, [1 2]) * 10;\na(1, :) = 7;\n%{\na = 1;\n%}\n", "x.m"
    )
    assert_allclose(np.asarray(workspace.values["a"]), [[7, 7], [40, 30], [60, 50]])
    assert_allclose(np.asarray(workspace.values["b"]), [[1, 2], [3, 4], [5, 6]])


def test_names_of_columns_go_by_their_place() -> None:
    workspace = Workspace()
    workspace.run("[p, v, ref, none, bus] = idx_bus;\n[f, t] = idx_brch;\n[a, b] = system;", "x.m")
    assert {name: workspace.values[name] for name in ("p", "none", "bus", "f", "t")} == {
        "p": 1.0, "none": 4.0, "bus": 1.0, "f": 1.0, "t": 2.0,
    }  # fmt: skip
    assert [finding.row for finding in workspace.findings] == [3]


@pytest.mark.parametrize(
    "statement",
    [
        "if true, x = 1; end", "x = 1; y = x(2, 1);", "x = [1 2; 3];", "x = 1 / 0;", "x = sqrt(-1);", "x = (1;",
        "x = a * a;", "a(3, 1) = 1;", "a(1.5, 1) = 1;", "a(:, 1) = [1 2 3];", "x = y;", "x = 'a' * 2;", "x = a';",
        "x = @(t) t;", "x.y(1).z = 1;", "x = a{1};", "mpc = loadcase('case33bw');", "x == 1;", "x = 1 2;", "x = ;",
        "[a, b] = deal(1, 2);", "x = cd;", "function y = f(x)", "x = [7 8 9](1);",
    ],
)  # fmt: skip
def test_what_is_not_arithmetic_is_a_fault_with_its_line(statement: str) -> None:
    workspace = Workspace()
    workspace.run(f"function mpc = f\na = [1 2; 3 4];\n\n{statement}\nz = 1;", "x.m")
    assert workspace.findings
    assert {finding.row for finding in workspace.findings} == {4}
    assert workspace.findings[0].found == statement
    assert "savecase" in workspace.findings[0].remedy


# -------------------------------------------------------------------- MATPOWER


def test_units_are_those_after_the_statements_at_the_end(ohms: Network) -> None:
    """kVA at a power factor of 0.8: 500 kVA are 400 kW and 500 x 0.6 = 300 kvar. Lines stand in ohm."""
    mill = by_name(ohms.loads, "load_20")
    assert (mill.bus, mill.phases) == ("20", "abc")
    assert_allclose([mill.kw, mill.kvar], [400.0, 300.0])
    first = by_name(ohms.lines, "10-20")
    assert_allclose(first.r_ohm, 0.605 * np.eye(3))
    assert_allclose(first.x_ohm, 1.21 * np.eye(3))
    assert_allclose(first.b_us, 1e6 * 0.0004 * 2.0 / 11.0**2 * np.eye(3))  # 0.0004 p.u. of 2 MVA at 11 kV
    assert_allclose(first.rating_a, 4000.0 / (ROOT3 * 11.0))
    assert by_name(ohms.lines, "20-30").rating_a is None
    assert [line.closed for line in ohms.lines] == [True, True, False]
    assert by_name(ohms.lines, "20-30_2").x_ohm[0, 0] == pytest.approx(0.6)


def test_the_rest_of_a_matpower_case(ohms: Network) -> None:
    assert [bus.name for bus in ohms.buses] == ["10", "20", "30", "40"]
    assert_allclose([bus.kv_ln for bus in ohms.buses], np.array([11.0, 11.0, 11.0, 0.4]) / ROOT3)
    (source,) = ohms.sources
    assert (source.bus, source.voltage_pu) == ("10", 1.02)
    (generator,) = ohms.generators
    assert (generator.bus, generator.rating_kw, generator.kw) == ("40", 160.0, 50.0)
    (bank,) = ohms.capacitors
    assert bank.kvar == pytest.approx(120.0)
    (shunt,), negative = ohms.shunts, by_name(ohms.loads, "load_20_2")
    assert (shunt.bus, shunt.kw, shunt.kvar) == ("30", pytest.approx(30.0), 0.0)
    assert_allclose([negative.kw, negative.kvar], [40.0, 10.0])
    (unit,) = ohms.transformers
    high, low = unit.windings
    assert (high.bus, high.connection, high.kv, high.kva, high.tap) == (
        "30",
        "delta",
        pytest.approx(11.0),
        2000.0,
        1.05,
    )
    assert (low.bus, low.connection, low.kv, low.kva, low.tap) == ("40", "wye", pytest.approx(0.4), 2000.0, 1.0)
    assert (high.r_pct + low.r_pct, *unit.x_pct, unit.rating_kva) == (pytest.approx(2.0), pytest.approx(8.0), 200.0)
    assert not unit.lead


def test_matpower_elements_know_their_lines(ohms: Network) -> None:
    text = OHMS.read_text(encoding="utf-8").split("\n")
    (unit,) = ohms.transformers
    assert text[(unit.origin.line or 0) - 1].split()[:2] == ["30", "40"]
    assert text[(by_name(ohms.loads, "load_30").origin.line or 0) - 1].split()[0] == "30"
    assert unit.origin.file == "ohms.m"


def test_notes_of_a_matpower_case(ohms: Network) -> None:
    changed = noted(ohms, Weight.CHANGED)
    assert "in positive sequence only (3 lines)" in changed
    assert "delta-wye" in changed and "negative generators" in changed and "hold no voltage" in changed
    assert "isolated buses" in noted(ohms, Weight.UNUSED) and "out of service" in noted(ohms, Weight.UNUSED)
    assert ohms.lost() == ()


def test_what_a_case_holds_besides_is_lost() -> None:
    more = OHMS.read_text(encoding="utf-8") + "\nmpc.dcline = [1 2 3];\n"
    (note,) = matpower.network(more, "x.m", "x").lost()
    assert "mpc.dcline" in note.text
    assert note.origin.line == more[: more.index("mpc.dcline")].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("10	20	0.605", "10	21	0.605", "tbus"),
        ("30	1	250", "20	1	250", None),
        (
            "20	1	500	0	0	0	1	1	0	11",
            "20	1	500	0	0	0	1	1	0	0",
            "baseKV",
        ),
        ("10	20	0.605", "10	20	-0.605", "r"),
        ("10	20	0.605", "10	20	Inf", "r"),
        ("10	20	0.605	1.21", "10	20.5	0.605	1.21", "tbus"),
        ("10	0	0	9	-9	1.02", "10	0	0	9	-9	NaN", "Vg"),
    ],
)
def test_faults_of_a_case_have_their_line(old: str, new: str, column: str | None) -> None:
    text = OHMS.read_text(encoding="utf-8")
    assert text.count(old) == 1
    with pytest.raises(ImportRefused) as refused:
        matpower.network(text.replace(old, new), "x.m", "x")
    assert text.split("\n").index(next(line for line in text.split("\n") if old in line)) + 1 in [
        finding.row for finding in refused.value.findings if finding.column == column
    ]


@pytest.mark.parametrize("old", ["mpc.baseMVA = 2;", "mpc.branch = ["])
def test_a_case_without_a_part_is_refused(old: str) -> None:
    text = OHMS.read_text(encoding="utf-8")
    with pytest.raises(ImportRefused):
        matpower.network(text.replace(old, old.replace("mpc.", "my.")), "x.m", "x")


def test_unit_code_that_is_unknown_refuses_the_figures() -> None:
    more = OHMS.read_text(encoding="utf-8") + "\nmpc = loads_to_mw(mpc);\n"
    with pytest.raises(ImportRefused, match="loads_to_mw"):
        matpower.network(more, "x.m", "x")


@pytest.mark.parametrize("name", CASES)
def test_matpower_cases_agree_with_the_reference(name: str) -> None:
    """Figures of a Newton power flow of pandapower 3.5.6, and losses in print where there are some."""
    folder = feeder("matpower")
    told = json.loads((folder / "reference" / f"{name}_summary.json").read_text(encoding="utf-8"))
    network = Matpower().read(folder / f"{name}.m")
    branches = [*network.lines, *network.transformers]
    assert len(network.buses) == told["buses"]
    assert len(branches) == told["branches"]
    assert sum(not branch.closed for branch in branches) == told["open_branches"]
    assert_allclose(sum(load.kw for load in network.loads), 1000.0 * told["load_mw"], rtol=1e-9)
    assert_allclose(sum(load.kvar for load in network.loads), 1000.0 * told["load_mvar"], atol=6e-4)
    rated = sum(line.rating_a is not None for line in network.lines)
    assert rated == told["rate_a_nonzero"]
    state = flow(network)
    assert state.losses_kw == pytest.approx(told["losses_kw"], abs=6e-4)
    assert state.losses_kw == pytest.approx(PUBLISHED_KW.get(name, state.losses_kw), rel=1e-4)
    assert state.lowest == pytest.approx(told["v_pu_min"], abs=1e-6)
    with open(folder / "reference" / f"{name}_voltages.csv", encoding="utf-8") as stream:
        volts = sorted(float(row["v_pu"]) for row in csv.DictReader(stream))
    assert_allclose(sorted(abs(v) for v in state.volts.values()), volts, atol=1e-6)


def plain_tree(text: str) -> tuple[dict[int, complex], dict[int, tuple[int, complex]]]:
    """kW and kvar of buses, and parent and ohm of their closed branches, straight from the numbers of case33bw."""
    rows = {
        name: [[float(word) for word in row.rstrip("; \t").split()] for row in block.strip().split("\n")]
        for name, block in re.findall(r"mpc\.(bus|branch) = \[[^\n]*\n(.*?)\];", text, re.DOTALL)
    }
    loads = {int(row[0]): complex(row[2], row[3]) for row in rows["bus"]}
    return loads, {int(row[1]): (int(row[0]), complex(row[2], row[3])) for row in rows["branch"] if row[10] == 1}


def test_three_even_phases_have_the_lossless_voltages_of_one() -> None:
    """LinDistFlow of case33bw: v^2 falls by 2 (r P + x Q) / V^2, once of the whole, and once of a phase of the network.

    For the whole, P in kW and V = 12.66 kV between phases; for a phase, a third of P and 12.66 / sqrt 3 kV: the same.
    """
    path = feeder("matpower") / "case33bw.m"
    loads, parents = plain_tree(path.read_text(encoding="utf-8"))
    behind = dict(loads)
    for bus in sorted(parents, reverse=True):  # a bus has a larger number than its parent
        behind[parents[bus][0]] += behind[bus]
    squares = {1: 1.0}
    for bus in sorted(parents):
        parent, z = parents[bus]
        squares[bus] = squares[parent] - 2.0 * (z.real * behind[bus].real + z.imag * behind[bus].imag) / 1e3 / 12.66**2
    network = Matpower().read(path)
    kv_ln = network.buses[0].kv_ln
    demand = {load.bus: complex(load.kw, load.kvar) / 3.0 for load in network.loads}
    closed = {line.to_bus: line for line in network.lines if line.closed}
    phase = {"1": 1.0}
    for bus in sorted(closed, key=int):
        line = closed[bus]
        served = sum(s for name, s in demand.items() if bus in way_up(name, closed))
        drop = line.r_ohm[0, 0] * served.real + line.x_ohm[0, 0] * served.imag
        phase[bus] = phase[line.from_bus] - 2.0 * drop / 1e3 / kv_ln**2
    assert_allclose([phase[str(bus)] for bus in squares], list(squares.values()), rtol=1e-12)
    assert min(phase.values()) ** 0.5 > flow(network).lowest  # without losses it is higher


def way_up(bus: str, closed) -> list[str]:  # type: ignore[no-untyped-def]
    found = [bus]
    while found[-1] in closed:
        found.append(closed[found[-1]].from_bus)
    return found


# ------------------------------------------------------------------ pandapower


def test_lines_of_pandapower(lane: Network) -> None:
    """Two cables of 2 km side by side, with a zero sequence: z1 = 0.3 + 0.12j, z0 = 1.2 + 0.36j ohm in all."""
    cable = by_name(lane.lines, "cable")
    assert_allclose(cable.r_ohm, [[0.6, 0.3, 0.3], [0.3, 0.6, 0.3], [0.3, 0.3, 0.6]])
    assert_allclose(cable.x_ohm, [[0.2, 0.08, 0.08], [0.08, 0.2, 0.08], [0.08, 0.08, 0.2]])
    b1, b0 = (2.0 * np.pi * 50.0 * nf * 1e-3 * 2.0 * 2.0 for nf in (250.0, 100.0))
    assert_allclose(cable.b_us[0], [(2.0 * b1 + b0) / 3.0, (b0 - b1) / 3.0, (b0 - b1) / 3.0])
    assert cable.rating_a == pytest.approx(200.0 * 0.9 * 2.0)
    street = by_name(lane.lines, "street")
    assert_allclose(street.r_ohm, 0.06 * np.eye(3))
    assert street.rating_a == pytest.approx(270.0)
    assert by_name(lane.lines, "yard").rating_a is None  # 99,999 kA
    assert "in positive sequence only (4 lines)" in noted(lane, Weight.CHANGED)


def test_switches_of_pandapower(lane: Network) -> None:
    states = {line.name: (line.switch, line.closed) for line in lane.lines if line.switch}
    assert states == {"tie": (True, False), "coupler": (True, True), "spare": (True, False)}
    coupler = by_name(lane.lines, "coupler")
    assert (coupler.from_bus, coupler.to_bus, coupler.rating_a) == ("square", "barn", 400.0)
    assert not coupler.r_ohm.any() and not coupler.x_ohm.any()


def test_transformer_of_pandapower(lane: Network) -> None:
    (unit,) = lane.transformers
    high, low = unit.windings
    assert (high.bus, high.connection, high.kv, high.kva, high.tap) == ("square", "delta", 10.0, 250.0, 1.025)
    assert (low.bus, low.connection, low.kv, low.kva, low.tap) == ("cellar", "wye", 0.42, 250.0, 1.0)
    assert high.r_pct + low.r_pct == pytest.approx(1.2)
    assert unit.x_pct[0] == pytest.approx((16.0 - 1.44) ** 0.5)
    assert (unit.rating_kva, unit.lead, unit.closed) == (250.0, False, True)


def test_devices_of_pandapower(lane: Network) -> None:
    heater, mixed = by_name(lane.loads, "heater"), by_name(lane.loads, "mixed")
    assert (heater.bus, heater.kw, heater.kvar, heater.kw_exponent, heater.kvar_exponent) == (
        "barn",
        150.0,
        50.0,
        2.0,
        2.0,
    )
    assert (mixed.kw_exponent, mixed.kvar_exponent) == (pytest.approx(2 * 0.3 + 0.2), 0.0)
    yards = {load.phases: (load.kw, load.kvar) for load in lane.loads if load.bus == "mill_2"}
    assert yards == {"a": (3.0, 1.0), "b": (6.0, 2.0), "c": (9.0, 3.0)}
    (bank,), (roof,), (chp,), (box,), (feed,) = lane.capacitors, lane.solar, lane.generators, lane.storage, lane.sources
    assert (bank.bus, bank.kvar) == ("pond", 100.0)
    assert [(shunt.bus, shunt.kw) for shunt in lane.shunts] == [("pond", pytest.approx(2.0))]
    assert (roof.bus, roof.rating_kw, roof.rating_kva) == ("mill", 50.0, 50.0)
    assert (chp.rating_kw, chp.kw) == (40.0, 30.0)
    assert (box.capacity_kwh, box.start_kwh, box.reserve_kwh, box.charge_kw, box.discharge_kw) == (
        100.0, pytest.approx(60.0), pytest.approx(10.0), 50.0, 50.0,
    )  # fmt: skip
    assert (feed.bus, feed.voltage_pu) == ("station", 1.02)
    assert lane.frequency_hz == 50.0
    assert "mixed dependence" in noted(lane, Weight.CHANGED) and "'mill'" in noted(lane, Weight.CHANGED)
    assert "table load" in noted(lane, Weight.UNUSED)


def test_state_of_a_pandapower_network(lane: Network) -> None:
    """Voltages and losses of pandapower 3.5.6 (``runpp``, transformer as T) of the file without panels and sets."""
    state = flow(replace(lane, generators=()))
    told = [1.02, 1.01916017, 1.03351589, 1.00033814, 0.99547854, 1.02052017, 1.01916017]
    assert_allclose([abs(state.volts[bus.name]) for bus in lane.buses], told, atol=2e-6)
    assert state.losses_kw == pytest.approx(3.4714098, abs=2e-4)


def tables_of(path: Path) -> dict[str, dict[str, list]]:  # type: ignore[type-arg]
    parts = json.loads(path.read_text(encoding="utf-8"))["_object"]
    return {name: json.loads(part["_object"]) for name, part in parts.items() if isinstance(part, dict)}


def test_a_network_in_memory_is_the_same(lane: Network) -> None:
    """A stand-in for a network of pandapower: a mapping of frames and plain values."""
    net: dict[str, object] = {
        "name": "lane",
        "f_hz": 50.0,
        "std_types": {"line": {}},
        "trafo3w": pd.DataFrame({"name": []}),
    }
    for name, table in tables_of(LANE).items():
        net[name] = pd.DataFrame(table["data"], index=table["index"], columns=table["columns"])
    other = network_of(net)
    assert other.counts() == lane.counts()
    assert other.loads == lane.loads and other.transformers == lane.transformers and other.storage == lane.storage
    assert [note.text for note in other.notes] == [note.text for note in lane.notes]
    assert flow(other).losses_kw == pytest.approx(flow(lane).losses_kw, rel=1e-12)


def lane_with(folder: Path, table: str, row: int, column: str, value: object) -> Path:
    """The file with another cell."""
    whole = json.loads(LANE.read_text(encoding="utf-8"))
    part = json.loads(whole["_object"][table]["_object"])
    if column == "index":
        part["index"][row] = value
    else:
        part["data"][row][part["columns"].index(column)] = value
    whole["_object"][table]["_object"] = json.dumps(part)
    path = folder / "net.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "told"),
    [
        ("line", 3, "from_bus", 99, "from_bus"),
        ("line", 3, "r_ohm_per_km", float("nan"), "r_ohm_per_km"),
        ("line", 3, "r_ohm_per_km", None, "r_ohm_per_km"),
        ("line", 3, "r_ohm_per_km", "__import__('os')", "r_ohm_per_km"),
        ("line", 3, "length_km", -1.0, "length_km"),
        ("line", 3, "in_service", "perhaps", "in_service"),
        ("bus", 2, "vn_kv", 0.0, "vn_kv"),
        ("trafo", 0, "vkr_percent", 5.0, "vkr_percent"),
        ("load", 0, "p_mw", True, "p_mw"),
        ("load", 0, "p_mw", 10**400, "p_mw"),
    ],
)
def test_faults_of_pandapower_have_table_row_and_column(
    tmp_path: Path, table: str, row: int, column: str, value: object, told: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        Pandapower().read(lane_with(tmp_path, table, row, column, value))
    assert (f"net.json/{table}", row, told) in [(f.file, f.row, f.column) for f in refused.value.findings]


def test_an_index_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="twice"):
        Pandapower().read(lane_with(tmp_path, "bus", 3, "index", 2))


def test_a_table_with_two_columns_of_one_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    text = LANE.read_text(encoding="utf-8").replace('\\"df\\",\\"parallel\\"', '\\"df\\",\\"df\\"')
    assert text != LANE.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ImportRefused, match="columns of different names"):
        Pandapower().read(path)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"_class": "pandapowerNet"}', '{"_class": "pandapowerNet", "_object": {}}']
)
def test_what_is_no_network_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "net.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ImportRefused):
        Pandapower().read(path)


@pytest.mark.parametrize(
    ("group", "degrees", "told"),
    [
        ("Dyn5", 150.0, ("delta", "wye", False)),
        ("Dyn11", -30.0, ("delta", "wye", True)),
        ("YNyn0", 0.0, ("wye", "wye", False)),
        ("Yd1", 30.0, ("wye", "delta", False)),
        (None, 330.0, ("delta", "wye", True)),
        (None, 0.0, ("wye", "wye", False)),
    ],
)
def test_vector_groups(tmp_path: Path, group: str | None, degrees: float, told: tuple[str, str, bool]) -> None:
    path = lane_with(tmp_path, "trafo", 0, "vector_group", group)
    whole = json.loads(path.read_text(encoding="utf-8"))
    part = json.loads(whole["_object"]["trafo"]["_object"])
    part["data"][0][part["columns"].index("shift_degree")] = degrees
    whole["_object"]["trafo"]["_object"] = json.dumps(part)
    path.write_text(json.dumps(whole), encoding="utf-8")
    (unit,) = Pandapower().read(path).transformers
    assert (*(winding.connection for winding in unit.windings), unit.lead) == told


def test_tables_that_are_not_taken_over_are_lost(tmp_path: Path) -> None:
    whole = json.loads(LANE.read_text(encoding="utf-8"))
    for name in ("motor", "res_bus", "controller", "measurement"):
        table = {"columns": ["name"], "index": [7], "data": [["pump"]]}
        whole["_object"][name] = {"_module": "pandas.core.frame", "_class": "DataFrame", "_object": json.dumps(table)}
    path = tmp_path / "net.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    network = Pandapower().read(path)
    (note,) = network.lost()
    assert "motor" in note.text and str(note.origin) == "net.json/motor:7"
    assert "1 controller: " in noted(network, Weight.CHANGED)


# ----------------------------------------------------------------------- PyPSA


def test_lines_of_pypsa(quay: Network) -> None:
    feeder_, spur = quay.lines
    assert_allclose(feeder_.r_ohm, 0.9 * np.eye(3))
    assert_allclose(feeder_.b_us, 200.0 * np.eye(3))  # 0.0002 S
    assert feeder_.rating_a == pytest.approx(8000.0 * 0.9 / (ROOT3 * 20.0))
    assert_allclose(spur.r_ohm, 0.2 * 0.2 / 2.0 * np.eye(3))  # ohm/km x km / beside each other
    assert_allclose(spur.x_ohm, 0.08 * 0.2 / 2.0 * np.eye(3))
    assert_allclose(spur.b_us[0, 0], 2.0 * np.pi * 50.0 * 300e-3 * 0.2 * 2.0)
    assert spur.rating_a == pytest.approx(200.0 / (ROOT3 * 0.4))
    assert "lines that are not active" in noted(quay, Weight.UNUSED)


def test_transformer_of_pypsa(quay: Network) -> None:
    """Tap -1 of 2.5 % on the side of bus0, vsc 5 % and vscr 1.4 %: x = sqrt(25 - 1.96) = 4.8 %."""
    (unit,) = quay.transformers
    high, low = unit.windings
    assert (high.bus, high.kv, high.kva, high.tap) == ("pier", pytest.approx(20.0), 630.0, 0.975)
    assert (low.bus, low.kv, low.tap) == ("dock", pytest.approx(0.4), 1.0)
    assert (high.r_pct + low.r_pct, unit.x_pct[0]) == (pytest.approx(1.4), pytest.approx(4.8))
    assert (high.connection, low.connection, unit.lead, unit.rating_kva) == ("delta", "wye", False, 630.0)


def test_devices_of_pypsa(quay: Network) -> None:
    crane, lamps = quay.loads
    assert (crane.kw, crane.kvar) == (120.0, 30.0)  # the first of its series; kvar has none
    assert (lamps.kw, lamps.kvar) == (20.0, 0.0)
    (bank,), (roof,), (diesel,), (grid,) = quay.capacitors, quay.solar, quay.generators, quay.sources
    assert bank.kvar == pytest.approx(0.0005 * 20.0**2 * 1000.0)
    assert (roof.bus, roof.rating_kw) == ("dock", 50.0)
    assert (diesel.name, diesel.rating_kw) == ("set", 200.0)
    assert (grid.bus, grid.voltage_pu) == ("gate", 1.01)
    box, tank = quay.storage
    assert (box.capacity_kwh, box.start_kwh, box.charge_kw, box.charge_eff, box.discharge_eff) == (
        200,
        150,
        100,
        0.95,
        0.9,
    )
    assert (tank.capacity_kwh, tank.start_kwh, tank.charge_kw) == (40.0, 10.0, 40.0)
    assert quay.lonlat and (quay.buses[0].x, quay.buses[0].y) == (4.1, 52.0)
    assert_allclose([bus.kv_ln for bus in quay.buses], np.array([20.0, 20.0, 0.4, 0.4]) / ROOT3)
    assert "2026-01-15 00:00:00" in noted(quay, Weight.CHANGED)


def test_state_of_a_pypsa_network(quay: Network) -> None:
    """Voltages and losses of PyPSA 1.4.0 (``pf``, transformer as pi) of the same folder without its store."""
    state = flow(replace(quay, generators=()))
    told = [1.01, 1.009872166755748, 1.0303874006139482, 1.0141148169936813]
    assert_allclose([abs(state.volts[bus.name]) for bus in quay.buses], told, atol=1e-8)
    assert state.losses_kw == pytest.approx(0.14431143 + 1.85960999 + 0.44099047, abs=1e-6)


@pytest.mark.parametrize(
    ("file", "old", "new", "row", "column"),
    [
        ("lines.csv", "spur,dock", "spur,deck", 3, "bus0"),
        ("lines.csv", "own cable", "NAYY 4x50 SE", 3, "type"),
        ("lines.csv", "3,1,0.9,0.36,0.0002", "3,1,-0.9,0.36,0.0002", 2, "r"),
        ("lines.csv", "3,1,0.9,0.36,0.0002", "3,1,1_0,0.36,0.0002", 2, "r"),
        ("lines.csv", "old,pier", "spur,pier", 4, None),
        ("buses.csv", "dock,0.4", "pier,0.4", 4, None),
        ("buses.csv", "dock,0.4", "dock,0", 4, "v_nom"),
        ("loads-p_set.csv", "00:00:00,0.12", "00:00:00,much", 2, "crane"),
        ("generators.csv", "PQ,0.05", "PQ,-0.05", 3, "p_nom"),
        ("loads.csv", "lamps,dock,0.02,0", "lamps,dock,0.02,0,7", 3, None),
    ],
)
def test_faults_of_pypsa_have_file_row_and_column(
    tmp_path: Path, file: str, old: str, new: str, row: int, column: str | None
) -> None:
    folder = tmp_path / "quay"
    shutil.copytree(QUAY, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ImportRefused) as refused:
        Pypsa().read(folder)
    assert (file, row, column) in [(f.file, f.row, f.column) for f in refused.value.findings]


def test_files_of_other_folders_are_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "quay"
    shutil.copytree(QUAY, folder)
    (folder / "lines.csv").rename(tmp_path / "elsewhere.csv")
    (folder / "lines.csv").symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(ImportRefused, match="not a file of the folder"):
        Pypsa().read(folder)


def test_links_and_other_carriers_are_lost_and_a_slack_is_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "quay"
    shutil.copytree(QUAY, folder)
    (folder / "links.csv").write_text("name,bus0,bus1,p_nom\ncable,gate,pier,1\n", encoding="utf-8")
    generators = (folder / "generators.csv").read_text(encoding="utf-8").replace("Slack", "PQ")
    (folder / "generators.csv").write_text(generators, encoding="utf-8")
    with open(folder / "buses.csv", "a", encoding="utf-8") as stream:
        stream.write("boiler,1,0,0,1,heat\n")
    network = Pypsa().read(folder)
    assert [str(note.origin) for note in network.lost()] == ["buses.csv:6", "links.csv:2"]
    assert [source.name for source in network.sources] == ["grid"]
    assert "no generator has control Slack" in noted(network, Weight.CHANGED)


# ------------------------------------------------------------------------- all


@pytest.mark.parametrize(("path", "name"), [(OHMS, "matpower"), (LANE, "pandapower"), (QUAY, "pypsa")])
def test_formats_are_known_by_their_content(path: Path, name: str) -> None:
    assert guess(path) == name
    assert READERS[name].name == name


def test_a_case_folder_of_ours_is_not_one_of_pypsa(tmp_path: Path) -> None:
    import_feeder(QUAY, tmp_path / "case")
    assert (tmp_path / "case" / "buses.csv").is_file() and (tmp_path / "case" / "lines.csv").is_file()
    with pytest.raises(V2GError):
        guess(tmp_path / "case")


@pytest.mark.parametrize(("path", "files"), [(LANE, {"lane.json"}), (QUAY, None)])
def test_tables_inside_a_file_and_the_folder_itself_are_no_files(
    path: Path, files: set[str] | None, tmp_path: Path
) -> None:
    imported = import_feeder(path, tmp_path / "case")
    wanted = files or {name for name in imported.files if (QUAY / name).is_file()}
    assert set(imported.files) == wanted
    assert set(json.loads((tmp_path / "case" / "import.json").read_text())["sha256"]) == wanted


def test_a_load_of_mixed_kw_and_kvar_counts_once(tmp_path: Path) -> None:
    """The load ``mixed`` has 30 % and 20 % in kW, and now 50 % of constant impedance in kvar as well."""
    network = Pandapower().read(lane_with(tmp_path, "load", 2, "const_z_q_percent", 50.0))
    assert "agrees at nominal voltage: 1, such as mixed" in noted(network, Weight.CHANGED)
    assert by_name(network.loads, "mixed").kvar_exponent == pytest.approx(2 * 0.5)


def test_losses_of_storage_that_stands_are_noted(tmp_path: Path) -> None:
    (tmp_path / "quay").mkdir()
    for path in QUAY.iterdir():
        shutil.copy(path, tmp_path / "quay")
    (tmp_path / "quay" / "stores.csv").write_text(
        "name,bus,e_nom,standing_loss\ntank,pier,0.1,0.01\n", encoding="utf-8"
    )
    network = Pypsa().read(tmp_path / "quay")
    assert "storage without its standing losses: 1, such as tank" in noted(network, Weight.CHANGED)


def test_limits_of_kvar_below_the_rating_are_noted() -> None:
    """160 kW at bus 40: limits of 1 MVAr never bind below that, limits of 0.1 MVAr do."""
    text = OHMS.read_text(encoding="utf-8")
    said = "limits of kvar of generators are left out; their rating alone holds: 1, such as gen_40"
    assert said not in noted(matpower.network(text, "ohms.m", "ohms"), Weight.CHANGED)
    tight = text.replace("40\t0.05\t0\t1\t-1\t1\t0.2\t1", "40\t0.05\t0\t0.1\t-0.1\t1\t0.2\t1")
    assert tight != text
    endless = text.replace("40\t0.05\t0\t1\t-1\t1\t0.2\t1", "40\t0.05\t0\tInf\t-Inf\t1\t0.2\t1")
    assert endless != text
    assert said not in noted(matpower.network(endless, "ohms.m", "ohms"), Weight.CHANGED)
    assert said in noted(matpower.network(tight, "ohms.m", "ohms"), Weight.CHANGED)


def test_what_a_case_of_matpower_says_besides_is_noted() -> None:
    """Bus 20 alone may go from 0.95 to 1.05 and not from 0.9 to 1.1; costs and names of buses stand in the file."""
    text = OHMS.read_text(encoding="utf-8")
    rows = text.splitlines()
    rows[6] = rows[6].replace("1.1\t0.9", "1.05\t0.95")
    text = "\n".join(rows)
    network = matpower.network(text, "ohms.m", "ohms")
    assert "mpc.gencost: no plan needs it" in noted(network, Weight.UNUSED)
    assert "mpc.bus_name: buses are called by their number" in noted(network, Weight.CHANGED)
    assert {bus.name: (bus.vmin_pu, bus.vmax_pu) for bus in network.buses if bus.vmin_pu} == {"20": (0.95, 1.05)}


@pytest.mark.parametrize("path", [OHMS, LANE, QUAY])
def test_small_networks_become_cases(path: Path, tmp_path: Path) -> None:
    imported = import_feeder(path, tmp_path / "case")
    network: Network = READERS[imported.reader].read(path)
    assert {bus.name for bus in network.buses} == set(imported.case.tables["buses"]["bus"])
    served = {load.name: load for load in network.loads if load.kw}
    rows = imported.case.tables["loads"].set_index("load")
    assert set(rows.index) == set(served)
    assert all(isinstance(load, Load) and rows.loc[name, "kw"] == load.kw for name, load in served.items())
