"""What all policies ask: energy for what comes after the plan, and how soon is missed what is missed."""

from v2g.language import Part, constraint, param, total, variable


class Carry(Part):
    """What every policy asks of the end: an outage may outlast the plan, so some energy has to be left then.

    Counted is what vehicles that can give hold above the level their drivers need, batteries above
    their reserve, and fuel, each as far as it would arrive. Nothing is asked for where `carry_h` is 0.
    """

    title = "The end of a plan"
    carry_h = 0.0

    sets = {"e": "last", "g": "steered", "u": "queued", "q": "missable"}

    wanted = param("kWh", r"\hat K", over="e", help="critical demand of so many hours, at the mean of the last day")
    asked = param("1", r"\kappa", over="e", help="1 where anything is asked for")
    to_come = param("1", r"\theta", over="t", help="share of the plan that is still to come")

    @variable("kWh", "k", where="asked")
    def short(self, e):
        """What is missing to the target."""
        return 0, float("inf")

    @constraint(where="asked")
    def enough(self, e):
        """Usable energy left at the end, or else what is missing."""
        return self.short[e] >= self.wanted[e] - self.stock[()]

    @total(r"\hat H^\theta", over="rt", unit="h")
    def soon(self, r, t):
        """Critical load-hours not served, the more the sooner they are."""
        return self.to_come[t] * self.dark[r, t]

    @total("K^-", over="e", unit="kWh")
    def lacking(self, e):
        """Missing at the end of the plan."""
        return self.short[e]
