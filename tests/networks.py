"""Small networks made by hand, and what LinDistFlow says of the cases that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import v2g
from v2g.case import Case
from v2g.feeders.network import Bus, Line, Load, Network, Origin, Source, Transformer, Winding
from v2g.feeders.tables import Tabled, tabled
from v2g.register import declarations
from v2g.replay.feeder import read_feeder
from v2g.replay.islands import find_islands
from v2g.replay.shunts import shunts
from v2g.replay.sweep import leg_ends
from v2g.replay.voltage import leg_drops, references, sweep_voltages

FILE = "feeder.dss"
COLUMNS = {name: [column.name for column in spec.columns] for name, spec in declarations().items()}


def bus(name: str, phases: str = "abc", kv: float = 2.4) -> Bus:
    return Bus(name, phases, kv)


def matrix(phases: str, own: float, mutual: float = 0.0) -> Any:
    return np.full((len(phases),) * 2, mutual) + np.eye(len(phases)) * (own - mutual)


def line(name: str, start: str, end: str, phases: str = "abc", **more: Any) -> Line:
    """A line of 0.3 + j 0.6 ohm, 0.1 + j 0.2 between its conductors, no charging."""
    given = {"r_ohm": matrix(phases, 0.3, 0.1), "x_ohm": matrix(phases, 0.6, 0.2), "b_us": matrix(phases, 0.0)}
    return Line(name, start, end, phases, **{**given, "origin": Origin(FILE, 10), **more})


def load(name: str, at: str, phases: str = "abc", kw: float = 30.0, **more: Any) -> Load:
    return Load(name, at, phases, **{"connection": "wye", "kw": kw, "kvar": kw / 2, "origin": Origin(FILE, 20), **more})


def source(at: str, phases: str = "abc", **more: Any) -> Source:
    return Source("head", at, phases, origin=Origin(FILE, 1), **more)


def center_tap(name: str, high: str, low: str, phase: str = "a", kva: float = 25.0, **more: Any) -> Transformer:
    """2.4 kV to twice 120 V; 0.6 % and twice 1.2 % of resistance, 2.04 %, 2.04 % and 1.36 % of reactance."""
    windings = (
        Winding(high, phase, "wye" if len(phase) == 1 else "delta", 2.4, kva, r_pct=0.6),
        Winding(low, "1", "wye", 0.12, kva, r_pct=1.2),
        Winding(low, "2", "wye", 0.12, kva, r_pct=1.2),
    )
    return Transformer(name, windings, (2.04, 2.04, 1.36), rating_kva=kva, **{"origin": Origin(FILE, 30), **more})


def unit(name: str, high: Winding, low: Winding, x_pct: float = 0.0, **more: Any) -> Transformer:
    return Transformer(name, (high, low), (x_pct,), **{"origin": Origin(FILE, 30), **more})


def network(
    buses: Sequence[Bus], lines: Sequence[Line] = (), transformers: Sequence[Transformer] = (), **more: Any
) -> Network:
    return Network("test", "hand", tuple(buses), tuple(lines), tuple(transformers), **more)


def made(found: Network) -> Tabled:
    return tabled(found, COLUMNS)


def case_of(found: Network) -> Case:
    return v2g.read(made(found).draft)


def rows(found: Network, table: str) -> dict[str, dict[str, Any]]:
    """Rows of a table of the case, by their names."""
    frame = case_of(found).table(table)
    return {str(row[frame.columns[0]]): row for row in frame.to_dict("records")}


def voltages(case: Case) -> dict[tuple[str, str], float]:
    """Squared voltages of the first interval, all loads served in full, shunts as at nominal voltage.

    Flows solve Kirchhoff's law at all nodes but those of the head, as one system of equations.
    """
    feeder = read_feeder(case)
    islands = find_islands(case, feeder)
    loads = case.table("loads")
    power = (loads["kw"].to_numpy(float) + 1j * loads["kvar"].to_numpy(float))[:, None]
    gives, takes = shunts(case, feeder, feeder.closed)
    injection = 1j * (gives - takes) - feeder.terminals(loads).spread(power, len(feeder.nodes))
    law = np.zeros((len(feeder.nodes), len(feeder.legs)), complex)
    for leg, around in enumerate(leg_ends(feeder, reactive=True)):
        for node, share in around:
            law[node, leg] += share
    inner = ~references(islands, 0)[0]
    flow = np.linalg.solve(law[inner], -injection[inner])
    w, taken = sweep_voltages(feeder, islands, leg_drops(feeder, flow), np.zeros((len(feeder.nodes), 1)))
    assert not taken.any()
    return {node: float(w[number, 0]) for number, node in enumerate(feeder.nodes)}
