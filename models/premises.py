"""V2H: vehicles that feed one premises behind its transfer switch."""

from v2g.language import Part, constraint, param, total, variable


class Premises(Part):
    """Circuits behind the transfer switch of a site, fed by the vehicles plugged in there.

    It works with the feeder dead where the charger can run without it, and it never exports: what
    is given is what the circuits of that one site take.
    """

    table = "premises"
    title = "V2H: premises behind a transfer switch"
    sets = {"p": "premises.plugs", "q": "premises.circuits", "o": "premises.places"}

    place = param("o", "o", over="p", help="site and interval of a plug")
    plug_vehicle = param("v", "v", over="p", help="vehicle at a plug")
    plug_interval = param("t", "t", over="p", help="interval at a plug")
    limit = param("kW", "D^h", over="p", help="vehicle or charger, times share of interval")
    eff = param("1", r"\eta^d", over="p", help="of the charger, battery to circuit")
    circuit_place = param("o", "o", over="q", help="site and interval of a circuit")
    circuit_load = param("l", "l", over="q", help="load on a circuit")
    circuit_interval = param("t", "t", over="q", help="interval at a circuit")
    most = param("kW", r"\overline S", over="q", help="most that the load draws")
    transfer = param("kW", r"\overline T", over="o", help="rating of the transfer switch")
    rated = param("1", r"\varrho", over="o", help="1 where that is known")

    @variable("kW", "d^h")
    def give(self, p):
        """Power that a vehicle gives behind the switch."""
        return 0, self.limit[p]

    @variable("kW", "s^h")
    def take(self, q):
        """Power that a circuit takes behind the switch."""
        return 0, self.most[q]

    @total("D^h", at="place", unit="kW")
    def given(self, p):
        """All that vehicles give at a place."""
        return self.give[p]

    @total("S^h", at="circuit_place", unit="kW")
    def taken(self, q):
        """All that circuits take at a place."""
        return self.take[q]

    @constraint
    def no_export(self, o):
        """What is given is what the circuits of the site take."""
        return self.given[o] == self.taken[o]

    @constraint(where="rated")
    def transfer_switch(self, o):
        """No more than the switch carries."""
        return self.given[o] <= self.transfer[o]

    @total(at=("plug_vehicle", "plug_interval"), into="giving")
    def shared(self, p):
        """Part of what the vehicle gives."""
        return self.give[p]

    @total(at=("plug_vehicle", "plug_interval"), into="drained")
    def drawn(self, p):
        """From the battery, losses included."""
        return self.give[p] / self.eff[p]

    @total(at=("circuit_load", "circuit_interval"), into="carried")
    def fed(self, q):
        """Part of what the load gets."""
        return self.take[q]
