"""What sources share that may stand in an island which engines alone keep alive."""

from v2g.models.source import Source

from v2g.language import constraint, param


class Gated(Source):
    """Sources that give nothing where all engines that keep an island alive stand still."""

    full = param("kW", r"\overline G", over="i", help="rating of this phase")
    gated = param("1", r"\psi", over="it", help="1 where engines alone keep its island alive")

    @constraint(where="gated")
    def give_while_alive(self, i, t):
        """Where engines alone keep an island alive, nothing is given while none of them runs."""
        return self.output[i, t] <= self.full[i] * self.alive[self.node[i], t]
