"""Generators that burn what is in a tank: for every kWh, and for every hour in which their engine runs."""

from v2g.models.gated import Gated

from v2g.language import constraint, param, total, variable
from v2g.schema import Column


class Generator(Gated):
    """Generators with finite tanks, their own or shared ones, that may be refilled.

    One that burns fuel whenever its engine runs is run for a share of each interval, and gives no more
    than its rating in that time. An island that only such engines form has no power while none runs.
    """

    table = "generators"
    title = "Generators"
    sets = {**Gated.sets, "f": "generators.tanks", "b": "generators.refilled", "w": "generators.keeps"}
    more_columns = (
        Column("forming", "flag", default=False, help="1 if it can form an island on its own"),
        Column("from_utc", "time", help="from when it can run; blank = from the start"),
        Column("until_utc", "time", help="until when it can run; blank = to the end"),
        Column("tank", "ref", default="", refers_to="tanks", help="tank that it shares; blank = its own"),
    )
    rating = param("kW", column="rating_kw", above=0, help="highest active power")
    rating_kva = param(
        "kVA", column="rating_kva", default=float("nan"), above=0, help="apparent power; blank = rating_kw"
    )
    setpoint = param(
        "1", column="voltage_pu", default=1.0, above=0.5, at_most=1.5, help="voltage it holds when forming"
    )
    own_fuel = param("L", column="fuel_l", default=0.0, at_least=0, help="fuel in its own tank")
    rate = param("L/kWh", r"\phi", column="fuel_l_per_kwh", above=0, help="fuel burnt for one kWh")
    idle = param("L/h", r"\iota", column="idle_l_per_h", default=0.0, at_least=0, help="burnt besides while it runs")

    window = param("1", r"\omega", over="st", help="share of the interval in its window")
    idling = param("1", r"\alpha^r", over="st", help="1 where it burns fuel whenever it runs")
    idling_link = param("1", r"\alpha^r", over="it", help="likewise")
    tank = param("f", "f", over="s", help="tank of a generator")
    fuel = param("L", r"\overline F", over="f", help="fuel in a tank at the start")
    plain = param("1", r"\alpha^f", over="f", help="1 where nothing is delivered to it")
    arriving_all = param("L", r"\hat F", over="f", help="all that is delivered to a tank")
    stock_rate = param("kWh/L", r"\hat\phi", over="f", help="most that a litre gives, 0 for a tank of nobody")
    refilled = param("f", "f", over="b", help="tank to which fuel is delivered")
    arriving = param("L", r"\hat F", over="bt", help="fuel delivered at the start of an interval")
    keeper = param("s", "s", over="w", help="engine that alone keeps a node alive")
    kept_node = param("n", "n", over="w", help="that node")
    kept_interval = param("t", "t", over="w", help="interval in which it does")

    @variable("1", "o", where="idling")
    def run(self, s, t):
        """Share of the interval in which its engine runs."""
        return 0, self.window[s, t]

    @variable("L", "y")
    def level(self, b, k):
        """Fuel in a tank that is refilled, at the points between the intervals."""
        return 0, float("inf")

    @constraint(where="idling_link")
    def running(self, i, t):
        """Power comes from an engine that runs."""
        return self.output[i, t] <= self.full[i] * self.run[self.unit[i], t]

    @constraint(where="idling_link")
    def running_kvar_up(self, i, t):
        """So does reactive power."""
        return self.output_kvar[i, t] <= self.reactive_limit[i] * self.run[self.unit[i], t]

    @constraint(where="idling_link")
    def running_kvar_down(self, i, t):
        """Both ways."""
        return self.output_kvar[i, t] >= -self.reactive_limit[i] * self.run[self.unit[i], t]

    @total("b", at="tank", unit="L")
    def burnt(self, s, t):
        """Fuel taken from a tank in an interval."""
        return self.dt[t] * (self.rate[s] * self.delivered[s, t] + self.idle[s] * self.run[s, t])

    @total("B", over="t", unit="L")
    def burnt_all(self, f, t):
        """Fuel taken from a tank until the end."""
        return self.burnt[f, t]

    @constraint(where="plain")
    def fuel_limit(self, f):
        """No more fuel than the tank holds."""
        return self.burnt_all[f] <= self.fuel[f]

    @constraint
    def level_start(self, b):
        """What is in a tank at the start."""
        return self.level[b, 0] == self.fuel[self.refilled[b]]

    @constraint
    def level_balance(self, b, t):
        """Fuel is there once it has been delivered, until it is burnt."""
        burnt = self.burnt[self.refilled[b], t]
        return self.level[b, t + 1] == self.level[b, t] + self.arriving[b, t] - burnt

    @total(at=("kept_node", "kept_interval"), into="alive")
    def keeps_alive(self, w):
        """An engine keeps all of its island alive while it runs."""
        return self.run[self.keeper[w], self.kept_interval[w]]

    @total(over="ft", into="fuel")
    def fuel_used(self, f, t):
        """Fuel burnt by all."""
        return self.burnt[f, t]

    @total(over="f", into="stock")
    def fuel_left(self, f):
        """What the fuel left at the end would still give."""
        return self.stock_rate[f] * (self.fuel[f] + self.arriving_all[f] - self.burnt_all[f])
