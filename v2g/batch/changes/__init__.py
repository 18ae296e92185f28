"""Kinds of changes that an axis of a study can make. One more is a file here and an entry in `CHANGES`."""

from __future__ import annotations

from collections.abc import Mapping

from v2g.batch.changes.case import Case
from v2g.batch.changes.cause import Cause
from v2g.batch.changes.cell import Cell
from v2g.batch.changes.change import Asked, Change, Setting
from v2g.batch.changes.chargers import Chargers
from v2g.batch.changes.damage import Damage
from v2g.batch.changes.fleet_size import FleetSize
from v2g.batch.changes.header import Header
from v2g.batch.changes.no_show import NoShow
from v2g.batch.changes.outage_h import OutageHours
from v2g.batch.changes.outage_start import OutageStart
from v2g.batch.changes.policy import Policy
from v2g.batch.changes.populate import Populate
from v2g.batch.changes.reserve import Reserve
from v2g.batch.changes.solver import Solver
from v2g.batch.changes.start_energy import StartEnergy
from v2g.batch.changes.v2g_share import V2gShare
from v2g.batch.changes.weather import Weather

CHANGES: Mapping[str, Change] = {
    "case": Case(),
    "populate": Populate(),
    "outage_start": OutageStart(),
    "outage_h": OutageHours(),
    "cause": Cause(),
    "fleet_size": FleetSize(),
    "v2g_share": V2gShare(),
    "no_show": NoShow(),
    "reserve": Reserve(),
    "start_energy": StartEnergy(),
    "chargers": Chargers(),
    "damage": Damage(),
    "weather": Weather(),
    "policy": Policy(),
    "solver": Solver(),
    "header": Header(),
    "cell": Cell(),
}

__all__ = ["CHANGES", "Asked", "Change", "Setting"]
