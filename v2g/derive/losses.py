"""What an AC solution adds to the linear model: losses and the error of its voltage drops, from tables of the case.

They are no input of a user: a plan that is corrected by an AC solution carries them in ``ac_nodes`` and ``ac_legs``,
and the steps on which its regulators stand in ``ac_taps``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.derive.feeder import Feeder

NODES, LEGS, TAPS = "ac_nodes", "ac_legs", "ac_taps"
LEG_COLUMNS = ("offset", "entering_kva", "around_kw", "around_kvar")


@dataclass(frozen=True)
class Losses:
    """Power lost at each node, (nodes, T); of each leg, (legs, T): squared voltage that its law leaves out, kVA that go
    in at its other end beyond what arrives, and kW and kvar that circulate in its transformer."""

    lost_kw: Floats
    lost_kvar: Floats
    offset: Floats
    entering: Floats
    around_kw: Floats
    around_kvar: Floats


def with_losses(case: Case, tables: Mapping[str, pd.DataFrame]) -> Case:
    """The case with what an AC solution adds, where these tables (of a plan) have it; else the same case."""
    found = {name: tables[name] for name in (NODES, LEGS, TAPS) if name in tables}
    return replace(case, tables={**case.tables, **found}) if found else case


def losses(case: Case, feeder: Feeder) -> Losses:
    """Of a case; zero where it has no such tables."""
    shape = (len(feeder.nodes), case.steps)
    kw, kvar = np.zeros(shape), np.zeros(shape)
    of_legs = {name: np.zeros((len(feeder.legs), case.steps)) for name in LEG_COLUMNS}
    nodes, legs = case.table(NODES), case.table(LEGS)
    if len(nodes):
        at = rows(nodes["bus"] + "." + nodes["phase"], feeder.nodes), intervals(case, nodes)
        kw[at], kvar[at] = nodes["lost_kw"], nodes["lost_kvar"]
    if len(legs):
        at = rows(legs["line"] + "." + legs["phase"], feeder.legs), intervals(case, legs)
        for name, values in of_legs.items():
            values[at] = legs[name]
    return Losses(kw, kvar, *of_legs.values())


def rows(names: pd.Series, known: list[str]) -> Ints:
    """Position of each name among those known."""
    number = {name: row for row, name in enumerate(known)}
    return np.array([number[name] for name in names], dtype=np.int64)


def intervals(case: Case, table: pd.DataFrame) -> Ints:
    """Interval of each row of a table with the column start_utc."""
    starts = {start: t for t, start in enumerate(case.boundaries[:-1])}
    return np.array([starts[start] for start in pd.to_datetime(table["start_utc"], utc=True)], dtype=np.int64)
