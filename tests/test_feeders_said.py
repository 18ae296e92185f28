"""What an engine does with a file and a case does not: said in a note, with the figure that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_feeders_nothing_lost import noted
from tests.test_feeders_opendss import solved
from v2g.errors import ImportRefused
from v2g.feeders.dead import with_dead_noted
from v2g.feeders.gridlabd.reader import READER as GRIDLABD
from v2g.feeders.importing import import_feeder
from v2g.feeders.network import Network, Weight
from v2g.feeders.pypsa import Pypsa

engine = pytest.importorskip("opendssdirect", reason="the engine of OpenDSS is an extra")

HEAD = "clear\nnew circuit.c bus1=s basekv=12.47 pu=1 mvasc3=1e6 mvasc1=1e6\n"
LINE = "new line.{0} bus1={1} bus2={2} phases={3} r1=0.3 x1=0.4 r0=0.6 x0=1.2 c1=0 c0=0 length=1 units=km\n"
STREET = (
    HEAD
    + LINE.format("l1", "s", "square", 3)
    + LINE.format("l2", "square", "mill", 3)
    + LINE.format("l3", "mill", "yard", 3)
    + "new load.a bus1=mill phases=3 kv=12.47 kw=600 pf=0.95\nnew load.b bus1=yard phases=3 kv=12.47 kw=60 pf=0.95\n"
    + "new load.c bus1=square phases=3 kv=12.47 kw=40 pf=0.95\n"
)
END = "set voltagebases=(12.47)\ncalcvoltagebases\nsolve\n"


@pytest.mark.parametrize(
    ("device", "cause"),
    [
        ("new recloser.r1 monitoredobj=line.l2\n", ", opened by recloser r1 in the snapshot"),
        ("new fuse.f1 monitoredobj=line.l2 ratedcurrent=1\n", ", opened by fuse f1 in the snapshot"),
        ("new swtcontrol.w1 switchedobj=line.l2 action=open\n", ", opened by swtcontrol w1 in the snapshot"),
        ("open line.l2 1\n", ""),
    ],
)
def test_what_protection_opens_is_said_with_all_that_is_dead(device: str, cause: str, tmp_path: Path) -> None:
    """The recloser keeps the engine's own trip of 1 A, and 660 kW draw 32 A: mill and yard are dead in the engine."""
    network = solved(tmp_path, STREET + device + END)
    engine.Circuit.SetActiveBus("yard")
    assert max(engine.Bus.VMagAngle()[0::2]) < 1.0
    (note,) = [note for note in with_dead_noted(network).notes if "dead" in note.text]
    expected = "buses mill, yard are dead as the file stands, with 2 loads of 660 kW: what leads there stands open"
    assert (note.text, note.weight) == (f"{expected} (line l2{cause})", Weight.CHANGED)
    assert note.origin.line == 4


def test_nothing_is_said_where_protection_holds(tmp_path: Path) -> None:
    network = solved(tmp_path, STREET + "new fuse.f1 monitoredobj=line.l2 ratedcurrent=100\n" + END)
    assert all(line.closed for line in network.lines)
    assert with_dead_noted(network) is network


def test_an_open_tie_between_live_parts_is_no_dead_end(tmp_path: Path) -> None:
    tie = LINE.format("tie", "square", "yard", 3) + "open line.tie 1\n"
    network = solved(tmp_path, STREET + tie + END)
    assert with_dead_noted(network) is network


def test_a_phase_that_a_fuse_opens_names_the_fuse(tmp_path: Path) -> None:
    """600 kW on phase b alone draw 83 A, and nothing on the others."""
    text = HEAD + LINE.format("l1", "s", "square", 3) + "new load.b bus1=square.2 phases=1 kv=7.2 kw=600 pf=1\n"
    network = solved(tmp_path, text + "new fuse.f1 monitoredobj=line.l1 ratedcurrent=10\n" + END)
    assert [line.phases for line in network.lines] == ["ac"]
    assert "line l1: it is open on some phases, which it loses (opened by fuse f1)" in noted(network)


