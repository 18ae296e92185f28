"""The plan's summary, recomputed from its tables: services kept, hours, energies, reserves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from v2g.replay.record import Record
from v2g.replay.services import days_got, days_kept, hours_since_start, loads_kept
from v2g.replay.verdict import Array, Mask, allowance


@dataclass(frozen=True)
class Totals:
    """What the plan amounts to.

    ``served`` by tier: ``total`` and ``served`` weigh each critical load by its people (or 1),
    ``loads_total`` and ``loads_served`` count loads. ``store_change_kwh`` is the change of energy in
    vehicles and batteries, ``given_kwh`` the energy of devices that the audit takes as given,
    ``surge_kwh`` what loads draw beyond their demand when they are picked up. ``survival_h`` by tier
    is the time until the first load of it lacks power that it requires, or has lacked what a day needs.
    """

    served: dict[int, dict[str, float]]
    critical_hours: dict[int, dict[str, float]]
    energy_kwh: dict[str, float]
    reserve_shortfall_kwh: float
    store_change_kwh: float
    given_kwh: float
    surge_kwh: float
    survival_h: dict[int, float]


def slack(record: Record) -> Array:
    """Power in kW that may be missing from full power, (loads, T)."""
    return np.asarray(record.tolerance * allowance(record.loads.demand_kw))


def lacking(record: Record) -> Mask:
    """Where a continuous load does not get all of its demand although it is required, shape (loads, T)."""
    loads = record.loads
    short = loads.demand_kw - record.load_sheet["served_kw"] > slack(record)
    return np.asarray(short & loads.required)


def fully_served(record: Record) -> Mask:
    """Critical loads that have what counts, shape (loads,): continuous ones all of their demand in every required
    interval within the guarantee, the others all their hours or energy in every day that ends within it."""
    loads = record.loads
    throughout = ~(lacking(record) & loads.in_guarantee[None, :]).any(axis=1)
    received, tolerance = record.load_sheet["served_kw"], record.tolerance
    days = days_kept(record.case, loads.services, received, loads.demand_kw, slack(record), tolerance)
    return np.asarray(loads.critical & throughout & loads_kept(loads.services, days, len(loads.names)))


def survival(record: Record) -> dict[int, float]:
    """Hours until a tier first lacks something, by tier: power that is required, or (at its end) what a day needs."""
    loads, point = record.loads, hours_since_start(record.case)
    short, days = lacking(record), loads.services
    received, demand = record.load_sheet["served_kw"], loads.demand_kw
    lost = ~days_kept(record.case, days, received, demand, slack(record), record.tolerance)
    found = {}
    for tier in loads.tiers:
        mine = loads.counted(tier)
        begins = point[:-1][short[mine].any(axis=0)]
        ends = point[1:][days.last[lost & mine[days.load]]]
        found[tier] = float(min([*begins, *ends, point[-1]]))
    return found


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
    """Hours at full power that critical loads require, and what of them is served, by tier.

    Part of the power counts as part of the hour, but for loads that need hours of full power.
    """
    loads, days = record.loads, record.loads.services
    needed = np.where(loads.required, record.hours[None, :], 0.0)
    share = np.divide(record.load_sheet["served_kw"], loads.demand_kw, out=np.zeros(needed.shape), where=loads.required)
    got = days_got(record.case, days, record.load_sheet["served_kw"], loads.demand_kw, slack(record))
    unit = np.where(days.by_hours | (days.rated_kw <= 0), 1.0, days.rated_kw)
    need, had = days.need / unit, np.minimum(got, days.need) / unit
    return {
        tier: {
            "required": float(needed[mine := loads.counted(tier)].sum() + need[mine[days.load]].sum()),
            "served": float((needed * share)[mine].sum() + had[mine[days.load]].sum()),
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


def feeder_losses(record: Record) -> float:
    """What the plan says that lines and transformers lose, in kWh."""
    return float((record.of_legs("lost_kw") * record.hours).sum())


def off_nominal(record: Record) -> float:
    """What else the plan says that nodes lose, in kWh: what loads and buses that follow the voltage draw
    beyond nominal."""
    return float((record.lost.real * record.hours).sum()) - feeder_losses(record)


def no_load(record: Record) -> float:
    """What buses take all the time, in kWh."""
    return float((record.standing_kw * record.hours).sum())


def fleet_energy(record: Record) -> dict[str, float]:
    """Energy of the vehicles in kWh; ``trips`` is what trips took on board, missed energy left out."""
    fleet, sheet, hours = record.fleet, record.vehicle_sheet, record.hours
    charged, given = sheet["charge_kw"] * hours, sheet["discharge_kw"] * hours
    premises, plugs = sheet["v2h_kw"] * hours, sheet["v2l_kw"] * hours
    lost = charged * (1.0 - fleet.charge_eff) + (given + premises) * (1.0 / fleet.discharge_eff - 1.0)
    lost += plugs * (1.0 / fleet.v2l_eff[:, None] - 1.0)
    return {
        "charged": float(charged.sum()),
        "discharged": float(given.sum()),
        "losses_vehicle": float(lost.sum()),
        "trips": float((fleet.trip_kwh - sheet["missed_trip_kwh"]).sum()),
        "v2h": float(premises.sum()),
        "v2l": float(plugs.sum()),
        "standby": float(sheet["standby_kwh"].sum()),
    }


def shortfall(record: Record) -> float:
    """Sum over vehicles of the most that is ever missing to what their drivers need, in kWh."""
    fleet = record.fleet
    energy = np.hstack([fleet.start_kwh[:, None], record.vehicle_sheet["energy_end_kwh"]])
    return float(np.maximum(0.0, fleet.level_kwh - energy).max(axis=1, initial=0.0).sum())


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
    counted = record.loads.required.copy()
    counted[record.loads.services.load] = True
    critical = float(energy[counted].sum())
    surge = float((record.load_sheet["surge_kw"] * record.hours).sum())
    loads = {"served_critical": critical, "served_other": float(energy.sum()) - critical, "pickup": surge}
    return Totals(
        served=served_by_tier(record),
        critical_hours=critical_hours(record),
        energy_kwh={
            **loads,
            **fleet_energy(record),
            **source_energy(record),
            "losses_feeder": feeder_losses(record),
            "off_nominal": off_nominal(record),
            "no_load": no_load(record),
        },
        reserve_shortfall_kwh=shortfall(record),
        store_change_kwh=stored_change(record),
        given_kwh=float((record.others.real * record.hours).sum()),
        surge_kwh=surge,
        survival_h=survival(record),
    )
