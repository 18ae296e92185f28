"""Tier by tier, hours included: no load of a later tier takes an hour of an earlier one."""

from v2g.models.carry import Carry
from v2g.models.policy import Tiers

from v2g.language import objective, total


class ByTier(Carry):
    """The loads of tier 1, then the hours of tier 1; only then the loads of tier 2, the hours of tier 2, and so on.

    Under `tiers` all counts come before all hours: a load of tier 1 that cannot be kept throughout
    gives way to whole loads of tier 2. Here it keeps what hours it can have.
    """

    table = "by_tier"
    title = "Policy: by_tier"

    @total("X", over="t", unit="h")
    def missed(self, r, t):
        """Load-hours missed in a tier."""
        return self.dark[r, t]

    critical = Tiers.critical

    @objective("h", "critical load-hours of the tier", alternates=True)
    def critical_hours(self, r):
        """As few load-hours of tier r missed as possible."""
        return self.missed[r]

    drops = Tiers.drops
    mobility_shortfall = Tiers.mobility_shortfall
    leftover = Tiers.leftover
    other_energy = Tiers.other_energy
    fuel_burnt = Tiers.fuel_burnt
    battery_wear = Tiers.battery_wear
    lost_late = Tiers.lost_late
    turns = Tiers.turns
    taps = Tiers.taps
