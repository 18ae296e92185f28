"""What would help a load that is not served: single changes of a case, tried one by one until one works.

Each kind of remedy is a file with a class below `Kind`, and an entry in `KINDS`. What a remedy asks of
people is an assumed effort, a rank and no price: the order in which they are tried, and the only sense
in which one is called cheaper than another.

====== ==========================================================================
effort what is asked for
====== ==========================================================================
1      a line or switch that stands open is closed
2      one driver lowers the mobility reserve of one vehicle
3      a vehicle of the case that stands idle comes to a plug or place that is free
4      one more vehicle like one of the case comes to a plug or place that is free
5      fuel is brought to a tank or generator that is there
6      all drivers lower their mobility reserves
7      one plug more is put up, for a vehicle that stands idle or only charges
8      one plug more is put up, and one more vehicle comes
9      energy was charged beforehand: a vehicle or battery starts with more in it
10     a vehicle of the catalogue comes, unlike those of the case
11     a mobile generator that can form an island comes, with fuel
====== ==========================================================================
"""

from v2g.remedies.energy import StartEnergy
from v2g.remedies.fuel import Fuel
from v2g.remedies.generator import MobileGenerator
from v2g.remedies.idle import IdleVehicle
from v2g.remedies.kind import Candidate, Kind, Plight
from v2g.remedies.plug import NewPlug, PlugAndVehicle
from v2g.remedies.reserve import AllReserves, OneReserve
from v2g.remedies.search import Remedy, Search, Tried
from v2g.remedies.switch import Switch
from v2g.remedies.vehicle import CatalogueVehicle, OneMoreVehicle

KINDS: tuple[Kind, ...] = (
    Switch(1),
    OneReserve(2),
    IdleVehicle(3),
    OneMoreVehicle(4),
    Fuel(5),
    AllReserves(6),
    NewPlug(7),
    PlugAndVehicle(8),
    StartEnergy(9),
    CatalogueVehicle(10),
    MobileGenerator(11),
)
"""All kinds of remedies with their assumed effort, the least first."""

__all__ = ["KINDS", "Candidate", "Kind", "Plight", "Remedy", "Search", "Tried"]
