"""Checks on the vehicles: power where they are plugged in, energy integrated, what drivers need, trips."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from v2g.replay.mobility import minima, on_the_road, reaches
from v2g.replay.record import Record, words_of
from v2g.replay.stores import energy_change, hull_excess, integrated, steps_passed
from v2g.replay.verdict import Array, Check, allowance, merge


def on_fleet(record: Record, name: str, unit: str, excess: Array, scale: Array | float = 1.0) -> Check:
    """A check on an excess of shape (vehicles, T)."""
    return record.worst(name, unit, excess, words_of("vehicle", record.fleet.names), scale)


def capacity_scale(record: Record) -> Array:
    """Scale of the tolerance for energies, (vehicles, 1)."""
    return allowance(record.fleet.capacity_kwh[:, None])


def taken_by_trips(record: Record) -> Array:
    """Energy that trips take on board in kWh, (vehicles, T)."""
    return record.fleet.trip_kwh - record.vehicle_sheet["missed_trip_kwh"]


def fleet_change(record: Record) -> Array:
    """Change of each vehicle's energy over each interval in kWh, from all powers, efficiencies, standby and trips."""
    sheet, fleet = record.vehicle_sheet, record.fleet
    used = taken_by_trips(record) + sheet["standby_kwh"]
    used += sheet["v2l_kw"] / fleet.v2l_eff[:, None] * record.hours
    by_charger = sheet["discharge_kw"] + sheet["v2h_kw"]
    return energy_change(sheet["charge_kw"], by_charger, fleet.charge_eff, fleet.discharge_eff, record.hours, used)


def charge_within_limits(record: Record) -> Check:
    """Charging within vehicle and charger, for the share of the interval in which it is plugged in."""
    limit, charge = record.fleet.charge_max_kw, record.vehicle_sheet["charge_kw"]
    return on_fleet(
        record, "vehicles: charging within limits", "kW", np.maximum(charge - limit, -charge), allowance(limit)
    )


def discharge_within_limits(record: Record) -> Check:
    """Discharging likewise; a vehicle or charger that cannot give has the limit zero."""
    limit, give = record.fleet.discharge_max_kw, record.vehicle_sheet["discharge_kw"]
    excess = np.where(record.fleet.muted, -give, np.maximum(give - limit, -give))
    return on_fleet(record, "vehicles: discharging within limits", "kW", excess, allowance(limit))


def reserve_gives_nothing(record: Record) -> Check:
    """A vehicle that untouched is below what its driver needs gives nothing, in no way."""
    excess = np.where(record.fleet.muted, record.given, 0.0)
    return on_fleet(record, "vehicles: below reserve gives nothing", "kW", excess)


def not_both_at_once(record: Record) -> Check:
    """Charging and discharging share one charger: the shares of the two limits add up to at most one."""
    sheet, fleet = record.vehicle_sheet, record.fleet
    excess = hull_excess(sheet["charge_kw"], sheet["discharge_kw"], fleet.charge_max_kw, fleet.discharge_max_kw)
    return on_fleet(record, "vehicles: charge and discharge share the charger", "1", excess)


def dead_bus_vehicles(record: Record) -> Check:
    """Nothing is charged or given at a charger that no forming source reaches."""
    terminals = record.feeder.terminals(record.case.table("chargers"))
    live = np.vstack([terminals.all_live(record.live), np.ones((1, record.case.steps), dtype=bool)])
    at_live = np.take_along_axis(live, record.fleet.charger % len(live), axis=0)
    moved = record.vehicle_sheet["charge_kw"] + record.vehicle_sheet["discharge_kw"]
    return on_fleet(record, "vehicles: nothing at a dead bus", "kW", np.where(at_live, 0.0, moved))


def energy_steps(record: Record) -> Check:
    """Over each interval the energy changes by what was charged, given and driven."""
    sheet = record.vehicle_sheet
    excess = np.abs(sheet["energy_end_kwh"] - sheet["energy_start_kwh"] - fleet_change(record))
    return on_fleet(record, "vehicles: energy step", "kWh", excess, capacity_scale(record))


