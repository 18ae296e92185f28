"""Populating a feeder: vehicles, chargers, critical sites and supply, drawn from the catalogue by a seed."""

from v2g.populate.making import Populated, populate
from v2g.populate.wishes import Wishes

__all__ = ["Populated", "Wishes", "populate"]
