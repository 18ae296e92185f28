"""Solar plants: what the sun gives, or less."""

from v2g.language import Part, constraint, param, total, variable
from v2g.schema import Column


class Solar(Part):
    """Solar plants at unity power factor, following the grid; output may be curtailed."""

    table, rows, links = "solar", "s", "i"
    title = "Solar plants"
    more_columns = (
        Column(
            "profile",
            "ref",
            required=True,
            refers_to="profiles",
            help="column of profiles.csv that multiplies the rating",
        ),
    )
    rating = param("kW", column="rating_kw", at_least=0, help="output at profile 1")
    available = param("kW", r"\overline P", over="st", help="rating times profile")
    live = param("1", r"\ell", over="st", help="1 where all its nodes are live")
    unit = param("s", "s", over="i", help="plant of a point of connection")
    node = param("n", "n", over="i", help="node of a point of connection")
    share = param("1", r"\beta", over="i", help="share of power on this phase")
    gated = param("1", r"\psi", over="it", help="1 where its island may rest, and the sun shines")

    @variable("kW", "g", where="live")
    def output(self, s, t):
        """Power given to the feeder."""
        return 0, self.available[s, t]

    @constraint(where="gated", lazy=True)
    def give_while_alive(self, i, t):
        """Nothing is given while its island rests."""
        s = self.unit[i]
        return self.output[s, t] <= self.available[s, t] * self.alive[self.node[i], t]

    @total(at="node", into="injection")
    def injected(self, i, t):
        """In equal shares on its phases."""
        return self.share[i] * self.output[self.unit[i], t]
