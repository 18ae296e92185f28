"""Where parts meet: the totals that any part may add to, and that networks and policies read."""

from v2g.language import Shared

TOTALS = (
    Shared("injection", "kW", "p", ("n", "t"), "active power that devices put into a node"),
    Shared("reactive", "kvar", "q", ("n", "t"), "reactive power that devices put into a node"),
    Shared("level", "1", r"\tilde w", ("n", "t"), "squared voltage of a node, per unit of its nominal voltage"),
    Shared(
        "unserved", "1", "U", ("r",), "critical loads (or people, where given) of a tier that are not served throughout"
    ),
    Shared("dark_hours", "h", "H", (), "critical load-hours not served, in hours at full power"),
    Shared("mobility", "kWh", "M", (), "energy that drivers lack for their trips and reserves"),
    Shared("unserved_energy", "kWh", "E", (), "energy that other loads ask for and do not get"),
    Shared("fuel", "L", "F", (), "fuel burnt"),
    Shared("wear", "kWh", "W", (), "energy moved through batteries, in and out"),
)
