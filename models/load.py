"""Loads: critical ones by tier, served throughout their window or not; all others as far as it goes."""

from v2g.language import Part, constraint, param, total, variable
from v2g.schema import Column


class Load(Part):
    """Loads that ask for power at a bus, critical (tier 1, 2, ...) or not (tier 0).

    A critical load with continuous service counts as served if it gets all it asks for in every
    interval of its window. What it gets beyond that window, and what other loads get, is other
    energy. Reactive power follows active power.
    """

    table, rows, links, delta = "loads", "l", "i", True
    title = "Loads"
    more_columns = (
        Column("kind", "text", default="", help="what it is, for people: hospital, shelter, water, ..."),
        Column(
            "service", "choice", default="", choices=("continuous", "flexible"), help="continuous for tiers 1, 2, ..."
        ),
        Column(
            "profile",
            "ref",
            default="",
            refers_to="profiles",
            help="column of profiles.csv that multiplies kw and kvar",
        ),
        Column("from_utc", "time", help="start of the window in which a critical load must be served"),
        Column("until_utc", "time", help="end of that window"),
        Column("kvar", default=0.0, unit="kvar", help="reactive power at kw"),
        Column("people", above=0, help="people who depend on it; weight of a critical load, 1 where blank"),
    )

    power = param("kW", column="kw", at_least=0, help="power at profile 1")
    tier = param("1", default=0, at_least=0, at_most=9, help="0 = not critical, 1 = most critical")

    demand = param("kW", "D", over="lt", help="what it asks for")
    ratio = param("kvar/kW", r"\tan\varphi", over="l", help="reactive over active power")
    critical = param("1", r"\kappa", over="l", help="1 if it counts when served throughout")
    possible = param("1", r"\bar z", over="l", help="0 if a dead node rules it out")
    weight = param("1", r"\omega", over="l", help="people, or 1")
    rank = param("r", "r", over="l", help="its tier")
    servable = param("1", r"\sigma", over="lt", help="1 where it asks and is live")
    needed = param("1", r"\nu", over="lt", help="1 where it must be served and is live")
    required = param("1", r"\rho", over="lt", help="1 where it must be served to count")
    essential = param("kW", r"\hat D", over="lt", help="what it must get there, else 1 kW")
    unit = param("l", "l", over="i", help="load of a point of connection")
    node = param("n", "n", over="i", help="node of a point of connection")
    share = param("1", r"\beta", over="i", help="share of power on this phase")
    cross = param("kW/kvar", r"\gamma", over="i", help="kW here per kvar of a load between two phases")
    cross_back = param("kvar/kW", r"\gamma'", over="i", help="kvar from here per kW of a load between two phases")

    @variable("kW", "s", where="servable")
    def served(self, l, t):
        """Power it gets."""
        return 0, self.demand[l, t]

    @variable("1", "z", where="critical", integer=True)
    def kept(self, l):
        """One if it is served throughout its window."""
        return 0, self.possible[l]

    @constraint(where="needed")
    def continuous(self, l, t):
        """A load counts as served only if it gets all it asks for in every interval of its window."""
        return self.served[l, t] >= self.demand[l, t] * self.kept[l]

    @total(at="node", into="injection")
    def drawn(self, i, t):
        """Wye: in equal shares. Delta: the share of each phase shifts with reactive power."""
        l = self.unit[i]
        return -(self.share[i] + self.cross[i] * self.ratio[l]) * self.served[l, t]

    @total(at="node", into="reactive")
    def drawn_kvar(self, i, t):
        """Reactive power follows active power."""
        l = self.unit[i]
        return -(self.share[i] * self.ratio[l] - self.cross_back[i]) * self.served[l, t]

    @total(at="rank", into="unserved")
    def lost(self, l):
        """Weight of the critical loads not served throughout."""
        return self.weight[l] * (1 - self.kept[l])

    @total(over="lt", into="dark_hours")
    def dark(self, l, t):
        """Hours at full power that a critical load misses inside its window."""
        return self.dt[t] * (self.required[l, t] - self.required[l, t] * self.served[l, t] / self.essential[l, t])

    @total(over="lt", into="unserved_energy")
    def missing(self, l, t):
        """Energy not delivered outside the windows of critical loads."""
        return self.dt[t] * (1 - self.required[l, t]) * (self.demand[l, t] - self.served[l, t])
