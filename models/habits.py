"""How loads behave when they are switched: not dropped again, and hungry after the cold."""

from v2g.models.services import ServicedLoad

from v2g.language import constraint, param, total, variable
from v2g.schema import Column


class HabitualLoad(ServicedLoad):
    """Loads that ask for power at a bus or a site, critical (tier 1, 2, ...) or not (tier 0).

    A critical load counts as served, by its service: continuous, if it gets all it asks for in every
    interval of its window; hours, if it has all its power for so many hours of each day, in runs that
    are long enough; energy, if it gets so much energy in each day. What it gets beyond its window, and
    what other loads get, is other energy. Reactive power follows the active power from the feeder. A
    load may have to stay on once it is picked up, and may draw more than it asks for right after that.
    """

    sets = {**ServicedLoad.sets, "b": "loads.steps", "c": "loads.pickups", "d": "loads.echoes"}
    more_columns = (
        *ServicedLoad.more_columns,
        Column(
            "hold", "choice", default="", choices=("", "priced", "hard"),
            help="in its window, where it asks: hard = the share of its power that it gets, part or all, never falls; "
            "priced = falls are counted",
        ),
        Column("pickup_factor", default=1.0, at_least=1, help="power right after pick-up over what it asks for"),
        Column("pickup_h", default=1.0, unit="h", at_least=0, help="for so long"),
    )  # fmt: skip

    step_load = param("l", "l", over="b", help="load at a step from one interval in which it asks to the next")
    step_from = param("t", "t'", over="b", help="interval before")
    step_to = param("t", "t", over="b", help="interval after")
    never_dropped = param("1", r"\alpha^h", over="b", help="1 where it may not fall")
    priced = param("1", r"\alpha^p", over="b", help="1 where a fall is counted")
    pick_load = param("l", "l", over="c", help="load that draws more right after pick-up")
    pick_at = param("t", "t", over="c", help="interval in which it may be picked up")
    pick_before = param("t", "t'", over="c", help="interval before in which it asks")
    pick_later = param("1", r"\alpha^l", over="c", help="1 where there is one")
    pick_first = param("1", r"\alpha^f", over="c", help="1 where there is none")
    echo_of = param("c", "c", over="d", help="pick-up that is still felt")
    echo_load = param("l", "l", over="d", help="its load")
    echo_at = param("t", "t", over="d", help="interval in which it is felt")
    extra = param("kW", r"\Delta D", over="d", help="power beyond what it asks for, if all of it is picked up")
    hungry = param("1", r"\alpha^u", over="lt", help="1 where such a load asks")

    @variable("1", "n", where="priced")
    def fall(self, b):
        """Share of its power that a load loses."""
        return 0, 1

    @variable("1", "u")
    def risen(self, c):
        """Share of its power that a load gains."""
        return 0, 1

    @total("s^u", at=("echo_load", "echo_at"), unit="kW")
    def surge(self, d):
        """Power drawn beyond what it asks for."""
        return self.extra[d] * self.risen[self.echo_of[d]]

    @total("x", unit="kW")
    def received(self, l, t):
        """Useful power, whatever way it comes."""
        return self.served[l, t] + self.carried[l, t] - self.surge[l, t]

    @constraint(where="hungry")
    def surge_first(self, l, t):
        """What it draws beyond its demand has to come from somewhere."""
        return self.received[l, t] >= 0

    @constraint(where="never_dropped")
    def stays_on(self, b):
        """What was picked up is not dropped."""
        l, t, after = self.step_load[b], self.step_from[b], self.step_to[b]
        return self.received[l, after] / self.demand[l, after] >= self.received[l, t] / self.demand[l, t]

    @constraint(where="priced")
    def fallen(self, b):
        """What was picked up and is dropped."""
        l, t, after = self.step_load[b], self.step_from[b], self.step_to[b]
        return self.fall[b] >= self.received[l, t] / self.demand[l, t] - self.received[l, after] / self.demand[l, after]

    @constraint(where="pick_later")
    def picked_up(self, c):
        """A load is picked up where its share of power rises."""
        l, t, past = self.pick_load[c], self.pick_at[c], self.pick_before[c]
        return self.risen[c] >= self.received[l, t] / self.demand[l, t] - self.received[l, past] / self.demand[l, past]

    @constraint(where="pick_first")
    def picked_up_first(self, c):
        """It is off before the first interval."""
        l, t = self.pick_load[c], self.pick_at[c]
        return self.risen[c] >= self.received[l, t] / self.demand[l, t]

    @total(over="b", into="dropped")
    def fallen_all(self, b):
        """Falls of loads that were picked up."""
        return self.fall[b]

    @total(over="d", into="wear")
    def drawn_for_nothing(self, d):
        """Energy drawn beyond demand: no more than the pick-ups take."""
        return self.dt[self.echo_at[d]] * self.extra[d] * self.risen[self.echo_of[d]]
