"""Where parts meet: the totals that any part may add to, and that networks and policies read."""

from v2g.language import Shared

TOTALS = (
    Shared("injection", "kW", "p", ("n", "t"), "active power that devices put into a node"),
    Shared("reactive", "kvar", "q", ("n", "t"), "reactive power that devices put into a node"),
    Shared("level", "1", r"\tilde w", ("n", "t"), "squared voltage of a node, per unit of its nominal voltage"),
    Shared("alive", "1", "A", ("n", "t"), "share of the interval in which the island of a node is alive, if it rests"),
    Shared("carried", "kW", r"\hat s", ("l", "t"), "power that a load gets by other ways than the feeder"),
    Shared("drained", "kW", r"\hat b", ("v", "t"), "power that other ways than the feeder take from a battery"),
    Shared("giving", "kW", r"\hat d", ("v", "t"), "power that a vehicle gives by other ways than the feeder"),
    Shared("through", "kW", "P", ("y", "t"), "power that vehicles give through a station that can form an island"),
    Shared("exchange", "kW", "X", ("j", "t"), "power that a site gives to the feeder, less what it takes"),
    Shared(
        "unserved", "1", "U", ("r",), "critical loads (or people, where given) of a tier that are not served throughout"
    ),
    Shared("dark_hours", "h", "H", (), "critical load-hours not served, in hours at full power"),
    Shared("dark", "h", r"\hat H", ("r", "t"), "the same, by tier and interval"),
    Shared("missed_share", "1", r"\hat m", ("l",), "share of its hours that a critical load misses"),
    Shared("dropped", "1", "N", (), "falls of loads that were picked up, as shares of their power"),
    Shared("mobility", "kWh", "M", (), "energy that drivers lack for their trips and reserves"),
    Shared("stock", "kWh", "Y", (), "usable energy in vehicles, batteries and tanks at the end"),
    Shared("unserved_energy", "kWh", "E", (), "energy that other loads ask for and do not get"),
    Shared("fuel", "L", "F", (), "fuel burnt"),
    Shared("wear", "kWh", "W", (), "energy moved through batteries, in and out, and drawn beyond demand"),
    Shared("waited", "kWh", "V", (), "energy from sockets of cars that should wait for their turn, weighted"),
    Shared("shifted", "1", "R", (), "squared voltage that taps add or take off beyond how they are given"),
)
