"""Defaults that depend on another column or table: after them, every table is complete."""

from __future__ import annotations

import numpy as np

from v2g.check.fill import Filling
from v2g.check.fill_fleet import start_of_vehicles, stays_of_vehicles
from v2g.check.fill_places import buses_of_sites, places_of, some_bus
from v2g.check.fill_supply import windows_of_events
from v2g.check.rows import Place

__all__ = ["derive"]

CRITICAL = ("continuous", "hours", "energy")


def derive(filling: Filling) -> None:
    """Fill in all such defaults; its findings are what is missing, or overruled."""
    buses_of_sites(filling)
    some_bus(filling)
    places_of(filling, "loads")
    places_of(filling, "chargers")
    service_of_loads(filling)
    start_of_vehicles(filling)
    stays_of_vehicles(filling)
    windows_of_events(filling)


def service_of_loads(filling: Filling) -> None:
    """A load of tier 0 is flexible, any other continuous where nothing is said."""
    loads = filling.table("loads", "tier", "service")
    if loads is None:
        return
    blank = filling.blank("loads", "service")
    optional = (loads["tier"] == 0).to_numpy(bool)
    said = loads["service"].to_numpy(object)
    service = np.where(optional, "flexible", np.where(blank, "continuous", said))
    filling.fill("loads", "loads", service=service.tolist())
    for row in np.flatnonzero(optional & ~blank & np.isin(said.astype(str), CRITICAL)).tolist():
        filling.say(
            Place("loads", row, "service"), "service-of-tier-0", "A load of tier 0 is flexible.",
            "Leave the cell blank, or give the load a tier of 1 or more.",
            found=str(said[row]), severity="warning",
        )  # fmt: skip
