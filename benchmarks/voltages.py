"""How far LinDist3Flow, as `v2g.solve` plans with it, is from an AC power flow of the same feeder by OpenDSS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

import v2g
from v2g.case import Case
from v2g.formats import locate

FEEDERS = ("ieee13-base", "ieee123-base")
NAMES = {"bus": str, "load": str}


def study(feeders: Sequence[str]) -> list[dict[str, Any]]:
    """Errors of each feeder, with the loads' nominal powers and with those that they draw in the engine's solution."""
    return [_errors(name, kind) for name in feeders for kind in ("nominal", "drawn")]


def _expected(name: str, what: str) -> pd.DataFrame:
    return pd.read_csv(locate(name) / f"expected_{what}.csv", dtype=NAMES)


def _case(name: str, kind: str) -> Case:
    case = v2g.read(name)
    if kind == "nominal":
        return case
    drawn, loads = _expected(name, "loads").set_index("load"), case.table("loads").copy()
    for column in ("kw", "kvar"):
        loads[column] = loads["load"].map(drawn[column])
    return replace(case, tables={**case.tables, "loads": loads})


def _errors(name: str, kind: str) -> dict[str, Any]:
    plan = v2g.solve(_case(name, kind))
    loads, nodes = plan.tables["loads"], plan.tables["nodes"]
    both = _expected(name, "voltages").merge(nodes, on=["bus", "phase"])
    error = 100.0 * (both["voltage_pu"] / both["v_pu"] - 1.0).abs()
    worst = both.loc[error.idxmax()]
    return {
        "feeder": name, "loads": kind, "kw": float(loads["demand_kw"].sum()), "nodes": len(both),
        "unserved_kw": float((loads["demand_kw"] - loads["served_kw"]).sum()), "largest": float(error.max()),
        "mean": float(error.mean()), "at": f"{worst['bus']}, phase {worst['phase']}",
    }  # fmt: skip
