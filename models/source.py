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

    unit = param("s", "s", over="i")
    node = param("n", "n", over="i")
    share = param("1", r"\beta", over="i")
    lowest = param("kW", r"\underline P", over="it")
    highest = param("kW", r"\overline P", over="it")
    apparent = param("kVA", "S", over="i")
    reactive_limit = param("kvar", r"\overline Q", over="i")
    live_link = param("1", r"\ell", over="it")
    following = param("1", r"\varphi", over="it")
    rated = param("1", r"\varrho", over="ith")
    cos = param("kVA/kW", r"\cos\theta", over="h")
    sin = param("kVA/kvar", r"\sin\theta", over="h")
    inner = param("1", r"\cos\frac{\pi}{|h|}", over="h")

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
        return self.cos[h] * self.output[i, t] + self.sin[h] * self.output_kvar[i, t] <= self.inner[h] * self.apparent[i]

    @total(at="node", into="injection")
    def injected(self, i, t):
        """At the node of each phase."""
        return self.output[i, t]

    @total(at="node", into="reactive")
    def injected_kvar(self, i, t):
        """At the node of each phase."""
        return self.output_kvar[i, t]