@pytest.mark.parametrize(("kw", "said"), [(5000, True), (50, False)])
def test_loads_that_left_their_own_law_are_counted(kw: int, said: bool, tmp_path: Path) -> None:
    """3 ohm at 12.47 kV take 5 MW * 3 / 155.5 = 9.6 % of the voltage, which is below vminpu = 0.95."""
    line = "new line.l bus1=s bus2=e phases=3 r1=3 x1=0 r0=3 x0=0 c1=0 c0=0 length=1\n"
    network = solved(tmp_path, f"{HEAD}{line}new load.a bus1=e phases=3 kv=12.47 kw={kw} pf=1 model=1\n{END}")
    engine.Circuit.SetActiveElement("load.a")
    assert (sum(engine.CktElement.Powers()[0::2]) < 0.99 * kw) == said
    assert ("beyond vminpu or vmaxpu in the file's own state" in noted(network)) == said


DELTA = """clear
new circuit.c bus1=s basekv=12.47 pu=1 mvasc3=1e6 mvasc1=1e6
new transformer.t phases=3 windings=2 buses=(s e) conns=(wye delta) kvs=(12.47 4.16) kvas=(500 500) xhl=4
new line.l bus1=e bus2=f phases=3 rmatrix=({matrix}) xmatrix=(0.4|0 0.4|0 0 0.4) cmatrix=(0|0 0|0 0 0) length=1
new load.a bus1=f phases=3 conn=delta kv=4.16 kw=300 pf=0.9
{more}
set voltagebases=(12.47 4.16)
calcvoltagebases
solve
"""
EVEN, UNEVEN = "0.2|0 0.2|0 0 0.2", "0.2|0 0.4|0 0 0.2"


def test_voltages_that_nothing_holds_are_said_to_float(tmp_path: Path) -> None:
    path = tmp_path / "m.dss"
    path.write_text(DELTA.format(matrix=UNEVEN, more=""))
    texts = [note.text for note in import_feeder(path, tmp_path / "case").notes]
    assert any(
        text.startswith("voltages to neutral at 2 buses behind a delta (t): nothing in the file") for text in texts
    )
    assert not any("loads to neutral" in text for text in texts)


def test_loads_to_a_neutral_that_is_not_there_are_said(tmp_path: Path) -> None:
    path = tmp_path / "m.dss"
    path.write_text(DELTA.format(matrix=EVEN, more="new load.b bus1=f.1 phases=1 kv=2.4 kw=20 pf=1"))
    texts = [note.text for note in import_feeder(path, tmp_path / "case").notes]
    assert "loads to neutral behind a delta, where there is none: 1, such as b" in texts


def test_where_all_is_even_nothing_floats(tmp_path: Path) -> None:
    path = tmp_path / "m.dss"
    path.write_text(DELTA.format(matrix=EVEN, more=""))
    assert not any("behind a delta" in note.text for note in import_feeder(path, tmp_path / "case").notes)


# GridLAB-D

SWEPT = """
module powerflow{solver};
object line_configuration {{ name lc; z11 0.3+0.6j; z22 0.3+0.6j; z33 0.3+0.6j; }}
object node {{ name top; phases ABC; nominal_voltage 2400; voltage_A 2424; voltage_B -1212-2099.2j;
    voltage_C -1212+2099.2j; }}
object overhead_line {{ phases ABC; from top; to low; length 1 mile; configuration lc; }}
object load {{ name low; phases ABC; nominal_voltage 2400; constant_power_A 10000+2000j; }}
"""


def glm(folder: Path, solver: str) -> Path:
    path = folder / "m.glm"
    path.write_text(SWEPT.format(solver=solver), encoding="utf-8")
    return path


