"""V2L: appliances plugged into the AC sockets of a car."""

from v2g.language import Part, constraint, param, total, variable


class Sockets(Part):
    """Sockets of cars that stand at a site, and the appliances there that a cord can reach.

    It works with everything dead. A car feeds an appliance only if one of its sockets can carry it.
    """

    table = "sockets"
    title = "V2L: appliances at the sockets of a car"
    sets = {"p": "sockets.cords", "c": "sockets.cars", "o": "sockets.places"}

    car = param("c", "c", over="p", help="car and interval of a cord")
    place = param("o", "o", over="p", help="site and interval of a cord")
    cord_vehicle = param("v", "v", over="p", help="vehicle at one end")
    cord_load = param("l", "l", over="p", help="load at the other")
    cord_interval = param("t", "t", over="p", help="interval of a cord")
    most = param("kW", r"\overline S", over="p", help="most that the load draws")
    eff = param("1", r"\eta^l", over="p", help="battery to socket")
    late = param("1", r"\omega", over="p", help="0 for the first car of a site, more for each that should wait")
    hours = param("h", r"\Delta^l", over="p", help="length of the interval of a cord")
    sockets = param("kW", r"\overline L", over="c", help="all sockets of the car, times share of interval")
    room = param("kW", r"\overline L", over="o", help="most that a site takes from cars")
    rated = param("1", r"\varrho", over="o", help="1 where that is known")

    @variable("kW", "d^l")
    def give(self, p):
        """Power along a cord."""
        return 0, self.most[p]

    @total("D^l", at="car", unit="kW")
    def of_car(self, p):
        """All that a car gives."""
        return self.give[p]

    @total("S^l", at="place", unit="kW")
    def of_place(self, p):
        """All that a site takes."""
        return self.give[p]

    @constraint
    def socket_limit(self, c):
        """No more than the sockets of the car carry."""
        return self.of_car[c] <= self.sockets[c]

    @constraint(where="rated")
    def room_limit(self, o):
        """No more than the site has cords for."""
        return self.of_place[o] <= self.room[o]

    @total(at=("cord_vehicle", "cord_interval"), into="giving")
    def shared(self, p):
        """Part of what the vehicle gives."""
        return self.give[p]

    @total(at=("cord_vehicle", "cord_interval"), into="drained")
    def drawn(self, p):
        """From the battery, losses included."""
        return self.give[p] / self.eff[p]

    @total(at=("cord_load", "cord_interval"), into="carried")
    def fed(self, p):
        """Part of what the load gets."""
        return self.give[p]

    @total(over="p", into="waited")
    def waiting(self, p):
        """Energy that a later car gives."""
        return self.hours[p] * self.late[p] * self.give[p]
