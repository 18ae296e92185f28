"""What buses take all the time: no-load losses of transformers, wherever there is a voltage."""

from v2g.language import Part, param, total


class Standing(Part):
    """Shunts of the buses in kW, taken at nominal voltage while their island is alive: nobody decides on them.

    They grow with the square of the voltage, which is left out, as for loads that follow it: an AC solution adds it.
    With it, every flow would hang on every voltage.
    """

    table, rows, from_file = "standing", "i", False
    title = "No-load losses"

    node = param("n", "n", over="i", help="node that takes them")
    nominal = param("kW", r"\overline L", over="i", help="at nominal voltage")
    lasting = param("1", r"\ell", over="it", help="1 where live throughout")
    gated = param("1", r"\psi", over="it", help="1 where its island may be alive for a share of the interval")

    @total("L", unit="kW")
    def taken(self, i, t):
        """Power taken at the node."""
        return self.nominal[i] * (self.lasting[i, t] + self.gated[i, t] * self.alive[self.node[i], t])

    @total(at="node", into="injection")
    def drawn(self, i, t):
        """At the node of each phase."""
        return -self.taken[i, t]
