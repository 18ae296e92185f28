"""The most energy that vehicles can have on board, whatever is planned: an upper bound in plain numpy."""

from __future__ import annotations

import numpy as np

from v2g.case import Case
from v2g.check.rows import rows

VEHICLE = ("vehicle", "start_kwh", "capacity_kwh", "charge_kw")
CHARGER = ("charge_kw", "charge_eff", "standby_kw")


def best_energy(case: Case) -> np.ndarray:
    """Energy on board if a vehicle charges all the time it is plugged in and gives nothing, (V, T + 1).

    Every bus counts as live.
    """
    vehicles = rows(case, *("vehicles", *VEHICLE))
    charger, share = _plugs(case)
    posts = rows(case, "chargers", *CHARGER)
    own = {name: vehicles[name].to_numpy(float) for name in VEHICLE[1:]}
    post = {name: np.append(posts[name].to_numpy(float), 0.0)[charger] for name in CHARGER}
    power = np.minimum(own["charge_kw"][:, None], post["charge_kw"])
    gained = (power * post["charge_eff"] - post["standby_kw"]) * share * case.hours
    used = _trips(case)
    best = np.zeros((len(vehicles), case.steps + 1))
    best[:, 0] = own["start_kwh"]
    for t in range(case.steps):
        best[:, t + 1] = np.clip(best[:, t] + gained[:, t] - used[:, t], 0.0, own["capacity_kwh"])
    return best


def on_trip(case: Case) -> np.ndarray:
    """Whether a vehicle is on a trip at each point: it has left before and is back later; (V, T + 1)."""
    number = _numbers(case, "vehicles", "vehicle")
    away = np.zeros((len(number), case.steps + 1), bool)
    trips = rows(case, "trips", "vehicle", "depart_utc", "return_utc")
    for vehicle, leaves, back in zip(trips["vehicle"], trips["depart_utc"], trips["return_utc"], strict=True):
        if vehicle in number:
            away[number[vehicle]] |= np.asarray((case.boundaries > leaves) & (case.boundaries < back))
    return away


def _numbers(case: Case, table: str, key: str) -> dict[str, int]:
    return {name: row for row, name in enumerate(rows(case, table, key)[key])}


def _plugs(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Charger of each vehicle (-1 = none) and share of the interval, the longest stay first; both (V, T)."""
    number, post = _numbers(case, "vehicles", "vehicle"), _numbers(case, "chargers", "charger")
    charger = np.full((len(number), case.steps), -1)
    share = np.zeros((len(number), case.steps))
    stays = rows(case, "stays", "vehicle", "charger", "from_utc", "until_utc")
    if not len(stays):
        return charger, share
    parts = case.share_of_interval(stays["from_utc"], stays["until_utc"])
    for part, vehicle, name in zip(parts, stays["vehicle"], stays["charger"], strict=True):
        row = number.get(vehicle, -1)
        longer = part > share[row]
        charger[row, longer] = post.get(name, -1)
        share[row, longer] = part[longer]
    return charger, share


def _trips(case: Case) -> np.ndarray:
    """Energy of the trips in each interval, (V, T)."""
    number = _numbers(case, "vehicles", "vehicle")
    used = np.zeros((len(number), case.steps))
    trips = rows(case, "trips", "vehicle", "depart_utc", "return_utc", "energy_kwh")
    if len(trips):
        length = (trips["return_utc"] - trips["depart_utc"]).dt.total_seconds().to_numpy(float) / 3600.0
        inside = case.share_of_interval(trips["depart_utc"], trips["return_utc"]) * case.hours
        rate = np.divide(trips["energy_kwh"].to_numpy(float), length, out=np.zeros(len(trips)), where=length > 0.0)
        rows_ = np.array([number.get(name, -1) for name in trips["vehicle"]])
        np.add.at(used, rows_[rows_ >= 0], (inside * rate[:, None])[rows_ >= 0])
    return used
