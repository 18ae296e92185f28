"""Loads: critical ones by tier, served throughout their window or not; all others as far as it goes."""

from v2g.language import Part, constraint, param, total, variable
from v2g.schema import Column

UNKNOWN = float("nan")


class Load(Part):
    """Loads that ask for power at a bus or a site, critical (tier 1, 2, ...) or not (tier 0).

    A critical load with continuous service counts as served if it gets all it asks for in every
    interval of its window. What it gets beyond that window, and what other loads get, is other
    energy. Reactive power follows the active power that comes from the feeder.
    """

    table, rows, links, delta, at_site = "loads", "l", "i", True, True
    title = "Loads"
    sets = {"s": "loads.at_sites"}
    more_columns = (
        Column("kind", "text", default="", help="what it is, for people: hospital, shelter, water, ..."),
        Column(
            "service", "choice", default="", choices=("continuous", "hours", "energy", "flexible"),
            help="when a load of tier 1, 2, ... counts as served; blank = continuous",
        ),
        Column("profile", "ref", default="", refers_to="profiles", help="column of profiles.csv that multiplies kw"),
        Column("from_utc", "time", help="start of the window in which a critical load must be served"),
        Column("until_utc", "time", help="end of that window"),
        Column("kvar", default=0.0, unit="kvar", help="reactive power at kw"),
        Column(
            "kw_exponent", default=0.0, at_least=0.0, at_most=5.0,
            help="kw goes with voltage to this power under AC: 0 constant power, 1 current, 2 impedance",
        ),
        Column("kvar_exponent", default=0.0, at_least=0.0, at_most=5.0, help="the same for kvar"),
        Column("people", above=0, help="people who depend on it; weight of a critical load, 1 where blank"),
        Column("by_v2h", "flag", default=True, help="1 = its circuit is behind the transfer switch of its site"),
        Column("by_v2l", "flag", default=False, help="1 = appliances that can be plugged into the socket of a car"),
        Column("appliance_kw", unit="kW", above=0, help="largest of its appliances; a smaller socket cannot feed it"),
    )  # fmt: skip

    power = param("kW", column="kw", at_least=0, help="power at profile 1")
    tier = param("1", default=0, at_least=0, at_most=9, help="0 = not critical, 1 = most critical")

    demand = param("kW", "D", over="lt", help="what it asks for")
    most = param("kW", r"\overline S", over="lt", help="the same, or more right after it is picked up")
    ratio = param("kvar/kW", r"\tan\varphi", over="l", help="reactive over active power")
    critical = param("1", r"\kappa", over="l", help="1 if it counts when served")
    possible = param("1", r"\bar z", over="l", help="0 if nothing can reach it when it must be served")
    weight = param("1", r"\omega", over="l", help="people, or 1")
    rank = param("r", "r", over="l", help="its tier")
    asked = param("h", r"\hat H", over="l", help="hours at full power that it must have")
    servable = param("1", r"\sigma", over="lt", help="1 where it asks and is live")
    shared = param("1", r"\alpha^s", over="lt", help="1 where power may come in more ways than one")
    gated = param("1", r"\psi", over="it", help="1 where its island may rest")
    needed = param("1", r"\nu", over="lt", help="1 where it must be served to count, and can be")
    required = param("1", r"\rho", over="lt", help="1 where it must be served")
    other = param("1", r"\omicron", over="lt", help="1 where what it asks for is other energy")
    essential = param("kW", r"\hat D", over="lt", help="what it must get there, else 1 kW")
    unit = param("l", "l", over="i", help="load of a point of connection")
    node = param("n", "n", over="i", help="node of a point of connection")
    share = param("1", r"\beta", over="i", help="share of power on this phase")
    cross = param("kW/kvar", r"\gamma", over="i", help="kW here per kvar of a load between two phases")
    cross_back = param("kvar/kW", r"\gamma'", over="i", help="kvar from here per kW of a load between two phases")
    sited = param("l", "l", over="s", help="load that belongs to a site")
    site = param("j", "j", over="s", help="that site")

    @variable("kW", "s", where="servable")
    def served(self, l, t):
        """Power it gets from the feeder."""
        return 0, self.most[l, t]

    @variable("1", "z", where="critical", integer=True)
    def kept(self, l):
        """One if it is served."""
        return 0, self.possible[l]

    @total("x", unit="kW")
    def received(self, l, t):
        """Useful power, whatever way it comes."""
        return self.served[l, t] + self.carried[l, t]

    @constraint(where="shared")
    def within_demand(self, l, t):
        """No more than it asks for."""
        return self.received[l, t] <= self.demand[l, t]

    @constraint(where="gated")
    def while_alive(self, i, t):
        """The feeder brings nothing while its island rests, on any of its phases."""
        l = self.unit[i]
        return self.served[l, t] <= self.most[l, t] * self.alive[self.node[i], t]

    @constraint(where="needed")
    def continuous(self, l, t):
        """A load counts as served only if it gets all it asks for in every interval of its window."""
        return self.received[l, t] >= self.demand[l, t] * self.kept[l]

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

    @total(at="site", into="exchange")
    def taken(self, s, t):
        """Through the connection of its site."""
        return -self.served[self.sited[s], t]

    @total(at="rank", into="unserved")
    def lost(self, l):
        """Weight of the critical loads not served."""
        return self.weight[l] * (1 - self.kept[l])

    @total(over="lt", into="dark_hours")
    def dark_all(self, l, t):
        """Hours at full power that a critical load misses inside its window."""
        return self.dt[t] * (self.required[l, t] - self.required[l, t] * self.received[l, t] / self.essential[l, t])

    @total(at="rank", into="dark")
    def dark_by_tier(self, l, t):
        """The same, by tier and interval."""
        return self.dt[t] * (self.required[l, t] - self.required[l, t] * self.received[l, t] / self.essential[l, t])

    @total(over="t", into="missed_share")
    def dark_share(self, l, t):
        """The same, as a share of what it must have."""
        missed = self.required[l, t] - self.required[l, t] * self.received[l, t] / self.essential[l, t]
        return self.dt[t] / self.asked[l] * missed

    @total(over="lt", into="unserved_energy")
    def missing(self, l, t):
        """Energy not delivered outside the windows of critical loads."""
        return self.dt[t] * self.other[l, t] * (self.demand[l, t] - self.received[l, t])
