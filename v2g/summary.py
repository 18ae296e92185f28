"""The first page of a plan: what is served, how good that is, and how it was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from v2g.affine import Floats, Ints
from v2g.case import Case
from v2g.daily import Days, days
from v2g.engine.stages import Stage
from v2g.lp import LP
from v2g.problem import Numbers

FULL = 1e-6
SETTLED = 1e-6
"""A stage counts as solved within that of its bound, whatever gap is asked for; relative, as all gaps."""
ROUNDING = 1e-6
"""What the stages after it may add to it by rounding: as much as checking a certificate again lets pass."""


def summarise(case: Case, tables: Mapping[str, pd.DataFrame], stages: Sequence[Stage], lp: LP, x: Floats,
              provenance: dict[str, Any], gap: float, numbers: Numbers) -> dict[str, Any]:  # fmt: skip
    """Content of ``summary.json``, all but what the audit and the clock add; ``numbers`` are those of the problem."""
    pieces = days(case, tables["loads"], numbers.values)
    by_tier = critical(case, tables["loads"], stages, pieces)
    proofs = [_certified(stage, x) for stage in stages]
    worst = max(proofs, key=lambda s: s["gap"])
    headline = {key: worst[key] for key in ("bound", "objective", "gap")}
    return {
        "status": status([proof["gap"] for proof in proofs], gap),
        "gap": worst["gap"],
        "critical": by_tier,
        "critical_hours": hours(tables["loads"], pieces, by_tier),
        "energy_kwh": energies(case, tables, pieces),
        "reserve_shortfall_kwh": shortfall(case, tables["vehicles"], numbers.values["vehicles", "needed"][:, 0]),
        "certificate": {**headline, "worst": worst["name"], "stages": proofs},
        "sizes": lp.sizes(),
        "provenance": provenance,
    }


def status(gaps: Iterable[float], asked: float) -> str:
    """``optimal`` where every stage is as near to its bound as it was solved for, ``feasible`` elsewhere.

    A stage is solved until its gap is at most the one asked for, or `SETTLED` where that is more. Then it
    is held while later ones are solved, which move it by no more than `ROUNDING`. ``gaps`` are those of the
    final plan.

    >>> status([0.0, 9e-4], 1e-3), status([2e-3], 1e-3)
    ('optimal', 'feasible')
    """
    return "optimal" if all(gap <= max(asked, SETTLED) + ROUNDING for gap in gaps) else "feasible"


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
        "by": stage.by,
    }


def critical(case: Case, loads: pd.DataFrame, stages: Sequence[Stage], pieces: Days) -> dict[str, dict[str, Any]]:
    """Critical loads by tier: how many there are, are served, and could be at most, and how long all of them are."""
    table = case.table("loads")
    if not len(table):
        return {}
    tiers = table["tier"].to_numpy(int)
    counted = (tiers > 0) & (table["service"] != "flexible").to_numpy()
    served = _whole(case, loads) & pieces.kept(len(table))
    alive = np.minimum(_survival(case, loads), pieces.alive(len(table), np.cumsum(case.hours)))
    people = table["people"].to_numpy(float)
    lost = {s.objective.name: s.bound for s in stages if s.objective.integers}
    found = {}
    for tier in sorted(set(tiers[counted].tolist())):
        mine = counted & (tiers == tier)
        weights = np.where(np.isnan(people[mine]), 1.0, people[mine])
        kept = served[mine]
        row: dict[str, Any] = {
            "total": int(mine.sum()),
            "served": int(kept.sum()),
            "bound": _most(weights, weights.sum() - lost.get(f"critical_{tier}", 0.0)),
            "survival_h": float(alive[mine].min()),
        }
        if not np.isnan(people[mine]).all():
            row |= {"weighted": True, "people": float(weights.sum()), "people_served": float(weights[kept].sum())}
        found[str(tier)] = row
    return found


def _lacking(case: Case, loads: pd.DataFrame) -> NDArray[np.bool_]:
    """Where a load with continuous service lacks power that it requires, (loads, T)."""
    short = loads["demand_kw"] - loads["served_kw"] > FULL * np.maximum(1.0, loads["demand_kw"] / 100.0)
    lacking = (short & (loads["required"] > 0)).to_numpy()
    return np.asarray(lacking.reshape(case.steps, len(case.table("loads"))).T)


def _starts(case: Case) -> Floats:
    """Start of each interval in h, (T,)."""
    return np.asarray(np.cumsum(case.hours) - case.hours)


def _whole(case: Case, loads: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each load has all the power that it requires, as long as that counts, (loads,)."""
    guarantee = case.header.get("guarantee_h")
    until = float(guarantee) if isinstance(guarantee, (int, float)) else np.inf
    return np.asarray(~(_lacking(case, loads) & (_starts(case) < until - 1e-9)).any(axis=1))


def _survival(case: Case, loads: pd.DataFrame) -> Floats:
    """Hours from the start until a load first lacks power that it requires; the horizon if it never does, (loads,)."""
    lacking = _lacking(case, loads)
    return np.asarray(np.where(lacking.any(axis=1), _starts(case)[lacking.argmax(axis=1)], case.hours.sum()))


def _most(weights: Floats, budget: float) -> int:
    """How many loads can be served at most if their weights may add up to no more than the budget."""
    return int((np.cumsum(np.sort(weights)) <= budget + 1e-6 * max(1.0, budget)).sum())


