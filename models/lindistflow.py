"""Linearised unbalanced branch flow: voltages fall along lossless legs that couple with each other."""

from v2g.models.transport import Transport

from v2g.language import constraint, param, total, variable


class LinDistFlow(Transport):
    """LinDist3Flow on one to three phases; on one phase it is LinDistFlow.

    Gan and Low 2014, doi:10.1109/PSCC.2014.7038399; Sankur, Dobbe, Stewart, Callaway and Arnold
    2016, arXiv:1606.04492; on one phase Baran and Wu 1989, doi:10.1109/61.25627. Voltages are
    squared magnitudes per unit; losses are left out, so voltages are slightly optimistic.
    """

    title = "Network: lindistflow"
    sets = {"e": "ends", "m": "couplings", "h": "directions", "d": "deltas", "g": "windings"}

    end_cross = param("kW/kvar", r"\gamma", over="e", help="kW from the node per kvar of a leg behind a delta winding")
    end_cross_back = param("kvar/kW", r"\gamma'", over="e", help="kvar to the node per kW of such a leg")
    end_weight = param("1", r"\tau^2", over="e", help="share of the squared voltage, times the tap squared")
    coupled = param("a", "a", over="m", help="leg on which voltage falls")
    other = param("a", "b", over="m", help="leg whose flow makes it fall")
    drop_kw = param("1/kW", "M^P", over="m", help="fall per kW")
    drop_kvar = param("1/kvar", "M^Q", over="m", help="fall per kvar")
    vmin = param("1", r"\underline V", over="n", help="lowest voltage")
    vmax = param("1", r"\overline V", over="n", help="highest voltage")
    held = param("1", r"\chi", over="nt", help="1 where the forming source holds the voltage")
    setpoint = param("1", "V^0", over="nt", help="voltage held")
    apparent = param("kVA", "S", over="a", help="rating of this phase")
    rated = param("1", r"\varrho", over="ath", help="1 where live and rated")
    cos = param("kVA/kW", r"\cos\theta", over="h", help="side of the polygon")
    sin = param("kVA/kvar", r"\sin\theta", over="h", help="side of the polygon")
    lost_kvar = param("kvar", r"\lambda^q", over="nt", help="reactive losses met there, from an AC solution")
    offset = param("1", r"\omega", over="at", help="squared voltage that its law leaves out, from an AC solution")
    entering = param("kVA", r"\sigma", over="at", help="what goes in at its other end beyond what arrives, from there")
    winding_leg = param("a", "a", over="g", help="leg of a phase of a transformer between wye and delta")
    winding_of = param("d", "d", over="g", help="that transformer")
    turn = param("1", r"\cos\phi", over="g", help="of the angle of its phase")
    turn_kvar = param("kW/kvar", r"\sin\phi", over="g", help="of the angle of its phase")
    turn_kw = param("kvar/kW", r"\sin\phi'", over="g", help="the same")
    driven = param("kW", r"\zeta^0", over="dt", help="circulating power, from an AC solution")
    driven_kvar = param("kvar", r"\zeta^{q0}", over="dt", help="the same")
    backfed = param("1", r"\varkappa", over="dt", help="1 where a transformer is fed at the bus it leads to")
    inner = param("1", r"\xi", over="h", help="cos(pi/32): puts the polygon inside the disc")

    @variable("kvar", "f^q", where="energised", state=True)
    def flow_kvar(self, a, t):
        """Reactive power along the leg."""
        return float("-inf"), float("inf")

    @variable("1", "w", where="live", state=True)
    def voltage(self, n, t):
        """Squared magnitude."""
        return self.vmin[n] ** 2, self.vmax[n] ** 2

    @total(r"f^{\mathrm{out}}", at="end_node", unit="kW")
    def leaving(self, e, t):
        """Power that the legs take from a node; a delta winding takes it from two, shifted by reactive power."""
        a = self.end_leg[e]
        return self.end_share[e] * self.flow[a, t] + self.end_cross[e] * self.flow_kvar[a, t]

    @total(r"f^{q,\mathrm{in}}", at="to_node", unit="kvar")
    def arriving_kvar(self, a, t):
        """Reactive power that the legs bring to a node."""
        return self.flow_kvar[a, t]

    @total(r"f^{q,\mathrm{out}}", at="end_node", unit="kvar")
    def leaving_kvar(self, e, t):
        """Reactive power that the legs take from a node."""
        a = self.end_leg[e]
        return self.end_share[e] * self.flow_kvar[a, t] - self.end_cross_back[e] * self.flow[a, t]

    @constraint(where="live", settles="flow_kvar")
    def balance_kvar(self, n, t):
        """Kirchhoff's current law for reactive power."""
        return self.arriving_kvar[n, t] - self.leaving_kvar[n, t] + self.reactive[n, t] == self.lost_kvar[n, t]

    @total(r"w^{\mathrm{up}}", at="end_leg", unit="1")
    def upstream(self, e, t):
        """Voltage at the sending end, through the fixed tap."""
        return self.end_weight[e] * self.voltage[self.end_node[e], t]

    @total(r"\delta", at="coupled", unit="1")
    def fall(self, m, t):
        """Voltage drop: the flows of all phases of the line, through self and mutual impedances."""
        b = self.other[m]
        return self.drop_kw[m] * self.flow[b, t] + self.drop_kvar[m] * self.flow_kvar[b, t]

    @constraint(where="energised", settles="voltage")
    def drop(self, a, t):
        """Voltage falls along the leg."""
        return self.voltage[self.to_node[a], t] == self.upstream[a, t] - self.fall[a, t] + self.offset[a, t]

    @total(r"\zeta", at="winding_of", unit="kW")
    def circulating(self, g, t):
        """Zero-sequence power in a delta winding: the part of the flows that no power behind it settles."""
        a = self.winding_leg[g]
        return self.turn[g] * self.flow[a, t] - self.turn_kvar[g] * self.flow_kvar[a, t]

    @total(r"\zeta^q", at="winding_of", unit="kvar")
    def circulating_kvar(self, g, t):
        """Its reactive part."""
        a = self.winding_leg[g]
        return self.turn_kw[g] * self.flow[a, t] + self.turn[g] * self.flow_kvar[a, t]

    @constraint(where="backfed")
    def no_circulation(self, d, t):
        """A transformer fed at its far side moves no power between its phases but what an AC solution has."""
        return self.circulating[d, t] == self.driven[d, t]

    @constraint(where="backfed")
    def no_circulation_kvar(self, d, t):
        """Nor reactive power."""
        return self.circulating_kvar[d, t] == self.driven_kvar[d, t]

    @constraint(where="held", settles="voltage")
    def reference(self, n, t):
        """The unit that forms the island holds its voltage."""
        return self.voltage[n, t] == self.setpoint[n, t] ** 2

    @constraint(where="rated", lazy=True)
    def thermal(self, a, t, h):
        """Apparent power within the rating: a regular 32-gon inscribed in the disc."""
        return self.cos[h] * self.flow[a, t] + self.sin[h] * self.flow_kvar[a, t] <= (
            self.inner[h] * (self.apparent[a] - self.entering[a, t])
        )

    @total(into="level")
    def seen(self, n, t):
        """Devices see the voltage of their node."""
        return self.voltage[n, t]
