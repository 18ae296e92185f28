"""What a case has no place for is noted where it stands; what it has a place for is taken: by arithmetic and engine."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.feeders import SMALL
from tests.test_feeders_opendss import by_name, solved
from v2g import cli
from v2g.errors import ImportRefused, UsageError
from v2g.feeders.gridlabd import READER as GRIDLABD
from v2g.feeders.importing import import_feeder
from v2g.feeders.matpower import network as matpower
from v2g.feeders.network import Network, Weight
from v2g.feeders.pandapower import Pandapower
from v2g.feeders.pypsa import Pypsa

engine = pytest.importorskip("opendssdirect", reason="the engine of OpenDSS is an extra")

STIFF = "clear\nnew circuit.c bus1=s basekv=0.48 pu=1 mvasc3=1e9 mvasc1=1e9\n"
END = "set voltagebases=(0.48)\ncalcvoltagebases\nsolve\n"
KV_LN = 0.48 / 3**0.5


def noted(network: Network, weight: Weight = Weight.CHANGED) -> str:
    return "\n".join(note.text for note in network.notes if note.weight is weight)


# OpenDSS


def test_a_load_of_another_voltage_is_the_impedance_that_the_engine_makes_of_it(tmp_path: Path) -> None:
    """120 V on 277.1 V: beyond 1.05 times its voltage, an impedance: 10 kW (277.128 / 126)^2 = 48.375 kW."""
    network = solved(tmp_path, STIFF + "new load.l phases=1 bus1=s.1 kv=0.12 kw=10 kvar=5\n" + END)
    (load,) = network.loads
    assert (load.kw, load.kvar) == (pytest.approx(48.375, abs=1e-3), pytest.approx(24.187, abs=1e-3))
    assert (load.kw_exponent, load.kvar_exponent) == (2.0, 2.0)
    (note,) = [note for note in network.notes if "load l" in note.text]
    assert (note.weight, note.origin.line) == (Weight.CHANGED, 3)
    assert "rated for 2.31 times less voltage" in note.text and "4.84 times its kW" in note.text


@pytest.mark.parametrize("model", range(1, 9))
@pytest.mark.parametrize("ratio", [0.4, 0.6, 0.93, 1.04, 1.2, 2.0])
def test_loads_take_at_nominal_voltage_what_the_engine_gives_them(model: int, ratio: float, tmp_path: Path) -> None:
    """The source is stiff, so the engine's answer is the power at the nominal voltage of the bus."""
    line = f"new load.l phases=1 bus1=s.1 kv={KV_LN / ratio} kw=10 kvar=5 model={model} cvrwatts=0.8 cvrvars=3"
    line += " zipv=(0.5 0.3 0.1 0.2 0.3 0.5 0)\n" if model == 8 else "\n"
    (load,) = solved(tmp_path, STIFF + line + END).loads
    engine.Circuit.SetActiveElement("load.l")
    powers = engine.CktElement.Powers()
    assert (load.kw, load.kvar) == pytest.approx((powers[0] + powers[2], powers[1] + powers[3]), rel=2e-4)


def test_growth_until_the_year_of_the_file_is_in_the_loads(tmp_path: Path) -> None:
    """10 % a year, from the second year on: 100 kW x 1.1^2 in the third."""
    text = STIFF + "new load.l bus1=s kv=0.48 kw=100 pf=1\nset %growth=10 year=3\n" + END
    network = solved(tmp_path, text)
    assert network.loads[0].kw == pytest.approx(121.0)
    assert "loads multiplied by 1.21 (growth until the year of the file) (1)" in noted(network)


SUPPLY = (
    STIFF
    + """
new generator.plain bus1=s kv=0.48 kw=100
new generator.factor bus1=s kv=0.48 kw=80 pf=0.8
new generator.limits bus1=s kv=0.48 kw=80 kva=90 maxkvar=20 minkvar=-5 model=3
new pvsystem.roof bus1=s kv=0.48 pmpp=10 %pmpp=80 kva=12 pf=0.95 %cutin=10
new storage.cell bus1=s kv=0.48 kwrated=50 %kwrated=60 kwhrated=200 kwhstored=20 %reserve=20 state=charging
~ %charge=50 %idlingkw=2 %effcharge=95 %effdischarge=94
"""
)