def test_the_top_of_a_model_that_is_swept_is_its_supply(tmp_path: Path) -> None:
    """Without a solver named, GridLAB-D sweeps from the node at which no link ends, at the voltage written there."""
    network = GRIDLABD.read(glm(tmp_path, ""))
    (source,) = network.sources
    assert (source.bus, source.voltage_pu) == ("top", pytest.approx(1.01, abs=1e-4))
    assert "taken as the supply: no node is a swing bus (bustype) (1): top" in noted(network)


def test_a_model_of_newton_without_a_swing_bus_has_no_head(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="no head"):
        import_feeder(glm(tmp_path, " { solver_method NR; }"), tmp_path / "case")


# PyPSA

FOLDER = {
    "buses": "name,v_nom\na,20\nb,20\nc,0.4\n",
    "generators": "name,bus,control\ng,a,Slack\n",
    "loads": "name,bus,p_set,q_set\nd,c,0.2,0.05\n",
    "lines": "name,bus0,bus1,type,length,num_parallel,s_nom\nl,a,b,kind,5,2,{s_nom}\n",
    "transformers": "name,bus0,bus1,type,tap_position\nt,b,c,unit,1\n",
    "line_types": "name,f_nom,r_per_length,x_per_length,c_per_length,i_nom\nkind,50,0.12,0.32,11,0.6\n",
    "transformer_types": "name,s_nom,v_nom_0,v_nom_1,vsc,vscr,pfe,i0,phase_shift,tap_side,tap_neutral,tap_min,tap_max,"
    "tap_step\nunit,0.4,20,0.4,6,1.4,1.3,0.3,0,0,0,-2,2,2.5\n",
}


def pypsa(folder: Path, s_nom: float, without: str = "") -> Network:
    for name, text in FOLDER.items():
        if name != without:
            (folder / f"{name}.csv").write_text(text.format(s_nom=s_nom), encoding="utf-8")
    return Pypsa().read(folder)


@pytest.mark.parametrize(("s_nom", "amps"), [(0.0, 1200.0), (10.0, 10e3 / (3**0.5 * 20))])
def test_a_line_without_a_rating_has_that_of_its_type(s_nom: float, amps: float, tmp_path: Path) -> None:
    """Two conductors of 0.6 kA beside each other, where the line itself says nothing."""
    network = pypsa(tmp_path, s_nom)
    assert network.lines[0].rating_a == pytest.approx(amps)
    assert ("lines without s_nom, with the rating of their type: 1, such as l" in noted(network)) == (s_nom == 0.0)


def test_taps_of_a_type_stand_and_are_said(tmp_path: Path) -> None:
    """One step of 2.5 % on the first side."""
    network = pypsa(tmp_path, 0.0)
    assert [w.tap for w in network.transformers[0].windings] == [pytest.approx(1.025), 1.0]
    assert "transformers of a type with taps: they stand as in the file" in noted(network)


def test_a_type_that_comes_with_pypsa_is_asked_for_by_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as refused:
        pypsa(tmp_path, 0.0, without="line_types")
    assert any("n.line_types.to_csv('line_types.csv')" in finding.remedy for finding in refused.value.findings)


def test_results_of_pypsa_are_not_said_to_be_lost(tmp_path: Path) -> None:
    (tmp_path / "lines-p0.csv").write_text("snapshot,l\nnow,0.2\n")
    network = pypsa(tmp_path, 0.0)
    assert "lines-p0: results" in noted(network, Weight.UNUSED) and "lines-p0" not in noted(network)


def test_links_are_refused_with_their_name(tmp_path: Path) -> None:
    (tmp_path / "links.csv").write_text("name,bus0,bus1,p_nom,p_min_pu\nhvdc,a,b,5,-1\n")
    for name, text in FOLDER.items():
        (tmp_path / f"{name}.csv").write_text(text.format(s_nom=0.0), encoding="utf-8")
    with pytest.raises(ImportRefused) as refused:
        import_feeder(tmp_path, tmp_path.parent / "case_of_links")
    assert any("Links are not taken over: 1 row, such as hvdc" in finding.message for finding in refused.value.findings)
