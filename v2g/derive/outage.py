"""Arrays of the policies: how long the outage may last, what is to be left at its end, and who is where."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from v2g.affine import Floats
from v2g.case import Case
from v2g.derive.context import Context
from v2g.derive.places import column
from v2g.derive.turns import to_come
from v2g.errors import UsageError
from v2g.language import Part, param

DAY = 24.0


def derive(context: Context, part: type[Part]) -> dict[str, Any]:
    """What a policy declares of: the end (``e``), the outages (``o``), the places (``p``)."""
    asked = {w.name for w in part.words(param)}
    sources: dict[str, Callable[[Context, type[Part]], dict[str, Any]]] = {
        "wanted": _end,
        "still": _survival,
        "inside": _outages,
        "place": _places,
    }
    found: dict[str, Any] = {}
    for name, make in sources.items():
        if name in asked:
            found |= make(context, part)
    return found


def durations(case: Case, policy: str) -> tuple[Floats, Floats]:
    """Hours from the start of the case to the end of the outage, and how likely they are, both (outages,)."""
    table = case.table("durations")
    if not len(table):
        raise UsageError(
            f"The policy '{policy}' has to know how long the outage may last. Add a table durations.csv (columns "
            'hours, probability) to the case, or a line such as cause = "hurricane" to its case.toml.'
        )
    return table["hours"].to_numpy(float), table["probability"].to_numpy(float)


def inside(case: Case, ends: Floats) -> Floats:
    """Share of each interval that lies before the end of each outage, (outages, T)."""
    start = np.concatenate([[0.0], np.cumsum(case.hours)[:-1]])
    return np.asarray(np.clip((ends[:, None] - start) / case.hours, 0.0, 1.0))


def critical_kw(case: Case) -> Floats:
    """Mean power that critical loads need in each interval, inside their windows, (T,)."""
    table = case.table("loads")
    if not len(table):
        return np.zeros(case.steps)
    demand = table["kw"].to_numpy(float)[:, None] * case.profile(table["profile"])
    service = table["service"].to_numpy(str)[:, None]
    by_hours = demand * _column(table, "hours_per_day")[:, None] / DAY
    by_energy = np.broadcast_to(_column(table, "kwh_per_day")[:, None] / DAY, demand.shape)
    need = np.select([service == "hours", service == "energy"], [by_hours, by_energy], demand)
    share = case.share_of_interval(table["from_utc"], table["until_utc"])
    return np.asarray((_critical(table)[:, None] * share * need).sum(axis=0))


def carried_kwh(case: Case, policy: type[Part]) -> float:
    """Energy that is to be left at the end: `carry_h` hours of the mean critical need of the last day."""
    given = case.header.get("carry_h")
    hours = float(given) if isinstance(given, (int, float)) else float(getattr(policy, "carry_h", 0.0))
    left = np.cumsum(case.hours[::-1])[::-1]
    last = np.clip(DAY - (left - case.hours), 0.0, case.hours)
    return hours * float(critical_kw(case) @ last / last.sum())


def _end(context: Context, part: type[Part]) -> dict[str, Any]:
    context.sets["last"] = ["end"]
    context.sets["queued"] = ["waiting"] if context.sets.get("sockets.waiting") else []
    context.sets["steered"] = ["moved"] if context.sets.get("regulated") else []
    wanted = np.array([carried_kwh(context.case, part)])
    context.sets["missable"] = ["soon"] if (column(context.case, "loads", "tier") > 0.0).any() else []
    return {"to_come": to_come(context.case), "wanted": wanted, "asked": (wanted > 0.0).astype(float)}


def _survival(context: Context, part: type[Part]) -> dict[str, Any]:
    ends, probability = durations(context.case, part.table)
    return {"still": probability @ inside(context.case, ends)}


def _outages(context: Context, part: type[Part]) -> dict[str, Any]:
    case = context.case
    ends, probability = durations(case, part.table)
    context.sets["outages"] = [f"{hours:g} h" for hours in ends]
    alpha = case.header.get("cvar_alpha")
    worst = 1.0 - (float(alpha) if isinstance(alpha, (int, float)) else 0.9)
    return {"inside": inside(case, ends), "tail": probability / worst, "most": _most(context)}


def _most(context: Context) -> Floats:
    """No more load-hours than these can be lost, by tier."""
    case, table = context.case, context.case.table("loads")
    most = np.zeros(len(context.sets["tiers"]))
    if len(table):
        kw, horizon = table["kw"].to_numpy(float), float(case.hours.sum())
        need = _column(table, "kwh_per_day") * math.ceil(horizon / DAY)
        hours = np.maximum(horizon, np.divide(need, kw, out=np.zeros(len(table)), where=kw > 0.0))
        np.add.at(most, _rank(table), _critical(table) * hours)
    return most


def _places(context: Context, part: type[Part]) -> dict[str, Any]:
    table = context.case.table("loads")
    numbers: dict[tuple[str, int], int] = {}
    critical = _critical(table) if len(table) else np.zeros(0)
    sites = table["site"] if "site" in table else [""] * len(table)
    names = [f"site {site}" if site else load for site, load in zip(sites, table.get("load", []), strict=True)]
    rank = _rank(table) if len(table) else np.zeros(0, dtype=int)
    place = np.array([numbers.setdefault((n, int(r)), len(numbers)) for n, r in zip(names, rank, strict=True)], int)
    members = np.bincount(place, weights=critical, minlength=len(numbers))
    context.sets["places"] = [f"{name}, tier {r + 1}" for name, r in numbers]
    return {
        "place": place,
        "weight": np.divide(critical, members[place], out=np.zeros(len(place)), where=critical > 0.0),
        "rank": np.array([r for _, r in numbers], dtype=int),
        "counts": (members > 0.0).astype(float),
    }


def _critical(table: pd.DataFrame) -> Floats:
    """One where a load is critical, (loads,)."""
    critical = (table["tier"].to_numpy(int) > 0) & (table["service"] != "flexible").to_numpy()
    return np.asarray(critical, dtype=float)


def _rank(table: pd.DataFrame) -> Any:
    return np.maximum(table["tier"].to_numpy(int) - 1, 0)


def _column(table: pd.DataFrame, name: str) -> Floats:
    """Numbers of a column, zero where blank."""
    return np.nan_to_num(table[name].to_numpy(float)) if name in table else np.zeros(len(table))
