"""What hangs between a node and earth: reactive power that nobody decides on, wherever there is a voltage."""

from v2g.language import Part, constraint, param, total, variable


class Shunt(Part):
    """Shunts: reactive power grows with the square of the voltage.

    In an island that engines alone keep alive, a shunt is charged while one of them runs. For a share of
    the interval that is a product of voltage and share, which lines bound from both sides; throughout, or
    not at all, they are exact.
    """

    node = param("n", "n", over="i", help="node it hangs on")
    sign = param("1", r"\varsigma", over="it", help="1 for a capacitor, -1 for a reactor")
    nominal = param("kvar", r"\overline U", over="it", help="size at nominal voltage")
    largest = param("kvar", r"\hat U", over="it", help="size at the highest voltage")
    live_link = param("1", r"\ell", over="it", help="1 where closed and live")
    gated = param("1", r"\psi", over="it", help="1 where engines alone keep it alive")

    @variable("kvar", "u", where="live_link")
    def output_kvar(self, i, t):
        """Reactive power into one phase, out of it for a reactor."""
        return 0, float("inf")

    @constraint(where="gated")
    def charged(self, i, t):
        """It follows the squared voltage while an engine runs, so over the interval it is no more."""
        return self.output_kvar[i, t] <= self.nominal[i, t] * self.level[self.node[i], t]

    @constraint(where="gated")
    def while_alive(self, i, t):
        """It gives nothing while no engine runs."""
        return self.output_kvar[i, t] <= self.largest[i, t] * self.alive[self.node[i], t]

    @constraint(where="gated")
    def while_all_run(self, i, t):
        """It gives all of it while one runs throughout."""
        idle = 1 - self.alive[self.node[i], t]
        return self.output_kvar[i, t] >= self.nominal[i, t] * self.level[self.node[i], t] - self.largest[i, t] * idle

    @total(at="node", into="reactive")
    def injected_kvar(self, i, t):
        """At the node of each phase."""
        return self.sign[i, t] * self.output_kvar[i, t]
