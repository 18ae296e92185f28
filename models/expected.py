"""The end is not known, only how likely it is: hours are weighed by how likely the outage still lasts then."""

from v2g.models.carry import Carry
from v2g.models.policy import Tiers

from v2g.language import objective, param, total


class Expected(Carry):
    """Fewest load-hours lost on average over how long the outage may last, tier by tier; then counts.

    The only news on the way is that it still lasts. Then a plan made now loses, on average, its dark
    hours weighed by the probability that the outage lasts until then: exact, without scenarios.
    """

    table = "expected"
    title = "Policy: expected"
    carry_h = 24.0

    still = param("1", "q", over="t", help="probability that the outage lasts, on average over the interval")

    @total("X", over="t", unit="h")
    def lost(self, r, t):
        """Load-hours of a tier lost on average."""
        return self.still[t] * self.dark[r, t]

    @objective("h", "load-hours, weighed by how likely they are needed")
    def expected_hours(self, r):
        """As few load-hours of tier r lost on average as possible."""
        return self.lost[r]

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
