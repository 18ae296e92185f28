"""The first page of a plan: what is served, how good that is, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from v2g.affine import Floats
from v2g.case import Case
from v2g.engine.stages import Stage
from v2g.lp import LP

FULL = 1e-6


def summarise(case: Case, tables: Mapping[str, pd.DataFrame], stages: Sequence[Stage], lp: LP, x: Floats,
              provenance: dict[str, Any], gap: float) -> dict[str, Any]:  # fmt: skip
    """Content of ``summary.json``, all but what the audit and the clock add."""
    proofs = [_certified(stage, x) for stage in stages]
    worst = max(proofs, key=lambda s: s["gap"])
    within = all(s["gap"] <= max(gap, FULL) for s in proofs)
    headline = {key: worst[key] for key in ("bound", "objective", "gap")}
    return {
        "status": "optimal" if within else "feasible",
        "gap": worst["gap"],
        "critical": critical(case, tables["loads"], stages),
        "critical_hours": hours(tables["loads"]),
        "energy_kwh": energies(case, tables),
        "reserve_shortfall_kwh": shortfall(case, tables["vehicles"]),
        "certificate": {**headline, "worst": worst["name"], "stages": proofs},
        "sizes": lp.sizes(),
        "provenance": provenance,
    }


def _certified(stage: Stage, x: Floats) -> dict[str, Any]:
    """One stage: its value at the final plan against its proven bound."""
    value, bound = stage.objective.at(x), stage.bound
    return {
        "name": stage.objective.name,
        "unit": stage.objective.unit,
        "meaning": stage.objective.meaning,
        "objective": value,
        "bound": min(bound, value),
        "gap": max(0.0, value - bound) / max(1.0, abs(value)),
    }


def critical(case: Case, loads: pd.DataFrame, stages: Sequence[Stage]) -> dict[str, dict[str, Any]]:
    """Critical loads by tier: how many there are, are served throughout, and could be at most."""
    table = case.table("loads")
    if not len(table):
        return {}
    counted = (table["tier"].to_numpy(int) > 0) & (table["service"] != "flexible").to_numpy()
    short = loads[loads["demand_kw"] - loads["served_kw"] > FULL * np.maximum(1.0, loads["demand_kw"] / 100.0)]
    unserved = set(short.loc[short["required"] > 0, "load"])
    people = table["people"].to_numpy(float)
    lost = {s.objective.name: s.bound for s in stages if s.objective.integers}
    found = {}
    for tier in sorted(set(table.loc[counted, "tier"].astype(int))):
        mine = counted & (table["tier"].to_numpy(int) == tier)
        weights = np.where(np.isnan(people[mine]), 1.0, people[mine])
        kept = ~table.loc[mine, "load"].isin(unserved).to_numpy()
        row: dict[str, Any] = {
            "total": int(mine.sum()),
            "served": int(kept.sum()),
            "bound": _most(weights, weights.sum() - lost.get(f"critical_{tier}", 0.0)),
        }
        if not np.isnan(people[mine]).all():
            row |= {"weighted": True, "people": float(weights.sum()), "people_served": float(weights[kept].sum())}
        found[str(tier)] = row
    return found


def _most(weights: Floats, budget: float) -> int:
    """How many loads can be served at most if their weights may add up to no more than the budget."""
    return int((np.cumsum(np.sort(weights)) <= budget + 1e-6 * max(1.0, budget)).sum())


def hours(loads: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Critical load-hours by tier, required and served; part of the power counts as part of the hour."""
    required = loads[loads["required"] > 0]
    share = required["served_kw"] / required["demand_kw"]
    tiers = required["tier"].to_numpy(int)
    table = {"required": required["hours"].to_numpy(float), "served": (required["hours"] * share).to_numpy(float)}
    return {
        str(tier): {name: float(values[tiers == tier].sum()) for name, values in table.items()}
        for tier in np.unique(tiers)
    }


def energies(case: Case, tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Energies in kWh: who gave, who took, what was lost."""
    loads, vehicles, sources = tables["loads"], tables["vehicles"], tables["sources"]
    served = loads["served_kw"] * loads["hours"]
    posts = case.table("chargers")
    charger = posts.set_index("charger") if len(posts) else pd.DataFrame(columns=["charge_eff", "discharge_eff"])
    eff_in = vehicles["charger"].map(charger["charge_eff"]).fillna(1.0).astype(float)
    eff_out = vehicles["charger"].map(charger["discharge_eff"]).fillna(1.0).astype(float)
    charged, given = (vehicles[c] * vehicles["hours"] for c in ("charge_kw", "discharge_kw"))
    kind, energy = sources["kind"], sources["output_kw"].astype(float) * sources["hours"].astype(float)
    solar = sources[kind == "solar"]
    wasted = (solar["available_kw"] - solar["output_kw"]).astype(float) * solar["hours"].astype(float)
    return {
        "served_critical": float(served[loads["required"] > 0].sum()),
        "served_other": float(served[loads["required"] == 0].sum()),
        "charged": float(charged.sum()),
        "discharged": float(given.sum()),
        "losses_vehicle": float((charged * (1.0 - eff_in) + given * (1.0 / eff_out - 1.0)).sum()),
        "trips": float((vehicles["trip_kwh"] - vehicles["missed_trip_kwh"]).sum()),
        "solar_used": float(energy[kind == "solar"].sum()),
        "solar_curtailed": float(wasted.sum()),
        "fuel": float(energy[kind == "generator"].sum()),
        "grid": float(energy[kind == "grid"].sum()),
        **_batteries(case, sources[kind == "battery"]),
    }


def _batteries(case: Case, rows: pd.DataFrame) -> dict[str, float]:
    if not len(rows):
        return {"battery_charged": 0.0, "battery_discharged": 0.0, "losses_battery": 0.0}
    units = case.table("batteries").set_index("battery")
    hours_, name = rows["hours"].astype(float), rows["source"]
    charged, given = rows["charge_kw"].astype(float) * hours_, rows["discharge_kw"].astype(float) * hours_
    lost = charged * (1.0 - name.map(units["charge_eff"]).astype(float))
    lost += given * (1.0 / name.map(units["discharge_eff"]).astype(float) - 1.0)
    return {
        "battery_charged": float(charged.sum()),
        "battery_discharged": float(given.sum()),
        "losses_battery": float(lost.sum()),
    }


def shortfall(case: Case, vehicles: pd.DataFrame) -> float:
    """Sum over vehicles of the most that is ever missing to the mobility reserve, in kWh."""
    if not len(vehicles):
        return 0.0
    table = case.table("vehicles").set_index("vehicle")
    at_start = (table["reserve_kwh"] - table["start_kwh"]).clip(lower=0.0)
    later = vehicles.groupby("vehicle", sort=False)["shortfall_kwh"].max()
    return float(np.maximum(at_start, later.reindex(at_start.index)).sum())