def test_what_machines_panels_and_batteries_say_is_taken_or_noted(tmp_path: Path) -> None:
    network = solved(tmp_path, SUPPLY + END)
    kva = {unit.name: unit.rating_kva for unit in network.generators}
    assert kva == {"plain": None, "factor": pytest.approx(80 / 0.8), "limits": 90.0}
    assert network.solar[0].rating_kw == pytest.approx(10 * 0.8)
    (cell,) = network.storage
    assert (cell.charge_kw, cell.discharge_kw) == (30.0, 30.0)
    assert (cell.start_kwh, cell.charge_eff, cell.discharge_eff) == (20.0, 0.95, 0.94)
    said = noted(network)
    for text in (
        "generators with kvar or a power factor of their own: a plan chooses kvar within their rating (1)",
        "generators with limits of kvar of their own: a plan knows their rating alone (1)",
        "generators that hold a voltage in the file (model 3)",
        "panels with kvar or a power factor of their own, which give no kvar here (1)",
        "panels whose inverter cuts in and out (%cutin, %cutout), and not here (1)",
        "batteries that take 2 % of their kW while they idle, and nothing here (1)",
        "batteries that the file charges or discharges at part of their kW (%charge, %discharge)",
        "batteries that the file dispatches, and here a plan does (1)",
        "batteries below their reserve: it is lowered to what they hold (1)",
    ):
        assert text in said
    assert network.lost() == ()


LOADED = (
    STIFF
    + """
new line.short bus1=s bus2=a phases=3 r1=0.001 x1=0.001 c1=0 c0=0 length=1 normamps=100 emergamps=150
new line.tight bus1=s bus2=b phases=3 r1=0.001 x1=0.001 c1=0 c0=0 length=1 normamps=100
new line.easy bus1=s bus2=c phases=3 r1=0.001 x1=0.001 c1=0 c0=0 length=1 normamps=300 emergamps=400
new line.worst bus1=s bus2=e phases=3 r1=0.001 x1=0.001 c1=0 c0=0 length=1 normamps=100 emergamps=110
new load.e bus1=e kv=0.48 kw=100 pf=1
new transformer.small buses=(s d) kvs=(0.48 0.48) kvas=(60 60) xhl=1
new load.a bus1=a kv=0.48 kw=100 pf=1
new load.b bus1=b kv=0.48 kw=100 pf=1
new load.c bus1=c kv=0.48 kw=100 pf=1
new load.d bus1=d kv=0.48 kw=90 pf=1
"""
)


def test_elements_above_their_rating_in_the_state_of_the_file_are_named(tmp_path: Path) -> None:
    """100 kW at 480 V are 120 A of each phase; 90 kW are 30 kVA of each phase, on a nameplate of 20."""
    network = solved(tmp_path, LOADED + END)
    ratings = {line.name: line.rating_a for line in network.lines}
    assert ratings == {"short": 150.0, "tight": 100.0, "easy": 300.0, "worst": 110.0}
    above = {note.text.split(" on a phase")[0]: note.text for note in network.notes if "own state" in note.text}
    lines = {f"line {name} carries 120 A" for name in ("short", "tight", "worst")}
    assert set(above) == {*lines, "transformer small carries 30 kVA"}
    assert above["line worst carries 120 A"].endswith("of 110 A is taken, and plans curtail what it feeds")
    assert above["line short carries 120 A"].endswith("its emergency rating of 150 A is taken")
    assert "plans curtail what it feeds" in above["line tight carries 120 A"]
    assert "above its rating of 20 kVA" in above["transformer small carries 30 kVA"]
    assert by_name(network.transformers, "small").rating_kva == pytest.approx(60.0)
    assert "lines with an emergency rating: their normal one is taken (1)" in noted(network)


