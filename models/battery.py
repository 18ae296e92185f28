"""Stationary batteries: vehicles that never leave, and may form the grid."""

from v2g.models.gated import Gated

from v2g.language import constraint, param, total, variable
from v2g.schema import Column


class Battery(Gated):
    """Stationary batteries, lossy both ways."""

    table = "batteries"
    title = "Batteries"
    more_columns = (Column("forming", "flag", default=False, help="1 if it can form an island on its own"),)
    capacity = param("kWh", r"\overline E", above=0, help="usable capacity")
    start = param("kWh", "E^0", at_least=0, at_most_column="capacity_kwh", help="stored at the start")
    reserve = param("kWh", "R", default=0.0, at_least=0, at_most_column="start_kwh", help="never below this")
    charge_power = param("kW", "C", column="charge_kw", at_least=0, help="highest charging power")
    discharge_power = param("kW", "D", column="discharge_kw", at_least=0, help="highest discharging power")
    rating_kva = param(
        "kVA", column="rating_kva", default=float("nan"), above=0, help="blank = the larger of the two powers"
    )
    charge_eff = param("1", r"\eta^c", above=0, at_most=1, help="share of charged energy that is stored")
    discharge_eff = param("1", r"\eta^d", above=0, at_most=1, help="share of stored energy that comes out")
    setpoint = param(
        "1", column="voltage_pu", default=1.0, above=0.5, at_most=1.5, help="voltage it holds when forming"
    )
    live = param("1", r"\ell", over="st", help="1 where all its nodes are live")
    two_way = param("1", r"\alpha", over="st", help="1 where it can charge and discharge")
    end = param("k", "K", over="s", help="the last point")
    stock_eff = param("1", r"\eta", over="s", help="share of stored energy that comes out, 0 if none does")

    @variable("kW", "c", where="live")
    def charge(self, s, t):
        """Power taken from the feeder."""
        return 0, self.charge_power[s]

    @variable("kW", "d", where="live")
    def discharge(self, s, t):
        """Power given to the feeder."""
        return 0, self.discharge_power[s]

    @variable("kWh", "e")
    def energy(self, s, k):
        """Stored energy at the points between the intervals."""
        return self.reserve[s], self.capacity[s]

    @constraint(where="live")
    def net(self, s, t):
        """Output over all phases is discharge less charge."""
        return self.delivered[s, t] == self.discharge[s, t] - self.charge[s, t]

    @constraint
    def energy_start(self, s):
        """The battery holds what was stored."""
        return self.energy[s, 0] == self.start[s]

    @constraint
    def energy_balance(self, s, t):
        """Energy is kept, less the losses of both ways."""
        return self.energy[s, t + 1] == self.energy[s, t] + self.dt[t] * (
            self.charge_eff[s] * self.charge[s, t] - self.discharge[s, t] / self.discharge_eff[s]
        )

    @constraint(where="gated")
    def charge_while_alive(self, i, t):
        """Nothing is charged while its island rests."""
        s = self.unit[i]
        return self.charge[s, t] <= self.charge_power[s] * self.alive[self.node[i], t]

    @constraint(where="two_way", lazy=True)
    def one_way(self, s, t):
        """Charging and discharging share the converter's time."""
        return self.charge[s, t] / self.charge_power[s] + self.discharge[s, t] / self.discharge_power[s] <= 1

    @total(over="st", into="wear")
    def moved(self, s, t):
        """Energy through the converter, both ways."""
        return self.dt[t] * (self.charge[s, t] + self.discharge[s, t])

    @total(over="s", into="stock")
    def left(self, s):
        """What could still be given at the end."""
        return self.stock_eff[s] * (self.energy[s, self.end[s]] - self.reserve[s])
