"""What all controllable sources share: power by phase inside an inverter's or machine's rating."""

from v2g.language import Part, constraint, param, total, variable


class Source(Part):
    """A source whose output is decided phase by phase.

    One that forms the grid feeds each phase as the island needs it; one that follows feeds its
    phases alike. Apparent power by phase stays inside a regular 32-gon inscribed in the disc of the
    rating (it gives away at most 1 - cos(pi/32) = 0.5 %).
    """

    rows, links = "s", "i"
    sets = {"h": "directions"}

    unit = param("s", "s", over="i", help="source of a point of connection")
    node = param("n", "n", over="i", help="node of a point of connection")
    share = param("1", r"\beta", over="i", help="share of the unit on this phase")
    lowest = param("kW", r"\underline P", over="it", help="lowest output")
    highest = param("kW", r"\overline P", over="it", help="highest output in its window")
    apparent = param("kVA", "S", over="i", help="apparent power of this phase")
    reactive_limit = param("kvar", r"\overline Q", over="i", help="the same, or no limit")
    live_link = param("1", r"\ell", over="it", help="1 where live and in its window")
    following = param("1", r"\varphi", over="it", help="1 where it follows the grid")
    rated = param("1", r"\varrho", over="ith", help="1 where live and rated")
    cos = param("kVA/kW", r"\cos\theta", over="h", help="side of the polygon")
    sin = param("kVA/kvar", r"\sin\theta", over="h", help="side of the polygon")
    inner = param("1", r"\xi", over="h", help="cos(pi/32): puts the polygon inside the disc")

    @variable("kW", "g", where="live_link")
    def output(self, i, t):
        """Active power into one phase."""
        return self.lowest[i, t], self.highest[i, t]

    @variable("kvar", "u", where="live_link")
    def output_kvar(self, i, t):
        """Reactive power into one phase."""
        return -self.reactive_limit[i], self.reactive_limit[i]

    @total("G", at="unit", unit="kW")
    def delivered(self, i, t):
        """Output over all phases."""
        return self.output[i, t]

    @constraint(where="following")
    def balanced(self, i, t):
        """A source that follows the grid feeds its phases alike."""
        return self.output[i, t] == self.share[i] * self.delivered[self.unit[i], t]

    @constraint(where="rated", lazy=True)
    def capability(self, i, t, h):
        """Apparent power by phase within the rating."""
        return (
            self.cos[h] * self.output[i, t] + self.sin[h] * self.output_kvar[i, t] <= self.inner[h] * self.apparent[i]
        )

    @total(at="node", into="injection")
    def injected(self, i, t):
        """At the node of each phase."""
        return self.output[i, t]

    @total(at="node", into="reactive")
    def injected_kvar(self, i, t):
        """At the node of each phase."""
        return self.output_kvar[i, t]