# Files


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_file_that_was_read_is_listed_with_its_hash(tmp_path: Path) -> None:
    """The circuit, a file it redirects to, coordinates, and the numbers of a shape: none but the first has elements."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "shape.csv").write_text("1\n0.5\n")
    (folder / "xy.csv").write_text("s 0 0\nt 1 1\n")
    (folder / "codes.dss").write_text(
        "new linecode.k nphases=3 r1=0.1 x1=0.1\nnew loadshape.d npts=2 csvfile=shape.csv\n"
    )
    circuit = folder / "main.dss"
    circuit.write_text(
        STIFF + "redirect codes.dss\nnew line.l bus1=s bus2=t linecode=k length=0.1\n"
        "new load.l bus1=t kv=0.48 kw=9\n" + END + "buscoords xy.csv\n"
    )
    done = import_feeder(circuit, tmp_path / "case")
    wanted = {name: sha(folder / name) for name in ("main.dss", "codes.dss", "shape.csv", "xy.csv")}
    assert json.loads((done.folder / "import.json").read_text())["sha256"] == wanted


def test_the_verb_names_the_engine_and_what_comes_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, circuit = tmp_path / "case", tmp_path / "circuit.dss"
    circuit.write_text(SUPPLY.replace("\nnew generator.plain", "\nnew load.l bus1=s kv=0.48 kw=90\n!", 1) + END)
    circuit.write_text(circuit.read_text().replace("\nnew generator.limits", "\n!"))
    assert cli.run(["import", str(circuit), "--to", str(case)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("read  opendss, 1 file, solved by OpenDSS 0.14")
    assert f"v2g check {case}; v2g populate {case} --to {case}-storm --vehicles 200 --outage 48)" in said
    notes = (case / "import.csv").read_text(encoding="utf-8")
    assert "fuel of 1 generator is not" in notes and "for 1 solar plant" in notes
    assert cli.run(["populate", str(case), "--to", f"{case}-storm", "--vehicles", "1", "--outage", "6"]) == 0
    said = capsys.readouterr().out
    assert "1 vehicle: " in said and "1 charger, " in said


def beside(folder: Path) -> Path:
    """A model that includes a file of a folder beside its own, as GridLAB-D's own test feeders are laid out."""
    (folder / "models").mkdir(parents=True)
    (folder / "includes").mkdir()
    text = (SMALL / "hamlet.glm").read_text().replace('"hamlet_wires.glm"', '"../includes/hamlet_wires.glm"')
    (folder / "models" / "hamlet.glm").write_text(text)
    shutil.copy(SMALL / "hamlet_wires.glm", folder / "includes")
    return folder / "models" / "hamlet.glm"


def test_a_model_may_include_what_lies_in_the_bundle(tmp_path: Path) -> None:
    """Two models that run lie in the folder, so the file has to be named, and the folder as well."""
    file = beside(tmp_path / "feeder")
    shutil.copy(file, file.with_name("again.glm"))
    with pytest.raises(ImportRefused) as refused:
        GRIDLABD.read(file)
    (fault,) = [
        fault for fault in refused.value.findings if "outside" in fault.message or "whose files" in fault.message
    ]
    assert fault.row == 9 and "--bundle FOLDER" in fault.remedy
    network = GRIDLABD.read(file, tmp_path / "feeder")
    assert network.counts() == GRIDLABD.read(SMALL / "hamlet.glm").counts()
    assert list(network.files) == ["models/hamlet.glm", "includes/hamlet_wires.glm"]
    with pytest.raises(UsageError, match="does not lie in"):
        import_feeder(file, tmp_path / "case", bundle=tmp_path / "feeder" / "includes")


def test_a_folder_is_the_bundle_of_its_one_model(tmp_path: Path) -> None:
    beside(tmp_path / "feeder")
    assert GRIDLABD.read(tmp_path / "feeder").counts() == GRIDLABD.read(SMALL / "hamlet.glm").counts()


def test_a_file_outside_the_bundle_is_never_read(tmp_path: Path) -> None:
    file = beside(tmp_path / "feeder")
    shutil.move(tmp_path / "feeder" / "includes", tmp_path / "includes")
    file.write_text(file.read_text().replace('"../includes', '"../../includes'))
    with pytest.raises(ImportRefused, match="outside the folder feeder"):
        GRIDLABD.read(file, tmp_path / "feeder")


# MATPOWER, pandapower, PyPSA


def changed(folder: Path, table: str, **columns: object) -> Path:
    """The lane with columns of the first row of a table set or added."""
    whole = json.loads((SMALL / "lane.json").read_text(encoding="utf-8"))
    frame = json.loads(whole["_object"][table]["_object"])
    for column, value in columns.items():
        if column not in frame["columns"]:
            frame["columns"].append(column)
            for row in frame["data"]:
                row.append(None)
        frame["data"][0][frame["columns"].index(column)] = value
    whole["_object"][table]["_object"] = json.dumps(frame)
    path = folder / "lane.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def test_limits_of_the_voltage_of_a_bus_reach_the_case(tmp_path: Path) -> None:
    """The first bus holds 1.02: limits of 0.95 and 1.01 become 0.95 and 1.02, which is said."""
    done = import_feeder(changed(tmp_path, "bus", min_vm_pu=0.95, max_vm_pu=1.01), tmp_path / "case")
    buses = done.case.table("buses").set_index("bus")
    assert (buses.loc["station", "vmin_pu"], buses.loc["station", "vmax_pu"]) == (0.95, 1.02)
    assert buses["vmin_pu"].notna().sum() == 1
    assert any("bus station: its limits of the voltage are wider" in note.text for note in done.notes)


