"""What a vehicle starts with, and where it stands when the stays do not say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from v2g.check.fill import Filling, instant
from v2g.check.rows import Place

AGREES = 1e-3
"""Difference of state of charge that is only rounding."""


def start_of_vehicles(filling: Filling) -> None:
    """Energy at the start from the state of charge, where only that is given."""
    frame = filling.table("vehicles", "start_kwh", "start_soc", "capacity_kwh")
    if frame is None or not filling.optional("vehicles", "start_kwh"):
        return
    text = filling.draft.tables.get("vehicles")
    if text is not None and not {"start_kwh", "start_soc"} & set(text.columns):
        filling.no_column("vehicles", "start_kwh", "Add it, or start_soc: what is on board at the start.")
        return
    start, soc = frame["start_kwh"].to_numpy(float), frame["start_soc"].to_numpy(float)
    capacity = frame["capacity_kwh"].to_numpy(float)
    blank = filling.blank("vehicles", "start_kwh")
    for row in filling.unsaid("vehicles", "start_kwh", "start_soc"):
        message = "The cell is blank, and so is start_soc."
        filling.say(Place("vehicles", row, "start_kwh"), "blank", message, "Write one of the two.")
    for row in np.flatnonzero(~blank & (np.abs(soc * capacity - start) > AGREES * capacity)).tolist():
        filling.say(
            Place("vehicles", row, "start_soc"), "two-starts",
            f"start_kwh {start[row]:g} counts, which is {start[row] / capacity[row]:.3g} of the capacity.",
            "Leave one of the two cells blank.", found=f"{soc[row]:g}", severity="warning",
        )  # fmt: skip
    if (blank & ~np.isnan(soc)).any():
        filling.fill("vehicles", "vehicles", start_kwh=np.where(blank, soc * capacity, start).tolist())


def stays_of_vehicles(filling: Filling) -> None:
    """Rows of stays for vehicles that have none and say where they stand: all the time but on trips."""
    vehicles = filling.table("vehicles", "vehicle", "site", "charger")
    if vehicles is None or filling.boundaries is None or "stays" not in filling.specs:
        return
    known = set(filling.frames["stays"]["vehicle"])
    placed = ((vehicles["site"] != "") | (vehicles["charger"] != "")) & ~vehicles["vehicle"].isin(list(known))
    rows, places = [], []
    away = _away(filling)
    for row in np.flatnonzero(placed.to_numpy(bool) & (vehicles["vehicle"] != "").to_numpy(bool)).tolist():
        name, site, charger = (str(vehicles[c].iloc[row]) for c in ("vehicle", "site", "charger"))
        if site and charger:
            message = "The vehicle names a charger and a site."
            filling.say(
                Place("vehicles", row, "charger"), "charger-and-site", message,
                "Keep the charger if it is plugged in, the site if it is parked.", found=f"{charger}, {site}",
            )  # fmt: skip
            continue
        for begins, ends in _between(filling.boundaries[0], filling.boundaries[-1], away.get(name, [])):
            where = {"charger": charger, "site": site}
            rows.append({"vehicle": name, **where, "from_utc": instant(begins), "until_utc": instant(ends)})
            places.append(Place("vehicles", row, "charger" if charger else "site"))
    filling.add("stays", "vehicles", rows, places)
    if rows:
        filling.leans["stays"].add("trips")


def _away(filling: Filling) -> dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]]:
    """Trips of each vehicle, as (leaves, is back)."""
    trips = filling.table("trips", "vehicle", "depart_utc", "return_utc")
    away: dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]] = {}
    if trips is not None:
        known = trips[trips["depart_utc"].notna() & trips["return_utc"].notna()]
        for name, leaves, back in zip(known["vehicle"], known["depart_utc"], known["return_utc"], strict=True):
            away.setdefault(name, []).append((leaves, back))
    return away


def _between(
    first: pd.Timestamp, last: pd.Timestamp, away: list[tuple[pd.Timestamp, pd.Timestamp]]
) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
    """What a list of times away leaves of a horizon.

    >>> hour = [pd.Timestamp(f"2026-01-15T{h}:00Z") for h in range(10, 15)]
    >>> [(a.hour, b.hour) for a, b in _between(hour[0], hour[4], [(hour[1], hour[2])])]
    [(10, 11), (12, 14)]
    """
    now = first
    for leaves, back in sorted(away):
        if leaves > now:
            yield now, min(leaves, last)
        now = max(now, back)
        if now >= last:
            return
    yield now, last
