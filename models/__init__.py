"""The mathematics. Each law stands here once; `v2g math` prints it."""

from v2g.models.battery import Battery
from v2g.models.generator import Generator
from v2g.models.grid import Grid
from v2g.models.lindistflow import Capacitor, LinDistFlow
from v2g.models.load import Load
from v2g.models.policy import Hours, Tiers
from v2g.models.solar import Solar
from v2g.models.totals import TOTALS
from v2g.models.transport import Transport
from v2g.models.vehicle import Vehicle

DEVICES = (Load, Vehicle, Battery, Solar, Generator, Grid)

NETWORKS = {
    "lindistflow": (LinDistFlow, Capacitor),
    "transport": (Transport,),
}

POLICIES = {
    "tiers": Tiers,
    "hours": Hours,
}

__all__ = ["DEVICES", "NETWORKS", "POLICIES", "TOTALS"]