def test_equal_limits_are_a_voltage_that_is_held() -> None:
    """MATPOWER writes 1 and 1 at the reference bus for that."""
    text = (SMALL / "ohms.m").read_text(encoding="utf-8")
    network = matpower(text.replace("11\t1\t1.1\t0.9;\n\t20", "11\t1\t1\t1;\n\t20"), "ohms.m", "ohms")
    assert by_name(network.buses, "10").vmin_pu is None
    assert "limits of the voltage leave no room, and are left out: 1, such as 10" in noted(network)


def test_short_ratings_and_least_powers_of_matpower_are_noted() -> None:
    text = (SMALL / "ohms.m").read_text(encoding="utf-8")
    text = text.replace("0.0004\t4\t0\t0", "0.0004\t4\t5\t6").replace("1\t0.16\t0;", "1\t0.16\t0.05;", 1)
    said = noted(matpower(text, "ohms.m", "ohms"))
    for column in ("rateB", "rateC"):
        assert f"({column}): 1, such as 10-20" in said
    assert "least power (Pmin), and here none: 1, such as gen_40" in said


def test_panels_of_pandapower_are_of_their_rating(tmp_path: Path) -> None:
    """40 kW now, of 50 kVA; under a scaling of 0.5 it is 20 kW of the same panels."""
    network = Pandapower().read(changed(tmp_path, "sgen", scaling=0.5, q_mvar=0.01, max_q_mvar=0.02, min_q_mvar=-0.02))
    assert network.solar[0].rating_kw == 50.0
    said = noted(network)
    assert "panels at part of their rating in the file (p_mw, scaling)" in said
    assert "(q_mvar): 1, such as roof" in said and "(max_q_mvar): 1, such as roof" in said


def test_loading_that_is_allowed_counts_for_the_rating(tmp_path: Path) -> None:
    plain = by_name(Pandapower().read(SMALL / "lane.json").lines, "cable").rating_a
    line = by_name(Pandapower().read(changed(tmp_path, "line", max_loading_percent=80.0)).lines, "cable")
    assert plain and line.rating_a == pytest.approx(0.8 * plain)


def test_a_switch_of_a_transformer_opens_it(tmp_path: Path) -> None:
    network = Pandapower().read(changed(tmp_path, "switch", et="t", element=0, bus=1, closed=False))
    assert [unit.closed for unit in network.transformers] == [False]


def test_what_batteries_and_supply_of_pandapower_say_is_noted(tmp_path: Path) -> None:
    said = noted(Pandapower().read(changed(tmp_path, "storage", p_mw=0.01, q_mvar=0.005, max_q_mvar=0.01)))
    assert all(f"({column}): 1, such as box" in said for column in ("p_mw", "q_mvar", "max_q_mvar"))
    said = noted(Pandapower().read(changed(tmp_path, "ext_grid", max_p_mw=1.0)))
    assert "limits of the supply from outside, which has none here (max_p_mw): 1, such as feed" in said


@pytest.fixture
def quay(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL / "quay", tmp_path / "quay"))


def test_limits_and_series_of_pypsa(quay: Path) -> None:
    """Panels of 50 kW of which 80 % can be had; a series of the sun; two snapshots."""
    (quay / "buses.csv").write_text(
        "name,v_nom,v_mag_pu_set,carrier,v_mag_pu_min,v_mag_pu_max\ngate,20,1.01,AC,0,inf\npier,20,1,AC,0.95,1.05\n"
        "dock,0.4,1,AC,0.9,1.1\nshed,0.4,1,AC,0,inf\n"
    )
    (quay / "generators.csv").write_text(
        "name,bus,control,p_nom,p_set,carrier,p_max_pu,p_min_pu,q_set\ngrid,gate,Slack,10,0,AC,1,0,0\n"
        "roof,dock,PQ,0.05,0,solar,0.8,0,0\nset,shed,PQ,0.2,0,diesel,1,0.3,0.01\n"
    )
    (quay / "generators-p_max_pu.csv").write_text("snapshot,roof\n2026-01-15 00:00:00,0.3\n2026-01-15 01:00:00,0.1\n")
    network = Pypsa().read(quay)
    assert {bus.name: (bus.vmin_pu, bus.vmax_pu) for bus in network.buses if bus.vmin_pu} == {"pier": (0.95, 1.05)}
    assert network.solar[0].rating_kw == pytest.approx(40.0)
    said = noted(network)
    assert "generators-p_max_pu, 2 rows: series that are left out" in said and "2 snapshots: the case is of one" in said
    assert "(p_min_pu): 1, such as set" in said and "(q_set): 1, such as set" in said
    assert "carriers: no plan needs them" in noted(network, Weight.UNUSED)
    assert set(network.files) == {file.name for file in quay.iterdir()}
    assert network.files["buses.csv"] == sha(quay / "buses.csv")
