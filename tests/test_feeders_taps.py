"""Ranges of taps: from the file that has them into a case, and from a plan into a circuit that runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dss_engine import answers
from tests.feeders import SMALL
from tests.test_exports_opendss import PROGRAM
from tests.test_regulators import hill
from v2g.errors import ImportRefused
from v2g.exports.exporting import export
from v2g.feeders.balanced import Record
from v2g.feeders.gridlabd.reader import READER as GRIDLABD
from v2g.feeders.importing import import_feeder
from v2g.feeders.network import Network, TapRange
from v2g.feeders.pandapower import Pandapower
from v2g.feeders.pandapower_taps import moved
from v2g.planning import solve

COLUMNS = ["tap_min", "tap_max", "tap_step"]


def row(source: Path, folder: Path, name: str) -> dict[str, Any]:
    """Columns of a transformer of the case that a file gives."""
    table = import_feeder(source, folder, fold=False, accept=True).case.table("transformers")
    return dict(table.set_index("transformer").loc[name])


# CIM

STEPS = "<cim:TapChanger.step>8</cim:TapChanger.step>"
CONTROL = '<cim:TapChangerControl rdf:about="urn:uuid:ctl"><cim:IdentifiedObject.name>c</cim:IdentifiedObject.name>'


def controlled(folder: Path, low: int, high: int) -> Path:
    """The hamlet with a control for the tap of its works, which stands at +8 steps of 0.625 % on the low side."""
    text = (SMALL / "hamlet.xml").read_text(encoding="utf-8")
    assert text.count(STEPS) == 1
    more = f"<cim:TapChanger.lowStep>{low}</cim:TapChanger.lowStep>"
    more += f"<cim:TapChanger.highStep>{high}</cim:TapChanger.highStep>"
    more += '<cim:TapChanger.TapChangerControl rdf:resource="urn:uuid:ctl"/>'
    text = text.replace(STEPS, STEPS + more).replace("</rdf:RDF>", f"{CONTROL}</cim:TapChangerControl></rdf:RDF>")
    path = folder / "hamlet.xml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_tap_of_cim_under_control_has_its_range(tmp_path: Path) -> None:
    """16 steps of 0.625 % either way: 0.9 to 1.1 of the low winding, which stands at 1 + 8 * 0.00625 = 1.05."""
    found = row(controlled(tmp_path, -16, 16), tmp_path / "case", "works")
    at = found["tap_a"]
    assert [found[key] / at for key in COLUMNS] == pytest.approx([0.9 / 1.05, 1.1 / 1.05, 0.2 / 32 / 1.05])
    assert found["tap_ganged"]


def test_a_tap_of_cim_beyond_its_steps_is_held_and_said(tmp_path: Path) -> None:
    done = import_feeder(controlled(tmp_path, -4, 4), tmp_path / "case", fold=False, accept=True)
    assert done.case.table("transformers")["tap_max"].isna().all()
    assert any("no range of steps around their tap" in note.text for note in done.notes)


# GridLAB-D

GLM = """
module powerflow {{ solver_method NR; }}
object regulator_configuration {{ name rc; connect_type WYE_WYE; regulation {regulation}; raise_taps 16;
    lower_taps 16; {more} tap_pos_A {taps[0]}; tap_pos_B {taps[1]}; tap_pos_C {taps[2]}; }}
