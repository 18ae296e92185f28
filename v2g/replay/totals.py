"""The plan's summary, recomputed from its tables: services kept, hours, energies, reserves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.replay.record import Record
from v2g.replay.verdict import Array, Mask, allowance


@dataclass(frozen=True)
class Totals:
    """What the plan amounts to.

    ``served`` by tier: ``total`` and ``served`` weigh each critical load by its people (or 1),
    ``loads_total`` and ``loads_served`` count loads. ``store_change_kwh`` is the change of energy in
    vehicles and batteries, ``given_kwh`` the energy of devices that the audit takes as given.
    """

    served: dict[int, dict[str, float]]
    critical_hours: dict[int, dict[str, float]]
    energy_kwh: dict[str, float]
    reserve_shortfall_kwh: float
    store_change_kwh: float
    given_kwh: float


def fully_served(record: Record) -> Mask:
    """Critical loads that have all of their demand in every required interval, shape (loads,)."""
    loads = record.loads
    short = loads.demand_kw - record.load_sheet["served_kw"] > record.tolerance * allowance(loads.demand_kw)
    return np.asarray(loads.critical & ~(short & loads.required).any(axis=1))


def served_by_tier(record: Record) -> dict[int, dict[str, float]]:
    """Critical loads served and all of them, by weight and by number."""
    loads, full = record.loads, fully_served(record)
    return {
        tier: {
            "total": float(loads.weight[mine := loads.counted(tier)].sum()),
            "served": float(loads.weight[mine & full].sum()),
            "loads_total": float(mine.sum()),
            "loads_served": float((mine & full).sum()),
        }
        for tier in loads.tiers
    }


def critical_hours(record: Record) -> dict[int, dict[str, float]]:
    """Required hours of critical loads and the share of them that is served, by tier."""
    loads = record.loads
    needed = np.where(loads.required, record.hours[None, :], 0.0)
    share = np.divide(record.load_sheet["served_kw"], loads.demand_kw, out=np.zeros(needed.shape), where=loads.required)
    return {
        tier: {
            "required": float(needed[loads.counted(tier)].sum()),
            "served": float((needed * share)[loads.counted(tier)].sum()),
        }
        for tier in loads.tiers
    }


def source_energy(record: Record) -> dict[str, float]:
    """Energy of the sources in kWh."""
    sources, sheet = record.sources, record.source_sheet
    output = record.source_power.real.sum(axis=1) * record.hours
    solar, battery = sources.of("solar"), sources.of("battery")
    available = np.where(np.isfinite(sources.limit_kw), sources.limit_kw, 0.0) * record.hours
    charged, given = sheet["charge_kw"][battery] * record.hours, sheet["discharge_kw"][battery] * record.hours
    eff_in, eff_out = sources.charge_eff[battery, None], sources.discharge_eff[battery, None]
    lost = charged * (1.0 - eff_in) + given * (1.0 / eff_out - 1.0)
    return {
        "solar_used": float(output[solar].sum()),
        "solar_curtailed": float((available - output)[solar].sum()),
        "fuel": float(output[sources.of("generator")].sum()),
        "grid": float(output[sources.of("grid")].sum()),
        "battery_charged": float(charged.sum()),
        "battery_discharged": float(given.sum()),
        "losses_battery": float(lost.sum()),
    }


def fleet_energy(record: Record) -> dict[str, float]:
    """Energy of the vehicles in kWh; ``trips`` is what trips took on board, missed energy left out."""
    fleet, sheet = record.fleet, record.vehicle_sheet
    charged, given = sheet["charge_kw"] * record.hours, sheet["discharge_kw"] * record.hours
    lost = charged * (1.0 - fleet.charge_eff) + given * (1.0 / fleet.discharge_eff - 1.0)
    return {
        "charged": float(charged.sum()),
        "discharged": float(given.sum()),
        "losses_vehicle": float(lost.sum()),
        "trips": float((fleet.trip_kwh - sheet["missed_trip_kwh"]).sum()),
    }


def shortfall(record: Record) -> float:
    """Sum over vehicles of the most that is ever missing to the mobility reserve, in kWh."""
    fleet = record.fleet
    energy = np.hstack([fleet.start_kwh[:, None], record.vehicle_sheet["energy_end_kwh"]])
    return float(np.maximum(0.0, fleet.reserve_kwh[:, None] - energy).max(axis=1, initial=0.0).sum())


def stored_change(record: Record) -> float:
    """Change of the energy in all stores over the horizon in kWh, by the plan's columns."""
    if not record.case.steps:
        return 0.0
    battery = record.sources.of("battery")
    last: Array = record.vehicle_sheet["energy_end_kwh"][:, -1]
    ends = record.source_sheet["energy_end_kwh"][battery, -1]
    return float((last - record.fleet.start_kwh).sum() + (ends - record.sources.start_kwh[battery]).sum())


def recompute(record: Record) -> Totals:
    """Everything that the summary states and that follows from the tables."""
    energy = record.load_sheet["served_kw"] * record.hours
    critical = float(energy[record.loads.required].sum())
    loads = {"served_critical": critical, "served_other": float(energy.sum()) - critical}
    return Totals(
        served=served_by_tier(record),
        critical_hours=critical_hours(record),
        energy_kwh={**loads, **fleet_energy(record), **source_energy(record)},
        reserve_shortfall_kwh=shortfall(record),
        store_change_kwh=stored_change(record),
        given_kwh=float((record.others.real * record.hours).sum()),
    )
