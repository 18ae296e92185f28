"""Generators that burn what is in their tank."""

from v2g.models.source import Source

from v2g.language import constraint, param, total
from v2g.schema import Column


class Generator(Source):
    """Generators with a finite tank."""

    table = "generators"
    title = "Generators"
    more_columns = (
        Column("forming", "flag", default=False, help="1 if it can form an island on its own"),
        Column("from_utc", "time", help="from when it can run; blank = from the start"),
        Column("until_utc", "time", help="until when it can run; blank = to the end"),
    )
    rating = param("kW", column="rating_kw", above=0, help="highest active power")
    rating_kva = param(
        "kVA", column="rating_kva", default=float("nan"), above=0, help="apparent power; blank = rating_kw"
    )
    setpoint = param(
        "1", column="voltage_pu", default=1.0, above=0.5, at_most=1.5, help="voltage it holds when forming"
    )
    tank = param("L", r"\overline F", column="fuel_l", at_least=0, help="fuel in the tank")
    rate = param("L/kWh", r"\phi", column="fuel_l_per_kwh", above=0, help="fuel burnt for one kWh")

    @total("B", at="unit", over="t", unit="L")
    def burnt(self, i, t):
        """Fuel burnt until the end."""
        return self.rate[self.unit[i]] * self.dt[t] * self.output[i, t]

    @constraint
    def fuel_limit(self, s):
        """No more fuel than the tank holds."""
        return self.burnt[s] <= self.tank[s]

    @total(over="it", into="fuel")
    def fuel_used(self, i, t):
        """Fuel burnt by all."""
        return self.rate[self.unit[i]] * self.dt[t] * self.output[i, t]
