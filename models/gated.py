"""What sources share that may stand in an island which rests for a share of an interval."""

from v2g.models.source import Source

from v2g.language import constraint, param


class Gated(Source):
    """Sources that give nothing while their island rests.

    Those rows are lazy: what takes power is held to the same, and giving follows it.
    """

    full = param("kW", r"\overline G", over="i", help="rating of this phase")
    gated = param("1", r"\psi", over="it", help="1 where its island may rest")

    @constraint(where="gated", lazy=True)
    def give_while_alive(self, i, t):
        """Nothing is given while its island rests: all engines that keep it alive stand still, or nobody needs it."""
        return self.output[i, t] <= self.full[i] * self.alive[self.node[i], t]
