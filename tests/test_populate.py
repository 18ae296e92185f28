"""An emergency on any feeder: counts, places, energies, and a case that is sound."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from feeders import feeder

import v2g
from v2g import cli
from v2g.errors import UsageError
from v2g.feeders.importing import import_feeder
from v2g.formats import locate
from v2g.populate import Populated, populate
from v2g.populate.feeder import charging_kvar

Rows = list[dict[str, str]]


def rows(folder: Path, table: str) -> Rows:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def catalogue(table: str, key: str) -> dict[str, dict[str, str]]:
    return {row[key]: row for row in rows(locate("village").parent / "catalog", table)}


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Populated:
    return populate("ieee123-base", tmp_path_factory.mktemp("storm") / "case", vehicles=200, outage=48)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def changed_feeder(folder: Path, table: str, cells: dict[str, dict[str, str]]) -> Path:
    """A copy of the 13-node feeder with cells of named rows changed."""
    shutil.copytree(locate("ieee13-base"), folder)
    found = rows(folder, table)
    for row in found:
        row |= cells.get(next(iter(row.values())), {})
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]))
        writer.writeheader()
        writer.writerows(found)
    return folder


# The same bytes.


def test_the_same_seed_makes_the_same_files_in_any_process(tmp_path: Path) -> None:
    for name, words in (("one", "1"), ("two", "2")):
        order = ["populate", "ieee13-base", "--to", name, "--vehicles", "30", "--outage", "24", "--seed", "5"]
        code = "import sys; from v2g.cli import run; sys.exit(run(sys.argv[1:]))"
        env = {**os.environ, "PYTHONHASHSEED": words}
        subprocess.run([sys.executable, "-c", code, *order], cwd=tmp_path, env=env, check=True, capture_output=True)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_another_seed_makes_another_case(tmp_path: Path) -> None:
    one, two = (populate("ieee13-base", tmp_path / str(s), vehicles=30, outage=24, seed=s).folder for s in (5, 6))
    for table in ("vehicles", "chargers", "stays", "loads"):
        assert rows(one, table) != rows(two, table)
    assert (one / "lines.csv").read_bytes() == (two / "lines.csv").read_bytes()


# Who and how many.


def test_shares_are_met_by_cars_and_chargers_that_can(storm: Populated) -> None:
    """200 x 0.3 = 60 by V2G, 200 x 0.05 = 10 by V2H, 10 by V2L: each with a nameplate and a place for it."""
    vehicles = {row["vehicle"]: row for row in rows(storm.folder, "vehicles")}
    chargers = {row["charger"]: row for row in rows(storm.folder, "chargers")}
    feeds: dict[str, set[str]] = {name: set() for name in vehicles}
    for stay in rows(storm.folder, "stays"):
        if stay["site"]:
            feeds[stay["vehicle"]].add("sockets")
        elif float(chargers[stay["charger"]]["discharge_kw"]) > 0:
            feeds[stay["vehicle"]].add(chargers[stay["charger"]]["feeds"])
    assert len(vehicles) == 200
    assert Counter(tuple(ways) for ways in feeds.values()) == {
        (): 120, ("feeder",): 60, ("premises",): 10, ("sockets",): 10}  # fmt: skip
    power = {"feeder": "discharge_kw", "premises": "v2h_kw", "sockets": "socket_kw"}
    for name, ways in feeds.items():
        assert all(float(vehicles[name][power[way]]) > 0 for way in ways), name


def test_models_are_those_of_the_mix(storm: Populated) -> None:
    """Weights sum to 100, so 120 cars that only charge are 12 Leaf 40, 9.6 Leaf 30, 9.6 Zoe 41, ..."""
    weights = {name: float(row["weight"]) for name, row in catalogue("mix", "model").items()}
    assert sum(weights.values()) == 100
    plain = Counter(r["model"] for r in rows(storm.folder, "vehicles") if r["vehicle"].startswith("plain"))
    assert plain["leaf_40"] == plain["leaf_60"] == 12
    assert all(abs(plain[name] - 1.2 * weight) < 1 for name, weight in weights.items())


def test_shares_follow_their_options(tmp_path: Path) -> None:
    told = populate(
        "ieee13-base", tmp_path / "c", vehicles=33, outage=6, v2g_share=0.5, v2h_share=0, v2l_share=0.1
    ).told
    assert told.fleet["ways"] == {"v2g": 17, "v2h": 0, "v2l": 3, "plain": 13}  # 16.5 and 3.3, rounded


# Where.


def test_everything_stands_on_phases_that_are_there(storm: Populated) -> None:
    phases = {row["bus"]: row["phases"] for row in rows(storm.folder, "buses")}
    count = catalogue("chargers", "type")
    for table in ("chargers", "loads", "solar", "batteries", "generators"):
        for row in rows(storm.folder, table):
            assert set(row["phases"]) <= set(phases[row["bus"]]), row
            if table == "chargers":
                three = count[row["type"]]["phases"] == "3"
                assert (row["phases"] == "abc") == three, row


def test_a_delta_feeder_has_chargers_between_its_phases(tmp_path: Path) -> None:
    loads = {row["load"]: {"connection": "delta", "phases": "abc"} for row in rows(locate("ieee13-base"), "loads")
             if row["bus"] in ("670", "675", "671", "692", "634")}  # fmt: skip
    case = changed_feeder(tmp_path / "delta", "loads", loads)
    folder = populate(case, tmp_path / "c", vehicles=60, outage=6).folder
    wired = {row["phases"] for row in rows(folder, "chargers") if row["bus"] in ("670", "675", "671", "692", "634")}
    assert wired <= {"ab", "bc", "ca", "abc"} and len(wired) > 2
    assert all(row["connection"] == "delta" for row in rows(folder, "chargers") if len(row["phases"]) == 2)
    assert not [f for f in v2g.check(folder) if f.severity == "error"]


def test_homes_are_where_the_load_is(tmp_path: Path) -> None:
    """Load 671 has 1,155 of the 3,466 kW; chargers of homes at its bus are as many, within four deviations."""
    folder = populate("ieee13-base", tmp_path / "c", vehicles=2000, outage=2, step_min=60).folder
    homes = [row["bus"] for row in rows(folder, "chargers") if row["charger"].endswith("_home")]
    expected = 1155 / 3466
    assert abs(homes.count("671") / len(homes) - expected) < 4 * sqrt(expected * (1 - expected) / len(homes))
    assert len({row["charger"] for row in rows(folder, "chargers")}) == len(rows(folder, "chargers"))
    assert {row["plugs"] for row in rows(folder, "chargers")} == {"1"}


MAP = "table,name,was_at_bus,now_at_bus,via,kva\n"


def test_service_transformers_limit_chargers(tmp_path: Path) -> None:
    """Each of the 15 loads behind a transformer of 25 kVA: three of 7.4 kW or two of 11.5 or one of 22 at most."""
    case = changed_feeder(tmp_path / "base", "loads", {})
    names = [row["load"] for row in rows(case, "loads")]
    (case / "map.csv").write_text(MAP + "".join(f"loads,{n},x,y,t_{n},25\n" for n in names), encoding="utf-8")
    folder = populate(case, tmp_path / "c", vehicles=25, outage=6).folder
    by_bus: Counter[str] = Counter()
    for row in rows(folder, "chargers"):
        if row["charger"].endswith("_home"):
            by_bus[row["bus"]] += max(float(row["charge_kw"]), float(row["discharge_kw"]))  # type: ignore[assignment]
    transformers = Counter(row["bus"] for row in rows(case, "loads"))
    assert all(kw <= 25 * transformers[bus] for bus, kw in by_bus.items())
    assert "map.csv" in (folder / "README.md").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match=r"no room for another charger.*--vehicles"):
        populate(case, tmp_path / "d", vehicles=100, outage=6)
    assert not (tmp_path / "d").exists()


# What is on board.


def test_nobody_is_short_of_trips_of_his_own(storm: Populated) -> None:
    used: Counter[str] = Counter()
    for row in rows(storm.folder, "trips"):
        used[row["vehicle"]] += float(row["energy_kwh"])  # type: ignore[assignment]
    for row in rows(storm.folder, "vehicles"):
        start, capacity = float(row["start_kwh"]), float(row["capacity_kwh"])
        assert float(row["reserve_kwh"]) + used[row["vehicle"]] <= start + 1e-9 <= capacity + 1e-6, row
    assert len(used) > 30


def test_energy_on_board_is_that_of_a_session_under_way(tmp_path: Path) -> None:
    """What misses is E x U: energy of a session at home, the part that is to come. P(E U < x) = mean of F(x / u)."""
    folder = populate(
        "ieee13-base", tmp_path / "c", vehicles=4000, outage=2, step_min=60, v2g_share=0, v2h_share=0, v2l_share=0
    ).folder
    large = [row for row in rows(folder, "vehicles") if row["model"] in ("bev_60", "id3_77", "ioniq5_long", "ev6_long")]
    missing = np.array([float(row["capacity_kwh"]) - float(row["start_kwh"]) for row in large])
    table = rows(locate("village").parent / "catalog", "plugging")
    energies, shares = ([float(row[key]) for row in table] for key in ("energy_kwh_private", "share"))
    u = (np.arange(2000) + 0.5) / 2000
    assert len(large) == 1000  # weights 9 + 6 + 6 + 4 of 100
    for x in (3.0, 8.0, 20.0):
        expected = float(np.interp(x / u, energies, shares).mean())
        found = float((missing < x).mean())
        assert abs(found - expected) < 4 * sqrt(expected * (1 - expected) / len(large)), x


# Sites and supply.


def test_critical_sites_are_the_share_asked_for(storm: Populated) -> None:
    loads = [row for row in rows(storm.folder, "loads") if row["tier"] != "0"]
    kw = sum(float(row["kw"]) for row in loads)
    assert kw == pytest.approx(0.15 * 3490, abs=0.05 * len(loads))
    sites = rows(storm.folder, "sites")
    assert len(sites) == 20  # 5.7 for 1 MW x 3.49 = 19.9
    assert {row["site"] for row in loads} == {row["site"] for row in sites}
    wired = {row["load"]: row for row in loads if not row["load"].endswith("_plugs")}
    assert all((float(row["kw"]) < 15) or row["phases"] == "abc" for row in wired.values())
    assert {row["service"] for row in loads} == {"continuous", "energy", "hours"}


def test_own_loads_are_scaled_and_flexible(storm: Populated) -> None:
    own = {row["load"]: row for row in rows(storm.folder, "loads") if row["tier"] == "0"}
    for row in rows(locate("ieee123-base"), "loads"):
        found = own[row["load"]]
        assert float(found["kw"]) == pytest.approx(0.5 * float(row["kw"]))
        assert (found["service"], found["profile"], found["phases"]) == ("flexible", "apartment", row["phases"])


def test_a_number_of_sites(tmp_path: Path) -> None:
    told = populate("ieee123-base", tmp_path / "c", vehicles=5, outage=6, critical=3).told
    assert told.critical["sites"] == 3 and told.critical["kw"] <= 0.15 * 3490


def test_each_island_is_formed(tmp_path: Path) -> None:
    """With line 671692 open, buses 692 and 675 with 1,013 kW are an island of their own."""
    case = changed_feeder(tmp_path / "two", "lines", {"671692": {"closed": "0"}})
    for formers, table in (("both", "batteries"), ("battery", "batteries"), ("diesel", "generators")):
        done = populate(case, tmp_path / formers, vehicles=10, outage=6, formers=formers)
        forming = [row["bus"] for row in rows(done.folder, table) if row["forming"] == "1"]
        assert len(forming) == 2 and forming[0] == "650" and forming[1] in ("692", "675")
        assert not [f for f in v2g.check(done.folder) if f.code == "dark-island"]


def test_units_are_sized_by_the_critical_load(storm: Populated) -> None:
    critical = sum(float(row["kw"]) for row in rows(storm.folder, "loads") if row["tier"] != "0")
    (battery,), (diesel,) = rows(storm.folder, "batteries"), rows(storm.folder, "generators")
    assert float(battery["discharge_kw"]) == pytest.approx(ceil(0.6 * critical), abs=1)
    usable = float(battery["start_kwh"]) - float(battery["reserve_kwh"])
    assert usable == pytest.approx(3 * float(battery["discharge_kw"]), abs=0.2)
    assert float(diesel["rating_kw"]) == pytest.approx(ceil(0.3 * critical), abs=1)
    assert float(diesel["fuel_l"]) == pytest.approx(12 * 0.28 * float(diesel["rating_kw"]), abs=0.5)
    roofs = rows(storm.folder, "solar")
    assert len(roofs) == ceil(91 / 4)
    assert sum(float(row["rating_kw"]) for row in roofs) == pytest.approx(0.15 * 3490, abs=0.2)


def test_the_feeder_is_started_as_an_island(storm: Populated) -> None:
    assert {row["closed"] for row in rows(storm.folder, "capacitors")} == {"0"}
    for row in rows(storm.folder, "transformers"):
        assert {row[f"tap_{p}"] for p in "abc"} <= {"1", ""}
    assert not (storm.folder / "grid.csv").exists()
    for table in ("buses", "lines"):
        assert rows(storm.folder, table) == [
            {key: row[key] for key in rows(storm.folder, table)[0]} for row in rows(locate("ieee123-base"), table)
        ]


def test_supply_comes_back(tmp_path: Path) -> None:
    done = populate(
        "ieee13-base", tmp_path / "c", vehicles=5, outage=5, after=1.5, start="2026-01-20T12:00", step_min=60
    )
    (grid,) = rows(done.folder, "grid")
    assert grid["from_utc"] == "2026-01-20T17:00:00+00:00"
    assert done.case.steps == 7  # 6.5 h in hours, rounded up


def test_nothing_forms_a_dead_feeder(tmp_path: Path) -> None:
    done = populate("ieee13-base", tmp_path / "c", vehicles=40, outage=6, formers="none")
    assert not (done.folder / "batteries.csv").exists() and not (done.folder / "generators.csv").exists()
    findings = v2g.check(done.folder)
    assert {f.severity for f in findings} <= {"warning"} and any(f.code == "dark-island" for f in findings)
    assert any("only V2H and V2L" in line for line in done.told.lines())


def test_energies_are_told(tmp_path: Path) -> None:
    """A mast of 10 kW for 24 h asks for 240 kWh; nothing on plugs."""
    (tmp_path / "sites.csv").write_text("site,kind,kw,plug_kw\nmast,cell_tower,10,0\n", encoding="utf-8")
    done = populate("ieee13-base", tmp_path / "c", vehicles=10, outage=24, critical=str(tmp_path / "sites.csv"),
                    v2l_share=0)  # fmt: skip
    assert done.told.energy["asked"] == pytest.approx(240.0)
    (battery,) = rows(done.folder, "batteries")
    stored = float(battery["start_kwh"]) - float(battery["reserve_kwh"])
    assert done.told.energy["batteries"] == pytest.approx(stored)


# Sound, and solved.


@pytest.mark.parametrize("name", ["ieee13-base", "ieee123-base"])
@pytest.mark.parametrize("outage", [0.5, 5.25, 30])
def test_the_case_has_no_findings(name: str, outage: float, tmp_path: Path) -> None:
    for seed in range(3):
        done = populate(name, tmp_path / str(seed), vehicles=80, outage=outage, seed=seed)
        assert v2g.check(done.folder) == ()


@pytest.mark.parametrize(("step", "outage"), [(7, 24), (7, 24.2), (45, 50), (1440, 0.5), (60, 100)])
def test_intervals_need_not_divide_a_day(step: float, outage: float, tmp_path: Path) -> None:
    """Of 24 h, 206 intervals of 7 min end 2 min late: no interval begins in the second day."""
    done = populate("ieee13-base", tmp_path / "c", vehicles=40, outage=outage, step_min=step)
    assert v2g.check(done.folder) == ()


def test_a_feeder_of_one_phase(tmp_path: Path) -> None:
    """Two buses on phase b, 5 kW: all on that phase, and nothing that needs three."""
    base = tmp_path / "base"
    base.mkdir()
    tables = {
        "buses": "bus,phases,kv_ln_kv\nx,b,2.4\ny,b,2.4\n",
        "lines": "line,from_bus,to_bus,phases,r_bb_ohm,x_bb_ohm\nl,x,y,b,0.1,0.1\n",
        "loads": "load,bus,phases,kw,tier,service\nh,y,b,5,0,flexible\n",
        "grid": "grid,bus,phases\ng,x,b\n",
    }
    for name, text in tables.items():
        (base / f"{name}.csv").write_text(text, encoding="utf-8")
    header = 'format = 1\nname = "one"\nstart_utc = 2026-01-16T00:00:00+00:00\nstep_min = 60\nsteps = 1\n'
    (base / "case.toml").write_text(header, encoding="utf-8")
    done = populate(base, tmp_path / "c", vehicles=20, outage=10)
    assert v2g.check(done.folder) == ()
    for table in ("chargers", "loads", "solar", "batteries"):
        assert {row["phases"] for row in rows(done.folder, table)} == {"b"}


def test_a_small_one_solves_and_is_audited(tmp_path: Path) -> None:
    done = populate("ieee13-base", tmp_path / "c", vehicles=12, outage=6, step_min=60)
    case = v2g.read(done.folder)
    plan = v2g.solve(case)
    assert v2g.verify(case, plan).ok
    served = sum(tier["served"] for tier in plan.summary["critical"].values())
    assert served > 0, "the feeder is alive"


def test_the_readme_says_how(storm: Populated) -> None:
    text = (storm.folder / "README.md").read_text(encoding="utf-8")
    for words in ("--vehicles 200 --outage 48 --seed 1", "SHA-256", "emobpy", "ElaadNL", "Regulators stand at neutral"):
        assert words in text


# On the command line.


def test_the_verb_says_what_is_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = ["populate", "ieee13-base", "--to", str(tmp_path / "c"), "--vehicles", "10", "--outage", "6"]
    assert cli.run(order) == 0
    said = capsys.readouterr().out
    assert "10 vehicles: 3 give by V2G, 1 by V2H, 1 by V2L, 5 only charge" in said
    assert "v2g solve" in said and len(said.splitlines()) < 16
    assert cli.run([*order, "--json"]) == 2, "there is a case now"
    assert "holds something already" in json.loads(capsys.readouterr().out)["message"]
    order[3] = str(tmp_path / "d")
    assert cli.run([*order, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["fleet"]["ways"] == {"v2g": 3, "v2h": 1, "v2l": 1, "plain": 5}
    assert told["case"] == str(tmp_path / "d")


def test_an_imported_feeder_in_delta(tmp_path: Path) -> None:
    pytest.importorskip("opendssdirect")
    import_feeder(feeder("ieee37") / "ieee37.dss", tmp_path / "base")
    done = populate(tmp_path / "base", tmp_path / "c", vehicles=50, outage=12)
    before = {f.code for f in v2g.check(tmp_path / "base")}
    assert {f.code for f in v2g.check(done.folder)} <= before
    assert {row["connection"] for row in rows(done.folder, "chargers")} == {"delta"}


def test_reactors_stay_and_capacitors_open(tmp_path: Path) -> None:
    """Of two banks of the 13-node feeder, one is made a reactor."""
    base = changed_feeder(tmp_path / "base", "capacitors", {"cap1": {"kvar": "-600"}})
    done = populate(base, tmp_path / "c", vehicles=5, outage=6)
    assert {row["capacitor"]: row["closed"] for row in rows(done.folder, "capacitors")} == {"cap1": "1", "cap2": "0"}
    assert done.told.switched["capacitors"] == 1
    none = dict.fromkeys(done.case.table("buses")["bus"], 0)  # one island, at 0 kV: lines charge nothing
    assert charging_kvar(done.case, none, none) == {0: 600.0}


def test_what_buses_take_all_the_time_is_needed_as_well(tmp_path: Path) -> None:
    """2 and 3 kW of two buses, for the 24 hours in which a battery keeps the island up for its critical loads."""
    folder = tmp_path / "feeder"
    shutil.copytree(locate("ieee13-base"), folder)
    taking = {"671": "2", "675": "3"}
    found = [{**row, "shunt_b_kw": taking.get(row["bus"], "")} for row in rows(folder, "buses")]
    with (folder / "buses.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]))
        writer.writeheader()
        writer.writerows(found)
    said = populate(folder, tmp_path / "case", vehicles=20, outage=24).told
    assert said.energy["no_load"] == pytest.approx(5.0 * 24.0)
    share = said.energy["available"] / (said.energy["asked"] + 120.0)
    (line,) = [line for line in said.lines() if line.startswith("energy")]
    assert f"that critical loads need and 120 kWh of no-load losses meanwhile ({share:.0%}): " in line
    dead = populate(folder, tmp_path / "dead", vehicles=20, outage=24, formers="none").told
    assert dead.energy["no_load"] == 0.0 and "no-load" not in "\n".join(dead.lines())
