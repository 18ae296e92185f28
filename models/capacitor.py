"""Capacitor banks: reactive power that nobody decides on, wherever there is a voltage."""

from v2g.language import Part, constraint, param, total, variable


class Capacitor(Part):
    """Closed capacitor banks: reactive power grows with the square of the voltage.

    In an island that engines alone keep alive, a bank is charged while one of them runs. For a share of
    the interval that is a product of voltage and share, which lines bound from both sides; with one
    engine that runs throughout, or not at all, they are exact.
    """

    table, rows, links, delta = "capacitors", "s", "i", True
    title = "Capacitors"
    size = param("kvar", column="kvar", above=0, help="reactive power of the bank at nominal voltage")
    closed = param("1", kind="flag", default=True, help="0 if it is switched off")
    node = param("n", "n", over="i", help="node of a point of connection")
    nominal = param("kvar", r"\overline U", over="i", help="output at nominal voltage")
    largest = param("kvar", r"\hat U", over="i", help="output at the highest voltage")
    live_link = param("1", r"\ell", over="it", help="1 where closed and live")
    steady = param("1", r"\ell^0", over="it", help="1 where it is not for engines alone to keep it alive")
    gated = param("1", r"\psi", over="it", help="1 where it is")
    engines = param("1", "m", over="it", help="how many they are")

    @variable("kvar", "u", where="live_link")
    def output_kvar(self, i, t):
        """Reactive power into one phase."""
        return 0, float("inf")

    @constraint(where="steady")
    def susceptance(self, i, t):
        """A capacitor's output follows the squared voltage."""
        return self.output_kvar[i, t] == self.nominal[i] * self.level[self.node[i], t]

    @constraint(where="gated")
    def charged(self, i, t):
        """It follows it while an engine runs, so over the interval it is no more."""
        return self.output_kvar[i, t] <= self.nominal[i] * self.level[self.node[i], t]

    @constraint(where="gated")
    def while_alive(self, i, t):
        """It gives nothing while no engine runs."""
        return self.output_kvar[i, t] <= self.largest[i] * self.alive[self.node[i], t]

    @constraint(where="gated")
    def while_all_run(self, i, t):
        """It gives all of it while all engines run."""
        idle = 1 - self.alive[self.node[i], t] / self.engines[i, t]
        return self.output_kvar[i, t] >= self.nominal[i] * self.level[self.node[i], t] - self.largest[i] * idle

    @total(at="node", into="reactive")
    def injected_kvar(self, i, t):
        """At the node of each phase."""
        return self.output_kvar[i, t]
