"""What a plan says it takes from an AC solution: losses at nodes, and squared voltage left out by legs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from v2g.case import Case
from v2g.replay.columns import numbers
from v2g.replay.tables import interval_codes
from v2g.replay.verdict import Array, Complex, Index


def lost_power(case: Case, table: pd.DataFrame | None, node: Index | None, nodes: int) -> Complex:
    """Losses in kW + j kvar at every node, (nodes, T); zero where the plan has no such table."""
    out = np.zeros((nodes, case.steps), dtype=complex)
    if table is None or node is None:
        return out
    at = interval_codes(case, table)
    known = (node >= 0) & (at >= 0)
    power = numbers(table, "lost_kw", 0.0) + 1j * numbers(table, "lost_kvar", 0.0)
    np.add.at(out, (node[known], at[known]), power[known])
    return out


def leg_values(case: Case, table: pd.DataFrame | None, legs: list[str], column: str) -> Array:
    """A column of the table of legs, (legs, T); ``legs`` as name, line feed, phase."""
    out = np.zeros((len(legs), case.steps))
    if table is None:
        return out
    number = {leg: row for row, leg in enumerate(legs)}
    keys = table["line"].astype(str) + "\n" + table["phase"].astype(str)
    leg = np.array([number.get(key, -1) for key in keys], dtype=np.int64)
    at = interval_codes(case, table)
    known = (leg >= 0) & (at >= 0)
    np.add.at(out, (leg[known], at[known]), numbers(table, column, 0.0)[known])
    return out