def hours(loads: pd.DataFrame, pieces: Days, tiers: Iterable[str]) -> dict[str, dict[str, float]]:
    """Critical load-hours by tier, required and served; part of the power is part of the hour.

    Loads with service by the day need, and get, so many hours at full power.
    """
    required = loads[loads["required"] > 0]
    length = required["hours"].to_numpy(float)
    share = (required["served_kw"] / required["demand_kw"]).to_numpy(float)
    tier = np.concatenate([required["tier"].to_numpy(int), pieces.tier])
    asked = np.concatenate([length, pieces.need])
    return _summed(tier, asked, np.concatenate([length * share, np.minimum(pieces.got, pieces.need)]), tiers)


def _summed(tier: Ints, required: Floats, served: Floats, tiers: Iterable[str]) -> dict[str, dict[str, float]]:
    both = {"required": required, "served": served}
    return {name: {key: float(values[tier == int(name)].sum()) for key, values in both.items()} for name in tiers}


def energies(case: Case, tables: Mapping[str, pd.DataFrame], pieces: Days) -> dict[str, float]:
    """Energies in kWh: who gave, who took, what was lost."""
    loads, vehicles, sources = tables["loads"], tables["vehicles"], tables["sources"]
    served = loads["served_kw"] * loads["hours"]
    daily = np.isin(np.tile(np.arange(len(case.table("loads"))), case.steps), pieces.load)
    counted = (loads["required"].to_numpy() > 0) | daily
    posts = case.table("chargers")
    charger = posts.set_index("charger") if len(posts) else pd.DataFrame(columns=["charge_eff", "discharge_eff"])
    eff_in = vehicles["charger"].map(charger["charge_eff"]).fillna(1.0).astype(float)
    eff_out = vehicles["charger"].map(charger["discharge_eff"]).fillna(1.0).astype(float)
    charged, given, premises, sockets = (_kwh(vehicles, c) for c in ("charge_kw", "discharge_kw", "v2h_kw", "v2l_kw"))
    own = case.table("vehicles")
    eff_socket = vehicles["vehicle"].map(own.set_index("vehicle")["v2l_eff"]) if "v2l_eff" in own else 1.0
    kind, energy = sources["kind"], sources["output_kw"].astype(float) * sources["hours"].astype(float)
    solar = sources[kind == "solar"]
    wasted = (solar["available_kw"] - solar["output_kw"]).astype(float) * solar["hours"].astype(float)
    return {
        "served_critical": float(served[counted].sum()),
        "served_other": float(served[~counted].sum()),
        "pickup": float(_kwh(loads, "surge_kw").sum()),
        "charged": float(charged.sum()),
        "discharged": float(given.sum()),
        "v2h": float(premises.sum()),
        "v2l": float(sockets.sum()),
        "standby": float(vehicles["standby_kwh"].sum()) if "standby_kwh" in vehicles else 0.0,
        "losses_vehicle": float(
            (
                charged * (1.0 - eff_in)
                + (given + premises) * (1.0 / eff_out - 1.0)
                + sockets * (1.0 / eff_socket - 1.0)
            ).sum()
        ),
        "trips": float((vehicles["trip_kwh"] - vehicles["missed_trip_kwh"]).sum()),
        "solar_used": float(energy[kind == "solar"].sum()),
        "solar_curtailed": float(wasted.sum()),
        "fuel": float(energy[kind == "generator"].sum()),
        "grid": float(energy[kind == "grid"].sum()),
        **_batteries(case, sources[kind == "battery"]),
        **_feeder_losses(case, tables),
        **_standing(tables["nodes"]),
    }


def _feeder_losses(case: Case, tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """What lines and transformers lose, if the plan takes that from an AC solution, and what loads draw off nominal."""
    if "ac_nodes" not in tables:
        return {}
    hours = pd.Series(case.hours, index=case.boundaries[:-1])
    met, lost = (_lost(tables.get(name), hours) for name in ("ac_nodes", "ac_legs"))
    return {"losses_feeder": lost, "off_nominal": met - lost}


def _lost(table: pd.DataFrame | None, hours: pd.Series) -> float:
    """Sum of a table's ``lost_kw`` in kWh; zero without one."""
    if table is None or "lost_kw" not in table:
        return 0.0
    return float((table["lost_kw"] * pd.to_datetime(table["start_utc"], utc=True).map(hours)).sum())


def _standing(nodes: pd.DataFrame) -> dict[str, float]:
    """What buses take all the time, if any do: no-load losses of transformers."""
    return {"no_load": float(_kwh(nodes, "shunt_kw").sum())} if "shunt_kw" in nodes else {}


def _kwh(rows: pd.DataFrame, power: str) -> pd.Series:
    """Energy of each row in kWh, from a column in kW; zero where there is no such column."""
    return rows[power] * rows["hours"] if power in rows else 0.0 * rows["hours"]


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


def shortfall(case: Case, vehicles: pd.DataFrame, needed: Floats) -> float:
    """Sum over vehicles of the most that is ever missing to what their drivers need, in kWh.

    ``needed`` is that at the start, (vehicles,).
    """
    if not len(vehicles):
        return 0.0
    table = case.table("vehicles").set_index("vehicle")
    at_start = (pd.Series(needed, index=table.index) - table["start_kwh"]).clip(lower=0.0)
    later = vehicles.groupby("vehicle", sort=False)["shortfall_kwh"].max()
    return float(np.maximum(at_start, later.reindex(at_start.index)).sum())
