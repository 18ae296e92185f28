"""Loads that need so many hours, or so much energy, in each day: pumps, dialysis, cold rooms, water."""

from v2g.models.load import Load

from v2g.language import constraint, param, total, variable
from v2g.schema import Column


class ServicedLoad(Load):
    """Loads that ask for power at a bus or a site, critical (tier 1, 2, ...) or not (tier 0).

    A critical load counts as served, by its service: continuous, if it gets all it asks for in every
    interval of its window; hours, if it has all its power for so many hours of each day, in runs that
    are long enough; energy, if it gets so much energy in each day. What it gets beyond its window, and
    what other loads get, is other energy. Reactive power follows the active power from the feeder.
    """

    sets = {**Load.sets, "e": "loads.turns", "w": "loads.runs", "x": "loads.draws", "g": "loads.days"}
    more_columns = (
        *Load.more_columns,
        Column("hours_per_day", unit="h", at_least=0, help="service hours: so long in each day"),
        Column("min_run_h", default=0.0, unit="h", at_least=0, help="service hours: in runs of at least that long"),
        Column("kwh_per_day", unit="kWh", at_least=0, help="service energy: so much in each day"),
    )

    turn_load = param("l", "l", over="e", help="load of a turn: an interval in which it can be on")
    turn_interval = param("t", "t", over="e", help="that interval")
    turn_day = param("g", "g", over="e", help="day of a turn")
    before = param("e", "e'", over="e", help="the turn just before")
    follows = param("1", r"\alpha^e", over="e", help="1 where there is one")
    leads = param("1", r"\alpha^f", over="e", help="1 where there is none")
    may_start = param("1", r"\bar y", over="e", help="0 where a run would not fit any more")
    run_start = param("e", "e", over="w", help="turn in which a run starts")
    run_member = param("e", "e'", over="w", help="turn that belongs to it")
    draw_load = param("l", "l", over="x", help="load with service energy")
    draw_interval = param("t", "t", over="x", help="interval in which it can draw")
    draw_day = param("g", "g", over="x", help="day of that interval")
    draw_rate = param("kW", r"\overline D", over="x", help="its full power")
    day_load = param("l", "l", over="g", help="load of a day")
    day_rank = param("r", "r", over="g", help="its tier")
    day_end = param("t", "t", over="g", help="last interval of the day")
    day_need = param("h", r"\hat H", over="g", help="hours at full power that it needs that day")
    counted = param("1", r"\nu", over="g", help="1 where the day counts")

    @variable("1", "o", integer=True)
    def on(self, e):
        """One where a load with service hours has all its power."""
        return 0, 1

    @variable("1", "y")
    def start(self, e):
        """One where a run starts."""
        return 0, self.may_start[e]

    @variable("h", "h")
    def lack(self, g):
        """Hours at full power that are missing to a day."""
        return 0, self.day_need[g]

    @constraint
    def full_when_on(self, e):
        """An hour counts only at full power."""
        l, t = self.turn_load[e], self.turn_interval[e]
        return self.received[l, t] >= self.demand[l, t] * self.on[e]

    @constraint(where="follows")
    def run_begins(self, e):
        """A run starts where the load was off before."""
        return self.start[e] >= self.on[e] - self.on[self.before[e]]

    @constraint(where="leads")
    def first_begins(self, e):
        """The first turn starts a run."""
        return self.start[e] >= self.on[e]

    @constraint
    def run_lasts(self, w):
        """A run lasts at least as long as it must."""
        return self.on[self.run_member[w]] >= self.start[self.run_start[w]]

    @total("H^o", at="turn_day", unit="h")
    def hours_on(self, e):
        """Hours of a day in which it is on."""
        return self.dt[self.turn_interval[e]] * self.on[e]

    @total("H^x", at="draw_day", unit="h")
    def hours_drawn(self, x):
        """Energy of a day, in hours at full power."""
        t = self.draw_interval[x]
        return self.dt[t] * self.received[self.draw_load[x], t] / self.draw_rate[x]

    @constraint(where="counted")
    def day_served(self, g):
        """It counts as served only if each day has what it needs."""
        return self.hours_on[g] + self.hours_drawn[g] >= self.day_need[g] * self.kept[self.day_load[g]]

    @constraint
    def day_lacks(self, g):
        """What is missing to a day."""
        return self.lack[g] >= self.day_need[g] - self.hours_on[g] - self.hours_drawn[g]

    @total(over="g", into="dark_hours")
    def lacking_all(self, g):
        """Hours that are missing to days."""
        return self.lack[g]

    @total(at=("day_rank", "day_end"), into="dark")
    def lacking_by_tier(self, g):
        """The same, by tier, at the end of the day."""
        return self.lack[g]

    @total(at="day_load", into="missed_share")
    def lacking_share(self, g):
        """The same, as a share of what it must have."""
        return self.lack[g] / self.asked[self.day_load[g]]
