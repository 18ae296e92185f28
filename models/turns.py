"""Generators that keep an island alive together, or in turns."""

from v2g.models.generator import Generator

from v2g.language import constraint, param, total, variable


class Turns(Generator):
    """Generators with finite tanks, their own or shared ones, that may be refilled.

    One that burns fuel whenever its engine runs is run for a share of each interval, and gives no more
    than its rating in that time. An island that only such engines form has no power while none runs: it
    is alive for as long as one of several does, be it together with others or in turns.
    """

    sets = {
        **Generator.sets,
        "m": "generators.joined",
        "q": "generators.turns",
        "p": "generators.joined.members",
    }

    joined_at = param("t", "t", over="m", help="interval of an island that several engines keep alive")
    turn_of = param("m", "m", over="q", help="that island")
    turner = param("s", "s", over="q", help="engine that is one of them")
    member_of = param("m", "m", over="p", help="that island")
    member = param("n", "n", over="p", help="node of it")
    member_at = param("t", "t", over="p", help="its interval")

    @variable("1", "a")
    def lit(self, m):
        """Share of the interval in which one engine or more run."""
        return 0, 1

    @total("a^q", at="turn_of", unit="1")
    def turns(self, q):
        """Shares of all engines of an island together."""
        return self.run[self.turner[q], self.joined_at[self.turn_of[q]]]

    @constraint
    def lit_by_each(self, q):
        """An island is alive while any of its engines runs."""
        return self.run[self.turner[q], self.joined_at[self.turn_of[q]]] <= self.lit[self.turn_of[q]]

    @constraint
    def lit_by_all(self, m):
        """And no longer than all of them run in turns."""
        return self.lit[m] <= self.turns[m]

    @total(at=("member", "member_at"), into="alive")
    def keep_alive(self, p):
        """Several engines keep all of their island alive."""
        return self.lit[self.member_of[p]]
