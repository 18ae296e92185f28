"""How far imported feeders are from what the engine says of their files: by the linear model, and by our AC circuit.

The second shows whether the import is right; what the first differs by beyond that is what the linear model leaves out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.controls import controls, regulated
from benchmarks.feeder_flows import Flows
from tests.feeders import COLLECTION
from v2g.feeders.importing import import_feeder
from v2g.replay.feeder import PHASES, Node
from v2g.replay.verdict import Array, Complex

ALL = "*"
SAME = 0.02
"""Nominal voltages of a bus in the case and in the reference differ by less."""


@dataclass(frozen=True)
class Imported:
    """A file and its reference in the collection. At ``ungrounded`` buses a voltage is one between phases.

    ``regulating``: once more with regulators whose controls act on the linear model.
    """

    file: str
    reference: str
    ungrounded: tuple[str, ...] = ()
    regulating: bool = False


FEEDERS: Mapping[str, Imported] = {
    "ieee13": Imported("ieee13/IEEE13Nodeckt.dss", "ieee13/reference"),
    "ieee34 mod 1": Imported("ieee34/ieee34Mod1.dss", "ieee34/reference", regulating=True),
    "ieee34 mod 2": Imported("ieee34/ieee34Mod2.dss", "ieee34/reference_mod2", regulating=True),
    "ieee37": Imported("ieee37/ieee37.dss", "ieee37/reference", (ALL,)),
    "ieee123": Imported("ieee123/IEEE123Master.dss", "ieee123/reference", ("610",)),
    "acep_psil": Imported("acep_psil/ACEP_PSIL.dss", "acep_psil/reference"),
    "epri_ckt5": Imported("epri_ckt5/Master_ckt5.dss", "epri_ckt5/reference"),
    "epri_j1": Imported("epri_j1/Master_withPV.dss", "epri_j1/reference"),
    "ieee8500": Imported("ieee8500/Master-unbal.dss", "ieee8500/reference"),
    "ieee9500": Imported("ieee9500/Master-unbal-initial-config.dss", "ieee9500/reference"),
}


def study(names: Sequence[str], collection: Path = COLLECTION) -> list[dict[str, Any]]:
    """Errors of each feeder in percent of nominal voltage; one that is not in the collection is named as absent."""
    found: list[dict[str, Any]] = []
    for name in names:
        there = all((collection / part).exists() for part in (FEEDERS[name].file, FEEDERS[name].reference))
        found += _rows(name, FEEDERS[name], collection) if there else [{"feeder": name, "absent": True}]
    return found


def _rows(name: str, what: Imported, collection: Path) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        case = import_feeder(collection / what.file, Path(folder) / "case", fold=False).case
    given = _set_points(collection / what.reference / "der.csv")
    flows = Flows(case, given)
    bends = any(exponents.any() for exponents in flows.exponents)
    expected = Expected(collection / what.reference, what.ungrounded, flows)
    nominal = Flows(case, given, bending=False)
    if bends:
        yield {"feeder": name, "loads": "nominal", **expected.errors("linear", nominal.linear().astype(complex))}
    yield {
        "feeder": name, "loads": "with the voltage" if bends else "nominal",
        **expected.errors("linear", flows.linear().astype(complex)),
        **expected.errors("engine", flows.engine() / expected.kv),
    }  # fmt: skip
    if what.regulating:
        acting = controls(collection / what.file)
        for loads, one in (("nominal", nominal), ("with the voltage", flows)) if bends else (("nominal", flows),):
            volts = regulated(one, acting).astype(complex)
            yield {"feeder": name, "loads": f"{loads}, regulators act", **expected.errors("linear", volts)}


def _set_points(file: Path) -> dict[str, complex]:
    """What the machines of a feeder give in the reference, in kW + j kvar."""
    if not file.exists():
        return {}
    table = pd.read_csv(file)
    rows = zip(table["name"], table["p_out_kw"], table["q_out_kvar"], strict=True)
    return {str(name).lower(): complex(kw, kvar) for name, kw, kvar in rows}


class Expected:
    """Voltages of a reference, beside those of the nodes of a case."""

    def __init__(self, reference: Path, ungrounded: Sequence[str], flows: Flows) -> None:
        buses, volts = (pd.read_csv(reference / f"{table}.csv", dtype={"bus": str}) for table in ("buses", "voltages"))
        self.base = dict(zip(buses["bus"].str.lower(), buses["kv_base_ln"], strict=True))
        turned = volts["v_pu"] * np.exp(1j * np.radians(volts["angle_deg"]))
        keys = zip(volts["bus"].str.lower(), volts["node"], strict=True)
        self.volts = dict(zip(keys, turned, strict=True))
        table = flows.case.table("buses")
        nominal = dict(zip(table["bus"], table["kv_ln_kv"].astype(float), strict=True))
        self.nodes, self.ungrounded = flows.feeder.nodes, ungrounded
        self.kv = np.array([nominal[bus] for bus, _ in self.nodes])

    def errors(self, kind: str, volts: Complex) -> dict[str, Any]:
        """Largest and mean difference in percent; ``volts`` in per unit, without angles for the linear model."""
        pairs = [*self._pairs(volts)]
        parts = 100.0 * np.abs(np.array([[own, other] for _, own, other in pairs]) @ [1.0, -1.0])
        worst = int(parts.argmax())
        at = {"nodes": len(pairs), "of": len(self.volts), "at": pairs[worst][0]}
        return {kind: {**at, "largest": float(parts[worst]), "mean": float(parts.mean())}}

    def _pairs(self, volts: Complex) -> Iterator[tuple[str, float, float]]:
        """Where, voltage of the case, voltage of the reference, of all that both know."""
        own = {node: (v, kv) for node, v, kv in zip(self.nodes, volts, self.kv, strict=True) if v}
        for (bus, phase), (v, kv) in own.items():
            base, number = self.base.get(bus, 0.0), PHASES.index(phase) + 1
            if bus in self.ungrounded or ALL in self.ungrounded:
                continue
            if abs(base / kv - 1.0) < SAME and (bus, number) in self.volts:
                yield f"{bus}, phase {phase}", abs(v), abs(self.volts[bus, number]) * base / kv
            elif abs(2.0 * base / kv - 1.0) < SAME and {(bus, 1), (bus, 2)} <= self.volts.keys():
                legs = abs(self.volts[bus, 1] - self.volts[bus, 2])
                yield f"{bus}, between the legs", abs(v), legs * base / kv
        yield from self._between(own)

    def _between(self, own: Mapping[Node, tuple[complex, float]]) -> Iterator[tuple[str, float, float]]:
        """Of buses without ground: between two phases, over the root of three."""
        for bus in dict.fromkeys(bus for bus, _ in own if bus in self.ungrounded or ALL in self.ungrounded):
            for one, two in combinations([phase for phase in PHASES if (bus, phase) in own], 2):
                other = [self.volts.get((bus, PHASES.index(phase) + 1), 0j) for phase in (one, two)]
                (u, kv), (v, _) = own[bus, one], own[bus, two]
                scale = self.base.get(bus, 0.0) / kv / 3.0**0.5
                yield f"{bus}, {one} to {two}", between(u, v), abs(other[0] - other[1]) * scale


def between(one: complex, two: complex) -> float:
    """Voltage between two phases over the root of three; without angles they stand at 120 degrees.

    >>> round(between(1 + 0j, 1 + 0j), 6), round(between(1 + 0j, -0.5 - 0.75**0.5 * 1j), 6)
    (1.0, 1.0)
    """
    if one.imag or two.imag:
        return abs(one - two) / 3.0**0.5
    square: Array = np.array([one.real**2, two.real**2, one.real * two.real])
    return float(np.sqrt(square.sum() / 3.0))
