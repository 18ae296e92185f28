"""The feeder as pipes: power is kept, ratings bind, voltages do not exist."""

from v2g.language import Part, constraint, param, total, variable


class Transport(Part):
    """Legs (line-phases and transformer-phases) that carry power without loss, up to their rating."""

    table, rows, from_file = "legs", "a", False
    title = "Network: transport"
    sets = {"e": "ends"}

    rating = param("kW", r"\overline F", over="a", help="rating of this phase")
    live = param("1", r"\ell", over="nt", help="1 where an island is formed")
    energised = param("1", r"\epsilon", over="at", help="1 where closed, and both ends are live")
    to_node = param("n", "j", over="a", help="node a leg leads to")
    end_leg = param("a", "a", over="e", help="leg of a sending end")
    end_node = param("n", "n", over="e", help="node of a sending end")
    end_share = param("1", r"\beta", over="e", help="share of the leg's power")
    lost = param("kW", r"\lambda", over="nt", help="losses met there, as an AC solution has them; else zero")

    @variable("kW", "f", where="energised", state=True)
    def flow(self, a, t):
        """Active power along the leg, counted at the node it leads to."""
        return -self.rating[a], self.rating[a]

    @total(r"f^{\mathrm{in}}", at="to_node", unit="kW")
    def arriving(self, a, t):
        """Power that the legs bring to a node."""
        return self.flow[a, t]

    @total(r"f^{\mathrm{out}}", at="end_node", unit="kW")
    def leaving(self, e, t):
        """Power that the legs take from a node."""
        return self.end_share[e] * self.flow[self.end_leg[e], t]

    @constraint(where="live", settles="flow")
    def balance(self, n, t):
        """Kirchhoff's current law: what arrives and is injected leaves, or is lost. It names no device."""
        return self.arriving[n, t] - self.leaving[n, t] + self.injection[n, t] == self.lost[n, t]

    @total(into="level")
    def seen(self, n, t):
        """Without voltages, devices see the nominal one."""
        return self.live[n, t]
