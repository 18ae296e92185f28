"""The mathematics. Each law stands here once; `v2g math` prints it."""

from v2g.models.battery import Battery
from v2g.models.by_tier import ByTier
from v2g.models.capacitor import Capacitor
from v2g.models.cautious import Cautious
from v2g.models.charging import Charging
from v2g.models.expected import Expected
from v2g.models.fair import Fair
from v2g.models.fleet import Fleet
from v2g.models.grid import Grid
from v2g.models.habits import HabitualLoad
from v2g.models.policy import Drivers, Hours, Tiers
from v2g.models.premises import Premises
from v2g.models.regulator import Regulated
from v2g.models.resting import Resting
from v2g.models.site import Site
from v2g.models.sockets import Sockets
from v2g.models.solar import Solar
from v2g.models.standing import Standing
from v2g.models.station import Station
from v2g.models.totals import TOTALS
from v2g.models.transport import Transport
from v2g.models.turns import Turns

DEVICES = (HabitualLoad, Fleet, Premises, Sockets, Site, Station, Battery, Solar, Turns, Grid)

NETWORKS = {
    "lindistflow": (Regulated, Capacitor, Charging, Standing, Resting),
    "transport": (Transport, Standing, Resting),
}

POLICIES = {
    "tiers": Tiers,
    "by_tier": ByTier,
    "hours": Hours,
    "drivers": Drivers,
    "fair": Fair,
    "expected": Expected,
    "cautious": Cautious,
}

__all__ = ["DEVICES", "NETWORKS", "POLICIES", "TOTALS"]
