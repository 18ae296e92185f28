"""What is worth what, and in which order: each stage is made as small as possible before the next one counts."""

from v2g.models.carry import Carry

from v2g.language import objective


class Tiers(Carry):
    """Critical loads tier by tier, then their hours, then drivers, what is left, other energy, fuel and wear.

    Last come ties that matter to people: what cannot be served is missed late, and cords are moved seldom.

    Lexicographic: no amount of a later stage buys any of an earlier one. All stages are minimised.
    """

    table = "tiers"
    title = "Policy: tiers"

    @objective("1", "critical loads (or people) served", integers=True)
    def critical(self, r):
        """As few critical loads (or people, where given) of tier r unserved as possible."""
        return self.unserved[r]

    @objective("h", "critical load-hours")
    def critical_hours(self):
        """As few critical load-hours missed as possible."""
        return self.dark_hours[()]

    @objective("1", "drops of loads")
    def drops(self):
        """As little dropped again, of what was picked up, as possible."""
        return self.dropped[()]

    @objective("kWh", "kWh for drivers below their reserve")
    def mobility_shortfall(self):
        """As little energy as possible missing to trips and reserves."""
        return self.mobility[()]

    @objective("kWh", "kWh left at the end")
    def leftover(self):
        """As little as possible missing to the energy that is to be left at the end."""
        return self.lacking[()]

    @objective("kWh", "kWh to other loads")
    def other_energy(self):
        """As little other energy unserved as possible."""
        return self.unserved_energy[()]

    @objective("L", "litres of fuel")
    def fuel_burnt(self):
        """As little fuel burnt as possible."""
        return self.fuel[()]

    @objective("kWh", "kWh through batteries")
    def battery_wear(self):
        """As little energy moved through batteries as possible."""
        return self.wear[()]

    @objective("h", "critical load-hours missed, weighted by how soon", settled=True)
    def lost_late(self, q):
        """What cannot be served is missed late: help may come, and what is served is certain."""
        return self.soon[()]

    @objective("kWh", "kWh from sockets of cars out of turn", settled=True)
    def turns(self, u):
        """Where several cars could feed an appliance, one after the other does, and cords are moved seldom."""
        return self.waited[()]

    @objective("1", "squared voltage by taps that move")
    def taps(self, g):
        """Where taps can move, they move as little as possible."""
        return self.shifted[()]


class Hours(Carry):
    """Load-hours before counts: how long critical loads can be kept alive together, whichever they are."""

    table = "hours"
    title = "Policy: hours"

    critical_hours = Tiers.critical_hours
    critical = Tiers.critical
    drops = Tiers.drops
    mobility_shortfall = Tiers.mobility_shortfall
    leftover = Tiers.leftover
    other_energy = Tiers.other_energy
    fuel_burnt = Tiers.fuel_burnt
    battery_wear = Tiers.battery_wear
    lost_late = Tiers.lost_late
    turns = Tiers.turns
    taps = Tiers.taps


class Drivers(Carry):
    """Drivers first: no load is served with energy that a driver lacks for a trip or a reserve."""

    table = "drivers"
    title = "Policy: drivers"

    mobility_shortfall = Tiers.mobility_shortfall
    critical = Tiers.critical
    critical_hours = Tiers.critical_hours
    drops = Tiers.drops
    leftover = Tiers.leftover
    other_energy = Tiers.other_energy
    fuel_burnt = Tiers.fuel_burnt
    battery_wear = Tiers.battery_wear
    lost_late = Tiers.lost_late
    turns = Tiers.turns
    taps = Tiers.taps
