"""What buses take all the time: no-load losses of transformers, wherever there is a voltage."""

from v2g.language import Part, constraint, param, total, variable


class Standing(Part):
    """Shunts of the buses in kW: they grow with the square of the voltage, and nobody decides on them.

    In an island that engines alone keep alive they are taken while one of them runs, in one without a grid while it is
    kept up (`Resting`). For a share of the interval that is a product of voltage and share, which lines bound from both
    sides; throughout, or not at all, they are exact.
    """

    table, rows, from_file = "standing", "i", False
    title = "No-load losses"

    node = param("n", "n", over="i", help="node that takes them")
    nominal = param("kW", r"\overline L", over="i", help="at nominal voltage")
    highest = param("1", r"\hat w", over="i", help="highest squared voltage, at least 1")
    lasting = param("1", r"\ell", over="it", help="1 where live, and not for a share of the interval only")
    gated = param("1", r"\psi", over="it", help="1 where its island may be live for a share of the interval")
    keepers = param("1", "m", over="it", help="engines that keep it alive, else 1")

    @variable("1", "h", where="gated")
    def felt(self, i, t):
        """Squared voltage, times the share of the interval in which there is one."""
        return 0, float("inf")

    @constraint(where="gated")
    def no_more_than_there_is(self, i, t):
        """It is no more than the squared voltage."""
        return self.felt[i, t] <= self.level[self.node[i], t]

    @constraint(where="gated")
    def while_alive(self, i, t):
        """Nothing is taken while the island is not alive."""
        return self.felt[i, t] <= self.highest[i] * self.alive[self.node[i], t]

    @constraint(where="gated")
    def while_all_alive(self, i, t):
        """All of it is taken while the island is alive throughout."""
        idle = 1 - self.alive[self.node[i], t] / self.keepers[i, t]
        return self.felt[i, t] >= self.level[self.node[i], t] - self.highest[i] * idle

    @total("L", unit="kW")
    def taken(self, i, t):
        """Power taken at the node."""
        return self.nominal[i] * (self.lasting[i, t] * self.level[self.node[i], t] + self.felt[i, t])

    @total(at="node", into="injection")
    def drawn(self, i, t):
        """At the node of each phase."""
        return -self.taken[i, t]
