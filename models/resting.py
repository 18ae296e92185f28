"""Islands that rest: one without a grid need not be kept up all the time."""

from v2g.language import Part, param, total, variable


class Resting(Part):
    """Islands without a grid whose buses take power all the time are kept up for a share of each interval.

    Nothing is served, given or taken there in the rest of it, no-load losses included: a store that runs low is not
    drained by them.
    """

    table, from_file = "resting", False
    title = "Islands that rest"
    sets = {"u": "resting", "w": "resting.members"}

    begins = param("t", "t", over="u", help="interval of an island")
    member_of = param("u", "u", over="w", help="island and interval of a node")
    node = param("n", "n", over="w", help="that node")
    interval = param("t", "t", over="w", help="that interval")

    @variable("1", "a")
    def up(self, u):
        """Share of the interval in which the island is kept up."""
        return 0, 1

    @total(at=("node", "interval"), into="alive")
    def kept_up(self, w):
        """All of the island is."""
        return self.up[self.member_of[w]]
