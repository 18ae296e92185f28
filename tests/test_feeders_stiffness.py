"""The impedance of a source: read from a file, and a line of the case where the load would feel it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from v2g.feeders.network import Bus, Line, Load, Network, Source
from v2g.feeders.stiffness import with_impedance
from v2g.feeders.tables import tabled
from v2g.reading import read
from v2g.register import declarations

HEAD = Bus("head", "abc", 0.48 / 3.0**0.5)
SOFT = Source("grid", "head", "abc", 1.1, 0.006 + 0.06j, 0.03 + 0.09j)


def town(source: Source, kw: float = 400.0, kvar: float = 300.0) -> Network:
    load = Load("town", "head", "abc", "wye", kw, kvar)
    return Network("town", "own", (HEAD,), loads=(load,), sources=(source,))


def test_a_soft_source_stands_behind_a_line() -> None:
    network = with_impedance(town(SOFT))
    (line,), (source,) = network.lines, network.sources
    assert (line.from_bus, line.to_bus, line.phases, source.bus) == ("head_supply", "head", "abc", "head_supply")
    assert (source.voltage_pu, network.buses[-1].kv_ln) == (1.1, HEAD.kv_ln)
    # (z0 + 2 z1) / 3 on the diagonal, (z0 - z1) / 3 off it
    assert_allclose(np.diag(line.r_ohm), [(0.03 + 0.012) / 3.0] * 3)
    assert_allclose(np.diag(line.x_ohm), [(0.09 + 0.12) / 3.0] * 3)
    assert_allclose([line.r_ohm[0, 1], line.x_ohm[0, 1]], [0.008, 0.01])
    # 0.0603 ohm at 500 kVA and 0.48 kV: 0.0603 * 0.5 / 0.2304
    assert "loses 13 %" in network.notes[-1].text


def test_a_stiff_source_stays_where_it_is() -> None:
    # 0.0603 ohm * 0.003 MVA / 0.2304 = 0.08 %
    network = with_impedance(town(SOFT, 2.4, 1.8))
    assert (network.lines, network.sources, len(network.buses)) == ((), (SOFT,), 1)
    assert "is left out" in network.notes[-1].text
    ideal = town(replace(SOFT, z1_ohm=0j, z0_ohm=0j))
    assert with_impedance(ideal) is ideal


def test_the_case_has_its_supply_behind_the_line() -> None:
    columns = {table: [column.name for column in spec.columns] for table, spec in declarations().items()}
    tables = read(tabled(town(SOFT), columns).draft).tables
    assert list(tables["grid"]["bus"]) == ["head_supply"]
    assert list(zip(tables["lines"]["from_bus"], tables["lines"]["to_bus"], strict=True)) == [("head_supply", "head")]
    assert float(tables["lines"]["x_aa_ohm"].iloc[0]) == pytest.approx(0.07)


def test_names_that_are_taken() -> None:
    none = np.zeros((3, 3))
    wire = Line("grid_impedance", "head", "head_supply", "abc", none, none, none)
    network = replace(town(SOFT), buses=(HEAD, replace(HEAD, name="head_supply")), lines=(wire,))
    found = with_impedance(network)
    assert [bus.name for bus in found.buses] == ["head", "head_supply", "head_supply_2"]
    assert found.lines[-1].name == "grid_impedance_2"


@pytest.mark.parametrize("phases", [1, 3])
def test_the_impedance_of_a_file(tmp_path: Path, phases: int) -> None:
    pytest.importorskip("opendssdirect", reason="the engine of OpenDSS is an extra")
    from v2g.feeders.opendss.reader import OpenDSS

    file = tmp_path / "town.dss"
    node = ".1" if phases == 1 else ""
    file.write_text(
        f"New Circuit.town bus1=head{node} phases={phases} basekv=0.48 pu=1.1 r1=0.006 x1=0.06 r0=0.03 x0=0.09\n"
        f"New Load.town bus1=head{node} phases={phases} kv=0.48 kw=10 kvar=5\n"
        "Set voltagebases=[0.48]\nCalcVoltageBases\n"
    )
    (source,) = OpenDSS().read(file).sources
    # A source of one phase has no sequences: the engine takes r1 and x1.
    zero = 0.03 + 0.09j if phases == 3 else 0.006 + 0.06j
    assert_allclose([source.z1_ohm, source.z0_ohm], [0.006 + 0.06j, zero], rtol=1e-6)
