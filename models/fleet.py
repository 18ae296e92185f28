"""Vehicles with several ways to give, at stations, at sites, in islands that an engine keeps alive."""

from v2g.models.vehicle import Vehicle

from v2g.language import constraint, param, total
from v2g.schema import Column


class Fleet(Vehicle):
    """Vehicles with a battery, plugged in or parked for stays, on the road for trips.

    What a driver needs (a reserve, an order, energy for leaving or being back) is a floor: no plan
    leaves a vehicle with less than that, or than it would have had if nobody had touched it. One that
    is below what its driver needs gives nothing. A vehicle may give to the feeder (V2G), to premises
    behind a transfer switch (V2H) and at its sockets (V2L): one battery, and one limit for all ways.
    """

    sets = {"p": "plugs", "f": "ports", "g": "gates", "b": "stocks"}

    more_columns = (
        *Vehicle.more_columns,
        Column("depot", "text", default="", help="who sends it out, for orders; blank = its own driver"),
        Column("contact", "text", default="", help="whom to call about it, for orders"),
        Column("v2h_kw", default=0.0, unit="kW", at_least=0, help="most it gives to premises (V2H)"),
        Column("sockets", default=1.0, at_least=0, help="AC sockets in the car (V2L)"),
        Column("socket_kw", default=0.0, unit="kW", at_least=0, help="power of one socket; 0 = no V2L"),
        Column("v2l_kw", unit="kW", at_least=0, help="most of all its sockets; blank = sockets x socket_kw"),
        Column("v2l_eff", default=0.9, above=0, at_most=1, help="share of stored energy that comes out at a socket"),
        Column("give_kw", unit="kW", at_least=0, help="most of all ways together; blank = the largest of them"),
    )

    give_limit = param("kW", r"\overline D", over="vt", help="most of all ways, times share of interval")
    several = param("1", r"\alpha^g", over="vt", help="1 where it may give in more ways than one")
    mixed = param("1", r"\alpha^m", over="vt", help="1 where it may charge, and give in another way")
    port_vehicle = param("v", "v", over="f", help="vehicle at a station that can form an island")
    port_interval = param("t", "t", over="f", help="interval there")
    station = param("y", "y", over="f", help="that station")
    gate_vehicle = param("v", "v", over="g", help="vehicle at a charger of a site")
    gate_interval = param("t", "t", over="g", help="interval there")
    site = param("j", "j", over="g", help="that site")
    charges_alive = param("1", r"\psi", over="p", help="1 where it charges in an island that may rest")
    gives_alive = param("1", r"\psi'", over="p", help="1 where it gives there")
    stock_vehicle = param("v", "v", over="b", help="vehicle that can give in some way")
    end = param("k", "K", over="b", help="the last point")
    stock_eff = param("1", r"\eta", over="b", help="best share of its energy that comes out")

    @constraint(where="several")
    def ways_together(self, v, t):
        """All ways to give share one limit."""
        return self.discharge[v, t] + self.giving[v, t] <= self.give_limit[v, t]

    @constraint(where="mixed", lazy=True)
    def charge_or_give(self, v, t):
        """Charging and giving share the time of the battery."""
        given = self.discharge[v, t] + self.giving[v, t]
        return self.charge[v, t] / self.charge_limit[v, t] + given / self.give_limit[v, t] <= 1

    @constraint(where="charges_alive")
    def charge_while_alive(self, p):
        """Nothing is charged while its island rests."""
        v, t = self.plugged[p], self.interval[p]
        return self.charge[v, t] <= self.charge_limit[v, t] * self.alive[self.node[p], t]

    @constraint(where="gives_alive", lazy=True)
    def give_while_alive(self, p):
        """Nor is anything given then."""
        v, t = self.plugged[p], self.interval[p]
        return self.discharge[v, t] <= self.discharge_limit[v, t] * self.alive[self.node[p], t]

    @total(at=("station", "port_interval"), into="through")
    def passed(self, f):
        """Power through a station that can form an island."""
        v, t = self.port_vehicle[f], self.port_interval[f]
        return self.discharge[v, t] - self.charge[v, t]

    @total(at=("site", "gate_interval"), into="exchange")
    def exchanged(self, g):
        """Power through the connection of a site."""
        v, t = self.gate_vehicle[g], self.gate_interval[g]
        return self.discharge[v, t] - self.charge[v, t]

    @total(over="vt", into="wear")
    def moved_otherwise(self, v, t):
        """Energy given in other ways."""
        return self.dt[t] * self.giving[v, t]

    @total(over="b", into="stock")
    def left(self, b):
        """What could still be given at the end."""
        v, k = self.stock_vehicle[b], self.end[b]
        return self.stock_eff[b] * (self.energy[v, k] - self.needed[v, k])
