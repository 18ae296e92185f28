"""Transformers whose taps move: within its range, a regulator has any ratio that the plan wants."""

from v2g.models.lindistflow import LinDistFlow

from v2g.language import constraint, param, total, variable


class Regulated(LinDistFlow):
    """LinDist3Flow on one to three phases, with taps that are free within their range; on one phase it is LinDistFlow.

    Gan and Low 2014, doi:10.1109/PSCC.2014.7038399; Sankur, Dobbe, Stewart, Callaway and Arnold
    2016, arXiv:1606.04492; on one phase Baran and Wu 1989, doi:10.1109/61.25627. Voltages are
    squared magnitudes per unit; losses are left out, so voltages are slightly optimistic. A tap that moves adds to
    the squared voltage behind it no more than its range allows: any such sum is a ratio within the range (Robbins,
    Zhu and Dominguez-Garcia 2016, IEEE Transactions on Power Systems 31(1)). Steps are left out.
    """

    sets = {**LinDistFlow.sets, "b": "regulated"}

    moved_leg = param("a", "a", over="b", help="phase of a transformer whose tap moves")
    most_up = param(
        "1", r"\overline\tau", over="bt", help="highest squared ratio over that of the tap as given, less 1"
    )
    most_down = param(
        "1", r"\underline\tau", over="bt", help="lowest squared ratio over that of the tap as given, less 1"
    )
    room_up = param("1", r"\overline\beta", over="bt", help="no more is ever added")
    room_down = param("1", r"\underline\beta", over="bt", help="no more is ever taken off")
    regulating = param("1", r"\rho", over="bt", help="1 where live")
    beside = param("b", "b'", over="b", help="the phase before it in the same transformer")
    ganged = param("1", r"\gamma^b", over="bt", help="1 where both move together")

    @variable("1", r"\beta^+", where="regulating")
    def raised(self, b, t):
        """Squared voltage that the tap adds to what it gives as it stands in the case."""
        return 0, self.room_up[b, t]

    @variable("1", r"\beta^-", where="regulating")
    def lowered(self, b, t):
        """Squared voltage that it takes off."""
        return 0, self.room_down[b, t]

    @total(r"\beta", at="moved_leg", unit="1")
    def boost(self, b, t):
        """What its tap adds to the squared voltage behind a leg."""
        return self.raised[b, t] - self.lowered[b, t]

    @constraint(where="energised", settles="voltage")
    def drop(self, a, t):
        """Voltage falls along the leg, and its tap may lift it."""
        held = self.upstream[a, t] - self.fall[a, t] + self.offset[a, t]
        return self.voltage[self.to_node[a], t] == held + self.boost[a, t]

    @constraint(where="regulating", lazy=True)
    def highest_tap(self, b, t):
        """The tap goes no higher than its range."""
        return self.raised[b, t] - self.lowered[b, t] <= self.most_up[b, t] * self.upstream[self.moved_leg[b], t]

    @constraint(where="regulating", lazy=True)
    def lowest_tap(self, b, t):
        """The tap goes no lower than its range."""
        return self.raised[b, t] - self.lowered[b, t] >= self.most_down[b, t] * self.upstream[self.moved_leg[b], t]

    @constraint(where="ganged")
    def one_tap(self, b, t):
        """Phases with one tap add alike: at voltages that are nearly balanced, this is one ratio."""
        other = self.beside[b]
        return self.raised[b, t] - self.lowered[b, t] == self.raised[other, t] - self.lowered[other, t]

    @total(into="shifted", over="bt")
    def shifts(self, b, t):
        """A tap stays as it is given unless that costs anything."""
        return self.raised[b, t] + self.lowered[b, t]
