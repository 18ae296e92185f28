"""The end is not known: what counts is the mean over the worst outages, by what a plan loses in them."""

from v2g.models.carry import Carry
from v2g.models.policy import Tiers

from v2g.language import constraint, objective, param, total, variable


class Cautious(Carry):
    """Fewest load-hours lost in the worst outages, tier by tier; then counts.

    The worst are the share 1 - `cvar_alpha` of all outages in which the plan loses most (conditional
    value at risk, Rockafellar and Uryasev 2000). What is lost in an outage is what falls before its end.
    """

    table = "cautious"
    title = "Policy: cautious"
    carry_h = 24.0

    sets = {**Carry.sets, "o": "outages"}

    inside = param("1", r"\iota", over="ot", help="share of the interval before the end of the outage")
    tail = param("1", r"\pi", over="o", help="probability over that of the worst outages, 1 - cvar_alpha")
    most = param("h", r"\overline H", over="r", help="no more hours are lost")

    @variable("h", "h")
    def missed(self, r, t):
        """Load-hours of a tier lost in an interval."""
        return 0, self.most[r]

    @variable("h", r"\eta")
    def threshold(self, r):
        """Hours that are lost in the mildest of the worst outages."""
        return 0, self.most[r]

    @variable("h", r"\xi")
    def excess(self, r, o):
        """Hours lost beyond that."""
        return 0, self.most[r]

    @constraint
    def counted(self, r, t):
        """What is lost, whenever it is lost."""
        return self.missed[r, t] == self.dark[r, t]

    @total("X", over="t", unit="h")
    def lost(self, r, o, t):
        """Hours lost in an outage."""
        return self.inside[o, t] * self.missed[r, t]

    @constraint
    def beyond(self, r, o):
        """At least what is lost beyond the threshold."""
        return self.excess[r, o] >= self.lost[r, o] - self.threshold[r]

    @total(r"\overline X", over="o", unit="h")
    def over(self, r, o):
        """Mean of the hours beyond the threshold, in the worst outages."""
        return self.tail[o] * self.excess[r, o]

    @objective("h", "load-hours in the worst outages")
    def cvar_hours(self, r):
        """As few load-hours of tier r lost in the worst outages, on average over them, as possible."""
        return self.threshold[r] + self.over[r]

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
