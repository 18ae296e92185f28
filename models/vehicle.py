"""Vehicles that charge and discharge while plugged in, and keep what their drivers need."""

from v2g.language import Part, constraint, param, total, variable
from v2g.schema import Column

UNKNOWN = float("nan")


class Vehicle(Part):
    """Vehicles with a battery, plugged in at chargers for stays, on the road for trips.

    What a driver needs (a reserve, an order, energy for leaving or being back) is a floor: no plan
    leaves a vehicle with less than that, or than it would have had if nobody had touched it. One that
    is below what its driver needs gives nothing. Losses are counted on both ways: charging stores
    eta_c of what the feeder gives, discharging takes 1/eta_d of what the feeder gets.
    """

    table, rows = "vehicles", "v"
    title = "Vehicles"
    sets = {"p": "plugs"}
    more_columns = (
        Column("model", "text", default="", help="row of the catalogue that fills in blank cells; or what it is"),
        Column("start_soc", at_least=0, at_most=1, help="share of capacity_kwh at the start, in place of start_kwh"),
        Column("reserve_km", default=0.0, unit="km", at_least=0, help="the driver's reserve as a distance"),
        Column("kwh_per_km", above=0, help="consumption"),
        Column("connectors", "text", default="", help="what it can plug in, joined by |; blank = everything"),
        Column("site", "ref", default="", refers_to="sites", help="where it stands if the stays say nothing"),
        Column("charger", "ref", default="", refers_to="chargers", help="where it is plugged in if they say nothing"),
    )

    capacity = param("kWh", r"\overline E", above=0, help="usable capacity of the battery")
    start = param("kWh", "E^0", default=UNKNOWN, at_least=0, at_most_column="capacity_kwh", help="on board at first")
    reserve = param("kWh", default=0.0, at_least=0, at_most_column="capacity_kwh", help="mobility reserve")
    charge_power = param("kW", column="charge_kw", at_least=0, help="highest charging power of the vehicle")
    discharge_power = param(
        "kW", column="discharge_kw", default=0.0, at_least=0, help="highest power it can give; 0 = none"
    )

    needed = param("kWh", "R", over="vk", help="what its driver needs: reserve, orders, leaving, being back")
    floor = param("kWh", r"\underline E", over="vk", help="the same, or what untouched it would hold if less")
    trip = param("kWh", r"\tau", over="vt", help="energy of trips, spread evenly")
    standby = param("kWh", r"\varsigma^0", over="vt", help="what the charger draws from it while plugged in")
    deficit = param("kWh", r"\overline\mu", over="vt", help="what a trip lacks if nobody charges")
    idle = param("kWh", r"\overline\iota", over="vt", help="what standby lacks if nobody charges")
    below = param("1", r"\lambda", over="vk", help="1 where untouched it is below what is needed")
    can_charge = param("1", r"\alpha^c", over="vt", help="1 where plugged in, live, able")
    can_discharge = param("1", r"\alpha^d", over="vt", help="1 where plugged in, live, able, not below")
    can_both = param("1", r"\alpha", over="vt", help="1 where it may do both")
    charge_limit = param("kW", "C", over="vt", help="vehicle or charger, times share of interval")
    discharge_limit = param("kW", "D", over="vt", help="vehicle or charger, times share of interval")
    charge_eff = param("1", r"\eta^c", over="vt", help="of the charger, feeder to battery")
    discharge_eff = param("1", r"\eta^d", over="vt", help="of the charger, battery to feeder")
    plugged = param("v", "v", over="p", help="vehicle at a plug")
    interval = param("t", "t", over="p", help="interval at a plug")
    node = param("n", "n", over="p", help="node of a plug")
    share = param("1", r"\beta", over="p", help="share of power on this phase")
    cross = param("kvar/kW", r"\gamma'", over="p", help="kvar from here per kW between two phases")

    @variable("kW", "c", where="can_charge")
    def charge(self, v, t):
        """Power taken from the feeder, at the plug."""
        return 0, self.charge_limit[v, t]

    @variable("kW", "d", where="can_discharge")
    def discharge(self, v, t):
        """Power given to the feeder, at the plug."""
        return 0, self.discharge_limit[v, t]

    @variable("kWh", "e")
    def energy(self, v, k):
        """Energy on board at the points between the intervals."""
        return self.floor[v, k], self.capacity[v]

    @variable("kWh", r"\mu", where="deficit")
    def missed(self, v, t):
        """Energy of a trip that is not on board: the trip is cut short."""
        return 0, self.deficit[v, t]

    @variable("kWh", r"\iota", where="idle")
    def asleep(self, v, t):
        """Standby that is not drawn: no more than would lack if nobody charged."""
        return 0, self.idle[v, t]

    @variable("kWh", r"\varsigma", where="below")
    def shortfall(self, v, k):
        """Energy below what is needed, of vehicles that were below it by themselves."""
        return 0, self.needed[v, k]

    @constraint
    def energy_start(self, v):
        """The battery holds what was on board."""
        return self.energy[v, 0] == self.start[v]

    @constraint
    def energy_balance(self, v, t):
        """Energy is kept, less the losses of all ways, the trips, and what the charger draws."""
        return self.energy[v, t + 1] == (
            self.energy[v, t]
            + self.dt[t] * (self.charge_eff[v, t] * self.charge[v, t] - self.discharge[v, t] / self.discharge_eff[v, t])
            - self.dt[t] * self.drained[v, t]
            - (self.trip[v, t] - self.missed[v, t])
            - (self.standby[v, t] - self.asleep[v, t])
        )

    @constraint(where="can_both", lazy=True)
    def one_way(self, v, t):
        """Charging and discharging share the plug's time."""
        return self.charge[v, t] / self.charge_limit[v, t] + self.discharge[v, t] / self.discharge_limit[v, t] <= 1

    @constraint(where="below")
    def reserve_short(self, v, k):
        """What is missing to the need is reported."""
        return self.shortfall[v, k] >= self.needed[v, k] - self.energy[v, k]

    @total(at=("node", "interval"), into="injection")
    def injected(self, p):
        """At the bus and phases of the charger it is plugged into."""
        v, t = self.plugged[p], self.interval[p]
        return self.share[p] * (self.discharge[v, t] - self.charge[v, t])

    @total(at=("node", "interval"), into="reactive")
    def injected_kvar(self, p):
        """Unity power factor; only a charger between two phases shifts power across them."""
        v, t = self.plugged[p], self.interval[p]
        return -self.cross[p] * (self.discharge[v, t] - self.charge[v, t])

    @total(over="vt", into="mobility")
    def cut_short(self, v, t):
        """Energy of trips not driven."""
        return self.missed[v, t]

    @total(over="vt", into="mobility")
    def lacking(self, v, t):
        """Energy below what is needed, averaged over time."""
        return self.fraction[t] * self.shortfall[v, t + 1]

    @total(over="vt", into="wear")
    def moved(self, v, t):
        """Energy through the plug, both ways."""
        return self.dt[t] * (self.charge[v, t] + self.discharge[v, t])
