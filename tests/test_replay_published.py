"""Voltages of published feeders: the audit's own sweep against an AC power flow by the OpenDSS engine.

The largest and mean errors of LinDist3Flow are those of the linearisation; a wrong sign, transformer or base would
show at several percent.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_replay_example import build_case

from v2g.case import Case
from v2g.replay.columns import numbers
from v2g.replay.feeder import places, read_feeder
from v2g.replay.islands import find_islands
from v2g.replay.loads import read_loads
from v2g.replay.sweep import sweep_flows
from v2g.replay.voltage import leg_drops, sweep_voltages

DATASETS = Path(__file__).parents[1] / "datasets"
NAMES = {"bus": str, "from_bus": str, "to_bus": str}


def published(name: str) -> tuple[Case, pd.DataFrame]:
    """A feeder at full load, and the voltages of the engine."""
    files = sorted((DATASETS / name).glob("*.csv"))
    tables = {file.stem: pd.read_csv(file, dtype=NAMES) for file in files}
    expected = tables.pop("expected_voltages")
    tables.pop("expected_loads")
    return build_case([1.0], **tables), expected


def voltages(case: Case) -> dict[tuple[str, str], float]:
    """Voltages per unit with all loads served and the grid in balance; capacitors follow their voltage."""
    feeder, w = read_feeder(case), np.ones((sum(len(p) for p in case.tables["buses"]["phases"]), 1))
    islands, loads, capacitors = find_islands(case, feeder), read_loads(case, feeder), case.table("capacitors")
    served = loads.demand_kw * (1.0 + 1j * loads.kvar_per_kw[:, None])
    given = np.zeros((len(feeder.legs), 1), dtype=complex)
    for _ in range(20):
        injection = -loads.terminals.spread(served, len(feeder.nodes))
        for (bus, phases, _), kvar in zip(places(capacitors), numbers(capacitors, "kvar"), strict=True):
            for phase in phases:
                injection[feeder.number[bus, phase]] += 1j * kvar / len(phases) * w[feeder.number[bus, phase]]
        left = sweep_flows(feeder, injection, given).residual
        for node in islands.former_nodes[0]:
            island = islands.component == islands.component[node]
            injection[node] -= left[node] if island.all() else left[island].sum(axis=0)
        sweep = sweep_flows(feeder, injection, given)
        assert np.abs(sweep.residual).max() < 1e-9
        w, taken = sweep_voltages(feeder, islands, leg_drops(feeder, sweep.flow), w)
        assert not taken.any() and not sweep.taken.any()
    return dict(zip(feeder.nodes, np.sqrt(w[:, 0]).tolist(), strict=True))


@pytest.mark.parametrize(("name", "largest", "mean"), [("ieee13-base", 0.60, 0.30), ("ieee123-base", 0.55, 0.23)])
def test_voltages_are_those_of_an_ac_power_flow(name: str, largest: float, mean: float) -> None:
    case, expected = published(name)
    found = voltages(case)
    own = np.array([found[bus, phase] for bus, phase in zip(expected["bus"], expected["phase"], strict=True)])
    error = 100.0 * np.abs(own / expected["v_pu"].to_numpy() - 1.0)
    assert error.max() < largest and error.mean() < mean
