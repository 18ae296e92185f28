"""V2G stations that can form an island: power by phase inside the rating of the inverter."""

from v2g.models.gated import Gated

from v2g.language import constraint, param


class Station(Gated):
    """Chargers that can form an island with the vehicles plugged in there."""

    table, from_file = "stations", False
    title = "V2G stations that can form an island"
    post = param("y", "y", over="s", help="charger of a station")
    live = param("1", r"\ell", over="st", help="1 where all its nodes are live")

    @constraint(where="live")
    def net(self, s, t):
        """Output over all phases is what the vehicles give, less what they take."""
        return self.delivered[s, t] == self.through[self.post[s], t]

    @constraint(where="gated")
    def take_while_alive(self, i, t):
        """Nothing is taken while its island rests."""
        return self.output[i, t] >= self.lowest[i, t] * self.alive[self.node[i], t]
