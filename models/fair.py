"""No place is left behind: the one that is served least comes first."""

from v2g.models.carry import Carry
from v2g.models.policy import Tiers

from v2g.language import constraint, objective, param, total, variable


class Fair(Carry):
    """Within each tier, the place that is worst off is kept as well as it can be; then counts.

    A place is a site, or a load that belongs to none. It misses the mean of what its loads of that
    tier miss, as shares of their required hours (or of their need).
    """

    table = "fair"
    title = "Policy: fair"

    sets = {**Carry.sets, "p": "places"}

    place = param("p", "p", over="l", help="where a load belongs")
    weight = param("1", r"\omega", over="l", help="one over the critical loads of its tier at its place")
    rank = param("r", "r", over="p", help="tier of the loads that are meant")
    counts = param("1", r"\kappa", over="p", help="1 where any of them is critical")

    @variable("1", "f")
    def worst(self, r):
        """Share missed by the place that is worst off."""
        return 0, 1

    @total("F", at="place")
    def missing(self, l):
        """Share that a place misses."""
        return self.weight[l] * self.missed_share[l]

    @constraint(where="counts")
    def least(self, p):
        """No place misses more than the worst off."""
        return self.worst[self.rank[p]] >= self.missing[p]

    @objective("1", "share of hours of the place that is worst off")
    def worst_off(self, r):
        """As small a share missed by the worst-off place of tier r as possible."""
        return self.worst[r]

    critical = Tiers.critical
    critical_hours = Tiers.critical_hours
    drops = Tiers.drops
    mobility_shortfall = Tiers.mobility_shortfall
    leftover = Tiers.leftover
    other_energy = Tiers.other_energy
    fuel_burnt = Tiers.fuel_burnt
    battery_wear = Tiers.battery_wear
    lost_late = Tiers.lost_late
    turns = Tiers.turns
    taps = Tiers.taps
