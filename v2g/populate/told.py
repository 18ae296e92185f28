"""What is said of a case that was made: counts and energies, for people and as plain numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from v2g.case import Case
from v2g.formats.words import counted
from v2g.populate.calendar import Calendar
from v2g.populate.feeder import Feeder
from v2g.populate.fleet import PLAIN, V2G, V2H, V2L, Fleet
from v2g.populate.sites import Site
from v2g.populate.wishes import Wishes

SHOWN = 6
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Told:
    """Figures of a populated case; powers in kW, energies in kWh."""

    name: str
    feeder: Mapping[str, Any]
    outage: Mapping[str, Any]
    critical: Mapping[str, Any]
    own_loads: Mapping[str, Any]
    fleet: Mapping[str, Any]
    driving: Mapping[str, Any]
    supply: Mapping[str, Any]
    switched: Mapping[str, int]
    energy: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """About ten lines of text."""
        return [f"{word:<9} {text}" for word, text in _lines(self)]


def told(
    case: Case, feeder: Feeder, asked: Wishes, calendar: Calendar, sites: Sequence[Site], fleet: Fleet,
    switched: Mapping[str, int],
) -> Told:  # fmt: skip
    """Figures of a case that was made."""
    head = bool(asked.after) and len(case.table("grid")) > 0
    local = calendar.local(0.0)
    return Told(
        case.name,
        {"name": feeder.case.name, "buses": len(feeder.phases), "loads": len(feeder.points), "kw": feeder.load_kw,
         "islands": len(feeder.lit)},
        {"hours": asked.outage, "start_utc": calendar.utc(0.0), "local": f"{DAYS[local.weekday()]} {local:%H:%M}",
         "steps": calendar.steps, "step_min": asked.step_min, "horizon_h": calendar.hours, "supply_back": head},
        _critical(sites, feeder),
        {"count": len(feeder.points), "scale": asked.residual, "kw": asked.residual * feeder.load_kw},
        _fleet(fleet),
        {"share": asked.drive, "trips": len(fleet.trips), "kwh": sum(float(row["energy_kwh"]) for row in fleet.trips)},
        _supply(case),
        dict(switched),
        energies(case, feeder, fleet),
    )  # fmt: skip


def _critical(sites: Sequence[Site], feeder: Feeder) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    tiers: dict[str, int] = {}
    for site in sorted(sites, key=lambda site: site.tier):
        kinds[site.kind.replace("_", " ")] = kinds.get(site.kind.replace("_", " "), 0) + 1
        tiers[str(site.tier)] = tiers.get(str(site.tier), 0) + 1
    kw = sum(site.kw for site in sites)
    return {"sites": len(sites), "kw": kw, "share": kw / feeder.load_kw, "by_tier": tiers, "by_kind": kinds}


def _fleet(fleet: Fleet) -> dict[str, Any]:
    models: dict[str, int] = {}
    places = {"home": 0, "depot": 0, "site": 0}
    for car in fleet.cars:
        models[car.mix["model"]] = models.get(car.mix["model"], 0) + 1
        places["site" if car.way in (V2H, V2L) else car.mix["place"]] += 1
    ranked = dict(sorted(models.items(), key=lambda item: (-item[1], item[0])))
    ways = {way: fleet.count(way) for way in (V2G, V2H, V2L, PLAIN)}
    work = sum(str(row["charger"]).endswith("_work") for row in fleet.chargers)
    phases = {"three": 0, "one": 0}
    for row in fleet.chargers:
        phases["three" if len(str(row["phases"])) == 3 else "one"] += 1
    return {
        "vehicles": len(fleet.cars), "ways": ways, "places": places, "models": ranked, "chargers": len(fleet.chargers),
        "at_work": work, "chargers_by_phases": phases,
    }  # fmt: skip


def _supply(case: Case) -> dict[str, Any]:
    batteries, generators, solar = (case.table(name) for name in ("batteries", "generators", "solar"))
    return {
        "forming": _forming(case),
        "batteries": len(batteries), "battery_kwh": _sum(batteries, "capacity_kwh"),
        "generators": len(generators), "generator_kw": _sum(generators, "rating_kw"),
        "roofs": len(solar), "roof_kw": _sum(solar, "rating_kw"),
    }  # fmt: skip


def _forming(case: Case) -> list[str]:
    """Batteries and generators that form an island, with their power and bus."""
    return [f"{unit[key]} ({unit[power]:g} kW at bus {unit['bus']})" for unit, key, power in _forming_units(case)]


def _forming_buses(case: Case) -> list[str]:
    return [unit["bus"] for unit, _, _ in _forming_units(case)]


def _forming_units(case: Case) -> Iterator[tuple[dict[Any, Any], str, str]]:
    """Rows of what forms an island, with the columns of its name and power."""
    for name, key, power in (("batteries", "battery", "discharge_kw"), ("generators", "generator", "rating_kw")):
        for unit in case.table(name).to_dict("records") if len(case.table(name)) else ():
            if unit["forming"]:
                yield unit, key, power


def _sum(frame: Any, column: str) -> float:
    return float(frame[column].sum()) if len(frame) else 0.0


def energies(case: Case, feeder: Feeder, fleet: Fleet) -> dict[str, float]:
    """What there is above reserves, after trips, and what critical loads ask for, in kWh, with what islands take at no
    load while they are kept up for them; other losses left out.

    Where nothing forms the grid, only what vehicles can feed by themselves is counted.
    """
    used: dict[str, float] = {}
    for row in fleet.trips:
        used[str(row["vehicle"])] = used.get(str(row["vehicle"]), 0.0) + float(row["energy_kwh"])
    alive = bool(_forming(case)) or len(case.table("grid")) > 0
    giving = {car.name for car in fleet.cars if car.way in ((V2G, V2H, V2L) if alive else (V2H, V2L))}
    vehicles = sum(
        max(0.0, float(row["start_kwh"]) - float(row["reserve_kwh"]) - used.get(str(row["vehicle"]), 0.0))
        for row in fleet.vehicles
        if row["vehicle"] in giving
    )
    batteries, generators, solar = (case.table(name if alive else "") for name in ("batteries", "generators", "solar"))
    stored = _sum(batteries, "start_kwh") - _sum(batteries, "reserve_kwh")
    fuel = float((generators["fuel_l"] / generators["fuel_l_per_kwh"]).sum()) if len(generators) else 0.0
    sun = float(solar["rating_kw"].to_numpy() @ case.profile(solar["profile"]) @ case.hours) if len(solar) else 0.0
    found = {"vehicles": vehicles, "batteries": stored, "generators": fuel, "sun": sun}
    return found | {"available": sum(found.values()), "asked": _asked(case), "no_load": _no_load(case, feeder)}


def _critical_loads(case: Case) -> pd.DataFrame:
    loads = case.table("loads")
    return loads[loads["tier"] >= 1]


def _no_load(case: Case, feeder: Feeder) -> float:
    """Energy that buses take all the time in islands that a unit forms, for as long as the critical load there that
    needs power longest, in kWh."""
    buses, loads = case.table("buses"), _critical_loads(case)
    formed = {feeder.island[bus] for bus in _forming_buses(case)}
    longest: dict[int, float] = {}
    for bus, hours in zip(loads["bus"], _hours_needed(case, loads), strict=True):
        island = feeder.island.get(bus, -1)
        if island in formed:
            longest[island] = max(longest.get(island, 0.0), hours)
    own = [f"shunt_{phase}_kw" for phase in "abc" if f"shunt_{phase}_kw" in buses]
    taken = zip(buses["bus"], buses[own].sum(axis=1), strict=True)
    return float(sum(kw * longest.get(feeder.island[bus], 0.0) for bus, kw in taken))


def _hours_needed(case: Case, loads: pd.DataFrame) -> NDArray[np.float64]:
    """Hours for which each load needs power, (loads,): where it asks, for so many in each day, or at its full kW."""
    days, whole = float(case.hours.sum()) / 24.0, float(case.hours.sum())
    asks = (case.profile(loads["profile"]) > 0.0) @ case.hours
    kw, service = loads["kw"].to_numpy(float), loads["service"].to_numpy(object)
    by_energy = loads["kwh_per_day"].fillna(0.0).to_numpy(float) * days / np.maximum(kw, 1e-9)
    by_hours = loads["hours_per_day"].fillna(0.0).to_numpy(float) * days
    needed = np.where(service == "energy", by_energy, np.where(service == "hours", by_hours, asks))
    return np.minimum(needed, whole)


def _asked(case: Case) -> float:
    """Energy that critical loads need to count as served, in kWh."""
    loads = _critical_loads(case)
    drawn = (case.profile(loads["profile"]) @ case.hours) * loads["kw"].to_numpy(float)
    days = float(case.hours.sum()) / 24.0
    service = loads["service"].to_numpy(object)
    by_energy = loads["kwh_per_day"].fillna(0.0).to_numpy(float) * days
    by_hours = drawn * loads["hours_per_day"].fillna(0.0).to_numpy(float) / 24.0
    return float(np.where(service == "energy", by_energy, np.where(service == "hours", by_hours, drawn)).sum())


def _lines(t: Told) -> list[tuple[str, str]]:
    feeder, outage, critical, fleet, supply, energy = t.feeder, t.outage, t.critical, t.fleet, t.supply, t.energy
    islands = counted(feeder["islands"], "island")
    back = f"supply back after {outage['hours']:g} h" if outage["supply_back"] else "supply stays away"
    kinds = ", ".join(f"{count} {kind}" for kind, count in critical["by_kind"].items())
    tiers = ", ".join(f"tier {tier} {count}" for tier, count in critical["by_tier"].items())
    ways, places, models = fleet["ways"], fleet["places"], list(fleet["models"].items())
    trips = counted(t.driving["trips"], "trip")
    named = ", ".join(f"{count} {model}" for model, count in models[:SHOWN])
    more = f", {counted(len(models) - SHOWN, 'more model')}" if len(models) > SHOWN else ""
    forming = ", ".join(supply["forming"][:SHOWN]) or "nothing: the feeder is dead, only V2H and V2L serve"
    forming += f", {len(supply['forming']) - SHOWN} more" if len(supply["forming"]) > SHOWN else ""
    needed = energy["asked"] + energy["no_load"]
    share = f" ({energy['available'] / needed:.0%})" if needed else ""
    idle = f" and {energy['no_load']:,.0f} kWh of no-load losses meanwhile" if energy["no_load"] else ""
    found = [
        ("feeder", f"{feeder['name']}: {counted(feeder['buses'], 'bus', 'buses')}, {counted(feeder['loads'], 'load')}, "
                   f"{feeder['kw']:,.0f} kW; {islands} once the head is gone"),
        ("outage", f"{outage['start_utc'][:16].replace('T', ' ')} UTC ({outage['local']} local), "
                   f"{outage['hours']:g} h, {back}; {counted(outage['steps'], 'step')} of {outage['step_min']:g} min"),
        ("critical", f"{counted(critical['sites'], 'site')}, {critical['kw']:,.0f} kW ({critical['share']:.0%} of the "
                     f"feeder's load): {tiers}"),
        ("", kinds),
        ("others", f"the feeder's own {counted(t.own_loads['count'], 'load')} times {t.own_loads['scale']:g}, flexible "
                   f"(tier 0): {t.own_loads['kw']:,.0f} kW at most"),
        ("fleet", f"{counted(fleet['vehicles'], 'vehicle')}: {ways[V2G]:,} give by V2G, {ways[V2H]:,} by V2H, "
                  f"{ways[V2L]:,} by V2L, {ways[PLAIN]:,} only charge; {named}{more}"),
        ("plugs", f"{counted(fleet['chargers'], 'charger')}, {fleet['chargers_by_phases']['three']} on three phases; "
                  f"vehicles at home {places['home']:,}, at depots {places['depot']}, at critical sites "
                  f"{places['site']}; {fleet['at_work']} with a second plug at work"),
        ("driving", f"{t.driving['share']:g} of the usual days: {trips}, "
                    f"{t.driving['kwh']:,.0f} kWh"),
        ("forming", forming),
        ("supply", f"batteries {supply['battery_kwh']:,.0f} kWh, generators {supply['generator_kw']:,.0f} kW, "
                   f"{counted(supply['roofs'], 'rooftop')} {supply['roof_kw']:,.0f} kW; regulators set to neutral "
                   f"{t.switched['regulators']}, capacitors opened {t.switched['capacitors']}"),
        ("energy", f"{energy['available']:,.0f} kWh for the {energy['asked']:,.0f} kWh that critical loads need"
                   f"{idle}{share}: vehicles {energy['vehicles']:,.0f}, batteries {energy['batteries']:,.0f}, "
                   f"generators {energy['generators']:,.0f}, sun {energy['sun']:,.0f}"),
    ]  # fmt: skip
    return found
