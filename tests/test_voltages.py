"""Voltages of LinDist3Flow against an AC power flow of the same feeder, by the OpenDSS engine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from feeders import feeder

import v2g
from v2g.formats import locate, read_folder
from v2g.formats.draft import Draft

LEFT_OUT = {"610"}
"""Secondary of an unloaded delta-delta transformer: without a neutral its line-to-neutral voltages depend on stray
admittances only, in the engine as well, so there is nothing to compare with."""


@dataclass(frozen=True)
class Limits:
    """Largest and mean relative difference, rounded up from those in the README.

    ``drawn`` is at the powers that the engine's loads draw, ``nominal`` at nominal powers.
    """

    drawn: tuple[float, float]
    nominal: tuple[float, float]


LIMITS = {
    "ieee13-base": Limits(drawn=(0.0067, 0.0032), nominal=(0.0060, 0.0030)),
    "ieee123-base": Limits(drawn=(0.0045, 0.0018), nominal=(0.0055, 0.0023)),
}
REFERENCE = {
    "ieee13-base": "ieee13/reference/voltages.csv",
    "ieee123-base": "ieee123/reference_switches/voltages.csv",
}


def with_powers(name: str, powers: pd.DataFrame | None) -> Draft:
    """A shipped case, its loads at other powers."""
    draft = read_folder(locate(name))
    tables = {key: frame.copy() for key, frame in draft.tables.items()}
    if powers is not None:
        drawn = powers.set_index("load").loc[tables["loads"]["load"]]
        for column in ("kw", "kvar"):
            tables["loads"][column] = drawn[column].map(repr).to_numpy()
    return Draft.of(draft.header, tables)


@cache
def differences(name: str, drawn: bool) -> pd.Series:
    """Relative difference of each node's voltage, every load served."""
    folder = Path(locate(name))
    powers = pd.read_csv(folder / "expected_loads.csv", dtype={"load": str}) if drawn else None
    plan = v2g.solve(v2g.read(with_powers(name, powers)))
    loads = plan.tables["loads"]
    assert np.allclose(loads["served_kw"].astype(float), loads["demand_kw"].astype(float), atol=1e-6), (
        "not all is served"
    )
    expected = pd.read_csv(folder / "expected_voltages.csv", dtype={"bus": str})
    return apart(plan.tables["nodes"], expected)


def apart(nodes: pd.DataFrame, expected: pd.DataFrame) -> pd.Series:
    """Relative differences by (bus, phase), over all nodes that have an expected figure."""
    ours = nodes.set_index([nodes["bus"].astype(str), nodes["phase"].astype(str)])["voltage_pu"].astype(float)
    theirs = expected[~expected["bus"].isin(LEFT_OUT)].set_index(["bus", "phase"])["v_pu"]
    assert not set(theirs.index) - set(ours.index)
    return (ours.reindex(theirs.index) / theirs - 1.0).abs()


@pytest.mark.parametrize("drawn", [True, False], ids=["drawn", "nominal"])
@pytest.mark.parametrize("name", LIMITS)
def test_voltages_are_near_those_of_an_ac_power_flow(name: str, drawn: bool) -> None:
    found, limits = differences(name, drawn), LIMITS[name]
    largest, mean = limits.drawn if drawn else limits.nominal
    assert found.notna().all()
    assert found.max() <= largest, f"{found.idxmax()}: {found.max():.4%}"
    assert found.mean() <= mean


@pytest.mark.parametrize(("name", "nodes"), [("ieee13-base", 41), ("ieee123-base", 271)])
def test_every_node_with_a_figure_is_compared(name: str, nodes: int) -> None:
    assert len(differences(name, True)) == nodes


def test_a_phase_mixed_up_is_noticed() -> None:
    """With phases b and c of the expected voltages exchanged, the difference is far beyond the limit."""
    expected = pd.read_csv(Path(locate("ieee13-base")) / "expected_voltages.csv", dtype={"bus": str})
    expected["phase"] = expected["phase"].map({"a": "a", "b": "c", "c": "b"})
    plan = v2g.solve(v2g.read("ieee13-base"))
    known = expected[[(b, p) in set(zip(plan.tables["nodes"]["bus"], plan.tables["nodes"]["phase"], strict=True))
                      for b, p in zip(expected["bus"], expected["phase"], strict=True)]]  # fmt: skip
    assert apart(plan.tables["nodes"], known).max() > 3 * LIMITS["ieee13-base"].nominal[0]


@pytest.mark.parametrize("name", REFERENCE)
def test_shipped_voltages_are_those_of_the_engine_s_own_export(name: str) -> None:
    theirs = pd.read_csv(feeder(REFERENCE[name]), dtype={"bus": str})
    theirs["phase"] = theirs["node"].map({1: "a", 2: "b", 3: "c"})
    ours = pd.read_csv(Path(locate(name)) / "expected_voltages.csv", dtype={"bus": str}).set_index(["bus", "phase"])
    both = ours.join(theirs.set_index(["bus", "phase"]), rsuffix="_engine", how="left")
    assert both["v_pu_engine"].notna().all()
    assert (both["v_pu"] - both["v_pu_engine"]).abs().max() <= 2e-6
