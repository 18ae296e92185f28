"""What is worth what, and in which order: each stage is made as small as possible before the next one counts."""

from v2g.language import Part, objective


class Tiers(Part):
    """Critical loads tier by tier, then their hours, then drivers, other energy, fuel and wear.

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

    @objective("kWh", "kWh for drivers below their reserve")
    def mobility_shortfall(self):
        """As little energy as possible missing to trips and reserves."""
        return self.mobility[()]

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


class Hours(Part):
    """Load-hours before counts: how long critical loads can be kept alive together, whichever they are."""

    table = "hours"
    title = "Policy: hours"

    critical_hours = Tiers.critical_hours
    critical = Tiers.critical
    mobility_shortfall = Tiers.mobility_shortfall
    other_energy = Tiers.other_energy
    fuel_burnt = Tiers.fuel_burnt
    battery_wear = Tiers.battery_wear