object regulator {{ name r; phases ABCN; configuration rc; from s; to e; }}
object node {{ name s; bustype SWING; phases ABCN; nominal_voltage 2400; }}
object load {{ name e; phases ABCN; nominal_voltage 2400; constant_power_A 10000+2000j; }}
"""


def glm(folder: Path, more: str, taps: tuple[int, int, int] = (4, 4, 4), regulation: float = 0.1) -> Path:
    path = folder / "model.glm"
    path.write_text(GLM.format(more=more, taps=taps, regulation=regulation), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("A", (0.9, 1.1, 0.2 / 32, 1.025)), ("B", (1 / 1.1, 1 / 0.9, (1 / 0.9 - 1 / 1.1) / 32, 1 / 0.975))],
)
def test_a_regulator_of_gridlabd_under_control_has_its_range(
    kind: str, expected: tuple[float, ...], tmp_path: Path
) -> None:
    """Type A: 1 + t, type B: 1 / (1 - t), t from -0.1 to 0.1 in 32 steps; 4 of 16 are t = 0.025 (Kersting, 7.4)."""
    path = glm(tmp_path, f"Type {kind}; Control OUTPUT_VOLTAGE; band_center 2400; band_width 40;")
    for phase in "abc":
        found = row(path, tmp_path / f"case_{phase}", f"r_{phase}")
        assert [found[key] for key in (*COLUMNS, f"tap_{phase}")] == pytest.approx(list(expected))
        assert not found["tap_ganged"]


def test_a_regulator_without_control_is_fixed(tmp_path: Path) -> None:
    units = GRIDLABD.read(glm(tmp_path, "Type A;")).transformers
    assert [unit.windings[1].tap_range for unit in units] == [None] * 3


def test_a_bank_of_gridlabd_is_one_unit_with_one_tap(tmp_path: Path) -> None:
    path = glm(tmp_path, "Type A; Control OUTPUT_VOLTAGE; control_level BANK; PT_phase A;")
    found = row(path, tmp_path / "case", "r")
    assert (found["phases"], bool(found["tap_ganged"])) == ("abc", True)
    assert [found[key] for key in (*COLUMNS, "tap_a", "tap_c")] == pytest.approx([0.9, 1.1, 0.00625, 1.025, 1.025])


def test_a_bank_whose_taps_differ_is_held_and_said(tmp_path: Path) -> None:
    network = GRIDLABD.read(glm(tmp_path, "Control OUTPUT_VOLTAGE; control_level BANK;", (4, 4, 5)))
    assert [unit.windings[1].tap_range for unit in network.transformers] == [None] * 3
    assert any("from taps that differ" in note.text for note in network.notes)


def test_a_regulator_of_another_connection_is_refused_by_name(tmp_path: Path) -> None:
    path = glm(tmp_path, "")
    path.write_text(path.read_text(encoding="utf-8").replace("WYE_WYE", "OPEN_DELTA_ABBC"), encoding="utf-8")
    with pytest.raises(ImportRefused) as refused:
        import_feeder(path, tmp_path / "case")
    assert any("Regulator r: connection OPEN_DELTA_ABBC" in finding.message for finding in refused.value.findings)


# pandapower

TRAFO = {
    "name": "t", "hv_bus": 0, "lv_bus": 1, "sn_mva": 25.0, "vn_hv_kv": 110.0, "vn_lv_kv": 20.0, "vk_percent": 12.0,
    "vkr_percent": 0.4, "shift_degree": 0.0, "tap_side": "hv", "tap_neutral": 0, "tap_min": -9, "tap_max": 9,
    "tap_pos": -2, "tap_step_percent": 1.5, "tap_step_degree": 0.0, "in_service": True,
}  # fmt: skip


def table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    columns = list(rows[0])
    data = [[one.get(column) for column in columns] for one in rows]
    written = {"columns": columns, "index": list(range(len(rows))), "data": data}
    return {"_module": "pandas.core.frame", "_class": "DataFrame", "_object": json.dumps(written)}


def net(folder: Path, trafo: dict[str, Any], controllers: list[Any]) -> Path:
    """A transformer of 110 / 20 kV, as ``pandapower.to_json`` writes it."""
    parts = {
        "bus": table([{"name": name, "vn_kv": kv, "in_service": True} for name, kv in (("a", 110.0), ("b", 20.0))]),
        "ext_grid": table([{"bus": 0, "vm_pu": 1.0, "in_service": True}]),
        "load": table([{"bus": 1, "p_mw": 5.0, "q_mvar": 1.0, "in_service": True}]),
        "trafo": table([trafo]), "f_hz": 50.0,
    }  # fmt: skip
    if controllers:
        parts["controller"] = table([{"object": one, "in_service": True} for one in controllers])
    path = folder / "net.json"
    path.write_text(json.dumps({"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": parts}))
    return path


def controller(kind: str, element: str, index: int) -> dict[str, Any]:
    attributes = {"element": element, "element_index": {"_module": "numpy", "_class": "int64", "_object": index}}
    return {"_module": "pandapower.control", "_class": kind, "_object": json.dumps(attributes)}


def ranges(network: Network) -> list[TapRange | None]:
    return [winding.tap_range for winding in network.transformers[0].windings]


@pytest.mark.parametrize("how", ["oltc", "controller"])
def test_a_tap_of_pandapower_that_moves_under_load_has_its_range(how: str, tmp_path: Path) -> None:
    """On the high side, 1 - 9 * 0.015 = 0.865 to 1.135, now 0.97: the ratio goes the other way, 0.8811 to 1.1561."""
    controllers = [controller("DiscreteTapControl", "trafo", 0)] if how == "controller" else []
    path = net(tmp_path, TRAFO | {"oltc": how == "oltc"}, controllers)
    (high, low) = ranges(Pandapower().read(path))
    assert low is None and high is not None
    assert (high.lowest, high.highest, high.steps) == (pytest.approx(0.865), pytest.approx(1.135), 18)
    found = row(path, tmp_path / "case", "t")
    assert found["tap_a"] == pytest.approx(1 / 0.97)
    assert [found[key] for key in COLUMNS] == pytest.approx([1 / 1.135, 1 / 0.865, (1 / 0.865 - 1 / 1.135) / 18])


def test_a_second_changer_of_the_same_side_is_in_both_ends_of_the_range(tmp_path: Path) -> None:
    """The other one stands at 1 + 2 * 0.025 = 1.05: 1.05 * 0.865 = 0.90825 and 1.05 * 1.135 = 1.19175."""
    more = {"oltc": True, "tap2_side": "hv", "tap2_neutral": 0, "tap2_pos": 2, "tap2_step_percent": 2.5}
    (high, _) = ranges(Pandapower().read(net(tmp_path, TRAFO | more, [])))
    assert high is not None
    assert (high.lowest, high.highest) == (pytest.approx(0.90825), pytest.approx(1.19175))


def test_a_tap_that_nothing_moves_under_load_is_fixed_and_said(tmp_path: Path) -> None:
    controllers = [controller("ConstControl", "load", 0), controller("DiscreteTapControl", "trafo", 7)]
    network = Pandapower().read(net(tmp_path, TRAFO | {"oltc": False}, controllers))
    assert ranges(network) == [None, None]
    said = "\n".join(note.text for note in network.notes)
    assert "nothing that moves them under load (oltc, controller): they stand as they do: 1, such as t" in said
    assert "1 controller: what they set stands as in the file" in said


@pytest.mark.parametrize("change", [{"tap_changer_type": "Ideal"}, {"tap_dependency_table": True}, {"tap_min": None}])
def test_a_changer_that_is_no_ladder_of_voltages_has_no_range(change: dict[str, Any], tmp_path: Path) -> None:
    assert ranges(Pandapower().read(net(tmp_path, TRAFO | {"oltc": True} | change, []))) == [None, None]


def test_controllers_are_read_as_data_in_whatever_shape() -> None:
    """Broken text, no text, another element: none of them moves a tap."""
    cells: list[object] = ["x", None, {"_class": "DiscreteTapControl", "_object": "{"}, {"_object": 3}]
    assert moved(Record("net.json", n, {"object": cell}, []) for n, cell in enumerate(cells)) == (set(), len(cells))


# OpenDSS


def test_the_taps_of_a_plan_are_those_of_the_circuit_that_runs_it(tmp_path: Path) -> None:
    """150 kW at 0.5 ohm and 1 kV: w falls by 0.15, so that 0.95 p.u. asks for the tap sqrt(0.9025 + 0.15) = 1.025914.

    That lies between 20 and 21 steps of 0.00625 above 0.9, and the tap goes on to the step: 1.03125. In the second hour
    75 kW need no tap but 1. The head is at 1 kV, and a regulator without impedance gives its tap.
    """
    pytest.importorskip("opendssdirect", reason="needs the extra 'opendss'")
    case = hill()
    run = export(case, "opendss", tmp_path / "out", solve(case)).folder / "Run.dss"
    (steps,) = answers([("stepped", str(run))], PROGRAM)  # type: ignore[arg-type]
    assert [step["top.1"] / step["head.1"] for step in steps] == pytest.approx([1.03125, 1.0], abs=1e-6)