def energy_joined(record: Record) -> Check:
    """Each interval starts with the energy with which the one before ended, the first with the case's."""
    sheet, fleet = record.vehicle_sheet, record.fleet
    before = np.hstack([fleet.start_kwh[:, None], sheet["energy_end_kwh"][:, :-1]])
    excess = np.abs(sheet["energy_start_kwh"] - before)
    return on_fleet(record, "vehicles: energy carried over", "kWh", excess, capacity_scale(record))


def energy_integrated(record: Record) -> Check:
    """The energy is the start plus everything that went in and out since."""
    change = fleet_change(record)
    excess = np.abs(record.vehicle_sheet["energy_end_kwh"] - integrated(record.fleet.start_kwh, change))
    scale = np.maximum(capacity_scale(record), steps_passed(change))
    return on_fleet(record, "vehicles: energy integrated from the start", "kWh", excess, scale)


def energy_in_battery(record: Record) -> Check:
    """The energy stays between empty and full."""
    energy, full = record.vehicle_sheet["energy_end_kwh"], record.fleet.capacity_kwh[:, None]
    excess = np.maximum(energy - full, -energy)
    return on_fleet(record, "vehicles: energy between empty and full", "kWh", excess, capacity_scale(record))


def reserve_kept(record: Record) -> Check:
    """The energy stays above what the driver needs, or above what would be left of it untouched."""
    excess = record.fleet.floor_kwh[:, 1:] - record.vehicle_sheet["energy_end_kwh"]
    return on_fleet(record, "vehicles: mobility reserve kept", "kWh", excess, capacity_scale(record))


def trips_made(record: Record) -> Check:
    """A trip lacks no more energy than it would lack without the plan."""
    missed = record.vehicle_sheet["missed_trip_kwh"]
    excess = np.maximum(missed - record.fleet.deficit_kwh, -missed)
    return on_fleet(record, "vehicles: trips made", "kWh", excess, capacity_scale(record))


def columns_recomputed(record: Record) -> Check:
    """Trip energy, reserve and shortfall are what the case and the energies make them."""
    sheet, fleet, words = record.vehicle_sheet, record.fleet, words_of("vehicle", record.fleet.names)
    reserve = fleet.level_kwh[:, 1:]
    expected = {
        "trip_kwh": fleet.trip_kwh,
        "reserve_kwh": reserve,
        "shortfall_kwh": np.maximum(0.0, reserve - sheet["energy_end_kwh"]),
    }
    gaps = {name: np.where(sheet.present, np.abs(sheet[name] - value), 0.0) for name, value in expected.items()}
    parts = [record.worst(name, "kWh", gap, words, capacity_scale(record)) for name, gap in gaps.items()]
    return merge("vehicles: trips, reserve and shortfall recomputed", parts)


def standby_drawn(record: Record) -> Check:
    """A charger draws its standby, but for as much as would lack if nobody charged the vehicle."""
    asleep = record.fleet.standby_kwh - record.vehicle_sheet["standby_kwh"]
    excess = np.maximum(asleep - record.fleet.asleep_kwh, -asleep)
    return on_fleet(record, "vehicles: standby drawn", "kWh", excess, capacity_scale(record))


def fleet_minimum(record: Record) -> Check:
    """At every point of a fleet minimum as many vehicles that are not on a trip hold its energy as it asks for, or
    as many as would hold it untouched, if those are fewer."""
    fleet, steps = record.fleet, record.case.steps
    energy = np.hstack([fleet.start_kwh[:, None], record.vehicle_sheet["energy_end_kwh"]])
    here = ~on_the_road(record.case, fleet.names)
    slack = record.tolerance * capacity_scale(record)
    lacking, words = np.zeros((1, steps + 1)), ["fleet minimum"]
    for points, count, level in minima(record.case):
        could = (here & reaches(fleet.passive_kwh, level)).sum(axis=0)
        hold = (here & (energy >= level - slack)).sum(axis=0)
        missing = np.minimum(count, could) - hold
        lacking[0, points] = np.maximum(lacking[0, points], missing[points])
    return record.worst_point("vehicles: fleet minimum held", "vehicles", lacking, words)


CHECKS: tuple[Callable[[Record], Check], ...] = (
    charge_within_limits, discharge_within_limits, reserve_gives_nothing, not_both_at_once, dead_bus_vehicles,
    energy_steps, energy_joined, energy_integrated, energy_in_battery, reserve_kept, trips_made, columns_recomputed,
    standby_drawn, fleet_minimum,
)  # fmt: skip
